/*
 * A secret of fixed length in a file of its own, for example the key of one-time codes. Who calls
 * wipes the bytes as soon as they are used.
 */
#ifndef FZ_SWITCH_HTTP_SECRET_H
#define FZ_SWITCH_HTTP_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"

/*
 * Reads exactly `len` bytes. FZ_CONFIG: the file cannot be read, is longer or shorter, or group or
 * others have a right to it; the message names it and never shows a byte.
 */
FZ_MUSTUSE fz_rc fz_secret_load(const char *path,
                                uint8_t *bytes_out,
                                size_t len,
                                struct fz_err *err);

#endif
