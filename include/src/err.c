/*
 * Filling of struct fz_err. A message that does not fit is cut between two characters, never inside
 * one, so that a log line stays valid UTF-8.
 */
#include "feezero/err.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* The last place at or before `end` where a UTF-8 character starts. */
static size_t character_start(const char *text, size_t end)
{
    while (end > 0 && ((unsigned char)text[end] & 0xC0) == 0x80) {
        end--;
    }
    return end;
}

fz_rc fz_err_set(struct fz_err *err, fz_rc rc, const char *file, int line, const char *format, ...)
{
    if (err == NULL) {
        return rc;
    }
    /* One byte more than is kept: it tells whether the cut falls inside a character. */
    char text[sizeof err->msg + 1];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    size_t kept = 0;
    if (len >= 0) {
        kept = (size_t)len;
        if (kept >= sizeof err->msg) {
            kept = character_start(text, sizeof err->msg - 1);
        }
    }
    /* Copied late, for a message may quote the one it replaces. */
    for (size_t i = 0; i < kept; i++) {
        err->msg[i] = text[i];
    }
    err->msg[kept] = '\0';
    err->rc = rc;
    err->line = line;
    err->file = file;
    return rc;
}
