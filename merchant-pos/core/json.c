/*
 * merchant-pos/core: the bounded JSON reader. check_* read bytes from outside and trust nothing;
 * the getters run over a document that passed and only have to find their way.
 */
#include "merchant-pos/core/json.h"

#include <string.h>

#include "feezero/assert.h"

#define NAME_MAX_BYTES 64 /* a longer member name is none we know */

struct scan {
    const char *at;
    const char *end;
    unsigned depth;
    bool is_object[FZ_JSON_DEPTH_MAX];
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')) {
        scan->at++;
    }
}

/* Takes `c` if it is next. */
static bool take(struct scan *scan, char c)
{
    if (scan->at >= scan->end || *scan->at != c) {
        return false;
    }
    scan->at++;
    return true;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* Reads four hexadecimal digits. */
static bool take_hex4(struct scan *scan, uint32_t *unit_out)
{
    uint32_t unit = 0;

    if (scan->end - scan->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(scan->at[i]);

        if (digit < 0) {
            return false;
        }
        unit = unit << 4 | (uint32_t)digit;
    }
    scan->at += 4;
    *unit_out = unit;
    return true;
}

/* Reads what follows "\u": one code point, of two units if it is beyond the first plane. */
static bool take_code_point(struct scan *scan, uint32_t *point_out)
{
    uint32_t high, low;

    if (!take_hex4(scan, &high)) {
        return false;
    }
    *point_out = high;
    if (high >= 0xDC00 && high <= 0xDFFF) {
        return false;
    }
    if (high < 0xD800 || high > 0xDBFF) {
        return true;
    }
    if (!take(scan, '\\') || !take(scan, 'u') || !take_hex4(scan, &low) || low < 0xDC00 ||
        low > 0xDFFF) {
        return false;
    }
    *point_out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* Length of the UTF-8 character at `at`, 0 if it is malformed (overlong, surrogate, cut). */
static size_t utf8_len(const char *at, const char *end)
{
    const unsigned char *c = (const unsigned char *)at;
    size_t len = c[0] < 0x80 ? 1 : c[0] < 0xC2 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;

    if (len == 0 || c[0] > 0xF4 || (size_t)(end - at) < len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((c[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) ||
        (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F)) {
        return 0;
    }
    return len;
}

static bool check_escape(struct scan *scan)
{
    uint32_t point;

    if (scan->at >= scan->end) {
        return false;
    }
    char c = *scan->at++;

    if (c == 'u') {
        return take_code_point(scan, &point);
    }
    return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
}

static bool check_string(struct scan *scan)
{
    if (!take(scan, '"')) {
        return false;
    }
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at;

        if (c == '"') {
            scan->at++;
            return true;
        }
        if (c < 0x20) {
            return false;
        }
        if (c == '\\') {
            scan->at++;
            if (!check_escape(scan)) {
                return false;
            }
            continue;
        }
        size_t len = utf8_len(scan->at, scan->end);

        if (len == 0) {
            return false;
        }
        scan->at += len;
    }
    return false;
}

static bool check_digits(struct scan *scan)
{
    const char *start = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9') {
        scan->at++;
    }
    return scan->at > start;
}

static bool check_number(struct scan *scan)
{
    (void)take(scan, '-');
    if (!take(scan, '0') && !check_digits(scan)) {
        return false;
    }
    if (take(scan, '.') && !check_digits(scan)) {
        return false;
    }
    if (take(scan, 'e') || take(scan, 'E')) {
        if (!take(scan, '+')) {
            (void)take(scan, '-');
        }
        return check_digits(scan);
    }
    return true;
}

static bool check_word(struct scan *scan, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0) {
        return false;
    }
    scan->at += len;
    return true;
}

static bool check_scalar(struct scan *scan)
{
    switch (scan->at < scan->end ? *scan->at : '\0') {
    case '"':
        return check_string(scan);
    case 't':
        return check_word(scan, "true");
    case 'f':
        return check_word(scan, "false");
    case 'n':
        return check_word(scan, "null");
    default:
        return check_number(scan);
    }
}

/* A member's name and its colon, if the innermost level is an object. */
static bool check_name(struct scan *scan)
{
    skip_space(scan);
    if (!scan->is_object[scan->depth - 1]) {
        return true;
    }
    if (!check_string(scan)) {
        return false;
    }
    skip_space(scan);
    return take(scan, ':');
}

/* Goes on after a value: closes levels; *more_out says whether another value must follow. */
static bool check_after_value(struct scan *scan, bool *more_out)
{
    *more_out = false;
    while (scan->depth > 0) {
        skip_space(scan);
        if (take(scan, ',')) {
            *more_out = true;
            return check_name(scan);
        }
        if (!take(scan, scan->is_object[scan->depth - 1] ? '}' : ']')) {
            return false;
        }
        scan->depth--;
    }
    return true;
}

/* Opens a level; *empty_out: it closed again at once, so it is a whole value. */
static bool check_open(struct scan *scan, bool is_object, bool *empty_out)
{
    scan->at++;
    if (scan->depth == FZ_JSON_DEPTH_MAX) {
        return false;
    }
    skip_space(scan);
    *empty_out = take(scan, is_object ? '}' : ']');
    if (*empty_out) {
        return true;
    }
    scan->is_object[scan->depth++] = is_object;
    return check_name(scan);
}

bool fz_json_check(const char *text, size_t len, struct fz_json *root_out)
{
    struct scan scan = {.at = text, .end = text + len};
    bool more = true;

    skip_space(&scan);
    const char *start = scan.at;

    while (more) {
        bool whole = true;

        skip_space(&scan);
        char c = scan.at < scan.end ? *scan.at : '\0';

        if (c == '{' || c == '[') {
            if (!check_open(&scan, c == '{', &whole)) {
                return false;
            }
        } else if (!check_scalar(&scan)) {
            return false;
        }
        if (whole && !check_after_value(&scan, &more)) {
            return false;
        }
    }
    *root_out = (struct fz_json){.at = start, .len = (size_t)(scan.at - start)};
    skip_space(&scan);
    return scan.at == scan.end;
}

/* --- getters: the document is known to be good ------------------------------------------------ */

static void pass_string(struct scan *scan)
{
    scan->at++;
    while (*scan->at != '"') {
        scan->at += *scan->at == '\\' ? 2 : 1;
    }
    scan->at++;
}

/* Passes one value and returns it. */
static struct fz_json pass_value(struct scan *scan)
{
    const char *start = scan->at;
    unsigned depth = 0;

    do {
        char c = *scan->at;

        if (c == '"') {
            pass_string(scan);
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (depth == 0) {
            while (scan->at < scan->end && strchr(",]} \t\r\n", *scan->at) == NULL) {
                scan->at++;
            }
            break;
        }
        scan->at++;
    } while (depth > 0);
    return (struct fz_json){.at = start, .len = (size_t)(scan->at - start)};
}

bool fz_json_is_object(struct fz_json value)
{
    return value.len > 0 && value.at[0] == '{';
}

bool fz_json_get(struct fz_json object, const char *name, struct fz_json *value_out)
{
    struct scan scan = {.at = object.at, .end = object.at + object.len};

    if (!fz_json_is_object(object)) {
        return false;
    }
    scan.at++;
    skip_space(&scan);
    while (*scan.at != '}') {
        char found[NAME_MAX_BYTES];
        struct fz_json member = pass_value(&scan);

        skip_space(&scan);
        scan.at++; /* the colon */
        skip_space(&scan);
        *value_out = pass_value(&scan);
        if (fz_json_string(member, found, sizeof found, NULL) && strcmp(found, name) == 0) {
            return true;
        }
        skip_space(&scan);
        if (*scan.at == ',') {
            scan.at++;
            skip_space(&scan);
        }
    }
    return false;
}

bool fz_json_next(struct fz_json array, size_t *position, struct fz_json *value_out)
{
    struct scan scan = {.at = array.at, .end = array.at + array.len};

    if (array.len == 0 || array.at[0] != '[') {
        return false;
    }
    scan.at += *position == 0 ? 1 : *position;
    skip_space(&scan);
    if (*scan.at == ',') {
        scan.at++;
        skip_space(&scan);
    }
    if (*scan.at == ']') {
        return false;
    }
    *value_out = pass_value(&scan);
    *position = (size_t)(scan.at - array.at);
    return true;
}

bool fz_json_int(struct fz_json value, int64_t *number_out)
{
    bool negative = value.len > 0 && value.at[0] == '-';
    int64_t number = 0;
    size_t i = negative ? 1 : 0;

    if (i >= value.len) {
        return false;
    }
    for (; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return false;
        }
        int64_t digit = value.at[i] - '0';

        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, negative ? -digit : digit, &number)) {
            return false;
        }
    }
    *number_out = number;
    return true;
}

bool fz_json_is_true(struct fz_json value)
{
    return value.len == 4 && memcmp(value.at, "true", 4) == 0;
}

/* UTF-8 of a code point; returns its length. */
static size_t utf8_write(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xC0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3F));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xE0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (point & 0x3F));
    return 4;
}

/* Reads one character of a string, escaped or not; its bytes go to `out`, their number back. */
static size_t read_character(struct scan *scan, char out[4])
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    uint32_t point = 0;

    if (*scan->at != '\\') {
        out[0] = *scan->at++;
        return 1;
    }
    char c = scan->at[1];

    scan->at += 2;
    if (c == 'u') {
        fz_assert(take_code_point(scan, &point));
        return utf8_write(point, out);
    }
    const char *found = strchr(from, c);

    out[0] = found == NULL ? c : to[found - from];
    return 1;
}

bool fz_json_string(struct fz_json value, char *out, size_t size, size_t *len_out)
{
    struct scan scan = {.at = value.at + 1, .end = value.at + value.len};
    size_t len = 0;

    if (value.len < 2 || value.at[0] != '"') {
        return false;
    }
    while (*scan.at != '"') {
        char bytes[4];
        size_t count = read_character(&scan, bytes);

        if (bytes[0] == '\0' || count >= size - len) {
            return false;
        }
        memcpy(out + len, bytes, count);
        len += count;
    }
    out[len] = '\0';
    if (len_out != NULL) {
        *len_out = len;
    }
    return true;
}
