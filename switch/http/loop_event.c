/*
 * struct fz_loop over libevent, and one-shot timers.
 */
#include "switch/http/loop_event.h"

#include <event2/event.h>
#include <stdlib.h>

#include "feezero/assert.h"

struct loop_event {
    struct fz_loop loop; /* first: what the store holds */
    struct event_base *base;
    size_t watches_len;
};

struct watch {
    struct event *event;
    struct loop_event *loop;
    void (*ready)(void *ctx, unsigned got);
    void *ctx;
    int fd;
};

static struct loop_event *of_loop(struct fz_loop *loop)
{
    return (struct loop_event *)(void *)loop;
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    struct watch *watch = ctx;
    unsigned got = 0;
    (void)fd;
    got |= (what & EV_READ) != 0 ? FZ_LOOP_READ : 0;
    got |= (what & EV_WRITE) != 0 ? FZ_LOOP_WRITE : 0;
    watch->ready(watch->ctx, got); /* may unwatch: not touched afterwards */
}

static short to_event(unsigned want)
{
    int what = EV_PERSIST;
    what |= (want & FZ_LOOP_READ) != 0 ? EV_READ : 0;
    what |= (want & FZ_LOOP_WRITE) != 0 ? EV_WRITE : 0;
    return (short)what;
}

static void loop_change(struct fz_loop *loop, void *handle, unsigned want)
{
    struct watch *watch = handle;
    fz_assert(watch->loop == of_loop(loop));
    (void)event_del(watch->event);
    fz_assert(event_assign(watch->event, watch->loop->base, watch->fd, to_event(want), on_ready,
                           watch) == 0);
    if (event_base_get_npriorities(watch->loop->base) >= FZ_LOOP_PRIORITIES) {
        fz_assert(event_priority_set(watch->event, FZ_LOOP_URGENT) == 0);
    }
    if (want != 0) {
        fz_assert(event_add(watch->event, NULL) == 0);
    }
}

static void *loop_watch(
    struct fz_loop *loop, int fd, unsigned want, void (*ready)(void *ctx, unsigned got), void *ctx)
{
    struct loop_event *self = of_loop(loop);
    struct watch *watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }
    *watch = (struct watch){.loop = self, .ready = ready, .ctx = ctx, .fd = fd};
    watch->event = event_new(self->base, fd, EV_PERSIST, on_ready, watch);
    if (watch->event == NULL) {
        free(watch);
        return NULL;
    }
    self->watches_len++;
    loop_change(loop, watch, want);
    return watch;
}

static void loop_unwatch(struct fz_loop *loop, void *handle)
{
    struct watch *watch = handle;
    if (watch == NULL) {
        return;
    }
    fz_assert(watch->loop == of_loop(loop));
    fz_assert(watch->loop->watches_len > 0);
    watch->loop->watches_len--;
    event_free(watch->event);
    free(watch);
}

fz_rc fz_loop_event_create(struct event_base *base, struct fz_loop **loop_out, struct fz_err *err)
{
    struct loop_event *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "event loop: out of memory");
    }
    self->loop = (struct fz_loop){
        .watch = loop_watch,
        .change = loop_change,
        .unwatch = loop_unwatch,
    };
    self->base = base;
    *loop_out = &self->loop;
    return FZ_OK;
}

void fz_loop_event_destroy(struct fz_loop **loop)
{
    if (*loop != NULL) {
        struct loop_event *self = of_loop(*loop);
        fz_assert(self->watches_len == 0);
        free(self);
        *loop = NULL;
    }
}

struct fz_timer {
    struct event *event;
    void (*fired)(void *ctx);
    void *ctx;
};

static void on_fired(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_timer *timer = ctx;
    (void)fd, (void)what;
    timer->fired(timer->ctx); /* may destroy the timer */
}

fz_rc fz_timer_create(struct event_base *base,
                      void (*fired)(void *ctx),
                      void *ctx,
                      struct fz_timer **timer_out,
                      struct fz_err *err)
{
    struct fz_timer *timer = calloc(1, sizeof(*timer));
    if (timer == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "timer: out of memory");
    }
    timer->fired = fired;
    timer->ctx = ctx;
    timer->event = event_new(base, -1, 0, on_fired, timer);
    if (timer->event == NULL) {
        free(timer);
        return fz_fail(err, FZ_NO_MEMORY, "timer: out of memory");
    }
    *timer_out = timer;
    return FZ_OK;
}

void fz_timer_start(struct fz_timer *timer, int delay_ms)
{
    fz_assert(delay_ms >= 0);
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = (delay_ms % 1000) * 1000};
    fz_assert(event_add(timer->event, &delay) == 0);
}

void fz_timer_stop(struct fz_timer *timer)
{
    (void)event_del(timer->event);
}

void fz_timer_destroy(struct fz_timer **timer)
{
    if (*timer != NULL) {
        event_free((*timer)->event);
        free(*timer);
        *timer = NULL;
    }
}
