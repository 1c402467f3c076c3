/*
 * Room switch/api. What all endpoints share: a call's life, reading what came, sending to the
 * ledger, answering.
 */
#include "switch/api/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/api/poll.h"
#include "switch/api/render.h"
#include "switch/api/state.h"
#include "switch/api/text.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/problem.h"

#define EXTRA_MAX 512 /* bytes of extra members of a problem */

fz_rc fz_call_create(struct fz_api *api, struct fz_request *request, struct fz_call **out)
{
    struct fz_call *call = calloc(1, sizeof(*call));
    *out = call;
    if (call == NULL) {
        return FZ_NO_MEMORY;
    }
    call->api = api;
    call->request = request;
    call->next = api->calls;
    if (call->next != NULL) {
        call->next->previous = call;
    }
    api->calls = call;
    request->api = call;
    return FZ_OK;
}

struct fz_call *fz_call_of(const struct fz_request *request)
{
    fz_assert(request->api != NULL);
    return request->api;
}

/* Frees the call and gives its request back, to be answered. */
static struct fz_request *finish(struct fz_call *call)
{
    struct fz_request *request = call->request;
    if (call->previous != NULL) {
        call->previous->next = call->next;
    } else {
        call->api->calls = call->next;
    }
    if (call->next != NULL) {
        call->next->previous = call->previous;
    }
    fz_poll_destroy(&call->poll);
    json_decref(call->body);
    free(call->qr);
    free(call);
    request->api = NULL;
    return request;
}

bool fz_caller_is_shop(const struct fz_caller *caller)
{
    return caller->role == FZ_ROLE_TERMINAL || caller->role == FZ_ROLE_OWNER;
}

int64_t fz_caller_account(const struct fz_caller *caller)
{
    return fz_account_number(fz_caller_is_shop(caller) ? FZ_ACCOUNT_MERCHANT : FZ_ACCOUNT_WALLET,
                             caller->party);
}

void fz_call_fail(struct fz_call *call, fz_rc rc, const char *detail, const char *extra_members)
{
    char kept[240] = "";
    if (detail != NULL) {
        (void)snprintf(kept, sizeof(kept), "%s", detail); /* it may live in what is freed now */
    }
    fz_request_fail(finish(call), rc, detail != NULL ? kept : NULL, extra_members);
}

void fz_call_fail_at(
    struct fz_call *call, fz_rc rc, const char *detail, const char *member, const char *text)
{
    char extra[EXTRA_MAX];
    int begun = snprintf(extra, sizeof(extra), "\"%s\":\"", member);
    size_t len = (size_t)begun;
    fz_assert(begun > 0 && len < sizeof(extra) / 2);
    fz_json_escape(extra, sizeof(extra) - 1, &len, text);
    extra[len] = '"';
    extra[len + 1] = '\0';
    fz_call_fail(call, rc, detail, extra);
}

bool fz_call_read_id(struct fz_call *call, struct fz_id *id_out)
{
    const char *text = call->request->captures[0];
    fz_assert(call->request->captures_len == 1);
    if (!fz_id_parse(text, strlen(text), id_out) || fz_id_is_zero(id_out)) {
        fz_call_fail(call, FZ_BAD_ID, NULL, NULL);
        return false;
    }
    return true;
}

bool fz_call_read_shop(struct fz_call *call, int64_t *shop_out)
{
    const char *text = call->request->captures[0];
    fz_assert(call->request->captures_len == 1);
    if (!fz_party_parse(FZ_LETTER_SHOP, text, strlen(text), shop_out)) {
        fz_call_fail(call, FZ_NOT_FOUND, NULL, NULL);
        return false;
    }
    return true;
}

bool fz_call_read_query(struct fz_call *call, const struct fz_query_table *table, void *values)
{
    char name[FZ_QUERY_NAME_SIZE];
    fz_rc rc = fz_query_read(call->request->query, table != NULL ? table->fields : NULL,
                             table != NULL ? table->len : 0, values, name);
    if (rc != FZ_OK) {
        fz_call_fail_at(call, rc, NULL, "field", name);
        return false;
    }
    return true;
}

bool fz_call_read_body(struct fz_call *call, const struct fz_body_table *table, void *values)
{
    struct fz_body_fault fault;
    fz_assert(call->body == NULL);
    fz_rc rc = fz_body_read(call->request->body, call->request->body_len, table, values,
                            &call->body, &fault);
    if (rc == FZ_BAD_JSON) {
        fz_call_fail(call, rc, fault.detail, NULL);
    } else if (rc != FZ_OK) {
        fz_call_fail_at(call, rc, fault.detail, "field", fault.field);
    }
    return rc == FZ_OK;
}

/*
 * Version 8 ids are those that batch programs derive (fz_id_v8): anybody can work them out, and
 * must not be able to take one before its time.
 */
static bool is_derived(const struct fz_id *id)
{
    return id->bytes[6] >> 4 == 8;
}

bool fz_call_read_order(struct fz_call *call, const struct fz_body_table *table, void *values)
{
    if (!fz_call_read_id(call, &call->job.command.id) || !fz_call_read_query(call, NULL, NULL)) {
        return false;
    }
    if (is_derived(&call->job.command.id)) {
        fz_call_fail(call, FZ_BAD_ID, "ids of version 8 are the ledger's own", NULL);
        return false;
    }
    if (call->request->body_len > FZ_ORDER_BODY_MAX) {
        fz_call_fail(call, FZ_BODY_TOO_LARGE, "an order is kept, and has at most 2048 bytes", NULL);
        return false;
    }
    return fz_call_read_body(call, table, values);
}

static void count_outcome(const struct fz_job *job, fz_rc rc)
{
    if (rc == FZ_OK && job->command.result.rc == FZ_OK) {
        fz_metric_add(FZ_METRIC_COMMANDS_DONE, 1);
    } else if (rc == FZ_OK) {
        fz_metric_add(FZ_METRIC_COMMANDS_REJECTED, 1);
    } else if (rc == FZ_OUTCOME_UNKNOWN) {
        fz_metric_add(FZ_METRIC_COMMANDS_UNKNOWN, 1);
    } else if (rc == FZ_OVERLOADED) {
        fz_metric_add(FZ_METRIC_COMMANDS_OVERLOADED, 1);
    }
}

/* Nothing was decided, or it is not known what: the client asks again with the same id. */
static void fail_undecided(struct fz_call *call, fz_rc rc)
{
    char text[FZ_ID_TEXT_LEN + 1];
    if (rc == FZ_NOT_FOUND) {
        fz_log(FZ_LOG_ERROR, "api.no_community", call->request->id, "community=%d",
               (int)call->job.community);
        rc = FZ_INTERNAL; /* a key of a community without a ledger */
    }
    if (fz_id_is_zero(&call->job.command.id)) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_id_format(&call->job.command.id, text);
    fz_call_fail_at(call, rc, NULL, "operation_id", text);
}

static void on_done(struct fz_job *job, fz_rc rc)
{
    struct fz_call *call = job->ctx;
    count_outcome(job, rc);
    if (rc == FZ_OK) {
        call->decided(call);
    } else {
        fail_undecided(call, rc);
    }
}

void fz_call_submit(struct fz_call *call, void (*decided)(struct fz_call *call))
{
    struct fz_job *job = &call->job;
    struct fz_command *command = &job->command;
    command->actor = call->caller.party;
    command->order = (struct fz_signed_order){.key_id = call->auth.key_id,
                                              .base = (const uint8_t *)call->auth.base,
                                              .base_len = call->auth.base_len,
                                              .body = call->request->body,
                                              .body_len = call->request->body_len,
                                              .signature = call->auth.signature};
    job->community = call->caller.community;
    job->done = on_done;
    job->ctx = call;
    call->decided = decided;
    fz_rc rc = fz_engine_submit(call->api->engine, job);
    if (rc != FZ_OK) {
        count_outcome(job, rc);
        fail_undecided(call, rc);
    }
}

void fz_call_reply(struct fz_call *call, int status, struct fz_json_out *out)
{
    if (out->failed) {
        fz_json_out_fini(out);
        fz_call_fail(call, FZ_NO_MEMORY, NULL, NULL);
        return;
    }
    struct fz_request *request = finish(call);
    if (status < 400) {
        fz_request_reply_json_bytes(request, status, out->text, out->len);
    } else {
        fz_request_reply_problem_bytes(request, status, out->text, out->len);
    }
    fz_json_out_fini(out);
}

void fz_call_reply_result(struct fz_call *call)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    int status = fz_render_result(&out, &call->job.command.result, NULL);
    fz_call_reply(call, status, &out);
}
