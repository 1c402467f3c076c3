/*
 * Room switch/api. PUT /v1/payments/{id}: a resident pays an intent.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/call.h"
#include "switch/api/endpoints.h"

struct payment_body {
    struct fz_id intent_id;
    int64_t shop;
    int64_t amount;
    int64_t deadline_us;
};

static const struct fz_body_field payment_fields[] = {
    {"intent_id", FZ_FIELD_ID, true, offsetof(struct payment_body, intent_id), 0, 0},
    {"shop", FZ_FIELD_SHOP, true, offsetof(struct payment_body, shop), 0, 0},
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct payment_body, amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
    {"deadline", FZ_FIELD_TIME, false, offsetof(struct payment_body, deadline_us), 0, 0},
};
static const struct fz_body_table payment_table = FZ_BODY_TABLE(payment_fields);

void fz_api_put_payment(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct payment_body body = {.deadline_us = 0};
    (void)ctx;
    if (!fz_call_read_order(call, &payment_table, &body)) {
        return;
    }
    command->type = FZ_COMMAND_PAY;
    command->ref = body.intent_id;
    command->shop = body.shop;
    command->party = call->caller.party;
    command->amount = body.amount;
    command->deadline_us = body.deadline_us;
    fz_call_submit(call, fz_call_reply_result);
}
