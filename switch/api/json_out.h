/*
 * Room switch/api. Writes JSON: compact, members in the order in which they are put, which is
 * alphabetical everywhere in this room. Our own few lines instead of a library's, because the bytes
 * of a decided answer must stay the same for ever, whatever version of a library we link.
 *
 *     struct fz_json_out out;
 *     fz_json_out_init(&out);
 *     fz_json_out_object(&out, NULL);
 *     fz_json_out_number(&out, "amount", 1480);
 *     fz_json_out_end_object(&out);       -> {"amount":1480}
 *
 * `name` is the member's name, static ASCII, or NULL for the outermost value and in lists. When
 * memory runs out `failed` is set and everything after it does nothing: ask once, at the end.
 */
#ifndef SWITCH_API_JSON_OUT_H
#define SWITCH_API_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/id.h"

struct fz_json_out {
    char *text; /* NUL-terminated when anything was written */
    size_t len;
    size_t size;
    bool failed;
};

void fz_json_out_init(struct fz_json_out *out);
void fz_json_out_fini(struct fz_json_out *out); /* frees the text */

void fz_json_out_object(struct fz_json_out *out, const char *name);
void fz_json_out_end_object(struct fz_json_out *out);
void fz_json_out_list(struct fz_json_out *out, const char *name);
void fz_json_out_end_list(struct fz_json_out *out);

/* `text` is UTF-8 and is escaped. */
void fz_json_out_text(struct fz_json_out *out, const char *name, const char *text);
void fz_json_out_number(struct fz_json_out *out, const char *name, int64_t number);
void fz_json_out_bool(struct fz_json_out *out, const char *name, bool value);
void fz_json_out_null(struct fz_json_out *out, const char *name);

/* JSON made elsewhere, byte for byte. */
void fz_json_out_raw(struct fz_json_out *out, const char *name, const char *json, size_t len);

/* Our own forms, as strings. */
void fz_json_out_id(struct fz_json_out *out, const char *name, const struct fz_id *id);
void fz_json_out_time(struct fz_json_out *out, const char *name, int64_t time_us);
void fz_json_out_party(struct fz_json_out *out, const char *name, char letter, int64_t party);
void fz_json_out_terminal(struct fz_json_out *out, const char *name, int32_t terminal);
void fz_json_out_hex(struct fz_json_out *out, const char *name, const uint8_t *bytes, size_t len);

#endif
