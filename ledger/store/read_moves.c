/*
 * Room ledger/store. What moves accounts, as it comes: the transfers of one account from some point
 * on, oldest first, and whose accounts a community's newest transfers were. An account's chain goes
 * back only, so a page begins at the first mark that lies far enough behind it (there is one after
 * every 64th transfer of an account) and walks back to where the page begins.
 */
#include "feezero/assert.h"
#include "ledger/core/heads.h"
#include "ledger/store/read_columns.h"

/* --- of one account ------------------------------------------------------------------------------
 * $3 after, $4 limit, $5 marks to pass over, so that a whole page lies before the next.
 *
 * bound: when `after` was booked; no row if it was not.
 * start: the newest transfer that is looked at.
 * chain: from there back.
 */
#define OWN_PREVIOUS "CASE $2::bigint WHEN t.debit THEN t.debit_previous ELSE t.credit_previous END"
#define CHAIN_ROW                                                                             \
    "SELECT t.number, t.debit, t.credit, t.amount, t.time_us, t.op_id, t.kind, " OWN_PREVIOUS \
    " AS previous FROM fz.transfer t WHERE t.community_id = $1"

const struct fz_statement fz_sql_money = {
    "fz_money",
    "WITH RECURSIVE bound AS ("
    " SELECT t.time_us FROM fz.transfer t WHERE t.community_id = $1 AND t.number = $3"
    " UNION ALL SELECT 0 WHERE $3::bigint = 0"
    "), start AS ("
    " SELECT s.number FROM bound b CROSS JOIN LATERAL (SELECT * FROM ("
    "   (SELECT m.number FROM fz.account_mark m WHERE m.community_id = $1 AND m.account = $2"
    "     AND m.time_us > b.time_us ORDER BY m.time_us OFFSET $5 LIMIT 1)"
    "   UNION ALL SELECT a.last_transfer FROM fz.account a"
    "    WHERE a.community_id = $1 AND a.account = $2) s"
    "  ORDER BY s.number LIMIT 1) s"
    "), chain AS ("
    " SELECT t.* FROM start s CROSS JOIN LATERAL ("
    "  " CHAIN_ROW " AND t.number = s.number OFFSET 0) t WHERE s.number > $3"
    " UNION ALL"
    " SELECT t.* FROM chain c CROSS JOIN LATERAL ("
    "  " CHAIN_ROW " AND t.number = c.previous OFFSET 0) t WHERE c.previous > $3"
    "), page AS ("
    " SELECT * FROM chain ORDER BY number LIMIT $4"
    ")"
    " SELECT EXISTS (SELECT FROM bound), c.number, c.time_us, c.amount, c.debit, c.credit,"
    "  c.op_id, c.kind, o.command, coalesce(r.ref, o.ref), o.note, p.name, i.terminal"
    " FROM fz.account a LEFT JOIN page c ON true"
    " LEFT JOIN LATERAL (SELECT o.command, o.ref, o.note FROM fz.operation o"
    "  WHERE o.community_id = $1 AND o.op_id = c.op_id OFFSET 0) o ON true"
    " LEFT JOIN LATERAL (SELECT r.ref FROM fz.operation r WHERE o.command = 18"
    "  AND r.community_id = $1 AND r.op_id = o.ref OFFSET 0) r ON true"
    " LEFT JOIN LATERAL (SELECT p.name FROM fz.party p WHERE p.community_id = $1"
    "  AND p.party = (CASE WHEN c.credit = $2 THEN c.debit ELSE c.credit END) % 1000000000"
    "  OFFSET 0) p ON true"
    " LEFT JOIN LATERAL (SELECT i.terminal FROM fz.intent i"
    "  WHERE i.community_id = $1 AND i.intent_id = coalesce(r.ref, o.ref, c.op_id) OFFSET 0) i ON "
    "true"
    " WHERE a.community_id = $1 AND a.account = $2"
    " ORDER BY c.number",
};

#define MONEY_TERMINAL FZ_HISTORY_COLUMNS_LEN

static void finish_money(const struct fz_read_call *call,
                         fz_rc rc,
                         const PGresult *result,
                         union fz_read_page *page)
{
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rc == FZ_OK && rows == 0) {
        rc = FZ_NOT_FOUND;
    } else if (rc == FZ_OK && !fz_pg_bool(result, 0, FZ_HISTORY_FOUND)) {
        rc = FZ_BAD_QUERY;
    }
    if (rc != FZ_OK) {
        call->done.money(call->ctx, rc, NULL, 0);
        return;
    }
    fz_assert(rows <= FZ_PAGE_MAX);
    unsigned len = 0;
    for (int row = 0; row < rows && !fz_pg_is_null(result, row, FZ_HISTORY_NUMBER); row++) {
        struct fz_money_row *out = &page->money[len++];
        fz_read_history_columns(result, row, call->account, &out->move);
        out->terminal = (int32_t)fz_pg_int(result, row, MONEY_TERMINAL);
    }
    call->done.money(call->ctx, FZ_OK, page->money, len);
}

void fz_read_money(struct fz_reader *reader,
                   int32_t community,
                   const struct fz_money_page *page,
                   fz_money_done done,
                   void *ctx)
{
    fz_assert(page->limit >= 1 && page->limit <= FZ_PAGE_MAX);
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, page->account);
    fz_pg_add_int8(params, page->after);
    fz_pg_add_int8(params, page->limit);
    fz_pg_add_int8(params, (page->limit + FZ_MARK_EVERY - 1) / FZ_MARK_EVERY);
    struct fz_read_call call = {.statement = &fz_sql_money,
                                .finish = finish_money,
                                .done = {.money = done},
                                .ctx = ctx,
                                .account = page->account};
    fz_read_start(reader, &call);
}

/* --- of a community ------------------------------------------------------------------------------
 */
const struct fz_statement fz_sql_community_moves = {
    "fz_community_moves",
    "SELECT t.number, t.debit, t.credit FROM fz.transfer t"
    " WHERE t.community_id = $1 AND t.number > $2 ORDER BY t.number LIMIT $3",
};

static void finish_moves(const struct fz_read_call *call,
                         fz_rc rc,
                         const PGresult *result,
                         union fz_read_page *page)
{
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    fz_assert(rows <= FZ_MOVES_MAX);
    for (int row = 0; row < rows; row++) {
        page->moves[row] = (struct fz_move_row){.number = fz_pg_int(result, row, 0),
                                                .debit = fz_pg_int(result, row, 1),
                                                .credit = fz_pg_int(result, row, 2)};
    }
    call->done.moves(call->ctx, rc, rc == FZ_OK ? page->moves : NULL, (unsigned)rows);
}

void fz_read_community_moves(
    struct fz_reader *reader, int32_t community, int64_t after, fz_moves_done done, void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, after);
    fz_pg_add_int8(params, FZ_MOVES_MAX);
    struct fz_read_call call = {.statement = &fz_sql_community_moves,
                                .finish = finish_moves,
                                .done = {.moves = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}
