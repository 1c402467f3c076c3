/*
 * Fuzzing who-sent-this: Signature-Input, Signature and Content-Digest of a request, the signature
 * base, and authentication up to the key. A base that was built must read back as what was signed,
 * and a request made of its lines must give the same base again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feezero/assert.h"
#include "switch/auth/verify.h"
#include "tests/fuzz/http_text.h"

#define INPUT_MAX 8192
#define LATEST_S 253402300799LL /* the end of the year 9999 */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool text_is(struct fz_httpsig_text text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.at, word, text.len) == 0;
}

static bool same_text(struct fz_httpsig_text a, struct fz_httpsig_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool
find_header(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    const struct http_text *text = ctx;
    for (size_t i = 0; i < text->fields_len; i++) {
        if (strcasecmp(text->fields[i].name, name) == 0 && index-- == 0) {
            *value_out =
                (struct fz_httpsig_text){text->fields[i].value, strlen(text->fields[i].value)};
            return true;
        }
    }
    return false;
}

/* --- what a base says ------------------------------------------------------------------------- */

/* The fields of one name as RFC 9421, 2.1 puts them together. */
static struct fz_httpsig_text
join(const struct http_text *text, struct fz_httpsig_text name, char joined[INPUT_MAX])
{
    struct fz_httpsig_text out = {joined, 0};
    unsigned count = 0;
    for (size_t i = 0; i < text->fields_len; i++) {
        if (text_is(name, text->fields[i].name)) {
            size_t len = strlen(text->fields[i].value);
            fz_assert(out.len + len + 2 <= INPUT_MAX);
            memcpy(joined + out.len, ", ", 2);
            out.len += count++ > 0 ? 2 : 0;
            memcpy(joined + out.len, text->fields[i].value, len);
            out.len += len;
        }
    }
    fz_assert(count > 0);
    return out;
}

/* Each line has what the request has. */
static void expect_values(const struct fz_httpsig_message *message,
                          const struct http_text *text,
                          const struct fz_httpsig_base *base)
{
    char joined[INPUT_MAX];
    for (unsigned i = 0; i < base->signature.component_count; i++) {
        struct fz_httpsig_text name = base->signature.components[i].name;
        struct fz_httpsig_text value = base->values[i];
        if (name.at[0] != '@') {
            fz_assert(same_text(value, join(text, name, joined)));
        } else if (text_is(name, "@method")) {
            fz_assert(text_is(value, message->method));
        } else if (text_is(name, "@path")) {
            fz_assert(text_is(value, message->path));
        } else if (text_is(name, "@query")) {
            fz_assert(text_is(value, message->query != NULL ? message->query : "?"));
        } else if (text_is(name, "@request-target")) {
            fz_assert(text_is(value, text->target));
        } else if (text_is(name, "@scheme")) {
            fz_assert(text_is(value, "https"));
        } else if (text_is(name, "@target-uri")) {
            size_t len = strlen(text->target);
            fz_assert(value.len > 8 + len && memcmp(value.at, "https://", 8) == 0);
            fz_assert(memcmp(value.at + value.len - len, text->target, len) == 0);
        }
    }
}

/* --- the request that a base describes -------------------------------------------------------- */

struct rebuilt {
    const struct fz_httpsig_base *base;
    const char *input; /* Signature-Input and Signature of it */
    const char *signature;
};

static bool
find_rebuilt(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    const struct rebuilt *rebuilt = ctx;
    if (index > 0) {
        return false;
    }
    if (strcmp(name, "signature-input") == 0 || strcmp(name, "signature") == 0) {
        const char *value = name[9] == '-' ? rebuilt->input : rebuilt->signature;
        *value_out = (struct fz_httpsig_text){value, strlen(value)};
        return true;
    }
    return fz_httpsig_base_get(rebuilt->base, name, value_out);
}

/*
 * Can a request be made of the lines of a base? Not if they are about the headers that will differ,
 * or if a value ends in a blank: two empty fields of one name are ", ".
 */
static bool is_rebuildable(const struct fz_httpsig_base *base)
{
    for (unsigned i = 0; i < base->signature.component_count; i++) {
        struct fz_httpsig_text name = base->signature.components[i].name;
        struct fz_httpsig_text value = base->values[i];
        if (text_is(name, "signature") || text_is(name, "signature-input") ||
            (value.len > 0 && value.at[value.len - 1] == ' ')) {
            return false;
        }
    }
    return true;
}

static void expect_same_again(const struct fz_httpsig_message *message,
                              const struct http_text *text,
                              const struct fz_httpsig *signature,
                              struct fz_httpsig_text base)
{
    static struct fz_httpsig_base parsed;
    static struct fz_httpsig again;
    char input[FZ_ORDER_BASE_MAX + 4];
    char value[FZ_BASE64_SIZE(FZ_HTTPSIG_SIGNATURE_LEN) + 8];
    char second[FZ_ORDER_BASE_MAX];
    size_t second_len = 0;
    fz_assert(fz_httpsig_base_parse(base.at, base.len, &parsed, NULL) == FZ_OK);
    fz_assert(parsed.signature.component_count == signature->component_count);
    for (unsigned i = 0; i < signature->component_count; i++) {
        fz_assert(same_text(parsed.signature.components[i].name, signature->components[i].name));
    }
    fz_assert(same_text(parsed.signature.key_id, signature->key_id));
    fz_assert(parsed.signature.created_s == signature->created_s);
    fz_assert(parsed.signature.expires_s == signature->expires_s);
    expect_values(message, text, &parsed);
    if (!is_rebuildable(&parsed)) {
        return;
    }
    memcpy(input, "fz=", 3);
    memcpy(input + 3, parsed.signature.params.at, parsed.signature.params.len);
    input[3 + parsed.signature.params.len] = '\0';
    memcpy(value, "fz=:", 4);
    size_t value_len =
        4 + fz_base64_encode(signature->signature, sizeof signature->signature, value + 4);
    memcpy(value + value_len, ":", 2);
    struct rebuilt rebuilt = {&parsed, input, value};
    struct fz_httpsig_message copy = *message;
    copy.header = find_rebuilt;
    copy.header_ctx = &rebuilt;
    fz_assert(fz_httpsig_read(&copy, text->body_len > 0, "fz", &again, NULL) == FZ_OK);
    fz_assert(fz_httpsig_build_base(&copy, &again, second, sizeof second, &second_len, NULL) ==
              FZ_OK);
    fz_assert(second_len == base.len && memcmp(second, base.at, base.len) == 0);
    fz_assert(memcmp(again.signature, signature->signature, sizeof again.signature) == 0);
}

/* --- authentication up to the key ------------------------------------------------------------- */

static void expect_bound_to_body(const struct fz_httpsig_message *message,
                                 const struct http_text *text,
                                 int64_t now_us)
{
    static struct fz_auth auth;
    uint8_t *other = malloc(text->body_len);
    fz_assert(other != NULL);
    memcpy(other, text->body, text->body_len);
    other[text->body_len - 1] ^= 1;
    fz_assert(fz_auth_begin(&auth, message, other, text->body_len, now_us, NULL) == FZ_OK);
    fz_assert(!auth.digest_matches);
    free(other);
}

static void authenticate(const struct fz_httpsig_message *message,
                         const struct http_text *text,
                         const struct fz_httpsig *signature,
                         struct fz_httpsig_text base)
{
    static struct fz_auth auth;
    struct fz_err err = {.rc = FZ_OK};
    bool is_sane = signature->created_s <= LATEST_S; /* 15 digits are read, clocks have fewer */
    int64_t now_us = (is_sane ? signature->created_s : LATEST_S) * 1000000;
    fz_rc rc = fz_auth_begin(&auth, message, text->body, text->body_len, now_us, &err);
    if (rc != FZ_OK) {
        fz_assert(rc == FZ_SIGNATURE_STALE || rc == FZ_KEY_UNKNOWN);
        fz_assert(rc != FZ_SIGNATURE_STALE || signature->expires_s < signature->created_s ||
                  signature->created_s > LATEST_S + FZ_SIGNATURE_WINDOW_S);
        fz_assert(err.rc == rc && err.msg[0] != '\0');
        return;
    }
    fz_assert(auth.base_len == base.len && memcmp(auth.base, base.at, base.len) == 0);
    fz_assert(auth.community > 0 && strlen(auth.thumbprint) == FZ_THUMBPRINT_LEN);
    fz_assert(fz_auth_finish(&auth, NULL, &err) == FZ_KEY_UNKNOWN);
    int64_t late_us = now_us + (FZ_SIGNATURE_WINDOW_S + 1) * 1000000LL;
    if (auth.digest_matches && text->body_len > 0) {
        expect_bound_to_body(message, text, now_us);
    }
    rc = fz_auth_begin(&auth, message, text->body, text->body_len, late_us, NULL);
    fz_assert(rc == FZ_SIGNATURE_STALE || !is_sane);
}

static void read_signature(const struct http_text *text)
{
    static struct fz_httpsig signature;
    char path[INPUT_MAX + 1];
    char base[FZ_ORDER_BASE_MAX];
    size_t base_len = 0;
    struct fz_err err = {.rc = FZ_OK};
    struct fz_httpsig_text authority = {.len = 0};
    size_t path_len = strcspn(text->target, "?");
    memcpy(path, text->target, path_len);
    path[path_len] = '\0';
    struct fz_httpsig_message message = {
        .method = text->method,
        .scheme = "https",
        .path = path,
        .query = strchr(text->target, '?'),
        .header = find_header,
        .header_ctx = (void *)(uintptr_t)text,
    };
    if (find_header(message.header_ctx, "host", 0, &authority)) {
        message.authority = authority.at;
    }
    bool has_body = text->body_len > 0;
    fz_rc rc = fz_httpsig_read(&message, has_body, NULL, &signature, &err);
    if (rc == FZ_OK) {
        fz_assert(fz_httpsig_check_coverage(&signature, &message, has_body, NULL) == FZ_OK);
        rc = fz_httpsig_build_base(&message, &signature, base, sizeof base, &base_len, &err);
    }
    if (rc != FZ_OK) {
        fz_assert(rc == FZ_SIGNATURE_MISSING && err.rc == rc && err.msg[0] != '\0');
        return;
    }
    struct fz_httpsig_text built = {base, base_len};
    expect_same_again(&message, text, &signature, built);
    authenticate(&message, text, &signature, built);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct http_text text;
    if (len > INPUT_MAX) {
        return 0;
    }
    if (http_text_read(&text, bytes, len) && text.target[0] == '/') {
        read_signature(&text);
    }
    http_text_fini(&text);
    return 0;
}
