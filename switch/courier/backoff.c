/*
 * Room switch/courier. A pure function.
 */
#include "switch/courier/backoff.h"

#include "feezero/assert.h"

int64_t fz_backoff_ms(int64_t first_ms, int64_t max_ms, int32_t failures, uint64_t dice)
{
    int64_t ceiling_ms = first_ms;
    fz_assert(first_ms > 0 && first_ms <= max_ms && failures > 0);
    for (int32_t i = 1; i < failures && ceiling_ms < max_ms; i++) {
        ceiling_ms = ceiling_ms <= max_ms / 2 ? ceiling_ms * 2 : max_ms;
    }
    return (int64_t)(dice % (uint64_t)(ceiling_ms + 1));
}
