/*
 * load: who begins what when. In a closed loop a client that rests begins again at once; in an open
 * loop arrivals come at their times, wait for a client that rests, and are counted if they wait in
 * vain.
 */
#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "load/play_internal.h"

#define PAUSE_US 100000 /* of a client that was sent away */
#define LOOK_US 5000    /* how often arrivals are counted while nobody rests */

static bool may_begin(const struct fz_play *play, int64_t now_us)
{
    const struct fz_run *run = play->run;
    return !run->stopping && now_us < play->deadline_us &&
           (run->options.rate > 0 || run->options.payments == 0 ||
            run->counts.sales < run->options.payments);
}

static bool is_at_rest(const struct fz_stream *stream)
{
    return stream->idle_len == stream->len;
}

/* Ends the loop when nothing more will happen. */
static void look_for_end(struct fz_play *play)
{
    if (!may_begin(play, fz_run_now_us()) && is_at_rest(&play->main) &&
        is_at_rest(&play->inquiries)) {
        (void)event_base_loopbreak(play->run->base);
    }
}

static bool begin_one(struct fz_stream *stream, int64_t intended_us)
{
    struct fz_client *client = stream->idle[stream->idle_len - 1];
    stream->idle_len--;
    if (fz_client_begin(client, intended_us)) {
        stream->counts->started++;
        return true;
    }
    stream->idle[stream->idle_len++] = client;
    stream->play->run->ran_out = stream->play->run->failure == FZ_OK;
    stream->play->run->stopping = true;
    return false;
}

/* What is due goes to the backlog, and from there to whoever rests. */
static void pump(struct fz_stream *stream, int64_t now_us)
{
    struct fz_run *run = stream->play->run;
    struct fz_run_arrivals *counts = stream->counts;
    int64_t intended_us = 0;
    while (!run->stopping && fz_pace_next_us(&stream->pace) <= now_us) {
        counts->offered++;
        if (!fz_backlog_push(&stream->backlog, fz_pace_next_us(&stream->pace))) {
            counts->not_sent_backlog++;
        }
        fz_pace_take(&stream->pace);
    }
    while (stream->idle_len > 0 && fz_backlog_pop(&stream->backlog, &intended_us)) {
        bool is_late = now_us - intended_us > (int64_t)run->options.timeout_ms * 1000 ||
                       !may_begin(stream->play, now_us);
        if (is_late || !begin_one(stream, intended_us)) {
            counts->not_sent_late++;
        }
    }
}

/* A closed loop's clients begin as soon as they rest. */
static void begin_resting(struct fz_stream *stream)
{
    int64_t now_us = fz_run_now_us();
    while (stream->idle_len > 0 && may_begin(stream->play, now_us) && begin_one(stream, now_us)) {
    }
}

/* --- the time of the next arrival ------------------------------------------------------------- */

/* When to look next. With nobody at rest nothing can begin: the next to rest looks then. */
static int64_t look_at_us(const struct fz_stream *stream, int64_t now_us)
{
    int64_t next_us = fz_pace_next_us(&stream->pace);
    bool nobody_rests = stream->idle_len == 0 && next_us != INT64_MAX;
    return nobody_rests ? now_us + LOOK_US : next_us;
}

static void set_timer(struct fz_play *play, int64_t now_us)
{
    int64_t next_us = look_at_us(&play->main, now_us);
    int64_t other_us = look_at_us(&play->inquiries, now_us);
    next_us = other_us < next_us ? other_us : next_us;
    next_us = play->deadline_us < next_us ? play->deadline_us : next_us;
    if (next_us >= play->timer_us || next_us == INT64_MAX) {
        return; /* it goes off early enough */
    }
    play->timer_us = next_us;
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(next_us / 1000000),
                                           .tv_nsec = (long)(next_us % 1000000 * 1000)}};
    int rc = timerfd_settime(play->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
    fz_assert(rc == 0);
}

/* The timer is edge-triggered and never read: setting it anew is all it takes. */
static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_play *play = ctx;
    int64_t now_us = fz_run_now_us();
    (void)fd, (void)what;
    play->timer_us = INT64_MAX;
    pump(&play->main, now_us);
    pump(&play->inquiries, now_us);
    if (now_us < play->deadline_us && !play->run->stopping) {
        set_timer(play, now_us);
    }
    look_for_end(play);
}

static void go_on(struct fz_stream *stream)
{
    struct fz_play *play = stream->play;
    if (stream->pace.per_second > 0) {
        int64_t now_us = fz_run_now_us();
        pump(stream, now_us);
        if (stream->idle_len > 0 && now_us < play->deadline_us && !play->run->stopping) {
            set_timer(play, now_us);
        }
    } else {
        begin_resting(stream);
    }
    look_for_end(stream->play);
}

void fz_client_rest(struct fz_client *client)
{
    struct fz_stream *stream = client->stream;
    fz_assert(stream->idle_len < stream->len);
    stream->idle[stream->idle_len++] = client;
    go_on(stream);
}

static void on_pause_over(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    fz_client_rest(ctx);
}

void fz_client_pause(struct fz_client *client)
{
    struct timeval pause = {.tv_usec = PAUSE_US};
    if (client->stream->pace.per_second > 0) {
        fz_client_rest(client); /* others come in any case */
    } else if (client->timer == NULL &&
               (client->timer =
                    evtimer_new(client->stream->play->run->base, on_pause_over, client)) == NULL) {
        struct fz_err err = {.rc = FZ_OK};
        fz_run_fail(client->stream->play->run, fz_fail(&err, FZ_NO_MEMORY, "timer"), &err);
    } else {
        (void)evtimer_add(client->timer, &pause);
    }
}

static fz_rc start_timer(struct fz_play *play, struct fz_err *err)
{
    play->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (play->timer_fd < 0) {
        return fz_fail(err, FZ_IO, "timerfd: %s", strerror(errno));
    }
    play->timer =
        event_new(play->run->base, play->timer_fd, EV_READ | EV_PERSIST | EV_ET, on_time, play);
    if (play->timer == NULL || event_add(play->timer, NULL) != 0) {
        return fz_fail(err, FZ_NO_MEMORY, "timer");
    }
    play->timer_us = INT64_MAX;
    set_timer(play, fz_run_now_us());
    return FZ_OK;
}

/* --- the clock -------------------------------------------------------------------------------- */

static void start_pace(struct fz_stream *stream, uint64_t per_second, int64_t start_us)
{
    struct fz_play *play = stream->play;
    stream->pace = (struct fz_pace){.per_second = per_second,
                                    .is_exponential = play->scenario.is_exponential != 0,
                                    .chance = fz_chance_next(&play->chance),
                                    .start_us = start_us,
                                    .end_us = play->deadline_us};
    stream->counts->rate = per_second;
}

/* What still waits was never sent. */
static void drop_backlog(struct fz_stream *stream)
{
    int64_t intended_us = 0;
    while (fz_backlog_pop(&stream->backlog, &intended_us)) {
        stream->counts->not_sent_late++;
    }
}

fz_rc fz_play_clock(struct fz_play *play, struct fz_err *err)
{
    struct fz_run *run = play->run;
    const struct fz_run_options *options = &run->options;
    fz_run_stage(run, "the clock runs");
    run->clock_cpu_us = -fz_run_cpu_us();
    run->started_us = fz_run_now_us();
    play->deadline_us =
        options->seconds > 0 ? run->started_us + (int64_t)options->seconds * 1000000 : INT64_MAX;
    start_pace(&play->main, options->rate, run->started_us);
    start_pace(&play->inquiries, options->inquiries, run->started_us);
    fz_rc rc = start_timer(play, err);
    if (rc == FZ_OK) {
        rc = fz_run_progress_start(run, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    if (options->rate == 0) {
        begin_resting(&play->main);
    }
    if (run->failure == FZ_OK) {
        (void)event_base_dispatch(run->base);
    }
    fz_run_progress_stop(run);
    run->clock_cpu_us += fz_run_cpu_us();
    run->ended_us = fz_run_now_us();
    if (run->ended_us > play->deadline_us) {
        run->ended_us = play->deadline_us;
    }
    drop_backlog(&play->main);
    drop_backlog(&play->inquiries);
    (void)event_del(play->timer);
    *err = run->err;
    return run->failure;
}
