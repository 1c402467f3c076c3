/*
 * A scanner for the part of structured fields (RFC 8941) that signatures and digests are written
 * in: dictionaries, inner lists, parameters, bare items. Stricter than the RFC in one point: a
 * number has one spelling (no leading zeros), so that what was read is also what was signed.
 */
#include "merchant-pos/wire/httpsig_internal.h"

#include <string.h>

#define INTEGER_DIGITS_MAX 15

bool fz_httpsig_text_is(struct fz_httpsig_text text, const char *word)
{
    return strlen(word) == text.len && memcmp(text.at, word, text.len) == 0;
}

bool fz_httpsig_text_equal(struct fz_httpsig_text a, struct fz_httpsig_text b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

struct fz_httpsig_text fz_httpsig_text_of(const char *string)
{
    const char *at = string ? string : "";
    return (struct fz_httpsig_text){at, strlen(at)};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct fz_httpsig_text fz_httpsig_text_trim(struct fz_httpsig_text text)
{
    while (text.len > 0 && is_blank(text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.at[text.len - 1])) {
        text.len--;
    }
    return text;
}

bool fz_httpsig_text_is_plain(struct fz_httpsig_text text, bool blanks)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool visible = c > ' ' && c < 0x7f;
        if (!visible && !(blanks && is_blank(c))) {
            return false;
        }
    }
    return true;
}

struct fz_sf fz_sf_open(struct fz_httpsig_text field)
{
    struct fz_httpsig_text text = fz_httpsig_text_trim(field);
    return (struct fz_sf){text.at, text.at + text.len};
}

bool fz_sf_at_end(const struct fz_sf *sf)
{
    return sf->at == sf->end;
}

bool fz_sf_take(struct fz_sf *sf, char c)
{
    if (sf->at == sf->end || *sf->at != c) {
        return false;
    }
    sf->at++;
    return true;
}

void fz_sf_skip_spaces(struct fz_sf *sf)
{
    while (fz_sf_take(sf, ' ')) {
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

bool fz_sf_key(struct fz_sf *sf, struct fz_httpsig_text *key_out)
{
    const char *start = sf->at;
    if (fz_sf_at_end(sf) || !(is_lower(*sf->at) || *sf->at == '*')) {
        return false;
    }
    while (!fz_sf_at_end(sf) &&
           (is_lower(*sf->at) || is_digit(*sf->at) || is_one_of(*sf->at, "_-.*"))) {
        sf->at++;
    }
    *key_out = (struct fz_httpsig_text){start, (size_t)(sf->at - start)};
    return true;
}

/* The opening quote was taken. */
static bool take_string(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    const char *start = sf->at;
    while (!fz_sf_at_end(sf)) {
        char c = *sf->at++;
        if (c == '"') {
            item_out->kind = FZ_SF_STRING;
            item_out->text = (struct fz_httpsig_text){start, (size_t)(sf->at - 1 - start)};
            return true;
        }
        if (c == '\\' && !fz_sf_take(sf, '"') && !fz_sf_take(sf, '\\')) {
            return false;
        }
        if (c < ' ' || c > '~') {
            return false;
        }
    }
    return false;
}

/* The opening colon was taken. Whether it is base64 shows when it is decoded. */
static bool take_bytes(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    const char *start = sf->at;
    while (!fz_sf_at_end(sf) &&
           (is_alpha(*sf->at) || is_digit(*sf->at) || is_one_of(*sf->at, "+/="))) {
        sf->at++;
    }
    item_out->kind = FZ_SF_BYTES;
    item_out->text = (struct fz_httpsig_text){start, (size_t)(sf->at - start)};
    return fz_sf_take(sf, ':');
}

static bool take_number(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    bool negative = fz_sf_take(sf, '-');
    const char *start = sf->at;
    int64_t value = 0;
    while (!fz_sf_at_end(sf) && is_digit(*sf->at) && sf->at - start < INTEGER_DIGITS_MAX) {
        value = value * 10 + (*sf->at++ - '0');
    }
    if (sf->at == start || (*start == '0' && (sf->at - start > 1 || negative))) {
        return false;
    }
    item_out->kind = FZ_SF_INTEGER;
    item_out->integer = negative ? -value : value;
    if (!fz_sf_take(sf, '.')) {
        return fz_sf_at_end(sf) || !is_digit(*sf->at);
    }
    item_out->kind = FZ_SF_OTHER;
    const char *fraction = sf->at;
    while (!fz_sf_at_end(sf) && is_digit(*sf->at)) {
        sf->at++;
    }
    return fraction - start <= 13 && sf->at - fraction >= 1 && sf->at - fraction <= 3;
}

static bool take_boolean(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    item_out->kind = FZ_SF_BOOLEAN;
    item_out->integer = fz_sf_take(sf, '1') ? 1 : 0;
    return item_out->integer == 1 || fz_sf_take(sf, '0');
}

static bool take_token(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    if (!is_alpha(*sf->at) && *sf->at != '*') {
        return false;
    }
    while (!fz_sf_at_end(sf) &&
           (is_alpha(*sf->at) || is_digit(*sf->at) || is_one_of(*sf->at, "!#$%&'*+-.^_`|~:/"))) {
        sf->at++;
    }
    item_out->kind = FZ_SF_OTHER;
    return true;
}

bool fz_sf_item(struct fz_sf *sf, struct fz_sf_item *item_out)
{
    *item_out = (struct fz_sf_item){.kind = FZ_SF_OTHER};
    if (fz_sf_at_end(sf)) {
        return false;
    }
    if (fz_sf_take(sf, '"')) {
        return take_string(sf, item_out);
    }
    if (fz_sf_take(sf, ':')) {
        return take_bytes(sf, item_out);
    }
    if (fz_sf_take(sf, '?')) {
        return take_boolean(sf, item_out);
    }
    if (is_digit(*sf->at) || *sf->at == '-') {
        return take_number(sf, item_out);
    }
    return take_token(sf, item_out);
}

bool fz_sf_parameter(struct fz_sf *sf, struct fz_httpsig_text *key_out, struct fz_sf_item *item_out)
{
    fz_sf_skip_spaces(sf);
    if (!fz_sf_key(sf, key_out)) {
        return false;
    }
    if (fz_sf_take(sf, '=')) {
        return fz_sf_item(sf, item_out);
    }
    *item_out = (struct fz_sf_item){.kind = FZ_SF_BOOLEAN, .integer = 1};
    return true;
}

static void skip_blanks(struct fz_sf *sf)
{
    while (fz_sf_take(sf, ' ') || fz_sf_take(sf, '\t')) {
    }
}

bool fz_sf_next_member(struct fz_sf *sf)
{
    skip_blanks(sf);
    if (fz_sf_at_end(sf)) {
        return true;
    }
    if (!fz_sf_take(sf, ',')) {
        return false;
    }
    skip_blanks(sf);
    return !fz_sf_at_end(sf); /* a comma announces a member */
}
