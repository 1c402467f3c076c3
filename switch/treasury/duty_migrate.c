/*
 * switch/treasury: `fz migrate`.
 */
#include "ledger/store/migrate.h"
#include "switch/treasury/run.h"

static void note(void *ctx, enum fz_migrate_event event, const struct fz_migration *migration)
{
    struct fz_output *output = ctx;
    const char *name = migration == NULL ? "roles" : migration->name;
    const char *outcome = event == FZ_MIGRATE_PRESENT ? "present" : "applied";
    fz_output_result(output, json_pack("{s:s, s:s}", "migration", name, "outcome", outcome),
                     "migration %s %s", name, outcome);
}

static fz_rc run_migrate(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    (void)values;
    return fz_migrate(run->conninfo, fz_migrations(), note, &run->output, err);
}

const struct fz_duty fz_duty_migrate = {
    .name = "migrate",
    .summary = "bring the database to this program's schema",
    .details = "Applies the migrations that are missing, each whole or not at all, then the roles\n"
               "and rights. Running it again changes nothing. The login must be allowed to create\n"
               "schemas and roles.",
    .run = run_migrate};
