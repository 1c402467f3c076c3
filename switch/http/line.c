/*
 * The lines of signed requests: entered when a request is read, left when it has its turn. Past a
 * bound, work is refused at the door.
 */
#include <event2/event.h>
#include <stdio.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/request_state.h"
#include "switch/http/route.h"
#include "switch/http/server_internal.h"

#define SERVE_MAX_US 250    /* then whatever came meanwhile is read first */
#define SHED_LOG_US 1000000 /* refusals come by the thousand: one line for those of a second */

void line_init(struct fz_server *server)
{
    server->shed_body_len =
        fz_problem_write(server->shed_body, sizeof(server->shed_body), FZ_OVERLOADED, NULL, NULL);
}

static void log_shed(struct fz_server *server, int64_t now_us)
{
    if (now_us - server->shed_logged_us < SHED_LOG_US) {
        return;
    }
    fz_log(FZ_LOG_WARN, "http.overloaded", NULL, "refused=%llu waiting=%u connections=%zu",
           (unsigned long long)(server->overload.refused - server->shed_logged),
           server->overload.waiting, server->connections_len);
    server->shed_logged = server->overload.refused;
    server->shed_logged_us = now_us;
}

/* Before its signature is looked at, and in words that were written once: nothing is cheaper. */
static void shed(struct fz_server *server, struct fz_request *request)
{
    char seconds[16];
    (void)snprintf(seconds, sizeof(seconds), "%d", FZ_PROBLEM_RETRY_AFTER_S);
    fz_metric_add(FZ_METRIC_REQUESTS_SHED, 1);
    log_shed(server, request->received_us);
    fz_request_set_header(request, "Retry-After", seconds);
    fz_request_reply_problem_bytes(request, fz_rc_info(FZ_OVERLOADED)->http_status,
                                   server->shed_body, server->shed_body_len);
}

/* How many may wait before a request of this kind is refused; 0: it never is. */
static unsigned room_of(const struct fz_request *request, bool is_work)
{
    unsigned flags = request->route->flags;
    if ((flags & FZ_ROUTE_SHED_FIRST) != 0) {
        return FZ_SHED_FIRST_AT;
    }
    if ((flags & FZ_ROUTE_SHED_SOON) != 0) {
        return FZ_SHED_SOON_AT;
    }
    return is_work ? FZ_HTTP_WAITING_MAX : 0;
}

void line_enter(struct fz_server *server, struct fz_request *request)
{
    /* What only asks is answered: who lost an answer must be able to learn the truth. */
    bool is_work = request->method != FZ_METHOD_GET && request->method != FZ_METHOD_HEAD;
    struct line *line = &server->lines[is_work ? LINE_WORK : LINE_ASKS];
    if (fz_overload_refuses(&server->overload, room_of(request, is_work))) {
        shed(server, request);
        return;
    }
    fz_metric_add(FZ_METRIC_REQUESTS_WAITING, 1);
    if (server->overload.waiting == 1) {
        event_active(server->serve_event, EV_TIMEOUT, 0);
    }
    if (line->first == NULL) {
        line->first = request;
    } else {
        line->last->state->next = request;
    }
    line->last = request;
}

/* The next in turn; somebody waits. */
static struct fz_request *leave(struct fz_server *server)
{
    fz_assert(server->overload.waiting > 0);
    if (server->lines[server->turn].first == NULL) {
        server->turn = (server->turn + 1) % LINES_LEN;
    }
    struct line *line = &server->lines[server->turn];
    struct fz_request *request = line->first;
    line->first = request->state->next;
    request->state->next = NULL;
    server->turn = (server->turn + 1) % LINES_LEN;
    fz_overload_serves(&server->overload);
    fz_metric_add(FZ_METRIC_REQUESTS_WAITING, -1);
    return request;
}

void line_serve(struct fz_server *server)
{
    int64_t end_us = connection_clock_us() + SERVE_MAX_US;
    while (server->overload.waiting > 0 && connection_clock_us() < end_us) {
        server->gate(leave(server), server->gate_ctx);
    }
    if (server->overload.waiting > 0) {
        event_active(server->serve_event, EV_TIMEOUT, 0);
    }
}

void line_end(struct fz_server *server)
{
    while (server->overload.waiting > 0) {
        fz_request_fail(leave(server), FZ_STOPPING, NULL, NULL);
    }
}
