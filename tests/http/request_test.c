/*
 * Requests without a network: what is copied, how header fields are joined, one reply, and what
 * happens when the client is gone.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/http/metrics.h"
#include "switch/http/request_state.h"
#include "tests/support/leak.h"

/* What the transport saw. */
static struct seen {
    int sent;
    int finished;
    int watched;
    bool watching;
    int status;
    char content_type[64];
    char body[4096];
    char fields[256];
} seen;

static void on_send(void *carrier, struct fz_request *request, const struct fz_reply *reply)
{
    struct seen *to = carrier;
    (void)request;
    to->sent++;
    to->status = reply->status;
    (void)snprintf(to->content_type, sizeof(to->content_type), "%s", reply->content_type);
    cr_assert(reply->body_len < sizeof(to->body));
    memcpy(to->body, reply->body, reply->body_len);
    to->body[reply->body_len] = '\0';
    to->fields[0] = '\0';
    for (size_t i = 0; i < reply->fields_len; i++) {
        size_t len = strlen(to->fields);
        (void)snprintf(to->fields + len, sizeof(to->fields) - len, "%s=%s;", reply->fields[i].name,
                       reply->fields[i].value);
    }
}

static void on_watch(void *carrier, bool on)
{
    struct seen *to = carrier;
    to->watched++;
    to->watching = on;
}

static void on_finished(void *owner)
{
    struct seen *to = owner;
    to->finished++;
}

static const struct fz_transport transport = {on_send, on_watch, on_finished};

static struct fz_request *
make(const char *target, const struct fz_field *fields, size_t fields_len, const char *body)
{
    struct fz_request_parts parts = {
        .method = FZ_METHOD_PUT,
        .method_text = "PUT",
        .target = target,
        .peer = "192.0.2.7",
        .fields = fields,
        .fields_len = fields_len,
        .body = body,
        .body_len = strlen(body),
    };
    struct fz_request *request = NULL;
    cr_assert_eq(fz_request_create(&parts, &transport, &seen, &seen, &request), FZ_OK);
    return request;
}

Test(request, copies_what_it_is_made_of)
{
    char target[] = "/v1/a?b=%20";
    char value[] = " \tx ";
    char body[] = "{}";
    struct fz_field fields[] = {{"Host", "shop.example"}, {"X-A", value}};
    struct fz_request *request = make(target, fields, 2, body);
    memset(target, '#', sizeof(target) - 1);
    memset(value, '#', sizeof(value) - 1);
    memset(body, '#', sizeof(body) - 1);
    fields[1].name = "gone";
    cr_expect_str_eq(request->target, "/v1/a?b=%20");
    cr_expect_str_eq(request->path, "/v1/a");
    cr_expect_str_eq(request->query, "b=%20");
    cr_expect_str_eq(request->authority, "shop.example");
    cr_expect_str_eq((const char *)request->body, "{}");
    cr_expect_str_eq(fz_request_header(request, "x-a"), "x");
    cr_expect_str_eq(request->peer, "192.0.2.7");
    cr_expect_not(request->peer_is_loopback);
    cr_expect_eq(strlen(request->id), FZ_REQUEST_ID_LEN);
    fz_request_reply_json_bytes(request, 200, "1", 1);
    cr_expect_eq(seen.sent, 1);
    cr_expect_eq(seen.finished, 1);
    FZ_EXPECT_NO_LEAK();
}

struct target_row {
    const char *target;
    const char *path;
    const char *query;
};

static const struct target_row targets[] = {
    {"/", "/", NULL},        {"/?", "/", ""},          {"/a?b?c", "/a", "b?c"},
    {"http://h", "/", NULL}, {"http://h?q", "/", "q"}, {"HTTPS://h:1/a?q", "/a", "q"},
    {"https://", "/", NULL},
};

Test(request, splits_targets)
{
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct fz_request *request = make(targets[i].target, NULL, 0, "");
        cr_expect_str_eq(request->path, targets[i].path, "%s", targets[i].target);
        cr_expect_eq(request->query == NULL, targets[i].query == NULL, "%s", targets[i].target);
        if (request->query != NULL && targets[i].query != NULL) {
            cr_expect_str_eq(request->query, targets[i].query);
        }
        cr_expect_str_eq(request->authority, "");
        fz_request_reply(request, 200, "text/plain", "", 0);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(request, joins_fields_of_one_name)
{
    const struct fz_field fields[] = {{"Signature", "a=:1:"},
                                      {"X", "1"},
                                      {"SIGNATURE", " b=:2: "},
                                      {"x", ""},
                                      {"y", ""},
                                      {"Y", "2"},
                                      {"signature", "c"}};
    struct fz_request *request = make("/", fields, 7, "");
    const char *joined = fz_request_header(request, "signature");
    cr_expect_str_eq(joined, "a=:1:, b=:2:, c");
    cr_expect_str_eq(fz_request_header(request, "X"), "1, ");
    cr_expect_str_eq(fz_request_header(request, "Y"), ", 2");
    cr_expect_eq(fz_request_header(request, "Signature"), joined, "joined once");
    cr_expect_null(fz_request_header(request, "Sig"));
    fz_request_reply(request, 200, "text/plain", "", 0);
    FZ_EXPECT_NO_LEAK();
}

Test(request, fails_with_a_problem)
{
    struct fz_request *request = make("/", NULL, 0, "");
    fz_request_set_header(request, "X-One", "1");
    fz_request_fail(request, FZ_OVERLOADED, NULL, "\"field\":\"a\"");
    cr_expect_eq(seen.status, 503);
    cr_expect_str_eq(seen.content_type, "application/problem+json");
    cr_expect_str_eq(seen.fields, "X-One=1;Retry-After=1;");
    cr_expect(strstr(seen.body, "\"retry_after\":1,\"field\":\"a\"}") != NULL, "%s", seen.body);
}

Test(request, tells_nobody_the_inner_cause)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_request *request = make("/", NULL, 0, "");
    cr_expect_eq(fz_fail(&err, FZ_DATABASE, "relation secret does not exist"), FZ_DATABASE);
    fz_request_fail_err(request, &err);
    cr_expect_eq(seen.status, 500);
    cr_expect(strstr(seen.body, "secret") == NULL, "%s", seen.body);
}

static int gone_calls;

static void on_gone_reply(struct fz_request *request, void *ctx)
{
    cr_expect_eq(ctx, &gone_calls);
    cr_expect(fz_request_is_gone(request));
    cr_expect_str_eq(request->path, "/still/here");
    gone_calls++;
    fz_request_fail(request, FZ_STOPPING, NULL, NULL);
}

static void on_gone_wait(struct fz_request *request, void *ctx)
{
    (void)request, (void)ctx;
    gone_calls++;
}

Test(request, may_reply_when_told_that_the_client_went)
{
    struct fz_request *request = make("/still/here", NULL, 0, "body");
    fz_request_on_gone(request, on_gone_reply, &gone_calls);
    cr_expect(seen.watching);
    fz_request_set_gone(request);
    cr_expect_eq(gone_calls, 1);
    cr_expect_eq(seen.sent, 0, "nobody is there to send to");
    cr_expect_eq(seen.finished, 1);
    FZ_EXPECT_NO_LEAK();
}

Test(request, may_reply_long_after_the_client_went)
{
    struct fz_request *request = make("/", NULL, 0, "body");
    fz_request_on_gone(request, on_gone_wait, NULL);
    fz_request_set_gone(request);
    cr_expect_eq(gone_calls, 1);
    cr_expect_eq(seen.finished, 0, "the handler still owns it");
    cr_expect_str_eq((const char *)request->body, "body");
    fz_request_on_gone(request, on_gone_wait, NULL); /* of no use, and harmless */
    cr_expect_eq(seen.watched, 1);
    fz_request_set_header(request, "X", "1");
    fz_request_reply_json_bytes(request, 200, "{}", 2);
    cr_expect_eq(seen.sent, 0);
    cr_expect_eq(seen.finished, 1);
    cr_expect_eq(gone_calls, 1);
    FZ_EXPECT_NO_LEAK();
}

Test(request, stops_watching_when_nobody_asks)
{
    struct fz_request *request = make("/", NULL, 0, "");
    fz_request_on_gone(request, on_gone_wait, NULL);
    fz_request_on_gone(request, NULL, NULL);
    cr_expect_not(seen.watching);
    fz_request_set_gone(request);
    cr_expect_eq(gone_calls, 0);
    fz_request_reply(request, 200, "text/plain", "", 0);
    FZ_EXPECT_NO_LEAK();
}

/* A handler that replies again from within the transport, when the request is not freed yet. */
static void send_again(void *carrier, struct fz_request *request, const struct fz_reply *reply)
{
    (void)carrier, (void)reply;
    fz_request_reply(request, 200, "text/plain", "", 0);
}

Test(request, allows_one_reply_only, .signal = SIGABRT)
{
    static const struct fz_transport twice = {send_again, on_watch, on_finished};
    struct fz_request_parts parts = {.method_text = "GET", .target = "/", .peer = "::1"};
    struct fz_request *request = NULL;
    cr_assert_eq(fz_request_create(&parts, &twice, &seen, &seen, &request), FZ_OK);
    fz_request_reply(request, 200, "text/plain", "", 0);
}

Test(request, refuses_header_texts_with_line_ends, .signal = SIGABRT)
{
    struct fz_request *request = make("/", NULL, 0, "");
    fz_request_set_header(request, "X", "1\r\nSet-Cookie: a");
}

struct peer_row {
    const char *peer;
    bool loopback;
};

static const struct peer_row peers[] = {
    {"127.0.0.1", true},        {"127.9.9.9", true},  {"::1", true},
    {"::ffff:127.0.0.1", true}, {"128.0.0.1", false}, {"::2", false},
    {"::ffff:10.0.0.1", false}, {"", false},          {"localhost", false},
};

Test(request, knows_peers_on_this_machine)
{
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        struct fz_request_parts parts = {
            .method_text = "GET", .target = "/", .peer = peers[i].peer};
        struct fz_request *request = NULL;
        cr_assert_eq(fz_request_create(&parts, &transport, &seen, &seen, &request), FZ_OK);
        cr_expect_eq(request->peer_is_loopback, peers[i].loopback, "%s", peers[i].peer);
        fz_request_reply(request, 200, "text/plain", "", 0);
    }
}

Test(request, is_counted)
{
    int64_t open = fz_metric_get(FZ_METRIC_REQUESTS_OPEN);
    struct fz_request *request = make("/", NULL, 0, "");
    cr_expect_eq(fz_metric_get(FZ_METRIC_REQUESTS_OPEN), open + 1);
    fz_request_fail(request, FZ_BAD_JSON, NULL, NULL);
    cr_expect_eq(fz_metric_get(FZ_METRIC_REQUESTS_OPEN), open);
    cr_expect_eq(fz_metric_get(FZ_METRIC_RESPONSES_4XX), 1);
    cr_expect_eq(fz_metric_get(FZ_METRIC_REQUEST_SECONDS), 1);
}
