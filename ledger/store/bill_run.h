/*
 * Room ledger/store. Monthly subscriptions of the shops: who is to be billed, the bills as they
 * were fixed, and what came of them. Blocking queries for `fz` (session.h).
 */
#ifndef LEDGER_STORE_BILL_RUN_H
#define LEDGER_STORE_BILL_RUN_H

#include <stddef.h>

#include "feezero/ledger.h"
#include "ledger/store/admin_community.h"
#include "ledger/store/session.h"

struct fz_bill_row {
    /* fixed when the bill is made */
    int64_t shop;
    char name[FZ_NAME_MAX + 1];
    char size[12];
    char invoice_no[24];
    int64_t net;
    int64_t tax_percent;
    int64_t tax;
    struct fz_id operation;
    struct fz_id collect;
    int64_t created_us;
    /* what came of it */
    bool decided;
    bool collect_decided;
    fz_rc rc;
    fz_rc collect_rc;
    int64_t collected;
};

/* Which bills. */
struct fz_bill_scope {
    int64_t period;   /* first day of the month; a number since 1970, as all days */
    int64_t until_us; /* shops that joined later are left out */
    int64_t shop;     /* 0: all */
};

/*
 * The shops of the scope that have a plan with a price, still take part and have no bill for the
 * period: shop, name, size, net and tax_percent are set. *rows_out is owned by the caller (free),
 * NULL if there is none.
 */
FZ_MUSTUSE fz_rc fz_bill_read_missing(struct fz_session *session,
                                      int32_t community,
                                      const struct fz_bill_scope *scope,
                                      struct fz_bill_row **rows_out,
                                      size_t *len_out,
                                      struct fz_err *err);

/* Fixes bills, whole or not at all. */
FZ_MUSTUSE fz_rc fz_bill_insert(struct fz_session *session,
                                int32_t community,
                                int64_t period,
                                const struct fz_bill_row *rows,
                                size_t len,
                                struct fz_err *err);

/* The bills of the scope with what came of them, by shop; until_us does not count. As above. */
FZ_MUSTUSE fz_rc fz_bill_read(struct fz_session *session,
                              int32_t community,
                              const struct fz_bill_scope *scope,
                              struct fz_bill_row **rows_out,
                              size_t *len_out,
                              struct fz_err *err);

#endif
