/*
 * The end of the line: says what broke and stops the process. Nothing is cleaned up, because what
 * holds can no longer be trusted.
 */
#include "feezero/assert.h"

#include <stdio.h>
#include <stdlib.h>

void fz_assert_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "assertion failed: %s at %s:%d\n", expression, file, line);
    abort();
}
