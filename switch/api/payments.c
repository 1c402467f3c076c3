/*
 * Room switch/api. PUT /v1/payments/{id}: a resident pays what a till asks for, or at a sticker,
 * where nobody asked, what she says herself.
 */
#include <stddef.h>
#include <stdio.h>

#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"

struct payment_body {
    struct fz_id intent_id;
    int64_t shop;
    int64_t amount;
    int64_t terminal;
    int64_t deadline_us;
    bool again;
};

static const struct fz_body_field payment_fields[] = {
    {"intent_id", FZ_FIELD_ID, false, offsetof(struct payment_body, intent_id), 0, 0},
    {"shop", FZ_FIELD_SHOP, true, offsetof(struct payment_body, shop), 0, 0},
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct payment_body, amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
    {"terminal", FZ_FIELD_TERMINAL, false, offsetof(struct payment_body, terminal), 0, 0},
    {"again", FZ_FIELD_YES, false, offsetof(struct payment_body, again), 0, 0},
    {"deadline", FZ_FIELD_TIME, false, offsetof(struct payment_body, deadline_us), 0, 0},
};
static const struct fz_body_table payment_table = FZ_BODY_TABLE(payment_fields);

/* --- at a sticker ----------------------------------------------------------------------------- */

/* The payment makes the sale, so the name that was shown goes with it. */
static void submit_with_name(struct fz_call *call, const char *name)
{
    (void)snprintf(call->shop_name, sizeof(call->shop_name), "%s", name);
    call->job.command.shop_name = call->shop_name;
    fz_call_submit(call, fz_call_reply_result);
}

static void on_shop(void *ctx, fz_rc rc, const struct fz_shopfront *shop)
{
    struct fz_call *call = ctx;
    if (rc == FZ_OK) {
        fz_profiles_put_shop(call->api->profiles, call->caller.community, shop,
                             fz_api_monotonic_us());
        submit_with_name(call, shop->name);
    } else if (rc == FZ_NOT_FOUND) {
        submit_with_name(call, ""); /* the ledger says so, and remembers it */
    } else {
        fz_call_fail(call, rc, NULL, NULL);
    }
}

static void pay_sticker(struct fz_call *call)
{
    int64_t shop = call->job.command.shop;
    const struct fz_profile *profile =
        fz_profiles_get(call->api->profiles, call->caller.community, shop, fz_api_monotonic_us());
    if (profile != NULL) {
        submit_with_name(call, profile->name);
    } else {
        fz_read_shop(call->api->reader, call->caller.community, shop, 0, on_shop, call);
    }
}

/* --- the request ------------------------------------------------------------------------------ */

void fz_api_put_payment(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct payment_body body = {.deadline_us = 0};
    (void)ctx;
    if (!fz_call_read_order(call, &payment_table, &body)) {
        return;
    }
    bool is_sticker = fz_id_is_zero(&body.intent_id);
    if (!is_sticker && body.terminal != 0) {
        fz_call_fail_at(call, FZ_BAD_FIELD, "the sale knows its terminal", "field", "terminal");
        return;
    }
    command->type = FZ_COMMAND_PAY;
    command->ref = body.intent_id;
    command->shop = body.shop;
    command->party = call->caller.party;
    command->amount = body.amount;
    command->terminal = (int32_t)body.terminal;
    command->again = body.again;
    command->deadline_us = body.deadline_us;
    if (is_sticker) {
        pay_sticker(call);
    } else {
        fz_call_submit(call, fz_call_reply_result);
    }
}
