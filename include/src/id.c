/*
 * UUIDs: strict reading, writing, comparing, and the two versions we make ourselves. No clock and
 * no random source in here: the caller brings both, so that tests and batch programs can fix them.
 */
#include "feezero/id.h"

#include <string.h>

#define VERSION_BYTE 6
#define VARIANT_BYTE 8

static bool is_hyphen_place(unsigned long place)
{
    return place == 8 || place == 13 || place == 18 || place == 23;
}

/* The value of a lower-case hexadecimal digit, -1 for anything else. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return -1;
}

bool fz_id_parse(const char *text, unsigned long len, struct fz_id *id_out)
{
    if (len != FZ_ID_TEXT_LEN) {
        return false;
    }
    struct fz_id id = {{0}};
    unsigned digit = 0;
    for (unsigned long i = 0; i < FZ_ID_TEXT_LEN; i++) {
        if (is_hyphen_place(i)) {
            if (text[i] != '-') {
                return false;
            }
            continue;
        }
        int value = hex_value(text[i]);
        if (value < 0) {
            return false;
        }
        id.bytes[digit / 2] = (uint8_t)(id.bytes[digit / 2] << 4 | value);
        digit++;
    }
    *id_out = id;
    return true;
}

void fz_id_format(const struct fz_id *id, char text_out[FZ_ID_TEXT_LEN + 1])
{
    static const char digits[] = "0123456789abcdef";
    unsigned digit = 0;
    for (unsigned long i = 0; i < FZ_ID_TEXT_LEN; i++) {
        if (is_hyphen_place(i)) {
            text_out[i] = '-';
            continue;
        }
        unsigned byte = id->bytes[digit / 2];
        text_out[i] = digits[digit % 2 == 0 ? byte >> 4 : byte & 0x0F];
        digit++;
    }
    text_out[FZ_ID_TEXT_LEN] = '\0';
}

bool fz_id_equal(const struct fz_id *a, const struct fz_id *b)
{
    return fz_id_compare(a, b) == 0;
}

int fz_id_compare(const struct fz_id *a, const struct fz_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool fz_id_is_zero(const struct fz_id *id)
{
    static const struct fz_id zero;
    return fz_id_equal(id, &zero);
}

static void set_version(struct fz_id *id, unsigned version)
{
    id->bytes[VERSION_BYTE] = (uint8_t)((id->bytes[VERSION_BYTE] & 0x0F) | version << 4);
    id->bytes[VARIANT_BYTE] = (uint8_t)((id->bytes[VARIANT_BYTE] & 0x3F) | 0x80);
}

struct fz_id fz_id_v7(uint64_t unix_ms, const uint8_t random[10])
{
    struct fz_id id;
    for (unsigned i = 0; i < 6; i++) {
        id.bytes[i] = (uint8_t)(unix_ms >> (40 - 8 * i));
    }
    memcpy(id.bytes + 6, random, 10);
    set_version(&id, 7);
    return id;
}

struct fz_id fz_id_v8(const uint8_t digest[16])
{
    struct fz_id id;
    memcpy(id.bytes, digest, sizeof id.bytes);
    set_version(&id, 8);
    return id;
}
