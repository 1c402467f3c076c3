/*
 * load: one run: what it was told, what all buyers share, and what is counted. A run goes until its
 * time is up, its payments are made or it is told to stop; then each buyer brings what it has begun
 * to an end and is done.
 */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "load/channel.h"
#include "load/histogram.h"
#include "load/record.h"
#include "load/town.h"

struct event;
struct fz_buyer;

struct fz_run_options {
    const char *url;
    const char *keys_dir;
    const char *ca_file;
    const char *acknowledged_file;
    const char *unknown_file;
    uint64_t clients;
    uint64_t seconds;  /* 0: no limit */
    uint64_t payments; /* 0: no limit */
    uint64_t think_ms;
    uint64_t amount_max;
    uint64_t replays_percent;
    uint64_t rivals_percent;
    uint64_t timeout_ms;
    uint64_t patience_s; /* how long an outcome may stay unknown */
    uint64_t seed;
    bool json;
};

struct fz_run_counts {
    uint64_t sales;    /* begun */
    uint64_t payments; /* acknowledged */
    uint64_t requests; /* answered */
    uint64_t refused;
    uint64_t replayed;
    uint64_t unknown;
    uint64_t resolved_paid;
    uint64_t resolved_refused;
    uint64_t tombstoned;
    uint64_t undone; /* forgotten, on the switch's word that nothing was done */
    uint64_t unresolved;
    uint64_t unanswered; /* requests that were sent */
    uint64_t not_sent;   /* attempts without a connection */
    uint64_t server_503; /* nothing decided, or not known yet */
    uint64_t server_500;
    uint64_t violations; /* of the API's promises */
};

struct fz_run {
    struct fz_run_options options;
    struct fz_channel_options channel;
    struct fz_town town;
    struct fz_record record;
    struct fz_run_counts counts;
    struct fz_histogram create; /* of the intent */
    struct fz_histogram pay;
    struct fz_histogram whole; /* both */
    struct event_base *base;
    struct event *deadline;
    struct event *signals[2];
    struct fz_buyer **buyers;
    uint64_t active;
    bool stopping;    /* nothing new begins */
    bool interrupted; /* by a signal */
    fz_rc failure;    /* of this program, which ends the run */
    struct fz_err err;
    int64_t started_us;
    int64_t ended_us;
};

/* FZ_OK: the run went to its end, whatever was counted. */
FZ_MUSTUSE fz_rc fz_run(const struct fz_run_options *options,
                        struct fz_run **run_out,
                        struct fz_err *err);
void fz_run_destroy(struct fz_run **run);

/* Prints what was counted and measured. */
void fz_run_report(const struct fz_run *run);

/* --- for the buyers --------------------------------------------------------------------------- */

int64_t fz_run_now_us(void); /* monotonic */

/* True, and a sale is counted, if one more may begin. */
bool fz_run_may_begin(struct fz_run *run);

/* A buyer has nothing left to do. */
void fz_run_done(struct fz_run *run);

/* Ends the run because of a failure of ours. */
void fz_run_fail(struct fz_run *run, fz_rc rc, const struct fz_err *err);

/* Counts a broken promise of the switch and says which. */
void fz_run_violation(struct fz_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
