/*
 * load: when the open loop begins what, whatever became of what began before: the schedule of
 * intended starts, and those that wait for a free connection. Latency is counted from the intended
 * start, so that a stall of the server shows in all that it delayed (no coordinated omission).
 */
#ifndef LOAD_PACE_H
#define LOAD_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"

/* The arrivals. All zero: none. */
struct fz_pace {
    uint64_t per_second; /* 0: there are none */
    bool is_exponential; /* gaps of chance with the same mean; else all gaps are equal */
    uint64_t chance;     /* EXPONENTIAL: seed, then state */
    int64_t start_us;
    int64_t end_us; /* none from here on */
    uint64_t taken;
    double gaps_us; /* EXPONENTIAL: sum of the gaps so far */
};

/* The next intended start; INT64_MAX if there is none any more. */
int64_t fz_pace_next_us(const struct fz_pace *pace);

/* Takes it; fz_pace_next_us() then gives the one after. */
void fz_pace_take(struct fz_pace *pace);

/* How many there are in `us` microseconds with even gaps: an upper bound to prepare for. */
uint64_t fz_pace_count(uint64_t per_second, int64_t us);

/* Intended starts that wait, first in, first out. */
struct fz_backlog {
    int64_t *starts_us;
    size_t size;
    size_t first;
    size_t len;
};

FZ_MUSTUSE fz_rc fz_backlog_init(struct fz_backlog *backlog, size_t size, struct fz_err *err);
void fz_backlog_fini(struct fz_backlog *backlog);

bool fz_backlog_push(struct fz_backlog *backlog, int64_t start_us);     /* false: it is full */
bool fz_backlog_pop(struct fz_backlog *backlog, int64_t *start_us_out); /* false: it is empty */

#endif
