/*
 * Cryptography of FeeZero: SHA-256, HMAC, random bytes, P-256 keys and their signatures, a keyed
 * hash for tables. The only header that stands for OpenSSL; no OpenSSL type leaks through it.
 *
 * Algorithms are fetched once per process and contexts are reused, because in OpenSSL 3 fetching
 * costs more than hashing. The first call does it; a program calls fz_crypto_init() at its start to
 * get a typed error instead of an assertion where the library is unusable. One thread only.
 */
#ifndef FEEZERO_CRYPTO_H
#define FEEZERO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/encode.h"
#include "feezero/err.h"
#include "feezero/rc.h"

/* Fetches the algorithms. Calling it again does nothing. FZ_CRYPTO: OpenSSL lacks one of them. */
FZ_MUSTUSE fz_rc fz_crypto_init(struct fz_err *err);

/* Fills `bytes` from OpenSSL's CSPRNG. FZ_CRYPTO: no entropy; the bytes must not be used. */
FZ_MUSTUSE fz_rc fz_random(void *bytes, size_t len, struct fz_err *err);

/* Compares in a time that depends on `len` alone. */
bool fz_equal_constant_time(const void *a, const void *b, size_t len);

/* Overwrites a secret; the compiler cannot leave it out. */
void fz_wipe(void *bytes, size_t len);

/* --- SHA-256 ---------------------------------------------------------------------------------- */
#define FZ_SHA256_LEN 32

/* Hashes one piece of memory, with a context the process keeps. */
void fz_sha256(const void *bytes, size_t len, uint8_t digest_out[FZ_SHA256_LEN]);

/* A context for hashing in pieces: create once, then init, update..., final as often as needed. */
struct fz_sha256;

/* *out is owned by the caller. FZ_NO_MEMORY, FZ_CRYPTO: *out is NULL. */
FZ_MUSTUSE fz_rc fz_sha256_create(struct fz_sha256 **out, struct fz_err *err);
void fz_sha256_destroy(struct fz_sha256 **hash); /* sets *hash to NULL; *hash may be NULL */

void fz_sha256_init(struct fz_sha256 *hash); /* starts over, whatever was there */
void fz_sha256_update(struct fz_sha256 *hash, const void *bytes, size_t len);

/* Gives the digest of all since init. The next call must be init. */
void fz_sha256_final(struct fz_sha256 *hash, uint8_t digest_out[FZ_SHA256_LEN]);

/* --- HMAC-SHA-256 (RFC 2104) -------------------------------------------------------------------
 * For texts that only who knows the key can make or check.
 */
#define FZ_HMAC_LEN FZ_SHA256_LEN

/* A context for one key. *out is owned by the caller, NULL on failure. FZ_NO_MEMORY, FZ_CRYPTO. */
struct fz_hmac;
FZ_MUSTUSE fz_rc fz_hmac_create(const void *key,
                                size_t key_len,
                                struct fz_hmac **out,
                                struct fz_err *err);
void fz_hmac_destroy(struct fz_hmac **hmac); /* sets *hmac to NULL; *hmac may be NULL */

/* In pieces: update..., final, and the next text begins. */
void fz_hmac_update(struct fz_hmac *hmac, const void *bytes, size_t len);
void fz_hmac_final(struct fz_hmac *hmac, uint8_t mac_out[FZ_HMAC_LEN]);

/* --- SipHash-2-4 ------------------------------------------------------------------------------
 * For hash tables over ids that a client chose: without the seed nobody can aim at one bucket.
 */
#define FZ_SIPHASH_SEED_LEN 16

uint64_t fz_siphash(const uint8_t seed[FZ_SIPHASH_SEED_LEN], const void *bytes, size_t len);

/* --- P-256 keys ------------------------------------------------------------------------------- */
#define FZ_SPKI_LEN 91      /* SubjectPublicKeyInfo in DER with the point uncompressed */
#define FZ_SIGNATURE_LEN 64 /* r and s, 32 bytes each, big-endian (not DER) */

/*
 * A checked key, public or private. A public one costs 100 bytes and 1 us, so keep it and use it.
 */
struct fz_key;

/* All three: *out is owned by the caller and is NULL on any other result than FZ_OK. */

/* Makes a private key. FZ_CRYPTO, FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_key_generate(struct fz_key **out, struct fz_err *err);

/*
 * Reads a public key. Accepts the 91-byte form above and nothing else: no compressed point, no
 * other curve, no byte more. FZ_FORMAT: another form, or a point that is not on the curve.
 */
FZ_MUSTUSE fz_rc fz_key_from_spki(const uint8_t *der,
                                  size_t der_len,
                                  struct fz_key **out,
                                  struct fz_err *err);

/*
 * Reads a private key from a PEM file (PKCS #8 or SEC 1, without a password). FZ_IO: it cannot be
 * read. FZ_CONFIG: group or others may read or write it. FZ_FORMAT: not a P-256 private key.
 */
FZ_MUSTUSE fz_rc fz_key_load_private(const char *path, struct fz_key **out, struct fz_err *err);

/*
 * Writes a private key as PKCS #8 PEM, mode 0600, durably (file and folder are synced), whole or
 * not at all. An existing file is never replaced. FZ_IO: it exists, or cannot be written.
 */
FZ_MUSTUSE fz_rc fz_key_save_private(const struct fz_key *key,
                                     const char *path,
                                     struct fz_err *err);

void fz_key_destroy(struct fz_key **key); /* wipes it, sets *key to NULL; *key may be NULL */

bool fz_key_is_private(const struct fz_key *key);

/* The public half as FZ_SPKI_LEN bytes; borrowed, lives as long as the key. */
const uint8_t *fz_key_spki(const struct fz_key *key);

/* base64url SHA-256 of the SPKI: FZ_THUMBPRINT_LEN characters and a NUL. */
void fz_key_thumbprint(const struct fz_key *key, char text_out[FZ_THUMBPRINT_LEN + 1]);

/* Signs SHA-256(bytes) with ECDSA. `key` must be private. FZ_CRYPTO. */
FZ_MUSTUSE fz_rc fz_key_sign(const struct fz_key *key,
                             const void *bytes,
                             size_t len,
                             uint8_t signature_out[FZ_SIGNATURE_LEN],
                             struct fz_err *err);

/*
 * Checks an ECDSA signature over SHA-256(bytes). FZ_SIGNATURE_INVALID: it does not match, or r or s
 * is out of range. FZ_CRYPTO: the library failed, nothing is known.
 */
FZ_MUSTUSE fz_rc fz_key_verify(const struct fz_key *key,
                               const void *bytes,
                               size_t len,
                               const uint8_t signature[FZ_SIGNATURE_LEN],
                               struct fz_err *err);

#endif
