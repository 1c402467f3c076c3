/*
 * Room ledger/store. Brings a database to the schema this program was built with: the numbered
 * files of sql/migrations, embedded into the program, and after them the reloadable
 * sql/functions.sql and sql/roles.sql.
 * Each migration is one transaction together with its row in fz_meta.migration, so it is applied
 * whole or not at all; who comes at the same time waits. Called by `fz migrate`.
 */
#ifndef LEDGER_STORE_MIGRATE_H
#define LEDGER_STORE_MIGRATE_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"

/* One file. `sql` ends with a NUL that `len` does not count. */
struct fz_migration {
    int32_t number;   /* 1, 2, 3 ... without gaps */
    const char *name; /* "0001_ledger" */
    const char *sql;
    size_t len;
};

struct fz_migration_set {
    const struct fz_migration *migrations; /* ascending */
    unsigned len;
    const char *functions; /* run after them at every call, in one transaction */
    const char *roles;     /* the same, last: rights on what is there */
};

/* What this program was built with; static. */
const struct fz_migration_set *fz_migrations(void);

enum fz_migrate_event {
    FZ_MIGRATE_PRESENT, /* was applied earlier, unchanged since */
    FZ_MIGRATE_APPLIED,
    FZ_MIGRATE_ROLES /* functions, roles and rights are as here; `migration` is NULL */
};

typedef void (*fz_migrate_note)(void *ctx,
                                enum fz_migrate_event event,
                                const struct fz_migration *migration);

/*
 * Applies what is missing of `set`, in order. `conninfo` must be allowed to create schemas and
 * roles. `note` (may be NULL) hears of each step once it is committed. On failure everything up to
 * the last step it heard of is kept, and nothing of the step that failed.
 *   FZ_CONFIG       conninfo is wrong; an applied migration has another content here, or is unknown
 *                   here: the database is newer than this program
 *   FZ_DATABASE     a migration does not run; err has its name and PostgreSQL's words
 *   FZ_UNAVAILABLE, FZ_NO_MEMORY
 */
FZ_MUSTUSE fz_rc fz_migrate(const char *conninfo,
                            const struct fz_migration_set *set,
                            fz_migrate_note note,
                            void *ctx,
                            struct fz_err *err);

#endif
