/*
 * Room switch/api. /v1/webhooks: where a shop wants its events sent, for its owner. What is sent
 * and when is the courier's (switch/courier); a secret is shown when it is made, and never again.
 */
#include <stddef.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "ledger/core/state.h"
#include "ledger/store/webhook.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/http/config.h"
#include "switch/http/egress.h"
#include "switch/http/log.h"

#define SEQ_MAX 9007199254740991 /* what every JSON reader can hold */
#define SECRET_PREFIX "whsec_"
#define SECRET_TEXT_SIZE (sizeof(SECRET_PREFIX) - 1 + FZ_BASE64_SIZE(FZ_WEBHOOK_SECRET_LEN))

static const char *const webhook_states[] = {
    [FZ_WEBHOOK_ACTIVE] = "ACTIVE", [FZ_WEBHOOK_OFF] = "OFF", [FZ_WEBHOOK_DELETED] = "DELETED"};
static const char *const delivery_states[] = {[FZ_DELIVERY_WAITING] = "WAITING",
                                              [FZ_DELIVERY_DELIVERED] = "DELIVERED",
                                              [FZ_DELIVERY_GIVEN_UP] = "GIVEN_UP"};

/* Writes a new secret as a member, and forgets it. */
static void put_secret(struct fz_json_out *out, struct fz_call *call)
{
    char text[SECRET_TEXT_SIZE] = SECRET_PREFIX;
    (void)fz_base64_encode(call->webhook_secret, FZ_WEBHOOK_SECRET_LEN,
                           text + sizeof(SECRET_PREFIX) - 1);
    fz_json_out_text(out, "secret", text);
    fz_wipe(text, sizeof(text));
    fz_wipe(call->webhook_secret, sizeof(call->webhook_secret));
}

/* False when the call was failed. */
static bool make_secret(struct fz_call *call)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_random(call->webhook_secret, sizeof(call->webhook_secret), &err);
    if (rc != FZ_OK) {
        fz_log_err(FZ_LOG_ERROR, "api.no_random", call->request->id, &err);
        fz_call_fail(call, rc, NULL, NULL);
    }
    return rc == FZ_OK;
}

/* The webhook of the path; false when the call was failed. */
static bool read_webhook(struct fz_call *call, struct fz_webhook_of *webhook_out)
{
    *webhook_out =
        (struct fz_webhook_of){.shop = call->caller.party, .community = call->caller.community};
    if (!fz_call_read_id(call, &call->job.command.id)) {
        return false;
    }
    webhook_out->id = call->job.command.id;
    return true;
}

/* --- PUT /v1/webhooks/{id} -------------------------------------------------------------------- */

struct webhook_body {
    const char *url;
};

static const struct fz_body_field webhook_fields[] = {
    {"url", FZ_FIELD_ASCII, true, offsetof(struct webhook_body, url), 1, FZ_WEBHOOK_URL_MAX},
};
static const struct fz_body_table webhook_table = FZ_BODY_TABLE(webhook_fields);

static void on_added(void *ctx, fz_rc rc, const struct fz_webhook_added *added)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_time(&out, "created_at", added->created_us);
    if (added->is_new) {
        put_secret(&out, call);
    }
    fz_json_out_text(&out, "state", webhook_states[added->state]);
    fz_json_out_text(&out, "url", call->webhook_url);
    fz_json_out_id(&out, "webhook_id", &call->job.command.id);
    fz_json_out_end_object(&out);
    fz_call_reply(call, added->is_new ? 201 : 200, &out);
}

void fz_api_put_webhook(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct webhook_body body = {.url = NULL};
    (void)ctx;
    if (!fz_call_read_order(call, &webhook_table, &body)) {
        return;
    }
    const char *fault = fz_egress_url_fault(body.url, call->api->config->webhook_private);
    if (fault != NULL) {
        fz_call_fail_at(call, FZ_BAD_FIELD, fault, "field", "url");
        return;
    }
    if (!make_secret(call)) {
        return;
    }
    call->webhook_url = body.url;
    struct fz_webhook_new webhook = {.id = call->job.command.id,
                                     .shop = call->caller.party,
                                     .url = body.url,
                                     .secret = call->webhook_secret,
                                     .community = call->caller.community};
    fz_store_webhook(call->api->reader, &webhook, on_added, call);
}

/* --- GET /v1/webhooks ------------------------------------------------------------------------- */

static void put_webhook(struct fz_json_out *out, const struct fz_webhook_row *row)
{
    fz_json_out_object(out, NULL);
    fz_json_out_time(out, "created_at", row->created_us);
    fz_json_out_number(out, "failures", row->failures);
    if (row->old_until_us != 0) {
        fz_json_out_time(out, "old_secret_until", row->old_until_us);
    }
    if (row->failures > 0) {
        fz_json_out_time(out, "paused_until", row->pause_until_us);
    }
    fz_json_out_text(out, "state", webhook_states[row->state]);
    fz_json_out_text(out, "url", row->url);
    fz_json_out_number(out, "waiting", row->waiting);
    fz_json_out_id(out, "webhook_id", &row->id);
    fz_json_out_end_object(out);
}

static void on_webhooks(void *ctx, fz_rc rc, const struct fz_webhook_row *rows, unsigned len)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_list(&out, "webhooks");
    for (unsigned i = 0; i < len; i++) {
        put_webhook(&out, &rows[i]);
    }
    fz_json_out_end_list(&out);
    fz_json_out_end_object(&out);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_webhooks(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    (void)ctx;
    if (fz_call_read_query(call, NULL, NULL)) {
        fz_read_webhooks(call->api->reader, call->caller.community, call->caller.party, on_webhooks,
                         call);
    }
}

/* --- POST /v1/webhooks/{id}/rotate ------------------------------------------------------------ */

struct rotate_body {
    int64_t overlap_s;
};

static const struct fz_body_field rotate_fields[] = {
    {"overlap", FZ_FIELD_NUMBER, false, offsetof(struct rotate_body, overlap_s), 0,
     FZ_WEBHOOK_OVERLAP_S},
};
static const struct fz_body_table rotate_table = FZ_BODY_TABLE(rotate_fields);

static void on_rotated(void *ctx, fz_rc rc, const struct fz_webhook_changed *changed)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    if (changed->old_until_us != 0) {
        fz_json_out_time(&out, "old_secret_until", changed->old_until_us);
    }
    put_secret(&out, call);
    fz_json_out_id(&out, "webhook_id", &call->job.command.id);
    fz_json_out_end_object(&out);
    fz_call_reply(call, 200, &out);
}

void fz_api_rotate_webhook(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct rotate_body body = {.overlap_s = FZ_WEBHOOK_OVERLAP_S};
    struct fz_webhook_of webhook;
    (void)ctx;
    if (read_webhook(call, &webhook) && fz_call_read_query(call, NULL, NULL) &&
        fz_call_read_body(call, &rotate_table, &body) && make_secret(call)) {
        fz_store_webhook_rotation(call->api->reader, &webhook, call->webhook_secret,
                                  (int32_t)body.overlap_s, on_rotated, call);
    }
}

/* --- DELETE /v1/webhooks/{id} ----------------------------------------------------------------- */

static void on_ended(void *ctx, fz_rc rc, const struct fz_webhook_changed *changed)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    (void)changed;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_text(&out, "state", webhook_states[FZ_WEBHOOK_DELETED]);
    fz_json_out_id(&out, "webhook_id", &call->job.command.id);
    fz_json_out_end_object(&out);
    fz_call_reply(call, 200, &out);
}

void fz_api_delete_webhook(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_webhook_of webhook;
    (void)ctx;
    if (read_webhook(call, &webhook) && fz_call_read_query(call, NULL, NULL)) {
        fz_store_webhook_end(call->api->reader, &webhook, on_ended, call);
    }
}

/* --- POST /v1/webhooks/{id}/replay ------------------------------------------------------------ */

struct replay_body {
    int64_t after;
};

static const struct fz_body_field replay_fields[] = {
    {"after", FZ_FIELD_NUMBER, true, offsetof(struct replay_body, after), 0, SEQ_MAX},
};
static const struct fz_body_table replay_table = FZ_BODY_TABLE(replay_fields);

static void on_replayed(void *ctx, fz_rc rc, const struct fz_webhook_changed *changed)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_number(&out, "next", changed->last_event);
    fz_json_out_number(&out, "replayed", changed->replayed);
    fz_json_out_text(&out, "state", webhook_states[FZ_WEBHOOK_ACTIVE]);
    fz_json_out_id(&out, "webhook_id", &call->job.command.id);
    fz_json_out_end_object(&out);
    fz_call_reply(call, 200, &out);
}

void fz_api_replay_webhook(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct replay_body body = {.after = 0};
    struct fz_webhook_of webhook;
    (void)ctx;
    if (read_webhook(call, &webhook) && fz_call_read_query(call, NULL, NULL) &&
        fz_call_read_body(call, &replay_table, &body)) {
        fz_store_webhook_replay(call->api->reader, &webhook, body.after, on_replayed, call);
    }
}

/* --- GET /v1/webhooks/{id}/deliveries --------------------------------------------------------- */

struct deliveries_query {
    int64_t before;
    int64_t limit;
};

static const struct fz_query_field deliveries_fields[] = {
    {"before", 1, INT64_MAX, offsetof(struct deliveries_query, before), NULL},
    {"limit", 1, FZ_PAGE_MAX, offsetof(struct deliveries_query, limit), NULL},
};
static const struct fz_query_table deliveries_table = FZ_QUERY_TABLE(deliveries_fields);

static void put_delivery(struct fz_json_out *out, const struct fz_delivery_row *row)
{
    fz_json_out_object(out, NULL);
    fz_json_out_time(out, "at", row->time_us);
    fz_json_out_number(out, "attempts", row->attempts);
    if (row->last_us != 0) {
        fz_json_out_number(out, "duration_ms", row->duration_ms);
    }
    if (row->fault[0] != '\0') {
        fz_json_out_text(out, "fault", row->fault);
    }
    fz_json_out_id(out, "intent_id", &row->intent);
    if (row->last_us != 0) {
        fz_json_out_time(out, "last_attempt_at", row->last_us);
    }
    if (row->state == FZ_DELIVERY_WAITING) {
        fz_json_out_time(out, "next_attempt_at", row->next_us);
    }
    fz_json_out_number(out, "seq", row->event);
    fz_json_out_text(out, "state", delivery_states[row->state]);
    if (row->status != 0) {
        fz_json_out_number(out, "status", row->status);
    }
    fz_json_out_text(out, "type", fz_event_type_name(row->type));
    fz_json_out_end_object(out);
}

static void on_deliveries(void *ctx, fz_rc rc, const struct fz_delivery_row *rows, unsigned len)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_list(&out, "deliveries");
    for (unsigned i = 0; i < len; i++) {
        put_delivery(&out, &rows[i]);
    }
    fz_json_out_end_list(&out);
    if (len == call->page) {
        fz_json_out_number(&out, "next", rows[len - 1].event);
    } else {
        fz_json_out_null(&out, "next");
    }
    fz_json_out_end_object(&out);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_deliveries(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct deliveries_query query = {.limit = FZ_PAGE_DEFAULT};
    struct fz_webhook_of webhook;
    (void)ctx;
    if (read_webhook(call, &webhook) && fz_call_read_query(call, &deliveries_table, &query)) {
        call->page = (unsigned)query.limit;
        fz_read_deliveries(call->api->reader, &webhook, query.before, call->page, on_deliveries,
                           call);
    }
}
