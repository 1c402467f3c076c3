/*
 * Sessions: transactions that end as they say, rows in any number, and errors by name.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/store/session_query.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define ROWS 12345 /* more than two blocks, and no multiple of one */

static struct fz_session *open_session(const char *role)
{
    struct fz_session *session = NULL;
    struct fz_err err;
    cr_assert(fz_session_create(getenv("FZ_TEST_DB"), role, "session", &session, &err) == FZ_OK,
              "%s", err.msg);
    return session;
}

static void must(struct fz_session *session, const char *sql)
{
    struct fz_err err;
    cr_assert(fz_session_run(session, sql, NULL, &err) == FZ_OK, "%s", err.msg);
}

static int64_t number(struct fz_session *session, const char *sql)
{
    PGresult *result = NULL;
    struct fz_err err;
    cr_assert(fz_session_row(session, sql, &result, &err) == FZ_OK, "%s", err.msg);
    int64_t value = fz_pg_int(result, 0, 0);
    PQclear(result);
    return value;
}

Test(session, commits_and_rolls_back)
{
    struct fz_session *session = open_session(NULL);
    struct fz_err err;
    must(session, "CREATE TABLE fz.scratch_1 (n integer PRIMARY KEY)");
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    must(session, "INSERT INTO fz.scratch_1 VALUES (1)");
    fz_session_rollback(session);
    fz_session_rollback(session); /* without one: nothing */
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_1") == 0);
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    must(session, "INSERT INTO fz.scratch_1 VALUES (1)");
    cr_assert(fz_session_commit(session, &err) == FZ_OK, "%s", err.msg);
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_1") == 1);
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    must(session, "INSERT INTO fz.scratch_1 VALUES (2)");
    fz_session_destroy(&session);
    cr_expect(session == NULL);
    session = open_session(NULL);
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_1") == 1, "left open: undone");
    fz_session_destroy(&session);
    fz_session_destroy(&session);
    FZ_EXPECT_NO_LEAK();
}

Test(session, a_failed_query_cannot_be_committed)
{
    struct fz_session *session = open_session(NULL);
    struct fz_err err;
    must(session, "CREATE TABLE fz.scratch_2 (n integer PRIMARY KEY)");
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    must(session, "INSERT INTO fz.scratch_2 VALUES (1)");
    cr_expect(fz_session_rows(session) == 1);
    cr_expect(fz_session_run(session, "INSERT INTO fz.scratch_2 VALUES (1)", NULL, &err) ==
              FZ_DATABASE);
    cr_expect(fz_session_failed_with(session, "23505"));
    cr_expect(!fz_session_failed_with(session, "23514"));
    cr_expect(fz_session_commit(session, &err) == FZ_DATABASE, "and it says so");
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_2") == 0);
    cr_expect(!fz_session_failed_with(session, "23505"), "that was the last query but one");
    fz_session_destroy(&session);
    FZ_EXPECT_NO_LEAK();
}

Test(session, parameters_are_used_once)
{
    struct fz_session *session = open_session(NULL);
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int8(params, 40);
    fz_pg_add_int4(params, 2);
    cr_expect(number(session, "SELECT $1 + $2") == 42);
    cr_expect(number(session, "SELECT 1::int") == 1, "no parameters are left over");
    PGresult *result = (PGresult *)1;
    struct fz_err err;
    cr_expect(fz_session_row(session, "SELECT 1 WHERE false", &result, &err) == FZ_NOT_FOUND);
    cr_expect(result == NULL);
    must(session, "SELECT generate_series(1, 7)");
    cr_expect(fz_session_rows(session) == 7);
    fz_session_destroy(&session);
    FZ_EXPECT_NO_LEAK();
}

struct sum {
    struct fz_session *session;
    int64_t rows, total, blocks, stop_at;
};

static fz_rc add(void *ctx, const PGresult *rows, struct fz_err *err)
{
    struct sum *sum = ctx;
    sum->blocks++;
    for (int row = 0; row < PQntuples(rows); row++) {
        sum->rows++;
        sum->total += fz_pg_int(rows, row, 0);
        if (sum->rows == sum->stop_at) {
            return fz_fail(err, FZ_AUDIT, "seen enough");
        }
    }
    return FZ_OK;
}

Test(session, each_row_of_many)
{
    struct fz_session *session = open_session(NULL);
    struct fz_err err;
    struct sum sum = {0};
    cr_assert(fz_session_begin_snapshot(session, &err) == FZ_OK);
    fz_pg_add_int4(fz_session_params(session), ROWS);
    cr_assert(fz_session_each(session, "SELECT generate_series(1, $1)", add, &sum, &err) == FZ_OK,
              "%s", err.msg);
    cr_expect(sum.rows == ROWS && sum.total == (int64_t)ROWS * (ROWS + 1) / 2);
    cr_expect(sum.blocks > 2, "in blocks: %d", (int)sum.blocks);

    sum = (struct sum){0};
    cr_assert(fz_session_each(session, "SELECT 1 WHERE false", add, &sum, &err) == FZ_OK);
    cr_expect(sum.blocks == 0);
    sum = (struct sum){.stop_at = 7000};
    cr_expect(fz_session_each(session, "SELECT generate_series(1, 20000)", add, &sum, &err) ==
              FZ_AUDIT);
    cr_expect(sum.rows == 7000);
    cr_expect_str_eq(err.msg, "seen enough");
    cr_expect(fz_session_each(session, "SELECT 1 / (n - 6000) FROM generate_series(1, 9000) n", add,
                              &sum, &err) == FZ_DATABASE);
    fz_session_rollback(session);
    fz_session_destroy(&session);
    FZ_EXPECT_NO_LEAK();
}

static fz_rc add_nested(void *ctx, const PGresult *rows, struct fz_err *err)
{
    struct sum *sum = ctx;
    for (int row = 0; row < PQntuples(rows); row++) {
        fz_pg_add_int4(fz_session_params(sum->session), (int32_t)fz_pg_int(rows, row, 0));
        fz_rc rc = fz_session_each(sum->session, "SELECT generate_series(1, $1)", add, sum, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return FZ_OK;
}

Test(session, each_within_each)
{
    struct fz_session *session = open_session(NULL);
    struct fz_err err;
    struct sum sum = {.session = session};
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    cr_assert(fz_session_each(session, "SELECT generate_series(1, 30)", add_nested, &sum, &err) ==
                  FZ_OK,
              "%s", err.msg);
    cr_expect(sum.rows == 30 * 31 / 2);
    cr_assert(fz_session_commit(session, &err) == FZ_OK);
    fz_session_destroy(&session);
    FZ_EXPECT_NO_LEAK();
}

Test(session, a_snapshot_stands_still_and_writes_nothing)
{
    struct fz_session *session = open_session(NULL);
    struct fz_session *other = open_session(NULL);
    struct fz_err err;
    must(session, "CREATE TABLE fz.scratch_3 (n integer)");
    cr_assert(fz_session_begin_snapshot(session, &err) == FZ_OK);
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_3") == 0);
    must(other, "INSERT INTO fz.scratch_3 VALUES (1)");
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_3") == 0);
    cr_expect(fz_session_run(session, "INSERT INTO fz.scratch_3 VALUES (2)", NULL, &err) != FZ_OK);
    cr_expect(fz_session_failed_with(session, "25006"));
    fz_session_rollback(session);
    cr_expect(number(session, "SELECT count(*) FROM fz.scratch_3") == 1);
    fz_session_destroy(&session);
    fz_session_destroy(&other);
    FZ_EXPECT_NO_LEAK();
}

Test(session, a_commit_without_an_answer_is_unknown)
{
    struct fz_session *session = open_session(NULL);
    struct testbed bed;
    struct fz_err err;
    testbed_open(&bed, NULL);
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    int64_t pid = number(session, "SELECT pg_backend_pid()");
    testbed_sql(&bed, "SELECT pg_terminate_backend(%d, 5000)", (int)pid);
    cr_expect(fz_session_commit(session, &err) == FZ_OUTCOME_UNKNOWN);
    fz_session_rollback(session);
    cr_expect(fz_session_begin(session, &err) == FZ_UNAVAILABLE, "%s", err.msg);
    fz_session_destroy(&session);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(session, nothing_is_sent_on_a_connection_known_to_be_lost)
{
    struct fz_session *session = open_session(NULL);
    struct testbed bed;
    struct fz_err err;
    testbed_open(&bed, NULL);
    cr_assert(fz_session_begin(session, &err) == FZ_OK);
    int64_t pid = number(session, "SELECT pg_backend_pid()");
    testbed_sql(&bed, "SELECT pg_terminate_backend(%d, 5000)", (int)pid);
    cr_expect(fz_session_run(session, "SELECT 1", NULL, &err) == FZ_UNAVAILABLE);
    cr_expect(fz_session_commit(session, &err) == FZ_UNAVAILABLE, "so nothing was done");
    fz_session_destroy(&session);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
