/*
 * SHA-256 (FIPS 180-4 examples), SipHash-2-4 (the paper's vector, and OpenSSL's own for every
 * length up to 64), random bytes, comparison and wiping.
 */
#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "tests/support/leak.h"

static void expect_digest(const uint8_t digest[FZ_SHA256_LEN], const char *hex, const char *what)
{
    char text[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    fz_hex_encode(digest, FZ_SHA256_LEN, text);
    cr_expect_str_eq(text, hex, "%s: %s", what, text);
}

static const struct {
    const char *text, *hex;
} SHA_VECTORS[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

Test(hash, sha256_of_the_standard)
{
    for (size_t i = 0; i < sizeof SHA_VECTORS / sizeof SHA_VECTORS[0]; i++) {
        uint8_t digest[FZ_SHA256_LEN];
        fz_sha256(SHA_VECTORS[i].text, strlen(SHA_VECTORS[i].text), digest);
        expect_digest(digest, SHA_VECTORS[i].hex, SHA_VECTORS[i].text);
    }
}

Test(hash, sha256_in_pieces_with_one_context)
{
    struct fz_sha256 *hash = NULL;
    struct fz_err err = {0};
    cr_assert_eq(fz_sha256_create(&hash, &err), FZ_OK, "%s", err.msg);
    for (size_t i = 0; i < sizeof SHA_VECTORS / sizeof SHA_VECTORS[0]; i++) {
        const char *text = SHA_VECTORS[i].text;
        for (size_t step = 1; step < 9; step++) {
            uint8_t digest[FZ_SHA256_LEN];
            fz_sha256_init(hash);
            for (size_t at = 0; at < strlen(text); at += step) {
                size_t left = strlen(text) - at;
                fz_sha256_update(hash, text + at, left < step ? left : step);
            }
            fz_sha256_final(hash, digest);
            expect_digest(digest, SHA_VECTORS[i].hex, text);
        }
    }
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256_init(hash);
    fz_sha256_update(hash, "thrown away", 11);
    fz_sha256_init(hash); /* starts over */
    fz_sha256_update(hash, "abc", 3);
    fz_sha256(SHA_VECTORS[2].text, strlen(SHA_VECTORS[2].text), digest); /* the other context */
    fz_sha256_final(hash, digest);
    expect_digest(digest, SHA_VECTORS[1].hex, "after another hash");
    fz_sha256_destroy(&hash);
    cr_expect_null(hash);
    fz_sha256_destroy(&hash);
    FZ_EXPECT_NO_LEAK();
}

Test(hash, sha256_of_a_million_bytes)
{
    char *bytes = malloc(1000000);
    uint8_t digest[FZ_SHA256_LEN];
    memset(bytes, 'a', 1000000);
    fz_sha256(bytes, 1000000, digest);
    expect_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "a");
    free(bytes);
    FZ_EXPECT_NO_LEAK();
}

/* RFC 4231, section 4; `times` bytes or texts of the same. */
static const struct {
    const char *key, *text, *mac;
    size_t key_times, text_times;
} MACS[] = {
    {"\x0b", "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 20, 1},
    {"Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 1, 1},
    {"\xaa", "\xdd", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 20, 50},
    {"\xaa", "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 131, 1},
};

static size_t repeat(const char *text, size_t times, uint8_t out[256])
{
    size_t len = strlen(text);
    cr_assert(len * times <= 256);
    for (size_t i = 0; i < times; i++) {
        memcpy(out + i * len, text, len);
    }
    return len * times;
}

Test(hash, hmac_of_the_standard)
{
    for (size_t i = 0; i < sizeof MACS / sizeof MACS[0]; i++) {
        struct fz_hmac *hmac = NULL;
        struct fz_err err = {0};
        uint8_t key[256], text[256], mac[FZ_HMAC_LEN];
        size_t key_len = repeat(MACS[i].key, MACS[i].key_times, key);
        size_t text_len = repeat(MACS[i].text, MACS[i].text_times, text);
        cr_assert_eq(fz_hmac_create(key, key_len, &hmac, &err), FZ_OK, "%s", err.msg);
        fz_hmac_update(hmac, text, text_len);
        fz_hmac_final(hmac, mac);
        expect_digest(mac, MACS[i].mac, "whole");
        for (size_t at = 0; at < text_len; at++) { /* the same key, the text byte by byte */
            fz_hmac_update(hmac, text + at, 1);
        }
        fz_hmac_final(hmac, mac);
        expect_digest(mac, MACS[i].mac, "in pieces");
        fz_hmac_destroy(&hmac);
        cr_expect_null(hmac);
    }
    FZ_EXPECT_NO_LEAK();
}

static uint64_t siphash_of_openssl(const uint8_t seed[16], const uint8_t *bytes, size_t len)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    size_t size = 8;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_END};
    uint8_t out[8];
    size_t out_len = 0;
    cr_assert_eq(EVP_MAC_init(ctx, seed, 16, params), 1);
    cr_assert_eq(EVP_MAC_update(ctx, bytes, len), 1);
    cr_assert_eq(EVP_MAC_final(ctx, out, &out_len, sizeof out), 1);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value |= (uint64_t)out[i] << (8 * i);
    }
    return value;
}

Test(hash, siphash_is_siphash_2_4)
{
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
    uint8_t bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    memcpy(seed, bytes, sizeof seed);
    cr_expect_eq(fz_siphash(seed, bytes, 15), UINT64_C(0xa129ca6149be45e5));
    for (size_t len = 0; len <= sizeof bytes; len++) {
        cr_expect_eq(fz_siphash(seed, bytes, len), siphash_of_openssl(seed, bytes, len), "%zu",
                     len);
    }
    seed[3] ^= 1;
    cr_expect_neq(fz_siphash(seed, bytes, 15), UINT64_C(0xa129ca6149be45e5));
}

Test(hash, random_bytes_fill_all_and_differ)
{
    uint8_t a[64] = {0};
    uint8_t b[64] = {0};
    struct fz_err err = {0};
    unsigned nonzero_tail = 0;
    cr_assert_eq(fz_random(a, sizeof a, &err), FZ_OK, "%s", err.msg);
    cr_assert_eq(fz_random(b, sizeof b, &err), FZ_OK, "%s", err.msg);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
    for (size_t i = 48; i < sizeof a; i++) {
        nonzero_tail += a[i] != 0 ? 1 : 0;
    }
    cr_expect_gt(nonzero_tail, 4u, "the end was not filled");
    a[0] = b[0] = 0x5A;
    cr_assert_eq(fz_random(a, 0, &err), FZ_OK);
    cr_expect_eq(a[0], 0x5A);
    cr_expect_eq(fz_random(a, (size_t)1 << 40, &err), FZ_CRYPTO);
}

Test(hash, comparing_and_wiping)
{
    uint8_t a[32];
    uint8_t b[32];
    memset(a, 7, sizeof a);
    memset(b, 7, sizeof b);
    cr_expect(fz_equal_constant_time(a, b, sizeof a));
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] ^= 0x80;
        cr_expect_not(fz_equal_constant_time(a, b, sizeof a), "byte %zu", i);
        cr_expect(fz_equal_constant_time(a, b, i), "before byte %zu", i);
        b[i] ^= 0x80;
    }
    fz_wipe(a, 31);
    for (size_t i = 0; i < 31; i++) {
        cr_expect_eq(a[i], 0);
    }
    cr_expect_eq(a[31], 7);
}

Test(hash, fetching_twice_does_nothing)
{
    struct fz_err err = {0};
    cr_expect_eq(fz_crypto_init(&err), FZ_OK);
    cr_expect_eq(fz_crypto_init(NULL), FZ_OK);
    FZ_EXPECT_NO_LEAK();
}
