/*
 * load: reads one HTTP/1.1 answer with a Content-Length out of a buffer. Pure, and as cheap as can
 * be, because the client shares the machine with the server it measures.
 */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct fz_answer {
    int status;
    bool is_last;     /* the server closes the connection after it */
    bool retry_after; /* it has that header */
    const char *body;
    size_t body_len; /* borrowed from the buffer */
};

enum fz_answer_state {
    FZ_ANSWER_PARTIAL,  /* more bytes are needed */
    FZ_ANSWER_WHOLE,    /* *answer_out is set, *used_out bytes are consumed */
    FZ_ANSWER_MALFORMED /* no answer that our switch could give */
};

enum fz_answer_state
fz_answer_read(const char *bytes, size_t len, struct fz_answer *answer_out, size_t *used_out);

#endif
