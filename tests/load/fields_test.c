/*
 * The reader of members: it finds what is there, at the right depth, and refuses what is no JSON
 * object.
 */
#include "load/fields.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/writer.h"

static struct fz_field field_of(const char *text)
{
    return (struct fz_field){text, strlen(text)};
}

static bool read_ab(const char *text, struct fz_field fields[2])
{
    static const char *const names[] = {"a", "b"};
    return fz_fields_read(field_of(text), names, 2, fields);
}

Test(load_fields, finds_members_of_the_object_itself)
{
    struct fz_field fields[2];
    int64_t number = 0;
    cr_assert(read_ab(" {\"x\" : {\"a\":1,\"b\":[{\"a\":2}]}, \"b\" :\t-42 ,\n\"a\":\"q\\\"},\"} ",
                      fields));
    cr_expect(fz_field_number(fields[1], &number));
    cr_expect_eq(number, -42);
    cr_expect_eq(fields[0].len, strlen("\"q\\\"},\""));
    cr_assert(read_ab("{}", fields));
    cr_expect_eq(fields[0].len, 0);
    cr_assert(read_ab("{\"a\":{\"b\":7}}", fields));
    cr_expect_eq(fields[1].len, 0, "that b is not ours");
    cr_expect_eq(fields[0].len, strlen("{\"b\":7}"));
}

Test(load_fields, refuses_what_is_no_object)
{
    static const char *const texts[] = {
        "",         "x",          "[]",          "{",           "{\"a\"}",     "{\"a\":}",
        "{\"a\":1", "{\"a\":1,}", "{\"a\":1}}",  "{\"a\":1} x", "{\"a\":\"1}", "{\"a\":[1}",
        "{a:1}",    "{\"a\":{]}", "{\"a\":1 2}", "{,}",         "{\"a\":\"\\", "{\"a\":1,\"a\":2}",
    };
    struct fz_field fields[2];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_not(read_ab(texts[i], fields), "%s", texts[i]);
    }
}

Test(load_fields, never_reads_past_the_end)
{
    static const char text[] = "{\"x\":[{\"a\":\"\\\\\"}],\"b\":12,\"a\":\"t\\\"\"}";
    struct fz_field fields[2];
    for (size_t len = 0; len < strlen(text); len++) {
        char *copy = malloc(len + 1); /* the sanitizer watches its end */
        static const char *const names[] = {"a", "b"};
        memcpy(copy, text, len);
        cr_expect_not(fz_fields_read((struct fz_field){copy, len}, names, 2, fields), "%zu", len);
        free(copy);
    }
    cr_expect(read_ab(text, fields));
}

Test(load_fields, steps_through_an_array)
{
    struct fz_field cursor = field_of("[1, {\"a\":[2]} ,\"x,]\"]");
    struct fz_field value;
    cr_assert(fz_fields_next(&cursor, &value));
    cr_expect_eq(value.len, 1);
    cr_assert(fz_fields_next(&cursor, &value));
    cr_expect_eq(value.len, strlen("{\"a\":[2]}"));
    cr_assert(fz_fields_next(&cursor, &value));
    cr_expect(fz_field_is(value, "x,]"));
    cr_expect_not(fz_fields_next(&cursor, &value));
    cr_expect_eq(cursor.len, 0, "it was whole");
    cursor = field_of("[]");
    cr_expect_not(fz_fields_next(&cursor, &value));
    cr_expect_eq(cursor.len, 0);
    cursor = field_of("[1 2]");
    cr_expect(fz_fields_next(&cursor, &value));
    cr_expect_not(fz_fields_next(&cursor, &value));
    cr_expect_neq(cursor.len, 0, "it was broken");
}

Test(load_fields, reads_integers_and_nothing_else)
{
    static const char *const wrong[] = {
        "", "-", "1.0", "1e3", "\"1\"", "null", "0x10", "1 ", "--1", "+1", "9999999999999999999"};
    int64_t number = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cr_expect_not(fz_field_number(field_of(wrong[i]), &number), "%s", wrong[i]);
    }
    cr_expect(fz_field_number(field_of("999999999999999999"), &number));
    cr_expect_eq(number, INT64_C(999999999999999999));
}

Test(load_writer, writes_as_printf_would_and_never_more_than_fits)
{
    static const int64_t numbers[] = {0, 7, -7, 10, 99, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char text[32];
        char expected[32];
        struct fz_writer writer = {.bytes = text, .size = sizeof(text)};
        fz_writer_number(&writer, numbers[i]);
        (void)snprintf(expected, sizeof(expected), "%lld", (long long)numbers[i]);
        cr_expect_str_eq(text, expected);
        cr_expect_eq(writer.len, strlen(expected));
    }
    char small[4] = "";
    struct fz_writer writer = {.bytes = small, .size = sizeof(small)};
    fz_writer_text(&writer, "abc");
    cr_expect_not(writer.overflow);
    fz_writer_text(&writer, "d");
    cr_expect(writer.overflow);
    cr_expect_str_eq(small, "abc");
}
