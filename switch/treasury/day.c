/*
 * switch/treasury: dates of the command line, and which of them are bank days in Japan.
 */
#include "switch/treasury/day.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "ledger/core/calendar.h"

enum weekday {
    SUNDAY = 0,
    MONDAY = 1,
    SATURDAY = 6
};

struct fz_day_text fz_day_format(int64_t day)
{
    struct fz_day_text out;
    struct fz_date date = fz_date_from_day(day);
    (void)snprintf(out.text, sizeof out.text, "%04u-%02u-%02u", (unsigned)date.year % 10000U,
                   (unsigned)date.month % 100U, (unsigned)date.day % 100U);
    return out;
}

struct fz_day_text fz_month_format(int64_t day)
{
    struct fz_day_text out = fz_day_format(day);
    out.text[7] = '\0';
    return out;
}

/* `text` as digits and hyphens of `form` ("0000-00-00"); the numbers go to `parts`. */
static bool read_parts(const char *text, const char *form, int32_t parts[3])
{
    unsigned part = 0;
    if (strlen(text) != strlen(form)) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == '-') {
            part++;
        } else if (text[i] >= '0' && text[i] <= '9') {
            parts[part] = parts[part] * 10 + (text[i] - '0');
            continue;
        }
        if (text[i] != form[i]) {
            return false;
        }
    }
    return true;
}

static bool make_day(const int32_t parts[3], int64_t *day_out)
{
    struct fz_date date = {parts[0], parts[1], parts[2]};
    if (date.year < 2000 || date.year > 2099 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > 31) {
        return false;
    }
    *day_out = fz_date_to_day(date);
    struct fz_date back = fz_date_from_day(*day_out);
    return back.month == date.month && back.day == date.day;
}

bool fz_day_parse(const char *text, int64_t *day_out)
{
    int32_t parts[3] = {0};
    return read_parts(text, "0000-00-00", parts) && make_day(parts, day_out);
}

bool fz_month_parse(const char *text, int64_t *day_out)
{
    int32_t parts[3] = {0};
    if (!read_parts(text, "0000-00", parts)) {
        return false;
    }
    parts[2] = 1;
    return make_day(parts, day_out);
}

int64_t fz_month_next(int64_t day)
{
    struct fz_date date = fz_date_from_day(day);
    date.day = 1;
    date.year += date.month == 12 ? 1 : 0;
    date.month = date.month == 12 ? 1 : date.month + 1;
    return fz_date_to_day(date);
}

int64_t fz_now_us(void)
{
    struct timespec now;
    fz_assert(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Day of March or September on which the sun crosses the equator, Japanese time. */
static int32_t equinox(int32_t year, int64_t base_millionths)
{
    int64_t years = year - 1980;
    return (int32_t)((base_millionths + 242194 * years) / 1000000 - years / 4);
}

/* Which Monday of its month a day is, 0 if it is none. */
static int32_t monday_of_month(int64_t day)
{
    return fz_weekday(day) == MONDAY ? (fz_date_from_day(day).day + 6) / 7 : 0;
}

struct fixed_holiday {
    int32_t month;
    int32_t day;
};

/* Holidays by their own article, without substitutes. */
static bool is_named_holiday(int64_t day)
{
    static const struct fixed_holiday fixed[] = {{1, 1}, {2, 11}, {2, 23}, {4, 29}, {5, 3},
                                                 {5, 4}, {5, 5},  {8, 11}, {11, 3}, {11, 23}};
    struct fz_date date = fz_date_from_day(day);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (date.month == fixed[i].month && date.day == fixed[i].day) {
            return true;
        }
    }
    int32_t monday = monday_of_month(day);
    if (((date.month == 1 || date.month == 10) && monday == 2) ||
        ((date.month == 7 || date.month == 9) && monday == 3)) {
        return true;
    }
    return (date.month == 3 && date.day == equinox(date.year, 20843100)) ||
           (date.month == 9 && date.day == equinox(date.year, 23248800));
}

/* The next day after a holiday on a Sunday that is none itself; also a day between two holidays. */
static bool is_substitute(int64_t day)
{
    if (is_named_holiday(day - 1) && is_named_holiday(day + 1)) {
        return fz_weekday(day) != SUNDAY;
    }
    for (int64_t before = day - 1; is_named_holiday(before); before--) {
        if (fz_weekday(before) == SUNDAY) {
            return true;
        }
    }
    return false;
}

bool fz_day_is_bank_day(int64_t day)
{
    struct fz_date date = fz_date_from_day(day);
    int weekday = fz_weekday(day);
    bool year_end = (date.month == 12 && date.day == 31) || (date.month == 1 && date.day <= 3);
    return weekday != SATURDAY && weekday != SUNDAY && !year_end && !is_named_holiday(day) &&
           !is_substitute(day);
}

int64_t fz_day_next_bank_day(int64_t day)
{
    while (!fz_day_is_bank_day(day)) {
        day++;
    }
    return day;
}
