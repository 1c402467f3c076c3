/*
 * merchant-pos/core: asking what became of an operation, and closing the door on one that never
 * arrived. "Unknown to the switch" is never an answer by itself: the original may still be on its
 * way. Only a tombstone makes it final.
 */
#include "feezero/assert.h"
#include "merchant-pos/core/run.h"

/*
 * Not there. Voids and refunds are wanted still; a sale that shall be shown too; the rest is
 * closed.
 */
static void step_when_absent(struct fz_run *run)
{
    switch (run->out->operation.kind) {
    case FZ_POS_VOID:
    case FZ_POS_REFUND:
        run->step = FZ_STEP_SEND;
        return;
    case FZ_POS_SALE:
    case FZ_POS_PAYMENT:
    case FZ_POS_TRANSFER:
    case FZ_POS_CODE:
        run->step = FZ_STEP_CLOSE;
        return;
    }
}

static fz_rc adopt_inquiry(struct fz_run *run,
                           struct fz_json object,
                           const struct fz_exchange_answer *answer,
                           enum fz_run_turn *turn,
                           struct fz_err *err)
{
    struct fz_inquiry_view view;

    if (!fz_answer_inquiry(object, &view) || !fz_id_equal(&view.id, &run->out->operation.id)) {
        run->uncertain = true;
        return fz_run_doubt(run, answer, turn, err);
    }
    switch (view.status) {
    case FZ_INQUIRY_TOMBSTONED:
        return fz_run_finish(run, FZ_POS_TOMBSTONED, FZ_OK, turn, err);
    case FZ_INQUIRY_REJECTED:
        return fz_run_adopt_refusal(run, view.rc, view.result, turn, err);
    case FZ_INQUIRY_DONE:
        break;
    }
    if (run->out->operation.kind == FZ_POS_SALE || run->out->operation.kind == FZ_POS_CODE) {
        run->step = FZ_STEP_ASK; /* it was opened; it says itself what happened since */
        *turn = FZ_TURN_NEXT;
        return FZ_OK;
    }
    return fz_run_adopt_operation(run, view.result, answer, turn, err);
}

static bool is_absent(fz_rc rc)
{
    return rc == FZ_OPERATION_UNKNOWN || rc == FZ_INTENT_NOT_FOUND || rc == FZ_CODE_UNKNOWN;
}

/* Where to ask: a sale and a code have a life of their own, the rest was decided once. */
static const char *place_of(enum fz_pos_kind kind)
{
    return kind == FZ_POS_SALE ? "intents" : kind == FZ_POS_CODE ? "codes" : "operations";
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
        return fz_run_adopt_code(run, answer, turn, err);
    case FZ_POS_VOID:
    case FZ_POS_REFUND:
    case FZ_POS_PAYMENT:
    case FZ_POS_TRANSFER:
        return adopt_inquiry(run, answer->root, answer, turn, err);
    }
    FZ_UNREACHABLE();
}

fz_rc fz_step_ask(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    const struct fz_pos_operation *op = &run->out->operation;
    struct fz_exchange_answer answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, place_of(op->kind), &op->id, "");
    struct fz_exchange_call call = {.method = "GET", .path = path};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc == FZ_OK) {
        return adopt(run, &answer, turn, err);
    }
    if (run->foreign && fz_rc_info(answer.rc)->class != FZ_CLASS_RETRY) {
        return fz_run_finish(run, FZ_POS_REFUSED, answer.rc, turn, err);
    }
    if (is_absent(answer.rc)) {
        step_when_absent(run);
        *turn = FZ_TURN_NEXT;
        return FZ_OK;
    }
    return fz_run_doubt(run, &answer, turn, err);
}

/* 409: somebody was faster. Ours has an outcome then; not ours, and ours can never have one. */
static fz_rc adopt_closed_door(struct fz_run *run,
                               const struct fz_exchange_answer *answer,
                               enum fz_run_turn *turn,
                               struct fz_err *err)
{
    struct fz_json state;

    if (!fz_json_get(answer->root, "final_state", &state) || !fz_json_is_object(state)) {
        return fz_run_finish(run, FZ_POS_REFUSED, FZ_ID_REUSED, turn, err);
    }
    return adopt_inquiry(run, state, answer, turn, err);
}

fz_rc fz_step_close(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "tombstones", &run->out->operation.id, "");
    struct fz_exchange_call call = {
        .method = "PUT", .path = path, .body = "{\"reason\":\"no answer\"}"};
    fz_rc rc = fz_exchange(run->pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc == FZ_OK) {
        return fz_run_finish(run, FZ_POS_TOMBSTONED, FZ_OK, turn, err);
    }
    if (answer.rc == FZ_ID_REUSED) {
        return adopt_closed_door(run, &answer, turn, err);
    }
    return fz_run_doubt(run, &answer, turn, err);
}
