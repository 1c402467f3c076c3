/*
 * Room ledger/core. The ends of an account's chains. A transfer knows, on each side, the account's
 * transfer before it of the same kind and side; an account knows the newest of every kind and side
 * it has had, and how many transfers it has had in all. That is all a reader needs to find the
 * account's transfers of some kinds without an index. Pure; used by book.c, the store and the
 * audit.
 */
#ifndef LEDGER_CORE_HEADS_H
#define LEDGER_CORE_HEADS_H

#include "feezero/ledger.h"

/*
 * Chains of one account: its class takes part in so many kinds, counted once for each side. A
 * wallet has 8; a test counts them in the rule table.
 */
#define FZ_HEADS_MAX 16
#define FZ_HEADS_BYTES_MAX (8 * (1 + FZ_HEADS_MAX))

/* After so many transfers of an account its state is kept: any moment is at most so far away. */
#define FZ_MARK_EVERY 64

struct fz_heads {
    int64_t postings;            /* transfers of the account, both sides */
    int64_t words[FZ_HEADS_MAX]; /* slot << 56 | number, in the order in which they came up */
    unsigned len;
};

/* One kind on one side; what the SQL of the readers and migration 0004 call a slot. */
static inline int fz_heads_slot(enum fz_kind kind, enum fz_side side)
{
    return (int)kind * 2 + (side == FZ_SIDE_CREDIT ? 1 : 0);
}

/* Whether an account of this class can have a transfer of this kind on this side. */
bool fz_kind_touches(enum fz_kind kind, int account_class, enum fz_side side);

/*
 * Makes `number` the newest of its kind and side and counts it. Returns the one before it, 0 if
 * there is none.
 */
int64_t fz_heads_push(struct fz_heads *heads, enum fz_kind kind, enum fz_side side, int64_t number);

/*
 * As stored: big-endian 64-bit words, `postings` first; nothing at all for an account that never
 * moved. Returns the length.
 */
size_t fz_heads_encode(const struct fz_heads *heads, uint8_t out[FZ_HEADS_BYTES_MAX]);

/* The reverse. False: not such bytes. */
FZ_MUSTUSE bool fz_heads_decode(struct fz_heads *heads_out, const uint8_t *bytes, size_t len);

#endif
