/*
 * Room ledger/store, internal. What every query needs of libpq: binary parameters, binary results,
 * connection settings, and what an SQLSTATE means. Nothing outside ledger/store includes this.
 */
#ifndef LEDGER_STORE_PG_H
#define LEDGER_STORE_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/id.h"

#define FZ_PG_PARAMS_MAX 32

/* Type OIDs of PostgreSQL's catalogue that we bind and read. */
enum fz_pg_type {
    FZ_PG_BYTEA = 17,
    FZ_PG_INT8 = 20,
    FZ_PG_INT2 = 21,
    FZ_PG_INT4 = 23,
    FZ_PG_TEXT = 25,
    FZ_PG_UUID = 2950
};

/*
 * The parameters of one statement, built value by value into one buffer that is reused. Out of memory
 * is remembered in `failed` and reported when the statement is sent, so builders need no checks.
 */
struct fz_pg_params {
    int count;
    int lengths[FZ_PG_PARAMS_MAX]; /* -1: NULL */
    size_t offsets[FZ_PG_PARAMS_MAX];
    uint8_t *buffer;
    size_t len;
    size_t capacity;
    size_t array_at; /* where the open array's parameter begins */
    bool failed;
};

void fz_pg_params_init(struct fz_pg_params *params);
void fz_pg_params_fini(struct fz_pg_params *params);
void fz_pg_params_reset(struct fz_pg_params *params); /* for the next statement, keeps the buffer */

void fz_pg_add_int2(struct fz_pg_params *params, int16_t value);
void fz_pg_add_int4(struct fz_pg_params *params, int32_t value);
void fz_pg_add_int8(struct fz_pg_params *params, int64_t value);
void fz_pg_add_uuid(struct fz_pg_params *params, const struct fz_id *id);
void fz_pg_add_bytea(struct fz_pg_params *params, const void *bytes, size_t len);
void fz_pg_add_text(struct fz_pg_params *params, const char *text); /* NULL pointer: SQL NULL */
void fz_pg_add_null(struct fz_pg_params *params);

/* One array parameter: begin, then exactly `len` items, then end. */
void fz_pg_array_begin(struct fz_pg_params *params, enum fz_pg_type type, unsigned len);
void fz_pg_item_int2(struct fz_pg_params *params, int16_t value);
void fz_pg_item_int4(struct fz_pg_params *params, int32_t value);
void fz_pg_item_int8(struct fz_pg_params *params, int64_t value);
void fz_pg_item_uuid(struct fz_pg_params *params, const struct fz_id *id);
void fz_pg_item_bytes(struct fz_pg_params *params, const void *bytes, size_t len); /* bytea, text */
void fz_pg_item_null(struct fz_pg_params *params);
void fz_pg_array_end(struct fz_pg_params *params);

/*
 * Sends a prepared statement with these parameters, binary both ways, without waiting (pipeline or
 * not). FZ_UNAVAILABLE: the connection is broken. FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_pg_send(PGconn *conn,
                            const char *statement,
                            const struct fz_pg_params *params,
                            struct fz_err *err);

/* The same, waiting for the answer: for batch programs. *result_out is owned by the caller. */
FZ_MUSTUSE fz_rc fz_pg_run(PGconn *conn,
                           const char *sql,
                           const struct fz_pg_params *params,
                           PGresult **result_out,
                           struct fz_err *err);

/* Values of a binary result. A width that does not fit the type is a bug of ours and asserted. */
bool fz_pg_is_null(const PGresult *result, int row, int column);
int64_t fz_pg_int(const PGresult *result, int row, int column); /* int2, int4 or int8 */
struct fz_id fz_pg_uuid(const PGresult *result, int row, int column); /* zero for NULL */
/* Borrowed until PQclear(); text is NUL-terminated. NULL for SQL NULL. */
const char *fz_pg_text(const PGresult *result, int row, int column);
const uint8_t *fz_pg_bytes(const PGresult *result, int row, int column, size_t *len_out);

/*
 * What a failed result or connection means: FZ_UNAVAILABLE for what passes (connection, shutdown,
 * serialization, timeouts, read-only standby), else FZ_DATABASE. Fills `err` with PostgreSQL's words.
 */
fz_rc fz_pg_error(const PGconn *conn, const PGresult *result, const char *what, struct fz_err *err);

/* How to connect. The strings are borrowed for the life of what uses them. */
struct fz_pg_options {
    const char *conninfo;         /* libpq connection string or URI */
    const char *role;             /* SET ROLE, NULL for none */
    const char *application_name; /* as seen in pg_stat_activity */
};

/*
 * Starts connecting with our settings (time-outs, synchronous_commit=on, UTC): PQconnectStartParams.
 * *conn_out is owned by the caller (PQfinish) also on failure.
 */
FZ_MUSTUSE fz_rc fz_pg_connect_start(const struct fz_pg_options *options,
                                     PGconn **conn_out,
                                     struct fz_err *err);

/* Connects and waits: for batch programs. *conn_out is owned by the caller on FZ_OK, else NULL. */
FZ_MUSTUSE fz_rc fz_pg_connect(const struct fz_pg_options *options,
                               PGconn **conn_out,
                               struct fz_err *err);

#endif
