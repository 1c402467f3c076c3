/*
 * Room switch/courier. How long to wait before the next attempt: exponential, with full jitter, so
 * that receivers that failed together are not asked together again.
 */
#ifndef SWITCH_COURIER_BACKOFF_H
#define SWITCH_COURIER_BACKOFF_H

#include <stdint.h>

/*
 * A wait from 0 to its ceiling, which is first_ms for the first failure (`failures` 1), doubles
 * with each, and is at most max_ms. `dice` is any random number.
 */
int64_t fz_backoff_ms(int64_t first_ms, int64_t max_ms, int32_t failures, uint64_t dice);

#endif
