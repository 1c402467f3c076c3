/*
 * switch/treasury: civil days as the command line and the bank know them. A day is a number of days
 * since 1970-01-01 (ledger/core/calendar.h); no time zone is involved but the community's offset.
 */
#ifndef FZ_SWITCH_TREASURY_DAY_H
#define FZ_SWITCH_TREASURY_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

struct fz_day_text {
    char text[16];
};

struct fz_day_text fz_day_format(int64_t day);   /* "2026-12-01" */
struct fz_day_text fz_month_format(int64_t day); /* "2026-12" */

/* Exactly YYYY-MM-DD, or YYYY-MM for the first day of a month; years 2000 to 2099. */
FZ_MUSTUSE bool fz_day_parse(const char *text, int64_t *day_out);
FZ_MUSTUSE bool fz_month_parse(const char *text, int64_t *day_out);

int64_t fz_month_next(int64_t day); /* the first day of the month after */

/* Microseconds since 1970 by the wall clock. */
int64_t fz_now_us(void);

/*
 * Whether Japanese banks book transfers on this day: no Saturday, Sunday, national holiday, nor
 * 31 December to 3 January. Holidays follow the law as it has been since 2022, equinoxes the
 * formula of the National Astronomical Observatory (1980 to 2099); a holiday that parliament adds
 * needs a new version of this file.
 */
bool fz_day_is_bank_day(int64_t day);
int64_t fz_day_next_bank_day(int64_t day); /* `day` itself if it is one */

#endif
