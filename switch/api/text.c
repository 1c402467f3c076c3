/*
 * Room switch/api. Public ids and times as text. The calendar is the ledger's.
 */
#include "switch/api/text.h"

#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/ledger.h"
#include "ledger/core/calendar.h"

#define SECOND_US 1000000LL
#define DAY_S 86400LL
#define YEAR_MAX 9999

/* A letter and digits, written with snprintf into a buffer that fits exactly. */
static void write_id(char letter, int digits, int64_t number, char *out, size_t size)
{
    int len = snprintf(out, size, "%c%0*lld", letter, digits, (long long)number);
    fz_assert(len == digits + 1);
}

/* A letter and exactly `digits` digits that are not all zero. */
static bool read_id(char letter, size_t digits, const char *text, size_t len, int64_t *number_out)
{
    int64_t number = 0;
    if (len != digits + 1 || text[0] != letter) {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (text[i] - '0');
    }
    *number_out = number;
    return number > 0;
}

void fz_party_text(char letter, int64_t party, char text_out[FZ_PARTY_TEXT_SIZE])
{
    fz_assert(party > 0 && party <= FZ_PARTY_MAX);
    write_id(letter, FZ_PARTY_TEXT_SIZE - 2, party, text_out, FZ_PARTY_TEXT_SIZE);
}

bool fz_party_parse(char letter, const char *text, size_t len, int64_t *party_out)
{
    return read_id(letter, FZ_PARTY_TEXT_SIZE - 2, text, len, party_out);
}

void fz_terminal_text(int32_t terminal, char text_out[FZ_TERMINAL_TEXT_SIZE])
{
    fz_assert(terminal > 0 && terminal <= FZ_TERMINAL_MAX);
    write_id('T', FZ_TERMINAL_TEXT_SIZE - 2, terminal, text_out, FZ_TERMINAL_TEXT_SIZE);
}

bool fz_terminal_parse(const char *text, size_t len, int64_t *terminal_out)
{
    return read_id('T', FZ_TERMINAL_TEXT_SIZE - 2, text, len, terminal_out);
}

void fz_time_text(int64_t time_us, char text_out[FZ_TIME_TEXT_SIZE])
{
    fz_assert(time_us >= 0);
    int64_t seconds = time_us / SECOND_US;
    int64_t of_day = seconds % DAY_S;
    struct fz_date date = fz_date_from_day(seconds / DAY_S);
    char text[64];
    int len = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year,
                       date.month, date.day, (int)(of_day / 3600), (int)(of_day / 60 % 60),
                       (int)(of_day % 60), (int)(time_us % SECOND_US / 1000));
    fz_assert(len == FZ_TIME_TEXT_SIZE - 1);
    memcpy(text_out, text, FZ_TIME_TEXT_SIZE);
}

/* What is left of a text. */
struct scan {
    const char *at;
    size_t len;
};

static bool is_next_digit(const struct scan *scan)
{
    return scan->len > 0 && scan->at[0] >= '0' && scan->at[0] <= '9';
}

static void skip(struct scan *scan)
{
    scan->at++;
    scan->len--;
}

/* One character of either case. */
static bool take(struct scan *scan, char upper, char lower)
{
    if (scan->len == 0 || (scan->at[0] != upper && scan->at[0] != lower)) {
        return false;
    }
    skip(scan);
    return true;
}

/* Exactly `digits` digits that stand for min..max. */
static bool take_number(struct scan *scan, int digits, int32_t min, int32_t max, int32_t *out)
{
    int32_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_next_digit(scan)) {
            return false;
        }
        value = value * 10 + (scan->at[0] - '0');
        skip(scan);
    }
    *out = value;
    return value >= min && value <= max;
}

/* ".123456789" as microseconds; nothing there is 0. */
static bool take_fraction(struct scan *scan, int64_t *us_out)
{
    int64_t unit = SECOND_US / 10;
    *us_out = 0;
    if (!take(scan, '.', '.')) {
        return true;
    }
    if (!is_next_digit(scan)) {
        return false;
    }
    while (is_next_digit(scan)) {
        *us_out += (scan->at[0] - '0') * unit;
        unit /= 10;
        skip(scan);
    }
    return true;
}

/* "Z" or "+09:00", as seconds east of UTC. */
static bool take_offset(struct scan *scan, int64_t *offset_s_out)
{
    int32_t hours = 0;
    int32_t minutes = 0;
    *offset_s_out = 0;
    if (take(scan, 'Z', 'z')) {
        return true;
    }
    bool west = take(scan, '-', '-');
    if ((!west && !take(scan, '+', '+')) || !take_number(scan, 2, 0, 23, &hours) ||
        !take(scan, ':', ':') || !take_number(scan, 2, 0, 59, &minutes)) {
        return false;
    }
    *offset_s_out = (hours * 3600LL + minutes * 60LL) * (west ? -1 : 1);
    return true;
}

/* A day that is not in the calendar comes back as another one. */
static bool is_real_day(struct fz_date date)
{
    struct fz_date again = fz_date_from_day(fz_date_to_day(date));
    return again.year == date.year && again.month == date.month && again.day == date.day;
}

bool fz_time_parse(const char *text, size_t len, int64_t *time_us_out)
{
    struct scan scan = {.at = text, .len = len};
    struct fz_date date = {.year = 0};
    int32_t hour = 0;
    int32_t minute = 0;
    int32_t second = 0;
    int64_t fraction_us = 0;
    int64_t offset_s = 0;
    bool well_formed = take_number(&scan, 4, 1970, YEAR_MAX, &date.year) && take(&scan, '-', '-') &&
                       take_number(&scan, 2, 1, 12, &date.month) && take(&scan, '-', '-') &&
                       take_number(&scan, 2, 1, 31, &date.day) && take(&scan, 'T', 't') &&
                       take_number(&scan, 2, 0, 23, &hour) && take(&scan, ':', ':') &&
                       take_number(&scan, 2, 0, 59, &minute) && take(&scan, ':', ':') &&
                       take_number(&scan, 2, 0, 60, &second) &&
                       take_fraction(&scan, &fraction_us) && take_offset(&scan, &offset_s) &&
                       scan.len == 0;
    if (!well_formed || !is_real_day(date)) {
        return false;
    }
    int64_t seconds = fz_date_to_day(date) * DAY_S + hour * 3600LL + minute * 60LL + second;
    *time_us_out = (seconds - offset_s) * SECOND_US + fraction_us;
    return *time_us_out >= 0;
}
