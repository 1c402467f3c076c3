/*
 * The signature base: what each component becomes, what is refused instead of being signed in two
 * meanings, and taking a kept base apart.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/auth/request.h"

#define B64 \
    ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==:"
#define FIXED "\"@method\" \"@path\" \"@query\""

/* Builds the base of a request that covers FIXED and then `components`. */
static fz_rc build(struct test_request *request,
                   const char *components,
                   char *base,
                   size_t size,
                   struct fz_err *err)
{
    char input[512];
    struct fz_httpsig signature;
    size_t len = 0;
    snprintf(input, sizeof input, "s=(" FIXED " %s);created=7;keyid=\"k\"", components);
    test_request_header(request, "Signature-Input", input);
    test_request_header(request, "Signature", "s=" B64);
    fz_rc rc = fz_httpsig_read(&request->message, false, NULL, &signature, err);
    cr_assert_eq(rc, FZ_OK, "%s: %s", components, err->msg);
    rc = fz_httpsig_build_base(&request->message, &signature, base, size - 1, &len, err);
    base[rc == FZ_OK ? len : 0] = '\0';
    request->header_count -= 2;
    return rc;
}

struct row {
    const char *component; /* as in the list */
    const char *scheme, *authority, *path, *query;
    const char *line; /* expected, or NULL: refused */
};

#define HTTPS "https", "town.example:8443"

static const struct row ROWS[] = {
    {"\"@authority\"", HTTPS, "/a", NULL, "\"@authority\": town.example:8443\n"},
    {"\"@authority\"", "https", "Town.EXAMPLE:443", "/a", NULL, "\"@authority\": town.example\n"},
    {"\"@authority\"", "http", "Town.EXAMPLE:80", "/a", NULL, "\"@authority\": town.example\n"},
    {"\"@authority\"", "http", "town.example:443", "/a", NULL,
     "\"@authority\": town.example:443\n"},
    {"\"@authority\"", "https", "town.example:80", "/a", NULL, "\"@authority\": town.example:80\n"},
    {"\"@authority\"", "https", "town.example:8443", "/a", NULL,
     "\"@authority\": town.example:8443\n"},
    {"\"@authority\"", "https", "[::1]:443", "/a", NULL, "\"@authority\": [::1]\n"},
    {"\"@authority\"", "https", " h ", "/a", NULL, "\"@authority\": h\n"},
    {"\"@authority\"", "https", NULL, "/a", NULL, NULL},
    {"\"@authority\"", "https", "", "/a", NULL, NULL},
    {"\"@authority\"", "https", "a b", "/a", NULL, NULL},
    {"\"@authority\"", "https", "a\nb", "/a", NULL, NULL},
    {"\"@authority\"", "https", "\xc3\xa9", "/a", NULL, NULL},
    {"\"@scheme\"", "HTTPS", "h", "/a", NULL, "\"@scheme\": https\n"},
    {"\"@scheme\"", "http", "h", "/a", NULL, "\"@scheme\": http\n"},
    {"\"@request-target\"", HTTPS, "/a", "?b=1", "\"@request-target\": /a?b=1\n"},
    {"\"@request-target\"", HTTPS, "/a", "?", "\"@request-target\": /a?\n"},
    {"\"@request-target\"", HTTPS, "/a", NULL, "\"@request-target\": /a\n"},
    {"\"@target-uri\"", HTTPS, "/a", "?b=1", "\"@target-uri\": https://town.example:8443/a?b=1\n"},
    {"\"@target-uri\"", "https", "H:443", "", NULL, "\"@target-uri\": https://h/\n"},
    {"\"@target-uri\"", "https", NULL, "/a", NULL, NULL},
    /* @query-param: plain names and values, exactly once */
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=1", "\"@query-param\";name=\"b\": 1\n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?a=0&b=1-2_3.4*&c",
     "\"@query-param\";name=\"b\": 1-2_3.4*\n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=", "\"@query-param\";name=\"b\": \n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b", "\"@query-param\";name=\"b\": \n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?&&b=1&", "\"@query-param\";name=\"b\": 1\n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?c=x%20y&b=1",
     "\"@query-param\";name=\"b\": 1\n"},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", NULL, NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?bb=1&B=2", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=1&b=2", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=1&b=1", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=1+2", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=%31", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?b=a=b", NULL},
    {"\"@query-param\";name=\"b\"", HTTPS, "/a", "?%62=1&b=2", NULL},
    {"\"@query-param\";name=\"b c\"", HTTPS, "/a", "?b+c=1", NULL},
    /* parts of the request line that no honest server hands over */
    {"\"@scheme\"", HTTPS, "/a\nb", NULL, NULL},
    {"\"@scheme\"", HTTPS, "/a b", NULL, NULL},
    {"\"@scheme\"", HTTPS, "/\xe5\x86\x86", NULL, NULL},
    {"\"@scheme\"", HTTPS, "/a", "?a b", NULL},
    {"\"@scheme\"", HTTPS, "/a", "?\x7f", NULL},
};

Test(httpsig_base, derived_components)
{
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const struct row *row = &ROWS[i];
        struct test_request request;
        struct fz_err err = {0};
        char base[1024], expected[1024];
        test_request_init(&request);
        request.message.scheme = row->scheme;
        request.message.authority = row->authority;
        request.message.path = row->path;
        request.message.query = row->query;
        fz_rc rc = build(&request, row->component, base, sizeof base, &err);
        if (!row->line) {
            cr_expect_eq(rc, FZ_SIGNATURE_MISSING, "row %zu: built %s", i, base);
            continue;
        }
        snprintf(expected, sizeof expected,
                 "\"@method\": PUT\n\"@path\": %s\n\"@query\": %s\n%s"
                 "\"@signature-params\": (" FIXED " %s);created=7;keyid=\"k\"",
                 row->path[0] ? row->path : "/", row->query ? row->query : "?", row->line,
                 row->component);
        cr_assert_eq(rc, FZ_OK, "row %zu: %s", i, err.msg);
        cr_expect_str_eq(base, expected, "row %zu", i);
    }
}

Test(httpsig_base, a_header_that_is_absent_or_unprintable_is_refused)
{
    static const struct {
        const char *name, *value, *reason;
    } rows[] = {
        {"date", NULL, "is not there"},         {"date", "a\nb", "control character"},
        {"date", "a\rb", "control character"},  {"date", "a\x01", "control character"},
        {"date", "a\x7f", "control character"}, {"date", "\xe5\x86\x86", "control character"},
        {"dates", "x", "is not there"},         {"dat", "x", "is not there"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct fz_err err = {0};
        char base[1024];
        test_request_init(&request);
        if (rows[i].value) {
            test_request_header(&request, rows[i].name, rows[i].value);
        }
        cr_expect_eq(build(&request, "\"date\"", base, sizeof base, &err), FZ_SIGNATURE_MISSING,
                     "row %zu", i);
        cr_expect_not_null(strstr(err.msg, rows[i].reason), "row %zu: %s", i, err.msg);
    }
}

Test(httpsig_base, blanks_inside_a_value_stay)
{
    struct test_request request;
    struct fz_err err = {0};
    char base[1024];
    test_request_init(&request);
    test_request_header(&request, "Date", "\t a  b\tc \t");
    cr_assert_eq(build(&request, "\"date\"", base, sizeof base, &err), FZ_OK, "%s", err.msg);
    cr_expect_not_null(strstr(base, "\n\"date\": a  b\tc\n"), "%s", base);
}

Test(httpsig_base, spaces_and_only_spaces_of_the_parameters_are_made_regular)
{
    struct test_request request;
    struct fz_httpsig signature;
    struct fz_err err = {0};
    char base[1024];
    size_t len = 0;
    test_request_init(&request);
    test_request_header(&request, "Signature", "s=" B64);
    test_request_header(&request, "Signature-Input",
                        "s=(  \"@path\"   \"@method\"  );  created=7; keyid=\"k  ( ;\";"
                        "nonce=\"a \\\"  ; b\"");
    cr_assert_eq(fz_httpsig_read(&request.message, false, NULL, &signature, &err), FZ_OK, "%s",
                 err.msg);
    cr_assert_eq(fz_httpsig_build_base(&request.message, &signature, base, sizeof base, &len, &err),
                 FZ_OK, "%s", err.msg);
    base[len] = '\0';
    cr_expect_str_eq(strstr(base, "\"@signature-params\""),
                     "\"@signature-params\": (\"@path\" \"@method\");created=7;"
                     "keyid=\"k  ( ;\";nonce=\"a \\\"  ; b\"");
}

Test(httpsig_base, a_base_that_does_not_fit_is_refused_at_every_size)
{
    struct test_request request;
    struct fz_err err = {0};
    char whole[1024];
    test_request_init(&request);
    cr_assert_eq(build(&request, "\"@scheme\"", whole, sizeof whole, &err), FZ_OK, "%s", err.msg);
    size_t needed = strlen(whole);
    for (size_t size = 0; size <= needed; size++) {
        char base[1024];
        memset(base, '#', sizeof base);
        fz_rc rc = build(&request, "\"@scheme\"", base, size + 1, &err);
        cr_expect_eq(rc, size < needed ? FZ_SIGNATURE_MISSING : FZ_OK, "%zu", size);
        cr_expect_eq(base[size + 1], '#', "wrote past %zu", size);
    }
}

/* --- a base that was kept -------------------------------------------------------------------- */

#define PARAMS ";created=7;keyid=\"k\""
#define KEPT                                                                           \
    "\"@method\": PUT\n\"@path\": /v1/x\n\"@query-param\";name=\"b\": 1\n\"date\": \n" \
    "\"@signature-params\": (\"@method\" \"@path\" \"@query-param\";name=\"b\" \"date\")" PARAMS

Test(httpsig_base, a_kept_base_gives_its_values_back)
{
    struct fz_httpsig_base base;
    struct fz_httpsig_text value;
    struct fz_err err = {0};
    cr_assert_eq(fz_httpsig_base_parse(KEPT, strlen(KEPT), &base, &err), FZ_OK, "%s", err.msg);
    cr_assert(fz_httpsig_base_get(&base, "@method", &value));
    cr_expect_str_eq(test_text(value), "PUT");
    cr_assert(fz_httpsig_base_get(&base, "@path", &value));
    cr_expect_str_eq(test_text(value), "/v1/x");
    cr_assert(fz_httpsig_base_get(&base, "date", &value));
    cr_expect_eq(value.len, 0u);
    cr_expect_not(fz_httpsig_base_get(&base, "content-digest", &value));
    cr_expect_not(fz_httpsig_base_get(&base, "@signature-params", &value));
    cr_expect_str_eq(test_text(base.signature.key_id), "k");
    cr_expect_eq(base.signature.created_s, 7);
}

Test(httpsig_base, what_the_builder_would_not_write_is_no_kept_base)
{
    static const char *const texts[] = {
        "",
        "\n",
        "\"@method\": PUT\n",
        KEPT "\n",
        KEPT " ",
        " " KEPT,
        "\n" KEPT,
        "\"@signature-params\": ",
        "\"@signature-params\":()" PARAMS,
        "\"@signature-params\": ( )" PARAMS,
        "\"@signature-params\": ();created=7",
        "\"@signature-params\": (); created=7;keyid=\"k\"",
        "\"@signature-params\": ()" PARAMS ", s=()" PARAMS,
        "\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\": PUT\n\"@signature-params\": ()" PARAMS,
        "\"@method\": PUT\n\"@signature-params\": (\"@path\")" PARAMS,
        "\"@method\" : PUT\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\":PUT\n\"@signature-params\": (\"@method\")" PARAMS,
        "@method: PUT\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\": PUT\r\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\": PUT\n\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\": \xe5\x86\x86\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@path\": /\n\"@method\": PUT\n\"@signature-params\": (\"@method\" \"@path\")" PARAMS,
        "\"@method\": PUT\n\"@path\": /\n\"@signature-params\": (\"@method\"  \"@path\")" PARAMS,
        "\"@method\": PUT\n\"@path\": /\n\"@signature-params\": (\"@method\")" PARAMS,
        "\"@method\": PUT\n\"@method\": GET\n"
        "\"@signature-params\": (\"@method\" \"@method\")" PARAMS,
        "\"@status\": 200\n\"@signature-params\": (\"@status\")" PARAMS,
        "\"@method\": PUT\n\"@signature-params\": (\"@method\")" PARAMS "\n\"date\": x",
        "\"@signature-params\": ()" PARAMS "\n\"@signature-params\": ()" PARAMS,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fz_httpsig_base base;
        cr_expect_eq(fz_httpsig_base_parse(texts[i], strlen(texts[i]), &base, NULL), FZ_FORMAT,
                     "row %zu accepted:\n%s", i, texts[i]);
    }
}

Test(httpsig_base, every_cut_of_a_kept_base_is_refused)
{
    for (size_t len = 0; len < strlen(KEPT); len++) {
        struct fz_httpsig_base base;
        cr_expect_eq(fz_httpsig_base_parse(KEPT, len, &base, NULL), FZ_FORMAT, "%zu", len);
    }
}

/* --- the signing end -------------------------------------------------------------------------- */

static const uint8_t DIGEST[32] = {0x5f, 0x8f, 0x04, 0xf6, 0xa3, 0xa8, 0x92, 0xaa, 0xab, 0xbd, 0xdb,
                                   0x6c, 0xf2, 0x73, 0x89, 0x44, 0x93, 0x77, 0x39, 0x60, 0xd4, 0xa3,
                                   0x25, 0xb1, 0x05, 0xfe, 0xe4, 0x6e, 0xef, 0x43, 0x04, 0xf1};

Test(httpsig_base, our_clients_sign_exactly_this)
{
    static const char EXPECTED[] =
        "\"@method\": PUT\n"
        "\"@path\": /v1/payments/017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n"
        "\"@query\": ?\n"
        "\"content-digest\": sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:\n"
        "\"@signature-params\": (\"@method\" \"@path\" \"@query\" \"content-digest\");"
        "created=1796083200;keyid=\"7.key\";alg=\"ecdsa-p256-sha256\"";
    struct fz_httpsig_request request = {.method = "PUT",
                                         .path =
                                             "/v1/payments/017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
                                         .key_id = "7.key",
                                         .created_s = 1796083200,
                                         .body_digest = DIGEST};
    struct fz_httpsig_headers headers;
    struct fz_err err = {0};
    char base[1024];
    size_t len = 0;
    const uint8_t signature[64] = {0};
    cr_assert_eq(fz_httpsig_request_base(&request, base, sizeof base, &len, &err), FZ_OK, "%s",
                 err.msg);
    base[len] = '\0';
    cr_expect_str_eq(base, EXPECTED);
    cr_assert_eq(fz_httpsig_request_headers(&request, signature, &headers, &err), FZ_OK, "%s",
                 err.msg);
    cr_expect_str_eq(headers.signature_input,
                     "fz=(\"@method\" \"@path\" \"@query\" \"content-digest\");created=1796083200;"
                     "keyid=\"7.key\";alg=\"ecdsa-p256-sha256\"");
    cr_expect_str_eq(headers.signature, "fz=" B64);
    cr_expect_str_eq(headers.content_digest,
                     "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
    for (size_t size = 0; size < len; size++) {
        cr_expect_eq(fz_httpsig_request_base(&request, base, size, &len, &err), FZ_LIMIT, "%zu",
                     size);
    }
}

Test(httpsig_base, our_clients_sign_a_query_and_leave_out_an_empty_body)
{
    struct fz_httpsig_request request = {.method = "GET",
                                         .path = "/v1/history",
                                         .query = "?before=12&limit=5",
                                         .key_id = "7.key",
                                         .created_s = 0};
    struct fz_httpsig_headers headers;
    struct fz_err err = {0};
    char base[1024];
    size_t len = 0;
    const uint8_t signature[64] = {0};
    cr_assert_eq(fz_httpsig_request_base(&request, base, sizeof base, &len, &err), FZ_OK, "%s",
                 err.msg);
    base[len] = '\0';
    cr_expect_str_eq(base, "\"@method\": GET\n\"@path\": /v1/history\n"
                           "\"@query\": ?before=12&limit=5\n"
                           "\"@signature-params\": (\"@method\" \"@path\" \"@query\");created=0;"
                           "keyid=\"7.key\";alg=\"ecdsa-p256-sha256\"");
    cr_assert_eq(fz_httpsig_request_headers(&request, signature, &headers, &err), FZ_OK, "%s",
                 err.msg);
    cr_expect_str_eq(headers.content_digest, "");
}

Test(httpsig_base, our_clients_do_not_sign_what_no_request_can_carry)
{
    static const struct {
        const char *method, *path, *query, *key_id;
        int64_t created_s;
        fz_rc expected;
    } rows[] = {
        {"GET", "/a", NULL, "k", 1, FZ_OK},
        {"GET", "/a", "?", "k", 1, FZ_OK},
        {"", "/a", NULL, "k", 1, FZ_FORMAT},
        {"G T", "/a", NULL, "k", 1, FZ_FORMAT},
        {"GET", NULL, NULL, "k", 1, FZ_FORMAT},
        {"GET", "", NULL, "k", 1, FZ_FORMAT},
        {"GET", "a", NULL, "k", 1, FZ_FORMAT},
        {"GET", "/a?b", NULL, "k", 1, FZ_FORMAT},
        {"GET", "/a#b", NULL, "k", 1, FZ_FORMAT},
        {"GET", "/a b", NULL, "k", 1, FZ_FORMAT},
        {"GET", "/\n", NULL, "k", 1, FZ_FORMAT},
        {"GET", "/a", "b", "k", 1, FZ_FORMAT},
        {"GET", "/a", "", "k", 1, FZ_FORMAT},
        {"GET", "/a", "? ", "k", 1, FZ_FORMAT},
        {"GET", "/a", NULL, "", 1, FZ_FORMAT},
        {"GET", "/a", NULL, NULL, 1, FZ_FORMAT},
        {"GET", "/a", NULL, "a\"b", 1, FZ_FORMAT},
        {"GET", "/a", NULL, "a\\b", 1, FZ_FORMAT},
        {"GET", "/a", NULL, "a b", 1, FZ_FORMAT},
        {"GET", "/a", NULL, "k", -1, FZ_FORMAT},
        {"GET", "/a", NULL, "k", INT64_MAX, FZ_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_httpsig_request request = {.method = rows[i].method,
                                             .path = rows[i].path,
                                             .query = rows[i].query,
                                             .key_id = rows[i].key_id,
                                             .created_s = rows[i].created_s};
        char base[1024];
        size_t len = 0;
        cr_expect_eq(fz_httpsig_request_base(&request, base, sizeof base, &len, NULL),
                     rows[i].expected, "row %zu", i);
    }
    char long_id[400];
    memset(long_id, 'k', sizeof long_id);
    long_id[sizeof long_id - 1] = '\0';
    struct fz_httpsig_request request = {.method = "GET", .path = "/", .key_id = long_id};
    struct fz_httpsig_headers headers;
    char base[1024];
    size_t len = 0;
    const uint8_t signature[64] = {0};
    cr_expect_eq(fz_httpsig_request_base(&request, base, sizeof base, &len, NULL), FZ_LIMIT);
    cr_expect_eq(fz_httpsig_request_headers(&request, signature, &headers, NULL), FZ_LIMIT);
}
