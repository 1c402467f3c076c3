/*
 * One worker process. Everything that can take time is asynchronous on its one event loop.
 */
#include "switch/http/worker.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "switch/http/log.h"
#include "switch/http/loop_event.h"
#include "switch/http/metrics.h"
#include "switch/http/server.h"
#include "switch/http/tls.h"

#define SIGNALS_LEN 4
#define ORDINARY_MAX_US 250 /* two or three requests verified */

struct worker {
    const char *program;
    struct fz_config config; /* ours: a reload changes it */
    const struct fz_service *service;
    void *service_state;
    struct event_base *base;
    struct fz_server *server;
    struct event *signals[SIGNALS_LEN];
};

static void on_drained(void *ctx)
{
    struct worker *worker = ctx;
    (void)event_base_loopbreak(worker->base);
}

static void on_stop(evutil_socket_t signal, short what, void *ctx)
{
    struct worker *worker = ctx;
    (void)signal, (void)what;
    if (fz_server_is_draining(worker->server)) {
        return; /* the terminal and the master may both have sent one */
    }
    fz_log(FZ_LOG_INFO, "worker.stopping", NULL, "requests=%zu connections=%zu",
           fz_server_requests(worker->server), fz_server_connections(worker->server));
    fz_server_drain(worker->server, (int)worker->config.stop_timeout_s * 1000, on_drained, worker);
}

static void on_quit(evutil_socket_t signal, short what, void *ctx)
{
    struct worker *worker = ctx;
    (void)signal, (void)what;
    fz_log(FZ_LOG_WARN, "worker.quit", NULL, "requests=%zu", fz_server_requests(worker->server));
    (void)event_base_loopbreak(worker->base);
}

/* The configuration again, as far as it may change in flight; the old one stays if it is wrong. */
static fz_rc reload(struct worker *worker, struct fz_err *err)
{
    char names[256];
    struct fz_config fresh;
    fz_rc rc = fz_config_load(worker->config.file, &fresh, err);
    if (rc == FZ_OK) {
        rc = fz_config_check_complete(&fresh, err);
    }
    if (rc == FZ_OK) {
        rc = fz_server_reload_tls(worker->server, fresh.tls_certificate, fresh.tls_key, err);
    }
    if (rc == FZ_OK) {
        rc = fz_log_open(worker->program, fresh.log_file, fresh.log_level, err);
    }
    if (rc == FZ_OK) {
        (void)fz_config_merge(&worker->config, &fresh, names, sizeof(names)); /* master warns */
    }
    return rc;
}

static void on_reload(evutil_socket_t signal, short what, void *ctx)
{
    struct worker *worker = ctx;
    struct fz_err err = {.rc = FZ_OK};
    (void)signal, (void)what;
    if (reload(worker, &err) == FZ_OK) {
        fz_metric_add(FZ_METRIC_TLS_RELOADS, 1);
        fz_log(FZ_LOG_INFO, "worker.reloaded", NULL, "log_level=%s",
               fz_log_level_name(worker->config.log_level));
    } else {
        fz_metric_add(FZ_METRIC_TLS_RELOADS_FAILED, 1);
        fz_log_err(FZ_LOG_ERROR, "worker.reload_refused", NULL, &err);
    }
}

/* libevent's own messages; its last one before it aborts is an error. */
static void on_library_log(int severity, const char *message)
{
    char quoted[512];
    enum fz_log_level level = severity >= EVENT_LOG_ERR    ? FZ_LOG_ERROR
                              : severity >= EVENT_LOG_WARN ? FZ_LOG_WARN
                                                           : FZ_LOG_DEBUG;
    fz_log(level, "libevent", NULL, "msg=%s", fz_log_quote(message, quoted, sizeof(quoted)));
}

static bool add_signals(struct worker *worker)
{
    static const struct {
        int signal;
        void (*handler)(evutil_socket_t, short, void *);
    } handlers[SIGNALS_LEN] = {
        {SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_reload}, {SIGQUIT, on_quit}};
    for (size_t i = 0; i < SIGNALS_LEN; i++) {
        worker->signals[i] =
            evsignal_new(worker->base, handlers[i].signal, handlers[i].handler, worker);
        if (worker->signals[i] == NULL || event_add(worker->signals[i], NULL) != 0) {
            return false;
        }
    }
    return true;
}

/*
 * The ledger's answers go before requests: a worker that holds a community's head and first
 * verifies forty signatures makes the whole town wait. So events have priorities, and the kernel
 * is asked for urgent ones again after a moment of other work.
 */
static struct event_base *make_base(void)
{
    static const struct timeval moment = {.tv_usec = ORDINARY_MAX_US};
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;
    if (config != NULL &&
        event_config_set_max_dispatch_interval(config, &moment, -1, FZ_LOOP_ORDINARY) == 0 &&
        event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0) {
        base = event_base_new_with_config(config);
    }
    if (config != NULL) {
        event_config_free(config);
    }
    if (base != NULL && event_base_priority_init(base, FZ_LOOP_PRIORITIES) != 0) {
        event_base_free(base);
        base = NULL;
    }
    return base;
}

static fz_rc
start(struct worker *worker, const struct fz_worker_options *options, struct fz_err *err)
{
    worker->base = make_base();
    if (worker->base == NULL || !add_signals(worker)) {
        return fz_fail(err, FZ_NO_MEMORY, "event loop: %s", strerror(errno));
    }
    (void)sigprocmask(SIG_SETMASK, options->signal_mask, NULL);
    struct fz_server_options server_options = {
        .listen_fds = options->listen_fds,
        .listen_fds_len = options->listen_fds_len,
        .tls = options->tls,
        .connections_max = options->service->connections_max,
        .idle_timeout_ms = options->service->idle_timeout_ms,
    };
    fz_rc rc = fz_server_create(worker->base, &server_options, &worker->server, err);
    if (rc != FZ_OK) {
        return rc;
    }
    return options->service->start(&worker->config, worker->base, worker->server,
                                   &worker->service_state, err);
}

/* In the order in which one leans on the other; requests that are left end with the service. */
static void stop(struct worker *worker)
{
    if (worker->service_state != NULL) {
        worker->service->stop(&worker->service_state);
    }
    fz_server_destroy(&worker->server);
    for (size_t i = 0; i < SIGNALS_LEN; i++) {
        if (worker->signals[i] != NULL) {
            event_free(worker->signals[i]);
        }
    }
    if (worker->base != NULL) {
        (void)event_base_loop(worker->base, EVLOOP_ONCE | EVLOOP_NONBLOCK); /* frees connections */
        event_base_free(worker->base);
    }
}

int fz_worker_run(const struct fz_worker_options *options)
{
    struct fz_err err = {.rc = FZ_OK};
    struct worker *worker = calloc(1, sizeof(*worker));
    int exit_code = FZ_WORKER_STOPPED;
    fz_assert(worker != NULL); /* the process has only begun */
    worker->program = options->program;
    worker->config = *options->config;
    worker->service = options->service;
    fz_log_set_worker(options->number);
    fz_metrics_select(options->number);
    event_set_log_callback(on_library_log);
    (void)signal(SIGPIPE, SIG_IGN); /* a client that went away is no reason to die */
    fz_rc rc = start(worker, options, &err);
    if (rc == FZ_OK) {
        fz_log(FZ_LOG_INFO, "worker.ready", NULL, "listen=\"%s\"", worker->config.listen);
        (void)event_base_dispatch(worker->base);
        fz_log(FZ_LOG_INFO, "worker.stopped", NULL, "requests=%zu",
               fz_server_requests(worker->server));
    } else {
        fz_log_err(FZ_LOG_ERROR, "worker.start_failed", NULL, &err);
        exit_code = rc == FZ_CONFIG ? FZ_WORKER_CONFIG : FZ_WORKER_TRY_AGAIN;
    }
    stop(worker);
    free(worker);
    return exit_code;
}
