/*
 * The histogram: quantiles within 1/64, whatever the size of the values.
 */
#include "load/histogram.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(load_histogram, is_empty_at_first)
{
    static struct fz_histogram histogram;
    cr_expect_eq(fz_histogram_quantile_us(&histogram, 500), 0);
    cr_expect_eq(histogram.max_us, 0);
}

Test(load_histogram, finds_quantiles_of_a_known_series)
{
    static struct fz_histogram histogram;
    static const unsigned per_mille[] = {1, 100, 500, 900, 990, 999, 1000};
    for (int64_t us = 1; us <= 100000; us++) {
        fz_histogram_add(&histogram, us);
    }
    for (size_t i = 0; i < sizeof(per_mille) / sizeof(per_mille[0]); i++) {
        int64_t exact = 100 * (int64_t)per_mille[i];
        int64_t found = fz_histogram_quantile_us(&histogram, per_mille[i]);
        cr_expect(found >= exact && found <= exact + exact / 64 + 1, "%u: %lld", per_mille[i],
                  (long long)found);
    }
    cr_expect_eq(histogram.max_us, 100000);
    cr_expect_eq(histogram.count, 100000);
}

Test(load_histogram, never_shows_more_than_the_maximum)
{
    static struct fz_histogram histogram;
    fz_histogram_add(&histogram, 1000001);
    cr_expect_eq(fz_histogram_quantile_us(&histogram, 500), 1000001);
}

Test(load_histogram, takes_any_value)
{
    static struct fz_histogram histogram;
    fz_histogram_add(&histogram, INT64_MAX);
    fz_histogram_add(&histogram, -5);
    cr_expect_eq(fz_histogram_quantile_us(&histogram, 500), 0);
    cr_expect(fz_histogram_quantile_us(&histogram, 1000) > INT64_C(1) << 40);
    cr_expect_eq(histogram.max_us, INT64_MAX);
}

/* What a report may round: two per cent, up to a minute. */
Test(load_histogram, is_true_to_two_per_cent_up_to_a_minute)
{
    for (int64_t us = 1; us <= 60000000; us += 1 + us / 97) {
        struct fz_histogram *histogram = calloc(1, sizeof(*histogram));
        cr_assert_not_null(histogram);
        fz_histogram_add(histogram, us);
        fz_histogram_add(histogram, INT64_C(100000000)); /* so that the maximum does not help */
        int64_t found = fz_histogram_quantile_us(histogram, 500);
        cr_expect(found >= us && 50 * (found - us) <= us, "%lld: %lld", (long long)us,
                  (long long)found);
        free(histogram);
    }
}
