/*
 * The TLS context. A reload makes a new context and hands it the old one's ticket keys; sessions
 * hold a reference to the context they began with, so nothing that is open notices.
 */
#include "switch/http/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feezero/assert.h"

#define TICKET_KEYS_MAX 256 /* OpenSSL 3.0 keeps 80 bytes */

/* What clients from about 2014 on speak, each with forward secrecy and an AEAD. */
static const char ciphers_tls12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

struct fz_tls {
    SSL_CTX *context;
};

static int watch_index = -1; /* of struct fz_tls_watch in a session's extra data */

/* Records OpenSSL's reason, the newest error, and empties its queue. */
static fz_rc fail_ssl(struct fz_err *err, fz_rc rc, const char *what, const char *file)
{
    char reason[160] = "no reason given";
    unsigned long code = ERR_peek_last_error();
    if (code != 0) {
        ERR_error_string_n(code, reason, sizeof(reason));
    }
    ERR_clear_error();
    return fz_fail(err, rc, "%s %s: %s", what, file, reason);
}

static void
on_session_freed(void *parent, void *data, CRYPTO_EX_DATA *extra, int index, long argl, void *argp)
{
    struct fz_tls_watch *watch = data;
    (void)parent, (void)extra, (void)index, (void)argl, (void)argp;
    if (watch != NULL) {
        watch->freed(watch->ctx);
    }
}

/* A key with a passphrase is refused instead of asking a terminal that is not there. */
static int no_passphrase(char *buffer, int size, int writing, void *ctx)
{
    (void)buffer, (void)size, (void)writing, (void)ctx;
    return -1;
}

static int choose_protocol(SSL *session,
                           const unsigned char **out,
                           unsigned char *out_len,
                           const unsigned char *offered,
                           unsigned int offered_len,
                           void *ctx)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)session, (void)ctx;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* Opens the key file if it is ours alone. */
static fz_rc open_key_file(const char *file, FILE **stream_out, struct fz_err *err)
{
    struct stat status;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fz_fail(err, FZ_CONFIG, "tls_key %s: %s", file, strerror(errno));
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        (void)close(fd);
        return fz_fail(err, FZ_CONFIG,
                       "tls_key %s: must be a file that only its owner may use (chmod 600)", file);
    }
    *stream_out = fdopen(fd, "r");
    if (*stream_out == NULL) {
        (void)close(fd);
        return fz_fail(err, FZ_NO_MEMORY, "tls_key %s: out of memory", file);
    }
    return FZ_OK;
}

static fz_rc
use_files(SSL_CTX *context, const char *certificate_file, const char *key_file, struct fz_err *err)
{
    FILE *stream = NULL;
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1) {
        return fail_ssl(err, FZ_CONFIG, "tls_certificate", certificate_file);
    }
    fz_rc rc = open_key_file(key_file, &stream, err);
    if (rc != FZ_OK) {
        return rc;
    }
    EVP_PKEY *key = PEM_read_PrivateKey(stream, NULL, no_passphrase, NULL);
    (void)fclose(stream); /* it was only read */
    if (key == NULL) {
        return fail_ssl(err, FZ_CONFIG, "tls_key", key_file);
    }
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1) {
        rc = fail_ssl(err, FZ_CONFIG, "tls_key does not belong to tls_certificate:", key_file);
    }
    EVP_PKEY_free(key);
    return rc;
}

static bool set_policy(SSL_CTX *context)
{
    static const unsigned char name[] = "fz-switch";
    int groups[] = {NID_X25519, NID_X9_62_prime256v1, NID_secp384r1};
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* 34 kB less per idle connection */
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets, which workers share */
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers_tls12) == 1 &&
           SSL_CTX_set1_groups(context, groups, 3) == 1 &&
           SSL_CTX_set_session_id_context(context, name, sizeof(name) - 1) == 1 &&
           SSL_CTX_set_num_tickets(context, 1) == 1;
}

static fz_rc make_context(const char *certificate_file,
                          const char *key_file,
                          SSL_CTX **context_out,
                          struct fz_err *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) {
        return fail_ssl(err, FZ_NO_MEMORY, "TLS", "context");
    }
    if (!set_policy(context)) {
        SSL_CTX_free(context);
        return fail_ssl(err, FZ_CRYPTO, "TLS", "policy");
    }
    fz_rc rc = use_files(context, certificate_file, key_file, err);
    if (rc != FZ_OK) {
        SSL_CTX_free(context);
        return rc;
    }
    *context_out = context;
    return FZ_OK;
}

fz_rc fz_tls_create(const char *certificate_file,
                    const char *key_file,
                    struct fz_tls **tls_out,
                    struct fz_err *err)
{
    if (watch_index < 0) {
        watch_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_session_freed);
        if (watch_index < 0) {
            return fail_ssl(err, FZ_NO_MEMORY, "TLS", "session data");
        }
    }
    struct fz_tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "TLS: out of memory");
    }
    fz_rc rc = make_context(certificate_file, key_file, &tls->context, err);
    if (rc != FZ_OK) {
        free(tls);
        return rc;
    }
    *tls_out = tls;
    return FZ_OK;
}

void fz_tls_destroy(struct fz_tls **tls)
{
    if (*tls != NULL) {
        SSL_CTX_free((*tls)->context);
        free(*tls);
        *tls = NULL;
    }
}

static bool copy_ticket_keys(SSL_CTX *from, SSL_CTX *to)
{
    unsigned char keys[TICKET_KEYS_MAX];
    long len = SSL_CTX_get_tlsext_ticket_keys(from, NULL, 0);
    bool copied = len > 0 && len <= TICKET_KEYS_MAX &&
                  SSL_CTX_get_tlsext_ticket_keys(from, keys, len) == 1 &&
                  SSL_CTX_set_tlsext_ticket_keys(to, keys, len) == 1;
    OPENSSL_cleanse(keys, sizeof(keys));
    return copied;
}

fz_rc fz_tls_reload(struct fz_tls *tls,
                    const char *certificate_file,
                    const char *key_file,
                    struct fz_err *err)
{
    SSL_CTX *fresh = NULL;
    fz_rc rc = make_context(certificate_file, key_file, &fresh, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (!copy_ticket_keys(tls->context, fresh)) {
        SSL_CTX_free(fresh);
        return fail_ssl(err, FZ_CRYPTO, "TLS", "ticket keys");
    }
    SSL_CTX_free(tls->context);
    tls->context = fresh;
    return FZ_OK;
}

struct ssl_st *fz_tls_session(struct fz_tls *tls)
{
    return SSL_new(tls->context);
}

fz_rc fz_tls_session_watch(struct ssl_st *session, struct fz_tls_watch *watch)
{
    fz_assert(watch_index >= 0);
    return SSL_set_ex_data(session, watch_index, watch) == 1 ? FZ_OK : FZ_NO_MEMORY;
}

struct fz_tls_watch *fz_tls_session_watched(const struct ssl_st *session)
{
    return SSL_get_ex_data(session, watch_index);
}

void fz_tls_session_end(struct ssl_st *session)
{
    if (SSL_is_init_finished(session) == 1) {
        (void)SSL_shutdown(session); /* best effort: the answer has been sent */
        ERR_clear_error();
    }
}
