/*
 * Counters, gauges and histograms for Prometheus. metrics.def is the table. Each worker writes only
 * its own row of a small shared mapping and any worker renders them all, so one scrape sees the
 * whole switch whichever worker answers it. Nothing ever reads a metric to decide something.
 * Integers only: histograms take microseconds and are printed in seconds.
 */
#ifndef FZ_SWITCH_HTTP_METRICS_H
#define FZ_SWITCH_HTTP_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"

enum fz_metric {
#define FZ_METRIC(name, kind, family, labels, help) FZ_METRIC_##name,
#include "switch/http/metrics.def"
#undef FZ_METRIC
    FZ_METRIC_COUNT
};

/*
 * Maps rows for `workers` workers; called by the master before it forks. Without it (tests, tools)
 * there is one private row. FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_metrics_create(unsigned workers, struct fz_err *err);

/* From now on this process writes the row of `worker` (1..workers); its gauges start at 0. */
void fz_metrics_select(unsigned worker);

/* Adds to a counter or a gauge of our row; a gauge may go down. */
void fz_metric_add(enum fz_metric metric, int64_t n);

/* Sets a gauge of our row. */
void fz_metric_set(enum fz_metric metric, int64_t value);

/* Adds one observation to a histogram of our row. Negative counts as 0. */
void fz_metric_observe_us(enum fz_metric metric, int64_t us);

/* Adds to a counter of another worker's row: for the master's count of restarts. */
void fz_metric_add_for(unsigned worker, enum fz_metric metric, int64_t n);

/* The value of our row; of a histogram the number of observations. For tests and readiness. */
int64_t fz_metric_get(enum fz_metric metric);

/*
 * All rows in Prometheus' text format 0.0.4. Caller frees *text_out with free(). FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_metrics_render(char **text_out, size_t *len_out, struct fz_err *err);

#endif
