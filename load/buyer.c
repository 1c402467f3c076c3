/*
 * load: the buyer's life, a state machine of five steps. CREATE an intent, PAY it, begin again; a
 * payment whose answer was lost is sent again or INQUIREd, an id that never arrived is CLOSEd and
 * the same intent paid under a new one; now and then a payment of the past is REPLAYed, and must be
 * answered with the same bytes.
 */
#include "load/buyer.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "load/verdict.h"

#define KEPT_MAX 8         /* payments that may be replayed */
#define KEPT_BODY_SIZE 768 /* of an operation's answer, which has some 350 bytes */
#define RETRIES_MAX 4      /* of a payment whose outcome is unknown; then it is asked for */
#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 500
#define INTENT_TTL_S 900 /* outlives every crash of a test */
#define BODY_SIZE 256

enum step {
    STEP_CREATE,
    STEP_PAY,
    STEP_INQUIRE,
    STEP_CLOSE,
    STEP_REPLAY
};

struct sale {
    struct fz_record_payment payment;
    const struct fz_town_key *till;
};

struct kept {
    struct sale sale;
    int64_t number;
    size_t body_len; /* 0: its answer was never seen, only its number */
    char body[KEPT_BODY_SIZE];
};

struct fz_buyer {
    struct fz_run *run;
    struct fz_channel *channel;
    struct event *timer;
    const struct fz_town_key *till;
    const struct fz_town_key *resident;
    uint64_t random;
    enum step step;
    bool is_beginning; /* the timer begins something new, instead of doing the step again */
    struct sale sale;
    bool is_open;    /* its intent waits for a payer: a rival may try */
    bool is_rival;   /* the intent is another buyer's */
    bool is_unknown; /* a request for the payment was sent and not answered */
    unsigned attempts;
    int64_t begun_us; /* the sale */
    int64_t step_us;  /* the step, for the first time */
    struct kept kept[KEPT_MAX];
    uint64_t kept_count; /* ever; the last KEPT_MAX are there */
    const struct kept *replayed;
};

/* --- chance and time ------------------------------------------------------------------------------ */

/* SplitMix64: a run can be repeated from its seed. Ids do not come from here. */
static uint64_t roll(struct fz_buyer *buyer, uint64_t sides)
{
    buyer->random += 0x9e3779b97f4a7c15U;
    uint64_t mixed = buyer->random;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return (mixed ^ (mixed >> 31)) % sides;
}

static struct fz_id new_id(struct fz_buyer *buyer)
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

/* --- sending -------------------------------------------------------------------------------------- */

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer);

/* Fills in what the step asks for; `path` and `body` are the caller's room. */
static void fill_request(const struct fz_buyer *buyer,
                         struct fz_channel_request *request,
                         char path[BODY_SIZE],
                         char body[BODY_SIZE])
{
    const struct sale *sale = buyer->step == STEP_REPLAY ? &buyer->replayed->sale : &buyer->sale;
    const struct fz_town_key *signer = buyer->step == STEP_CREATE ? buyer->till : buyer->resident;
    const char *folder = "payments";
    char id[FZ_ID_TEXT_LEN + 1];
    char intent[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&sale->payment.id, id);
    fz_id_format(&sale->payment.intent, intent);
    *request = (struct fz_channel_request){"PUT", path, body, signer->key, signer->key_id};
    switch (buyer->step) {
    case STEP_CREATE:
        folder = "intents";
        memcpy(id, intent, sizeof(id));
        (void)snprintf(body, BODY_SIZE, "{\"amount\":%" PRId64 ",\"expires_in\":%d}",
                       sale->payment.amount, INTENT_TTL_S);
        break;
    case STEP_PAY:
    case STEP_REPLAY:
        (void)snprintf(body, BODY_SIZE,
                       "{\"intent_id\":\"%s\",\"shop\":\"%s\",\"amount\":%" PRId64 "}", intent,
                       sale->till->party, sale->payment.amount);
        break;
    case STEP_INQUIRE:
        folder = "operations";
        request->method = "GET";
        request->body = NULL;
        break;
    case STEP_CLOSE:
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
    fz_rc rc = fz_channel_send(buyer->channel, &request, on_done, buyer, &err);
    if (rc != FZ_OK) {
        fz_run_fail(buyer->run, rc, &err);
    }
}

static void enter(struct fz_buyer *buyer, enum step step)
{
    buyer->step = step;
    buyer->attempts = 0;
    buyer->step_us = fz_run_now_us();
    perform(buyer);
}

/* --- beginning ------------------------------------------------------------------------------------ */

/* Another buyer whose intent waits to be paid; NULL if the one looked at has none. */
static const struct fz_buyer *find_rival(struct fz_buyer *buyer)
{
    const struct fz_buyer *other = buyer->run->buyers[roll(buyer, buyer->run->options.clients)];
    return other != NULL && other != buyer && other->is_open ? other : NULL;
}

static void begin_sale(struct fz_buyer *buyer)
{
    const struct fz_buyer *other = NULL;
    if (roll(buyer, 100) < buyer->run->options.rivals_percent) {
        other = find_rival(buyer);
    }
    buyer->is_rival = other != NULL;
    buyer->is_open = false;
    buyer->is_unknown = false;
    buyer->begun_us = fz_run_now_us();
    if (other != NULL) {
        buyer->sale = other->sale;
        buyer->sale.payment.id = new_id(buyer);
        enter(buyer, STEP_PAY);
        return;
    }
    buyer->sale.till = buyer->till;
    buyer->sale.payment.intent = new_id(buyer);
    buyer->sale.payment.id = new_id(buyer);
    buyer->sale.payment.amount = 1 + (int64_t)roll(buyer, buyer->run->options.amount_max);
    enter(buyer, STEP_CREATE);
}

static void begin(struct fz_buyer *buyer)
{
    if (buyer->kept_count > 0 && !buyer->run->stopping &&
        roll(buyer, 100) < buyer->run->options.replays_percent) {
        uint64_t there = buyer->kept_count < KEPT_MAX ? buyer->kept_count : KEPT_MAX;
        buyer->replayed = &buyer->kept[roll(buyer, there)];
        enter(buyer, STEP_REPLAY);
    } else if (fz_run_may_begin(buyer->run)) {
        begin_sale(buyer);
    } else {
        fz_run_done(buyer->run);
    }
}

static void begin_after_thinking(struct fz_buyer *buyer)
{
    uint64_t think_ms = buyer->run->options.think_ms;
    if (think_ms > 0 && !buyer->run->stopping) {
        wait_ms(buyer, roll(buyer, 2 * think_ms + 1), true);
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

/* --- what became of a payment --------------------------------------------------------------------- */

static bool record_resolved(struct fz_buyer *buyer, const char *how)
{
    struct fz_run *run = buyer->run;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_record_resolved(&run->record, &buyer->sale.payment.id, how, &err);
    if (rc != FZ_OK) {
        fz_run_fail(run, rc, &err);
    }
    return rc == FZ_OK;
}

static void keep(struct fz_buyer *buyer, int64_t number, const struct fz_answer *answer)
{
    struct kept *kept = &buyer->kept[buyer->kept_count % KEPT_MAX];
    buyer->kept_count++;
    kept->sale = buyer->sale;
    kept->number = number;
    kept->body_len = 0;
    if (answer != NULL && answer->body_len <= sizeof(kept->body)) {
        kept->body_len = answer->body_len;
        memcpy(kept->body, answer->body, answer->body_len);
    }
}

/* `answer` is the payment's own, or NULL if it was found by asking. */
static void settle_paid(struct fz_buyer *buyer, int64_t number, const struct fz_answer *answer)
{
    struct fz_run *run = buyer->run;
    struct fz_err err = {.rc = FZ_OK};
    int64_t now_us = fz_run_now_us();
    fz_rc rc = fz_record_acknowledged(&run->record, &buyer->sale.payment, number, &err);
    if (rc != FZ_OK) {
        fz_run_fail(run, rc, &err);
        return;
    }
    if (buyer->is_unknown) {
        run->counts.resolved_paid++;
        if (!record_resolved(buyer, "paid")) {
            return;
        }
    } else {
        fz_histogram_add(&run->pay, now_us - buyer->step_us);
        if (!buyer->is_rival) {
            fz_histogram_add(&run->whole, now_us - buyer->begun_us);
        }
    }
    run->counts.payments++;
    buyer->is_open = false;
    keep(buyer, number, answer);
    begin_after_thinking(buyer);
}

static void settle_refused(struct fz_buyer *buyer, const char *code)
{
    struct fz_run *run = buyer->run;
    bool is_fair = run->options.rivals_percent > 0 && strcmp(code, "intent-paid") == 0;
    if (!is_fair) {
        char id[FZ_ID_TEXT_LEN + 1];
        fz_id_format(&buyer->sale.payment.id, id);
        fz_run_violation(run, "payment %s was refused: %s", id, code);
    }
    run->counts.refused++;
    buyer->is_open = false;
    if (buyer->is_unknown) {
        run->counts.resolved_refused++;
        if (!record_resolved(buyer, "refused")) {
            return;
        }
    }
    begin_after_thinking(buyer);
}

/* The id is closed for ever; the intent is still to be paid, under another one. */
static void settle_tombstoned(struct fz_buyer *buyer)
{
    buyer->run->counts.tombstoned++;
    if (record_resolved(buyer, "tombstoned")) {
        buyer->is_unknown = false;
        buyer->sale.payment.id = new_id(buyer);
        enter(buyer, STEP_PAY);
    }
}

static void
settle(struct fz_buyer *buyer, const struct fz_verdict *verdict, const struct fz_answer *answer)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&buyer->sale.payment.id, id);
    switch (verdict->kind) {
    case FZ_VERDICT_PAID:
        if (!verdict->is_ours) {
            fz_run_violation(buyer->run, "payment %s: the answer is another's", id);
        }
        settle_paid(buyer, verdict->number, answer);
        return;
    case FZ_VERDICT_REFUSED:
        settle_refused(buyer, verdict->code);
        return;
    case FZ_VERDICT_TOMBSTONED:
        if (!buyer->is_unknown) {
            fz_run_violation(buyer->run, "payment %s is closed, and nobody closed it", id);
        }
        settle_tombstoned(buyer);
        return;
    case FZ_VERDICT_NONE:
        break;
    }
    fz_run_violation(buyer->run, "payment %s: an answer that says nothing (%s)", id, verdict->code);
    begin_after_thinking(buyer);
}

/* --- answers -------------------------------------------------------------------------------------- */

static void violate_step(struct fz_buyer *buyer, const char *what, const struct fz_answer *answer)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&buyer->sale.payment.id, id);
    fz_run_violation(buyer->run, "payment %s: %s: %d %.*s", id, what, answer->status,
                     (int)(answer->body_len < 300 ? answer->body_len : 300), answer->body);
    buyer->is_open = false;
    begin_after_thinking(buyer);
}

static void on_created(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    if (answer->status != 201) {
        violate_step(buyer, "intent", answer);
        return;
    }
    if (buyer->attempts == 0) {
        fz_histogram_add(&buyer->run->create, fz_run_now_us() - buyer->step_us);
    }
    buyer->is_open = true;
    enter(buyer, STEP_PAY);
}

static void on_paid(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    struct fz_verdict verdict;
    fz_verdict_read(answer, &buyer->sale.payment, &verdict);
    settle(buyer, &verdict, answer);
}

static void on_inquired(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    struct fz_verdict verdict;
    fz_verdict_read_inquiry(answer, &buyer->sale.payment, &verdict);
    if (answer->status == 404 && strcmp(verdict.code, "operation-unknown") == 0) {
        enter(buyer, STEP_CLOSE); /* "unknown" alone is not final: it may still be on its way */
    } else {
        settle(buyer, &verdict, NULL);
    }
}

static void on_closed(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    if (answer->status == 201) {
        settle_tombstoned(buyer);
    } else if (answer->status == 409) { /* it had arrived after all */
        struct fz_verdict verdict;
        fz_verdict_read_inquiry(answer, &buyer->sale.payment, &verdict);
        settle(buyer, &verdict, NULL);
    } else {
        violate_step(buyer, "tombstone", answer);
    }
}

static void on_replayed(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    const struct kept *kept = buyer->replayed;
    struct fz_verdict verdict;
    fz_verdict_read(answer, &kept->sale.payment, &verdict);
    bool is_same =
        verdict.kind == FZ_VERDICT_PAID && verdict.is_ours && verdict.number == kept->number;
    if (is_same && kept->body_len > 0) {
        is_same = answer->body_len == kept->body_len &&
                  memcmp(answer->body, kept->body, kept->body_len) == 0;
    }
    if (!is_same) {
        char id[FZ_ID_TEXT_LEN + 1];
        fz_id_format(&kept->sale.payment.id, id);
        fz_run_violation(buyer->run, "payment %s, once more: %d %.*s, and first %.*s", id,
                         answer->status, (int)answer->body_len, answer->body, (int)kept->body_len,
                         kept->body);
    }
    buyer->run->counts.replayed++;
    begin_after_thinking(buyer);
}

/* --- no answer, or none that decides -------------------------------------------------------------- */

static void note_unknown(struct fz_buyer *buyer)
{
    struct fz_err err = {.rc = FZ_OK};
    if (buyer->step != STEP_PAY || buyer->is_unknown) {
        return;
    }
    buyer->is_unknown = true;
    buyer->run->counts.unknown++;
    fz_rc rc = fz_record_unknown(&buyer->run->record, &buyer->sale.payment, &err);
    if (rc != FZ_OK) {
        fz_run_fail(buyer->run, rc, &err);
    }
}

static void try_again(struct fz_buyer *buyer)
{
    struct fz_run *run = buyer->run;
    if (fz_run_now_us() - buyer->step_us > (int64_t)run->options.patience_s * 1000000) {
        run->counts.unresolved++;
        fz_run_done(run);
        return;
    }
    uint64_t pause_ms = PAUSE_FIRST_MS;
    for (unsigned i = 0; i < buyer->attempts && pause_ms < PAUSE_MAX_MS; i++) {
        pause_ms *= 2;
    }
    buyer->attempts++;
    if (buyer->step == STEP_PAY && buyer->is_unknown &&
        (buyer->attempts > RETRIES_MAX || roll(buyer, 2) == 0)) {
        buyer->step = STEP_INQUIRE;
    }
    wait_ms(buyer, pause_ms + roll(buyer, pause_ms), false);
}

static void on_server_error(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    struct fz_verdict verdict;
    fz_verdict_read(answer, &buyer->sale.payment, &verdict);
    if (answer->status == 503) {
        buyer->run->counts.server_503++;
    } else {
        buyer->run->counts.server_500++;
    }
    if (answer->status != 503 || strcmp(verdict.code, "outcome-unknown") == 0) {
        note_unknown(buyer);
    }
    try_again(buyer);
}

static void on_lost(struct fz_buyer *buyer, enum fz_channel_outcome outcome)
{
    struct fz_run *run = buyer->run;
    if (outcome == FZ_CHANNEL_NOT_SENT) {
        run->counts.not_sent++;
    } else {
        run->counts.unanswered++;
        note_unknown(buyer);
    }
    if (outcome == FZ_CHANNEL_GARBLED) {
        fz_run_violation(run, "an answer that is no HTTP, or that nobody asked for");
    }
    try_again(buyer);
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer)
{
    struct fz_buyer *buyer = ctx;
    if (outcome != FZ_CHANNEL_ANSWERED) {
        on_lost(buyer, outcome);
        return;
    }
    buyer->run->counts.requests++;
    if (answer->status >= 500) {
        on_server_error(buyer, answer);
        return;
    }
    switch (buyer->step) {
    case STEP_CREATE:
        on_created(buyer, answer);
        return;
    case STEP_PAY:
        on_paid(buyer, answer);
        return;
    case STEP_INQUIRE:
        on_inquired(buyer, answer);
        return;
    case STEP_CLOSE:
        on_closed(buyer, answer);
        return;
    case STEP_REPLAY:
        on_replayed(buyer, answer);
        return;
    }
    FZ_UNREACHABLE();
}

/* --- what others call ----------------------------------------------------------------------------- */

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
