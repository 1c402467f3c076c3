/*
 * HMAC-SHA-256. The context keeps the key, so that a process that makes many of one key hashes the
 * key once.
 */
#include "include/src/crypto_internal.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "feezero/assert.h"

struct fz_hmac {
    EVP_MAC_CTX *ctx;
};

static EVP_MAC_CTX *make_context(void)
{
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = algorithm != NULL ? EVP_MAC_CTX_new(algorithm) : NULL;
    EVP_MAC_free(algorithm); /* the context holds it */
    return ctx;
}

fz_rc fz_hmac_create(const void *key, size_t key_len, struct fz_hmac **out, struct fz_err *err)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    fz_assert(key_len > 0); /* OpenSSL would take "no key" for "the key from before" */
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "an HMAC context");
    }
    (*out)->ctx = make_context();
    if ((*out)->ctx == NULL || EVP_MAC_init((*out)->ctx, key, key_len, params) != 1) {
        fz_hmac_destroy(out);
        return fz_crypto_fail(err, FZ_CRYPTO, "HMAC-SHA-256");
    }
    return FZ_OK;
}

void fz_hmac_destroy(struct fz_hmac **hmac)
{
    if (*hmac != NULL) {
        EVP_MAC_CTX_free((*hmac)->ctx);
        free(*hmac);
        *hmac = NULL;
    }
}

void fz_hmac_update(struct fz_hmac *hmac, const void *bytes, size_t len)
{
    int done = EVP_MAC_update(hmac->ctx, bytes, len);
    fz_assert(done == 1);
}

void fz_hmac_final(struct fz_hmac *hmac, uint8_t mac_out[FZ_HMAC_LEN])
{
    size_t len = 0;
    int done = EVP_MAC_final(hmac->ctx, mac_out, &len, FZ_HMAC_LEN);
    fz_assert(done == 1 && len == FZ_HMAC_LEN);
    done = EVP_MAC_init(hmac->ctx, NULL, 0, NULL); /* the same key again */
    fz_assert(done == 1);
}
