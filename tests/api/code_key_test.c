/*
 * Digits and hashes of codes: vectors made with another HMAC (Python's), and what must differ.
 */
#include "switch/api/code_key.h"

#include <criterion/criterion.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/encode.h"
#include "tests/support/leak.h"

static struct fz_code_key *create(uint8_t first)
{
    struct fz_code_key *key = NULL;
    uint8_t bytes[FZ_CODE_KEY_LEN];
    for (uint8_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(first + i);
    }
    cr_assert_eq(fz_crypto_init(NULL), FZ_OK);
    cr_assert_eq(fz_code_key_create(bytes, &key, NULL), FZ_OK);
    return key;
}

static struct fz_id the_id(void)
{
    static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    struct fz_id id;
    cr_assert(fz_id_parse(text, strlen(text), &id));
    return id;
}

static const struct {
    int32_t community;
    char digits[FZ_CODE_DIGITS + 1];
    uint8_t hash[4]; /* its first bytes */
} vectors[] = {
    {1, "29186624550147899128", {0x4d, 0x85, 0x50, 0x0e}},
    {2, "29963642202857123451", {0x85, 0x83, 0x73, 0xee}},
    {INT32_MAX, "29768935666960558747", {0x4e, 0xc8, 0xa5, 0x29}},
};

Test(code_key, digits_and_hashes)
{
    struct fz_code_key *key = create(0);
    struct fz_id id = the_id();
    for (int round = 0; round < 2; round++) { /* always the same */
        for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
            char digits[FZ_CODE_DIGITS + 1];
            uint8_t hash[FZ_CODE_HASH_LEN];
            fz_code_digits(key, vectors[i].community, &id, digits);
            cr_expect_str_eq(digits, vectors[i].digits);
            cr_expect(fz_code_is_right(digits, strlen(digits)));
            fz_code_hash(key, digits, hash);
            cr_expect_arr_eq(hash, vectors[i].hash, sizeof(vectors[i].hash));
        }
    }
    fz_code_key_destroy(&key);
    cr_expect_null(key);
    fz_code_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(code_key, another_key_another_code)
{
    struct fz_code_key *key = create(1);
    struct fz_id id = the_id();
    char digits[FZ_CODE_DIGITS + 1];
    uint8_t hash[FZ_CODE_HASH_LEN];
    fz_code_digits(key, 1, &id, digits);
    cr_expect_str_neq(digits, vectors[0].digits);
    fz_code_hash(key, vectors[0].digits, hash);
    cr_expect_neq(hash[0], vectors[0].hash[0]);
    fz_code_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

/* Seventeen digits of ten kinds: none is much rarer than the others. */
Test(code_key, digits_are_even)
{
    struct fz_code_key *key = create(7);
    unsigned seen[10] = {0};
    for (uint8_t i = 0; i < 200; i++) {
        struct fz_id id = {.bytes = {i, 1}};
        char digits[FZ_CODE_DIGITS + 1];
        fz_code_digits(key, 1, &id, digits);
        for (size_t at = 2; at < FZ_CODE_DIGITS - 1; at++) {
            seen[digits[at] - '0']++;
        }
    }
    for (size_t i = 0; i < 10; i++) {
        cr_expect(seen[i] > 270 && seen[i] < 410, "%zu: %u of 3400", i, seen[i]);
    }
    fz_code_key_destroy(&key);
}

Test(code_key, without_a_file_there_are_no_codes)
{
    struct fz_code_key *key = NULL;
    cr_expect_eq(fz_code_key_load("", &key, NULL), FZ_OK);
    cr_expect_null(key);
    cr_expect_eq(fz_code_key_load("/nowhere/at/all", &key, NULL), FZ_CONFIG);
    cr_expect_null(key);
}
