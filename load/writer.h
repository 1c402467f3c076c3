/*
 * load: text put together in memory of the caller, without formatting. What does not fit sets
 * `overflow` and is left out; the text ends with a NUL that is not counted.
 */
#ifndef LOAD_WRITER_H
#define LOAD_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/id.h"

struct fz_writer {
    char *bytes; /* borrowed */
    size_t size; /* at least 1 */
    size_t len;
    bool overflow;
};

void fz_writer_text(struct fz_writer *writer, const char *text);
void fz_writer_number(struct fz_writer *writer, int64_t number); /* decimal */
void fz_writer_id(struct fz_writer *writer, const struct fz_id *id);

#endif
