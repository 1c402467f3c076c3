/*
 * Error bodies: valid JSON for every row, stable bytes, safe with any text.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "switch/http/problem.h"
#include "tests/support/leak.h"

static char body[FZ_PROBLEM_MAX];

static json_t *parse(size_t len)
{
    json_error_t error;
    json_t *object = json_loadb(body, len, 0, &error);
    cr_assert(object != NULL, "%s: %s", error.text, body);
    return object;
}

static const char *text_of(const json_t *object, const char *member)
{
    return json_string_value(json_object_get(object, member));
}

Test(problem, every_row_is_whole)
{
    const struct fz_rc_info *info = NULL;
    unsigned rows = 0;
    for (unsigned i = 0; (info = fz_rc_at(i)) != NULL; i++) {
        if (info->rc == FZ_OK) {
            continue;
        }
        json_t *object = parse(fz_problem_write(body, sizeof(body), info->rc, NULL, NULL));
        cr_expect_eq(strncmp(text_of(object, "type"), FZ_PROBLEM_TYPE_PREFIX,
                             strlen(FZ_PROBLEM_TYPE_PREFIX)),
                     0);
        cr_expect_str_eq(text_of(object, "code"), info->slug);
        cr_expect_str_eq(text_of(object, "title"), info->en);
        cr_expect_str_eq(text_of(object, "detail"), info->en);
        cr_expect_str_eq(text_of(object, "title_ja"), info->ja);
        cr_expect_eq(json_integer_value(json_object_get(object, "status")), info->http_status);
        cr_expect_eq(json_is_true(json_object_get(object, "retryable")), info->retryable);
        cr_expect_eq(json_object_get(object, "retry_after") != NULL, info->class == FZ_CLASS_RETRY,
                     "%s", info->slug);
        json_decref(object);
        rows++;
    }
    cr_expect_gt(rows, 30);
    FZ_EXPECT_NO_LEAK();
}

Test(problem, bytes_are_stable)
{
    size_t len = fz_problem_write(body, sizeof(body), FZ_INSUFFICIENT_FUNDS, "Say \"no\"\n",
                                  "\"shortfall\":20,\"balance\":1");
    cr_expect_str_eq(body,
                     "{\"type\":\"https://feezero.example/problems/insufficient-funds\","
                     "\"code\":\"insufficient-funds\","
                     "\"title\":\"The balance is not sufficient\",\"status\":402,"
                     "\"detail\":\"Say \\\"no\\\"\\u000a\",\"title_ja\":\"残高が不足しています\","
                     "\"retryable\":false,\"shortfall\":20,\"balance\":1}");
    cr_expect_eq(len, strlen(body));
    (void)fz_problem_write(body, sizeof(body), FZ_OVERLOADED, NULL, NULL);
    cr_expect(strstr(body, "\"retryable\":true,\"retry_after\":1}") != NULL, "%s", body);
}

Test(problem, cuts_a_long_detail_at_a_character)
{
    char detail[3001];
    for (size_t i = 0; i + 3 <= 3000; i += 3) {
        memcpy(detail + i, "円", 3);
    }
    detail[3000] = '\0';
    json_t *object =
        parse(fz_problem_write(body, sizeof(body), FZ_BAD_FIELD, detail, "\"field\":\"amount\""));
    size_t len = strlen(text_of(object, "detail"));
    cr_expect(len > 400 && len % 3 == 0, "%zu", len);
    cr_expect_str_eq(text_of(object, "field"), "amount");
    json_decref(object);
}

struct escape {
    const char *text;
    const char *expected;
};

static const struct escape escapes[] = {
    {"", ""},
    {"plain", "plain"},
    {"\"\\/", "\\\"\\\\/"},
    {"\x01\x1f\t\n\x7f", "\\u0001\\u001f\\u0009\\u000a\x7f"},
    {"é円🪙", "é円🪙"},
    {"\xff", "\\ufffd"},
    {"a\x80z", "a\\ufffdz"},
    {"\xc0\xaf", "\\ufffd\\ufffd"},            /* overlong */
    {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"}, /* overlong */
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"}, /* surrogate */
    {"\xf0\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* beyond U+10FFFF */
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xe3\x81", "\\ufffd\\ufffd"}, /* cut off */
};

Test(problem, escapes_any_text)
{
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        char out[128];
        size_t len = 0;
        fz_json_escape(out, sizeof(out), &len, escapes[i].text);
        cr_expect_str_eq(out, escapes[i].expected, "row %zu", i);
        cr_expect_eq(len, strlen(out));
    }
}

Test(problem, never_writes_half_a_character)
{
    for (size_t size = 1; size <= 12; size++) {
        char out[16];
        size_t len = 0;
        memset(out, '#', sizeof(out));
        fz_json_escape(out, size, &len, "a\"円\x01");
        const size_t ends[] = {0, 1, 3, 6, 12};
        bool at_an_end = false;
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
            at_an_end = at_an_end || len == ends[i];
        }
        cr_expect(at_an_end, "size %zu: %zu", size, len);
        cr_expect_eq(out[len], '\0');
        cr_expect_eq(out[size], '#', "nothing behind the end");
    }
}
