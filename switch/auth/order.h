/*
 * The kept order: what a person signed to move money, enough to prove it years later with nothing
 * but the public key. The same form serves requests that came over HTTP and orders that staff make
 * on the command line, so one verifier serves both.
 */
#ifndef FEEZERO_AUTH_ORDER_H
#define FEEZERO_AUTH_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/httpsig.h"

/* All memory is borrowed. */
struct fz_order {
    struct fz_httpsig_text base; /* the signature base, byte for byte */
    struct fz_httpsig_text body; /* byte for byte; len 0: there was none */
    uint8_t signature[FZ_SIGNATURE_LEN];
    struct fz_httpsig_text key_id;
};

/*
 * Does the order prove itself? Checked in this order:
 *   FZ_FORMAT             the base is malformed, or names another key id than the order
 *   FZ_KEY_UNKNOWN        `key` is not the one the key id names
 *   FZ_DIGEST_MISMATCH    the body is not what the base's content-digest says, or is not covered
 *   FZ_SIGNATURE_INVALID  the signature does not verify
 *   FZ_CRYPTO             the library failed; nothing is known
 * FZ_OK: *base_out (may be NULL) is the base taken apart, for comparing "@method" and "@path" with
 * what was booked; it points into order->base.
 */
FZ_MUSTUSE fz_rc fz_order_verify(const struct fz_order *order,
                                 const struct fz_key *key,
                                 struct fz_httpsig_base *base_out,
                                 struct fz_err *err);

/* An order to be made. */
struct fz_order_request {
    const char *key_id;
    const char *method; /* as the same order over HTTP would have it: "PUT" */
    const char *path;   /* "/v1/topups/<operation id>" */
    struct fz_httpsig_text body;
    int64_t now_us;
};

/*
 * Signs an order. *order_out borrows the request's strings and `base`. `key` must be private.
 * FZ_LIMIT: base or body is longer than FZ_ORDER_BASE_MAX, FZ_ORDER_BODY_MAX. FZ_FORMAT: a string
 * of the request is unusable. FZ_KEY_UNKNOWN: the key id is not that of the key. FZ_CRYPTO.
 */
FZ_MUSTUSE fz_rc fz_order_sign(const struct fz_key *key,
                               const struct fz_order_request *request,
                               char base[FZ_ORDER_BASE_MAX],
                               struct fz_order *order_out,
                               struct fz_err *err);

#endif
