/*
 * The reader of HTTP answers: whole ones, ones that are still coming, and what is none.
 */
#include "load/answer.h"

#include <criterion/criterion.h>
#include <string.h>

static enum fz_answer_state read_text(const char *text, struct fz_answer *answer, size_t *used)
{
    return fz_answer_read(text, strlen(text), answer, used);
}

Test(load_answer, reads_a_whole_one)
{
    static const char text[] = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\n"
                               "CONTENT-LENGTH:  7\r\n\r\n{\"a\":1}HTTP/1.1";
    struct fz_answer answer;
    size_t used = 0;
    cr_assert_eq(read_text(text, &answer, &used), FZ_ANSWER_WHOLE);
    cr_expect_eq(answer.status, 201);
    cr_expect_not(answer.is_last);
    cr_expect_eq(answer.body_len, 7);
    cr_expect_arr_eq(answer.body, "{\"a\":1}", 7);
    cr_expect_eq(used, strlen(text) - strlen("HTTP/1.1"));
}

Test(load_answer, sees_the_last_one)
{
    struct fz_answer answer;
    size_t used = 0;
    cr_assert_eq(read_text("HTTP/1.1 503 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                           &answer, &used),
                 FZ_ANSWER_WHOLE);
    cr_expect(answer.is_last);
    cr_expect_eq(answer.body_len, 0);
}

Test(load_answer, sees_when_to_come_again)
{
    static const struct {
        const char *text;
        bool retry_after;
    } rows[] = {
        {"HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 503 No\r\nContent-Length: 0\r\nretry-after:30\r\n\r\n", true},
        {"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 503 No\r\nRetry-After: \r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 503 No\r\nX-Retry-After: 1\r\nContent-Length: 0\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fz_answer answer;
        size_t used = 0;
        cr_assert_eq(read_text(rows[i].text, &answer, &used), FZ_ANSWER_WHOLE);
        cr_expect_eq(answer.retry_after, rows[i].retry_after, "%s", rows[i].text);
    }
}

Test(load_answer, waits_for_every_byte)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    struct fz_answer answer;
    size_t used = 0;
    for (size_t len = 0; len < strlen(text); len++) {
        cr_expect_eq(fz_answer_read(text, len, &answer, &used), FZ_ANSWER_PARTIAL, "at %zu", len);
    }
    cr_expect_eq(read_text(text, &answer, &used), FZ_ANSWER_WHOLE);
}

Test(load_answer, refuses_what_is_none)
{
    static const char *const texts[] = {
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\r\n\r\n",
    };
    struct fz_answer answer;
    size_t used = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_eq(read_text(texts[i], &answer, &used), FZ_ANSWER_MALFORMED, "%s", texts[i]);
    }
}

Test(load_answer, does_not_wait_for_ever_for_a_head)
{
    static char text[20000];
    struct fz_answer answer;
    size_t used = 0;
    memset(text, 'x', sizeof(text));
    cr_expect_eq(fz_answer_read(text, 1000, &answer, &used), FZ_ANSWER_PARTIAL);
    cr_expect_eq(fz_answer_read(text, sizeof(text), &answer, &used), FZ_ANSWER_MALFORMED);
}
