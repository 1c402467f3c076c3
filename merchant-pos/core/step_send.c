/*
 * merchant-pos/core: sending an operation under its id, and taking over the answer. The body is
 * made from the journaled fields, so a repetition after a power cut says the very same; only the
 * deadline moves, and that is no part of what is asked for.
 */
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/core/run.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/core/timestamp.h"

static const char *collection_of(enum fz_pos_kind kind)
{
    switch (kind) {
    case FZ_POS_SALE:
        return "intents";
    case FZ_POS_VOID:
        return "voids";
    case FZ_POS_REFUND:
        return "refunds";
    case FZ_POS_PAYMENT:
        return "payments";
    case FZ_POS_TRANSFER:
        return "transfers";
    case FZ_POS_CODE:
        return "codes";
    }
    FZ_UNREACHABLE();
}

static enum fz_pos_state done_state(enum fz_pos_kind kind)
{
    switch (kind) {
    case FZ_POS_SALE:
    case FZ_POS_PAYMENT:
        return FZ_POS_PAID;
    case FZ_POS_VOID:
        return FZ_POS_VOIDED;
    case FZ_POS_REFUND:
        return FZ_POS_REFUNDED;
    case FZ_POS_TRANSFER:
        return FZ_POS_TRANSFERRED;
    case FZ_POS_CODE:
        return FZ_POS_SHOWN;
    }
    FZ_UNREACHABLE();
}

static void add_amount(struct fz_text *text, const struct fz_pos_operation *op)
{
    fz_text_add(text, "\"amount\":");
    fz_text_add_int(text, op->amount);
}

static void add_member(struct fz_text *text, const char *name, const char *value)
{
    fz_text_add_json(text, name);
    fz_text_add(text, ":");
    fz_text_add_json(text, value);
}

static void add_intent(struct fz_text *text, const struct fz_pos_operation *op)
{
    fz_text_add(text, "\"intent_id\":\"");
    fz_text_add_id(text, &op->intent);
    fz_text_add(text, "\"");
}

static void add_sale(struct fz_text *text, const struct fz_pos_operation *op)
{
    add_amount(text, op);
    if (op->expires_in_s > 0) {
        fz_text_add(text, ",\"expires_in\":");
        fz_text_add_int(text, op->expires_in_s);
    }
    if (op->reference[0] != '\0') {
        fz_text_add(text, ",");
        add_member(text, "reference", op->reference);
    }
    if (op->code[0] != '\0') {
        fz_text_add(text, ",");
        add_member(text, "code", op->code);
    }
    fz_text_add(text, op->again ? ",\"again\":true" : "");
}

static void add_transfer(struct fz_text *text, const struct fz_pos_operation *op)
{
    add_member(text, "to", op->party);
    fz_text_add(text, ",");
    add_amount(text, op);
    if (op->message[0] != '\0') {
        fz_text_add(text, ",");
        add_member(text, "message", op->message);
    }
}

static void add_payment(struct fz_text *text, const struct fz_pos_operation *op)
{
    if (!fz_id_is_zero(&op->intent)) {
        add_intent(text, op);
        fz_text_add(text, ",");
    }
    add_member(text, "shop", op->party);
    fz_text_add(text, ",");
    add_amount(text, op);
    if (op->terminal[0] != '\0') {
        fz_text_add(text, ",");
        add_member(text, "terminal", op->terminal);
    }
    fz_text_add(text, op->again ? ",\"again\":true" : "");
}

static void add_code(struct fz_text *text, const struct fz_pos_operation *op)
{
    if (op->limit > 0) {
        fz_text_add(text, "\"max_amount\":");
        fz_text_add_int(text, op->limit);
    }
}

/* Not for what is wanted still tomorrow: a void or a refund. */
static void add_deadline(struct fz_text *text, const struct fz_pos *pos)
{
    char form[FZ_TIMESTAMP_LEN + 1];

    if (pos->clock_known) {
        fz_timestamp_format(fz_exchange_now_ms(pos) + FZ_POS_DEADLINE_MS, form);
        fz_text_add(text, ",");
        add_member(text, "deadline", form);
    }
}

static void build_body(struct fz_pos *pos, const struct fz_pos_operation *op)
{
    struct fz_text text;

    fz_text_init(&text, pos->request, sizeof pos->request);
    fz_text_add(&text, "{");
    switch (op->kind) {
    case FZ_POS_SALE:
        add_sale(&text, op);
        break;
    case FZ_POS_VOID:
        add_intent(&text, op);
        break;
    case FZ_POS_REFUND:
        add_intent(&text, op);
        fz_text_add(&text, ",");
        add_amount(&text, op);
        break;
    case FZ_POS_PAYMENT:
        add_payment(&text, op);
        add_deadline(&text, pos);
        break;
    case FZ_POS_TRANSFER:
        add_transfer(&text, op);
        add_deadline(&text, pos);
        break;
    case FZ_POS_CODE:
        add_code(&text, op);
        break;
    }
    fz_text_add(&text, "}");
    fz_assert(!text.overflow); /* the fields are bounded: see FZ_POS_REQUEST_MAX */
}

/* What to do when it is not known whether the request arrived. */
static enum fz_run_step step_after_doubt(const struct fz_run *run)
{
    bool again = run->goal == FZ_GOAL_SHOW; /* the same PUT answers with the same code */

    return again ? FZ_STEP_SEND : FZ_STEP_ASK;
}

fz_rc fz_run_adopt_operation(struct fz_run *run,
                             struct fz_json object,
                             const struct fz_exchange_answer *answer,
                             enum fz_run_turn *turn,
                             struct fz_err *err)
{
    struct fz_pos_operation *op = &run->out->operation;
    struct fz_operation_view view;

    if (!fz_answer_operation(object, &view) || !fz_id_equal(&view.id, &op->id) ||
        (op->kind != FZ_POS_VOID && view.amount != op->amount) ||
        (view.is_held && op->kind != FZ_POS_REFUND)) {
        run->uncertain = true;
        run->step = FZ_STEP_ASK;
        return fz_run_doubt(run, answer, turn, err);
    }
    op->amount = view.amount;
    op->number = view.number;
    op->booked_at_ms = view.at_ms;
    if (op->kind == FZ_POS_PAYMENT && fz_id_is_zero(&op->intent)) {
        op->intent = view.intent; /* the sale that the switch made of a sticker's payment */
    }
    if (view.party_name[0] != '\0') {
        memcpy(op->party_name, view.party_name, sizeof op->party_name);
    }
    run->out->refunded = view.refunded;
    op->eta_ms = view.eta_ms;
    return fz_run_finish(run, view.is_held ? FZ_POS_HELD : done_state(op->kind), FZ_OK, turn, err);
}

fz_rc fz_run_adopt_refusal(struct fz_run *run,
                           fz_rc reason,
                           struct fz_json problem,
                           enum fz_run_turn *turn,
                           struct fz_err *err)
{
    if (!fz_answer_int(problem, "shortfall", &run->out->shortfall)) {
        run->out->shortfall = 0;
    }
    if (!fz_answer_int(problem, "refundable", &run->out->refundable)) {
        run->out->refundable = 0;
    }
    if (!fz_answer_int(problem, "seconds_ago", &run->out->seconds_ago)) {
        run->out->seconds_ago = 0;
    }
    if (!fz_answer_time(problem, "resets_at", &run->out->resets_at_ms)) {
        run->out->resets_at_ms = 0;
    }
    if (reason == FZ_TOMBSTONED) {
        return fz_run_finish(run, FZ_POS_TOMBSTONED, FZ_OK, turn, err);
    }
    return fz_run_finish(run, FZ_POS_REFUSED, reason, turn, err);
}

static fz_rc adopt(struct fz_run *run,
                   const struct fz_exchange_answer *answer,
                   enum fz_run_turn *turn,
                   struct fz_err *err)
{
    switch (run->out->operation.kind) {
    case FZ_POS_SALE:
        return fz_run_adopt_intent(run, answer, turn, err);
    case FZ_POS_CODE:
        return fz_run_adopt_new_code(run, answer, turn, err);
    case FZ_POS_VOID:
    case FZ_POS_REFUND:
    case FZ_POS_PAYMENT:
    case FZ_POS_TRANSFER:
        return fz_run_adopt_operation(run, answer->root, answer, turn, err);
    }
    FZ_UNREACHABLE();
}

fz_rc fz_step_send(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    struct fz_pos_operation *op = &run->out->operation;
    struct fz_exchange_answer answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, collection_of(op->kind), &op->id, "");
    build_body(run->pos, op);
    struct fz_exchange_call call = {.method = "PUT", .path = path, .body = run->pos->request};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    switch (fz_rc_info(answer.rc)->class) {
    case FZ_CLASS_OK:
        return adopt(run, &answer, turn, err);
    case FZ_CLASS_REJECT:
        return fz_run_adopt_refusal(run, answer.rc, answer.root, turn, err);
    case FZ_CLASS_BADREQ:
        /* Not recorded, so it says nothing about an earlier sending of the same id. */
        if (!run->uncertain) {
            return fz_run_adopt_refusal(run, answer.rc, answer.root, turn, err);
        }
        break;
    case FZ_CLASS_RETRY:
        if (answer.rc != FZ_OUTCOME_UNKNOWN) { /* nothing was done */
            return fz_run_doubt(run, &answer, turn, err);
        }
        break;
    case FZ_CLASS_FAIL:
        break;
    }
    run->uncertain = true;
    run->step = step_after_doubt(run);
    return fz_run_doubt(run, &answer, turn, err);
}
