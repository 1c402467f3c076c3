/*
 * Room ledger/store. An account's past: pages of its transfers by kind, side and time, and what it
 * was at any moment. There is no index on the journal by account. Every step is a look-up by the
 * journal's primary key along the account's chains (docs/ledger.md), and a mark, of which there is
 * one after every 64th transfer of an account, is where a walk begins. So the work is that of the
 * page, at any size of the journal. OFFSET 0 keeps the planner from turning a look-up into a join.
 */
#include "feezero/assert.h"
#include "ledger/core/decide.h"
#include "ledger/core/heads.h"
#include "ledger/store/read_columns.h"

_Static_assert(FZ_MARK_EVERY == 64, "migration 0004 made the marks of old journals");

/* Word `at` of heads, from 0; 0 if there is none. */
#define WORD(heads, at) \
    "('x' || encode(substr(" heads ", 8 * (" at ") + 1, 8), 'hex'))::bit(64)::bigint"

/* The side of transfer t that is account $2's. */
#define OWN(debit, credit) "CASE $2::bigint WHEN t.debit THEN t." debit " ELSE t." credit " END"

/*
 * The account's first mark at `moment` or later, or else itself, which is later still. Of two that
 * are of the same transfer it does not matter which.
 */
#define STATE_AT(moment)                                                             \
    " SELECT * FROM ((SELECT m.number, m.debits_posted, m.credits_posted, m.heads"   \
    "   FROM fz.account_mark m WHERE m.community_id = $1 AND m.account = $2"         \
    "    AND m.time_us >= " moment " ORDER BY m.time_us LIMIT 1)"                    \
    "  UNION ALL SELECT a.last_transfer, a.debits_posted, a.credits_posted, a.heads" \
    "   FROM fz.account a WHERE a.community_id = $1 AND a.account = $2) s"           \
    " ORDER BY s.number LIMIT 1"

/* --- pages ---------------------------------------------------------------------------------------
 * $3 before, $4 limit, $5 slots (kind and side, see heads.h; NULL: all), $6 from, $7 until.
 *
 * bound: up to which moment (not included), and the chains behind `before`, if it was given; no
 *   row if it is none of the account's.
 * start: the newest transfer that may be in the page, and the heads of the chains wanted. Where the
 *   page goes on along the chain that `before` is on, they are known; else those of the state that
 *   follows the moment.
 * back: from there back to the moment, at most 64 steps, turning the heads back.
 * chain: the newest of the heads is the next row, and its chain goes on behind it.
 *
 * The first column is whether there is a bound. An account without rows has one with NULLs.
 */
#define NEXT                                      \
    "CASE WHEN $5::smallint[] IS NULL THEN " OWN( \
        "debit_previous", "credit_previous") " ELSE " OWN("debit_same", "credit_same") " END"
#define HISTORY_ROW                                                                              \
    "SELECT t.number, t.debit, t.credit, t.amount, t.time_us, t.op_id, t.kind, " NEXT " AS next" \
    " FROM fz.transfer t WHERE t.community_id = $1 AND t.time_us >= $6 AND t.number ="
#define NEWEST(heads) "(SELECT max(n) FROM unnest(" heads ") n)"

/* clang-format off */
const struct fz_statement fz_sql_history = {
    "fz_history",
    "WITH RECURSIVE bound AS ("
    " SELECT t.number, least(t.time_us, $7) AS moment,"
    "  " OWN("debit_previous", "credit_previous") " AS previous,"
    "  " OWN("debit_same", "credit_same") " AS same,"
    "  t.time_us <= $7 AND ($5::smallint[] IS NULL OR $5 = ARRAY["
    "   (t.kind * 2 + CASE $2::bigint WHEN t.debit THEN 0 ELSE 1 END)::smallint]) AS goes_on"
    " FROM fz.transfer t WHERE t.community_id = $1 AND t.number = $3"
    "  AND $2::bigint = ANY (ARRAY[t.debit, t.credit])"
    " UNION ALL SELECT 0, $7::bigint, 0, 0, false WHERE $3::bigint = 0"
    "), start AS ("
    " SELECT b.moment, b.previous AS number,"
    "  ARRAY[CASE WHEN $5::smallint[] IS NULL THEN b.previous ELSE b.same END] AS heads"
    " FROM bound b WHERE b.goes_on"
    " UNION ALL"
    " SELECT b.moment, s.number,"
    "  CASE WHEN $5::smallint[] IS NULL THEN ARRAY[s.number] ELSE ARRAY("
    "   SELECT w.word & 72057594037927935 FROM (SELECT " WORD("s.heads", "i") " AS word"
    "    FROM generate_series(1, length(s.heads) / 8 - 1) i) w"
    "   WHERE w.word >> 56 = ANY ($5)) END"
    " FROM bound b CROSS JOIN LATERAL (" STATE_AT("b.moment") ") s WHERE NOT b.goes_on"
    "), back AS ("
    " SELECT s.*, 0 AS steps FROM start s"
    " UNION ALL"
    " SELECT b.moment, t.previous, array_replace(b.heads, t.number, t.next), b.steps + 1"
    " FROM back b CROSS JOIN LATERAL (SELECT t.number,"
    "   " OWN("debit_previous", "credit_previous") " AS previous, " NEXT " AS next"
    "  FROM fz.transfer t WHERE t.community_id = $1 AND t.number = b.number"
    "   AND t.time_us >= b.moment OFFSET 0) t"
    "), entry AS ("
    " SELECT b.heads FROM back b ORDER BY b.steps DESC LIMIT 1"
    "), chain AS ("
    " SELECT t.*, array_replace(e.heads, t.number, t.next) AS heads, 1 AS place FROM entry e"
    " CROSS JOIN LATERAL (" HISTORY_ROW NEWEST("e.heads") " OFFSET 0) t"
    " UNION ALL"
    " SELECT t.*, array_replace(c.heads, t.number, t.next), c.place + 1 FROM chain c"
    " CROSS JOIN LATERAL (" HISTORY_ROW NEWEST("c.heads") " OFFSET 0) t"
    " WHERE c.place < $4"
    ")"
    " SELECT EXISTS (SELECT FROM bound), c.number, c.time_us, c.amount, c.debit, c.credit,"
    "  c.op_id, c.kind, o.command, coalesce(r.ref, o.ref), o.note, p.name"
    " FROM fz.account a LEFT JOIN chain c ON true"
    " LEFT JOIN LATERAL (SELECT o.command, o.ref, o.note FROM fz.operation o"
    "  WHERE o.community_id = $1 AND o.op_id = c.op_id OFFSET 0) o ON true"
    " LEFT JOIN LATERAL (SELECT r.ref FROM fz.operation r WHERE o.command = 18"
    "  AND r.community_id = $1 AND r.op_id = o.ref OFFSET 0) r ON true"
    " LEFT JOIN LATERAL (SELECT p.name FROM fz.party p WHERE p.community_id = $1"
    "  AND p.party = (CASE WHEN c.credit = $2 THEN c.debit ELSE c.credit END) % 1000000000"
    "  OFFSET 0) p ON true"
    " WHERE a.community_id = $1 AND a.account = $2"
    " ORDER BY c.place",
};
/* clang-format on */

_Static_assert(FZ_COMMAND_REFUND_RELEASE == 18, "the statements know it: its ref is a REFUND");

/* Whether an operation's `ref` is an intent (else it is a payout, or nothing). */
static bool is_about_intent(int64_t command)
{
    return command == FZ_COMMAND_PAY || command == FZ_COMMAND_VOID ||
           command == FZ_COMMAND_REFUND || command == FZ_COMMAND_REFUND_RELEASE;
}

static const char *text_or_empty(const PGresult *result, int row, int column)
{
    const char *text = fz_pg_text(result, row, column);
    return text == NULL ? "" : text;
}

void fz_read_history_columns(const PGresult *result,
                             int row,
                             int64_t account,
                             struct fz_history_row *out)
{
    int64_t debit = fz_pg_int(result, row, FZ_HISTORY_DEBIT);
    int64_t credit = fz_pg_int(result, row, FZ_HISTORY_CREDIT);
    *out = (struct fz_history_row){
        .number = fz_pg_int(result, row, FZ_HISTORY_NUMBER),
        .time_us = fz_pg_int(result, row, FZ_HISTORY_TIME),
        .amount = fz_pg_int(result, row, FZ_HISTORY_AMOUNT),
        .counterparty = credit == account ? debit : credit,
        .operation = fz_pg_uuid(result, row, FZ_HISTORY_OPERATION),
        .kind = (enum fz_kind)fz_pg_int(result, row, FZ_HISTORY_KIND),
        .credit = credit == account,
        .counterparty_name = text_or_empty(result, row, FZ_HISTORY_NAME),
        .note = text_or_empty(result, row, FZ_HISTORY_NOTE),
    };
    int64_t command = fz_pg_int(result, row, FZ_HISTORY_COMMAND);
    if (is_about_intent(command)) {
        out->intent = fz_pg_uuid(result, row, FZ_HISTORY_REF);
    } else if (command == FZ_COMMAND_INTENT) {
        out->intent = out->operation; /* by a code: made and paid in one */
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
    } else if (rc == FZ_OK && !fz_pg_bool(result, 0, FZ_HISTORY_FOUND)) {
        rc = FZ_BAD_QUERY;
    }
    if (rc != FZ_OK) {
        call->done.history(call->ctx, rc, NULL, 0);
        return;
    }
    fz_assert(rows <= FZ_PAGE_MAX);
    unsigned len = 0;
    for (int row = 0; row < rows && !fz_pg_is_null(result, row, FZ_HISTORY_NUMBER); row++) {
        fz_read_history_columns(result, row, call->account, &page->history[len++]);
    }
    call->done.history(call->ctx, FZ_OK, page->history, len);
}

/* The chains a page is made of, as $5; NULL if it is all of them. */
static void add_slots(struct fz_pg_params *params, const struct fz_history_page *page)
{
    int16_t slots[FZ_HEADS_MAX];
    unsigned len = 0;
    const struct fz_kind_info *info;
    if (page->kinds == 0 && page->side == FZ_HISTORY_BOTH) {
        fz_pg_add_null(params);
        return;
    }
    for (unsigned i = 0; (info = fz_kind_at(i)) != NULL; i++) {
        for (unsigned k = 0; k < 2; k++) {
            enum fz_side side = k == 0 ? FZ_SIDE_DEBIT : FZ_SIDE_CREDIT;
            bool is_kind = page->kinds == 0 || (page->kinds & fz_kind_bit(info->kind)) != 0;
            bool is_side = page->side != (k == 0 ? FZ_HISTORY_CREDITS : FZ_HISTORY_DEBITS);
            if (is_kind && is_side &&
                fz_kind_touches(info->kind, fz_account_number_class(page->account), side)) {
                fz_assert(len < FZ_HEADS_MAX);
                slots[len++] = (int16_t)fz_heads_slot(info->kind, side);
            }
        }
    }
    fz_pg_array_begin(params, FZ_PG_INT2, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_int2(params, slots[i]);
    }
    fz_pg_array_end(params);
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
    add_slots(params, page);
    fz_pg_add_int8(params, page->from_us);
    fz_pg_add_int8(params, page->until_us == 0 ? INT64_MAX : page->until_us);
    struct fz_read_call call = {.statement = &fz_sql_history,
                                .finish = finish_history,
                                .done = {.history = done},
                                .ctx = ctx,
                                .account = page->account};
    fz_read_start(reader, &call);
}

/* --- moments -------------------------------------------------------------------------------------
 * $3 moments. For each: back from the state that follows it, taking off what was booked at the
 * moment or later, at most 64 steps.
 */
const struct fz_statement fz_sql_past = {
    "fz_past",
    "WITH RECURSIVE back AS ("
    " SELECT e.place, e.moment, s.number, s.debits_posted AS debits, s.credits_posted AS credits,"
    "  " WORD(
        "s.heads",
        "0") " AS transfers"
             " FROM unnest($3::bigint[]) WITH ORDINALITY e (moment, place)"
             " CROSS JOIN LATERAL (" STATE_AT(
                 "e.moment") ") s"
                             " UNION ALL"
                             " SELECT b.place, b.moment, t.previous, b.debits - t.debited, "
                             "b.credits - t.credited,"
                             "  b.transfers - 1"
                             " FROM back b CROSS JOIN LATERAL (SELECT"
                             "   " OWN(
                                 "debit_previous",
                                 "credit_previous") " AS previous,"
                                                    "   CASE $2::bigint WHEN t.debit THEN t.amount "
                                                    "ELSE 0 "
                                                    "END AS debited,"
                                                    "   CASE $2::bigint WHEN t.debit THEN 0 ELSE "
                                                    "t.amount "
                                                    "END AS credited"
                                                    "  FROM fz.transfer t WHERE t.community_id = "
                                                    "$1 AND t.number = b.number"
                                                    "   AND t.time_us >= b.moment OFFSET 0) t"
                                                    ")"
                                                    " SELECT DISTINCT ON (b.place) b.number, "
                                                    "b.debits, b.credits, b.transfers, "
                                                    "h.last_time_us"
                                                    " FROM fz.head h CROSS JOIN back b WHERE "
                                                    "h.community_id = $1"
                                                    " ORDER BY b.place, b.transfers",
};

static void finish_past(const struct fz_read_call *call,
                        fz_rc rc,
                        const PGresult *result,
                        union fz_read_page *page)
{
    struct fz_past_row rows[FZ_PAST_MAX];
    unsigned len = rc == FZ_OK ? (unsigned)PQntuples(result) : 0;
    (void)page;
    if (rc == FZ_OK && len == 0) {
        rc = FZ_NOT_FOUND;
    }
    fz_assert(len <= FZ_PAST_MAX);
    for (unsigned i = 0; i < len; i++) {
        struct fz_account account = {.number = call->account,
                                     .debits_posted = fz_pg_int(result, (int)i, 1),
                                     .credits_posted = fz_pg_int(result, (int)i, 2)};
        rows[i] = (struct fz_past_row){.account = call->account,
                                       .as_of = fz_pg_int(result, (int)i, 0),
                                       .balance = fz_account_balance(&account),
                                       .debits = account.debits_posted,
                                       .credits = account.credits_posted,
                                       .transfers = fz_pg_int(result, (int)i, 3),
                                       .time_us = fz_pg_int(result, (int)i, 4)};
    }
    call->done.past(call->ctx, rc, rc == FZ_OK ? rows : NULL, len);
}

void fz_read_past(struct fz_reader *reader,
                  int32_t community,
                  const struct fz_past_query *query,
                  fz_past_done done,
                  void *ctx)
{
    fz_assert(query->len >= 1 && query->len <= FZ_PAST_MAX);
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, query->account);
    fz_pg_array_begin(params, FZ_PG_INT8, query->len);
    for (unsigned i = 0; i < query->len; i++) {
        fz_pg_item_int8(params, query->moments_us[i]);
    }
    fz_pg_array_end(params);
    struct fz_read_call call = {.statement = &fz_sql_past,
                                .finish = finish_past,
                                .done = {.past = done},
                                .ctx = ctx,
                                .account = query->account};
    fz_read_start(reader, &call);
}
