/*
 * Who sent this request? Two steps, because the key may have to be fetched from the database in
 * between: fz_auth_begin() reads the signature and names the key, fz_auth_finish() verifies with
 * it. What comes out, the signature base and the signature, is kept with the operation for ever.
 *
 * Refusals come in this order, whatever else is wrong too:
 *   SIGNATURE_MISSING  begin: no signature, or none that is well formed and covers what it must
 *   SIGNATURE_STALE    begin: `created` too far from our clock, or `expires` passed
 *   KEY_UNKNOWN        begin: the key id has a wrong form; finish: the caller found no key
 *   DIGEST_MISMATCH    finish: Content-Digest is not that of the body
 *   SIGNATURE_INVALID  finish: the signature does not verify
 * With each, err->msg is a sentence for the client's programmer; it may be sent as `detail`.
 */
#ifndef FEEZERO_AUTH_VERIFY_H
#define FEEZERO_AUTH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/httpsig.h"

/* The signature of one request between the two steps, and what is kept after them. */
struct fz_auth {
    char key_id[FZ_KEY_ID_MAX + 1];
    int32_t community;      /* out of key_id */
    const char *thumbprint; /* points into key_id: do not copy the struct */
    int64_t created_s;
    bool digest_matches; /* or there is no body */
    uint8_t signature[FZ_SIGNATURE_LEN];
    size_t base_len;
    char base[FZ_ORDER_BASE_MAX];
};

/*
 * First step. `body` may be NULL if body_len is 0; neither it nor the message is needed afterwards.
 * *auth is set on FZ_OK only. FZ_SIGNATURE_MISSING, FZ_SIGNATURE_STALE, FZ_KEY_UNKNOWN.
 */
FZ_MUSTUSE fz_rc fz_auth_begin(struct fz_auth *auth,
                               const struct fz_httpsig_message *message,
                               const void *body,
                               size_t body_len,
                               int64_t now_us,
                               struct fz_err *err);

/*
 * Second step. `key` is the one called auth->key_id, or NULL if there is none or it was revoked; a
 * key whose thumbprint differs from the key id's is refused like a missing one.
 * FZ_OK: the request is authentic. FZ_KEY_UNKNOWN, FZ_DIGEST_MISMATCH, FZ_SIGNATURE_INVALID,
 * FZ_CRYPTO.
 */
FZ_MUSTUSE fz_rc fz_auth_finish(const struct fz_auth *auth,
                                const struct fz_key *key,
                                struct fz_err *err);

/* Both steps for a caller that has the key at hand (enrolment: it came in the body). */
FZ_MUSTUSE fz_rc fz_auth_verify(struct fz_auth *auth,
                                const struct fz_httpsig_message *message,
                                struct fz_httpsig_text body,
                                const struct fz_key *key,
                                int64_t now_us,
                                struct fz_err *err);

#endif
