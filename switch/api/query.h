/*
 * Room switch/api. Reads a query string by a table. All parameters of ours are whole numbers, so
 * nothing is ever percent-decoded. Unknown, repeated, empty and malformed parameters are refused.
 */
#ifndef SWITCH_API_QUERY_H
#define SWITCH_API_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

struct fz_query_field {
    const char *name;
    int64_t min;
    int64_t max;
    size_t
        offset; /* of the int64_t in the endpoint's struct; an absent parameter leaves it alone */
};

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
