/*
 * The life of a worker's server: listening, its tables, draining, its end.
 */
#include "switch/http/server.h"

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/log.h"
#include "switch/http/loop_event.h"
#include "switch/http/server_internal.h"

/* Descriptors a worker needs besides its clients' connections. */
#define DESCRIPTORS_RESERVED 128

#define SWEEP_MAX_US 5000000
#define DRAIN_SWEEP_US 20000

static struct timeval to_timeval(int64_t us)
{
    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    connection_sweep(ctx);
}

static void on_serve(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    line_serve(ctx);
}

/* drain_event: all connections are gone, or (on its time-out) those that are left are cut off. */
static void on_drain_end(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_server *server = ctx;
    (void)fd, (void)what;
    if (server->drained_told) {
        return;
    }
    server->drained_told = true;
    (void)event_del(server->drain_event);
    if (server->connections_len > 0) {
        fz_log(FZ_LOG_WARN, "http.drain_timeout", NULL, "connections=%zu requests=%zu",
               server->connections_len, server->requests_len);
    }
    struct connection *connection = LIST_FIRST(&server->connections);
    while (connection != NULL) {
        struct connection *next = LIST_NEXT(connection, link);
        connection_abort(connection); /* frees it in a later turn, so `next` is good */
        connection = next;
    }
    server->drained(server->drained_ctx);
}

void server_connection_freed(struct fz_server *server)
{
    fz_assert(server->connections_len > 0);
    server->connections_len--;
    if (server->draining && server->connections_len == 0) {
        event_active(server->drain_event, EV_TIMEOUT, 0);
    }
}

/* As many connections as there may be descriptors: then accept() never fails for want of them. */
static size_t connections_allowed(unsigned wanted)
{
    struct rlimit limit;
    size_t max = wanted != 0 ? wanted : FZ_HTTP_CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return max;
    }
    if (limit.rlim_cur < max + DESCRIPTORS_RESERVED && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* the reading below shows what came of it */
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur < max + DESCRIPTORS_RESERVED) {
        size_t room = limit.rlim_cur > DESCRIPTORS_RESERVED
                          ? (size_t)limit.rlim_cur - DESCRIPTORS_RESERVED
                          : 1;
        fz_log(FZ_LOG_WARN, "http.few_descriptors", NULL, "connections_max=%zu", room);
        return room;
    }
    return max;
}

static bool create_events(struct fz_server *server)
{
    int64_t sweep_us = server->idle_timeout_us / 4;
    struct timeval sweep = to_timeval(sweep_us < SWEEP_MAX_US ? sweep_us : SWEEP_MAX_US);
    server->sweep_event = event_new(server->base, -1, EV_PERSIST, on_sweep, server);
    server->refuse_event = event_new(server->base, -1, 0, on_sweep, server);
    server->drain_event = event_new(server->base, -1, 0, on_drain_end, server);
    server->serve_event = event_new(server->base, -1, 0, on_serve, server);
    if (server->serve_event != NULL &&
        event_base_get_npriorities(server->base) >= FZ_LOOP_PRIORITIES) {
        fz_assert(event_priority_set(server->serve_event, FZ_LOOP_PATIENT) == 0);
    }
    return server->sweep_event != NULL && server->refuse_event != NULL &&
           server->drain_event != NULL && server->serve_event != NULL &&
           event_add(server->sweep_event, &sweep) == 0;
}

static bool create_http(struct fz_server *server)
{
    server->http = evhttp_new(server->base);
    if (server->http == NULL) {
        return false;
    }
    evhttp_set_bevcb(server->http, connection_new, server);
    evhttp_set_gencb(server->http, exchange_on_request, server);
    evhttp_set_max_headers_size(server->http, HEADERS_READ_MAX);
    evhttp_set_max_body_size(server->http, BODY_READ_MAX);
    evhttp_set_default_content_type(server->http, NULL);
    /* All of them: those we do not serve get a typed 405 from the router, CONNECT no answer. */
    evhttp_set_allowed_methods(server->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                                                 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                                                 EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
    return evhttp_set_flags(server->http, EVHTTP_SERVER_LINGERING_CLOSE) == 0;
}

/* Takes the descriptors over one by one; what is not taken stays with the caller. */
static bool create_listeners(struct fz_server *server, const struct fz_server_options *options)
{
    while (server->listeners_len < options->listen_fds_len) {
        struct evconnlistener *listener =
            evconnlistener_new(server->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 0,
                               options->listen_fds[server->listeners_len]);
        if (listener == NULL) {
            return false;
        }
        struct evhttp_bound_socket *bound = evhttp_bind_listener(server->http, listener);
        fz_assert(bound != NULL); /* a few bytes at start-up */
        server->listeners[server->listeners_len++] = bound;
    }
    return true;
}

fz_rc fz_server_create(struct event_base *base,
                       const struct fz_server_options *options,
                       struct fz_server **server_out,
                       struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    fz_assert(options->listen_fds_len <= LISTENERS_MAX);
    struct fz_server *server = calloc(1, sizeof(*server));
    if (server != NULL) {
        *server = (struct fz_server){
            .base = base,
            .tls = options->tls,
            .connections_max = connections_allowed(options->connections_max),
            .idle_timeout_us = options->idle_timeout_ms != 0
                                   ? (int64_t)options->idle_timeout_ms * 1000
                                   : (int64_t)FZ_HTTP_IDLE_S * 1000000,
        };
        LIST_INIT(&server->connections);
        line_init(server);
    }
    if (server == NULL || !create_events(server) || !create_http(server) ||
        !create_listeners(server, options)) {
        rc = fz_fail(err, FZ_NO_MEMORY, "HTTP server: out of memory");
        for (size_t i = server != NULL ? server->listeners_len : 0; i < options->listen_fds_len;
             i++) {
            (void)close(options->listen_fds[i]);
        }
        fz_server_destroy(&server);
        return rc;
    }
    *server_out = server;
    return FZ_OK;
}

void fz_server_add_routes(struct fz_server *server,
                          const struct fz_route *routes,
                          size_t routes_len,
                          void *ctx)
{
    fz_assert(server->tables_len < FZ_SERVER_TABLES_MAX);
    server->tables[server->tables_len++] =
        (struct fz_route_table){.routes = routes, .routes_len = routes_len, .ctx = ctx};
}

void fz_server_set_gate(struct fz_server *server,
                        void (*gate)(struct fz_request *request, void *ctx),
                        void *ctx)
{
    server->gate = gate;
    server->gate_ctx = ctx;
}

void fz_server_on_drain(struct fz_server *server, void (*draining)(void *ctx), void *ctx)
{
    server->on_drain = draining;
    server->on_drain_ctx = ctx;
}

bool fz_server_is_draining(const struct fz_server *server)
{
    return server->draining;
}

void fz_server_drain(struct fz_server *server,
                     int timeout_ms,
                     void (*drained)(void *ctx),
                     void *ctx)
{
    fz_assert(!server->draining);
    struct timeval soon = to_timeval(DRAIN_SWEEP_US);
    struct timeval timeout = to_timeval((int64_t)timeout_ms * 1000);
    server->draining = true;
    server->drained = drained;
    server->drained_ctx = ctx;
    while (server->listeners_len > 0) {
        evhttp_del_accept_socket(server->http, server->listeners[--server->listeners_len]);
    }
    fz_assert(event_add(server->drain_event, &timeout) == 0);
    if (server->on_drain != NULL) {
        server->on_drain(server->on_drain_ctx);
    }
    connection_sweep(server); /* and again soon: some still have an answer to send */
    fz_assert(event_add(server->sweep_event, &soon) == 0);
    if (server->connections_len == 0) {
        event_active(server->drain_event, EV_TIMEOUT, 0);
    }
}

fz_rc fz_server_reload_tls(struct fz_server *server,
                           const char *certificate_file,
                           const char *key_file,
                           struct fz_err *err)
{
    return fz_tls_reload(server->tls, certificate_file, key_file, err);
}

size_t fz_server_requests(const struct fz_server *server)
{
    return server->requests_len;
}

size_t fz_server_connections(const struct fz_server *server)
{
    return server->connections_len;
}

static void free_event(struct event *event)
{
    if (event != NULL) {
        event_free(event);
    }
}

void fz_server_destroy(struct fz_server **server_ref)
{
    struct fz_server *server = *server_ref;
    if (server == NULL) {
        return;
    }
    *server_ref = NULL;
    line_end(server);
    fz_assert(server->requests_len == 0);
    /* The connections are freed after us, in the next turn of the loop. */
    while (!LIST_EMPTY(&server->connections)) {
        struct connection *connection = LIST_FIRST(&server->connections);
        LIST_REMOVE(connection, link);
        connection->server = NULL;
    }
    if (server->http != NULL) {
        evhttp_free(server->http);
    }
    free_event(server->serve_event);
    free_event(server->sweep_event);
    free_event(server->refuse_event);
    free_event(server->drain_event);
    free(server);
}
