/*
 * Room ledger/store, internal. Queries of batch programs: fill `params`, run, read the binary
 * result. A query family is a header without libpq and a .c file of functions of this shape:
 *
 *     struct fz_pg_params *params = fz_session_params(session);
 *     fz_pg_add_int4(params, community);
 *     PGresult *result = NULL;
 *     fz_rc rc = fz_session_row(session, "SELECT name FROM fz.community WHERE ...", &result, err);
 *     if (rc == FZ_OK) {
 *         ... fz_pg_text(result, 0, 0) ...
 *     }
 *     PQclear(result);
 */
#ifndef LEDGER_STORE_SESSION_QUERY_H
#define LEDGER_STORE_SESSION_QUERY_H

#include "ledger/store/pg.h"
#include "ledger/store/session.h"

/* The parameters of the next query, empty. Borrowed; the query consumes them, also if it fails. */
struct fz_pg_params *fz_session_params(struct fz_session *session);

/*
 * Runs one statement. *result_out is owned by the caller (PQclear) on FZ_OK, else NULL; result_out
 * may be NULL. FZ_NO_MEMORY, or as fz_pg_error().
 */
FZ_MUSTUSE fz_rc fz_session_run(struct fz_session *session,
                                const char *sql,
                                PGresult **result_out,
                                struct fz_err *err);

/* The same for at most one row (more are asserted against). FZ_NOT_FOUND: there is none. */
FZ_MUSTUSE fz_rc fz_session_row(struct fz_session *session,
                                const char *sql,
                                PGresult **result_out,
                                struct fz_err *err);

/*
 * Runs a SELECT of any size in an open transaction, in constant memory: `on_rows` gets the rows in
 * order, block by block (borrowed), and ends the query early by returning anything but FZ_OK, which
 * is then the result. It may run other queries of the session, also of this kind. Not called at all
 * without rows.
 */
FZ_MUSTUSE fz_rc fz_session_each(struct fz_session *session,
                                 const char *sql,
                                 fz_rc (*on_rows)(void *ctx,
                                                  const PGresult *rows,
                                                  struct fz_err *err),
                                 void *ctx,
                                 struct fz_err *err);

/* How many rows the last fz_session_run() inserted, changed or returned. */
int64_t fz_session_rows(const struct fz_session *session);

/* True if the last query failed with this SQLSTATE ("23505": it is there already). */
bool fz_session_failed_with(const struct fz_session *session, const char *sqlstate);

#endif
