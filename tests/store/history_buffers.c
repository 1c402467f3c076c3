/*
 * How many pages of PostgreSQL's buffers each way of looking into an account's past touches, on the
 * books of history_books.sql: EXPLAIN (ANALYZE, BUFFERS) of the reader's own statements under its
 * own settings. Prints one line for each; history_at_scale.sh compares them between sizes.
 *
 *   history_buffers CONNINFO
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/reader_query.h"

#define SHOP "11000002001"
#define WALLET "10000000001"
#define NEWEST "9223372036854775807"

/* Arguments behind the community; %MIDDLE and %BEFORE are the middle of the books. */
static const struct look {
    const char *name;
    const struct fz_statement *statement;
    const char *arguments;
} looks[] = {
    {"shop: newest 50", &fz_sql_history, SHOP ", 0, 50, NULL, 0, " NEWEST},
    {"shop: next 50 after a middle one", &fz_sql_history, SHOP ", %BEFORE, 50, NULL, 0, " NEWEST},
    {"shop: 50 payments", &fz_sql_history, SHOP ", 0, 50, '{5}', 0, " NEWEST},
    {"shop: next 50 payments", &fz_sql_history, SHOP ", %BEFORE, 50, '{5}', 0, " NEWEST},
    {"shop: 50 refunds, a rare kind", &fz_sql_history, SHOP ", 0, 50, '{8}', 0, " NEWEST},
    {"shop: refunds and payouts", &fz_sql_history, SHOP ", 0, 50, '{8,12}', 0, " NEWEST},
    {"shop: out", &fz_sql_history, SHOP ", 0, 50, '{6,8,12,26}', 0, " NEWEST},
    {"shop: out, before a middle one", &fz_sql_history,
     SHOP ", %BEFORE, 50, '{6,8,12,26}', 0, " NEWEST},
    {"shop: in, until the middle", &fz_sql_history, SHOP ", 0, 50, '{5,19,29}', 0, %MIDDLE"},
    {"shop: all, until the middle", &fz_sql_history, SHOP ", 0, 50, NULL, 0, %MIDDLE"},
    {"shop: refunds, from the middle", &fz_sql_history, SHOP ", 0, 50, '{8}', %MIDDLE, " NEWEST},
    {"shop: a kind it never had", &fz_sql_history, SHOP ", 0, 50, '{26}', 0, " NEWEST},
    {"shop: an empty time in the middle", &fz_sql_history,
     SHOP ", 0, 50, NULL, %MIDDLE + 1, %MIDDLE + 2"},
    {"wallet: out, until the middle", &fz_sql_history, WALLET ", 0, 50, '{4,10}', 0, %MIDDLE"},
    {"wallet: 200 of all", &fz_sql_history, WALLET ", 0, 200, NULL, 0, " NEWEST},
    {"shop: balance in the middle", &fz_sql_past, SHOP ", ARRAY[%MIDDLE]"},
    {"shop: statement of the second half", &fz_sql_past, SHOP ", ARRAY[%MIDDLE, " NEWEST "]"},
    {"wallet: balance in the middle", &fz_sql_past, WALLET ", ARRAY[%MIDDLE]"},
};

static void die(PGconn *conn, const char *what)
{
    (void)fprintf(stderr, "history_buffers: %s: %s\n", what, PQerrorMessage(conn));
    exit(1);
}

static PGresult *query(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        die(conn, sql);
    }
    return result;
}

static int64_t number(PGconn *conn, const char *sql)
{
    PGresult *result = query(conn, sql);
    int64_t value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return value;
}

/* Copies `text` with the two words replaced. */
static void fill_in(const char *text, int64_t middle_us, int64_t before, char *out, size_t size)
{
    size_t len = 0;
    while (*text != '\0' && len + 24 < size) {
        if (strncmp(text, "%MIDDLE", 7) == 0) {
            len += (size_t)snprintf(out + len, size - len, "%" PRId64, middle_us);
            text += 7;
        } else if (strncmp(text, "%BEFORE", 7) == 0) {
            len += (size_t)snprintf(out + len, size - len, "%" PRId64, before);
            text += 7;
        } else {
            out[len++] = *text++;
        }
    }
    out[len] = '\0';
}

/* The first "Buffers: shared hit=N read=N" of the plan is the sum of all. */
static int64_t buffers_of(PGconn *conn, const char *explain)
{
    int64_t sum = -1;
    PGresult *plan = query(conn, explain);
    for (int row = 0; row < PQntuples(plan) && sum < 0; row++) {
        const char *shared = strstr(PQgetvalue(plan, row, 0), "Buffers: shared");
        if (shared != NULL) {
            const char *hit = strstr(shared, "hit=");
            const char *read = strstr(shared, "read=");
            sum = (hit == NULL ? 0 : strtoll(hit + 4, NULL, 10)) +
                  (read == NULL ? 0 : strtoll(read + 5, NULL, 10));
        }
    }
    PQclear(plan);
    return sum;
}

static void show(PGconn *conn, const struct look *look, int64_t middle_us, int64_t before)
{
    char arguments[200];
    char call[300];
    fill_in(look->arguments, middle_us, before, arguments, sizeof arguments);
    (void)snprintf(call, sizeof call, "EXECUTE %s(1, %s)", look->statement->name, arguments);
    PGresult *rows = query(conn, call); /* so that every page is known and no hint is written */
    int len = PQntuples(rows);
    len = len > 0 && PQgetisnull(rows, 0, 1) ? 0 : len;
    PQclear(rows);
    (void)snprintf(call, sizeof call,
                   "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE %s(1, %s)",
                   look->statement->name, arguments);
    (void)printf("%s|%d|%" PRId64 "\n", look->name, len, buffers_of(conn, call));
}

int main(int argc, char **argv)
{
    PGconn *conn = PQconnectdb(argc == 2 ? argv[1] : "");
    if (PQstatus(conn) != CONNECTION_OK) {
        die(conn, "connect");
    }
    PQclear(query(conn, fz_reader_settings()));
    PQclear(query(conn, "SET jit = off"));
    const struct fz_statement *statements[] = {&fz_sql_history, &fz_sql_past};
    for (unsigned i = 0; i < 2; i++) {
        PGresult *prepared = PQprepare(conn, statements[i]->name, statements[i]->sql, 0, NULL);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
            die(conn, statements[i]->name);
        }
        PQclear(prepared);
    }
    /* In the middle of the books, and of a block of 64: the longest way from a mark. */
    int64_t before = number(
        conn, "SELECT max(number) FROM fz.transfer WHERE credit = " SHOP " AND kind = 2 AND number"
              " < (SELECT number FROM fz.account_mark WHERE account = " SHOP " ORDER BY time_us"
              "    OFFSET (SELECT count(*) / 2 FROM fz.account_mark WHERE account = " SHOP ")"
              "    LIMIT 1) - 100");
    char sql[120];
    (void)snprintf(sql, sizeof sql, "SELECT time_us + 500 FROM fz.transfer WHERE number = %" PRId64,
                   before);
    int64_t middle_us = number(conn, sql);
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        show(conn, &looks[i], middle_us, before);
    }
    PQfinish(conn);
    return 0;
}
