/*
 * merchant-pos/wire: Code 128 (ISO/IEC 15417), character set C alone: pairs of digits, which is all
 * that a one-time code needs. Portable: no allocation, no I/O.
 */
#ifndef FEEZERO_WIRE_CODE128_H
#define FEEZERO_WIRE_CODE128_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_CODE128_QUIET 10 /* modules of white the standard wants on either side */

/* Start, a symbol for each pair, check symbol, stop; a module is as wide as the narrowest bar. */
#define FZ_CODE128_MODULES(digits) (((digits) / 2 + 2) * 11 + 13)

/*
 * Writes the bars of `len` digits, without quiet zones: 1 is dark. modules_out has room for
 * FZ_CODE128_MODULES(len). False if `len` is zero or odd, or a character is no digit.
 */
FZ_MUSTUSE bool fz_code128_encode(const char *digits, size_t len, uint8_t *modules_out);

#endif
