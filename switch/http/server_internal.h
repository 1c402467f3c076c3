/*
 * What server.c (life of the server), connection.c (life of a connection) and exchange.c (one
 * request and its answer on evhttp) share. For no one else.
 *
 * Who frees what: libevent owns the evhttp objects and the bufferevent, which owns the TLS session.
 * Our `struct connection` hangs on the session (fz_tls_watch) and dies with it, in a later turn of
 * the loop than the connection's close callback. A request belongs to its handler and may outlive
 * all of them.
 */
#ifndef FZ_SWITCH_HTTP_SERVER_INTERNAL_H
#define FZ_SWITCH_HTTP_SERVER_INTERNAL_H

#include <stdint.h>
#include <sys/queue.h>

#include "feezero/limits.h"
#include "switch/http/overload.h"
#include "switch/http/problem.h"
#include "switch/http/server.h"
#include "switch/http/tls.h"

#define CONNECTION_MAGIC 0xc0dec0deU
#define LISTENERS_MAX 16

/*
 * What is beyond our limits but not by far is read, so that the refusal is a typed answer; beyond
 * these evhttp refuses by itself, with an HTML page. They also bound a connection's memory.
 */
#define BODY_READ_MAX (4 * FZ_HTTP_BODY_MAX)
#define HEADERS_READ_MAX (4 * FZ_HTTP_HEADERS_MAX)

/* Bytes that may wait to be taken by evhttp: it asks for a whole body at once, never for more. */
#define UNREAD_MAX ((size_t)(BODY_READ_MAX + HEADERS_READ_MAX))

struct bufferevent;
struct event;
struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;

struct connection {
    uint32_t magic;
    LIST_ENTRY(connection) link;
    struct fz_server *server;        /* NULL once the server was destroyed */
    struct bufferevent *buffer;      /* libevent's */
    struct evhttp_connection *evcon; /* libevent's; NULL before the first request and after close */
    struct evhttp_request *exchange; /* libevent's; the one a handler works on, else NULL */
    struct fz_request *request;      /* the handler's; set and cleared together with `exchange` */
    struct event *closed_event;      /* while somebody waits for fz_request_on_gone() */
    int64_t waiting_since_us;        /* since then we wait for a whole request */
    bool refused;                    /* one too many */
    bool cut;                        /* shut down by us, the end is on its way */
    bool flooded;                    /* cut because it sent far more than was asked for */
    bool close_after;                /* what comes behind this request cannot be trusted */
    struct fz_tls_watch watch;
};

LIST_HEAD(connection_list, connection);

/* Signed requests that are read and not served yet. */
enum {
    LINE_ASKS, /* what changes nothing */
    LINE_WORK,
    LINES_LEN
};

struct line {
    struct fz_request *first;
    struct fz_request *last; /* set if `first` is */
};

struct fz_server {
    struct event_base *base; /* borrowed */
    struct fz_tls *tls;      /* borrowed */
    struct evhttp *http;
    struct evhttp_bound_socket *listeners[LISTENERS_MAX];
    size_t listeners_len;
    struct connection_list connections;
    size_t connections_len;
    size_t connections_max;
    size_t requests_len;
    int64_t idle_timeout_us;
    struct event *sweep_event;  /* now and then: closes connections that wait for too long */
    struct event *refuse_event; /* in the next turn: closes connections beyond the limit */
    struct event *drain_event;  /* when the last connection is gone, or the time is up */
    struct event *serve_event;  /* the patient one: the next few of the lines */
    struct line lines[LINES_LEN];
    unsigned turn; /* the line that is asked first */
    struct fz_overload overload;
    int64_t shed_logged_us; /* when it was last logged that requests are refused */
    uint64_t shed_logged;   /* how many had been refused by then */
    char shed_body[FZ_PROBLEM_MAX];
    size_t shed_body_len;
    bool draining;
    bool drained_told;
    void (*on_drain)(void *ctx);
    void *on_drain_ctx;
    void (*drained)(void *ctx);
    void *drained_ctx;
    void (*gate)(struct fz_request *request, void *ctx);
    void *gate_ctx;
    struct fz_route_table tables[FZ_SERVER_TABLES_MAX];
    size_t tables_len;
};

int64_t connection_clock_us(void);

/* evhttp's bevcb: a TLS bufferevent with our connection hung on it. Never NULL. */
struct bufferevent *connection_new(struct event_base *base, void *server);

/* The connection of an evhttp connection; from the first call on its close is noticed. */
struct connection *connection_of(struct evhttp_connection *evcon);

/* Ends a connection from the outside: `how` is that of shutdown(2); libevent then cleans up. */
void connection_cut(struct connection *connection, int how);

/* Ends a connection at once, with whatever it is doing. */
void connection_abort(struct connection *connection);

/* fz_transport's watch. */
void connection_watch(void *carrier, bool on);

/* One sweep over all connections; see fz_server_options. */
void connection_sweep(struct fz_server *server);

/* A connection was freed: drain may be complete. */
void server_connection_freed(struct fz_server *server);

/*
 * The lines of signed requests. Reading is cheap and comes first, so that who must be refused
 * learns it soon, whatever the others wait for; checking signatures is most of a worker's work and
 * comes when nothing is left to read or to send. The two lines take turns: an inquiry does not
 * wait behind a crowd of payments, nor payments behind a crowd that asks.
 */
void line_init(struct fz_server *server);

/* Refuses a request, or puts it at the end of its line. */
void line_enter(struct fz_server *server, struct fz_request *request);

/* The next few have their turn; for serve_event. */
void line_serve(struct fz_server *server);

/* Nobody is served any more: who waits is told so. */
void line_end(struct fz_server *server);

/* evhttp's generic callback: a whole request has arrived. */
void exchange_on_request(struct evhttp_request *exchange, void *server);

#endif
