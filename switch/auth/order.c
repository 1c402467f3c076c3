/*
 * Proving a kept order, and making one on the command line. Nothing here trusts the row an order
 * was read from: the base must be whole, name its key, and carry the digest of the body.
 */
#include "switch/auth/order.h"

#include <string.h>

static bool same_text(struct fz_httpsig_text a, struct fz_httpsig_text b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* FZ_OK if the key id's thumbprint is the key's. */
static fz_rc check_key(struct fz_httpsig_text key_id, const struct fz_key *key, struct fz_err *err)
{
    char own[FZ_THUMBPRINT_LEN + 1];
    const char *named = NULL;
    fz_key_thumbprint(key, own);
    if (!fz_key_id_parse(key_id.at, key_id.len, NULL, &named) ||
        memcmp(named, own, FZ_THUMBPRINT_LEN) != 0) {
        return fz_fail(err, FZ_KEY_UNKNOWN, "the key is not the one the order names");
    }
    return FZ_OK;
}

static fz_rc
check_body(const struct fz_httpsig_base *base, struct fz_httpsig_text body, struct fz_err *err)
{
    struct fz_httpsig_text value;
    uint8_t claimed[FZ_SHA256_LEN];
    uint8_t actual[FZ_SHA256_LEN];
    if (!fz_httpsig_base_get(base, "content-digest", &value)) {
        return body.len == 0 ? FZ_OK : fz_fail(err, FZ_DIGEST_MISMATCH, "the body was not signed");
    }
    fz_rc rc = fz_httpsig_digest_parse(value, claimed, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_sha256(body.at, body.len, actual);
    if (memcmp(claimed, actual, sizeof actual) != 0) {
        return fz_fail(err, FZ_DIGEST_MISMATCH, "the body is not the one that was signed");
    }
    return FZ_OK;
}

fz_rc fz_order_verify(const struct fz_order *order,
                      const struct fz_key *key,
                      struct fz_httpsig_base *base_out,
                      struct fz_err *err)
{
    struct fz_httpsig_base own;
    struct fz_httpsig_base *base = base_out ? base_out : &own;
    fz_rc rc = fz_httpsig_base_parse(order->base.at, order->base.len, base, err);
    if (rc == FZ_OK && !same_text(base->signature.key_id, order->key_id)) {
        rc = fz_fail(err, FZ_FORMAT, "the signature base names another key id");
    }
    if (rc == FZ_OK) {
        rc = check_key(order->key_id, key, err);
    }
    if (rc == FZ_OK) {
        rc = check_body(base, order->body, err);
    }
    if (rc == FZ_OK) {
        rc = fz_key_verify(key, order->base.at, order->base.len, order->signature, err);
    }
    return rc;
}

fz_rc fz_order_sign(const struct fz_key *key,
                    const struct fz_order_request *request,
                    char base[FZ_ORDER_BASE_MAX],
                    struct fz_order *order_out,
                    struct fz_err *err)
{
    uint8_t digest[FZ_SHA256_LEN];
    struct fz_httpsig_text key_id = {request->key_id, strlen(request->key_id)};
    if (request->body.len > FZ_ORDER_BODY_MAX) {
        return fz_fail(err, FZ_LIMIT, "the order's body has more than %d bytes", FZ_ORDER_BODY_MAX);
    }
    fz_rc rc = check_key(key_id, key, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_sha256(request->body.at, request->body.len, digest);
    struct fz_httpsig_request signing = {.method = request->method,
                                         .path = request->path,
                                         .key_id = request->key_id,
                                         .created_s = request->now_us / 1000000,
                                         .body_digest = request->body.len > 0 ? digest : NULL};
    *order_out = (struct fz_order){.base = {base, 0}, .body = request->body, .key_id = key_id};
    rc = fz_httpsig_request_base(&signing, base, FZ_ORDER_BASE_MAX, &order_out->base.len, err);
    if (rc == FZ_OK) {
        rc = fz_key_sign(key, base, order_out->base.len, order_out->signature, err);
    }
    return rc;
}
