/*
 * The back-off: its ceilings, its full jitter, and how it adds up over three days.
 */
#include "switch/courier/backoff.h"

#include <criterion/criterion.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"

#define FIRST_MS FZ_WEBHOOK_RETRY_FIRST_MS
#define MAX_MS FZ_WEBHOOK_RETRY_MAX_MS

/* The ceiling, by the largest remainder: dice equal to the ceiling give it back. */
static int64_t ceiling_ms(int32_t failures)
{
    int64_t low = 0;
    int64_t high = MAX_MS;
    while (low < high) { /* the largest number that comes back as itself */
        int64_t middle = low + (high - low + 1) / 2;
        if (fz_backoff_ms(FIRST_MS, MAX_MS, failures, (uint64_t)middle) == middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

Test(backoff, ceilings_double_up_to_the_last)
{
    static const int64_t seconds[] = {5,   10,   20,   40,   80,    160,   320,
                                      640, 1280, 2560, 5120, 10240, 20480, 21600};
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
        cr_expect_eq(ceiling_ms((int32_t)i + 1), seconds[i] * 1000, "failure %zu", i + 1);
    }
    cr_expect_eq(ceiling_ms(INT32_MAX), MAX_MS);
    cr_expect_eq(fz_backoff_ms(7, 7, 1000, 7), 7);
    cr_expect_eq(fz_backoff_ms(1, INT64_MAX / 2, 200, 0), 0, "doubling does not overflow");
}

Test(backoff, jitter_is_full)
{
    enum {
        PARTS = 8,
        THROWS = 80000
    };
    unsigned counts[PARTS] = {0};
    for (unsigned i = 0; i < THROWS; i++) {
        uint64_t dice = 0;
        cr_assert_eq(fz_random(&dice, sizeof(dice), NULL), FZ_OK);
        int64_t ms = fz_backoff_ms(FIRST_MS, MAX_MS, 4, dice);
        cr_assert(ms >= 0 && ms <= 40000, "%lld", (long long)ms);
        counts[ms * PARTS / 40001]++;
    }
    for (unsigned i = 0; i < PARTS; i++) { /* ten standard deviations */
        cr_expect(counts[i] > THROWS / PARTS - 1000 && counts[i] < THROWS / PARTS + 1000,
                  "part %u: %u", i, counts[i]);
    }
}

/* With dice that always give the mean, how often is somebody asked who never answers? */
Test(backoff, about_thirty_attempts_in_three_days)
{
    int64_t spent_ms = 0;
    int32_t attempts = 0;
    while (spent_ms < FZ_WEBHOOK_TRY_S * 1000LL) {
        attempts++;
        spent_ms += ceiling_ms(attempts) / 2;
    }
    cr_expect(attempts >= 28 && attempts <= 36, "%d", attempts);
}
