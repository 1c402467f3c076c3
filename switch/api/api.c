/*
 * Room switch/api. Start and end of a worker's API, and what happens between requests: ticks for
 * engine and reader, hints for who waits, figures for the metrics.
 */
#include "switch/api/api.h"

#include <stdlib.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/api/authenticate.h"
#include "switch/api/poll.h"
#include "switch/api/releases.h"
#include "switch/api/routes.h"
#include "switch/api/state.h"
#include "switch/http/config.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"

#define TICK_MS 50
#define DATABASE_ROLE "fz_switch"

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t fz_api_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t fz_api_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

/* --- between requests ------------------------------------------------------------------------ */

static void
on_engine_events(void *ctx, int32_t community, const struct fz_id *intents, unsigned len)
{
    const struct fz_api *api = ctx;
    fz_waiters_wake(api->waiters, community, intents, len);
}

static void on_hint(void *ctx, int32_t community, int64_t event, int64_t number)
{
    const struct fz_api *api = ctx;
    if (!api->is_stopping) {
        fz_waiters_hint(api->waiters, api->reader, community, event, number);
    }
}

static void on_trouble(void *ctx, const struct fz_err *err)
{
    (void)ctx;
    fz_log_err(FZ_LOG_WARN, "reader.trouble", NULL, err);
}

/* The last batch stands for those of one tick: enough to see a slow disk. */
static void publish_figures(struct fz_api *api)
{
    struct fz_engine_stats now;
    const struct fz_writer_stats *before = &api->seen.writer;
    fz_engine_get_stats(api->engine, &now);
    fz_metric_set(FZ_METRIC_QUEUE_LEN, now.waiting);
    fz_metric_set(FZ_METRIC_DATABASE_CONNECTED, fz_engine_is_ready(api->engine) ? 1 : 0);
    fz_metric_add(FZ_METRIC_BATCHES, (int64_t)(now.writer.batches - before->batches));
    fz_metric_add(FZ_METRIC_DATABASE_RECONNECTS,
                  (int64_t)(now.writer.reconnects - before->reconnects));
    if (now.writer.batches != before->batches) {
        fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, now.writer.last_batch_us);
    }
    api->seen = now;
}

static void on_tick(void *ctx)
{
    struct fz_api *api = ctx;
    int64_t now_ms = fz_api_monotonic_us() / 1000;
    fz_timer_start(api->ticker, TICK_MS);
    fz_engine_tick(api->engine, now_ms);
    fz_reader_tick(api->reader, now_ms);
    fz_waiters_tick(api->waiters);
    fz_releases_tick(api->releases, now_ms);
    publish_figures(api);
}

/* From here on nobody waits for what may come. */
static void on_drain(void *ctx)
{
    const struct fz_api *api = ctx;
    struct fz_call *next = NULL;
    for (struct fz_call *call = api->calls; call != NULL; call = next) {
        next = call->next;
        if (call->poll != NULL) {
            fz_poll_end_wait(call->poll);
        }
    }
}

/* --- start and end --------------------------------------------------------------------------- */

static fz_rc start_database(struct fz_api *api, const struct fz_config *config, struct fz_err *err)
{
    fz_assert(config->database_readers <= FZ_READERS_MAX); /* config.def sees to it */
    struct fz_engine_options engine = {.conninfo = config->database,
                                       .role = DATABASE_ROLE,
                                       .loop = api->loop,
                                       .events = on_engine_events,
                                       .events_ctx = api};
    struct fz_reader_options reader = {.conninfo = config->database,
                                       .role = DATABASE_ROLE,
                                       .application_name = "fz-switch reader",
                                       .loop = api->loop,
                                       .connections = (unsigned)config->database_readers,
                                       .hint = on_hint,
                                       .hint_ctx = api,
                                       .trouble = on_trouble};
    fz_rc rc = fz_engine_create(&engine, &api->engine, err);
    if (rc == FZ_OK) {
        rc = fz_reader_create(&reader, &api->reader, err);
    }
    return rc;
}

static fz_rc start_tables(struct fz_api *api, const struct fz_config *config, struct fz_err *err)
{
    fz_rc rc = fz_crypto_init(err);
    if (rc == FZ_OK) {
        rc = fz_key_cache_create(FZ_KEY_CACHE_MAX, &api->keys, err);
    }
    if (rc == FZ_OK) {
        rc = fz_profiles_create(&api->profiles, err);
    }
    if (rc == FZ_OK) {
        rc = fz_waiters_create(&api->waiters, err);
    }
    if (rc == FZ_OK) {
        rc = fz_code_key_load(config->code_key_file, &api->code_key, err);
    }
    if (rc == FZ_OK) {
        rc = fz_releases_start(api, &api->releases, err);
    }
    return rc;
}

fz_rc fz_api_start(const struct fz_config *config,
                   struct event_base *base,
                   struct fz_server *server,
                   struct fz_api **out,
                   struct fz_err *err)
{
    struct fz_api *api = calloc(1, sizeof(*api));
    *out = NULL;
    if (api == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "api");
    }
    api->config = config;
    api->base = base;
    api->server = server;
    fz_rc rc = fz_loop_event_create(base, &api->loop, err);
    if (rc == FZ_OK) {
        rc = start_tables(api, config, err);
    }
    if (rc == FZ_OK) {
        rc = start_database(api, config, err);
    }
    if (rc == FZ_OK) {
        rc = fz_timer_create(base, on_tick, api, &api->ticker, err);
    }
    if (rc != FZ_OK) {
        fz_api_stop(&api);
        return rc;
    }
    fz_timer_start(api->ticker, TICK_MS);
    fz_server_add_routes(server, fz_api_routes, fz_api_routes_len, api);
    fz_server_set_gate(server, fz_api_gate, api);
    fz_server_on_drain(server, on_drain, api);
    *out = api;
    return FZ_OK;
}

/*
 * Ends what is on its way to the ledger: for the engine the time of every command is over, so each
 * is answered with what is known of it.
 */
static void end_commands(struct fz_api *api)
{
    int64_t later_ms = fz_api_monotonic_us() / 1000;
    while (api->engine != NULL && !fz_engine_drain(api->engine)) {
        later_ms += FZ_COMMAND_TIMEOUT_MS + 1;
        fz_engine_tick(api->engine, later_ms);
    }
}

void fz_api_stop(struct fz_api **api)
{
    struct fz_api *gone = *api;
    if (gone == NULL) {
        return;
    }
    gone->is_stopping = true;
    fz_timer_destroy(&gone->ticker);
    on_drain(gone);
    end_commands(gone);
    fz_reader_destroy(&gone->reader); /* ends what waits for a row */
    fz_assert(gone->calls == NULL);
    fz_engine_destroy(&gone->engine);
    fz_waiters_destroy(&gone->waiters);
    fz_code_key_destroy(&gone->code_key);
    fz_releases_stop(&gone->releases);
    fz_profiles_destroy(&gone->profiles);
    fz_key_cache_destroy(&gone->keys);
    fz_loop_event_destroy(&gone->loop);
    free(gone);
    *api = NULL;
}
