/*
 * Reading EMV codes: whatever comes, nothing breaks, and what passes can be written and read again
 * without change. Three kinds of input, always the same ones: noise, vectors with a few bytes
 * changed, and random objects of random lengths, the latter two under a right checksum.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "merchant-pos/wire/emv.h"
#include "tests/support/leak.h"
#include "tests/wire/emv_seal.h"
#include "tests/wire/emv_vectors.h"

#ifndef ROUNDS /* fewer where a processor is only played */
#define ROUNDS 100000
#endif
#define TEXT_MAX 700

static uint64_t state = 0x9E3779B97F4A7C15;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 32) % below);
}

/* Reads a copy that ends where the memory ends, so that a sanitizer sees every byte too far. */
static bool passes(const char *text, size_t len)
{
    struct fz_emv_code code;
    struct fz_emv_code again;
    char first[FZ_EMV_SIZE_MAX];
    char second[FZ_EMV_SIZE_MAX];
    size_t first_len = 0;
    size_t position = SIZE_MAX;
    char *copy = malloc(len > 0 ? len : 1);

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    enum fz_emv_result result = fz_emv_parse(copy, len, &code, &position);
    free(copy);
    if (result != FZ_EMV_OK) {
        cr_assert_leq(position, len);
        cr_assert_lt(result, FZ_EMV_NOT_OURS);
        return false;
    }
    if (fz_emv_build(&code, first, sizeof first, &first_len) == FZ_EMV_OK) {
        cr_assert_eq(fz_emv_parse(first, first_len, &again, NULL), FZ_EMV_OK, "%s", first);
        cr_assert_eq(fz_emv_build(&again, second, sizeof second, NULL), FZ_EMV_OK);
        cr_assert_str_eq(first, second);
        cr_assert_eq(again.amount, code.amount);
    }
    return true;
}

Test(emv_random, noise)
{
    char text[TEXT_MAX];
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t len = draw(64);
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)draw(256);
        }
        cr_assert_not(passes(text, len));
    }
    FZ_EXPECT_NO_LEAK();
}

Test(emv_random, changed_vectors)
{
    static const char *const vectors[] = {V1, V2, V3, V4, V5, V6, V7};
    unsigned passed = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *vector = vectors[draw(7)];
        char body[TEXT_MAX];
        char text[TEXT_MAX];
        size_t len = strlen(vector) - 8;
        memcpy(body, vector, len);
        for (uint32_t change = draw(3) + 1; change > 0; change--) {
            size_t at = draw((uint32_t)len);
            /* Mostly digits: they move the borders of objects. */
            body[at] = draw(4) != 0 ? (char)('0' + draw(10)) : (char)draw(256);
        }
        if (draw(8) == 0) {
            len = draw((uint32_t)len);
        }
        passed += passes(text, emv_seal(body, len, text));
    }
    cr_assert_gt(passed, ROUNDS / 50, "only %u passed: the test looks at nothing", passed);
    FZ_EXPECT_NO_LEAK();
}

static size_t put_object(char *text, unsigned id, const char *value, size_t len)
{
    (void)snprintf(text, 5, "%02u%02zu", id % 100, len % 100);
    memcpy(text + 4, value, len);
    return len + 4;
}

/* A value: digits, ASCII, or objects once more. */
static size_t random_value(char *value)
{
    size_t len = draw(20) + 1;
    size_t at = 0;
    switch (draw(3)) {
    case 0:
        for (; at < len; at++) {
            value[at] = (char)('0' + draw(10));
        }
        return at;
    case 1:
        for (; at < len; at++) {
            value[at] = (char)(' ' + draw(95));
        }
        return at;
    default:
        for (uint32_t objects = draw(4) + 1; objects > 0; objects--) {
            char inner[16];
            size_t inner_len = draw(9) + 1;
            memset(inner, 'A' + (char)draw(26), inner_len);
            at += put_object(value + at, draw(3) == 0 ? draw(100) : draw(5), inner, inner_len);
        }
        return at;
    }
}

Test(emv_random, random_objects)
{
    static const char mandatory[] = "0204TEST5204000053033925802JP5901A6001B";
    unsigned passed = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char body[TEXT_MAX] = "000201";
        char text[TEXT_MAX];
        size_t len = 6;
        memcpy(body + len, mandatory, strlen(mandatory));
        len += strlen(mandatory);
        for (uint32_t objects = draw(3) + 1; objects > 0; objects--) {
            char value[100];
            size_t value_len = random_value(value);
            len += put_object(body + len, draw(100), value, value_len);
        }
        passed += passes(text, emv_seal(body, len, text));
    }
    cr_assert_gt(passed, ROUNDS / 50, "only %u passed: the test looks at nothing", passed);
    FZ_EXPECT_NO_LEAK();
}
