/*
 * merchant-pos/core: times on the wire, RFC 3339 in UTC with milliseconds, as int64_t milliseconds
 * since 1970. No time zone data base: a till's firmware may not have one.
 */
#ifndef FEEZERO_POS_TIMESTAMP_H
#define FEEZERO_POS_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_TIMESTAMP_LEN 24 /* 2026-12-01T00:00:00.123Z */

/* Reads a time; the fraction may have 1 to 9 digits or be absent. False if it is anything else. */
FZ_MUSTUSE bool fz_timestamp_parse(const char *text, int64_t *ms_out);

/* Writes FZ_TIMESTAMP_LEN characters and a NUL. Years 0 to 9999. */
void fz_timestamp_format(int64_t ms, char out[FZ_TIMESTAMP_LEN + 1]);

/* Milliseconds since 1970 of a day's start in UTC; false if there is no such day. */
FZ_MUSTUSE bool fz_timestamp_day(int year, int month, int day, int64_t *ms_out);

#endif
