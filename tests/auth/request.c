/*
 * The tests' requests; a failure of a helper is a failed assertion of the test.
 */
#include "tests/auth/request.h"

#include <criterion/criterion.h>
#include <string.h>
#include <strings.h>

static bool
header_get(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    const struct test_request *request = ctx;
    for (unsigned i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) != 0 || index-- > 0) {
            continue;
        }
        value_out->at = request->headers[i].value;
        value_out->len = strlen(value_out->at);
        return true;
    }
    return false;
}

void test_request_init(struct test_request *request)
{
    *request = (struct test_request){
        .message = {.method = "PUT",
                    .scheme = "https",
                    .authority = "town.example:8443",
                    .path = "/v1/payments/017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                    .header = header_get},
    };
    request->message.header_ctx = request;
}

void test_request_header(struct test_request *request, const char *name, const char *value)
{
    cr_assert_lt(request->header_count, REQUEST_HEADERS_MAX);
    request->headers[request->header_count++] = (struct test_header){name, value};
}

const char *test_text(struct fz_httpsig_text text)
{
    static char buffers[4][2048];
    static unsigned turn;
    char *buffer = buffers[turn++ % 4];
    cr_assert_lt(text.len, sizeof buffers[0]);
    memcpy(buffer, text.at, text.len);
    buffer[text.len] = '\0';
    return buffer;
}

void test_request_sign(struct test_request *request,
                       const struct fz_key *key,
                       int64_t created_s,
                       struct test_signed *signed_out)
{
    struct fz_err err = {0};
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    uint8_t digest[FZ_SHA256_LEN];
    fz_key_thumbprint(key, thumbprint);
    fz_key_id_format(7, thumbprint, signed_out->key_id);
    if (request->body) {
        fz_sha256(request->body, strlen(request->body), digest);
    }
    struct fz_httpsig_request signing = {.method = request->message.method,
                                         .path = request->message.path,
                                         .query = request->message.query,
                                         .key_id = signed_out->key_id,
                                         .created_s = created_s,
                                         .body_digest = request->body ? digest : NULL};
    fz_rc rc = fz_httpsig_request_base(&signing, signed_out->base, sizeof signed_out->base,
                                       &signed_out->base_len, &err);
    cr_assert_eq(rc, FZ_OK, "%s", err.msg);
    rc = fz_key_sign(key, signed_out->base, signed_out->base_len, signed_out->signature, &err);
    cr_assert_eq(rc, FZ_OK, "%s", err.msg);
    rc = fz_httpsig_request_headers(&signing, signed_out->signature, &signed_out->headers, &err);
    cr_assert_eq(rc, FZ_OK, "%s", err.msg);
    test_request_header(request, "Signature-Input", signed_out->headers.signature_input);
    test_request_header(request, "Signature", signed_out->headers.signature);
    if (request->body) {
        test_request_header(request, "Content-Digest", signed_out->headers.content_digest);
    }
}

struct fz_key *test_key_new(void)
{
    struct fz_err err = {0};
    struct fz_key *key = NULL;
    fz_rc rc = fz_key_generate(&key, &err);
    cr_assert_eq(rc, FZ_OK, "%s", err.msg);
    return key;
}

struct fz_key *test_key_public(const struct fz_key *key)
{
    struct fz_err err = {0};
    struct fz_key *public_key = NULL;
    fz_rc rc = fz_key_from_spki(fz_key_spki(key), FZ_SPKI_LEN, &public_key, &err);
    cr_assert_eq(rc, FZ_OK, "%s", err.msg);
    return public_key;
}
