/*
 * Room switch/api. PUT and GET /v1/intents/{id}, POST /v1/intents/{id}/cancel.
 */
#include "switch/api/intents.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/emv.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/api/authenticate.h"
#include "switch/api/endpoints.h"
#include "switch/api/render.h"
#include "switch/api/state.h"
#include "switch/api/text.h"
#include "switch/api/views.h"
#include "switch/http/log.h"

#define REFERENCE_MAX 25  /* what object 62/05 of the code can carry */
#define LOCAL_NAME_MAX 25 /* characters of object 64/01 */

/* --- reading one ----------------------------------------------------------------------------- */

static void expire_then_find(struct fz_call *call);

/* Behind a cancel it is booked by now: that nothing was done would be wrong to say. */
static fz_rc of_intent(const struct fz_call *call, fz_rc rc)
{
    if (rc == FZ_NOT_FOUND) {
        return FZ_INTENT_NOT_FOUND;
    }
    bool is_retry = fz_rc_info(rc)->class == FZ_CLASS_RETRY;
    return is_retry && call->job.command.type == FZ_COMMAND_CANCEL ? FZ_OUTCOME_UNKNOWN : rc;
}

static void on_intent(void *ctx, fz_rc rc, const struct fz_intent_row *intent)
{
    struct fz_call *call = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(call, of_intent(call, rc), NULL, NULL);
        return;
    }
    bool is_due = intent->state == FZ_STATE_CREATED && fz_api_wall_us() >= intent->expires_us;
    if (is_due && call->job.command.type != FZ_COMMAND_EXPIRE) {
        call->job.command.ref = intent->id;
        expire_then_find(call);
        return;
    }
    call->found(call, intent);
}

static void on_expired(struct fz_call *call)
{
    fz_read_intent(call->api->reader, call->caller.community, &call->job.command.ref, on_intent,
                   call);
}

static void expire_then_find(struct fz_call *call)
{
    call->job.command.type = FZ_COMMAND_EXPIRE;
    fz_call_submit(call, on_expired);
}

void fz_api_find_intent(struct fz_call *call,
                        const struct fz_id *id,
                        void (*found)(struct fz_call *call, const struct fz_intent_row *intent))
{
    call->found = found;
    fz_read_intent(call->api->reader, call->caller.community, id, on_intent, call);
}

/* --- GET ------------------------------------------------------------------------------------- */

static void reply_view(struct fz_call *call, const struct fz_intent_row *intent)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_intent(&out, &call->caller, intent);
    fz_call_reply(call, 200, &out);
}

static void reply_if_visible(struct fz_call *call, const struct fz_intent_row *intent)
{
    if (fz_caller_is_shop(&call->caller) && !fz_view_owns_intent(&call->caller, intent)) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
    } else {
        reply_view(call, intent);
    }
}

void fz_api_get_intent(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_id id;
    (void)ctx;
    if (fz_call_read_id(call, &id) && fz_call_read_query(call, NULL, NULL)) {
        fz_api_find_intent(call, &id, reply_if_visible);
    }
}

/* --- cancel and decline ---------------------------------------------------------------------- */

static void on_canceled(struct fz_call *call)
{
    if (call->job.command.result.rc == FZ_OK) {
        fz_api_find_intent(call, &call->job.command.ref, reply_view);
    } else {
        fz_call_reply_result(call);
    }
}

/* `shop`: whose sale it is; 0: the payer it waits for says no. */
static void cancel(struct fz_call *call, int64_t shop)
{
    static const struct fz_body_table no_members = {.fields = NULL};
    struct fz_command *command = &call->job.command;
    if (fz_call_read_id(call, &command->ref) && fz_call_read_query(call, NULL, NULL) &&
        fz_call_read_body(call, &no_members, NULL)) {
        command->type = FZ_COMMAND_CANCEL;
        command->shop = shop;
        fz_call_submit(call, on_canceled);
    }
}

void fz_api_cancel_intent(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    (void)ctx;
    cancel(call, call->caller.party);
}

void fz_api_decline_intent(struct fz_request *request, void *ctx)
{
    (void)ctx;
    cancel(fz_call_of(request), 0);
}

/* --- PUT ------------------------------------------------------------------------------------- */

struct intent_body {
    int64_t amount;
    int64_t expires_in;
    int64_t terminal;
    const char *reference;
    const char *code;
    bool again;
};

static const struct fz_body_field intent_fields[] = {
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct intent_body, amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
    {"expires_in", FZ_FIELD_NUMBER, false, offsetof(struct intent_body, expires_in),
     FZ_INTENT_TTL_MIN_S, FZ_INTENT_TTL_MAX_S},
    {"reference", FZ_FIELD_ASCII, false, offsetof(struct intent_body, reference), 1, REFERENCE_MAX},
    {"terminal", FZ_FIELD_TERMINAL, false, offsetof(struct intent_body, terminal), 0, 0},
    {"code", FZ_FIELD_ASCII, false, offsetof(struct intent_body, code), FZ_CODE_DIGITS,
     FZ_CODE_DIGITS},
    {"again", FZ_FIELD_YES, false, offsetof(struct intent_body, again), 0, 0},
};
static const struct fz_body_table intent_table = FZ_BODY_TABLE(intent_fields);

/* Copies the first characters of a name, whole ones only. */
static void copy_local_name(char *out, size_t size, const char *name)
{
    size_t len = strlen(name);
    size_t at = 0;
    uint32_t character = 0;
    for (unsigned i = 0; i < LOCAL_NAME_MAX && at < len; i++) {
        if (!fz_utf8_next(name, len, &at, &character)) {
            break;
        }
    }
    fz_assert(at < size);
    memcpy(out, name, at);
    out[at] = '\0';
}

static void copy(char *out, size_t size, const char *text)
{
    int len = snprintf(out, size, "%s", text);
    fz_assert(len >= 0 && (size_t)len < size);
}

static void fill_code(struct fz_emv_code *code,
                      const struct fz_command *command,
                      const struct fz_profile *profile)
{
    *code = (struct fz_emv_code){.initiation = FZ_EMV_DYNAMIC,
                                 .has_intent = true,
                                 .intent = command->id,
                                 .currency = FZ_EMV_CURRENCY_JPY,
                                 .amount = command->amount,
                                 .country = "JP",
                                 .language = "JA"};
    copy(code->guid, sizeof(code->guid), profile->qr_guid);
    fz_party_text(FZ_LETTER_SHOP, command->shop, code->shop);
    fz_terminal_text(command->terminal, code->terminal);
    copy(code->mcc, sizeof(code->mcc), profile->category_code);
    copy(code->name, sizeof(code->name), profile->name_latin);
    copy(code->city, sizeof(code->city), profile->city_latin);
    copy(code->postal, sizeof(code->postal), profile->postal_code);
    copy(code->reference, sizeof(code->reference), command->note != NULL ? command->note : "");
    fz_terminal_text(command->terminal, code->terminal_label);
    copy_local_name(code->name_local, sizeof(code->name_local), profile->name);
}

/* The code's text and the name go with the command and stay with the call. */
static fz_rc draw_code(struct fz_call *call, const struct fz_profile *profile, struct fz_err *err)
{
    struct fz_emv_code code;
    struct fz_command *command = &call->job.command;
    char qr[FZ_EMV_SIZE_MAX];
    copy(call->shop_name, sizeof(call->shop_name), profile->name);
    command->shop_name = call->shop_name;
    if (fz_command_has_code(command)) {
        command->qr = ""; /* it is the payer who shows one */
        return FZ_OK;
    }
    fill_code(&code, command, profile);
    enum fz_emv_result result = fz_emv_build(&code, qr, sizeof(qr), NULL);
    if (result != FZ_EMV_OK) {
        return fz_fail(err, FZ_INTERNAL, "code of shop %lld: %s", (long long)profile->shop,
                       fz_emv_result_text(result));
    }
    call->qr = strdup(qr);
    if (call->qr == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "code");
    }
    command->qr = call->qr;
    return FZ_OK;
}

/* The row has what was shown when the intent was created. */
static void on_shown(void *ctx, fz_rc rc, const struct fz_intent_row *intent)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_INTERNAL : rc, NULL, NULL);
        return;
    }
    struct fz_shown shown = {.qr = intent->qr, .shop_name = intent->shop_name};
    fz_json_out_init(&out);
    int status = fz_render_result(&out, &call->job.command.result, &shown);
    fz_call_reply(call, status, &out);
}

static void on_intent_decided(struct fz_call *call)
{
    const struct fz_command *command = &call->job.command;
    struct fz_json_out out;
    if (command->result.rc == FZ_OK && command->replayed) {
        fz_read_intent(call->api->reader, call->caller.community, &command->id, on_shown, call);
        return;
    }
    struct fz_shown shown = {.qr = command->qr, .shop_name = command->shop_name};
    fz_json_out_init(&out);
    int status = fz_render_result(&out, &command->result, &shown);
    fz_call_reply(call, status, &out);
}

static void create(struct fz_call *call, const struct fz_profile *profile)
{
    struct fz_err err = {.rc = FZ_OK};
    if (profile == NULL) {
        (void)fz_fail(&err, FZ_INTERNAL, "key %s of a shop without a profile", call->auth.key_id);
    } else if (draw_code(call, profile, &err) == FZ_OK) {
        fz_call_submit(call, on_intent_decided);
        return;
    }
    fz_log_err(FZ_LOG_ERROR, "api.intent_failed", call->request->id, &err);
    fz_call_fail(call, err.rc, NULL, NULL);
}

static const struct fz_profile *profile_of(const struct fz_call *call)
{
    return fz_profiles_get(call->api->profiles, call->caller.community, call->caller.party,
                           fz_api_monotonic_us());
}

static void on_profile(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    struct fz_call *call = ctx;
    struct fz_err err = {.rc = FZ_OK};
    if (rc == FZ_OK) {
        rc = fz_api_keep_credential(call->api, credential, NULL, &err);
    }
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_KEY_UNKNOWN : rc, NULL, NULL);
    } else if (credential->revoked) {
        fz_call_fail(call, FZ_KEY_UNKNOWN, NULL, NULL);
    } else {
        create(call, profile_of(call));
    }
}

/* Which till the sale is for: a till's own; the owner says it. False: the call was failed. */
static bool choose_terminal(struct fz_call *call, const struct intent_body *body)
{
    bool is_till = call->caller.role == FZ_ROLE_TERMINAL;
    if (is_till && body->terminal != 0) {
        fz_call_fail_at(call, FZ_BAD_FIELD, "a till does not name a terminal: it is one", "field",
                        "terminal");
        return false;
    }
    if (!is_till && body->terminal == 0) {
        fz_call_fail_at(call, FZ_BAD_FIELD, "terminal is missing: which till is it for?", "field",
                        "terminal");
        return false;
    }
    call->job.command.terminal = is_till ? call->caller.terminal : (int32_t)body->terminal;
    return true;
}

/* The digits a till has read: a slip of the eye is found here. False: the call was failed. */
static bool take_code(struct fz_call *call, const struct intent_body *body)
{
    if (body->code == NULL && body->again) {
        fz_call_fail_at(call, FZ_BAD_FIELD, "again is about who pays: it goes with a code", "field",
                        "again");
        return false;
    }
    if (body->code == NULL) {
        return true;
    }
    if (!fz_code_is_right(body->code, strlen(body->code))) {
        fz_call_fail_at(call, FZ_BAD_FIELD, "these are not the 20 digits of a code", "field",
                        "code");
        return false;
    }
    if (call->api->code_key == NULL) {
        fz_call_fail(call, FZ_CODES_OFF, NULL, NULL);
        return false;
    }
    fz_code_hash(call->api->code_key, body->code, call->job.command.code_hash);
    call->job.command.again = body->again;
    return true;
}

void fz_api_put_intent(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct intent_body body = {.expires_in = FZ_INTENT_TTL_DEFAULT_S};
    (void)ctx;
    if (!fz_call_read_order(call, &intent_table, &body) || !choose_terminal(call, &body) ||
        !take_code(call, &body)) {
        return;
    }
    command->type = FZ_COMMAND_INTENT;
    command->shop = call->caller.party;
    command->amount = body.amount;
    command->ttl_s = (int32_t)body.expires_in;
    command->note = body.reference;
    const struct fz_profile *profile = profile_of(call);
    if (profile != NULL) {
        create(call, profile);
    } else {
        fz_read_credential(call->api->reader, call->caller.community, call->auth.key_id, on_profile,
                           call);
    }
}
