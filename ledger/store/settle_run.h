/*
 * Room ledger/store. Settlement runs: the cut-off with its lines, fixed once; what came of each
 * line; the bank file. Blocking queries for `fz` (session.h).
 */
#ifndef LEDGER_STORE_SETTLE_RUN_H
#define LEDGER_STORE_SETTLE_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/ledger.h"
#include "ledger/store/admin_party.h"
#include "ledger/store/session.h"

struct fz_settlement_row {
    int64_t business_day; /* days since 1970, as all days here */
    int32_t window;       /* 1..9 within the day */
    int64_t from_number;  /* transfers of the window; upto may be from - 1: none */
    int64_t upto_number;
    int64_t value_day;
};

struct fz_settlement_line {
    /* fixed at the cut-off */
    int64_t shop;
    char name[FZ_NAME_MAX + 1];
    struct fz_id payout;
    struct fz_id collect;
    int64_t sales;
    int64_t refunds;
    int64_t payments;
    int64_t balance;
    int64_t due;
    struct fz_shop_bank bank;
    /* what came of it */
    bool collect_decided;
    bool payout_decided;
    fz_rc collect_rc;
    fz_rc payout_rc;
    int64_t collected;
    int64_t paid; /* 0 if no payout was booked */
    enum fz_payout_state state;
};

/* FZ_NOT_FOUND: it was not fixed. */
FZ_MUSTUSE fz_rc fz_settle_get(struct fz_session *session,
                               int32_t community,
                               int64_t business_day,
                               int32_t window,
                               struct fz_settlement_row *row_out,
                               struct fz_err *err);
/* The latest one. FZ_NOT_FOUND: there is none. */
FZ_MUSTUSE fz_rc fz_settle_get_last(struct fz_session *session,
                                    int32_t community,
                                    struct fz_settlement_row *row_out,
                                    struct fz_err *err);

/*
 * Opens a transaction in which everything is of one moment: every batch of the ledger is in it
 * wholly or not at all, so the number it ends with is an exact cut-off, and no payment has to wait.
 */
FZ_MUSTUSE fz_rc fz_settle_begin(struct fz_session *session, struct fz_err *err);

/*
 * Reads, in that transaction, the number of the last transfer into row->upto_number, and a line for
 * each shop that has a balance or has had payments, voids or refunds since row->from_number, by
 * shop. Ids are left zero. *lines_out is owned by the caller (free), NULL if there is none.
 */
FZ_MUSTUSE fz_rc fz_settle_read_cutoff(struct fz_session *session,
                                       int32_t community,
                                       struct fz_settlement_row *row,
                                       struct fz_settlement_line **lines_out,
                                       size_t *len_out,
                                       struct fz_err *err);

/* Writes the run and its lines, in that transaction; the caller commits. */
FZ_MUSTUSE fz_rc fz_settle_insert(struct fz_session *session,
                                  int32_t community,
                                  const struct fz_settlement_row *row,
                                  const struct fz_settlement_line *lines,
                                  size_t len,
                                  struct fz_err *err);

/* The lines of a run and what came of them, by shop. *lines_out as above. */
FZ_MUSTUSE fz_rc fz_settle_read_lines(struct fz_session *session,
                                      int32_t community,
                                      const struct fz_settlement_row *row,
                                      struct fz_settlement_line **lines_out,
                                      size_t *len_out,
                                      struct fz_err *err);

/* How many payments were booked behind the cut-off. */
FZ_MUSTUSE fz_rc fz_settle_count_later(struct fz_session *session,
                                       int32_t community,
                                       int64_t upto_number,
                                       int64_t *payments_out,
                                       struct fz_err *err);

/* The bank file as it is kept. */
struct fz_bank_file {
    int64_t lines;
    int64_t total;
    uint8_t sha256[FZ_SHA256_LEN];
    char *content; /* owned */
    size_t len;
};

/* FZ_NOT_FOUND: it was not made yet. Free with fz_bank_file_fini(). */
FZ_MUSTUSE fz_rc fz_settle_get_file(struct fz_session *session,
                                    int32_t community,
                                    const struct fz_settlement_row *row,
                                    struct fz_bank_file *file_out,
                                    struct fz_err *err);
FZ_MUSTUSE fz_rc fz_settle_put_file(struct fz_session *session,
                                    int32_t community,
                                    const struct fz_settlement_row *row,
                                    const struct fz_bank_file *file,
                                    struct fz_err *err);
void fz_bank_file_fini(struct fz_bank_file *file); /* a zeroed one too */

#endif
