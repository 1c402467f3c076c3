/*
 * merchant-pos/core: the calls a wallet makes: paying, sending, consenting, and its one-time codes.
 */
#include <string.h>

#include "merchant-pos/core/call.h"
#include "merchant-pos/core/journal.h"

fz_rc fz_pos_pay(struct fz_pos *pos,
                 const struct fz_pos_payment *payment,
                 struct fz_pos_outcome *out,
                 struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_PAYMENT);
    struct fz_run run;

    op->id = payment->id;
    op->intent = payment->intent;
    op->amount = payment->amount;
    op->again = payment->again;
    fz_call_text(op->party, sizeof op->party, payment->shop);
    fz_call_text(op->party_name, sizeof op->party_name, payment->shop_name);
    fz_call_text(op->terminal, sizeof op->terminal, payment->terminal);
    fz_run_init(&run, pos, FZ_GOAL_SETTLE, FZ_STEP_SEND, out);
    return fz_call_run(&run, err);
}

fz_rc fz_pos_transfer(struct fz_pos *pos,
                      const struct fz_pos_transfer *transfer,
                      struct fz_pos_outcome *out,
                      struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_TRANSFER);
    struct fz_run run;

    op->id = transfer->id;
    op->amount = transfer->amount;
    fz_call_text(op->party, sizeof op->party, transfer->payee);
    fz_call_text(op->message, sizeof op->message, transfer->message);
    fz_run_init(&run, pos, FZ_GOAL_SETTLE, FZ_STEP_SEND, out);
    return fz_call_run(&run, err);
}

/* What the sale has become, in a wallet's words. */
static void
take_sale(struct fz_pos_outcome *out, const struct fz_intent_view *sale, enum fz_pos_state open)
{
    static const enum fz_pos_state states[] = {
        [FZ_VIEW_COMPLETED] = FZ_POS_PAID,
        [FZ_VIEW_CANCELED] = FZ_POS_CANCELED,
        [FZ_VIEW_EXPIRED] = FZ_POS_EXPIRED,
        [FZ_VIEW_VOIDED] = FZ_POS_PAID,
    };
    struct fz_pos_operation *op = &out->operation;

    op->state = sale->state == FZ_VIEW_CREATED ? open : states[sale->state];
    op->amount = sale->amount;
    op->number = sale->number;
    op->booked_at_ms = sale->paid_at_ms;
    memcpy(op->party, sale->shop, sizeof op->party);
    memcpy(op->party_name, sale->shop_name, sizeof op->party_name);
    out->since_voided = sale->state == FZ_VIEW_VOIDED;
}

fz_rc fz_pos_decline(struct fz_pos *pos,
                     const struct fz_id *intent,
                     struct fz_pos_outcome *out,
                     struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_PAYMENT);
    struct fz_exchange_answer answer;
    struct fz_intent_view sale;
    char path[FZ_POS_PATH_MAX];

    op->intent = *intent;
    op->state = FZ_POS_UNKNOWN;
    fz_exchange_path(path, "intents", intent, "/decline");
    struct fz_exchange_call call = {.method = "POST", .path = path, .body = "{}"};
    fz_rc rc = fz_back_off_call(pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    out->rc = answer.rc;
    if (fz_rc_info(answer.rc)->class == FZ_CLASS_RETRY) {
        return FZ_OUTCOME_UNKNOWN;
    }
    if (answer.rc != FZ_OK) { /* decided before, or never hers: the code says which */
        op->state = FZ_POS_REFUSED;
        op->rc = answer.rc;
        return FZ_OK;
    }
    if (!fz_answer_intent(answer.root, &sale) || !fz_id_equal(&sale.id, intent)) {
        out->rc = FZ_OUTCOME_UNKNOWN;
        return FZ_OUTCOME_UNKNOWN;
    }
    take_sale(out, &sale, FZ_POS_UNKNOWN);
    op->rc = op->state == FZ_POS_CANCELED ? FZ_PAYER_DECLINED : FZ_OK;
    out->rc = op->rc;
    return op->state == FZ_POS_UNKNOWN ? FZ_OUTCOME_UNKNOWN : FZ_OK;
}

fz_rc fz_pos_code_make(struct fz_pos *pos,
                       const struct fz_pos_code *code,
                       struct fz_pos_outcome *out,
                       struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_CODE);
    struct fz_run run;

    op->id = code->id;
    op->limit = code->limit;
    fz_run_init(&run, pos, FZ_GOAL_SHOW, FZ_STEP_SEND, out);
    return fz_call_run(&run, err);
}

fz_rc fz_pos_code_wait(struct fz_pos *pos,
                       const struct fz_id *code,
                       struct fz_pos_outcome *out,
                       struct fz_err *err)
{
    struct fz_pos_operation *op = fz_call_start(out, FZ_POS_CODE);
    struct fz_run run;

    fz_run_init(&run, pos, FZ_GOAL_WAIT, FZ_STEP_ASK, out);
    run.uncertain = true;
    fz_rc rc = fz_pos_find(pos, code, op, err);

    if (rc == FZ_OK && op->kind != FZ_POS_CODE) {
        return fz_fail(err, FZ_NOT_FOUND, "the journal has no such code");
    }
    return rc == FZ_OK ? fz_run(&run, err) : rc;
}
