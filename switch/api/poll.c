/*
 * Room switch/api. The long-poll, see the header.
 */
#include "switch/api/poll.h"

#include <stdlib.h>

#include "feezero/assert.h"
#include "switch/api/state.h"

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

static void look(struct fz_poll *poll)
{
    poll->phase = FZ_POLL_LOOKING;
    poll->is_woken = false;
    poll->look(poll);
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
    (void)request;
    fz_poll_end_wait(ctx);
}

/* Sleeps until the poll's time is up, or that of what it watches if that is sooner. */
static void wait(struct fz_poll *poll)
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
    poll->phase = FZ_POLL_WAITING;
    fz_timer_start(poll->timer, round_up_to_ms(left_us));
}

bool fz_poll_is_over(struct fz_poll *poll, bool is_new)
{
    if (is_new || is_time_up(poll)) {
        return true;
    }
    if (poll->is_woken) {
        look(poll);
    } else {
        wait(poll);
    }
    return false;
}

static void on_wake(struct fz_waiter *waiter)
{
    struct fz_poll *poll = (struct fz_poll *)waiter;
    if (poll->phase == FZ_POLL_WAITING && !poll->call->api->is_stopping) {
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
    if (fz_id_is_zero(&poll->expires)) {
        look(poll);
        return;
    }
    poll->phase = FZ_POLL_EXPIRING;
    call->job.command.type = FZ_COMMAND_EXPIRE;
    call->job.command.ref = poll->expires;
    fz_call_submit(call, on_expired);
}

void fz_poll_end_wait(struct fz_poll *poll)
{
    if (poll->phase == FZ_POLL_WAITING) {
        poll->give_up(poll);
    }
}

struct fz_poll *fz_poll_create(struct fz_call *call, int64_t wait_s)
{
    struct fz_poll *poll = calloc(1, sizeof(*poll));
    call->poll = poll;
    if (poll == NULL ||
        fz_timer_create(call->api->base, on_timer, poll, &poll->timer, NULL) != FZ_OK) {
        fz_call_fail(call, FZ_NO_MEMORY, NULL, NULL);
        return NULL;
    }
    poll->call = call;
    poll->until_us = fz_api_monotonic_us() + wait_s * 1000000;
    return poll;
}

void fz_poll_start(struct fz_poll *poll)
{
    struct fz_call *call = poll->call;
    poll->waiter.wake = on_wake;
    if (fz_waiters_add(call->api->waiters, call->caller.community, &poll->waiter) != FZ_OK) {
        fz_call_fail(call, FZ_NO_MEMORY, NULL, NULL);
        return;
    }
    look(poll);
}
