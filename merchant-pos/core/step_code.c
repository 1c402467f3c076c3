/*
 * merchant-pos/core: the steps of a wallet's one-time code: taking over its digits, and watching
 * what a shop makes of it. The code is used up when a shop's sale has found it; whether that sale
 * was paid is what its intent says.
 */
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/core/run.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/wire/cpm.h"

#define WATCH_MAX_S 10 /* per poll, as for a sale */

_Static_assert(FZ_POS_CODE_LEN == FZ_CODE_DIGITS, "one length of a code");

fz_rc fz_run_adopt_new_code(struct fz_run *run,
                            const struct fz_exchange_answer *answer,
                            enum fz_run_turn *turn,
                            struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;
    struct fz_pos_operation *op = &out->operation;
    int64_t limit, expires_at_ms;
    struct fz_id id;

    if (!fz_answer_id(answer->root, "code_id", &id) || !fz_id_equal(&id, &op->id) ||
        !fz_answer_text(answer->root, "code", op->code, sizeof op->code) ||
        !fz_code_is_right(op->code, strlen(op->code)) ||
        !fz_answer_text(answer->root, "qr", out->qr, sizeof out->qr) ||
        !fz_answer_int(answer->root, "max_amount", &limit) ||
        !fz_answer_time(answer->root, "expires_at", &expires_at_ms)) {
        op->code[0] = '\0';
        out->qr[0] = '\0';
        run->uncertain = true;
        return fz_run_doubt(run, answer, turn, err);
    }
    op->limit = limit;
    op->expires_at_ms = expires_at_ms;
    *turn = FZ_TURN_STOP;
    return fz_run_move(run, FZ_POS_SHOWN, err);
}

/* The sale that a shop made of the code, as far as it is known. */
static void copy_sale(struct fz_pos_operation *op, const struct fz_intent_view *sale)
{
    op->intent = sale->id;
    op->amount = sale->amount;
    op->number = sale->number;
    op->payment = sale->payment;
    op->booked_at_ms = sale->paid_at_ms;
    memcpy(op->party, sale->shop, sizeof op->party);
    memcpy(op->party_name, sale->shop_name, sizeof op->party_name);
    memcpy(op->terminal, sale->terminal, sizeof op->terminal);
}

/* Nobody has used it yet. */
static fz_rc adopt_waiting(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    bool go_on = run->goal == FZ_GOAL_WAIT;

    run->step = FZ_STEP_WATCH;
    *turn = go_on ? FZ_TURN_NEXT : FZ_TURN_STOP;
    return fz_run_move(run, FZ_POS_SHOWN, err);
}

static fz_rc adopt_sale(struct fz_run *run,
                        const struct fz_intent_view *sale,
                        enum fz_run_turn *turn,
                        struct fz_err *err)
{
    copy_sale(&run->out->operation, sale);
    run->out->refunded = sale->refunded;
    run->out->since_voided = sale->state == FZ_VIEW_VOIDED;
    switch (sale->state) {
    case FZ_VIEW_CREATED:
        *turn = FZ_TURN_STOP;
        return fz_run_move(run, FZ_POS_ASKED, err);
    case FZ_VIEW_COMPLETED:
    case FZ_VIEW_VOIDED:
        return fz_run_finish(run, FZ_POS_PAID, FZ_OK, turn, err);
    case FZ_VIEW_CANCELED:
        return fz_run_finish(run, FZ_POS_CANCELED, FZ_OK, turn, err);
    case FZ_VIEW_EXPIRED:
        return fz_run_finish(run, FZ_POS_EXPIRED, FZ_OK, turn, err);
    }
    FZ_UNREACHABLE();
}

fz_rc fz_run_adopt_code(struct fz_run *run,
                        const struct fz_exchange_answer *answer,
                        enum fz_run_turn *turn,
                        struct fz_err *err)
{
    struct fz_code_view view;

    if (!fz_answer_code(answer->root, &view) || !fz_id_equal(&view.id, &run->out->operation.id)) {
        run->uncertain = true;
        return fz_run_doubt(run, answer, turn, err);
    }
    if (view.has_intent) {
        return adopt_sale(run, &view.intent, turn, err);
    }
    return view.state == FZ_VIEW_CODE_WAITING
               ? adopt_waiting(run, turn, err)
               : fz_run_finish(run, FZ_POS_EXPIRED, FZ_OK, turn, err);
}

fz_rc fz_step_watch(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    struct fz_text query;
    char path[FZ_POS_PATH_MAX], query_text[64];

    fz_exchange_path(path, "codes", &run->out->operation.id, "");
    fz_text_init(&query, query_text, sizeof query_text);
    fz_text_add(&query, "?after=WAITING&wait=");
    fz_text_add_int(&query, WATCH_MAX_S);
    struct fz_exchange_call call = {
        .method = "GET", .path = path, .query = query_text, .hold_ms = WATCH_MAX_S * 1000};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        run->step = FZ_STEP_ASK;
        rc = fz_run_doubt(run, &answer, turn, err);
    } else {
        fz_run_refresh(run);
        rc = fz_run_adopt_code(run, &answer, turn, err);
    }
    if (rc == FZ_OK && *turn != FZ_TURN_STOP && !run->pos->ports.pause(run->pos->ports.ctx, 0)) {
        return FZ_OUTCOME_UNKNOWN; /* it is still good as far as we know */
    }
    return rc;
}
