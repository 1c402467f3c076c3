/*
 * load: what became of a request. An answer that decides is recorded before anything else is sent;
 * one that does not, or none at all, leads to the same request again, an inquiry, a tombstone.
 */
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "load/buyer_internal.h"
#include "load/verdict.h"

#define RETRIES_MAX 4 /* of a payment whose outcome is unknown; then it is asked for */
#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 500

/* --- what became of a payment ----------------------------------------------------------------- */

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
    struct fz_kept *kept = &buyer->kept[buyer->kept_count % FZ_KEPT_MAX];
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
        fz_run_time(run, FZ_RUN_PAY, now_us - buyer->step_us);
        if (!buyer->is_rival) {
            fz_run_time(run, FZ_RUN_SALE, now_us - buyer->begun_us);
        }
    }
    run->counts.payments++;
    buyer->is_open = false;
    keep(buyer, number, answer);
    fz_buyer_next(buyer);
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
    fz_buyer_next(buyer);
}

/* The id is closed for ever; the intent is still to be paid, under another one. */
static void settle_tombstoned(struct fz_buyer *buyer)
{
    buyer->run->counts.tombstoned++;
    if (record_resolved(buyer, "tombstoned")) {
        buyer->is_unknown = false;
        buyer->sale.payment.id = fz_buyer_new_id(buyer);
        fz_buyer_enter(buyer, FZ_STEP_PAY);
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
    fz_buyer_next(buyer);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void violate_step(struct fz_buyer *buyer, const char *what, const struct fz_answer *answer)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&buyer->sale.payment.id, id);
    fz_run_violation(buyer->run, "payment %s: %s: %d %.*s", id, what, answer->status,
                     (int)(answer->body_len < 300 ? answer->body_len : 300), answer->body);
    buyer->is_open = false;
    fz_buyer_next(buyer);
}

static void on_created(struct fz_buyer *buyer, const struct fz_answer *answer)
{
    if (answer->status != 201) {
        violate_step(buyer, "intent", answer);
        return;
    }
    if (buyer->attempts == 0) {
        fz_run_time(buyer->run, FZ_RUN_INTENT, fz_run_now_us() - buyer->step_us);
    }
    buyer->is_open = true;
    fz_buyer_enter(buyer, FZ_STEP_PAY);
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
        fz_buyer_enter(
            buyer, FZ_STEP_CLOSE); /* "unknown" alone is not final: it may still be on its way */
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
    const struct fz_kept *kept = buyer->replayed;
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
    fz_buyer_next(buyer);
}

/* --- no answer, or none that decides ---------------------------------------------------------- */

static void note_unknown(struct fz_buyer *buyer)
{
    struct fz_err err = {.rc = FZ_OK};
    if (buyer->step != FZ_STEP_PAY || buyer->is_unknown) {
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
    if (buyer->step == FZ_STEP_PAY && buyer->is_unknown &&
        (buyer->attempts > RETRIES_MAX || fz_buyer_roll(buyer, 2) == 0)) {
        buyer->step = FZ_STEP_INQUIRE;
    }
    fz_buyer_again_after_ms(buyer, pause_ms + fz_buyer_roll(buyer, pause_ms));
}

/*
 * The switch says that nothing was done. Some take its word: they forget the id and pay under
 * another one. Were the word wrong, the shop would be paid twice or by surprise.
 */
static void settle_undone(struct fz_buyer *buyer)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_record_unknown(&buyer->run->record, &buyer->sale.payment, &err);
    if (rc != FZ_OK) {
        fz_run_fail(buyer->run, rc, &err);
        return;
    }
    buyer->run->counts.undone++;
    if (record_resolved(buyer, "undone")) {
        buyer->sale.payment.id = fz_buyer_new_id(buyer);
        try_again(buyer);
    }
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
    } else if (buyer->step == FZ_STEP_PAY && !buyer->is_unknown && fz_buyer_roll(buyer, 2) == 0) {
        settle_undone(buyer);
        return;
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
        run->counts.timeouts += fz_channel_timed_out(buyer->channel);
        note_unknown(buyer);
    }
    if (outcome == FZ_CHANNEL_GARBLED) {
        fz_run_violation(run, "an answer that is no HTTP, or that nobody asked for");
    }
    try_again(buyer);
}

void fz_buyer_on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer)
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
    case FZ_STEP_CREATE:
        on_created(buyer, answer);
        return;
    case FZ_STEP_PAY:
        on_paid(buyer, answer);
        return;
    case FZ_STEP_INQUIRE:
        on_inquired(buyer, answer);
        return;
    case FZ_STEP_CLOSE:
        on_closed(buyer, answer);
        return;
    case FZ_STEP_REPLAY:
        on_replayed(buyer, answer);
        return;
    }
    FZ_UNREACHABLE();
}
