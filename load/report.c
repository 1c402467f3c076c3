/*
 * load: the report of a run, for people or as one JSON object (README.md lists its names).
 */
#include <inttypes.h>
#include <stdio.h>

#include "load/run.h"

static const struct {
    const char *name;
    unsigned per_mille;
} quantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p999", 999}};

#define QUANTILES_LEN (sizeof(quantiles) / sizeof(quantiles[0]))

static const char *const step_names[FZ_RUN_STEPS] = {
    [FZ_RUN_INTENT] = "intent",   [FZ_RUN_PAY] = "pay",         [FZ_RUN_EVENTS] = "events",
    [FZ_RUN_SALE] = "sale",       [FZ_RUN_P2P] = "p2p",         [FZ_RUN_REFUSED] = "refused",
    [FZ_RUN_HISTORY] = "history", [FZ_RUN_BALANCE] = "balance", [FZ_RUN_INQUIRY] = "inquiry"};

/* The counters in the order of the report. */
static const struct {
    const char *name;
    size_t offset; /* in struct fz_run_counts */
} counters[] = {
#define COUNTER(name)                               \
    {                                               \
#name, offsetof(struct fz_run_counts, name) \
    }
    COUNTER(refused),       COUNTER(expected),         COUNTER(replayed),   COUNTER(unknown),
    COUNTER(resolved_paid), COUNTER(resolved_refused), COUNTER(tombstoned), COUNTER(undone),
    COUNTER(unresolved),    COUNTER(connections),      COUNTER(timeouts),   COUNTER(unanswered),
    COUNTER(not_sent),      COUNTER(server_503),       COUNTER(server_500), COUNTER(violations),
    COUNTER(prepared),      COUNTER(unused),
#undef COUNTER
};

#define COUNTERS_LEN (sizeof(counters) / sizeof(counters[0]))

static uint64_t counter(const struct fz_run *run, size_t index)
{
    const char *at = (const char *)&run->counts + counters[index].offset;
    return *(const uint64_t *)(const void *)at;
}

static double seconds(const struct fz_run *run)
{
    return (double)(run->ended_us - run->started_us) / 1e6;
}

static double per_second(const struct fz_run *run, uint64_t count)
{
    return run->ended_us > run->started_us ? (double)count / seconds(run) : 0;
}

static double cpu_us_per_request(const struct fz_run *run)
{
    return run->counts.requests > 0 ? (double)run->clock_cpu_us / (double)run->counts.requests : 0;
}

static const char *mode(const struct fz_run *run)
{
    if (run->options.scenario == NULL) {
        return "witness";
    }
    return run->options.rate > 0 ? "open" : "closed";
}

static double ms(const struct fz_histogram *histogram, unsigned per_mille)
{
    return (double)fz_histogram_quantile_us(histogram, per_mille) / 1e3;
}

static bool is_conserved(const struct fz_run *run)
{
    return run->conservation.checked[0] != 'n' && fz_run_conservation_violations(run) == 0;
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_steps(const struct fz_run *run)
{
    printf("%-8s %9s %9s %9s %9s %9s %9s   ms\n", "step", "count", "p50", "p90", "p99", "p99.9",
           "max");
    for (size_t i = 0; i < FZ_RUN_STEPS; i++) {
        const struct fz_histogram *step = &run->steps[i];
        if (step->count > 0) {
            printf("%-8s %9" PRIu64 " %9.2f %9.2f %9.2f %9.2f %9.2f\n", step_names[i], step->count,
                   ms(step, 500), ms(step, 900), ms(step, 990), ms(step, 999),
                   (double)step->max_us / 1e3);
        }
    }
}

static void print_arrivals(const char *name, const struct fz_run_arrivals *arrivals)
{
    if (arrivals->rate == 0) {
        return;
    }
    printf("%-8s rate=%" PRIu64 " offered=%" PRIu64 " started=%" PRIu64 " done=%" PRIu64
           " refused_503=%" PRIu64 " retry_after=%" PRIu64 " not_sent_backlog=%" PRIu64
           " not_sent_late=%" PRIu64 " timeouts=%" PRIu64,
           name, arrivals->rate, arrivals->offered, arrivals->started, arrivals->done,
           arrivals->refused_503, arrivals->refused_503_retry_after, arrivals->not_sent_backlog,
           arrivals->not_sent_late, arrivals->timeouts);
    if (arrivals->refused_503 > 0) {
        printf(" time to 503: p50 %.2f ms p99 %.2f ms max %.2f ms", ms(&arrivals->time_to_503, 500),
               ms(&arrivals->time_to_503, 990), (double)arrivals->time_to_503.max_us / 1e3);
    }
    printf("\n");
}

static void print_conservation(const struct fz_run *run)
{
    const struct fz_run_conservation *found = &run->conservation;
    if (found->checked[0] == 'n') {
        printf("conservation: not checked\n");
        return;
    }
    printf("conservation: %s by the %s: %" PRIu64 " payments of %" PRId64
           " yen acknowledged; lost=%" PRIu64 " wrong=%" PRIu64 " unsent=%" PRIu64
           " balances=%" PRIu64 " sums=%" PRIu64 "\n",
           is_conserved(run) ? "holds" : "VIOLATED", found->checked, found->acknowledged,
           found->amount, found->lost, found->wrong, found->unsent, found->balances, found->sums);
}

static void print_text(const struct fz_run *run)
{
    printf("%s, %s loop, %" PRIu64 " clients, seed %" PRIu64 "%s%s\n", run->name, mode(run),
           run->options.clients, run->options.seed, run->presigned ? ", presigned" : "",
           run->ran_out ? ", ENDED EARLY: no prepared intent was left (--prepare)" : "");
    printf("%" PRIu64 " payments in %.2f s: %.1f payments/s, %.1f requests/s, "
           "%.1f us CPU of the client per request\n",
           run->counts.payments, seconds(run), per_second(run, run->clock_payments),
           per_second(run, run->clock_requests), cpu_us_per_request(run));
    print_steps(run);
    print_arrivals("open", &run->arrivals);
    print_arrivals("inquiries", &run->inquiries);
    printf("counts  ");
    for (size_t i = 0; i < COUNTERS_LEN; i++) {
        printf(" %s=%" PRIu64, counters[i].name, counter(run, i));
    }
    printf("\n");
    if (run->options.scenario != NULL) {
        print_conservation(run);
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void print_latency_json(const struct fz_histogram *histogram)
{
    printf("{\"count\":%" PRIu64, histogram->count);
    for (size_t i = 0; i < QUANTILES_LEN; i++) {
        printf(",\"%s_ms\":%.3f", quantiles[i].name, ms(histogram, quantiles[i].per_mille));
    }
    printf(",\"max_ms\":%.3f}", (double)histogram->max_us / 1e3);
}

static void print_arrivals_json(const char *name, const struct fz_run_arrivals *arrivals)
{
    if (arrivals->rate == 0) {
        return;
    }
    printf(",\"%s\":{\"rate\":%" PRIu64 ",\"offered\":%" PRIu64 ",\"started\":%" PRIu64
           ",\"done\":%" PRIu64 ",\"refused_503\":%" PRIu64 ",\"refused_503_retry_after\":%" PRIu64
           ",\"not_sent_backlog\":%" PRIu64 ",\"not_sent_late\":%" PRIu64 ",\"timeouts\":%" PRIu64
           ",\"time_to_503\":",
           name, arrivals->rate, arrivals->offered, arrivals->started, arrivals->done,
           arrivals->refused_503, arrivals->refused_503_retry_after, arrivals->not_sent_backlog,
           arrivals->not_sent_late, arrivals->timeouts);
    print_latency_json(&arrivals->time_to_503);
    printf("}");
}

static void print_conservation_json(const struct fz_run *run)
{
    const struct fz_run_conservation *found = &run->conservation;
    printf(",\"conservation\":{\"checked\":\"%s\",\"ok\":%s,\"acknowledged\":%" PRIu64
           ",\"amount\":%" PRId64 ",\"lost\":%" PRIu64 ",\"wrong\":%" PRIu64 ",\"unsent\":%" PRIu64
           ",\"balances\":%" PRIu64 ",\"sums\":%" PRIu64 "}",
           found->checked, is_conserved(run) ? "true" : "false", found->acknowledged, found->amount,
           found->lost, found->wrong, found->unsent, found->balances, found->sums);
}

static void print_json(const struct fz_run *run)
{
    const char *comma = "";
    printf("{\"scenario\":\"%s\",\"mode\":\"%s\",\"clients\":%" PRIu64 ",\"seed\":%" PRIu64
           ",\"presigned\":%s,\"seconds\":%.3f,\"payments\":%" PRIu64 ",\"requests\":%" PRIu64
           ",\"payments_per_s\":%.1f,\"requests_per_s\":%.1f,\"cpu_us_per_request\":%.2f",
           run->name, mode(run), run->options.clients, run->options.seed,
           run->presigned ? "true" : "false", seconds(run), run->counts.payments,
           run->counts.requests, per_second(run, run->clock_payments),
           per_second(run, run->clock_requests), cpu_us_per_request(run));
    printf(",\"steps\":{");
    for (size_t i = 0; i < FZ_RUN_STEPS; i++) {
        if (run->steps[i].count > 0) {
            printf("%s\"%s\":", comma, step_names[i]);
            print_latency_json(&run->steps[i]);
            comma = ",";
        }
    }
    printf("},\"counts\":{");
    for (size_t i = 0; i < COUNTERS_LEN; i++) {
        printf("%s\"%s\":%" PRIu64, i > 0 ? "," : "", counters[i].name, counter(run, i));
    }
    printf("},\"ran_out\":%s", run->ran_out ? "true" : "false");
    print_arrivals_json("open", &run->arrivals);
    print_arrivals_json("inquiries", &run->inquiries);
    print_conservation_json(run);
    printf("}\n");
}

void fz_run_report(const struct fz_run *run)
{
    if (run->options.json) {
        print_json(run);
    } else {
        print_text(run);
    }
}
