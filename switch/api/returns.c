/*
 * Room switch/api. PUT /v1/voids/{id} and /v1/refunds/{id}: a shop gives money back.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/call.h"
#include "switch/api/endpoints.h"

struct return_body {
    struct fz_id intent_id;
    int64_t amount;
    int64_t deadline_us;
};

static const struct fz_body_field void_fields[] = {
    {"intent_id", FZ_FIELD_ID, true, offsetof(struct return_body, intent_id), 0, 0},
    {"deadline", FZ_FIELD_TIME, false, offsetof(struct return_body, deadline_us), 0, 0},
};
static const struct fz_body_table void_table = FZ_BODY_TABLE(void_fields);

static const struct fz_body_field refund_fields[] = {
    {"intent_id", FZ_FIELD_ID, true, offsetof(struct return_body, intent_id), 0, 0},
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct return_body, amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
    {"deadline", FZ_FIELD_TIME, false, offsetof(struct return_body, deadline_us), 0, 0},
};
static const struct fz_body_table refund_table = FZ_BODY_TABLE(refund_fields);

static void
put_return(struct fz_request *request, const struct fz_body_table *table, enum fz_command_type type)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct return_body body = {.amount = 0}; /* a void is always whole */
    if (!fz_call_read_order(call, table, &body)) {
        return;
    }
    command->type = type;
    command->ref = body.intent_id;
    command->shop = call->caller.party;
    command->amount = body.amount;
    command->deadline_us = body.deadline_us;
    fz_call_submit(call, fz_call_reply_result);
}

void fz_api_put_void(struct fz_request *request, void *ctx)
{
    (void)ctx;
    put_return(request, &void_table, FZ_COMMAND_VOID);
}

void fz_api_put_refund(struct fz_request *request, void *ctx)
{
    (void)ctx;
    put_return(request, &refund_table, FZ_COMMAND_REFUND);
}
