/*
 * More clients than a worker has time for, over real TLS: some are refused, at once and with the
 * right words, the others served; who only asks is answered. Nothing here looks at a clock.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "tests/http/testbed.h"

#define CROWD (2 * FZ_HTTP_WAITING_MAX)
#define FEW 32
#define ROUNDS 2

static struct bed bed;
static struct answer answer;
static struct client clients[CROWD];

static const char put[] =
    "PUT /burn HTTP/1.1\r\nHost: a\r\nSignature: s\r\nContent-Length: 0\r\n\r\n";
static const char get[] = "GET /v1/signed HTTP/1.1\r\nHost: a\r\nSignature: s\r\n\r\n";

static void set_up(void)
{
    bed_create(&bed);
    bed_start(&bed);
}

static void tear_down(void)
{
    bed_destroy(&bed);
}

TestSuite(shed, .init = set_up, .fini = tear_down, .timeout = 120);

struct tally {
    unsigned served;
    unsigned refused;
    unsigned asked; /* of the answers: to what only asked */
};

static void open_all(unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        cr_assert(client_open(&clients[i], bed.port, 0));
    }
}

static void close_all(unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        client_close(&clients[i], false);
    }
}

static void expect_refusal(void)
{
    cr_expect_eq(answer.status, 503);
    cr_expect(strstr(answer.head, "\r\nRetry-After: 1\r\n") != NULL, "%s", answer.head);
    cr_expect(strstr(answer.head, "\r\nContent-Type: application/problem+json\r\n") != NULL);
    cr_expect(strstr(answer.head, "\r\nX-Request-Id: ") != NULL);
    cr_expect(strstr(answer.head, "\r\nConnection: close") == NULL, "%s", answer.head);
    cr_expect(strstr(answer.body, "\"code\":\"overloaded\"") != NULL, "%s", answer.body);
    cr_expect(strstr(answer.body, "\"status\":503") != NULL, "%s", answer.body);
    cr_expect(strstr(answer.body, "\"retryable\":true,\"retry_after\":1}") != NULL, "%s",
              answer.body);
}

/* What refusals are paid with. */
static void earn(void)
{
    struct client client;
    cr_assert(client_open(&client, bed.port, 0));
    for (unsigned i = 0; i < CROWD; i++) {
        client_send(&client, get);
        client_read(&client, false, &answer);
        cr_assert_eq(answer.status, 200);
    }
    client_close(&client, false);
}

/* Everybody sends at once, every tenth only asks; then all answers are read, and so on. */
static struct tally flood(unsigned len)
{
    struct tally tally = {.served = 0};
    open_all(len);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < len; i++) {
            client_send(&clients[i], i % 10 == 9 ? get : put);
        }
        for (unsigned i = 0; i < len; i++) {
            client_read(&clients[i], false, &answer);
            if (i % 10 == 9) {
                cr_expect_eq(answer.status, 200, "who asks is told, also now");
                tally.asked++;
            } else if (answer.status == 200) {
                tally.served++;
            } else {
                expect_refusal();
                tally.refused++;
            }
        }
    }
    close_all(len);
    return tally;
}

static unsigned metric(const char *family)
{
    char line[128];
    fetch(bed.port, "/metrics", &answer);
    cr_assert_eq(answer.status, 200);
    int len = snprintf(line, sizeof(line), "\n%s{worker=\"1\"} ", family);
    const char *at = strstr(answer.body, line);
    cr_assert(at != NULL, "there is no %s", family);
    return (unsigned)strtoul(at + len, NULL, 10);
}

Test(shed, refuses_what_there_is_no_time_for)
{
    earn();
    struct tally tally = flood(CROWD);
    cr_expect_gt(tally.refused, 0);
    cr_expect_gt(tally.served, 0);
    cr_expect_gt(tally.asked, 0);
    fetch(bed.port, "/burnt", &answer);
    cr_expect_eq(strtoul(answer.body, NULL, 10), tally.served, "what was refused was not begun");
    cr_expect_eq(metric("feezero_http_requests_shed_total"), tally.refused);
    cr_expect_eq(metric("feezero_http_requests_waiting"), 0);
    cr_expect(bed_log_has(&bed, "ev=http.overloaded refused=", 1));
}

Test(shed, refuses_nobody_when_there_is_time)
{
    earn();
    struct tally tally = flood(FEW);
    cr_expect_eq(tally.refused, 0);
    cr_expect_eq(tally.served + tally.asked, FEW * ROUNDS);
    cr_expect_eq(metric("feezero_http_requests_shed_total"), 0);
}

/* Who waits when the worker is told to stop is served all the same. */
Test(shed, serves_who_waits_when_it_stops)
{
    open_all(FEW);
    for (unsigned i = 0; i < FEW; i++) {
        client_send(&clients[i], put);
    }
    client_read(&clients[0], false, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect_eq(bed_stop(&bed, SIGTERM), 0);
    for (unsigned i = 1; i < FEW; i++) {
        client_read(&clients[i], false, &answer);
        cr_expect_eq(answer.status, 200, "client %u", i);
    }
    close_all(FEW);
}

/* At once, with nobody served any more: a worker that leaves its line behind would not end well. */
Test(shed, ends_with_a_line_before_it)
{
    open_all(CROWD);
    for (unsigned i = 0; i < CROWD; i++) {
        client_send(&clients[i], put);
    }
    client_read(&clients[0], false, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect_eq(bed_stop(&bed, SIGQUIT), 0);
    close_all(CROWD);
}
