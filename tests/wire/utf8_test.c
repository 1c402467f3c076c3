/*
 * UTF-8 reading against RFC 3629: the borders of every length, and everything that must not pass.
 */
#include "merchant-pos/wire/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

Test(utf8, reads_the_borders_of_every_length)
{
    static const struct {
        const char *text;
        size_t len;
        uint32_t character;
    } rows[] = {
        {"\0", 1, 0},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xEE\x80\x80", 3, 0xE000},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t at = 0;
        size_t count = 0;
        uint32_t character = 0xFFFFFFFF;
        cr_assert(fz_utf8_next(rows[i].text, rows[i].len, &at, &character), "row %zu", i);
        cr_expect_eq(at, rows[i].len, "row %zu", i);
        cr_expect_eq(character, rows[i].character, "row %zu", i);
        cr_expect(fz_utf8_count(rows[i].text, rows[i].len, &count));
        cr_expect_eq(count, 1u);
        for (size_t cut = 1; cut < rows[i].len; cut++) {
            at = 0;
            cr_expect_not(fz_utf8_next(rows[i].text, cut, &at, &character), "row %zu", i);
            cr_expect_eq(at, 0u);
        }
    }
    FZ_EXPECT_NO_LEAK();
}

Test(utf8, refuses_what_is_not_utf8_and_says_where)
{
    static const char *const texts[] = {
        "\x80",             /* a continuation alone */
        "\xBF",             /* the same */
        "\xC0\x80",         /* NUL, too long */
        "\xC1\xBF",         /* too long */
        "\xE0\x9F\xBF",     /* too long */
        "\xF0\x8F\xBF\xBF", /* too long */
        "\xED\xA0\x80",     /* a surrogate */
        "\xED\xBF\xBF",     /* a surrogate */
        "\xF4\x90\x80\x80", /* above the last character */
        "\xF5\x80\x80\x80", /* above */
        "\xFE",             /* never */
        "\xFF",             /* never */
        "\xE3\x81 ",        /* cut short */
        "\xE3 \x82",        /* cut short */
        "\x83\x65\x83\x58", /* Shift_JIS */
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[16] = "ab";
        size_t where = 0;
        memcpy(text + 2, texts[i], strlen(texts[i]) + 1);
        cr_expect_not(fz_utf8_count(text, strlen(text), &where), "row %zu", i);
        cr_expect_eq(where, 2u, "row %zu", i);
    }
}

Test(utf8, counts_characters_not_bytes)
{
    size_t count = 0;
    cr_expect(fz_utf8_count("", 0, &count));
    cr_expect_eq(count, 0u);
    cr_expect(fz_utf8_count("フィーゼロ喫茶", strlen("フィーゼロ喫茶"), &count));
    cr_expect_eq(count, 7u);
}
