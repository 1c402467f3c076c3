/*
 * What the store's tests stand on: a superuser's connection to the test's own database, towns with
 * rows made by hand, and a reader on a poll loop that is turned until an answer is there.
 */
#ifndef TESTS_STORE_TESTBED_H
#define TESTS_STORE_TESTBED_H

#include <libpq-fe.h>

#include "ledger/store/poll_loop.h"
#include "ledger/store/reader.h"

struct testbed {
    const char *conninfo;
    PGconn *conn;
    struct fz_poll_loop *loop;
    struct fz_reader *reader;
    char name[32]; /* application_name of the reader's connections, this process's own */
    /* set before the reader starts */
    void (*hint)(void *ctx, int32_t community, int64_t event, int64_t number);
    void *hint_ctx;
    unsigned troubles; /* what the reader said about itself */
    char trouble[240];
};

/* Connects to FZ_TEST_DB, or to `conninfo` if it is not NULL. Any failure here ends the test. */
void testbed_open(struct testbed *bed, const char *conninfo);
void testbed_close(struct testbed *bed);

/* Runs SQL that must succeed. */
void testbed_sql(struct testbed *bed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs SQL; its SQLSTATE, "" if it succeeded. Valid until the next call. */
const char *testbed_try(struct testbed *bed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The one value of a query, as text; "" for NULL. Valid until the next call. */
const char *testbed_text(struct testbed *bed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int64_t testbed_int(struct testbed *bed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A community of this number with its head, shop 1 "喫茶みなと" with terminal 1, resident 2 "佐藤",
 * resident 3 "鈴木", and the accounts of all of them and of the consortium.
 */
void testbed_town(struct testbed *bed, int32_t community);

/* Starts a reader; `ready`: waits until a connection stands. */
void testbed_start_reader(struct testbed *bed, unsigned connections, bool ready);

/* Turns the loop once. *until_ms is 0 at first; ten seconds later the test has failed. */
void testbed_turn(struct testbed *bed, int64_t *until_ms);

/* Turns the loop until *counter has reached `goal`. */
void testbed_wait(struct testbed *bed, const unsigned *counter, unsigned goal);

/* Monotonic milliseconds. */
int64_t testbed_now_ms(void);

/* An id made of a small number. */
struct fz_id testbed_id(unsigned number);

#endif
