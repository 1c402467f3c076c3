/*
 * load: reads members of a JSON object without building it. One pass, no memory; strict enough to
 * judge a server by: what is not one whole JSON object is refused.
 */
#ifndef LOAD_FIELDS_H
#define LOAD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value as it stands there: a string with its quotes, a number, an object... len 0: none. */
struct fz_field {
    const char *at; /* borrowed from the text */
    size_t len;
};

/*
 * Finds the members called names[0..len-1] of the object itself, not of objects within it. False:
 * the text is no JSON object, or one of the names is there twice. `len` is at most 32.
 */
bool fz_fields_read(struct fz_field text,
                    const char *const *names,
                    size_t len,
                    struct fz_field *fields_out);

/*
 * Steps through an array: *cursor is the array at first; each call gives the next value. False: no
 * more of them (then *cursor is empty), or it is malformed (then it is not).
 */
bool fz_fields_next(struct fz_field *cursor, struct fz_field *value_out);

/* True if it is this very string, without escapes. */
bool fz_field_is(struct fz_field field, const char *text);

/* An integer without fraction or exponent. False: it is none. */
bool fz_field_number(struct fz_field field, int64_t *number_out);

#endif
