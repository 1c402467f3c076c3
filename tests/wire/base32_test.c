/*
 * Crockford base32: fixed texts, every value of a character, what people may type and what not.
 */
#include "merchant-pos/wire/base32.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

Test(base32, known_texts)
{
    static const struct {
        uint8_t bytes[16];
        size_t len;
        const char *text;
    } rows[] = {
        {{0}, 0, ""},
        {{0}, 1, "00"},
        {{0xFF}, 1, "7Z"},
        {{0x01, 0x00}, 2, "0080"},
        {{0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF}, 10, "0123456789ABCDEF"},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, 10, "ZZZZZZZZZZZZZZZZ"},
        {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
          0xFF},
         16,
         "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"},
        /* The example of the ULID specification. */
        {{0x01, 0x56, 0x3E, 0x3A, 0xB5, 0xD3, 0xD6, 0x76, 0x4C, 0x61, 0xEF, 0xB9, 0x93, 0x02, 0xBD,
          0x5B},
         16,
         "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[32];
        uint8_t bytes[16] = {0};
        memset(text, '#', sizeof text);
        fz_base32_encode(rows[i].bytes, rows[i].len, text);
        cr_expect_str_eq(text, rows[i].text);
        cr_expect_eq(strlen(text), FZ_BASE32_CHARS(rows[i].len));
        cr_assert(fz_base32_decode(text, strlen(text), bytes, rows[i].len), "%s", text);
        cr_expect_arr_eq(bytes, rows[i].bytes, rows[i].len);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(base32, every_byte_at_every_place_comes_back)
{
    for (size_t len = 1; len <= 16; len++) {
        for (size_t place = 0; place < len; place++) {
            for (unsigned value = 0; value < 256; value++) {
                uint8_t in[16] = {0};
                uint8_t out[16];
                char text[32];
                in[place] = (uint8_t)value;
                fz_base32_encode(in, len, text);
                cr_assert(fz_base32_decode(text, strlen(text), out, len));
                cr_assert_arr_eq(out, in, len);
            }
        }
    }
}

Test(base32, reads_what_people_type)
{
    static const char *const texts[] = {"01A0-1BCD-EFGH-JKMN", "oia0-lbcd-efgh-jkmn",
                                        "OLAo-IbCdEfGhJkMn", "--01A01BCDEFGHJKMN--"};
    uint8_t expected[10];
    cr_assert(fz_base32_decode("01A01BCDEFGHJKMN", 16, expected, sizeof expected));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t bytes[10];
        char normal[17];
        cr_assert(fz_base32_decode(texts[i], strlen(texts[i]), bytes, sizeof bytes), "%s",
                  texts[i]);
        cr_expect_arr_eq(bytes, expected, sizeof bytes);
        cr_assert(fz_base32_normalize(texts[i], strlen(texts[i]), normal, 16), "%s", texts[i]);
        cr_expect_str_eq(normal, "01A01BCDEFGHJKMN");
    }
}

Test(base32, refuses_wrong_lengths_characters_and_spare_bits)
{
    static const char *const texts[] = {"",
                                        "----",
                                        "01A01BCDEFGHJKM",
                                        "01A01BCDEFGHJKMNP",
                                        "01A01BCDEFGHJKMU",
                                        "u1A01BCDEFGHJKMN",
                                        "01A01BCDEFGHJKM ",
                                        "01A01BCDEFGHJK\xE3\x81\x82",
                                        "01A0_1BCDEFGHJKMN",
                                        "01A01BCDEFGHJKMN01A01BCDEFGHJKMN"};
    uint8_t bytes[10];
    uint8_t id[16];
    char normal[17];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_not(fz_base32_decode(texts[i], strlen(texts[i]), bytes, 10), "%s", texts[i]);
        cr_expect_not(fz_base32_normalize(texts[i], strlen(texts[i]), normal, 16), "%s", texts[i]);
    }
    cr_expect_not(fz_base32_decode("01A0\0BCDEFGHJKMN", 16, bytes, 10));
    /* 26 characters hold 130 bits: the first may only be 0..7. */
    cr_expect(fz_base32_decode("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", 26, id, 16));
    cr_expect_not(fz_base32_decode("8ZZZZZZZZZZZZZZZZZZZZZZZZZ", 26, id, 16));
    cr_expect_not(fz_base32_decode("80000000000000000000000000", 26, id, 16));
}
