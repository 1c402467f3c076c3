/*
 * The server's TLS context: TLS 1.3, at least 1.2, one certificate. Made by the master before it
 * forks, so that all workers share the keys of session tickets and a client may resume with any of
 * them. The only file of the switch that includes OpenSSL's TLS headers is tls.c.
 */
#ifndef FZ_SWITCH_HTTP_TLS_H
#define FZ_SWITCH_HTTP_TLS_H

#include "feezero/err.h"
#include "feezero/rc.h"

struct fz_tls;
struct ssl_st;

/*
 * Reads the PEM certificate chain and key. FZ_CONFIG if a file is missing or malformed, if the key
 * can be read by group or others, or does not belong to the certificate. Caller owns *tls_out.
 */
FZ_MUSTUSE fz_rc fz_tls_create(const char *certificate_file,
                               const char *key_file,
                               struct fz_tls **tls_out,
                               struct fz_err *err);

/* NULL is accepted; *tls becomes NULL. Connections that are open keep what they need. */
void fz_tls_destroy(struct fz_tls **tls);

/*
 * Reads both files again, for new connections; ticket keys stay. On failure (as in create) nothing
 * has changed and the old certificate stays in use.
 */
FZ_MUSTUSE fz_rc fz_tls_reload(struct fz_tls *tls,
                               const char *certificate_file,
                               const char *key_file,
                               struct fz_err *err);

/* A new server-side session; caller owns it (libevent's bufferevent takes it). NULL: no memory. */
struct ssl_st *fz_tls_session(struct fz_tls *tls);

/* What is to happen when a session is freed. Caller's memory, valid until `freed` was called. */
struct fz_tls_watch {
    void (*freed)(void *ctx);
    void *ctx;
};

/* Calls watch->freed(watch->ctx) once, when the session is freed. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_tls_session_watch(struct ssl_st *session, struct fz_tls_watch *watch);

/* The watch of a session, NULL if it has none: to find what belongs to it. */
struct fz_tls_watch *fz_tls_session_watched(const struct ssl_st *session);

/* Sends close_notify if the socket takes it now; never waits. */
void fz_tls_session_end(struct ssl_st *session);

#endif
