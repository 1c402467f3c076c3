/*
 * Room ledger/store. Queries of admin_deposit.h.
 */
#include "ledger/store/admin_deposit.h"

#include <inttypes.h>

#include "ledger/store/session_query.h"

static fz_rc insert_deposit(struct fz_session *session,
                            int32_t community,
                            const struct fz_deposit_row *row,
                            struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, row->reference);
    fz_pg_add_int8(params, row->amount);
    fz_pg_add_int8(params, row->party);
    fz_pg_add_uuid(params, &row->operation);
    return fz_session_run(session,
                          "INSERT INTO fz.deposit (community_id, reference, amount, party, op_id)"
                          " VALUES ($1, $2, $3, $4, $5)"
                          " ON CONFLICT (community_id, reference) DO NOTHING",
                          NULL, err);
}

fz_rc fz_admin_deposit_enter(struct fz_session *session,
                             int32_t community,
                             const struct fz_deposit_row *row,
                             struct fz_err *err)
{
    PGresult *result = NULL;
    fz_rc rc = insert_deposit(session, community, row, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, row->reference);
    rc = fz_session_row(session,
                        "SELECT amount, party, op_id FROM fz.deposit"
                        " WHERE community_id = $1 AND reference = $2",
                        &result, err);
    if (rc == FZ_OK) {
        int64_t amount = fz_pg_int(result, 0, 0);
        int64_t party = fz_pg_int(result, 0, 1);
        if (amount != row->amount || party != row->party) {
            rc = fz_fail(err, FZ_ID_REUSED,
                         "deposit %s was entered as %" PRId64 " yen for R%08" PRId64,
                         row->reference, amount, party);
        }
    }
    PQclear(result);
    return rc;
}
