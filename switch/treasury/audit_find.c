/*
 * switch/treasury: how a difference is named: `difference <class> <where>: expected X, found Y`.
 */
#include <inttypes.h>
#include <stdarg.h>

#include "switch/treasury/audit.h"

struct fz_text fz_text(const char *format, ...)
{
    struct fz_text out;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(out.text, sizeof out.text, format, arguments);
    va_end(arguments);
    return out;
}

struct fz_text fz_text_number(int64_t number)
{
    return fz_text("%" PRId64, number);
}

struct fz_text fz_text_id(const struct fz_id *id)
{
    struct fz_text out;
    fz_id_format(id, out.text);
    return out;
}

void fz_audit_find(struct fz_audit *audit,
                   const char *class,
                   const char *where,
                   const char *expected,
                   const char *found)
{
    audit->found++;
    if (audit->found > audit->found_max) {
        return;
    }
    fz_output_result(&audit->run->output,
                     json_pack("{s:s, s:s, s:s, s:s, s:i}", "difference", class, "where", where,
                               "expected", expected, "found", found, "community",
                               (int)audit->community),
                     "difference %s %s: expected %s, found %s", class, where, expected, found);
}

void fz_audit_compare(
    struct fz_audit *audit, const char *class, const char *where, int64_t expected, int64_t found)
{
    if (expected != found) {
        fz_audit_find(audit, class, where, fz_text_number(expected).text,
                      fz_text_number(found).text);
    }
}
