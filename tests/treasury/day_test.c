/*
 * Dates of the command line, and bank days against the calendar that the Cabinet Office published.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "switch/treasury/day.h"

static int64_t day(const char *text)
{
    int64_t out = 0;
    cr_assert(fz_day_parse(text, &out), "%s is no date", text);
    return out;
}

Test(treasury_day, dates_are_read_and_written)
{
    static const char *const good[] = {"2000-01-01", "2024-02-29", "2026-12-31", "2099-12-31"};
    static const char *const bad[] = {
        "",           "2026-02-29",  "2026-12-32",  "2026-00-10", "2026-13-01",
        "1999-12-31", "2100-01-01",  "2026-1-01",   "2026/01/01", "20260101",
        "2026-01-0a", " 2026-01-01", "2026-01-01 ", "2026-01--1", "+026-01-01"};
    int64_t out;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect_str_eq(fz_day_format(day(good[i])).text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect(!fz_day_parse(bad[i], &out), "'%s' passed", bad[i]);
    }
    cr_expect_eq(day("2000-01-01"), 10957);
}

Test(treasury_day, months_are_read_and_written)
{
    int64_t out;
    cr_assert(fz_month_parse("2026-12", &out));
    cr_expect_eq(out, day("2026-12-01"));
    cr_expect_str_eq(fz_month_format(out).text, "2026-12");
    cr_expect_eq(fz_month_next(out), day("2027-01-01"));
    cr_expect_eq(fz_month_next(day("2026-01-31")), day("2026-02-01"));
    cr_expect(!fz_month_parse("2026-13", &out));
    cr_expect(!fz_month_parse("2026-12-01", &out));
}

/* Every national holiday and substitute of these years, as published. */
static const char *const holidays[] = {
    "2024-01-01", "2024-01-08", "2024-02-11", "2024-02-12", "2024-02-23", "2024-03-20",
    "2024-04-29", "2024-05-03", "2024-05-04", "2024-05-05", "2024-05-06", "2024-07-15",
    "2024-08-11", "2024-08-12", "2024-09-16", "2024-09-22", "2024-09-23", "2024-10-14",
    "2024-11-03", "2024-11-04", "2024-11-23", "2025-01-01", "2025-01-13", "2025-02-11",
    "2025-02-23", "2025-02-24", "2025-03-20", "2025-04-29", "2025-05-03", "2025-05-04",
    "2025-05-05", "2025-05-06", "2025-07-21", "2025-08-11", "2025-09-15", "2025-09-23",
    "2025-10-13", "2025-11-03", "2025-11-23", "2025-11-24", "2026-01-01", "2026-01-12",
    "2026-02-11", "2026-02-23", "2026-03-20", "2026-04-29", "2026-05-03", "2026-05-04",
    "2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21", "2026-09-22",
    "2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23", "2027-01-01", "2027-01-11",
    "2027-02-11", "2027-02-23", "2027-03-21", "2027-03-22", "2027-04-29", "2027-05-03",
    "2027-05-04", "2027-05-05", "2027-07-19", "2027-08-11", "2027-09-20", "2027-09-23",
    "2027-10-11", "2027-11-03", "2027-11-23"};

static bool is_holiday(int64_t at)
{
    for (size_t i = 0; i < sizeof holidays / sizeof holidays[0]; i++) {
        if (day(holidays[i]) == at) {
            return true;
        }
    }
    return false;
}

Test(treasury_day, bank_days_are_those_of_the_published_calendar)
{
    int saturday = (int)(day("2024-01-06") % 7);
    for (int64_t at = day("2024-01-01"); at <= day("2027-12-31"); at++) {
        struct fz_day_text text = fz_day_format(at);
        bool weekend = at % 7 == saturday || at % 7 == (saturday + 1) % 7;
        bool year_end = strcmp(text.text + 5, "12-31") == 0 ||
                        strcmp(text.text + 5, "01-02") == 0 || strcmp(text.text + 5, "01-03") == 0;
        cr_expect_eq(fz_day_is_bank_day(at), !weekend && !year_end && !is_holiday(at), "%s",
                     text.text);
    }
}

Test(treasury_day, a_day_between_two_holidays_is_one)
{
    cr_expect(
        !fz_day_is_bank_day(day("2026-09-22"))); /* between Respect for the Aged and equinox */
    cr_expect(!fz_day_is_bank_day(day("2032-09-21"))); /* the next time this happens */
    cr_expect(fz_day_is_bank_day(day("2027-09-21")));
    cr_expect(fz_day_is_bank_day(day("2027-09-22")));
}

Test(treasury_day, the_next_bank_day_skips_what_is_none)
{
    cr_expect_eq(fz_day_next_bank_day(day("2026-12-01")), day("2026-12-01"));
    cr_expect_eq(fz_day_next_bank_day(day("2026-05-02")), day("2026-05-07"));
    cr_expect_eq(fz_day_next_bank_day(day("2026-12-31")), day("2027-01-04"));
}
