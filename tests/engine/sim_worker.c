/*
 * Test room. Worker processes: the real engine on a simulated event loop. Between engine and
 * writer, and between writer and decide(), the linker puts a look at what passes (--wrap): batches
 * are compared with the order of submission, decisions are kept for the day their COMMIT arrives.
 */
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/decide.h"
#include "ledger/store/commit.h"
#include "switch/http/log.h"
#include "tests/engine/sim.h"

#define WATCHES_MAX 4
#define TICK_US (50 * SIM_MS)
#define DRAIN_US (40 * SIM_SECOND)

struct watch {
    int fd;
    unsigned want;
    void (*ready)(void *ctx, unsigned got);
    void *ctx;
    bool used;
};

struct sim_worker {
    struct fz_loop loop; /* first: what the store sees */
    struct watch watches[WATCHES_MAX];
    struct fz_engine *engine;
    bool alive, draining, submitting, committing, handing_over;
    unsigned slot;
    int64_t stalled_until;
    int64_t drain_since;
    struct sim_order *waiting; /* as submitted, oldest first */
    unsigned waiting_len;
    struct sim_order *batch[FZ_BATCH_MAX]; /* in flight */
    unsigned batch_len, attempts;
    int64_t batch_since;
    struct sim_told told;
    void (*done)(void *ctx, fz_rc rc, const struct fz_err *err); /* the engine's, of this batch */
    void *done_ctx;
    struct sim_worker *next; /* all of this seed */
};

/* One job: the command first, so that the command's address leads to the order. */
struct job {
    struct fz_job job;
    struct sim_order *order;
};
_Static_assert(offsetof(struct fz_job, command) == 0, "a command leads to its job");

static struct sim_worker *slots[SIM_WORKERS_MAX];
static struct sim_worker *all;
static unsigned slots_len;

static void turn(void *ctx);
static void tick(void *ctx);

static struct sim_order *order_of(const struct fz_command *command)
{
    return ((const struct job *)(const void *)command)->order;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void *loop_watch(
    struct fz_loop *loop, int fd, unsigned want, void (*ready)(void *ctx, unsigned got), void *ctx)
{
    struct sim_worker *worker = (struct sim_worker *)loop;
    for (unsigned i = 0; i < WATCHES_MAX; i++) {
        if (!worker->watches[i].used) {
            worker->watches[i] = (struct watch){fd, want, ready, ctx, true};
            sim_at(1, turn, worker);
            return &worker->watches[i];
        }
    }
    sim_violation("more than %d watches: one is never ended", WATCHES_MAX);
}

static void loop_change(struct fz_loop *loop, void *watch, unsigned want)
{
    fz_assert(((struct watch *)watch)->used);
    ((struct watch *)watch)->want = want;
    sim_at(1, turn, loop);
}

static void loop_unwatch(struct fz_loop *loop, void *watch)
{
    (void)loop;
    if (watch != NULL) {
        fz_assert(((struct watch *)watch)->used);
        ((struct watch *)watch)->used = false;
    }
}

static unsigned readiness(const struct watch *watch)
{
    return watch->used ? sim_conn_ready(watch->fd) & watch->want : 0;
}

static void turn(void *ctx)
{
    struct sim_worker *worker = ctx;
    bool more = false;
    if (!worker->alive) {
        return;
    }
    if (sim.now_us < worker->stalled_until) {
        sim_at(worker->stalled_until - sim.now_us, turn, worker);
        return;
    }
    for (unsigned i = 0; i < WATCHES_MAX; i++) {
        unsigned got = readiness(&worker->watches[i]);
        if (got != 0) {
            worker->watches[i].ready(worker->watches[i].ctx, got);
        }
        more = more || readiness(&worker->watches[i]) != 0;
    }
    if (more) {
        sim_at(20, turn, worker);
    }
}

void sim_worker_wake(int fd)
{
    for (unsigned i = 0; i < slots_len; i++) {
        for (unsigned k = 0; k < WATCHES_MAX; k++) {
            if (slots[i]->watches[k].used && slots[i]->watches[k].fd == fd) {
                sim_at(sim_between(1, 30), turn, slots[i]);
            }
        }
    }
}

/* --- between engine, writer and decide() ------------------------------------------------------ */

void __real_fz_writer_commit(struct fz_writer *writer,
                             int32_t community,
                             struct fz_command *const *commands,
                             unsigned len,
                             void (*done)(void *ctx, fz_rc rc, const struct fz_err *err),
                             void *ctx);
void __wrap_fz_writer_commit(struct fz_writer *writer,
                             int32_t community,
                             struct fz_command *const *commands,
                             unsigned len,
                             void (*done)(void *ctx, fz_rc rc, const struct fz_err *err),
                             void *ctx);
void __real_fz_decide(struct fz_state *state,
                      struct fz_command *const *commands,
                      unsigned len,
                      int64_t now_us);
void __wrap_fz_decide(struct fz_state *state,
                      struct fz_command *const *commands,
                      unsigned len,
                      int64_t now_us);
fz_rc __real_fz_commit_send_lock(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_commit_batch *batch,
                                 struct fz_commit_sent *sent_out,
                                 struct fz_err *err);
fz_rc __wrap_fz_commit_send_lock(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_commit_batch *batch,
                                 struct fz_commit_sent *sent_out,
                                 struct fz_err *err);
void __wrap_fz_log_err(enum fz_log_level level,
                       const char *event,
                       const char *request_id,
                       const struct fz_err *err);
fz_rc __real_fz_commit_send_hint(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_state *state,
                                 struct fz_err *err);
fz_rc __wrap_fz_commit_send_hint(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_state *state,
                                 struct fz_err *err);

static void leave_waiting(struct sim_worker *worker, struct sim_order *order)
{
    struct sim_order **at = &worker->waiting;
    while (*at != NULL && *at != order) {
        at = &(*at)->next_waiting;
    }
    if (*at == NULL) {
        sim_violation("order %u was not waiting", order->index);
    }
    *at = order->next_waiting;
    worker->waiting_len--;
}

/* The batch is what waited longest of its community, in order, and the oldest is in it. */
static void
check_batch(struct sim_worker *worker, int32_t community, struct fz_command *const *commands)
{
    struct sim_order *oldest = worker->waiting;
    if (oldest == NULL || oldest != order_of(commands[0])) {
        sim_violation("a batch passes over the oldest command that waits");
    }
    for (unsigned i = 0; i < worker->batch_len; i++) {
        struct sim_order *next = worker->waiting;
        while (next != NULL && next->community != community) {
            next = next->next_waiting;
        }
        if (next == NULL || next != order_of(commands[i])) {
            sim_violation("a batch is out of order, or of two communities");
        }
        leave_waiting(worker, next);
        next->in_batch = true;
        next->batch = sim.totals.batches;
        worker->batch[i] = next;
    }
}

fz_rc __wrap_fz_commit_send_hint(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_state *state,
                                 struct fz_err *err)
{
    for (unsigned i = 0; i < slots_len; i++) {
        sim_told_hint(&slots[i]->told, state);
    }
    return __real_fz_commit_send_hint(conn, params, state, err);
}

/* The writer's answer on its way to the engine: after it, each command of the batch has one. */
static void on_batch(void *ctx, fz_rc rc, const struct fz_err *err)
{
    struct sim_worker *worker = ctx;
    struct sim_order *batch[FZ_BATCH_MAX];
    unsigned len = worker->batch_len;
    if (!worker->alive) {
        worker->done(worker->done_ctx, rc, err);
        return;
    }
    if (worker->handing_over || !worker->committing) {
        sim_violation("the writer's done is called from within its commit, or twice");
    }
    bool early = sim.now_us - worker->batch_since <= FZ_COMMAND_TIMEOUT_MS * SIM_MS &&
                 worker->attempts < FZ_COMMIT_ATTEMPTS_MAX;
    if (rc == FZ_UNAVAILABLE && early) {
        sim_violation("a batch is given up after %u attempts", worker->attempts);
    }
    if (rc == FZ_OK) {
        sim_told_end(&worker->told, worker->batch, worker->batch_len);
    }
    worker->committing = false;
    worker->told.announced_len = 0;
    memcpy(batch, worker->batch, len * sizeof(batch[0]));
    sim_trace("worker %u: batch of %u ends with %s", worker->slot, len, fz_rc_info(rc)->name);
    worker->done(worker->done_ctx, rc, err);
    for (unsigned i = 0; i < len; i++) {
        if (!batch[i]->answered) {
            sim_violation("order %u: its batch is over and it has no answer", batch[i]->index);
        }
    }
}

void __wrap_fz_writer_commit(struct fz_writer *writer,
                             int32_t community,
                             struct fz_command *const *commands,
                             unsigned len,
                             void (*done)(void *ctx, fz_rc rc, const struct fz_err *err),
                             void *ctx)
{
    struct sim_worker *worker = order_of(commands[0])->worker;
    if (!worker->alive) {
        __real_fz_writer_commit(writer, community, commands, len, done, ctx);
        return;
    }
    if (worker->committing || !fz_writer_is_idle(writer)) {
        sim_violation("a second batch while one is in flight");
    }
    if (len < 1 || len > FZ_BATCH_MAX) {
        sim_violation("a batch of %u", len);
    }
    worker->batch_len = len;
    worker->committing = true;
    worker->attempts = 0;
    sim_told_begin(&worker->told);
    worker->batch_since = sim.now_us;
    worker->done = done;
    worker->done_ctx = ctx;
    sim.totals.batches++;
    check_batch(worker, community, commands);
    sim.totals.largest_batch = len > sim.totals.largest_batch ? len : sim.totals.largest_batch;
    sim_trace("worker %u: batch of %u, community %d", worker->slot, len, (int)community);
    worker->handing_over = true;
    __real_fz_writer_commit(writer, community, commands, len, on_batch, worker);
    worker->handing_over = false;
}

fz_rc __wrap_fz_commit_send_lock(PGconn *conn,
                                 struct fz_pg_params *params,
                                 const struct fz_commit_batch *batch,
                                 struct fz_commit_sent *sent_out,
                                 struct fz_err *err)
{
    struct sim_worker *worker = order_of(batch->commands[0])->worker;
    if (++worker->attempts > FZ_COMMIT_ATTEMPTS_MAX) {
        sim_violation("attempt %u of a batch", worker->attempts);
    }
    return __real_fz_commit_send_lock(conn, params, batch, sent_out, err);
}

void __wrap_fz_decide(struct fz_state *state,
                      struct fz_command *const *commands,
                      unsigned len,
                      int64_t now_us)
{
    __real_fz_decide(state, commands, len, now_us);
    struct sim_decision *decision = sim_keep(sizeof(*decision));
    struct sim_worker *worker = order_of(commands[0])->worker;
    sim_told_decide(&worker->told, state, commands, len);
    decision->now_us = now_us;
    decision->event = state->events_len > 0 ? state->head.last_event : 0;
    decision->len = len;
    if (len != worker->batch_len || state->head.community != order_of(commands[0])->community) {
        sim_violation("decides %u commands of a batch of %u", len, worker->batch_len);
    }
    for (unsigned i = 0; i < len; i++) {
        decision->orders[i] = order_of(commands[i]);
        if (decision->orders[i] != worker->batch[i] || decision->orders[i]->answered) {
            sim_violation("decides what is not in the batch, or was answered");
        }
    }
    sim.decided = decision;
}

void __wrap_fz_log_err(enum fz_log_level level,
                       const char *event,
                       const char *request_id,
                       const struct fz_err *err)
{
    (void)level;
    (void)request_id;
    sim_trace("log: %s %s %s", event, fz_rc_info(err->rc)->name, err->msg);
    if (err->rc != FZ_OK && err->msg[0] == '\0') {
        sim_violation("%s: a failure does not say why", event);
    }
}

/* --- the engine's caller ---------------------------------------------------------------------- */

static void on_done(struct fz_job *fz_job, fz_rc rc)
{
    struct job *job = fz_job->ctx;
    struct sim_order *order = job->order;
    struct sim_worker *worker = order->worker;
    if (worker->alive) {
        if (worker->submitting) {
            sim_violation("order %u: done is called from within submit", order->index);
        }
        if (!order->in_batch) {
            leave_waiting(worker, order);
        }
        if (rc == FZ_OK) {
            sim_told_answer(&worker->told, &job->job.command);
        }
        sim_client_answered(order, rc, &job->job.command);
    }
    memset(&job->job.command, 0xa5, sizeof(job->job.command)); /* not the engine's any more */
}

/* The events of a batch are announced before its commands are answered. */
static void on_events(void *ctx, int32_t community, const struct fz_id *intents, unsigned len)
{
    struct sim_worker *worker = ctx;
    if (worker->alive) {
        sim_told_announce(&worker->told, community, intents, len);
    }
}

static struct sim_worker *start(unsigned slot)
{
    struct sim_worker *worker = calloc(1, sizeof(*worker));
    fz_assert(worker != NULL);
    worker->loop = (struct fz_loop){loop_watch, loop_change, loop_unwatch};
    worker->alive = true;
    worker->slot = slot;
    worker->next = all;
    all = worker;
    slots[slot] = worker;
    struct fz_engine_options options = {.conninfo = "host=/simulated",
                                        .role = "fz_switch",
                                        .loop = &worker->loop,
                                        .events = on_events,
                                        .events_ctx = worker};
    fz_rc rc = fz_engine_create(&options, &worker->engine, NULL);
    fz_assert(rc == FZ_OK);
    sim_at(sim_between(1, TICK_US), tick, worker);
    return worker;
}

static void check_counts(struct sim_worker *worker)
{
    struct fz_engine_stats stats;
    fz_engine_get_stats(worker->engine, &stats);
    if (stats.waiting != worker->waiting_len) {
        sim_violation("the engine counts %u waiting, %u are", stats.waiting, worker->waiting_len);
    }
    if (stats.in_flight != (worker->committing ? worker->batch_len : 0)) {
        sim_violation("the engine counts %u in flight", stats.in_flight);
    }
}

static void finish_drain(struct sim_worker *worker)
{
    if (fz_engine_is_ready(worker->engine)) {
        sim_violation("ready while draining");
    }
    if (sim.now_us - worker->drain_since > DRAIN_US) {
        sim_violation("worker %u does not drain", worker->slot);
    }
    if (!fz_engine_drain(worker->engine)) {
        return;
    }
    check_counts(worker);
    if (worker->waiting_len > 0) {
        sim_violation("drained with %u waiting", worker->waiting_len);
    }
    fz_engine_destroy(&worker->engine);
    worker->alive = false;
    start(worker->slot);
}

static void tick(void *ctx)
{
    struct sim_worker *worker = ctx;
    if (!worker->alive) {
        return;
    }
    if (sim.now_us >= worker->stalled_until) {
        fz_engine_tick(worker->engine, sim.now_us / SIM_MS);
        check_counts(worker);
        if (worker->draining) {
            finish_drain(worker);
        }
    }
    if (worker->alive) {
        sim_at(TICK_US + (int64_t)sim_below(5000), tick, worker);
    }
}

fz_rc sim_worker_submit(struct sim_worker *worker, struct sim_order *order)
{
    struct job *job = sim_keep(sizeof(*job));
    struct sim_order **last = &worker->waiting;
    unsigned waiting = worker->waiting_len;
    while (*last != NULL) {
        last = &(*last)->next_waiting;
    }
    *last = order;
    order->next_waiting = NULL;
    order->worker = worker;
    worker->waiting_len++;
    job->order = order;
    job->job.command = order->command;
    job->job.community = order->community;
    job->job.done = on_done;
    job->job.ctx = job;
    worker->submitting = true;
    fz_rc rc = fz_engine_submit(worker->engine, &job->job);
    worker->submitting = false;
    if ((rc == FZ_STOPPING) != worker->draining ||
        (!worker->draining && (rc == FZ_OVERLOADED) != (waiting >= FZ_QUEUE_MAX))) {
        sim_violation("submit says %s with %u waiting", fz_rc_info(rc)->name, waiting);
    }
    if (rc != FZ_OK) {
        leave_waiting(worker, order);
    }
    return rc;
}

struct sim_worker *sim_worker_any(void)
{
    return slots[sim_below(3) == 0 ? sim_below(slots_len) : 0];
}

bool sim_worker_stalled(const struct sim_worker *worker)
{
    return sim.now_us < worker->stalled_until;
}

void sim_worker_stall(struct sim_worker *worker, int64_t us)
{
    worker->stalled_until = sim.now_us + us;
}

void sim_worker_drain(struct sim_worker *worker)
{
    worker->draining = true;
    worker->drain_since = sim.now_us;
    (void)fz_engine_drain(worker->engine);
}

bool sim_worker_lose_idle(struct sim_worker *worker)
{
    struct fz_engine_stats stats;
    fz_engine_get_stats(worker->engine, &stats);
    if (stats.in_flight > 0 || !worker->watches[0].used || !fz_engine_is_ready(worker->engine)) {
        return false;
    }
    sim_conn_of_worker_lost(worker->watches[0].fd);
    return true;
}

void sim_worker_kill(struct sim_worker *worker)
{
    bool delivers = sim_below(2) == 0;
    worker->alive = false;
    for (unsigned i = 0; i < WATCHES_MAX; i++) {
        if (worker->watches[i].used) {
            sim_conn_of_worker_died(worker->watches[i].fd, delivers);
        }
    }
    for (unsigned i = 0; i < worker->batch_len; i++) {
        if (!worker->batch[i]->answered) {
            sim_client_orphaned(worker->batch[i]);
        }
    }
    for (struct sim_order *order = worker->waiting; order != NULL; order = order->next_waiting) {
        sim_client_orphaned(order);
    }
    start(worker->slot);
}

void sim_worker_begin(unsigned workers)
{
    all = NULL;
    slots_len = workers;
    for (unsigned i = 0; i < workers; i++) {
        start(i);
    }
}

/* A killed worker's memory is taken apart the long way: it finds no database until it gives up. */
static void bury(struct sim_worker *worker)
{
    for (unsigned i = 0; !fz_engine_drain(worker->engine); i++) {
        fz_assert(i < 1000);
        sim.now_us += SIM_SECOND;
        fz_engine_tick(worker->engine, sim.now_us / SIM_MS);
    }
    fz_engine_destroy(&worker->engine);
}

void sim_worker_end(void)
{
    for (unsigned i = 0; i < slots_len; i++) {
        struct sim_worker *worker = slots[i];
        sim_worker_drain(worker);
        while (worker->alive) {
            if (!sim_step()) {
                sim_violation("nothing happens, and worker %u is not drained", i);
            }
        }
    }
    sim.burying = true;
    for (struct sim_worker *worker = all; worker != NULL; worker = worker->next) {
        worker->alive = false;
    }
    while (all != NULL) {
        struct sim_worker *gone = all;
        all = gone->next;
        if (gone->engine != NULL) {
            bury(gone);
        }
        free(gone);
    }
    sim.burying = false;
}
