/*
 * merchant-pos/core: opening the client, the calls a till makes, and resuming. Each call journals
 * what it is about to do, then runs it; what a run may do is in run.h.
 */
#include <string.h>

#include "merchant-pos/core/call.h"
#include "merchant-pos/core/journal.h"
#include "merchant-pos/core/run.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/wire/cpm.h"

fz_rc fz_pos_open(struct fz_pos *pos,
                  const struct fz_pos_ports *ports,
                  const struct fz_pos_identity *self,
                  uint32_t patience_ms,
                  struct fz_err *err)
{
    memset(pos, 0, sizeof *pos);
    pos->ports = *ports;
    pos->self = *self;
    pos->patience_ms = patience_ms;
    return fz_journal_reload(pos, err);
}

int64_t fz_pos_clock_skew_ms(const struct fz_pos *pos)
{
    return pos->clock_skew_ms;
}

uint32_t fz_pos_damaged(const struct fz_pos *pos)
{
    return pos->damaged;
}

const struct fz_pos_operation *fz_pos_unsettled(const struct fz_pos *pos, uint32_t index)
{
    return index < pos->open_count ? &pos->open[index] : NULL;
}

fz_rc fz_pos_new_id(struct fz_pos *pos, struct fz_id *id_out, struct fz_err *err)
{
    uint8_t random[10];
    int64_t now_ms = fz_exchange_now_ms(pos);
    fz_rc rc = pos->ports.random(pos->ports.ctx, random, sizeof random, err);

    if (rc == FZ_OK) {
        *id_out = fz_id_v7(now_ms > 0 ? (uint64_t)now_ms : 0, random);
    }
    return rc;
}

void fz_call_text(char *out, size_t size, const char *from)
{
    if (from != NULL) {
        fz_text_copy(out, size, from, strlen(from));
    }
}

/* Whether both would send the same request. */
static bool is_same_request(const struct fz_pos_operation *a, const struct fz_pos_operation *b)
{
    return a->kind == b->kind && a->amount == b->amount && a->expires_in_s == b->expires_in_s &&
           (a->kind == FZ_POS_SALE || fz_id_equal(&a->intent, &b->intent)) &&
           a->again == b->again && strcmp(a->reference, b->reference) == 0 &&
           strcmp(a->message, b->message) == 0 && strcmp(a->terminal, b->terminal) == 0 &&
           (a->kind == FZ_POS_SALE ? strcmp(a->code, b->code) : strcmp(a->party, b->party)) == 0;
}

/*
 * Journals a new operation. With an id the caller chose: an unsettled one with the same content is
 * taken up again, one with another content is refused here; a settled one is only repeated, the
 * journal has it already.
 */
static fz_rc begin(struct fz_run *run, struct fz_err *err)
{
    struct fz_pos *pos = run->pos;
    struct fz_pos_operation *op = &run->out->operation;
    struct fz_pos_operation before;
    fz_rc rc;

    op->prepared_at_ms = pos->ports.now_ms(pos->ports.ctx);
    if (fz_id_is_zero(&op->id)) {
        rc = fz_pos_new_id(pos, &op->id, err);
        if (op->kind == FZ_POS_SALE) {
            op->intent = op->id;
        }
        return rc == FZ_OK ? fz_journal_begin(pos, op, err) : rc;
    }
    rc = fz_pos_find(pos, &op->id, &before, NULL);
    if (rc == FZ_NOT_FOUND) {
        return fz_journal_begin(pos, op, err);
    }
    if (rc != FZ_OK || fz_pos_is_final(before.state)) {
        return rc;
    }
    if (!is_same_request(op, &before)) {
        return fz_fail(err, FZ_ID_REUSED, "the journal has this id with another content");
    }
    *op = before;
    run->uncertain = true;
    return FZ_OK;
}

/* Refused here: nothing was sent and nothing is journaled. */
static fz_rc refuse(struct fz_pos_outcome *out, fz_rc reason)
{
    out->operation.state = FZ_POS_REFUSED;
    out->operation.rc = reason;
    out->rc = reason;
    return FZ_OK;
}

fz_rc fz_call_run(struct fz_run *run, struct fz_err *err)
{
    fz_rc rc = begin(run, err);

    if (rc == FZ_ID_REUSED) {
        return refuse(run->out, rc);
    }
    return rc == FZ_OK ? fz_run(run, err) : rc;
}

struct fz_pos_operation *fz_call_start(struct fz_pos_outcome *out, enum fz_pos_kind kind)
{
    memset(out, 0, sizeof *out);
    out->operation.kind = kind;
    out->operation.state = FZ_POS_PREPARED;
    return &out->operation;
}

fz_rc fz_pos_sale_begin(struct fz_pos *pos,
                        const struct fz_pos_sale *sale,
                        struct fz_pos_outcome *out,
                        struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_SALE);
    struct fz_run run;

    op->id = sale->id;
    op->intent = sale->id;
    op->amount = sale->amount;
    op->expires_in_s = sale->expires_in_s;
    op->again = sale->again;
    fz_call_text(op->reference, sizeof op->reference, sale->reference);
    if (sale->code != NULL && !fz_code_is_right(sale->code, strlen(sale->code))) {
        return refuse(out, FZ_CODE_UNKNOWN); /* misread: scan it again */
    }
    fz_call_text(op->code, sizeof op->code, sale->code);
    fz_run_init(&run, pos, FZ_GOAL_SHOW, FZ_STEP_SEND, out);
    return fz_call_run(&run, err);
}

/* Takes a sale up again, ours from the journal or another till's by its id alone. */
static fz_rc take_up_sale(struct fz_run *run, const struct fz_id *intent, struct fz_err *err)
{
    struct fz_pos_operation *op = &run->out->operation;
    fz_rc rc = fz_pos_find(run->pos, intent, op, NULL);

    run->uncertain = true;
    if (rc == FZ_NOT_FOUND || (rc == FZ_OK && op->kind != FZ_POS_SALE)) {
        memset(op, 0, sizeof *op);
        op->kind = FZ_POS_SALE;
        op->state = FZ_POS_SHOWN;
        op->id = *intent;
        op->intent = *intent;
        run->foreign = true;
        return FZ_OK;
    }
    return rc == FZ_OK ? FZ_OK : fz_fail(err, rc, "the journal cannot be read");
}

fz_rc fz_pos_sale_wait(struct fz_pos *pos,
                       const struct fz_id *intent,
                       struct fz_pos_outcome *out,
                       struct fz_err *err)
{
    struct fz_run run;

    (void)fz_call_start(out, FZ_POS_SALE);
    fz_run_init(&run, pos, FZ_GOAL_WAIT, FZ_STEP_ASK, out);
    fz_rc rc = take_up_sale(&run, intent, err);

    return rc == FZ_OK ? fz_run(&run, err) : rc;
}

fz_rc fz_pos_sale_cancel(struct fz_pos *pos,
                         const struct fz_id *intent,
                         struct fz_pos_outcome *out,
                         struct fz_err *err)
{
    struct fz_run run;

    (void)fz_call_start(out, FZ_POS_SALE);
    fz_run_init(&run, pos, FZ_GOAL_CANCEL, FZ_STEP_CANCEL, out);
    fz_rc rc = take_up_sale(&run, intent, err);

    if (rc == FZ_OK && !fz_pos_is_final(out->operation.state)) {
        rc = fz_run_move(&run, FZ_POS_CANCELING, err);
    }
    return rc == FZ_OK ? fz_run(&run, err) : rc;
}

static const struct fz_pos_operation *unsettled_void(const struct fz_pos *pos,
                                                     const struct fz_id *intent)
{
    for (uint32_t i = 0; i < pos->open_count; i++) {
        const struct fz_pos_operation *op = &pos->open[i];

        if (op->kind == FZ_POS_VOID && fz_id_equal(&op->intent, intent)) {
            return op;
        }
    }
    return NULL;
}

fz_rc fz_pos_void(struct fz_pos *pos,
                  const struct fz_id *intent,
                  struct fz_pos_outcome *out,
                  struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_VOID);
    struct fz_run run;

    op->intent = *intent;
    fz_run_init(&run, pos, FZ_GOAL_SETTLE, FZ_STEP_SEND, out);
    fz_rc rc = fz_journal_catch_up(pos, err);

    if (rc != FZ_OK) {
        return rc;
    }
    const struct fz_pos_operation *before = unsettled_void(pos, intent);

    if (before == NULL) {
        return fz_call_run(&run, err);
    }
    *op = *before; /* asked for again while the first has no outcome: it is the same void */
    run.uncertain = op->state != FZ_POS_PENDING;
    return fz_run(&run, err);
}

fz_rc fz_pos_refund(struct fz_pos *pos,
                    const struct fz_id *intent,
                    int64_t amount,
                    struct fz_pos_outcome *out,
                    struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_REFUND);
    struct fz_run run;

    op->intent = *intent;
    op->amount = amount;
    fz_run_init(&run, pos, FZ_GOAL_SETTLE, FZ_STEP_SEND, out);
    return fz_call_run(&run, err);
}

/* Settles one operation that an earlier life of this machine left behind. */
static fz_rc resume_one(struct fz_pos *pos,
                        const struct fz_pos_operation *op,
                        bool keep_open,
                        struct fz_pos_outcome *out,
                        struct fz_err *err)
{
    bool cancel = op->state == FZ_POS_CANCELING || !keep_open;
    bool is_canceled_first = op->kind == FZ_POS_SALE && op->state == FZ_POS_CANCELING;
    struct fz_run run;

    memset(out, 0, sizeof *out);
    out->operation = *op;
    fz_run_init(&run, pos, op->kind == FZ_POS_SALE && cancel ? FZ_GOAL_CANCEL : FZ_GOAL_SETTLE,
                is_canceled_first ? FZ_STEP_CANCEL : FZ_STEP_ASK, out);
    run.uncertain = true;
    fz_rc rc = fz_run(&run, err);

    out->reprint = out->operation.state == FZ_POS_PAID;
    out->raced = out->raced && is_canceled_first;
    return rc;
}

static fz_rc resume_all(
    struct fz_pos *pos, bool keep_open, fz_pos_outcome_fn each, void *ctx, struct fz_err *err)
{
    fz_rc result = FZ_OK;
    uint32_t index = 0;

    while (index < pos->open_count) {
        struct fz_pos_outcome out;
        struct fz_pos_operation op = pos->open[index];
        fz_rc rc = resume_one(pos, &op, keep_open, &out, err);

        if (rc != FZ_OK && rc != FZ_OUTCOME_UNKNOWN) {
            return rc;
        }
        if (rc != FZ_OK) {
            result = rc;
        }
        each(&out, ctx);
        if (index < pos->open_count && fz_id_equal(&pos->open[index].id, &op.id)) {
            index++; /* still open; else the next one has moved here */
        }
    }
    return result;
}

fz_rc fz_pos_resume(
    struct fz_pos *pos, bool keep_open, fz_pos_outcome_fn each, void *ctx, struct fz_err *err)
{
    fz_rc rc;

    for (;;) {
        rc = resume_all(pos, keep_open, each, ctx, err);
        if (rc != FZ_OK || !pos->more_open || pos->open_count == FZ_POS_OPEN_MAX) {
            return rc;
        }
        rc = fz_journal_reload(pos, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
}

fz_rc fz_pos_get(struct fz_pos *pos,
                 const char *path,
                 const char *query,
                 struct fz_pos_view *view,
                 struct fz_err *err)
{
    struct fz_exchange_answer answer;
    fz_rc rc = fz_back_off_get(pos, path, query, &answer, err);

    if (rc == FZ_OK) {
        *view = (struct fz_pos_view){.status = answer.status,
                                     .rc = answer.rc,
                                     .body = pos->answer,
                                     .body_len = answer.body_len};
    }
    return rc;
}
