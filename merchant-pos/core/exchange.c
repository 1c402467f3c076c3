/*
 * merchant-pos/core: signing, sending and sorting of answers.
 */
#include "merchant-pos/core/exchange.h"

#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/wire/httpsig.h"

#define BASE_MAX 1024 /* bytes of a signature base */
#define SLUG_MAX 40

_Static_assert(FZ_POS_DIGEST_LEN == FZ_HTTPSIG_DIGEST_LEN, "one digest");
_Static_assert(FZ_POS_SIGNATURE_LEN == FZ_HTTPSIG_SIGNATURE_LEN, "one signature form");

int64_t fz_exchange_now_ms(const struct fz_pos *pos)
{
    return pos->ports.now_ms(pos->ports.ctx) + pos->clock_skew_ms;
}

void fz_exchange_path(char path_out[FZ_POS_PATH_MAX],
                      const char *collection,
                      const struct fz_id *id,
                      const char *tail)
{
    struct fz_text text;

    fz_text_init(&text, path_out, FZ_POS_PATH_MAX);
    fz_text_add(&text, "/v1/");
    fz_text_add(&text, collection);
    fz_text_add(&text, "/");
    fz_text_add_id(&text, id);
    fz_text_add(&text, tail);
    fz_assert(!text.overflow);
}

static fz_rc sign(struct fz_pos *pos,
                  const struct fz_exchange_call *call,
                  struct fz_httpsig_headers *headers,
                  struct fz_err *err)
{
    const struct fz_pos_ports *ports = &pos->ports;
    uint8_t digest[FZ_POS_DIGEST_LEN];
    uint8_t signature[FZ_POS_SIGNATURE_LEN];
    char base[BASE_MAX];
    size_t base_len;
    struct fz_httpsig_request request = {
        .method = call->method,
        .path = call->path,
        .query = call->query,
        .key_id = pos->self.key_id,
        .created_s = fz_exchange_now_ms(pos) / 1000,
        .body_digest = call->body == NULL ? NULL : digest,
    };
    fz_rc rc = FZ_OK;

    if (call->body != NULL) {
        rc = ports->digest(ports->ctx, call->body, strlen(call->body), digest, err);
    }
    if (rc == FZ_OK) {
        rc = fz_httpsig_request_base(&request, base, sizeof base, &base_len, err);
    }
    if (rc == FZ_OK) {
        rc = ports->sign(ports->ctx, base, base_len, signature, err);
    }
    if (rc == FZ_OK) {
        rc = fz_httpsig_request_headers(&request, signature, headers, err);
    }
    return rc;
}

/* The code of a problem; FZ_OUTCOME_UNKNOWN if it is none of ours or contradicts its status. */
static fz_rc problem_code(const struct fz_exchange_answer *answer)
{
    char slug[SLUG_MAX];
    struct fz_json code;

    if (!fz_json_get(answer->root, "code", &code) ||
        !fz_json_string(code, slug, sizeof slug, NULL)) {
        return FZ_OUTCOME_UNKNOWN;
    }
    const struct fz_rc_info *info = fz_rc_by_slug(slug);

    if (info == NULL || info->http_status != answer->status) {
        return FZ_OUTCOME_UNKNOWN;
    }
    return info->class == FZ_CLASS_FAIL ? FZ_OUTCOME_UNKNOWN : info->rc;
}

static void
sort(struct fz_pos *pos, const struct fz_pos_reply *reply, struct fz_exchange_answer *answer)
{
    struct fz_json root;

    *answer = (struct fz_exchange_answer){.rc = FZ_OUTCOME_UNKNOWN,
                                          .status = reply->status,
                                          .retry_after_s = reply->retry_after_s,
                                          .body_len = reply->body_len};
    if (!fz_json_check(pos->answer, reply->body_len, &root) || !fz_json_is_object(root)) {
        return;
    }
    answer->root = root;
    if (reply->status >= 200 && reply->status <= 299) {
        answer->rc = FZ_OK;
    } else {
        answer->rc = problem_code(answer);
    }
}

/* A Date header has whole seconds and was a moment on its way: less than this is no difference. */
#define SKEW_MIN_MS 2000

/* A switch that says another century is not believed: nothing could be signed any more. */
#define TIME_MIN_MS INT64_C(1577836800000) /* 2020-01-01 */
#define TIME_MAX_MS INT64_C(4102444800000) /* 2100-01-01 */

static bool is_credible(int64_t time_ms)
{
    return time_ms >= TIME_MIN_MS && time_ms < TIME_MAX_MS;
}

static void learn_date(struct fz_pos *pos, int64_t date_ms)
{
    int64_t skew_ms = date_ms - pos->ports.now_ms(pos->ports.ctx);

    if (is_credible(date_ms)) {
        pos->clock_known = true;
        pos->clock_skew_ms = skew_ms > -SKEW_MIN_MS && skew_ms < SKEW_MIN_MS ? 0 : skew_ms;
    }
}

static fz_rc exchange_once(struct fz_pos *pos,
                           const struct fz_exchange_call *call,
                           struct fz_exchange_answer *answer,
                           struct fz_err *err)
{
    struct fz_httpsig_headers headers;
    fz_rc rc = sign(pos, call, &headers, err);

    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pos_request request = {
        .method = call->method,
        .path = call->path,
        .query = call->query,
        .body = call->body,
        .body_len = call->body == NULL ? 0 : strlen(call->body),
        .signature_input = headers.signature_input,
        .signature = headers.signature,
        .content_digest = headers.content_digest,
        .hold_ms = call->hold_ms,
    };
    struct fz_pos_reply reply = {.body = pos->answer, .body_size = sizeof pos->answer};

    rc = pos->ports.send(pos->ports.ctx, &request, &reply, err);
    if (rc == FZ_OK && reply.body_len <= sizeof pos->answer) {
        learn_date(pos, reply.date_ms);
        sort(pos, &reply, answer);
    } else {
        *answer = (struct fz_exchange_answer){.rc = rc == FZ_UNAVAILABLE ? FZ_UNAVAILABLE
                                                                         : FZ_OUTCOME_UNKNOWN};
    }
    return FZ_OK;
}

/* Takes over the switch's time; false if the answer does not tell it. */
static bool learn_time(struct fz_pos *pos, const struct fz_exchange_answer *answer)
{
    char text[FZ_TIMESTAMP_LEN + 8];
    struct fz_json value;
    int64_t server_ms;

    if (!fz_json_get(answer->root, "server_time", &value) ||
        !fz_json_string(value, text, sizeof text, NULL) || !fz_timestamp_parse(text, &server_ms) ||
        !is_credible(server_ms)) {
        return false;
    }
    pos->clock_skew_ms = server_ms - pos->ports.now_ms(pos->ports.ctx);
    pos->clock_known = true;
    return true;
}

fz_rc fz_exchange(struct fz_pos *pos,
                  const struct fz_exchange_call *call,
                  struct fz_exchange_answer *answer_out,
                  struct fz_err *err)
{
    fz_rc rc = exchange_once(pos, call, answer_out, err);

    if (rc == FZ_OK && answer_out->rc == FZ_SIGNATURE_STALE && learn_time(pos, answer_out)) {
        rc = exchange_once(pos, call, answer_out, err);
    }
    return rc;
}
