/*
 * Room ledger/store, internal. The two round trips of a batch: what is sent to lock and read the
 * rows a batch can touch, how the answers fill the state that decide() works on, and what is sent
 * to write what it decided. Pure message building; when to send and what to do on failure is
 * writer.c's.
 */
#ifndef LEDGER_STORE_COMMIT_H
#define LEDGER_STORE_COMMIT_H

#include "ledger/core/state.h"
#include "ledger/store/pg.h"

/* Every statement of a batch; a batch sends each at most once, so their number is bounded. */
enum fz_commit_statement {
    FZ_COMMIT_BEGIN,
    FZ_COMMIT_HEAD,
    FZ_COMMIT_OPERATIONS,
    FZ_COMMIT_INTENTS,
    FZ_COMMIT_CODES,
    FZ_COMMIT_HELD,
    FZ_COMMIT_PAYOUTS,
    FZ_COMMIT_CORRECTED,
    FZ_COMMIT_ACCOUNTS,
    FZ_COMMIT_ADD_OPERATIONS,
    FZ_COMMIT_ADD_TRANSFERS,
    FZ_COMMIT_SET_ACCOUNTS,
    FZ_COMMIT_ADD_MARKS,
    FZ_COMMIT_ADD_INTENTS,
    FZ_COMMIT_SET_INTENTS,
    FZ_COMMIT_ADD_CODES,
    FZ_COMMIT_SET_CODES,
    FZ_COMMIT_ADD_HELD,
    FZ_COMMIT_SET_HELD,
    FZ_COMMIT_ADD_PAYOUTS,
    FZ_COMMIT_SET_PAYOUTS,
    FZ_COMMIT_ADD_EVENTS,
    FZ_COMMIT_ADD_BATCH,
    FZ_COMMIT_SET_HEAD,
    FZ_COMMIT_END,
    FZ_COMMIT_NOTIFY, /* after it, on its own */
    FZ_COMMIT_STATEMENTS
};

/*
 * For the session that prepares them. Plans are made once and must not depend on statistics, which
 * are wrong while a town is young, after a restore, in a busy hour: a plan that trusts them reads
 * whole tables while the head is held. What is left to the planner here is a loop over the arrays
 * with a search by key inside, whatever the size of the tables. A test pins the plans.
 */
#define FZ_COMMIT_SETTINGS                                                                  \
    " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off" \
    " -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off"                \
    " -c enable_memoize=off"

/* Name and text for PREPARE. */
const char *fz_commit_statement_name(enum fz_commit_statement statement);
const char *fz_commit_statement_sql(enum fz_commit_statement statement);

/* What one round trip has sent, in order: the answers arrive in the same order. */
struct fz_commit_sent {
    enum fz_commit_statement statements[FZ_COMMIT_STATEMENTS];
    unsigned len;
};

struct fz_commit_batch {
    int32_t community;
    struct fz_command *const *commands;
    unsigned len;
};

/* Sends BEGIN, the head's lock and the reads. FZ_UNAVAILABLE: the connection is broken. */
FZ_MUSTUSE fz_rc fz_commit_send_lock(PGconn *conn,
                                     struct fz_pg_params *params,
                                     const struct fz_commit_batch *batch,
                                     struct fz_commit_sent *sent_out,
                                     struct fz_err *err);

/*
 * Takes one answer of the first round trip into the state. FZ_NOT_FOUND: the community does not
 * exist.
 */
FZ_MUSTUSE fz_rc fz_commit_take(struct fz_state *state,
                                const struct fz_commit_batch *batch,
                                enum fz_commit_statement statement,
                                const PGresult *result,
                                struct fz_err *err);

/* Sends what decide() left to be written, and COMMIT. FZ_UNAVAILABLE: the connection is broken. */
FZ_MUSTUSE fz_rc fz_commit_send_write(PGconn *conn,
                                      struct fz_pg_params *params,
                                      const struct fz_state *state,
                                      struct fz_commit_sent *sent_out,
                                      struct fz_err *err);

/*
 * Tells other workers' waiters that there are new events. Not part of the transaction: PostgreSQL
 * wakes all who listen before it answers COMMIT, while the head is held and a client waits.
 * FZ_UNAVAILABLE: the connection is broken.
 */
FZ_MUSTUSE fz_rc fz_commit_send_hint(PGconn *conn,
                                     struct fz_pg_params *params,
                                     const struct fz_state *state,
                                     struct fz_err *err);

#endif
