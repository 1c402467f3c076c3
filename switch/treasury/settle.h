/*
 * switch/treasury: a settlement, step by step. Every step looks at what is in the database first,
 * so a run that was killed anywhere is finished by the next one, with the same rows and the same
 * bytes. duty_settle.c takes the steps in order.
 */
#ifndef FZ_SWITCH_TREASURY_SETTLE_H
#define FZ_SWITCH_TREASURY_SETTLE_H

#include "ledger/store/settle_run.h"
#include "switch/treasury/staff.h"

/* What the steps work on. */
struct fz_settlement {
    struct fz_run *run;
    const struct fz_staff *staff;
    const char *folder; /* where the file goes */
    bool was_fixed;     /* the cut-off is of an earlier run */
    struct fz_settlement_row row;
    struct fz_settlement_line *lines; /* owned, by shop */
    size_t len;
    struct fz_bank_file file; /* owned; no content: nothing is paid out */
    char file_name[40];
};

/* What is asked for. */
struct fz_settlement_request {
    int64_t business_day;
    int32_t window;
    bool value_day_given;
    int64_t value_day;
};

/*
 * Step `cutoff`: fixes the run, or takes up the one that is fixed. With nothing to settle no run is
 * made, and settlement->len is 0. FZ_BAD_FIELD: the days make no sense. FZ_ID_REUSED: it is fixed
 * with another value date. FZ_PAYOUT_STATE: an earlier run has to be finished first, or a later one
 * is there.
 */
FZ_MUSTUSE fz_rc fz_settle_cutoff(struct fz_settlement *settlement,
                                  const struct fz_settlement_request *request,
                                  struct fz_err *err);

/* Step `release`: books the refunds that waited for a shop's money and can be paid now. */
FZ_MUSTUSE fz_rc fz_settle_release(struct fz_settlement *settlement, struct fz_err *err);

/* Step `collect`: takes open subscriptions out of the shops' balances. */
FZ_MUSTUSE fz_rc fz_settle_collect(struct fz_settlement *settlement, struct fz_err *err);

/* Step `payout`: takes what is left out of the shops' balances, towards their banks. */
FZ_MUSTUSE fz_rc fz_settle_payout(struct fz_settlement *settlement, struct fz_err *err);

/* Step `file`: makes the bank file, once; settlement->file. */
FZ_MUSTUSE fz_rc fz_settle_file(struct fz_settlement *settlement, struct fz_err *err);

/* Step `write`: puts it into the folder. A file there with other bytes is never touched: FZ_IO. */
FZ_MUSTUSE fz_rc fz_settle_write(struct fz_settlement *settlement, struct fz_err *err);

/* Step `sent`: books the payouts of the file as sent to the bank. */
FZ_MUSTUSE fz_rc fz_settle_sent(struct fz_settlement *settlement, struct fz_err *err);

/* Reads the lines again, with what came of them. */
FZ_MUSTUSE fz_rc fz_settle_reload(struct fz_settlement *settlement, struct fz_err *err);

/* Yen that COLLECT and PAYOUT ask for; at most so much is moved. */
int64_t fz_settle_line_due(const struct fz_settlement_line *line);
int64_t fz_settle_line_payable(const struct fz_settlement_line *line);

/*
 * Makes the file's bytes out of lines and the sender's account: one item for each line with a
 * payout, in their order. customer code 1 is the shop's number, 2 the number of the item.
 * file_out->content is owned by the caller; NULL if no line has a payout. FZ_FORMAT: a name or
 * number that the bank cannot take.
 */
FZ_MUSTUSE fz_rc fz_settle_build_file(const struct fz_bank_account_row *sender,
                                      int64_t value_day,
                                      const struct fz_settlement_line *lines,
                                      size_t len,
                                      struct fz_bank_file *file_out,
                                      struct fz_err *err);

void fz_settlement_fini(struct fz_settlement *settlement);

#endif
