/*
 * Room ledger/store. A session: one blocking connection of a batch program (`fz`), handed to the
 * query families (admin_*, settle_*, bill_*, audit_*), and of the courier (courier.h). Nothing is
 * booked through it: that is the writer's. The queries themselves are written against
 * session_query.h.
 */
#ifndef LEDGER_STORE_SESSION_H
#define LEDGER_STORE_SESSION_H

#include <stdbool.h>

#include "feezero/err.h"

struct fz_session;

/*
 * Connects and waits. `role` and `application_name` may be NULL. Nothing is borrowed. *out is owned
 * by the caller, NULL on any other result than FZ_OK. FZ_CONFIG, FZ_UNAVAILABLE, FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_session_create(const char *conninfo,
                                   const char *role,
                                   const char *application_name,
                                   struct fz_session **out,
                                   struct fz_err *err);

/*
 * The same for a daemon's own process: with the time-outs of limits.h (seconds) in place of those
 * of batch programs (minutes), so that it always comes back soon.
 */
FZ_MUSTUSE fz_rc fz_session_create_brisk(const char *conninfo,
                                         const char *role,
                                         const char *application_name,
                                         struct fz_session **out,
                                         struct fz_err *err);

/* An open transaction is rolled back. Sets *session to NULL; *session may be NULL. */
void fz_session_destroy(struct fz_session **session);

/* FZ_CONFIG: the server may lose what it has committed (fz_pg_durable_sql). */
FZ_MUSTUSE fz_rc fz_session_require_durable(struct fz_session *session, struct fz_err *err);

/*
 * Transactions. None may be open at begin, one must be open at commit (asserted). A failed query
 * leaves nothing to do but to roll back. Outside of one, each query is a transaction of its own.
 */
FZ_MUSTUSE fz_rc fz_session_begin(struct fz_session *session, struct fz_err *err);

/* Reads only, and every query sees the books of one and the same moment. */
FZ_MUSTUSE fz_rc fz_session_begin_snapshot(struct fz_session *session, struct fz_err *err);

/*
 * FZ_OUTCOME_UNKNOWN: the connection was lost while it waited for the answer. Any other result but
 * FZ_OK: nothing was done. The transaction is over in any case.
 */
FZ_MUSTUSE fz_rc fz_session_commit(struct fz_session *session, struct fz_err *err);

/* Cannot fail: what cannot be said to the server, the server does by itself. No-op without one. */
void fz_session_rollback(struct fz_session *session);

#endif
