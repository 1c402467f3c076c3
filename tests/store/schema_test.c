/*
 * The schema as a second line behind the C rules: it says the same as the tables in C, explains
 * itself, and gives each role no more than it needs.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/decide.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define CHECK_VIOLATION "23514"
#define NO_PRIVILEGE "42501"
#define STRANGE_CLASS 99
#define STRANGE_KIND 99

Test(schema, everything_is_explained)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    cr_expect(testbed_int(&bed,
                          "SELECT count(*) FROM pg_class WHERE relkind = 'r'"
                          " AND relnamespace IN ('fz'::regnamespace, 'fz_meta'::regnamespace)") >=
              20);
    const char *bare = testbed_text(
        &bed,
        "SELECT string_agg(name, ', ') FROM ("
        " SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')"
        "  AND relnamespace IN ('fz'::regnamespace, 'fz_meta'::regnamespace)"
        "  AND coalesce(obj_description(oid, 'pg_class'), '') = ''"
        " UNION ALL SELECT relname || '.' || attname FROM pg_class c"
        "  JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
        "  WHERE relkind IN ('r', 'p', 'v', 'm')"
        "  AND relnamespace IN ('fz'::regnamespace, 'fz_meta'::regnamespace)"
        "  AND coalesce(col_description(c.oid, attnum), '') = ''"
        " UNION ALL SELECT proname || '()' FROM pg_proc WHERE pronamespace = 'fz'::regnamespace"
        "  AND coalesce(obj_description(oid, 'pg_proc'), '') = ''"
        " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname IN ('fz', 'fz_meta')"
        "  AND coalesce(obj_description(oid, 'pg_namespace'), '') = '') nameless");
    cr_expect_str_eq(bare, "", "without a COMMENT: %s", bare);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(schema, every_key_leads_with_the_community)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    const char *others = testbed_text(
        &bed, "SELECT string_agg(c.relname, ', ') FROM pg_class c"
              " LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
              " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
              " WHERE c.relkind = 'r' AND c.relnamespace = 'fz'::regnamespace"
              " AND a.attname IS DISTINCT FROM 'community_id'");
    cr_expect_str_eq(others, "", "%s", others);
    const char *indexes = testbed_text(
        &bed, "SELECT string_agg(i.indexrelid::regclass::text, ', ') FROM pg_index i"
              " JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'fz'::regnamespace"
              " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
              " WHERE a.attname <> 'community_id'");
    cr_expect_str_eq(indexes, "", "%s", indexes);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- the rule table --------------------------------------------------------------------------- */

/* Codes of all classes and one that is none; 0 ends the list. */
static unsigned list_classes(int codes[32])
{
    unsigned len = 0;
    for (const struct fz_class_info *info; (info = fz_class_at(len)) != NULL; len++) {
        codes[len] = (int)info->class;
    }
    codes[len++] = STRANGE_CLASS;
    return len;
}

static unsigned list_kinds(int codes[32])
{
    unsigned len = 0;
    codes[len++] = 0;
    for (const struct fz_kind_info *info; (info = fz_kind_at(len - 1)) != NULL; len++) {
        codes[len] = (int)info->kind;
    }
    codes[len++] = STRANGE_KIND;
    return len;
}

static bool insert_transfer(struct testbed *bed, int kind, int64_t debit, int64_t credit)
{
    const char *state = testbed_try(
        bed,
        "INSERT INTO fz.transfer (community_id, number, debit, credit, amount, time_us,"
        " debit_previous, credit_previous, debit_same, credit_same, corrects, op_id, kind)"
        " VALUES (1, 10, %lld, %lld, 1, 1, 0, 0, 0, 0, %s, gen_random_uuid(), %d)",
        (long long)debit, (long long)credit, kind == FZ_KIND_CORRECTION ? "9" : "NULL", kind);
    if (state[0] == '\0') {
        testbed_sql(bed, "DELETE FROM fz.transfer WHERE community_id = 1");
        return true;
    }
    cr_assert_str_eq(state, CHECK_VIOLATION);
    return false;
}

Test(schema, kinds_are_those_of_the_rule_table)
{
    struct testbed bed;
    int kinds[32];
    int classes[32];
    unsigned allowed = 0;
    testbed_open(&bed, NULL);
    unsigned kinds_len = list_kinds(kinds);
    unsigned classes_len = list_classes(classes);
    cr_assert(kinds_len > 14 && classes_len > 8);
    for (unsigned k = 0; k < kinds_len; k++) {
        for (unsigned d = 0; d < classes_len; d++) {
            for (unsigned c = 0; c < classes_len; c++) {
                int64_t debit = classes[d] * FZ_ACCOUNT_CLASS_UNIT + 1;
                int64_t credit = classes[c] * FZ_ACCOUNT_CLASS_UNIT + 2;
                bool rule = fz_kind_allows((enum fz_kind)kinds[k], debit, credit);
                cr_expect(insert_transfer(&bed, kinds[k], debit, credit) == rule,
                          "kind %d from class %d to %d: C says %d", kinds[k], classes[d],
                          classes[c], rule);
                allowed += rule;
            }
        }
    }
    cr_expect(allowed >= 13 + 5, "%u", allowed);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(schema, transfers_are_well_formed)
{
    static const struct {
        const char *what;
        const char *values; /* number, debit, credit, amount, previous x 2, corrects, kind */
        const char *state;
    } rows[] = {
        {"a payment", "5, 10000000001, 11000000001, 1, 4, 0, NULL, 2", ""},
        {"its correction is not allowed", "6, 11000000001, 10000000001, 1, 5, 5, 5, 14", "23514"},
        {"a top-up", "7, 1000000000, 10000000001, 1, 0, 5, NULL, 1", ""},
        {"its correction", "8, 10000000001, 1000000000, 1, 7, 7, 7, 14", ""},
        {"corrected twice", "9, 10000000001, 1000000000, 1, 7, 7, 7, 14", "23505"},
        {"corrects the future", "10, 10000000001, 1000000000, 1, 7, 7, 11, 14", "23514"},
        {"corrects nothing", "10, 10000000001, 1000000000, 1, 7, 7, NULL, 14", "23514"},
        {"a payment that corrects", "10, 10000000001, 11000000001, 1, 4, 0, 5, 2", "23514"},
        {"the same number", "5, 10000000001, 11000000001, 1, 4, 0, NULL, 2", "23505"},
        {"number 0", "0, 10000000001, 11000000001, 1, 0, 0, NULL, 2", "23514"},
        {"nothing", "10, 10000000001, 11000000001, 0, 4, 0, NULL, 2", "23514"},
        {"less than nothing", "10, 10000000001, 11000000001, -1, 4, 0, NULL, 2", "23514"},
        {"to itself", "10, 10000000001, 10000000001, 1, 4, 0, NULL, 5", "23514"},
        {"a chain to itself", "10, 10000000001, 11000000001, 1, 10, 0, NULL, 2", "23514"},
        {"a chain forward", "10, 10000000001, 11000000001, 1, 0, 11, NULL, 2", "23514"},
        {"a chain below 0", "10, 10000000001, 11000000001, 1, 0, -1, NULL, 2", "23514"},
    };
    struct testbed bed;
    testbed_open(&bed, NULL);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *state =
            testbed_try(&bed,
                        "INSERT INTO fz.transfer (community_id, op_id, time_us, number, debit,"
                        " credit, amount, debit_previous, credit_previous, corrects, kind,"
                        " debit_same, credit_same) VALUES (2, gen_random_uuid(), 1, %s, 0, 0)",
                        rows[i].values);
        cr_expect_str_eq(state, rows[i].state, "%s: '%s'", rows[i].what, state);
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(schema, floors_are_those_of_the_classes)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    const struct fz_class_info *info = NULL;
    for (unsigned i = 0; (info = fz_class_at(i)) != NULL; i++) {
        bool debit_side = info->side == FZ_SIDE_DEBIT;
        int64_t account = fz_account_number(info->class, 1);
        const char *below =
            testbed_try(&bed,
                        "INSERT INTO fz.account (community_id, account,"
                        " debits_posted, credits_posted) VALUES (3, %lld, %d, %d)",
                        (long long)account, debit_side ? 10 : 11, debit_side ? 11 : 10);
        cr_expect_str_eq(below, info->floor ? CHECK_VIOLATION : "", "%s below 0", info->name);
        testbed_sql(&bed, "DELETE FROM fz.account WHERE community_id = 3");
        const char *zero = testbed_try(&bed,
                                       "INSERT INTO fz.account (community_id, account,"
                                       " debits_posted, credits_posted) VALUES (3, %lld, 10, 10)",
                                       (long long)account);
        cr_expect_str_eq(zero, "", "%s at 0", info->name);
        const char *above = testbed_try(&bed,
                                        "UPDATE fz.account SET debits_posted = %d,"
                                        " credits_posted = %d WHERE community_id = 3",
                                        debit_side ? 11 : 10, debit_side ? 10 : 11);
        cr_expect_str_eq(above, "", "%s above 0", info->name);
        testbed_sql(&bed, "DELETE FROM fz.account WHERE community_id = 3");
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- rights ----------------------------------------------------------------------------------- */

/* What each role may write; a role or table that is not here may not be written. */
static const char rights[] = "fz_switch account UPDATE\n"
                             "fz_switch account_mark INSERT\n"
                             "fz_switch batch INSERT\n"
                             "fz_switch code INSERT\n"
                             "fz_switch code UPDATE\n"
                             "fz_switch credential INSERT\n"
                             "fz_switch enrolment.key_id UPDATE\n"
                             "fz_switch event INSERT\n"
                             "fz_switch head UPDATE\n"
                             "fz_switch held_refund INSERT\n"
                             "fz_switch held_refund UPDATE\n"
                             "fz_switch intent INSERT\n"
                             "fz_switch intent UPDATE\n"
                             "fz_switch operation INSERT\n"
                             "fz_switch payout INSERT\n"
                             "fz_switch payout UPDATE\n"
                             "fz_switch transfer INSERT\n"
                             "fz_switch webhook INSERT\n"
                             "fz_switch webhook UPDATE\n"
                             "fz_switch webhook_delivery DELETE\n"
                             "fz_switch webhook_delivery INSERT\n"
                             "fz_switch webhook_delivery UPDATE\n"
                             "fz_switch webhook_feed INSERT\n"
                             "fz_switch webhook_feed UPDATE";

Test(schema, daemon_and_auditor_have_the_least_rights)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    const char *granted = testbed_text(
        &bed,
        "SELECT string_agg(concat_ws(' ', grantee, object, privilege_type), E'\\n'"
        "  ORDER BY grantee COLLATE \"C\", object COLLATE \"C\", privilege_type) FROM ("
        " SELECT grantee, table_name AS object, privilege_type"
        "  FROM information_schema.role_table_grants WHERE table_schema LIKE 'fz%%'"
        " UNION SELECT grantee, table_name || '.' || column_name, privilege_type"
        "  FROM information_schema.role_column_grants g WHERE table_schema LIKE 'fz%%'"
        "  AND NOT EXISTS (SELECT FROM information_schema.role_table_grants t WHERE"
        "   t.grantee = g.grantee AND t.table_schema = g.table_schema"
        "   AND t.table_name = g.table_name AND t.privilege_type = g.privilege_type)) g"
        " WHERE grantee IN ('fz_switch', 'fz_audit', 'PUBLIC') AND privilege_type <> 'SELECT'");
    cr_expect_str_eq(granted, rights, "%s", granted);
    cr_expect(testbed_int(&bed, "SELECT count(*) FROM information_schema.role_table_grants"
                                " WHERE table_schema = 'fz' AND grantee = 'PUBLIC'") == 0);
    const char *hidden = testbed_text(
        &bed, "SELECT string_agg(c.relname || '.' || a.attname, ' ' ORDER BY attnum)"
              " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
              " WHERE c.relkind = 'r' AND c.relnamespace = 'fz'::regnamespace"
              " AND NOT has_column_privilege('fz_audit', c.oid, a.attnum, 'SELECT')");
    cr_expect_str_eq(hidden, "webhook.secret webhook.old_secret",
                     "the auditor reads everything but secrets: %s", hidden);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* Each of them is tried on a town that is there. */
static const struct {
    const char *role;
    const char *sql;
} forbidden[] = {
    {"fz_switch", "UPDATE fz.transfer SET amount = 1"},
    {"fz_switch", "DELETE FROM fz.transfer"},
    {"fz_switch", "TRUNCATE fz.transfer"},
    {"fz_switch", "UPDATE fz.operation SET rc = 0"},
    {"fz_switch", "DELETE FROM fz.operation"},
    {"fz_switch", "UPDATE fz.event SET amount = 1"},
    {"fz_switch", "DELETE FROM fz.event"},
    {"fz_switch", "UPDATE fz.batch SET operations = 1"},
    {"fz_switch", "DELETE FROM fz.batch"},
    {"fz_switch", "INSERT INTO fz.account (community_id, account) VALUES (4, 10000000009)"},
    {"fz_switch", "DELETE FROM fz.account"},
    {"fz_switch", "INSERT INTO fz.head (community_id) VALUES (5)"},
    {"fz_switch", "DELETE FROM fz.intent"},
    {"fz_switch", "UPDATE fz.credential SET public_key = public_key"},
    {"fz_switch", "UPDATE fz.enrolment SET role = 4"},
    {"fz_switch", "INSERT INTO fz.enrolment SELECT * FROM fz.enrolment"},
    {"fz_switch", "UPDATE fz.party SET name = 'x'"},
    {"fz_switch", "SELECT * FROM fz.bank_account"},
    {"fz_switch", "UPDATE fz_meta.migration SET name = 'x'"},
    {"fz_switch", "CREATE TABLE fz.x (a integer)"},
    {"fz_treasury", "UPDATE fz.transfer SET amount = 1"},
    {"fz_treasury", "DELETE FROM fz.transfer"},
    {"fz_treasury", "UPDATE fz.operation SET rc = 0"},
    {"fz_treasury", "DELETE FROM fz.operation"},
    {"fz_treasury", "UPDATE fz.bank_file SET total = 1"},
    {"fz_treasury", "DELETE FROM fz.bank_file"},
    {"fz_treasury", "UPDATE fz.settlement_line SET sales = 1"},
    {"fz_treasury", "UPDATE fz.credential SET public_key = public_key"},
    {"fz_treasury", "DELETE FROM fz.account"},
    {"fz_treasury", "SELECT secret FROM fz.webhook"},
    {"fz_audit", "INSERT INTO fz.head (community_id) VALUES (5)"},
    {"fz_audit", "UPDATE fz.account SET hold = 1"},
    {"fz_audit", "UPDATE fz.head SET last_number = 1"},
    {"fz_audit", "SELECT FROM fz.head FOR UPDATE"},
    {"fz_audit", "SELECT fz.enrol(4, '', '', '', '')"},
    {"fz_audit", "SELECT secret FROM fz.webhook"},
    {"fz_audit", "SELECT old_secret FROM fz.webhook"},
    {"fz_audit", "SELECT fz.webhook_rotate(4, gen_random_uuid(), 1, '', 0)"},
    {"fz_audit", "CREATE TABLE fz.x (a integer)"},
};

Test(schema, forbidden_is_refused)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 4);
    for (unsigned i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        testbed_sql(&bed, "BEGIN; SET LOCAL ROLE %s", forbidden[i].role);
        const char *state = testbed_try(&bed, "%s", forbidden[i].sql);
        cr_expect_str_eq(state, NO_PRIVILEGE, "%s: %s: '%s'", forbidden[i].role, forbidden[i].sql,
                         state);
        testbed_sql(&bed, "ROLLBACK");
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* The auditor writes nothing, whatever tables there will be. */
Test(schema, the_auditor_writes_nothing)
{
    struct testbed bed;
    testbed_open(&bed, NULL);
    const char *writable = testbed_text(
        &bed, "SELECT string_agg(t.oid::regclass || ' ' || p, ', ') FROM pg_class t,"
              " unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p"
              " WHERE t.relkind = 'r' AND t.relnamespace IN ('fz'::regnamespace,"
              "  'fz_meta'::regnamespace) AND (has_table_privilege('fz_audit', t.oid, p)"
              "  OR (p NOT IN ('DELETE', 'TRUNCATE', 'TRIGGER')"
              "   AND has_any_column_privilege('fz_audit', t.oid, p)))");
    cr_expect_str_eq(writable, "", "%s", writable);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
