/*
 * Room switch/api. The body reader: jansson parses, the table decides.
 */
#include "switch/api/body.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/id.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/api/text.h"

__attribute__((format(printf, 3, 4))) static bool
refuse(struct fz_body_fault *fault, const char *field, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fault->detail, sizeof(fault->detail), format, args);
    va_end(args);
    (void)snprintf(fault->field, sizeof(fault->field), "%s", field);
    return false;
}

static bool read_number(const struct fz_body_field *field,
                        const json_t *value,
                        void *out,
                        struct fz_body_fault *fault)
{
    int64_t number = (int64_t)json_integer_value(value);
    if (!json_is_integer(value)) {
        return refuse(fault, field->name, "%s must be an integer", field->name);
    }
    if (number < field->min || number > field->max) {
        return refuse(fault, field->name, "%s must be between %" PRId64 " and %" PRId64,
                      field->name, field->min, field->max);
    }
    memcpy(out, &number, sizeof(number));
    return true;
}

/* C0, DEL and C1 have no place in anything that people read. */
static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static bool has_allowed_characters(const char *text, size_t len, bool ascii)
{
    size_t at = 0;
    while (at < len) {
        uint32_t character = 0;
        if (!fz_utf8_next(text, len, &at, &character) || is_control(character) ||
            (ascii && character > 0x7e)) {
            return false;
        }
    }
    return true;
}

static bool read_text(const struct fz_body_field *field,
                      const json_t *value,
                      void *out,
                      struct fz_body_fault *fault)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    bool ascii = field->type == FZ_FIELD_ASCII;
    if ((int64_t)len < field->min || (int64_t)len > field->max) {
        return refuse(fault, field->name, "%s must have %" PRId64 " to %" PRId64 " bytes",
                      field->name, field->min, field->max);
    }
    if (!has_allowed_characters(text, len, ascii)) {
        return refuse(fault, field->name, "%s must be %s", field->name,
                      ascii ? "printable ASCII" : "text without control characters");
    }
    memcpy(out, &text, sizeof(text));
    return true;
}

/* The forms that are read into a value of their own. False: not that form. */
static bool read_form(enum fz_field_type type, const char *text, size_t len, void *out)
{
    struct fz_id id;
    int64_t number = 0;
    bool fits = false;
    switch (type) {
    case FZ_FIELD_ID:
        fits = fz_id_parse(text, len, &id) && !fz_id_is_zero(&id);
        if (fits) {
            memcpy(out, &id, sizeof(id));
        }
        return fits;
    case FZ_FIELD_SHOP:
        fits = fz_party_parse(FZ_LETTER_SHOP, text, len, &number);
        break;
    case FZ_FIELD_RESIDENT:
        fits = fz_party_parse(FZ_LETTER_RESIDENT, text, len, &number);
        break;
    case FZ_FIELD_TERMINAL:
        fits = fz_terminal_parse(text, len, &number);
        break;
    case FZ_FIELD_TIME:
        fits = fz_time_parse(text, len, &number);
        number = number > 0 ? number : 1; /* 0 would mean that no time was given */
        break;
    case FZ_FIELD_NUMBER:
    case FZ_FIELD_TEXT:
    case FZ_FIELD_ASCII:
    case FZ_FIELD_YES:
        FZ_UNREACHABLE();
    }
    if (fits) {
        memcpy(out, &number, sizeof(number));
    }
    return fits;
}

/* How such a form looks, for the refusal. */
static const char *form_words(enum fz_field_type type)
{
    switch (type) {
    case FZ_FIELD_ID:
        return "a lower-case UUID";
    case FZ_FIELD_SHOP:
        return "a shop's id such as M00000042";
    case FZ_FIELD_RESIDENT:
        return "a resident's id such as R00000042";
    case FZ_FIELD_TERMINAL:
        return "a till's id such as T001";
    case FZ_FIELD_TIME:
        return "an RFC 3339 time such as 2026-12-01T00:00:00.000Z";
    case FZ_FIELD_NUMBER:
    case FZ_FIELD_TEXT:
    case FZ_FIELD_ASCII:
    case FZ_FIELD_YES:
        break;
    }
    FZ_UNREACHABLE();
}

static bool read_value(const struct fz_body_field *field,
                       const json_t *value,
                       void *out,
                       struct fz_body_fault *fault)
{
    if (field->type == FZ_FIELD_NUMBER) {
        return read_number(field, value, out, fault);
    }
    if (field->type == FZ_FIELD_YES) {
        bool is_yes = json_is_true(value);
        memcpy(out, &is_yes, sizeof(is_yes));
        return json_is_boolean(value) ||
               refuse(fault, field->name, "%s must be true or false", field->name);
    }
    if (!json_is_string(value)) {
        return refuse(fault, field->name, "%s must be a string", field->name);
    }
    if (field->type == FZ_FIELD_TEXT || field->type == FZ_FIELD_ASCII) {
        return read_text(field, value, out, fault);
    }
    if (!read_form(field->type, json_string_value(value), json_string_length(value), out)) {
        return refuse(fault, field->name, "%s must be %s", field->name, form_words(field->type));
    }
    return true;
}

static bool is_known(const char *name, const struct fz_body_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Faults are found in the order of the table, then unknown members in the order they were sent. */
static bool read_members(json_t *root,
                         const struct fz_body_table *table,
                         void *values,
                         struct fz_body_fault *fault)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct fz_body_field *field = &table->fields[i];
        const json_t *value = json_object_get(root, field->name);
        if (value == NULL && field->required) {
            return refuse(fault, field->name, "%s is missing", field->name);
        }
        if (value != NULL && !read_value(field, value, (char *)values + field->offset, fault)) {
            return false;
        }
    }
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(root, name, value)
    {
        if (!is_known(name, table)) {
            return refuse(fault, name, "this member is not known here");
        }
    }
    return true;
}

fz_rc fz_body_read(const uint8_t *bytes,
                   size_t len,
                   const struct fz_body_table *table,
                   void *values,
                   json_t **root_out,
                   struct fz_body_fault *fault_out)
{
    json_error_t error = {.position = 0};
    *root_out = NULL;
    json_t *root = len == 0 ? json_object()
                            : json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        (void)refuse(fault_out, "", "the body is not one JSON object (at byte %d)",
                     root == NULL ? error.position : 0);
        json_decref(root);
        return FZ_BAD_JSON;
    }
    if (!read_members(root, table, values, fault_out)) {
        json_decref(root);
        return FZ_BAD_FIELD;
    }
    *root_out = root;
    return FZ_OK;
}
