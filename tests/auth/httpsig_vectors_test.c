/*
 * The examples of RFC 9421 (appendix B.2) and RFC 9530: the signature base is rebuilt byte for byte
 * out of the request, and where an algorithm is not ours OpenSSL checks the signature over it.
 */
#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <string.h>

#include "feezero/crypto.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

#define SHA512_DIGEST                                                                      \
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRw" \
    "EmTHWXvJwew==:"

/* The request `test-request` of appendix B.2. */
static void rfc_request(struct test_request *request)
{
    test_request_init(request);
    request->message.method = "POST";
    request->message.authority = "example.com";
    request->message.path = "/foo";
    request->message.query = "?param=Value&Pet=dog";
    request->body = "{\"hello\": \"world\"}";
    test_request_header(request, "Host", "example.com");
    test_request_header(request, "Date", "Tue, 20 Apr 2021 02:07:55 GMT");
    test_request_header(request, "Content-Type", "application/json");
    test_request_header(request, "Content-Digest", SHA512_DIGEST);
    test_request_header(request, "Content-Length", "18");
}

/* The bases of appendix B.2, and one over the headers of section 2.1. */
#define B22                                                                         \
    "\"@authority\": example.com\n"                                                 \
    "\"content-digest\": " SHA512_DIGEST "\n"                                       \
    "\"@query-param\";name=\"Pet\": dog\n"                                          \
    "\"@signature-params\": (\"@authority\" \"content-digest\" "                    \
    "\"@query-param\";name=\"Pet\");created=1618884473;keyid=\"test-key-rsa-pss\";" \
    "tag=\"header-example\""
#define B23                                                                             \
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"                                         \
    "\"@method\": POST\n"                                                               \
    "\"@path\": /foo\n"                                                                 \
    "\"@query\": ?param=Value&Pet=dog\n"                                                \
    "\"@authority\": example.com\n"                                                     \
    "\"content-type\": application/json\n"                                              \
    "\"content-digest\": " SHA512_DIGEST "\n"                                           \
    "\"content-length\": 18\n"                                                          \
    "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" " \
    "\"content-type\" \"content-digest\" \"content-length\");created=1618884473;"       \
    "keyid=\"test-key-rsa-pss\""
#define B25                                                                                 \
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"                                             \
    "\"@authority\": example.com\n"                                                         \
    "\"content-type\": application/json\n"                                                  \
    "\"@signature-params\": (\"date\" \"@authority\" \"content-type\");created=1618884473;" \
    "keyid=\"test-shared-secret\""
#define B26                                                                                   \
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"                                               \
    "\"@method\": POST\n"                                                                     \
    "\"@path\": /foo\n"                                                                       \
    "\"@authority\": example.com\n"                                                           \
    "\"content-type\": application/json\n"                                                    \
    "\"content-length\": 18\n"                                                                \
    "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" " \
    "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\""

/* Takes the expected base apart and builds it again out of the request. */
static void expect_rebuilt(const struct test_request *request, const char *expected)
{
    struct fz_httpsig_base parsed;
    struct fz_err err = {0};
    char base[1024];
    size_t len = 0;
    cr_assert_eq(fz_httpsig_base_parse(expected, strlen(expected), &parsed, &err), FZ_OK, "%s",
                 err.msg);
    cr_assert_eq(
        fz_httpsig_build_base(&request->message, &parsed.signature, base, sizeof base, &len, &err),
        FZ_OK, "%s", err.msg);
    cr_expect(len == strlen(expected) && memcmp(base, expected, len) == 0, "built:\n%.*s", (int)len,
              base);
}

Test(httpsig_vectors, the_bases_of_rfc_9421_are_rebuilt)
{
    struct test_request request;
    rfc_request(&request);
    expect_rebuilt(&request, B22);
    expect_rebuilt(&request, B23);
    expect_rebuilt(&request, B25);
    expect_rebuilt(&request, B26);
}

Test(httpsig_vectors, the_headers_of_section_2_1)
{
    struct test_request request;
    test_request_init(&request);
    test_request_header(&request, "X-OWS-Header", "  Leading and trailing whitespace.   ");
    test_request_header(&request, "Cache-Control", "max-age=60");
    test_request_header(&request, "Date", "Tue, 20 Apr 2021 02:07:56 GMT");
    test_request_header(&request, "Cache-Control", "   must-revalidate");
    test_request_header(&request, "Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c)");
    test_request_header(&request, "X-Empty-Header", "");
    expect_rebuilt(&request, "\"x-ows-header\": Leading and trailing whitespace.\n"
                             "\"cache-control\": max-age=60, must-revalidate\n"
                             "\"example-dict\": a=1,    b=2;x=1;y=2,   c=(a   b   c)\n"
                             "\"x-empty-header\": \n"
                             "\"date\": Tue, 20 Apr 2021 02:07:56 GMT\n"
                             "\"@signature-params\": (\"x-ows-header\" \"cache-control\" "
                             "\"example-dict\" \"x-empty-header\" \"date\");created=1;keyid=\"k\"");
}

Test(httpsig_vectors, b25_hmac_sha256)
{
    static const char KEY[] =
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    uint8_t key[64];
    size_t key_len = 0;
    uint8_t mac[32];
    unsigned mac_len = 0;
    char text[FZ_BASE64_SIZE(sizeof mac)];
    cr_assert(fz_base64_decode(KEY, strlen(KEY), key, sizeof key, &key_len));
    HMAC(EVP_sha256(), key, (int)key_len, (const uint8_t *)B25, strlen(B25), mac, &mac_len);
    fz_base64_encode(mac, mac_len, text);
    cr_expect_str_eq(text, "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
}

/*
 * This one passes through all of our reader: its signature has 64 bytes and it names no algorithm.
 */
Test(httpsig_vectors, b26_ed25519_through_the_whole_reader)
{
    static const char SPKI[] = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
    struct test_request request;
    struct fz_httpsig signature;
    struct fz_err err = {0};
    char base[1024];
    size_t base_len = 0;
    rfc_request(&request);
    request.message.query = NULL; /* which this signature does not cover */
    test_request_header(&request, "Signature-Input",
                        "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" "
                        "\"content-type\" \"content-length\");created=1618884473;"
                        "keyid=\"test-key-ed25519\"");
    test_request_header(&request, "Signature",
                        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDg"
                        "wUPiu4A0w6vuQv5lIp5WPpBKRCw==:");
    cr_assert_eq(fz_httpsig_read(&request.message, false, NULL, &signature, &err), FZ_OK, "%s",
                 err.msg);
    cr_expect_str_eq(test_text(signature.label), "sig-b26");
    cr_expect_str_eq(test_text(signature.key_id), "test-key-ed25519");
    cr_expect_eq(signature.created_s, 1618884473);
    cr_expect_eq(signature.expires_s, INT64_MAX);
    cr_expect_eq(signature.component_count, 6u);
    cr_assert_eq(
        fz_httpsig_build_base(&request.message, &signature, base, sizeof base, &base_len, &err),
        FZ_OK, "%s", err.msg);
    cr_assert(base_len == strlen(B26) && memcmp(base, B26, base_len) == 0);
    uint8_t der[64];
    size_t der_len = 0;
    const uint8_t *at = der;
    cr_assert(fz_base64_decode(SPKI, strlen(SPKI), der, sizeof der, &der_len));
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der_len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    cr_assert_eq(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
    cr_expect_eq(EVP_DigestVerify(ctx, signature.signature, 64, (uint8_t *)base, base_len), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    FZ_EXPECT_NO_LEAK();
}

/* --- Content-Digest (RFC 9530) ---------------------------------------------------------------- */

#define HELLO "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"

Test(httpsig_vectors, the_digest_of_the_example_both_ways)
{
    static const char BODY[] = "{\"hello\": \"world\"}";
    uint8_t digest[32], read[32];
    char text[64];
    struct fz_err err = {0};
    fz_sha256(BODY, strlen(BODY), digest);
    fz_httpsig_digest_format(digest, text, sizeof text);
    cr_expect_str_eq(text, HELLO);
    struct fz_httpsig_text value = {text, strlen(text)};
    cr_assert_eq(fz_httpsig_digest_parse(value, read, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(memcmp(read, digest, sizeof digest), 0);
}

Test(httpsig_vectors, the_digest_is_found_among_others_and_in_several_lines)
{
    static const struct {
        const char *first, *second; /* lines of the header */
        fz_rc expected;
    } rows[] = {
        {HELLO, NULL, FZ_OK},
        {" \t" HELLO " ", NULL, FZ_OK},
        {SHA512_DIGEST ", " HELLO, NULL, FZ_OK},
        {HELLO "," SHA512_DIGEST, NULL, FZ_OK},
        {HELLO "\t ,\t " SHA512_DIGEST, NULL, FZ_OK},
        {SHA512_DIGEST, HELLO, FZ_OK},
        {HELLO, "", FZ_OK},
        {"", HELLO, FZ_OK},
        {NULL, NULL, FZ_DIGEST_MISMATCH},
        {"", NULL, FZ_DIGEST_MISMATCH},
        {SHA512_DIGEST, NULL, FZ_DIGEST_MISMATCH},
        {HELLO, HELLO, FZ_DIGEST_MISMATCH},
        {HELLO ", " HELLO, NULL, FZ_DIGEST_MISMATCH},
        {HELLO ",", NULL, FZ_DIGEST_MISMATCH},
        {"," HELLO, NULL, FZ_DIGEST_MISMATCH},
        {HELLO " " SHA512_DIGEST, NULL, FZ_DIGEST_MISMATCH},
        {HELLO ";x=1", NULL, FZ_DIGEST_MISMATCH},
        {HELLO, "sha-512", FZ_DIGEST_MISMATCH},
        {"SHA-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBP8=:", NULL, FZ_OK}, /* another body */
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPF=:", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9D:", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPEAAA==:", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=::", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256", NULL, FZ_DIGEST_MISMATCH},
        {"sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"", NULL, FZ_DIGEST_MISMATCH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct test_request request;
        struct fz_err err = {0};
        uint8_t digest[32];
        test_request_init(&request);
        if (rows[i].first) {
            test_request_header(&request, "content-digest", rows[i].first);
        }
        if (rows[i].second) {
            test_request_header(&request, "Content-Digest", rows[i].second);
        }
        cr_expect_eq(fz_httpsig_read_digest(&request.message, digest, &err), rows[i].expected,
                     "row %zu: %s", i, err.msg);
    }
}
