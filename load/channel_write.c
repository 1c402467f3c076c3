/*
 * load: a request as bytes, signed now or ahead of the sending. No memory is taken and nothing is
 * formatted that can be copied, because this is done for every request of a measurement.
 */
#include <string.h>
#include <time.h>

#include "load/channel_internal.h"
#include "load/writer.h"
#include "merchant-pos/wire/httpsig.h"

#define BASE_SIZE 1024 /* of a signature base of ours */

static struct fz_httpsig_request to_sign(const struct fz_channel_request *request,
                                         const struct fz_channel_signature *signature)
{
    return (struct fz_httpsig_request){.method = request->method,
                                       .path = request->path,
                                       .query = request->query,
                                       .key_id = request->key_id,
                                       .created_s = signature->created_s,
                                       .body_digest =
                                           request->body != NULL ? signature->digest : NULL};
}

fz_rc fz_channel_sign(const struct fz_channel_request *request,
                      int64_t created_s,
                      struct fz_channel_signature *signature_out,
                      struct fz_err *err)
{
    char base[BASE_SIZE];
    size_t base_len = 0;
    signature_out->created_s = created_s;
    if (request->body != NULL) {
        fz_sha256(request->body, strlen(request->body), signature_out->digest);
    }
    struct fz_httpsig_request signing = to_sign(request, signature_out);
    fz_rc rc = fz_httpsig_request_base(&signing, base, sizeof(base), &base_len, err);
    return rc == FZ_OK ? fz_key_sign(request->key, base, base_len, signature_out->bytes, err) : rc;
}

fz_rc fz_channel_write(const struct fz_channel_request *request,
                       const char *authority,
                       char bytes[FZ_CHANNEL_REQUEST_MAX],
                       size_t *len_out,
                       struct fz_err *err)
{
    struct fz_httpsig_headers headers;
    struct fz_channel_signature signature;
    struct fz_writer writer = {.bytes = bytes, .size = FZ_CHANNEL_REQUEST_MAX};
    fz_rc rc = FZ_OK;
    if (request->signature != NULL) {
        signature = *request->signature;
    } else {
        rc = fz_channel_sign(request, (int64_t)time(NULL), &signature, err);
    }
    struct fz_httpsig_request signing = to_sign(request, &signature);
    if (rc == FZ_OK) {
        rc = fz_httpsig_request_headers(&signing, signature.bytes, &headers, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    fz_writer_text(&writer, request->method);
    fz_writer_text(&writer, " ");
    fz_writer_text(&writer, request->path);
    fz_writer_text(&writer, request->query != NULL ? request->query : "");
    fz_writer_text(&writer, " HTTP/1.1\r\nHost: ");
    fz_writer_text(&writer, authority);
    fz_writer_text(&writer, "\r\nSignature-Input: ");
    fz_writer_text(&writer, headers.signature_input);
    fz_writer_text(&writer, "\r\nSignature: ");
    fz_writer_text(&writer, headers.signature);
    if (request->body != NULL) {
        fz_writer_text(&writer, "\r\nContent-Digest: ");
        fz_writer_text(&writer, headers.content_digest);
        fz_writer_text(&writer, "\r\nContent-Type: application/json\r\nContent-Length: ");
        fz_writer_number(&writer, (int64_t)strlen(request->body));
    }
    fz_writer_text(&writer, "\r\n\r\n");
    fz_writer_text(&writer, request->body != NULL ? request->body : "");
    *len_out = writer.len;
    return writer.overflow ? fz_fail(err, FZ_LIMIT, "the request %s is long", request->path)
                           : FZ_OK;
}
