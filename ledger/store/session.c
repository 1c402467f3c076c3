/*
 * Room ledger/store. The blocking connection of batch programs: transactions, queries, and queries
 * too large for memory, which go through a cursor.
 */
#include "ledger/store/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/session_query.h"

#define EACH_ROWS 5000    /* of one block: a few hundred kB */
#define EACH_NESTED_MAX 4 /* queries running inside each other */

struct fz_session {
    PGconn *conn;
    struct fz_pg_params params;
    unsigned cursors; /* open ones */
    int64_t rows;
    char sqlstate[6]; /* of the last query, "" if it was done */
};

static fz_rc
create(const struct fz_pg_options *options, struct fz_session **out, struct fz_err *err)
{
    *out = NULL;
    struct fz_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a session");
    }
    fz_pg_params_init(&session->params);
    fz_rc rc = fz_pg_connect(options, &session->conn, err);
    if (rc != FZ_OK) {
        fz_session_destroy(&session);
    }
    *out = session;
    return rc;
}

fz_rc fz_session_create(const char *conninfo,
                        const char *role,
                        const char *application_name,
                        struct fz_session **out,
                        struct fz_err *err)
{
    struct fz_pg_options options = {
        .conninfo = conninfo, .role = role, .application_name = application_name, .patient = true};
    return create(&options, out, err);
}

fz_rc fz_session_create_brisk(const char *conninfo,
                              const char *role,
                              const char *application_name,
                              struct fz_session **out,
                              struct fz_err *err)
{
    struct fz_pg_options options = {
        .conninfo = conninfo, .role = role, .application_name = application_name};
    return create(&options, out, err);
}

void fz_session_destroy(struct fz_session **session)
{
    if (*session == NULL) {
        return;
    }
    PQfinish((*session)->conn);
    fz_pg_params_fini(&(*session)->params);
    free(*session);
    *session = NULL;
}

struct fz_pg_params *fz_session_params(struct fz_session *session)
{
    fz_pg_params_reset(&session->params);
    return &session->params;
}

static void remember(struct fz_session *session, PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    (void)snprintf(session->sqlstate, sizeof session->sqlstate, "%s", state == NULL ? "" : state);
    session->rows = strtoll(PQcmdTuples(result), NULL, 10);
}

fz_rc fz_session_run(struct fz_session *session,
                     const char *sql,
                     PGresult **result_out,
                     struct fz_err *err)
{
    PGresult *result = fz_pg_exec(session->conn, sql, &session->params);
    fz_pg_params_reset(&session->params);
    remember(session, result);
    return fz_pg_take(session->conn, result, sql, result_out, err);
}

fz_rc fz_session_require_durable(struct fz_session *session, struct fz_err *err)
{
    PGresult *result = fz_pg_exec(session->conn, fz_pg_durable_sql, &session->params);
    fz_rc rc = FZ_OK;
    if (fz_pg_has_state(result, "55000")) {
        rc = fz_fail(err, FZ_CONFIG, "%s", PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
    } else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        rc = fz_pg_error(session->conn, result, "settings", err);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_session_row(struct fz_session *session,
                     const char *sql,
                     PGresult **result_out,
                     struct fz_err *err)
{
    fz_rc rc = fz_session_run(session, sql, result_out, err);
    if (rc != FZ_OK) {
        return rc;
    }
    int rows = PQntuples(*result_out);
    fz_assert(rows <= 1);
    if (rows == 0) {
        PQclear(*result_out);
        *result_out = NULL;
        return fz_fail(err, FZ_NOT_FOUND, "no row: %.60s", sql);
    }
    return FZ_OK;
}

/* Gives `on_rows` all that the cursor has. */
static fz_rc fetch_all(struct fz_session *session,
                       const char *fetch,
                       fz_rc (*on_rows)(void *ctx, const PGresult *rows, struct fz_err *err),
                       void *ctx,
                       struct fz_err *err)
{
    int rows_len = EACH_ROWS;
    while (rows_len == EACH_ROWS) {
        PGresult *rows = NULL;
        fz_rc rc = fz_session_run(session, fetch, &rows, err);
        rows_len = PQntuples(rows);
        if (rc == FZ_OK && rows_len > 0) {
            rc = on_rows(ctx, rows, err);
        }
        PQclear(rows);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return FZ_OK;
}

fz_rc fz_session_each(struct fz_session *session,
                      const char *sql,
                      fz_rc (*on_rows)(void *ctx, const PGresult *rows, struct fz_err *err),
                      void *ctx,
                      struct fz_err *err)
{
    fz_assert(PQtransactionStatus(session->conn) != PQTRANS_IDLE);
    fz_assert(session->cursors < EACH_NESTED_MAX);
    char fetch[64];
    char close[32];
    unsigned cursor = session->cursors;
    (void)snprintf(fetch, sizeof fetch, "FETCH %d FROM fz_each_%u", EACH_ROWS, cursor);
    (void)snprintf(close, sizeof close, "CLOSE fz_each_%u", cursor);
    char *declare = NULL;
    if (asprintf(&declare, "DECLARE fz_each_%u NO SCROLL CURSOR FOR %s", cursor, sql) < 0) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for: %.100s", sql);
    }
    fz_rc rc = fz_session_run(session, declare, NULL, err);
    free(declare);
    if (rc != FZ_OK) {
        return rc;
    }
    session->cursors++;
    rc = fetch_all(session, fetch, on_rows, ctx, err);
    session->cursors--;
    if (PQtransactionStatus(session->conn) == PQTRANS_INTRANS) {
        fz_rc close_rc = fz_session_run(session, close, NULL, rc == FZ_OK ? err : NULL);
        rc = rc == FZ_OK ? close_rc : rc;
    }
    return rc;
}

int64_t fz_session_rows(const struct fz_session *session)
{
    return session->rows;
}

bool fz_session_failed_with(const struct fz_session *session, const char *sqlstate)
{
    return strcmp(session->sqlstate, sqlstate) == 0;
}

static fz_rc begin(struct fz_session *session, const char *sql, struct fz_err *err)
{
    PGTransactionStatusType status = PQtransactionStatus(session->conn);
    fz_assert(status == PQTRANS_IDLE || status == PQTRANS_UNKNOWN);
    return fz_session_run(session, sql, NULL, err);
}

fz_rc fz_session_begin(struct fz_session *session, struct fz_err *err)
{
    return begin(session, "BEGIN", err);
}

fz_rc fz_session_begin_snapshot(struct fz_session *session, struct fz_err *err)
{
    return begin(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
}

/* A COMMIT of a transaction in which something failed is answered with ROLLBACK, as a success. */
static bool was_rolled_back(PGresult *result)
{
    return strcmp(PQcmdStatus(result), "ROLLBACK") == 0;
}

fz_rc fz_session_commit(struct fz_session *session, struct fz_err *err)
{
    fz_assert(PQtransactionStatus(session->conn) != PQTRANS_IDLE);
    bool was_connected = PQstatus(session->conn) == CONNECTION_OK;
    PGresult *result = NULL;
    fz_rc rc = fz_session_run(session, "COMMIT", &result, err);
    if (rc == FZ_OK && was_rolled_back(result)) {
        rc = fz_fail(err, FZ_DATABASE, "COMMIT after a failed query: nothing was done");
    }
    PQclear(result);
    if (rc != FZ_OK && was_connected && PQstatus(session->conn) == CONNECTION_BAD) {
        return fz_fail(err, FZ_OUTCOME_UNKNOWN, "the connection was lost during COMMIT");
    }
    return rc;
}

void fz_session_rollback(struct fz_session *session)
{
    PGTransactionStatusType status = PQtransactionStatus(session->conn);
    if (status != PQTRANS_INTRANS && status != PQTRANS_INERROR) {
        return;
    }
    /* A ROLLBACK fails only with its connection, and then the server has rolled back already. */
    PQclear(fz_pg_exec(session->conn, "ROLLBACK", NULL));
}
