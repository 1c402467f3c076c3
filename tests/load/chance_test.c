/*
 * Whom chance falls on: the shares of a Zipf sampler are those of its definition, and a seed
 * repeats a run.
 */
#include "load/chance.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/support/leak.h"

#define LEN 100
#define DRAWS 400000

/* Draws and compares each share with 1 / k^exponent, within four standard deviations. */
static void expect_zipf(double exponent, uint64_t seed)
{
    static uint64_t seen[LEN];
    struct fz_choice choice;
    double sum = 0;
    memset(seen, 0, sizeof(seen));
    cr_assert_eq(fz_choice_init(&choice, FZ_CHOICE_ZIPF, LEN, exponent, NULL), FZ_OK);
    for (size_t i = 0; i < DRAWS; i++) {
        size_t drawn = fz_choice_draw(&choice, &seed);
        cr_assert_lt(drawn, LEN);
        seen[drawn]++;
    }
    for (size_t k = 1; k <= LEN; k++) {
        sum += 1 / pow((double)k, exponent);
    }
    for (size_t k = 1; k <= LEN; k++) {
        double expected = DRAWS / pow((double)k, exponent) / sum;
        double off = fabs((double)seen[k - 1] - expected);
        cr_expect(off <= 4 * sqrt(expected) + 1, "exponent %.1f, the %zu-th: %.0f, wanted %.0f",
                  exponent, k, (double)seen[k - 1], expected);
    }
    fz_choice_fini(&choice);
}

Test(load_chance, zipf_has_the_shares_of_its_definition)
{
    expect_zipf(1.0, 42);
    expect_zipf(0.5, 43);
    expect_zipf(2.0, 44);
    FZ_EXPECT_NO_LEAK();
}

Test(load_chance, uniform_is_uniform)
{
    uint64_t seen[10] = {0};
    uint64_t state = 7;
    struct fz_choice choice;
    cr_assert_eq(fz_choice_init(&choice, FZ_CHOICE_UNIFORM, 10, 1, NULL), FZ_OK);
    for (size_t i = 0; i < DRAWS; i++) {
        seen[fz_choice_draw(&choice, &state)]++;
    }
    for (size_t i = 0; i < 10; i++) {
        cr_expect(fabs((double)seen[i] - DRAWS / 10.0) <= 4 * sqrt(DRAWS / 10.0), "%zu", i);
    }
}

Test(load_chance, hot_is_always_the_same)
{
    uint64_t state = 7;
    struct fz_choice choice;
    cr_assert_eq(fz_choice_init(&choice, FZ_CHOICE_HOT, 10, 1, NULL), FZ_OK);
    for (size_t i = 0; i < 100; i++) {
        cr_assert_eq(fz_choice_draw(&choice, &state), 0);
    }
}

Test(load_chance, a_seed_repeats_itself)
{
    uint64_t first = 12345;
    uint64_t second = 12345;
    uint64_t other = 12346;
    size_t same = 0;
    for (size_t i = 0; i < 1000; i++) {
        uint64_t drawn = fz_chance_next(&first);
        cr_assert_eq(drawn, fz_chance_next(&second));
        same += drawn == fz_chance_next(&other);
    }
    cr_expect_eq(same, 0);
}

Test(load_chance, a_unit_is_below_one)
{
    uint64_t state = 3;
    double sum = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double unit = fz_chance_unit(&state);
        cr_assert(unit >= 0 && unit < 1);
        sum += unit;
    }
    cr_expect_float_eq(sum / DRAWS, 0.5, 0.005);
}
