/*
 * Room ledger/core. A payer's last few payments, kept with the account: enough to ask "once more?"
 * when the same amount goes to the same shop within FZ_DUPLICATE_WINDOW_S, without reading anything
 * else. Pure; used by book.c, the store and the audit.
 */
#ifndef LEDGER_CORE_RECENT_H
#define LEDGER_CORE_RECENT_H

#include "feezero/ledger.h"

#define FZ_RECENT_ENTRY_BYTES 12
#define FZ_RECENT_BYTES_MAX (FZ_RECENT_ENTRY_BYTES * FZ_RECENT_MAX)

struct fz_recent_entry {
    uint32_t time_s; /* since 1970 */
    uint32_t shop;   /* party */
    uint32_t amount; /* FZ_PAYMENT_MAX at most */
};

/* Oldest first; the rest is zero. */
struct fz_recent {
    uint32_t len;
    struct fz_recent_entry entries[FZ_RECENT_MAX];
};

/* Seconds since the newest such payment; -1: none within the window. */
int64_t
fz_recent_since(const struct fz_recent *recent, int64_t shop, int64_t amount, int64_t time_us);

/* Adds a payment. Those out of the window leave; if there is no room, the oldest. */
void fz_recent_push(struct fz_recent *recent, int64_t shop, int64_t amount, int64_t time_us);

/* As stored: three big-endian 32-bit numbers for each. Returns the length. */
size_t fz_recent_encode(const struct fz_recent *recent, uint8_t out[FZ_RECENT_BYTES_MAX]);

/* The reverse. False: not such bytes. */
FZ_MUSTUSE bool fz_recent_decode(struct fz_recent *recent_out, const uint8_t *bytes, size_t len);

#endif
