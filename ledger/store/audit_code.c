/*
 * Room ledger/store. Codes for the audit, see the header. Numbers in the SQL are those of
 * commands.def.
 */
#include "ledger/store/audit_code.h"

#include <stdio.h>
#include <string.h>

#include "ledger/store/session_query.h"

_Static_assert(FZ_COMMAND_INTENT == 1 && FZ_COMMAND_CODE == 17, "the SQL below knows them");

static const char code_sql[] =
    "SELECT c.hash, coalesce(c.code_id, o.op_id, u.op_id), c.party, c.amount, c.expires_us,"
    " c.intent_id, c.code_id IS NOT NULL, o.op_id IS NOT NULL, o.actor, o.party, o.amount,"
    " o.expires_us, o.fingerprint, o.note, u.op_id, u.party, u.time_us"
    " FROM (SELECT * FROM fz.code WHERE community_id = $1) c"
    " FULL JOIN (SELECT * FROM fz.operation WHERE community_id = $1 AND command = 17 AND rc = 0) o"
    "  ON o.op_id = c.code_id"
    " FULL JOIN (SELECT * FROM fz.operation WHERE community_id = $1 AND command = 1 AND rc = 0"
    "  AND party <> 0) u ON u.op_id = c.intent_id";

struct code_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_code *row, struct fz_err *err);
    void *ctx;
};

static void take_hash(uint8_t out[FZ_HASH_LEN], const PGresult *rows, int at, int column)
{
    size_t len = 0;
    const uint8_t *bytes = fz_pg_bytes(rows, at, column, &len);
    memset(out, 0, FZ_HASH_LEN);
    if (bytes != NULL && len == FZ_HASH_LEN) {
        memcpy(out, bytes, FZ_HASH_LEN);
    }
}

static void take_code(struct fz_audit_code *row, const PGresult *rows, int at)
{
    const char *note = fz_pg_text(rows, at, 13);
    *row = (struct fz_audit_code){.present = fz_pg_bool(rows, at, 6),
                                  .made = fz_pg_bool(rows, at, 7),
                                  .made_actor = fz_pg_int(rows, at, 8),
                                  .made_party = fz_pg_int(rows, at, 9),
                                  .made_amount = fz_pg_int(rows, at, 10),
                                  .made_expires_us = fz_pg_int(rows, at, 11),
                                  .used_by = fz_pg_uuid(rows, at, 14),
                                  .used_party = fz_pg_int(rows, at, 15),
                                  .used_time_us = fz_pg_int(rows, at, 16)};
    take_hash(row->code.hash, rows, at, 0);
    row->code.id = fz_pg_uuid(rows, at, 1);
    row->code.party = fz_pg_int(rows, at, 2);
    row->code.amount = fz_pg_int(rows, at, 3);
    row->code.expires_us = fz_pg_int(rows, at, 4);
    row->code.intent = fz_pg_uuid(rows, at, 5);
    take_hash(row->made_fingerprint, rows, at, 12);
    (void)snprintf(row->made_note, sizeof(row->made_note), "%.140s", note == NULL ? "" : note);
}

static fz_rc walk_codes(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct code_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct fz_audit_code row;
        take_code(&row, rows, i);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_code(struct fz_session *session,
                         int32_t community,
                         fz_rc (*on_row)(void *ctx,
                                         const struct fz_audit_code *row,
                                         struct fz_err *err),
                         void *ctx,
                         struct fz_err *err)
{
    struct code_walk walk = {on_row, ctx};
    fz_pg_add_int4(fz_session_params(session), community);
    return fz_session_each(session, code_sql, walk_codes, &walk, err);
}
