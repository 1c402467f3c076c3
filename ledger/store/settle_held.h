/*
 * Room ledger/store. Refunds that wait, for whoever releases them. Blocking queries for `fz`.
 */
#ifndef LEDGER_STORE_SETTLE_HELD_H
#define LEDGER_STORE_SETTLE_HELD_H

#include "ledger/core/state.h"
#include "ledger/store/session.h"

/*
 * Those whose shops have the money now, oldest first within a shop, as far as it goes. *rows_out is
 * owned by the caller (free), NULL if none.
 */
FZ_MUSTUSE fz_rc fz_settle_read_held(struct fz_session *session,
                                     int32_t community,
                                     struct fz_held **rows_out,
                                     size_t *len_out,
                                     struct fz_err *err);

#endif
