/*
 * Room ledger/store. A resident's code as it is now, with the intent that used it.
 */
#include "ledger/store/read_columns.h"
#include "ledger/store/reader_query.h"

const struct fz_statement fz_sql_code = {
    "fz_code",
    "SELECT c.code_id, c.party, c.amount, c.expires_us, c.intent_id, " FZ_INTENT_COLUMNS
    " FROM (SELECT * FROM fz.code WHERE community_id = $1 AND hash = $2 OFFSET 0) c"
    " LEFT JOIN LATERAL (SELECT * FROM fz.intent"
    "  WHERE community_id = $1 AND intent_id = c.intent_id OFFSET 0) i ON true",
};

#define CODE_INTENT 5

static void finish_code(const struct fz_read_call *call,
                        fz_rc rc,
                        const PGresult *result,
                        union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.code(call->ctx, rc, NULL);
        return;
    }
    struct fz_shown_code row = {.id = fz_pg_uuid(result, 0, 0),
                                .party = fz_pg_int(result, 0, 1),
                                .amount = fz_pg_int(result, 0, 2),
                                .expires_us = fz_pg_int(result, 0, 3),
                                .is_used = !fz_pg_is_null(result, 0, 4)};
    if (row.is_used) {
        fz_read_intent_columns(result, CODE_INTENT, &row.intent);
    }
    call->done.code(call->ctx, FZ_OK, &row);
}

void fz_read_code(struct fz_reader *reader,
                  int32_t community,
                  const uint8_t hash[FZ_CODE_HASH_LEN],
                  fz_code_done done,
                  void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_bytea(params, hash, FZ_CODE_HASH_LEN);
    struct fz_read_call call = {
        .statement = &fz_sql_code, .finish = finish_code, .done = {.code = done}, .ctx = ctx};
    fz_read_start(reader, &call);
}
