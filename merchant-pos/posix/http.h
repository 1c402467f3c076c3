/*
 * merchant-pos/posix: one HTTPS connection to the switch, kept alive, by libcurl. The certificate
 * is always verified. The only file that knows libcurl.
 */
#ifndef FEEZERO_POSIX_HTTP_H
#define FEEZERO_POSIX_HTTP_H

#include <signal.h>

#include "feezero/pos.h"

struct fz_http;

/*
 * `url` is https://HOST[:PORT]; `ca` a PEM file, or "" for the system's authorities. `stop` (may be
 * NULL) is read while waiting: 1 ends a request that the switch only holds open, 2 any request.
 * The caller owns *http_out until fz_http_destroy(). FZ_CONFIG: the url or the CA file is unusable.
 */
FZ_MUSTUSE fz_rc fz_http_create(const char *url,
                                const char *ca,
                                const volatile sig_atomic_t *stop,
                                struct fz_http **http_out,
                                struct fz_err *err);

/* Accepts a pointer to NULL; leaves NULL. */
void fz_http_destroy(struct fz_http **http);

/* The `send` port of feezero/pos.h; `http` is its first argument. */
fz_rc fz_http_send(struct fz_http *http,
                   const struct fz_pos_request *request,
                   struct fz_pos_reply *reply,
                   struct fz_err *err);

/* What goes on while a request waits: called at least every 100 ms, and when `fd` is readable. */
struct fz_http_pump {
    int fd;
    void (*run)(void *ctx);
    void *ctx;
};

/* From now on every fz_http_send() runs the pump beside it. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_http_set_pump(struct fz_http *http,
                                  const struct fz_http_pump *pump,
                                  struct fz_err *err);

#endif
