/*
 * FZ_EXPECT_NO_LEAK(): the last line of a test body. Under AddressSanitizer it fails the test that
 * lost memory, by name; the check at the end of the process would only leave a report. Elsewhere it
 * does nothing.
 */
#ifndef TESTS_SUPPORT_LEAK_H
#define TESTS_SUPPORT_LEAK_H

#include <criterion/criterion.h>

#if defined(__SANITIZE_ADDRESS__)
#define FZ_TEST_LEAK_CHECK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FZ_TEST_LEAK_CHECK 1
#endif
#endif

#ifdef FZ_TEST_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#define FZ_EXPECT_NO_LEAK() \
    cr_expect(__lsan_do_recoverable_leak_check() == 0, "memory was leaked: see the report")
#else
#define FZ_EXPECT_NO_LEAK() ((void)0)
#endif

#endif
