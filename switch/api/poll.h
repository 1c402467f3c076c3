/*
 * Room switch/api, internal. A long-poll: a call that looks for something new, and if there is
 * nothing waits to be woken and looks again:
 *
 *     LOOKING -> (something new, or no time left) -> answered
 *             -> WAITING -> (woken, or time is up) -> LOOKING
 *             -> WAITING -> (what it waits for is past its own time) -> EXPIRING -> LOOKING
 *
 * A wake that comes while it looks makes it look once more, so nothing is missed between the two.
 * What a look is, and what an answer, its endpoint says:
 *
 *     poll = fz_poll_create(call, query.wait);
 *     if (poll == NULL) return;                     the call was failed
 *     poll->look = ..., poll->give_up = ...         and whom to wait for, in poll->waiter
 *     fz_poll_start(poll);                          -> look()
 *     ... in look's callback: if (fz_poll_is_over(poll, something_new)) answer
 */
#ifndef SWITCH_API_POLL_H
#define SWITCH_API_POLL_H

#include "switch/api/call.h"
#include "switch/api/waiters.h"
#include "switch/http/loop_event.h"

enum fz_poll_phase {
    FZ_POLL_LOOKING,
    FZ_POLL_WAITING,
    FZ_POLL_EXPIRING
};

struct fz_poll {
    struct fz_waiter waiter; /* first: the waiters hand it back */
    struct fz_call *call;
    void (*look)(struct fz_poll *poll);    /* starts a read, which ends in fz_poll_is_over() */
    void (*give_up)(struct fz_poll *poll); /* answers that there is nothing new */
    int64_t expires_us;   /* what is watched is past its time then, by the wall clock; 0: never */
    struct fz_id expires; /* and this intent must be told so; zero: nothing must */
    int64_t after;        /* what the client has already */
    unsigned limit;
    /* its own: */
    struct fz_timer *timer;
    int64_t until_us; /* monotonic */
    enum fz_poll_phase phase;
    bool is_woken;
    bool is_watched; /* for the client's going */
};

/* The poll of a call, which waits at most so long; the call owns it. NULL: the call was failed. */
struct fz_poll *fz_poll_create(struct fz_call *call, int64_t wait_s);

/* From now on wakes count; then the first look. Fails the call if there is no memory. */
void fz_poll_start(struct fz_poll *poll);

/*
 * A look has ended. True: answer now. False: the poll waits, or looks again already; it may be gone
 * when this returns.
 */
FZ_MUSTUSE bool fz_poll_is_over(struct fz_poll *poll, bool is_new);

/* Answers a poll that waits, with nothing new; one that is busy answers soon by itself. */
void fz_poll_end_wait(struct fz_poll *poll);

/* Frees it; *poll becomes NULL; NULL is accepted. Its call is answered elsewhere. */
void fz_poll_destroy(struct fz_poll **poll);

#endif
