/*
 * Public ids and RFC 3339 times: round trips, and every way to be wrong.
 */
#include "switch/api/text.h"

#include <criterion/criterion.h>
#include <string.h>

#include "feezero/ledger.h"

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

Test(text, writes_and_reads_parties)
{
    static const int64_t parties[] = {1, 42, 12345678, FZ_PARTY_MAX};
    static const char *const texts[] = {"M00000001", "M00000042", "M12345678", "M99999999"};
    for (size_t i = 0; i < LEN(parties); i++) {
        char text[FZ_PARTY_TEXT_SIZE];
        int64_t party = 0;
        fz_party_text(FZ_LETTER_SHOP, parties[i], text);
        cr_expect_str_eq(text, texts[i]);
        cr_expect(fz_party_parse(FZ_LETTER_SHOP, text, strlen(text), &party), "%s", text);
        cr_expect_eq(party, parties[i], "%s", text);
        cr_expect_not(fz_party_parse(FZ_LETTER_RESIDENT, text, strlen(text), &party));
    }
}

Test(text, refuses_what_is_no_party)
{
    static const char *const texts[] = {"",          "M",         "M0000042",   "M000000042",
                                        "m00000042", "M00000000", "M0000004a",  "M 0000042",
                                        "M-0000042", "00000042M", " M00000042", "M00000042 "};
    for (size_t i = 0; i < LEN(texts); i++) {
        int64_t party = 7;
        cr_expect_not(fz_party_parse(FZ_LETTER_SHOP, texts[i], strlen(texts[i]), &party), "%s",
                      texts[i]);
    }
}

Test(text, writes_and_reads_terminals)
{
    static const char *const wrong[] = {"", "T", "T01", "T0001", "T000", "t001", "M001", "T0a1"};
    char text[FZ_TERMINAL_TEXT_SIZE];
    int64_t terminal = 0;
    fz_terminal_text(1, text);
    cr_expect_str_eq(text, "T001");
    fz_terminal_text(999, text);
    cr_expect_str_eq(text, "T999");
    cr_expect(fz_terminal_parse("T042", 4, &terminal));
    cr_expect_eq(terminal, 42);
    for (size_t i = 0; i < LEN(wrong); i++) {
        cr_expect_not(fz_terminal_parse(wrong[i], strlen(wrong[i]), &terminal), "%s", wrong[i]);
    }
}

static const struct {
    const char *text;
    int64_t us;
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00:00.000001Z", 1},
    {"1970-01-01T09:00:00+09:00", 0},
    {"2026-12-01T00:00:00.123Z", 1796083200123000},
    {"2026-12-01t00:00:00.123z", 1796083200123000},
    {"2026-12-01T09:00:00.123+09:00", 1796083200123000},
    {"2026-11-30T19:30:00.123-04:30", 1796083200123000},
    {"2026-12-01T00:00:00.1234569999999Z", 1796083200123456},
    {"2024-02-29T23:59:59Z", 1709251199000000},
    {"2016-12-31T23:59:60Z", 1483228800000000},
    {"9999-12-31T23:59:59Z", 253402300799000000},
};

Test(text, reads_times)
{
    for (size_t i = 0; i < LEN(times); i++) {
        int64_t us = -1;
        cr_expect(fz_time_parse(times[i].text, strlen(times[i].text), &us), "%s", times[i].text);
        cr_expect_eq(us, times[i].us, "%s gave %lld", times[i].text, (long long)us);
    }
}

Test(text, refuses_what_is_no_time)
{
    static const char *const texts[] = {
        "",
        "2026-12-01",
        "2026-12-01T00:00:00",
        "2026-12-01 00:00:00Z",
        "2026-12-01T00:00Z",
        "2026-12-01T00:00:00.Z",
        "2026-12-01T24:00:00Z",
        "2026-12-01T00:60:00Z",
        "2026-12-01T00:00:61Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-12-00T00:00:00Z",
        "2026-12-01T00:00:00+9:00",
        "2026-12-01T00:00:00+0900",
        "2026-12-01T00:00:00+24:00",
        "2026-12-01T00:00:00+09:60",
        "2026-12-01T00:00:00Zz",
        " 2026-12-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "02026-12-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2O26-12-01T00:00:00Z",
    };
    for (size_t i = 0; i < LEN(texts); i++) {
        int64_t us = -1;
        cr_expect_not(fz_time_parse(texts[i], strlen(texts[i]), &us), "%s", texts[i]);
    }
}

Test(text, writes_times)
{
    char text[FZ_TIME_TEXT_SIZE];
    fz_time_text(0, text);
    cr_expect_str_eq(text, "1970-01-01T00:00:00.000Z");
    fz_time_text(1796083200123999, text);
    cr_expect_str_eq(text, "2026-12-01T00:00:00.123Z");
    fz_time_text(253402300799999999, text);
    cr_expect_str_eq(text, "9999-12-31T23:59:59.999Z");
}

/* Every millisecond of a text means the same time again, whatever the day. */
Test(text, reads_what_it_writes)
{
    for (int64_t us = 0; us < 253402300799000000; us += 7777777777777000) {
        char text[FZ_TIME_TEXT_SIZE];
        int64_t again = -1;
        fz_time_text(us, text);
        cr_expect(fz_time_parse(text, strlen(text), &again), "%s", text);
        cr_expect_eq(again, us / 1000 * 1000, "%s", text);
    }
}
