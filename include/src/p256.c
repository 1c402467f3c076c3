/*
 * P-256 keys: making, reading, signing, verifying. On the wire a signature is r||s; OpenSSL wants
 * DER, so the few bytes of DER around two integers are written and read here.
 */
#include "include/src/crypto_internal.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "feezero/assert.h"

#define SCALAR_LEN 32
#define POINT_LEN 65   /* 04, x, y */
#define DER_SIG_MAX 72 /* two integers of up to 33 bytes, and 6 bytes around them */

/*
 * All of the SPKI before the point: SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING of 65 bytes.
 */
static const uint8_t SPKI_HEAD[FZ_SPKI_LEN - POINT_LEN] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

/* Makes the verifier verify for this key. False: the point is not on the curve. */
static bool verifier_set(EVP_PKEY *verifier, const uint8_t spki[FZ_SPKI_LEN])
{
    return EVP_PKEY_set1_encoded_public_key(verifier, spki + sizeof SPKI_HEAD, POINT_LEN) == 1;
}

fz_rc fz_key_from_spki(const uint8_t *der, size_t der_len, struct fz_key **out, struct fz_err *err)
{
    *out = NULL;
    if (der_len != FZ_SPKI_LEN || memcmp(der, SPKI_HEAD, sizeof SPKI_HEAD) != 0 ||
        der[sizeof SPKI_HEAD] != 0x04) {
        return fz_fail(err, FZ_FORMAT, "not the SPKI of an uncompressed P-256 point");
    }
    if (!verifier_set(fz_crypto_get()->verifier, der)) {
        return fz_crypto_fail(err, FZ_FORMAT, "not a point of P-256");
    }
    struct fz_key *key = calloc(1, sizeof *key);
    if (!key) {
        return fz_fail(err, FZ_NO_MEMORY, "a key");
    }
    memcpy(key->spki, der, FZ_SPKI_LEN);
    *out = key;
    return FZ_OK;
}

/* Writes one coordinate of the public point, whatever form the key was stored in. */
static bool coordinate_get(const EVP_PKEY *pair, const char *name, uint8_t out[SCALAR_LEN])
{
    BIGNUM *value = NULL;
    bool done = EVP_PKEY_get_bn_param(pair, name, &value) == 1 &&
                BN_bn2binpad(value, out, SCALAR_LEN) == SCALAR_LEN;
    BN_free(value);
    return done;
}

/* Is it a P-256 key with a private half that belongs to its public half? */
static bool pair_is_sound(EVP_PKEY *pair)
{
    char group[32] = "";
    if (EVP_PKEY_get_utf8_string_param(pair, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                       NULL) != 1 ||
        strcmp(group, "prime256v1") != 0) {
        return false;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    bool sound = ctx && EVP_PKEY_private_check(ctx) == 1 && EVP_PKEY_pairwise_check(ctx) == 1;
    EVP_PKEY_CTX_free(ctx);
    return sound;
}

fz_rc fz_key_from_pair(EVP_PKEY *pair, struct fz_key **out, struct fz_err *err)
{
    *out = NULL;
    struct fz_key *key = NULL;
    uint8_t *point;
    fz_rc rc = FZ_OK;
    if (!pair_is_sound(pair)) {
        rc = fz_crypto_fail(err, FZ_FORMAT, "not a sound P-256 private key");
        goto out;
    }
    key = calloc(1, sizeof *key);
    if (!key) {
        rc = fz_fail(err, FZ_NO_MEMORY, "a key");
        goto out;
    }
    point = key->spki + sizeof SPKI_HEAD;
    memcpy(key->spki, SPKI_HEAD, sizeof SPKI_HEAD);
    point[0] = 0x04;
    if (!coordinate_get(pair, OSSL_PKEY_PARAM_EC_PUB_X, point + 1) ||
        !coordinate_get(pair, OSSL_PKEY_PARAM_EC_PUB_Y, point + 1 + SCALAR_LEN)) {
        rc = fz_crypto_fail(err, FZ_FORMAT, "the key's public point");
        goto out;
    }
    key->private_key = pair;
    pair = NULL;
    *out = key;
    key = NULL;
out:
    free(key);
    EVP_PKEY_free(pair);
    return rc;
}

fz_rc fz_key_generate(struct fz_key **out, struct fz_err *err)
{
    *out = NULL;
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    if (!pair) {
        return fz_crypto_fail(err, FZ_CRYPTO, "generate a P-256 key");
    }
    return fz_key_from_pair(pair, out, err);
}

void fz_key_destroy(struct fz_key **key)
{
    if (*key) {
        EVP_PKEY_free((*key)->private_key);
        free(*key);
        *key = NULL;
    }
}

bool fz_key_is_private(const struct fz_key *key)
{
    return key->private_key != NULL;
}

const uint8_t *fz_key_spki(const struct fz_key *key)
{
    return key->spki;
}

void fz_key_thumbprint(const struct fz_key *key, char text_out[FZ_THUMBPRINT_LEN + 1])
{
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(key->spki, sizeof key->spki, digest);
    fz_base64url_encode(digest, sizeof digest, text_out);
}

/* --- signatures ------------------------------------------------------------------------------- */

/*
 * Writes 32 big-endian bytes as a DER INTEGER: no leading zeros, but one where the top bit is set.
 */
static size_t der_put_integer(const uint8_t scalar[SCALAR_LEN], uint8_t *out)
{
    size_t skip = 0;
    while (skip < SCALAR_LEN - 1 && scalar[skip] == 0) {
        skip++;
    }
    size_t len = SCALAR_LEN - skip;
    size_t zero = scalar[skip] >= 0x80 ? 1 : 0;
    out[0] = 0x02;
    out[1] = (uint8_t)(len + zero);
    out[2] = 0;
    memcpy(out + 2 + zero, scalar + skip, len);
    return 2 + zero + len;
}

static size_t der_from_raw(const uint8_t raw[FZ_SIGNATURE_LEN], uint8_t der[DER_SIG_MAX])
{
    size_t len = der_put_integer(raw, der + 2);
    len += der_put_integer(raw + SCALAR_LEN, der + 2 + len);
    der[0] = 0x30;
    der[1] = (uint8_t)len;
    return 2 + len;
}

static bool raw_from_der(const uint8_t *der, size_t der_len, uint8_t raw[FZ_SIGNATURE_LEN])
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool done = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, SCALAR_LEN) == SCALAR_LEN &&
                BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + SCALAR_LEN, SCALAR_LEN) == SCALAR_LEN;
    ECDSA_SIG_free(sig);
    return done;
}

fz_rc fz_key_sign(const struct fz_key *key,
                  const void *bytes,
                  size_t len,
                  uint8_t signature_out[FZ_SIGNATURE_LEN],
                  struct fz_err *err)
{
    fz_assert(key->private_key != NULL);
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(bytes, len, digest);
    uint8_t der[DER_SIG_MAX];
    size_t der_len = sizeof der;
    fz_rc rc = FZ_OK;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->private_key, NULL);
    if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_sign(ctx, der, &der_len, digest, sizeof digest) != 1 ||
        !raw_from_der(der, der_len, signature_out)) {
        rc = fz_crypto_fail(err, FZ_CRYPTO, "sign");
    }
    EVP_PKEY_CTX_free(ctx);
    return rc;
}

fz_rc fz_key_verify(const struct fz_key *key,
                    const void *bytes,
                    size_t len,
                    const uint8_t signature[FZ_SIGNATURE_LEN],
                    struct fz_err *err)
{
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(bytes, len, digest);
    uint8_t der[DER_SIG_MAX];
    size_t der_len = der_from_raw(signature, der);
    EVP_PKEY *verifier = fz_crypto_get()->verifier;
    EVP_PKEY_CTX *ctx = NULL;
    int matches = -1; /* 1 yes, 0 no, else the library failed */
    if (verifier_set(verifier, key->spki)) {
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, verifier, NULL);
    }
    if (ctx && EVP_PKEY_verify_init(ctx) == 1) {
        matches = EVP_PKEY_verify(ctx, der, der_len, digest, sizeof digest);
    }
    EVP_PKEY_CTX_free(ctx);
    if (matches == 0) {
        ERR_clear_error(); /* r or s out of range leaves a note there */
        return fz_fail(err, FZ_SIGNATURE_INVALID, "the signature does not verify");
    }
    return matches == 1 ? FZ_OK : fz_crypto_fail(err, FZ_CRYPTO, "verify");
}
