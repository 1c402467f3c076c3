/*
 * The processes of fz-switch: a master that opens the sockets, forks the workers and the process
 * beside them, replaces one that died and passes signals on; it never touches a request. Each
 * worker runs one event loop with one server. SIGTERM, SIGINT: stop gracefully; once more, or
 * SIGQUIT: at once. SIGHUP: reload.
 */
#ifndef FZ_SWITCH_HTTP_WORKERS_H
#define FZ_SWITCH_HTTP_WORKERS_H

#include "feezero/err.h"
#include "feezero/rc.h"
#include "switch/http/config.h"

struct event_base;
struct fz_server;

/* What a worker serves; main.c wires switch/api in. All calls are made in the worker. */
struct fz_service {
    /*
     * Adds its routes to `server` and starts its own connections on `base`; must not block for
     * long. `config` is the worker's copy and outlives the service. On failure the worker ends, and
     * is tried again later unless the code is FZ_CONFIG.
     */
    fz_rc (*start)(const struct fz_config *config,
                   struct event_base *base,
                   struct fz_server *server,
                   void **service_out,
                   struct fz_err *err);

    /*
     * Called when the server has drained, or its time was up: answers every request it still owns,
     * closes its connections, frees itself and sets *service to NULL.
     */
    void (*stop)(void **service);

    /*
     * A process beside the workers, without sockets, started and replaced like them; NULL: there is
     * none. Runs until SIGTERM, SIGINT or SIGQUIT, all of which are blocked when it is called, and
     * SIGCHLD with them. Returns its exit code.
     */
    int (*beside)(const char *program, const struct fz_config *config);
    const char *beside_name; /* of the process, at most 15 bytes */

    /* Limits of the server, as in struct fz_server_options; 0: those of limits.h. */
    unsigned connections_max;
    int idle_timeout_ms;
};

/*
 * Runs until told to stop. Returns the exit code of the program: 0 after a stop, 78 if it could not
 * start because of the configuration, 75 if because of the system. Returns in the master and, with
 * the worker's exit code, in each worker: the caller only frees what is its own and exits.
 */
int fz_workers_run(const char *program,
                   const struct fz_config *config,
                   const struct fz_service *service);

#endif
