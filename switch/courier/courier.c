/*
 * Room switch/courier. The courier's one loop:
 *
 *     no session -> connect -> not at work -> (the lock is ours) -> at work: look, send, write down
 *          ^______________________ the database fails: forget all lanes _______|
 *
 * What is under way when the database fails, or the process dies, is sent again with the same
 * webhook-id; nothing is taken for delivered that is not written down.
 */
#include "switch/courier/courier.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "switch/courier/lane.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"

#define DATABASE_ROLE "fz_switch"
#define RETRY_MS 1000 /* to connect, or to become the one at work */
#define CLEAN_FIRST_MS 2000
#define CLEAN_MS 60000
#define WAIT_MAX_MS 1000
#define EXIT_TRY_AGAIN 75

struct courier {
    const char *program;
    struct fz_config config; /* ours: a reload changes it */
    struct fz_attempt_rules rules;
    struct fz_session *session;
    CURLM *multi;
    int signals;           /* signalfd */
    struct fz_lane *lanes; /* FZ_WEBHOOK_LANES_MAX of them */
    unsigned open;         /* lanes */
    struct fz_attempt_result results[FZ_WEBHOOK_LANES_MAX];
    unsigned results_len; /* not written down yet */
    int64_t look_at_ms;   /* also: to connect, to become the one at work */
    int64_t clean_at_ms;
    int64_t stop_at_ms; /* 0: not stopping */
    bool is_leading;
    bool was_refused; /* the database's last word, to log a trouble once */
};

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

/* --- lanes ------------------------------------------------------------------------------------ */

/* An attempt for a place that had none, once. */
static fz_rc furnish(struct courier *courier, struct fz_lane *lane, struct fz_err *err)
{
    if (lane->attempt != NULL) {
        return FZ_OK;
    }
    fz_rc rc = fz_attempt_create(courier->multi, &courier->rules, &lane->attempt, err);
    if (rc == FZ_OK) {
        fz_attempt_set_owner(lane->attempt, lane);
    }
    return rc;
}

static void send_next(struct courier *courier, struct fz_lane *lane)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = furnish(courier, lane, &err);
    if (rc == FZ_OK) {
        rc = fz_lane_send(lane, clock_ms(CLOCK_REALTIME) / 1000, &err);
    }
    if (rc != FZ_OK) { /* out of memory: what is due stays due */
        fz_log_err(FZ_LOG_ERROR, "courier.send_failed", NULL, &err);
        fz_lane_close(lane);
        courier->open--;
        courier->look_at_ms = now_ms() + RETRY_MS;
    }
}

static void drop_lanes(struct courier *courier)
{
    for (unsigned i = 0; i < FZ_WEBHOOK_LANES_MAX; i++) {
        fz_lane_fini(&courier->lanes[i]);
    }
    courier->open = 0;
    courier->results_len = 0;
}

static bool is_same(const struct fz_webhook_key *a, const struct fz_webhook_key *b)
{
    return a->community == b->community && fz_id_equal(&a->id, &b->id);
}

/* Due events of one webhook come one after the other; where there is no lane for it they wait. */
static void on_due(void *ctx, const struct fz_due *due)
{
    struct courier *courier = ctx;
    struct fz_lane *unused = NULL;
    for (unsigned i = 0; i < FZ_WEBHOOK_LANES_MAX; i++) {
        struct fz_lane *lane = &courier->lanes[i];
        if (lane->is_open && is_same(&lane->webhook, &due->webhook)) {
            (void)fz_lane_add(lane, due);
            return;
        }
        if (!lane->is_open && unused == NULL) {
            unused = lane;
        }
    }
    if (unused != NULL) {
        fz_lane_open(unused, due);
        unused->opened_ms = now_ms();
        courier->open++;
    }
}

/* --- the database ----------------------------------------------------------------------------- */

static void lose_session(struct courier *courier, const struct fz_err *err)
{
    if (!courier->was_refused) {
        fz_log_err(FZ_LOG_WARN, "courier.trouble", NULL, err);
    }
    courier->was_refused = true;
    courier->is_leading = false;
    fz_metric_set(FZ_METRIC_COURIER_AT_WORK, 0);
    fz_metric_set(FZ_METRIC_WEBHOOKS_WAITING, 0);
    drop_lanes(courier);
    fz_session_destroy(&courier->session);
    courier->look_at_ms = now_ms() + RETRY_MS;
}

static fz_rc become_leader(struct courier *courier, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    if (courier->session == NULL) {
        rc = fz_session_create_brisk(courier->config.database, DATABASE_ROLE, "fz-switch courier",
                                     &courier->session, err);
    }
    if (rc == FZ_OK) {
        rc = fz_courier_lead(courier->session, &courier->is_leading, err);
    }
    courier->look_at_ms = now_ms() + RETRY_MS;
    if (rc == FZ_OK) {
        courier->was_refused = false;
    }
    if (courier->is_leading) {
        fz_log(FZ_LOG_INFO, "courier.at_work", NULL, "lanes=%d", FZ_WEBHOOK_LANES_MAX);
        fz_metric_set(FZ_METRIC_COURIER_AT_WORK, 1);
        courier->look_at_ms = now_ms();
        courier->clean_at_ms = now_ms() + CLEAN_FIRST_MS;
    }
    return rc;
}

static fz_rc clean(struct courier *courier, struct fz_err *err)
{
    int64_t given_up = 0;
    int64_t waiting = 0;
    fz_rc rc = fz_courier_clean(courier->session, &given_up, &waiting, err);
    courier->clean_at_ms = now_ms() + CLEAN_MS;
    if (given_up > 0) {
        fz_metric_add(FZ_METRIC_WEBHOOKS_GIVEN_UP, given_up);
        fz_log(FZ_LOG_WARN, "courier.given_up", NULL, "events=%lld", (long long)given_up);
    }
    fz_metric_set(FZ_METRIC_WEBHOOKS_WAITING, waiting);
    return rc;
}

/* New events become deliveries, and deliveries that are due lanes. */
static fz_rc look(struct courier *courier, struct fz_err *err)
{
    struct fz_webhook_key busy[FZ_WEBHOOK_LANES_MAX];
    bool was_open[FZ_WEBHOOK_LANES_MAX];
    unsigned busy_len = 0;
    bool more = false;
    fz_rc rc = fz_courier_record(courier->session, &more, err);
    for (unsigned i = 0; i < FZ_WEBHOOK_LANES_MAX; i++) {
        was_open[i] = courier->lanes[i].is_open;
        if (was_open[i]) {
            busy[busy_len++] = courier->lanes[i].webhook;
        }
    }
    fz_assert(busy_len == courier->open);
    if (rc == FZ_OK && busy_len < FZ_WEBHOOK_LANES_MAX) {
        struct fz_claim claim = {.busy = busy,
                                 .busy_len = busy_len,
                                 .webhooks_max = FZ_WEBHOOK_LANES_MAX - busy_len,
                                 .on_due = on_due,
                                 .ctx = courier};
        rc = fz_courier_claim(courier->session, &claim, err);
    }
    courier->look_at_ms = more ? now_ms() : now_ms() + FZ_WEBHOOK_LOOK_MS;
    for (unsigned i = 0; rc == FZ_OK && i < FZ_WEBHOOK_LANES_MAX; i++) {
        if (courier->lanes[i].is_open && !was_open[i]) {
            send_next(courier, &courier->lanes[i]);
        }
    }
    return rc;
}

static void turn_to_database(struct courier *courier)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = FZ_OK;
    if (courier->results_len > 0) {
        rc = fz_courier_finish(courier->session, courier->results, courier->results_len, &err);
        courier->results_len = 0;
    }
    if (rc == FZ_OK && courier->stop_at_ms == 0 && now_ms() >= courier->look_at_ms) {
        rc = courier->is_leading ? look(courier, &err) : become_leader(courier, &err);
    }
    if (rc == FZ_OK && courier->is_leading && courier->stop_at_ms == 0 &&
        now_ms() >= courier->clean_at_ms) {
        rc = clean(courier, &err);
    }
    if (rc != FZ_OK) {
        lose_session(courier, &err);
    }
}

/* --- receivers -------------------------------------------------------------------------------- */

static void log_change(const struct fz_attempt_result *result, bool was_well)
{
    char id[FZ_ID_TEXT_LEN + 1];
    if (result->is_delivered || !(was_well || result->is_off)) {
        return;
    }
    fz_id_format(&result->webhook.id, id);
    fz_log(result->is_off ? FZ_LOG_WARN : FZ_LOG_INFO,
           result->is_off ? "courier.receiver_off" : "courier.receiver_failed", NULL,
           "community=%d webhook=%s event=%lld status=%d fault=%s", (int)result->webhook.community,
           id, (long long)result->event, (int)result->status,
           result->fault[0] == '\0' ? "-" : result->fault);
}

static void finish_attempt(struct courier *courier, CURL *easy, CURLcode code)
{
    struct fz_attempt_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    uint64_t dice[2] = {UINT64_MAX, UINT64_MAX};
    struct fz_lane *lane = fz_attempt_owner(fz_attempt_finish(easy, (int)code, &outcome));
    struct fz_attempt_result *result = &courier->results[courier->results_len];
    bool was_well = lane->failures == 0;
    fz_assert(courier->results_len < FZ_WEBHOOK_LANES_MAX);
    if (fz_random(dice, sizeof(dice), &err) != FZ_OK) {
        fz_log_err(FZ_LOG_ERROR, "courier.no_dice", NULL, &err);
    }
    fz_lane_finish(lane, &outcome, dice, result);
    courier->results_len++;
    fz_metric_add(result->is_delivered ? FZ_METRIC_WEBHOOKS_DELIVERED : FZ_METRIC_WEBHOOKS_FAILED,
                  1);
    fz_metric_observe_us(FZ_METRIC_WEBHOOK_SECONDS, outcome.duration_ms * 1000);
    log_change(result, was_well);
    if (!lane->is_open) {
        courier->open--;
        courier->look_at_ms = now_ms(); /* it may have more */
    } else if (courier->stop_at_ms == 0 && now_ms() - lane->opened_ms < FZ_WEBHOOK_LANE_MS) {
        send_next(courier, lane);
    } else {
        fz_lane_close(lane);
        courier->open--;
        courier->look_at_ms = now_ms();
    }
}

/* Lets libcurl work, and takes what is done: of each lane one attempt at most. */
static void turn_to_receivers(struct courier *courier)
{
    CURL *done[FZ_WEBHOOK_LANES_MAX];
    CURLcode codes[FZ_WEBHOOK_LANES_MAX];
    unsigned done_len = 0;
    int running = 0;
    int left = 0;
    const CURLMsg *message = NULL;
    (void)curl_multi_perform(courier->multi, &running);
    while ((message = curl_multi_info_read(courier->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            fz_assert(done_len < FZ_WEBHOOK_LANES_MAX);
            done[done_len] = message->easy_handle;
            codes[done_len++] = message->data.result;
        }
    }
    for (unsigned i = 0; i < done_len; i++) {
        finish_attempt(courier, done[i], codes[i]);
    }
}

/* --- signals ---------------------------------------------------------------------------------- */

static void reload(struct courier *courier)
{
    char names[256];
    struct fz_config fresh;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_config_load(courier->config.file, &fresh, &err);
    if (rc == FZ_OK) {
        rc = fz_log_open(courier->program, fresh.log_file, fresh.log_level, &err);
    }
    if (rc == FZ_OK) {
        (void)fz_config_merge(&courier->config, &fresh, names, sizeof(names)); /* master warns */
        fz_log(FZ_LOG_INFO, "courier.reloaded", NULL, "log_level=%s",
               fz_log_level_name(courier->config.log_level));
    } else {
        fz_log_err(FZ_LOG_ERROR, "courier.reload_refused", NULL, &err);
    }
}

/* What is under way may end; nothing new is begun. */
static void begin_stop(struct courier *courier, bool at_once)
{
    int64_t patience_ms = at_once ? 0 : courier->config.stop_timeout_s * 1000;
    fz_log(FZ_LOG_INFO, "courier.stopping", NULL, "lanes=%u", courier->open);
    courier->stop_at_ms = now_ms() + patience_ms;
}

static void read_signals(struct courier *courier)
{
    struct signalfd_siginfo info;
    while (read(courier->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGHUP) {
            reload(courier);
        } else if (courier->stop_at_ms == 0 || info.ssi_signo == SIGQUIT) {
            begin_stop(courier, info.ssi_signo == SIGQUIT);
        }
    }
}

/* --- life ------------------------------------------------------------------------------------- */

static fz_rc start(struct courier *courier, struct fz_err *err)
{
    sigset_t wanted;
    (void)sigemptyset(&wanted);
    (void)sigaddset(&wanted, SIGTERM);
    (void)sigaddset(&wanted, SIGINT);
    (void)sigaddset(&wanted, SIGQUIT);
    (void)sigaddset(&wanted, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    courier->signals = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    if (courier->signals < 0) {
        return fz_fail(err, FZ_IO, "signalfd: %s", strerror(errno));
    }
    courier->lanes = calloc(FZ_WEBHOOK_LANES_MAX, sizeof(*courier->lanes));
    if (courier->lanes == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for lanes");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return fz_fail(err, FZ_CRYPTO, "libcurl cannot be used");
    }
    courier->multi = curl_multi_init();
    if (courier->multi == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for libcurl");
    }
    (void)curl_multi_setopt(courier->multi, CURLMOPT_MAXCONNECTS, (long)FZ_WEBHOOK_LANES_MAX);
    courier->rules =
        (struct fz_attempt_rules){.may_be_private = courier->config.webhook_private,
                                  .timeout_ms = courier->config.webhook_timeout_s * 1000,
                                  .ca_file = courier->config.webhook_ca};
    return fz_crypto_init(err);
}

static void serve(struct courier *courier)
{
    while (courier->stop_at_ms == 0 || (courier->open > 0 && now_ms() < courier->stop_at_ms)) {
        struct curl_waitfd extra = {.fd = courier->signals, .events = CURL_WAIT_POLLIN};
        turn_to_receivers(courier);
        turn_to_database(courier);
        int64_t wait_ms = courier->look_at_ms - now_ms();
        wait_ms = wait_ms < 0 ? 0 : wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
        if (courier->stop_at_ms != 0) {
            wait_ms = 20;
        }
        (void)curl_multi_poll(courier->multi, &extra, 1, (int)wait_ms, NULL);
        read_signals(courier);
    }
}

static void stop(struct courier *courier)
{
    struct fz_err err = {.rc = FZ_OK};
    if (courier->session != NULL && courier->results_len > 0 &&
        fz_courier_finish(courier->session, courier->results, courier->results_len, &err) !=
            FZ_OK) {
        fz_log_err(FZ_LOG_WARN, "courier.trouble", NULL, &err); /* they are sent again */
    }
    if (courier->lanes != NULL) {
        drop_lanes(courier);
    }
    if (courier->multi != NULL) {
        (void)curl_multi_cleanup(courier->multi);
    }
    curl_global_cleanup();
    fz_session_destroy(&courier->session);
    free(courier->lanes);
    if (courier->signals >= 0) {
        (void)close(courier->signals);
    }
}

int fz_courier_run(const char *program, const struct fz_config *config)
{
    struct fz_err err = {.rc = FZ_OK};
    struct courier *courier = calloc(1, sizeof(*courier));
    int exit_code = 0;
    fz_assert(courier != NULL); /* the process has only begun */
    courier->program = program;
    courier->config = *config;
    courier->signals = -1;
    if (start(courier, &err) == FZ_OK) {
        fz_log(FZ_LOG_INFO, "courier.ready", NULL, "private=%d", courier->rules.may_be_private);
        serve(courier);
        fz_log(FZ_LOG_INFO, "courier.stopped", NULL, "lanes=%u", courier->open);
    } else {
        fz_log_err(FZ_LOG_ERROR, "courier.start_failed", NULL, &err);
        exit_code = EXIT_TRY_AGAIN;
    }
    stop(courier);
    free(courier);
    return exit_code;
}
