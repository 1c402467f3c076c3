/*
 * The code a resident shows: what others publish is read as they mean it, ours is built bit by bit
 * as written down, and everything that is no code of ours is refused for the right reason.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "feezero/encode.h"
#include "merchant-pos/wire/cpm.h"
#include "tests/support/leak.h"
#include "tests/wire/cpm_vectors.h"

static void read_ok(const char *text, struct fz_cpm_code *code)
{
    size_t position = 0;
    enum fz_cpm_result result = fz_cpm_parse(text, strlen(text), code, &position);
    cr_assert_eq(result, FZ_CPM_OK, "%s: %s at %zu", text, fz_cpm_result_text(result), position);
}

static void expect_value(const struct fz_cpm_code *code, struct fz_cpm_value value, const char *hex)
{
    char found[FZ_HEX_SIZE(FZ_CPM_BYTES_MAX)];
    fz_hex_encode(code->bytes + value.at, value.len, found);
    cr_expect_str_eq(found, hex);
}

/* --- what others publish ---------------------------------------------------------------------- */

Test(cpm, emvco_one_application)
{
    struct fz_cpm_code code;
    read_ok(C1, &code);
    cr_assert_eq(code.application_count, 1);
    cr_expect(!code.is_jpqr);
    expect_value(&code, code.applications[0].aid, "a0000000555555");
    /* Card number, D, 12/19, service 201, discretionary 12345, padding. */
    expect_value(&code, code.applications[0].track2, "1234567890123458d191220112345f");
    cr_expect_eq(code.applications[0].pan.len, 0);
    FZ_EXPECT_NO_LEAK();
}

Test(cpm, emvco_two_applications)
{
    struct fz_cpm_code code;
    read_ok(C2, &code);
    cr_assert_eq(code.application_count, 2);
    expect_value(&code, code.applications[0].aid, "a0000000555555");
    expect_value(&code, code.applications[0].label, "50726f6475637431"); /* Product1 */
    expect_value(&code, code.applications[1].aid, "a0000000666666");
    expect_value(&code, code.applications[1].label, "50726f6475637432");
    expect_value(&code, code.common.pan, "1234567890123458");
}

Test(cpm, wallets_in_the_wild)
{
    struct fz_cpm_code code;
    read_ok(C3, &code);
    cr_assert_eq(code.application_count, 1);
    expect_value(&code, code.applications[0].aid, "a000000065039202");
    expect_value(&code, code.applications[0].track2, "3158990079242943d49121210000051200000f");

    read_ok(C4, &code); /* a length of two bytes */
    cr_assert_eq(code.application_count, 1);
    expect_value(&code, code.applications[0].aid, "4743415348"); /* GCASH */
    cr_expect_eq(code.applications[0].pan.len, 27);

    read_ok(C6, &code);
    cr_expect(code.is_jpqr);
    expect_value(&code, code.applications[0].aid, "3132333435363738");
    expect_value(&code, code.applications[0].track2, "3837363534333231");
}

Test(cpm, the_wrong_one_of_others)
{
    struct fz_cpm_code code;
    static const struct fz_cpm_code nothing;
    size_t position = 0;
    cr_expect_eq(fz_cpm_parse(C5, strlen(C5), &code, &position), FZ_CPM_LEN);
    cr_expect_eq(position, 7u); /* the 61 behind the format indicator */
    cr_expect_arr_eq(&code, &nothing, sizeof code);
}

Test(cpm, none_of_them_is_ours)
{
    static const char *const texts[] = {C1, C2, C3, C4, C6};
    char digits[FZ_CODE_DIGITS + 1];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_expect_eq(fz_code_scan(texts[i], strlen(texts[i]), digits), FZ_CPM_NOT_OURS, "C%zu", i);
        cr_expect_str_eq(digits, "");
    }
    cr_expect_eq(fz_code_scan(C5, strlen(C5), digits), FZ_CPM_LEN);
}

/* --- ours ------------------------------------------------------------------------------------- */

Test(cpm, ours_built_and_read)
{
    char text[FZ_CPM_OURS_SIZE];
    char digits[FZ_CODE_DIGITS + 1];
    uint8_t bytes[FZ_CPM_OURS_LEN];
    char hex[FZ_HEX_SIZE(FZ_CPM_OURS_LEN)];
    size_t len = 0;
    struct fz_cpm_code code;

    cr_assert_eq(fz_cpm_build(OURS_DIGITS, text), FZ_CPM_OK);
    cr_expect_str_eq(text, OURS);
    cr_assert(fz_base64_decode(text, strlen(text), bytes, sizeof bytes, &len));
    fz_hex_encode(bytes, len, hex);
    cr_expect_str_eq(hex, OURS_HEX);
    read_ok(text, &code);
    cr_expect_eq(fz_cpm_digits(&code, digits), FZ_CPM_OK);
    cr_expect_str_eq(digits, OURS_DIGITS);
    cr_expect_eq(fz_code_scan(text, strlen(text), digits), FZ_CPM_OK);
    cr_expect_str_eq(digits, OURS_DIGITS);
    FZ_EXPECT_NO_LEAK();
}

Test(cpm, build_refuses)
{
    char text[FZ_CPM_OURS_SIZE] = "x";
    cr_expect_eq(fz_cpm_build("2912345678901234567", text), FZ_CPM_DIGITS);
    cr_expect_str_eq(text, "");
    cr_expect_eq(fz_cpm_build(OURS_DIGITS "0", text), FZ_CPM_DIGITS);
    cr_expect_eq(fz_cpm_build("2912345678901234567x", text), FZ_CPM_DIGITS);
    cr_expect_eq(fz_cpm_build("29123456789012345679", text), FZ_CPM_CHECK_DIGIT);
}

Test(cpm, luhn)
{
    /* ISO/IEC 7812-1's example, and numbers that card schemes publish for tests. */
    cr_expect_eq(fz_luhn_digit("7992739871", 10), '3');
    cr_expect_eq(fz_luhn_digit("411111111111111", 15), '1');
    cr_expect_eq(fz_luhn_digit("37828224631000", 14), '5');
    cr_expect_eq(fz_luhn_digit("3530111333300000"
                               "0",
                               0),
                 '0');
    cr_expect_eq(fz_luhn_digit("353011133330000", 15), '0');
    char digits[FZ_CODE_DIGITS + 1];
    fz_code_complete("12345678901234567", digits);
    cr_expect_str_eq(digits, OURS_DIGITS);
}

/* One digit mistyped, and two neighbours swapped: but for 09 and 90, Luhn sees them all. */
Test(cpm, the_check_digit_catches_what_people_do)
{
    for (size_t i = 0; i < FZ_CODE_DIGITS; i++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char text[] = OURS_DIGITS;
            bool is_same = text[i] == digit;
            text[i] = digit;
            cr_expect_eq(fz_code_is_right(text, FZ_CODE_DIGITS), is_same, "%s", text);
        }
    }
    for (size_t i = 0; i + 1 < FZ_CODE_DIGITS; i++) {
        char text[] = OURS_DIGITS;
        char first = text[i];
        bool unseen = (first == '0' && text[i + 1] == '9') || (first == '9' && text[i + 1] == '0');
        text[i] = text[i + 1];
        text[i + 1] = first;
        bool is_same = strcmp(text, OURS_DIGITS) == 0;
        cr_expect_eq(fz_code_is_right(text, FZ_CODE_DIGITS), is_same || (unseen && i >= 2), "%s",
                     text);
    }
}

/* --- what a scanner or a hand sends ----------------------------------------------------------- */

Test(cpm, scan)
{
    static const struct {
        const char *text;
        enum fz_cpm_result result;
    } rows[] = {
        {OURS_DIGITS, FZ_CPM_OK},
        {"2912 3456 7890 1234 5678", FZ_CPM_OK},
        {"2912-3456-7890-1234-5678 ", FZ_CPM_OK},
        {OURS, FZ_CPM_OK},
        {"", FZ_CPM_NOT_A_CODE},
        {"   ", FZ_CPM_NOT_A_CODE},
        {"4901234567894", FZ_CPM_NOT_OURS},        /* the bar code of a product */
        {"28123456789012345678", FZ_CPM_NOT_OURS}, /* twenty digits of somebody else */
        {OURS_DIGITS "0", FZ_CPM_NOT_OURS},
        {"29123456789012345679", FZ_CPM_CHECK_DIGIT},
        {"2912345678901234567x", FZ_CPM_NOT_A_CODE},
        {"00020101021227430018jp.example.feezero", FZ_CPM_NOT_A_CODE}, /* a shop's code */
        {"https://feezero.example/", FZ_CPM_NOT_A_CODE},
        {"2 9 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 ", FZ_CPM_OK},
        {"2  9 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 ", FZ_CPM_NOT_A_CODE}, /* nobody types so */
        {"hQVDUFYwMWEWTwjwRmVlWmVyb1oKKRI0VniQEjRWeQ==", FZ_CPM_CHECK_DIGIT},
        {"hQVDUFYwMWEWTwjwRmVlWmVyb1oKKRI0VniQEjRWcw", FZ_CPM_BASE64},
        {"hQVDUFY", FZ_CPM_BASE64},
        {"hQVDUFYyMWEWTwjwRmVlWmVyb1oKKRI0VniQEjRWeA==", FZ_CPM_START},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char digits[FZ_CODE_DIGITS + 1];
        enum fz_cpm_result result = fz_code_scan(rows[i].text, strlen(rows[i].text), digits);
        cr_expect_eq(result, rows[i].result, "%s: %s", rows[i].text, fz_cpm_result_text(result));
        cr_expect_str_eq(digits, rows[i].result == FZ_CPM_OK ? OURS_DIGITS : "", "%s",
                         rows[i].text);
    }
}

/* --- byte by byte ----------------------------------------------------------------------------- */

#define HEAD "85054350563031"
#define AID "4f08f04665655a65726f"
#define PAN "5a0a29123456789012345678"

static enum fz_cpm_result read_hex(const char *hex, struct fz_cpm_code *code)
{
    uint8_t bytes[FZ_CPM_BYTES_MAX];
    char text[FZ_BASE64_SIZE(FZ_CPM_BYTES_MAX)];
    size_t len = strlen(hex) / 2;
    cr_assert(len <= sizeof bytes && fz_hex_decode(hex, 2 * len, bytes, len), "%s", hex);
    size_t text_len = fz_base64_encode(bytes, len, text);
    return fz_cpm_parse(text, text_len, code, NULL);
}

Test(cpm, objects)
{
    /* clang-format off */
    static const struct {
        const char *hex;
        enum fz_cpm_result result;
    } rows[] = {
        {HEAD "6116" AID PAN, FZ_CPM_OK},
        {HEAD "618116" AID PAN, FZ_CPM_OK},                 /* longer than it must be: read */
        {HEAD "61820016" AID PAN, FZ_CPM_OK},
        {HEAD "6180" AID PAN "0000", FZ_CPM_LEN},           /* an end that is to be found */
        {HEAD "6183000016" AID PAN, FZ_CPM_LEN},
        {HEAD "6184" AID, FZ_CPM_LEN},
        {HEAD "61", FZ_CPM_LEN},
        {HEAD "6181", FZ_CPM_LEN},
        {HEAD "618200", FZ_CPM_LEN},
        {HEAD "6117" AID PAN, FZ_CPM_END},
        {HEAD "6182ffff" AID PAN, FZ_CPM_END},
        {HEAD "6115" AID PAN, FZ_CPM_LEN},                  /* the last digit is outside */
        {HEAD "6116" AID PAN "00", FZ_CPM_TAG},
        {HEAD "6116" AID PAN "9f", FZ_CPM_TAG},
        {HEAD "6116" AID PAN "9f800100", FZ_CPM_TAG},       /* a tag with a leading zero */
        {HEAD "6116" AID PAN "9f81818100", FZ_CPM_TAG},     /* four bytes */
        {HEAD "6116" AID PAN "9f810100", FZ_CPM_OK},        /* three */
        {HEAD "6119" AID PAN "9f0100", FZ_CPM_OK},          /* a tag nobody knows, and empty */
        {HEAD "6122" AID PAN PAN, FZ_CPM_DUPLICATE},
        {HEAD "6120" AID AID PAN, FZ_CPM_DUPLICATE},
        {HEAD "611c" AID PAN "9f01009f0100", FZ_CPM_DUPLICATE},
        {HEAD "6116" AID PAN HEAD, FZ_CPM_DUPLICATE},
        {HEAD "6116" AID PAN "6116" AID PAN, FZ_CPM_OK},
        {HEAD "6116" AID PAN "6116" AID PAN "6116" AID PAN, FZ_CPM_STRUCTURE},
        {HEAD "6116" AID PAN "6200", FZ_CPM_STRUCTURE},     /* common to one */
        {HEAD "6116" AID PAN "6116" AID PAN "6200", FZ_CPM_OK},
        {HEAD "6116" AID PAN "6116" AID PAN "62006200", FZ_CPM_STRUCTURE},
        {HEAD "7f2100" "6116" AID PAN, FZ_CPM_STRUCTURE},   /* others come last */
        {HEAD "6116" AID PAN "7f2100", FZ_CPM_OK},
        {HEAD, FZ_CPM_STRUCTURE},
        {HEAD "610c" PAN, FZ_CPM_MISSING},
        {HEAD "610a" AID, FZ_CPM_MISSING},
        {HEAD "610a" AID "610a" AID "620c" PAN, FZ_CPM_OK}, /* one number for both */
        {HEAD "61064f04f0466565", FZ_CPM_OK},               /* too short to be one: left out */
        {"8504435056306116" AID PAN, FZ_CPM_START},
        {"8505435056303261" "16" AID PAN, FZ_CPM_START},
        {"6116" AID PAN, FZ_CPM_START},
        {"85", FZ_CPM_START},
        {"", FZ_CPM_START},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_cpm_code code;
        enum fz_cpm_result result = read_hex(rows[i].hex, &code);
        cr_expect_eq(result, rows[i].result, "row %zu %s: %s", i, rows[i].hex,
                     fz_cpm_result_text(result));
    }
}

Test(cpm, digits)
{
    /* clang-format off */
    static const struct {
        const char *hex;
        enum fz_cpm_result result;
    } rows[] = {
        {HEAD "6116" AID PAN, FZ_CPM_OK},
        {HEAD "6118" "4f0af04665655a65726f0102" PAN, FZ_CPM_OK},  /* ours and a suffix */
        {HEAD "6115" "4f07f04665655a6572" PAN, FZ_CPM_NOT_OURS},   /* cut off */
        {HEAD "6116" "4f08f14665655a65726f" PAN, FZ_CPM_NOT_OURS},
        {HEAD "61064f04f0466565", FZ_CPM_NOT_OURS},
        {HEAD "61124f07a0000000555555500750726f64756374"          /* the second one is */
              "6116" AID PAN "620a5a081234567890123458", FZ_CPM_OK},
        {HEAD "6116" AID PAN "6116" AID PAN, FZ_CPM_AMBIGUOUS},
        {HEAD "6115" AID "5a09291234567890123456", FZ_CPM_DIGITS},
        {HEAD "6116" AID "5a0a2912345678901234567f", FZ_CPM_DIGITS},
        {HEAD "6116" AID "5a0aa9123456789012345678", FZ_CPM_DIGITS},
        {HEAD "6116" AID "5a0a29123456789012345679", FZ_CPM_CHECK_DIGIT},
        {HEAD "6116" AID "570a29123456789012345678", FZ_CPM_DIGITS}, /* not where we put it */
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fz_cpm_code code;
        char digits[FZ_CODE_DIGITS + 1];
        cr_assert_eq(read_hex(rows[i].hex, &code), FZ_CPM_OK, "row %zu", i);
        enum fz_cpm_result result = fz_cpm_digits(&code, digits);
        cr_expect_eq(result, rows[i].result, "row %zu %s: %s", i, rows[i].hex,
                     fz_cpm_result_text(result));
        cr_expect_str_eq(digits, rows[i].result == FZ_CPM_OK ? OURS_DIGITS : "");
    }
}

/* The longest payload there may be, filled to its last byte; and three bytes more. */
Test(cpm, longest)
{
    static const char head[] = HEAD "6182"
                                    "0175" AID PAN "9f7f82"
                                    "015a";
    const size_t head_len = sizeof head / 2;
    char text[FZ_BASE64_SIZE(FZ_CPM_BYTES_MAX + 3)];
    char digits[FZ_CODE_DIGITS + 1];
    struct fz_cpm_code code;
    uint8_t bytes[FZ_CPM_BYTES_MAX + 3] = {0};

    cr_assert_eq(head_len + 0x15A, (size_t)FZ_CPM_BYTES_MAX);
    cr_assert(fz_hex_decode(head, 2 * head_len, bytes, head_len));
    size_t len = fz_base64_encode(bytes, FZ_CPM_BYTES_MAX, text);
    cr_assert_eq(len, (size_t)FZ_CPM_CHARS_MAX);
    cr_expect_eq(fz_cpm_parse(text, len, &code, NULL), FZ_CPM_OK);
    cr_expect_eq(fz_cpm_digits(&code, digits), FZ_CPM_OK);
    len = fz_base64_encode(bytes, FZ_CPM_BYTES_MAX + 3, text);
    cr_expect_eq(fz_cpm_parse(text, len, &code, NULL), FZ_CPM_BASE64);
    FZ_EXPECT_NO_LEAK();
}
