/*
 * load: sets a run up, drives it, takes it down.
 */
#include "load/run.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "feezero/assert.h"
#include "load/buyer.h"
#include "load/play.h"

#define VIOLATIONS_SHOWN_MAX 20

int64_t fz_run_now_us(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t fz_run_cpu_us(void)
{
    struct rusage usage;
    int rc = getrusage(RUSAGE_SELF, &usage);
    fz_assert(rc == 0);
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

void fz_run_time(struct fz_run *run, enum fz_run_step step, int64_t us)
{
    fz_histogram_add(&run->steps[step], us);
    fz_histogram_add(&run->second, us);
}

uint64_t fz_run_conservation_violations(const struct fz_run *run)
{
    const struct fz_run_conservation *found = &run->conservation;
    return found->lost + found->wrong + found->unsent + found->balances + found->sums;
}

bool fz_run_may_begin(struct fz_run *run)
{
    const struct fz_run_options *options = &run->options;
    if (run->stopping || (options->payments > 0 && run->counts.sales >= options->payments)) {
        return false;
    }
    run->counts.sales++;
    return true;
}

void fz_run_done(struct fz_run *run)
{
    fz_assert(run->active > 0);
    run->active--;
    if (run->active == 0) {
        run->ended_us = fz_run_now_us();
        (void)event_base_loopbreak(run->base);
    }
}

void fz_run_fail(struct fz_run *run, fz_rc rc, const struct fz_err *err)
{
    run->failure = rc;
    run->err = *err;
    (void)event_base_loopbreak(run->base);
}

void fz_run_violation(struct fz_run *run, const char *format, ...)
{
    char text[1024];
    va_list args;
    run->counts.violations++;
    if (run->counts.violations > VIOLATIONS_SHOWN_MAX) {
        run->stopping = true; /* more of the same would not tell more */
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "fz-load: broken promise: %s\n", text);
}

static void on_deadline(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_run *run = ctx;
    (void)fd, (void)what;
    run->stopping = true;
}

/* The first one asks, the second one insists. */
static void on_signal(evutil_socket_t signal, short what, void *ctx)
{
    struct fz_run *run = ctx;
    struct fz_err err = {.rc = FZ_OK};
    (void)signal, (void)what;
    if (run->interrupted) {
        fz_run_fail(run, fz_fail(&err, FZ_OUTCOME_UNKNOWN, "interrupted twice"), &err);
    }
    run->interrupted = true;
    run->stopping = true;
}

static bool add_events(struct fz_run *run)
{
    static const int numbers[2] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        run->signals[i] = evsignal_new(run->base, numbers[i], on_signal, run);
        if (run->signals[i] == NULL || event_add(run->signals[i], NULL) != 0) {
            return false;
        }
    }
    run->deadline = evtimer_new(run->base, on_deadline, run);
    return run->deadline != NULL;
}

static fz_rc add_buyers(struct fz_run *run, struct fz_err *err)
{
    run->buyers = calloc(run->options.clients, sizeof(struct fz_buyer *));
    if (run->buyers == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "buyers");
    }
    for (size_t i = 0; i < run->options.clients; i++) {
        fz_rc rc = fz_buyer_create(run, i, &run->buyers[i], err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return FZ_OK;
}

static fz_rc set_up(struct fz_run *run, struct fz_err *err)
{
    const struct fz_run_options *options = &run->options;
    run->record = (struct fz_record){.acknowledged_fd = -1, .unknown_fd = -1};
    run->base = event_base_new();
    if (run->base == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "event loop");
    }
    run->channel.base = run->base;
    run->channel.timeout_ms = (int)options->timeout_ms;
    fz_rc rc = fz_channel_options_set(&run->channel, options->url, options->ca_file, err);
    if (rc == FZ_OK) {
        rc = fz_town_load(options->keys_dir, &run->town, err);
    }
    if (rc == FZ_OK) {
        rc = fz_record_open(&run->record, options->acknowledged_file, options->unknown_file, err);
    }
    if (rc == FZ_OK && !add_events(run)) {
        rc = fz_fail(err, FZ_NO_MEMORY, "events");
    }
    return rc;
}

/* The witness: its clients live until all they have begun is known. */
static fz_rc run_buyers(struct fz_run *run, struct fz_err *err)
{
    struct timeval limit = {.tv_sec = (time_t)run->options.seconds};
    fz_rc rc = add_buyers(run, err);
    if (rc == FZ_OK && run->options.seconds > 0 && evtimer_add(run->deadline, &limit) != 0) {
        rc = fz_fail(err, FZ_NO_MEMORY, "deadline");
    }
    if (rc == FZ_OK) {
        rc = fz_run_progress_start(run, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    run->clock_cpu_us = -fz_run_cpu_us();
    run->started_us = fz_run_now_us();
    run->ended_us = run->started_us;
    run->active = run->options.clients;
    for (size_t i = 0; i < run->options.clients; i++) {
        fz_buyer_start(run->buyers[i]);
    }
    if (run->active > 0 && run->failure == FZ_OK) {
        (void)event_base_dispatch(run->base);
    }
    fz_run_progress_stop(run);
    for (size_t i = 0; i < run->options.clients; i++) {
        run->counts.connections += fz_buyer_connections(run->buyers[i]);
    }
    run->clock_payments = run->counts.payments;
    run->clock_requests = run->counts.requests;
    run->clock_cpu_us += fz_run_cpu_us();
    *err = run->err;
    return run->failure;
}

fz_rc fz_run(const struct fz_run_options *options, struct fz_run **run_out, struct fz_err *err)
{
    struct fz_run *run = calloc(1, sizeof(*run));
    *run_out = run;
    if (run == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "run");
    }
    run->options = *options;
    (void)snprintf(run->name, sizeof(run->name), "witness");
    run->conservation.checked = "no";
    (void)signal(SIGPIPE, SIG_IGN);
    fz_rc rc = set_up(run, err);
    if (rc != FZ_OK) {
        return rc;
    }
    return options->scenario != NULL ? fz_play(run, err) : run_buyers(run, err);
}

void fz_run_destroy(struct fz_run **run)
{
    struct fz_run *gone = *run;
    if (gone == NULL) {
        return;
    }
    for (size_t i = 0; gone->buyers != NULL && i < gone->options.clients; i++) {
        fz_buyer_destroy(&gone->buyers[i]);
    }
    free(gone->buyers);
    fz_record_close(&gone->record);
    fz_town_free(&gone->town);
    fz_channel_options_free(&gone->channel);
    for (size_t i = 0; i < 2; i++) {
        if (gone->signals[i] != NULL) {
            event_free(gone->signals[i]);
        }
    }
    if (gone->deadline != NULL) {
        event_free(gone->deadline);
    }
    fz_run_progress_stop(gone);
    if (gone->base != NULL) {
        event_base_free(gone->base);
    }
    free(gone);
    *run = NULL;
}
