/*
 * The life of a connection: made by evhttp's call for a bufferevent, closed by the client, by
 * evhttp, by the sweep or by a drain, and freed with its TLS session.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "feezero/assert.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/request_state.h"
#include "switch/http/server_internal.h"

int64_t connection_clock_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* fz_tls_watch: the TLS session and with it the connection is no more. */
static void on_freed(void *ctx)
{
    struct connection *connection = ctx;
    struct fz_server *server = connection->server;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    fz_assert(connection->request == NULL);
    fz_assert(connection->closed_event == NULL);
    connection->magic = 0;
    if (server != NULL) {
        LIST_REMOVE(connection, link);
    }
    free(connection);
    if (server != NULL) {
        fz_metric_add(FZ_METRIC_CONNECTIONS_OPEN, -1);
        server_connection_freed(server);
    }
}

/*
 * Bytes came in, or were taken. evhttp reads on while it writes an answer, and bounds neither that
 * nor the line that says how long a chunk is: without an end here one client fills our memory.
 */
static void on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *ctx)
{
    struct connection *connection = ctx;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    (void)info;
    if (connection->flooded || evbuffer_get_length(input) <= UNREAD_MAX) {
        return;
    }
    connection->flooded = true;
    fz_metric_add(FZ_METRIC_CONNECTIONS_REFUSED, 1);
    fz_log(FZ_LOG_WARN, "http.flood", NULL, "unread=%zu", evbuffer_get_length(input));
    connection_cut(connection, SHUT_RDWR);
}

struct bufferevent *connection_new(struct event_base *base, void *ctx)
{
    struct fz_server *server = ctx;
    struct connection *connection = calloc(1, sizeof(*connection));
    struct ssl_st *session = fz_tls_session(server->tls);
    /* evhttp takes NULL for "in plain text, please": rather no process than that. */
    fz_assert(connection != NULL);
    fz_assert(session != NULL);
    *connection = (struct connection){
        .magic = CONNECTION_MAGIC,
        .server = server,
        .waiting_since_us = connection_clock_us(),
        .watch = {.freed = on_freed, .ctx = connection},
    };
    fz_assert(fz_tls_session_watch(session, &connection->watch) == FZ_OK);
    connection->buffer = bufferevent_openssl_socket_new(
        base, -1, session, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    fz_assert(connection->buffer != NULL);
    fz_assert(evbuffer_add_cb(bufferevent_get_input(connection->buffer), on_input, connection) !=
              NULL);
    LIST_INSERT_HEAD(&server->connections, connection, link);
    server->connections_len++;
    fz_metric_add(FZ_METRIC_CONNECTIONS_OPEN, 1);
    fz_metric_add(FZ_METRIC_CONNECTIONS_ACCEPTED, 1);
    if (server->connections_len > server->connections_max) {
        /* Its descriptor is set only after we return. */
        connection->refused = true;
        event_active(server->refuse_event, EV_TIMEOUT, 0);
    }
    return connection->buffer;
}

static void stop_watch(struct connection *connection)
{
    if (connection->closed_event != NULL) {
        event_free(connection->closed_event);
        connection->closed_event = NULL;
    }
}

/* evhttp's close callback: the connection is about to be freed. */
static void on_close(struct evhttp_connection *evcon, void *ctx)
{
    struct connection *connection = ctx;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    (void)evcon;
    stop_watch(connection);
    fz_tls_session_end(bufferevent_openssl_get_ssl(connection->buffer));
    connection->evcon = NULL;
    if (connection->request == NULL) {
        return;
    }
    struct fz_request *request = connection->request;
    struct evhttp_request *exchange = connection->exchange;
    connection->request = NULL;
    connection->exchange = NULL;
    if (evhttp_request_get_connection(exchange) == NULL) {
        evhttp_request_free(exchange); /* evhttp let go of it and leaves it to us */
    }
    fz_request_set_gone(request);
}

struct connection *connection_of(struct evhttp_connection *evcon)
{
    struct bufferevent *buffer = evhttp_connection_get_bufferevent(evcon);
    struct fz_tls_watch *watch = fz_tls_session_watched(bufferevent_openssl_get_ssl(buffer));
    fz_assert(watch != NULL);
    struct connection *connection = watch->ctx;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    if (connection->evcon == NULL) {
        connection->evcon = evcon;
        evhttp_connection_set_closecb(evcon, on_close, connection);
    }
    fz_assert(connection->evcon == evcon);
    return connection;
}

void connection_cut(struct connection *connection, int how)
{
    connection->cut = true;
    (void)shutdown(bufferevent_getfd(connection->buffer), how);
}

void connection_abort(struct connection *connection)
{
    if (connection->evcon != NULL) {
        evhttp_connection_free(connection->evcon); /* calls on_close */
    } else {
        connection_cut(connection, SHUT_RDWR);
    }
}

/*
 * Something happened on the socket while a handler works; evhttp itself does not read meanwhile. It
 * may be the next request, which can wait, or the peer's FIN or RST.
 */
static void on_socket_event(evutil_socket_t fd, short what, void *ctx)
{
    struct connection *connection = ctx;
    struct pollfd state = {.fd = fd, .events = POLLRDHUP};
    (void)what;
    fz_assert(connection->request != NULL);
    if (poll(&state, 1, 0) != 1) {
        return;
    }
    fz_log(FZ_LOG_DEBUG, "http.gone", connection->request->id, "peer=%s",
           connection->request->peer);
    connection_abort(connection);
}

void connection_watch(void *carrier, bool on)
{
    struct connection *connection = carrier;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    stop_watch(connection);
    if (!on) {
        return;
    }
    /* Edge-triggered: data that nobody reads yet, or an error, must not make the loop spin. */
    connection->closed_event =
        event_new(connection->server->base, bufferevent_getfd(connection->buffer),
                  EV_READ | EV_CLOSED | EV_ET | EV_PERSIST, on_socket_event, connection);
    if (connection->closed_event == NULL || event_add(connection->closed_event, NULL) != 0) {
        stop_watch(connection); /* then the reply finds out; only a hint is lost */
    }
}

/*
 * Nothing asked, nothing left to send or to read: a shutdown while an answer is on its way would
 * lose it, and so would one before a question is read, though the question may get through.
 */
static bool is_idle(const struct connection *connection)
{
    int unread = 0;
    return connection->request == NULL &&
           evbuffer_get_length(bufferevent_get_output(connection->buffer)) == 0 &&
           ioctl(bufferevent_getfd(connection->buffer), FIONREAD, &unread) == 0 && unread == 0;
}

/*
 * Instead of a timer per connection: evhttp's would start anew with every byte, so that a byte now
 * and then would keep a connection open for ever.
 */
void connection_sweep(struct fz_server *server)
{
    struct connection *connection = NULL;
    int64_t now_us = connection_clock_us();
    LIST_FOREACH(connection, &server->connections, link)
    {
        if (connection->cut) {
            continue;
        }
        if (connection->refused) {
            fz_metric_add(FZ_METRIC_CONNECTIONS_REFUSED, 1);
            fz_log(FZ_LOG_WARN, "http.too_many_connections", NULL, "max=%zu",
                   server->connections_max);
            connection_cut(connection, SHUT_RDWR);
        } else if (server->draining && is_idle(connection)) {
            /* What has arrived already is read and answered first. */
            connection_cut(connection, SHUT_RDWR);
        } else if (connection->request == NULL &&
                   now_us - connection->waiting_since_us >= server->idle_timeout_us) {
            fz_metric_add(FZ_METRIC_CONNECTIONS_TIMED_OUT, 1);
            fz_log(FZ_LOG_DEBUG, "http.idle", NULL, "us=%lld",
                   (long long)(now_us - connection->waiting_since_us));
            connection_cut(connection, SHUT_RDWR);
        }
    }
}
