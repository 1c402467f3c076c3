/*
 * Reading EMV codes: what the known vectors say, field by field, and which of them we can pay.
 */
#include "merchant-pos/wire/emv.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"
#include "tests/wire/emv_seal.h"
#include "tests/wire/emv_vectors.h"

static void read_ok(const char *text, struct fz_emv_code *code)
{
    size_t position = 0;
    enum fz_emv_result result = fz_emv_parse(text, strlen(text), code, &position);
    cr_assert_eq(result, FZ_EMV_OK, "%s at %zu: %s", fz_emv_result_text(result), position, text);
}

Test(emv_parse, the_checksum_has_the_published_check_value)
{
    cr_expect_eq(fz_emv_crc16("123456789", 9), 0x29B1);
    cr_expect_eq(fz_emv_crc16("", 0), 0xFFFF);
    FZ_EXPECT_NO_LEAK();
}

Test(emv_parse, v1_is_valid_but_not_yen)
{
    struct fz_emv_code code;
    read_ok(V1, &code);
    cr_expect_eq(code.initiation, FZ_EMV_DYNAMIC);
    cr_expect_str_eq(code.mcc, "4111");
    cr_expect_str_eq(code.currency, "156");
    cr_expect_str_eq(code.amount_text, "23.72");
    cr_expect_eq(code.amount, 0);
    cr_expect_str_eq(code.tip, "01");
    cr_expect_str_eq(code.country, "CN");
    cr_expect_str_eq(code.name, "BEST TRANSPORT");
    cr_expect_str_eq(code.city, "BEIJING");
    cr_expect_str_eq(code.store_label, "1234");
    cr_expect_str_eq(code.customer, "***");
    cr_expect_str_eq(code.terminal_label, "A6008667");
    cr_expect_str_eq(code.data_request, "ME");
    cr_expect_str_eq(code.language, "ZH");
    cr_expect_str_eq(code.name_local, "最佳运输");
    cr_expect_str_eq(code.city_local, "北京");
    cr_expect_str_eq(code.guid, "");
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_NOT_OURS);
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_CURRENCY);
}

Test(emv_parse, v2_is_jpqr_but_not_ours)
{
    struct fz_emv_code code;
    read_ok(V2, &code);
    cr_expect_eq(code.initiation, FZ_EMV_STATIC);
    cr_expect_str_eq(code.jpqr_level1, "0000000000001");
    cr_expect_str_eq(code.jpqr_level2, "0001");
    cr_expect_str_eq(code.jpqr_level3, "000001");
    cr_expect_str_eq(code.jpqr_level4, "000001");
    cr_expect_str_eq(code.name_local, "メルペイ カフェ");
    cr_expect_str_eq(code.postal, "1066143");
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_OK);
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_NOT_OURS);
}

Test(emv_parse, v3_asks_for_a_fraction_of_a_yen)
{
    struct fz_emv_code code;
    size_t position = 0;
    cr_expect_eq(fz_emv_parse(V3, strlen(V3), &code, &position), FZ_EMV_AMOUNT_FRACTION);
    cr_expect_eq(position, (size_t)(strstr(V3, "999.123") - V3));
}

Test(emv_parse, v4_is_valid_but_not_jpqr)
{
    struct fz_emv_code code;
    read_ok(V4, &code);
    cr_expect_str_eq(code.country, "JP");
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_CURRENCY);
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_NOT_OURS);
}

Test(emv_parse, v5_is_jpqr)
{
    struct fz_emv_code code;
    read_ok(V5, &code);
    cr_expect_eq(code.initiation, FZ_EMV_STATIC);
    cr_expect_str_eq(code.mcc, "5812");
    cr_expect_str_eq(code.name, "FEEZERO CAFE");
    cr_expect_str_eq(code.name_local, "フィーゼロ喫茶");
    cr_expect_str_eq(code.language, "JA");
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_OK);
}

Test(emv_parse, v6_is_a_sale_of_ours)
{
    struct fz_emv_code code;
    read_ok(V6, &code);
    cr_expect_eq(code.initiation, FZ_EMV_DYNAMIC);
    cr_expect_str_eq(code.guid, FZ_EMV_GUID_DEFAULT);
    cr_expect_str_eq(code.shop, "M00000042");
    cr_expect_str_eq(code.terminal, "T001");
    cr_expect_not(code.has_intent);
    cr_expect_not(code.intent_unreadable);
    cr_expect_eq(code.amount, 1480);
    cr_expect_str_eq(code.amount_text, "1480");
    cr_expect_str_eq(code.bill, "INV-20261201-0007");
    cr_expect_str_eq(code.reference, "01JDX5K3Q8");
    cr_expect_str_eq(code.terminal_label, "T001");
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_OK);
    cr_expect_eq(fz_emv_check_payable(&code, "jp.example.other"), FZ_EMV_NOT_OURS);
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_NOT_JPQR);
}

Test(emv_parse, v7_is_a_printed_code_of_ours)
{
    struct fz_emv_code code;
    read_ok(V7, &code);
    cr_expect_eq(code.initiation, FZ_EMV_STATIC);
    cr_expect_eq(code.amount, 0);
    cr_expect_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_OK);
}

Test(emv_parse, yen_may_carry_an_empty_fraction)
{
    static const char *const amounts[] = {"5403123", "5404123.", "5405123.0", "5406123.00",
                                          "54050123."};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct fz_emv_code code;
        char body[256];
        char text[256];
        (void)snprintf(body, sizeof body, "0002010204TEST52040000%s53033925802JP5901A6001B",
                       amounts[i]);
        text[emv_seal(body, strlen(body), text)] = '\0';
        read_ok(text, &code);
        cr_expect_eq(code.amount, 123, "%s", amounts[i]);
    }
}

Test(emv_parse, other_currencies_keep_their_fraction)
{
    static const char *const amounts[] = {"540598.73", "540298", "540398.", "54040.01"};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct fz_emv_code code;
        char body[256];
        char text[256];
        (void)snprintf(body, sizeof body, "0002010204TEST52040000%s53038405802US5901A6001B",
                       amounts[i]);
        text[emv_seal(body, strlen(body), text)] = '\0';
        read_ok(text, &code);
        cr_expect_str_eq(code.amount_text, amounts[i] + 4);
        cr_expect_eq(code.amount, 0);
    }
}

/* What a payable code may lack or have too much: one change each, from a code that passes. */
static enum fz_emv_result payable_with(void (*change)(struct fz_emv_code *))
{
    struct fz_emv_code code;
    read_ok(V6, &code);
    code.has_intent = true;
    cr_assert_eq(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT), FZ_EMV_OK);
    change(&code);
    return fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT);
}

static void in_yuan(struct fz_emv_code *code)
{
    EMV_SET(code->currency, "156");
}

static void in_china(struct fz_emv_code *code)
{
    EMV_SET(code->country, "CN");
}

static void without_shop(struct fz_emv_code *code)
{
    code->shop[0] = '\0';
}

static void with_shop_zero(struct fz_emv_code *code)
{
    EMV_SET(code->shop, "M00000000");
}

static void with_resident_as_shop(struct fz_emv_code *code)
{
    code->shop[0] = 'R';
}

static void with_longer_shop(struct fz_emv_code *code)
{
    EMV_SET(code->shop, "M000000421");
}

static void with_letter_in_shop(struct fz_emv_code *code)
{
    code->shop[3] = 'x';
}

static void with_terminal_zero(struct fz_emv_code *code)
{
    EMV_SET(code->terminal, "T000");
}

static void with_shorter_terminal(struct fz_emv_code *code)
{
    EMV_SET(code->terminal, "T01");
}

static void with_unreadable_intent(struct fz_emv_code *code)
{
    code->has_intent = false;
    code->intent_unreadable = true;
}

static void printed_with_intent(struct fz_emv_code *code)
{
    code->initiation = FZ_EMV_STATIC;
}

static void sale_without_amount(struct fz_emv_code *code)
{
    code->amount = 0;
}

static void with_eleven_digits(struct fz_emv_code *code)
{
    code->amount = 10000000000;
}

static void with_negative_amount(struct fz_emv_code *code)
{
    code->amount = -1;
}

static void with_tip(struct fz_emv_code *code)
{
    EMV_SET(code->tip, "01");
}

Test(emv_parse, a_payable_code_is_payable_in_every_respect)
{
    cr_expect_eq(payable_with(in_yuan), FZ_EMV_CURRENCY);
    cr_expect_eq(payable_with(in_china), FZ_EMV_COUNTRY);
    cr_expect_eq(payable_with(without_shop), FZ_EMV_SHOP);
    cr_expect_eq(payable_with(with_shop_zero), FZ_EMV_SHOP);
    cr_expect_eq(payable_with(with_resident_as_shop), FZ_EMV_SHOP);
    cr_expect_eq(payable_with(with_longer_shop), FZ_EMV_SHOP);
    cr_expect_eq(payable_with(with_letter_in_shop), FZ_EMV_SHOP);
    cr_expect_eq(payable_with(with_terminal_zero), FZ_EMV_TERMINAL);
    cr_expect_eq(payable_with(with_shorter_terminal), FZ_EMV_TERMINAL);
    cr_expect_eq(payable_with(with_unreadable_intent), FZ_EMV_INTENT);
    cr_expect_eq(payable_with(printed_with_intent), FZ_EMV_INTENT);
    cr_expect_eq(payable_with(sale_without_amount), FZ_EMV_AMOUNT_RANGE);
    cr_expect_eq(payable_with(with_eleven_digits), FZ_EMV_AMOUNT_RANGE);
    cr_expect_eq(payable_with(with_negative_amount), FZ_EMV_AMOUNT_RANGE);
    cr_expect_eq(payable_with(with_tip), FZ_EMV_TIP_UNSUPPORTED);
}

static void without_postal(struct fz_emv_code *code)
{
    code->postal[0] = '\0';
}

static void in_english(struct fz_emv_code *code)
{
    EMV_SET(code->language, "EN");
}

static void with_local_city(struct fz_emv_code *code)
{
    EMV_SET(code->city_local, "会津若松");
}

static void without_store_code(struct fz_emv_code *code)
{
    code->jpqr_level1[0] = '\0';
}

Test(emv_parse, jpqr_demands_more_than_emv)
{
    static void (*const changes[])(struct fz_emv_code *) = {without_postal, in_english,
                                                            with_local_city, without_store_code};
    struct fz_emv_code code;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        read_ok(V5, &code);
        changes[i](&code);
        cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_NOT_JPQR, "change %zu", i);
    }
    read_ok(V5, &code);
    in_china(&code);
    cr_expect_eq(fz_emv_check_jpqr(&code), FZ_EMV_COUNTRY);
}
