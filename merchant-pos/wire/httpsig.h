/*
 * HTTP Message Signatures (RFC 9421) and Content-Digest (RFC 9530), for both ends: the switch reads
 * and rebuilds, the till and the wallet build. Pure: no allocation, clock, I/O or cryptography; who
 * hashes and verifies is the caller.
 *
 * What is taken from the RFCs is what FeeZero needs, read strictly: requests only, algorithm
 * ecdsa-p256-sha256, SHA-256 digests, no component parameters but `name` of "@query-param". Unknown
 * things are refused, never skipped, so that both ends always mean the same bytes.
 *
 * Reads fill an fz_err whose text is meant for the programmer at the other end; it holds nothing
 * secret and may be sent as a problem's detail.
 */
#ifndef FEEZERO_WIRE_HTTPSIG_H
#define FEEZERO_WIRE_HTTPSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/encode.h"
#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_HTTPSIG_COMPONENTS_MAX 32
#define FZ_HTTPSIG_MEMBERS_MAX 8    /* signatures in one request: ours and a few proxies' */
#define FZ_HTTPSIG_NAME_MAX 64      /* characters of a header's name */
#define FZ_HTTPSIG_SIGNATURE_LEN 64 /* ecdsa-p256-sha256: r and s */
#define FZ_HTTPSIG_DIGEST_LEN 32    /* SHA-256 */
#define FZ_HTTPSIG_ALG "ecdsa-p256-sha256"

/* A piece of text that belongs to somebody else; not NUL-terminated. */
struct fz_httpsig_text {
    const char *at;
    size_t len;
};

/*
 * Finds a header for the reader: the index-th field called `name` (lower case, NUL-terminated;
 * match it without regard to case), counted from 0 in the order received. False: there are no
 * more. *value_out must stay valid as long as the message does.
 */
typedef bool (*fz_httpsig_header)(void *ctx,
                                  const char *name,
                                  unsigned index,
                                  struct fz_httpsig_text *value_out);

/* A request as it arrived, or as it will be sent. All strings are borrowed. */
struct fz_httpsig_message {
    const char *method;    /* "PUT" */
    const char *scheme;    /* "https" */
    const char *authority; /* the Host header: "town.example:8443"; NULL if there was none */
    const char *path;      /* as on the request line, not decoded, without the query */
    const char *query; /* with its leading '?', as on the request line; NULL if there was none */
    fz_httpsig_header header;
    void *header_ctx;
};

/* One covered component: a header's name in lower case or a derived one ("@method"). */
struct fz_httpsig_component {
    struct fz_httpsig_text name;
    struct fz_httpsig_text parameter; /* of "@query-param": its `name`; else len is 0 */
};

/* One signature of a request, read and found usable. The texts point into the message's headers. */
struct fz_httpsig {
    struct fz_httpsig_text label;
    struct fz_httpsig_text params; /* the inner list with its parameters, as received */
    struct fz_httpsig_component components[FZ_HTTPSIG_COMPONENTS_MAX];
    unsigned component_count;
    struct fz_httpsig_text key_id;
    int64_t created_s;
    int64_t expires_s; /* INT64_MAX if it was not given */
    uint8_t signature[FZ_HTTPSIG_SIGNATURE_LEN];
};

/* --- the end that verifies -------------------------------------------------------------------- */

/*
 * Reads Signature-Input and Signature and chooses the signature to check: the one called `label`,
 * or with label NULL the first usable one. Usable: has `created` and `keyid`, no other algorithm
 * than ours, 64 bytes, components that can be rebuilt, and covers what fz_httpsig_check_coverage()
 * asks. Other members (a proxy's) are skipped if they are well formed; one malformed member spoils
 * the header, as RFC 8941 wants it. FZ_SIGNATURE_MISSING: none; *err says what the first candidate
 * lacks.
 */
FZ_MUSTUSE fz_rc fz_httpsig_read(const struct fz_httpsig_message *message,
                                 bool has_body,
                                 const char *label,
                                 struct fz_httpsig *signature_out,
                                 struct fz_err *err);

/*
 * Required of every request: "@method", "@path"; "@query" if there is a query; "content-digest" if
 * has_body. FZ_SIGNATURE_MISSING otherwise. fz_httpsig_read() has asked this already.
 */
FZ_MUSTUSE fz_rc fz_httpsig_check_coverage(const struct fz_httpsig *signature,
                                           const struct fz_httpsig_message *message,
                                           bool has_body,
                                           struct fz_err *err);

/*
 * Builds the signature base: the exact bytes that were signed. Not NUL-terminated; its length goes
 * to *len_out. FZ_SIGNATURE_MISSING: a covered header is absent or holds a control character, a
 * component cannot be rebuilt, or the base is longer than `size`.
 */
FZ_MUSTUSE fz_rc fz_httpsig_build_base(const struct fz_httpsig_message *message,
                                       const struct fz_httpsig *signature,
                                       char *base,
                                       size_t size,
                                       size_t *len_out,
                                       struct fz_err *err);

/*
 * Reads the SHA-256 out of a request's Content-Digest; other algorithms beside it are skipped.
 * FZ_DIGEST_MISMATCH: the header is absent or malformed, or has no sha-256.
 */
FZ_MUSTUSE fz_rc fz_httpsig_read_digest(const struct fz_httpsig_message *message,
                                        uint8_t digest_out[FZ_HTTPSIG_DIGEST_LEN],
                                        struct fz_err *err);

/* --- a base that was kept --------------------------------------------------------------------- */

/* A kept signature base, checked line by line. The texts point into the base. */
struct fz_httpsig_base {
    struct fz_httpsig signature; /* `label` is empty and `signature` zero: a base has neither */
    struct fz_httpsig_text values[FZ_HTTPSIG_COMPONENTS_MAX]; /* of signature.components[i] */
};

/*
 * Takes a base apart again and checks that its lines are the components its last line lists, in
 * that order. FZ_FORMAT: it is not a base that fz_httpsig_build_base() could have built.
 */
FZ_MUSTUSE fz_rc fz_httpsig_base_parse(const char *base,
                                       size_t len,
                                       struct fz_httpsig_base *base_out,
                                       struct fz_err *err);

/* The value of a component ("@path", "content-digest") of a base; false if it is not covered. */
bool fz_httpsig_base_get(const struct fz_httpsig_base *base,
                         const char *name,
                         struct fz_httpsig_text *value_out);

/*
 * Reads the SHA-256 out of the text of one Content-Digest value. FZ_DIGEST_MISMATCH: there is
 * none.
 */
FZ_MUSTUSE fz_rc fz_httpsig_digest_parse(struct fz_httpsig_text value,
                                         uint8_t digest_out[FZ_HTTPSIG_DIGEST_LEN],
                                         struct fz_err *err);

/* --- the end that signs ----------------------------------------------------------------------- */

/* What our own clients sign: ("@method" "@path" "@query" "content-digest"), label `fz`. */
struct fz_httpsig_request {
    const char *method;
    const char *path;
    const char *query;  /* with its leading '?', or NULL */
    const char *key_id; /* printable ASCII without '"' and '\' */
    int64_t created_s;
    const uint8_t *body_digest; /* SHA-256 of the body, or NULL if there is none */
};

/* The values of the request's headers; content_digest is empty if there is no body. */
struct fz_httpsig_headers {
    char signature_input[256];
    char signature[FZ_BASE64_SIZE(FZ_HTTPSIG_SIGNATURE_LEN) + 8];
    char content_digest[FZ_BASE64_SIZE(FZ_HTTPSIG_DIGEST_LEN) + 16];
};

/* Writes the value of Content-Digest: `sha-256=:...:` and a NUL. */
void fz_httpsig_digest_format(const uint8_t digest[FZ_HTTPSIG_DIGEST_LEN], char *text, size_t size);

/*
 * Builds what must be signed. Not NUL-terminated. FZ_LIMIT: longer than `size`. FZ_FORMAT: a string
 * of the request is empty or holds what no request can carry.
 */
FZ_MUSTUSE fz_rc fz_httpsig_request_base(const struct fz_httpsig_request *request,
                                         char *base,
                                         size_t size,
                                         size_t *len_out,
                                         struct fz_err *err);

/* Builds the headers to send, once the base was signed. Same results as above. */
FZ_MUSTUSE fz_rc fz_httpsig_request_headers(const struct fz_httpsig_request *request,
                                            const uint8_t signature[FZ_HTTPSIG_SIGNATURE_LEN],
                                            struct fz_httpsig_headers *headers_out,
                                            struct fz_err *err);

#endif
