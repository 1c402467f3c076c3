/*
 * The open loop's schedule: what begins when, whatever the server does, and that a stall shows in
 * the latency of all that it delayed.
 */
#include "load/pace.h"

#include <criterion/criterion.h>
#include <math.h>

#include "load/histogram.h"
#include "tests/support/leak.h"

#define SECOND INT64_C(1000000)

static uint64_t take_all(struct fz_pace *pace, int64_t *last_out)
{
    uint64_t count = 0;
    int64_t previous = INT64_MIN;
    while (fz_pace_next_us(pace) != INT64_MAX) {
        int64_t next = fz_pace_next_us(pace);
        cr_assert_geq(next, previous);
        previous = next;
        fz_pace_take(pace);
        count++;
    }
    *last_out = previous;
    return count;
}

Test(load_pace, even_gaps_do_not_drift)
{
    static const uint64_t rates[] = {1, 3, 7, 1000, 3333, 999983};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct fz_pace pace = {
            .per_second = rates[i], .start_us = 5 * SECOND, .end_us = 15 * SECOND};
        int64_t last = 0;
        cr_expect_eq(fz_pace_next_us(&pace), 5 * SECOND, "the first comes at once");
        uint64_t count = take_all(&pace, &last);
        cr_expect_eq(count, 10 * rates[i], "%llu", (unsigned long long)rates[i]);
        cr_expect_eq(count, fz_pace_count(rates[i], 10 * SECOND));
        int64_t exact = 15 * SECOND - (int64_t)ceil(1e6 / (double)rates[i]);
        cr_expect(last - exact <= 1 && exact - last <= 1, "%lld, not %lld", (long long)last,
                  (long long)exact);
    }
}

Test(load_pace, gaps_of_chance_have_the_mean_and_the_spread)
{
    struct fz_pace pace = {
        .per_second = 2000, .is_exponential = true, .chance = 99, .end_us = 50 * SECOND};
    double squares = 0;
    int64_t previous = 0;
    uint64_t count = 0;
    fz_pace_take(&pace);
    while (fz_pace_next_us(&pace) != INT64_MAX) {
        double gap = (double)(fz_pace_next_us(&pace) - previous);
        previous = fz_pace_next_us(&pace);
        squares += gap * gap;
        count++;
        fz_pace_take(&pace);
    }
    cr_expect(fabs((double)count - 100000) <= 4 * sqrt(100000), "%llu", (unsigned long long)count);
    /* the mean square of an exponential gap is twice the square of its mean */
    cr_expect_float_eq(squares / (double)count / (500.0 * 500.0), 2.0, 0.1);
}

Test(load_pace, no_rate_no_arrivals)
{
    struct fz_pace pace = {.per_second = 0, .end_us = INT64_MAX};
    cr_expect_eq(fz_pace_next_us(&pace), INT64_MAX);
}

Test(load_pace, the_backlog_is_bounded_and_in_order)
{
    struct fz_backlog backlog;
    int64_t start = 0;
    cr_assert_eq(fz_backlog_init(&backlog, 3, NULL), FZ_OK);
    cr_expect_not(fz_backlog_pop(&backlog, &start));
    for (int64_t turn = 0; turn < 10; turn++) {
        cr_expect(fz_backlog_push(&backlog, 10 * turn));
        cr_expect(fz_backlog_push(&backlog, 10 * turn + 1));
        cr_expect(fz_backlog_push(&backlog, 10 * turn + 2));
        cr_expect_not(fz_backlog_push(&backlog, 10 * turn + 3), "it is full");
        for (int64_t i = 0; i < 3; i++) {
            cr_expect(fz_backlog_pop(&backlog, &start));
            cr_expect_eq(start, 10 * turn + i);
        }
    }
    cr_expect_not(fz_backlog_pop(&backlog, &start));
    fz_backlog_fini(&backlog);
    FZ_EXPECT_NO_LEAK();
}

/*
 * A server that takes 1 ms, and once stalls for a second, with one connection at 100 per second. A
 * client that waits for answers would see one slow request in a thousand; counted from the intended
 * starts, a tenth of all were late.
 */
Test(load_pace, a_stall_shows_in_all_that_it_delayed)
{
    static struct fz_histogram latency;
    struct fz_pace pace = {.per_second = 100, .end_us = 10 * SECOND};
    struct fz_backlog backlog;
    int64_t free_us = 0;
    int64_t intended = 0;
    cr_assert_eq(fz_backlog_init(&backlog, 1000, NULL), FZ_OK);
    for (uint64_t served = 0; served < 1000; served++) {
        while (fz_pace_next_us(&pace) <= free_us || backlog.len == 0) {
            cr_assert(fz_backlog_push(&backlog, fz_pace_next_us(&pace)));
            fz_pace_take(&pace);
        }
        cr_assert(fz_backlog_pop(&backlog, &intended));
        int64_t sent = intended > free_us ? intended : free_us;
        free_us = sent + (served == 300 ? SECOND : 1000);
        fz_histogram_add(&latency, free_us - intended);
    }
    cr_expect_eq(latency.count, 1000);
    cr_expect_eq(latency.max_us, SECOND);
    cr_expect_leq(fz_histogram_quantile_us(&latency, 850), 1016);
    cr_expect_gt(fz_histogram_quantile_us(&latency, 950), 400000);
    fz_backlog_fini(&backlog);
}
