/*
 * load: the report of a run, for people or as one JSON object.
 */
#include <inttypes.h>
#include <stdio.h>

#include "load/buyer.h"
#include "load/run.h"

static const struct {
    const char *name;
    unsigned per_mille;
} quantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}};

#define QUANTILES_LEN (sizeof(quantiles) / sizeof(quantiles[0]))

static double seconds(const struct fz_run *run)
{
    return (double)(run->ended_us - run->started_us) / 1e6;
}

static double per_second(const struct fz_run *run, uint64_t count)
{
    return run->ended_us > run->started_us ? (double)count / seconds(run) : 0;
}

static void print_latency(const char *name, const struct fz_histogram *histogram)
{
    printf("%-8s", name);
    for (size_t i = 0; i < QUANTILES_LEN; i++) {
        int64_t us = fz_histogram_quantile_us(histogram, quantiles[i].per_mille);
        printf(" %s %.2f ms ", quantiles[i].name, (double)us / 1e3);
    }
    printf(" max %.2f ms\n", (double)histogram->max_us / 1e3);
}

static void print_latency_json(const char *name, const struct fz_histogram *histogram)
{
    printf(",\"%s\":{", name);
    for (size_t i = 0; i < QUANTILES_LEN; i++) {
        printf("\"%s_us\":%" PRId64 ",", quantiles[i].name,
               fz_histogram_quantile_us(histogram, quantiles[i].per_mille));
    }
    printf("\"max_us\":%" PRId64 "}", histogram->max_us);
}

static unsigned connections(const struct fz_run *run)
{
    unsigned sum = 0;
    for (size_t i = 0; i < run->options.clients; i++) {
        sum += fz_buyer_connections(run->buyers[i]);
    }
    return sum;
}

/* Calls `print` for every counter with its name. */
static void each_count(const struct fz_run *run, void (*print)(const char *name, uint64_t count))
{
    const struct fz_run_counts *counts = &run->counts;
    print("refused", counts->refused);
    print("replayed", counts->replayed);
    print("unknown", counts->unknown);
    print("resolved_paid", counts->resolved_paid);
    print("resolved_refused", counts->resolved_refused);
    print("tombstoned", counts->tombstoned);
    print("undone", counts->undone);
    print("unresolved", counts->unresolved);
    print("connections", connections(run));
    print("unanswered", counts->unanswered);
    print("not_sent", counts->not_sent);
    print("server_503", counts->server_503);
    print("server_500", counts->server_500);
    print("violations", counts->violations);
}

static void print_count(const char *name, uint64_t count)
{
    printf(" %s=%" PRIu64, name, count);
}

static void print_count_json(const char *name, uint64_t count)
{
    printf(",\"%s\":%" PRIu64, name, count);
}

void fz_run_report(const struct fz_run *run)
{
    const struct fz_run_counts *counts = &run->counts;
    if (run->options.json) {
        printf("{\"clients\":%" PRIu64 ",\"seconds\":%.3f,\"payments\":%" PRIu64
               ",\"requests\":%" PRIu64
               ",\"payments_per_second\":%.1f,\"requests_per_second\":%.1f",
               run->options.clients, seconds(run), counts->payments, counts->requests,
               per_second(run, counts->payments), per_second(run, counts->requests));
        print_latency_json("create", &run->create);
        print_latency_json("pay", &run->pay);
        print_latency_json("whole", &run->whole);
        each_count(run, print_count_json);
        printf("}\n");
        return;
    }
    printf("%" PRIu64 " payments in %.2f s by %" PRIu64
           " clients: %.1f payments/s, %.1f requests/s\n",
           counts->payments, seconds(run), run->options.clients, per_second(run, counts->payments),
           per_second(run, counts->requests));
    print_latency("create", &run->create);
    print_latency("pay", &run->pay);
    print_latency("whole", &run->whole);
    printf("counts  ");
    each_count(run, print_count);
    printf("\n");
}
