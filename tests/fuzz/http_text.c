/*
 * An HTTP request as text, see the header.
 */
#include "tests/fuzz/http_text.h"

#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"

/* The next line as a string, without its line feed; NULL at the end, or if it is not text. */
static char *take_line(char **at, const char *end)
{
    char *line = *at;
    char *feed = memchr(line, '\n', (size_t)(end - line));
    if (feed == NULL) {
        return NULL;
    }
    *feed = '\0';
    *at = feed + 1;
    for (const char *c = line; c < feed; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f) {
            return NULL;
        }
    }
    return line;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    for (size_t len = strlen(text); len > 0 && strchr(" \t", text[len - 1]) != NULL; len--) {
        text[len - 1] = '\0';
    }
    return text;
}

bool http_text_read(struct http_text *text, const uint8_t *bytes, size_t len)
{
    *text = (struct http_text){.copy = malloc(len + 1)};
    fz_assert(text->copy != NULL);
    memcpy(text->copy, bytes, len);
    char *at = text->copy;
    const char *end = at + len;
    char *line = take_line(&at, end);
    char *space = line != NULL ? strchr(line, ' ') : NULL;
    if (space == NULL || space == line || strpbrk(space + 1, " \t") != NULL) {
        return false;
    }
    *space = '\0';
    text->method = line;
    text->target = space + 1;
    while ((line = take_line(&at, end)) != NULL && line[0] != '\0') {
        char *colon = strchr(line, ':');
        if (colon == NULL || colon == line || text->fields_len == FZ_REQUEST_FIELDS_MAX) {
            return false;
        }
        *colon = '\0';
        text->fields[text->fields_len++] =
            (struct fz_field){.name = line, .value = trim(colon + 1)};
    }
    text->body = bytes + (at - text->copy);
    text->body_len = (size_t)(end - at);
    return line != NULL;
}

void http_text_fini(struct http_text *text)
{
    free(text->copy);
    text->copy = NULL;
}
