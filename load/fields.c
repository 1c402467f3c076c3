/*
 * load: the reader of members. A value is skipped by counting brackets, so depth costs nothing.
 */
#include "load/fields.h"

#include <string.h>

#define DEPTH_MAX 64 /* bits of the stack of brackets */
#define FIELDS_MAX 32

struct scan {
    const char *at;
    const char *end;
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')) {
        scan->at++;
    }
}

static bool take(struct scan *scan, char wanted)
{
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != wanted) {
        return false;
    }
    scan->at++;
    return true;
}

/* A string with its quotes. */
static bool take_string(struct scan *scan, struct fz_field *out)
{
    skip_space(scan);
    const char *start = scan->at;
    if (!take(scan, '"')) {
        return false;
    }
    while (scan->at < scan->end && *scan->at != '"') {
        scan->at += *scan->at == '\\' ? 2 : 1;
    }
    if (scan->at >= scan->end) {
        return false;
    }
    scan->at++;
    *out = (struct fz_field){start, (size_t)(scan->at - start)};
    return true;
}

/* A number, true, false or null. */
static bool take_word(struct scan *scan, struct fz_field *out)
{
    static const char letters[] = "+-.0123456789Eaeflnrstu";
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at != '\0' && strchr(letters, *scan->at) != NULL) {
        scan->at++;
    }
    *out = (struct fz_field){start, (size_t)(scan->at - start)};
    return out->len > 0;
}

/* An object or an array, with all that is in it. */
static bool take_nest(struct scan *scan, struct fz_field *out)
{
    const char *start = scan->at;
    uint64_t kinds = 0; /* a bit per open bracket: 1 is an object */
    unsigned depth = 0;
    while (scan->at < scan->end) {
        char byte = *scan->at;
        struct fz_field skipped;
        if (byte == '"') {
            if (!take_string(scan, &skipped)) {
                return false;
            }
            continue;
        }
        scan->at++;
        if (byte == '{' || byte == '[') {
            if (++depth > DEPTH_MAX) {
                return false;
            }
            kinds = kinds << 1 | (byte == '{');
        } else if (byte == '}' || byte == ']') {
            if ((kinds & 1) != (byte == '}')) {
                return false;
            }
            kinds >>= 1;
            if (--depth == 0) {
                *out = (struct fz_field){start, (size_t)(scan->at - start)};
                return true;
            }
        }
    }
    return false;
}

static bool take_value(struct scan *scan, struct fz_field *out)
{
    skip_space(scan);
    if (scan->at == scan->end) {
        return false;
    }
    switch (*scan->at) {
    case '"':
        return take_string(scan, out);
    case '{':
    case '[':
        return take_nest(scan, out);
    default:
        return take_word(scan, out);
    }
}

/* Keeps the value if its name is wanted. False: it was there before. */
static bool keep(struct fz_field name,
                 struct fz_field value,
                 const char *const *names,
                 size_t len,
                 struct fz_field *fields)
{
    for (size_t i = 0; i < len; i++) {
        if (fz_field_is(name, names[i])) {
            bool is_first = fields[i].len == 0;
            fields[i] = value;
            return is_first;
        }
    }
    return true;
}

bool fz_fields_read(struct fz_field text,
                    const char *const *names,
                    size_t len,
                    struct fz_field *fields_out)
{
    struct scan scan = {text.at, text.at + text.len};
    memset(fields_out, 0, len * sizeof(fields_out[0]));
    if (text.len == 0 || len > FIELDS_MAX || !take(&scan, '{')) {
        return false;
    }
    bool is_open = !take(&scan, '}');
    while (is_open) {
        struct fz_field name;
        struct fz_field value;
        if (!take_string(&scan, &name) || !take(&scan, ':') || !take_value(&scan, &value) ||
            !keep(name, value, names, len, fields_out)) {
            return false;
        }
        is_open = take(&scan, ',');
        if (!is_open && !take(&scan, '}')) {
            return false;
        }
    }
    skip_space(&scan);
    return scan.at == scan.end;
}

bool fz_fields_next(struct fz_field *cursor, struct fz_field *value_out)
{
    struct scan scan = {cursor->at, cursor->at + cursor->len};
    if (cursor->len == 0 || (!take(&scan, '[') && !take(&scan, ','))) {
        return false;
    }
    if (take(&scan, ']')) {
        *cursor = (struct fz_field){scan.at, (size_t)(scan.end - scan.at)};
        return false;
    }
    if (!take_value(&scan, value_out)) {
        return false;
    }
    skip_space(&scan);
    if (scan.end - scan.at == 1 && *scan.at == ']') {
        scan.at = scan.end;
    }
    *cursor = (struct fz_field){scan.at, (size_t)(scan.end - scan.at)};
    return true;
}

bool fz_field_is(struct fz_field field, const char *text)
{
    size_t len = strlen(text);
    return field.len == len + 2 && field.at[0] == '"' && memcmp(field.at + 1, text, len) == 0;
}

bool fz_field_number(struct fz_field field, int64_t *number_out)
{
    size_t at = field.len > 0 && field.at[0] == '-' ? 1 : 0;
    int64_t number = 0;
    if (field.len == at || field.len - at > 18) {
        return false;
    }
    for (size_t i = at; i < field.len; i++) {
        if (field.at[i] < '0' || field.at[i] > '9') {
            return false;
        }
        number = number * 10 + (field.at[i] - '0');
    }
    *number_out = at == 1 ? -number : number;
    return true;
}
