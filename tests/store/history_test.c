/*
 * History pages against the plain answer: 500 transfers of a small town, every size of page, every
 * page. And the plans of all the reader's statements: by key, whatever the size of the tables.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "ledger/store/reader_query.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define TRANSFERS 500
#define ACCOUNTS 4

static const int64_t accounts[ACCOUNTS] = {1000000000LL, 10000000002LL, 10000000003LL,
                                           11000000001LL};
static const char *const names[ACCOUNTS] = {"", "佐藤", "鈴木", "喫茶みなと"};

struct movement {
    enum fz_kind kind;
    int debit; /* index into accounts */
    int credit;
    enum fz_command_type command;
};

static const struct movement movements[] = {
    {FZ_KIND_TOPUP, 0, 1, FZ_COMMAND_TOPUP},   {FZ_KIND_TOPUP, 0, 2, FZ_COMMAND_TOPUP},
    {FZ_KIND_PAYMENT, 1, 3, FZ_COMMAND_PAY},   {FZ_KIND_PAYMENT, 2, 3, FZ_COMMAND_PAY},
    {FZ_KIND_REFUND, 3, 1, FZ_COMMAND_REFUND}, {FZ_KIND_VOID, 3, 2, FZ_COMMAND_VOID},
    {FZ_KIND_P2P, 1, 2, FZ_COMMAND_P2P},       {FZ_KIND_P2P, 2, 1, FZ_COMMAND_P2P},
};

/* What is in the books, by number; [0] is not used. */
static struct movement book[TRANSFERS + 1];

static const char *id_text(unsigned number)
{
    static char texts[2][FZ_ID_TEXT_LEN + 1];
    static unsigned next;
    char *text = texts[next++ % 2];
    struct fz_id id = testbed_id(number);
    fz_id_format(&id, text);
    return text;
}

static void insert_transfer(struct testbed *bed, int32_t community, int number, const int *last)
{
    const struct movement *m = &book[number];
    testbed_sql(bed,
                "INSERT INTO fz.transfer VALUES (%d, %d, %lld, %lld, %d, %d, %d, %d, NULL, '%s',"
                " %d, 0, 0)",
                community, number, (long long)accounts[m->debit], (long long)accounts[m->credit],
                number * 10, number * 1000, last[m->debit], last[m->credit],
                id_text(1000 + (unsigned)number), (int)m->kind);
    testbed_sql(bed,
                "INSERT INTO fz.operation (community_id, op_id, command, rc, state, terminal,"
                " batch, batch_seq, time_us, actor, shop, party, payee, amount, value, number,"
                " expires_us, fingerprint, ref, note) VALUES (%d, '%s', %d, 0, 0, 0, 1, 0, 0, 0,"
                " 0, 0, 0, 0, 0, 0, 0, '\\x%064d', '%s', 'note %d')",
                community, id_text(1000 + (unsigned)number), (int)m->command, 0,
                id_text(5000 + (unsigned)number), number);
}

/* Books 500 transfers by dice whose throws are always the same. */
static void fill_books(struct testbed *bed, int32_t community)
{
    int last[ACCOUNTS] = {0};
    unsigned short dice[3] = {1, 2, 3};
    testbed_sql(bed, "BEGIN");
    for (int number = 1; number <= TRANSFERS; number++) {
        book[number] = movements[nrand48(dice) % (long)(sizeof movements / sizeof movements[0])];
        insert_transfer(bed, community, number, last);
        last[book[number].debit] = number;
        last[book[number].credit] = number;
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        testbed_sql(bed,
                    "UPDATE fz.account SET last_transfer = %d WHERE community_id = %d AND account"
                    " = %lld",
                    last[i], community, (long long)accounts[i]);
    }
    testbed_sql(bed, "COMMIT");
}

struct answer {
    unsigned calls;
    fz_rc rc;
    unsigned len;
    struct fz_history_row rows[FZ_PAGE_MAX];
};

/* Compares a row with the books while its strings are there. */
static void check_row(const struct fz_history_row *row)
{
    cr_assert(row->number >= 1 && row->number <= TRANSFERS);
    const struct movement *m = &book[row->number];
    int other = row->credit ? m->debit : m->credit;
    cr_assert(row->kind == m->kind && row->amount == row->number * 10);
    cr_assert(row->time_us == row->number * 1000);
    cr_assert(row->counterparty == accounts[other]);
    cr_assert_str_eq(row->counterparty_name, names[other]);
    cr_assert(strtol(row->note + strlen("note "), NULL, 10) == row->number, "%s", row->note);
    struct fz_id operation = testbed_id(1000 + (unsigned)row->number);
    cr_assert(fz_id_equal(&row->operation, &operation));
    struct fz_id intent = {{0}};
    if (m->command == FZ_COMMAND_PAY || m->command == FZ_COMMAND_VOID ||
        m->command == FZ_COMMAND_REFUND) {
        intent = testbed_id(5000 + (unsigned)row->number);
    }
    cr_assert(fz_id_equal(&row->intent, &intent), "number %d", (int)row->number);
}

static void on_history(void *ctx, fz_rc rc, const struct fz_history_row *rows, unsigned len)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->rc = rc;
    answer->len = len;
    for (unsigned i = 0; i < len; i++) {
        answer->rows[i] = rows[i];
        check_row(&rows[i]);
    }
}

static void ask(struct testbed *bed,
                int32_t community,
                const struct fz_history_page *page,
                struct answer *answer)
{
    answer->calls = 0;
    fz_read_history(bed->reader, community, page, on_history, answer);
    testbed_wait(bed, &answer->calls, 1);
}

/* The plain answer: the newest transfer of the account below `before`, 0 if there is none. */
static int next_below(int account, int before)
{
    for (int number = before - 1; number > 0; number--) {
        if (book[number].debit == account || book[number].credit == account) {
            return number;
        }
    }
    return 0;
}

/* Walks the whole history of an account in pages of one size. */
static void walk(struct testbed *bed, int32_t community, int account, unsigned limit)
{
    static struct answer answer;
    struct fz_history_page page = {.account = accounts[account], .limit = limit};
    int expected = next_below(account, TRANSFERS + 1);
    for (;;) {
        ask(bed, community, &page, &answer);
        cr_assert(answer.rc == FZ_OK && answer.len <= limit);
        for (unsigned i = 0; i < answer.len; i++) {
            cr_assert(answer.rows[i].number == expected, "page of %u: %d, not %d", limit,
                      (int)answer.rows[i].number, expected);
            cr_assert(answer.rows[i].credit == (book[expected].credit == account));
            page.before = expected;
            expected = next_below(account, expected);
        }
        if (answer.len < limit) {
            break;
        }
    }
    cr_assert(expected == 0, "page of %u: %d and older are missing", limit, expected);
}

Test(history, every_page_of_every_size, .timeout = 100)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 1);
    fill_books(&bed, 1);
    testbed_start_reader(&bed, 1, true);
    for (unsigned limit = 1; limit <= FZ_PAGE_MAX; limit++) {
        walk(&bed, 1, (int)(limit % ACCOUNTS), limit);
        walk(&bed, 1, 3, limit);
    }
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(history, edges)
{
    struct testbed bed;
    static struct answer answer;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 2);
    fill_books(&bed, 2);
    testbed_start_reader(&bed, 1, true);
    int first = 0;
    int foreign = 0;
    for (int number = TRANSFERS; number > 0; number--) {
        if (book[number].debit == 3 || book[number].credit == 3) {
            first = number;
        } else {
            foreign = number;
        }
    }
    struct fz_history_page page = {.account = accounts[3], .before = first, .limit = 10};
    ask(&bed, 2, &page, &answer);
    cr_expect(answer.rc == FZ_OK && answer.len == 0, "nothing is older than the first");

    static const int64_t none[] = {-1, TRANSFERS + 1, INT64_MAX};
    for (unsigned i = 0; i < 3; i++) {
        page.before = none[i];
        ask(&bed, 2, &page, &answer);
        cr_expect(answer.rc == FZ_BAD_QUERY, "no such transfer: %lld", (long long)none[i]);
    }
    page.before = foreign;
    ask(&bed, 2, &page, &answer);
    cr_expect(answer.rc == FZ_BAD_QUERY, "another account's transfer");

    page = (struct fz_history_page){.account = 3000000001LL, .limit = FZ_PAGE_MAX};
    ask(&bed, 2, &page, &answer);
    cr_expect(answer.rc == FZ_OK && answer.len == 0, "an account that never moved");
    page.account = 10000000099LL;
    ask(&bed, 2, &page, &answer);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    page.account = accounts[3];
    ask(&bed, 77, &page, &answer);
    cr_expect(answer.rc == FZ_NOT_FOUND, "another town");
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- plans ------------------------------------------------------------------------------------ */

static const struct {
    const struct fz_statement *statement;
    const char *arguments;
} plans[] = {
    {&fz_sql_credential, "3, 'x'"},
    {&fz_sql_intent, "3, '00000000-0000-0000-0000-000000000000'"},
    {&fz_sql_intent_events, "3, '00000000-0000-0000-0000-000000000000', 0, 200"},
    {&fz_sql_community_events, "3, 0, 200"},
    {&fz_sql_operation, "3, '00000000-0000-0000-0000-000000000000'"},
    {&fz_sql_receipt, "3, '00000000-0000-0000-0000-000000000000', 4"},
    {&fz_sql_balance, "3, 10000000002"},
    {&fz_sql_history, "3, 10000000002, 0, 50"},
};

/* Every "using NAME" or "on NAME" of an index is a primary key, or the one index made for it. */
static void check_line(const char *name, const char *line)
{
    cr_expect(strstr(line, "Seq Scan") == NULL, "%s: %s", name, line);
    cr_expect(strstr(line, "Hash Join") == NULL, "%s: %s", name, line);
    if (strstr(line, "Index") != NULL && strstr(line, "Index Cond") == NULL) {
        cr_expect(strstr(line, "_pkey") != NULL || strstr(line, "event_of_intent") != NULL,
                  "%s: %s", name, line);
    }
    cr_expect(strstr(line, "Filter: ") == NULL || strstr(line, "place") != NULL ||
                  strstr(line, "command") != NULL,
              "%s reads what it does not want: %s", name, line);
}

Test(history, plans_go_by_key)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 3);
    testbed_sql(&bed, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off");
    testbed_sql(&bed, "SET enable_hashjoin = off; SET enable_mergejoin = off");
    for (unsigned i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        const char *name = plans[i].statement->name;
        testbed_sql(&bed, "PREPARE p%u AS %s", i, plans[i].statement->sql);
        char sql[256];
        (void)snprintf(sql, sizeof sql, "EXPLAIN (COSTS OFF) EXECUTE p%u(%s)", i,
                       plans[i].arguments);
        PGresult *result = PQexec(bed.conn, sql);
        cr_assert(PQntuples(result) > 0, "%s: %s", name, PQerrorMessage(bed.conn));
        for (int row = 0; row < PQntuples(result); row++) {
            check_line(name, PQgetvalue(result, row, 0));
        }
        PQclear(result);
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
