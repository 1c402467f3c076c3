/*
 * Room ledger/store. Sending statements, reading binary values and telling what passes from what is
 * broken, for every query of the room. Knows nothing of any table.
 */
#include "ledger/store/pg.h"

#include <endian.h>
#include <string.h>

#include "feezero/assert.h"

#define SQLSTATE_LEN 5
#define WHAT_MAX 60 /* of an SQL text: the rest of the message is for PostgreSQL's words */
#define BINARY 1

/* The parameters as libpq wants them: parallel arrays of pointers, lengths and formats. */
struct bound {
    int count;
    const char *values[FZ_PG_PARAMS_MAX];
    int formats[FZ_PG_PARAMS_MAX];
};

static void bind(const struct fz_pg_params *params, struct bound *bound)
{
    *bound = (struct bound){.count = params == NULL ? 0 : params->count};
    for (int i = 0; i < bound->count; i++) {
        bool is_null = params->lengths[i] < 0;
        bound->values[i] = is_null ? NULL : (const char *)params->buffer + params->offsets[i];
        bound->formats[i] = BINARY;
    }
}

static bool is_incomplete(const struct fz_pg_params *params)
{
    return params != NULL && params->failed;
}

fz_rc fz_pg_send(PGconn *conn,
                 const char *statement,
                 const struct fz_pg_params *params,
                 struct fz_err *err)
{
    fz_assert(params == NULL || !params->array_open);
    if (is_incomplete(params)) {
        return fz_fail(err, FZ_NO_MEMORY, "%s: no memory for the parameters", statement);
    }
    struct bound bound;
    bind(params, &bound);
    const int *lengths = params == NULL ? NULL : params->lengths;
    if (PQsendQueryPrepared(conn, statement, bound.count, bound.values, lengths, bound.formats,
                            BINARY) != 1) {
        return fz_pg_error(conn, NULL, statement, err);
    }
    return FZ_OK;
}

PGresult *fz_pg_exec(PGconn *conn, const char *sql, const struct fz_pg_params *params)
{
    fz_assert(params == NULL || !params->array_open);
    if (is_incomplete(params)) {
        return NULL;
    }
    struct bound bound;
    bind(params, &bound);
    const int *lengths = params == NULL ? NULL : params->lengths;
    const Oid *types = params == NULL ? NULL : params->types;
    return PQexecParams(conn, sql, bound.count, types, bound.values, lengths, bound.formats,
                        BINARY);
}

fz_rc fz_pg_take(const PGconn *conn,
                 PGresult *result,
                 const char *what,
                 PGresult **result_out,
                 struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    ExecStatusType status = PQresultStatus(result);
    if (result == NULL && PQstatus(conn) == CONNECTION_OK) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory for: %.100s", what);
    } else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        rc = fz_pg_error(conn, result, what, err);
    }
    if (result_out != NULL) {
        *result_out = rc == FZ_OK ? result : NULL;
    }
    if (rc != FZ_OK || result_out == NULL) {
        PQclear(result);
    }
    return rc;
}

fz_rc fz_pg_run(PGconn *conn,
                const char *sql,
                const struct fz_pg_params *params,
                PGresult **result_out,
                struct fz_err *err)
{
    return fz_pg_take(conn, fz_pg_exec(conn, sql, params), sql, result_out, err);
}

bool fz_pg_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) == 1;
}

int64_t fz_pg_int(const PGresult *result, int row, int column)
{
    fz_assert(row < PQntuples(result) && column < PQnfields(result));
    if (fz_pg_is_null(result, row, column)) {
        return 0;
    }
    const char *value = PQgetvalue(result, row, column);
    uint64_t wide = 0;
    uint32_t middle = 0;
    uint16_t narrow = 0;
    switch (PQgetlength(result, row, column)) {
    case sizeof wide:
        memcpy(&wide, value, sizeof wide);
        return (int64_t)be64toh(wide);
    case sizeof middle:
        memcpy(&middle, value, sizeof middle);
        return (int32_t)be32toh(middle);
    case sizeof narrow:
        memcpy(&narrow, value, sizeof narrow);
        return (int16_t)be16toh(narrow);
    default:
        FZ_UNREACHABLE();
    }
}

bool fz_pg_bool(const PGresult *result, int row, int column)
{
    if (fz_pg_is_null(result, row, column)) {
        return false;
    }
    fz_assert(PQgetlength(result, row, column) == 1);
    return *PQgetvalue(result, row, column) != 0;
}

struct fz_id fz_pg_uuid(const PGresult *result, int row, int column)
{
    struct fz_id id = {{0}};
    if (!fz_pg_is_null(result, row, column)) {
        fz_assert(PQgetlength(result, row, column) == (int)sizeof id.bytes);
        memcpy(id.bytes, PQgetvalue(result, row, column), sizeof id.bytes);
    }
    return id;
}

int64_t fz_pg_tid(const PGresult *result, int row, int column)
{
    uint32_t block;
    uint16_t line;
    const char *value = PQgetvalue(result, row, column);
    fz_assert(PQgetlength(result, row, column) == (int)(sizeof block + sizeof line));
    memcpy(&block, value, sizeof block);
    memcpy(&line, value + sizeof block, sizeof line);
    return (int64_t)be32toh(block) << 16 | be16toh(line);
}

const char *fz_pg_text(const PGresult *result, int row, int column)
{
    return fz_pg_is_null(result, row, column) ? NULL : PQgetvalue(result, row, column);
}

const uint8_t *fz_pg_bytes(const PGresult *result, int row, int column, size_t *len_out)
{
    *len_out = (size_t)PQgetlength(result, row, column);
    if (fz_pg_is_null(result, row, column)) {
        return NULL;
    }
    return (const uint8_t *)PQgetvalue(result, row, column);
}

/* SQLSTATEs of what passes by itself; two characters stand for a whole class. */
static const char *const passing_states[] = {
    "08",    /* connection */
    "53",    /* no memory, disk full, too many connections */
    "25006", /* read-only: we talk to a standby that was not promoted yet */
    "25P03", /* idle in transaction for too long */
    "40001", /* serialization */
    "40P01", /* deadlock */
    "55P03", /* lock not available in time */
    "57014", /* statement timeout, or cancelled by the operator */
    "57P01", /* shutdown, or terminated by the operator */
    "57P02", /* crash of another backend */
    "57P03", /* starting up or shutting down */
    "57P05", /* idle session timeout */
};

static bool passes(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof passing_states / sizeof passing_states[0]; i++) {
        if (strncmp(sqlstate, passing_states[i], strlen(passing_states[i])) == 0) {
            return true;
        }
    }
    return false;
}

fz_rc fz_pg_error(const PGconn *conn, const PGresult *result, const char *what, struct fz_err *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (sqlstate != NULL && message != NULL) {
        fz_rc rc = passes(sqlstate) ? FZ_UNAVAILABLE : FZ_DATABASE;
        return fz_fail(err, rc, "%.*s: %s (SQLSTATE %s)", WHAT_MAX, what, message, sqlstate);
    }
    message = PQerrorMessage(conn);
    fz_rc rc = PQstatus(conn) == CONNECTION_OK ? FZ_DATABASE : FZ_UNAVAILABLE;
    int line_len = (int)strcspn(message, "\n"); /* the others are advice for people at a shell */
    return fz_fail(err, rc, "%.*s: %.*s", WHAT_MAX, what, line_len, message);
}

bool fz_pg_has_state(const PGresult *result, const char *sqlstate)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state != NULL && strncmp(state, sqlstate, SQLSTATE_LEN) == 0;
}
