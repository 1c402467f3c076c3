/*
 * Room ledger/store. A signature base as it is kept: what stands in the row anyway, and the
 * phrases that every base of the usual shape has, are each written as one control byte, which no
 * base can hold (RFC 9421, 2.5: its values are printable, and lines end in LF). About 300 bytes
 * less for each payment, on disk and in the log. A base without any of it is kept as it is.
 *
 *   01  the key id                     04  "@method": PUT LF "@path": /v1/
 *   02  the operation's id             05  LF "@query": ? LF "content-digest": sha-256=:
 *   03  the body's digest, in base64   06  : LF "@signature-params": (...);created=
 *                                      07  ;keyid="     08  ";alg="ecdsa-p256-sha256"
 *
 * docs/ledger.md has the bytes, for whoever verifies an order without this program.
 */
#ifndef LEDGER_STORE_ORDER_BASE_H
#define LEDGER_STORE_ORDER_BASE_H

#include "feezero/ledger.h"
#include "feezero/limits.h"

/* order->base as it is kept. Returns its length, never above order->base_len. */
size_t fz_order_base_shorten(const struct fz_signed_order *order,
                             const struct fz_id *operation,
                             uint8_t kept_out[FZ_ORDER_BASE_MAX]);

/*
 * Back again: order->base holds what was kept, its key id and body stand beside it. Returns the
 * length, 0 if the base would be longer than FZ_ORDER_BASE_MAX: then it is none of ours.
 */
size_t fz_order_base_expand(const struct fz_signed_order *order,
                            const struct fz_id *operation,
                            uint8_t base_out[FZ_ORDER_BASE_MAX]);

#endif
