/*
 * Our side of the talk with a foreign client, for foreign_python.sh and foreign_openssl.sh.
 *
 *   auth_foreign verify < CASES   each case is a block of `name value` lines and an empty line:
 *       spki BASE64 | method M | authority A | path P | query ?Q | now SECONDS | body TEXT |
 *       header NAME VALUE | expect SLUG
 *     prints `SLUG DETAIL` per case; fails if one is not what was expected, or if there is none.
 *   auth_foreign sign METHOD PATH QUERY BODY   ("-": there is none)
 *     makes a key, signs as our clients do, prints `spki`, and the three headers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feezero/crypto.h"
#include "switch/auth/verify.h"

#define HEADERS_MAX 16
#define LINE_SIZE 4096
#define SIGNED_AT INT64_C(1796083200)

struct one_case {
    char method[16], authority[128], path[512], query[512], body[LINE_SIZE], spki[256], expect[64];
    char names[HEADERS_MAX][64], values[HEADERS_MAX][LINE_SIZE];
    unsigned header_count;
    long long now_s;
    bool has_query, started;
};

static bool
header_get(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    const struct one_case *one = ctx;
    for (unsigned i = 0; i < one->header_count; i++) {
        if (strcasecmp(one->names[i], name) == 0 && index-- == 0) {
            *value_out = (struct fz_httpsig_text){one->values[i], strlen(one->values[i])};
            return true;
        }
    }
    return false;
}

static fz_rc verify_case(struct one_case *one, struct fz_err *err)
{
    uint8_t spki[FZ_SPKI_LEN];
    size_t len = 0;
    struct fz_key *key = NULL;
    struct fz_auth auth;
    if (!fz_base64_decode(one->spki, strlen(one->spki), spki, sizeof spki, &len)) {
        return fz_fail(err, FZ_FORMAT, "spki");
    }
    fz_rc rc = fz_key_from_spki(spki, len, &key, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_httpsig_message message = {.method = one->method,
                                         .scheme = "https",
                                         .authority = one->authority,
                                         .path = one->path,
                                         .query = one->has_query ? one->query : NULL,
                                         .header = header_get,
                                         .header_ctx = one};
    struct fz_httpsig_text body = {one->body, strlen(one->body)};
    rc = fz_auth_verify(&auth, &message, body, key, one->now_s * 1000000, err);
    fz_key_destroy(&key);
    return rc;
}

static void copy(char *to, size_t size, const char *from)
{
    if (snprintf(to, size, "%s", from) >= (int)size) {
        fprintf(stderr, "too long: %s\n", from);
        exit(2);
    }
}

static void header_add(struct one_case *one, const char *text)
{
    size_t len = strcspn(text, " ");
    if (one->header_count == HEADERS_MAX || len >= sizeof one->names[0]) {
        fprintf(stderr, "header: %s\n", text);
        exit(2);
    }
    memcpy(one->names[one->header_count], text, len);
    copy(one->values[one->header_count++], LINE_SIZE, text + len + (text[len] ? 1 : 0));
}

static void take_line(struct one_case *one, char *line)
{
    struct {
        const char *name;
        char *to;
        size_t size;
    } fields[] = {{"method", one->method, sizeof one->method},
                  {"authority", one->authority, sizeof one->authority},
                  {"path", one->path, sizeof one->path},
                  {"query", one->query, sizeof one->query},
                  {"body", one->body, sizeof one->body},
                  {"spki", one->spki, sizeof one->spki},
                  {"expect", one->expect, sizeof one->expect}};
    char *value = strchr(line, ' ');
    if (!value) {
        fprintf(stderr, "line: %s\n", line);
        exit(2);
    }
    *value++ = '\0';
    one->started = true;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(line, fields[i].name) == 0) {
            copy(fields[i].to, fields[i].size, value);
            one->has_query = one->has_query || fields[i].to == one->query;
            return;
        }
    }
    if (strcmp(line, "now") == 0) {
        one->now_s = strtoll(value, NULL, 10);
    } else if (strcmp(line, "header") == 0) {
        header_add(one, value);
    } else {
        fprintf(stderr, "unknown line: %s\n", line);
        exit(2);
    }
}

static int verify_all(void)
{
    static struct one_case one;
    static char line[LINE_SIZE];
    unsigned cases = 0, wrong = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0') {
            take_line(&one, line);
            continue;
        }
        struct fz_err err = {0};
        const char *slug = fz_rc_info(verify_case(&one, &err))->slug;
        printf("%s %s\n", slug, err.msg);
        cases++;
        if (strcmp(slug, one.expect) != 0) {
            printf("  case %u: expected %s\n", cases, one.expect);
            wrong++;
        }
        memset(&one, 0, sizeof one);
    }
    printf("%u cases, %u wrong\n", cases, wrong);
    return cases == 0 || wrong > 0 || one.started ? 1 : 0;
}

static const char *given(const char *argument)
{
    return strcmp(argument, "-") == 0 ? NULL : argument;
}

static int sign_one(char **arguments)
{
    struct fz_err err = {0};
    struct fz_key *key = NULL;
    struct fz_httpsig_headers headers;
    char key_id[FZ_KEY_ID_MAX + 1], thumbprint[FZ_THUMBPRINT_LEN + 1], base[1024];
    char spki[FZ_BASE64_SIZE(FZ_SPKI_LEN)];
    uint8_t digest[FZ_SHA256_LEN], signature[FZ_SIGNATURE_LEN];
    size_t len = 0;
    fz_rc rc = fz_key_generate(&key, &err);
    if (rc != FZ_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    fz_key_thumbprint(key, thumbprint);
    fz_key_id_format(7, thumbprint, key_id);
    fz_base64_encode(fz_key_spki(key), FZ_SPKI_LEN, spki);
    const char *body = given(arguments[3]);
    fz_sha256(body ? body : "", body ? strlen(body) : 0, digest);
    struct fz_httpsig_request request = {.method = arguments[0],
                                         .path = arguments[1],
                                         .query = given(arguments[2]),
                                         .key_id = key_id,
                                         .created_s = SIGNED_AT,
                                         .body_digest = body ? digest : NULL};
    rc = fz_httpsig_request_base(&request, base, sizeof base, &len, &err);
    if (rc == FZ_OK) {
        rc = fz_key_sign(key, base, len, signature, &err);
    }
    if (rc == FZ_OK) {
        rc = fz_httpsig_request_headers(&request, signature, &headers, &err);
    }
    fz_key_destroy(&key);
    if (rc != FZ_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    printf("spki %s\nsignature-input %s\nsignature %s\ncontent-digest %s\n", spki,
           headers.signature_input, headers.signature, headers.content_digest);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "verify") == 0) {
        return verify_all();
    }
    if (argc == 6 && strcmp(argv[1], "sign") == 0) {
        return sign_one(argv + 2);
    }
    fprintf(stderr, "usage: auth_foreign verify | sign METHOD PATH QUERY BODY\n");
    return 2;
}
