/*
 * The HTTPS server of one worker: accepts, reads requests within the limits of limits.h, routes,
 * and sends the replies of switch/http/request.h. Everything it refuses by itself it refuses with a
 * typed problem. libevent's evhttp does the protocol; nothing outside this room sees it.
 *
 *     fz_server_create -> fz_server_add_routes, fz_server_set_gate, fz_server_on_drain
 *     ... loop ...  -> fz_server_drain -> (all gone, or time is up) -> owners of requests let go
 *     -> fz_server_destroy
 */
#ifndef FZ_SWITCH_HTTP_SERVER_H
#define FZ_SWITCH_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "feezero/err.h"
#include "feezero/rc.h"
#include "switch/http/request.h"
#include "switch/http/route.h"

#define FZ_SERVER_TABLES_MAX 4

struct event_base;
struct fz_server;
struct fz_tls;

struct fz_server_options {
    const int *listen_fds; /* bound and listening (switch/http/listen.h); the server takes them */
    size_t listen_fds_len;
    struct fz_tls *tls;       /* borrowed; must outlive the server */
    unsigned connections_max; /* 0: FZ_HTTP_CONNECTIONS_MAX. One more is closed at once */
    int idle_timeout_ms;      /* 0: FZ_HTTP_IDLE_S. Time from accept or reply to a whole request */
};

/*
 * Starts to listen on `base`. The descriptors belong to the server, also on failure. Caller owns
 * *server_out. FZ_NO_MEMORY, FZ_IO.
 */
FZ_MUSTUSE fz_rc fz_server_create(struct event_base *base,
                                  const struct fz_server_options *options,
                                  struct fz_server **server_out,
                                  struct fz_err *err);

/* Adds a static table; its handlers are called with `ctx`. At most FZ_SERVER_TABLES_MAX tables. */
void fz_server_add_routes(struct fz_server *server,
                          const struct fz_route *routes,
                          size_t routes_len,
                          void *ctx);

/*
 * Sets who is called instead of the handler when the row has roles or FZ_ROUTE_SIGNED: the gate
 * checks the signature, at once or later, and then either calls fz_server_pass() or fails the
 * request. Without a gate such rows are refused with SIGNATURE_MISSING.
 */
void fz_server_set_gate(struct fz_server *server,
                        void (*gate)(struct fz_request *request, void *ctx),
                        void *ctx);

/* Calls the handler of the request's row, with its table's ctx. For the gate. */
void fz_server_pass(struct fz_request *request);

/*
 * Sets who is told once when draining begins: from then on long-polls should be answered without
 * waiting. Requests may still arrive on connections that are busy.
 */
void fz_server_on_drain(struct fz_server *server, void (*draining)(void *ctx), void *ctx);

bool fz_server_is_draining(const struct fz_server *server);

/*
 * Stops accepting, closes idle connections, answers what is in flight with `Connection: close`, and
 * calls `drained(ctx)` from the loop when no connection is left, or after `timeout_ms`: the rest is
 * then cut off, and requests without a reply are gone (their owners still owe the reply). Once
 * only.
 */
void fz_server_drain(struct fz_server *server,
                     int timeout_ms,
                     void (*drained)(void *ctx),
                     void *ctx);

/* Reads certificate and key again for new connections; see fz_tls_reload(). */
FZ_MUSTUSE fz_rc fz_server_reload_tls(struct fz_server *server,
                                      const char *certificate_file,
                                      const char *key_file,
                                      struct fz_err *err);

/* Requests that a handler owns and has not answered; connections that are open. */
size_t fz_server_requests(const struct fz_server *server);
size_t fz_server_connections(const struct fz_server *server);

/*
 * Closes everything; *server becomes NULL; NULL is accepted. Every request must have been answered
 * before (asserted): stop who owns them first. Run the loop once more afterwards
 * (event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK)): libevent frees connections there.
 */
void fz_server_destroy(struct fz_server **server);

#endif
