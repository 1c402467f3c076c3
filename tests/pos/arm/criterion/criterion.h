/*
 * tests/pos/arm: as much of Criterion as the till library's unit tests use, in a header and one
 * source, for machines on which Criterion itself is not to be had. Each test runs in a process of
 * its own, as there: globals never leak from one to the next, and a crash ends one test only.
 */
#ifndef TESTS_POS_ARM_CRITERION_H
#define TESTS_POS_ARM_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct small_test {
    const char *suite;
    const char *name;
    void (*body)(void);
    void (*init)(void);
    struct small_test *next;
};

/* Adds a test to the list; called before main(). */
void small_test_add(struct small_test *test);

/* Notes a check that failed, and says where. `fatal` ends the test. */
void small_test_fail(
    bool fatal, const char *file, int line, const char *what, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define Test(suite_name, test_name, ...)                                                          \
    static void suite_name##_##test_name(void);                                                   \
    static struct small_test suite_name##_##test_name##_entry = {                                 \
        .suite = #suite_name, .name = #test_name, .body = suite_name##_##test_name, __VA_ARGS__}; \
    __attribute__((constructor)) static void suite_name##_##test_name##_add(void)                 \
    {                                                                                             \
        small_test_add(&suite_name##_##test_name##_entry);                                        \
    }                                                                                             \
    static void suite_name##_##test_name(void)

/* The message is worked out only when it is needed. */
#define SMALL_CHECK(good, fatal, what, ...) \
    ((good) ? (void)0 : small_test_fail(fatal, __FILE__, __LINE__, what, " " __VA_ARGS__))

#define cr_assert(good, ...) SMALL_CHECK((good), true, #good, __VA_ARGS__)
#define cr_expect(good, ...) SMALL_CHECK((good), false, #good, __VA_ARGS__)
#define cr_assert_not(bad, ...) SMALL_CHECK(!(bad), true, "not " #bad, __VA_ARGS__)
#define cr_expect_not(bad, ...) SMALL_CHECK(!(bad), false, "not " #bad, __VA_ARGS__)
#define cr_assert_null(p, ...) SMALL_CHECK((p) == NULL, true, #p " is NULL", __VA_ARGS__)
#define cr_expect_null(p, ...) SMALL_CHECK((p) == NULL, false, #p " is NULL", __VA_ARGS__)
#define cr_assert_not_null(p, ...) SMALL_CHECK((p) != NULL, true, #p " is not NULL", __VA_ARGS__)
#define cr_expect_not_null(p, ...) SMALL_CHECK((p) != NULL, false, #p " is not NULL", __VA_ARGS__)
#define cr_assert_fail(...) SMALL_CHECK(false, true, "reached", __VA_ARGS__)

#define cr_assert_eq(a, b, ...) SMALL_CHECK((a) == (b), true, #a " == " #b, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) SMALL_CHECK((a) == (b), false, #a " == " #b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) SMALL_CHECK((a) != (b), true, #a " != " #b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) SMALL_CHECK((a) != (b), false, #a " != " #b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) SMALL_CHECK((a) < (b), true, #a " < " #b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) SMALL_CHECK((a) < (b), false, #a " < " #b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) SMALL_CHECK((a) <= (b), true, #a " <= " #b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) SMALL_CHECK((a) <= (b), false, #a " <= " #b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) SMALL_CHECK((a) > (b), true, #a " > " #b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) SMALL_CHECK((a) > (b), false, #a " > " #b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) SMALL_CHECK((a) >= (b), true, #a " >= " #b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) SMALL_CHECK((a) >= (b), false, #a " >= " #b, __VA_ARGS__)

#define cr_assert_str_eq(a, b, ...) \
    SMALL_CHECK(strcmp((a), (b)) == 0, true, #a " is " #b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) \
    SMALL_CHECK(strcmp((a), (b)) == 0, false, #a " is " #b, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) \
    SMALL_CHECK(strcmp((a), (b)) != 0, false, #a " is not " #b, __VA_ARGS__)
#define cr_expect_str_empty(a, ...) SMALL_CHECK((a)[0] == '\0', false, #a " is empty", __VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) \
    SMALL_CHECK(memcmp((a), (b), (size)) == 0, true, #a " is " #b, __VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) \
    SMALL_CHECK(memcmp((a), (b), (size)) == 0, false, #a " is " #b, __VA_ARGS__)

#endif
