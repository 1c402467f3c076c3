/*
 * Room ledger/store. The writer: when to connect, when to send, what an answer or its absence
 * means.
 *
 * A batch goes LOCKING -> (decide) -> WRITING -> done. Whatever goes wrong on the way ends the
 * connection, which rolls back what was not committed, and the batch is decided again on the next
 * one. That is also right when COMMIT was sent and its answer lost: the head's lock makes the next
 * attempt wait until the old transaction is over, and then it finds the operation ids decided, or
 * not.
 */
#include "ledger/store/writer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "ledger/core/decide.h"
#include "ledger/store/commit.h"

#define PHASE_TIMEOUT_MS (FZ_LOCK_TIMEOUT_MS + 1000)
#define CONNECT_TIMEOUT_MS 5000
#define PAUSE_MIN_MS 50
#define PAUSE_MAX_MS 1000

enum phase {
    PHASE_DOWN,       /* no connection; leaves by tick when retry_at_ms has come */
    PHASE_CONNECTING, /* PQconnectPoll under way */
    PHASE_PREPARING,  /* statements sent, waiting for their sync */
    PHASE_IDLE,       /* ready for a batch */
    PHASE_LOCKING,    /* first round trip under way */
    PHASE_WRITING     /* second round trip under way, COMMIT sent */
};

struct fz_writer {
    struct fz_writer_options options;
    struct fz_pg_options pg_options;
    PGconn *conn;
    void *watch;
    int watched_fd;
    enum phase phase;
    int64_t phase_since_ms;
    int64_t retry_at_ms;
    int64_t pause_ms;

    bool has_batch;
    bool maybe_committed; /* a COMMIT was sent and its answer never came */
    bool committed;       /* the answer to COMMIT came */
    bool commit_sent;     /* of this attempt: libpq has its COMMIT, or may have */
    bool refused;         /* of this attempt: the server said that it is rolled back */
    bool hinting;         /* the hint after a batch was sent, its sync has not come */
    unsigned attempts;
    struct fz_commit_batch batch;
    void (*done)(void *ctx, fz_rc rc, const struct fz_err *err);
    void *done_ctx;
    int64_t started_us;

    struct fz_commit_sent sent;
    unsigned taken; /* answers taken of what was sent */
    fz_rc failure;  /* first failure of this attempt */
    struct fz_err err;
    struct fz_pg_params params;
    struct fz_writer_stats stats;
    struct fz_state *state;
};

static void on_ready(void *ctx, unsigned got);

static int64_t monotonic_us(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The clock is read here: the last tick may be long ago in a program that commits now and then. */
static void enter(struct fz_writer *writer, enum phase phase)
{
    writer->phase = phase;
    writer->phase_since_ms = monotonic_us() / 1000;
}

/* --- the connection --------------------------------------------------------------------------- */

static void disconnect(struct fz_writer *writer)
{
    writer->options.loop->unwatch(writer->options.loop, writer->watch);
    writer->watch = NULL;
    PQfinish(writer->conn);
    writer->conn = NULL;
    writer->hinting = false;
    enter(writer, PHASE_DOWN);
}

/* Watches the connection's descriptor, which may change while libpq tries several addresses. */
static fz_rc watch(struct fz_writer *writer, unsigned want)
{
    struct fz_loop *loop = writer->options.loop;
    int fd = PQsocket(writer->conn);
    if (writer->watch != NULL && fd == writer->watched_fd) {
        loop->change(loop, writer->watch, want);
        return FZ_OK;
    }
    loop->unwatch(loop, writer->watch);
    writer->watched_fd = fd;
    writer->watch = fd < 0 ? NULL : loop->watch(loop, fd, want, on_ready, writer);
    return writer->watch == NULL ? fz_fail(&writer->err, FZ_UNAVAILABLE, "no socket to watch")
                                 : FZ_OK;
}

/* Ends the attempt: the connection goes, the batch waits for the next one or is given up. */
static void fail_attempt(struct fz_writer *writer, fz_rc rc);

static void connect_start(struct fz_writer *writer)
{
    enter(writer, PHASE_CONNECTING);
    writer->refused = false;
    fz_rc rc = fz_pg_connect_start(&writer->pg_options, &writer->conn, &writer->err);
    if (rc == FZ_OK) {
        rc = watch(writer, FZ_LOOP_WRITE);
    }
    if (rc != FZ_OK) {
        fail_attempt(writer, rc);
    }
}

static fz_rc prepare_statements(struct fz_writer *writer)
{
    if (PQsetnonblocking(writer->conn, 1) != 0 || PQenterPipelineMode(writer->conn) != 1) {
        return fz_pg_error(writer->conn, NULL, "pipeline mode", &writer->err);
    }
    for (unsigned i = 0; i < FZ_COMMIT_STATEMENTS; i++) {
        enum fz_commit_statement statement = (enum fz_commit_statement)i;
        if (PQsendPrepare(writer->conn, fz_commit_statement_name(statement),
                          fz_commit_statement_sql(statement), 0, NULL) != 1) {
            return fz_pg_error(writer->conn, NULL, "prepare", &writer->err);
        }
    }
    writer->sent.len = FZ_COMMIT_STATEMENTS;
    writer->taken = 0;
    writer->failure = FZ_OK;
    return FZ_OK;
}

/* Sends what is buffered and waits for the rest of it to go and for answers to come. */
static fz_rc flush(struct fz_writer *writer)
{
    int left = PQflush(writer->conn);
    if (left < 0) {
        return fz_pg_error(writer->conn, NULL, "flush", &writer->err);
    }
    return watch(writer, left > 0 ? FZ_LOOP_READ | FZ_LOOP_WRITE : FZ_LOOP_READ);
}

/* Ends a round trip with a sync point, so that its end can be seen. */
static void send_all(struct fz_writer *writer, fz_rc rc)
{
    if (rc == FZ_OK && PQpipelineSync(writer->conn) != 1) {
        rc = fz_pg_error(writer->conn, NULL, "sync", &writer->err);
    }
    if (rc == FZ_OK) {
        rc = flush(writer);
    }
    if (rc != FZ_OK) {
        fail_attempt(writer, rc);
    }
}

static void connect_continue(struct fz_writer *writer)
{
    switch (PQconnectPoll(writer->conn)) {
    case PGRES_POLLING_READING:
        if (watch(writer, FZ_LOOP_READ) != FZ_OK) {
            fail_attempt(writer, FZ_UNAVAILABLE);
        }
        return;
    case PGRES_POLLING_WRITING:
        if (watch(writer, FZ_LOOP_WRITE) != FZ_OK) {
            fail_attempt(writer, FZ_UNAVAILABLE);
        }
        return;
    case PGRES_POLLING_OK:
        enter(writer, PHASE_PREPARING);
        send_all(writer, prepare_statements(writer));
        return;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        break;
    }
    fail_attempt(writer, fz_pg_error(writer->conn, NULL, "connect", &writer->err));
}

/* --- the batch -------------------------------------------------------------------------------- */

static void finish(struct fz_writer *writer, fz_rc rc)
{
    void (*done)(void *, fz_rc, const struct fz_err *) = writer->done;
    fz_assert(writer->has_batch);
    writer->has_batch = false;
    writer->done = NULL;
    done(writer->done_ctx, rc, &writer->err);
}

/*
 * Only the server can say that a transaction failed. Whatever else goes wrong, memory of ours
 * included, is a connection that can no longer be used, and leaves open what a COMMIT did.
 */
static void fail_attempt(struct fz_writer *writer, fz_rc rc)
{
    bool was_batch = writer->phase == PHASE_LOCKING || writer->phase == PHASE_WRITING;
    if (writer->phase == PHASE_WRITING && writer->commit_sent && !writer->refused) {
        writer->maybe_committed = true;
    }
    if (!writer->refused && rc != FZ_NOT_FOUND) {
        rc = FZ_UNAVAILABLE;
    }
    disconnect(writer);
    writer->retry_at_ms = writer->phase_since_ms + (was_batch ? 0 : writer->pause_ms);
    if (!was_batch && writer->pause_ms < PAUSE_MAX_MS) {
        writer->pause_ms *= 2;
    }
    writer->stats.reconnects++;
    if (!writer->has_batch) {
        return;
    }
    if (rc == FZ_UNAVAILABLE && (!was_batch || writer->attempts < FZ_COMMIT_ATTEMPTS_MAX)) {
        return; /* the next connection takes it up again, or its time runs out */
    }
    finish(writer, writer->maybe_committed ? FZ_OUTCOME_UNKNOWN : rc);
}

static void begin_attempt(struct fz_writer *writer)
{
    fz_assert(writer->phase == PHASE_IDLE && writer->has_batch);
    writer->attempts++;
    if (writer->attempts > 1) {
        writer->stats.retries++;
    }
    writer->taken = 0;
    writer->failure = FZ_OK;
    writer->committed = false;
    writer->commit_sent = false;
    writer->refused = false;
    enter(writer, PHASE_LOCKING);
    send_all(writer, fz_commit_send_lock(writer->conn, &writer->params, &writer->batch,
                                         &writer->sent, &writer->err));
}

static void decide_and_write(struct fz_writer *writer)
{
    fz_decide(writer->state, writer->batch.commands, writer->batch.len,
              writer->options.now_us(writer->options.now_ctx));
    writer->taken = 0;
    enter(writer, PHASE_WRITING);
    fz_rc rc = fz_commit_send_write(writer->conn, &writer->params, writer->state, &writer->sent,
                                    &writer->err);
    /* COMMIT is the last; a connection that broke on the way may have taken it all the same */
    writer->commit_sent = rc == FZ_OK || PQstatus(writer->conn) != CONNECTION_OK;
    send_all(writer, rc);
}

/*
 * Tells other workers of new events and transfers. The batch is booked: a hint that cannot be sent
 * is lost, which delays who waits there, and the broken connection is replaced.
 */
static void send_hint(struct fz_writer *writer)
{
    struct fz_err ignored = {.rc = FZ_OK};
    fz_rc rc = fz_commit_send_hint(writer->conn, &writer->params, writer->state, &ignored);
    if (rc != FZ_OK || PQpipelineSync(writer->conn) != 1 || flush(writer) != FZ_OK) {
        disconnect(writer);
        writer->retry_at_ms = writer->phase_since_ms;
        writer->stats.reconnects++;
        return;
    }
    writer->hinting = true;
}

/*
 * Whether others may not know yet what this batch asked for, though it added nothing: an attempt of
 * ours may have booked it and lost the answer to its COMMIT, or another worker its life.
 */
static bool may_be_news(const struct fz_writer *writer)
{
    bool is_news = writer->maybe_committed;
    for (unsigned i = 0; i < writer->batch.len && !is_news; i++) {
        is_news = writer->batch.commands[i]->replayed;
    }
    return is_news;
}

static void end_batch(struct fz_writer *writer)
{
    writer->stats.batches++;
    writer->stats.commands += writer->batch.len;
    writer->stats.transfers += writer->state->transfers_len;
    writer->stats.last_batch_us = monotonic_us() - writer->started_us;
    enter(writer, PHASE_IDLE);
    if (writer->state->events_len > 0 || writer->state->transfers_len > 0 || may_be_news(writer)) {
        send_hint(writer);
    }
    finish(writer, FZ_OK);
}

/* A round trip is over: every answer was taken, up to its sync. */
static void end_round_trip(struct fz_writer *writer)
{
    fz_assert(writer->failure != FZ_OK || writer->taken == writer->sent.len);
    if (writer->failure != FZ_OK) {
        fail_attempt(writer, writer->failure);
        return;
    }
    if (writer->phase == PHASE_PREPARING) {
        writer->pause_ms = PAUSE_MIN_MS;
        enter(writer, PHASE_IDLE);
        if (writer->has_batch) {
            begin_attempt(writer);
        }
    } else if (writer->phase == PHASE_LOCKING) {
        decide_and_write(writer);
    } else {
        fz_assert(writer->phase == PHASE_WRITING && writer->committed);
        end_batch(writer);
    }
}

static fz_rc take_lock_answer(struct fz_writer *writer, const PGresult *result)
{
    return fz_commit_take(writer->state, &writer->batch, writer->sent.statements[writer->taken],
                          result, &writer->err);
}

/*
 * COMMIT of a failed transaction answers ROLLBACK, with success: only the word COMMIT means that
 * the batch is durable.
 */
static fz_rc take_write_answer(struct fz_writer *writer, PGresult *result)
{
    if (writer->sent.statements[writer->taken] != FZ_COMMIT_END) {
        return FZ_OK;
    }
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        writer->refused = strcmp(PQcmdStatus(result), "ROLLBACK") == 0;
        return fz_fail(&writer->err, FZ_DATABASE, "COMMIT answered %s", PQcmdStatus(result));
    }
    writer->committed = true;
    return FZ_OK;
}

/*
 * True for a statement that failed in a session that lives on. A session that ends (FATAL, PANIC)
 * may have written its COMMIT before, and a failure of libpq's own has no SQLSTATE.
 */
static bool is_refusal(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity != NULL && strcmp(severity, "ERROR") == 0 &&
           PQresultErrorField(result, PG_DIAG_SQLSTATE) != NULL;
}

static void take_answer(struct fz_writer *writer, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    if (writer->failure != FZ_OK) {
        return; /* what follows a failure up to the sync says nothing new */
    }
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        writer->failure = fz_pg_error(writer->conn, result, "batch", &writer->err);
        writer->refused = is_refusal(result);
        return;
    }
    fz_assert(writer->taken < writer->sent.len);
    if (writer->phase == PHASE_LOCKING) {
        writer->failure = take_lock_answer(writer, result);
    } else if (writer->phase == PHASE_WRITING) {
        writer->failure = take_write_answer(writer, result);
    }
    writer->taken++;
}

/* Takes what has arrived. Returns when the connection has no more to say now. */
static void take_answers(struct fz_writer *writer)
{
    unsigned empty = 0;
    if (PQconsumeInput(writer->conn) != 1) {
        fail_attempt(writer, fz_pg_error(writer->conn, NULL, "read", &writer->err));
        return;
    }
    while (writer->conn != NULL && empty < 2 && PQisBusy(writer->conn) == 0) {
        PGresult *result = PQgetResult(writer->conn);
        if (result == NULL) {
            empty++; /* between two answers there is one; two in a row: nothing is under way */
            continue;
        }
        empty = 0;
        bool is_sync = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (writer->hinting) {
            writer->hinting = !is_sync; /* it comes before all answers of the next batch */
            PQclear(result);
        } else if (is_sync) {
            PQclear(result);
            end_round_trip(writer);
        } else {
            take_answer(writer, result);
            PQclear(result);
        }
    }
    if (writer->conn != NULL && PQstatus(writer->conn) != CONNECTION_OK) {
        fail_attempt(writer, fz_pg_error(writer->conn, NULL, "connection", &writer->err));
    }
}

static void on_ready(void *ctx, unsigned got)
{
    struct fz_writer *writer = ctx;
    if (writer->phase == PHASE_CONNECTING) {
        connect_continue(writer);
        return;
    }
    if ((got & FZ_LOOP_WRITE) != 0) {
        fz_rc rc = flush(writer);
        if (rc != FZ_OK) {
            fail_attempt(writer, rc);
            return;
        }
    }
    if ((got & FZ_LOOP_READ) != 0) {
        take_answers(writer);
    }
}

/* --- what others call ------------------------------------------------------------------------- */

fz_rc fz_writer_create(const struct fz_writer_options *options,
                       struct fz_writer **out,
                       struct fz_err *err)
{
    *out = NULL;
    struct fz_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "writer");
    }
    writer->options = *options;
    writer->pg_options = (struct fz_pg_options){.conninfo = options->conninfo,
                                                .role = options->role,
                                                .application_name = options->application_name,
                                                .settings = FZ_COMMIT_SETTINGS};
    writer->pause_ms = PAUSE_MIN_MS;
    fz_pg_params_init(&writer->params);
    writer->state = calloc(1, sizeof(*writer->state));
    fz_rc rc = writer->state == NULL ? fz_fail(err, FZ_NO_MEMORY, "state") : FZ_OK;
    if (rc == FZ_OK) {
        rc = fz_sha256_create(&writer->state->sha, err);
    }
    if (rc == FZ_OK) {
        rc = fz_random(&writer->state->seed, sizeof(writer->state->seed), err);
    }
    if (rc != FZ_OK) {
        fz_writer_destroy(&writer);
        return rc;
    }
    connect_start(writer);
    *out = writer;
    return FZ_OK;
}

void fz_writer_destroy(struct fz_writer **writer)
{
    struct fz_writer *gone = *writer;
    if (gone == NULL) {
        return;
    }
    fz_assert(!gone->has_batch);
    disconnect(gone);
    fz_pg_params_fini(&gone->params);
    if (gone->state != NULL) {
        fz_sha256_destroy(&gone->state->sha);
    }
    free(gone->state);
    free(gone);
    *writer = NULL;
}

bool fz_writer_is_idle(const struct fz_writer *writer)
{
    return !writer->has_batch;
}

bool fz_writer_is_ready(const struct fz_writer *writer)
{
    return writer->phase >= PHASE_IDLE;
}

void fz_writer_commit(struct fz_writer *writer,
                      int32_t community,
                      struct fz_command *const *commands,
                      unsigned len,
                      void (*done)(void *ctx, fz_rc rc, const struct fz_err *err),
                      void *ctx)
{
    fz_assert(!writer->has_batch && len >= 1 && len <= FZ_BATCH_MAX);
    writer->has_batch = true;
    writer->batch = (struct fz_commit_batch){community, commands, len};
    writer->done = done;
    writer->done_ctx = ctx;
    writer->attempts = 0;
    writer->maybe_committed = false;
    writer->err = (struct fz_err){.rc = FZ_OK};
    writer->started_us = monotonic_us();
    if (writer->phase == PHASE_IDLE) {
        begin_attempt(writer);
    }
}

static void expire_batch(struct fz_writer *writer)
{
    if (writer->phase >= PHASE_LOCKING) {
        writer->attempts = FZ_COMMIT_ATTEMPTS_MAX;
        fail_attempt(writer, fz_fail(&writer->err, FZ_UNAVAILABLE, "batch took too long"));
        return;
    }
    finish(writer, writer->maybe_committed ? FZ_OUTCOME_UNKNOWN : FZ_UNAVAILABLE);
}

void fz_writer_tick(struct fz_writer *writer, int64_t now_ms)
{
    int64_t in_phase_ms = now_ms - writer->phase_since_ms;
    if (writer->has_batch && now_ms - writer->started_us / 1000 > FZ_COMMAND_TIMEOUT_MS) {
        expire_batch(writer);
        return;
    }
    if (writer->phase == PHASE_DOWN && now_ms >= writer->retry_at_ms) {
        connect_start(writer);
    } else if ((writer->phase == PHASE_CONNECTING || writer->phase == PHASE_PREPARING) &&
               in_phase_ms > CONNECT_TIMEOUT_MS) {
        fail_attempt(writer, fz_fail(&writer->err, FZ_UNAVAILABLE, "connecting took too long"));
    } else if (writer->phase >= PHASE_LOCKING && in_phase_ms > PHASE_TIMEOUT_MS) {
        fail_attempt(writer, fz_fail(&writer->err, FZ_UNAVAILABLE, "no answer from PostgreSQL"));
    }
}

void fz_writer_get_stats(const struct fz_writer *writer, struct fz_writer_stats *stats_out)
{
    *stats_out = writer->stats;
}
