/*
 * Metrics: what is written where, and the text Prometheus reads.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "switch/http/metrics.h"
#include "tests/support/leak.h"

static bool rendered_has(const char *line)
{
    char *text = NULL;
    size_t len = 0;
    cr_assert_eq(fz_metrics_render(&text, &len, NULL), FZ_OK);
    cr_assert_eq(strlen(text), len);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

Test(metrics, counts_without_a_mapping)
{
    fz_metric_add(FZ_METRIC_BATCHES, 2);
    fz_metric_add(FZ_METRIC_BATCHES, 1);
    fz_metric_set(FZ_METRIC_QUEUE_LEN, 9);
    fz_metric_add(FZ_METRIC_QUEUE_LEN, -4);
    cr_expect_eq(fz_metric_get(FZ_METRIC_BATCHES), 3);
    cr_expect(rendered_has("\n# TYPE feezero_batches_total counter\n"
                           "feezero_batches_total{worker=\"0\"} 3\n"));
    cr_expect(rendered_has("\nfeezero_queue_length{worker=\"0\"} 5\n"));
    cr_expect(rendered_has("\nfeezero_commands_total{result=\"done\",worker=\"0\"} 0\n"));
    FZ_EXPECT_NO_LEAK();
}

Test(metrics, prints_histograms_in_seconds)
{
    fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, 500);
    fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, 501);
    fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, 1999999);
    fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, 60000000);
    fz_metric_observe_us(FZ_METRIC_COMMIT_SECONDS, -1);
    cr_expect(rendered_has("\nfeezero_commit_seconds_bucket{worker=\"0\",le=\"0.000500\"} 2\n"));
    cr_expect(rendered_has("\nfeezero_commit_seconds_bucket{worker=\"0\",le=\"0.001000\"} 3\n"));
    cr_expect(rendered_has("\nfeezero_commit_seconds_bucket{worker=\"0\",le=\"1.000000\"} 3\n"));
    cr_expect(rendered_has("\nfeezero_commit_seconds_bucket{worker=\"0\",le=\"30.000000\"} 4\n"));
    cr_expect(rendered_has("\nfeezero_commit_seconds_bucket{worker=\"0\",le=\"+Inf\"} 5\n"
                           "feezero_commit_seconds_sum{worker=\"0\"} 62.001000\n"
                           "feezero_commit_seconds_count{worker=\"0\"} 5\n"));
}

/* In a child: adds to the rows of worker 2, as a worker does. */
static void be_worker_two(int64_t n)
{
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        fz_metrics_select(2);
        fz_metric_add(FZ_METRIC_BATCHES, n);
        fz_metric_add(FZ_METRIC_CONNECTIONS_OPEN, 3);
        _exit(0);
    }
    int status = 1;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0);
}

Test(metrics, shows_all_workers_to_each)
{
    cr_assert_eq(fz_metrics_create(2, NULL), FZ_OK);
    fz_metrics_select(1);
    fz_metric_add(FZ_METRIC_BATCHES, 5);
    be_worker_two(7);
    cr_expect(rendered_has("\nfeezero_batches_total{worker=\"1\"} 5\n"
                           "feezero_batches_total{worker=\"2\"} 7\n"));
    be_worker_two(1);
    cr_expect(rendered_has("\nfeezero_batches_total{worker=\"2\"} 8\n"), "counters go on");
    cr_expect(rendered_has("\nfeezero_http_connections{worker=\"2\"} 3\n"), "gauges begin anew");
    fz_metric_add_for(2, FZ_METRIC_WORKER_RESTARTS, 1);
    cr_expect(rendered_has("\nfeezero_worker_restarts_total{worker=\"2\"} 1\n"));
}

Test(metrics, has_each_family_once)
{
    char *text = NULL;
    size_t len = 0;
    cr_assert_eq(fz_metrics_render(&text, &len, NULL), FZ_OK);
    for (char *at = text; (at = strstr(at, "# TYPE ")) != NULL; at += 7) {
        char family[96];
        size_t family_len = strcspn(at + 7, " ");
        cr_assert(family_len + 9 < sizeof(family));
        memcpy(family, at, family_len + 8); /* "# TYPE name " */
        family[family_len + 8] = '\0';
        cr_expect(strstr(at + 7, family) == NULL, "%s twice", family);
    }
    free(text);
}

Test(metrics, counters_never_fall, .signal = SIGABRT)
{
    fz_metric_add(FZ_METRIC_BATCHES, -1);
}
