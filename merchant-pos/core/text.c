/*
 * merchant-pos/core: the bounded writer. No printf: a till's firmware may not have one.
 */
#include "merchant-pos/core/text.h"

#include <string.h>

#include "feezero/assert.h"

void fz_text_init(struct fz_text *text, char *buffer, size_t size)
{
    fz_assert(size > 0);
    *text = (struct fz_text){.at = buffer, .size = size};
    buffer[0] = '\0';
}

static void add_bytes(struct fz_text *text, const char *bytes, size_t len)
{
    if (text->overflow || len >= text->size - text->len) {
        text->overflow = true;
        return;
    }
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

void fz_text_add(struct fz_text *text, const char *string)
{
    add_bytes(text, string, strlen(string));
}

void fz_text_add_int(struct fz_text *text, int64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    add_bytes(text, digits + at, sizeof digits - at);
}

void fz_text_add_id(struct fz_text *text, const struct fz_id *id)
{
    char form[FZ_ID_TEXT_LEN + 1];

    fz_id_format(id, form);
    add_bytes(text, form, FZ_ID_TEXT_LEN);
}

void fz_text_add_json(struct fz_text *text, const char *string)
{
    static const char hex[] = "0123456789abcdef";

    add_bytes(text, "\"", 1);
    for (const char *c = string; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;

        if (byte == '"' || byte == '\\') {
            add_bytes(text, "\\", 1);
            add_bytes(text, c, 1);
        } else if (byte < 0x20) {
            char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

            add_bytes(text, escape, sizeof escape);
        } else {
            add_bytes(text, c, 1);
        }
    }
    add_bytes(text, "\"", 1);
}

void fz_text_copy(char *out, size_t size, const char *from, size_t len)
{
    fz_assert(size > 0);
    if (len > size - 1) {
        len = size - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80) {
            len--; /* a continuation byte: the character would be cut */
        }
    }
    memcpy(out, from, len);
    out[len] = '\0';
}
