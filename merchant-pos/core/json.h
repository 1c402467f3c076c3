/*
 * merchant-pos/core: a bounded JSON reader (RFC 8259) for the switch's answers: no allocation, no
 * recursion, no copies. A document is checked whole first; the getters then walk it. Its bytes come
 * from the network, so anything not exactly JSON is refused.
 */
#ifndef FEEZERO_POS_JSON_H
#define FEEZERO_POS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

#define FZ_JSON_DEPTH_MAX 16

/* One value inside a checked document, from its first to its last byte. Borrowed. */
struct fz_json {
    const char *at;
    size_t len;
};

/*
 * Checks that `text` is one JSON value and nothing else: syntax, UTF-8, depth. On true *root_out is
 * that value. Doubled names are not looked for; the first one counts.
 */
FZ_MUSTUSE bool fz_json_check(const char *text, size_t len, struct fz_json *root_out);

/* The member of an object; false if it is absent or `object` is none. */
FZ_MUSTUSE bool fz_json_get(struct fz_json object, const char *name, struct fz_json *value_out);

/*
 * Walks an array: start with *position = 0; false at the end, or if `array` is none.
 */
FZ_MUSTUSE bool fz_json_next(struct fz_json array, size_t *position, struct fz_json *value_out);

bool fz_json_is_object(struct fz_json value);

/* Reads a whole number; false for a fraction, an exponent, another type, or out of range. */
FZ_MUSTUSE bool fz_json_int(struct fz_json value, int64_t *number_out);

/* True only for the literal true. */
bool fz_json_is_true(struct fz_json value);

/*
 * Reads a string as UTF-8 with a NUL; *len_out (may be NULL) is its length. False if it is no
 * string, holds a NUL, or does not fit.
 */
FZ_MUSTUSE bool fz_json_string(struct fz_json value, char *out, size_t size, size_t *len_out);

#endif
