/*
 * Room ledger/store. Queries of courier.h.
 */
#include "ledger/store/courier.h"

#include "feezero/assert.h"
#include "ledger/store/read_columns.h"
#include "ledger/store/session_query.h"

#define CLEAN_MAX 5000
#define COUNT_MAX 100000

fz_rc fz_courier_lead(struct fz_session *session, bool *mine_out, struct fz_err *err)
{
    PGresult *result = NULL;
    (void)fz_session_params(session);
    /* Two numbers of ours: "fz", and what for. Nothing else here takes advisory locks. */
    fz_rc rc = fz_session_row(session, "SELECT pg_try_advisory_lock(26234, 1)", &result, err);
    *mine_out = rc == FZ_OK && fz_pg_bool(result, 0, 0);
    PQclear(result);
    return rc;
}

fz_rc fz_courier_record(struct fz_session *session, bool *more_out, struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, FZ_WEBHOOK_RECORD_MAX);
    fz_rc rc = fz_session_row(session,
                              "SELECT coalesce(max(fz.webhook_record(f.community_id, $1)), 0)"
                              " FROM fz.webhook_feed f JOIN fz.head h USING (community_id)"
                              " WHERE f.event < h.last_event",
                              &result, err);
    *more_out = rc == FZ_OK && fz_pg_int(result, 0, 0) >= FZ_WEBHOOK_RECORD_MAX;
    PQclear(result);
    return rc;
}

/* --- what is due ------------------------------------------------------------------------------ */

/* A webhook that is well goes first, and among equals it is nobody's turn always. */
#define CLAIM_SQL                                                                             \
    "WITH busy AS (SELECT * FROM unnest($1::integer[], $2::uuid[]) b (community_id, id)),"    \
    " due AS MATERIALIZED (SELECT w.*, random() AS turn FROM fz.webhook w"                    \
    "  WHERE w.state = 1 AND w.pause_until_us <= fz.now_us()"                                 \
    "  AND (w.community_id, w.webhook_id) NOT IN (SELECT * FROM busy)"                        \
    "  AND EXISTS (SELECT FROM fz.webhook_delivery d WHERE d.community_id = w.community_id"   \
    "   AND d.webhook_id = w.webhook_id AND d.state = 1 AND d.next_us <= fz.now_us())"        \
    "  ORDER BY w.pause_until_us, turn LIMIT $3)"                                             \
    " SELECT w.community_id, w.webhook_id, w.url, w.secret,"                                  \
    "  CASE WHEN w.old_until_us > fz.now_us() THEN w.old_secret END, w.failures, "            \
    "d.attempts, " FZ_EVENT_COLUMNS                                                           \
    " FROM due w CROSS JOIN LATERAL (SELECT * FROM fz.webhook_delivery d"                     \
    "  WHERE d.community_id = w.community_id AND d.webhook_id = w.webhook_id AND d.state = 1" \
    "  AND d.next_us <= fz.now_us() ORDER BY d.event LIMIT $4) d"                             \
    " JOIN fz.event e ON e.community_id = d.community_id AND e.event = d.event"               \
    " ORDER BY w.pause_until_us, w.turn, w.webhook_id, e.event"

static const uint8_t *secret_of(const PGresult *result, int row, int column)
{
    size_t len = 0;
    const uint8_t *secret = fz_pg_bytes(result, row, column, &len);
    fz_assert(secret == NULL || len == FZ_WEBHOOK_SECRET_LEN); /* the table's CHECK */
    return secret;
}

static void read_due(const PGresult *result, int row, struct fz_due *due)
{
    due->webhook.community = (int32_t)fz_pg_int(result, row, 0);
    due->webhook.id = fz_pg_uuid(result, row, 1);
    due->url = fz_pg_text(result, row, 2);
    due->secret = secret_of(result, row, 3);
    due->old_secret = secret_of(result, row, 4);
    due->failures = (int32_t)fz_pg_int(result, row, 5);
    due->attempts = (int32_t)fz_pg_int(result, row, 6);
    fz_read_event_columns(result, row, 7, &due->event);
}

fz_rc fz_courier_claim(struct fz_session *session, const struct fz_claim *claim, struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_array_begin(params, FZ_PG_INT4, claim->busy_len);
    for (unsigned i = 0; i < claim->busy_len; i++) {
        fz_pg_item_int4(params, claim->busy[i].community);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_UUID, claim->busy_len);
    for (unsigned i = 0; i < claim->busy_len; i++) {
        fz_pg_item_uuid(params, &claim->busy[i].id);
    }
    fz_pg_array_end(params);
    fz_pg_add_int8(params, claim->webhooks_max);
    fz_pg_add_int8(params, FZ_WEBHOOK_LANE_MAX);
    fz_rc rc = fz_session_run(session, CLAIM_SQL, &result, err);
    for (int row = 0; rc == FZ_OK && row < PQntuples(result); row++) {
        struct fz_due due;
        read_due(result, row, &due);
        claim->on_due(claim->ctx, &due);
    }
    PQclear(result);
    return rc;
}

/* --- what became of it ------------------------------------------------------------------------ */

#define FINISH_DELIVERY_SQL                                                                      \
    "UPDATE fz.webhook_delivery SET attempts = attempts + 1, last_us = fz.now_us(),"             \
    " state = CASE WHEN $4::integer = 1 THEN 2 ELSE state END, status = nullif($5::integer, 0)," \
    " fault = nullif($6, ''), duration_ms = $7, next_us = fz.now_us() + $8::bigint * 1000"       \
    " WHERE community_id = $1 AND webhook_id = $2 AND event = $3 AND state = 1"

/*
 * When a receiver that was away is back, all that waits for it is due at once: nobody should wait
 * six hours for what happened while it was down.
 */
#define FINISH_WELL_SQL                                                                     \
    "WITH well AS (UPDATE fz.webhook w SET failures = 0, pause_until_us = 0"                \
    " FROM (SELECT failures FROM fz.webhook WHERE community_id = $1 AND webhook_id = $2) b" \
    " WHERE w.community_id = $1 AND w.webhook_id = $2 AND w.failures > 0"                   \
    " RETURNING b.failures)"                                                                \
    " UPDATE fz.webhook_delivery SET next_us = fz.now_us() WHERE community_id = $1"         \
    " AND webhook_id = $2 AND state = 1 AND EXISTS (SELECT FROM well WHERE failures >= 3)"

#define FINISH_ILL_SQL                                                       \
    "UPDATE fz.webhook SET failures = failures + 1,"                         \
    " pause_until_us = fz.now_us() + $3::bigint * 1000,"                     \
    " state = CASE WHEN $4::integer = 1 AND state = 1 THEN 2 ELSE state END" \
    " WHERE community_id = $1 AND webhook_id = $2"

static fz_rc finish_delivery(struct fz_session *session,
                             const struct fz_attempt_result *result,
                             struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, result->webhook.community);
    fz_pg_add_uuid(params, &result->webhook.id);
    fz_pg_add_int8(params, result->event);
    fz_pg_add_int4(params, result->is_delivered ? 1 : 0);
    fz_pg_add_int4(params, result->status);
    fz_pg_add_text(params, result->fault);
    fz_pg_add_int4(params, (int32_t)result->duration_ms);
    fz_pg_add_int8(params, result->retry_ms);
    return fz_session_run(session, FINISH_DELIVERY_SQL, NULL, err);
}

static fz_rc finish_webhook(struct fz_session *session,
                            const struct fz_attempt_result *result,
                            struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, result->webhook.community);
    fz_pg_add_uuid(params, &result->webhook.id);
    if (result->is_delivered) {
        return fz_session_run(session, FINISH_WELL_SQL, NULL, err);
    }
    fz_pg_add_int8(params, result->pause_ms);
    fz_pg_add_int4(params, result->is_off ? 1 : 0);
    return fz_session_run(session, FINISH_ILL_SQL, NULL, err);
}

/* Whether a later result of the same webhook says more. */
static bool is_superseded(const struct fz_attempt_result *results, unsigned len, unsigned at)
{
    for (unsigned i = at + 1; i < len; i++) {
        if (results[i].webhook.community == results[at].webhook.community &&
            fz_id_equal(&results[i].webhook.id, &results[at].webhook.id)) {
            return true;
        }
    }
    return false;
}

fz_rc fz_courier_finish(struct fz_session *session,
                        const struct fz_attempt_result *results,
                        unsigned len,
                        struct fz_err *err)
{
    fz_rc rc = fz_session_begin(session, err);
    for (unsigned i = 0; rc == FZ_OK && i < len; i++) {
        rc = finish_delivery(session, &results[i], err);
        if (rc == FZ_OK && !is_superseded(results, len, i)) {
            rc = finish_webhook(session, &results[i], err);
        }
    }
    if (rc == FZ_OK) {
        return fz_session_commit(session, err);
    }
    fz_session_rollback(session);
    return rc;
}

/* --- from time to time ------------------------------------------------------------------------ */

#define GIVE_UP_SQL                                                                                \
    "WITH old AS (SELECT d.community_id, d.webhook_id, d.event FROM fz.webhook_feed f"             \
    "  CROSS JOIN LATERAL (SELECT * FROM fz.webhook_delivery d"                                    \
    "   WHERE d.community_id = f.community_id AND d.state = 1"                                     \
    "   AND d.recorded_us < fz.now_us() - $1::bigint * 1000000 LIMIT $2) d)"                       \
    " UPDATE fz.webhook_delivery d SET state = 3 FROM old WHERE d.community_id = old.community_id" \
    " AND d.webhook_id = old.webhook_id AND d.event = old.event"

#define FORGET_SQL                                                                         \
    "WITH old AS (SELECT d.community_id, d.webhook_id, d.event FROM fz.webhook_feed f"     \
    "  CROSS JOIN LATERAL (SELECT * FROM fz.webhook_delivery d"                            \
    "   WHERE d.community_id = f.community_id"                                             \
    "   AND d.recorded_us < fz.now_us() - $1::bigint * 1000000 LIMIT $2) d"                \
    "  UNION SELECT d.community_id, d.webhook_id, d.event FROM fz.webhook w"               \
    "  CROSS JOIN LATERAL (SELECT * FROM fz.webhook_delivery d"                            \
    "   WHERE d.community_id = w.community_id AND d.webhook_id = w.webhook_id LIMIT $2) d" \
    "  WHERE w.state = 3)"                                                                 \
    " DELETE FROM fz.webhook_delivery d USING old WHERE d.community_id = old.community_id" \
    " AND d.webhook_id = old.webhook_id AND d.event = old.event"

static fz_rc
run_old(struct fz_session *session, const char *sql, int64_t older_than_s, struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int8(params, older_than_s);
    fz_pg_add_int8(params, CLEAN_MAX);
    return fz_session_run(session, sql, NULL, err);
}

fz_rc fz_courier_clean(struct fz_session *session,
                       int64_t *given_up_out,
                       int64_t *waiting_out,
                       struct fz_err *err)
{
    PGresult *result = NULL;
    fz_rc rc = run_old(session, GIVE_UP_SQL, FZ_WEBHOOK_TRY_S, err);
    *given_up_out = rc == FZ_OK ? fz_session_rows(session) : 0;
    if (rc == FZ_OK) {
        rc = run_old(session, FORGET_SQL, FZ_WEBHOOK_LOG_S, err);
    }
    if (rc == FZ_OK) {
        struct fz_pg_params *params = fz_session_params(session);
        fz_pg_add_int8(params, COUNT_MAX);
        rc = fz_session_row(session,
                            "SELECT count(*) FROM (SELECT FROM fz.webhook_delivery"
                            " WHERE state = 1 LIMIT $1) waiting",
                            &result, err);
    }
    *waiting_out = rc == FZ_OK ? fz_pg_int(result, 0, 0) : 0;
    PQclear(result);
    return rc;
}
