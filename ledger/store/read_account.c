/*
 * Room ledger/store. What an account holds and what moved it: the wallet's and the shop's view.
 */
#include "feezero/assert.h"
#include "ledger/core/decide.h"
#include "ledger/store/reader_query.h"

/* --- balance ---------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_balance = {
    "fz_balance",
    "SELECT a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted, a.hold,"
    " a.last_transfer, a.state, h.last_time_us"
    " FROM fz.account a JOIN fz.head h ON h.community_id = a.community_id"
    " WHERE a.community_id = $1 AND a.account = $2",
};

static void finish_balance(const struct fz_read_call *call,
                           fz_rc rc,
                           const PGresult *result,
                           union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.balance(call->ctx, rc, NULL);
        return;
    }
    struct fz_account account = {
        .number = call->account,
        .debits_pending = fz_pg_int(result, 0, 0),
        .debits_posted = fz_pg_int(result, 0, 1),
        .credits_pending = fz_pg_int(result, 0, 2),
        .credits_posted = fz_pg_int(result, 0, 3),
        .hold = fz_pg_int(result, 0, 4),
        .last_transfer = fz_pg_int(result, 0, 5),
        .state = (enum fz_account_state)fz_pg_int(result, 0, 6),
    };
    struct fz_balance_row row = {
        .account = account.number,
        .balance = fz_account_balance(&account),
        .available = fz_account_available(&account),
        .as_of = account.last_transfer,
        .time_us = fz_pg_int(result, 0, 7),
        .state = account.state,
    };
    call->done.balance(call->ctx, FZ_OK, &row);
}

void fz_read_balance(
    struct fz_reader *reader, int32_t community, int64_t account, fz_balance_done done, void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, account);
    struct fz_read_call call = {.statement = &fz_sql_balance,
                                .finish = finish_balance,
                                .done = {.balance = done},
                                .ctx = ctx,
                                .account = account};
    fz_read_start(reader, &call);
}

/* --- history -------------------------------------------------------------------------------------
 * From the account's newest transfer, or from the one before `before`, along debit_previous and
 * credit_previous: one look-up by primary key for each row of the page. OFFSET 0 keeps the planner
 * from turning that into a join over all transfers. The first column is where the chain starts,
 * NULL if `before` is none of the account's. An account without transfers has one row: 0 and NULLs.
 */
const struct fz_statement fz_sql_history = {
    "fz_history",
    "WITH RECURSIVE start AS ("
    "  SELECT CASE WHEN $3::bigint = 0 THEN a.last_transfer ELSE ("
    "    SELECT CASE $2::bigint WHEN t.debit THEN t.debit_previous WHEN t.credit THEN "
    "t.credit_previous END"
    "    FROM fz.transfer t WHERE t.community_id = $1 AND t.number = $3) END AS number"
    "  FROM fz.account a WHERE a.community_id = $1 AND a.account = $2"
    "), chain AS ("
    "  SELECT t.*, 1 AS place FROM start s CROSS JOIN LATERAL ("
    "    SELECT t.number, t.debit, t.credit, t.amount, t.time_us, t.op_id, t.kind,"
    "      t.debit_previous, t.credit_previous"
    "    FROM fz.transfer t WHERE t.community_id = $1 AND t.number = s.number OFFSET 0) t"
    "  UNION ALL"
    "  SELECT t.*, c.place + 1 FROM chain c CROSS JOIN LATERAL ("
    "    SELECT t.number, t.debit, t.credit, t.amount, t.time_us, t.op_id, t.kind,"
    "      t.debit_previous, t.credit_previous"
    "    FROM fz.transfer t WHERE t.community_id = $1 AND t.number ="
    "      CASE WHEN c.debit = $2 THEN c.debit_previous ELSE c.credit_previous END OFFSET 0) t"
    "  WHERE c.place < $4"
    ")"
    " SELECT s.number, c.number, c.time_us, c.amount, c.debit, c.credit, c.op_id, c.kind,"
    "  o.command, o.ref, o.note, p.name"
    " FROM start s LEFT JOIN chain c ON true"
    " LEFT JOIN LATERAL (SELECT o.command, o.ref, o.note FROM fz.operation o"
    "  WHERE o.community_id = $1 AND o.op_id = c.op_id OFFSET 0) o ON true"
    " LEFT JOIN LATERAL (SELECT p.name FROM fz.party p WHERE p.community_id = $1"
    "  AND p.party = (CASE WHEN c.credit = $2 THEN c.debit ELSE c.credit END) % 1000000000"
    "  OFFSET 0) p ON true"
    " ORDER BY c.place",
};

enum {
    HISTORY_START,
    HISTORY_NUMBER,
    HISTORY_TIME,
    HISTORY_AMOUNT,
    HISTORY_DEBIT,
    HISTORY_CREDIT,
    HISTORY_OPERATION,
    HISTORY_KIND,
    HISTORY_COMMAND,
    HISTORY_REF,
    HISTORY_NOTE,
    HISTORY_NAME
};

/* Whether an operation's `ref` is an intent (else it is a payout, or nothing). */
static bool is_about_intent(int64_t command)
{
    return command == FZ_COMMAND_PAY || command == FZ_COMMAND_VOID || command == FZ_COMMAND_REFUND;
}

static const char *text_or_empty(const PGresult *result, int row, int column)
{
    const char *text = fz_pg_text(result, row, column);
    return text == NULL ? "" : text;
}

static void
read_history_row(const PGresult *result, int row, int64_t account, struct fz_history_row *out)
{
    int64_t debit = fz_pg_int(result, row, HISTORY_DEBIT);
    int64_t credit = fz_pg_int(result, row, HISTORY_CREDIT);
    *out = (struct fz_history_row){
        .number = fz_pg_int(result, row, HISTORY_NUMBER),
        .time_us = fz_pg_int(result, row, HISTORY_TIME),
        .amount = fz_pg_int(result, row, HISTORY_AMOUNT),
        .counterparty = credit == account ? debit : credit,
        .operation = fz_pg_uuid(result, row, HISTORY_OPERATION),
        .kind = (enum fz_kind)fz_pg_int(result, row, HISTORY_KIND),
        .credit = credit == account,
        .counterparty_name = text_or_empty(result, row, HISTORY_NAME),
        .note = text_or_empty(result, row, HISTORY_NOTE),
    };
    if (is_about_intent(fz_pg_int(result, row, HISTORY_COMMAND))) {
        out->intent = fz_pg_uuid(result, row, HISTORY_REF);
    }
}

static void finish_history(const struct fz_read_call *call,
                           fz_rc rc,
                           const PGresult *result,
                           union fz_read_page *page)
{
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rc == FZ_OK && rows == 0) {
        rc = FZ_NOT_FOUND;
    } else if (rc == FZ_OK && fz_pg_is_null(result, 0, HISTORY_START)) {
        rc = FZ_BAD_QUERY;
    }
    if (rc != FZ_OK) {
        call->done.history(call->ctx, rc, NULL, 0);
        return;
    }
    fz_assert(rows <= FZ_PAGE_MAX);
    unsigned len = 0;
    for (int row = 0; row < rows && !fz_pg_is_null(result, row, HISTORY_NUMBER); row++) {
        read_history_row(result, row, call->account, &page->history[len++]);
    }
    call->done.history(call->ctx, FZ_OK, page->history, len);
}

void fz_read_history(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_history_page *page,
                     fz_history_done done,
                     void *ctx)
{
    fz_assert(page->limit >= 1 && page->limit <= FZ_PAGE_MAX);
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, page->account);
    fz_pg_add_int8(params, page->before);
    fz_pg_add_int4(params, (int32_t)page->limit);
    struct fz_read_call call = {.statement = &fz_sql_history,
                                .finish = finish_history,
                                .done = {.history = done},
                                .ctx = ctx,
                                .account = page->account};
    fz_read_start(reader, &call);
}
