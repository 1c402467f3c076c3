/*
 * The store's event loop (ledger/store/loop.h) on libevent, with one-shot timers beside it for the
 * rooms above the store.
 */
#ifndef FZ_SWITCH_HTTP_LOOP_EVENT_H
#define FZ_SWITCH_HTTP_LOOP_EVENT_H

#include "feezero/err.h"
#include "feezero/rc.h"
#include "ledger/store/loop.h"

struct event_base;
struct fz_timer;

/*
 * Priorities of a base made for this: what the store waits for is urgent, to serve requests that
 * were read is patient, all else is libevent's preset, the middle. A base without priorities works
 * too (tests), only slower under load.
 */
#define FZ_LOOP_URGENT 0
#define FZ_LOOP_ORDINARY 1
#define FZ_LOOP_PATIENT 2
#define FZ_LOOP_PRIORITIES 3

/*
 * A loop over `base`, which is borrowed and must outlive it. Caller owns *loop_out. FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_loop_event_create(struct event_base *base,
                                      struct fz_loop **loop_out,
                                      struct fz_err *err);

/* *loop becomes NULL; NULL is accepted. All watches must have ended (asserted). */
void fz_loop_event_destroy(struct fz_loop **loop);

/*
 * A timer that is not running yet; `fired(ctx)` is called from the loop, once per start. Caller
 * owns *timer_out. FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_timer_create(struct event_base *base,
                                 void (*fired)(void *ctx),
                                 void *ctx,
                                 struct fz_timer **timer_out,
                                 struct fz_err *err);

/* Fires in `delay_ms` from now; a running timer starts anew. 0: in the next turn of the loop. */
void fz_timer_start(struct fz_timer *timer, int delay_ms);

/* Does not fire any more. Harmless on a timer that is not running. */
void fz_timer_stop(struct fz_timer *timer);

/* Stops and frees; *timer becomes NULL; NULL is accepted. May be called from within `fired`. */
void fz_timer_destroy(struct fz_timer **timer);

#endif
