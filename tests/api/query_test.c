/*
 * The query reader: numbers in range, and everything else refused by name.
 */
#include "switch/api/query.h"

#include <criterion/criterion.h>
#include <string.h>

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

struct values {
    int64_t before;
    int64_t limit;
};

static const struct fz_query_field fields[] = {
    {"before", 1, INT64_MAX, offsetof(struct values, before), NULL},
    {"limit", 1, 200, offsetof(struct values, limit), NULL},
};

static fz_rc read(const char *query, struct values *values, char name[FZ_QUERY_NAME_SIZE])
{
    *values = (struct values){.before = -1, .limit = -2};
    memcpy(name, "?", 2);
    return fz_query_read(query, fields, LEN(fields), values, name);
}

static const struct {
    const char *query;
    int64_t before;
    int64_t limit;
} accepted[] = {
    {NULL, -1, -2},
    {"before=1", 1, -2},
    {"limit=200", -1, 200},
    {"before=123456789012345678&limit=7", 123456789012345678, 7},
    {"limit=007&before=3", 3, 7},
};

Test(query, reads_numbers)
{
    for (size_t i = 0; i < LEN(accepted); i++) {
        struct values values;
        char name[FZ_QUERY_NAME_SIZE];
        cr_expect_eq(read(accepted[i].query, &values, name), FZ_OK, "%zu", i);
        cr_expect_eq(values.before, accepted[i].before, "%zu", i);
        cr_expect_eq(values.limit, accepted[i].limit, "%zu", i);
    }
}

static const struct {
    const char *query;
    const char *name;
} refused[] = {
    {"", ""},
    {"&", ""},
    {"limit", "limit"},
    {"limit=", "limit"},
    {"limit=0", "limit"},
    {"limit=201", "limit"},
    {"limit=-1", "limit"},
    {"limit=+1", "limit"},
    {"limit=1.0", "limit"},
    {"limit=%31", "limit"},
    {"limit=1 ", "limit"},
    {"limit=1&limit=1", "limit"},
    {"limit=1&", ""},
    {"limit=1&&before=1", ""},
    {"Limit=1", "Limit"},
    {"lim=1", "lim"},
    {"limits=1", "limits"},
    {"before=1234567890123456789", "before"},
    {"=1", ""},
    {"account=1", "account"},
};

Test(query, refuses_and_names_the_fault)
{
    for (size_t i = 0; i < LEN(refused); i++) {
        struct values values;
        char name[FZ_QUERY_NAME_SIZE];
        cr_expect_eq(read(refused[i].query, &values, name), FZ_BAD_QUERY, "%s", refused[i].query);
        cr_expect_str_eq(name, refused[i].name, "%s: %s", refused[i].query, name);
    }
}

Test(query, where_nothing_is_known_nothing_is_accepted)
{
    char name[FZ_QUERY_NAME_SIZE];
    cr_expect_eq(fz_query_read(NULL, NULL, 0, NULL, name), FZ_OK);
    cr_expect_eq(fz_query_read("x=1", NULL, 0, NULL, name), FZ_BAD_QUERY);
    cr_expect_str_eq(name, "x");
}

Test(query, a_long_name_is_cut)
{
    char query[600];
    char name[FZ_QUERY_NAME_SIZE];
    memset(query, 'x', sizeof(query) - 1);
    query[sizeof(query) - 1] = '\0';
    cr_expect_eq(fz_query_read(query, fields, LEN(fields), NULL, name), FZ_BAD_QUERY);
    cr_expect_eq(strlen(name), FZ_QUERY_NAME_SIZE - 1);
}
