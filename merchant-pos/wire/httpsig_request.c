/*
 * The signing end: what our own clients send. It writes the parameters, reads them back with the
 * verifier's reader and builds the base with the verifier's builder, so that both ends agree by
 * construction.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

#define LABEL "fz"
#define PARAMS_SIZE 240 /* the longest key id of ours needs 170 */

static fz_rc fail(struct fz_err *err, bool full, const char *flaw)
{
    if (flaw) {
        return fz_fail(err, FZ_FORMAT, "%s", flaw);
    }
    return full ? fz_fail(err, FZ_LIMIT, "the signature base or a header is too long") : FZ_OK;
}

static bool holds(const char *string, const char *set)
{
    return string[strcspn(string, set)] != '\0';
}

/* Writes `("@method" ...);created=...;keyid="...";alg="..."`. Returns a flaw of the request. */
static const char *put_params(struct fz_httpsig_out *out, const struct fz_httpsig_request *request)
{
    struct fz_httpsig_text key_id = fz_httpsig_text_of(request->key_id);
    if (key_id.len == 0 || !fz_httpsig_text_is_plain(key_id, false) ||
        holds(request->key_id, "\"\\")) {
        return "the key id is empty or holds an unusual character";
    }
    if (request->created_s < 0) {
        return "the time of signing is negative";
    }
    fz_httpsig_put_string(out, "(\"@method\" \"@path\" \"@query\"");
    fz_httpsig_put_string(out, request->body_digest ? " \"content-digest\")" : ")");
    fz_httpsig_put_string(out, ";created=");
    fz_httpsig_put_integer(out, request->created_s);
    fz_httpsig_put_string(out, ";keyid=\"");
    fz_httpsig_put(out, key_id);
    fz_httpsig_put_string(out, "\";alg=\"" FZ_HTTPSIG_ALG "\"");
    return NULL;
}

static const char *request_flaw(const struct fz_httpsig_request *request)
{
    if (!request->path || request->path[0] != '/' || holds(request->path, "?#")) {
        return "the path does not start with '/', or holds '?' or '#'";
    }
    if (request->query && request->query[0] != '?') {
        return "the query does not start with '?'";
    }
    return NULL;
}

/* The one header that is covered. */
static bool
digest_header(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    if (index > 0 || strcmp(name, "content-digest") != 0) {
        return false;
    }
    *value_out = fz_httpsig_text_of(ctx);
    return true;
}

void fz_httpsig_digest_format(const uint8_t digest[FZ_HTTPSIG_DIGEST_LEN], char *text, size_t size)
{
    char base64[FZ_BASE64_SIZE(FZ_HTTPSIG_DIGEST_LEN)];
    struct fz_httpsig_out out = {.at = text, .size = size - 1};
    fz_base64_encode(digest, FZ_HTTPSIG_DIGEST_LEN, base64);
    fz_httpsig_put_string(&out, "sha-256=:");
    fz_httpsig_put_string(&out, base64);
    fz_httpsig_put_char(&out, ':');
    text[out.len] = '\0';
}

fz_rc fz_httpsig_request_base(const struct fz_httpsig_request *request,
                              char *base,
                              size_t size,
                              size_t *len_out,
                              struct fz_err *err)
{
    char params[PARAMS_SIZE];
    char digest[FZ_BASE64_SIZE(FZ_HTTPSIG_DIGEST_LEN) + 16];
    struct fz_httpsig_out params_out = {.at = params, .size = sizeof params};
    struct fz_httpsig_out out = {.at = base, .size = size};
    const char *flaw = request_flaw(request);
    if (!flaw) {
        flaw = put_params(&params_out, request);
    }
    if (flaw || params_out.full) {
        return fail(err, params_out.full, flaw);
    }
    struct fz_sf sf = {params, params + params_out.len};
    struct fz_httpsig signature;
    if (!fz_httpsig_params_parse(&sf, &signature, &flaw) || flaw) {
        return fail(err, false, flaw ? flaw : "the signature parameters are malformed");
    }
    if (request->body_digest) {
        fz_httpsig_digest_format(request->body_digest, digest, sizeof digest);
    }
    struct fz_httpsig_message message = {.method = request->method,
                                         .scheme = "https",
                                         .path = request->path,
                                         .query = request->query,
                                         .header = digest_header,
                                         .header_ctx = digest};
    flaw = fz_httpsig_put_base(&out, &message, &signature);
    *len_out = out.len;
    return fail(err, out.full, flaw);
}

fz_rc fz_httpsig_request_headers(const struct fz_httpsig_request *request,
                                 const uint8_t signature[FZ_HTTPSIG_SIGNATURE_LEN],
                                 struct fz_httpsig_headers *headers_out,
                                 struct fz_err *err)
{
    memset(headers_out, 0, sizeof *headers_out); /* NUL behind every text */
    struct fz_httpsig_out input = {.at = headers_out->signature_input,
                                   .size = sizeof headers_out->signature_input - 1};
    fz_httpsig_put_string(&input, LABEL "=");
    const char *flaw = put_params(&input, request);
    if (flaw || input.full) {
        return fail(err, input.full, flaw);
    }
    char base64[FZ_BASE64_SIZE(FZ_HTTPSIG_SIGNATURE_LEN)];
    fz_base64_encode(signature, FZ_HTTPSIG_SIGNATURE_LEN, base64);
    struct fz_httpsig_out value = {.at = headers_out->signature,
                                   .size = sizeof headers_out->signature - 1};
    fz_httpsig_put_string(&value, LABEL "=:");
    fz_httpsig_put_string(&value, base64);
    fz_httpsig_put_char(&value, ':');
    if (request->body_digest) {
        fz_httpsig_digest_format(request->body_digest, headers_out->content_digest,
                                 sizeof headers_out->content_digest);
    }
    return fail(err, value.full, NULL);
}
