/*
 * Hex, base64, base64url and key ids: the vectors of RFC 4648, and that no second text means the
 * same bytes.
 */
#include "feezero/encode.h"

#include <criterion/criterion.h>
#include <string.h>

#include "feezero/role.h"

static const struct {
    const char *bytes, *base64, *base64url, *hex;
} VECTORS[] = {
    {"", "", "", ""},
    {"f", "Zg==", "Zg", "66"},
    {"fo", "Zm8=", "Zm8", "666f"},
    {"foo", "Zm9v", "Zm9v", "666f6f"},
    {"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
    {"\xfb\xff\xbf", "+/+/", "-_-_", "fbffbf"},
};

Test(encode, the_vectors_of_rfc_4648_both_ways)
{
    for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
        size_t len = strlen(VECTORS[i].bytes);
        char text[64];
        uint8_t bytes[16];
        size_t got = 99;
        cr_expect_eq(fz_base64_encode(VECTORS[i].bytes, len, text), strlen(VECTORS[i].base64));
        cr_expect_str_eq(text, VECTORS[i].base64);
        cr_expect_eq(strlen(text) + 1, FZ_BASE64_SIZE(len));
        cr_assert(fz_base64_decode(text, strlen(text), bytes, len, &got), "%s", text);
        cr_expect(got == len && memcmp(bytes, VECTORS[i].bytes, len) == 0, "%s", text);
        cr_expect_eq(fz_base64url_encode(VECTORS[i].bytes, len, text),
                     strlen(VECTORS[i].base64url));
        cr_expect_str_eq(text, VECTORS[i].base64url);
        cr_expect_eq(strlen(text) + 1, FZ_BASE64URL_SIZE(len));
        cr_assert(fz_base64url_decode(text, strlen(text), bytes, len, &got), "%s", text);
        cr_expect(got == len && memcmp(bytes, VECTORS[i].bytes, len) == 0, "%s", text);
        fz_hex_encode(VECTORS[i].bytes, len, text);
        cr_expect_str_eq(text, VECTORS[i].hex);
        cr_expect_eq(strlen(text) + 1, FZ_HEX_SIZE(len));
        cr_assert(fz_hex_decode(text, strlen(text), bytes, len), "%s", text);
        cr_expect(memcmp(bytes, VECTORS[i].bytes, len) == 0, "%s", text);
    }
}

Test(encode, base64_refuses_every_other_spelling)
{
    static const char *const texts[] = {
        "Z",     "Zg",       "Zg=",   "Zg===", "=",      "==",    "====",    "Z===",
        "Zh==",  "Zm9=",     "Zg== ", " Zg==", "Zg\n=",  "Zm-v",  "Zm_v",    "Zg==Zg==",
        "Zm9v=", "Zm9v====", "Zm9vZ", "Z=g=",  "Zm8=\n", "Zm 9v", "Zm9\xc3", "*m9v"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[32];
        size_t len;
        cr_expect_not(fz_base64_decode(texts[i], strlen(texts[i]), bytes, sizeof bytes, &len),
                      "accepted \"%s\"", texts[i]);
    }
    uint8_t bytes[4];
    size_t len;
    cr_expect_not(fz_base64_decode("Zm\0v", 4, bytes, sizeof bytes, &len), "accepted a NUL");
}

Test(encode, base64url_refuses_every_other_spelling)
{
    static const char *const texts[] = {"Z",     "Zg==", "Zg=", "Zh",    "Zm9",  "Zm+v", "Zm/v",
                                        "Zm9v=", " Zg",  "Zg ", "Zm9vZ", "Zg\n", "=",    "Zm9v Zg"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[32];
        size_t len;
        cr_expect_not(fz_base64url_decode(texts[i], strlen(texts[i]), bytes, sizeof bytes, &len),
                      "accepted \"%s\"", texts[i]);
    }
}

Test(encode, a_text_longer_than_the_room_is_refused_without_writing_past_it)
{
    uint8_t bytes[5] = {0, 0, 0, 0, 0xA5};
    size_t len;
    cr_expect_not(fz_base64_decode("Zm9vYmE=", 8, bytes, 4, &len));
    cr_expect_not(fz_base64url_decode("Zm9vYmE", 7, bytes, 4, &len));
    cr_expect_eq(bytes[4], 0xA5);
    cr_expect(fz_base64url_decode("Zm9vYg", 6, bytes, 4, &len));
    cr_expect_eq(len, 4u);
    cr_expect_eq(bytes[4], 0xA5);
}

Test(encode, every_byte_string_of_two_survives_and_has_one_text)
{
    unsigned accepted = 0;
    for (unsigned value = 0; value < 65536; value++) {
        uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        uint8_t back[2];
        char text[8];
        size_t len = 0;
        fz_base64url_encode(bytes, 2, text);
        cr_assert(fz_base64url_decode(text, 3, back, 2, &len));
        cr_assert(len == 2 && memcmp(bytes, back, 2) == 0, "%u", value);
    }
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (unsigned i = 0; i < 64 * 64 * 64; i++) {
        char text[3] = {ALPHABET[i / 4096], ALPHABET[i / 64 % 64], ALPHABET[i % 64]};
        uint8_t bytes[2];
        size_t len;
        accepted += fz_base64url_decode(text, 3, bytes, 2, &len) ? 1 : 0;
    }
    cr_expect_eq(accepted, 65536u);
}

Test(encode, hex_takes_both_cases_and_nothing_else)
{
    uint8_t bytes[2];
    cr_expect(fz_hex_decode("aBCd", 4, bytes, 2));
    cr_expect(bytes[0] == 0xab && bytes[1] == 0xcd);
    static const char *const texts[] = {"",     "a",    "ab",   "abc",  "abcde", "abcdef", "abcg",
                                        "ab d", "0xab", "-abc", "ab:d", "ab@d",  "ab`d",   "ab/d"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(fz_hex_decode(texts[i], strlen(texts[i]), bytes, 2), "\"%s\"", texts[i]);
    }
}

/* --- key ids ---------------------------------------------------------------------------------- */

#define PRINT "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" /* SHA-256 of nothing */

Test(encode, key_ids_both_ways)
{
    static const struct {
        int32_t community;
        const char *text;
    } rows[] = {{1, "1." PRINT}, {40, "40." PRINT}, {INT32_MAX, "2147483647." PRINT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[FZ_KEY_ID_MAX + 1];
        int32_t community = 0;
        const char *thumbprint = NULL;
        cr_expect_eq(fz_key_id_format(rows[i].community, PRINT, text), strlen(rows[i].text));
        cr_expect_str_eq(text, rows[i].text);
        cr_assert(fz_key_id_parse(text, strlen(text), &community, &thumbprint));
        cr_expect_eq(community, rows[i].community);
        cr_expect_eq(strcmp(thumbprint, PRINT), 0);
        cr_expect(fz_key_id_parse(text, strlen(text), NULL, NULL));
    }
}

Test(encode, key_ids_of_another_form_are_refused)
{
    static const char *const texts[] = {
        "",
        PRINT,
        "." PRINT,
        "0." PRINT,
        "01." PRINT,
        "-1." PRINT,
        "+1." PRINT,
        "2147483648." PRINT,
        "9999999999." PRINT,
        "12345678901." PRINT,
        "99999999999999999999." PRINT,
        "1" PRINT,
        "1:" PRINT,
        "1.." PRINT,
        "1." PRINT "=",
        "1. " PRINT,
        " 1." PRINT,
        "1." PRINT "A",
        "1.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF",
        "1.47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "1.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV", /* bits behind the last byte */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(fz_key_id_parse(texts[i], strlen(texts[i]), NULL, NULL), "accepted \"%s\"",
                      texts[i]);
    }
}

/* --- roles ------------------------------------------------------------------------------------ */

Test(role, words_and_numbers_are_those_that_are_stored)
{
    static const struct {
        int number;
        const char *text;
    } rows[] = {{1, "resident"}, {2, "terminal"}, {3, "owner"}, {4, "treasurer"}, {5, "auditor"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum fz_role role;
        cr_assert(fz_role_from_number(rows[i].number, &role));
        cr_expect_str_eq(fz_role_text(role), rows[i].text);
        cr_assert(fz_role_parse(rows[i].text, strlen(rows[i].text), &role));
        cr_expect_eq((int)role, rows[i].number);
        cr_expect_eq(FZ_ROLE_BIT(role), 1u << rows[i].number);
        cr_expect(fz_role_in(role, FZ_ROLES_ALL));
    }
    cr_expect_eq(FZ_ROLES_ALL, 0x3eu);
    cr_expect_not(fz_role_in(FZ_ROLE_OWNER, FZ_ROLE_BIT(FZ_ROLE_TERMINAL)));
}

Test(role, what_is_no_role_is_refused)
{
    enum fz_role role;
    static const char *const words[] = {"", "Resident", "residen", "residents", "admin"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cr_expect_not(fz_role_parse(words[i], strlen(words[i]), &role), "\"%s\"", words[i]);
    }
    cr_expect_not(fz_role_from_number(0, &role));
    cr_expect_not(fz_role_from_number(6, &role));
    cr_expect_not(fz_role_from_number(-1, &role));
    cr_expect_null(fz_role_text((enum fz_role)99));
}
