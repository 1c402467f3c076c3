/*
 * Amounts of money: int64_t in minor units (yen have none, so 1 is one yen), checked arithmetic.
 * There is no floating point anywhere near money.
 */
#ifndef FEEZERO_AMOUNT_H
#define FEEZERO_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/rc.h"

/* *out = a + b, or *out = a - b. False on overflow; *out is then undefined. */
FZ_MUSTUSE static inline bool fz_amount_add(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

FZ_MUSTUSE static inline bool fz_amount_sub(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_sub_overflow(a, b, out);
}

FZ_MUSTUSE static inline bool fz_amount_mul(int64_t a, int64_t b, int64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif
