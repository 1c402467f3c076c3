/*
 * Room ledger/store. Payouts and where they are on their way to the shop. Blocking queries for
 * `fz`.
 */
#ifndef LEDGER_STORE_SETTLE_PAYOUT_H
#define LEDGER_STORE_SETTLE_PAYOUT_H

#include "feezero/ledger.h"
#include "ledger/store/admin_community.h"
#include "ledger/store/session.h"

struct fz_payout_row {
    struct fz_id payout;
    int64_t shop;
    char name[FZ_NAME_MAX + 1];
    int64_t amount;
    enum fz_payout_state state;
    int64_t business_day; /* of its settlement; 0 and window 0 if it is in none */
    int32_t window;
    char account[64]; /* "9999-998 1 9000001" */
};

/* Which payouts; a zero field does not choose. */
struct fz_payout_filter {
    enum fz_payout_state state;
    struct fz_id payout;
    bool by_day; /* business_day and window count */
    int64_t business_day;
    int32_t window;
};

/* The payouts, by settlement and shop. *rows_out is owned by the caller (free), NULL if none. */
FZ_MUSTUSE fz_rc fz_settle_read_payouts(struct fz_session *session,
                                        int32_t community,
                                        const struct fz_payout_filter *filter,
                                        struct fz_payout_row **rows_out,
                                        size_t *len_out,
                                        struct fz_err *err);

#endif
