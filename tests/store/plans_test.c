/*
 * The plans of every statement of a batch and of the reader are pinned, on an empty database and on
 * a big one: rows are found by a whole key, never by reading a table, whatever the planner believes
 * about sizes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/commit.h"
#include "ledger/store/reader_query.h"
#include "tests/store/books.h"
#include "tests/support/leak.h"

/* Index conditions that a plan may have: each names the index's key from its first column on. */
static const char *const conditions[] = {
    /* whole keys of one row for each that asks */
    "((community_id = $1) AND (account = $2))",
    "((community_id = $1) AND (account = $3))",
    "((community_id = $1) AND (account = (unnest(",
    "((community_id = $1) AND (event = ",
    "((community_id = $1) AND (number = ",
    "((community_id = $1) AND (op_id = ",
    "((community_id = $1) AND (intent_id = ",
    "((community_id = $1) AND (payout_id = ",
    "((community_id = $1) AND (code_id = ",
    "((community_id = $1) AND (key_id = ",
    "((community_id = $1) AND (party = ",
    "((community_id = $1) AND (shop = ",
    "((community_id = $1) AND (batch = ",
    "((community_id = $1) AND (corrects = ",
    "((community_id = $1) AND (webhook_id = ",
    "((community_id = $1) AND (hash = ",
    "((community_id = c.community_id) AND ",
    "((community_id = p.community_id) AND ",
    /* ranges that end with the page */
    "((community_id = $1) AND (account = $2) AND (time_us >= ",
    "((community_id = $1) AND (account = $2) AND (time_us > ",
    "((community_id = $1) AND (event > $2))",
    "(ROW(community_id, shop, refund_id) > ROW($1, $2, $3))",
    "((community_id = held_refund.community_id) AND (account = ",
    "((community_id = $1) AND (number > $2))",
};

/* Only these have one row for a community. */
static bool is_of_community(const char *scan)
{
    return strstr(scan, "head_pkey") != NULL || strstr(scan, "community_pkey") != NULL;
}

static bool is_by_key(const char *scan, const char *line)
{
    const char *condition = strstr(line, "Index Cond: ") + strlen("Index Cond: ");
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (strncmp(condition, conditions[i], strlen(conditions[i])) == 0) {
            return true;
        }
    }
    return strstr(condition, "AND") == NULL && is_of_community(scan);
}

/* What is wrong with a line of a plan, NULL if nothing. *scan is the index entered last. */
static const char *find_fault(const char *line, const char **scan)
{
    bool is_scan = strstr(line, "Index Scan ") != NULL ||
                   strstr(line, "Index Only Scan ") != NULL ||
                   strstr(line, "Bitmap Index Scan ") != NULL;
    if (strstr(line, "Seq Scan") != NULL) {
        return "reads a whole table";
    }
    if (is_scan && *scan != NULL) {
        return "enters an index without a condition, above";
    }
    if (is_scan) {
        *scan = line;
    } else if (strstr(line, "Index Cond: ") != NULL) {
        bool is_key = *scan != NULL && is_by_key(*scan, line);
        *scan = NULL;
        return is_key ? NULL : "does not go by a key";
    }
    return NULL;
}

/* The number of faults in a plan; `name` NULL: they are expected, and not reported. */
static unsigned check_plan(const char *name, const PGresult *plan)
{
    const char *scan = NULL;
    unsigned faults = 0;
    for (int row = 0; row < PQntuples(plan); row++) {
        const char *line = PQgetvalue(plan, row, 0);
        const char *fault = find_fault(line, &scan);
        faults += fault != NULL;
        cr_expect(fault == NULL || name == NULL, "%s %s: %s", name, fault, line);
    }
    cr_expect(scan == NULL || name == NULL, "%s enters an index without a condition", name);
    return faults + (scan != NULL);
}

/* A call of the prepared statement with NULLs: a generic plan does not look at the values. */
static void explain(struct testbed *bed, const char *name, const char *sql)
{
    char call[400] = "";
    testbed_sql(bed, "PREPARE pinned AS %s", sql);
    int64_t parameters = testbed_int(
        bed, "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = "
             "'pinned'");
    for (int64_t i = 0; i < parameters; i++) {
        (void)strncat(call, i == 0 ? "(NULL" : ", NULL", sizeof call - strlen(call) - 1);
    }
    char explain_sql[450];
    (void)snprintf(explain_sql, sizeof explain_sql, "EXPLAIN (COSTS OFF) EXECUTE pinned%s%s", call,
                   parameters == 0 ? "" : ")");
    PGresult *plan = PQexec(bed->conn, explain_sql);
    cr_assert(PQntuples(plan) > 0, "%s: %s", name, PQerrorMessage(bed->conn));
    (void)check_plan(name, plan);
    PQclear(plan);
    testbed_sql(bed, "DEALLOCATE pinned");
}

/* Sets what the options of a connection " -c NAME=VALUE ..." set. */
static void set_all(struct testbed *bed, const char *settings)
{
    char name[64];
    char value[64];
    int used = 0;
    for (; sscanf(settings, " -c %63[^=]=%63s%n", name, value, &used) == 2; settings += used) {
        testbed_sql(bed, "SET %s = %s", name, value);
    }
    cr_assert(settings[0] == '\0', "%s", settings);
}

static bool has_plan(const char *sql)
{
    return strncmp(sql, "BEGIN", 5) != 0 && strncmp(sql, "COMMIT", 6) != 0;
}

static void explain_all(struct testbed *bed)
{
    unsigned seen = 0;
    set_all(bed, FZ_COMMIT_SETTINGS);
    for (unsigned i = 0; i < FZ_COMMIT_STATEMENTS; i++) {
        const char *sql = fz_commit_statement_sql((enum fz_commit_statement)i);
        if (has_plan(sql)) {
            const char *name = fz_commit_statement_name((enum fz_commit_statement)i);
            explain(bed, name, sql);
            seen++;
        }
    }
    testbed_sql(bed, "RESET ALL");
    testbed_sql(bed, "%s", fz_reader_settings());
    const struct fz_statement *statement;
    for (unsigned i = 0; (statement = fz_reader_statement(i)) != NULL; i++) {
        explain(bed, statement->name, statement->sql);
        seen++;
    }
    testbed_sql(bed, "RESET ALL");
    cr_expect(seen >= 23 + 16, "%u statements", seen);
}

static void count_rows(struct testbed *bed, const char *what, int64_t least)
{
    int64_t rows = testbed_int(bed,
                               "SELECT reltuples::bigint FROM pg_class WHERE oid ="
                               " 'fz.%s'::regclass",
                               what);
    cr_assert(rows >= least, "%s has %lld rows", what, (long long)rows);
}

Test(plans, go_by_key_whatever_the_sizes, .timeout = 100)
{
    static struct books books;
    struct testbed bed;
    testbed_open(&bed, NULL);
    cr_assert(testbed_int(&bed, "SELECT max(reltuples)::bigint FROM pg_class WHERE relnamespace ="
                                " 'fz'::regnamespace AND relkind = 'r'") == -1,
              "never analyzed");
    explain_all(&bed); /* nothing is there, nothing is known */
    testbed_sql(&bed, "VACUUM ANALYZE");
    explain_all(&bed); /* it is known that nothing is there */
    testbed_town(&bed, 3);
    books_open(&books, 3, 1);
    books_grow(&books, &bed, 2000);
    /* Other towns, so that the one at hand is a small part; and intents, events, keys of theirs. */
    testbed_sql(&bed, "INSERT INTO fz.transfer SELECT 100 + n / 5000, number + 2000 * (n %% 3),"
                      " debit, credit, amount, time_us, 0, 0, NULL, op_id, kind, 0, 0"
                      " FROM fz.transfer, generate_series(1, 20000, 5000) n WHERE community_id = 3"
                      " AND corrects IS NULL");
    testbed_sql(&bed, "INSERT INTO fz.account (community_id, account) SELECT 100 + n %% 7,"
                      " 10000000000 + n FROM generate_series(1, 20000) n");
    testbed_sql(&bed, "INSERT INTO fz.intent (community_id, intent_id, shop, amount, created_us,"
                      " expires_us, terminal, state, reference, shop_name, qr, last_event)"
                      " SELECT 3, gen_random_uuid(), 1, 5, 1, 2, 1, 1, '', '', '', n"
                      " FROM generate_series(1, 20000) n");
    testbed_sql(&bed, "INSERT INTO fz.event"
                      " SELECT 3, n, n, 1, 1, 0, gen_random_uuid(), NULL, 1, 1, 0"
                      " FROM generate_series(1, 20000) n");
    testbed_sql(&bed, "INSERT INTO fz.batch SELECT 3, n, n, 1, 1, n, sha256(int8send(n))"
                      " FROM generate_series(1, 20000) n");
    testbed_sql(&bed, "INSERT INTO fz.account_mark SELECT 3, 10000000000 + n %% 900, n, n, 0, 0,"
                      " int8send(64) || int8send(n) FROM generate_series(1, 20000) n"
                      " ON CONFLICT DO NOTHING");
    testbed_sql(&bed, "INSERT INTO fz.payout SELECT 3, gen_random_uuid(), 1, 5, 1"
                      " FROM generate_series(1, 20000) n");
    testbed_sql(&bed, "INSERT INTO fz.party SELECT 3, n, 'R', 'x' FROM generate_series(10, 20000)"
                      " n");
    testbed_sql(&bed, "INSERT INTO fz.credential SELECT 3, 'key' || n, decode(repeat('00', 91),"
                      " 'hex'), n, 1, NULL, '' FROM generate_series(10, 20000) n");
    testbed_sql(&bed, "ANALYZE");
    count_rows(&bed, "transfer", 8000);
    count_rows(&bed, "account_mark", 10000);
    explain_all(&bed);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* The check itself: each of these must be found. */
Test(plans, the_check_sees_what_it_must)
{
    static const char *const slow[] = {
        "SELECT FROM fz.transfer WHERE number = 5",
        "SELECT FROM fz.transfer WHERE community_id = 1",
        "SELECT FROM fz.transfer WHERE community_id = 1 AND debit = 5",
        "SELECT FROM fz.operation WHERE op_id = '00000000-0000-0000-0000-000000000001'",
        "SELECT FROM fz.account ORDER BY community_id, account",
        "SELECT FROM fz.event WHERE community_id = 1 AND shop = 1",
    };
    struct testbed bed;
    testbed_open(&bed, NULL);
    for (unsigned seqscan = 0; seqscan < 2; seqscan++) {
        testbed_sql(&bed, "SET enable_seqscan = %s", seqscan == 0 ? "off" : "on");
        for (unsigned i = 0; i < sizeof slow / sizeof slow[0]; i++) {
            char sql[200];
            (void)snprintf(sql, sizeof sql, "EXPLAIN (COSTS OFF) %s", slow[i]);
            PGresult *plan = PQexec(bed.conn, sql);
            cr_assert(PQntuples(plan) > 0, "%s", PQerrorMessage(bed.conn));
            cr_expect(check_plan(NULL, plan) > 0, "passes for a look-up by key: %s", slow[i]);
            PQclear(plan);
        }
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
