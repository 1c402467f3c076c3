/*
 * An HTTP request as a fuzzer's text: a line "METHOD target", lines "Name: value", an empty line,
 * the body. Loose on purpose: what of it a server would let through is for the target to say.
 */
#ifndef TESTS_FUZZ_HTTP_TEXT_H
#define TESTS_FUZZ_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "switch/http/request_state.h"

struct http_text {
    char *copy; /* owned: the whole text, cut at its lines */
    const char *method;
    const char *target;
    struct fz_field fields[FZ_REQUEST_FIELDS_MAX]; /* values without white space around them */
    size_t fields_len;
    const uint8_t *body;
    size_t body_len;
};

/*
 * False: there is no request line, a line holds a control character, or there are too many fields.
 * Free with http_text_fini(), also then.
 */
bool http_text_read(struct http_text *text, const uint8_t *bytes, size_t len);
void http_text_fini(struct http_text *text);

#endif
