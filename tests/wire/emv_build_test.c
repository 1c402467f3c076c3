/*
 * Writing EMV codes: ours come out byte for byte as they were fixed, and nothing comes out that
 * reading would refuse.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "merchant-pos/wire/emv.h"
#include "tests/support/leak.h"
#include "tests/wire/emv_seal.h"
#include "tests/wire/emv_vectors.h"

static struct fz_emv_code sale(void)
{
    struct fz_emv_code code = {
        .initiation = FZ_EMV_DYNAMIC,
        .guid = FZ_EMV_GUID_DEFAULT,
        .shop = "M00000042",
        .terminal = "T001",
        .mcc = "5411",
        .currency = FZ_EMV_CURRENCY_JPY,
        .amount = 1480,
        .country = "JP",
        .name = "FEEZERO MART",
        .city = "AIZUWAKAMATSU",
        .postal = "9650042",
        .bill = "INV-20261201-0007",
        .reference = "01JDX5K3Q8",
        .terminal_label = "T001",
    };
    return code;
}

static void expect_built(const struct fz_emv_code *code, const char *expected)
{
    char text[FZ_EMV_SIZE_MAX];
    size_t len = 0;
    enum fz_emv_result result = fz_emv_build(code, text, sizeof text, &len);
    cr_assert_eq(result, FZ_EMV_OK, "%s", fz_emv_result_text(result));
    cr_expect_str_eq(text, expected);
    cr_expect_eq(len, strlen(expected));
}

Test(emv_build, v6_from_its_fields)
{
    struct fz_emv_code code = sale();
    expect_built(&code, V6);
    FZ_EXPECT_NO_LEAK();
}

Test(emv_build, v7_from_its_fields)
{
    struct fz_emv_code code = {
        .initiation = FZ_EMV_STATIC,
        .guid = FZ_EMV_GUID_DEFAULT,
        .shop = "M00000042",
        .terminal = "T001",
        .mcc = "0000",
        .currency = FZ_EMV_CURRENCY_JPY,
        .country = "JP",
        .name = "A",
        .city = "B",
    };
    expect_built(&code, V7);
}

Test(emv_build, v5_from_its_fields)
{
    struct fz_emv_code code = {
        .initiation = FZ_EMV_STATIC,
        .jpqr_level1 = "0000000000001",
        .jpqr_level2 = "0001",
        .jpqr_level3 = "000001",
        .jpqr_level4 = "000001",
        .mcc = "5812",
        .currency = FZ_EMV_CURRENCY_JPY,
        .country = "JP",
        .name = "FEEZERO CAFE",
        .city = "AIZUWAKAMATSU",
        .postal = "9650042",
        .language = "JA",
        .name_local = "フィーゼロ喫茶",
    };
    expect_built(&code, V5);
}

Test(emv_build, what_was_read_is_rebuilt_byte_for_byte)
{
    static const char *const texts[] = {V5, V6, V7};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fz_emv_code code;
        cr_assert_eq(fz_emv_parse(texts[i], strlen(texts[i]), &code, NULL), FZ_EMV_OK);
        expect_built(&code, texts[i]);
    }
}

Test(emv_build, every_field_comes_back)
{
    struct fz_emv_code code = sale();
    struct fz_emv_code back;
    char text[FZ_EMV_SIZE_MAX];
    size_t len = 0;

    code.has_intent = true;
    for (size_t i = 0; i < sizeof code.intent.bytes; i++) {
        code.intent.bytes[i] = (uint8_t)(0xF7 - 13 * i);
    }
    EMV_SET(code.bill, "***");
    EMV_SET(code.jpqr_level1, "1234567890123");
    EMV_SET(code.jpqr_level2, "1234");
    EMV_SET(code.jpqr_level3, "123456");
    EMV_SET(code.jpqr_level4, "654321");
    code.amount = 9999999999999;
    EMV_SET(code.amount_text, "9999999999999");
    EMV_SET(code.tip, "02");
    EMV_SET(code.fee_fixed, "120");
    EMV_SET(code.mobile, "m");
    EMV_SET(code.store_label, "s");
    EMV_SET(code.loyalty, "l");
    EMV_SET(code.reference, "r");
    EMV_SET(code.customer, "c");
    EMV_SET(code.purpose, "p");
    EMV_SET(code.data_request, "AME");
    EMV_SET(code.language, "JA");
    EMV_SET(code.name_local, "一二三四五六七八九十一二三四五六七八九十一二三四五");
    EMV_SET(code.city_local, "会津若松");
    cr_assert_eq(fz_emv_build(&code, text, sizeof text, &len), FZ_EMV_OK);
    cr_expect_eq(strlen(text), len);
    memset(&back, 0xA5, sizeof back);
    cr_assert_eq(fz_emv_parse(text, len, &back, NULL), FZ_EMV_OK);
    cr_expect_str_eq(back.guid, code.guid);
    cr_expect_arr_eq(back.intent.bytes, code.intent.bytes, sizeof code.intent.bytes);
    cr_expect_str_eq(back.name_local, code.name_local);
    cr_expect_eq(back.amount, code.amount);
    char again[FZ_EMV_SIZE_MAX];
    cr_assert_eq(fz_emv_build(&back, again, sizeof again, NULL), FZ_EMV_OK);
    cr_expect_str_eq(again, text);
}

Test(emv_build, an_intent_id_is_26_characters_of_27_03)
{
    struct fz_emv_code code = sale();
    static const uint8_t id[16] = {0x01, 0x56, 0x3E, 0x3A, 0xB5, 0xD3, 0xD6, 0x76,
                                   0x4C, 0x61, 0xEF, 0xB9, 0x93, 0x02, 0xBD, 0x5B};
    char text[FZ_EMV_SIZE_MAX];
    code.has_intent = true;
    memcpy(code.intent.bytes, id, sizeof id);
    cr_assert_eq(fz_emv_build(&code, text, sizeof text, NULL), FZ_EMV_OK);
    cr_expect_not_null(strstr(
        text, "27730018jp.example.feezero0109M000000420204T001032601ARZ3NDEKTSV4RRFFQ69G5FAV5204"));
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_OK);
}

/* Builds sale() after one change; checks that a refusal leaves no text behind. */
static enum fz_emv_result build_with(void (*change)(struct fz_emv_code *))
{
    struct fz_emv_code code = sale();
    char text[FZ_EMV_SIZE_MAX] = "#";
    change(&code);
    enum fz_emv_result result = fz_emv_build(&code, text, sizeof text, NULL);
    cr_expect((text[0] == '\0') == (result != FZ_EMV_OK));
    return result;
}

static void no_change(struct fz_emv_code *code)
{
    (void)code;
}

static void negative_amount(struct fz_emv_code *code)
{
    code->amount = -1;
}

static void fourteen_digits(struct fz_emv_code *code)
{
    code->amount = 10000000000000;
}

static void amount_in_yuan(struct fz_emv_code *code)
{
    EMV_SET(code->currency, "156");
}

static void no_name(struct fz_emv_code *code)
{
    code->name[0] = '\0';
}

static void no_account(struct fz_emv_code *code)
{
    code->guid[0] = code->shop[0] = code->terminal[0] = '\0';
}

static void no_guid(struct fz_emv_code *code)
{
    code->guid[0] = '\0';
}

static void unreadable_intent(struct fz_emv_code *code)
{
    code->intent_unreadable = true;
}

static void japanese_in_ascii_name(struct fz_emv_code *code)
{
    EMV_SET(code->name, "喫茶");
}

static void broken_utf8(struct fz_emv_code *code)
{
    EMV_SET(code->language, "JA");
    EMV_SET(code->name_local, "\xE5\x96");
}

static void long_local_name(struct fz_emv_code *code)
{
    EMV_SET(code->language, "JA");
    memset(code->name_local, 'x', 26);
}

static void local_name_alone(struct fz_emv_code *code)
{
    EMV_SET(code->name_local, "喫茶");
}

static void endless_local_name(struct fz_emv_code *code)
{
    memset(code->name_local, 'x', sizeof code->name_local);
}

static void template_over_99(struct fz_emv_code *code)
{
    memset(code->shop, 'M', 60);
    memset(code->terminal, 'T', 60);
}

static void additional_over_99(struct fz_emv_code *code)
{
    memset(code->mobile, '1', 25);
    memset(code->loyalty, '1', 25);
    memset(code->customer, '1', 25);
}

static void partial_store_code(struct fz_emv_code *code)
{
    EMV_SET(code->jpqr_level2, "0001");
}

static void unknown_initiation(struct fz_emv_code *code)
{
    code->initiation = (enum fz_emv_initiation)13;
}

static void fee_without_tip(struct fz_emv_code *code)
{
    EMV_SET(code->fee_percent, "3");
}

Test(emv_build, refuses_what_reading_would_refuse)
{
    cr_expect_eq(build_with(no_change), FZ_EMV_OK);
    cr_expect_eq(build_with(negative_amount), FZ_EMV_NUMBER);
    cr_expect_eq(build_with(fourteen_digits), FZ_EMV_VALUE_LEN);
    cr_expect_eq(build_with(amount_in_yuan), FZ_EMV_CURRENCY);
    cr_expect_eq(build_with(no_name), FZ_EMV_MISSING);
    cr_expect_eq(build_with(no_account), FZ_EMV_MISSING);
    cr_expect_eq(build_with(no_guid), FZ_EMV_GUID);
    cr_expect_eq(build_with(unreadable_intent), FZ_EMV_INTENT);
    cr_expect_eq(build_with(japanese_in_ascii_name), FZ_EMV_CHARACTER);
    cr_expect_eq(build_with(broken_utf8), FZ_EMV_UTF8);
    cr_expect_eq(build_with(long_local_name), FZ_EMV_VALUE_LEN);
    cr_expect_eq(build_with(local_name_alone), FZ_EMV_MISSING);
    cr_expect_eq(build_with(endless_local_name), FZ_EMV_VALUE_LEN);
    cr_expect_eq(build_with(template_over_99), FZ_EMV_TOO_LONG);
    cr_expect_eq(build_with(additional_over_99), FZ_EMV_TOO_LONG);
    cr_expect_eq(build_with(partial_store_code), FZ_EMV_JPQR_CODE);
    cr_expect_eq(build_with(unknown_initiation), FZ_EMV_RESERVED);
    cr_expect_eq(build_with(fee_without_tip), FZ_EMV_FEE_WITHOUT_TIP);
}

Test(emv_build, writes_into_exactly_enough_room_and_not_a_byte_more)
{
    struct fz_emv_code code = sale();
    char text[FZ_EMV_SIZE_MAX];
    size_t need = strlen(V6) + 1;
    for (size_t size = 0; size < need; size++) {
        memset(text, '#', sizeof text);
        cr_assert_eq(fz_emv_build(&code, text, size, NULL), FZ_EMV_BUFFER, "%zu bytes", size);
        for (size_t i = size; i < sizeof text; i++) {
            cr_assert_eq(text[i], '#', "%zu bytes: byte %zu touched", size, i);
        }
    }
    cr_expect_eq(fz_emv_build(&code, text, need, NULL), FZ_EMV_OK);
    cr_expect_str_eq(text, V6);
}
