/*
 * Operation ids: 128-bit UUIDs made by the client, before it sends anything (RFC 9562). Version 7
 * (time-ordered) is what our clients make and what keeps the indexes small; any version is
 * accepted. In text an id is exactly 36 characters, lower case, with four hyphens.
 */
#ifndef FEEZERO_ID_H
#define FEEZERO_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_ID_TEXT_LEN 36

struct fz_id {
    uint8_t bytes[16];
};

/* Reads exactly FZ_ID_TEXT_LEN characters; false if `text` (of `len` bytes) is anything else. */
FZ_MUSTUSE bool fz_id_parse(const char *text, unsigned long len, struct fz_id *id_out);

/* Writes FZ_ID_TEXT_LEN characters and a NUL. */
void fz_id_format(const struct fz_id *id, char text_out[FZ_ID_TEXT_LEN + 1]);

bool fz_id_equal(const struct fz_id *a, const struct fz_id *b);
int fz_id_compare(const struct fz_id *a, const struct fz_id *b);
bool fz_id_is_zero(const struct fz_id *id);

/*
 * Builds a version 7 id (RFC 9562, 5.7) from the time in milliseconds since 1970 and 10 random
 * bytes that the caller took from its CSPRNG.
 */
struct fz_id fz_id_v7(uint64_t unix_ms, const uint8_t random[10]);

/*
 * Builds a version 8 id (RFC 9562, 5.8) from the first 16 bytes of a digest: the deterministic ids
 * of batch programs, the same at every run.
 */
struct fz_id fz_id_v8(const uint8_t digest[16]);

#endif
