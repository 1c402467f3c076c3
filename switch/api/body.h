/*
 * Room switch/api. Reads the JSON body of a request by a table: one row per member, into a struct
 * of the endpoint. Strict, because what one end ignores the other believes in: unknown and repeated
 * members, null, fractions, control characters and numbers out of range are refused, and the first
 * fault is named.
 */
#ifndef SWITCH_API_BODY_H
#define SWITCH_API_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/rc.h"

enum fz_field_type {
    FZ_FIELD_NUMBER,   /* an integer, min..max -> int64_t */
    FZ_FIELD_TEXT,     /* UTF-8 without control characters, min..max bytes -> const char * */
    FZ_FIELD_ASCII,    /* the same, printable ASCII only -> const char * */
    FZ_FIELD_ID,       /* a UUID, not all zero -> struct fz_id */
    FZ_FIELD_SHOP,     /* "M00000042" -> int64_t */
    FZ_FIELD_RESIDENT, /* "R00000042" -> int64_t */
    FZ_FIELD_TERMINAL, /* "T001" -> int64_t */
    FZ_FIELD_TIME,     /* RFC 3339 -> int64_t microseconds, never 0 */
    FZ_FIELD_YES       /* true or false -> bool */
};

struct fz_body_field {
    const char *name;
    enum fz_field_type type;
    bool required;
    size_t offset; /* of the value in the endpoint's struct; an absent member leaves it alone */
    int64_t min;
    int64_t max;
};

/* A table of members. */
struct fz_body_table {
    const struct fz_body_field *fields;
    size_t len;
};
#define FZ_BODY_TABLE(rows)                      \
    {                                            \
        (rows), sizeof(rows) / sizeof((rows)[0]) \
    }

/* What was wrong, for the client's programmer. */
struct fz_body_fault {
    char field[64];   /* as the client wrote it, cut; "" if it was no member */
    char detail[160]; /* one English sentence */
};

/*
 * Reads `len` bytes of JSON, one object, into *values. An empty body counts as {} (the route says
 * whether one is allowed). On FZ_OK *root_out owns what the texts point into: json_decref() it when
 * they are no longer needed. FZ_BAD_JSON: not JSON, or a member twice. FZ_BAD_FIELD. *fault_out is
 * filled on both.
 */
FZ_MUSTUSE fz_rc fz_body_read(const uint8_t *bytes,
                              size_t len,
                              const struct fz_body_table *table,
                              void *values,
                              json_t **root_out,
                              struct fz_body_fault *fault_out);

#endif
