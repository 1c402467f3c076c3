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
        if (i == fields_len || seen[i] || !read_number(&parameter, &number) ||
            number < fields[i].min || number > fields[i].max) {
            keep_name(&parameter, name_out);
            return FZ_BAD_QUERY;
        }
        seen[i] = true;
        memcpy((char *)values + fields[i].offset, &number, sizeof(number));
    }
    return FZ_OK;
}
