/*
 * Test room. The simulated PostgreSQL: one backend per connection, carrying out messages in order;
 * the lock of a head and who waits for it; time-outs; what a statement can fail with; restarts.
 */
#include <string.h>

#include "feezero/assert.h"
#include "tests/engine/sim_sql.h"

struct sim_backend {
    PGconn *conn; /* NULL: the client is gone, and the backend does not know yet */
    bool gone;
    bool busy;           /* a statement is under way */
    bool waiting;        /* for the head */
    bool skipping;       /* after an error, to the next sync */
    bool aborted;        /* the transaction can only be rolled back */
    int32_t holds;       /* community whose head is locked, or 0 */
    unsigned generation; /* of what timers were set for */
    struct sim_message *first;
    struct sim_message **last;
    struct sim_message *current;
    struct sim_transaction *transaction;
    struct sim_backend *next;
    struct sim_backend *next_waiting;
};

struct timer {
    struct sim_backend *backend;
    unsigned generation;
};

static struct {
    struct sim_backend *backends;
    struct sim_backend *holder[SIM_COMMUNITIES + 1];
    struct sim_backend *waiting[SIM_COMMUNITIES + 1];
    int64_t refuses_until;
} server;

static void run(void *ctx);
static void executed(void *ctx);

void sim_server_begin(void)
{
    memset(&server, 0, sizeof(server));
}

bool sim_backend_lock_is_free(int32_t community)
{
    return server.holder[community] == NULL;
}

struct sim_backend *sim_backend_start(PGconn *conn)
{
    if (sim.now_us < server.refuses_until || sim_strikes(SIM_CONNECT_REFUSED)) {
        return NULL;
    }
    struct sim_backend *backend = sim_keep(sizeof(*backend));
    backend->conn = conn;
    backend->last = &backend->first;
    backend->next = server.backends;
    server.backends = backend;
    return backend;
}

static void answer(struct sim_backend *backend, const struct sim_answer *what)
{
    if (backend->conn != NULL) {
        sim_conn_answer(backend->conn, what);
    }
}

static void succeed(struct sim_backend *backend, const char *command)
{
    answer(backend, &(struct sim_answer){.status = PGRES_COMMAND_OK, .command = command});
}

/* --- the head's lock -------------------------------------------------------------------------- */

static void release(struct sim_backend *backend)
{
    int32_t community = backend->holds;
    backend->holds = 0;
    if (community == 0) {
        return;
    }
    fz_assert(server.holder[community] == backend);
    struct sim_backend *next = server.waiting[community];
    server.holder[community] = next;
    if (next != NULL) {
        server.waiting[community] = next->next_waiting;
        next->holds = community;
        next->waiting = false;
        next->generation++;
        next->busy = true;
        sim_at(sim_between(10, 60), executed, next);
    }
}

static void leave_queue(struct sim_backend *backend)
{
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        struct sim_backend **at = &server.waiting[c];
        while (*at != NULL && *at != backend) {
            at = &(*at)->next_waiting;
        }
        if (*at != NULL) {
            *at = backend->next_waiting;
        }
    }
    backend->next_waiting = NULL;
    backend->waiting = false;
}

/* The end of a backend: what was not committed is as if it never was. */
static void die(struct sim_backend *backend)
{
    if (backend->gone) {
        return;
    }
    backend->gone = true;
    backend->transaction = NULL;
    leave_queue(backend);
    release(backend);
}

static void die_and_drop(struct sim_backend *backend)
{
    if (backend->conn != NULL) {
        sim_conn_drop(backend->conn);
    }
    die(backend);
}

static void fail(struct sim_backend *backend, const char *severity, const char *sqlstate)
{
    sim_trace("server: %s %s", severity, sqlstate);
    answer(backend, &(struct sim_answer){
                        .status = PGRES_FATAL_ERROR, .severity = severity, .sqlstate = sqlstate});
    backend->skipping = true;
    backend->aborted = backend->transaction != NULL;
    if (strcmp(severity, "ERROR") != 0) {
        die_and_drop(backend);
    }
}

static void wait_is_over(void *ctx)
{
    const struct timer *timer = ctx;
    struct sim_backend *backend = timer->backend;
    if (backend->gone || !backend->waiting || backend->generation != timer->generation) {
        return;
    }
    sim_count(SIM_STATEMENT_TIMEOUT);
    leave_queue(backend);
    fail(backend, "ERROR", "57014");
    run(backend);
}

static void set_timer(struct sim_backend *backend, int64_t us, void (*fire)(void *ctx))
{
    struct timer *timer = sim_keep(sizeof(*timer));
    *timer = (struct timer){backend, ++backend->generation};
    sim_at(us, fire, timer);
}

/* True if the backend has the head now; else it waits and executed() comes again with it. */
static bool take_lock(struct sim_backend *backend, int32_t community)
{
    if (!sim_books_has(community) || backend->holds == community) {
        return true;
    }
    if (server.holder[community] == NULL) {
        server.holder[community] = backend;
        backend->holds = community;
        return true;
    }
    struct sim_backend **at = &server.waiting[community];
    while (*at != NULL) {
        at = &(*at)->next_waiting;
    }
    *at = backend;
    backend->next_waiting = NULL;
    backend->waiting = true;
    sim.totals.waits_for_head++;
    set_timer(backend, FZ_STATEMENT_TIMEOUT_MS * SIM_MS, wait_is_over);
    return false;
}

/* --- faults of a statement -------------------------------------------------------------------- */

static bool locks(const struct sim_statement *statement)
{
    return statement->len > 0 && statement->actions[0].verb == SIM_SELECT;
}

/* True if the statement ended badly, or the backend did. */
static bool statement_fails(struct sim_backend *backend, const struct sim_statement *statement)
{
    const char *sqlstate = NULL;
    if (sim_strikes(SIM_TERMINATED)) {
        fail(backend, "FATAL", "57P01");
        return true;
    }
    if (locks(statement) ? sim_strikes(SIM_LOST_LOCKING) : sim_strikes(SIM_LOST_UNCOMMITTED)) {
        die_and_drop(backend);
        return true;
    }
    if (sim_strikes(SIM_SERIALIZATION)) {
        sqlstate = sim_below(2) == 0 ? "40001" : "40P01";
    } else if (locks(statement) && sim_strikes(SIM_LOCK_TIMEOUT)) {
        sqlstate = "55P03";
    } else if (sim_strikes(SIM_STATEMENT_TIMEOUT)) {
        sqlstate = "57014";
    } else if (!locks(statement) && sim_strikes(SIM_DISK_FULL)) {
        sqlstate = "53100";
    } else if (!locks(statement) && sim_strikes(SIM_CONSTRAINT)) {
        sqlstate = "23514";
    }
    if (sqlstate != NULL) {
        fail(backend, "ERROR", sqlstate);
    }
    return sqlstate != NULL;
}

/* --- COMMIT ----------------------------------------------------------------------------------- */

static void end_transaction(struct sim_backend *backend, bool commits)
{
    struct sim_transaction *transaction = backend->transaction;
    backend->transaction = NULL;
    backend->aborted = false;
    if (commits) {
        sim_trace("server: COMMIT is durable");
        struct sim_decision *decision = backend->current->decision;
        sim_books_commit(transaction, decision);
        for (unsigned i = 0; i < decision->len && decision->event > 0; i++) {
            decision->orders[i]->event = decision->event;
        }
    }
    release(backend);
}

static void committed(void *ctx)
{
    struct sim_backend *backend = ctx;
    backend->busy = false;
    if (backend->gone) {
        return;
    }
    bool commits = !backend->aborted;
    if (commits && sim_strikes(SIM_LOST_UNCOMMITTED)) {
        die_and_drop(backend);
        return;
    }
    if (commits && sim_strikes(SIM_PANIC)) {
        if (sim_below(2) == 0) {
            end_transaction(backend, true); /* the record reached the disk: recovery finds it */
        }
        fail(backend, "PANIC", "58030");
        sim_server_restart();
        return;
    }
    if (commits && sim_strikes(SIM_ROLLBACK_TAG)) {
        commits = false;
    }
    end_transaction(backend, commits);
    if (commits && sim_strikes(SIM_LOST_COMMITTED)) {
        die_and_drop(backend);
        return;
    }
    if (commits && sim_strikes(SIM_TERMINATED)) {
        fail(backend, "FATAL", "57P01");
        return;
    }
    succeed(backend, commits ? "COMMIT" : "ROLLBACK");
    run(backend);
}

static void commit(struct sim_backend *backend)
{
    int64_t us = sim_between(100, 2000);
    backend->busy = true;
    if (sim_strikes(SIM_SLOW_COMMIT)) {
        us = sim_between(1 * SIM_SECOND, 10 * SIM_SECOND);
    }
    if (sim_strikes(SIM_LATE_COMMIT)) {
        us = sim_between(10 * SIM_MS, 5 * SIM_SECOND);
        if (backend->conn != NULL) {
            sim_conn_cut(backend->conn);
        }
    }
    sim_at(us, committed, backend);
}

/* --- messages --------------------------------------------------------------------------------- */

static int32_t community_of(const struct sim_message *message)
{
    const uint8_t *bytes = message->params[0].bytes;
    return (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                     bytes[3]);
}

static void carry_out(struct sim_backend *backend, const struct sim_message *message)
{
    const struct sim_statement *statement = message->statement;
    struct sim_param *cells = NULL;
    int rows = 0;
    const char *sqlstate =
        sim_books_execute(backend->transaction, statement, message->params, &cells, &rows);
    if (sqlstate != NULL) {
        fail(backend, "ERROR", sqlstate);
        return;
    }
    if (cells == NULL) {
        succeed(backend, "INSERT");
        return;
    }
    answer(backend, &(struct sim_answer){.status = PGRES_TUPLES_OK,
                                         .command = "SELECT",
                                         .rows = rows,
                                         .columns = (int)statement->actions[0].len,
                                         .cells = cells});
}

static void executed(void *ctx)
{
    struct sim_backend *backend = ctx;
    backend->busy = false;
    if (backend->gone) {
        return;
    }
    const struct sim_message *message = backend->current;
    const struct sim_statement *statement = message->statement;
    if (statement->is_begin) {
        backend->transaction = sim_transaction_begin();
        succeed(backend, "BEGIN");
    } else if (backend->transaction == NULL && !statement->is_notify) {
        sim_violation("%s outside a transaction", statement->name);
    } else if (statement->is_commit) {
        commit(backend);
        return;
    } else if (backend->aborted) {
        fail(backend, "ERROR", "25P02");
    } else if (statement->locks_head && !take_lock(backend, community_of(message))) {
        return;
    } else if (statement_fails(backend, statement)) {
        sim_trace("server: %s failed", statement->name);
    } else if (statement->is_notify) {
        answer(backend, &(struct sim_answer){.status = PGRES_TUPLES_OK, .command = "SELECT"});
    } else {
        carry_out(backend, message);
    }
    run(backend);
}

static void idle_is_over(void *ctx)
{
    const struct timer *timer = ctx;
    struct sim_backend *backend = timer->backend;
    bool is_idle = !backend->gone && backend->generation == timer->generation &&
                   backend->transaction != NULL && !backend->busy && backend->first == NULL;
    if (is_idle) {
        sim_count(SIM_IDLE_TX);
        fail(backend, "FATAL", "25P03");
    }
}

/* What needs no time: answers to what was prepared, what is skipped, and syncs. */
static void take_at_once(struct sim_backend *backend, const struct sim_message *message)
{
    if (message->kind == SIM_SYNC) {
        backend->skipping = false;
        answer(backend, &(struct sim_answer){.status = PGRES_PIPELINE_SYNC});
        if (backend->transaction != NULL) {
            set_timer(backend, FZ_IDLE_TX_TIMEOUT_MS * SIM_MS, idle_is_over);
        }
    } else if (backend->skipping) {
        answer(backend, &(struct sim_answer){.status = PGRES_PIPELINE_ABORTED});
    } else if (sim_strikes(SIM_PREPARE_REFUSED)) {
        fail(backend, "ERROR", "42P01");
    } else {
        succeed(backend, "PREPARE");
    }
}

static void run(void *ctx)
{
    struct sim_backend *backend = ctx;
    while (!backend->gone && !backend->busy && !backend->waiting) {
        struct sim_message *message = backend->first;
        if (message == NULL) {
            if (backend->conn == NULL) {
                die(backend); /* it reads, and finds that nobody is there */
            }
            return;
        }
        backend->first = message->next;
        if (backend->first == NULL) {
            backend->last = &backend->first;
        }
        backend->generation++;
        if (message->kind == SIM_EXECUTE && !backend->skipping) {
            backend->current = message;
            backend->busy = true;
            sim_at(sim_between(10, 200), executed, backend);
        } else {
            take_at_once(backend, message);
        }
    }
}

void sim_backend_receive(struct sim_backend *backend, struct sim_message *message)
{
    if (backend->gone) {
        return;
    }
    message->next = NULL;
    *backend->last = message;
    backend->last = &message->next;
    run(backend);
}

void sim_backend_hang_up(struct sim_backend *backend)
{
    backend->conn = NULL;
    run(backend);
}

void sim_server_restart(void)
{
    sim_trace("server: restarts");
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        server.waiting[c] = NULL; /* nobody gets a lock while all die */
    }
    for (struct sim_backend *backend = server.backends; backend != NULL; backend = backend->next) {
        bool commits = !backend->gone && backend->busy && backend->transaction != NULL &&
                       backend->current->statement->is_commit && !backend->aborted;
        if (commits && sim_below(2) == 0) {
            end_transaction(backend, true);
        }
        die_and_drop(backend);
    }
    server.refuses_until = sim.now_us + sim_between(10 * SIM_MS, 4 * SIM_SECOND);
}

void sim_server_refuse(int64_t us)
{
    server.refuses_until = sim.now_us + us;
}
