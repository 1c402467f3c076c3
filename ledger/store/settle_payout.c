/*
 * Room ledger/store. Queries of settle_payout.h.
 */
#include "ledger/store/settle_payout.h"

#include <stdlib.h>

#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

static void read_payout(const PGresult *result, int at, struct fz_payout_row *row)
{
    row->payout = fz_pg_uuid(result, at, 0);
    row->shop = fz_pg_int(result, at, 1);
    COPY(result, at, 2, row->name);
    row->amount = fz_pg_int(result, at, 3);
    row->state = (enum fz_payout_state)fz_pg_int(result, at, 4);
    row->business_day = fz_pg_int(result, at, 5);
    row->window = (int32_t)fz_pg_int(result, at, 6);
    COPY(result, at, 7, row->account);
}

static void
add_filter(struct fz_pg_params *params, int32_t community, const struct fz_payout_filter *filter)
{
    fz_pg_add_int4(params, community);
    fz_pg_add_int2(params, (int16_t)filter->state);
    if (fz_id_is_zero(&filter->payout)) {
        fz_pg_add_null(params);
    } else {
        fz_pg_add_uuid(params, &filter->payout);
    }
    fz_pg_add_int2(params, filter->by_day ? 1 : 0);
    fz_pg_add_int4(params, (int32_t)filter->business_day);
    fz_pg_add_int2(params, (int16_t)filter->window);
}

fz_rc fz_settle_read_payouts(struct fz_session *session,
                             int32_t community,
                             const struct fz_payout_filter *filter,
                             struct fz_payout_row **rows_out,
                             size_t *len_out,
                             struct fz_err *err)
{
    PGresult *result = NULL;
    *rows_out = NULL;
    *len_out = 0;
    add_filter(fz_session_params(session), community, filter);
    fz_rc rc = fz_session_run(
        session,
        "SELECT y.payout_id, y.shop, p.name, y.amount, y.state,"
        " l.business_date - date '1970-01-01', l.window_no,"
        " l.bank_code || '-' || l.branch_code || ' ' || l.account_type || ' ' || l.account_number"
        " FROM fz.payout y"
        " JOIN fz.party p ON p.community_id = y.community_id AND p.party = y.shop"
        " LEFT JOIN fz.settlement_line l ON l.community_id = y.community_id"
        "  AND l.payout_id = y.payout_id"
        " WHERE y.community_id = $1 AND ($2 = 0 OR y.state = $2)"
        "  AND ($3::uuid IS NULL OR y.payout_id = $3)"
        "  AND ($4 = 0 OR (l.business_date = date '1970-01-01' + $5 AND l.window_no = $6))"
        " ORDER BY l.business_date, l.window_no, y.shop, y.payout_id",
        &result, err);
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rows > 0) {
        *rows_out = calloc((size_t)rows, sizeof **rows_out);
        if (*rows_out == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %d payouts", rows);
            rows = 0;
        }
    }
    for (int i = 0; i < rows; i++) {
        read_payout(result, i, *rows_out + i);
    }
    *len_out = (size_t)rows;
    PQclear(result);
    return rc;
}
