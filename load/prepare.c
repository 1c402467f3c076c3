/*
 * load: what is done ahead of the clock: reading what everybody has, making the intents that will
 * be paid, signing the payments if that is wanted, opening the connections.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/limits.h"
#include "load/fields.h"
#include "load/play_internal.h"
#include "load/verdict.h"

#define CLOSED_PER_CLIENT 2500 /* payments per second that a closed loop is prepared for */
#define CLOSED_MAX 6000
#define SHORT_INTENTS_MAX 100
#define PRESIGNED_MAX_S 240 /* well within FZ_SIGNATURE_WINDOW_S */
#define EXPIRY_MARGIN_S 10

/* --- balances --------------------------------------------------------------------------------- */

struct balances {
    struct fz_play *play;
    int64_t *yen;
};

static void
ask_balance(void *ctx, size_t job, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    const struct balances *reading = ctx;
    const struct fz_town_key *reader = &reading->play->run->town.residents.all[job];
    static const char path[] = "/v1/balance";
    memcpy(texts->path, path, sizeof(path));
    request->key = reader->key;
    request->key_id = reader->key_id;
}

static enum fz_crew_next
take_balance(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    static const char *const names[] = {"balance", "as_of"};
    struct balances *reading = ctx;
    struct fz_field fields[2];
    int64_t as_of = 0;
    if (answer->status != 200 ||
        !fz_fields_read((struct fz_field){answer->body, answer->body_len}, names, 2, fields) ||
        !fz_field_number(fields[0], &reading->yen[job]) || !fz_field_number(fields[1], &as_of)) {
        (void)fz_fail(err, FZ_FORMAT, "balance: %d %.*s", answer->status, (int)answer->body_len,
                      answer->body);
        return FZ_CREW_FAILED;
    }
    if (as_of > reading->play->last_number) {
        reading->play->last_number = as_of;
    }
    return FZ_CREW_DONE;
}

fz_rc fz_play_read_balances(struct fz_play *play, int64_t *balances, struct fz_err *err)
{
    struct balances reading = {play, balances};
    struct fz_crew_work work = {.name = "reading balances",
                                .jobs = play->run->town.residents.len,
                                .ctx = &reading,
                                .ask = ask_balance,
                                .take = take_balance};
    return fz_crew_run(play->run, play->channels, play->channels_len, &work, err);
}

/* --- intents ---------------------------------------------------------------------------------- */

static void
ask_intent(void *ctx, size_t job, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    const struct fz_play *play = ctx;
    fz_play_ask(play, &play->orders.all[job], FZ_RUN_INTENT, texts, request);
}

static enum fz_crew_next
take_intent(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    (void)ctx, (void)job;
    if (answer->status != 201) {
        (void)fz_fail(err, FZ_FORMAT, "intent: %d %.*s", answer->status, (int)answer->body_len,
                      answer->body);
        return FZ_CREW_FAILED;
    }
    return FZ_CREW_DONE;
}

static fz_rc make_intents(struct fz_play *play, size_t len, struct fz_err *err)
{
    struct fz_crew_work work = {
        .name = "making intents", .jobs = len, .ctx = play, .ask = ask_intent, .take = take_intent};
    fz_rc rc = fz_orders_reserve(&play->orders, len, err);
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        rc = fz_play_draw_order(play, err);
    }
    return rc == FZ_OK ? fz_crew_run(play->run, play->channels, play->channels_len, &work, err)
                       : rc;
}

/* --- the payer who is one yen short ----------------------------------------------------------- */

static void ask_first_yen(void *ctx,
                          size_t job,
                          struct fz_crew_texts *texts,
                          struct fz_channel_request *request)
{
    const struct fz_play *play = ctx;
    const struct fz_order *order = &play->orders.all[0];
    (void)job;
    fz_play_ask(play, order, order->outcome == FZ_ORDER_NEW ? FZ_RUN_INTENT : FZ_RUN_PAY, texts,
                request);
}

static enum fz_crew_next
take_first_yen(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    struct fz_play *play = ctx;
    struct fz_order *order = &play->orders.all[0];
    struct fz_verdict verdict;
    (void)job;
    if (order->outcome == FZ_ORDER_NEW && answer->status == 201) {
        order->outcome = FZ_ORDER_UNKNOWN;
        return FZ_CREW_MORE;
    }
    fz_verdict_read(answer, &order->payment, &verdict);
    if (order->outcome == FZ_ORDER_NEW || verdict.kind != FZ_VERDICT_PAID || !verdict.is_ours) {
        (void)fz_fail(err, FZ_FORMAT, "the first yen: %d %.*s", answer->status,
                      (int)answer->body_len, answer->body);
        return FZ_CREW_FAILED;
    }
    order->outcome = FZ_ORDER_PAID;
    order->number = verdict.number;
    return FZ_CREW_DONE;
}

/* The poorest becomes the first, and the amount one yen more than what is there. */
static fz_rc find_short_payer(struct fz_play *play, struct fz_err *err)
{
    struct fz_town_keys *residents = &play->run->town.residents;
    struct fz_crew_work work = {.name = "the first yen",
                                .jobs = 1,
                                .ctx = play,
                                .ask = ask_first_yen,
                                .take = take_first_yen};
    size_t poorest = 0;
    fz_rc rc = FZ_OK;
    for (size_t i = 1; i < residents->len; i++) {
        poorest = play->balances[i] < play->balances[poorest] ? i : poorest;
    }
    struct fz_town_key key = residents->all[0];
    residents->all[0] = residents->all[poorest];
    residents->all[poorest] = key;
    int64_t left = play->balances[poorest];
    play->balances[poorest] = play->balances[0];
    play->balances[0] = left;
    if (left >= FZ_PAYMENT_MAX) { /* nobody may pay more than that: one yen goes first */
        play->scenario.amount_min = play->scenario.amount_max = 1;
        rc = fz_play_draw_order(play, err);
        if (rc == FZ_OK) {
            rc = fz_crew_run(play->run, play->channels, play->channels_len, &work, err);
        }
        left--;
    }
    play->scenario.amount_min = play->scenario.amount_max = left + 1;
    return rc;
}

/* --- how many --------------------------------------------------------------------------------- */

static size_t intents_wanted(const struct fz_play *play)
{
    const struct fz_run_options *options = &play->run->options;
    if (play->scenario.payers == FZ_CHOICE_SHORT) {
        size_t shops = play->run->town.tills.len;
        return shops < SHORT_INTENTS_MAX ? shops : SHORT_INTENTS_MAX;
    }
    if (options->prepare > 0) {
        return options->prepare;
    }
    if (options->rate > 0) {
        uint64_t mean = fz_pace_count(options->rate, (int64_t)options->seconds * 1000000);
        bool is_chance = play->scenario.is_exponential != 0;
        return mean + (is_chance ? 10 + (uint64_t)(6 * sqrt((double)mean)) : 0);
    }
    if (options->payments > 0) {
        return options->payments;
    }
    uint64_t per_second = options->clients * CLOSED_PER_CLIENT;
    return (per_second < CLOSED_MAX ? per_second : CLOSED_MAX) * options->seconds;
}

static fz_rc presign(struct fz_play *play, struct fz_err *err)
{
    struct fz_orders *orders = &play->orders;
    fz_rc rc = FZ_OK;
    if (play->run->options.seconds == 0 || play->run->options.seconds > PRESIGNED_MAX_S) {
        return fz_fail(err, FZ_CONFIG, "presigned payments last %d seconds: --seconds",
                       PRESIGNED_MAX_S);
    }
    fz_run_stage(play->run, "signing %zu payments", orders->len);
    orders->signatures = calloc(orders->len, sizeof(orders->signatures[0]));
    if (orders->signatures == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "signatures");
    }
    int64_t created_s = (int64_t)time(NULL) + (int64_t)play->run->options.seconds / 2;
    for (size_t i = 0; i < orders->len && rc == FZ_OK; i++) {
        struct fz_crew_texts texts;
        struct fz_channel_request request;
        fz_play_ask(play, &orders->all[i], FZ_RUN_PAY, &texts, &request);
        rc = fz_channel_sign(&request, created_s, &orders->signatures[i], err);
    }
    orders->signed_len = orders->len;
    return rc;
}

/* One order of a first yen may stand before the intents: it is moved behind them. */
static fz_rc make_intents_of_short_payer(struct fz_play *play, size_t wanted, struct fz_err *err)
{
    struct fz_orders first = play->orders;
    play->orders = (struct fz_orders){.all = NULL};
    fz_rc rc = make_intents(play, wanted, err);
    for (size_t i = 0; i < first.len && rc == FZ_OK; i++) {
        rc = fz_orders_add(&play->orders, err);
        if (rc == FZ_OK) {
            play->orders.all[play->orders.len - 1] = first.all[i];
        }
    }
    fz_orders_fini(&first);
    return rc;
}

fz_rc fz_play_prepare(struct fz_play *play, struct fz_err *err)
{
    struct fz_run *run = play->run;
    int64_t begun_us = fz_run_now_us();
    fz_rc rc = FZ_OK;
    if (play->scenario.operation != FZ_SCENARIO_PAY) {
        return FZ_OK;
    }
    if (play->scenario.payers == FZ_CHOICE_SHORT) {
        rc = find_short_payer(play, err);
        if (rc == FZ_OK) {
            rc = make_intents_of_short_payer(play, intents_wanted(play), err);
        }
        play->prepared = intents_wanted(play);
    } else {
        rc = make_intents(play, intents_wanted(play), err);
        play->prepared = play->orders.len;
        run->presigned = run->options.presign || play->scenario.presign != 0;
        if (rc == FZ_OK && run->presigned) {
            rc = presign(play, err);
        }
    }
    run->counts.prepared = play->prepared;
    int64_t seconds = (fz_run_now_us() - begun_us) / 1000000 + (int64_t)run->options.seconds;
    if (rc == FZ_OK && seconds > FZ_INTENT_TTL_MAX_S - EXPIRY_MARGIN_S) {
        rc = fz_fail(err, FZ_CONFIG,
                     "preparing and the run would take %lld s, longer than intents live: "
                     "--prepare, --seconds",
                     (long long)seconds);
    }
    return rc;
}

/* --- connections ------------------------------------------------------------------------------ */

static void
ask_health(void *ctx, size_t job, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    const struct fz_play *play = ctx;
    const struct fz_town_keys *residents = &play->run->town.residents;
    static const char path[] = "/healthz";
    memcpy(texts->path, path, sizeof(path));
    request->key = residents->all[job % residents->len].key;
    request->key_id = residents->all[job % residents->len].key_id;
}

static enum fz_crew_next
take_health(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    (void)ctx, (void)job;
    if (answer->status != 200) {
        (void)fz_fail(err, FZ_UNAVAILABLE, "healthz: %d", answer->status);
        return FZ_CREW_FAILED;
    }
    return FZ_CREW_DONE;
}

fz_rc fz_play_connect(struct fz_play *play, struct fz_err *err)
{
    size_t len = play->main.len + play->inquiries.len;
    struct fz_crew_work work = {
        .name = "connecting", .jobs = len, .ctx = play, .ask = ask_health, .take = take_health};
    return fz_crew_run(play->run, play->channels, len, &work, err);
}
