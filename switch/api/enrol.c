/*
 * Room switch/api. POST /v1/enrol: a one-time code binds a public key to a party and a role. The
 * request is signed with the very key it brings, which proves that the sender has it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/base32.h"
#include "switch/api/authenticate.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

#define CODE_CHARS 16    /* base32 characters of a code: 80 random bits */
#define CODE_TEXT_MAX 64 /* with the community's number, hyphens, and somebody's extra ones */
#define LABEL_MAX 60

struct enrol_body {
    const char *code;
    const char *public_key;
    const char *label;
};

static const struct fz_body_field enrol_fields[] = {
    {"code", FZ_FIELD_ASCII, true, offsetof(struct enrol_body, code), CODE_CHARS, CODE_TEXT_MAX},
    {"public_key", FZ_FIELD_ASCII, true, offsetof(struct enrol_body, public_key), 1,
     FZ_BASE64_SIZE(FZ_SPKI_LEN) - 1},
    {"label", FZ_FIELD_TEXT, false, offsetof(struct enrol_body, label), 1, LABEL_MAX},
};
static const struct fz_body_table enrol_table = FZ_BODY_TABLE(enrol_fields);

/*
 * `<community>-XXXX-XXXX-XXXX-XXXX`, as a person may have typed it. False: no code at all, or one
 * of another community than the key id says.
 */
static bool hash_code(const char *text, int32_t community, uint8_t hash_out[FZ_SHA256_LEN])
{
    char chars[CODE_CHARS + 1];
    int64_t number = 0;
    size_t at = 0;
    while (text[at] >= '0' && text[at] <= '9' && number <= INT32_MAX) {
        number = number * 10 + (text[at] - '0');
        at++;
    }
    if (at == 0 || text[0] == '0' || text[at] != '-' || number != community ||
        !fz_base32_normalize(text + at + 1, strlen(text + at + 1), chars, CODE_CHARS)) {
        return false;
    }
    fz_sha256(chars, CODE_CHARS, hash_out);
    fz_wipe(chars, sizeof(chars));
    return true;
}

static void on_enrolled(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    struct fz_err err = {.rc = FZ_OK};
    if (rc == FZ_OK) {
        rc = fz_api_keep_credential(call->api, credential, NULL, &err);
    }
    if (rc == FZ_OK && credential->revoked) {
        rc = FZ_KEY_UNKNOWN; /* the old code with its old key, which is lost for good */
    }
    if (rc != FZ_OK) {
        fz_call_fail(call, rc == FZ_NOT_FOUND ? FZ_ENROLMENT_CODE : rc, NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_view_enrolment(&out, credential);
    fz_call_reply(call, 201, &out);
}

static void enrol(struct fz_call *call, const struct enrol_body *body, const struct fz_key *key)
{
    struct fz_err err = {.rc = FZ_OK};
    if (fz_api_verify_with(call, key, &err) != FZ_OK) {
        fz_api_fail_auth(call, &err);
        return;
    }
    if (!hash_code(body->code, call->auth.community, call->code_hash)) {
        fz_call_fail(call, FZ_ENROLMENT_CODE, NULL, NULL);
        return;
    }
    memcpy(call->public_key, fz_key_spki(key), FZ_SPKI_LEN);
    struct fz_enrolment enrolment = {.community = call->auth.community,
                                     .code_hash = call->code_hash,
                                     .key_id = call->auth.key_id,
                                     .public_key = call->public_key,
                                     .label = body->label};
    fz_store_enrol(call->api->reader, &enrolment, on_enrolled, call);
}

void fz_api_enrol(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct enrol_body body = {.label = ""};
    uint8_t spki[FZ_SPKI_LEN];
    size_t spki_len = 0;
    struct fz_key *key = NULL;
    (void)ctx;
    if (!fz_call_read_query(call, NULL, NULL) || !fz_call_read_body(call, &enrol_table, &body)) {
        return;
    }
    if (!fz_base64_decode(body.public_key, strlen(body.public_key), spki, sizeof(spki),
                          &spki_len) ||
        fz_key_from_spki(spki, spki_len, &key, NULL) != FZ_OK) {
        fz_call_fail_at(call, FZ_BAD_FIELD,
                        "public_key must be base64 of a P-256 SubjectPublicKeyInfo in DER", "field",
                        "public_key");
        return;
    }
    enrol(call, &body, key);
    fz_key_destroy(&key);
}
