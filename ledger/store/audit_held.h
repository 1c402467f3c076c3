/*
 * Room ledger/store. Held refunds beside the operations that made and released them, for the audit.
 */
#ifndef LEDGER_STORE_AUDIT_HELD_H
#define LEDGER_STORE_AUDIT_HELD_H

#include "ledger/core/state.h"
#include "ledger/store/session.h"

struct fz_audit_held {
    struct fz_held held; /* its row */
    bool present;
    bool made; /* by a REFUND that waits */
    struct fz_held made_as;
    struct fz_id release; /* the operation that says it released it, zero if none */
};

/* Every held refund, every operation that made or released one: each once, side by side. */
FZ_MUSTUSE fz_rc fz_audit_each_held(struct fz_session *session,
                                    int32_t community,
                                    fz_rc (*on_row)(void *ctx,
                                                    const struct fz_audit_held *row,
                                                    struct fz_err *err),
                                    void *ctx,
                                    struct fz_err *err);

#endif
