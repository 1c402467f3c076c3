/*
 * Room ledger/store. Intents as they are now, and the outbox of what happened to them.
 */
#include "feezero/assert.h"
#include "ledger/core/state.h"
#include "ledger/store/read_columns.h"
#include "ledger/store/reader_query.h"

/* --- intents ---------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_intent = {
    "fz_intent",
    "SELECT " FZ_INTENT_COLUMNS ", i.qr, CASE WHEN i.refunded > 0 THEN"
    "  (SELECT sum(h.amount)::bigint FROM fz.held_refund h WHERE h.community_id = $1"
    "    AND h.shop = i.shop AND h.intent_id = i.intent_id AND h.release_id IS NULL) END"
    " FROM fz.intent i"
    " WHERE i.community_id = $1 AND i.intent_id = $2",
};

void fz_read_intent_columns(const PGresult *result, int column, struct fz_intent_row *out)
{
    *out = (struct fz_intent_row){
        .id = fz_pg_uuid(result, 0, column),
        .shop = fz_pg_int(result, 0, column + 1),
        .amount = fz_pg_int(result, 0, column + 2),
        .refunded = fz_pg_int(result, 0, column + 3),
        .created_us = fz_pg_int(result, 0, column + 4),
        .expires_us = fz_pg_int(result, 0, column + 5),
        .paid_us = fz_pg_int(result, 0, column + 6),
        .number = fz_pg_int(result, 0, column + 7),
        .payer = fz_pg_int(result, 0, column + 8),
        .payment = fz_pg_uuid(result, 0, column + 9),
        .terminal = (int32_t)fz_pg_int(result, 0, column + 10),
        .state = (enum fz_intent_state)fz_pg_int(result, 0, column + 11),
        .reference = fz_pg_text(result, 0, column + 12),
        .shop_name = fz_pg_text(result, 0, column + 13),
        .qr = "",
    };
}

static void finish_intent(const struct fz_read_call *call,
                          fz_rc rc,
                          const PGresult *result,
                          union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.intent(call->ctx, rc, NULL);
        return;
    }
    struct fz_intent_row row;
    fz_read_intent_columns(result, 0, &row);
    row.qr = fz_pg_text(result, 0, FZ_INTENT_COLUMNS_LEN);
    row.held = fz_pg_int(result, 0, FZ_INTENT_COLUMNS_LEN + 1);
    call->done.intent(call->ctx, FZ_OK, &row);
}

void fz_read_intent(struct fz_reader *reader,
                    int32_t community,
                    const struct fz_id *id,
                    fz_intent_done done,
                    void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, id);
    struct fz_read_call call = {
        .statement = &fz_sql_intent, .finish = finish_intent, .done = {.intent = done}, .ctx = ctx};
    fz_read_start(reader, &call);
}

/* --- events ----------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_intent_events = {
    "fz_intent_events",
    "WITH RECURSIVE e AS ("
    " SELECT n.* FROM (SELECT last_event FROM fz.intent"
    "   WHERE community_id = $1 AND intent_id = $2 OFFSET 0) i"
    "  CROSS JOIN LATERAL (SELECT * FROM fz.event"
    "   WHERE community_id = $1 AND event = i.last_event OFFSET 0) n WHERE i.last_event > $3"
    " UNION ALL SELECT n.* FROM e"
    "  CROSS JOIN LATERAL (SELECT * FROM fz.event"
    "   WHERE community_id = $1 AND event = e.previous OFFSET 0) n WHERE e.previous > $3)"
    " SELECT " FZ_EVENT_COLUMNS " FROM e ORDER BY e.event LIMIT $4",
};

_Static_assert(FZ_EVENT_CREATED == 1, "the statement says so");

const struct fz_statement fz_sql_community_events = {
    "fz_community_events",
    "SELECT " FZ_EVENT_COLUMNS ", CASE WHEN e.type = 1 THEN (SELECT i.payer FROM fz.intent i"
    "  WHERE i.community_id = $1 AND i.intent_id = e.intent_id) END"
    " FROM fz.event e"
    " WHERE e.community_id = $1 AND e.event > $2 ORDER BY e.event LIMIT $3",
};

void fz_read_event_columns(const PGresult *result, int row, int column, struct fz_event_row *out)
{
    *out = (struct fz_event_row){
        .event = fz_pg_int(result, row, column),
        .time_us = fz_pg_int(result, row, column + 1),
        .shop = fz_pg_int(result, row, column + 2),
        .amount = fz_pg_int(result, row, column + 3),
        .transfer = fz_pg_int(result, row, column + 4),
        .intent = fz_pg_uuid(result, row, column + 5),
        .operation = fz_pg_uuid(result, row, column + 6),
        .type = (int32_t)fz_pg_int(result, row, column + 7),
        .state = (enum fz_intent_state)fz_pg_int(result, row, column + 8),
    };
}

static void finish_events(const struct fz_read_call *call,
                          fz_rc rc,
                          const PGresult *result,
                          union fz_read_page *page)
{
    if (rc != FZ_OK) {
        call->done.events(call->ctx, rc, NULL, 0);
        return;
    }
    int rows = PQntuples(result);
    fz_assert(rows <= FZ_PAGE_MAX);
    for (int row = 0; row < rows; row++) {
        struct fz_event_row *out = &page->events[row];
        fz_read_event_columns(result, row, 0, out);
        if (PQnfields(result) > FZ_EVENT_COLUMNS_LEN) {
            out->payer = fz_pg_int(result, row, FZ_EVENT_COLUMNS_LEN);
        }
    }
    call->done.events(call->ctx, FZ_OK, page->events, (unsigned)rows);
}

static void start_events(struct fz_reader *reader,
                         const struct fz_statement *statement,
                         fz_events_done done,
                         void *ctx)
{
    struct fz_read_call call = {
        .statement = statement, .finish = finish_events, .done = {.events = done}, .ctx = ctx};
    fz_read_start(reader, &call);
}

void fz_read_intent_events(struct fz_reader *reader,
                           int32_t community,
                           const struct fz_id *intent,
                           int64_t after,
                           fz_events_done done,
                           void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, intent);
    fz_pg_add_int8(params, after);
    fz_pg_add_int8(params, FZ_PAGE_MAX);
    start_events(reader, &fz_sql_intent_events, done, ctx);
}

void fz_read_community_events(
    struct fz_reader *reader, int32_t community, int64_t after, fz_events_done done, void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, after);
    fz_pg_add_int8(params, FZ_PAGE_MAX);
    start_events(reader, &fz_sql_community_events, done, ctx);
}
