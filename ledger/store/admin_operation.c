/*
 * Room ledger/store. Queries of admin_operation.h.
 */
#include "ledger/store/admin_operation.h"

#include <inttypes.h>

#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define LOCK_CLASS \
    0x465a /* "FZ": first half of the advisory lock's key, the community is the other */
#define LOCK_WAIT "60s"

fz_rc fz_admin_lock(struct fz_session *session, int32_t community, struct fz_err *err)
{
    (void)fz_session_params(session);
    fz_rc rc = fz_session_run(session, "SET lock_timeout = '" LOCK_WAIT "'", NULL, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, LOCK_CLASS);
    fz_pg_add_int4(params, community);
    rc = fz_session_run(session, "SELECT pg_advisory_lock($1, $2)", NULL, err);
    if (rc != FZ_OK && fz_session_failed_with(session, "55P03")) {
        return fz_fail(err, FZ_UNAVAILABLE,
                       "another settlement, bill or top-up of this community is under way");
    }
    return rc;
}

fz_rc fz_admin_operation_get(struct fz_session *session,
                             int32_t community,
                             const struct fz_id *id,
                             struct fz_result *result_out,
                             struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, id);
    fz_rc rc = fz_session_row(session,
                              "SELECT command, rc, state, terminal, time_us, actor, shop, party,"
                              " payee, amount, value, number, expires_us, ref, note"
                              " FROM fz.operation WHERE community_id = $1 AND op_id = $2",
                              &result, err);
    if (rc == FZ_OK) {
        *result_out = (struct fz_result){.id = *id,
                                         .type = (enum fz_command_type)fz_pg_int(result, 0, 0),
                                         .rc = (fz_rc)fz_pg_int(result, 0, 1),
                                         .state = (int32_t)fz_pg_int(result, 0, 2),
                                         .terminal = (int32_t)fz_pg_int(result, 0, 3),
                                         .time_us = fz_pg_int(result, 0, 4),
                                         .actor = fz_pg_int(result, 0, 5),
                                         .shop = fz_pg_int(result, 0, 6),
                                         .party = fz_pg_int(result, 0, 7),
                                         .payee = fz_pg_int(result, 0, 8),
                                         .amount = fz_pg_int(result, 0, 9),
                                         .value = fz_pg_int(result, 0, 10),
                                         .number = fz_pg_int(result, 0, 11),
                                         .expires_us = fz_pg_int(result, 0, 12),
                                         .ref = fz_pg_uuid(result, 0, 13)};
        fz_pg_copy_text(result, 0, 14, result_out->note, sizeof result_out->note);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_OPERATION_UNKNOWN, "there is no such operation");
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_transfer_get(struct fz_session *session,
                            int32_t community,
                            int64_t number,
                            struct fz_transfer *transfer_out,
                            int64_t *corrected_by_out,
                            struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, number);
    fz_rc rc = fz_session_row(
        session,
        "SELECT t.debit, t.credit, t.amount, t.time_us, t.op_id, t.kind, t.corrects, c.number"
        " FROM fz.transfer t LEFT JOIN fz.transfer c"
        " ON c.community_id = t.community_id AND c.corrects = t.number"
        " WHERE t.community_id = $1 AND t.number = $2",
        &result, err);
    if (rc == FZ_OK) {
        *transfer_out = (struct fz_transfer){.number = number,
                                             .debit = fz_pg_int(result, 0, 0),
                                             .credit = fz_pg_int(result, 0, 1),
                                             .amount = fz_pg_int(result, 0, 2),
                                             .time_us = fz_pg_int(result, 0, 3),
                                             .operation = fz_pg_uuid(result, 0, 4),
                                             .kind = (enum fz_kind)fz_pg_int(result, 0, 5),
                                             .corrects = fz_pg_int(result, 0, 6)};
        *corrected_by_out = fz_pg_int(result, 0, 7);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_TRANSFER_NOT_FOUND, "there is no transfer %" PRId64, number);
    }
    PQclear(result);
    return rc;
}
