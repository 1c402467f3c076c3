/*
 * Test room. The simulator of the commit engine: the real engine.c, writer.c and commit_*.c, linked
 * against a libpq of our own (sim_pq.c) that speaks to simulated backends (sim_server.c) over rows
 * in memory (sim_books.c). One thread, one event queue, one clock; everything random comes from one
 * seed, so a seed replays to the letter.
 *
 * The boundary is libpq and not commit.h: so the encoding of every batch, the SQL's column order
 * and the reading of every answer are under test too. The simulated server reads the SQL it is
 * given to prepare (sim_sql.c) and takes names and order of columns from there.
 */
#ifndef TESTS_ENGINE_SIM_H
#define TESTS_ENGINE_SIM_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/limits.h"
#include "switch/engine/engine.h"

#define SIM_COMMUNITIES 2
#define SIM_WORKERS_MAX 3
#define SIM_SECOND 1000000LL
#define SIM_MS 1000LL

/* What can go wrong; each is counted when it happened, and a kind that never does is an error. */
#define SIM_FAULTS(X)                                                            \
    X(CONNECT_REFUSED, "connection refused")                                     \
    X(CONNECT_HANGS, "connecting without an answer")                             \
    X(CONNECT_MEMORY, "no memory for a connection")                              \
    X(PREPARE_REFUSED, "a statement that cannot be prepared")                    \
    X(LOST_IDLE, "connection lost while idle")                                   \
    X(LOST_LOCKING, "connection lost in the first round trip")                   \
    X(LOST_UNCOMMITTED, "connection lost before COMMIT was carried out")         \
    X(LOST_COMMITTED, "connection lost after COMMIT was carried out")            \
    X(LATE_COMMIT, "COMMIT carried out after the client gave up the connection") \
    X(HALF_SENT, "connection lost with COMMIT still in the send buffer")         \
    X(SERIALIZATION, "serialization failure")                                    \
    X(LOCK_TIMEOUT, "lock timeout")                                              \
    X(STATEMENT_TIMEOUT, "statement timeout")                                    \
    X(DISK_FULL, "disk full")                                                    \
    X(CONSTRAINT, "a constraint refuses")                                        \
    X(TERMINATED, "backend terminated by the operator")                          \
    X(IDLE_TX, "idle in transaction for too long")                               \
    X(ROLLBACK_TAG, "COMMIT answered ROLLBACK")                                  \
    X(PANIC, "PANIC in COMMIT")                                                  \
    X(SLOW_COMMIT, "slow COMMIT")                                                \
    X(SLOW_ANSWER, "slow network")                                               \
    X(PARTIAL_FLUSH, "send buffer full")                                         \
    X(SEND_MEMORY, "no memory to send")                                          \
    X(READ_MEMORY, "no memory to read")                                          \
    X(RESULT_MEMORY, "no memory for a result")                                   \
    X(RESTART, "database restarted")                                             \
    X(KILL, "worker killed")                                                     \
    X(STALL, "worker stopped for a while")                                       \
    X(DRAIN, "worker drained and started again")                                 \
    X(WALL_JUMP, "wall clock jumped")                                            \
    X(BURST, "more commands than the queue holds")                               \
    X(NO_COMMUNITY, "a community that does not exist")

enum sim_fault {
#define X(name, text) SIM_##name,
    SIM_FAULTS(X)
#undef X
    SIM_FAULT_COUNT
};

/* Sums over all seeds. */
struct sim_totals {
    uint64_t seeds, operations, batches, decided, refused, replays, unavailable, failed;
    uint64_t unknown, orphaned, resolved_booked, resolved_not_booked, waits_for_head, rejected;
    uint64_t announced, hinted, found_again, largest_batch;
    uint64_t faults[SIM_FAULT_COUNT];
};

struct sim_decision;
struct sim_worker;
struct sim_statement;

/* One submission of a command, as the client remembers it: survives the job. */
struct sim_order {
    unsigned index;
    struct fz_command command; /* as asked */
    int32_t community;
    struct sim_worker *worker;
    bool in_batch;    /* the engine handed it to the writer */
    uint64_t batch;   /* in which batch, counted from 1 */
    bool commit_sent; /* a COMMIT that books it was handed to libpq */
    unsigned booked;  /* how many transactions that decided it were committed */
    int64_t event;    /* the last event that one of these added, 0 if none did */
    bool answered;
    bool orphaned;             /* its worker died: nobody will answer */
    bool followed;             /* sent again, or looked up, by its client */
    fz_rc rc;                  /* the answer */
    struct fz_result expected; /* of the plain model, when it was last committed */
    int64_t at_us;
    unsigned sends; /* how often this request was sent so far */
    struct sim_order *next_waiting;
};

/* What decide() was given, kept until its transaction is over. */
struct sim_decision {
    int64_t now_us;
    int64_t event; /* the last of the events it adds, 0 if none */
    unsigned len;
    struct sim_order *orders[FZ_BATCH_MAX];
};

struct sim {
    uint64_t seed;
    uint64_t random;
    int64_t now_us;  /* monotonic */
    int64_t wall_us; /* offset of the wall clock */
    bool calm;       /* no more faults: the end of a seed */
    bool burying;    /* killed workers are taken apart; nothing they do counts */
    bool tracing;
    unsigned chance[SIM_FAULT_COUNT]; /* per mille, 0: never in this seed */
    struct sim_decision *decided;     /* by decide(), COMMIT not sent yet */
    struct sim_totals totals;
};
extern struct sim sim;

/* --- sim_world.c: chance, time, memory -------------------------------------------------------- */
uint64_t sim_random(void);
unsigned sim_below(unsigned bound);
int64_t sim_between(int64_t low, int64_t high);
bool sim_strikes(enum sim_fault fault); /* true, and counted, when it is to happen here */
void sim_count(enum sim_fault fault);
void *sim_keep(size_t size); /* zeroed memory until the seed is over */
void sim_forget(void);       /* frees it, and drops all events */
void sim_at(int64_t delay_us, void (*run)(void *ctx), void *ctx);
bool sim_step(void); /* runs the next event; false if there is none */
void sim_run_until(int64_t us);
void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void sim_violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- sim_books.c: the rows -------------------------------------------------------------------- */
struct sim_transaction; /* what a transaction wants written */
struct sim_param {      /* a parameter as it was sent, or a cell as it is answered */
    int len;            /* -1: NULL */
    const uint8_t *bytes;
};
void sim_books_begin(uint64_t seed);
void sim_books_end(void);
void sim_books_check(void);                /* the books are whole, and equal to the model's */
void sim_books_disturb(int32_t community); /* the office freezes, closes, holds: only unlocked */
struct history *sim_history(int32_t community);
struct sim_transaction *sim_transaction_begin(void);
/*
 * Carries out a statement; rows of a SELECT go to *cells_out. NULL, or the SQLSTATE of a refusal.
 */
const char *sim_books_execute(struct sim_transaction *transaction,
                              const struct sim_statement *statement,
                              const struct sim_param *params,
                              struct sim_param **cells_out,
                              int *rows_out);
bool sim_books_has(int32_t community);
/* The transaction becomes durable: compared with the plain model first. */
void sim_books_commit(struct sim_transaction *transaction, struct sim_decision *decision);

/* --- sim_server.c: backends ------------------------------------------------------------------- */
struct sim_backend;
struct sim_message {
    enum {
        SIM_PREPARE,
        SIM_EXECUTE,
        SIM_SYNC
    } kind;
    struct sim_statement *statement;
    struct sim_param *params;
    struct sim_decision *decision; /* COMMIT: what it books */
    struct sim_message *next;
};
void sim_server_begin(void);
struct sim_backend *sim_backend_start(PGconn *conn); /* NULL: refused */
void sim_backend_receive(struct sim_backend *backend, struct sim_message *message);
/* The client closed, or died. */
void sim_backend_hang_up(struct sim_backend *backend);
bool sim_backend_lock_is_free(int32_t community);
void sim_server_restart(void);
void sim_server_refuse(int64_t us); /* takes no connections for so long */

/* --- sim_pq.c: the connection ----------------------------------------------------------------- */
/* An answer for the client; takes `cells`. */
struct sim_answer {
    ExecStatusType status;
    const char *command; /* command tag */
    const char *severity;
    const char *sqlstate;
    int rows, columns;
    struct sim_param *cells;
};
void sim_conn_begin(void);
void sim_conn_answer(PGconn *conn, const struct sim_answer *answer);
void sim_conn_drop(PGconn *conn); /* the peer is gone, after what is under way to the client */
void sim_conn_cut(PGconn *conn);  /* the network is gone: both ways lose what is under way */
unsigned sim_conn_ready(int fd);  /* what a poll would say */
void sim_conn_of_worker_died(int fd, bool delivers);
void sim_conn_of_worker_lost(int fd); /* an idle one */
/* sim_result.c */
PGresult *sim_result_create(const struct sim_answer *answer);
unsigned sim_results_alive(void);

/* --- sim_worker.c: worker processes ----------------------------------------------------------- */
void sim_worker_begin(unsigned workers);
void sim_worker_wake(int fd); /* something happened on a descriptor */
struct sim_worker *sim_worker_any(void);
void sim_worker_kill(struct sim_worker *worker); /* and starts another in its place */
void sim_worker_stall(struct sim_worker *worker, int64_t us);
void sim_worker_drain(struct sim_worker *worker); /* and starts another when it is done */
bool sim_worker_stalled(const struct sim_worker *worker);
/* A connection of the worker that has nothing to do is lost; false if there is none. */
bool sim_worker_lose_idle(struct sim_worker *worker);
/* Hands a copy of the order's command to the engine; its refusal to take it, or FZ_OK. */
fz_rc sim_worker_submit(struct sim_worker *worker, struct sim_order *order);
void sim_worker_end(void); /* drains the living, buries the dead */

/* --- sim_told.c: who is told of a batch ------------------------------------------------------- */
struct fz_state;
struct sim_told {
    const struct fz_state *state;         /* where the worker's writer decides */
    bool found_decided;                   /* in this batch, by an id decided earlier */
    int64_t hinted;                       /* up to this event, after this batch; -1: no hint */
    struct fz_id announced[FZ_BATCH_MAX]; /* intents of the batch that was answered last */
    unsigned announced_len;
};
void sim_told_begin(struct sim_told *told);
void sim_told_decide(struct sim_told *told,
                     const struct fz_state *state,
                     struct fz_command *const *commands,
                     unsigned len);
void sim_told_hint(struct sim_told *told, const struct fz_state *state);
void sim_told_end(struct sim_told *told, struct sim_order *const *batch, unsigned len);
void sim_told_announce(struct sim_told *told,
                       int32_t community,
                       const struct fz_id *intents,
                       unsigned len);
void sim_told_answer(const struct sim_told *told, const struct fz_command *command);

/* --- sim_client.c: who asks, and who judges the answers --------------------------------------- */
void sim_client_reset(void); /* forgets the orders of the seed before */
void sim_client_begin(void); /* and sends, as the seed wants it */
struct sim_order *sim_client_order(int32_t community, const struct fz_command *command);
void sim_client_answered(struct sim_order *order, fz_rc rc, const struct fz_command *command);
void sim_client_orphaned(struct sim_order *order);
bool sim_client_is_answered(void); /* nobody waits for anything */
void sim_client_resolve(void);     /* sends again whatever is not known */
const char *sim_difference(const struct fz_result *got, const struct fz_result *want);

#endif
