/*
 * merchant-pos/core: the steps only a sale has: taking over its intent, comparing the code with
 * what was asked, canceling, waiting for its events.
 */
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/core/run.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/wire/emv.h"

#define WAIT_MAX_S 10 /* per poll: a lost connection is noticed after this and the read timeout */

/*
 * Whether the code pays this sale and nothing else. A clerk cannot see that a code is wrong, so a
 * single difference keeps it off the screen.
 */
static bool is_our_code(const struct fz_pos *pos, const struct fz_pos_operation *op, const char *qr)
{
    struct fz_emv_code code;

    return fz_emv_parse(qr, strlen(qr), &code, NULL) == FZ_EMV_OK &&
           fz_emv_check_payable(&code, pos->self.guid) == FZ_EMV_OK && code.has_intent &&
           fz_id_equal(&code.intent, &op->id) && code.amount == op->amount &&
           strcmp(code.shop, pos->self.shop) == 0 && strcmp(code.terminal, pos->self.terminal) == 0;
}

/* The sale is open and belongs on the screen. */
static fz_rc show(struct fz_run *run,
                  const struct fz_exchange_answer *answer,
                  enum fz_run_turn *turn,
                  struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;

    if (!fz_answer_text(answer->root, "qr", out->qr, sizeof out->qr) ||
        !is_our_code(run->pos, &out->operation, out->qr)) {
        out->qr[0] = '\0';
        run->goal = FZ_GOAL_CANCEL;
        run->cancel_reason = FZ_FORMAT;
        run->step = FZ_STEP_CANCEL;
        *turn = FZ_TURN_NEXT;
        return fz_run_move(run, FZ_POS_CANCELING, err);
    }
    *turn = FZ_TURN_STOP;
    return fz_run_move(run, FZ_POS_SHOWN, err);
}

/* An open sale waits for whoever scans our code, or for the one whose code we scanned. */
static enum fz_pos_state open_state(const struct fz_pos_operation *op)
{
    return op->code[0] == '\0' ? FZ_POS_SHOWN : FZ_POS_ASKED;
}

static fz_rc adopt_open(struct fz_run *run,
                        const struct fz_exchange_answer *answer,
                        enum fz_run_turn *turn,
                        struct fz_err *err)
{
    switch (run->goal) {
    case FZ_GOAL_SHOW:
        if (run->out->operation.code[0] == '\0') {
            return show(run, answer, turn, err);
        }
        *turn = FZ_TURN_STOP; /* nothing to draw */
        return fz_run_move(run, FZ_POS_ASKED, err);
    case FZ_GOAL_WAIT:
        run->step = FZ_STEP_WAIT;
        *turn = FZ_TURN_NEXT;
        return fz_run_move(run, open_state(&run->out->operation), err);
    case FZ_GOAL_SETTLE:
        *turn = FZ_TURN_STOP;
        return fz_run_move(run, open_state(&run->out->operation), err);
    case FZ_GOAL_CANCEL:
        run->step = FZ_STEP_CANCEL;
        *turn = FZ_TURN_NEXT;
        return FZ_OK;
    }
    FZ_UNREACHABLE();
}

static void copy_intent(struct fz_pos_outcome *out, const struct fz_intent_view *view)
{
    struct fz_pos_operation *op = &out->operation;

    op->amount = view->amount;
    op->number = view->number;
    op->booked_at_ms = view->paid_at_ms;
    op->expires_at_ms = view->expires_at_ms;
    op->payment = view->payment;
    memcpy(op->party, view->shop, sizeof op->party);
    memcpy(op->party_name, view->shop_name, sizeof op->party_name);
    out->refunded = view->refunded;
    out->held = view->held;
    out->since_voided = view->state == FZ_VIEW_VOIDED;
}

fz_rc fz_run_adopt_intent(struct fz_run *run,
                          const struct fz_exchange_answer *answer,
                          enum fz_run_turn *turn,
                          struct fz_err *err)
{
    struct fz_pos_operation *op = &run->out->operation;
    struct fz_intent_view view;
    bool readable = fz_answer_intent(answer->root, &view) && fz_id_equal(&view.id, &op->id) &&
                    (op->amount == 0 || op->amount == view.amount);
    bool paid = readable && (view.state == FZ_VIEW_COMPLETED || view.state == FZ_VIEW_VOIDED);

    if (!readable || (paid && (view.number <= 0 || view.paid_at_ms <= 0))) {
        run->uncertain = true;
        run->step = paid ? FZ_STEP_ASK : run->step; /* it need not be sent again */
        return fz_run_doubt(run, answer, turn, err);
    }
    copy_intent(run->out, &view);
    switch (view.state) {
    case FZ_VIEW_CREATED:
        return adopt_open(run, answer, turn, err);
    case FZ_VIEW_COMPLETED:
    case FZ_VIEW_VOIDED:
        return fz_run_finish(run, FZ_POS_PAID, FZ_OK, turn, err);
    case FZ_VIEW_CANCELED:
        if (op->code[0] != '\0' && run->goal != FZ_GOAL_CANCEL) {
            run->cancel_reason = FZ_PAYER_DECLINED; /* not we: she said no */
        }
        return fz_run_finish(run, FZ_POS_CANCELED, run->cancel_reason, turn, err);
    case FZ_VIEW_EXPIRED:
        return fz_run_finish(run, FZ_POS_EXPIRED, FZ_OK, turn, err);
    }
    FZ_UNREACHABLE();
}

fz_rc fz_step_cancel(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "intents", &run->out->operation.id, "/cancel");
    struct fz_exchange_call call = {.method = "POST", .path = path, .body = "{}"};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    *turn = FZ_TURN_NEXT;
    run->step = FZ_STEP_ASK; /* unless the answer says more */
    switch ((int)answer.rc) {
    case FZ_OK:
        return fz_run_adopt_intent(run, &answer, turn, err);
    case FZ_INTENT_PAID: /* the ledger's order decided: it was paid first */
    case FZ_INTENT_EXPIRED:
    case FZ_INTENT_CANCELED:
        return FZ_OK;
    case FZ_INTENT_NOT_FOUND:
    case FZ_OPERATION_UNKNOWN:
        run->step = FZ_STEP_CLOSE; /* it may still be on its way */
        return run->foreign ? fz_run_finish(run, FZ_POS_REFUSED, FZ_INTENT_NOT_FOUND, turn, err)
                            : FZ_OK;
    default:
        if (run->foreign && fz_rc_info(answer.rc)->class != FZ_CLASS_RETRY) {
            return fz_run_finish(run, FZ_POS_REFUSED, answer.rc, turn, err);
        }
        run->step = FZ_STEP_CANCEL; /* the same again until it is final */
        run->uncertain = true;
        return fz_run_doubt(run, &answer, turn, err);
    }
}

/* How long the switch may hold the next answer: not beyond the sale's end. */
static uint32_t wait_s(const struct fz_run *run)
{
    int64_t left_ms = run->out->operation.expires_at_ms - fz_exchange_now_ms(run->pos);

    if (run->out->operation.expires_at_ms == 0 || left_ms >= WAIT_MAX_S * 1000) {
        return WAIT_MAX_S;
    }
    return left_ms <= 0 ? 1 : (uint32_t)(left_ms / 1000) + 1;
}

/* Whether something happened to the sale beyond its opening; moves the position forward. */
static bool has_news(struct fz_run *run, struct fz_json root)
{
    struct fz_json events, event;
    size_t position = 0;
    bool news = false;
    int64_t next;

    if (!fz_json_get(root, "events", &events)) {
        return false;
    }
    while (fz_json_next(events, &position, &event)) {
        char type[40];

        news = news || !fz_answer_text(event, "type", type, sizeof type) ||
               strcmp(type, "intent.created") != 0;
    }
    if (fz_answer_int(root, "next", &next) && next > run->events_after) {
        run->events_after = next;
    }
    return news;
}

fz_rc fz_step_wait(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    struct fz_text query;
    char path[FZ_POS_PATH_MAX], query_text[64];
    uint32_t hold_s = wait_s(run);

    fz_exchange_path(path, "intents", &run->out->operation.id, "/events");
    fz_text_init(&query, query_text, sizeof query_text);
    fz_text_add(&query, "?after=");
    fz_text_add_int(&query, run->events_after);
    fz_text_add(&query, "&wait=");
    fz_text_add_int(&query, hold_s);
    struct fz_exchange_call call = {
        .method = "GET", .path = path, .query = query_text, .hold_ms = hold_s * 1000};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc == FZ_OK && has_news(run, answer.root)) {
        run->step = FZ_STEP_ASK; /* an event is a hint; the intent is the truth */
        *turn = FZ_TURN_NEXT;
        return FZ_OK;
    }
    if (!run->pos->ports.pause(run->pos->ports.ctx, 0)) {
        return FZ_OUTCOME_UNKNOWN; /* it is still open as far as we know */
    }
    if (answer.rc != FZ_OK) {
        run->step = FZ_STEP_ASK;
        return fz_run_doubt(run, &answer, turn, err);
    }
    fz_run_refresh(run);
    run->step = hold_s < WAIT_MAX_S ? FZ_STEP_ASK : FZ_STEP_WAIT; /* perhaps it expired */
    *turn = FZ_TURN_NEXT;
    return fz_run_move(run, open_state(&run->out->operation), err);
}
