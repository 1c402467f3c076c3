/*
 * merchant-pos/posix: a one-time code's digits as a bar code (Code 128), on the terminal and as a
 * PNG file, quiet zones included.
 */
#ifndef FEEZERO_POSIX_BAR_DRAW_H
#define FEEZERO_POSIX_BAR_DRAW_H

#include "merchant-pos/posix/qr_draw.h"
#include "merchant-pos/wire/code128.h"

#define FZ_BAR_DIGITS_MAX 40
#define FZ_BAR_SCALE_DEFAULT 4
#define FZ_BAR_QUIET 9 /* modules on a terminal: with less, readers miss it */
#define FZ_BAR_COLUMNS(digits) ((FZ_CODE128_MODULES(digits) + 2 * FZ_BAR_QUIET + 1) / 2)

/* Draws on `stream`, two bars to a column. FZ_FORMAT: not an even number of digits. FZ_IO. */
FZ_MUSTUSE fz_rc fz_bar_draw(const char *digits,
                             enum fz_qr_style style,
                             FILE *stream,
                             struct fz_err *err);

/* Writes a PNG of `scale` pixels per narrowest bar. FZ_FORMAT; else as fz_png_write(). */
FZ_MUSTUSE fz_rc fz_bar_write_png(const char *digits,
                                  const char *path,
                                  unsigned scale,
                                  struct fz_err *err);

#endif
