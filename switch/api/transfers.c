/*
 * Room switch/api. PUT /v1/transfers/{id}: a resident sends money to another.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/call.h"
#include "switch/api/endpoints.h"

struct transfer_body {
    int64_t to;
    int64_t amount;
    const char *message;
    int64_t deadline_us;
};

static const struct fz_body_field transfer_fields[] = {
    {"to", FZ_FIELD_RESIDENT, true, offsetof(struct transfer_body, to), 0, 0},
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct transfer_body, amount), FZ_AMOUNT_MIN,
     FZ_AMOUNT_MAX},
    {"message", FZ_FIELD_TEXT, false, offsetof(struct transfer_body, message), 1, FZ_NOTE_MAX},
    {"deadline", FZ_FIELD_TIME, false, offsetof(struct transfer_body, deadline_us), 0, 0},
};
static const struct fz_body_table transfer_table = FZ_BODY_TABLE(transfer_fields);

void fz_api_put_transfer(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_command *command = &call->job.command;
    struct transfer_body body = {.message = NULL};
    (void)ctx;
    if (!fz_call_read_order(call, &transfer_table, &body)) {
        return;
    }
    command->type = FZ_COMMAND_P2P;
    command->party = call->caller.party;
    command->payee = body.to;
    command->amount = body.amount;
    command->note = body.message;
    command->deadline_us = body.deadline_us;
    fz_call_submit(call, fz_call_reply_result);
}
