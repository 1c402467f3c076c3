/*
 * Reading EMV codes: every check refuses what it is there for, names it, and points at it. The rows
 * carry a right checksum, so that nothing but the check in question can have refused them.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "merchant-pos/wire/emv.h"
#include "tests/support/leak.h"
#include "tests/wire/emv_seal.h"
#include "tests/wire/emv_vectors.h"

#define OUTER  \
    "52040000" \
    "5303392"  \
    "5802JP"   \
    "5901A"    \
    "6001B"
#define VISA "0204TEST"
#define OURS "27300018jp.example.feezero0104SHOP"

struct row {
    const char *body; /* without the checksum */
    enum fz_emv_result result;
    const char *where; /* the fault is at this text; NULL = at the end */
};

static void expect_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fz_emv_code code;
        static const struct fz_emv_code nothing;
        char text[1024];
        size_t len = emv_seal(rows[i].body, strlen(rows[i].body), text);
        size_t position = SIZE_MAX;
        text[len] = '\0';
        enum fz_emv_result result = fz_emv_parse(text, len, &code, &position);
        cr_expect_eq(result, rows[i].result, "row %zu %s: %s", i, rows[i].body,
                     fz_emv_result_text(result));
        if (rows[i].result == FZ_EMV_OK) {
            continue;
        }
        const char *found = rows[i].where != NULL ? strstr(text, rows[i].where) : text + len;
        cr_assert_not_null(found, "row %zu", i);
        cr_expect_eq(position, (size_t)(found - text), "row %zu %s: at %zu, not %zu", i,
                     rows[i].body, position, (size_t)(found - text));
        cr_expect_arr_eq(&code, &nothing, sizeof code);
    }
}
#define EXPECT_ROWS(rows) expect_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static enum fz_emv_result parse(const char *text, size_t len)
{
    struct fz_emv_code code;
    return fz_emv_parse(text, len, &code, NULL);
}

Test(emv_refuse, the_text_as_a_whole)
{
    cr_expect_eq(parse("", 0), FZ_EMV_SHORT);
    cr_expect_eq(parse("00020163041", 11), FZ_EMV_SHORT);
    cr_expect_eq(parse("\xFF", 1), FZ_EMV_UTF8);
    /* A frame with nothing in between. */
    cr_expect_eq(parse("0002026304FFFF", 14), FZ_EMV_START);
    cr_expect_eq(parse("0002016304ABCD", 14), FZ_EMV_CRC);
    cr_expect_eq(parse("0002016305ABCD", 14), FZ_EMV_CRC_FORM);
    cr_expect_eq(parse("0002016304ABCG", 14), FZ_EMV_CRC_FORM);
    cr_expect_eq(parse("0002016304abcd", 14), FZ_EMV_CRC_FORM);
    cr_expect_eq(parse("000201喫茶店喫茶店", 24), FZ_EMV_CRC_FORM);
    FZ_EXPECT_NO_LEAK();
}

Test(emv_refuse, the_negatives_of_others)
{
    static const char zero_crc[] = V1_BODY_TO_COUNTRY "CN" V1_BODY_BEHIND_COUNTRY "63040000";
    cr_expect_eq(parse(zero_crc, strlen(zero_crc)), FZ_EMV_CRC);
    cr_expect_eq(parse(LOWER_CASE_V1, strlen(LOWER_CASE_V1)), FZ_EMV_CRC_FORM);
    cr_expect_eq(parse(WRONG_IN_THE_WILD, strlen(WRONG_IN_THE_WILD)), FZ_EMV_CRC);
    /* The right checksum of that text; in upper case it is one. */
    char text[sizeof(LOWER_CASE_V1)];
    memcpy(text, LOWER_CASE_V1, sizeof text);
    memcpy(text + strlen(text) - 4, "A13B", 4);
    cr_expect_eq(parse(text, strlen(text)), FZ_EMV_CRC);
    memcpy(text + strlen(text) - 4, "B972", 4);
    cr_expect_eq(parse(text, strlen(text)), FZ_EMV_DATA_REQUEST); /* 62/09 is "me" now */
    memcpy(text, WRONG_IN_THE_WILD, sizeof(WRONG_IN_THE_WILD));
    memcpy(text + strlen(text) - 4, "0F92", 4);
    cr_expect_eq(parse(text, strlen(text)), FZ_EMV_OK);
    /* Right checksums over wrong objects: 62/09 is "tuv"; lengths that lie. */
    char readme[] = WRONG_IN_A_README;
    cr_expect_eq(parse(readme, strlen(readme)), FZ_EMV_DATA_REQUEST);
    memcpy(readme + strlen(readme) - 4, "E754", 4);
    cr_expect_eq(parse(readme, strlen(readme)), FZ_EMV_CRC);
    cr_expect_eq(parse(MALFORMED_ELSEWHERE, strlen(MALFORMED_ELSEWHERE)), FZ_EMV_OBJECT_LEN);
}

Test(emv_refuse, objects)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" VISA OUTER, FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "6", FZ_EMV_OBJECT_END, "66304"},
        {"000201" VISA OUTER "A101x", FZ_EMV_OBJECT_ID, "A101x"},
        {"000201" VISA OUTER "6A01x", FZ_EMV_OBJECT_ID, "6A01x"},
        {"000201" VISA OUTER "6100", FZ_EMV_OBJECT_LEN, "6100"},
        {"000201" VISA OUTER "61-1x", FZ_EMV_OBJECT_LEN, "61-1x"},
        {"000201" VISA OUTER "611 x", FZ_EMV_OBJECT_LEN, "611 x"},
        {"000201" VISA OUTER "6110x", FZ_EMV_OBJECT_END, "6110x"},
        {"000201" VISA OUTER "6109x", FZ_EMV_CRC_NOT_LAST, "6304"},
        {"000201" VISA OUTER "6304AAAA6109x", FZ_EMV_CRC_NOT_LAST, "63040"},
        {"000201" VISA OUTER "6304AAAA", FZ_EMV_DUPLICATE, NULL},
        {"000201" VISA OUTER "0002016101x", FZ_EMV_DUPLICATE, "0002016101"},
        {"000201" VISA OUTER "6101x6101y", FZ_EMV_DUPLICATE, "6101y"},
        {"000201" VISA OUTER "63086304AAAA", FZ_EMV_DUPLICATE, NULL},
        /* 63 itself must be four characters long. */
        {"000201" VISA OUTER "6312AAAA", FZ_EMV_VALUE_LEN, "AAAA"},
    };
    /* clang-format on */
    struct fz_emv_code code;
    char text[128];
    /* Rows whose place depends on the checksum: the result alone. */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = emv_seal(rows[i].body, strlen(rows[i].body), text);
        size_t position = SIZE_MAX;
        enum fz_emv_result result = fz_emv_parse(text, len, &code, &position);
        cr_expect_eq(result, rows[i].result, "row %zu: %s", i, fz_emv_result_text(result));
    }
    /* clang-format off */
    static const struct row places[] = {
        {"000201" VISA OUTER "A101x", FZ_EMV_OBJECT_ID, "A101x"},
        {"000201" VISA OUTER "6100", FZ_EMV_OBJECT_LEN, "6100"},
        {"000201" VISA OUTER "6110x", FZ_EMV_OBJECT_END, "6110x"},
        {"000201" VISA OUTER "6109x", FZ_EMV_CRC_NOT_LAST, "6304"},
        {"000201" VISA OUTER "6101x6101y", FZ_EMV_DUPLICATE, "6101y"},
        {"000201" VISA OUTER "6312AAAA", FZ_EMV_VALUE_LEN, "AAAA"},
    };
    /* clang-format on */
    EXPECT_ROWS(places);
}

Test(emv_refuse, missing_objects)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" VISA "5303392" "5802JP" "5901A" "6001B", FZ_EMV_MISSING, NULL},
        {"000201" VISA "52040000" "5802JP" "5901A" "6001B", FZ_EMV_MISSING, NULL},
        {"000201" VISA "52040000" "5303392" "5901A" "6001B", FZ_EMV_MISSING, NULL},
        {"000201" VISA "52040000" "5303392" "5802JP" "6001B", FZ_EMV_MISSING, NULL},
        {"000201" VISA "52040000" "5303392" "5802JP" "5901A", FZ_EMV_MISSING, NULL},
        {"000201" OUTER, FZ_EMV_MISSING, NULL},
        {"000201" OUTER "80080004GUID", FZ_EMV_MISSING, NULL},
        {"000201" "5104TEST" OUTER, FZ_EMV_OBJECT_ID, "TEST"},
        {"000201" "51080104SHOP" OUTER, FZ_EMV_GUID, "0104SHOP"},
        {"000201" "2508TESTTEST" OUTER, FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "64060002JA", FZ_EMV_MISSING, "0002JA"},
        {"000201" VISA OUTER "64050101x", FZ_EMV_MISSING, "0101x"},
        {"000201" VISA OUTER "64110002JA0101x", FZ_EMV_OK, NULL},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, lengths_and_characters)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" "0103112" VISA OUTER, FZ_EMV_VALUE_LEN, "112"},
        {"000201" "01011" VISA OUTER, FZ_EMV_VALUE_LEN, "10204"},
        {"000201" VISA "5203000" "5303392" "5802JP" "5901A" "6001B", FZ_EMV_VALUE_LEN, "0005303"},
        {"000201" VISA "5204000x" "5303392" "5802JP" "5901A" "6001B", FZ_EMV_CHARACTER, "x"},
        {"000201" VISA "52040000" "530239" "5802JP" "5901A" "6001B", FZ_EMV_VALUE_LEN, "395802"},
        {"000201" VISA "52040000" "5303JPY" "5802JP" "5901A" "6001B", FZ_EMV_CHARACTER, "JPY"},
        {"000201" VISA "52040000" "5303392" "5803JPN" "5901A" "6001B", FZ_EMV_VALUE_LEN, "JPN"},
        {"000201" VISA "52040000" "5303392" "5802J1" "5901A" "6001B", FZ_EMV_CHARACTER, "15901"},
        {"000201" VISA "52040000" "5303392" "5802JP" "5901店" "6001B", FZ_EMV_CHARACTER, "店"},
        {"000201" VISA "52040000" "5303392" "5802JP" "5901\x7F" "6001B", FZ_EMV_CHARACTER, "\x7F"},
        {"000201" VISA "52040000" "5303392" "5802JP" "5903A\tB" "6001B", FZ_EMV_CHARACTER, "\t"},
        {"000201" VISA "52040000" "5303392" "5802JP" "592512345678901234567890ABCDE" "6001B",
         FZ_EMV_OK, NULL},
        {"000201" VISA "52040000" "5303392" "5802JP" "592612345678901234567890ABCDEF" "6001B",
         FZ_EMV_VALUE_LEN, "12345678901234567890ABCDEF"},
        {"000201" VISA "52040000" "5303392" "5802JP" "5901A" "6016ABCDEFGHIJKLMNOP",
         FZ_EMV_VALUE_LEN, "ABCDEFGHIJKLMNOP"},
        {"000201" VISA OUTER "611112345678901", FZ_EMV_VALUE_LEN, "12345678901"},
        {"000201" "0204TES\xC2\xA5" OUTER, FZ_EMV_CHARACTER, "\xC2\xA5"},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, lengths_and_characters_of_text)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" VISA OUTER "6506RFU 店1", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "6503a\x1F" "b", FZ_EMV_CHARACTER, "\x1F"},
        {"000201" VISA OUTER "64110002JA0101\xC2\x85", FZ_EMV_CHARACTER, "\xC2\x85"},
        {"000201" VISA OUTER "64110002JA0101\xE2\x80\xAE", FZ_EMV_CHARACTER, "\xE2\x80\xAE"},
        {"000201" VISA OUTER "64110002JA0101\xE2\x81\xA6", FZ_EMV_CHARACTER, "\xE2\x81\xA6"},
        {"000201" VISA OUTER "64110002J10101x", FZ_EMV_CHARACTER, "10101"},
        {"000201" VISA OUTER "64120003JPN0101x", FZ_EMV_VALUE_LEN, "JPN"},
        {"000201" VISA OUTER "64360002JA0126あいうえおかきくけこさしすせそたちつてとなにぬねのは", FZ_EMV_VALUE_LEN, "あ"},
        {"000201" VISA OUTER "64350002JA0125あいうえおかきくけこさしすせそたちつてとなにぬねの", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "64310002JA0101x0216あいうえおかきくけこさしすせそた", FZ_EMV_VALUE_LEN, "あ"},
        {"000201" VISA OUTER "64160002JA0101x0301y", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "6230012612345678901234567890ABCDEF", FZ_EMV_VALUE_LEN, "1234567890"},
        {"000201" VISA OUTER "62050801店", FZ_EMV_CHARACTER, "店"},
        {"000201" VISA OUTER "62051001店", FZ_EMV_OK, NULL},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, reserved_values)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" "010210" VISA OUTER, FZ_EMV_RESERVED, "100204"},
        {"000201" "010213" VISA OUTER, FZ_EMV_RESERVED, "130204"},
        {"000201" "010200" VISA OUTER, FZ_EMV_RESERVED, "000204"},
        {"000201" VISA OUTER "550200", FZ_EMV_RESERVED, "006304"},
        {"000201" VISA OUTER "550204", FZ_EMV_RESERVED, "046304"},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, amounts)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" VISA OUTER "54010", FZ_EMV_NUMBER_ZERO, "06304"},
        {"000201" VISA OUTER "54040.00", FZ_EMV_NUMBER_ZERO, "0.00"},
        {"000201" VISA OUTER "540598,73", FZ_EMV_NUMBER, "98,73"},
        {"000201" VISA OUTER "54053 705", FZ_EMV_NUMBER, "3 705"},
        {"000201" VISA OUTER "5402.5", FZ_EMV_NUMBER, ".5"},
        {"000201" VISA OUTER "5401.", FZ_EMV_NUMBER, "."},
        {"000201" VISA OUTER "54051.2.3", FZ_EMV_NUMBER, "1.2.3"},
        {"000201" VISA OUTER "54041e10", FZ_EMV_NUMBER, "1e10"},
        {"000201" VISA OUTER "5402-1", FZ_EMV_NUMBER, "-1"},
        {"000201" VISA OUTER "5402+1", FZ_EMV_NUMBER, "+1"},
        {"000201" VISA OUTER "54051.001", FZ_EMV_AMOUNT_FRACTION, "1.001"},
        {"000201" VISA OUTER "54031.5", FZ_EMV_AMOUNT_FRACTION, "1.5"},
        {"000201" VISA OUTER "54139999999999999", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "541412345678901234", FZ_EMV_VALUE_LEN, "12345678901234"},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, tips_and_fees)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" VISA OUTER "550201", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "550202" "5603500", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "550203" "57043.50", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "550203" "570500.01", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "550203" "570599.99", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "550202", FZ_EMV_TIP_WITHOUT_FEE, "026304"},
        {"000201" VISA OUTER "550203", FZ_EMV_TIP_WITHOUT_FEE, "036304"},
        {"000201" VISA OUTER "5603500", FZ_EMV_FEE_WITHOUT_TIP, "500"},
        {"000201" VISA OUTER "550201" "5603500", FZ_EMV_FEE_WITHOUT_TIP, "500"},
        {"000201" VISA OUTER "550203" "57013" "5603500", FZ_EMV_FEE_WITHOUT_TIP, "5006304"},
        {"000201" VISA OUTER "57043.50", FZ_EMV_FEE_WITHOUT_TIP, "3.50"},
        {"000201" VISA OUTER "550202" "5603500" "57043.50", FZ_EMV_FEE_WITHOUT_TIP, "3.50"},
        {"000201" VISA OUTER "550202" "56010", FZ_EMV_NUMBER_ZERO, "06304"},
        {"000201" VISA OUTER "550202" "56031,5", FZ_EMV_NUMBER, "1,5"},
        {"000201" VISA OUTER "550202" "56031.5", FZ_EMV_AMOUNT_FRACTION, "1.5"},
        {"000201" VISA OUTER "550203" "570500.00", FZ_EMV_PERCENT, "00.00"},
        {"000201" VISA OUTER "550203" "5703100", FZ_EMV_PERCENT, "100"},
        {"000201" VISA OUTER "550203" "57051.001", FZ_EMV_PERCENT, "1.001"},
        {"000201" VISA OUTER "550203" "57023%", FZ_EMV_PERCENT, "3%"},
        {"000201" VISA OUTER "550203" "5706003.50", FZ_EMV_VALUE_LEN, "003.50"},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

Test(emv_refuse, templates)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" "27220018jp.example.feezero" OUTER, FZ_EMV_OK, NULL},
        {"000201" "27080104SHOP" OUTER, FZ_EMV_GUID, "0104SHOP"},
        {"000201" "28080104SHOP" OUTER, FZ_EMV_GUID, "0104SHOP"},
        {"000201" VISA OUTER "80080104SHOP", FZ_EMV_GUID, "0104SHOP"},
        {"000201" VISA OUTER "6212" "50080104SHOP", FZ_EMV_GUID, "0104SHOP"},
        {"000201" VISA OUTER "6216" "50120004GUID0100", FZ_EMV_OBJECT_LEN, "0100"},
        {"000201" VISA OUTER "6212" "99080004GUID", FZ_EMV_OK, NULL},
        {"000201" "2637" "0033" "123456789012345678901234567890123" OUTER,
         FZ_EMV_VALUE_LEN, "123456789012345678901234567890123"},
        {"000201" OURS "5303392" "52040000" "5802JP" "5901A" "6001B", FZ_EMV_OK, NULL},
        {"000201" "27340018jp.example.feezero0104SHOP0201" OUTER, FZ_EMV_OBJECT_END, "0201520"},
        {"000201" "27350018jp.example.feezero0104SHOP0101x" OUTER, FZ_EMV_DUPLICATE, "0101x"},
        {"000201" "27300018jp.example.feezero0105SHOP" OUTER, FZ_EMV_OBJECT_END, "0105SHOP"},
        {"000201" "27300018jp.example.feezero0199SHOP" OUTER, FZ_EMV_OBJECT_END, "0199SHOP"},
        {"000201" "26060004GU" OUTER, FZ_EMV_OBJECT_END, "0004GU"},
        {"000201" VISA OUTER "62050901A", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "62070903EMA", FZ_EMV_OK, NULL},
        {"000201" VISA OUTER "62060902AA", FZ_EMV_DATA_REQUEST, "A6304"},
        {"000201" VISA OUTER "62060902AX", FZ_EMV_DATA_REQUEST, "X6304"},
        {"000201" VISA OUTER "62060902Am", FZ_EMV_DATA_REQUEST, "m6304"},
        {"000201" VISA OUTER "62080904AMEA", FZ_EMV_VALUE_LEN, "AMEA"},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

#define COUNCIL "0019jp.or.paymentsjapan"
Test(emv_refuse, store_codes_of_the_council)
{
    /* clang-format off */
    static const struct row rows[] = {
        {"000201" "2668" COUNCIL "01130000000000001" "02040001" "0306000001" "0406000001" OUTER,
         FZ_EMV_OK, NULL},
        {"000201" "2651" COUNCIL "02040001" "0306000001" "0406000001" OUTER,
         FZ_EMV_JPQR_CODE, COUNCIL},
        {"000201" "2658" COUNCIL "01130000000000001" "02040001" "0306000001" OUTER,
         FZ_EMV_JPQR_CODE, COUNCIL},
        {"000201" "2667" COUNCIL "0112000000000001" "02040001" "0306000001" "0406000001" OUTER,
         FZ_EMV_JPQR_CODE, "0000000000010204"},
        {"000201" "2668" COUNCIL "0113000000000000X" "02040001" "0306000001" "0406000001" OUTER,
         FZ_EMV_JPQR_CODE, "X"},
        /* Another scheme's template in 26 is its own affair. */
        {"000201" "2627" "0019jp.or.paymentsother" "0100" OUTER, FZ_EMV_OBJECT_LEN, "0100"},
        {"000201" "2628" "0019jp.or.paymentsother" "0101x" OUTER, FZ_EMV_OK, NULL},
    };
    /* clang-format on */
    EXPECT_ROWS(rows);
}

/* 27/03 of a valid code: an id only in the one way we write it. */
static void read_intent_text(const char *intent, struct fz_emv_code *code)
{
    char body[256];
    char text[256];
    (void)snprintf(body, sizeof body, "00020101021227%02zu0018jp.example.feezero03%02zu%s" OUTER,
                   26 + strlen(intent), strlen(intent), intent);
    size_t len = emv_seal(body, strlen(body), text);
    cr_assert_eq(fz_emv_parse(text, len, code, NULL), FZ_EMV_OK, "%s", body);
}

Test(emv_refuse, an_intent_id_has_one_spelling)
{
    static const char *const unreadable[] = {
        "01arz3ndektsv4rrffq69g5fav",  "OIARZ3NDEKTSV4RRFFQ69G5FAV",
        "01ARZ3NDEKTSV4RRFFQ69G5FA",   "01ARZ3NDEKTSV4RRFFQ69G5FAV0",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV",  "01ARZ3NDEKTSV4RRFFQ69G5FAU",
        "01ARZ3NDEK-TSV4RRFFQ69G5FAV", "*",
    };
    static const uint8_t expected[16] = {0x01, 0x56, 0x3E, 0x3A, 0xB5, 0xD3, 0xD6, 0x76,
                                         0x4C, 0x61, 0xEF, 0xB9, 0x93, 0x02, 0xBD, 0x5B};
    static const uint8_t zero[16];
    struct fz_emv_code code;
    read_intent_text("01ARZ3NDEKTSV4RRFFQ69G5FAV", &code);
    cr_expect(code.has_intent);
    cr_expect_not(code.intent_unreadable);
    cr_expect_arr_eq(code.intent.bytes, expected, sizeof expected);
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        read_intent_text(unreadable[i], &code);
        cr_expect_not(code.has_intent, "%s", unreadable[i]);
        cr_expect(code.intent_unreadable, "%s", unreadable[i]);
        cr_expect_arr_eq(code.intent.bytes, zero, sizeof zero);
    }
}

Test(emv_refuse, every_single_byte_corruption)
{
    char text[] = V6;
    size_t len = sizeof text - 1;
    for (size_t i = 0; i < len; i++) {
        char kept = text[i];
        for (int value = 0; value < 256; value++) {
            text[i] = (char)value;
            if (text[i] != kept) {
                cr_assert_neq(parse(text, len), FZ_EMV_OK, "byte %zu as %02x", i, (unsigned)value);
            }
        }
        text[i] = kept;
    }
    cr_assert_eq(parse(text, len), FZ_EMV_OK);
}

Test(emv_refuse, every_truncation_and_extension)
{
    static const char *const texts[] = {V1, V2, V5, V6, V7};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char longer[512];
        size_t len = strlen(texts[i]);
        for (size_t cut = 0; cut < len; cut++) {
            cr_assert_neq(parse(texts[i], cut), FZ_EMV_OK, "vector %zu cut to %zu", i, cut);
            cr_assert_neq(parse(texts[i] + cut + 1, len - cut - 1), FZ_EMV_OK);
        }
        memcpy(longer, texts[i], len);
        for (int value = 0; value < 256; value++) {
            longer[len] = (char)value;
            cr_assert_neq(parse(longer, len + 1), FZ_EMV_OK, "vector %zu and %02x", i,
                          (unsigned)value);
        }
    }
}

Test(emv_refuse, every_result_has_its_own_words)
{
    for (int a = FZ_EMV_OK; a <= FZ_EMV_BUFFER; a++) {
        const char *text = fz_emv_result_text((enum fz_emv_result)a);
        cr_expect_gt(strlen(text), 4u);
        cr_expect_str_neq(text, "unknown", "result %d", a);
        for (int b = a + 1; b <= FZ_EMV_BUFFER; b++) {
            cr_expect_str_neq(text, fz_emv_result_text((enum fz_emv_result)b), "%d, %d", a, b);
        }
    }
    cr_expect_str_eq(fz_emv_result_text((enum fz_emv_result)(FZ_EMV_BUFFER + 1)), "unknown");
    cr_expect_str_eq(fz_emv_result_text((enum fz_emv_result) - 1), "unknown");
}
