/*
 * load: the connection. DOWN -> CONNECTING -> UP, back to DOWN when it ends for whatever reason. A
 * request given while it is not UP is sent as soon as it is. OpenSSL works on the socket itself, in
 * buffers that are kept: the client shares its processors with what it measures.
 */
#include "load/channel.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "load/channel_internal.h"

#define INCOMING_FIRST 8192
#define INCOMING_MAX (512 * 1024) /* above what answer.c takes for an answer */

enum state {
    STATE_DOWN,
    STATE_CONNECTING, /* the socket, then TLS */
    STATE_UP
};

struct fz_channel {
    const struct fz_channel_options *options;
    enum state state;
    int fd; /* -1: none */
    SSL *session;
    struct event *readable; /* while there is a socket */
    struct event *writable; /* added only when OpenSSL has to wait for it */
    struct event *timer;    /* fires now and then and looks at the deadline */
    struct event *failure;  /* tells of what failed at once, from the loop */
    int64_t deadline_us;
    fz_channel_fn done; /* NULL: no request is under way */
    void *ctx;
    bool is_sent;
    bool timed_out; /* the last request */
    unsigned connections;
    size_t outgoing_len; /* the request, until it is sent */
    size_t incoming_len;
    size_t incoming_size;
    char *incoming;
    char outgoing[FZ_CHANNEL_REQUEST_MAX];
};

static int64_t now_us(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void add_timer(struct event *event, int64_t delay_us)
{
    struct timeval delay = {.tv_sec = (time_t)(delay_us / 1000000),
                            .tv_usec = (suseconds_t)(delay_us % 1000000)};
    (void)evtimer_add(event, &delay);
}

static void free_event(struct event **event)
{
    if (*event != NULL) {
        event_free(*event);
        *event = NULL;
    }
}

static void disconnect(struct fz_channel *channel)
{
    free_event(&channel->readable);
    free_event(&channel->writable);
    SSL_free(channel->session);
    channel->session = NULL;
    if (channel->fd >= 0) {
        (void)close(channel->fd);
        channel->fd = -1;
    }
    channel->incoming_len = 0;
    channel->state = STATE_DOWN;
}

/* Ends the request; from `done` the next one may be sent. */
static void
finish(struct fz_channel *channel, enum fz_channel_outcome outcome, const struct fz_answer *answer)
{
    fz_channel_fn done = channel->done;
    if (done == NULL) {
        return; /* the server closed an idle connection, as it may */
    }
    channel->done = NULL;
    channel->outgoing_len = 0;
    done(channel->ctx, outcome, answer);
}

static void fail(struct fz_channel *channel)
{
    disconnect(channel);
    finish(channel, channel->is_sent ? FZ_CHANNEL_LOST : FZ_CHANNEL_NOT_SENT, NULL);
}

static void on_failure(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    fail(ctx);
}

/* The timer is not set anew for every request: it looks whether its time has come. */
static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_channel *channel = ctx;
    int64_t left_us = channel->deadline_us - now_us();
    (void)fd, (void)what;
    if (channel->done == NULL) {
        return;
    }
    if (left_us > 0) {
        add_timer(channel->timer, left_us);
    } else {
        channel->timed_out = true;
        fail(channel);
    }
}

/* What OpenSSL waits for after a call that returned `rc`. False: the connection is broken. */
static bool wait_for(struct fz_channel *channel, int rc)
{
    int error = SSL_get_error(channel->session, rc);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_WRITE) {
        (void)event_add(channel->writable, NULL);
    }
    return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ;
}

/* False: the connection is broken. */
static bool send_outgoing(struct fz_channel *channel)
{
    if (channel->outgoing_len == 0) {
        return true;
    }
    channel->is_sent = true;
    int rc = SSL_write(channel->session, channel->outgoing, (int)channel->outgoing_len);
    if (rc <= 0) {
        return wait_for(channel, rc);
    }
    channel->outgoing_len = 0;
    return true;
}

/* Makes room for more of the answer. False: it is none of ours. */
static bool grow_incoming(struct fz_channel *channel)
{
    size_t size = channel->incoming_size == 0 ? INCOMING_FIRST : 2 * channel->incoming_size;
    char *incoming = size <= INCOMING_MAX ? realloc(channel->incoming, size) : NULL;
    if (incoming == NULL) {
        return false;
    }
    channel->incoming = incoming;
    channel->incoming_size = size;
    return true;
}

/* An answer is there, or something that is none. */
static void
take_answer(struct fz_channel *channel, enum fz_answer_state state, const struct fz_answer *answer)
{
    if (state == FZ_ANSWER_MALFORMED || channel->done == NULL) {
        disconnect(channel); /* also what nobody asked for */
        finish(channel, FZ_CHANNEL_GARBLED, NULL);
        return;
    }
    channel->incoming_len = 0; /* its bytes stay until the next are read */
    if (answer->is_last) {
        disconnect(channel);
    }
    finish(channel, FZ_CHANNEL_ANSWERED, answer);
}

static void read_incoming(struct fz_channel *channel)
{
    for (;;) {
        struct fz_answer answer;
        size_t used = 0;
        if (channel->incoming_len == channel->incoming_size && !grow_incoming(channel)) {
            fail(channel);
            return;
        }
        int rc = SSL_read(channel->session, channel->incoming + channel->incoming_len,
                          (int)(channel->incoming_size - channel->incoming_len));
        if (rc <= 0) {
            if (!wait_for(channel, rc)) {
                fail(channel);
            }
            return;
        }
        channel->incoming_len += (size_t)rc;
        enum fz_answer_state state =
            fz_answer_read(channel->incoming, channel->incoming_len, &answer, &used);
        if (state != FZ_ANSWER_PARTIAL) {
            bool is_more = state == FZ_ANSWER_WHOLE && used != channel->incoming_len;
            take_answer(channel, is_more ? FZ_ANSWER_MALFORMED : state, &answer);
            return;
        }
    }
}

/* One more step towards being UP. False: there will be no connection. */
static bool advance_connect(struct fz_channel *channel)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        return false;
    }
    int rc = SSL_connect(channel->session);
    if (rc != 1) {
        return wait_for(channel, rc);
    }
    channel->state = STATE_UP;
    channel->connections++;
    return send_outgoing(channel);
}

static void on_ready(evutil_socket_t fd, short what, void *ctx)
{
    struct fz_channel *channel = ctx;
    (void)fd;
    if (channel->state == STATE_CONNECTING) {
        if (!advance_connect(channel)) {
            fail(channel);
        }
    } else if ((what & EV_WRITE) != 0 && !send_outgoing(channel)) {
        fail(channel);
    } else if ((what & EV_READ) != 0) {
        read_incoming(channel);
    }
}

static fz_rc make_session(struct fz_channel *channel, struct fz_err *err)
{
    const struct fz_channel_options *options = channel->options;
    char host[sizeof(options->host)]; /* OpenSSL's macro would cast the const away */
    memcpy(host, options->host, sizeof(host));
    channel->session = SSL_new(options->tls);
    if (channel->session == NULL || SSL_set1_host(channel->session, options->host) != 1 ||
        SSL_set_tlsext_host_name(channel->session, host) != 1 ||
        SSL_set_fd(channel->session, channel->fd) != 1) {
        return fz_fail(err, FZ_NO_MEMORY, "TLS session");
    }
    return FZ_OK;
}

static fz_rc connect_start(struct fz_channel *channel, struct fz_err *err)
{
    const struct fz_channel_options *options = channel->options;
    const struct sockaddr *address = (const struct sockaddr *)&options->address;
    int one = 1;
    channel->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (channel->fd < 0) {
        return fz_fail(err, FZ_IO, "socket: %s", strerror(errno));
    }
    (void)setsockopt(channel->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    channel->readable =
        event_new(options->base, channel->fd, EV_READ | EV_PERSIST, on_ready, channel);
    channel->writable = event_new(options->base, channel->fd, EV_WRITE, on_ready, channel);
    fz_rc rc = channel->readable == NULL || channel->writable == NULL
                   ? fz_fail(err, FZ_NO_MEMORY, "connection")
                   : make_session(channel, err);
    if (rc != FZ_OK) {
        disconnect(channel);
        return rc;
    }
    channel->state = STATE_CONNECTING;
    if (connect(channel->fd, address, options->address_len) != 0 && errno != EINPROGRESS) {
        add_timer(channel->failure, 0); /* `done` is never called from within */
        return FZ_OK;
    }
    (void)event_add(channel->readable, NULL);
    (void)event_add(channel->writable, NULL);
    return FZ_OK;
}

fz_rc fz_channel_send(struct fz_channel *channel,
                      const struct fz_channel_request *request,
                      fz_channel_fn done,
                      void *ctx,
                      struct fz_err *err)
{
    fz_assert(channel->done == NULL && channel->outgoing_len == 0);
    fz_rc rc = fz_channel_write(request, channel->options->authority, channel->outgoing,
                                &channel->outgoing_len, err);
    if (rc == FZ_OK && channel->state == STATE_DOWN) {
        rc = connect_start(channel, err);
    }
    if (rc != FZ_OK) {
        channel->outgoing_len = 0;
        return rc;
    }
    channel->done = done;
    channel->ctx = ctx;
    channel->is_sent = false;
    channel->timed_out = false;
    channel->deadline_us = now_us() + (int64_t)channel->options->timeout_ms * 1000;
    if (evtimer_pending(channel->timer, NULL) == 0) {
        add_timer(channel->timer, (int64_t)channel->options->timeout_ms * 1000);
    }
    if (channel->state == STATE_UP && !send_outgoing(channel)) {
        add_timer(channel->failure, 0);
    }
    return FZ_OK;
}

fz_rc fz_channel_create(const struct fz_channel_options *options,
                        struct fz_channel **out,
                        struct fz_err *err)
{
    struct fz_channel *channel = calloc(1, sizeof(*channel));
    *out = channel;
    if (channel == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "channel");
    }
    channel->options = options;
    channel->fd = -1;
    channel->timer = evtimer_new(options->base, on_timer, channel);
    channel->failure = evtimer_new(options->base, on_failure, channel);
    if (channel->timer == NULL || channel->failure == NULL) {
        fz_channel_destroy(out);
        return fz_fail(err, FZ_NO_MEMORY, "channel");
    }
    return FZ_OK;
}

void fz_channel_destroy(struct fz_channel **channel)
{
    struct fz_channel *gone = *channel;
    if (gone == NULL) {
        return;
    }
    disconnect(gone);
    free_event(&gone->timer);
    free_event(&gone->failure);
    free(gone->incoming);
    free(gone);
    *channel = NULL;
}

bool fz_channel_is_busy(const struct fz_channel *channel)
{
    return channel->done != NULL;
}

bool fz_channel_timed_out(const struct fz_channel *channel)
{
    return channel->timed_out;
}

unsigned fz_channel_connections(const struct fz_channel *channel)
{
    return channel->connections;
}
