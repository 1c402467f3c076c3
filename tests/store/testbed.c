/*
 * What the store's tests stand on (testbed.h).
 */
#include "tests/store/testbed.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SQL_SIZE 8192
#define TURN_MS 10
#define PATIENCE_MS 10000

void testbed_open(struct testbed *bed, const char *conninfo)
{
    *bed = (struct testbed){.conninfo = conninfo};
    if (conninfo == NULL) {
        bed->conninfo = getenv("FZ_TEST_DB");
    }
    cr_assert(bed->conninfo != NULL, "FZ_TEST_DB is not set");
    bed->conn = PQconnectdb(bed->conninfo);
    cr_assert(PQstatus(bed->conn) == CONNECTION_OK, "%s", PQerrorMessage(bed->conn));
    (void)snprintf(bed->name, sizeof bed->name, "reader-%d", (int)getpid());
    struct fz_err err;
    cr_assert(fz_poll_loop_create(&bed->loop, &err) == FZ_OK);
}

void testbed_close(struct testbed *bed)
{
    fz_reader_destroy(&bed->reader);
    fz_poll_loop_destroy(&bed->loop);
    PQfinish(bed->conn);
    bed->conn = NULL;
}

static PGresult *run(struct testbed *bed, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static PGresult *run(struct testbed *bed, const char *format, va_list arguments)
{
    char sql[SQL_SIZE];
    int len = vsnprintf(sql, sizeof sql, format, arguments);
    cr_assert(len > 0 && (size_t)len < sizeof sql);
    return PQexec(bed->conn, sql);
}

static bool is_success(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

void testbed_sql(struct testbed *bed, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = run(bed, format, arguments);
    va_end(arguments);
    cr_assert(is_success(result), "%s: %s", format, PQerrorMessage(bed->conn));
    PQclear(result);
}

const char *testbed_try(struct testbed *bed, const char *format, ...)
{
    static char sqlstate[6];
    va_list arguments;
    va_start(arguments, format);
    PGresult *result = run(bed, format, arguments);
    va_end(arguments);
    const char *state = is_success(result) ? "" : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    (void)snprintf(sqlstate, sizeof sqlstate, "%s", state == NULL ? "lost" : state);
    PQclear(result);
    return sqlstate;
}

static const char *one_value(struct testbed *bed, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static const char *one_value(struct testbed *bed, const char *format, va_list arguments)
{
    static char value[SQL_SIZE];
    PGresult *result = run(bed, format, arguments);
    cr_assert(PQntuples(result) == 1, "%s: %s", format, PQerrorMessage(bed->conn));
    (void)snprintf(value, sizeof value, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

const char *testbed_text(struct testbed *bed, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *value = one_value(bed, format, arguments);
    va_end(arguments);
    return value;
}

int64_t testbed_int(struct testbed *bed, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int64_t value = strtoll(one_value(bed, format, arguments), NULL, 10);
    va_end(arguments);
    return value;
}

void testbed_town(struct testbed *bed, int32_t community)
{
    testbed_sql(bed,
                "INSERT INTO fz.community (community_id, name, registration_number, next_party)"
                " VALUES (%d, 'みなと町', 'T1234567890123', 4);"
                "INSERT INTO fz.head (community_id) VALUES (%d);",
                community, community);
    testbed_sql(bed,
                "INSERT INTO fz.party (community_id, party, kind, name) VALUES"
                " (%d, 1, 'M', '喫茶みなと'), (%d, 2, 'R', '佐藤'), (%d, 3, 'R', '鈴木')",
                community, community, community);
    testbed_sql(bed,
                "INSERT INTO fz.shop VALUES (%d, 1, 'KISSA MINATO', 'MINATO', '1000001', '5814',"
                " 'small', '0001', 'ミズホ', '001', 'トウキヨウ', 1, '1234567', 'キツサミナト');"
                "INSERT INTO fz.terminal VALUES (%d, 1, 1, 'レジ1');",
                community, community);
    testbed_sql(bed,
                "INSERT INTO fz.account (community_id, account)"
                " SELECT %d, n FROM unnest(ARRAY[1000000000, 2000000000, 3000000001, 10000000002,"
                " 10000000003, 11000000001, 12000000000, 13000000000, 20000000000]) n",
                community);
}

static void note_trouble(void *ctx, const struct fz_err *err)
{
    struct testbed *bed = ctx;
    bed->troubles++;
    (void)snprintf(bed->trouble, sizeof bed->trouble, "%s", err->msg);
}

int64_t testbed_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void testbed_turn(struct testbed *bed, int64_t *until_ms)
{
    struct fz_err err;
    int64_t now_ms = testbed_now_ms();
    if (*until_ms == 0) {
        *until_ms = now_ms + PATIENCE_MS;
    }
    cr_assert(now_ms < *until_ms, "no answer in time; the reader said: %s", bed->trouble);
    cr_assert(fz_poll_loop_turn(bed->loop, TURN_MS, &err) == FZ_OK, "%s", err.msg);
    if (bed->reader != NULL) {
        fz_reader_tick(bed->reader, now_ms);
    }
}

void testbed_start_reader(struct testbed *bed, unsigned connections, bool ready)
{
    struct fz_reader_options options = {.conninfo = bed->conninfo,
                                        .role = "fz_switch",
                                        .application_name = bed->name,
                                        .loop = fz_poll_loop_get(bed->loop),
                                        .connections = connections,
                                        .hint = bed->hint,
                                        .hint_ctx = bed->hint_ctx,
                                        .trouble = note_trouble,
                                        .trouble_ctx = bed};
    struct fz_err err;
    cr_assert(fz_reader_create(&options, &bed->reader, &err) == FZ_OK, "%s", err.msg);
    int64_t until_ms = 0;
    while (ready && !fz_reader_is_ready(bed->reader)) {
        testbed_turn(bed, &until_ms);
    }
}

void testbed_wait(struct testbed *bed, const unsigned *counter, unsigned goal)
{
    int64_t until_ms = 0;
    while (*counter < goal) {
        testbed_turn(bed, &until_ms);
    }
}

struct fz_id testbed_id(unsigned number)
{
    struct fz_id id = {{0x01, 0x93}};
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    for (unsigned i = 0; i < 4; i++) {
        id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    }
    return id;
}
