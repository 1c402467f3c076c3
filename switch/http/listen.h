/*
 * Listening sockets. Each worker has its own socket per address (SO_REUSEPORT), made by the master
 * just before it forks the worker, so an address in use is found at the start, and a dead worker's
 * socket goes with it instead of swallowing connections.
 */
#ifndef FZ_SWITCH_HTTP_LISTEN_H
#define FZ_SWITCH_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_LISTEN_HOST_MAX 256
#define FZ_LISTEN_BACKLOG 1024

struct fz_listen_address {
    char host[FZ_LISTEN_HOST_MAX];
    char port[6];
};

/*
 * Reads the next "HOST:PORT" or "[IPv6]:PORT" of a list separated by spaces and moves *cursor
 * behind it. False at the end of the list, and when malformed: **cursor is then not NUL.
 */
FZ_MUSTUSE bool fz_listen_next(const char **cursor, struct fz_listen_address *address_out);

/*
 * Opens one socket per address of `list`: bound, listening, non-blocking, close-on-exec,
 * TCP_NODELAY (inherited by what it accepts; without it a keep-alive connection stalls 44 ms per
 * answer). At most `fds_max`; caller owns them. FZ_CONFIG for a name that does not resolve, FZ_IO
 * with the address otherwise; nothing is left open then.
 */
FZ_MUSTUSE fz_rc fz_listen_open(
    const char *list, int *fds_out, size_t fds_max, size_t *fds_len_out, struct fz_err *err);

/*
 * Is somebody else listening on an address of `list`? SO_REUSEPORT would let us share the port with
 * a forgotten instance. FZ_IO names the address. For the master, before its first fork.
 */
FZ_MUSTUSE fz_rc fz_listen_probe(const char *list, struct fz_err *err);

/* The port a socket is bound to: for port 0. */
unsigned fz_listen_port(int fd);

#endif
