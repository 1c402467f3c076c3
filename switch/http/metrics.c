/*
 * Metrics in a mapping that master and workers share: one row per worker, written by that worker
 * (and by the master for restarts) with relaxed atomics, rendered by any.
 */
#include "switch/http/metrics.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "feezero/assert.h"

enum kind {
    COUNTER,
    GAUGE,
    HISTOGRAM
};

struct metric_info {
    enum kind kind;
    const char *family;
    const char *labels;
    const char *help;
};

static const struct metric_info infos[FZ_METRIC_COUNT] = {
#define FZ_METRIC(name, kind, family, labels, help) {kind, family, labels, help},
#include "switch/http/metrics.def"
#undef FZ_METRIC
};

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

/* Upper bounds of a histogram's buckets in microseconds; one more bucket takes the rest. */
static const int64_t bounds_us[] = {500,   1000,   2000,   5000,    10000,   20000,
                                    50000, 100000, 250000, 1000000, 5000000, 30000000};

#define BOUNDS_LEN (sizeof(bounds_us) / sizeof(bounds_us[0]))

/* One metric of one worker. Histograms use all of it, the others only `value`. */
struct cell {
    _Atomic int64_t value; /* of a histogram: the number of observations */
    _Atomic int64_t sum_us;
    _Atomic int64_t buckets[BOUNDS_LEN + 1];
};

struct row {
    struct cell cells[FZ_METRIC_COUNT];
};

static struct row private_row;
static struct row *rows = &private_row;
static unsigned rows_len = 1;
static unsigned first_worker; /* the worker of rows[0]: 0 for the private row */
static struct row *own_row = &private_row;

fz_rc fz_metrics_create(unsigned workers, struct fz_err *err)
{
    fz_assert(workers > 0);
    fz_assert(rows == &private_row);
    struct row *shared = mmap(NULL, workers * sizeof(*shared), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return fz_fail(err, FZ_NO_MEMORY, "metrics: %s", strerror(errno));
    }
    rows = shared;
    rows_len = workers;
    first_worker = 1;
    return FZ_OK;
}

static struct row *row_of(unsigned worker)
{
    fz_assert(worker >= first_worker && worker - first_worker < rows_len);
    return &rows[worker - first_worker];
}

void fz_metrics_select(unsigned worker)
{
    own_row = row_of(worker);
    for (size_t i = 0; i < FZ_METRIC_COUNT; i++) {
        if (infos[i].kind == GAUGE) {
            atomic_store_explicit(&own_row->cells[i].value, 0, memory_order_relaxed);
        }
    }
}

static void add(_Atomic int64_t *value, int64_t n)
{
    (void)atomic_fetch_add_explicit(value, n, memory_order_relaxed);
}

void fz_metric_add(enum fz_metric metric, int64_t n)
{
    fz_assert(infos[metric].kind == GAUGE || (infos[metric].kind == COUNTER && n >= 0));
    add(&own_row->cells[metric].value, n);
}

void fz_metric_set(enum fz_metric metric, int64_t value)
{
    fz_assert(infos[metric].kind == GAUGE);
    atomic_store_explicit(&own_row->cells[metric].value, value, memory_order_relaxed);
}

void fz_metric_observe_us(enum fz_metric metric, int64_t us)
{
    fz_assert(infos[metric].kind == HISTOGRAM);
    struct cell *cell = &own_row->cells[metric];
    size_t bucket = 0;
    if (us < 0) {
        us = 0;
    }
    while (bucket < BOUNDS_LEN && us > bounds_us[bucket]) {
        bucket++;
    }
    add(&cell->buckets[bucket], 1);
    add(&cell->sum_us, us);
    add(&cell->value, 1);
}

void fz_metric_add_for(unsigned worker, enum fz_metric metric, int64_t n)
{
    fz_assert(infos[metric].kind == COUNTER);
    add(&row_of(worker)->cells[metric].value, n);
}

int64_t fz_metric_get(enum fz_metric metric)
{
    return atomic_load_explicit(&own_row->cells[metric].value, memory_order_relaxed);
}

static long long load(_Atomic int64_t *value)
{
    return (long long)atomic_load_explicit(value, memory_order_relaxed);
}

static void
render_histogram(FILE *out, const struct metric_info *info, struct cell *cell, unsigned worker)
{
    const char *comma = info->labels[0] != '\0' ? "," : "";
    long long count = 0;
    for (size_t i = 0; i < BOUNDS_LEN; i++) {
        count += load(&cell->buckets[i]);
        (void)fprintf(out, "%s_bucket{%s%sworker=\"%u\",le=\"%lld.%06lld\"} %lld\n", info->family,
                      info->labels, comma, worker, (long long)(bounds_us[i] / 1000000),
                      (long long)(bounds_us[i] % 1000000), count);
    }
    count += load(&cell->buckets[BOUNDS_LEN]);
    long long sum_us = load(&cell->sum_us);
    (void)fprintf(out, "%s_bucket{%s%sworker=\"%u\",le=\"+Inf\"} %lld\n", info->family,
                  info->labels, comma, worker, count);
    (void)fprintf(out, "%s_sum{%s%sworker=\"%u\"} %lld.%06lld\n", info->family, info->labels, comma,
                  worker, sum_us / 1000000, sum_us % 1000000);
    (void)fprintf(out, "%s_count{%s%sworker=\"%u\"} %lld\n", info->family, info->labels, comma,
                  worker, count);
}

static void render_metric(FILE *out, size_t index)
{
    const struct metric_info *info = &infos[index];
    if (index == 0 || strcmp(infos[index - 1].family, info->family) != 0) {
        (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", info->family, info->help, info->family,
                      kind_names[info->kind]);
    }
    for (unsigned i = 0; i < rows_len; i++) {
        struct cell *cell = &rows[i].cells[index];
        if (info->kind == HISTOGRAM) {
            render_histogram(out, info, cell, first_worker + i);
        } else {
            (void)fprintf(out, "%s{%s%sworker=\"%u\"} %lld\n", info->family, info->labels,
                          info->labels[0] != '\0' ? "," : "", first_worker + i, load(&cell->value));
        }
    }
}

fz_rc fz_metrics_render(char **text_out, size_t *len_out, struct fz_err *err)
{
    *text_out = NULL;
    FILE *out = open_memstream(text_out, len_out);
    if (out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "metrics: %s", strerror(errno));
    }
    for (size_t i = 0; i < FZ_METRIC_COUNT; i++) {
        render_metric(out, i);
    }
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(*text_out);
        *text_out = NULL;
        return fz_fail(err, FZ_NO_MEMORY, "metrics: out of memory");
    }
    return FZ_OK;
}
