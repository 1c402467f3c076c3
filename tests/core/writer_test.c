/*
 * The writer against a real PostgreSQL: random histories give the plain model's results row by row,
 * whatever is lost on the way; a batch is there wholly and once, or not at all.
 */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feezero/crypto.h"
#include "ledger/core/decide.h"
#include "ledger/store/poll_loop.h"
#include "tests/core/generator.h"
#include "tests/support/leak.h"

struct books {
    int32_t community;
    int64_t now_us;
    PGconn *conn; /* the superuser's, for looking and for disturbing */
    struct fz_poll_loop *loop;
    struct fz_writer *writer;
    struct fz_sha256 *sha;
    bool finished;
    fz_rc rc;
    char name[32];                            /* of its writer */
    void (*at_decision)(struct books *books); /* called once: rows are read, nothing is written */
};

static void run_sql(struct books *books, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void run_sql(struct books *books, const char *format, ...)
{
    char sql[2048];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    cr_assert(len > 0 && (size_t)len < sizeof(sql));
    PGresult *result = PQexec(books->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(books->conn));
    PQclear(result);
}

static long long ask(struct books *books, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static long long ask(struct books *books, const char *format, ...)
{
    char sql[2048];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);
    cr_assert(len > 0 && (size_t)len < sizeof(sql));
    PGresult *result = PQexec(books->conn, sql);
    cr_assert(PQresultStatus(result) == PGRES_TUPLES_OK, "%s: %s", sql,
              PQerrorMessage(books->conn));
    long long answer = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;
    PQclear(result);
    return answer;
}

static int64_t books_now(void *ctx)
{
    struct books *books = ctx;
    void (*at_decision)(struct books *) = books->at_decision;
    books->at_decision = NULL;
    if (at_decision != NULL) {
        at_decision(books);
    }
    return books->now_us;
}

static void start_writer(struct books *books, const char *conninfo)
{
    struct fz_err err = {.rc = FZ_OK};
    /* of this test alone: others run beside it, and some end their writers */
    (void)snprintf(books->name, sizeof(books->name), "writer test %d", (int)books->community);
    struct fz_writer_options options = {.conninfo = conninfo,
                                        .role = "fz_switch",
                                        .application_name = books->name,
                                        .loop = fz_poll_loop_get(books->loop),
                                        .now_us = books_now,
                                        .now_ctx = books};
    cr_assert_eq(fz_writer_create(&options, &books->writer, &err), FZ_OK, "%s", err.msg);
}

static void open_books(struct books *books, int32_t community)
{
    const char *conninfo = getenv("FZ_TEST_DB");
    cr_assert_not_null(conninfo, "FZ_TEST_DB is not set: run by ctest");
    *books = (struct books){.community = community, .now_us = 1796083200000000LL};
    books->conn = PQconnectdb(conninfo);
    cr_assert_eq(PQstatus(books->conn), CONNECTION_OK, "%s", PQerrorMessage(books->conn));
    cr_assert_eq(fz_poll_loop_create(&books->loop, NULL), FZ_OK);
    cr_assert_eq(fz_sha256_create(&books->sha, NULL), FZ_OK);
    run_sql(books, "INSERT INTO fz.community (community_id, name) VALUES (%d, '町')", community);
    run_sql(books, "INSERT INTO fz.head (community_id) VALUES (%d)", community);
    start_writer(books, conninfo);
}

static void close_books(struct books *books)
{
    fz_writer_destroy(&books->writer);
    fz_poll_loop_destroy(&books->loop);
    fz_sha256_destroy(&books->sha);
    PQfinish(books->conn);
    FZ_EXPECT_NO_LEAK();
}

static void open_account(struct books *books, int64_t account)
{
    run_sql(books, "INSERT INTO fz.account (community_id, account) VALUES (%d, %lld)",
            books->community, (long long)account);
}

static void on_done(void *ctx, fz_rc rc, const struct fz_err *err)
{
    struct books *books = ctx;
    books->finished = true;
    books->rc = rc;
    cr_expect(rc == FZ_OK || err->msg[0] != '\0', "a failure says why");
}

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Commits and waits; `disturb` is called once, some turns after the start. */
static fz_rc commit(struct books *books,
                    struct fz_command **commands,
                    unsigned len,
                    unsigned turns,
                    void (*disturb)(struct books *))
{
    struct fz_err err;
    for (unsigned i = 0; i < len; i++) {
        fz_command_seal(books->sha, commands[i]);
    }
    books->finished = false;
    fz_writer_commit(books->writer, books->community, commands, len, on_done, books);
    for (unsigned turn = 0; !books->finished; turn++) {
        if (disturb != NULL && turn == turns) {
            disturb(books);
        }
        cr_assert_eq(fz_poll_loop_turn(books->loop, 20, &err), FZ_OK);
        if (!books->finished) {
            fz_writer_tick(books->writer, monotonic_ms());
        }
    }
    return books->rc;
}

static void kill_writer(struct books *books)
{
    run_sql(books,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
            " application_name = '%s' AND datname = current_database()",
            books->name);
}

static void expect_books_whole(struct books *books, const struct model *model)
{
    int community = books->community;
    for (unsigned i = 0; i < model->accounts_len; i++) {
        const struct model_account *want = &model->accounts[i];
        cr_expect_eq(ask(books,
                         "SELECT count(*) FROM fz.account WHERE community_id = %d AND account ="
                         " %lld AND debits_posted = %lld AND credits_posted = %lld",
                         community, (long long)want->number, (long long)want->debits,
                         (long long)want->credits),
                     1, "account %lld", (long long)want->number);
    }
    cr_expect_eq(ask(books, "SELECT count(*) FROM fz.transfer WHERE community_id = %d", community),
                 model->transfers_len);
    cr_expect_eq(ask(books, "SELECT count(*) FROM fz.operation WHERE community_id = %d", community),
                 model->operations_len);
    cr_expect_eq(ask(books, "SELECT count(*) FROM fz.intent WHERE community_id = %d", community),
                 model->intents_len);
    cr_expect_eq(ask(books,
                     "SELECT count(*) FROM fz.head h JOIN fz.batch b USING (community_id) WHERE"
                     " community_id = %d AND b.batch = h.last_batch AND b.hash = h.last_hash",
                     community),
                 1);
    for (unsigned i = 0; i < model->intents_len; i++) {
        const struct model_intent *want = &model->intents[i];
        char id[FZ_ID_TEXT_LEN + 1];
        fz_id_format(&want->id, id);
        cr_expect_eq(ask(books,
                         "SELECT count(*) FROM fz.intent WHERE community_id = %d AND intent_id ="
                         " '%s' AND state = %d AND refunded = %lld AND coalesce(payer, 0) = %lld",
                         community, id, want->state, (long long)want->refunded,
                         (long long)want->payer),
                     1, "intent %s", id);
    }
}

static uint64_t count_retries(const struct books *books)
{
    struct fz_writer_stats stats;
    fz_writer_get_stats(books->writer, &stats);
    return stats.retries;
}

static void play(struct books *books, uint64_t seed, void (*disturb)(struct books *))
{
    static struct history h;
    static struct fz_command commands[HISTORY_BATCH_MAX];
    struct fz_command *pointers[HISTORY_BATCH_MAX];
    unsigned len;
    history_begin(&h, seed);
    for (unsigned i = 0; i < h.model->accounts_len; i++) {
        open_account(books, h.model->accounts[i].number);
    }
    for (unsigned batch = 0; (len = history_batch(&h, commands)) > 0; batch++) {
        for (unsigned i = 0; i < len; i++) {
            pointers[i] = &commands[i];
        }
        books->now_us = h.now_us;
        uint64_t retries = count_retries(books);
        fz_rc rc = commit(books, pointers, len, batch % 5, batch % 3 == 0 ? disturb : NULL);
        cr_assert_eq(rc, FZ_OK, "seed %llu batch %u: %s", (unsigned long long)seed, batch,
                     fz_rc_info(rc)->name);
        for (unsigned i = 0; i < len; i++) {
            struct fz_result want = model_run(h.model, &commands[i], h.now_us);
            if (!fz_command_info((int)want.type)->kept && count_retries(books) != retries) {
                want.time_us = commands[i].result.time_us; /* looked at again, later */
            }
            expect_same_result(&h, h.past_len - len + i, &commands[i].result, &want);
        }
        history_advance(&h);
        const struct model_account *account = history_disturb(&h);
        if (account != NULL) {
            run_sql(books,
                    "UPDATE fz.account SET state = %d, hold = %lld"
                    " WHERE community_id = %d AND account = %lld",
                    account->state, (long long)account->hold, books->community,
                    (long long)account->number);
        }
    }
    expect_books_whole(books, h.model);
    history_end(&h);
}

Test(writer, books_what_the_plain_model_says)
{
    for (int32_t i = 0; i < 5; i++) {
        struct books books;
        open_books(&books, 100 + i);
        play(&books, 7000 + (uint64_t)i, NULL);
        close_books(&books);
    }
}

/* The connection is cut at every stage of a batch: nothing is lost, nothing is done twice. */
Test(writer, decides_again_when_the_connection_is_lost)
{
    for (int32_t i = 0; i < 3; i++) {
        struct books books;
        struct fz_writer_stats stats;
        open_books(&books, 200 + i);
        play(&books, 8000 + (uint64_t)i, kill_writer);
        fz_writer_get_stats(books.writer, &stats);
        cr_expect(stats.reconnects > 2, "%llu reconnects", (unsigned long long)stats.reconnects);
        close_books(&books);
    }
}

static struct fz_command topup(int64_t party, uint8_t id)
{
    struct fz_command command = {.type = FZ_COMMAND_TOPUP, .party = party, .amount = 100};
    command.id.bytes[0] = 1;
    command.id.bytes[15] = id;
    return command;
}

Test(writer, says_what_it_cannot_do)
{
    struct books books;
    struct fz_command command = topup(1, 1);
    struct fz_command *pointer = &command;
    open_books(&books, 300);
    open_account(&books, 1000000000);
    open_account(&books, 10000000001);
    books.community = 999;
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_NOT_FOUND);
    books.community = 300;
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_OK);
    cr_expect_eq(command.result.number, 1);
    fz_writer_destroy(&books.writer);
    start_writer(&books, "host=/nowhere user=nobody");
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_UNAVAILABLE);
    close_books(&books);
}

/* A constraint stands behind the C rules: what it refuses is our bug, and nothing is done. */
Test(writer, a_broken_row_stops_the_batch_and_not_the_writer)
{
    struct books books;
    struct fz_command command = topup(1, 1);
    struct fz_command *pointer = &command;
    open_books(&books, 301);
    open_account(&books, 1000000000);
    open_account(&books, 10000000001);
    run_sql(&books, "INSERT INTO fz.transfer VALUES (301, 1, 1000000000, 10000000001, 5, 1, 0, 0,"
                    " NULL, '00000000-0000-0000-0000-000000000001', 1, 0, 0)");
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_DATABASE);
    run_sql(&books, "DELETE FROM fz.transfer WHERE community_id = 301");
    cr_expect_eq(ask(&books, "SELECT count(*) FROM fz.operation WHERE community_id = 301"), 0);
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_OK);
    close_books(&books);
}

static void hold_wallet(struct books *books)
{
    run_sql(books,
            "UPDATE fz.account SET hold = 1 WHERE community_id = %d AND account ="
            " 10000000001",
            (int)books->community);
}

/* Somebody changes a row past the rules, between the batch's read and its write. */
Test(writer, decides_again_on_a_row_that_moved)
{
    struct books books;
    struct fz_command command = topup(1, 1);
    struct fz_command *pointer = &command;
    open_books(&books, 304);
    open_account(&books, 1000000000);
    open_account(&books, 10000000001);
    books.at_decision = hold_wallet;
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_OK);
    cr_expect_eq(count_retries(&books), 1, "the change was not noticed");
    cr_expect_eq(ask(&books, "SELECT credits_posted FROM fz.account WHERE community_id = 304"
                             " AND account = 10000000001"),
                 command.amount);
    cr_expect_eq(ask(&books, "SELECT count(*) FROM fz.transfer WHERE community_id = 304"), 1);
    cr_expect_eq(ask(&books, "SELECT sum(debits_posted - credits_posted)::bigint FROM fz.account"
                             " WHERE community_id = 304"),
                 0);
    close_books(&books);
}

/* A pause between two batches is no reason to think that the second one takes long. */
Test(writer, does_not_take_a_pause_for_a_slow_answer)
{
    struct books books;
    struct fz_command command = topup(1, 1);
    struct fz_command *pointer = &command;
    open_books(&books, 303);
    open_account(&books, 1000000000);
    open_account(&books, 10000000001);
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_OK);
    sleep(7);
    command = topup(1, 2);
    cr_expect_eq(commit(&books, &pointer, 1, 0, NULL), FZ_OK);
    cr_expect_eq(count_retries(&books), 0);
    close_books(&books);
}

static void release(struct books *books)
{
    run_sql(books, "COMMIT");
}

Test(writer, waits_for_whoever_holds_the_head)
{
    struct books books;
    struct fz_command command = topup(1, 1);
    struct fz_command *pointer = &command;
    open_books(&books, 302);
    open_account(&books, 1000000000);
    open_account(&books, 10000000001);
    run_sql(&books, "BEGIN");
    run_sql(&books, "UPDATE fz.head SET last_time_us = 1796083200000777 WHERE community_id = 302");
    cr_expect_eq(commit(&books, &pointer, 1, 20, release), FZ_OK);
    cr_expect_eq(command.result.time_us, 1796083200000778, "it sees what was committed before");
    close_books(&books);
}
