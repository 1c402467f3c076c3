/*
 * The two steps of authentication. All that does not need the key happens in the first, so that a
 * request nobody could accept costs no look-up; but what it finds out about the body is reported in
 * the second, where the order of refusals has its place.
 */
#include "switch/auth/verify.h"

#include <inttypes.h>
#include <string.h>

#include "feezero/assert.h"

static fz_rc check_time(const struct fz_httpsig *signature, int64_t now_us, struct fz_err *err)
{
    int64_t now_s = now_us / 1000000;
    int64_t early_s = signature->created_s - now_s; /* both are far from overflow: 15 digits */
    if (early_s > FZ_SIGNATURE_WINDOW_S || early_s < -FZ_SIGNATURE_WINDOW_S) {
        return fz_fail(err, FZ_SIGNATURE_STALE,
                       "created is %" PRId64 " s %s the server's clock; %d s are allowed",
                       early_s < 0 ? -early_s : early_s, early_s < 0 ? "behind" : "ahead of",
                       FZ_SIGNATURE_WINDOW_S);
    }
    if (signature->expires_s < now_s) {
        return fz_fail(err, FZ_SIGNATURE_STALE, "the signature expired by its own expires");
    }
    return FZ_OK;
}

static fz_rc keep_key_id(struct fz_auth *auth, struct fz_httpsig_text key_id, struct fz_err *err)
{
    if (!fz_key_id_parse(key_id.at, key_id.len, NULL, NULL)) {
        return fz_fail(err, FZ_KEY_UNKNOWN,
                       "the key id is not <community>.<base64url SHA-256 of the public key>");
    }
    memcpy(auth->key_id, key_id.at, key_id.len);
    auth->key_id[key_id.len] = '\0';
    bool again = fz_key_id_parse(auth->key_id, key_id.len, &auth->community, &auth->thumbprint);
    fz_assert(again);
    return FZ_OK;
}

/* A body needs its digest; without a body a digest may be there, but then it must be right too. */
static bool
digest_matches(const struct fz_httpsig_message *message, const void *body, size_t body_len)
{
    struct fz_httpsig_text ignored;
    if (body_len == 0 && !message->header(message->header_ctx, "content-digest", 0, &ignored)) {
        return true;
    }
    uint8_t claimed[FZ_SHA256_LEN];
    uint8_t actual[FZ_SHA256_LEN];
    if (fz_httpsig_read_digest(message, claimed, NULL) != FZ_OK) {
        return false;
    }
    fz_sha256(body, body_len, actual);
    return memcmp(claimed, actual, sizeof actual) == 0;
}

fz_rc fz_auth_begin(struct fz_auth *auth,
                    const struct fz_httpsig_message *message,
                    const void *body,
                    size_t body_len,
                    int64_t now_us,
                    struct fz_err *err)
{
    struct fz_httpsig signature;
    fz_rc rc = fz_httpsig_read(message, body_len > 0, NULL, &signature, err);
    if (rc == FZ_OK) {
        rc = fz_httpsig_build_base(message, &signature, auth->base, sizeof auth->base,
                                   &auth->base_len, err);
    }
    if (rc == FZ_OK) {
        rc = check_time(&signature, now_us, err);
    }
    if (rc == FZ_OK) {
        rc = keep_key_id(auth, signature.key_id, err);
    }
    if (rc == FZ_OK) {
        auth->created_s = signature.created_s;
        memcpy(auth->signature, signature.signature, sizeof auth->signature);
        auth->digest_matches = digest_matches(message, body, body_len);
    }
    return rc;
}

fz_rc fz_auth_finish(const struct fz_auth *auth, const struct fz_key *key, struct fz_err *err)
{
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    if (!key) {
        return fz_fail(err, FZ_KEY_UNKNOWN, "no key with this id is enrolled, or it was revoked");
    }
    fz_key_thumbprint(key, thumbprint);
    if (memcmp(thumbprint, auth->thumbprint, FZ_THUMBPRINT_LEN) != 0) {
        return fz_fail(err, FZ_KEY_UNKNOWN, "the key id does not belong to the public key");
    }
    if (!auth->digest_matches) {
        return fz_fail(err, FZ_DIGEST_MISMATCH,
                       "Content-Digest is missing, malformed, or not the SHA-256 of the body");
    }
    fz_rc rc = fz_key_verify(key, auth->base, auth->base_len, auth->signature, err);
    if (rc == FZ_SIGNATURE_INVALID) {
        return fz_fail(err, rc, "the signature does not verify over the signature base");
    }
    return rc;
}

fz_rc fz_auth_verify(struct fz_auth *auth,
                     const struct fz_httpsig_message *message,
                     struct fz_httpsig_text body,
                     const struct fz_key *key,
                     int64_t now_us,
                     struct fz_err *err)
{
    fz_rc rc = fz_auth_begin(auth, message, body.at, body.len, now_us, err);
    return rc == FZ_OK ? fz_auth_finish(auth, key, err) : rc;
}
