/*
 * What must never change once a town runs: the ids that staff programs make from what they do. And
 * public ids, invoices and their tax.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/ledger.h"
#include "switch/treasury/day.h"
#include "switch/treasury/invoice.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"

/* The id as docs/treasury.md defines it, computed here from the text alone. */
static struct fz_id expected(const char *text)
{
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(text, strlen(text), digest);
    return fz_id_v8(digest);
}

static void expect_id(struct fz_id id, const char *text)
{
    char found[FZ_ID_TEXT_LEN + 1];
    struct fz_id wanted = expected(text);
    fz_id_format(&id, found);
    cr_expect(fz_id_equal(&id, &wanted), "%s is not the id of %s", found, text);
}

static int64_t day(const char *text)
{
    int64_t out = 0;
    cr_assert(fz_day_parse(text, &out));
    return out;
}

Test(treasury_identity, operation_ids_follow_from_what_is_done)
{
    char text[FZ_ID_TEXT_LEN + 1];
    struct fz_id payout = fz_operation_id_settlement(1, "payout", day("2026-12-01"), 1, 42);
    expect_id(fz_operation_id_topup(1, "BANK-20261201-0007"), "1/topup/BANK-20261201-0007");
    expect_id(payout, "1/payout/2026-12-01/1/M00000042");
    expect_id(fz_operation_id_settlement(2147483647, "collect", day("2099-12-31"), 9, 99999999),
              "2147483647/collect/2099-12-31/9/M99999999");
    expect_id(fz_operation_id_bill(1, "bill-collect", day("2026-12-01"), 42),
              "1/bill-collect/2026-12/M00000042");
    fz_id_format(&payout, text);
    char step[80];
    (void)snprintf(step, sizeof step, "1/payout-sent/%s", text);
    expect_id(fz_operation_id_step(1, "payout-sent", &payout), step);
    /* One of them as text: this line may never need a change. */
    struct fz_id topup = fz_operation_id_topup(1, "BANK-1");
    fz_id_format(&topup, text);
    cr_expect_str_eq(text, "6d64e83a-6aa9-8067-ad0e-31dbe9a75359");
}

Test(treasury_identity, public_ids_are_read_and_written)
{
    static const char *const bad[] = {"",          "M00000000", "M0000001",  "M000000001",
                                      "X00000001", "m00000001", "M0000000a", "M+0000001",
                                      " M0000001", "00000001M"};
    char kind = '?';
    int64_t party = 0;
    cr_expect_str_eq(fz_public_id('M', 42).text, "M00000042");
    cr_expect_str_eq(fz_public_id('S', FZ_PARTY_MAX).text, "S99999999");
    cr_expect(fz_public_id_parse("R00000007", 9, &kind, &party));
    cr_expect(kind == 'R' && party == 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect(!fz_public_id_parse(bad[i], strlen(bad[i]), &kind, &party), "'%s' passed",
                  bad[i]);
    }
}

Test(treasury_identity, tax_is_rounded_down_once)
{
    cr_expect_eq(fz_invoice_tax(1000, 10), 100);
    cr_expect_eq(fz_invoice_tax(1009, 10), 100);
    cr_expect_eq(fz_invoice_tax(1001, 8), 80);
    cr_expect_eq(fz_invoice_tax(9, 10), 0);
    cr_expect_eq(fz_invoice_tax(0, 10), 0);
    cr_expect_eq(fz_invoice_tax(100000000, 50), 50000000);
}

Test(treasury_identity, an_invoice_has_the_six_things_the_law_asks_for)
{
    char text[FZ_INVOICE_TEXT_MAX];
    struct fz_community_row issuer = {.utc_offset_s = 32400};
    struct fz_bill_row bill = {.shop = 42,
                               .net = 1234567,
                               .tax_percent = 10,
                               .tax = 123456,
                               .created_us = day("2026-12-01") * 86400000000LL - 3600000000LL};
    (void)snprintf(issuer.name, sizeof issuer.name, "会津コイン");
    (void)snprintf(issuer.registration_number, sizeof issuer.registration_number, "T7000012050002");
    (void)snprintf(bill.name, sizeof bill.name, "山田商店");
    (void)snprintf(bill.size, sizeof bill.size, "small");
    (void)snprintf(bill.invoice_no, sizeof bill.invoice_no, "%s",
                   fz_invoice_number(day("2026-12-01"), 42).text);
    fz_invoice_print(&issuer, day("2026-12-01"), &bill, text);
    static const char *const wanted[] = {"適格請求書 Qualified invoice No. 202612-00000042\n",
                                         "発行日 Date: 2026-12-01\n",
                                         "発行者 Issuer: 会津コイン\n",
                                         "登録番号 Registration number: T7000012050002\n",
                                         "宛先 Recipient: 山田商店 様 (M00000042)\n",
                                         "内容 Content: FeeZero 利用料 2026年12月分 (small)",
                                         "税抜金額 Net, 10% 対象: 1,234,567 円\n",
                                         "消費税 Tax, 10%: 123,456 円\n",
                                         "合計 Total: 1,358,023 円\n",
                                         "per-payment fee: 0 yen"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        cr_expect(strstr(text, wanted[i]) != NULL, "no '%s' in:\n%s", wanted[i], text);
    }
    issuer.registration_number[0] = '\0';
    fz_invoice_print(&issuer, day("2026-12-01"), &bill, text);
    cr_expect(strstr(text, "適格") == NULL, "qualified without a number");
    cr_expect(strstr(text, "なし none") != NULL);
}
