/*
 * P-256 keys: the example of RFC 9421 (B.1.3, B.2.4), signatures at the edges of their range, and
 * that nothing but the one agreed form of a public key is read.
 */
#include <criterion/criterion.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

#define RFC_SPKI                                                                                  \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM4GF" \
    "+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ=="

static struct fz_key *rfc_key(void)
{
    uint8_t spki[FZ_SPKI_LEN];
    size_t len = 0;
    struct fz_key *key = NULL;
    struct fz_err err = {0};
    cr_assert(fz_base64_decode(RFC_SPKI, strlen(RFC_SPKI), spki, sizeof spki, &len));
    cr_assert_eq(len, (size_t)FZ_SPKI_LEN);
    cr_assert_eq(fz_key_from_spki(spki, len, &key, &err), FZ_OK, "%s", err.msg);
    return key;
}

Test(p256, the_example_of_rfc_9421_b24_verifies)
{
    static const char BASE[] =
        "\"@status\": 200\n"
        "\"content-type\": application/json\n"
        "\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX6"
        "9wWdXymyU0rjJuahq4l5aGgfLQ==:\n"
        "\"content-length\": 23\n"
        "\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" "
        "\"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
    static const char SIGNATURE[] =
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnD"
        "AUy5eCdlYUEkLIj+32oiasw==";
    uint8_t signature[FZ_SIGNATURE_LEN];
    size_t len = 0;
    struct fz_err err = {0};
    struct fz_key *key = rfc_key();
    cr_assert(fz_base64_decode(SIGNATURE, strlen(SIGNATURE), signature, sizeof signature, &len));
    cr_assert_eq(len, sizeof signature);
    fz_rc rc = fz_key_verify(key, BASE, strlen(BASE), signature, &err);
    cr_expect_eq(rc, FZ_OK, "%s", err.msg);
    cr_expect_eq(fz_key_verify(key, BASE, strlen(BASE) - 1, signature, &err), FZ_SIGNATURE_INVALID);
    cr_expect_not(fz_key_is_private(key));
    fz_key_destroy(&key);
    cr_expect_null(key);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(p256, a_thumbprint_is_the_hash_of_the_spki)
{
    struct fz_key *key = rfc_key();
    char text[FZ_THUMBPRINT_LEN + 1];
    fz_key_thumbprint(key, text);
    /* openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | basenc --base64url */
    cr_expect_str_eq(text, "VfljYbeMu4Tx_GBLBxjoK9kau0bY_CWuhxs1-7-LeXQ");
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* OpenSSL's own view of a raw signature, through ECDSA_SIG: another path than ours. */
static bool openssl_verifies(const struct fz_key *key, const char *text, const uint8_t raw[64])
{
    const uint8_t *at = fz_key_spki(key);
    EVP_PKEY *public_key = d2i_PUBKEY(NULL, &at, FZ_SPKI_LEN);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
    uint8_t *der = NULL;
    int der_len = i2d_ECDSA_SIG(sig, &der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool verifies =
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public_key) == 1 &&
        EVP_DigestVerify(ctx, der, (size_t)der_len, (const uint8_t *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    EVP_PKEY_free(public_key);
    return verifies;
}

Test(p256, signatures_of_every_shape_go_round)
{
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    struct fz_key *public_key = test_key_public(key);
    unsigned short_scalars = 0; /* with a leading zero byte: one in 128 signatures */
    unsigned high_scalars = 0;
    cr_expect(fz_key_is_private(key));
    for (unsigned i = 0; i < 4000 && (i < 500 || short_scalars < 2); i++) {
        uint8_t signature[FZ_SIGNATURE_LEN];
        char text[32];
        snprintf(text, sizeof text, "order %u", i);
        cr_assert_eq(fz_key_sign(key, text, strlen(text), signature, &err), FZ_OK, "%s", err.msg);
        cr_assert_eq(fz_key_verify(public_key, text, strlen(text), signature, &err), FZ_OK,
                     "%s: %s", text, err.msg);
        short_scalars += signature[0] == 0 || signature[32] == 0 ? 1 : 0;
        high_scalars += signature[0] >= 0x80 ? 1 : 0;
        if (i < 50 || signature[0] == 0 || signature[32] == 0) {
            cr_assert(openssl_verifies(public_key, text, signature), "%s", text);
        }
    }
    cr_expect_geq(short_scalars, 2u);
    cr_expect_gt(high_scalars, 50u);
    fz_key_destroy(&key);
    fz_key_destroy(&public_key);
    FZ_EXPECT_NO_LEAK();
}

Test(p256, no_changed_bit_verifies)
{
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    struct fz_key *other = test_key_new();
    char text[] = "1480 yen to M00000042";
    uint8_t signature[FZ_SIGNATURE_LEN];
    cr_assert_eq(fz_key_sign(key, text, sizeof text, signature, &err), FZ_OK);
    for (size_t bit = 0; bit < 8 * sizeof signature; bit++) {
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_eq(fz_key_verify(key, text, sizeof text, signature, &err), FZ_SIGNATURE_INVALID,
                     "signature bit %zu", bit);
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * sizeof text; bit++) {
        text[bit / 8] ^= (char)(1u << bit % 8);
        cr_expect_eq(fz_key_verify(key, text, sizeof text, signature, &err), FZ_SIGNATURE_INVALID,
                     "text bit %zu", bit);
        text[bit / 8] ^= (char)(1u << bit % 8);
    }
    cr_expect_eq(fz_key_verify(other, text, sizeof text, signature, &err), FZ_SIGNATURE_INVALID);
    cr_expect_eq(fz_key_verify(key, text, sizeof text, signature, &err), FZ_OK);
    fz_key_destroy(&key);
    fz_key_destroy(&other);
    FZ_EXPECT_NO_LEAK();
}

Test(p256, scalars_out_of_range_are_invalid_and_not_a_fault)
{
    static const char ORDER[] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    uint8_t order[32], zero[32] = {0}, one[32] = {0}, top[32];
    one[31] = 1;
    memset(top, 0xff, sizeof top);
    cr_assert(fz_hex_decode(ORDER, strlen(ORDER), order, sizeof order));
    const uint8_t *const scalars[] = {zero, order, top, one};
    struct fz_key *key = rfc_key();
    for (size_t r = 0; r < 4; r++) {
        for (size_t s = 0; s < 4; s++) {
            uint8_t signature[FZ_SIGNATURE_LEN];
            struct fz_err err = {0};
            memcpy(signature, scalars[r], 32);
            memcpy(signature + 32, scalars[s], 32);
            cr_expect_eq(fz_key_verify(key, "x", 1, signature, &err), FZ_SIGNATURE_INVALID,
                         "r %zu s %zu: %d %s", r, s, err.rc, err.msg);
        }
    }
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(p256, keys_do_not_disturb_each_other)
{
    struct fz_err err = {0};
    struct fz_key *keys[5];
    uint8_t signatures[5][FZ_SIGNATURE_LEN];
    for (size_t i = 0; i < 5; i++) {
        keys[i] = test_key_new();
        cr_assert_eq(fz_key_sign(keys[i], "x", 1, signatures[i], &err), FZ_OK);
    }
    for (size_t i = 0; i < 25; i++) {
        fz_rc expected = i / 5 == i % 5 ? FZ_OK : FZ_SIGNATURE_INVALID;
        cr_expect_eq(fz_key_verify(keys[i / 5], "x", 1, signatures[i % 5], &err), expected, "%zu",
                     i);
    }
    for (size_t i = 0; i < 5; i++) {
        fz_key_destroy(&keys[i]);
    }
    FZ_EXPECT_NO_LEAK();
}

/* --- public keys that are refused ------------------------------------------------------------- */

static void expect_refused(const uint8_t *der, size_t len, const char *what)
{
    struct fz_err err = {0};
    struct fz_key *key = (struct fz_key *)&err; /* must become NULL */
    cr_expect_eq(fz_key_from_spki(der, len, &key, &err), FZ_FORMAT, "accepted %s", what);
    cr_expect_null(key, "%s left a key", what);
}

/* Any OpenSSL key as SPKI in the given form of its point. */
static void expect_refused_pkey(EVP_PKEY *pkey, const char *form, const char *what)
{
    uint8_t *der = NULL;
    cr_assert_not_null(pkey, "%s", what);
    if (form) {
        cr_assert_eq(
            EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form),
            1);
    }
    int len = i2d_PUBKEY(pkey, &der);
    cr_assert_gt(len, 0, "%s", what);
    expect_refused(der, (size_t)len, what);
    OPENSSL_free(der);
    EVP_PKEY_free(pkey);
}

Test(p256, other_kinds_of_keys_are_refused)
{
    expect_refused_pkey(EVP_EC_gen("P-256"), "compressed", "a compressed point");
    expect_refused_pkey(EVP_EC_gen("P-256"), "hybrid", "a hybrid point");
    expect_refused_pkey(EVP_EC_gen("P-384"), NULL, "P-384");
    expect_refused_pkey(EVP_EC_gen("secp256k1"), NULL, "secp256k1");
    expect_refused_pkey(EVP_EC_gen("brainpoolP256r1"), NULL, "brainpool");
    expect_refused_pkey(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, "Ed25519");
    expect_refused_pkey(EVP_RSA_gen(2048), NULL, "RSA");
    FZ_EXPECT_NO_LEAK();
}

/* A P-256 point whose x is so small that x + p still has 32 bytes; writes both coordinates. */
static void small_point(uint8_t x_out[32], uint8_t y_out[32])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    BIGNUM *y = BN_new();
    BN_ULONG candidate = 1;
    while (BN_set_word(x, candidate) &&
           EC_POINT_set_compressed_coordinates(group, point, x, 0, NULL) != 1) {
        cr_assert_lt(++candidate, 1000u);
    }
    cr_assert_eq(EC_POINT_get_affine_coordinates(group, point, x, y, NULL), 1);
    BN_bn2binpad(x, x_out, 32);
    BN_bn2binpad(y, y_out, 32);
    BN_free(x);
    BN_free(y);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

static void add_prime(uint8_t coordinate[32])
{
    BIGNUM *p = NULL;
    BIGNUM *value = BN_bin2bn(coordinate, 32, NULL);
    BN_hex2bn(&p, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    BN_add(value, value, p);
    cr_assert_eq(BN_bn2binpad(value, coordinate, 32), 32);
    BN_free(value);
    BN_free(p);
}

Test(p256, points_that_are_none_are_refused)
{
    struct fz_key *key = rfc_key();
    struct fz_err err = {0};
    uint8_t der[FZ_SPKI_LEN];
    memcpy(der, fz_key_spki(key), sizeof der);
    fz_key_destroy(&key);
    der[FZ_SPKI_LEN - 1] ^= 1;
    expect_refused(der, sizeof der, "a point off the curve");
    memset(der + 27, 0, 64);
    expect_refused(der, sizeof der, "the point 0, 0");
    memset(der + 27, 0xff, 64);
    expect_refused(der, sizeof der, "coordinates above the prime");
    small_point(der + 27, der + 59);
    cr_assert_eq(fz_key_from_spki(der, sizeof der, &key, &err), FZ_OK, "%s", err.msg);
    fz_key_destroy(&key);
    add_prime(der + 27);
    expect_refused(der, sizeof der, "an x that is not reduced");
    FZ_EXPECT_NO_LEAK();
}

Test(p256, a_public_key_has_one_spelling)
{
    struct fz_key *key = rfc_key();
    uint8_t der[FZ_SPKI_LEN + 2] = {0};
    memcpy(der, fz_key_spki(key), FZ_SPKI_LEN);
    fz_key_destroy(&key);
    expect_refused(der, FZ_SPKI_LEN + 1, "a byte behind the key");
    for (size_t len = 0; len < FZ_SPKI_LEN; len++) {
        expect_refused(der, len, "a key cut off");
    }
    for (size_t bit = 0; bit < 8 * 27; bit++) {
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_refused(der, FZ_SPKI_LEN, "another head");
        der[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    struct fz_err err = {0};
    cr_assert_eq(fz_key_from_spki(der, FZ_SPKI_LEN, &key, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(memcmp(fz_key_spki(key), der, FZ_SPKI_LEN), 0);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}
