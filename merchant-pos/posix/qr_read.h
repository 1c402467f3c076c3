/*
 * merchant-pos/posix: reads the payload of the QR symbol in a PNG file. The only file that knows
 * libzbar; the picture may be a photograph or a screenshot.
 */
#ifndef FEEZERO_POSIX_QR_READ_H
#define FEEZERO_POSIX_QR_READ_H

#include <stddef.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_QR_PIXELS_MAX 40000000UL /* 40 MB of grey */

/*
 * Writes the bytes of the one QR symbol in the picture and a NUL to text_out. FZ_IO: the file
 * cannot be read. FZ_FORMAT: it is no PNG, holds no QR symbol, or several with different contents.
 * FZ_LIMIT: the picture or the payload is too large. FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc
fz_qr_read_png(const char *path, char *text_out, size_t size, size_t *len_out, struct fz_err *err);

#endif
