/*
 * load: how long things took. Counts microseconds in buckets that grow with the value, so that any
 * quantile is known to 1/64 of itself at a fixed cost. A measuring tool, so it may round.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

#define FZ_HISTOGRAM_STEPS 64 /* buckets per doubling */
#define FZ_HISTOGRAM_LEN (40 * FZ_HISTOGRAM_STEPS)

/* All zero is an empty one. */
struct fz_histogram {
    uint64_t counts[FZ_HISTOGRAM_LEN];
    uint64_t count;
    int64_t max_us;
};

void fz_histogram_add(struct fz_histogram *histogram, int64_t us);

/* The value that `per_mille` of 1000 did not exceed; 0 if nothing was counted. */
int64_t fz_histogram_quantile_us(const struct fz_histogram *histogram, unsigned per_mille);

#endif
