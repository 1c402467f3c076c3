/*
 * load: what the halves of a channel share: channel.c moves the bytes, channel_write.c makes the
 * request's.
 */
#ifndef LOAD_CHANNEL_INTERNAL_H
#define LOAD_CHANNEL_INTERNAL_H

#include <stddef.h>

#include "load/channel.h"

#define FZ_CHANNEL_REQUEST_MAX 2048 /* bytes of a whole request of ours */

/* The request as it goes over the wire. FZ_CRYPTO, FZ_LIMIT. */
FZ_MUSTUSE fz_rc fz_channel_write(const struct fz_channel_request *request,
                                  const char *authority,
                                  char bytes[FZ_CHANNEL_REQUEST_MAX],
                                  size_t *len_out,
                                  struct fz_err *err);

#endif
