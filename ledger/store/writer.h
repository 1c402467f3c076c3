/*
 * Room ledger/store. The writer: one connection that commits batches of commands by lock, decide,
 * write (docs/architecture.md). The only way anything is booked, in the daemon and in batch
 * programs.
 *
 * A batch belongs to one community. One batch is under way at a time. The writer connects by
 * itself and connects again when the connection is lost; a batch that was interrupted before its
 * COMMIT was sent is decided again, and one whose COMMIT got no answer is looked up by its
 * operation ids under the lock before anything is decided again; both at most
 * FZ_COMMIT_ATTEMPTS_MAX times.
 */
#ifndef LEDGER_STORE_WRITER_H
#define LEDGER_STORE_WRITER_H

#include "feezero/err.h"
#include "feezero/ledger.h"
#include "ledger/store/loop.h"

struct fz_writer;

struct fz_writer_options {
    const char *conninfo; /* borrowed for the writer's life */
    const char *role;     /* SET ROLE after connecting; NULL for none */
    const char *application_name;
    struct fz_loop *loop;         /* borrowed */
    int64_t (*now_us)(void *ctx); /* wall clock, microseconds since 1970 */
    void *now_ctx;
};

/* What happened to a batch; for metrics. */
struct fz_writer_stats {
    uint64_t batches;
    uint64_t commands;
    uint64_t transfers;
    uint64_t retries; /* decided again, or looked up */
    uint64_t reconnects;
    int64_t last_batch_us; /* duration of the last one, lock to commit */
};

/*
 * Creates it and starts connecting. *out is owned by the caller. FZ_NO_MEMORY, FZ_CRYPTO; a
 * database that cannot be reached is not an error here: batches then end with FZ_UNAVAILABLE.
 */
FZ_MUSTUSE fz_rc fz_writer_create(const struct fz_writer_options *options,
                                  struct fz_writer **out,
                                  struct fz_err *err);
void fz_writer_destroy(struct fz_writer **writer); /* no batch may be under way */

/* True if a batch may be handed over. */
bool fz_writer_is_idle(const struct fz_writer *writer);

/* True if the connection stands and is prepared. */
bool fz_writer_is_ready(const struct fz_writer *writer);

/*
 * Commits `commands` (sealed, len 1..FZ_BATCH_MAX, borrowed until `done`), all of `community`.
 * `done` is called once, later, from the loop or from fz_writer_tick():
 *   FZ_OK               every command's result is set and durable
 *   FZ_UNAVAILABLE      nothing was done
 *   FZ_NOT_FOUND        there is no such community; nothing was done
 *   FZ_OUTCOME_UNKNOWN  a COMMIT was sent and its answer did not arrive within the attempts: each
 *                       command is booked wholly or not at all, ask by id later
 *   FZ_DATABASE         the database refused (a constraint): nothing was done, and it is a bug of
 *   ours
 * A new batch may be handed over from within `done`.
 */
void fz_writer_commit(struct fz_writer *writer,
                      int32_t community,
                      struct fz_command *const *commands,
                      unsigned len,
                      void (*done)(void *ctx, fz_rc rc, const struct fz_err *err),
                      void *ctx);

/*
 * Lets time-outs and pauses between attempts pass: call about every 50 ms, with a monotonic clock
 * in milliseconds.
 */
void fz_writer_tick(struct fz_writer *writer, int64_t now_ms);

void fz_writer_get_stats(const struct fz_writer *writer, struct fz_writer_stats *stats_out);

#endif
