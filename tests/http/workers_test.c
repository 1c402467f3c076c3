/*
 * The processes: signals, reload, crash and replacement, and the command line, on the real program.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/http/testbed.h"

static struct bed bed;
static struct answer answer;

static void set_up(void)
{
    bed_create(&bed);
}

static void tear_down(void)
{
    bed_destroy(&bed);
}

TestSuite(workers, .init = set_up, .fini = tear_down, .timeout = 90);

static void sleep_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

static long now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Opens a connection and sends a request that the server will answer later. */
static void begin(struct client *client, const char *path)
{
    char request[256];
    cr_assert(client_open(client, bed.port, 0));
    (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    client_send(client, request);
    do { /* until the request is with its handler */
        sleep_ms(10);
        fetch(bed.port, "/gone", &answer);
        cr_assert_eq(answer.status, 200);
    } while (strcmp(answer.body, "gone 0 open 2\n") != 0);
}

static bool becomes_refused(void)
{
    for (int attempt = 0; attempt < 500; attempt++) {
        if (client_refused(bed.port)) {
            return true;
        }
        sleep_ms(10);
    }
    return false;
}

Test(workers, checks_the_configuration_and_ends)
{
    char output[4096];
    cr_expect_eq(bed_run(&bed, "-n", output, sizeof(output)), 0);
    cr_expect(bed_log_has(&bed, "configuration OK\n", 1));
    cr_expect_eq(bed_run(&bed, "-T", output, sizeof(output)), 0);
    cr_expect(strstr(output, "\nworkers = 1\n") != NULL, "%s", output);
    cr_expect(strstr(output, "\nstop_timeout_s = 20\n") != NULL, "%s", output);
    cr_expect_eq(bed_run(&bed, "-x", output, sizeof(output)), 2);
    cr_expect_eq(bed_run(&bed, "more", output, sizeof(output)), 2);
    cr_expect(bed_log_has(&bed, "usage: fz-http-echo -c FILE [-n] [-T]", 1));
}

Test(workers, names_what_is_wrong_with_the_configuration)
{
    char output[64];
    bed_configure(&bed, 1, "colour = blue\n");
    cr_expect_eq(bed_run(&bed, "-n", output, sizeof(output)), 78);
    cr_expect(bed_log_has(&bed, "switch.conf:7: colour: there is no such key", 1));
    bed_configure(&bed, 1, "");
    bed_make_certificate(&bed, "other-", "other");
    bed_replace(&bed, "other-key.pem", "key.pem");
    cr_expect_eq(bed_run(&bed, "-n", output, sizeof(output)), 78);
    cr_expect(bed_log_has(&bed, "tls_key does not belong to tls_certificate", 1));
    bed_replace(&bed, "key.pem", "kept-key.pem");
    cr_expect_eq(bed_run(&bed, "-n", output, sizeof(output)), 78);
    cr_expect(bed_log_has(&bed, "key.pem: No such file or directory", 1));
}

Test(workers, refuses_a_key_that_others_may_read)
{
    char output[64];
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/key.pem", bed.dir);
    cr_assert_eq(chmod(path, 0640), 0);
    cr_expect_eq(bed_run(&bed, "-n", output, sizeof(output)), 78);
    cr_expect(bed_log_has(&bed, "only its owner may use", 1));
}

Test(workers, will_not_share_a_port_with_another_instance)
{
    char output[64];
    bed_start(&bed);
    pid_t first = bed.pid;
    bed.pid = 0;
    cr_expect_eq(bed_run(&bed, NULL, output, sizeof(output)), 75);
    cr_expect(bed_log_has(&bed, "Address already in use", 1));
    bed.pid = first;
}

Test(workers, ends_when_the_service_refuses_the_configuration)
{
    char output[64];
    cr_assert_eq(setenv("FZ_TEST_START_FAILS", "1", 1), 0);
    cr_expect_eq(bed_run(&bed, NULL, output, sizeof(output)), 78);
    cr_expect(bed_log_has(&bed, "told to fail", 1));
}

Test(workers, finishes_what_is_in_flight)
{
    struct client client;
    struct client idle;
    bed_start(&bed);
    cr_assert(client_open(&idle, bed.port, 0));
    begin(&client, "/wait?1500");
    cr_assert_eq(kill(bed.pid, SIGTERM), 0);
    cr_expect(client_is_closed(&idle, 1000), "idle connections are closed at once");
    cr_expect(becomes_refused(), "no new connection is accepted");
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(answer.body, "waited\n");
    cr_expect(strstr(answer.head, "\r\nConnection: close\r\n") != NULL);
    cr_expect(client_is_closed(&client, 1000));
    cr_expect_eq(bed_stop(&bed, 0), 0);
    client_close(&client, false);
    client_close(&idle, false);
}

Test(workers, ends_long_polls_at_once)
{
    struct client client;
    bed_start(&bed);
    begin(&client, "/poll?60000");
    long begin_ms = now_ms();
    cr_expect_eq(bed_stop(&bed, SIGTERM), 0);
    cr_expect(now_ms() - begin_ms < 5000);
    client_read(&client, false, &answer);
    cr_expect_str_eq(answer.body, "stopping\n");
    client_close(&client, false);
}

Test(workers, cuts_off_what_takes_too_long)
{
    struct client client;
    bed_configure(&bed, 1, "stop_timeout_s = 1\n");
    bed_start(&bed);
    begin(&client, "/wait?60000");
    long begin_ms = now_ms();
    cr_expect_eq(bed_stop(&bed, SIGTERM), 0);
    cr_expect(now_ms() - begin_ms >= 900 && now_ms() - begin_ms < 5000);
    client_read(&client, false, &answer);
    cr_expect_eq(answer.status, 0, "nothing was answered");
    cr_expect(bed_log_has(&bed, "ev=http.drain_timeout", 1));
    client_close(&client, false);
}

Test(workers, stops_at_once_when_told_so)
{
    struct client client;
    bed_start(&bed);
    begin(&client, "/wait?60000");
    long begin_ms = now_ms();
    cr_expect_eq(bed_stop(&bed, SIGQUIT), 0);
    cr_expect(now_ms() - begin_ms < 2000);
    client_close(&client, false);
    bed_start(&bed);
    begin(&client, "/wait?60000");
    cr_assert_eq(kill(bed.pid, SIGINT), 0);
    cr_expect(bed_log_has(&bed, "ev=worker.stopping", 1));
    sleep_ms(100);
    cr_expect_eq(bed_stop(&bed, SIGINT), 0, "the second one is impatient");
    client_close(&client, false);
}

static void expect_certificate(const char *expected)
{
    struct client client;
    char name[64];
    cr_assert(client_open(&client, bed.port, 0));
    client_peer_name(&client, name, sizeof(name));
    cr_expect_str_eq(name, expected);
    client_close(&client, false);
}

Test(workers, swaps_the_certificate)
{
    struct client before;
    bed_configure(&bed, 2, "");
    bed_start(&bed);
    cr_assert(client_open(&before, bed.port, 0));
    expect_certificate("localhost");
    bed_make_certificate(&bed, "other-", "renewed");
    bed_replace(&bed, "other-cert.pem", "cert.pem");
    bed_replace(&bed, "other-key.pem", "key.pem");
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "ev=worker.reloaded", 2));
    for (int i = 0; i < 6; i++) {
        expect_certificate("renewed");
    }
    client_get(&before, "/healthz", &answer);
    cr_expect_eq(answer.status, 200, "open connections go on");
    client_close(&before, false);
}

Test(workers, keeps_the_old_certificate_when_the_new_one_is_wrong)
{
    bed_start(&bed);
    bed_make_certificate(&bed, "other-", "wrong");
    bed_replace(&bed, "other-cert.pem", "cert.pem"); /* and not its key */
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "ev=master.reload_refused", 1));
    cr_expect(bed_log_has(&bed, "tls_key does not belong to tls_certificate", 1));
    expect_certificate("localhost");
    bed_configure(&bed, 1, "nonsense\n");
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "switch.conf:7: not of the form key = value", 1));
    expect_certificate("localhost");
}

Test(workers, says_which_keys_need_a_restart)
{
    bed_start(&bed);
    bed_configure(&bed, 3, "log_level = info\nstop_timeout_s = 7\n");
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "log_level: the key was given before", 1));
    bed_configure(&bed, 3, "stop_timeout_s = 7\n");
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "ev=master.restart_needed keys=workers", 1));
}

/* Connects once more with the session of `from`; true if the server resumed it. */
static bool resumes(SSL_SESSION *saved)
{
    struct client client;
    client_connect(&client, bed.port);
    client.context = SSL_CTX_new(TLS_client_method());
    cr_assert(SSL_CTX_set_max_proto_version(client.context, TLS1_2_VERSION));
    client.session = SSL_new(client.context);
    cr_assert(SSL_set_fd(client.session, client.fd));
    cr_assert(SSL_set_session(client.session, saved));
    cr_assert_eq(SSL_connect(client.session), 1);
    client_get(&client, "/pid", &answer);
    bool reused = SSL_session_reused(client.session) == 1;
    client_close(&client, false);
    return reused;
}

Test(workers, resumes_sessions_with_any_worker_also_after_a_reload)
{
    struct client client;
    char first[32];
    bool other_worker = false;
    bed_configure(&bed, 2, "");
    bed_start(&bed);
    cr_assert(client_open(&client, bed.port, TLS1_2_VERSION)); /* its ticket may be used again */
    client_get(&client, "/pid", &answer);
    (void)snprintf(first, sizeof(first), "%.30s", answer.body);
    SSL_SESSION *saved = SSL_get1_session(client.session);
    for (int i = 0; i < 40 && !other_worker; i++) {
        cr_expect(resumes(saved));
        other_worker = strcmp(answer.body, first) != 0;
    }
    cr_expect(other_worker, "both workers were seen");
    cr_assert_eq(kill(bed.pid, SIGHUP), 0);
    cr_expect(bed_log_has(&bed, "ev=worker.reloaded", 2));
    cr_expect(resumes(saved));
    SSL_SESSION_free(saved);
    client_close(&client, false);
}

Test(workers, replaces_a_worker_that_died)
{
    struct client client;
    char first[32];
    bed_start(&bed);
    fetch(bed.port, "/pid", &answer);
    (void)snprintf(first, sizeof(first), "%.30s", answer.body);
    for (size_t i = 1; i <= 2; i++) {
        cr_assert(client_open(&client, bed.port, 0));
        client_send(&client, "POST /die HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        client_read(&client, false, &answer);
        cr_expect_eq(answer.status, 0);
        client_close(&client, false);
        cr_expect(bed_log_has(&bed, "ev=master.worker_died number=1 signal=9", i));
        cr_expect(bed_log_has(&bed, "ev=worker.ready", i + 1));
    }
    fetch(bed.port, "/pid", &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect_str_neq(answer.body, first);
    fetch(bed.port, "/metrics", &answer);
    cr_expect(strstr(answer.body, "\nfeezero_worker_restarts_total{worker=\"1\"} 2\n") != NULL,
              "%s", answer.body);
}

Test(workers, do_not_outlive_the_master)
{
    bed_start(&bed);
    fetch(bed.port, "/pid", &answer);
    pid_t worker = (pid_t)strtol(answer.body, NULL, 10);
    cr_expect_eq(bed_stop(&bed, SIGKILL), 256 + SIGKILL);
    int attempt = 0;
    while (kill(worker, 0) == 0 && attempt++ < 500) {
        sleep_ms(10);
    }
    cr_expect(attempt < 500, "the worker is gone");
}
