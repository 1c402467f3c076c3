/*
 * One worker: an event loop, a server, the service, and the signals of the master. Runs in a
 * process of its own, or in a test's.
 */
#ifndef FZ_SWITCH_HTTP_WORKER_H
#define FZ_SWITCH_HTTP_WORKER_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "switch/http/config.h"
#include "switch/http/workers.h"

struct fz_tls;

/* Exit codes of a worker, which tell the master what to do. */
enum {
    FZ_WORKER_STOPPED = 0,
    FZ_WORKER_TRY_AGAIN = 75, /* could not start; may work later */
    FZ_WORKER_CONFIG = 78     /* could not start; will not without a change */
};

struct fz_worker_options {
    unsigned number;     /* from 1 */
    const char *program; /* static; for the log */
    const struct fz_config *config;
    const struct fz_service *service;
    struct fz_tls *tls;    /* borrowed; shared with the other workers through fork() */
    const int *listen_fds; /* taken over */
    size_t listen_fds_len;
    const sigset_t *signal_mask; /* set once the signals have their handlers: none is lost */
};

/* Serves until SIGTERM, SIGINT (graceful) or SIGQUIT (at once). Returns an exit code. */
int fz_worker_run(const struct fz_worker_options *options);

#endif
