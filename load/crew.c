/*
 * load: the crew. Each member takes the next job when it has done its last.
 */
#include "load/crew.h"

#include <event2/event.h>
#include <stdlib.h>

#include "feezero/assert.h"

#define PAUSE_US 50000 /* after a request that has to be sent again */

struct crew {
    struct fz_run *run;
    const struct fz_crew_work *work;
    size_t next;
    size_t busy;
    size_t done;
    int64_t shown_us;
    fz_rc rc;
    struct fz_err *err;
};

struct member {
    struct crew *crew;
    struct fz_channel *channel;
    struct event *timer;
    size_t job;
    int64_t since_us; /* the request was first sent */
};

static void stop(struct crew *crew, fz_rc rc)
{
    crew->rc = rc;
    (void)event_base_loopbreak(crew->run->base);
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer);

static void send_request(struct member *member)
{
    struct crew *crew = member->crew;
    struct fz_crew_texts texts;
    struct fz_channel_request request = {.method = "GET", .path = texts.path};
    crew->work->ask(crew->work->ctx, member->job, &texts, &request);
    fz_rc rc = fz_channel_send(member->channel, &request, on_done, member, crew->err);
    if (rc != FZ_OK) {
        stop(crew, rc);
    }
}

static void show(struct crew *crew)
{
    int64_t now_us = fz_run_now_us();
    if (now_us - crew->shown_us >= 1000000) {
        crew->shown_us = now_us;
        fz_run_stage(crew->run, "%s: %zu of %zu", crew->work->name, crew->done, crew->work->jobs);
    }
}

static void begin(struct member *member)
{
    struct crew *crew = member->crew;
    if (crew->next < crew->work->jobs) {
        member->job = crew->next++;
        member->since_us = fz_run_now_us();
        send_request(member);
    } else {
        crew->busy--;
        if (crew->busy == 0) {
            (void)event_base_loopbreak(crew->run->base);
        }
    }
}

static void again(struct member *member)
{
    struct crew *crew = member->crew;
    struct timeval pause = {.tv_usec = PAUSE_US};
    int64_t waited_us = fz_run_now_us() - member->since_us;
    if (waited_us > (int64_t)crew->run->options.patience_s * 1000000 || crew->run->stopping) {
        stop(crew, fz_fail(crew->err, FZ_UNAVAILABLE, "%s: the switch does not answer",
                           crew->work->name));
        return;
    }
    (void)evtimer_add(member->timer, &pause);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    send_request(ctx);
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer)
{
    struct member *member = ctx;
    struct crew *crew = member->crew;
    if (outcome != FZ_CHANNEL_ANSWERED || answer->status == 503) {
        again(member);
        return;
    }
    switch (crew->work->take(crew->work->ctx, member->job, answer, crew->err)) {
    case FZ_CREW_DONE:
        crew->done++;
        show(crew);
        begin(member);
        return;
    case FZ_CREW_MORE:
        member->since_us = fz_run_now_us();
        send_request(member);
        return;
    case FZ_CREW_FAILED:
        stop(crew, crew->err->rc);
        return;
    }
    FZ_UNREACHABLE();
}

fz_rc fz_crew_run(struct fz_run *run,
                  struct fz_channel *const *channels,
                  size_t channels_len,
                  const struct fz_crew_work *work,
                  struct fz_err *err)
{
    struct crew crew = {
        .run = run, .work = work, .err = err, .rc = FZ_OK, .shown_us = fz_run_now_us()};
    size_t len = channels_len < work->jobs ? channels_len : work->jobs;
    struct member *members = len > 0 ? calloc(len, sizeof(*members)) : NULL;
    if (len == 0) {
        return FZ_OK;
    }
    if (members == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "crew");
    }
    crew.busy = len;
    for (size_t i = 0; i < len; i++) {
        members[i] = (struct member){.crew = &crew, .channel = channels[i]};
        members[i].timer = evtimer_new(run->base, on_timer, &members[i]);
        if (members[i].timer == NULL) {
            crew.rc = fz_fail(err, FZ_NO_MEMORY, "timer");
        }
    }
    for (size_t i = 0; i < len && crew.rc == FZ_OK; i++) {
        begin(&members[i]);
    }
    if (crew.rc == FZ_OK) {
        (void)event_base_dispatch(run->base);
    }
    if (crew.rc == FZ_OK && run->failure != FZ_OK) { /* a second signal */
        *err = run->err;
        crew.rc = run->failure;
    }
    for (size_t i = 0; i < len; i++) {
        if (members[i].timer != NULL) {
            event_free(members[i].timer);
        }
    }
    free(members);
    return crew.rc;
}
