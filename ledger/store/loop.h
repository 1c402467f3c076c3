/*
 * The event loop as the store sees it: three functions over file descriptors, so that the store
 * waits for PostgreSQL without knowing which library waits for it. The switch hands in libevent
 * (switch/http/loop_event.h), programs without a loop of their own hand in poll(2). One thread.
 */
#ifndef FZ_LEDGER_STORE_LOOP_H
#define FZ_LEDGER_STORE_LOOP_H

/* What a descriptor can be ready for; `want` and `got` are sums of these. */
#define FZ_LOOP_READ 1U
#define FZ_LOOP_WRITE 2U

struct fz_loop {
    /*
     * Starts to watch `fd`. From the next turn of the loop on, and never from within this call,
     * `ready` is called whenever the descriptor is ready for something that is wanted, with what it
     * is ready for (an error or a hang-up counts as ready for all that is wanted). Level-triggered:
     * it is called again until the cause is gone. `want` may be 0: the watch then sleeps.
     * Returns the watch, owned by the caller until unwatch(); NULL when out of memory. The
     * descriptor stays the caller's and must stay open until unwatch().
     */
    void *(*watch)(struct fz_loop *loop,
                   int fd,
                   unsigned want,
                   void (*ready)(void *ctx, unsigned got),
                   void *ctx);

    /* Changes what is wanted. May be called from within `ready`. Cannot fail. */
    void (*change)(struct fz_loop *loop, void *watch, unsigned want);

    /*
     * Ends the watch and frees it; `ready` is not called again. May be called from within `ready`.
     * Accepts NULL.
     */
    void (*unwatch)(struct fz_loop *loop, void *watch);
};

#endif
