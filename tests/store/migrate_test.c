/*
 * The migrator on databases of its own: twice, at once, broken, changed, newer than the program.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/store/migrate.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define RACERS 6
#define SET_MAX 32

/* A database of one test: made empty, dropped at the end. */
struct scratch {
    struct testbed admin;
    char name[64];
    char conninfo[256];
};

static void scratch_open(struct scratch *scratch, const char *name)
{
    const char *cluster = getenv("FZ_TEST_PG");
    cr_assert(cluster != NULL, "FZ_TEST_PG is not set");
    testbed_open(&scratch->admin, cluster);
    (void)snprintf(scratch->name, sizeof scratch->name, "t_store_migrate_%s", name);
    (void)snprintf(scratch->conninfo, sizeof scratch->conninfo, "%s dbname=%s", cluster,
                   scratch->name); /* the later one of two counts */
    testbed_sql(&scratch->admin, "SET client_min_messages = warning");
    testbed_sql(&scratch->admin, "DROP DATABASE IF EXISTS %s WITH (FORCE)", scratch->name);
    testbed_sql(&scratch->admin, "CREATE DATABASE %s", scratch->name);
}

static void scratch_close(struct scratch *scratch)
{
    testbed_sql(&scratch->admin, "DROP DATABASE %s WITH (FORCE)", scratch->name);
    testbed_close(&scratch->admin);
}

struct notes {
    unsigned present, applied, roles;
    int last; /* number of the last migration heard of */
};

static void note(void *ctx, enum fz_migrate_event event, const struct fz_migration *migration)
{
    struct notes *notes = ctx;
    switch (event) {
    case FZ_MIGRATE_PRESENT:
        notes->present++;
        break;
    case FZ_MIGRATE_APPLIED:
        notes->applied++;
        break;
    case FZ_MIGRATE_ROLES:
        notes->roles++;
        cr_assert(migration == NULL);
        return;
    }
    cr_assert(migration->number == notes->last + 1, "in order");
    notes->last = migration->number;
}

static fz_rc migrate(const struct scratch *scratch,
                     const struct fz_migration_set *set,
                     struct notes *notes,
                     struct fz_err *err)
{
    *notes = (struct notes){0};
    *err = (struct fz_err){.rc = FZ_OK};
    return fz_migrate(scratch->conninfo, set, note, notes, err);
}

/* Everything about the schema that could differ: columns, constraints, rights, comments. */
static char *describe(const struct scratch *scratch)
{
    struct testbed bed;
    testbed_open(&bed, scratch->conninfo);
    char *text = strdup(testbed_text(
        &bed,
        "SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM ("
        " SELECT concat_ws(' ', c.oid, c.relname, c.relacl, a.attname, a.atttypid, a.attnotnull,"
        "  a.attacl, col_description(c.oid, a.attnum)) AS line"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relnamespace IN ('fz'::regnamespace, 'fz_meta'::regnamespace)"
        " UNION ALL SELECT concat_ws(' ', oid, conname, pg_get_constraintdef(oid))"
        "  FROM pg_constraint WHERE connamespace = 'fz'::regnamespace"
        " UNION ALL SELECT concat_ws(' ', oid, proname, proacl, prosrc) FROM pg_proc"
        "  WHERE pronamespace = 'fz'::regnamespace"
        " UNION ALL SELECT concat_ws(' ', nspname, nspacl) FROM pg_namespace"
        " UNION ALL SELECT concat_ws(' ', number, name, sha256, applied_at) FROM"
        "  fz_meta.migration) lines"));
    testbed_close(&bed);
    cr_assert(text != NULL && strlen(text) == 32);
    return text;
}

static int64_t applied(const struct scratch *scratch)
{
    struct testbed bed;
    testbed_open(&bed, scratch->conninfo);
    int64_t number = testbed_int(&bed, "SELECT count(*) FROM fz_meta.migration");
    testbed_close(&bed);
    return number;
}

/* The program's own set with one more behind it, or one changed. */
static struct fz_migration_set copy_set(struct fz_migration rows[SET_MAX],
                                        const struct fz_migration *extra)
{
    struct fz_migration_set set = *fz_migrations();
    cr_assert(set.len >= 3 && set.len < SET_MAX);
    memcpy(rows, set.migrations, set.len * sizeof *rows);
    set.migrations = rows;
    if (extra != NULL) {
        rows[set.len] = *extra;
        rows[set.len].number = (int32_t)set.len + 1;
        rows[set.len].len = strlen(extra->sql);
        set.len++;
    }
    return set;
}

Test(migrate, twice_changes_nothing)
{
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    const struct fz_migration_set *set = fz_migrations();
    scratch_open(&scratch, "twice");
    cr_assert(migrate(&scratch, set, &notes, &err) == FZ_OK, "%s", err.msg);
    cr_expect(notes.applied == set->len && notes.present == 0 && notes.roles == 1);
    cr_expect(applied(&scratch) == set->len);
    char *first = describe(&scratch);
    cr_assert(migrate(&scratch, set, &notes, &err) == FZ_OK, "%s", err.msg);
    cr_expect(notes.applied == 0 && notes.present == set->len && notes.roles == 1);
    char *second = describe(&scratch);
    cr_expect_str_eq(first, second);
    cr_assert(fz_migrate(scratch.conninfo, set, NULL, NULL, NULL) == FZ_OK, "without listeners");
    free(first);
    free(second);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

/* In a process of its own; the exit status is how many migrations it applied, 100 on failure. */
static pid_t start_racer(const struct scratch *scratch)
{
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        struct notes notes = {0};
        struct fz_err err;
        fz_rc rc = fz_migrate(scratch->conninfo, fz_migrations(), note, &notes, &err);
        if (rc != FZ_OK) {
            (void)fprintf(stderr, "racer: %s\n", err.msg);
        }
        _exit(rc == FZ_OK ? (int)notes.applied : 100);
    }
    return pid;
}

Test(migrate, many_at_once)
{
    struct scratch scratch;
    pid_t racers[RACERS];
    unsigned did_all = 0;
    scratch_open(&scratch, "race");
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = start_racer(&scratch);
    }
    for (unsigned i = 0; i < RACERS; i++) {
        int status = 0;
        cr_assert(waitpid(racers[i], &status, 0) == racers[i] && WIFEXITED(status));
        unsigned number = (unsigned)WEXITSTATUS(status);
        cr_expect(number == 0 || number == fz_migrations()->len, "racer %u: %u", i, number);
        did_all += number == fz_migrations()->len;
    }
    cr_expect(did_all == 1, "one did it all: %u", did_all);
    cr_expect(applied(&scratch) == fz_migrations()->len);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, a_broken_one_leaves_nothing)
{
    static const struct fz_migration broken = {.name = "0099_broken",
                                               .sql = "CREATE TABLE fz.half (a integer);\n"
                                                      "INSERT INTO fz.half VALUES (1);\n"
                                                      "SELECT 1 / (a - 1) FROM fz.half;\n"
                                                      "CREATE TABLE fz.other_half (a integer);\n"};
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    struct fz_migration rows[SET_MAX];
    struct fz_migration_set set = copy_set(rows, &broken);
    scratch_open(&scratch, "broken");
    cr_assert(migrate(&scratch, &set, &notes, &err) == FZ_DATABASE);
    cr_expect(strstr(err.msg, "0099_broken") != NULL, "%s", err.msg);
    cr_expect(strstr(err.msg, "division by zero") != NULL, "%s", err.msg);
    cr_expect(notes.applied == set.len - 1 && notes.roles == 0, "what was before it is kept");
    cr_expect(applied(&scratch) == set.len - 1);
    struct testbed bed;
    testbed_open(&bed, scratch.conninfo);
    cr_expect_str_eq(testbed_text(&bed, "SELECT to_regclass('fz.half')"), "");
    testbed_close(&bed);

    rows[set.len - 1].sql = "CREATE TABLE fz.half (a integer)";
    rows[set.len - 1].len = strlen(rows[set.len - 1].sql);
    cr_expect(migrate(&scratch, &set, &notes, &err) == FZ_OK, "mended: %s", err.msg);
    cr_expect(notes.applied == 1 && notes.roles == 1);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, one_that_ends_its_transaction_is_reported)
{
    static const struct fz_migration strange = {.name = "0099_strange", .sql = "SELECT 1; COMMIT"};
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    struct fz_migration rows[SET_MAX];
    struct fz_migration_set set = copy_set(rows, &strange);
    scratch_open(&scratch, "strange");
    cr_expect(migrate(&scratch, &set, &notes, &err) == FZ_DATABASE);
    cr_expect(strstr(err.msg, "0099_strange ended the transaction") != NULL, "%s", err.msg);
    cr_expect(applied(&scratch) == set.len - 1);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, a_changed_one_is_an_error)
{
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    struct fz_migration rows[SET_MAX];
    struct fz_migration_set set = copy_set(rows, NULL);
    scratch_open(&scratch, "changed");
    cr_assert(migrate(&scratch, fz_migrations(), &notes, &err) == FZ_OK, "%s", err.msg);
    char *before = describe(&scratch);
    rows[1].len--; /* the last line break */
    cr_expect(migrate(&scratch, &set, &notes, &err) == FZ_CONFIG);
    cr_expect(strstr(err.msg, rows[1].name) != NULL, "%s", err.msg);
    cr_expect(notes.applied == 0 && notes.roles == 0);
    char *after = describe(&scratch);
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, a_newer_database_is_an_error)
{
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    struct fz_migration_set older = *fz_migrations();
    scratch_open(&scratch, "newer");
    cr_assert(migrate(&scratch, fz_migrations(), &notes, &err) == FZ_OK, "%s", err.msg);
    older.len--;
    cr_expect(migrate(&scratch, &older, &notes, &err) == FZ_CONFIG);
    cr_expect(strstr(err.msg, "newer") != NULL, "%s", err.msg);
    cr_expect(notes.roles == 0);

    struct testbed bed;
    testbed_open(&bed, scratch.conninfo);
    testbed_sql(&bed, "DELETE FROM fz_meta.migration WHERE number = 2");
    testbed_close(&bed);
    cr_expect(migrate(&scratch, fz_migrations(), &notes, &err) == FZ_CONFIG, "a gap");
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, lost_rights_come_back)
{
    struct scratch scratch;
    struct notes notes;
    struct fz_err err;
    scratch_open(&scratch, "rights");
    cr_assert(migrate(&scratch, fz_migrations(), &notes, &err) == FZ_OK, "%s", err.msg);
    char *before = describe(&scratch);
    struct testbed bed;
    testbed_open(&bed, scratch.conninfo);
    testbed_sql(&bed, "GRANT DELETE ON fz.transfer TO fz_switch");
    testbed_sql(&bed, "REVOKE SELECT ON fz.account FROM fz_switch");
    testbed_sql(&bed, "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA fz TO PUBLIC");
    testbed_close(&bed);
    cr_assert(migrate(&scratch, fz_migrations(), &notes, &err) == FZ_OK, "%s", err.msg);
    char *after = describe(&scratch);
    cr_expect_str_eq(before, after);
    free(before);
    free(after);
    scratch_close(&scratch);
    FZ_EXPECT_NO_LEAK();
}

Test(migrate, nowhere_to_go)
{
    struct fz_err err;
    cr_expect(fz_migrate("host=/nonexistent", fz_migrations(), NULL, NULL, &err) == FZ_UNAVAILABLE);
    cr_expect(strstr(err.msg, "/nonexistent") != NULL, "%s", err.msg);
    cr_expect(fz_migrate("colour=red", fz_migrations(), NULL, NULL, &err) == FZ_CONFIG);
    cr_expect(strstr(err.msg, "colour") != NULL, "%s", err.msg);
    FZ_EXPECT_NO_LEAK();
}
