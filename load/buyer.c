/*
 * load: the buyer's life, a state machine of five steps. CREATE an intent, PAY it, begin again; a
 * payment whose answer was lost is sent again or INQUIREd, an id that never arrived is CLOSEd and
 * the same intent paid under a new one; now and then a payment of the past is REPLAYed, and must be
 * answered with the same bytes. This half chooses and sends; outcome.c takes the answers.
 */
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load/buyer_internal.h"

#define INTENT_TTL_S 900 /* outlives every crash of a test */
#define BODY_SIZE 256

/* --- chance and time -------------------------------------------------------------------------- */

/* SplitMix64: a run can be repeated from its seed. Ids do not come from here. */
uint64_t fz_buyer_roll(struct fz_buyer *buyer, uint64_t sides)
{
    buyer->random += 0x9e3779b97f4a7c15U;
    uint64_t mixed = buyer->random;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return (mixed ^ (mixed >> 31)) % sides;
}

struct fz_id fz_buyer_new_id(struct fz_buyer *buyer)
{
    uint8_t random[10];
    struct timespec now;
    struct fz_err err = {.rc = FZ_OK};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (fz_random(random, sizeof(random), &err) != FZ_OK) {
        fz_run_fail(buyer->run, FZ_CRYPTO, &err);
    }
    return fz_id_v7((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, random);
}

static void wait_ms(struct fz_buyer *buyer, uint64_t ms, bool then_begin)
{
    struct timeval delay = {.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
    buyer->is_beginning = then_begin;
    (void)evtimer_add(buyer->timer, &delay);
}

void fz_buyer_again_after_ms(struct fz_buyer *buyer, uint64_t ms)
{
    wait_ms(buyer, ms, false);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Fills in what the step asks for; `path` and `body` are the caller's room. */
static void fill_request(const struct fz_buyer *buyer,
                         struct fz_channel_request *request,
                         char path[BODY_SIZE],
                         char body[BODY_SIZE])
{
    const struct fz_sale *sale =
        buyer->step == FZ_STEP_REPLAY ? &buyer->replayed->sale : &buyer->sale;
    const struct fz_town_key *signer =
        buyer->step == FZ_STEP_CREATE ? buyer->till : buyer->resident;
    const char *folder = "payments";
    char id[FZ_ID_TEXT_LEN + 1];
    char intent[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&sale->payment.id, id);
    fz_id_format(&sale->payment.intent, intent);
    *request = (struct fz_channel_request){
        .method = "PUT", .path = path, .body = body, .key = signer->key, .key_id = signer->key_id};
    switch (buyer->step) {
    case FZ_STEP_CREATE:
        folder = "intents";
        memcpy(id, intent, sizeof(id));
        (void)snprintf(body, BODY_SIZE, "{\"amount\":%" PRId64 ",\"expires_in\":%d}",
                       sale->payment.amount, INTENT_TTL_S);
        break;
    case FZ_STEP_PAY:
    case FZ_STEP_REPLAY:
        /* small amounts, few residents: what looks like a mistake is meant here */
        (void)snprintf(body, BODY_SIZE,
                       "{\"intent_id\":\"%s\",\"shop\":\"%s\",\"again\":true,\"amount\":%" PRId64
                       "}",
                       intent, sale->till->party, sale->payment.amount);
        break;
    case FZ_STEP_INQUIRE:
        folder = "operations";
        request->method = "GET";
        request->body = NULL;
        break;
    case FZ_STEP_CLOSE:
        folder = "tombstones";
        (void)snprintf(body, BODY_SIZE, "{\"reason\":\"no answer\"}");
        break;
    }
    (void)snprintf(path, BODY_SIZE, "/v1/%s/%s", folder, id);
}

static void perform(struct fz_buyer *buyer)
{
    char path[BODY_SIZE];
    char body[BODY_SIZE];
    struct fz_channel_request request;
    struct fz_err err = {.rc = FZ_OK};
    fill_request(buyer, &request, path, body);
    fz_rc rc = fz_channel_send(buyer->channel, &request, fz_buyer_on_done, buyer, &err);
    if (rc != FZ_OK) {
        fz_run_fail(buyer->run, rc, &err);
    }
}

void fz_buyer_enter(struct fz_buyer *buyer, enum fz_step step)
{
    buyer->step = step;
    buyer->attempts = 0;
    buyer->step_us = fz_run_now_us();
    perform(buyer);
}

/* --- beginning -------------------------------------------------------------------------------- */

/* Another buyer whose intent waits to be paid; NULL if the one looked at has none. */
static const struct fz_buyer *find_rival(struct fz_buyer *buyer)
{
    const struct fz_buyer *other =
        buyer->run->buyers[fz_buyer_roll(buyer, buyer->run->options.clients)];
    return other != NULL && other != buyer && other->is_open ? other : NULL;
}

static void begin_sale(struct fz_buyer *buyer)
{
    const struct fz_buyer *other = NULL;
    if (fz_buyer_roll(buyer, 100) < buyer->run->options.rivals_percent) {
        other = find_rival(buyer);
    }
    buyer->is_rival = other != NULL;
    buyer->is_open = false;
    buyer->is_unknown = false;
    buyer->begun_us = fz_run_now_us();
    if (other != NULL) {
        buyer->sale = other->sale;
        buyer->sale.payment.id = fz_buyer_new_id(buyer);
        fz_buyer_enter(buyer, FZ_STEP_PAY);
        return;
    }
    buyer->sale.till = buyer->till;
    buyer->sale.payment.intent = fz_buyer_new_id(buyer);
    buyer->sale.payment.id = fz_buyer_new_id(buyer);
    buyer->sale.payment.amount = 1 + (int64_t)fz_buyer_roll(buyer, buyer->run->options.amount_max);
    fz_buyer_enter(buyer, FZ_STEP_CREATE);
}

static void begin(struct fz_buyer *buyer)
{
    if (buyer->kept_count > 0 && !buyer->run->stopping &&
        fz_buyer_roll(buyer, 100) < buyer->run->options.replays_percent) {
        uint64_t there = buyer->kept_count < FZ_KEPT_MAX ? buyer->kept_count : FZ_KEPT_MAX;
        buyer->replayed = &buyer->kept[fz_buyer_roll(buyer, there)];
        fz_buyer_enter(buyer, FZ_STEP_REPLAY);
    } else if (fz_run_may_begin(buyer->run)) {
        begin_sale(buyer);
    } else {
        fz_run_done(buyer->run);
    }
}

void fz_buyer_next(struct fz_buyer *buyer)
{
    uint64_t think_ms = buyer->run->options.think_ms;
    if (think_ms > 0 && !buyer->run->stopping) {
        wait_ms(buyer, fz_buyer_roll(buyer, 2 * think_ms + 1), true);
    } else {
        begin(buyer);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_buyer *buyer = ctx;
    (void)fd, (void)what;
    if (buyer->is_beginning) {
        begin(buyer);
    } else {
        perform(buyer);
    }
}

/* --- what others call ------------------------------------------------------------------------- */

fz_rc fz_buyer_create(struct fz_run *run, size_t index, struct fz_buyer **out, struct fz_err *err)
{
    struct fz_buyer *buyer = calloc(1, sizeof(*buyer));
    *out = buyer;
    if (buyer == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "buyer");
    }
    buyer->run = run;
    buyer->random = run->options.seed * 1000003U + index;
    buyer->till = &run->town.tills.all[index % run->town.tills.len];
    buyer->resident = &run->town.residents.all[index % run->town.residents.len];
    buyer->timer = evtimer_new(run->base, on_timer, buyer);
    fz_rc rc = buyer->timer == NULL ? fz_fail(err, FZ_NO_MEMORY, "timer") : FZ_OK;
    if (rc == FZ_OK) {
        rc = fz_channel_create(&run->channel, &buyer->channel, err);
    }
    if (rc != FZ_OK) {
        fz_buyer_destroy(out);
    }
    return rc;
}

void fz_buyer_destroy(struct fz_buyer **buyer)
{
    struct fz_buyer *gone = *buyer;
    if (gone == NULL) {
        return;
    }
    fz_channel_destroy(&gone->channel);
    if (gone->timer != NULL) {
        event_free(gone->timer);
    }
    free(gone);
    *buyer = NULL;
}

void fz_buyer_start(struct fz_buyer *buyer)
{
    begin(buyer);
}

unsigned fz_buyer_connections(const struct fz_buyer *buyer)
{
    return fz_channel_connections(buyer->channel);
}
