/*
 * Room ledger/core. Civil dates from ledger times (proleptic Gregorian calendar, no time zone data
 * base: a community has a fixed offset, Japan's is +32400 s and has had no summer time since 1951).
 */
#ifndef LEDGER_CORE_CALENDAR_H
#define LEDGER_CORE_CALENDAR_H

#include <stdint.h>

struct fz_date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

/* Days since 1970-01-01 of the community's business day at `time_us`. */
int64_t fz_business_day(int64_t time_us, int32_t utc_offset_s);

struct fz_date fz_date_from_day(int64_t day);
int64_t fz_date_to_day(struct fz_date date);

/* 0 Sunday .. 6 Saturday. */
int fz_weekday(int64_t day);

#endif
