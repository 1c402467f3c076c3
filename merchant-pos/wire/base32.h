/*
 * merchant-pos/wire: Crockford base32, for what people read aloud and type (enrolment codes) and
 * for ids inside QR codes. Written in upper case without I, L, O, U; read with mercy: lower case,
 * I and L for 1, O for 0, hyphens anywhere.
 *
 * The bytes are one big-endian number, so the unused bits stand in front: 16 bytes are 26
 * characters of which the first is 0..7 (as in a ULID), 10 bytes are 16 characters without spare
 * bits.
 */
#ifndef FEEZERO_WIRE_BASE32_H
#define FEEZERO_WIRE_BASE32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

/* Characters that `len` bytes take, without a NUL. */
#define FZ_BASE32_CHARS(len) (((len)*8 + 4) / 5)

/* Writes FZ_BASE32_CHARS(len) characters and a NUL; text_out has room for them. */
void fz_base32_encode(const uint8_t *bytes, size_t len, char *text_out);

/*
 * Reads text that stands for exactly `len` bytes. False if a character is none of the alphabet, the
 * number of characters (hyphens aside) is not FZ_BASE32_CHARS(len), or a spare bit is set;
 * bytes_out is then undefined.
 */
FZ_MUSTUSE bool fz_base32_decode(const char *text, size_t text_len, uint8_t *bytes_out, size_t len);

/*
 * Rewrites text as fz_base32_encode() would have written it: upper case, I L -> 1, O -> 0, hyphens
 * gone. Exactly `chars` characters and a NUL are written to text_out; false if there are more or
 * fewer, or one is not of the alphabet. For codes that are compared by their digest.
 */
FZ_MUSTUSE bool
fz_base32_normalize(const char *text, size_t text_len, char *text_out, size_t chars);

#endif
