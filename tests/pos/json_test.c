/*
 * The bounded JSON reader: what it takes, what it refuses, and that it never reads past its bytes.
 * The table of documents follows RFC 8259 and the traps of JSONTestSuite.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "merchant-pos/core/json.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/core/timestamp.h"

static const char *const good[] = {
    "0",
    "-0",
    "10",
    "-1.5e+10",
    "1E5",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "[]",
    "{}",
    " \t\r\n[ ] \n",
    "[1,2,3]",
    "[[],{}]",
    "{\"a\":1}",
    "{ \"a\" : [ { \"b\" : null } ] , \"c\":0 }",
    "\"\\u3042\\ud83d\\ude00\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"店\"",
    "{\"\":0}",
    "[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]",
};

static const char *const bad[] = {
    "",
    " ",
    "tru",
    "truex",
    "nul",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x1",
    "--1",
    "\"",
    "\"a",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12G4\"",
    "\"\\ud83d\"",
    "\"\\ude00\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\u0041\"",
    "\"\n\"",
    "\"\x1f\"",
    "\"\xff\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xe3\x81\"",
    "\"\xe0\x80\x80\"",
    "[",
    "]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{",
    "}",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"a\":1,",
    "{\"a\":1,}",
    "{a:1}",
    "{\"a\" 1}",
    "{1:2}",
    "[1}",
    "{\"a\":1]",
    "1 2",
    "[] []",
    "'a'",
    "[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]",
    "\xef\xbb\xbf{}",
    "NaN",
    "[1,\"\\u0000\"",
    "{\"a\":1}x",
};

/* Bytes on the heap, exactly as many: a read past them is seen by the sanitizer. */
static bool check_exactly(const char *text, size_t len)
{
    char *copy = malloc(len + (len == 0));
    struct fz_json root;

    cr_assert_not_null(copy);
    memcpy(copy, text, len);
    bool ok = fz_json_check(copy, len, &root);

    free(copy);
    return ok;
}

Test(json, takes_what_is_json)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect(check_exactly(good[i], strlen(good[i])), "%s", good[i]);
    }
}

Test(json, refuses_what_is_not)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(check_exactly(bad[i], strlen(bad[i])), "%s", bad[i]);
    }
    cr_expect_not(check_exactly("[\0]", 3));
    cr_expect_not(check_exactly("\"\0\"", 3));
}

Test(json, every_cut_of_a_document_is_refused)
{
    static const char text[] = "{\"a\":[1,-2.5e3,true,null,\"\\u3042\\ud83d\\ude00店\"],\"b\":{}}";

    for (size_t len = 0; len < sizeof text - 1; len++) {
        cr_expect_not(check_exactly(text, len), "%zu", len);
    }
    cr_expect(check_exactly(text, sizeof text - 1));
}

static struct fz_json parse(const char *text)
{
    struct fz_json root;

    cr_assert(fz_json_check(text, strlen(text), &root), "%s", text);
    return root;
}

Test(json, finds_members_by_their_decoded_name)
{
    struct fz_json root = parse(" {\"x\":{\"amount\":1},\"am\\u006funt\" : 7 , \"amount\":8,"
                                "\"s\":\"}\\\"{\",\"last\":[1,{\"amount\":9}]}");
    struct fz_json value;
    int64_t number;

    cr_assert(fz_json_get(root, "amount", &value));
    cr_expect(fz_json_int(value, &number));
    cr_expect_eq(number, 7);
    cr_expect(fz_json_get(root, "last", &value));
    cr_expect_eq(value.at[0], '[');
    cr_expect_not(fz_json_get(root, "amoun", &value));
    cr_expect_not(fz_json_get(parse("[1]"), "a", &value));
    cr_expect_not(fz_json_get(parse("{}"), "a", &value));
}

Test(json, walks_arrays)
{
    struct fz_json array = parse("[ 1 ,[2,3], \"],\" ,{\"a\":[]}]");
    struct fz_json value;
    size_t position = 0;
    int count = 0;

    while (fz_json_next(array, &position, &value)) {
        count++;
    }
    cr_expect_eq(count, 4);
    position = 0;
    cr_expect_not(fz_json_next(parse("[ ]"), &position, &value));
    cr_expect_not(fz_json_next(parse("{}"), &position, &value));
}

Test(json, numbers_are_whole_and_in_range_or_refused)
{
    int64_t number;

    cr_expect(fz_json_int(parse("9223372036854775807"), &number));
    cr_expect_eq(number, INT64_MAX);
    cr_expect(fz_json_int(parse("-9223372036854775808"), &number));
    cr_expect_eq(number, INT64_MIN);
    cr_expect_not(fz_json_int(parse("9223372036854775808"), &number));
    cr_expect_not(fz_json_int(parse("1.0"), &number));
    cr_expect_not(fz_json_int(parse("1e3"), &number));
    cr_expect_not(fz_json_int(parse("\"1\""), &number));
    cr_expect_not(fz_json_int(parse("null"), &number));
}

Test(json, strings_are_decoded_and_bounded)
{
    char out[16];
    size_t len;

    cr_expect(fz_json_string(parse("\"\\u3042\\ud83d\\ude00\\n\\/\""), out, sizeof out, &len));
    cr_expect_str_eq(out, "あ😀\n/");
    cr_expect_eq(len, 9);
    cr_expect(fz_json_string(parse("\"\\u00e9\\u007f\""), out, sizeof out, NULL));
    cr_expect_str_eq(out, "é\x7f");
    cr_expect(fz_json_string(parse("\"0123456789abcde\""), out, sizeof out, NULL));
    cr_expect_not(fz_json_string(parse("\"0123456789abcdef\""), out, sizeof out, NULL));
    cr_expect_not(fz_json_string(parse("\"a\\u0000b\""), out, sizeof out, NULL));
    cr_expect_not(fz_json_string(parse("12"), out, sizeof out, NULL));
}

Test(text, writes_and_overflows_without_a_step_too_far)
{
    char buffer[32];
    struct fz_text text;

    fz_text_init(&text, buffer, sizeof buffer);
    fz_text_add_int(&text, INT64_MIN);
    fz_text_add(&text, ",");
    fz_text_add_json(&text, "a\"\x01");
    cr_expect_str_eq(buffer, "-9223372036854775808,\"a\\\"\\u0001");
    cr_expect(text.overflow, "the closing quote did not fit");
    fz_text_init(&text, buffer, 4);
    fz_text_add(&text, "abc");
    cr_expect_not(text.overflow);
    fz_text_add(&text, "");
    cr_expect_not(text.overflow);
    fz_text_add(&text, "d");
    cr_expect(text.overflow);
    cr_expect_str_eq(buffer, "abc");
}

Test(text, cuts_between_characters)
{
    char out[6];

    fz_text_copy(out, sizeof out, "ああ", 6);
    cr_expect_str_eq(out, "あ");
    fz_text_copy(out, sizeof out, "abcde", 5);
    cr_expect_str_eq(out, "abcde");
    fz_text_copy(out, 3, "あ", 3);
    cr_expect_str_eq(out, "");
}

Test(timestamp, reads_and_writes_the_same)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"2026-12-01T00:00:00.123Z", INT64_C(1796083200123)},
        {"2000-02-29T23:59:59.999Z", INT64_C(951868799999)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    char out[FZ_TIMESTAMP_LEN + 1];
    int64_t ms;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(fz_timestamp_parse(rows[i].text, &ms));
        cr_expect_eq(ms, rows[i].ms, "%s", rows[i].text);
        fz_timestamp_format(rows[i].ms, out);
        cr_expect_str_eq(out, rows[i].text);
    }
    cr_expect(fz_timestamp_parse("2026-12-01T00:00:00Z", &ms));
    cr_expect(fz_timestamp_parse("2026-12-01T00:00:00.123456789Z", &ms));
    cr_expect_eq(ms, INT64_C(1796083200123));
}

Test(timestamp, refuses_what_is_no_time)
{
    static const char *const rows[] = {
        "",
        "2026-12-01",
        "2026-12-01T00:00:00",
        "2026-12-01T00:00:00+09:00",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-12-00T00:00:00Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T00:60:00Z",
        "2026-12-01T00:00:60Z",
        "2026-12-01 00:00:00Z",
        "2026-12-01T00:00:00.Z",
        "2026-12-01T00:00:00.1234567890Z",
        "2026-12-01T00:00:00ZZ",
        "26-12-01T00:00:00Z",
    };
    int64_t ms;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_not(fz_timestamp_parse(rows[i], &ms), "%s", rows[i]);
    }
}
