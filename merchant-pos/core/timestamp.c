/*
 * merchant-pos/core: RFC 3339 times in integers. The calendar is the proleptic Gregorian one.
 */
#include "merchant-pos/core/timestamp.h"

#include <string.h>

#define MS_PER_DAY (INT64_C(86400) * 1000)

/* Days since 1970-01-01; years are counted from March so that a leap day comes last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool fz_timestamp_day(int year, int month, int day, int64_t *ms_out)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0)) {
        return false;
    }
    *ms_out = days_from_civil(year, month, day) * MS_PER_DAY;
    return true;
}

/* Reads exactly `count` digits at *at and the character that must follow them. */
static bool read_field(const char **at, int count, char follow, int *value_out)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        char c = (*at)[i];

        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    *at += count;
    *value_out = value;
    if (follow != '\0') {
        if (**at != follow) {
            return false;
        }
        (*at)++;
    }
    return true;
}

/* Reads ".123" if it is there; digits after the third are dropped. */
static bool read_fraction(const char **at, int *ms_out)
{
    int weight = 100;
    int digits = 0;

    *ms_out = 0;
    if (**at != '.') {
        return true;
    }
    for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, digits++) {
        *ms_out += (**at - '0') * weight;
        weight /= 10;
    }
    return digits >= 1 && digits <= 9;
}

bool fz_timestamp_parse(const char *text, int64_t *ms_out)
{
    int year, month, day, hour, minute, second, ms;

    if (!read_field(&text, 4, '-', &year) || !read_field(&text, 2, '-', &month) ||
        !read_field(&text, 2, 'T', &day) || !read_field(&text, 2, ':', &hour) ||
        !read_field(&text, 2, ':', &minute) || !read_field(&text, 2, '\0', &second) ||
        !read_fraction(&text, &ms) || strcmp(text, "Z") != 0) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59 || !fz_timestamp_day(year, month, day, ms_out)) {
        return false;
    }
    *ms_out += ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
    return true;
}

static void write_field(char **at, int64_t value, int count, char follow)
{
    for (int i = count - 1; i >= 0; i--) {
        (*at)[i] = (char)('0' + value % 10);
        value /= 10;
    }
    *at += count;
    *(*at)++ = follow;
}

void fz_timestamp_format(int64_t ms, char out[FZ_TIMESTAMP_LEN + 1])
{
    int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0 ? 1 : 0);
    int64_t rest = ms - days * MS_PER_DAY;
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;

    write_field(&out, era * 400 + year_of_era + (month <= 2 ? 1 : 0), 4, '-');
    write_field(&out, month, 2, '-');
    write_field(&out, day_of_year - (153 * march_month + 2) / 5 + 1, 2, 'T');
    write_field(&out, rest / 3600000, 2, ':');
    write_field(&out, rest / 60000 % 60, 2, ':');
    write_field(&out, rest / 1000 % 60, 2, '.');
    write_field(&out, rest % 1000, 3, 'Z');
    *out = '\0';
}
