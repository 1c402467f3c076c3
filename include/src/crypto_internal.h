/*
 * What the sources behind feezero/crypto.h share. Nobody else includes this: here OpenSSL's types
 * show.
 */
#ifndef FEEZERO_CRYPTO_INTERNAL_H
#define FEEZERO_CRYPTO_INTERNAL_H

#include <openssl/evp.h>

#include "feezero/crypto.h"

/*
 * A key is its 91 public bytes, checked to be a point of the curve. There is no OpenSSL key in a
 * public one: setting the point into the verifier's costs 1 us, keeping one costs 2 kB.
 */
struct fz_key {
    EVP_PKEY *private_key; /* NULL in a public key */
    uint8_t spki[FZ_SPKI_LEN];
};

/* What the process fetched once. Valid after fz_crypto_init(). */
struct fz_crypto {
    EVP_MD *sha256;
    EVP_MD_CTX *hash;   /* of fz_sha256() */
    EVP_PKEY *verifier; /* a P-256 key whose point is set before each verification */
};

/* The process's algorithms, fetched at the first call; asserts that it could. */
const struct fz_crypto *fz_crypto_get(void);

/*
 * Records that the OpenSSL call `what` failed, with OpenSSL's own words, and clears its error
 * queue.
 */
fz_rc fz_crypto_fail(struct fz_err *err, fz_rc rc, const char *what);

/*
 * Wraps a P-256 key pair: takes over `pair` (also on failure). FZ_FORMAT: another curve, or without
 * its private half.
 */
FZ_MUSTUSE fz_rc fz_key_from_pair(EVP_PKEY *pair, struct fz_key **out, struct fz_err *err);

#endif
