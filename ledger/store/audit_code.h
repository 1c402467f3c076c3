/*
 * Room ledger/store. Codes beside the operations that made and used them, for the audit.
 */
#ifndef LEDGER_STORE_AUDIT_CODE_H
#define LEDGER_STORE_AUDIT_CODE_H

#include "ledger/core/state.h"
#include "ledger/store/session.h"

struct fz_audit_code {
    struct fz_code code; /* its row */
    bool present;
    bool made; /* by an operation */
    int64_t made_actor;
    int64_t made_party;
    int64_t made_amount;
    int64_t made_expires_us;
    uint8_t made_fingerprint[FZ_HASH_LEN];
    char made_note[144];
    struct fz_id used_by; /* an intent that was made with a payer: by code; zero if none */
    int64_t used_party;
    int64_t used_time_us;
};

/* Every code, every operation that made one, every intent made by one: each once, side by side. */
FZ_MUSTUSE fz_rc fz_audit_each_code(struct fz_session *session,
                                    int32_t community,
                                    fz_rc (*on_row)(void *ctx,
                                                    const struct fz_audit_code *row,
                                                    struct fz_err *err),
                                    void *ctx,
                                    struct fz_err *err);

#endif
