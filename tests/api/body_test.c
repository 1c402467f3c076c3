/*
 * The body reader: every type with its bounds, and a table of bodies that must be refused, with the
 * member that is at fault.
 */
#include "switch/api/body.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "feezero/id.h"
#include "tests/support/leak.h"

#define LEN(table) (sizeof(table) / sizeof((table)[0]))
#define ID "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

struct values {
    int64_t amount;
    struct fz_id id;
    int64_t shop;
    int64_t to;
    int64_t terminal;
    int64_t at;
    const char *note;
    const char *reference;
    bool again;
};

static const struct fz_body_field fields[] = {
    {"amount", FZ_FIELD_NUMBER, true, offsetof(struct values, amount), 1, 9999999999},
    {"id", FZ_FIELD_ID, false, offsetof(struct values, id), 0, 0},
    {"shop", FZ_FIELD_SHOP, false, offsetof(struct values, shop), 0, 0},
    {"to", FZ_FIELD_RESIDENT, false, offsetof(struct values, to), 0, 0},
    {"terminal", FZ_FIELD_TERMINAL, false, offsetof(struct values, terminal), 0, 0},
    {"at", FZ_FIELD_TIME, false, offsetof(struct values, at), 0, 0},
    {"note", FZ_FIELD_TEXT, false, offsetof(struct values, note), 1, 20},
    {"reference", FZ_FIELD_ASCII, false, offsetof(struct values, reference), 1, 5},
    {"again", FZ_FIELD_YES, false, offsetof(struct values, again), 0, 0},
};

static const struct fz_body_table table = FZ_BODY_TABLE(fields);

static fz_rc read(const char *json, size_t len, struct values *values, struct fz_body_fault *fault)
{
    static json_t *kept; /* what the texts of `values` point into, until the next call */
    json_decref(kept);
    kept = NULL;
    *fault = (struct fz_body_fault){.field = "?"};
    return fz_body_read((const uint8_t *)json, len, &table, values, &kept, fault);
}

static void let_go(void)
{
    struct values values;
    struct fz_body_fault fault;
    (void)(read("", 0, &values, &fault) == FZ_OK);
}

Test(body, reads_every_type)
{
    static const char json[] =
        "{\"amount\":1480,\"id\":\"" ID "\",\"shop\":\"M00000042\",\"to\":\"R00000007\","
        "\"terminal\":\"T003\",\"at\":\"1970-01-01T00:00:01Z\",\"note\":\"\\u3042\\ud83d\\ude00 "
        "x\","
        "\"reference\":\"A-1 ~\",\"again\":true}";
    struct values values = {.amount = 0};
    struct fz_body_fault fault;
    char text[FZ_ID_TEXT_LEN + 1];
    cr_assert_eq(read(json, strlen(json), &values, &fault), FZ_OK, "%s", fault.detail);
    cr_expect_eq(values.amount, 1480);
    fz_id_format(&values.id, text);
    cr_expect_str_eq(text, ID);
    cr_expect_eq(values.shop, 42);
    cr_expect_eq(values.to, 7);
    cr_expect_eq(values.terminal, 3);
    cr_expect_eq(values.at, 1000000);
    cr_expect_str_eq(values.note, "あ😀 x");
    cr_expect_str_eq(values.reference, "A-1 ~");
    cr_expect(values.again);
    let_go();
    FZ_EXPECT_NO_LEAK();
}

/* A command without a deadline says 0, so the first moment of 1970 must not. */
Test(body, a_time_that_is_given_is_never_zero)
{
    static const char json[] = "{\"amount\":1,\"at\":\"1970-01-01T00:00:00Z\"}";
    struct values values = {.at = 0};
    struct fz_body_fault fault;
    cr_assert_eq(read(json, strlen(json), &values, &fault), FZ_OK);
    cr_expect_eq(values.at, 1);
    let_go();
    FZ_EXPECT_NO_LEAK();
}

Test(body, absent_members_leave_their_values_alone)
{
    struct values values = {.shop = 9, .note = "preset"};
    struct fz_body_fault fault;
    cr_assert_eq(read(" { \"amount\" : 9999999999 } ", 27, &values, &fault), FZ_OK);
    cr_expect_eq(values.amount, 9999999999);
    cr_expect_eq(values.shop, 9);
    cr_expect_str_eq(values.note, "preset");
    let_go();
    FZ_EXPECT_NO_LEAK();
}

static const struct {
    const char *json;
    fz_rc rc;
    const char *field;
} refused[] = {
    /* not JSON, or not one object */
    {"", FZ_BAD_FIELD, "amount"}, /* counts as {} */
    {" ", FZ_BAD_JSON, ""},
    {"null", FZ_BAD_JSON, ""},
    {"[]", FZ_BAD_JSON, ""},
    {"5", FZ_BAD_JSON, ""},
    {"\"amount\"", FZ_BAD_JSON, ""},
    {"{\"amount\":1", FZ_BAD_JSON, ""},
    {"{\"amount\":1}}", FZ_BAD_JSON, ""},
    {"{\"amount\":1}{}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,}", FZ_BAD_JSON, ""},
    {"{'amount':1}", FZ_BAD_JSON, ""},
    {"{amount:1}", FZ_BAD_JSON, ""},
    {"{\"amount\":01}", FZ_BAD_JSON, ""},
    {"{\"amount\":+1}", FZ_BAD_JSON, ""},
    {"{\"amount\":0x10}", FZ_BAD_JSON, ""},
    {"{\"amount\":NaN}", FZ_BAD_JSON, ""},
    {"{\"amount\":99999999999999999999}", FZ_BAD_JSON, ""},
    {"{\"amount\":1e999}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"amount\":1}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"\\u0061mount\":1}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"note\":\"\\u0000\"}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"note\":\"\\ud800\"}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"note\":\"\xff\"}", FZ_BAD_JSON, ""},
    {"{\"amount\":1,\"note\":\"\xc0\x80\"}", FZ_BAD_JSON, ""},
    {"{\"amount\":1} // paid", FZ_BAD_JSON, ""},

    /* yes or no */
    {"{\"amount\":1,\"again\":1}", FZ_BAD_FIELD, "again"},
    {"{\"amount\":1,\"again\":\"true\"}", FZ_BAD_FIELD, "again"},
    {"{\"amount\":1,\"again\":null}", FZ_BAD_FIELD, "again"},

    /* numbers */
    {"{}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":null}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":true}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":\"1\"}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":[1]}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":1.0}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":1e2}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":0}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":-1}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":10000000000}", FZ_BAD_FIELD, "amount"},
    {"{\"amount\":9223372036854775807}", FZ_BAD_FIELD, "amount"},

    /* forms */
    {"{\"amount\":1,\"id\":7}", FZ_BAD_FIELD, "id"},
    {"{\"amount\":1,\"id\":\"\"}", FZ_BAD_FIELD, "id"},
    {"{\"amount\":1,\"id\":\"00000000-0000-0000-0000-000000000000\"}", FZ_BAD_FIELD, "id"},
    {"{\"amount\":1,\"id\":\"017F22E2-79B0-7CC3-98C4-DC0C0C07398F\"}", FZ_BAD_FIELD, "id"},
    {"{\"amount\":1,\"shop\":42}", FZ_BAD_FIELD, "shop"},
    {"{\"amount\":1,\"shop\":\"R00000042\"}", FZ_BAD_FIELD, "shop"},
    {"{\"amount\":1,\"shop\":\"M00000000\"}", FZ_BAD_FIELD, "shop"},
    {"{\"amount\":1,\"to\":\"M00000042\"}", FZ_BAD_FIELD, "to"},
    {"{\"amount\":1,\"terminal\":\"T000\"}", FZ_BAD_FIELD, "terminal"},
    {"{\"amount\":1,\"at\":\"tomorrow\"}", FZ_BAD_FIELD, "at"},
    {"{\"amount\":1,\"at\":0}", FZ_BAD_FIELD, "at"},

    /* texts */
    {"{\"amount\":1,\"note\":\"\"}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"note\":{}}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"note\":\"123456789012345678901\"}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"note\":\"ああああああa\xe3\x81\x82\"}", FZ_BAD_FIELD, "note"}, /* 22 bytes */
    {"{\"amount\":1,\"note\":\"a\\nb\"}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"note\":\"\\u007f\"}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"note\":\"\\u0085\"}", FZ_BAD_FIELD, "note"},
    {"{\"amount\":1,\"reference\":\"あ\"}", FZ_BAD_FIELD, "reference"},
    {"{\"amount\":1,\"reference\":\"123456\"}", FZ_BAD_FIELD, "reference"},

    /* members nobody knows */
    {"{\"amount\":1,\"fee\":0}", FZ_BAD_FIELD, "fee"},
    {"{\"amount\":1,\"Amount\":1}", FZ_BAD_FIELD, "Amount"},
    {"{\"amount\":1,\"\":1}", FZ_BAD_FIELD, ""},
};

Test(body, refuses_and_names_the_fault)
{
    for (size_t i = 0; i < LEN(refused); i++) {
        struct values values = {.amount = 0};
        struct fz_body_fault fault;
        fz_rc rc = read(refused[i].json, strlen(refused[i].json), &values, &fault);
        cr_expect_eq(rc, refused[i].rc, "%s: %d", refused[i].json, (int)rc);
        cr_expect_str_eq(fault.field, refused[i].field, "%s: %s", refused[i].json, fault.field);
        cr_expect_neq(fault.detail[0], '\0', "%s", refused[i].json);
    }
    let_go();
    FZ_EXPECT_NO_LEAK();
}

Test(body, a_nul_byte_is_no_end)
{
    static const char json[] = "{\"amount\":1}\0,\"fee\":0}";
    struct values values = {.amount = 0};
    struct fz_body_fault fault;
    cr_expect_eq(read(json, sizeof(json) - 1, &values, &fault), FZ_BAD_JSON);
}

Test(body, a_long_unknown_name_is_cut)
{
    char json[400];
    struct values values = {.amount = 0};
    struct fz_body_fault fault;
    int len = snprintf(json, sizeof(json), "{\"amount\":1,\"%0300d\":1}", 1);
    cr_expect_eq(read(json, (size_t)len, &values, &fault), FZ_BAD_FIELD);
    cr_expect_eq(strlen(fault.field), sizeof(fault.field) - 1);
}

Test(body, deep_nesting_is_refused_without_harm)
{
    static char json[16384];
    struct values values = {.amount = 0};
    struct fz_body_fault fault;
    memset(json, '[', sizeof(json));
    cr_expect_eq(read(json, sizeof(json), &values, &fault), FZ_BAD_JSON);
    FZ_EXPECT_NO_LEAK();
}
