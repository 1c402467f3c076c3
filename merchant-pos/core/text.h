/*
 * merchant-pos/core: a bounded writer for request bodies, paths and JSON lines. It never writes
 * past its buffer; what does not fit sets `overflow`, which is asked once at the end.
 */
#ifndef FEEZERO_POS_TEXT_H
#define FEEZERO_POS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/id.h"

struct fz_text {
    char *at;
    size_t size;
    size_t len;
    bool overflow;
};

/* Starts an empty text in `buffer`, which always stays NUL-terminated. `size` is at least 1. */
void fz_text_init(struct fz_text *text, char *buffer, size_t size);

void fz_text_add(struct fz_text *text, const char *string);
void fz_text_add_int(struct fz_text *text, int64_t value);
void fz_text_add_id(struct fz_text *text, const struct fz_id *id);

/* Adds `string` (UTF-8) as a JSON string with its quotes. */
void fz_text_add_json(struct fz_text *text, const char *string);

/* Copies UTF-8 of `len` bytes into `out`, cut between two characters if it does not fit. */
void fz_text_copy(char *out, size_t size, const char *from, size_t len);

#endif
