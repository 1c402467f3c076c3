/*
 * Problem bodies. No JSON library is needed to write seven known members; all text that is not ours
 * goes through fz_json_escape().
 */
#include "switch/http/problem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"

#define DETAIL_MAX 512 /* bytes of an escaped detail, with its NUL */

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the well-formed UTF-8 character at `at` (RFC 3629), or 0. NUL ends every text. */
static size_t utf8_len(const unsigned char *at)
{
    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        return is_continuation(at[1]) ? 2 : 0;
    }
    if (at[0] >= 0xe0 && at[0] <= 0xef) {
        bool overlong = at[0] == 0xe0 && at[1] < 0xa0;
        bool surrogate = at[0] == 0xed && at[1] > 0x9f;
        bool whole = is_continuation(at[1]) && is_continuation(at[2]);
        return whole && !overlong && !surrogate ? 3 : 0;
    }
    if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        bool overlong = at[0] == 0xf0 && at[1] < 0x90;
        bool beyond = at[0] == 0xf4 && at[1] > 0x8f;
        bool whole = is_continuation(at[1]) && is_continuation(at[2]) && is_continuation(at[3]);
        return whole && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

/* Writes the JSON form of the character at `at`, returns its length; *taken_out bytes are read. */
static size_t escape_one(const unsigned char *at, char form[8], size_t *taken_out)
{
    size_t len = utf8_len(at);
    *taken_out = len > 0 ? len : 1;
    if (len == 0) {
        memcpy(form, "\\ufffd", 6);
        return 6;
    }
    if (at[0] == '"' || at[0] == '\\') {
        form[0] = '\\';
        form[1] = (char)at[0];
        return 2;
    }
    if (at[0] < 0x20) {
        static const char hex[] = "0123456789abcdef";
        memcpy(form, "\\u00", 4);
        form[4] = hex[at[0] >> 4];
        form[5] = hex[at[0] & 15];
        return 6;
    }
    memcpy(form, at, len);
    return len;
}

void fz_json_escape(char *out, size_t out_size, size_t *len, const char *text)
{
    fz_assert(*len < out_size);
    const unsigned char *at = (const unsigned char *)text;
    while (*at != '\0') {
        char form[8];
        size_t taken = 0;
        size_t form_len = escape_one(at, form, &taken);
        if (*len + form_len >= out_size) {
            break;
        }
        memcpy(out + *len, form, form_len);
        *len += form_len;
        at += taken;
    }
    out[*len] = '\0';
}

__attribute__((format(printf, 4, 5))) static void
append(char *out, size_t out_size, size_t *len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out + *len, out_size - *len, format, args);
    va_end(args);
    fz_assert(n >= 0);
    fz_assert((size_t)n < out_size - *len);
    *len += (size_t)n;
}

size_t fz_problem_write(
    char *out, size_t out_size, fz_rc rc, const char *detail, const char *extra_members)
{
    const struct fz_rc_info *info = fz_rc_info(rc);
    size_t len = 0;
    char escaped[DETAIL_MAX];
    size_t escaped_len = 0;
    fz_assert(rc != FZ_OK);
    fz_json_escape(escaped, sizeof(escaped), &escaped_len, detail != NULL ? detail : info->en);
    append(out, out_size, &len, "{\"type\":\"" FZ_PROBLEM_TYPE_PREFIX "%s\",\"code\":\"%s\",",
           info->slug, info->slug);
    append(out, out_size, &len, "\"title\":\"%s\",\"status\":%d,\"detail\":\"%s\",", info->en,
           info->http_status, escaped);
    append(out, out_size, &len, "\"title_ja\":\"%s\",\"retryable\":%s", info->ja,
           info->retryable ? "true" : "false");
    if (info->class == FZ_CLASS_RETRY) {
        append(out, out_size, &len, ",\"retry_after\":%d", FZ_PROBLEM_RETRY_AFTER_S);
    }
    if (extra_members != NULL && extra_members[0] != '\0') {
        append(out, out_size, &len, ",%s", extra_members);
    }
    append(out, out_size, &len, "}");
    return len;
}
