/*
 * merchant-pos/wire: the mechanics of reading an EMV payload, shared by emv_parse.c (outer level)
 * and emv_template.c (what is inside). Nothing here allocates, recurses, or reads outside its span.
 */
#ifndef FEEZERO_WIRE_EMV_READER_H
#define FEEZERO_WIRE_EMV_READER_H

#include "merchant-pos/wire/emv_fields.h"

#define EMV_CRC_OBJECT_LEN 8U /* 6304XXXX */

/* Bytes `at` .. `at + len` of the payload. */
struct emv_span {
    size_t at;
    size_t len;
};

/* The objects of one level by id; len 0 = absent (an object is never empty). */
struct emv_level {
    struct emv_span values[EMV_ID_LIMIT];
    unsigned last_id;
    bool has_duplicate;
    size_t duplicate_at;
};

struct emv_reader {
    const char *text;
    size_t len;
    struct fz_emv_code *code;
    size_t position; /* of the fault that is reported */
};

/* Notes where the fault is; returns `result`. */
enum fz_emv_result
fz_emv_fail(struct emv_reader *reader, enum fz_emv_result result, size_t position);

bool fz_emv_is_digit(char character);
bool fz_emv_span_is(const struct emv_reader *reader, struct emv_span span, const char *text);

/* Checks the text as a whole: UTF-8, size, start, CRC. Everything below relies on it. */
enum fz_emv_result fz_emv_read_frame(struct emv_reader *reader);

/* Splits `span` into objects. Duplicates are noted, not refused: that check comes later. */
enum fz_emv_result
fz_emv_walk(struct emv_reader *reader, struct emv_span span, struct emv_level *level);

/* Checks length and class of one value; keeps it if the row says where. */
enum fz_emv_result
fz_emv_read_value(struct emv_reader *reader, struct emv_span value, const struct emv_field *field);

/* Reads every object of a level: by its row, or else as up to 99 characters of `other`. */
enum fz_emv_result fz_emv_read_values(struct emv_reader *reader,
                                      const struct emv_level *level,
                                      const struct emv_table *table,
                                      enum emv_class other);

/* Walks a template, refuses duplicates, reads its values. */
enum fz_emv_result fz_emv_read_level(struct emv_reader *reader,
                                     struct emv_span span,
                                     struct emv_level *level,
                                     const struct emv_table *table,
                                     enum emv_class other);

/* Reads all templates of the outer level (emv_template.c). */
enum fz_emv_result fz_emv_read_templates(struct emv_reader *reader, const struct emv_level *root);

#endif
