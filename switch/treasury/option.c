/*
 * switch/treasury: reading the value of one option. Each type has one reader; what it leaves in the
 * value is what the duty works with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/treasury/arguments.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

static fz_rc fail(const struct fz_option *option, struct fz_err *err, const char *problem)
{
    return fz_fail(err, FZ_BAD_FIELD, "--%s: %s", option->name, problem);
}

static fz_rc check_len(const struct fz_option *option, const char *text, struct fz_err *err)
{
    size_t len = strlen(text);
    if (len < (size_t)option->min || len > (size_t)option->max) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must have %" PRId64 " to %" PRId64 " bytes",
                       option->name, option->min, option->max);
    }
    return FZ_OK;
}

/* UTF-8 without control characters: what may stand in one line of a page or a receipt. */
static bool is_line(const char *text)
{
    size_t len = strlen(text);
    size_t at = 0;
    while (at < len) {
        uint32_t character = 0;
        if (!fz_utf8_next(text, len, &at, &character) || character < ' ' ||
            (character >= 0x7f && character < 0xa0)) {
            return false;
        }
    }
    return true;
}

static fz_rc read_text(const struct fz_option *option, const char *text, struct fz_err *err)
{
    fz_rc rc = check_len(option, text, err);
    if (rc == FZ_OK && !is_line(text)) {
        rc = fail(option, err, "must be UTF-8 text in one line");
    }
    return rc;
}

static fz_rc read_ascii(const struct fz_option *option, const char *text, struct fz_err *err)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            return fail(option, err, "only printable ASCII is allowed");
        }
    }
    return check_len(option, text, err);
}

static fz_rc read_digits(const struct fz_option *option, const char *text, struct fz_err *err)
{
    if (strlen(text) != (size_t)option->max || strspn(text, "0123456789") != (size_t)option->max) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must be %" PRId64 " digits", option->name,
                       option->max);
    }
    return FZ_OK;
}

static fz_rc read_number(const struct fz_option *option,
                         const char *text,
                         struct fz_value *value,
                         struct fz_err *err)
{
    char *end = NULL;
    errno = 0;
    value->number = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return fail(option, err, "must be a whole number, digits only");
    }
    if (value->number < option->min || value->number > option->max) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must be %" PRId64 " to %" PRId64, option->name,
                       option->min, option->max);
    }
    return FZ_OK;
}

static fz_rc read_choice(const struct fz_option *option,
                         const char *text,
                         struct fz_value *value,
                         struct fz_err *err)
{
    size_t len = strlen(text);
    value->number = 0;
    for (const char *word = option->words;; word++) {
        size_t word_len = strcspn(word, "|");
        if (word_len == len && strncmp(word, text, len) == 0) {
            return FZ_OK;
        }
        word += word_len;
        value->number++;
        if (*word == '\0') {
            return fz_fail(err, FZ_BAD_FIELD, "--%s: must be one of %s", option->name,
                           option->words);
        }
    }
}

static fz_rc read_party(const struct fz_option *option,
                        const char *text,
                        struct fz_value *value,
                        struct fz_err *err)
{
    if (!fz_public_id_parse(text, strlen(text), &value->kind, &value->number) ||
        strchr(option->words, value->kind) == NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: must be an id like %c00000042", option->name,
                       option->words[0]);
    }
    return FZ_OK;
}

fz_rc fz_option_read(const struct fz_option *option,
                     const char *text,
                     struct fz_value *value_out,
                     struct fz_err *err)
{
    *value_out = (struct fz_value){.given = true, .text = text};
    switch (option->type) {
    case FZ_OPTION_FLAG:
        return FZ_OK;
    case FZ_OPTION_TEXT:
        return read_text(option, text, err);
    case FZ_OPTION_ASCII:
        return read_ascii(option, text, err);
    case FZ_OPTION_DIGITS:
        return read_digits(option, text, err);
    case FZ_OPTION_NUMBER:
        return read_number(option, text, value_out, err);
    case FZ_OPTION_DATE:
        return fz_day_parse(text, &value_out->number)
                   ? FZ_OK
                   : fail(option, err, "must be a date like 2026-12-01");
    case FZ_OPTION_MONTH:
        return fz_month_parse(text, &value_out->number)
                   ? FZ_OK
                   : fail(option, err, "must be a month like 2026-12");
    case FZ_OPTION_CHOICE:
        return read_choice(option, text, value_out, err);
    case FZ_OPTION_PARTY:
        return read_party(option, text, value_out, err);
    case FZ_OPTION_ID:
        return fz_id_parse(text, strlen(text), &value_out->id)
                   ? FZ_OK
                   : fail(option, err, "must be an operation id, a lower-case UUID");
    case FZ_OPTION_FILE:
        return text[0] != '\0' ? FZ_OK : fail(option, err, "the path is empty");
    }
    FZ_UNREACHABLE();
}
