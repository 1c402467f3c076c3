/*
 * Room ledger/store. Queries of settle_run.h about the lines of a run: reading the cut-off, writing
 * it, and reading back what came of each line.
 */
#include <stdlib.h>

#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"
#include "ledger/store/settle_run.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

_Static_assert(FZ_ACCOUNT_MERCHANT == 11 && FZ_ACCOUNT_RECEIVABLE == 3, "the SQL below knows them");
_Static_assert(FZ_ACCOUNT_CLASS_UNIT == 1000000000, "the SQL below knows it");
_Static_assert(FZ_KIND_PAYMENT == 2 && FZ_KIND_VOID == 3 && FZ_KIND_REFUND == 4,
               "the SQL below knows them");
_Static_assert(FZ_COMMAND_PAYOUT == 10 && FZ_COMMAND_COLLECT == 15, "the SQL below knows them");

/* The columns that a line has at its cut-off, in this order in both queries. */
enum column {
    SHOP,
    NAME,
    SALES,
    REFUNDS,
    PAYMENTS,
    BALANCE,
    DUE,
    BANK_CODE,
    BANK_NAME,
    BRANCH_CODE,
    BRANCH_NAME,
    ACCOUNT_TYPE,
    ACCOUNT_NUMBER,
    HOLDER,
    FIXED_COLUMNS
};

/* Behind them, of lines that are fixed. */
enum outcome_column {
    PAYOUT_ID = FIXED_COLUMNS,
    COLLECT_ID,
    COLLECT_RC,
    COLLECTED,
    PAYOUT_RC,
    PAID,
    STATE
};

static void read_fixed(const PGresult *result, int at, struct fz_settlement_line *line)
{
    line->shop = fz_pg_int(result, at, SHOP);
    COPY(result, at, NAME, line->name);
    line->sales = fz_pg_int(result, at, SALES);
    line->refunds = fz_pg_int(result, at, REFUNDS);
    line->payments = fz_pg_int(result, at, PAYMENTS);
    line->balance = fz_pg_int(result, at, BALANCE);
    line->due = fz_pg_int(result, at, DUE);
    COPY(result, at, BANK_CODE, line->bank.bank_code);
    COPY(result, at, BANK_NAME, line->bank.bank_name_kana);
    COPY(result, at, BRANCH_CODE, line->bank.branch_code);
    COPY(result, at, BRANCH_NAME, line->bank.branch_name_kana);
    line->bank.account_type = fz_pg_int(result, at, ACCOUNT_TYPE);
    COPY(result, at, ACCOUNT_NUMBER, line->bank.account_number);
    COPY(result, at, HOLDER, line->bank.holder_kana);
}

static void read_outcome(const PGresult *result, int at, struct fz_settlement_line *line)
{
    line->payout = fz_pg_uuid(result, at, PAYOUT_ID);
    line->collect = fz_pg_uuid(result, at, COLLECT_ID);
    line->collect_decided = !fz_pg_is_null(result, at, COLLECT_RC);
    line->collect_rc = (fz_rc)fz_pg_int(result, at, COLLECT_RC);
    line->payout_decided = !fz_pg_is_null(result, at, PAYOUT_RC);
    line->payout_rc = (fz_rc)fz_pg_int(result, at, PAYOUT_RC);
    bool collected = line->collect_decided && line->collect_rc == FZ_OK;
    line->collected = collected ? fz_pg_int(result, at, COLLECTED) : 0;
    line->paid = fz_pg_int(result, at, PAID);
    line->state = (enum fz_payout_state)fz_pg_int(result, at, STATE);
}

/* Runs a query of lines, the outcome behind the fixed columns or not. */
static fz_rc read_lines(struct fz_session *session,
                        const char *sql,
                        struct fz_settlement_line **lines_out,
                        size_t *len_out,
                        struct fz_err *err)
{
    PGresult *result = NULL;
    *lines_out = NULL;
    *len_out = 0;
    fz_rc rc = fz_session_run(session, sql, &result, err);
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rows > 0) {
        *lines_out = calloc((size_t)rows, sizeof **lines_out);
        if (*lines_out == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %d lines", rows);
            rows = 0;
        }
    }
    for (int i = 0; i < rows; i++) {
        read_fixed(result, i, *lines_out + i);
        if (PQnfields(result) > FIXED_COLUMNS) {
            read_outcome(result, i, *lines_out + i);
        }
    }
    *len_out = (size_t)rows;
    PQclear(result);
    return rc;
}

static fz_rc
read_last_number(struct fz_session *session, int32_t community, int64_t *out, struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_row(session, "SELECT last_number FROM fz.head WHERE community_id = $1",
                              &result, err);
    if (rc == FZ_OK) {
        *out = fz_pg_int(result, 0, 0);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_settle_read_cutoff(struct fz_session *session,
                            int32_t community,
                            struct fz_settlement_row *row,
                            struct fz_settlement_line **lines_out,
                            size_t *len_out,
                            struct fz_err *err)
{
    *lines_out = NULL;
    *len_out = 0;
    fz_rc rc = read_last_number(session, community, &row->upto_number, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, row->from_number);
    fz_pg_add_int8(params, row->upto_number);
    return read_lines(
        session,
        "WITH moved AS ("
        "SELECT CASE WHEN kind = 2 THEN credit ELSE debit END - 11000000000 AS shop,"
        " coalesce(sum(amount) FILTER (WHERE kind = 2), 0) AS sales,"
        " coalesce(sum(amount) FILTER (WHERE kind <> 2), 0) AS refunds,"
        " count(*) FILTER (WHERE kind = 2) AS payments FROM fz.transfer"
        " WHERE community_id = $1 AND number BETWEEN $2 AND $3 AND kind IN (2, 3, 4) GROUP BY 1)"
        " SELECT s.shop, p.name, coalesce(v.sales, 0)::bigint, coalesce(v.refunds, 0)::bigint,"
        " coalesce(v.payments, 0), m.credits_posted - m.debits_posted,"
        " r.debits_posted - r.credits_posted, s.bank_code, s.bank_name_kana, s.branch_code,"
        " s.branch_name_kana, s.account_type, s.account_number, s.account_holder_kana"
        " FROM fz.shop s"
        " JOIN fz.party p ON p.community_id = s.community_id AND p.party = s.shop"
        " JOIN fz.account m ON m.community_id = s.community_id"
        "  AND m.account = s.shop + 11000000000"
        " JOIN fz.account r ON r.community_id = s.community_id AND r.account = s.shop + 3000000000"
        " LEFT JOIN moved v ON v.shop = s.shop"
        " WHERE s.community_id = $1"
        "  AND (v.shop IS NOT NULL OR m.credits_posted > m.debits_posted) ORDER BY s.shop",
        lines_out, len_out, err);
}

fz_rc fz_settle_read_lines(struct fz_session *session,
                           int32_t community,
                           const struct fz_settlement_row *row,
                           struct fz_settlement_line **lines_out,
                           size_t *len_out,
                           struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)row->business_day);
    fz_pg_add_int2(params, (int16_t)row->window);
    return read_lines(
        session,
        "SELECT l.shop, p.name, l.sales, l.refunds, l.payments, l.balance, l.due, l.bank_code,"
        " l.bank_name_kana, l.branch_code, l.branch_name_kana, l.account_type, l.account_number,"
        " l.account_holder_kana, l.payout_id, l.collect_id, c.rc, c.amount, o.rc, y.amount,"
        " y.state FROM fz.settlement_line l"
        " JOIN fz.party p ON p.community_id = l.community_id AND p.party = l.shop"
        " LEFT JOIN fz.operation c ON c.community_id = l.community_id AND c.op_id = l.collect_id"
        "  AND c.command = 15"
        " LEFT JOIN fz.operation o ON o.community_id = l.community_id AND o.op_id = l.payout_id"
        "  AND o.command = 10"
        " LEFT JOIN fz.payout y ON y.community_id = l.community_id AND y.payout_id = l.payout_id"
        " WHERE l.community_id = $1 AND l.business_date = date '1970-01-01' + $2"
        "  AND l.window_no = $3 ORDER BY l.shop",
        lines_out, len_out, err);
}

static fz_rc insert_run(struct fz_session *session,
                        int32_t community,
                        const struct fz_settlement_row *row,
                        struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)row->business_day);
    fz_pg_add_int2(params, (int16_t)row->window);
    fz_pg_add_int8(params, row->from_number);
    fz_pg_add_int8(params, row->upto_number);
    fz_pg_add_int4(params, (int32_t)row->value_day);
    return fz_session_run(
        session,
        "INSERT INTO fz.settlement (community_id, business_date, window_no,"
        " from_number, upto_number, value_date)"
        " VALUES ($1, date '1970-01-01' + $2, $3, $4, $5, date '1970-01-01' + $6)",
        NULL, err);
}

static fz_rc insert_line(struct fz_session *session,
                         int32_t community,
                         const struct fz_settlement_row *row,
                         const struct fz_settlement_line *line,
                         struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)row->business_day);
    fz_pg_add_int2(params, (int16_t)row->window);
    fz_pg_add_int8(params, line->shop);
    fz_pg_add_uuid(params, &line->payout);
    fz_pg_add_uuid(params, &line->collect);
    fz_pg_add_int8(params, line->sales);
    fz_pg_add_int8(params, line->refunds);
    fz_pg_add_int4(params, (int32_t)line->payments);
    fz_pg_add_int8(params, line->balance);
    fz_pg_add_int8(params, line->due);
    fz_pg_add_text(params, line->bank.bank_code);
    fz_pg_add_text(params, line->bank.bank_name_kana);
    fz_pg_add_text(params, line->bank.branch_code);
    fz_pg_add_text(params, line->bank.branch_name_kana);
    fz_pg_add_int2(params, (int16_t)line->bank.account_type);
    fz_pg_add_text(params, line->bank.account_number);
    fz_pg_add_text(params, line->bank.holder_kana);
    return fz_session_run(
        session,
        "INSERT INTO fz.settlement_line (community_id, business_date, window_no, shop, payout_id,"
        " collect_id, sales, refunds, payments, balance, due, bank_code, bank_name_kana,"
        " branch_code, branch_name_kana, account_type, account_number, account_holder_kana)"
        " VALUES ($1, date '1970-01-01' + $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
        " $15, $16, $17, $18)",
        NULL, err);
}

fz_rc fz_settle_insert(struct fz_session *session,
                       int32_t community,
                       const struct fz_settlement_row *row,
                       const struct fz_settlement_line *lines,
                       size_t len,
                       struct fz_err *err)
{
    fz_rc rc = insert_run(session, community, row, err);
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        rc = insert_line(session, community, row, &lines[i], err);
    }
    return rc;
}
