/*
 * merchant-pos/wire: the mechanics of reading an EMV payload (see emv_reader.h).
 */
#include "merchant-pos/wire/emv_reader.h"

#include <string.h>

#include "merchant-pos/wire/utf8.h"

#define CHARS_MIN 12U
#define HEADER_LEN 4U /* id and length of an object */

enum fz_emv_result
fz_emv_fail(struct emv_reader *reader, enum fz_emv_result result, size_t position)
{
    reader->position = position;
    return result;
}

bool fz_emv_is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

static bool is_upper_hex(char character)
{
    return fz_emv_is_digit(character) || (character >= 'A' && character <= 'F');
}

static unsigned two_digits(const char *text)
{
    return (unsigned)(text[0] - '0') * 10U + (unsigned)(text[1] - '0');
}

bool fz_emv_span_is(const struct emv_reader *reader, struct emv_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(reader->text + span.at, text, span.len) == 0;
}

/* --- the text as a whole ---------------------------------------------------------------------- */

enum fz_emv_result fz_emv_read_frame(struct emv_reader *reader)
{
    size_t chars = 0;

    if (!fz_utf8_count(reader->text, reader->len, &chars)) {
        return fz_emv_fail(reader, FZ_EMV_UTF8, chars);
    }
    if (chars < CHARS_MIN) {
        return fz_emv_fail(reader, FZ_EMV_SHORT, reader->len);
    }
    if (memcmp(reader->text, "000201", 6) != 0) {
        return fz_emv_fail(reader, FZ_EMV_START, 0);
    }
    size_t crc_at = reader->len - EMV_CRC_OBJECT_LEN;
    const char *crc = reader->text + crc_at;
    if (memcmp(crc, "6304", HEADER_LEN) != 0) {
        return fz_emv_fail(reader, FZ_EMV_CRC_FORM, crc_at);
    }
    unsigned claimed = 0;
    for (size_t i = HEADER_LEN; i < EMV_CRC_OBJECT_LEN; i++) {
        if (!is_upper_hex(crc[i])) {
            return fz_emv_fail(reader, FZ_EMV_CRC_FORM, crc_at + i);
        }
        unsigned nibble = (unsigned)(fz_emv_is_digit(crc[i]) ? crc[i] - '0' : crc[i] - 'A' + 10);
        claimed = claimed << 4 | nibble;
    }
    if (claimed != fz_emv_crc16(reader->text, crc_at + HEADER_LEN)) {
        return fz_emv_fail(reader, FZ_EMV_CRC, crc_at + HEADER_LEN);
    }
    return FZ_EMV_OK;
}

/* --- the objects of one level ----------------------------------------------------------------- */

enum fz_emv_result
fz_emv_walk(struct emv_reader *reader, struct emv_span span, struct emv_level *level)
{
    const char *text = reader->text;
    size_t at = span.at;
    size_t end = span.at + span.len;

    memset(level, 0, sizeof(*level));
    while (at < end) {
        if (end - at < 2 || !fz_emv_is_digit(text[at]) || !fz_emv_is_digit(text[at + 1])) {
            return fz_emv_fail(reader, FZ_EMV_OBJECT_ID, at);
        }
        if (end - at < HEADER_LEN || !fz_emv_is_digit(text[at + 2]) ||
            !fz_emv_is_digit(text[at + 3])) {
            return fz_emv_fail(reader, FZ_EMV_OBJECT_LEN, at);
        }
        unsigned id = two_digits(text + at);
        unsigned chars = two_digits(text + at + 2);
        if (chars == 0) {
            return fz_emv_fail(reader, FZ_EMV_OBJECT_LEN, at);
        }
        size_t value_at = at + HEADER_LEN;
        size_t value_end = value_at;
        uint32_t character = 0;
        for (unsigned i = 0; i < chars; i++) {
            if (value_end == end || !fz_utf8_next(text, end, &value_end, &character)) {
                return fz_emv_fail(reader, FZ_EMV_OBJECT_END, at);
            }
        }
        if (level->values[id].len != 0 && !level->has_duplicate) {
            level->has_duplicate = true;
            level->duplicate_at = at;
        }
        level->values[id] = (struct emv_span){value_at, value_end - value_at};
        level->last_id = id;
        at = value_end;
    }
    return FZ_EMV_OK;
}

static bool allows(enum emv_class class, uint32_t character)
{
    switch (class) {
    case EMV_DIGITS:
        return character < 0x80 && fz_emv_is_digit((char)character);
    case EMV_LETTERS:
        return character < 0x80 && is_letter((char)character);
    case EMV_ASCII:
        return character >= 0x20 && character <= 0x7E;
    case EMV_TEXT:
        /* No C0, DEL, C1, and no bidirectional overrides: they can make a name read as another. */
        return character >= 0x20 && !(character >= 0x7F && character <= 0x9F) &&
               !(character >= 0x202A && character <= 0x202E) &&
               !(character >= 0x2066 && character <= 0x2069);
    }
    return false;
}

enum fz_emv_result
fz_emv_read_value(struct emv_reader *reader, struct emv_span value, const struct emv_field *field)
{
    size_t at = value.at;
    size_t end = value.at + value.len;
    size_t chars = 0;
    size_t first_bad = end;

    while (at < end) {
        size_t before = at;
        uint32_t character = 0;
        if (!fz_utf8_next(reader->text, end, &at, &character)) {
            return fz_emv_fail(reader, FZ_EMV_UTF8,
                               before); /* unreachable behind fz_emv_read_frame() */
        }
        if (first_bad == end && !allows((enum emv_class)field->class, character)) {
            first_bad = before;
        }
        chars++;
    }
    if (chars < field->min || chars > field->max) {
        return fz_emv_fail(reader, FZ_EMV_VALUE_LEN, value.at);
    }
    if (first_bad != end) {
        return fz_emv_fail(reader, FZ_EMV_CHARACTER, first_bad);
    }
    if (field->size > value.len) {
        char *kept = (char *)reader->code + field->offset;
        memcpy(kept, reader->text + value.at, value.len);
        kept[value.len] = '\0';
    }
    return FZ_EMV_OK;
}

enum fz_emv_result fz_emv_read_values(struct emv_reader *reader,
                                      const struct emv_level *level,
                                      const struct emv_table *table,
                                      enum emv_class other)
{
    for (unsigned id = 0; id < EMV_ID_LIMIT; id++) {
        if (level->values[id].len == 0) {
            continue;
        }
        const struct emv_field *field = fz_emv_field(table, id);
        const struct emv_field fallback = {(uint8_t)id, (uint8_t)other, 1, 99, 0, 0};
        enum fz_emv_result result =
            fz_emv_read_value(reader, level->values[id], field != NULL ? field : &fallback);
        if (result != FZ_EMV_OK) {
            return result;
        }
    }
    return FZ_EMV_OK;
}

enum fz_emv_result fz_emv_read_level(struct emv_reader *reader,
                                     struct emv_span span,
                                     struct emv_level *level,
                                     const struct emv_table *table,
                                     enum emv_class other)
{
    enum fz_emv_result result = fz_emv_walk(reader, span, level);

    if (result != FZ_EMV_OK) {
        return result;
    }
    if (level->has_duplicate) {
        return fz_emv_fail(reader, FZ_EMV_DUPLICATE, level->duplicate_at);
    }
    return fz_emv_read_values(reader, level, table, other);
}
