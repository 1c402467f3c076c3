/*
 * Room switch/api. The JSON writer. Commas need no state: one is due unless something was just
 * opened.
 */
#include "switch/api/json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/encode.h"
#include "switch/api/text.h"
#include "switch/http/problem.h"

#define FIRST_SIZE 512
#define ESCAPED_MAX 6 /* bytes one byte of text can become: \u001f */

void fz_json_out_init(struct fz_json_out *out)
{
    *out = (struct fz_json_out){.text = NULL};
}

void fz_json_out_fini(struct fz_json_out *out)
{
    free(out->text);
    *out = (struct fz_json_out){.text = NULL};
}

/* Makes room for `len` more bytes and a NUL. */
static bool reserve(struct fz_json_out *out, size_t len)
{
    size_t needed = out->len + len + 1;
    if (out->failed || needed <= out->size) {
        return !out->failed;
    }
    size_t size = out->size == 0 ? FIRST_SIZE : out->size;
    while (size < needed) {
        size *= 2;
    }
    char *text = realloc(out->text, size);
    if (text == NULL) {
        out->failed = true;
        return false;
    }
    out->text = text;
    out->size = size;
    return true;
}

static void put(struct fz_json_out *out, const char *bytes, size_t len)
{
    if (reserve(out, len)) {
        memcpy(out->text + out->len, bytes, len);
        out->len += len;
        out->text[out->len] = '\0';
    }
}

static void put_char(struct fz_json_out *out, char c)
{
    put(out, &c, 1);
}

/* What stands in front of a value. */
static void begin_value(struct fz_json_out *out, const char *name)
{
    if (out->len > 0 && out->text[out->len - 1] != '{' && out->text[out->len - 1] != '[') {
        put_char(out, ',');
    }
    if (name != NULL) {
        put_char(out, '"');
        put(out, name, strlen(name));
        put(out, "\":", 2);
    }
}

void fz_json_out_object(struct fz_json_out *out, const char *name)
{
    begin_value(out, name);
    put_char(out, '{');
}

void fz_json_out_end_object(struct fz_json_out *out)
{
    put_char(out, '}');
}

void fz_json_out_list(struct fz_json_out *out, const char *name)
{
    begin_value(out, name);
    put_char(out, '[');
}

void fz_json_out_end_list(struct fz_json_out *out)
{
    put_char(out, ']');
}

void fz_json_out_text(struct fz_json_out *out, const char *name, const char *text)
{
    begin_value(out, name);
    put_char(out, '"');
    if (reserve(out, strlen(text) * ESCAPED_MAX)) {
        fz_json_escape(out->text, out->size, &out->len, text);
    }
    put_char(out, '"');
}

void fz_json_out_number(struct fz_json_out *out, const char *name, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, number);
    fz_assert(len > 0);
    begin_value(out, name);
    put(out, text, (size_t)len);
}

void fz_json_out_bool(struct fz_json_out *out, const char *name, bool value)
{
    begin_value(out, name);
    put(out, value ? "true" : "false", value ? 4 : 5);
}

void fz_json_out_null(struct fz_json_out *out, const char *name)
{
    begin_value(out, name);
    put(out, "null", 4);
}

void fz_json_out_raw(struct fz_json_out *out, const char *name, const char *json, size_t len)
{
    begin_value(out, name);
    put(out, json, len);
}

void fz_json_out_id(struct fz_json_out *out, const char *name, const struct fz_id *id)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(id, text);
    fz_json_out_text(out, name, text);
}

void fz_json_out_time(struct fz_json_out *out, const char *name, int64_t time_us)
{
    char text[FZ_TIME_TEXT_SIZE];
    fz_time_text(time_us, text);
    fz_json_out_text(out, name, text);
}

void fz_json_out_party(struct fz_json_out *out, const char *name, char letter, int64_t party)
{
    char text[FZ_PARTY_TEXT_SIZE];
    fz_party_text(letter, party, text);
    fz_json_out_text(out, name, text);
}

void fz_json_out_terminal(struct fz_json_out *out, const char *name, int32_t terminal)
{
    char text[FZ_TERMINAL_TEXT_SIZE];
    fz_terminal_text(terminal, text);
    fz_json_out_text(out, name, text);
}

void fz_json_out_hex(struct fz_json_out *out, const char *name, const uint8_t *bytes, size_t len)
{
    begin_value(out, name);
    put_char(out, '"');
    if (reserve(out, FZ_HEX_SIZE(len))) {
        fz_hex_encode(bytes, len, out->text + out->len);
        out->len += 2 * len;
    }
    put_char(out, '"');
}
