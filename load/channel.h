/*
 * load: one keep-alive HTTPS connection of a client, with one signed request under way at a time.
 * It connects when there is something to send and never by itself sends anything twice: what a
 * lost answer means is for the caller to find out.
 */
#ifndef LOAD_CHANNEL_H
#define LOAD_CHANNEL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "feezero/crypto.h"
#include "feezero/err.h"
#include "load/answer.h"

struct event_base;
struct fz_channel;

/* Where and how to connect; shared by all channels, borrowed for their life. */
struct fz_channel_options {
    struct event_base *base;
    SSL_CTX *tls;
    struct sockaddr_storage address;
    socklen_t address_len;
    char host[256];      /* checked against the certificate */
    char authority[264]; /* host:port, as in the Host header */
    int timeout_ms;      /* from sending to the whole answer, connecting included */
};

enum fz_channel_outcome {
    FZ_CHANNEL_ANSWERED,
    FZ_CHANNEL_NOT_SENT, /* no connection: the switch has not seen the request */
    FZ_CHANNEL_LOST,     /* sent, or half sent, and no answer: nothing is known */
    FZ_CHANNEL_GARBLED   /* an answer came that is none; nothing is known */
};

/* `answer` is set when ANSWERED and borrowed until return, from where the next may be sent. */
typedef void (*fz_channel_fn)(void *ctx,
                              enum fz_channel_outcome outcome,
                              const struct fz_answer *answer);

/* A signature made ahead of the sending. */
struct fz_channel_signature {
    int64_t created_s;
    uint8_t digest[FZ_SHA256_LEN]; /* of the body */
    uint8_t bytes[FZ_SIGNATURE_LEN];
};

/* Everything is borrowed until fz_channel_send() returns. */
struct fz_channel_request {
    const char *method;
    const char *path;
    const char *query; /* with its '?'; NULL: none */
    const char *body;  /* JSON; NULL: none */
    const struct fz_key *key;
    const char *key_id;
    const struct fz_channel_signature *signature; /* of this very request; NULL: sign it now */
};

/* *out is owned by the caller. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_channel_create(const struct fz_channel_options *options,
                                   struct fz_channel **out,
                                   struct fz_err *err);

/* Ends the connection; a request under way is forgotten. */
void fz_channel_destroy(struct fz_channel **channel);

/*
 * Signs and sends. `done` is called once, later, never from within this call. No request may be
 * under way. FZ_CRYPTO, FZ_LIMIT, FZ_NO_MEMORY: nothing was sent and `done` is not called.
 */
FZ_MUSTUSE fz_rc fz_channel_send(struct fz_channel *channel,
                                 const struct fz_channel_request *request,
                                 fz_channel_fn done,
                                 void *ctx,
                                 struct fz_err *err);

/* Signs a request, to be sent later with request->signature. FZ_CRYPTO, FZ_LIMIT. */
FZ_MUSTUSE fz_rc fz_channel_sign(const struct fz_channel_request *request,
                                 int64_t created_s,
                                 struct fz_channel_signature *signature_out,
                                 struct fz_err *err);

/* True while a request is under way. */
bool fz_channel_is_busy(const struct fz_channel *channel);

/* True if it was the time limit that ended the last request. */
bool fz_channel_timed_out(const struct fz_channel *channel);

/* How often it has connected so far. */
unsigned fz_channel_connections(const struct fz_channel *channel);

/*
 * Fills options->tls, address, host and authority from https://HOST:PORT. `ca_file`: what to trust;
 * NULL: what the system trusts. FZ_FORMAT: no such URL. FZ_IO: the name or the file cannot be read.
 */
FZ_MUSTUSE fz_rc fz_channel_options_set(struct fz_channel_options *options,
                                        const char *url,
                                        const char *ca_file,
                                        struct fz_err *err);
void fz_channel_options_free(struct fz_channel_options *options);

#endif
