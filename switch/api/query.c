/*
 * Room switch/api. The query reader.
 */
#include "switch/api/query.h"

#include <stdbool.h>
#include <string.h>

#include "feezero/assert.h"

#define FIELDS_MAX 8
#define DIGITS_MAX 18 /* so that no number can overflow */

struct parameter {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};

/* Takes the parameter at *at, up to the next "&", and moves behind it; *at is NULL at the end. */
static struct parameter take(const char **at)
{
    struct parameter parameter = {.name = *at};
    size_t len = strcspn(*at, "&");
    parameter.name_len = strcspn(*at, "=&");
    if (parameter.name_len < len) {
        parameter.value = *at + parameter.name_len + 1;
        parameter.value_len = len - parameter.name_len - 1;
    }
    *at = (*at)[len] == '&' ? *at + len + 1 : NULL;
    return parameter;
}

static bool read_number(const struct parameter *parameter, int64_t *number_out)
{
    int64_t number = 0;
    if (parameter->value_len == 0 || parameter->value_len > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < parameter->value_len; i++) {
        char c = parameter->value[i];
        if (c < '0' || c > '9') {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    *number_out = number;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "+" stays what it is: the offset of a time begins with one. */
static bool decode(const struct parameter *parameter, char text[FZ_QUERY_TEXT_MAX + 1])
{
    size_t len = 0;
    for (size_t i = 0; i < parameter->value_len; i++) {
        int c = (unsigned char)parameter->value[i];
        if (c == '%') {
            int high = parameter->value_len - i > 2 ? hex_digit(parameter->value[i + 1]) : -1;
            int low = high < 0 ? -1 : hex_digit(parameter->value[i + 2]);
            c = low < 0 ? 0 : high * 16 + low;
            i += 2;
        }
        if (c == 0 || len == FZ_QUERY_TEXT_MAX) {
            return false;
        }
        text[len++] = (char)c;
    }
    text[len] = '\0';
    return len > 0;
}

static bool read_value(const struct fz_query_field *field,
                       const struct parameter *parameter,
                       int64_t *number_out)
{
    char text[FZ_QUERY_TEXT_MAX + 1];
    bool is_read = field->read == NULL
                       ? read_number(parameter, number_out)
                       : decode(parameter, text) && field->read(text, strlen(text), number_out);
    return is_read && *number_out >= field->min && *number_out <= field->max;
}

/* The row of a parameter; fields_len if there is none. */
static size_t
find(const struct fz_query_field *fields, size_t fields_len, const struct parameter *parameter)
{
    size_t i = 0;
    while (i < fields_len && (strlen(fields[i].name) != parameter->name_len ||
                              memcmp(fields[i].name, parameter->name, parameter->name_len) != 0)) {
        i++;
    }
    return i;
}

static void keep_name(const struct parameter *parameter, char *name_out)
{
    size_t len = parameter->name_len;
    if (len >= FZ_QUERY_NAME_SIZE) {
        len = FZ_QUERY_NAME_SIZE - 1;
    }
    memcpy(name_out, parameter->name, len);
    name_out[len] = '\0';
}

fz_rc fz_query_read(const char *query,
                    const struct fz_query_field *fields,
                    size_t fields_len,
                    void *values,
                    char name_out[FZ_QUERY_NAME_SIZE])
{
    bool seen[FIELDS_MAX] = {false};
    fz_assert(fields_len <= FIELDS_MAX);
    while (query != NULL) {
        struct parameter parameter = take(&query);
        size_t i = find(fields, fields_len, &parameter);
        int64_t number = 0;
        if (i == fields_len || seen[i] || !read_value(&fields[i], &parameter, &number)) {
            keep_name(&parameter, name_out);
            return FZ_BAD_QUERY;
        }
        seen[i] = true;
        memcpy((char *)values + fields[i].offset, &number, sizeof(number));
    }
    return FZ_OK;
}
