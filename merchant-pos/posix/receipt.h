/*
 * merchant-pos/posix: receipts in Japanese, as the law on qualified invoices wants them from a shop
 * (simplified form): issuer, registration number, date, amount and tax by rate. Also the slips of a
 * void and a refund.
 */
#ifndef FEEZERO_POSIX_RECEIPT_H
#define FEEZERO_POSIX_RECEIPT_H

#include "merchant-pos/posix/machine.h"
#include "merchant-pos/posix/paper.h"

#define FZ_RECEIPT_CODE "fz-sale:" /* what stands before the sale's id in a receipt's QR code */
#define FZ_RECEIPT_REGISTRATION_MAX 14

struct fz_receipt {
    struct fz_pos_operation operation; /* a paid sale, a void or a refund */
    int64_t refunded;                  /* of the sale since */
    bool is_voided;                    /* the sale, since */
    bool is_copy;                      /* printed before, or found out after a restart */
    int64_t reduced;                   /* of the amount: goods at 8 % (the rest: tax_rate) */
    char registration[FZ_RECEIPT_REGISTRATION_MAX + 1];
};

/* The tax that is in an amount with tax in it; fractions of a yen are dropped. */
int64_t fz_receipt_tax(int64_t amount, int64_t percent);

/*
 * Completes a receipt whose operation is set: registration number, and what has become of the sale.
 * Asks the switch if it has been answering; else the configuration's number must do.
 */
void fz_receipt_complete(struct fz_machine *machine, struct fz_receipt *receipt);

/* Prints it, without ending the sheet. */
void fz_receipt_print(const struct fz_machine *machine,
                      const struct fz_receipt *receipt,
                      struct fz_paper *paper);

/* A report of the day: X (z_number 0) or Z. `is_copy`: printed before. */
void fz_receipt_print_report(const struct fz_machine *machine,
                             const struct fz_pos_report *report,
                             bool is_copy,
                             struct fz_paper *paper);

/* One line of a report's list. */
void fz_receipt_print_difference(const struct fz_pos_difference *difference,
                                 struct fz_paper *paper);

#endif
