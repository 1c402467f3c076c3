/*
 * Room ledger/core. Civil dates, by the era arithmetic of the proleptic Gregorian calendar (400
 * years are 146,097 days; the year starts in March so that the leap day comes last).
 */
#include "ledger/core/calendar.h"

#define DAY_US 86400000000LL
#define SECOND_US 1000000LL
#define DAYS_PER_ERA 146097
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

int64_t fz_business_day(int64_t time_us, int32_t utc_offset_s)
{
    return floor_div(time_us + utc_offset_s * SECOND_US, DAY_US);
}

struct fz_date fz_date_from_day(int64_t day)
{
    int64_t shifted = day + DAYS_TO_1970;
    int64_t era = floor_div(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153; /* 0 is March */
    struct fz_date date;
    date.day = (int32_t)(day_of_year - (153 * march_month + 2) / 5 + 1);
    date.month = (int32_t)(march_month < 10 ? march_month + 3 : march_month - 9);
    date.year = (int32_t)(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
    return date;
}

int64_t fz_date_to_day(struct fz_date date)
{
    int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t march_month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t day_of_year = (153 * march_month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

int fz_weekday(int64_t day)
{
    int64_t weekday = (day + 4) % 7; /* 1970-01-01 was a Thursday */
    return (int)(weekday < 0 ? weekday + 7 : weekday);
}
