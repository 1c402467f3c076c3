/*
 * Room ledger/store. Queries of bill_run.h.
 */
#include "ledger/store/bill_run.h"

#include <stdlib.h>

#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

_Static_assert(FZ_COMMAND_BILL == 14 && FZ_COMMAND_COLLECT == 15, "the SQL below knows them");

/* Columns of both queries; the second one goes on behind them. */
enum column {
    SHOP,
    NAME,
    SIZE,
    NET,
    TAX_PERCENT,
    TAX,
    INVOICE_NO,
    OPERATION,
    COLLECT,
    CREATED_US,
    RC,
    COLLECT_RC,
    COLLECTED,
    COLUMNS_OF_MISSING = TAX
};

static void read_row(const PGresult *result, int at, struct fz_bill_row *row)
{
    row->shop = fz_pg_int(result, at, SHOP);
    COPY(result, at, NAME, row->name);
    COPY(result, at, SIZE, row->size);
    row->net = fz_pg_int(result, at, NET);
    row->tax_percent = fz_pg_int(result, at, TAX_PERCENT);
    if (PQnfields(result) == COLUMNS_OF_MISSING) {
        return;
    }
    row->tax = fz_pg_int(result, at, TAX);
    COPY(result, at, INVOICE_NO, row->invoice_no);
    row->operation = fz_pg_uuid(result, at, OPERATION);
    row->collect = fz_pg_uuid(result, at, COLLECT);
    row->created_us = fz_pg_int(result, at, CREATED_US);
    row->decided = !fz_pg_is_null(result, at, RC);
    row->rc = (fz_rc)fz_pg_int(result, at, RC);
    row->collect_decided = !fz_pg_is_null(result, at, COLLECT_RC);
    row->collect_rc = (fz_rc)fz_pg_int(result, at, COLLECT_RC);
    bool collected = row->collect_decided && row->collect_rc == FZ_OK;
    row->collected = collected ? fz_pg_int(result, at, COLLECTED) : 0;
}

static fz_rc read_rows(struct fz_session *session,
                       const char *sql,
                       struct fz_bill_row **rows_out,
                       size_t *len_out,
                       struct fz_err *err)
{
    PGresult *result = NULL;
    *rows_out = NULL;
    *len_out = 0;
    fz_rc rc = fz_session_run(session, sql, &result, err);
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rows > 0) {
        *rows_out = calloc((size_t)rows, sizeof **rows_out);
        if (*rows_out == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %d bills", rows);
            rows = 0;
        }
    }
    for (int i = 0; i < rows; i++) {
        read_row(result, i, *rows_out + i);
    }
    *len_out = (size_t)rows;
    PQclear(result);
    return rc;
}

fz_rc fz_bill_read_missing(struct fz_session *session,
                           int32_t community,
                           const struct fz_bill_scope *scope,
                           struct fz_bill_row **rows_out,
                           size_t *len_out,
                           struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)scope->period);
    fz_pg_add_int8(params, scope->until_us);
    fz_pg_add_int8(params, scope->shop);
    return read_rows(session,
                     "SELECT s.shop, p.name, s.size, n.monthly_net, n.tax_percent FROM fz.shop s"
                     " JOIN fz.party p ON p.community_id = s.community_id AND p.party = s.shop"
                     " JOIN fz.plan n ON n.community_id = s.community_id AND n.size = s.size"
                     " WHERE s.community_id = $1 AND p.state = 1 AND n.monthly_net > 0"
                     "  AND (extract(epoch FROM p.created_at) * 1000000)::bigint < $3"
                     "  AND ($4 = 0 OR s.shop = $4)"
                     "  AND NOT EXISTS (SELECT FROM fz.bill b WHERE b.community_id = s.community_id"
                     "   AND b.period = date '1970-01-01' + $2 AND b.shop = s.shop)"
                     " ORDER BY s.shop",
                     rows_out, len_out, err);
}

static fz_rc insert_row(struct fz_session *session,
                        int32_t community,
                        int64_t period,
                        const struct fz_bill_row *row,
                        struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)period);
    fz_pg_add_int8(params, row->shop);
    fz_pg_add_uuid(params, &row->operation);
    fz_pg_add_uuid(params, &row->collect);
    fz_pg_add_text(params, row->invoice_no);
    fz_pg_add_text(params, row->size);
    fz_pg_add_int8(params, row->net);
    fz_pg_add_int2(params, (int16_t)row->tax_percent);
    fz_pg_add_int8(params, row->tax);
    return fz_session_run(session,
                          "INSERT INTO fz.bill (community_id, period, shop, op_id, collect_id,"
                          " invoice_no, size, net, tax_percent, tax)"
                          " VALUES ($1, date '1970-01-01' + $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                          NULL, err);
}

fz_rc fz_bill_insert(struct fz_session *session,
                     int32_t community,
                     int64_t period,
                     const struct fz_bill_row *rows,
                     size_t len,
                     struct fz_err *err)
{
    fz_rc rc = fz_session_begin(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        rc = insert_row(session, community, period, &rows[i], err);
    }
    if (rc != FZ_OK) {
        fz_session_rollback(session);
        return rc;
    }
    return fz_session_commit(session, err);
}

fz_rc fz_bill_read(struct fz_session *session,
                   int32_t community,
                   const struct fz_bill_scope *scope,
                   struct fz_bill_row **rows_out,
                   size_t *len_out,
                   struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)scope->period);
    fz_pg_add_int8(params, scope->shop);
    return read_rows(
        session,
        "SELECT b.shop, p.name, b.size, b.net, b.tax_percent, b.tax, b.invoice_no, b.op_id,"
        " b.collect_id, (extract(epoch FROM b.created_at) * 1000000)::bigint, o.rc, c.rc, c.amount"
        " FROM fz.bill b"
        " JOIN fz.party p ON p.community_id = b.community_id AND p.party = b.shop"
        " LEFT JOIN fz.operation o ON o.community_id = b.community_id AND o.op_id = b.op_id"
        "  AND o.command = 14"
        " LEFT JOIN fz.operation c ON c.community_id = b.community_id AND c.op_id = b.collect_id"
        "  AND c.command = 15"
        " WHERE b.community_id = $1 AND b.period = date '1970-01-01' + $2"
        "  AND ($3 = 0 OR b.shop = $3) ORDER BY b.shop",
        rows_out, len_out, err);
}
