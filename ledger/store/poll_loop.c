/*
 * Room ledger/store. The loop of programs that have none of their own, and the blocking commit on
 * top of it. `ready` may end any watch while a turn runs: each is looked at again before it is
 * called.
 */
#include "ledger/store/poll_loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/limits.h"

#define TURN_MS 50

struct watch {
    int fd;
    unsigned want;
    void (*ready)(void *ctx, unsigned got);
    void *ctx;
    bool used;
};

struct fz_poll_loop {
    struct fz_loop loop; /* first: what the store sees */
    struct watch watches[FZ_POLL_WATCHES_MAX];
};

static void *loop_watch(
    struct fz_loop *loop, int fd, unsigned want, void (*ready)(void *ctx, unsigned got), void *ctx)
{
    struct fz_poll_loop *self = (struct fz_poll_loop *)loop;
    for (unsigned i = 0; i < FZ_POLL_WATCHES_MAX; i++) {
        if (!self->watches[i].used) {
            self->watches[i] = (struct watch){fd, want, ready, ctx, true};
            return &self->watches[i];
        }
    }
    return NULL;
}

static void loop_change(struct fz_loop *loop, void *watch, unsigned want)
{
    (void)loop;
    ((struct watch *)watch)->want = want;
}

static void loop_unwatch(struct fz_loop *loop, void *watch)
{
    (void)loop;
    if (watch != NULL) {
        ((struct watch *)watch)->used = false;
    }
}

fz_rc fz_poll_loop_create(struct fz_poll_loop **out, struct fz_err *err)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "loop");
    }
    (*out)->loop = (struct fz_loop){loop_watch, loop_change, loop_unwatch};
    return FZ_OK;
}

void fz_poll_loop_destroy(struct fz_poll_loop **loop)
{
    free(*loop);
    *loop = NULL;
}

struct fz_loop *fz_poll_loop_get(struct fz_poll_loop *loop)
{
    return &loop->loop;
}

fz_rc fz_poll_loop_turn(struct fz_poll_loop *loop, int timeout_ms, struct fz_err *err)
{
    struct pollfd fds[FZ_POLL_WATCHES_MAX];
    struct watch *owners[FZ_POLL_WATCHES_MAX];
    struct watch before[FZ_POLL_WATCHES_MAX];
    nfds_t len = 0;
    for (unsigned i = 0; i < FZ_POLL_WATCHES_MAX; i++) {
        struct watch *watch = &loop->watches[i];
        if (watch->used && watch->want != 0) {
            short events = 0;
            events = (short)(events | ((watch->want & FZ_LOOP_READ) != 0 ? POLLIN : 0));
            events = (short)(events | ((watch->want & FZ_LOOP_WRITE) != 0 ? POLLOUT : 0));
            fds[len] = (struct pollfd){.fd = watch->fd, .events = events};
            before[len] = *watch;
            owners[len++] = watch;
        }
    }
    int ready = poll(fds, len, timeout_ms);
    if (ready < 0 && errno != EINTR) {
        return fz_fail(err, FZ_IO, "poll: %s", strerror(errno));
    }
    for (nfds_t i = 0; ready > 0 && i < len; i++) {
        unsigned got = 0;
        if ((fds[i].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0) {
            got |= FZ_LOOP_READ;
        }
        if ((fds[i].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) {
            got |= FZ_LOOP_WRITE;
        }
        got &= before[i].want;
        bool same =
            owners[i]->used && owners[i]->fd == before[i].fd && owners[i]->ctx == before[i].ctx;
        if (got != 0 && same) {
            owners[i]->ready(owners[i]->ctx, got);
        }
    }
    return FZ_OK;
}

/* --- blocking commits ------------------------------------------------------------------------- */

struct fz_sync_writer {
    struct fz_poll_loop *loop;
    struct fz_writer *writer;
    struct fz_sha256 *sha;
    bool finished;
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

static void on_done(void *ctx, fz_rc rc, const struct fz_err *err)
{
    struct fz_sync_writer *self = ctx;
    self->finished = true;
    self->rc = rc;
    self->err = *err;
}

fz_rc fz_sync_writer_create(const char *conninfo,
                            const char *role,
                            const char *application_name,
                            struct fz_sync_writer **out,
                            struct fz_err *err)
{
    *out = NULL;
    struct fz_sync_writer *self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "writer");
    }
    fz_rc rc = fz_poll_loop_create(&self->loop, err);
    if (rc == FZ_OK) {
        rc = fz_sha256_create(&self->sha, err);
    }
    if (rc == FZ_OK) {
        struct fz_writer_options options = {.conninfo = conninfo,
                                            .role = role,
                                            .application_name = application_name,
                                            .loop = fz_poll_loop_get(self->loop),
                                            .now_us = wall_us};
        rc = fz_writer_create(&options, &self->writer, err);
    }
    if (rc != FZ_OK) {
        fz_sync_writer_destroy(&self);
        return rc;
    }
    *out = self;
    return FZ_OK;
}

void fz_sync_writer_destroy(struct fz_sync_writer **writer)
{
    struct fz_sync_writer *gone = *writer;
    if (gone == NULL) {
        return;
    }
    fz_writer_destroy(&gone->writer);
    fz_sha256_destroy(&gone->sha);
    fz_poll_loop_destroy(&gone->loop);
    free(gone);
    *writer = NULL;
}

static fz_rc commit_some(struct fz_sync_writer *self,
                         int32_t community,
                         struct fz_command *const *commands,
                         unsigned len,
                         struct fz_err *err)
{
    self->finished = false;
    fz_writer_commit(self->writer, community, commands, len, on_done, self);
    while (!self->finished) {
        fz_rc rc = fz_poll_loop_turn(self->loop, TURN_MS, err);
        fz_assert(rc == FZ_OK); /* a batch is under way: there is no way back from here */
        if (!self->finished) {
            fz_writer_tick(self->writer, clock_us(CLOCK_MONOTONIC) / 1000);
        }
    }
    if (self->rc != FZ_OK && err != NULL) {
        *err = self->err;
        err->rc = self->rc;
    }
    return self->rc;
}

fz_rc fz_sync_commit(struct fz_sync_writer *writer,
                     int32_t community,
                     struct fz_command *const *commands,
                     unsigned len,
                     struct fz_err *err)
{
    for (unsigned i = 0; i < len; i++) {
        fz_command_seal(writer->sha, commands[i]);
    }
    for (unsigned at = 0; at < len; at += FZ_BATCH_MAX) {
        unsigned some = len - at < FZ_BATCH_MAX ? len - at : FZ_BATCH_MAX;
        fz_rc rc = commit_some(writer, community, commands + at, some, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    return FZ_OK;
}
