/*
 * Room switch/api. The text forms of the API that are no JSON of their own: public ids of parties
 * and tills, and times (RFC 3339). Pure functions without allocation.
 */
#ifndef SWITCH_API_TEXT_H
#define SWITCH_API_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_PARTY_TEXT_SIZE 10   /* "M00000042" */
#define FZ_TERMINAL_TEXT_SIZE 5 /* "T001" */
#define FZ_TIME_TEXT_SIZE 25    /* "2026-12-01T00:00:00.123Z" */
#define FZ_TERMINAL_MAX 999     /* within one shop */

/* What stands in front of a party's number: who it is. */
#define FZ_LETTER_RESIDENT 'R'
#define FZ_LETTER_SHOP 'M'
#define FZ_LETTER_STAFF 'S'

/* Writes the public id of a party, 1..FZ_PARTY_MAX. */
void fz_party_text(char letter, int64_t party, char text_out[FZ_PARTY_TEXT_SIZE]);

/* Reads such an id; false if it is anything else, another letter included. */
FZ_MUSTUSE bool fz_party_parse(char letter, const char *text, size_t len, int64_t *party_out);

/* The same for tills, 1..FZ_TERMINAL_MAX. */
void fz_terminal_text(int32_t terminal, char text_out[FZ_TERMINAL_TEXT_SIZE]);
FZ_MUSTUSE bool fz_terminal_parse(const char *text, size_t len, int64_t *terminal_out);

/*
 * Writes a time (microseconds since 1970, years 1970 to 9999) in UTC with milliseconds; what is
 * finer is cut off.
 */
void fz_time_text(int64_t time_us, char text_out[FZ_TIME_TEXT_SIZE]);

/*
 * Reads an RFC 3339 time of the years 1970 to 9999, any offset, any number of decimals (finer than
 * a microsecond is cut off). A leap second counts as the second after it.
 */
FZ_MUSTUSE bool fz_time_parse(const char *text, size_t len, int64_t *time_us_out);

#endif
