/*
 * merchant-pos/wire: Crockford base32 (see base32.h).
 */
#include "merchant-pos/wire/base32.h"

#define BITS 5U
#define NOT_A_DIGIT 0xFFU

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static unsigned digit_value(char character)
{
    if (character >= 'a' && character <= 'z') {
        character = (char)(character - 'a' + 'A');
    }
    if (character == 'I' || character == 'L') {
        character = '1';
    }
    if (character == 'O') {
        character = '0';
    }
    for (unsigned value = 0; value < sizeof(alphabet) - 1; value++) {
        if (alphabet[value] == character) {
            return value;
        }
    }
    return NOT_A_DIGIT;
}

void fz_base32_encode(const uint8_t *bytes, size_t len, char *text_out)
{
    size_t chars = FZ_BASE32_CHARS(len);
    unsigned pending = 0; /* bits not yet written, in the low end */
    unsigned pending_bits = (unsigned)(chars * BITS - len * 8);
    size_t written = 0;

    for (size_t i = 0; i < len; i++) {
        pending = (pending << 8 | bytes[i]) & 0xFFFU;
        pending_bits += 8;
        while (pending_bits >= BITS) {
            pending_bits -= BITS;
            text_out[written++] = alphabet[pending >> pending_bits & 0x1FU];
        }
    }
    text_out[written] = '\0';
}

bool fz_base32_decode(const char *text, size_t text_len, uint8_t *bytes_out, size_t len)
{
    size_t chars = FZ_BASE32_CHARS(len);
    unsigned spare_bits = (unsigned)(chars * BITS - len * 8);
    unsigned pending = 0;
    unsigned pending_bits = 0;
    size_t read = 0;
    size_t written = 0;

    for (size_t i = 0; i < text_len; i++) {
        if (text[i] == '-') {
            continue;
        }
        unsigned value = digit_value(text[i]);
        if (value == NOT_A_DIGIT || read == chars) {
            return false;
        }
        if (read == 0) {
            if (value >> (BITS - spare_bits) != 0) {
                return false;
            }
            pending_bits = BITS - spare_bits;
        } else {
            pending_bits += BITS;
        }
        read++;
        pending = (pending << BITS | value) & 0xFFFU;
        if (pending_bits >= 8) {
            pending_bits -= 8;
            bytes_out[written++] = (uint8_t)(pending >> pending_bits & 0xFFU);
        }
    }
    return read == chars;
}

bool fz_base32_normalize(const char *text, size_t text_len, char *text_out, size_t chars)
{
    size_t written = 0;

    for (size_t i = 0; i < text_len; i++) {
        if (text[i] == '-') {
            continue;
        }
        unsigned value = digit_value(text[i]);
        if (value == NOT_A_DIGIT || written == chars) {
            return false;
        }
        text_out[written++] = alphabet[value];
    }
    text_out[written] = '\0';
    return written == chars;
}
