/*
 * Room ledger/store. Held refunds for the audit, see the header. Numbers in the SQL are those of
 * commands.def and ledger.h.
 */
#include "ledger/store/audit_held.h"

#include "ledger/store/session_query.h"

_Static_assert(FZ_COMMAND_REFUND == 6 && FZ_COMMAND_REFUND_RELEASE == 18 && FZ_REFUND_HELD == 6,
               "the SQL below knows them");

static const char held_sql[] =
    "SELECT coalesce(h.refund_id, o.op_id, r.ref), h.refund_id IS NOT NULL, h.intent_id,"
    " h.release_id, h.shop, h.party, h.amount, h.since_us, o.op_id IS NOT NULL, o.ref, o.shop,"
    " o.party, o.amount, o.time_us, r.op_id"
    " FROM (SELECT * FROM fz.held_refund WHERE community_id = $1) h"
    " FULL JOIN (SELECT * FROM fz.operation WHERE community_id = $1 AND command = 6 AND rc = 0"
    "  AND state = 6) o ON o.op_id = h.refund_id"
    " FULL JOIN (SELECT * FROM fz.operation WHERE community_id = $1 AND command = 18 AND rc = 0) r"
    "  ON r.ref = coalesce(h.refund_id, o.op_id)";

struct held_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_held *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_held(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct held_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        const struct fz_audit_held row = {.held = {.id = fz_pg_uuid(rows, i, 0),
                                                   .intent = fz_pg_uuid(rows, i, 2),
                                                   .released_by = fz_pg_uuid(rows, i, 3),
                                                   .shop = fz_pg_int(rows, i, 4),
                                                   .party = fz_pg_int(rows, i, 5),
                                                   .amount = fz_pg_int(rows, i, 6),
                                                   .since_us = fz_pg_int(rows, i, 7)},
                                          .present = fz_pg_bool(rows, i, 1),
                                          .made = fz_pg_bool(rows, i, 8),
                                          .made_as = {.intent = fz_pg_uuid(rows, i, 9),
                                                      .shop = fz_pg_int(rows, i, 10),
                                                      .party = fz_pg_int(rows, i, 11),
                                                      .amount = fz_pg_int(rows, i, 12),
                                                      .since_us = fz_pg_int(rows, i, 13)},
                                          .release = fz_pg_uuid(rows, i, 14)};
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_held(struct fz_session *session,
                         int32_t community,
                         fz_rc (*on_row)(void *ctx,
                                         const struct fz_audit_held *row,
                                         struct fz_err *err),
                         void *ctx,
                         struct fz_err *err)
{
    struct held_walk walk = {on_row, ctx};
    fz_pg_add_int4(fz_session_params(session), community);
    return fz_session_each(session, held_sql, walk_held, &walk, err);
}
