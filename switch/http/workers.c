/*
 * The master process: a loop around sigtimedwait(2). It opens sockets and forks; requests, keys and
 * the database are none of its business, so there is little in it that could fail.
 */
#include "switch/http/workers.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/listen.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/tls.h"
#include "switch/http/worker.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 10000
#define HEALTHY_MS 60000   /* a worker that lived so long starts without back-off */
#define STOP_EXTRA_MS 5000 /* after a worker's own time-out; then SIGKILL */
#define QUIT_MS 1000

struct slot {
    pid_t pid; /* 0: not running */
    int64_t started_ms;
    int64_t start_at_ms; /* when not running */
    unsigned failures;   /* in a row */
};

struct master {
    const char *program;
    struct fz_config config;
    const struct fz_service *service;
    struct fz_tls *tls;
    struct slot slots[FZ_WORKERS_MAX + 1]; /* the process beside the workers is the last */
    size_t slots_len;
    sigset_t old_mask;
    bool stopping;
    bool quitting;
    int64_t kill_at_ms; /* while stopping */
    int exit_code;
};

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_beside(const struct master *master, size_t index)
{
    return index == (size_t)master->config.workers;
}

/* The process beside the workers; its figures stand in the row after theirs. */
static int become_beside(struct master *master, size_t index)
{
    fz_log_set_worker((unsigned)index + 1);
    fz_metrics_select((unsigned)index + 1);
    return master->service->beside(master->program, &master->config);
}

/* In the child: becomes a worker. Returns its exit code. */
static int
become_worker(struct master *master, size_t index, pid_t master_pid, const int *fds, size_t fds_len)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "fz-worker-%zu", index + 1); /* 15 bytes are shown */
    (void)prctl(PR_SET_NAME, is_beside(master, index) ? master->service->beside_name : name);
    /* Without a master nobody replaces or stops us: finish and go. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != master_pid) {
        return FZ_WORKER_TRY_AGAIN;
    }
    if (is_beside(master, index)) {
        return become_beside(master, index);
    }
    struct fz_worker_options options = {
        .number = (unsigned)index + 1,
        .program = master->program,
        .config = &master->config,
        .service = master->service,
        .tls = master->tls,
        .listen_fds = fds,
        .listen_fds_len = fds_len,
        .signal_mask = &master->old_mask,
    };
    return fz_worker_run(&options);
}

static void plan_restart(struct slot *slot)
{
    int64_t delay_ms = BACKOFF_FIRST_MS;
    for (unsigned i = 1; i < slot->failures && delay_ms < BACKOFF_MAX_MS; i++) {
        delay_ms *= 2;
    }
    slot->failures++;
    slot->start_at_ms = clock_ms() + (delay_ms < BACKOFF_MAX_MS ? delay_ms : BACKOFF_MAX_MS);
}

/* Opens a worker's sockets and forks it. True in the child, with its exit code when it is done. */
static bool start_worker(struct master *master, size_t index, int *exit_code_out)
{
    int fds[FZ_CONFIG_LISTEN_MAX];
    size_t fds_len = 0;
    struct fz_err err = {.rc = FZ_OK};
    struct slot *slot = &master->slots[index];
    pid_t master_pid = getpid();
    fz_rc rc = FZ_OK;
    if (!is_beside(master, index)) {
        rc = fz_listen_open(master->config.listen, fds, FZ_CONFIG_LISTEN_MAX, &fds_len, &err);
    }
    if (rc == FZ_OK) {
        pid_t pid = fork();
        if (pid == 0) {
            *exit_code_out = become_worker(master, index, master_pid, fds, fds_len);
            return true;
        }
        if (pid < 0) {
            rc = fz_fail(&err, FZ_IO, "fork: %s", strerror(errno));
        } else {
            slot->pid = pid;
            slot->started_ms = clock_ms();
        }
    }
    for (size_t i = 0; i < fds_len; i++) {
        (void)close(fds[i]);
    }
    if (rc != FZ_OK) {
        fz_log_err(FZ_LOG_ERROR, "master.start_failed", NULL, &err);
        plan_restart(slot);
    }
    return false;
}

static void signal_all(const struct master *master, int signal)
{
    for (size_t i = 0; i < master->slots_len; i++) {
        if (master->slots[i].pid != 0) {
            (void)kill(master->slots[i].pid, signal); /* it may just have died: that is reaped */
        }
    }
}

static void begin_stop(struct master *master, bool at_once)
{
    int64_t patience_ms = master->config.stop_timeout_s * 1000 + STOP_EXTRA_MS;
    if (at_once) {
        if (master->quitting) {
            return;
        }
        master->quitting = true;
        patience_ms = QUIT_MS;
    }
    fz_log(FZ_LOG_INFO, "master.stopping", NULL, "at_once=%d", at_once ? 1 : 0);
    master->stopping = true;
    master->kill_at_ms = clock_ms() + patience_ms;
    signal_all(master, at_once ? SIGQUIT : SIGTERM);
}

static void on_worker_end(struct master *master, size_t index, int status)
{
    struct slot *slot = &master->slots[index];
    int64_t lived_ms = clock_ms() - slot->started_ms;
    slot->pid = 0;
    if (master->stopping) {
        return;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == FZ_WORKER_CONFIG) {
        master->exit_code = FZ_WORKER_CONFIG;
        begin_stop(master, false);
        return;
    }
    if (lived_ms >= HEALTHY_MS) {
        slot->failures = 0;
    }
    plan_restart(slot);
    fz_metric_add_for((unsigned)index + 1, FZ_METRIC_WORKER_RESTARTS, 1);
    fz_log(FZ_LOG_ERROR, "master.worker_died", NULL,
           "number=%zu signal=%d exit=%d lived_ms=%lld again_in_ms=%lld", index + 1,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           (long long)lived_ms, (long long)(slot->start_at_ms - clock_ms()));
}

static void reap(struct master *master)
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < master->slots_len; i++) {
            if (master->slots[i].pid == pid) {
                on_worker_end(master, i, status);
            }
        }
    }
}

/* Checks everything here first, so that a mistake in the file reaches no worker. */
static fz_rc reload(struct master *master, struct fz_err *err)
{
    char names[256];
    struct fz_config fresh;
    fz_rc rc = fz_config_load(master->config.file, &fresh, err);
    if (rc == FZ_OK) {
        rc = fz_config_check_complete(&fresh, err);
    }
    if (rc == FZ_OK) {
        rc = fz_tls_reload(master->tls, fresh.tls_certificate, fresh.tls_key, err);
    }
    if (rc == FZ_OK) {
        rc = fz_log_open(master->program, fresh.log_file, fresh.log_level, err);
    }
    if (rc == FZ_OK && fz_config_merge(&master->config, &fresh, names, sizeof(names)) > 0) {
        char quoted[300];
        fz_log(FZ_LOG_WARN, "master.restart_needed", NULL, "keys=%s",
               fz_log_quote(names, quoted, sizeof(quoted)));
    }
    return rc;
}

static size_t running(const struct master *master)
{
    size_t count = 0;
    for (size_t i = 0; i < master->slots_len; i++) {
        count += master->slots[i].pid != 0;
    }
    return count;
}

static void on_hangup(struct master *master)
{
    struct fz_err err = {.rc = FZ_OK};
    if (reload(master, &err) != FZ_OK) {
        fz_log_err(FZ_LOG_ERROR, "master.reload_refused", NULL, &err);
        return;
    }
    fz_log(FZ_LOG_INFO, "master.reloaded", NULL, "workers=%zu", running(master));
    signal_all(master, SIGHUP);
}

/* How long the master may sleep: until the next start, or until patience ends. */
static int64_t sleep_ms(const struct master *master)
{
    int64_t until_ms = clock_ms() + 60000;
    if (master->stopping) {
        until_ms = master->kill_at_ms;
    } else {
        for (size_t i = 0; i < master->slots_len; i++) {
            const struct slot *slot = &master->slots[i];
            if (slot->pid == 0 && slot->start_at_ms < until_ms) {
                until_ms = slot->start_at_ms;
            }
        }
    }
    int64_t left_ms = until_ms - clock_ms();
    return left_ms > 0 ? left_ms : 0;
}

static void wait_for_signal(struct master *master, const sigset_t *signals)
{
    int64_t left_ms = sleep_ms(master);
    struct timespec timeout = {.tv_sec = left_ms / 1000, .tv_nsec = (left_ms % 1000) * 1000000};
    switch (sigtimedwait(signals, NULL, &timeout)) {
    case SIGTERM:
    case SIGINT:
        begin_stop(master, master->stopping);
        break;
    case SIGQUIT:
        begin_stop(master, true);
        break;
    case SIGHUP:
        if (!master->stopping) {
            on_hangup(master);
        }
        break;
    default: /* SIGCHLD, the time-out, or an interruption: looked after by the caller anyway */
        break;
    }
    reap(master);
}

/* The life of the master, and in a child that of a worker. */
static void supervise(struct master *master, const sigset_t *signals, int *exit_code_out)
{
    while (!master->stopping || running(master) > 0) {
        for (size_t i = 0; i < master->slots_len && !master->stopping; i++) {
            if (master->slots[i].pid == 0 && master->slots[i].start_at_ms <= clock_ms() &&
                start_worker(master, i, exit_code_out)) {
                return; /* we were the child */
            }
        }
        wait_for_signal(master, signals);
        if (master->stopping && running(master) > 0 && clock_ms() >= master->kill_at_ms) {
            fz_log(FZ_LOG_WARN, "master.killing", NULL, "workers=%zu", running(master));
            signal_all(master, SIGKILL);
            master->kill_at_ms = clock_ms() + QUIT_MS;
        }
    }
    *exit_code_out = master->exit_code;
    fz_log(FZ_LOG_INFO, "master.stopped", NULL, "exit=%d", master->exit_code);
}

static fz_rc prepare(struct master *master, struct fz_err *err)
{
    const struct fz_config *config = &master->config;
    fz_rc rc = fz_tls_create(config->tls_certificate, config->tls_key, &master->tls, err);
    if (rc == FZ_OK) {
        rc = fz_metrics_create((unsigned)master->slots_len, err);
    }
    return rc == FZ_OK ? fz_listen_probe(config->listen, err) : rc;
}

static void master_signals(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGCHLD);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGHUP);
    (void)sigaddset(signals, SIGQUIT);
}

int fz_workers_run(const char *program,
                   const struct fz_config *config,
                   const struct fz_service *service)
{
    struct fz_err err = {.rc = FZ_OK};
    sigset_t signals;
    int exit_code = 0;
    struct master *master = calloc(1, sizeof(*master));
    fz_assert(config->workers >= 1 && config->workers <= FZ_WORKERS_MAX);
    fz_assert(master != NULL); /* the process has only begun */
    master->program = program;
    master->config = *config;
    master->service = service;
    master->slots_len = (size_t)config->workers + (service->beside != NULL ? 1 : 0);
    master_signals(&signals);
    (void)sigprocmask(SIG_BLOCK, &signals, &master->old_mask);
    fz_rc rc = prepare(master, &err);
    if (rc == FZ_OK) {
        fz_log(FZ_LOG_INFO, "master.start", NULL, "workers=%ld listen=\"%s\"", config->workers,
               config->listen);
        supervise(master, &signals, &exit_code);
    } else {
        fz_log_err(FZ_LOG_ERROR, "master.start_failed", NULL, &err);
        exit_code = rc == FZ_CONFIG ? FZ_WORKER_CONFIG : FZ_WORKER_TRY_AGAIN;
    }
    fz_tls_destroy(&master->tls);
    free(master);
    return exit_code;
}
