/*
 * load: one run: what it was told, what all share who take part, and what is counted. A run goes
 * until its time is up, its payments are made or it is told to stop; then what has begun is brought
 * to an end. With a scenario it is a measurement (play.h), else the witness's (buyer.h).
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
    const char *scenario; /* name or file; NULL: the witness */
    const char *database; /* conninfo; NULL: conservation is checked through the API */
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
    uint64_t rate;    /* 0: closed loop */
    uint64_t prepare; /* 0: as many as are expected to be needed */
    uint64_t backlog;
    uint64_t inquiries; /* per second */
    bool presign;
    bool no_verify;
    bool progress;
    bool json;
};

/* What is timed. */
enum fz_run_step {
    FZ_RUN_INTENT,
    FZ_RUN_PAY,
    FZ_RUN_EVENTS,
    FZ_RUN_SALE, /* all of a payment over the counter */
    FZ_RUN_P2P,
    FZ_RUN_REFUSED, /* a payment that was, for a business reason */
    FZ_RUN_HISTORY,
    FZ_RUN_BALANCE,
    FZ_RUN_INQUIRY,
    FZ_RUN_STEPS
};

struct fz_run_counts {
    uint64_t sales;    /* begun */
    uint64_t payments; /* acknowledged */
    uint64_t requests; /* answered */
    uint64_t refused;
    uint64_t expected; /* of these, as the scenario wants it */
    uint64_t replayed;
    uint64_t unknown;
    uint64_t resolved_paid;
    uint64_t resolved_refused;
    uint64_t tombstoned;
    uint64_t undone; /* forgotten, on the switch's word that nothing was done */
    uint64_t unresolved;
    uint64_t timeouts;
    uint64_t unanswered; /* requests that were sent */
    uint64_t not_sent;   /* attempts without a connection */
    uint64_t server_503; /* nothing decided, or not known yet */
    uint64_t server_500;
    uint64_t violations; /* of the API's promises */
    uint64_t prepared;
    uint64_t unused;
    uint64_t connections;
};

/* One stream of arrivals: the scenario's own, or the inquiries besides. */
struct fz_run_arrivals {
    uint64_t rate; /* 0: there was no such stream */
    uint64_t offered;
    uint64_t started;
    uint64_t done;
    uint64_t refused_503;
    uint64_t refused_503_retry_after;
    uint64_t not_sent_backlog;
    uint64_t not_sent_late;
    uint64_t timeouts;
    struct fz_histogram time_to_503; /* from the sending */
};

/* What the check of the conservation found; the last five are counts of violations. */
struct fz_run_conservation {
    const char *checked; /* "database", "api", "no" */
    uint64_t acknowledged;
    int64_t amount;
    uint64_t lost;     /* acknowledged and not booked */
    uint64_t wrong;    /* booked otherwise than acknowledged, or twice */
    uint64_t unsent;   /* booked and not acknowledged */
    uint64_t balances; /* moved by another sum */
    uint64_t sums;     /* debits against credits, numbers missing */
};

struct fz_run {
    struct fz_run_options options;
    struct fz_channel_options channel;
    struct fz_town town;
    struct fz_record record;
    struct fz_run_counts counts;
    struct fz_histogram steps[FZ_RUN_STEPS];
    struct fz_histogram second; /* what was timed since the last line of progress */
    char name[64];              /* of the scenario, or "witness" */
    bool presigned;
    bool ran_out; /* of prepared intents */
    struct fz_run_arrivals arrivals;
    struct fz_run_arrivals inquiries;
    struct fz_run_conservation conservation;
    uint64_t clock_payments; /* acknowledged within the clock */
    uint64_t clock_requests;
    int64_t clock_cpu_us;
    struct event_base *base;
    struct event *deadline;
    struct event *signals[2];
    struct fz_buyer **buyers;
    uint64_t active;
    bool stopping;    /* nothing new begins */
    bool interrupted; /* by a signal */
    fz_rc failure;    /* of this program, which ends the run */
    struct fz_err err;
    int64_t started_us; /* of the clock */
    int64_t ended_us;
    struct event *progress;
    uint64_t progress_payments;
    uint64_t progress_requests;
};

/* FZ_OK: the run went to its end, whatever was counted. */
FZ_MUSTUSE fz_rc fz_run(const struct fz_run_options *options,
                        struct fz_run **run_out,
                        struct fz_err *err);
void fz_run_destroy(struct fz_run **run);

/* Prints what was counted and measured. */
void fz_run_report(const struct fz_run *run);

/* How many violations the check of the conservation found. */
uint64_t fz_run_conservation_violations(const struct fz_run *run);

/* --- for those who take part ------------------------------------------------------------------ */

int64_t fz_run_now_us(void); /* monotonic */

int64_t fz_run_cpu_us(void); /* user and system time of this process */

/* A step took so long. */
void fz_run_time(struct fz_run *run, enum fz_run_step step, int64_t us);

/* Prints a line a second while the clock runs, if somebody looks. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_run_progress_start(struct fz_run *run, struct fz_err *err);
void fz_run_progress_stop(struct fz_run *run);

/* Says what is being done before or after the clock, if somebody looks. */
void fz_run_stage(const struct fz_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

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
