/*
 * merchant-pos/wire: UTF-8, one character at a time, as strict as RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF. No tables, no locale.
 */
#ifndef FEEZERO_WIRE_UTF8_H
#define FEEZERO_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

/*
 * Reads the character at text[*at] (*at < len) and moves *at behind it. False if the bytes there
 * are not UTF-8; *at is then unchanged.
 */
FZ_MUSTUSE bool fz_utf8_next(const char *text, size_t len, size_t *at, uint32_t *character_out);

/*
 * Counts the characters of `text`. False if it is not UTF-8; *count_out is then the offset of the
 * first byte at fault.
 */
FZ_MUSTUSE bool fz_utf8_count(const char *text, size_t len, size_t *count_out);

#endif
