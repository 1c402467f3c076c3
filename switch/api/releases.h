/*
 * Room switch/api, internal. Refunds on hold: looks now and then whether their shops have the money
 * by now, and has the ledger book those. Every worker of every switch does so; the id of a release
 * follows from the refund and the account's last transfer, so two that see the same do the same.
 */
#ifndef SWITCH_API_RELEASES_H
#define SWITCH_API_RELEASES_H

#include <stdint.h>

#include "feezero/err.h"

struct fz_api;
struct fz_releases;

/* Caller owns *out. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_releases_start(struct fz_api *api,
                                   struct fz_releases **out,
                                   struct fz_err *err);

/* Looks if it is time; about every 50 ms, with a monotonic clock. */
void fz_releases_tick(struct fz_releases *releases, int64_t now_ms);

/* After engine and reader have ended all. *releases becomes NULL; NULL is accepted. */
void fz_releases_stop(struct fz_releases **releases);

#endif
