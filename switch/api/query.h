/*
 * Room switch/api. Reads a query string by a table. A parameter is a whole number, which is never
 * percent-decoded, or a short text that its own function turns into a number: a time, a word, a
 * list of words. Unknown, repeated, empty and malformed parameters are refused.
 */
#ifndef SWITCH_API_QUERY_H
#define SWITCH_API_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

struct fz_query_field {
    const char *name;
    int64_t min;
    int64_t max;
    size_t
        offset; /* of the int64_t in the endpoint's struct; an absent parameter leaves it alone */
    /* Reads a text, percent-decoded, never empty; false: malformed. NULL: it is a number. */
    bool (*read)(const char *text, size_t len, int64_t *value_out);
};

#define FZ_QUERY_TEXT_MAX 255 /* bytes of a text, decoded */
#define FZ_QUERY_NAME_SIZE 64

/*
 * `query` without its "?", or NULL for none. FZ_BAD_QUERY: *name_out is the parameter at fault, cut
 * to its size.
 */
FZ_MUSTUSE fz_rc fz_query_read(const char *query,
                               const struct fz_query_field *fields,
                               size_t fields_len,
                               void *values,
                               char name_out[FZ_QUERY_NAME_SIZE]);

#endif
