/*
 * merchant-pos/wire: UTF-8 (see utf8.h).
 */
#include "merchant-pos/wire/utf8.h"

/* Bytes of the character that starts with `lead` (0 = none does), and its smallest value. */
static size_t sequence_length(unsigned char lead, uint32_t *bits_out, uint32_t *least_out)
{
    if (lead < 0x80) {
        *bits_out = lead;
        *least_out = 0;
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        *bits_out = lead & 0x1FU;
        *least_out = 0x80;
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        *bits_out = lead & 0x0FU;
        *least_out = 0x800;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        *bits_out = lead & 0x07U;
        *least_out = 0x10000;
        return 4;
    }
    return 0;
}

bool fz_utf8_next(const char *text, size_t len, size_t *at, uint32_t *character_out)
{
    uint32_t character = 0;
    uint32_t least = 0;
    size_t start = *at;
    size_t bytes = sequence_length((unsigned char)text[start], &character, &least);

    if (bytes == 0 || bytes > len - start) {
        return false;
    }
    for (size_t i = 1; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[start + i];
        if ((byte & 0xC0U) != 0x80) {
            return false;
        }
        character = character << 6 | (byte & 0x3FU);
    }
    if (character < least || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) {
        return false;
    }
    *at = start + bytes;
    *character_out = character;
    return true;
}

bool fz_utf8_count(const char *text, size_t len, size_t *count_out)
{
    size_t at = 0;
    size_t count = 0;
    uint32_t character = 0;

    while (at < len) {
        if (!fz_utf8_next(text, len, &at, &character)) {
            *count_out = at;
            return false;
        }
        count++;
    }
    *count_out = count;
    return true;
}
