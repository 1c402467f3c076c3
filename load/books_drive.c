/*
 * load: drives the store's writer.
 */
#include "load/books_drive.h"

#include <stdlib.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "ledger/store/poll_loop.h"
#include "ledger/store/writer.h"
#include "load/books_town.h"

#define BUFFERS 2 /* one under way, one being made */
#define TURN_MS 20
#define READY_MS 10000

struct buffer {
    struct fz_drive *drive;
    struct fz_slot *slots;
    struct fz_command *commands[FZ_BATCH_MAX];
    unsigned len; /* 0: empty */
    bool under_way;
    int64_t handed_over_us;
};

struct fz_drive {
    struct fz_drive_options options;
    struct fz_poll_loop *loop;
    struct fz_writer *writer;
    struct fz_sha256 *sha;
    struct buffer buffers[BUFFERS];
    struct fz_drive_figures *figures;
    int64_t ends_us;
    bool exhausted;
    fz_rc rc;
    struct fz_err err;
};

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    int rc = clock_gettime(clock, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t wall_us(void *ctx)
{
    (void)ctx;
    return clock_us(CLOCK_REALTIME);
}

static int64_t monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

static fz_rc turn(struct fz_drive *drive, struct fz_err *err)
{
    fz_rc rc = fz_poll_loop_turn(drive->loop, TURN_MS, err);
    if (rc == FZ_OK) {
        fz_writer_tick(drive->writer, monotonic_us() / 1000);
    }
    return rc;
}

static fz_rc create_buffers(struct fz_drive *drive, struct fz_err *err)
{
    for (unsigned i = 0; i < BUFFERS; i++) {
        struct buffer *buffer = &drive->buffers[i];
        buffer->drive = drive;
        buffer->slots = calloc(drive->options.batch, sizeof(*buffer->slots));
        if (buffer->slots == NULL) {
            return fz_fail(err, FZ_NO_MEMORY, "commands");
        }
        for (unsigned k = 0; k < drive->options.batch; k++) {
            buffer->commands[k] = &buffer->slots[k].command;
        }
    }
    return FZ_OK;
}

static fz_rc connect_writer(struct fz_drive *drive, struct fz_err *err)
{
    struct fz_writer_options options = {.conninfo = drive->options.conninfo,
                                        .application_name = FZ_BOOKS_WRITER,
                                        .loop = fz_poll_loop_get(drive->loop),
                                        .now_us = wall_us};
    fz_rc rc = fz_writer_create(&options, &drive->writer, err);
    int64_t patience_us = monotonic_us() + READY_MS * 1000LL;
    while (rc == FZ_OK && !fz_writer_is_ready(drive->writer)) {
        if (monotonic_us() > patience_us) {
            return fz_fail(err, FZ_UNAVAILABLE, "the writer is not ready after %d s",
                           READY_MS / 1000);
        }
        rc = turn(drive, err);
    }
    return rc;
}

fz_rc fz_drive_create(const struct fz_drive_options *options,
                      struct fz_drive **out,
                      struct fz_err *err)
{
    *out = NULL;
    fz_assert(options->batch >= 1 && options->batch <= FZ_BATCH_MAX);
    struct fz_drive *drive = calloc(1, sizeof(*drive));
    if (drive == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "drive");
    }
    drive->options = *options;
    fz_rc rc = create_buffers(drive, err);
    if (rc == FZ_OK) {
        rc = fz_sha256_create(&drive->sha, err);
    }
    if (rc == FZ_OK) {
        rc = fz_poll_loop_create(&drive->loop, err);
    }
    if (rc == FZ_OK) {
        rc = connect_writer(drive, err);
    }
    if (rc != FZ_OK) {
        fz_drive_destroy(&drive);
        return rc;
    }
    *out = drive;
    return FZ_OK;
}

void fz_drive_destroy(struct fz_drive **drive)
{
    struct fz_drive *gone = *drive;
    if (gone == NULL) {
        return;
    }
    fz_writer_destroy(&gone->writer);
    fz_poll_loop_destroy(&gone->loop);
    fz_sha256_destroy(&gone->sha);
    for (unsigned i = 0; i < BUFFERS; i++) {
        free(gone->buffers[i].slots);
    }
    free(gone);
    *drive = NULL;
}

static bool is_over(const struct fz_drive *drive)
{
    return drive->rc != FZ_OK || monotonic_us() >= drive->ends_us;
}

/* Sealing is what the engine does for each command, so it belongs to the measured time. */
static void fill(struct buffer *buffer)
{
    struct fz_drive *drive = buffer->drive;
    buffer->len = 0;
    while (!drive->exhausted && buffer->len < drive->options.batch) {
        struct fz_slot *slot = &buffer->slots[buffer->len];
        if (drive->options.next(drive->options.ctx, slot)) {
            fz_command_seal(drive->sha, &slot->command);
            buffer->len++;
        } else {
            drive->exhausted = true;
        }
    }
}

static void on_committed(void *ctx, fz_rc rc, const struct fz_err *err);

/* Hands over what is ready, if the writer takes it. */
static void hand_over(struct fz_drive *drive)
{
    for (unsigned i = 0; i < BUFFERS; i++) {
        struct buffer *buffer = &drive->buffers[i];
        if (buffer->len > 0 && !buffer->under_way && fz_writer_is_idle(drive->writer) &&
            !is_over(drive)) {
            buffer->under_way = true;
            buffer->handed_over_us = monotonic_us();
            fz_writer_commit(drive->writer, drive->options.community, buffer->commands, buffer->len,
                             on_committed, buffer);
        }
    }
}

static void count(struct fz_drive_figures *figures, const struct buffer *buffer)
{
    for (unsigned i = 0; i < buffer->len; i++) {
        const struct fz_command *command = buffer->commands[i];
        if (command->result.rc == FZ_OK && !command->replayed) {
            figures->booked++;
            figures->amount += command->result.amount;
        } else {
            figures->refused++;
            figures->refusal = command->result.rc;
        }
    }
}

static void on_committed(void *ctx, fz_rc rc, const struct fz_err *err)
{
    struct buffer *buffer = ctx;
    struct fz_drive *drive = buffer->drive;
    int64_t now_us = monotonic_us();
    buffer->under_way = false;
    if (rc != FZ_OK) {
        drive->rc = rc;
        drive->err = *err;
        drive->err.rc = rc;
        return;
    }
    drive->figures->batches++;
    fz_histogram_add(&drive->figures->latency, now_us - buffer->handed_over_us);
    count(drive->figures, buffer);
    buffer->len = 0;
    hand_over(drive); /* the disk works while we make the next ones */
    fill(buffer);
}

static bool has_work(const struct fz_drive *drive)
{
    bool waiting = false;
    for (unsigned i = 0; i < BUFFERS; i++) {
        if (drive->buffers[i].under_way) {
            return true;
        }
        waiting = waiting || drive->buffers[i].len > 0;
    }
    return waiting && !is_over(drive);
}

fz_rc fz_drive_run(struct fz_drive *drive, struct fz_drive_figures *figures_out, struct fz_err *err)
{
    *figures_out = (struct fz_drive_figures){.refusal = FZ_OK};
    drive->figures = figures_out;
    drive->exhausted = false;
    drive->rc = FZ_OK;
    for (unsigned i = 0; i < BUFFERS; i++) {
        fill(&drive->buffers[i]);
    }
    int64_t started_us = monotonic_us();
    drive->ends_us = drive->options.seconds == 0
                         ? INT64_MAX
                         : started_us + (int64_t)drive->options.seconds * 1000000;
    hand_over(drive);
    while (has_work(drive)) {
        fz_rc rc = turn(drive, err);
        fz_assert(rc == FZ_OK); /* a batch may be under way: there is no way back from here */
        hand_over(drive);
    }
    figures_out->elapsed_us = monotonic_us() - started_us;
    if (drive->rc != FZ_OK && err != NULL) {
        *err = drive->err;
    }
    return drive->rc;
}
