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

/* --- texts ------------------------------------------------------------------------------------ */

static char text_read[FZ_QUERY_TEXT_MAX + 1];

static bool read_text(const char *text, size_t len, int64_t *value_out)
{
    memcpy(text_read, text, len + 1);
    *value_out = (int64_t)len;
    return text[0] != '!';
}

static const struct fz_query_field text_fields[] = {
    {"word", 2, 200, offsetof(struct values, before), read_text},
    {"limit", 1, 200, offsetof(struct values, limit), NULL},
};

Test(query, reads_texts)
{
    static const struct {
        const char *query;
        const char *text;
    } rows[] = {
        {"word=ab", "ab"},
        {"limit=3&word=2026-12-01T00:00:00+09:00", "2026-12-01T00:00:00+09:00"},
        {"word=2026-12-01T00%3A00%3a00%2B09:00&limit=3", "2026-12-01T00:00:00+09:00"},
        {"word=a%2Cb,c", "a,b,c"},
        {"word=a%25b", "a%b"},
        {"word=%41%5A", "AZ"},
        {"word=a=b", "a=b"},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        struct values values = {0};
        char name[FZ_QUERY_NAME_SIZE];
        cr_assert_eq(fz_query_read(rows[i].query, text_fields, 2, &values, name), FZ_OK, "%zu", i);
        cr_expect_str_eq(text_read, rows[i].text);
        cr_expect_eq(values.before, (int64_t)strlen(rows[i].text));
    }
}

Test(query, refuses_what_is_no_text)
{
    static const char *const queries[] = {
        "word",      "word=",           "word=a",         "word=%",   "word=ab%",
        "word=ab%4", "word=ab%4g",      "word=ab%g4",     "word=%00", "word=a%00b",
        "word=!ab",  "word=ab&word=ab", "limit=3&word=%2"};
    char large[FZ_QUERY_TEXT_MAX + 20] = "word=";
    struct values values;
    char name[FZ_QUERY_NAME_SIZE];
    for (size_t i = 0; i < LEN(queries); i++) {
        cr_expect_eq(fz_query_read(queries[i], text_fields, 2, &values, name), FZ_BAD_QUERY, "%s",
                     queries[i]);
        cr_expect_str_eq(name, "word", "%s", queries[i]);
    }
    memset(large + 5, 'a', FZ_QUERY_TEXT_MAX + 1);
    cr_expect_eq(fz_query_read(large, text_fields, 2, &values, name), FZ_BAD_QUERY, "too long");
    large[5 + 200] = '\0';
    cr_expect_eq(fz_query_read(large, text_fields, 2, &values, name), FZ_OK);
}
