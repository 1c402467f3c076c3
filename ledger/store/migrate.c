/*
 * Room ledger/store. The migrator: under one advisory lock it compares what the database says was
 * applied with what this program carries, applies the rest one transaction each, then the functions
 * and the roles.
 */
#include "ledger/store/migrate.h"

#include <stdio.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "ledger/store/pg.h"

/* "feezero" in ASCII: advisory locks are numbers that all programs of a database share. */
#define LOCK_SQL "SELECT pg_catalog.pg_advisory_lock(28821934144057967)"

struct run {
    PGconn *conn;
    const struct fz_migration_set *set;
    fz_migrate_note note;
    void *ctx;
};

static fz_rc run_script(PGconn *conn, const char *sql, const char *what, struct fz_err *err)
{
    return fz_pg_take(conn, PQexec(conn, sql), what, NULL, err);
}

/* Whoever comes second waits here, and then finds everything done. */
static fz_rc lock_database(PGconn *conn, struct fz_err *err)
{
    fz_rc rc = run_script(conn, LOCK_SQL, "wait for another migration", err);
    if (rc != FZ_OK) {
        return rc;
    }
    /* A big table may take its time, but nobody is kept waiting for a lock that we wait for. */
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "SET statement_timeout = 0; SET lock_timeout = %d;"
                   " SET client_min_messages = warning",
                   FZ_LOCK_TIMEOUT_MS);
    return run_script(conn, sql, "settings", err);
}

/* The migrator's own table is the one thing made without a migration. */
static fz_rc make_journal(PGconn *conn, struct fz_err *err)
{
    static const char sql[] =
        "CREATE SCHEMA IF NOT EXISTS fz_meta;"
        "COMMENT ON SCHEMA fz_meta IS 'What was done to the database itself';"
        "CREATE TABLE IF NOT EXISTS fz_meta.migration ("
        " number integer PRIMARY KEY,"
        " name text NOT NULL,"
        " sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),"
        " applied_at timestamptz NOT NULL DEFAULT now());"
        "COMMENT ON TABLE fz_meta.migration IS 'Migrations that were applied, each once';"
        "COMMENT ON COLUMN fz_meta.migration.number IS 'Number of the file';"
        "COMMENT ON COLUMN fz_meta.migration.name IS 'Its name without .sql';"
        "COMMENT ON COLUMN fz_meta.migration.sha256 IS 'Of its bytes: it is never edited';"
        "COMMENT ON COLUMN fz_meta.migration.applied_at IS 'When';";
    return run_script(conn, sql, "schema fz_meta", err);
}

static fz_rc
check_row(const struct fz_migration_set *set, const PGresult *rows, int row, struct fz_err *err)
{
    int64_t number = fz_pg_int(rows, row, 0);
    const char *name = fz_pg_text(rows, row, 1);
    if (number != row + 1) {
        return fz_fail(err, FZ_CONFIG, "fz_meta.migration lacks number %d", row + 1);
    }
    if ((unsigned)row >= set->len) {
        return fz_fail(err, FZ_CONFIG, "the database is newer than this program: it has %s", name);
    }
    const struct fz_migration *migration = &set->migrations[row];
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(migration->sql, migration->len, digest);
    size_t len = 0;
    const uint8_t *applied = fz_pg_bytes(rows, row, 2, &len);
    if (len != sizeof digest || memcmp(applied, digest, sizeof digest) != 0) {
        return fz_fail(err, FZ_CONFIG, "%s was applied with another content than it has now", name);
    }
    return FZ_OK;
}

/* How many of the set are there, after each of them was compared. */
static fz_rc check_applied(const struct run *run, unsigned *applied_out, struct fz_err *err)
{
    *applied_out = 0;
    PGresult *rows = NULL;
    fz_rc rc =
        fz_pg_run(run->conn, "SELECT number, name, sha256 FROM fz_meta.migration ORDER BY number",
                  NULL, &rows, err);
    if (rc != FZ_OK) {
        return rc;
    }
    for (int row = 0; rc == FZ_OK && row < PQntuples(rows); row++) {
        rc = check_row(run->set, rows, row, err);
        if (rc == FZ_OK && run->note != NULL) {
            run->note(run->ctx, FZ_MIGRATE_PRESENT, &run->set->migrations[row]);
        }
        *applied_out = (unsigned)row + 1;
    }
    PQclear(rows);
    return rc;
}

static fz_rc note_applied(PGconn *conn, const struct fz_migration *migration, struct fz_err *err)
{
    uint8_t digest[FZ_SHA256_LEN];
    fz_sha256(migration->sql, migration->len, digest);
    struct fz_pg_params params;
    fz_pg_params_init(&params);
    fz_pg_add_int4(&params, migration->number);
    fz_pg_add_text(&params, migration->name);
    fz_pg_add_bytea(&params, digest, sizeof digest);
    fz_rc rc =
        fz_pg_run(conn, "INSERT INTO fz_meta.migration (number, name, sha256) VALUES ($1, $2, $3)",
                  &params, NULL, err);
    fz_pg_params_fini(&params);
    return rc;
}

/* Runs one script in a transaction of its own, with its row in the journal if it is a migration. */
static fz_rc apply(PGconn *conn,
                   const char *name,
                   const char *sql,
                   const struct fz_migration *migration,
                   struct fz_err *err)
{
    fz_rc rc = run_script(conn, "BEGIN", name, err);
    if (rc == FZ_OK) {
        rc = run_script(conn, sql, name, err);
    }
    if (rc == FZ_OK && PQtransactionStatus(conn) != PQTRANS_INTRANS) {
        rc = fz_fail(err, FZ_DATABASE, "%s ended the transaction it runs in", name);
    }
    if (rc == FZ_OK && migration != NULL) {
        rc = note_applied(conn, migration, err);
    }
    if (rc == FZ_OK) {
        rc = run_script(conn, "COMMIT", name, err);
    }
    if (rc != FZ_OK && PQtransactionStatus(conn) != PQTRANS_IDLE) {
        PQclear(
            PQexec(conn, "ROLLBACK")); /* if it fails, the connection is gone, and with it all */
    }
    return rc;
}

static fz_rc apply_missing(const struct run *run, unsigned applied, struct fz_err *err)
{
    for (unsigned i = applied; i < run->set->len; i++) {
        const struct fz_migration *migration = &run->set->migrations[i];
        fz_rc rc = apply(run->conn, migration->name, migration->sql, migration, err);
        if (rc != FZ_OK) {
            return rc;
        }
        if (run->note != NULL) {
            run->note(run->ctx, FZ_MIGRATE_APPLIED, migration);
        }
    }
    fz_rc rc = apply(run->conn, "functions", run->set->functions, NULL, err);
    if (rc == FZ_OK) {
        rc = apply(run->conn, "roles", run->set->roles, NULL, err);
    }
    if (rc == FZ_OK && run->note != NULL) {
        run->note(run->ctx, FZ_MIGRATE_ROLES, NULL);
    }
    return rc;
}

fz_rc fz_migrate(const char *conninfo,
                 const struct fz_migration_set *set,
                 fz_migrate_note note,
                 void *ctx,
                 struct fz_err *err)
{
    struct run run = {.set = set, .note = note, .ctx = ctx};
    struct fz_pg_options options = {
        .conninfo = conninfo, .application_name = "fz-migrate", .patient = true};
    fz_rc rc = fz_pg_connect(&options, &run.conn, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = lock_database(run.conn, err);
    if (rc == FZ_OK) {
        rc = make_journal(run.conn, err);
    }
    unsigned applied = 0;
    if (rc == FZ_OK) {
        rc = check_applied(&run, &applied, err);
    }
    if (rc == FZ_OK) {
        rc = apply_missing(&run, applied, err);
    }
    PQfinish(run.conn); /* and with it the lock */
    return rc;
}
