/*
 * The store's loop on libevent, and timers.
 */
#include <criterion/criterion.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "switch/http/loop_event.h"
#include "tests/support/leak.h"

struct seen {
    struct fz_loop *loop;
    struct event_base *base;
    void *watch;
    int calls;
    unsigned got;
    bool unwatch;
    int fd;
};

static int ends[2];
static struct seen seen;

static void set_up(void)
{
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    seen.base = event_base_new();
    cr_assert_eq(fz_loop_event_create(seen.base, &seen.loop, NULL), FZ_OK);
}

static void tear_down(void)
{
    fz_loop_event_destroy(&seen.loop);
    cr_expect_null(seen.loop);
    event_base_free(seen.base);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(loop, .init = set_up, .fini = tear_down);

static void on_ready(void *ctx, unsigned got)
{
    struct seen *to = ctx;
    to->calls++;
    to->got = got;
    if (to->unwatch) {
        to->loop->unwatch(to->loop, to->watch);
        to->watch = NULL;
    }
}

static void turn(void)
{
    seen.calls = 0;
    seen.got = 0;
    (void)event_base_loop(seen.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

Test(loop, reports_what_is_wanted)
{
    seen.watch = seen.loop->watch(seen.loop, ends[0], FZ_LOOP_READ, on_ready, &seen);
    cr_assert(seen.watch != NULL);
    cr_expect_eq(seen.calls, 0, "never from within watch()");
    turn();
    cr_expect_eq(seen.calls, 0, "nothing to read");
    cr_assert_eq(write(ends[1], "x", 1), 1);
    turn();
    cr_expect_eq(seen.got, FZ_LOOP_READ);
    turn();
    cr_expect_eq(seen.got, FZ_LOOP_READ, "level-triggered");
    seen.loop->change(seen.loop, seen.watch, FZ_LOOP_READ | FZ_LOOP_WRITE);
    turn();
    cr_expect_eq(seen.got, FZ_LOOP_READ | FZ_LOOP_WRITE);
    seen.loop->change(seen.loop, seen.watch, FZ_LOOP_WRITE);
    turn();
    cr_expect_eq(seen.got, FZ_LOOP_WRITE);
    seen.loop->change(seen.loop, seen.watch, 0);
    turn();
    cr_expect_eq(seen.calls, 0, "asleep");
    seen.loop->change(seen.loop, seen.watch, FZ_LOOP_READ);
    turn();
    cr_expect_eq(seen.got, FZ_LOOP_READ);
    seen.loop->unwatch(seen.loop, seen.watch);
    turn();
    cr_expect_eq(seen.calls, 0);
    seen.loop->unwatch(seen.loop, NULL);
    FZ_EXPECT_NO_LEAK();
}

Test(loop, may_be_unwatched_from_within)
{
    seen.unwatch = true;
    seen.watch = seen.loop->watch(seen.loop, ends[0], FZ_LOOP_WRITE, on_ready, &seen);
    turn();
    cr_expect_eq(seen.calls, 1);
    turn();
    cr_expect_eq(seen.calls, 0);
    FZ_EXPECT_NO_LEAK();
}

Test(loop, reports_a_hang_up)
{
    seen.watch = seen.loop->watch(seen.loop, ends[0], FZ_LOOP_READ, on_ready, &seen);
    (void)shutdown(ends[1], SHUT_RDWR);
    turn();
    cr_expect_eq(seen.got & FZ_LOOP_READ, FZ_LOOP_READ);
    seen.loop->unwatch(seen.loop, seen.watch);
}

static int fired;
static struct fz_timer *timer;

static void on_fired(void *ctx)
{
    (void)ctx;
    fired++;
}

static void on_fired_destroy(void *ctx)
{
    (void)ctx;
    fired++;
    fz_timer_destroy(&timer);
}

Test(loop, timers_fire_once_per_start)
{
    cr_assert_eq(fz_timer_create(seen.base, on_fired, NULL, &timer, NULL), FZ_OK);
    (void)event_base_loop(seen.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    cr_expect_eq(fired, 0, "not running yet");
    fz_timer_start(timer, 0);
    (void)event_base_loop(seen.base, EVLOOP_ONCE);
    cr_expect_eq(fired, 1);
    fz_timer_start(timer, 30);
    fz_timer_start(timer, 60000);
    (void)event_base_loop(seen.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    cr_expect_eq(fired, 1, "the second start counts");
    fz_timer_start(timer, 20);
    (void)event_base_loop(seen.base, 0); /* until nothing is left to wait for */
    cr_expect_eq(fired, 2);
    fz_timer_start(timer, 20);
    fz_timer_stop(timer);
    fz_timer_stop(timer);
    (void)event_base_loop(seen.base, 0);
    cr_expect_eq(fired, 2);
    fz_timer_destroy(&timer);
    cr_expect_null(timer);
    fz_timer_destroy(&timer);
    FZ_EXPECT_NO_LEAK();
}

Test(loop, timers_may_be_destroyed_when_they_fire)
{
    cr_assert_eq(fz_timer_create(seen.base, on_fired_destroy, NULL, &timer, NULL), FZ_OK);
    fz_timer_start(timer, 1);
    (void)event_base_loop(seen.base, 0);
    cr_expect_eq(fired, 1);
    cr_expect_null(timer);
    FZ_EXPECT_NO_LEAK();
}
