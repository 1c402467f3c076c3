/*
 * Who is refused when too many wait, and how refusals are paid for.
 */
#include <criterion/criterion.h>

#include "feezero/limits.h"
#include "switch/http/overload.h"
#include "tests/support/leak.h"

static struct fz_overload overload;

static unsigned arrive(unsigned requests, bool may_refuse)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < requests; i++) {
        refused += fz_overload_refuses(&overload, may_refuse ? FZ_HTTP_WAITING_MAX : 0);
    }
    return refused;
}

static void serve(unsigned requests)
{
    for (unsigned i = 0; i < requests; i++) {
        fz_overload_serves(&overload);
    }
}

/* A day without trouble: all credit there can be, and nobody waits. */
static void begin(void)
{
    for (unsigned i = 0; i < 10 * FZ_SHED_CREDIT_MAX; i++) {
        cr_assert_eq(arrive(1, true), 0);
        serve(1);
    }
}

Test(overload, refuses_the_first_that_is_too_many)
{
    begin();
    cr_expect_eq(arrive(FZ_HTTP_WAITING_MAX, true), 0);
    cr_expect_eq(overload.waiting, FZ_HTTP_WAITING_MAX);
    cr_expect_eq(arrive(1, true), 1);
    cr_expect_eq(overload.waiting, FZ_HTTP_WAITING_MAX, "who is refused does not wait");
    serve(1);
    cr_expect_eq(arrive(1, true), 0, "there is room again");
    cr_expect_eq(arrive(1, true), 1);
    cr_expect_eq(overload.refused, 2);
    FZ_EXPECT_NO_LEAK();
}

Test(overload, never_refuses_what_only_asks)
{
    begin();
    cr_expect_eq(arrive(2 * FZ_HTTP_WAITING_MAX, false), 0);
    cr_expect_eq(overload.waiting, 2 * FZ_HTTP_WAITING_MAX);
    cr_expect_eq(arrive(1, true), 1, "though others are refused in the same moment");
    FZ_EXPECT_NO_LEAK();
}

/* Reads that can come again first, then what begins something new, then money. */
Test(overload, refuses_what_matters_least_first)
{
    static const unsigned rooms[] = {FZ_SHED_FIRST_AT, FZ_SHED_SOON_AT, FZ_HTTP_WAITING_MAX};
    begin();
    for (size_t i = 0; i < 3; i++) {
        cr_assert(i == 0 || rooms[i] > rooms[i - 1]);
        cr_expect_eq(arrive(rooms[i] - overload.waiting, true), 0);
        for (size_t k = 0; k < 3; k++) {
            bool is_refused = fz_overload_refuses(&overload, rooms[k]);
            cr_expect_eq(is_refused, k <= i, "where %u wait, kind %zu", rooms[i], k);
            if (!is_refused) {
                fz_overload_serves(&overload);
            }
        }
    }
    cr_expect_eq(fz_overload_refuses(&overload, 0), false, "who asks is answered");
}

/* A quiet day earns no right to refuse everybody for the first minute of the evening. */
Test(overload, saves_up_few_refusals)
{
    begin();
    (void)arrive(FZ_HTTP_WAITING_MAX, true);
    cr_expect_eq(arrive(10 * FZ_SHED_CREDIT_MAX, true), FZ_SHED_CREDIT_MAX);
    FZ_EXPECT_NO_LEAK();
}

/* What cannot be paid for waits, however many wait: refusing must not fill the time. */
Test(overload, pays_for_refusals_by_serving)
{
    const unsigned served = 10000;
    begin();
    (void)arrive(FZ_HTTP_WAITING_MAX + FZ_SHED_CREDIT_MAX, true);
    cr_assert_eq(overload.refused, FZ_SHED_CREDIT_MAX);
    unsigned refused = 0;
    for (unsigned i = 0; i < served; i++) {
        refused += arrive(4, true);
        serve(1);
    }
    cr_expect_leq(refused, served * FZ_SHED_PERCENT / 100);
    cr_expect_geq(refused + 1, served * FZ_SHED_PERCENT / 100);
    FZ_EXPECT_NO_LEAK();
}

Test(overload, refuses_nobody_before_anybody_was_served)
{
    cr_expect_eq(arrive(2 * FZ_HTTP_WAITING_MAX, true), 0);
    FZ_EXPECT_NO_LEAK();
}
