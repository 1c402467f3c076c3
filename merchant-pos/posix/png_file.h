/*
 * merchant-pos/posix: a picture of black and white squares as a PNG file: a complete file or none,
 * through a temporary name beside it. The only file that writes PNGs.
 */
#ifndef FEEZERO_POSIX_PNG_FILE_H
#define FEEZERO_POSIX_PNG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_PNG_SCALE_MAX 64

/* What to write. is_dark() is asked for every square, also for those of the margin. */
struct fz_png_picture {
    long left, right; /* columns left <= x < right */
    long top, bottom; /* rows */
    unsigned scale;   /* pixels per square, 1..FZ_PNG_SCALE_MAX */
    bool (*is_dark)(const void *ctx, long x, long y);
    const void *ctx;
};

/* FZ_IO, FZ_NO_MEMORY, or FZ_LIMIT for a scale out of range. */
FZ_MUSTUSE fz_rc fz_png_write(const struct fz_png_picture *picture,
                              const char *path,
                              struct fz_err *err);

#endif
