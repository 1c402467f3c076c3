/*
 * Room ledger/store. Looking at what was decided before asking for it again: staff programs make
 * their ids from what they do, and a refusal would stick to the id. Blocking queries for `fz`.
 */
#ifndef LEDGER_STORE_ADMIN_OPERATION_H
#define LEDGER_STORE_ADMIN_OPERATION_H

#include "feezero/ledger.h"
#include "ledger/store/session.h"

/*
 * One staff program at a time books in a community: waits up to a minute for the lock, which lasts
 * as long as the session. FZ_UNAVAILABLE: another one is still at work.
 */
FZ_MUSTUSE fz_rc fz_admin_lock(struct fz_session *session, int32_t community, struct fz_err *err);

/* The stored outcome of an operation. FZ_OPERATION_UNKNOWN: there is none. */
FZ_MUSTUSE fz_rc fz_admin_operation_get(struct fz_session *session,
                                        int32_t community,
                                        const struct fz_id *id,
                                        struct fz_result *result_out,
                                        struct fz_err *err);

/* A transfer and the number of its correction, 0 if none. FZ_TRANSFER_NOT_FOUND. */
FZ_MUSTUSE fz_rc fz_admin_transfer_get(struct fz_session *session,
                                       int32_t community,
                                       int64_t number,
                                       struct fz_transfer *transfer_out,
                                       int64_t *corrected_by_out,
                                       struct fz_err *err);

#endif
