/*
 * The HTTP front over real TLS: what it refuses and how, keep-alive, answers that come late,
 * clients that vanish, limits.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "feezero/limits.h"
#include "tests/http/testbed.h"
#include "tests/support/leak.h"

static struct bed bed;
static struct answer answer;

static void set_up(void)
{
    bed_create(&bed);
}

static void tear_down(void)
{
    bed_destroy(&bed);
}

TestSuite(server, .init = set_up, .fini = tear_down, .timeout = 60);

/* One refusal: request text, and what the answer must say. */
struct refusal {
    const char *name;
    const char *request;
    int status;
    const char *code;
    bool closes;
};

static const struct refusal refusals[] = {
    {"unknown path", "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", false},
    {"trailing slash", "GET /healthz/ HTTP/1.1\r\nHost: a\r\n\r\n", 404, "not-found", false},
    {"empty capture", "PUT /v1/things/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404,
     "not-found", false},
    {"wrong method", "PUT /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
     "method-not-allowed", false},
    {"PATCH", "PATCH /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405,
     "method-not-allowed", false},
    {"TRACE", "TRACE /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method-not-allowed", false},
    {"TRACE with a body",
     "TRACE /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n"
     "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
     405, "method-not-allowed", true},
    {"no content type", "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 415,
     "media-type", false},
    {"wrong content type",
     "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/jsonp\r\n"
     "Content-Length: 2\r\n\r\n{}",
     415, "media-type", false},
    {"no body", "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 400,
     "bad-request", false},
    {"a body too many",
     "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
     "Content-Length: 2\r\n\r\n{}",
     400, "bad-request", false},
    {"gate", "GET /v1/signed HTTP/1.1\r\nHost: a\r\n\r\n", 401, "signature-missing", false},
    {"gate by flag",
     "POST /v1/enrol HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
     "Content-Length: 2\r\n\r\n{}",
     401, "signature-missing", false},
    {"HEAD of a signed path", "HEAD /v1/signed HTTP/1.1\r\nHost: a\r\n\r\n", 405, NULL, false},
    {"two lengths",
     "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
     "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
     400, "bad-request", true},
    {"signed length",
     "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
     "Content-Length: +2\r\n\r\n{}",
     400, "bad-request", true},
    {"space before the colon", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n", 400,
     "bad-request", true},
    {"two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad-request", true},
    {"control character in the target", "GET /he\x01lthz HTTP/1.1\r\nHost: a\r\n\r\n", 400,
     "bad-request", true},
    {"fragment", "GET /healthz#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad-request", true},
};

Test(server, refuses_with_typed_problems)
{
    bed_start(&bed);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *row = &refusals[i];
        struct client client;
        cr_assert(client_open(&client, bed.port, 0));
        client_send(&client, row->request);
        client_read(&client, row->code == NULL, &answer);
        cr_expect_eq(answer.status, row->status, "%s: %d", row->name, answer.status);
        cr_expect(strstr(answer.head, "\r\nX-Request-Id: ") != NULL, "%s", row->name);
        cr_expect(strstr(answer.head, "\r\nContent-Type: application/problem+json\r\n") != NULL,
                  "%s: %s", row->name, answer.head);
        if (row->code != NULL) {
            char member[64];
            (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", row->code);
            cr_expect(strstr(answer.body, member) != NULL, "%s: %s", row->name, answer.body);
        }
        cr_expect_eq(strstr(answer.head, "\r\nConnection: close\r\n") != NULL, row->closes,
                     "%s: %s", row->name, answer.head);
        cr_expect_eq(client_is_closed(&client, row->closes ? 5000 : 0), row->closes, "%s",
                     row->name);
        client_close(&client, false);
    }
    FZ_EXPECT_NO_LEAK();
}

/* evhttp itself sees to this one, in HTML; what counts is that nothing behind it is read. */
Test(server, does_not_guess_where_a_body_ends)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client,
                "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
                "2\r\n{}\r\n0\r\n\r\nGET /die HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 400);
    cr_expect(client_is_closed(&client, 5000));
    client_close(&client, false);
}

/* evhttp would read on behind the answer, "Connection: close" or not. */
Test(server, hangs_up_on_connect)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    cr_expect(client_is_closed(&client, 5000));
    client_close(&client, false);
}

Test(server, names_the_allowed_methods)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "DELETE /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 405);
    cr_expect(strstr(answer.head, "\r\nAllow: GET, HEAD\r\n") != NULL, "%s", answer.head);
    client_send(&client, "DELETE /v1/things/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect(strstr(answer.head, "\r\nAllow: PUT\r\n") != NULL, "%s", answer.head);
    client_close(&client, false);
}

/* Sends a PUT whose body has `len` bytes and reads the answer. */
static void put_body(size_t len)
{
    struct client client;
    char head[256];
    char *body = malloc(len);
    cr_assert(body != NULL);
    memset(body, ' ', len);
    cr_assert(client_open(&client, bed.port, 0));
    (void)snprintf(head, sizeof(head),
                   "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\n"
                   "Content-Type: application/json; charset=utf-8\r\nContent-Length: %zu\r\n\r\n",
                   len);
    client_send(&client, head);
    client_send_bytes(&client, body, len);
    client_read(&client, false, &answer);
    client_close(&client, false);
    free(body);
}

Test(server, bounds_the_body)
{
    bed_start(&bed);
    put_body(FZ_HTTP_BODY_MAX);
    cr_expect_eq(answer.status, 201);
    cr_expect_eq(answer.body_len, FZ_HTTP_BODY_MAX);
    put_body(FZ_HTTP_BODY_MAX + 1);
    cr_expect_eq(answer.status, 413);
    cr_expect(strstr(answer.body, "\"code\":\"body-too-large\"") != NULL);
    put_body(4 * FZ_HTTP_BODY_MAX + 1);
    cr_expect_eq(answer.status, 413);
    cr_expect(strstr(answer.head, "Connection: close") != NULL);
}

/* Sends a GET with one header field of `len` bytes and reads the answer. */
static void get_with_header(size_t len)
{
    struct client client;
    char *value = malloc(len + 1);
    cr_assert(value != NULL);
    memset(value, 'a', len);
    value[len] = '\0';
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ");
    client_send(&client, value);
    client_send(&client, "\r\n\r\n");
    client_read(&client, false, &answer);
    client_close(&client, false);
    free(value);
}

Test(server, bounds_the_header_fields)
{
    bed_start(&bed);
    get_with_header(FZ_HTTP_HEADERS_MAX - 100);
    cr_expect_eq(answer.status, 200);
    get_with_header(FZ_HTTP_HEADERS_MAX);
    cr_expect_eq(answer.status, 400);
    cr_expect(strstr(answer.body, "\"code\":\"bad-request\"") != NULL);
    get_with_header((size_t)4 * FZ_HTTP_HEADERS_MAX + 1000);
    cr_expect(answer.status == 400 || answer.status == 0, "%d", answer.status);
    get_with_header(10);
    cr_expect_eq(answer.status, 200, "the server still serves");
}

Test(server, bounds_target_and_field_count)
{
    static char request[32768];
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    (void)snprintf(request, sizeof(request), "GET /show?%0*d HTTP/1.1\r\nHost: a\r\n\r\n",
                   FZ_HTTP_PATH_MAX, 1);
    client_send(&client, request);
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 400);
    client_close(&client, false);

    cr_assert(client_open(&client, bed.port, 0));
    size_t len = (size_t)snprintf(request, sizeof(request), "GET /show HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 64; i++) {
        len += (size_t)snprintf(request + len, sizeof(request) - len, "X-%d: 1\r\n", i);
    }
    (void)snprintf(request + len, sizeof(request) - len, "\r\n");
    client_send(&client, request);
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 400);
    client_close(&client, false);
}

Test(server, hands_over_what_a_signature_covers)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "GET /show?a=%20&b=+ HTTP/1.1\r\nhost: shop.example:8443\r\n"
                         "x-test:  one \t\r\nX-TEST: two\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body,
                     "GET|/show?a=%20&b=+|/show|a=%20&b=+|shop.example:8443|one, two\n");
    client_send(&client, "GET /show? HTTP/1.1\r\nHost: a\r\nX-Test:\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body, "GET|/show?|/show||a|\n");
    client_send(&client, "GET https://shop.example/show HTTP/1.1\r\nHost: shop.example\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body, "GET|https://shop.example/show|/show|-|shop.example|-\n");
    client_close(&client, false);
}

Test(server, passes_captures_and_bodies)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "POST /v1/things/a%2Fb/cancel HTTP/1.1\r\nHost: a\r\n"
                         "Content-Type: APPLICATION/JSON\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 201);
    cr_expect(strstr(answer.head, "\r\nX-Id: a%2Fb\r\n") != NULL, "%s", answer.head);
    cr_expect_str_eq(answer.body, "{\"a\":1}");
    client_send(&client,
                "POST /v1/things/7/cancel HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 201);
    cr_expect_eq(answer.body_len, 0);
    client_close(&client, false);
}

Test(server, answers_head_and_keeps_the_connection)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, true, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(strstr(answer.head, "\r\nContent-Length: 3\r\n") != NULL);
    client_get(&client, "/healthz", &answer);
    cr_expect_str_eq(answer.body, "ok\n");
    client_close(&client, false);
}

Test(server, closes_behind_a_head_with_a_body)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
                         "GET /die HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, true, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(strstr(answer.head, "Connection: close") != NULL);
    cr_expect(client_is_closed(&client, 5000));
    client_close(&client, false);
}

Test(server, serves_requests_sent_in_one_go)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "GET /wait?50 HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
                         "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body, "waited\n");
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body, "ok\n");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 404);
    client_close(&client, false);
}

Test(server, serves_many_requests)
{
    struct client clients[8];
    bed_start(&bed);
    for (size_t i = 0; i < 8; i++) {
        cr_assert(client_open(&clients[i], bed.port, 0));
    }
    for (size_t i = 0; i < 2000; i++) {
        client_get(&clients[i % 8], "/healthz", &answer);
        cr_assert_eq(answer.status, 200, "request %zu", i);
    }
    for (size_t i = 0; i < 8; i++) {
        client_close(&clients[i], false);
    }
}

/* Waits until /gone counts so many clients that went and so many open requests, itself included. */
static bool gone_becomes(unsigned gone, unsigned open)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "gone %u open %u\n", gone, open);
    for (int attempt = 0; attempt < 200; attempt++) {
        struct timespec pause = {.tv_nsec = 20000000};
        fetch(bed.port, "/gone", &answer);
        if (strcmp(answer.body, text) == 0) {
            return true;
        }
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

Test(server, survives_clients_that_do_not_wait)
{
    bed_start(&bed);
    for (int i = 0; i < 20; i++) {
        struct client client;
        cr_assert(client_open(&client, bed.port, 0));
        client_send(&client, "GET /wait?200 HTTP/1.1\r\nHost: a\r\n\r\n");
        client_close(&client, i % 2 == 0);
    }
    /* The one open request is /gone itself: all others were answered into the void. */
    cr_expect(gone_becomes(0, 1), "%s", answer.body);
    cr_expect_eq(bed_stop(&bed, SIGTERM), 0);
}

Test(server, tells_long_polls_that_the_client_went)
{
    bed_start(&bed);
    for (int i = 0; i < 20; i++) {
        struct client client;
        cr_assert(client_open(&client, bed.port, 0));
        client_send(&client, "GET /poll?60000 HTTP/1.1\r\nHost: a\r\n\r\n");
        /* A request that has not been read yet has nobody to be told. */
        cr_assert(gone_becomes((unsigned)i, 2), "%s", answer.body);
        client_close(&client, i % 2 == 0);
    }
    cr_expect(gone_becomes(20, 1), "%s", answer.body);
}

Test(server, answers_a_poll_in_time)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    for (int i = 0; i < 3; i++) {
        client_get(&client, "/poll?50", &answer);
        cr_expect_str_eq(answer.body, "waited\n");
    }
    client_close(&client, false);
    cr_expect(gone_becomes(0, 1), "%s", answer.body);
}

Test(server, closes_who_is_too_slow)
{
    struct client silent;
    struct client handshaken;
    struct client drip;
    cr_assert_eq(setenv("FZ_TEST_IDLE_MS", "400", 1), 0);
    bed_start(&bed);
    client_connect(&silent, bed.port);
    cr_assert(client_open(&handshaken, bed.port, 0));
    cr_assert(client_open(&drip, bed.port, 0));
    client_get(&drip, "/wait?1000", &answer);
    cr_expect_eq(answer.status, 200, "a handler may take longer than the time-out");
    bool closed = false;
    for (int i = 0; i < 40 && !closed; i++) {
        closed = client_is_closed(&drip, 50);
        if (!closed) {
            size_t sent = 0;
            closed = SSL_write_ex(drip.session, "G", 1, &sent) != 1;
        }
    }
    cr_expect(closed, "a byte now and then keeps no connection open");
    cr_expect(client_is_closed(&handshaken, 5000));
    cr_expect(client_is_closed(&silent, 5000));
    client_close(&silent, false);
    client_close(&handshaken, false);
    client_close(&drip, false);
    fetch(bed.port, "/metrics", &answer);
    cr_expect(strstr(answer.body, "feezero_http_connections{worker=\"1\"} 1\n") != NULL, "%s",
              answer.body);
}

Test(server, closes_who_does_not_read)
{
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
    struct client client;
    cr_assert_eq(setenv("FZ_TEST_IDLE_MS", "500", 1), 0);
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    /* Far more answers than the buffers of two sockets hold. */
    for (int i = 0; i < 1000; i++) {
        client_send(&client, request);
    }
    bool closed = false;
    for (int attempt = 0; attempt < 100 && !closed; attempt++) {
        struct timespec pause = {.tv_nsec = 100000000};
        (void)nanosleep(&pause, NULL);
        fetch(bed.port, "/metrics", &answer);
        closed = strstr(answer.body,
                        "feezero_http_connections_timed_out_total{worker=\"1\"} 1\n") != NULL;
    }
    cr_expect(closed, "%s", answer.body);
    cr_expect(strstr(answer.body, "feezero_http_connections{worker=\"1\"} 1\n") != NULL);
    client_close(&client, false);
}

/* A line without an end is read by evhttp for as long as it comes. */
Test(server, cuts_off_who_sends_without_end)
{
    static const char begin[] = "PUT /v1/things/1 HTTP/1.1\r\nHost: a\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n";
    char block[16384];
    struct client client;
    (void)memset(block, '1', sizeof(block));
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, begin);
    for (int i = 0; i < 16; i++) {
        size_t sent = 0;
        (void)SSL_write_ex(client.session, block, sizeof(block), &sent); /* may be closed already */
    }
    cr_expect(bed_log_has(&bed, "ev=http.flood", 1));
    fetch(bed.port, "/metrics", &answer);
    cr_expect(strstr(answer.body, "feezero_http_connections{worker=\"1\"} 1\n") != NULL, "%s",
              answer.body);
    client_close(&client, false);
}

Test(server, refuses_connections_beyond_the_cap)
{
    struct client clients[4];
    struct client extra;
    cr_assert_eq(setenv("FZ_TEST_CONNECTIONS_MAX", "4", 1), 0);
    bed_start(&bed);
    for (size_t i = 0; i < 4; i++) {
        cr_assert(client_open(&clients[i], bed.port, 0));
    }
    for (size_t i = 0; i < 3; i++) {
        bool opened = client_open(&extra, bed.port, 0);
        cr_expect(!opened || client_is_closed(&extra, 5000), "connection %zu", 4 + i);
        if (opened) {
            client_close(&extra, false);
        }
    }
    client_get(&clients[0], "/healthz", &answer);
    cr_expect_eq(answer.status, 200, "those within the cap are served");
    client_close(&clients[1], false);
    struct timespec pause = {.tv_nsec = 200000000};
    (void)nanosleep(&pause, NULL);
    fetch(bed.port, "/healthz", &answer);
    cr_expect_eq(answer.status, 200, "room again");
    for (size_t i = 0; i < 4; i++) {
        if (i != 1) {
            client_close(&clients[i], false);
        }
    }
}

Test(server, speaks_tls_1_3_and_1_2_only)
{
    struct client client;
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, 0));
    cr_expect_eq(SSL_version(client.session), TLS1_3_VERSION);
    client_close(&client, false);
    cr_assert(client_open(&client, bed.port, TLS1_2_VERSION));
    cr_expect_eq(SSL_version(client.session), TLS1_2_VERSION);
    client_get(&client, "/healthz", &answer);
    cr_expect_eq(answer.status, 200);
    client_close(&client, false);
    cr_expect(!client_open(&client, bed.port, TLS1_1_VERSION));
    cr_expect(!client_open(&client, bed.port, TLS1_VERSION));
}

Test(server, survives_plain_text_and_garbage)
{
    struct client client;
    bed_start(&bed);
    client_connect(&client, bed.port);
    cr_assert(send(client.fd, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
    char bytes[64];
    ssize_t got = recv(client.fd, bytes, sizeof(bytes), 0);
    cr_expect(got <= 0 || memcmp(bytes, "HTTP", 4) != 0, "nothing is served in plain text");
    client_close(&client, false);
    cr_assert(client_open(&client, bed.port, 0));
    client_send(&client, "\x16\x03\x01 no request at all\r\n\r\n");
    client_read(&client, false, &answer);
    cr_expect(answer.status == 400 || answer.status == 0);
    client_close(&client, false);
    fetch(bed.port, "/healthz", &answer);
    cr_expect_eq(answer.status, 200);
}
