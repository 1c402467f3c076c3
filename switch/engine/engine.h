/*
 * Room switch/engine. The batcher between the API and the ledger: commands wait while a batch is in
 * flight; when it commits, what waits becomes the next one. No timer: alone, a command goes at
 * once; under load batches grow by themselves. Everything happens on the caller's event loop; one
 * engine per worker process.
 */
#ifndef SWITCH_ENGINE_ENGINE_H
#define SWITCH_ENGINE_ENGINE_H

#include "feezero/err.h"
#include "feezero/ledger.h"
#include "ledger/store/loop.h"
#include "ledger/store/writer.h"

struct fz_engine;

/*
 * One command on its way. The caller owns it and the command, keeps both still (and what they point
 * to) until `done`, and then has the result in command->result.
 */
struct fz_job {
    struct fz_command command; /* filled by the caller, not sealed: the engine seals it */
    int32_t community;
    void (*done)(struct fz_job *job, fz_rc rc); /* rc as of fz_engine_submit() */
    void *ctx;                                  /* the caller's */
    struct fz_job *next;                        /* the engine's */
    int64_t queued_ms;                          /* the engine's */
};

struct fz_engine_options {
    const char *conninfo; /* borrowed for the engine's life, as are all strings */
    const char *role;
    struct fz_loop *loop;
    /*
     * Called after each batch, before its jobs are done, with the intents its commands spoke of, so
     * that waiters on this worker wake at once. Also with those found decided already: the attempt
     * that decided them may have lost the answer to its COMMIT. Waking is a hint: look.
     */
    void (*events)(void *ctx, int32_t community, const struct fz_id *intents, unsigned len);
    void *events_ctx;
};

FZ_MUSTUSE fz_rc fz_engine_create(const struct fz_engine_options *options,
                                  struct fz_engine **out,
                                  struct fz_err *err);
void fz_engine_destroy(struct fz_engine **engine); /* the queue must be empty: drain first */

/*
 * Hands a job over. `done` is called once, later, never from within this call:
 *   FZ_OK               decided and durable: command.result says what, command.replayed whether now
 *   FZ_OVERLOADED       FZ_QUEUE_MAX commands wait already; nothing was decided
 *   FZ_STOPPING         the engine is draining; nothing was decided
 *   FZ_UNAVAILABLE      the ledger cannot be reached; nothing was decided
 *   FZ_OUTCOME_UNKNOWN  it was on its way when the connection broke, or FZ_COMMAND_TIMEOUT_MS
 *   passed;
 *                       ask by id
 *   FZ_NOT_FOUND        no such community
 *   FZ_DATABASE         the database refused; a bug of ours, logged
 * FZ_OVERLOADED and FZ_STOPPING are returned instead of handing over: then `done` is not called.
 */
FZ_MUSTUSE fz_rc fz_engine_submit(struct fz_engine *engine, struct fz_job *job);

/* Call about every 50 ms with a monotonic clock. */
void fz_engine_tick(struct fz_engine *engine, int64_t now_ms);

/* Refuses what comes from now on; true when nothing waits and nothing is in flight. */
bool fz_engine_drain(struct fz_engine *engine);

bool fz_engine_is_ready(const struct fz_engine *engine); /* connected and not draining */

struct fz_engine_stats {
    struct fz_writer_stats writer;
    unsigned waiting;
    unsigned in_flight;
    uint64_t overloaded;
};
void fz_engine_get_stats(const struct fz_engine *engine, struct fz_engine_stats *stats_out);

#endif
