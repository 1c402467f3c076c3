/*
 * Hex, base64, base64url and key ids. The two base64 forms share one loop; they differ in two
 * characters and in the padding.
 */
#include "feezero/encode.h"

#include <string.h>

#include "feezero/assert.h"

struct alphabet {
    char c62, c63;
    bool padded;
};

static const struct alphabet STANDARD = {'+', '/', true};
static const struct alphabet URL = {'-', '_', false};

void fz_hex_encode(const void *bytes, size_t len, char *text_out)
{
    static const char DIGITS[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    for (size_t i = 0; i < len; i++) {
        *text_out++ = DIGITS[in[i] >> 4];
        *text_out++ = DIGITS[in[i] & 15];
    }
    *text_out = '\0';
}

static int hex_digit(char c)
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

bool fz_hex_decode(const char *text, size_t text_len, void *bytes_out, size_t len)
{
    uint8_t *out = bytes_out;
    if (text_len % 2 != 0 || text_len / 2 != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static char digit_char(const struct alphabet *alphabet, unsigned value)
{
    if (value < 26) {
        return (char)('A' + value);
    }
    if (value < 52) {
        return (char)('a' + (value - 26));
    }
    if (value < 62) {
        return (char)('0' + (value - 52));
    }
    return value == 62 ? alphabet->c62 : alphabet->c63;
}

static int char_digit(const struct alphabet *alphabet, char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == alphabet->c62) {
        return 62;
    }
    return c == alphabet->c63 ? 63 : -1;
}

static size_t encode(const struct alphabet *alphabet, const uint8_t *in, size_t len, char *out)
{
    const char *start = out;
    for (size_t i = 0; i < len; i += 3) {
        size_t group = len - i < 3 ? len - i : 3;
        unsigned bits = (unsigned)in[i] << 16;
        bits |= group > 1 ? (unsigned)in[i + 1] << 8 : 0;
        bits |= group > 2 ? (unsigned)in[i + 2] : 0;
        for (size_t k = 0; k < group + 1; k++) {
            *out++ = digit_char(alphabet, bits >> (18 - 6 * k) & 63);
        }
        for (size_t k = group + 1; k < 4 && alphabet->padded; k++) {
            *out++ = '=';
        }
    }
    *out = '\0';
    return (size_t)(out - start);
}

/* Reads 2 to 4 characters into 1 to 3 bytes. False: not a digit, or bits left over behind them. */
static bool
decode_group(const struct alphabet *alphabet, const char *text, size_t chars, uint8_t *out)
{
    unsigned bits = 0;
    for (size_t i = 0; i < chars; i++) {
        int digit = char_digit(alphabet, text[i]);
        if (digit < 0) {
            return false;
        }
        bits |= (unsigned)digit << (18 - 6 * i);
    }
    size_t bytes = chars - 1;
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(bits >> (16 - 8 * i) & 255);
    }
    return (bits & ((1u << (24 - 8 * bytes)) - 1)) == 0;
}

static bool decode(const struct alphabet *alphabet,
                   const char *text,
                   size_t len,
                   uint8_t *out,
                   size_t size,
                   size_t *len_out)
{
    if (alphabet->padded) {
        if (len % 4 != 0) {
            return false;
        }
        for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++) {
            len--;
        }
    }
    size_t used = 0;
    for (size_t i = 0; i < len; i += 4) {
        size_t chars = len - i < 4 ? len - i : 4;
        if (chars < 2 || size - used < chars - 1 ||
            !decode_group(alphabet, text + i, chars, out + used)) {
            return false;
        }
        used += chars - 1;
    }
    *len_out = used;
    return true;
}

size_t fz_base64_encode(const void *bytes, size_t len, char *text_out)
{
    return encode(&STANDARD, bytes, len, text_out);
}

size_t fz_base64url_encode(const void *bytes, size_t len, char *text_out)
{
    return encode(&URL, bytes, len, text_out);
}

bool fz_base64_decode(
    const char *text, size_t text_len, void *bytes_out, size_t size, size_t *len_out)
{
    return decode(&STANDARD, text, text_len, bytes_out, size, len_out);
}

bool fz_base64url_decode(
    const char *text, size_t text_len, void *bytes_out, size_t size, size_t *len_out)
{
    return decode(&URL, text, text_len, bytes_out, size, len_out);
}

size_t
fz_key_id_format(int32_t community, const char *thumbprint, char key_id_out[FZ_KEY_ID_MAX + 1])
{
    fz_assert(community > 0);
    char digits[10];
    size_t count = 0;
    for (int32_t rest = community; rest > 0; rest /= 10) {
        digits[count++] = (char)('0' + rest % 10);
    }
    char *out = key_id_out;
    while (count > 0) {
        *out++ = digits[--count];
    }
    *out++ = '.';
    memcpy(out, thumbprint, FZ_THUMBPRINT_LEN);
    out += FZ_THUMBPRINT_LEN;
    *out = '\0';
    return (size_t)(out - key_id_out);
}

bool fz_key_id_parse(const char *text,
                     size_t text_len,
                     int32_t *community_out,
                     const char **thumbprint_out)
{
    int64_t community = 0;
    size_t at = 0;
    while (at < text_len && at < 10 && text[at] >= '0' && text[at] <= '9') {
        community = community * 10 + (text[at++] - '0');
    }
    uint8_t digest[32];
    size_t digest_len;
    if (at == 0 || text[0] == '0' || community > INT32_MAX ||
        text_len != at + 1 + FZ_THUMBPRINT_LEN || text[at] != '.' ||
        !fz_base64url_decode(text + at + 1, FZ_THUMBPRINT_LEN, digest, sizeof digest,
                             &digest_len)) {
        return false;
    }
    if (community_out) {
        *community_out = (int32_t)community;
    }
    if (thumbprint_out) {
        *thumbprint_out = text + at + 1;
    }
    return true;
}
