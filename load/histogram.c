/*
 * load: the histogram. Below FZ_HISTOGRAM_STEPS each microsecond has its bucket; above, each
 * doubling has FZ_HISTOGRAM_STEPS of them.
 */
#include "load/histogram.h"

#include <stddef.h>

static size_t bucket_of(int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0;
    size_t shift = 0;
    while (value >> shift >= 2 * FZ_HISTOGRAM_STEPS) {
        shift++;
    }
    size_t bucket = shift * FZ_HISTOGRAM_STEPS + (size_t)(value >> shift);
    return bucket < FZ_HISTOGRAM_LEN ? bucket : FZ_HISTOGRAM_LEN - 1;
}

/* The largest value that falls into the bucket. */
static int64_t top_of(size_t bucket)
{
    if (bucket < 2 * FZ_HISTOGRAM_STEPS) {
        return (int64_t)bucket;
    }
    size_t shift = bucket / FZ_HISTOGRAM_STEPS - 1;
    uint64_t step = bucket - shift * FZ_HISTOGRAM_STEPS;
    return (int64_t)(((step + 1) << shift) - 1);
}

void fz_histogram_add(struct fz_histogram *histogram, int64_t us)
{
    histogram->counts[bucket_of(us)]++;
    histogram->count++;
    if (us > histogram->max_us) {
        histogram->max_us = us;
    }
}

int64_t fz_histogram_quantile_us(const struct fz_histogram *histogram, unsigned per_mille)
{
    uint64_t wanted = (histogram->count * per_mille + 999) / 1000;
    uint64_t seen = 0;
    for (size_t i = 0; i < FZ_HISTOGRAM_LEN; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted && seen > 0) {
            int64_t top = top_of(i);
            return top < histogram->max_us ? top : histogram->max_us;
        }
    }
    return 0;
}
