/*
 * A deterministic fuzz of the readers: pieces of real headers put together and damaged at random,
 * always the same ones. Nothing may crash; and what is accepted must hold together: the base that
 * is built can be taken apart into the same components, and a built base has one reading.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/auth/request.h"
#include "tests/support/leak.h"

static uint64_t state;

/* xorshift64*: the same numbers on every machine. */
static unsigned random_below(unsigned bound)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static const char *const PIECES[] = {"fz=",
                                     "s=",
                                     ", ",
                                     ",",
                                     " ",
                                     "\t",
                                     "(",
                                     ")",
                                     "\"@method\"",
                                     "\"@path\"",
                                     "\"@query\"",
                                     "\"content-digest\"",
                                     "\"date\"",
                                     "\"x-a\"",
                                     "\"@authority\"",
                                     "\"@target-uri\"",
                                     "\"@query-param\";name=\"a\"",
                                     "\"@request-target\"",
                                     "\"@scheme\"",
                                     "\"@status\"",
                                     ";sf",
                                     ";created=1796083200",
                                     ";expires=1796083300",
                                     ";keyid=\"7.k\"",
                                     ";alg=\"ecdsa-p256-sha256\"",
                                     ";nonce=\"n\\\"x\"",
                                     ";tag=\"t\"",
                                     ";",
                                     "=",
                                     ":",
                                     "?1",
                                     "-",
                                     "0",
                                     "9",
                                     "1.5",
                                     "\\",
                                     "\"",
                                     "\x80",
                                     "\n",
                                     "tok/en",
                                     ":AAAA:",
                                     "(\"@method\" \"@path\" \"@query\" \"content-digest\")",
                                     "(\"@method\" \"@path\");created=1;keyid=\"k\"",
                                     "(\"@path\" \"x-a\" \"@method\" \"@query\")"};

static size_t assemble(char *text, size_t size)
{
    size_t len = 0;
    for (unsigned left = random_below(16); left > 0; left--) {
        const char *piece = PIECES[random_below(sizeof PIECES / sizeof PIECES[0])];
        if (len + strlen(piece) + 1 > size) {
            break;
        }
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    text[len] = '\0';
    return len;
}

/* Changes, removes or doubles a few characters. NUL never appears: headers are C strings here. */
static void damage(char *text, size_t size)
{
    for (unsigned left = random_below(4); left > 0; left--) {
        size_t len = strlen(text);
        size_t at = len ? random_below((unsigned)len) : 0;
        switch (random_below(3)) {
        case 0:
            text[at] = len ? (char)(1 + random_below(255)) : '\0';
            break;
        case 1:
            memmove(text + at, text + at + (len ? 1 : 0), len - at + (len ? 0 : 1));
            break;
        default:
            if (len + 2 < size) {
                memmove(text + at + 1, text + at, len - at + 1);
            }
            break;
        }
    }
}

#define B64 \
    ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:"
#define GOOD                                                                       \
    "fz=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1796083200;" \
    "keyid=\"7.k\";alg=\"ecdsa-p256-sha256\""

/* An accepted signature: builds the base and checks that it reads back as the same. */
static bool check_accepted(const struct test_request *request, const struct fz_httpsig *signature)
{
    char base[1024], again[1024];
    size_t len = 0, again_len = 0;
    struct fz_httpsig_base parsed;
    struct fz_err err = {0};
    cr_assert_leq(signature->component_count, (unsigned)FZ_HTTPSIG_COMPONENTS_MAX);
    cr_assert_geq(signature->created_s, 0);
    if (fz_httpsig_build_base(&request->message, signature, base, sizeof base, &len, NULL) !=
        FZ_OK) {
        return false;
    }
    cr_assert_leq(len, sizeof base);
    cr_assert_eq(fz_httpsig_base_parse(base, len, &parsed, &err), FZ_OK, "%s\n%.*s", err.msg,
                 (int)len, base);
    cr_assert_eq(parsed.signature.component_count, signature->component_count);
    cr_assert_eq(parsed.signature.created_s, signature->created_s);
    cr_assert_eq(parsed.signature.expires_s, signature->expires_s);
    cr_assert_eq(fz_httpsig_build_base(&request->message, &parsed.signature, again, sizeof again,
                                       &again_len, &err),
                 FZ_OK, "%s", err.msg);
    cr_assert(again_len == len && memcmp(base, again, len) == 0, "%.*s", (int)len, base);
    return true;
}

static void request_for_fuzz(struct test_request *request, const char *input, const char *signature)
{
    test_request_init(request);
    request->message.query = random_below(2) ? "?a=1&b=2" : NULL;
    test_request_header(request, "Date", "Tue, 20 Apr 2021 02:07:55 GMT");
    test_request_header(request, "X-A", "one");
    test_request_header(request, "X-A", "two");
    test_request_header(request, "Content-Digest",
                        "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    test_request_header(request, "Signature-Input", input);
    test_request_header(request, "Signature", signature);
}

Test(httpsig_fuzz, damaged_headers)
{
    unsigned accepted = 0, refused = 0, built = 0;
    state = 20261201;
    for (unsigned i = 0; i < 200000; i++) {
        char input[1024] = GOOD;
        char signature[512] = "fz=" B64 ", s=" B64;
        struct test_request request;
        struct fz_httpsig result;
        if (random_below(2)) {
            size_t len = assemble(input + 3, sizeof input - 3) + 3;
            cr_assert_lt(len, sizeof input);
        }
        damage(input, sizeof input);
        if (random_below(4) == 0) {
            damage(signature, sizeof signature);
        }
        request_for_fuzz(&request, input, signature);
        if (fz_httpsig_read(&request.message, random_below(2), NULL, &result, NULL) != FZ_OK) {
            refused++;
            continue;
        }
        accepted++;
        built += check_accepted(&request, &result) ? 1 : 0;
    }
    /* The loop would prove nothing if it never got past the first character. */
    cr_expect_gt(accepted, 10000u, "%u accepted", accepted);
    cr_expect_gt(refused, 50000u, "%u refused", refused);
    cr_expect_gt(built, 10000u, "%u built", built);
    FZ_EXPECT_NO_LEAK();
}

Test(httpsig_fuzz, damaged_kept_bases)
{
    static const char KEPT[] =
        "\"@method\": PUT\n\"@path\": /v1/x\n\"@query\": ?\n\"content-digest\": sha-256=:AAAA=:\n"
        "\"@signature-params\": (\"@method\" \"@path\" \"@query\" \"content-digest\");"
        "created=1796083200;keyid=\"7.k\";alg=\"ecdsa-p256-sha256\"";
    unsigned accepted = 0;
    state = 4711;
    for (unsigned i = 0; i < 200000; i++) {
        char text[1024];
        struct fz_httpsig_base base;
        memcpy(text, KEPT, sizeof KEPT);
        damage(text, sizeof text);
        size_t len = strlen(text);
        if (fz_httpsig_base_parse(text, len, &base, NULL) != FZ_OK) {
            continue;
        }
        accepted++;
        size_t sum = strlen("\"@signature-params\": ") + base.signature.params.len;
        for (unsigned k = 0; k < base.signature.component_count; k++) {
            struct fz_httpsig_component *component = &base.signature.components[k];
            sum += component->name.len + strlen("\"\": \n") + base.values[k].len;
            sum += component->parameter.len ? component->parameter.len + strlen(";name=\"\"") : 0;
        }
        cr_assert_eq(sum, len, "bytes that belong to nothing:\n%s", text);
    }
    cr_expect_gt(accepted, 20000u, "%u accepted", accepted);
}

Test(httpsig_fuzz, damaged_digests)
{
    static const char DIGEST[] = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
    unsigned accepted = 0;
    state = 99;
    for (unsigned i = 0; i < 100000; i++) {
        char text[256];
        uint8_t digest[32];
        snprintf(text, sizeof text, "%s%s", DIGEST, random_below(2) ? ", sha-512=:AAAA:" : "");
        damage(text, sizeof text);
        struct fz_httpsig_text value = {text, strlen(text)};
        if (fz_httpsig_digest_parse(value, digest, NULL) == FZ_OK) {
            char back[64];
            fz_httpsig_digest_format(digest, back, sizeof back);
            cr_assert_not_null(strstr(text, back), "%s read as %s", text, back);
            accepted++;
        }
    }
    cr_expect_gt(accepted, 10000u, "%u accepted", accepted);
}
