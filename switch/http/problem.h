/*
 * Error bodies: application/problem+json (RFC 9457) from the table errors.def. The bytes depend on
 * the arguments alone, so a stored refusal can be sent again, byte for byte.
 */
#ifndef FZ_SWITCH_HTTP_PROBLEM_H
#define FZ_SWITCH_HTTP_PROBLEM_H

#include <stddef.h>

#include "feezero/rc.h"

#define FZ_PROBLEM_TYPE_PREFIX "https://feezero.example/problems/"
#define FZ_PROBLEM_MAX 2048 /* bytes of a body, with its NUL: enough for every row and our extras */
#define FZ_PROBLEM_RETRY_AFTER_S 1

/*
 * Writes {"type","code","title","status","detail","title_ja","retryable", extra members...} and a
 * NUL to `out`. `detail` NULL: the English title. A detail that would not fit is cut at a
 * character. `extra_members` is JSON text without braces, or NULL; class RETRY gets "retry_after"
 * by itself. Returns the length without the NUL. Too little room for the rest is asserted against:
 * FZ_PROBLEM_MAX holds any row with 512 bytes of extra members.
 */
size_t fz_problem_write(
    char *out, size_t out_size, fz_rc rc, const char *detail, const char *extra_members);

/*
 * Appends `text` as the inside of a JSON string (no quotes around it) to out[*len], at most up to
 * out_size, escaping what RFC 8259 requires; bytes that are no UTF-8 become U+FFFD. Stops before
 * the character that does not fit, so the result is always whole. Writes a NUL. For the extra
 * members.
 */
void fz_json_escape(char *out, size_t out_size, size_t *len, const char *text);

#endif
