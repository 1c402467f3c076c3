/*
 * merchant-pos/posix: a payload as a QR symbol, on the terminal and as a PNG file.
 *
 * The symbol is what EMVCo MPM 4.12 asks for: byte mode only, error correction M, and an ECI header
 * for UTF-8 in front when the text is not pure ASCII. Both drawings carry the quiet zone of four
 * modules. The only file that knows libqrencode.
 */
#ifndef FEEZERO_POSIX_QR_DRAW_H
#define FEEZERO_POSIX_QR_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "feezero/err.h"
#include "feezero/rc.h"
#include "merchant-pos/posix/png_file.h"

#define FZ_QR_QUIET_MODULES 4
#define FZ_QR_SCALE_DEFAULT 8 /* pixels per module of a PNG */
#define FZ_QR_SCALE_MAX FZ_PNG_SCALE_MAX

/* Black and white of the 256-colour palette: plain "white" is grey on many a terminal. */
#define FZ_QR_COLOR_ON "\033[38;5;16;48;5;231m"
#define FZ_QR_COLOR_OFF "\033[0m"

/* How modules become characters. The glyphs are the same; what differs is which module has ink. */
enum fz_qr_style {
    FZ_QR_COLOR,      /* black on white by ANSI colours: scans on any terminal that has them */
    FZ_QR_PLAIN_DARK, /* no colours, light text on a dark screen: the light modules are drawn */
    FZ_QR_PLAIN_LIGHT /* no colours, dark text on a light screen: the dark modules are drawn */
};

struct fz_qr;

/*
 * Makes the symbol of `text` (`len` bytes, no NUL inside). The caller owns *qr_out until
 * fz_qr_destroy(). FZ_LIMIT if the text fits no symbol, FZ_FORMAT if it is empty or not UTF-8,
 * FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_qr_create(const char *text,
                              size_t len,
                              struct fz_qr **qr_out,
                              struct fz_err *err);

/*
 * The same with error correction L: a tenth fewer modules on a side, for a screen that has no room
 * and gets no scratches.
 */
FZ_MUSTUSE fz_rc fz_qr_create_small(const char *text,
                                    size_t len,
                                    struct fz_qr **qr_out,
                                    struct fz_err *err);

/* Accepts NULL and a pointer to NULL; leaves NULL. */
void fz_qr_destroy(struct fz_qr **qr);

/* Modules per side, without the quiet zone. */
size_t fz_qr_width(const struct fz_qr *qr);

/* Whether the module at column x, row y is dark; everything outside the symbol is light. */
bool fz_qr_is_dark(const struct fz_qr *qr, long x, long y);

/* Draws on `stream`, two rows of modules per line. FZ_IO if the stream refuses. */
FZ_MUSTUSE fz_rc fz_qr_draw(const struct fz_qr *qr,
                            enum fz_qr_style style,
                            FILE *stream,
                            struct fz_err *err);

/*
 * Writes a PNG of `scale` pixels per module (1..FZ_QR_SCALE_MAX) to `path`: a complete file or
 * none, through a temporary name beside it. FZ_IO, FZ_NO_MEMORY, or FZ_LIMIT for a scale out of
 * range.
 */
FZ_MUSTUSE fz_rc fz_qr_write_png(const struct fz_qr *qr,
                                 const char *path,
                                 unsigned scale,
                                 struct fz_err *err);

#endif
