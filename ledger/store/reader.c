/*
 * Room ledger/store. The reader's queue: queries come in, wait for a free link in the order they
 * came, and end, each exactly once. Failures are told from the loop by way of a descriptor that is
 * always readable, so that a caller never hears of its query before fz_read_start() has returned.
 */
#include "ledger/store/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "ledger/store/reader_internal.h"

#define WAIT_TIMEOUT_MS FZ_STATEMENT_TIMEOUT_MS

static void tell_failures(struct fz_reader *reader);

static void on_wake(void *ctx, unsigned got)
{
    (void)got;
    tell_failures(ctx);
}

static fz_rc create_wake(struct fz_reader *reader, struct fz_err *err)
{
    struct fz_loop *loop = reader->options.loop;
    reader->wake_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reader->wake_fd < 0) {
        return fz_fail(err, FZ_IO, "eventfd: %s", strerror(errno));
    }
    reader->wake = loop->watch(loop, reader->wake_fd, 0, on_wake, reader);
    if (reader->wake == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a watch");
    }
    return FZ_OK;
}

static fz_rc create_pool(struct fz_reader *reader, struct fz_err *err)
{
    reader->pool = calloc(FZ_READ_POOL_MAX, sizeof *reader->pool);
    if (reader->pool == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for the reader's queue");
    }
    for (unsigned i = 0; i < FZ_READ_POOL_MAX; i++) {
        fz_pg_params_init(&reader->pool[i].params);
        reader->pool[i].next = reader->free;
        reader->free = &reader->pool[i];
    }
    return FZ_OK;
}

fz_rc fz_reader_create(const struct fz_reader_options *options,
                       struct fz_reader **out,
                       struct fz_err *err)
{
    fz_assert(options->connections >= 1 && options->connections <= FZ_READERS_MAX);
    *out = NULL;
    struct fz_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a reader");
    }
    reader->options = *options;
    reader->last = &reader->first;
    reader->wake_fd = -1;
    fz_pg_params_init(&reader->params);
    fz_rc rc = create_pool(reader, err);
    if (rc == FZ_OK) {
        rc = create_wake(reader, err);
    }
    if (rc != FZ_OK) {
        fz_reader_destroy(&reader);
        return rc;
    }
    for (unsigned i = 0; i < options->connections; i++) {
        reader->links[i].reader = reader;
        reader->links[i].index = i;
        fz_read_link_open(&reader->links[i]);
    }
    *out = reader;
    return FZ_OK;
}

static struct fz_read *take_first(struct fz_reader *reader)
{
    struct fz_read *read = reader->first;
    fz_assert(read != NULL);
    reader->first = read->next;
    if (reader->first == NULL) {
        reader->last = &reader->first;
    }
    reader->waiting--;
    return read;
}

static void release(struct fz_reader *reader, struct fz_read *read)
{
    read->next = reader->free;
    reader->free = read;
}

/* Remembers a failure until the next turn of the loop. */
static void put_failure(struct fz_reader *reader, const struct fz_read_call *call, fz_rc rc)
{
    if (reader->failures_len == reader->failures_capacity) {
        unsigned capacity = reader->failures_capacity == 0 ? 64 : 2 * reader->failures_capacity;
        struct fz_read_failure *failures =
            realloc(reader->failures, capacity * sizeof *reader->failures);
        fz_assert(failures != NULL); /* else somebody would wait for ever */
        reader->failures = failures;
        reader->failures_capacity = capacity;
    }
    reader->failures[reader->failures_len++] = (struct fz_read_failure){.call = *call, .rc = rc};
    reader->options.loop->change(reader->options.loop, reader->wake, FZ_LOOP_READ);
}

/* Tells all failures so far; what fails meanwhile goes to the other array, for the next turn. */
static void tell_failures(struct fz_reader *reader)
{
    struct fz_read_failure *failures = reader->failures;
    unsigned len = reader->failures_len;
    unsigned capacity = reader->failures_capacity;
    reader->failures = reader->telling;
    reader->failures_capacity = reader->telling_capacity;
    reader->failures_len = 0;
    reader->telling = failures;
    reader->telling_capacity = capacity;
    reader->options.loop->change(reader->options.loop, reader->wake, 0);
    for (unsigned i = 0; i < len; i++) {
        const struct fz_read_call *call = &failures[i].call;
        call->finish(call, failures[i].rc, NULL, &reader->page);
    }
}

void fz_reader_fail(struct fz_reader *reader, struct fz_read *read, fz_rc rc)
{
    put_failure(reader, &read->call, rc);
    release(reader, read);
}

void fz_reader_finish(struct fz_reader *reader, struct fz_read *read, fz_rc rc, PGresult *result)
{
    read->call.finish(&read->call, rc, rc == FZ_OK ? result : NULL, &reader->page);
    PQclear(result);
    release(reader, read);
}

static bool has_hope(const struct fz_reader *reader)
{
    for (unsigned i = 0; i < reader->options.connections; i++) {
        if (reader->links[i].state != FZ_LINK_DOWN) {
            return true;
        }
    }
    return false;
}

static void fail_all_waiting(struct fz_reader *reader)
{
    while (reader->first != NULL) {
        fz_reader_fail(reader, take_first(reader), FZ_UNAVAILABLE);
    }
}

void fz_reader_link_lost(struct fz_reader *reader)
{
    if (!has_hope(reader)) {
        fail_all_waiting(reader);
    }
}

static struct fz_read_link *find_idle(struct fz_reader *reader)
{
    for (unsigned i = 0; i < reader->options.connections; i++) {
        if (reader->links[i].state == FZ_LINK_IDLE) {
            return &reader->links[i];
        }
    }
    return NULL;
}

void fz_reader_dispatch(struct fz_reader *reader)
{
    while (reader->first != NULL) {
        struct fz_read_link *link = find_idle(reader);
        if (link == NULL) {
            return;
        }
        fz_read_link_send(link, take_first(reader));
    }
}

struct fz_pg_params *fz_read_params(struct fz_reader *reader)
{
    fz_pg_params_reset(&reader->params);
    return &reader->params;
}

/* Why a query cannot even wait; FZ_OK if it can. */
static fz_rc refuse(const struct fz_reader *reader, const struct fz_read_call *call)
{
    if (reader->params.failed) {
        return FZ_NO_MEMORY;
    }
    if (!has_hope(reader)) {
        return FZ_UNAVAILABLE;
    }
    bool is_full = reader->waiting >= FZ_READS_WAITING_MAX && !call->follows;
    return is_full || reader->free == NULL ? FZ_OVERLOADED : FZ_OK;
}

static void enqueue(struct fz_reader *reader, struct fz_read *read)
{
    if (read->call.follows) {
        read->next = reader->first;
        reader->first = read;
        if (read->next == NULL) {
            reader->last = &read->next;
        }
    } else {
        read->next = NULL;
        *reader->last = read;
        reader->last = &read->next;
    }
    reader->waiting++;
}

void fz_read_start(struct fz_reader *reader, const struct fz_read_call *call)
{
    fz_assert(!reader->closing);
    struct fz_read_call started = *call;
    started.reader = reader;
    fz_rc rc = refuse(reader, &started);
    if (rc != FZ_OK) {
        put_failure(reader, &started, rc);
        return;
    }
    struct fz_read *read = reader->free;
    reader->free = read->next;
    struct fz_pg_params spare = read->params; /* the buffers change places, nothing is copied */
    read->params = reader->params;
    reader->params = spare;
    read->call = started;
    read->deadline_ms = 0;
    enqueue(reader, read);
    fz_reader_dispatch(reader);
}

/* All wait equally long, so who is first is late first. A second step mostly goes at once. */
static void tick_waiting(struct fz_reader *reader, int64_t now_ms)
{
    for (struct fz_read *read = reader->first; read != NULL; read = read->next) {
        if (read->deadline_ms == 0) {
            read->deadline_ms = now_ms + WAIT_TIMEOUT_MS;
        }
    }
    while (reader->first != NULL && reader->first->deadline_ms <= now_ms) {
        fz_reader_fail(reader, take_first(reader), FZ_UNAVAILABLE);
    }
}

void fz_reader_tick(struct fz_reader *reader, int64_t now_ms)
{
    for (unsigned i = 0; i < reader->options.connections; i++) {
        fz_read_link_tick(&reader->links[i], now_ms);
    }
    tick_waiting(reader, now_ms);
}

bool fz_reader_is_ready(const struct fz_reader *reader)
{
    for (unsigned i = 0; i < reader->options.connections; i++) {
        enum fz_read_link_state state = reader->links[i].state;
        if (state == FZ_LINK_IDLE || state == FZ_LINK_BUSY) {
            return true;
        }
    }
    return false;
}

static void free_memory(struct fz_reader *reader)
{
    for (unsigned i = 0; reader->pool != NULL && i < FZ_READ_POOL_MAX; i++) {
        fz_pg_params_fini(&reader->pool[i].params);
    }
    fz_pg_params_fini(&reader->params);
    free(reader->pool);
    free(reader->failures);
    free(reader->telling);
    free(reader);
}

void fz_reader_destroy(struct fz_reader **reader_io)
{
    struct fz_reader *reader = *reader_io;
    if (reader == NULL) {
        return;
    }
    reader->closing = true;
    struct fz_loop *loop = reader->options.loop;
    for (unsigned i = 0; reader->wake != NULL && i < reader->options.connections; i++) {
        fz_read_link_close(&reader->links[i]);
    }
    fail_all_waiting(reader);
    if (reader->wake != NULL) {
        tell_failures(reader);
    }
    loop->unwatch(loop, reader->wake);
    if (reader->wake_fd >= 0) {
        (void)close(reader->wake_fd); /* an eventfd has nothing to lose */
    }
    free_memory(reader);
    *reader_io = NULL;
}
