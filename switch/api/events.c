/*
 * Room switch/api. GET /v1/intents/{id}/events: what happened to an intent after event N, now or as
 * soon as something does. A poll looks, and if there is nothing it waits to be woken and looks
 * again:
 *
 *     LOOKING -> (events, or no time left) -> answered
 *             -> WAITING -> (woken, or time is up) -> LOOKING
 *             -> WAITING -> (the intent's time is up) -> EXPIRING -> LOOKING
 *
 * A wake that comes while it looks makes it look once more, so nothing is missed between the two.
 */
#include "switch/api/events.h"

#include <stddef.h>
#include <stdlib.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/intents.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

enum phase {
    LOOKING,
    WAITING,
    EXPIRING
};

struct fz_poll {
    struct fz_waiter waiter; /* first: the waiters hand it back */
    struct fz_call *call;
    struct fz_timer *timer;
    int64_t after;
    int64_t until_us;   /* monotonic */
    int64_t expires_us; /* wall clock, of an open intent; else 0 */
    enum phase phase;
    bool is_woken;
    bool is_watched; /* for the client's going */
};

struct events_query {
    int64_t after;
    int64_t wait;
};

static const struct fz_query_field events_fields[] = {
    {"after", 0, INT64_MAX, offsetof(struct events_query, after), NULL},
    {"wait", 0, FZ_LONGPOLL_MAX_S, offsetof(struct events_query, wait), NULL},
};
static const struct fz_query_table events_table = FZ_QUERY_TABLE(events_fields);

void fz_poll_destroy(struct fz_poll **poll)
{
    struct fz_poll *gone = *poll;
    if (gone != NULL) {
        fz_waiters_remove(&gone->waiter);
        fz_timer_destroy(&gone->timer);
        free(gone);
        *poll = NULL;
    }
}

static void reply(struct fz_poll *poll, const struct fz_event_row *rows, unsigned len)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_events(&out, rows, len, poll->after);
    fz_call_reply(poll->call, 200, &out);
}

static bool is_time_up(const struct fz_poll *poll)
{
    return fz_api_monotonic_us() >= poll->until_us || poll->call->api->is_stopping ||
           fz_server_is_draining(poll->call->api->server) ||
           fz_request_is_gone(poll->call->request);
}

static int round_up_to_ms(int64_t us)
{
    return us <= 0 ? 0 : (int)((us + 999) / 1000);
}

/* The client hung up. What is under way ends by itself; who only waits ends now. */
static void on_gone(struct fz_request *request, void *ctx)
{
    struct fz_poll *poll = ctx;
    (void)request;
    if (poll->phase == WAITING) {
        reply(poll, NULL, 0);
    }
}

/* Sleeps until the poll's time is up, or the intent's if that is sooner. */
static void wait_for_events(struct fz_poll *poll)
{
    int64_t left_us = poll->until_us - fz_api_monotonic_us();
    if (poll->expires_us != 0) {
        int64_t open_us = poll->expires_us - fz_api_wall_us();
        left_us = open_us < left_us ? open_us : left_us;
    }
    if (!poll->is_watched) {
        poll->is_watched = true;
        fz_request_on_gone(poll->call->request, on_gone, poll);
    }
    poll->phase = WAITING;
    fz_timer_start(poll->timer, round_up_to_ms(left_us));
}

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len);

static void look(struct fz_poll *poll)
{
    struct fz_call *call = poll->call;
    poll->phase = LOOKING;
    poll->is_woken = false;
    fz_read_intent_events(call->api->reader, call->caller.community, &poll->waiter.intent,
                          poll->after, on_events, poll);
}

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    struct fz_poll *poll = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(poll->call, rc, NULL, NULL);
    } else if (len > 0 || is_time_up(poll)) {
        reply(poll, rows, len);
    } else if (poll->is_woken) {
        look(poll);
    } else {
        wait_for_events(poll);
    }
}

static void on_wake(struct fz_waiter *waiter)
{
    struct fz_poll *poll = (struct fz_poll *)waiter;
    if (poll->phase == WAITING && !poll->call->api->is_stopping) {
        fz_timer_stop(poll->timer);
        look(poll);
    } else {
        poll->is_woken = true;
    }
}

static void on_expired(struct fz_call *call)
{
    look(call->poll);
}

static void on_timer(void *ctx)
{
    struct fz_poll *poll = ctx;
    struct fz_call *call = poll->call;
    if (poll->expires_us == 0 || fz_api_wall_us() < poll->expires_us) {
        look(poll);
        return;
    }
    poll->expires_us = 0;
    poll->phase = EXPIRING;
    call->job.command.type = FZ_COMMAND_EXPIRE;
    call->job.command.ref = poll->waiter.intent;
    fz_call_submit(call, on_expired);
}

void fz_poll_end_wait(struct fz_poll *poll)
{
    if (poll->phase == WAITING) {
        reply(poll, NULL, 0);
    }
}

/* The intent is there: from now on wakes count, and only then the first look. */
static void begin(struct fz_call *call, const struct fz_intent_row *intent)
{
    struct fz_poll *poll = call->poll;
    if (!fz_view_owns_intent(&call->caller, intent)) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
        return;
    }
    poll->expires_us = intent->state == FZ_STATE_CREATED ? intent->expires_us : 0;
    poll->waiter.intent = intent->id;
    poll->waiter.wake = on_wake;
    if (fz_waiters_add(call->api->waiters, call->caller.community, &poll->waiter) != FZ_OK) {
        fz_call_fail(call, FZ_NO_MEMORY, NULL, NULL);
        return;
    }
    look(poll);
}

void fz_api_get_events(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_api *api = ctx;
    struct events_query query = {.after = 0};
    struct fz_id id;
    if (!fz_call_read_id(call, &id) || !fz_call_read_query(call, &events_table, &query)) {
        return;
    }
    struct fz_poll *poll = calloc(1, sizeof(*poll));
    call->poll = poll;
    if (poll == NULL || fz_timer_create(api->base, on_timer, poll, &poll->timer, NULL) != FZ_OK) {
        fz_call_fail(call, FZ_NO_MEMORY, NULL, NULL);
        return;
    }
    poll->call = call;
    poll->after = query.after;
    poll->until_us = fz_api_monotonic_us() + query.wait * 1000000;
    fz_api_find_intent(call, &id, begin);
}
