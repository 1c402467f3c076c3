/*
 * load: where to connect to, and what to trust there.
 */
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "load/channel.h"

static fz_rc read_url(struct fz_channel_options *options, const char *url, struct fz_err *err)
{
    static const char scheme[] = "https://";
    size_t scheme_len = sizeof(scheme) - 1;
    const char *authority = url + scheme_len;
    const char *port = strncmp(url, scheme, scheme_len) == 0 ? strrchr(authority, ':') : NULL;
    if (port == NULL || port == authority || strspn(port + 1, "0123456789") != strlen(port + 1) ||
        strlen(authority) >= sizeof(options->authority) ||
        (size_t)(port - authority) >= sizeof(options->host)) {
        return fz_fail(err, FZ_FORMAT, "%s: must be https://HOST:PORT", url);
    }
    (void)snprintf(options->authority, sizeof(options->authority), "%s", authority);
    (void)snprintf(options->host, sizeof(options->host), "%.*s", (int)(port - authority),
                   authority);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(options->host, port + 1, &hints, &found);
    if (rc != 0 || found == NULL) {
        return fz_fail(err, FZ_IO, "%s: %s", options->host, gai_strerror(rc));
    }
    /* Of several addresses of a name (localhost) an IPv4 one: it is what a switch listens on. */
    const struct addrinfo *chosen = found;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        if (at->ai_family == AF_INET) {
            chosen = at;
            break;
        }
    }
    memcpy(&options->address, chosen->ai_addr, chosen->ai_addrlen);
    options->address_len = chosen->ai_addrlen;
    freeaddrinfo(found);
    return FZ_OK;
}

fz_rc fz_channel_options_set(struct fz_channel_options *options,
                             const char *url,
                             const char *ca_file,
                             struct fz_err *err)
{
    fz_rc rc = read_url(options, url, err);
    if (rc != FZ_OK) {
        return rc;
    }
    options->tls = SSL_CTX_new(TLS_client_method());
    if (options->tls == NULL || SSL_CTX_set_min_proto_version(options->tls, TLS1_2_VERSION) != 1) {
        return fz_fail(err, FZ_CRYPTO, "TLS: %s", ERR_reason_error_string(ERR_peek_error()));
    }
    SSL_CTX_set_verify(options->tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(options->tls, 1); /* one read for a whole record */
    (void)SSL_CTX_set_session_cache_mode(options->tls, SSL_SESS_CACHE_OFF);
    int trusted = ca_file != NULL ? SSL_CTX_load_verify_file(options->tls, ca_file)
                                  : SSL_CTX_set_default_verify_paths(options->tls);
    if (trusted != 1) {
        return fz_fail(err, FZ_IO, "%s: %s", ca_file != NULL ? ca_file : "trusted certificates",
                       ERR_reason_error_string(ERR_peek_error()));
    }
    return FZ_OK;
}

void fz_channel_options_free(struct fz_channel_options *options)
{
    SSL_CTX_free(options->tls);
    options->tls = NULL;
}
