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
    FZ_PG_TID = 27, /* where a row lies: an int64_t here, block above 16 bits of line */
    FZ_PG_UUID = 2950
};

/*
 * The parameters of one statement, built value by value into one buffer that is reused. Out of
 * memory is remembered in `failed` and reported when the statement is sent, so builders need no
 * checks.
 */
struct fz_pg_params {
    int count;
    int lengths[FZ_PG_PARAMS_MAX]; /* -1: NULL */
    Oid types[FZ_PG_PARAMS_MAX];   /* 0: the server infers it */
    size_t offsets[FZ_PG_PARAMS_MAX];
    uint8_t *buffer;
    size_t len;
    size_t capacity;
    bool array_open;
    unsigned array_missing; /* items still to come before the open array may end */
    bool failed;
};

void fz_pg_params_init(struct fz_pg_params *params);
void fz_pg_params_fini(struct fz_pg_params *params);
void fz_pg_params_reset(struct fz_pg_params *params); /* for the next statement, keeps the buffer */

void fz_pg_add_int2(struct fz_pg_params *params, int16_t value);
void fz_pg_add_int4(struct fz_pg_params *params, int32_t value);
void fz_pg_add_int8(struct fz_pg_params *params, int64_t value);
void fz_pg_add_uuid(struct fz_pg_params *params, const struct fz_id *id);
/* A NULL pointer is SQL NULL in these two. */
void fz_pg_add_bytea(struct fz_pg_params *params, const void *bytes, size_t len);
void fz_pg_add_text(struct fz_pg_params *params, const char *text);
void fz_pg_add_null(struct fz_pg_params *params);

/* One array parameter: begin, then exactly `len` items, then end. */
void fz_pg_array_begin(struct fz_pg_params *params, enum fz_pg_type type, unsigned len);
void fz_pg_item_int2(struct fz_pg_params *params, int16_t value);
void fz_pg_item_int4(struct fz_pg_params *params, int32_t value);
void fz_pg_item_int8(struct fz_pg_params *params, int64_t value);
void fz_pg_item_uuid(struct fz_pg_params *params, const struct fz_id *id);
void fz_pg_item_tid(struct fz_pg_params *params, int64_t place);
void fz_pg_item_bytes(struct fz_pg_params *params, const void *bytes, size_t len); /* bytea, text */
void fz_pg_item_null(struct fz_pg_params *params);
void fz_pg_array_end(struct fz_pg_params *params);

/*
 * Sends a prepared statement with these parameters (NULL: none), binary both ways, without waiting
 * (pipeline or not). FZ_UNAVAILABLE: the connection is broken. FZ_NO_MEMORY. FZ_DATABASE: libpq
 * does not take it, for example because another statement is under way outside a pipeline.
 */
FZ_MUSTUSE fz_rc fz_pg_send(PGconn *conn,
                            const char *statement,
                            const struct fz_pg_params *params,
                            struct fz_err *err);

/*
 * Runs one SQL statement and waits for its answer: for batch programs. Parameters carry their
 * types, so a text that is to be something else needs a cast (`$1::date`). *result_out is owned by
 * the caller on FZ_OK, else NULL; result_out itself may be NULL. FZ_NO_MEMORY, or as fz_pg_error().
 */
FZ_MUSTUSE fz_rc fz_pg_run(PGconn *conn,
                           const char *sql,
                           const struct fz_pg_params *params,
                           PGresult **result_out,
                           struct fz_err *err);

/*
 * The two halves of it. The answer as it came, a failure included; NULL when nothing could be sent:
 * out of memory, or no connection any more.
 */
PGresult *fz_pg_exec(PGconn *conn, const char *sql, const struct fz_pg_params *params);

/*
 * Judges an answer, NULL included: hands it over if it is a success (*result_out is NULL otherwise;
 * result_out itself may be NULL), else frees it and says why. FZ_NO_MEMORY, or as fz_pg_error().
 */
FZ_MUSTUSE fz_rc fz_pg_take(const PGconn *conn,
                            PGresult *result,
                            const char *what,
                            PGresult **result_out,
                            struct fz_err *err);

/* Values of a binary result. A width that does not fit the type is a bug of ours and asserted. */
bool fz_pg_is_null(const PGresult *result, int row, int column);
int64_t fz_pg_int(const PGresult *result, int row, int column); /* int2, int4, int8; 0 for NULL */
bool fz_pg_bool(const PGresult *result, int row, int column);   /* false for NULL */
struct fz_id fz_pg_uuid(const PGresult *result, int row, int column); /* zero for NULL */
int64_t fz_pg_tid(const PGresult *result, int row, int column);
/* Borrowed until PQclear(); text is NUL-terminated. NULL for SQL NULL, with *len_out 0. */
const char *fz_pg_text(const PGresult *result, int row, int column);
const uint8_t *fz_pg_bytes(const PGresult *result, int row, int column, size_t *len_out);

/*
 * What a failed result or connection means: FZ_UNAVAILABLE for what passes (connection, shutdown,
 * serialization, timeouts, resources, read-only standby), else FZ_DATABASE. Fills `err` (may be
 * NULL) with `what`, PostgreSQL's words and the SQLSTATE. `result` may be NULL: then the connection
 * is asked. Neither is freed.
 */
fz_rc fz_pg_error(const PGconn *conn, const PGresult *result, const char *what, struct fz_err *err);

/* True if `result` failed with this SQLSTATE ("23505"). */
bool fz_pg_has_state(const PGresult *result, const char *sqlstate);

/* How to connect. The strings are borrowed during the call; who reconnects keeps them. */
struct fz_pg_options {
    const char *conninfo;         /* libpq connection string or URI */
    const char *role;             /* SET ROLE, NULL for none */
    const char *application_name; /* as seen in pg_stat_activity; NULL: what conninfo says */
    const char *settings;         /* " -c NAME=VALUE ..." more for the session; NULL: none */
    bool patient;                 /* batch programs: minutes (FZ_PG_PATIENT_MS), not seconds */
};

#define FZ_PG_PATIENT_MS 600000 /* time-out of a patient statement, lock or open transaction */

/*
 * Starts connecting with our settings: time-outs (limits.h), synchronous_commit=on, UTC, UTF-8,
 * READ COMMITTED, search_path=pg_catalog, keepalives, and the role, which the server takes at the
 * start of the session: a role that is not granted makes the connection fail. What conninfo says
 * about keepalives and time-outs of TCP wins; its `options` come before ours.
 * *conn_out is owned by the caller (PQfinish) also on failure; it may be NULL then. Time-outs of
 * the attempt are the caller's. FZ_CONFIG: conninfo cannot be parsed. FZ_NO_MEMORY. FZ_UNAVAILABLE.
 */
FZ_MUSTUSE fz_rc fz_pg_connect_start(const struct fz_pg_options *options,
                                     PGconn **conn_out,
                                     struct fz_err *err);

/*
 * A statement that fails, and says why, when the server may lose what it has committed: fsync or
 * full_page_writes is off, or synchronous_commit is for this session in spite of us. A cluster that
 * is made to be thrown away says so itself: feezero.may_lose_payments = on.
 */
extern const char fz_pg_durable_sql[];

/*
 * Connects and waits (FZ_TCP_TIMEOUT_MS for each host): for batch programs. *conn_out is owned by
 * the caller on FZ_OK, else NULL. Results as fz_pg_connect_start().
 */
FZ_MUSTUSE fz_rc fz_pg_connect(const struct fz_pg_options *options,
                               PGconn **conn_out,
                               struct fz_err *err);

#endif
