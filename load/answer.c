/*
 * load: the reader of answers, line by line. What it does not need of the head it skips; a chunked
 * body it refuses, since the switch sends none.
 */
#include "load/answer.h"

#include <string.h>
#include <strings.h>

#define HEAD_MAX 16384
#define BODY_MAX 262144

struct line {
    const char *at;
    size_t len;
};

/* Takes the next line, without its CR LF. False: it is not there yet. */
static bool next_line(const char *bytes, size_t len, size_t *at, struct line *line_out)
{
    const char *start = bytes + *at;
    const char *end = memchr(start, '\n', len - *at);
    if (end == NULL) {
        return false;
    }
    *at = (size_t)(end - bytes) + 1;
    line_out->at = start;
    line_out->len = (size_t)(end - start);
    if (line_out->len > 0 && start[line_out->len - 1] == '\r') {
        line_out->len--;
    }
    return true;
}

static bool read_status(const struct line *line, int *status_out)
{
    static const char version[] = "HTTP/1.1 ";
    const char *digit = line->at + sizeof(version) - 1;
    if (line->len < sizeof(version) + 2 || memcmp(line->at, version, sizeof(version) - 1) != 0) {
        return false;
    }
    *status_out = 0;
    for (int i = 0; i < 3; i++) {
        if (digit[i] < '0' || digit[i] > '9') {
            return false;
        }
        *status_out = *status_out * 10 + (digit[i] - '0');
    }
    return *status_out >= 200; /* nothing of ours asks for an interim answer */
}

static bool is_field(const struct line *line, const char *name, struct line *value_out)
{
    size_t name_len = strlen(name);
    if (line->len <= name_len || line->at[name_len] != ':' ||
        strncasecmp(line->at, name, name_len) != 0) {
        return false;
    }
    value_out->at = line->at + name_len + 1;
    value_out->len = line->len - name_len - 1;
    while (value_out->len > 0 && value_out->at[0] == ' ') {
        value_out->at++;
        value_out->len--;
    }
    return true;
}

static bool read_length(const struct line *value, size_t *length_out)
{
    *length_out = 0;
    for (size_t i = 0; i < value->len; i++) {
        if (value->at[i] < '0' || value->at[i] > '9' || *length_out > BODY_MAX) {
            return false;
        }
        *length_out = *length_out * 10 + (size_t)(value->at[i] - '0');
    }
    return value->len > 0 && *length_out <= BODY_MAX;
}

/* Reads one field of the head. False: it makes the answer unreadable. */
static bool
read_field(const struct line *line, struct fz_answer *answer, size_t *body_len, bool *has_length)
{
    struct line value;
    if (is_field(line, "content-length", &value)) {
        bool first = !*has_length;
        *has_length = true;
        return first && read_length(&value, body_len);
    }
    if (is_field(line, "connection", &value)) {
        answer->is_last = value.len == 5 && strncasecmp(value.at, "close", 5) == 0;
    }
    if (is_field(line, "retry-after", &value)) {
        answer->retry_after = value.len > 0 && value.at[0] >= '0' && value.at[0] <= '9';
    }
    return !is_field(line, "transfer-encoding", &value);
}

enum fz_answer_state
fz_answer_read(const char *bytes, size_t len, struct fz_answer *answer_out, size_t *used_out)
{
    size_t at = 0;
    size_t body_len = 0;
    bool has_length = false;
    struct line line;
    *answer_out = (struct fz_answer){.status = 0};
    while (next_line(bytes, len, &at, &line)) {
        if (answer_out->status == 0) {
            if (!read_status(&line, &answer_out->status)) {
                return FZ_ANSWER_MALFORMED;
            }
        } else if (line.len > 0) {
            if (!read_field(&line, answer_out, &body_len, &has_length)) {
                return FZ_ANSWER_MALFORMED;
            }
        } else {
            answer_out->body = bytes + at;
            answer_out->body_len = body_len;
            *used_out = at + body_len;
            if (!has_length) {
                return FZ_ANSWER_MALFORMED;
            }
            return *used_out <= len ? FZ_ANSWER_WHOLE : FZ_ANSWER_PARTIAL;
        }
    }
    return len > HEAD_MAX ? FZ_ANSWER_MALFORMED : FZ_ANSWER_PARTIAL;
}
