/*
 * Authentication end to end: what our clients sign verifies, every changed bit is refused, and
 * where several things are wrong the documented one is reported.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "switch/auth/verify.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

#define NOW_S INT64_C(1796083200)
#define NOW_US (NOW_S * 1000000)
#define BODY "{\"intent_id\":\"017f22e2-79b0-7cc3-98c4-dc0c0c07398f\",\"amount\":1480}"

static fz_rc verify(const struct test_request *request,
                    const struct fz_key *key,
                    int64_t now_us,
                    struct fz_err *err)
{
    struct fz_auth auth;
    struct fz_httpsig_text body = {request->body, request->body ? strlen(request->body) : 0};
    return fz_auth_verify(&auth, &request->message, body, key, now_us, err);
}

Test(verify, what_our_clients_sign_is_authentic)
{
    struct fz_key *key = test_key_new();
    struct fz_key *public_key = test_key_public(key);
    static const struct {
        const char *query, *body;
    } rows[] = {{NULL, BODY}, {NULL, NULL}, {"?after=3&wait=30", NULL}, {"?x", BODY}, {"?", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct test_signed signed_request;
        struct fz_auth auth;
        struct fz_err err = {0};
        test_request_init(&request);
        request.message.query = rows[i].query;
        request.body = rows[i].body;
        test_request_sign(&request, key, NOW_S, &signed_request);
        size_t body_len = request.body ? strlen(request.body) : 0;
        cr_assert_eq(fz_auth_begin(&auth, &request.message, request.body, body_len, NOW_US, &err),
                     FZ_OK, "row %zu: %s", i, err.msg);
        cr_expect_str_eq(auth.key_id, signed_request.key_id);
        cr_expect_eq(auth.community, 7);
        cr_expect_eq(strcmp(auth.thumbprint, auth.key_id + 2), 0);
        cr_expect_eq(auth.created_s, NOW_S);
        cr_expect(auth.base_len == signed_request.base_len &&
                  memcmp(auth.base, signed_request.base, auth.base_len) == 0);
        cr_expect_eq(memcmp(auth.signature, signed_request.signature, FZ_SIGNATURE_LEN), 0);
        cr_expect_eq(fz_auth_finish(&auth, public_key, &err), FZ_OK, "row %zu: %s", i, err.msg);
    }
    fz_key_destroy(&key);
    fz_key_destroy(&public_key);
    FZ_EXPECT_NO_LEAK();
}

/* --- every changed bit ------------------------------------------------------------------------ */

struct mutable_request {
    char method[8], path[64], query[32], body[128];
    struct fz_httpsig_headers headers;
};

static void expect_no_changed_bit(struct test_request *request,
                                  const struct fz_key *key,
                                  char *text,
                                  const char *what)
{
    struct fz_err err = {0};
    cr_assert_eq(verify(request, key, NOW_US, &err), FZ_OK, "before %s: %s", what, err.msg);
    for (size_t i = 0; text[i] != '\0'; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            char before = text[i];
            text[i] = (char)(before ^ (char)(1u << bit));
            cr_expect_neq(verify(request, key, NOW_US, &err), FZ_OK, "%s[%zu] %02x for %02x", what,
                          i, (unsigned char)text[i], (unsigned char)before);
            text[i] = before;
        }
    }
}

Test(verify, no_changed_bit_of_the_request_is_accepted)
{
    struct fz_key *key = test_key_new();
    struct test_request request;
    struct test_signed signed_request;
    struct mutable_request copy = {.method = "PUT",
                                   .path = "/v1/payments/017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                                   .query = "?dry=1",
                                   .body = BODY};
    test_request_init(&request);
    request.message.method = copy.method;
    request.message.path = copy.path;
    request.message.query = copy.query;
    request.body = copy.body;
    test_request_sign(&request, key, NOW_S, &signed_request);
    struct fz_httpsig_headers *headers = &signed_request.headers;
    expect_no_changed_bit(&request, key, copy.method, "method");
    expect_no_changed_bit(&request, key, copy.path, "path");
    expect_no_changed_bit(&request, key, copy.query, "query");
    expect_no_changed_bit(&request, key, copy.body, "body");
    expect_no_changed_bit(&request, key, headers->signature_input, "Signature-Input");
    expect_no_changed_bit(&request, key, headers->signature, "Signature");
    expect_no_changed_bit(&request, key, headers->content_digest, "Content-Digest");
    request.message.query = NULL;
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_SIGNATURE_INVALID, "without its query");
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* --- the order of refusals -------------------------------------------------------------------- */

enum fault {
    NO_SIGNATURE = 1,
    STALE = 2,
    UNKNOWN = 4,
    DIGEST = 8,
    INVALID = 16,
    FAULTS = 32
};

static fz_rc expected_of(unsigned faults)
{
    if (faults & NO_SIGNATURE) {
        return FZ_SIGNATURE_MISSING;
    }
    if (faults & STALE) {
        return FZ_SIGNATURE_STALE;
    }
    if (faults & UNKNOWN) {
        return FZ_KEY_UNKNOWN;
    }
    if (faults & DIGEST) {
        return FZ_DIGEST_MISMATCH;
    }
    return faults & INVALID ? FZ_SIGNATURE_INVALID : FZ_OK;
}

Test(verify, refusals_come_in_the_documented_order)
{
    struct fz_key *key = test_key_new();
    for (unsigned faults = 0; faults < FAULTS; faults++) {
        struct test_request request;
        struct test_signed signed_request;
        struct fz_err err = {0};
        test_request_init(&request);
        request.body = BODY;
        test_request_sign(&request, key, faults & STALE ? NOW_S - 301 : NOW_S, &signed_request);
        if (faults & NO_SIGNATURE) {
            request.headers[1].name = "Signatures";
        }
        if (faults & DIGEST) {
            request.body = BODY " ";
        }
        if (faults & INVALID) {
            request.message.method = "POST";
        }
        fz_rc rc = verify(&request, faults & UNKNOWN ? NULL : key, NOW_US, &err);
        cr_expect_eq(rc, expected_of(faults), "faults %02x: %d %s", faults, rc, err.msg);
        if (rc != FZ_OK) {
            cr_expect_gt(strlen(err.msg), 10u, "no sentence for the client");
        }
    }
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* --- the clock -------------------------------------------------------------------------------- */

Test(verify, created_lies_within_the_window_at_both_ends)
{
    static const struct {
        int64_t created_s;
        fz_rc expected;
    } rows[] = {
        {NOW_S - 300, FZ_OK},
        {NOW_S + 300, FZ_OK},
        {NOW_S - 301, FZ_SIGNATURE_STALE},
        {NOW_S + 301, FZ_SIGNATURE_STALE},
        {0, FZ_SIGNATURE_STALE},
        {999999999999999, FZ_SIGNATURE_STALE},
    };
    struct fz_key *key = test_key_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct test_signed signed_request;
        struct fz_err err = {0};
        test_request_init(&request);
        test_request_sign(&request, key, rows[i].created_s, &signed_request);
        cr_expect_eq(verify(&request, key, NOW_US, &err), rows[i].expected, "row %zu: %s", i,
                     err.msg);
        cr_expect_eq(verify(&request, key, NOW_US + 999999, &err), rows[i].expected, "row %zu", i);
    }
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* Signs any list and parameters, as another client would. */
static void sign_as(struct test_request *request,
                    const struct fz_key *key,
                    const char *params,
                    char headers_out[2][512])
{
    struct fz_httpsig signature;
    struct fz_err err = {0};
    char base[1024], text[FZ_BASE64_SIZE(64)];
    size_t len = 0;
    uint8_t bytes[64] = {0};
    snprintf(headers_out[0], 512, "x=%s", params);
    fz_base64_encode(bytes, sizeof bytes, text);
    snprintf(headers_out[1], 512, "x=:%s:", text);
    test_request_header(request, "Signature-Input", headers_out[0]);
    test_request_header(request, "Signature", headers_out[1]);
    cr_assert_eq(fz_httpsig_read(&request->message, request->body != NULL, NULL, &signature, &err),
                 FZ_OK, "%s", err.msg);
    cr_assert_eq(
        fz_httpsig_build_base(&request->message, &signature, base, sizeof base, &len, &err), FZ_OK,
        "%s", err.msg);
    cr_assert_eq(fz_key_sign(key, base, len, bytes, &err), FZ_OK);
    fz_base64_encode(bytes, sizeof bytes, text);
    snprintf(headers_out[1], 512, "x=:%s:", text);
}

static const char *key_id_of(const struct fz_key *key)
{
    static char key_id[FZ_KEY_ID_MAX + 1];
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    fz_key_thumbprint(key, thumbprint);
    fz_key_id_format(7, thumbprint, key_id);
    return key_id;
}

Test(verify, expires_is_honoured)
{
    static const struct {
        int64_t expires_s;
        fz_rc expected;
    } rows[] = {{NOW_S + 1, FZ_OK}, {NOW_S, FZ_OK}, {NOW_S - 1, FZ_SIGNATURE_STALE}};
    struct fz_key *key = test_key_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct fz_err err = {0};
        char params[256], headers[2][512];
        test_request_init(&request);
        snprintf(params, sizeof params,
                 "(\"@path\" \"@method\");expires=%lld;created=%lld;keyid=\"%s\"",
                 (long long)rows[i].expires_s, (long long)(NOW_S - 5), key_id_of(key));
        sign_as(&request, key, params, headers);
        cr_expect_eq(verify(&request, key, NOW_US, &err), rows[i].expected, "row %zu: %s", i,
                     err.msg);
    }
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* --- keys and digests ------------------------------------------------------------------------- */

Test(verify, a_key_id_of_another_form_is_unknown_before_any_look_up)
{
    static const char *const ids[] = {"test-key-ecc-p256", "7", "7.",
                                      "0.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
                                      "7.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF"};
    struct fz_key *key = test_key_new();
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct test_request request;
        struct fz_auth auth;
        struct fz_err err = {0};
        char params[256], headers[2][512];
        test_request_init(&request);
        snprintf(params, sizeof params, "(\"@path\" \"@method\");created=%lld;keyid=\"%s\"",
                 (long long)NOW_S, ids[i]);
        sign_as(&request, key, params, headers);
        cr_expect_eq(fz_auth_begin(&auth, &request.message, NULL, 0, NOW_US, &err), FZ_KEY_UNKNOWN,
                     "%s: %s", ids[i], err.msg);
    }
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(verify, a_key_that_is_not_the_named_one_is_unknown)
{
    struct fz_key *key = test_key_new();
    struct fz_key *other = test_key_new();
    struct test_request request;
    struct test_signed signed_request;
    test_request_init(&request);
    test_request_sign(&request, key, NOW_S, &signed_request);
    cr_expect_eq(verify(&request, other, NOW_US, NULL), FZ_KEY_UNKNOWN);
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_OK);
    fz_key_destroy(&key);
    fz_key_destroy(&other);
    FZ_EXPECT_NO_LEAK();
}

Test(verify, a_body_needs_its_digest_and_no_body_needs_none)
{
    struct fz_key *key = test_key_new();
    struct test_request request;
    struct test_signed signed_request;
    test_request_init(&request);
    test_request_sign(&request, key, NOW_S, &signed_request);
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_OK);
    request.body = "{}"; /* slipped in: nothing about it is signed */
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_SIGNATURE_MISSING);
    request.body = NULL;
    test_request_header(&request, "Content-Digest",
                        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_DIGEST_MISMATCH, "of another body");
    request.headers[request.header_count - 1].value =
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_OK, "the digest of nothing");

    test_request_init(&request);
    request.body = BODY;
    test_request_sign(&request, key, NOW_S, &signed_request);
    request.body = ""; /* taken away */
    cr_expect_eq(verify(&request, key, NOW_US, NULL), FZ_DIGEST_MISMATCH);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(verify, any_order_and_more_components_are_fine)
{
    struct fz_key *key = test_key_new();
    struct test_request request;
    struct fz_err err = {0};
    char params[512], headers[2][512], digest[64];
    uint8_t hash[FZ_SHA256_LEN];
    test_request_init(&request);
    request.message.query = "?a=1";
    request.body = BODY;
    fz_sha256(BODY, strlen(BODY), hash);
    fz_httpsig_digest_format(hash, digest, sizeof digest);
    test_request_header(&request, "Content-Digest", digest);
    test_request_header(&request, "Content-Type", "application/json");
    test_request_header(&request, "Content-Length", "66");
    test_request_header(&request, "Date", "Tue, 20 Apr 2021 02:07:55 GMT");
    snprintf(params, sizeof params,
             "(\"content-type\" \"content-digest\" \"@authority\" \"date\" \"@query\" \"@scheme\" "
             "\"@target-uri\" \"@path\" \"@request-target\" \"content-length\" \"@method\" "
             "\"@query-param\";name=\"a\");tag=\"app\";created=%lld;nonce=\"n\";keyid=\"%s\"",
             (long long)NOW_S, key_id_of(key));
    sign_as(&request, key, params, headers);
    cr_expect_eq(verify(&request, key, NOW_US, &err), FZ_OK, "%s", err.msg);
    request.message.authority = "other.example:8443";
    cr_expect_eq(verify(&request, key, NOW_US, &err), FZ_SIGNATURE_INVALID);
    request.message.authority = "TOWN.example:8443";
    cr_expect_eq(verify(&request, key, NOW_US, &err), FZ_OK, "%s", err.msg);
    request.headers[3].value = "Tue, 20 Apr 2021 02:07:56 GMT";
    cr_expect_eq(verify(&request, key, NOW_US, &err), FZ_SIGNATURE_INVALID);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(verify, a_base_too_long_to_keep_is_refused)
{
    struct fz_key *key = test_key_new();
    struct test_request request;
    struct fz_err err = {0};
    struct fz_auth auth;
    char params[512], headers[2][512], value[900];
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    test_request_init(&request);
    test_request_header(&request, "X-Long", value + 400);
    snprintf(params, sizeof params, "(\"@path\" \"@method\" \"x-long\");created=%lld;keyid=\"%s\"",
             (long long)NOW_S, key_id_of(key));
    sign_as(&request, key, params, headers);
    cr_expect_eq(verify(&request, key, NOW_US, &err), FZ_OK, "%s", err.msg);
    request.headers[0].value = value;
    cr_expect_eq(fz_auth_begin(&auth, &request.message, NULL, 0, NOW_US, &err),
                 FZ_SIGNATURE_MISSING);
    cr_expect_not_null(strstr(err.msg, "too long"), "%s", err.msg);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}
