/*
 * Assertions that stay on in release builds: a broken invariant of ours stops the process at once
 * (PostgreSQL makes the restart safe). Never for bytes from outside: those get a typed error.
 */
#ifndef FEEZERO_ASSERT_H
#define FEEZERO_ASSERT_H

#define fz_assert(cond) ((cond) ? (void)0 : fz_assert_failed(#cond, __FILE__, __LINE__))

/* A place that cannot be reached if every enum value was handled. */
#define FZ_UNREACHABLE() fz_assert_failed("unreachable", __FILE__, __LINE__)

/* Writes the expression and its place to stderr and aborts. */
_Noreturn void fz_assert_failed(const char *expression, const char *file, int line);

#endif
