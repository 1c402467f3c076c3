/*
 * Room switch/api, internal. Who waits for events of an intent, or for what moves an account, and
 * who wakes them: this worker's engine at once, and for what was committed anywhere a hint, after
 * which the community's new events and transfers are read once and only those concerned wake.
 * Waking is a hint too: a waiter looks for itself.
 *
 * What is new is read only where somebody waits for it; transfers, of which there are many under
 * load, at most once between two ticks, so that who waits for money does not slow down who pays.
 */
#ifndef SWITCH_API_WAITERS_H
#define SWITCH_API_WAITERS_H

#include "feezero/err.h"
#include "ledger/store/reader.h"

struct fz_town;
struct fz_waiters;

/* One long-poll; the caller owns the memory and keeps it still while it is added. */
struct fz_waiter {
    struct fz_waiter *next;
    struct fz_waiter **link; /* what points to it; NULL while not added */
    struct fz_town *town;
    struct fz_id intent;
    int64_t account;                        /* whose movements; 0: it waits for the intent */
    void (*wake)(struct fz_waiter *waiter); /* must not remove any waiter within this call */
};

/* Caller owns *out. FZ_NO_MEMORY, FZ_CRYPTO. */
FZ_MUSTUSE fz_rc fz_waiters_create(struct fz_waiters **out, struct fz_err *err);
void fz_waiters_destroy(struct fz_waiters **waiters); /* nobody may wait any more */

/* The caller sets waiter->wake and whom it waits for. FZ_NO_MEMORY: it was not added. */
FZ_MUSTUSE fz_rc fz_waiters_add(struct fz_waiters *waiters,
                                int32_t community,
                                struct fz_waiter *waiter);
void fz_waiters_remove(struct fz_waiter *waiter); /* harmless if it was not added */

/* Wakes who waits for one of these intents. */
void fz_waiters_wake(struct fz_waiters *waiters,
                     int32_t community,
                     const struct fz_id *intents,
                     unsigned len);

/*
 * A hint that the community's events go up to `event` and its transfers up to `number`: reads what
 * is new, if anybody waits there, and wakes. Hints that come while it reads are taken together.
 */
void fz_waiters_hint(struct fz_waiters *waiters,
                     struct fz_reader *reader,
                     int32_t community,
                     int64_t event,
                     int64_t number);

/* Reads what was put off; about every 50 ms. */
void fz_waiters_tick(struct fz_waiters *waiters);

#endif
