/*
 * switch/treasury: what a subscription costs, and the invoice that says so. No database.
 */
#ifndef FZ_SWITCH_TREASURY_INVOICE_H
#define FZ_SWITCH_TREASURY_INVOICE_H

#include "ledger/store/bill_run.h"

/* Consumption tax, rounded down once per invoice; yen. `percent` is 0..50. */
int64_t fz_invoice_tax(int64_t net, int64_t percent);

struct fz_invoice_number {
    char text[24];
};

/* "202612-00000042": the month and the shop. */
struct fz_invoice_number fz_invoice_number(int64_t period, int64_t shop);

#define FZ_INVOICE_TEXT_MAX 2048

/*
 * Writes a qualified invoice (tekikaku seikyusho) with the six things the law asks for: issuer and
 * registration number, date, content, amount per tax rate and the rate, tax, recipient. Without a
 * registration number it is a plain invoice and says so.
 */
void fz_invoice_print(const struct fz_community_row *issuer,
                      int64_t period,
                      const struct fz_bill_row *bill,
                      char text_out[FZ_INVOICE_TEXT_MAX]);

#endif
