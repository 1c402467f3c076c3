/*
 * Room ledger/store. Queries of webhook.h; the rules are in sql/functions.sql.
 */
#include "ledger/store/webhook.h"

#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/reader_query.h"

static const char *text_or_empty(const PGresult *result, int row, int column)
{
    const char *text = fz_pg_text(result, row, column);
    return text == NULL ? "" : text;
}

/* --- a new one -------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_webhook_add = {
    "fz_webhook_add",
    "SELECT outcome, created_us, state FROM fz.webhook_add($1, $2, $3, $4, $5, $6)",
};

static fz_rc judge_added(const char *outcome)
{
    if (strcmp(outcome, "full") == 0) {
        return FZ_TOO_MANY_WEBHOOKS;
    }
    return strcmp(outcome, "other") == 0 ? FZ_ID_REUSED : FZ_OK;
}

static void finish_added(const struct fz_read_call *call,
                         fz_rc rc,
                         const PGresult *result,
                         union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK) {
        rc = judge_added(fz_pg_text(result, 0, 0));
    }
    if (rc != FZ_OK) {
        call->done.webhook_added(call->ctx, rc, NULL);
        return;
    }
    struct fz_webhook_added added = {
        .is_new = strcmp(fz_pg_text(result, 0, 0), "new") == 0,
        .created_us = fz_pg_int(result, 0, 1),
        .state = (enum fz_webhook_state)fz_pg_int(result, 0, 2),
    };
    call->done.webhook_added(call->ctx, FZ_OK, &added);
}

void fz_store_webhook(struct fz_reader *reader,
                      const struct fz_webhook_new *webhook,
                      fz_webhook_added_done done,
                      void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, webhook->community);
    fz_pg_add_uuid(params, &webhook->id);
    fz_pg_add_int8(params, webhook->shop);
    fz_pg_add_text(params, webhook->url);
    fz_pg_add_bytea(params, webhook->secret, FZ_WEBHOOK_SECRET_LEN);
    fz_pg_add_int4(params, FZ_WEBHOOKS_MAX);
    struct fz_read_call call = {.statement = &fz_sql_webhook_add,
                                .finish = finish_added,
                                .done = {.webhook_added = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}

/* --- all of a shop ---------------------------------------------------------------------------- */

const struct fz_statement fz_sql_webhooks = {
    "fz_webhooks",
    "SELECT w.webhook_id, w.url, w.created_us,"
    " CASE WHEN w.old_until_us > fz.now_us() THEN w.old_until_us END, n.waiting, w.failures,"
    " w.pause_until_us, w.state"
    " FROM (SELECT * FROM fz.webhook WHERE community_id = $1 AND shop = $2 AND state <> 3"
    "  OFFSET 0) w"
    " CROSS JOIN LATERAL (SELECT count(*) AS waiting FROM (SELECT FROM fz.webhook_delivery d"
    "   WHERE d.community_id = $1 AND d.webhook_id = w.webhook_id AND d.state = 1"
    "   LIMIT 1000) d) n"
    " ORDER BY w.created_us, w.webhook_id LIMIT $3",
};

static void finish_webhooks(const struct fz_read_call *call,
                            fz_rc rc,
                            const PGresult *result,
                            union fz_read_page *page)
{
    if (rc != FZ_OK) {
        call->done.webhooks(call->ctx, rc, NULL, 0);
        return;
    }
    int rows = PQntuples(result);
    fz_assert(rows <= FZ_WEBHOOKS_MAX);
    for (int row = 0; row < rows; row++) {
        page->webhooks[row] = (struct fz_webhook_row){
            .id = fz_pg_uuid(result, row, 0),
            .url = fz_pg_text(result, row, 1),
            .created_us = fz_pg_int(result, row, 2),
            .old_until_us = fz_pg_int(result, row, 3),
            .waiting = fz_pg_int(result, row, 4),
            .failures = (int32_t)fz_pg_int(result, row, 5),
            .pause_until_us = fz_pg_int(result, row, 6),
            .state = (enum fz_webhook_state)fz_pg_int(result, row, 7),
        };
    }
    call->done.webhooks(call->ctx, FZ_OK, page->webhooks, (unsigned)rows);
}

void fz_read_webhooks(
    struct fz_reader *reader, int32_t community, int64_t shop, fz_webhooks_done done, void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_pg_add_int8(params, FZ_WEBHOOKS_MAX);
    struct fz_read_call call = {.statement = &fz_sql_webhooks,
                                .finish = finish_webhooks,
                                .done = {.webhooks = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}

/* --- changes ---------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_webhook_rotate = {
    "fz_webhook_rotate",
    "SELECT fz.webhook_rotate($1, $2, $3, $4, $5), 0::bigint",
};

const struct fz_statement fz_sql_webhook_delete = {
    "fz_webhook_delete",
    "UPDATE fz.webhook SET state = 3, secret = decode(repeat('00', 32), 'hex'), old_secret = NULL,"
    " old_until_us = 0 WHERE community_id = $1 AND webhook_id = $2 AND shop = $3"
    " RETURNING 0::bigint, 0::bigint",
};

const struct fz_statement fz_sql_webhook_replay = {
    "fz_webhook_replay",
    "SELECT replayed, last_event FROM fz.webhook_replay($1, $2, $3, $4, $5)",
};

/* Two numbers; no row, or NULL: there is no such webhook. */
static void finish_changed(const struct fz_read_call *call,
                           fz_rc rc,
                           const PGresult *result,
                           union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && (PQntuples(result) == 0 || fz_pg_is_null(result, 0, 0))) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.webhook_changed(call->ctx, rc, NULL);
        return;
    }
    struct fz_webhook_changed changed = {.last_event = fz_pg_int(result, 0, 1)};
    if (call->statement == &fz_sql_webhook_rotate) {
        changed.old_until_us = fz_pg_int(result, 0, 0);
    } else {
        changed.replayed = fz_pg_int(result, 0, 0);
    }
    call->done.webhook_changed(call->ctx, FZ_OK, &changed);
}

static struct fz_pg_params *params_of(struct fz_reader *reader, const struct fz_webhook_of *webhook)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, webhook->community);
    fz_pg_add_uuid(params, &webhook->id);
    fz_pg_add_int8(params, webhook->shop);
    return params;
}

static void start_change(struct fz_reader *reader,
                         const struct fz_statement *statement,
                         fz_webhook_changed_done done,
                         void *ctx)
{
    struct fz_read_call call = {.statement = statement,
                                .finish = finish_changed,
                                .done = {.webhook_changed = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}

void fz_store_webhook_rotation(struct fz_reader *reader,
                               const struct fz_webhook_of *webhook,
                               const uint8_t *secret,
                               int32_t overlap_s,
                               fz_webhook_changed_done done,
                               void *ctx)
{
    struct fz_pg_params *params = params_of(reader, webhook);
    fz_pg_add_bytea(params, secret, FZ_WEBHOOK_SECRET_LEN);
    fz_pg_add_int4(params, overlap_s);
    start_change(reader, &fz_sql_webhook_rotate, done, ctx);
}

void fz_store_webhook_end(struct fz_reader *reader,
                          const struct fz_webhook_of *webhook,
                          fz_webhook_changed_done done,
                          void *ctx)
{
    (void)params_of(reader, webhook);
    start_change(reader, &fz_sql_webhook_delete, done, ctx);
}

void fz_store_webhook_replay(struct fz_reader *reader,
                             const struct fz_webhook_of *webhook,
                             int64_t after,
                             fz_webhook_changed_done done,
                             void *ctx)
{
    struct fz_pg_params *params = params_of(reader, webhook);
    fz_pg_add_int8(params, after);
    fz_pg_add_int4(params, FZ_WEBHOOK_REPLAY_MAX);
    start_change(reader, &fz_sql_webhook_replay, done, ctx);
}

/* --- what became of each event ---------------------------------------------------------------- */

/* One row without an event for a webhook that has no deliveries: it is there. */
const struct fz_statement fz_sql_webhook_deliveries = {
    "fz_webhook_deliveries",
    "SELECT d.event, d.recorded_us, d.next_us, d.last_us, d.duration_ms, d.attempts, d.status,"
    " d.fault, d.state, e.intent_id, e.time_us, e.type"
    " FROM (SELECT * FROM fz.webhook WHERE community_id = $1 AND webhook_id = $2 AND shop = $3"
    "  AND state <> 3 OFFSET 0) w"
    " LEFT JOIN LATERAL (SELECT * FROM fz.webhook_delivery"
    "  WHERE community_id = $1 AND webhook_id = w.webhook_id AND event < $4"
    "  ORDER BY event DESC LIMIT $5) d ON true"
    " LEFT JOIN LATERAL (SELECT * FROM fz.event"
    "  WHERE community_id = $1 AND event = d.event OFFSET 0) e ON true"
    " ORDER BY d.event DESC",
};

static void read_delivery(const PGresult *result, int row, struct fz_delivery_row *out)
{
    *out = (struct fz_delivery_row){
        .event = fz_pg_int(result, row, 0),
        .recorded_us = fz_pg_int(result, row, 1),
        .next_us = fz_pg_int(result, row, 2),
        .last_us = fz_pg_int(result, row, 3),
        .duration_ms = fz_pg_int(result, row, 4),
        .attempts = (int32_t)fz_pg_int(result, row, 5),
        .status = (int32_t)fz_pg_int(result, row, 6),
        .fault = text_or_empty(result, row, 7),
        .state = (enum fz_delivery_state)fz_pg_int(result, row, 8),
        .intent = fz_pg_uuid(result, row, 9),
        .time_us = fz_pg_int(result, row, 10),
        .type = (int32_t)fz_pg_int(result, row, 11),
    };
}

static void finish_deliveries(const struct fz_read_call *call,
                              fz_rc rc,
                              const PGresult *result,
                              union fz_read_page *page)
{
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.deliveries(call->ctx, rc, NULL, 0);
        return;
    }
    int rows = fz_pg_is_null(result, 0, 0) ? 0 : PQntuples(result);
    fz_assert(rows <= FZ_PAGE_MAX);
    for (int row = 0; row < rows; row++) {
        read_delivery(result, row, &page->deliveries[row]);
    }
    call->done.deliveries(call->ctx, FZ_OK, page->deliveries, (unsigned)rows);
}

void fz_read_deliveries(struct fz_reader *reader,
                        const struct fz_webhook_of *webhook,
                        int64_t before,
                        unsigned limit,
                        fz_deliveries_done done,
                        void *ctx)
{
    struct fz_pg_params *params = params_of(reader, webhook);
    fz_assert(limit >= 1 && limit <= FZ_PAGE_MAX);
    fz_pg_add_int8(params, before == 0 ? INT64_MAX : before);
    fz_pg_add_int8(params, limit);
    struct fz_read_call call = {.statement = &fz_sql_webhook_deliveries,
                                .finish = finish_deliveries,
                                .done = {.deliveries = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}
