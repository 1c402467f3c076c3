/*
 * A switch program without a switch: the real command line, workers and server with a service of
 * its own that shows what the HTTP front does. Limits come from FZ_TEST_CONNECTIONS_MAX and
 * FZ_TEST_IDLE_MS.
 */
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "switch/http/loop_event.h"
#include "switch/http/metrics.h"
#include "switch/http/program.h"
#include "switch/http/server.h"

struct echo {
    struct event_base *base;
    struct fz_server *server;
    unsigned gone;  /* requests whose client went away while they waited */
    unsigned burnt; /* requests that were served by burn() */
    struct waiting *waiting;
};

/* A request that is answered later. */
struct waiting {
    struct waiting *next;
    struct echo *echo;
    struct fz_request *request;
    struct fz_timer *timer;
};

static void reply_text(struct fz_request *request, const char *text)
{
    fz_request_reply(request, 200, "text/plain; charset=utf-8", text, strlen(text));
}

static void health(struct fz_request *request, void *ctx)
{
    (void)ctx;
    reply_text(request, "ok\n");
}

/* The body as it came, and what was captured in a header. */
static void echo_body(struct fz_request *request, void *ctx)
{
    (void)ctx;
    if (request->captures_len > 0) {
        fz_request_set_header(request, "X-Id", request->captures[0]);
    }
    fz_request_reply_json_bytes(request, 201, request->body, request->body_len);
}

/* What a signature would cover. */
static void show(struct fz_request *request, void *ctx)
{
    char text[2048];
    (void)ctx;
    const char *header = fz_request_header(request, "X-Test");
    (void)snprintf(text, sizeof(text), "%s|%s|%s|%s|%s|%s\n", request->method_text, request->target,
                   request->path, request->query != NULL ? request->query : "-", request->authority,
                   header != NULL ? header : "-");
    reply_text(request, text);
}

static void show_pid(struct fz_request *request, void *ctx)
{
    char text[32];
    (void)ctx;
    (void)snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    reply_text(request, text);
}

static void show_gone(struct fz_request *request, void *ctx)
{
    const struct echo *echo = ctx;
    char text[64];
    (void)snprintf(text, sizeof(text), "gone %u open %zu\n", echo->gone,
                   fz_server_requests(echo->server));
    reply_text(request, text);
}

/* Spends two milliseconds of the processor, as a hundred signatures would. */
static void burn(struct fz_request *request, void *ctx)
{
    struct echo *echo = ctx;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + 2000;
    do {
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 < end_us);
    echo->burnt++;
    reply_text(request, "burnt\n");
}

static void show_burnt(struct fz_request *request, void *ctx)
{
    const struct echo *echo = ctx;
    char text[32];
    (void)snprintf(text, sizeof(text), "%u\n", echo->burnt);
    reply_text(request, text);
}

static void show_metrics(struct fz_request *request, void *ctx)
{
    char *text = NULL;
    size_t len = 0;
    struct fz_err err = {.rc = FZ_OK};
    (void)ctx;
    if (fz_metrics_render(&text, &len, &err) != FZ_OK) {
        fz_request_fail_err(request, &err);
        return;
    }
    fz_request_reply(request, 200, "text/plain; version=0.0.4", text, len);
    free(text);
}

static void die(struct fz_request *request, void *ctx)
{
    (void)request, (void)ctx;
    (void)kill(getpid(), SIGKILL);
}

static void waiting_end(struct waiting *waiting, const char *text)
{
    struct waiting **link = &waiting->echo->waiting;
    while (*link != waiting) {
        link = &(*link)->next;
    }
    *link = waiting->next;
    reply_text(waiting->request, text);
    fz_timer_destroy(&waiting->timer);
    free(waiting);
}

static void on_time(void *ctx)
{
    waiting_end(ctx, "waited\n");
}

static void on_gone(struct fz_request *request, void *ctx)
{
    struct waiting *waiting = ctx;
    fz_assert(fz_request_is_gone(request));
    waiting->echo->gone++;
    waiting_end(waiting, "nobody reads this\n");
}

static void on_drain(void *ctx)
{
    struct echo *echo = ctx;
    struct waiting *waiting = echo->waiting;
    while (waiting != NULL) {
        struct waiting *next = waiting->next;
        if (strcmp(waiting->request->path, "/poll") == 0) {
            waiting_end(waiting, "stopping\n");
        }
        waiting = next;
    }
}

/* Waits ?MILLISECONDS. /wait does not care whether the client goes, /poll does. */
static void wait_for(struct fz_request *request, void *ctx)
{
    struct echo *echo = ctx;
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    fz_assert(waiting != NULL);
    waiting->echo = echo;
    waiting->request = request;
    waiting->next = echo->waiting;
    echo->waiting = waiting;
    fz_assert(fz_timer_create(echo->base, on_time, waiting, &waiting->timer, NULL) == FZ_OK);
    fz_timer_start(waiting->timer,
                   request->query != NULL ? (int)strtol(request->query, NULL, 10) : 100);
    if (strcmp(request->path, "/poll") == 0) {
        fz_request_on_gone(request, on_gone, waiting);
    }
}

/* Refuses unless the client says it is signed; stands for the signature check. */
static void gate(struct fz_request *request, void *ctx)
{
    (void)ctx;
    if (fz_request_header(request, "Signature") == NULL) {
        fz_request_fail(request, FZ_SIGNATURE_MISSING, NULL, NULL);
        return;
    }
    fz_server_pass(request);
}

static const struct fz_route routes[] = {
    {FZ_METHOD_GET, "/healthz", 0, FZ_ROUTE_BODY_NONE, health},
    {FZ_METHOD_GET, "/show", 0, FZ_ROUTE_BODY_NONE, show},
    {FZ_METHOD_GET, "/pid", 0, FZ_ROUTE_BODY_NONE, show_pid},
    {FZ_METHOD_GET, "/gone", 0, FZ_ROUTE_BODY_NONE, show_gone},
    {FZ_METHOD_GET, "/wait", 0, FZ_ROUTE_BODY_NONE, wait_for},
    {FZ_METHOD_GET, "/poll", 0, FZ_ROUTE_BODY_NONE, wait_for},
    {FZ_METHOD_GET, "/metrics", 0, FZ_ROUTE_BODY_NONE | FZ_ROUTE_LOOPBACK, show_metrics},
    {FZ_METHOD_GET, "/burnt", 0, FZ_ROUTE_BODY_NONE, show_burnt},
    {FZ_METHOD_PUT, "/burn", 0, FZ_ROUTE_BODY_OPTIONAL | FZ_ROUTE_SIGNED, burn},
    {FZ_METHOD_POST, "/die", 0, FZ_ROUTE_BODY_OPTIONAL, die},
    {FZ_METHOD_PUT, "/v1/things/{id}", 0, FZ_ROUTE_BODY_REQUIRED, echo_body},
    {FZ_METHOD_POST, "/v1/things/{id}/cancel", 0, FZ_ROUTE_BODY_OPTIONAL, echo_body},
    {FZ_METHOD_GET, "/v1/signed", 1, FZ_ROUTE_BODY_NONE, show},
    {FZ_METHOD_POST, "/v1/enrol", 0, FZ_ROUTE_BODY_REQUIRED | FZ_ROUTE_SIGNED, echo_body},
};

static fz_rc echo_start(const struct fz_config *config,
                        struct event_base *base,
                        struct fz_server *server,
                        void **service_out,
                        struct fz_err *err)
{
    (void)config;
    if (getenv("FZ_TEST_START_FAILS") != NULL) {
        return fz_fail(err, FZ_CONFIG, "told to fail");
    }
    struct echo *echo = calloc(1, sizeof(*echo));
    if (echo == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "out of memory");
    }
    echo->base = base;
    echo->server = server;
    fz_server_add_routes(server, routes, sizeof(routes) / sizeof(routes[0]), echo);
    fz_server_set_gate(server, gate, echo);
    fz_server_on_drain(server, on_drain, echo);
    *service_out = echo;
    return FZ_OK;
}

static void echo_stop(void **service)
{
    struct echo *echo = *service;
    while (echo->waiting != NULL) {
        waiting_end(echo->waiting, "stopped\n");
    }
    free(echo);
    *service = NULL;
}

static int limit_from(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    struct fz_service service = {
        .start = echo_start,
        .stop = echo_stop,
        .connections_max = (unsigned)limit_from("FZ_TEST_CONNECTIONS_MAX"),
        .idle_timeout_ms = limit_from("FZ_TEST_IDLE_MS"),
    };
    return fz_program_run(argc, argv, "fz-http-echo", &service);
}
