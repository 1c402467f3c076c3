/*
 * Requests for the tests: a list of headers and the look-up over it, a clock, and keys.
 */
#ifndef TESTS_AUTH_REQUEST_H
#define TESTS_AUTH_REQUEST_H

#include "feezero/crypto.h"
#include "merchant-pos/wire/httpsig.h"

#define REQUEST_HEADERS_MAX 48

struct test_header {
    const char *name;
    const char *value;
};

/* A request whose strings the test owns. */
struct test_request {
    struct fz_httpsig_message message; /* set by test_request_init() */
    struct test_header headers[REQUEST_HEADERS_MAX];
    unsigned header_count;
    const char *body;
};

/* The literal's text. */
#define TEXT(literal) ((struct fz_httpsig_text){(literal), sizeof(literal) - 1})

/* PUT /v1/payments/... without headers or a body. The message points into *request. */
void test_request_init(struct test_request *request);
void test_request_header(struct test_request *request, const char *name, const char *value);

/* The text of a piece that came back, in one of four static buffers. */
const char *test_text(struct fz_httpsig_text text);

/* A request of our own client over the current method, path, query and body: its headers are added
 * (and live in *headers_out), its base and signature are returned. */
struct test_signed {
    struct fz_httpsig_headers headers;
    char key_id[FZ_KEY_ID_MAX + 1];
    char base[1024];
    size_t base_len;
    uint8_t signature[FZ_SIGNATURE_LEN];
};

void test_request_sign(struct test_request *request,
                       const struct fz_key *key,
                       int64_t created_s,
                       struct test_signed *signed_out);

struct fz_key *test_key_new(void);
struct fz_key *test_key_public(const struct fz_key *key);

#endif
