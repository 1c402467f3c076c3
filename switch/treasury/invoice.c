/*
 * switch/treasury: invoices of subscriptions.
 */
#include "switch/treasury/invoice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/calendar.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

#define PERCENT_MAX 50

int64_t fz_invoice_tax(int64_t net, int64_t percent)
{
    fz_assert(net >= 0 && net <= INT64_MAX / PERCENT_MAX);
    fz_assert(percent >= 0 && percent <= PERCENT_MAX);
    return net * percent / 100;
}

struct fz_invoice_number fz_invoice_number(int64_t period, int64_t shop)
{
    struct fz_invoice_number number;
    struct fz_day_text month = fz_month_format(period);
    (void)snprintf(number.text, sizeof number.text, "%.4s%.2s-%s", month.text, month.text + 5,
                   fz_public_id('M', shop).text + 1);
    return number;
}

struct yen_text {
    char text[32];
};

/* "1,234,567" */
static struct yen_text yen(int64_t amount)
{
    struct yen_text out;
    char digits[24];
    size_t at = 0;
    int len = snprintf(digits, sizeof digits, "%" PRId64, amount);
    fz_assert(len > 0 && amount >= 0);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out.text[at++] = ',';
        }
        out.text[at++] = digits[i];
    }
    out.text[at] = '\0';
    return out;
}

void fz_invoice_print(const struct fz_community_row *issuer,
                      int64_t period,
                      const struct fz_bill_row *bill,
                      char text_out[FZ_INVOICE_TEXT_MAX])
{
    bool qualified = issuer->registration_number[0] != '\0';
    struct fz_day_text month = fz_month_format(period);
    int64_t day = fz_business_day(bill->created_us, issuer->utc_offset_s);
    int len = snprintf(text_out, FZ_INVOICE_TEXT_MAX,
                       "%s No. %s\n"
                       "発行日 Date: %s\n"
                       "発行者 Issuer: %s\n"
                       "登録番号 Registration number: %s\n"
                       "宛先 Recipient: %s 様 (%s)\n"
                       "内容 Content: FeeZero 利用料 %.4s年%.2s月分 (%s) / subscription\n"
                       "税抜金額 Net, %" PRId64 "%% 対象: %s 円\n"
                       "消費税 Tax, %" PRId64 "%%: %s 円\n"
                       "合計 Total: %s 円\n"
                       "決済手数料 per-payment fee: 0 yen",
                       qualified ? "適格請求書 Qualified invoice" : "請求書 Invoice",
                       bill->invoice_no, fz_day_format(day).text, issuer->name,
                       qualified ? issuer->registration_number : "なし none", bill->name,
                       fz_public_id('M', bill->shop).text, month.text, month.text + 5, bill->size,
                       bill->tax_percent, yen(bill->net).text, bill->tax_percent,
                       yen(bill->tax).text, yen(bill->net + bill->tax).text);
    fz_assert(len > 0 && len < FZ_INVOICE_TEXT_MAX);
}
