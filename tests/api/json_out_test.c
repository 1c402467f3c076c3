/*
 * The JSON writer: commas, nesting, escapes, growth; what it writes a library reads back.
 */
#include "switch/api/json_out.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/leak.h"

Test(json_out, writes_every_kind_of_value)
{
    static const uint8_t bytes[] = {0x00, 0xab, 0xff};
    const struct fz_id id = {.bytes = {0x01, 0x7f}};
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_json_out_object(&out, NULL);
    fz_json_out_list(&out, "empty");
    fz_json_out_end_list(&out);
    fz_json_out_hex(&out, "hash", bytes, sizeof(bytes));
    fz_json_out_id(&out, "id", &id);
    fz_json_out_list(&out, "list");
    fz_json_out_number(&out, NULL, -9223372036854775807 - 1);
    fz_json_out_number(&out, NULL, 0);
    fz_json_out_object(&out, NULL);
    fz_json_out_end_object(&out);
    fz_json_out_text(&out, NULL, "");
    fz_json_out_end_list(&out);
    fz_json_out_bool(&out, "maybe", false);
    fz_json_out_null(&out, "next");
    fz_json_out_object(&out, "party");
    fz_json_out_party(&out, "id", 'M', 42);
    fz_json_out_end_object(&out);
    fz_json_out_raw(&out, "raw", "[1, 2]", 6);
    fz_json_out_terminal(&out, "terminal", 7);
    fz_json_out_time(&out, "time", 1796083200123000);
    fz_json_out_end_object(&out);
    cr_expect_not(out.failed);
    cr_expect_str_eq(out.text,
                     "{\"empty\":[],\"hash\":\"00abff\","
                     "\"id\":\"017f0000-0000-0000-0000-000000000000\","
                     "\"list\":[-9223372036854775808,0,{},\"\"],\"maybe\":false,\"next\":null,"
                     "\"party\":{\"id\":\"M00000042\"},\"raw\":[1, 2],\"terminal\":\"T007\","
                     "\"time\":\"2026-12-01T00:00:00.123Z\"}");
    cr_expect_eq(out.len, strlen(out.text));
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}

Test(json_out, escapes_what_must_be_escaped_and_nothing_else)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_json_out_text(&out, NULL, "\" \\ / \x01 \n \x7f あ 😀");
    cr_expect_str_eq(out.text, "\"\\\" \\\\ / \\u0001 \\u000a \x7f あ 😀\"");
    fz_json_out_fini(&out);
}

/* Longer than the first room, and the worst kind of text: every byte becomes six. */
Test(json_out, grows)
{
    enum {
        TEXTS = 300,
        LEN = 99
    };
    char text[LEN + 1];
    struct fz_json_out out;
    memset(text, 1, LEN);
    text[LEN] = '\0';
    fz_json_out_init(&out);
    fz_json_out_list(&out, NULL);
    for (int i = 0; i < TEXTS; i++) {
        fz_json_out_text(&out, NULL, text);
    }
    fz_json_out_end_list(&out);
    cr_expect_eq(out.len, 2 + TEXTS * (6 * LEN + 2) + TEXTS - 1);
    json_t *root = json_loads(out.text, 0, NULL);
    cr_assert_eq(json_array_size(root), TEXTS);
    cr_expect_str_eq(json_string_value(json_array_get(root, TEXTS - 1)), text);
    json_decref(root);
    fz_json_out_fini(&out);
    FZ_EXPECT_NO_LEAK();
}
