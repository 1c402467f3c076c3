/*
 * The process's algorithms, random bytes and SHA-256. The algorithms live in one static struct:
 * they are immutable once fetched, and fetching them per call would cost more than the work itself.
 */
#include "include/src/crypto_internal.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "feezero/assert.h"

static struct fz_crypto crypto;

struct fz_sha256 {
    EVP_MD_CTX *ctx;
};

fz_rc fz_crypto_fail(struct fz_err *err, fz_rc rc, const char *what)
{
    char text[160] = "no reason given";
    unsigned long code = ERR_peek_error();
    if (code != 0) {
        ERR_error_string_n(code, text, sizeof text);
    }
    ERR_clear_error();
    return fz_fail(err, rc, "%s: %s", what, text);
}

fz_rc fz_crypto_init(struct fz_err *err)
{
    if (crypto.verifier) {
        return FZ_OK;
    }
    struct fz_crypto fetched = {0};
    fetched.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched.hash = EVP_MD_CTX_new();
    if (fetched.sha256 && fetched.hash) {
        fetched.verifier = EVP_EC_gen("P-256"); /* only the curve matters */
    }
    if (!fetched.verifier) {
        EVP_MD_CTX_free(fetched.hash);
        EVP_MD_free(fetched.sha256);
        return fz_crypto_fail(err, FZ_CRYPTO, "fetch SHA-256 and P-256");
    }
    crypto = fetched;
    return FZ_OK;
}

const struct fz_crypto *fz_crypto_get(void)
{
    if (!crypto.verifier) {
        fz_rc rc = fz_crypto_init(NULL);
        fz_assert(rc == FZ_OK);
    }
    return &crypto;
}

fz_rc fz_random(void *bytes, size_t len, struct fz_err *err)
{
    if (len > INT_MAX) {
        return fz_fail(err, FZ_CRYPTO, "%zu random bytes at once", len);
    }
    if (RAND_bytes(bytes, (int)len) != 1) {
        return fz_crypto_fail(err, FZ_CRYPTO, "RAND_bytes");
    }
    return FZ_OK;
}

bool fz_equal_constant_time(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void fz_wipe(void *bytes, size_t len)
{
    OPENSSL_cleanse(bytes, len);
}

/* Hashing memory with a fetched algorithm fails only if our own state is broken. */
static void hash_init(EVP_MD_CTX *ctx)
{
    int done = EVP_DigestInit_ex2(ctx, fz_crypto_get()->sha256, NULL);
    fz_assert(done == 1);
}

static void hash_update(EVP_MD_CTX *ctx, const void *bytes, size_t len)
{
    int done = EVP_DigestUpdate(ctx, bytes, len);
    fz_assert(done == 1);
}

static void hash_final(EVP_MD_CTX *ctx, uint8_t digest_out[FZ_SHA256_LEN])
{
    unsigned len = 0;
    int done = EVP_DigestFinal_ex(ctx, digest_out, &len);
    fz_assert(done == 1);
    fz_assert(len == FZ_SHA256_LEN);
}

void fz_sha256(const void *bytes, size_t len, uint8_t digest_out[FZ_SHA256_LEN])
{
    EVP_MD_CTX *ctx = fz_crypto_get()->hash;
    hash_init(ctx);
    hash_update(ctx, bytes, len);
    hash_final(ctx, digest_out);
}

fz_rc fz_sha256_create(struct fz_sha256 **out, struct fz_err *err)
{
    *out = NULL;
    fz_rc rc = fz_crypto_init(err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_sha256 *hash = calloc(1, sizeof *hash);
    if (!hash) {
        return fz_fail(err, FZ_NO_MEMORY, "a SHA-256 context");
    }
    hash->ctx = EVP_MD_CTX_new();
    if (!hash->ctx) {
        free(hash);
        return fz_crypto_fail(err, FZ_NO_MEMORY, "EVP_MD_CTX_new");
    }
    *out = hash;
    return FZ_OK;
}

void fz_sha256_destroy(struct fz_sha256 **hash)
{
    if (*hash) {
        EVP_MD_CTX_free((*hash)->ctx);
        free(*hash);
        *hash = NULL;
    }
}

void fz_sha256_init(struct fz_sha256 *hash)
{
    hash_init(hash->ctx);
}

void fz_sha256_update(struct fz_sha256 *hash, const void *bytes, size_t len)
{
    hash_update(hash->ctx, bytes, len);
}

void fz_sha256_final(struct fz_sha256 *hash, uint8_t digest_out[FZ_SHA256_LEN])
{
    hash_final(hash->ctx, digest_out);
}
