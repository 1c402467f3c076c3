/*
 * The reader when things go wrong: killed backends, a server that is gone, one that does not
 * answer, too many queries. What is asserted everywhere: each query ends exactly once, never while
 * it is being asked, and after the trouble the reader works again by itself.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/store/migrate.h"
#include "tests/store/cluster.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define WALLET 10000000002LL
#define MANY (FZ_READS_WAITING_MAX + 100)

struct answers {
    unsigned calls, ok, unavailable, overloaded;
};

static void note(struct answers *answers, fz_rc rc)
{
    answers->calls++;
    answers->ok += rc == FZ_OK;
    answers->unavailable += rc == FZ_UNAVAILABLE;
    answers->overloaded += rc == FZ_OVERLOADED;
}

static void on_balance(void *ctx, fz_rc rc, const struct fz_balance_row *row)
{
    cr_assert((rc == FZ_OK) == (row != NULL));
    note(ctx, rc);
}

static void on_credential(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    (void)credential;
    note(ctx, rc);
}

/* Asks for a balance that is there; the answer comes later. */
static void ask(struct testbed *bed, int32_t community, struct answers *answers)
{
    unsigned before = answers->calls;
    fz_read_balance(bed->reader, community, WALLET, on_balance, answers);
    cr_assert(answers->calls == before, "answered before the call returned");
}

/* Asks until an answer is good. */
static void wait_until_good(struct testbed *bed, int32_t community)
{
    struct answers answers = {0};
    int64_t until_ms = 0;
    while (answers.ok == 0) {
        unsigned calls = answers.calls;
        ask(bed, community, &answers);
        while (answers.calls == calls) {
            testbed_turn(bed, &until_ms);
        }
    }
}

/* Makes the reader's queries of kind enrol hang: we hold the row they want. */
static void hold_code(struct testbed *bed, int32_t community)
{
    testbed_sql(bed,
                "INSERT INTO fz.enrolment (community_id, code_hash, party, role, expires_at)"
                " VALUES (%d, decode(repeat('01', 32), 'hex'), 2, 1, now() + interval '1 day')",
                community);
    testbed_sql(bed, "BEGIN; SELECT FROM fz.enrolment WHERE community_id = %d FOR UPDATE",
                community);
}

static void start_hanging(struct testbed *bed, int32_t community, struct answers *answers)
{
    uint8_t hash[32];
    uint8_t spki[91] = {0};
    memset(hash, 1, sizeof hash);
    struct fz_enrolment enrolment = {.community = community,
                                     .code_hash = hash,
                                     .key_id = "key",
                                     .public_key = spki,
                                     .label = ""};
    fz_store_enrol(bed->reader, &enrolment, on_credential, answers);
}

static int64_t blocked(struct testbed *bed)
{
    testbed_sql(bed, "SELECT pg_stat_clear_snapshot()");
    return testbed_int(bed,
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s'"
                       " AND wait_event_type = 'Lock'",
                       bed->name);
}

static void wait_for_blocked(struct testbed *bed, int64_t expected)
{
    int64_t until_ms = 0;
    while (blocked(bed) < expected) {
        testbed_turn(bed, &until_ms);
    }
}

static void terminate_reader(struct testbed *bed)
{
    testbed_sql(bed,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = '%s'",
                bed->name);
}

static void wait_until_lost(struct testbed *bed)
{
    int64_t until_ms = 0;
    while (fz_reader_is_ready(bed->reader)) {
        testbed_turn(bed, &until_ms);
    }
}

Test(reader_fault, idle_connections_are_terminated)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 1);
    testbed_start_reader(&bed, 3, true);
    wait_until_good(&bed, 1);
    terminate_reader(&bed);
    testbed_wait(&bed, &bed.troubles, 1); /* those that stood by then; others may only come now */
    wait_until_good(&bed, 1);
    cr_expect(fz_reader_is_ready(bed.reader));
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, busy_connections_are_terminated)
{
    struct testbed bed;
    struct answers answers = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 2);
    testbed_start_reader(&bed, 2, true);
    wait_until_good(&bed, 2);
    hold_code(&bed, 2);
    start_hanging(&bed, 2, &answers);
    start_hanging(&bed, 2, &answers);
    start_hanging(&bed, 2, &answers); /* waits in the queue */
    wait_for_blocked(&bed, 2);
    terminate_reader(&bed);
    testbed_wait(&bed, &answers.calls, 2);
    cr_expect(answers.unavailable >= 2);
    testbed_sql(&bed, "COMMIT");
    testbed_wait(&bed, &answers.calls, 3);
    wait_until_good(&bed, 2);
    cr_expect(answers.calls == 3, "each once: %u", answers.calls);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, too_many_wait)
{
    struct testbed bed;
    struct answers hanging = {0};
    struct answers answers = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 3);
    testbed_start_reader(&bed, 1, true);
    hold_code(&bed, 3);
    start_hanging(&bed, 3, &hanging);
    for (unsigned i = 0; i < MANY; i++) {
        ask(&bed, 3, &answers);
    }
    testbed_wait(&bed, &answers.calls, MANY - FZ_READS_WAITING_MAX);
    cr_expect(answers.overloaded == MANY - FZ_READS_WAITING_MAX, "%u", answers.overloaded);
    cr_expect(answers.ok == 0 && hanging.calls == 0);
    testbed_sql(&bed, "COMMIT");
    testbed_wait(&bed, &answers.calls, MANY);
    cr_expect(answers.ok == FZ_READS_WAITING_MAX, "those who waited are served: %u", answers.ok);
    cr_expect(hanging.ok == 1);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, a_statement_takes_too_long)
{
    struct testbed bed;
    struct answers hanging = {0};
    struct answers waiting = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 4);
    testbed_start_reader(&bed, 1, true);
    wait_until_good(&bed, 4);
    hold_code(&bed, 4);
    start_hanging(&bed, 4, &hanging);
    ask(&bed, 4, &waiting);
    testbed_wait(&bed, &hanging.calls, 1);
    testbed_wait(&bed, &waiting.calls, 1);
    cr_expect(hanging.unavailable == 1);
    cr_expect(waiting.calls == 1);
    cr_expect(fz_reader_is_ready(bed.reader), "the server ended it: the connection still stands");
    wait_until_good(&bed, 4);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, destroyed_while_busy)
{
    struct testbed bed;
    struct answers answers = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 5);
    testbed_start_reader(&bed, 2, true);
    hold_code(&bed, 5);
    for (unsigned i = 0; i < 5; i++) {
        start_hanging(&bed, 5, &answers);
    }
    fz_reader_destroy(&bed.reader);
    cr_expect(bed.reader == NULL);
    cr_expect(answers.calls == 5 && answers.unavailable == 5);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* `done` may ask again at once, whatever it was told. */
struct chain {
    struct testbed *bed;
    struct answers answers;
    unsigned left;
};

static void on_link_of_chain(void *ctx, fz_rc rc, const struct fz_balance_row *row)
{
    struct chain *chain = ctx;
    (void)row;
    note(&chain->answers, rc);
    if (chain->left > 0) {
        chain->left--;
        fz_read_balance(chain->bed->reader, 6, WALLET, on_link_of_chain, chain);
    }
}

Test(reader_fault, done_asks_again)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 6);
    testbed_start_reader(&bed, 2, true);
    struct chain chain = {.bed = &bed, .left = 200};
    fz_read_balance(bed.reader, 6, WALLET, on_link_of_chain, &chain);
    testbed_wait(&bed, &chain.answers.calls, 100);
    terminate_reader(&bed);
    testbed_wait(&bed, &chain.answers.calls, 201);
    cr_expect(chain.answers.ok >= 100);
    cr_expect(chain.answers.ok + chain.answers.unavailable == 201);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* One address fails at once, the other while connecting; neither makes anybody wait for long. */
Test(reader_fault, nobody_is_there)
{
    static const char *const places[] = {"host=/nonexistent", "host=127.0.0.1 port=1"};
    static const char *const names[] = {"/nonexistent", "127.0.0.1"};
    for (unsigned i = 0; i < 2; i++) {
        struct testbed bed;
        struct answers answers = {0};
        testbed_open(&bed, NULL);
        bed.conninfo = places[i];
        testbed_start_reader(&bed, 2, false);
        int64_t started_ms = testbed_now_ms();
        ask(&bed, 7, &answers);
        testbed_wait(&bed, &answers.calls, 1);
        cr_expect(answers.unavailable == 1);
        cr_expect(testbed_now_ms() - started_ms < 2500, "told when it was known");
        cr_expect(!fz_reader_is_ready(bed.reader));
        cr_expect(bed.troubles >= 1 && strstr(bed.trouble, names[i]) != NULL, "%s", bed.trouble);
        testbed_close(&bed);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, the_role_is_not_granted)
{
    struct testbed bed;
    struct answers answers = {0};
    char conninfo[256];
    testbed_open(&bed, NULL);
    testbed_sql(&bed,
                "DO $$ BEGIN CREATE ROLE stranger_%d LOGIN; EXCEPTION WHEN duplicate_object THEN"
                " NULL; END $$",
                (int)getpid());
    (void)snprintf(conninfo, sizeof conninfo, "%s user=stranger_%d", bed.conninfo, (int)getpid());
    bed.conninfo = conninfo;
    testbed_start_reader(&bed, 1, false);
    ask(&bed, 8, &answers);
    testbed_wait(&bed, &answers.calls, 1);
    cr_expect(answers.unavailable == 1);
    cr_expect(strstr(bed.trouble, "permission denied to set role") != NULL, "%s", bed.trouble);
    testbed_sql(&bed, "DROP ROLE stranger_%d", (int)getpid());
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- hints ------------------------------------------------------------------------------------ */

struct hints {
    unsigned calls;
    int32_t community;
    int64_t event;
    int64_t number;
};

static void on_hint(void *ctx, int32_t community, int64_t event, int64_t number)
{
    struct hints *hints = ctx;
    hints->calls++;
    hints->community = community;
    hints->event = event;
    hints->number = number;
}

Test(reader_fault, hints)
{
    static const char *const strange[] = {"",
                                          "9",
                                          "9:9",
                                          ":9:9",
                                          "9::9",
                                          "9:9:",
                                          "9:9:9x",
                                          "0:1:1",
                                          "-1:1:1",
                                          "1:-1:1",
                                          "1:1:-1",
                                          "1:1: 1",
                                          "99999999999:1:1",
                                          "1:1:1:1",
                                          "1:1:9223372036854775807"};
    struct testbed bed;
    struct hints hints = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 9);
    bed.hint = on_hint;
    bed.hint_ctx = &hints;
    testbed_start_reader(&bed, 1, true);
    testbed_sql(&bed, "NOTIFY fz_event, '9:42:7'");
    testbed_wait(&bed, &hints.calls, 1);
    cr_expect(hints.community == 9 && hints.event == 42 && hints.number == 7);
    for (unsigned i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        testbed_sql(&bed, "SELECT pg_notify('fz_event', '%s')", strange[i]);
    }
    testbed_sql(&bed, "NOTIFY fz_event, '2147483647:9223372036854775806:0'");
    testbed_wait(&bed, &hints.calls, 2);
    cr_expect(hints.calls == 2, "nothing strange was passed on");
    cr_expect(hints.community == INT32_MAX && hints.event == INT64_MAX - 1 && hints.number == 0);

    terminate_reader(&bed);
    wait_until_lost(&bed);
    wait_until_good(&bed, 9);
    testbed_sql(&bed, "NOTIFY fz_event, '9:43:8'");
    testbed_wait(&bed, &hints.calls, 3);
    cr_expect(hints.event == 43, "it listens again");
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- a server of our own ---------------------------------------------------------------------- */

static void open_migrated(struct testbed *bed, const struct cluster *cluster)
{
    struct fz_err err;
    cr_assert(fz_migrate(cluster->conninfo, fz_migrations(), NULL, NULL, &err) == FZ_OK, "%s",
              err.msg);
    testbed_open(bed, cluster->conninfo);
    testbed_town(bed, 1);
}

Test(reader_fault, the_server_dies_and_comes_back, .timeout = 100)
{
    struct testbed bed;
    struct cluster cluster;
    cluster_start(&cluster);
    open_migrated(&bed, &cluster);
    testbed_start_reader(&bed, 3, true);
    wait_until_good(&bed, 1);
    for (int round = 0; round < 2; round++) {
        struct answers answers = {0};
        if (round == 0) {
            cluster_crash(&cluster);
        } else {
            cluster_stop(&cluster);
        }
        wait_until_lost(&bed);
        ask(&bed, 1, &answers);
        testbed_wait(&bed, &answers.calls, 1);
        cr_expect(answers.unavailable == 1, "round %d", round);
        cluster_restart(&cluster);
        wait_until_good(&bed, 1);
    }
    testbed_close(&bed);
    cluster_remove(&cluster);
    FZ_EXPECT_NO_LEAK();
}

Test(reader_fault, the_server_does_not_answer, .timeout = 100)
{
    struct testbed bed;
    struct cluster cluster;
    struct answers answers = {0};
    cluster_start(&cluster);
    open_migrated(&bed, &cluster);
    testbed_start_reader(&bed, 1, true);
    wait_until_good(&bed, 1);
    pid_t pid = (pid_t)testbed_int(
        &bed, "SELECT pid FROM pg_stat_activity WHERE application_name = '%s'", bed.name);
    cr_assert(kill(pid, SIGSTOP) == 0);
    int64_t started_ms = testbed_now_ms();
    ask(&bed, 1, &answers);
    testbed_wait(&bed, &answers.calls, 1);
    cr_expect(answers.unavailable == 1);
    cr_expect(testbed_now_ms() - started_ms >= 3000, "it was given its time");
    wait_until_good(&bed, 1);
    cr_expect(kill(pid, SIGCONT) == 0);
    testbed_close(&bed);
    cluster_remove(&cluster);
    FZ_EXPECT_NO_LEAK();
}
