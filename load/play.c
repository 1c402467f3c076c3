/*
 * load: the stages of a measuring run.
 */
#include "load/play.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load/play_internal.h"

#define CREW_LEN 32 /* connections at least, before and after the clock */
#define INQUIRERS_MAX 64
#define COMPLAINTS_MAX 5

void fz_play_complain(const struct fz_play *play, uint64_t nth, const char *format, ...)
{
    char text[512];
    va_list args;
    (void)play;
    if (nth < COMPLAINTS_MAX) {
        va_start(args, format);
        (void)vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        (void)fprintf(stderr, "fz-load: not conserved: %s\n", text);
    }
}

/* `first`: the index of its first connection. */
static fz_rc init_stream(
    struct fz_play *play, struct fz_stream *stream, size_t len, size_t first, struct fz_err *err)
{
    stream->play = play;
    stream->len = len;
    if (len == 0) {
        return FZ_OK;
    }
    stream->clients = calloc(len, sizeof(stream->clients[0]));
    stream->idle = calloc(len, sizeof(struct fz_client *));
    if (stream->clients == NULL || stream->idle == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "clients");
    }
    for (size_t i = 0; i < len; i++) {
        stream->clients[i] =
            (struct fz_client){.stream = stream, .channel = play->channels[first + i]};
        stream->idle[len - 1 - i] = &stream->clients[i]; /* the first is the next to begin */
    }
    stream->idle_len = len;
    return fz_backlog_init(&stream->backlog, play->run->options.backlog, err);
}

static void fini_stream(struct fz_stream *stream)
{
    for (size_t i = 0; stream->clients != NULL && i < stream->len; i++) {
        if (stream->clients[i].timer != NULL) {
            event_free(stream->clients[i].timer);
        }
    }
    free(stream->clients);
    free(stream->idle);
    fz_backlog_fini(&stream->backlog);
}

/* As many files as this process may have: a connection is one. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static fz_rc make_channels(struct fz_play *play, size_t len, struct fz_err *err)
{
    raise_file_limit();
    play->channels_len = len < CREW_LEN ? CREW_LEN : len;
    play->channels = calloc(play->channels_len, sizeof(struct fz_channel *));
    if (play->channels == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "connections");
    }
    for (size_t i = 0; i < play->channels_len; i++) {
        fz_rc rc = fz_channel_create(&play->run->channel, &play->channels[i], err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return FZ_OK;
}

static fz_rc init(struct fz_play *play, struct fz_err *err)
{
    struct fz_run *run = play->run;
    const struct fz_run_options *options = &run->options;
    size_t inquirers = options->inquiries < INQUIRERS_MAX ? options->inquiries : INQUIRERS_MAX;
    fz_rc rc = fz_scenario_load(options->scenario, &play->scenario, err);
    if (rc != FZ_OK) {
        return rc;
    }
    (void)snprintf(run->name, sizeof(run->name), "%s", play->scenario.name);
    play->chance = options->seed;
    if (play->scenario.operation == FZ_SCENARIO_P2P && run->town.residents.len < 2) {
        return fz_fail(err, FZ_CONFIG, "person to person takes two residents");
    }
    double exponent = (double)play->scenario.zipf_exponent_hundredths / 100;
    rc = fz_choice_init(&play->shops, (enum fz_choice_kind)play->scenario.shops,
                        run->town.tills.len, exponent, err);
    if (rc == FZ_OK) {
        rc = fz_choice_init(&play->payers, (enum fz_choice_kind)play->scenario.payers,
                            run->town.residents.len, exponent, err);
    }
    play->balances = calloc(run->town.residents.len, sizeof(play->balances[0]));
    if (rc == FZ_OK && play->balances == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "balances");
    }
    if (rc == FZ_OK) {
        rc = make_channels(play, options->clients + inquirers, err);
    }
    play->main.counts = &run->arrivals;
    play->inquiries.counts = &run->inquiries;
    play->inquiries.is_inquiries = true;
    if (rc == FZ_OK) {
        rc = init_stream(play, &play->main, options->clients, 0, err);
    }
    if (rc == FZ_OK) {
        rc = init_stream(play, &play->inquiries, inquirers, options->clients, err);
    }
    return rc;
}

static void fini(struct fz_play *play)
{
    fini_stream(&play->main);
    fini_stream(&play->inquiries);
    for (size_t i = 0; play->channels != NULL && i < play->channels_len; i++) {
        fz_channel_destroy(&play->channels[i]);
    }
    free(play->channels);
    free(play->balances);
    fz_orders_fini(&play->orders);
    fz_choice_fini(&play->shops);
    fz_choice_fini(&play->payers);
    fz_play_database_close(&play->database);
    if (play->timer != NULL) {
        event_free(play->timer);
    }
    if (play->timer_fd >= 0) {
        (void)close(play->timer_fd);
    }
}

static fz_rc before(struct fz_play *play, struct fz_err *err)
{
    fz_rc rc = fz_play_read_balances(play, play->balances, err);
    if (rc == FZ_OK && play->run->options.database != NULL && !play->run->options.no_verify) {
        rc = fz_play_database_open(play, err);
    }
    if (rc == FZ_OK) {
        rc = fz_play_prepare(play, err);
    }
    return rc == FZ_OK ? fz_play_connect(play, err) : rc;
}

/* Writes down what was acknowledged, for whoever wants to check it independently. */
static fz_rc record(struct fz_play *play, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    for (size_t i = 0; i < play->orders.len && rc == FZ_OK; i++) {
        const struct fz_order *order = &play->orders.all[i];
        if (order->outcome == FZ_ORDER_PAID && play->run->record.acknowledged_fd >= 0) {
            rc = fz_record_acknowledged(&play->run->record, &order->payment, order->number, err);
        }
    }
    return rc;
}

static fz_rc verify(struct fz_play *play, struct fz_err *err)
{
    struct fz_run *run = play->run;
    for (size_t i = 0; i < play->orders.len; i++) {
        const struct fz_order *order = &play->orders.all[i];
        if (order->outcome == FZ_ORDER_PAID) {
            run->conservation.acknowledged++;
            run->conservation.amount += order->payment.amount;
        }
    }
    if (run->options.no_verify || run->counts.unresolved > 0) {
        return FZ_OK;
    }
    fz_run_stage(run, "checking the conservation of %llu payments",
                 (unsigned long long)run->conservation.acknowledged);
    return play->database != NULL ? fz_play_verify_database(play, err)
                                  : fz_play_verify_api(play, err);
}

static fz_rc after(struct fz_play *play, struct fz_err *err)
{
    struct fz_run *run = play->run;
    run->counts.unused = play->scenario.payers == FZ_CHOICE_SHORT ? 0 : play->prepared - play->next;
    for (size_t i = 0; i < play->main.len + play->inquiries.len; i++) {
        run->counts.connections += fz_channel_connections(play->channels[i]);
    }
    run->stopping = false; /* what comes now is brought to its end */
    run->interrupted = false;
    fz_rc rc = fz_play_settle(play, err);
    if (rc == FZ_OK) {
        rc = record(play, err);
    }
    return rc == FZ_OK ? verify(play, err) : rc;
}

fz_rc fz_play(struct fz_run *run, struct fz_err *err)
{
    struct fz_play *play = calloc(1, sizeof(*play));
    if (play == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "run");
    }
    play->run = run;
    play->timer_fd = -1;
    fz_rc rc = init(play, err);
    if (rc == FZ_OK) {
        rc = before(play, err);
    }
    if (rc == FZ_OK) {
        rc = fz_play_clock(play, err);
    }
    if (rc == FZ_OK) {
        rc = after(play, err);
    }
    fini(play);
    free(play);
    return rc;
}
