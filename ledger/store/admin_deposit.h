/*
 * Room ledger/store. Bank deposits that are credited to wallets. Blocking queries for `fz`.
 */
#ifndef LEDGER_STORE_ADMIN_DEPOSIT_H
#define LEDGER_STORE_ADMIN_DEPOSIT_H

#include <stdint.h>

#include "feezero/err.h"
#include "feezero/id.h"
#include "ledger/store/session.h"

struct fz_deposit_row {
    const char *reference; /* borrowed */
    int64_t amount;
    int64_t party;
    struct fz_id operation;
};

/*
 * Enters a deposit, once: entering the same again does nothing. FZ_ID_REUSED: the reference stands
 * for another amount or another resident.
 */
FZ_MUSTUSE fz_rc fz_admin_deposit_enter(struct fz_session *session,
                                        int32_t community,
                                        const struct fz_deposit_row *row,
                                        struct fz_err *err);

#endif
