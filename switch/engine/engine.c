/*
 * Room switch/engine. The batcher: one queue per worker, in order of arrival. A batch takes what
 * waits of the first command's community, up to a bound; the others keep their places.
 */
#include "switch/engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "switch/http/log.h"

#define ENGINE_MAGIC 0x656e6731U

struct batch {
    struct fz_job *jobs[FZ_BATCH_MAX];
    struct fz_command *commands[FZ_BATCH_MAX];
    unsigned len;
    int32_t community;
};

struct fz_engine {
    unsigned magic;
    bool draining;
    struct fz_engine_options options;
    struct fz_writer *writer;
    struct fz_sha256 *sha;
    struct fz_job *first; /* the queue, oldest first */
    struct fz_job **last;
    unsigned waiting;
    uint64_t overloaded;
    int64_t now_ms;
    struct batch batches[2];            /* the one in flight, and the one just answered */
    struct batch *in_flight;            /* NULL if none */
    struct fz_id touched[FZ_BATCH_MAX]; /* intents of the batch just answered */
};

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t wall_us(void *ctx)
{
    (void)ctx;
    return clock_us(CLOCK_REALTIME);
}

/* Moves what fits into the batch from the queue, keeping the order of what stays. */
static void fill(struct fz_engine *engine, struct batch *batch)
{
    struct fz_job **at = &engine->first;
    batch->len = 0;
    batch->community = engine->first->community;
    while (*at != NULL && batch->len < FZ_BATCH_MAX) {
        struct fz_job *job = *at;
        if (job->community != batch->community) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        job->next = NULL;
        batch->jobs[batch->len] = job;
        batch->commands[batch->len] = &job->command;
        batch->len++;
    }
    engine->last = &engine->first;
    while (*engine->last != NULL) {
        engine->last = &(*engine->last)->next;
    }
    fz_assert(batch->len >= 1 && batch->len <= engine->waiting);
    engine->waiting -= batch->len;
}

static void on_committed(void *ctx, fz_rc rc, const struct fz_err *err);

static void start_batch(struct fz_engine *engine)
{
    if (engine->in_flight != NULL || engine->first == NULL) {
        return;
    }
    struct batch *batch = &engine->batches[0];
    if (batch->len != 0) {
        batch = &engine->batches[1];
    }
    fz_assert(batch->len == 0);
    fill(engine, batch);
    engine->in_flight = batch;
    fz_writer_commit(engine->writer, batch->community, batch->commands, batch->len, on_committed,
                     engine);
}

/* Tells whoever waits for events of these intents on this worker; others get a hint. */
static void announce(struct fz_engine *engine, const struct batch *batch)
{
    struct fz_id *intents = engine->touched;
    unsigned len = 0;
    for (unsigned i = 0; i < batch->len; i++) {
        const struct fz_command *command = batch->commands[i];
        if (command->result.state != 0 && !fz_id_is_zero(&command->ref)) {
            intents[len++] = command->ref;
        }
    }
    if (len > 0 && engine->options.events != NULL) {
        engine->options.events(engine->options.events_ctx, batch->community, intents, len);
    }
}

static void on_committed(void *ctx, fz_rc rc, const struct fz_err *err)
{
    struct fz_engine *engine = ctx;
    struct batch *batch = engine->in_flight;
    fz_assert(engine->magic == ENGINE_MAGIC && batch != NULL);
    if (rc != FZ_OK) {
        fz_log_err(FZ_LOG_ERROR, "commit.failed", NULL, err);
    }
    engine->in_flight = NULL;
    start_batch(engine); /* the disk works while we answer */
    if (rc == FZ_OK) {
        announce(engine, batch);
    }
    for (unsigned i = 0; i < batch->len; i++) {
        batch->jobs[i]->done(batch->jobs[i], rc);
    }
    batch->len = 0;
}

fz_rc fz_engine_create(const struct fz_engine_options *options,
                       struct fz_engine **out,
                       struct fz_err *err)
{
    *out = NULL;
    struct fz_engine *engine = calloc(1, sizeof(*engine));
    if (engine == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "engine");
    }
    engine->magic = ENGINE_MAGIC;
    engine->options = *options;
    engine->last = &engine->first;
    engine->now_ms = clock_us(CLOCK_MONOTONIC) / 1000;
    fz_rc rc = fz_sha256_create(&engine->sha, err);
    if (rc == FZ_OK) {
        struct fz_writer_options writer = {.conninfo = options->conninfo,
                                           .role = options->role,
                                           .application_name = "fz-switch writer",
                                           .loop = options->loop,
                                           .now_us = wall_us};
        rc = fz_writer_create(&writer, &engine->writer, err);
    }
    if (rc != FZ_OK) {
        fz_engine_destroy(&engine);
        return rc;
    }
    *out = engine;
    return FZ_OK;
}

void fz_engine_destroy(struct fz_engine **engine)
{
    struct fz_engine *gone = *engine;
    if (gone == NULL) {
        return;
    }
    fz_assert(gone->first == NULL && gone->in_flight == NULL);
    fz_writer_destroy(&gone->writer);
    fz_sha256_destroy(&gone->sha);
    gone->magic = 0;
    free(gone);
    *engine = NULL;
}

fz_rc fz_engine_submit(struct fz_engine *engine, struct fz_job *job)
{
    fz_assert(engine->magic == ENGINE_MAGIC);
    if (engine->draining) {
        return FZ_STOPPING;
    }
    if (engine->waiting >= FZ_QUEUE_MAX) {
        engine->overloaded++;
        return FZ_OVERLOADED;
    }
    fz_command_seal(engine->sha, &job->command);
    job->queued_ms = engine->now_ms;
    job->next = NULL;
    *engine->last = job;
    engine->last = &job->next;
    engine->waiting++;
    start_batch(engine);
    return FZ_OK;
}

/* What waited too long was never started: its client can be told that nothing was done. */
static void expire_waiting(struct fz_engine *engine)
{
    while (engine->first != NULL &&
           engine->now_ms - engine->first->queued_ms > FZ_COMMAND_TIMEOUT_MS) {
        struct fz_job *job = engine->first;
        engine->first = job->next;
        if (engine->first == NULL) {
            engine->last = &engine->first;
        }
        engine->waiting--;
        job->done(job, FZ_UNAVAILABLE);
    }
}

void fz_engine_tick(struct fz_engine *engine, int64_t now_ms)
{
    fz_assert(engine->magic == ENGINE_MAGIC);
    engine->now_ms = now_ms;
    fz_writer_tick(engine->writer, now_ms);
    expire_waiting(engine);
}

bool fz_engine_drain(struct fz_engine *engine)
{
    engine->draining = true;
    return engine->first == NULL && engine->in_flight == NULL;
}

bool fz_engine_is_ready(const struct fz_engine *engine)
{
    return !engine->draining && fz_writer_is_ready(engine->writer);
}

void fz_engine_get_stats(const struct fz_engine *engine, struct fz_engine_stats *stats_out)
{
    fz_writer_get_stats(engine->writer, &stats_out->writer);
    stats_out->waiting = engine->waiting;
    stats_out->in_flight = engine->in_flight == NULL ? 0 : engine->in_flight->len;
    stats_out->overloaded = engine->overloaded;
}
