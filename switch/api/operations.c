/*
 * Room switch/api. GET /v1/operations/{id} asks what became of an id; PUT /v1/tombstones/{id}
 * closes one that never arrived, so that a late original cannot be carried out any more.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/render.h"
#include "switch/api/state.h"

/* --- what the caller may see ----------------------------------------------------------------- */

/*
 * Who asked for it sees it, refusals with their figures included. A shop also sees what was paid to
 * it, but not what a customer failed to pay.
 */
static bool is_visible(const struct fz_caller *caller, const struct fz_result *result)
{
    bool is_paid_here =
        result->type == FZ_COMMAND_PAY && result->rc == FZ_OK && result->shop == caller->party;
    return result->actor == caller->party || (fz_caller_is_shop(caller) && is_paid_here);
}

/* --- the inquiry ----------------------------------------------------------------------------- */

/* Answers with the operation, which is in call->earlier, and with what was shown of an intent. */
static void reply_found(struct fz_call *call, const struct fz_shown *shown)
{
    struct fz_json_out out;
    int status = 200;
    fz_json_out_init(&out);
    if (call->job.command.type == FZ_COMMAND_TOMBSTONE) {
        fz_render_conflict(&out, &call->job.command.result, &call->earlier, shown);
        status = fz_rc_info(call->job.command.result.rc)->http_status;
    } else {
        fz_render_inquiry(&out, NULL, &call->earlier, shown);
    }
    fz_call_reply(call, status, &out);
}

static void on_shown(void *ctx, fz_rc rc, const struct fz_intent_row *intent)
{
    struct fz_call *call = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_INTERNAL : rc, NULL, NULL);
        return;
    }
    struct fz_shown shown = {.qr = intent->qr, .shop_name = intent->shop_name};
    reply_found(call, &shown);
}

/* The digits of a code follow from its id. */
static void reply_code(struct fz_call *call)
{
    struct fz_shown shown = {.digits = call->digits};
    if (call->api->code_key == NULL) {
        fz_call_fail(call, FZ_CODES_OFF, NULL, NULL);
        return;
    }
    fz_code_digits(call->api->code_key, call->caller.community, &call->earlier.id, call->digits);
    reply_found(call, &shown);
}

/* The new intent's answer has a code and a name, which its row keeps. */
static void reply_earlier(struct fz_call *call, const struct fz_result *result)
{
    call->earlier = *result;
    if (!fz_render_needs_shown(result)) {
        reply_found(call, NULL);
    } else if (result->type == FZ_COMMAND_INTENT) {
        fz_read_intent(call->api->reader, call->caller.community, &call->earlier.id, on_shown,
                       call);
    } else {
        reply_code(call);
    }
}

static void on_operation(void *ctx, fz_rc rc, const struct fz_result *result)
{
    struct fz_call *call = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_OPERATION_UNKNOWN : rc, NULL, NULL);
    } else if (!is_visible(&call->caller, result)) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
    } else {
        reply_earlier(call, result);
    }
}

void fz_api_get_operation(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_id id;
    (void)ctx;
    if (fz_call_read_id(call, &id) && fz_call_read_query(call, NULL, NULL)) {
        fz_read_operation(call->api->reader, call->caller.community, &id, on_operation, call);
    }
}

/* --- the tombstone --------------------------------------------------------------------------- */

struct tombstone_body {
    const char *reason;
};

static const struct fz_body_field tombstone_fields[] = {
    {"reason", FZ_FIELD_TEXT, false, offsetof(struct tombstone_body, reason), 1, FZ_NOTE_MAX},
};
static const struct fz_body_table tombstone_table = FZ_BODY_TABLE(tombstone_fields);

/* The id is taken: its owner is told by what, others only that it is. */
static void on_taken(void *ctx, fz_rc rc, const struct fz_result *result)
{
    struct fz_call *call = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_INTERNAL : rc, NULL, NULL);
    } else if (!is_visible(&call->caller, result)) {
        fz_call_reply_result(call);
    } else {
        reply_earlier(call, result);
    }
}

static void on_tombstone(struct fz_call *call)
{
    if (call->job.command.result.rc == FZ_ID_REUSED) {
        fz_read_operation(call->api->reader, call->caller.community, &call->job.command.id,
                          on_taken, call);
    } else {
        fz_call_reply_result(call);
    }
}

void fz_api_put_tombstone(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct tombstone_body body = {.reason = NULL};
    (void)ctx;
    if (fz_call_read_order(call, &tombstone_table, &body)) {
        call->job.command.type = FZ_COMMAND_TOMBSTONE;
        call->job.command.note = body.reason;
        fz_call_submit(call, on_tombstone);
    }
}
