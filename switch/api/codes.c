/*
 * Room switch/api. PUT and GET /v1/codes/{id}: a resident's one-time code, and what became of it:
 * a till that reads it is paid at once, or asks her when it wants more than she allowed.
 */
#include <stddef.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/intents.h"
#include "switch/api/poll.h"
#include "switch/api/render.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

/* The digits of a code, in call->digits. False: the call was failed. */
static bool find_digits(struct fz_call *call, const struct fz_id *id)
{
    if (call->api->code_key == NULL) {
        fz_call_fail(call, FZ_CODES_OFF, NULL, NULL);
        return false;
    }
    fz_code_digits(call->api->code_key, call->caller.community, id, call->digits);
    return true;
}

/* --- PUT -------------------------------------------------------------------------------------- */

struct code_body {
    int64_t max_amount;
};

static const struct fz_body_field code_fields[] = {
    {"max_amount", FZ_FIELD_NUMBER, false, offsetof(struct code_body, max_amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
};
static const struct fz_body_table code_table = FZ_BODY_TABLE(code_fields);

static void on_code_decided(struct fz_call *call)
{
    const struct fz_result *result = &call->job.command.result;
    struct fz_shown shown = {.digits = call->digits};
    struct fz_json_out out;
    fz_json_out_init(&out);
    int status = fz_render_result(&out, result, fz_render_needs_shown(result) ? &shown : NULL);
    fz_call_reply(call, status, &out);
}

void fz_api_put_code(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct code_body body = {.max_amount = FZ_CODE_AMOUNT_DEFAULT};
    (void)ctx;
    if (!fz_call_read_order(call, &code_table, &body) || !find_digits(call, &command->id)) {
        return;
    }
    fz_code_hash(call->api->code_key, call->digits, command->code_hash);
    command->type = FZ_COMMAND_CODE;
    command->party = call->caller.party;
    command->amount = body.max_amount;
    fz_call_submit(call, on_code_decided);
}

/* --- GET -------------------------------------------------------------------------------------- */

struct code_query {
    int64_t wait;
    int64_t after; /* enum fz_code_state, 0 if it is not known yet */
};

static bool read_state(const char *text, size_t len, int64_t *state_out)
{
    (void)len;
    for (int state = FZ_CODE_IS_WAITING; state <= FZ_CODE_IS_EXPIRED; state++) {
        if (strcmp(text, fz_view_code_state_name((enum fz_code_state)state)) == 0) {
            *state_out = state;
            return true;
        }
    }
    return false;
}

static const struct fz_query_field code_query_fields[] = {
    {"after", 0, INT64_MAX, offsetof(struct code_query, after), read_state},
    {"wait", 0, FZ_LONGPOLL_MAX_S, offsetof(struct code_query, wait), NULL},
};
static const struct fz_query_table code_query_table = FZ_QUERY_TABLE(code_query_fields);

static enum fz_code_state state_of(const struct fz_paycode *code,
                                   const struct fz_intent_row *intent)
{
    if (intent != NULL) {
        return intent->state == FZ_STATE_CREATED ? FZ_CODE_IS_ASKED : FZ_CODE_IS_USED;
    }
    return fz_api_wall_us() < code->expires_us ? FZ_CODE_IS_WAITING : FZ_CODE_IS_EXPIRED;
}

/* What the code was used for, or NULL; and with that all is known. */
static void on_use(struct fz_call *call, const struct fz_intent_row *intent)
{
    struct fz_poll *poll = call->poll;
    struct fz_json_out out;
    enum fz_code_state state = state_of(&call->code, intent);
    poll->expires = (struct fz_id){{0}};
    poll->expires_us = 0;
    if (state == FZ_CODE_IS_ASKED) {
        poll->expires = intent->id;
        poll->expires_us = intent->expires_us;
    } else if (state == FZ_CODE_IS_WAITING) {
        poll->expires_us = call->code.expires_us;
    }
    if (fz_poll_is_over(poll, state != poll->after)) {
        fz_json_out_init(&out);
        fz_view_code(&out, &call->caller, &call->code, state, intent);
        fz_call_reply(call, 200, &out);
    }
}

static void on_code(void *ctx, fz_rc rc, const struct fz_paycode *code)
{
    struct fz_poll *poll = ctx;
    struct fz_call *call = poll->call;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_CODE_UNKNOWN : rc, NULL, NULL);
        return;
    }
    if (code->party != call->caller.party) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
        return;
    }
    call->code = *code;
    if (fz_id_is_zero(&code->intent)) {
        on_use(call, NULL);
    } else {
        fz_api_find_intent(call, &call->code.intent, on_use);
    }
}

static void look(struct fz_poll *poll)
{
    struct fz_call *call = poll->call;
    uint8_t hash[FZ_CODE_HASH_LEN];
    fz_code_hash(call->api->code_key, call->digits, hash);
    fz_read_paycode(call->api->reader, call->caller.community, &call->code.id, hash, on_code, poll);
}

/* Only a look tells the state, and there is no time for one. */
static void give_up(struct fz_poll *poll)
{
    fz_call_fail(poll->call, FZ_STOPPING, NULL, NULL);
}

void fz_api_get_code(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct code_query query = {.wait = 0};
    (void)ctx;
    if (!fz_call_read_id(call, &call->code.id) ||
        !fz_call_read_query(call, &code_query_table, &query) ||
        !find_digits(call, &call->code.id)) {
        return;
    }
    struct fz_poll *poll = fz_poll_create(call, query.wait);
    if (poll != NULL) {
        poll->after = query.after;
        poll->look = look;
        poll->give_up = give_up;
        poll->waiter.account = fz_caller_account(&call->caller);
        fz_poll_start(poll);
    }
}
