/*
 * load: what is going on, on stderr, for whoever looks.
 */
#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load/run.h"

static bool is_watched(const struct fz_run *run)
{
    return run->options.progress || isatty(STDERR_FILENO) == 1;
}

void fz_run_stage(const struct fz_run *run, const char *format, ...)
{
    char text[160];
    va_list args;
    if (is_watched(run)) {
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        (void)fprintf(stderr, "fz-load: %s\n", text);
    }
}

static double ms(const struct fz_histogram *histogram, unsigned per_mille)
{
    return (double)fz_histogram_quantile_us(histogram, per_mille) / 1e3;
}

static void on_second(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_run *run = ctx;
    const struct fz_run_counts *counts = &run->counts;
    uint64_t errors = counts->server_503 + counts->server_500 + counts->unanswered +
                      counts->not_sent + counts->violations;
    (void)fd, (void)what;
    (void)fprintf(stderr,
                  "fz-load: %3.0f s  %6" PRIu64 " payments/s  %6" PRIu64
                  " requests/s  p50 %.2f ms  p99 %.2f ms  errors %" PRIu64 "\n",
                  (double)(fz_run_now_us() - run->started_us) / 1e6,
                  counts->payments - run->progress_payments,
                  counts->requests - run->progress_requests, ms(&run->second, 500),
                  ms(&run->second, 990), errors);
    run->progress_payments = counts->payments;
    run->progress_requests = counts->requests;
    memset(&run->second, 0, sizeof(run->second));
}

fz_rc fz_run_progress_start(struct fz_run *run, struct fz_err *err)
{
    struct timeval second = {.tv_sec = 1};
    if (!is_watched(run)) {
        return FZ_OK;
    }
    run->progress = event_new(run->base, -1, EV_PERSIST, on_second, run);
    return run->progress != NULL && event_add(run->progress, &second) == 0
               ? FZ_OK
               : fz_fail(err, FZ_NO_MEMORY, "progress");
}

void fz_run_progress_stop(struct fz_run *run)
{
    if (run->progress != NULL) {
        event_free(run->progress);
        run->progress = NULL;
    }
}
