/*
 * Room ledger/store. The one-time codes that residents show. A code is looked up by its id and by
 * its hash, so that whichever index the planner takes, it goes by a whole key.
 */
#include "ledger/store/reader_query.h"

const struct fz_statement fz_sql_paycode = {
    "fz_paycode",
    "SELECT c.code_id, c.party, c.amount, c.expires_us, c.intent_id FROM fz.code c"
    " WHERE c.community_id = $1 AND c.code_id = $2 AND c.hash = $3",
};

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
        call->done.paycode(call->ctx, rc, NULL);
        return;
    }
    struct fz_paycode row = {.id = fz_pg_uuid(result, 0, 0),
                             .party = fz_pg_int(result, 0, 1),
                             .amount = fz_pg_int(result, 0, 2),
                             .expires_us = fz_pg_int(result, 0, 3),
                             .intent = fz_pg_uuid(result, 0, 4)};
    call->done.paycode(call->ctx, FZ_OK, &row);
}

void fz_read_paycode(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *id,
                     const uint8_t hash[FZ_CODE_HASH_LEN],
                     fz_paycode_done done,
                     void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, id);
    fz_pg_add_bytea(params, hash, FZ_CODE_HASH_LEN);
    struct fz_read_call call = {
        .statement = &fz_sql_paycode, .finish = finish_code, .done = {.paycode = done}, .ctx = ctx};
    fz_read_start(reader, &call);
}
