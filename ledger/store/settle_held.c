/*
 * Room ledger/store. Refunds that wait, see the header.
 */
#include "ledger/store/settle_held.h"

#include <stdlib.h>

#include "ledger/store/session_query.h"

static void read_held(const PGresult *result, int at, struct fz_held *row)
{
    *row = (struct fz_held){.id = fz_pg_uuid(result, at, 0),
                            .intent = fz_pg_uuid(result, at, 1),
                            .shop = fz_pg_int(result, at, 2),
                            .party = fz_pg_int(result, at, 3),
                            .amount = fz_pg_int(result, at, 4)};
}

fz_rc fz_settle_read_held(struct fz_session *session,
                          int32_t community,
                          struct fz_held **rows_out,
                          size_t *len_out,
                          struct fz_err *err)
{
    PGresult *result = NULL;
    *rows_out = NULL;
    *len_out = 0;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_run(
        session,
        "SELECT h.refund_id, h.intent_id, h.shop, h.party, h.amount FROM (SELECT *, sum(amount)"
        "  OVER (PARTITION BY shop ORDER BY since_us, refund_id) AS upto FROM fz.held_refund"
        "  WHERE community_id = $1 AND release_id IS NULL) h"
        " JOIN fz.account a ON a.community_id = $1 AND a.account = 11000000000 + h.shop"
        " WHERE h.upto <= a.credits_posted - a.debits_posted - a.debits_pending - a.hold"
        " ORDER BY h.shop, h.since_us, h.refund_id",
        &result, err);
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rows > 0) {
        *rows_out = calloc((size_t)rows, sizeof **rows_out);
        if (*rows_out == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %d held refunds", rows);
            rows = 0;
        }
    }
    for (int i = 0; i < rows; i++) {
        read_held(result, i, *rows_out + i);
    }
    *len_out = (size_t)rows;
    PQclear(result);
    return rc;
}
