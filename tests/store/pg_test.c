/*
 * Connections, parameters, values and errors, as every query of the store relies on them.
 */
#include "ledger/store/pg.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/leak.h"

static const char *database(void)
{
    const char *conninfo = getenv("FZ_TEST_DB");
    cr_assert(conninfo != NULL, "FZ_TEST_DB is not set");
    return conninfo;
}

static PGconn *connect_with(const struct fz_pg_options *options)
{
    PGconn *conn = NULL;
    struct fz_err err;
    cr_assert(fz_pg_connect(options, &conn, &err) == FZ_OK, "%s", err.msg);
    return conn;
}

static PGconn *connect_plain(void)
{
    return connect_with(&(struct fz_pg_options){.conninfo = database()});
}

/* Runs a query of one text; compares it. */
static void expect_text(PGconn *conn, const char *sql, const char *expected)
{
    PGresult *result = NULL;
    struct fz_err err;
    cr_assert(fz_pg_run(conn, sql, NULL, &result, &err) == FZ_OK, "%s", err.msg);
    cr_expect_str_eq(fz_pg_text(result, 0, 0), expected, "%s", sql);
    PQclear(result);
}

/* --- connections ------------------------------------------------------------------------------ */

#define SETTINGS                                                                                   \
    "SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout')," \
    " current_setting('idle_in_transaction_session_timeout'),"                                     \
    " current_setting('synchronous_commit'), current_setting('TimeZone'),"                         \
    " current_setting('search_path'), current_setting('client_encoding'),"                         \
    " current_setting('transaction_isolation'))"

Test(pg, settings_of_a_connection)
{
    PGconn *conn = connect_plain();
    expect_text(conn, SETTINGS, "3s 5s 2s on UTC pg_catalog UTF8 read committed");
    PQfinish(conn);
    conn = connect_with(&(struct fz_pg_options){.conninfo = database(), .patient = true});
    expect_text(conn, SETTINGS, "10min 10min 10min on UTC pg_catalog UTF8 read committed");
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, role_and_name)
{
    PGconn *conn = connect_with(&(struct fz_pg_options){
        .conninfo = database(), .role = "fz_audit", .application_name = "a name"});
    expect_text(conn, "SELECT current_user || ' ' || current_setting('application_name')",
                "fz_audit a name");
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, conninfo_may_not_weaken_us)
{
    char conninfo[512];
    (void)snprintf(conninfo, sizeof conninfo,
                   "%s options='-c synchronous_commit=off -c TimeZone=Asia/Tokyo"
                   " -c work_mem=9MB' client_encoding=EUC_JP",
                   database());
    PGconn *conn = connect_with(&(struct fz_pg_options){.conninfo = conninfo});
    expect_text(conn, SETTINGS, "3s 5s 2s on UTC pg_catalog UTF8 read committed");
    expect_text(conn, "SELECT current_setting('work_mem')", "9MB");
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

/* The same database named by a URI; its host is a folder, so it is percent-encoded. */
Test(pg, conninfo_may_be_a_uri)
{
    char host[128] = "";
    char encoded[256] = "";
    char uri[512];
    char name[64];
    cr_assert(sscanf(database(), "host=%127s", host) == 1);
    const char *dbname = strstr(database(), "dbname=");
    cr_assert(dbname != NULL && sscanf(dbname, "dbname=%63s", name) == 1);
    size_t len = 0;
    for (const char *c = host; *c != '\0'; c++) {
        len += (size_t)snprintf(encoded + len, sizeof encoded - len, *c == '/' ? "%%2F" : "%c", *c);
    }
    (void)snprintf(uri, sizeof uri, "postgresql://postgres@%s/%s", encoded, name);
    PGconn *conn = connect_with(&(struct fz_pg_options){.conninfo = uri});
    expect_text(conn, "SELECT current_database()::text", name);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, connections_that_cannot_be)
{
    static const struct {
        const char *conninfo;
        const char *role;
        fz_rc rc;
        const char *says;
    } rows[] = {
        {"colour=red", NULL, FZ_CONFIG, "colour"},
        {"host='unfinished", NULL, FZ_CONFIG, "unterminated"},
        {"host=/nonexistent", NULL, FZ_UNAVAILABLE, "/nonexistent"},
        {NULL, "no such role", FZ_UNAVAILABLE, "no such role"},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_pg_options options = {.conninfo = rows[i].conninfo, .role = rows[i].role};
        if (options.conninfo == NULL) {
            options.conninfo = database();
        }
        PGconn *conn = NULL;
        struct fz_err err = {.msg = ""};
        cr_expect(fz_pg_connect(&options, &conn, &err) == rows[i].rc, "row %u: %s", i, err.msg);
        cr_expect(conn == NULL);
        cr_expect(strstr(err.msg, rows[i].says) != NULL, "row %u: %s", i, err.msg);
        cr_expect(strchr(err.msg, '\n') == NULL, "one line: %s", err.msg);
    }
    FZ_EXPECT_NO_LEAK();
}

/* --- parameters and values -------------------------------------------------------------------- */

Test(pg, scalars_come_back)
{
    static const int64_t numbers[] = {0,     1,         -1,        127,       -32768,
                                      32767, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};
    PGconn *conn = connect_plain();
    struct fz_pg_params params;
    fz_pg_params_init(&params);
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        PGresult *result = NULL;
        struct fz_err err;
        fz_pg_params_reset(&params);
        fz_pg_add_int2(&params, (int16_t)numbers[i]);
        fz_pg_add_int4(&params, (int32_t)numbers[i]);
        fz_pg_add_int8(&params, numbers[i]);
        cr_assert(fz_pg_run(conn, "SELECT $1, $2, $3, $3::text", &params, &result, &err) == FZ_OK,
                  "%s", err.msg);
        cr_expect(fz_pg_int(result, 0, 0) == (int16_t)numbers[i]);
        cr_expect(fz_pg_int(result, 0, 1) == (int32_t)numbers[i]);
        cr_expect(fz_pg_int(result, 0, 2) == numbers[i]);
        cr_expect(strtoll(fz_pg_text(result, 0, 3), NULL, 10) == numbers[i]);
        PQclear(result);
    }
    fz_pg_params_fini(&params);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, bytes_and_texts_come_back)
{
    PGconn *conn = connect_plain();
    struct fz_pg_params params;
    PGresult *result = NULL;
    struct fz_err err;
    struct fz_id id = {{0xde, 0xad, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xff}};
    static uint8_t big[100000];
    memset(big, 0xa5, sizeof big);
    fz_pg_params_init(&params);
    fz_pg_add_uuid(&params, &id);
    fz_pg_add_bytea(&params, "a\0b", 3);
    fz_pg_add_bytea(&params, "", 0);
    fz_pg_add_text(&params, "みなと");
    fz_pg_add_text(&params, "");
    fz_pg_add_bytea(&params, big, sizeof big); /* the buffer grows under what is there */
    cr_assert(fz_pg_run(conn, "SELECT $1, $2, $3, $4, $5, $6", &params, &result, &err) == FZ_OK,
              "%s", err.msg);
    struct fz_id back = fz_pg_uuid(result, 0, 0);
    cr_expect(fz_id_equal(&back, &id));
    size_t len = 9;
    const uint8_t *bytes = fz_pg_bytes(result, 0, 1, &len);
    cr_expect(len == 3 && memcmp(bytes, "a\0b", 3) == 0);
    cr_expect(fz_pg_bytes(result, 0, 2, &len) != NULL && len == 0, "empty is not NULL");
    cr_expect_str_eq(fz_pg_text(result, 0, 3), "みなと");
    cr_expect_str_eq(fz_pg_text(result, 0, 4), "");
    bytes = fz_pg_bytes(result, 0, 5, &len);
    cr_expect(len == sizeof big && memcmp(bytes, big, sizeof big) == 0);
    PQclear(result);
    fz_pg_params_fini(&params);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, nulls_come_back)
{
    PGconn *conn = connect_plain();
    struct fz_pg_params params;
    PGresult *result = NULL;
    struct fz_err err;
    fz_pg_params_init(&params);
    fz_pg_add_null(&params);
    fz_pg_add_text(&params, NULL);
    fz_pg_add_bytea(&params, NULL, 0);
    fz_pg_add_int4(&params, 5);
    cr_assert(fz_pg_run(conn, "SELECT $1::int, $2, $3, NULL::uuid, NULL::boolean, true, false, $4",
                        &params, &result, &err) == FZ_OK,
              "%s", err.msg);
    for (int column = 0; column < 5; column++) {
        cr_expect(fz_pg_is_null(result, 0, column));
    }
    size_t len = 9;
    cr_expect(fz_pg_int(result, 0, 0) == 0);
    cr_expect(fz_pg_text(result, 0, 1) == NULL);
    cr_expect(fz_pg_bytes(result, 0, 2, &len) == NULL && len == 0);
    struct fz_id id = fz_pg_uuid(result, 0, 3);
    cr_expect(fz_id_is_zero(&id));
    cr_expect(!fz_pg_bool(result, 0, 4) && fz_pg_bool(result, 0, 5) && !fz_pg_bool(result, 0, 6));
    cr_expect(fz_pg_int(result, 0, 7) == 5);
    PQclear(result);
    fz_pg_params_fini(&params);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, arrays_come_back)
{
    PGconn *conn = connect_plain();
    struct fz_pg_params params;
    PGresult *result = NULL;
    struct fz_err err;
    struct fz_id id = {{1}};
    fz_pg_params_init(&params);
    fz_pg_array_begin(&params, FZ_PG_INT2, 2);
    fz_pg_item_int2(&params, -2);
    fz_pg_item_null(&params);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_INT4, 1);
    fz_pg_item_int4(&params, 70000);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_INT8, 2);
    fz_pg_item_int8(&params, INT64_MAX);
    fz_pg_item_int8(&params, INT64_MIN);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_UUID, 1);
    fz_pg_item_uuid(&params, &id);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_BYTEA, 2);
    fz_pg_item_bytes(&params, "\x00\xff", 2);
    fz_pg_item_bytes(&params, "", 0);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_TEXT, 1);
    fz_pg_item_bytes(&params, "茶", 3);
    fz_pg_array_end(&params);
    fz_pg_array_begin(&params, FZ_PG_INT8, 0);
    fz_pg_array_end(&params);
    cr_assert(fz_pg_run(conn, "SELECT concat_ws(' ', $1, $2, $3, $4, $5, $6, $7, cardinality($7))",
                        &params, &result, &err) == FZ_OK,
              "%s", err.msg);
    cr_expect_str_eq(fz_pg_text(result, 0, 0),
                     "{-2,NULL} {70000} {9223372036854775807,-9223372036854775808}"
                     " {01000000-0000-0000-0000-000000000000} {\"\\\\x00ff\",\"\\\\x\"} {茶} {} 0");
    PQclear(result);
    fz_pg_params_fini(&params);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, prepared_statements_are_sent)
{
    PGconn *conn = connect_plain();
    struct fz_pg_params params;
    struct fz_err err;
    fz_pg_params_init(&params);
    PQclear(PQprepare(conn, "twice", "SELECT 2 * $1::bigint", 0, NULL));
    fz_pg_add_int8(&params, 21);
    cr_assert(fz_pg_send(conn, "twice", &params, &err) == FZ_OK, "%s", err.msg);
    cr_expect(fz_pg_send(conn, "twice", &params, &err) == FZ_DATABASE, "one at a time");
    PGresult *result = PQgetResult(conn);
    cr_expect(fz_pg_int(result, 0, 0) == 42);
    PQclear(result);
    cr_expect(PQgetResult(conn) == NULL);
    params.failed = true; /* as if memory had run out */
    cr_expect(fz_pg_send(conn, "twice", &params, &err) == FZ_NO_MEMORY);
    fz_pg_params_fini(&params);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

/* --- errors ----------------------------------------------------------------------------------- */

Test(pg, errors_say_what_passes)
{
    static const struct {
        const char *sqlstate;
        fz_rc rc;
    } rows[] = {
        {"08006", FZ_UNAVAILABLE}, {"53300", FZ_UNAVAILABLE}, {"53100", FZ_UNAVAILABLE},
        {"25006", FZ_UNAVAILABLE}, {"40001", FZ_UNAVAILABLE}, {"40P01", FZ_UNAVAILABLE},
        {"55P03", FZ_UNAVAILABLE}, {"57014", FZ_UNAVAILABLE}, {"57P01", FZ_UNAVAILABLE},
        {"57P03", FZ_UNAVAILABLE}, {"23505", FZ_DATABASE},    {"23514", FZ_DATABASE},
        {"42501", FZ_DATABASE},    {"42P01", FZ_DATABASE},    {"22012", FZ_DATABASE},
        {"XX001", FZ_DATABASE},    {"55000", FZ_DATABASE},    {"57P04", FZ_DATABASE},
    };
    PGconn *conn = connect_plain();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[160];
        struct fz_err err;
        PGresult *result = (PGresult *)1;
        (void)snprintf(sql, sizeof sql,
                       "DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '%s'; END $$",
                       rows[i].sqlstate);
        cr_expect(fz_pg_run(conn, sql, NULL, &result, &err) == rows[i].rc, "%s", err.msg);
        cr_expect(err.rc == rows[i].rc && result == NULL);
        cr_expect(strstr(err.msg, "told") != NULL, "%s", err.msg);
        cr_expect(strstr(err.msg, rows[i].sqlstate) != NULL, "%s", err.msg);
    }
    PGresult *result = fz_pg_exec(conn, "SELECT 1 / 0", NULL);
    cr_expect(fz_pg_has_state(result, "22012") && !fz_pg_has_state(result, "23505"));
    PQclear(result);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}

Test(pg, a_lost_connection_passes)
{
    PGconn *conn = connect_plain();
    struct fz_err err;
    cr_expect(fz_pg_run(conn, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, NULL, &err) ==
              FZ_UNAVAILABLE);
    cr_expect(fz_pg_run(conn, "SELECT 1", NULL, NULL, &err) == FZ_UNAVAILABLE, "%s", err.msg);
    PQfinish(conn);
    FZ_EXPECT_NO_LEAK();
}
