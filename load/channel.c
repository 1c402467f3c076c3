/*
 * load: the connection. DOWN -> CONNECTING -> UP, back to DOWN when it ends for whatever reason. A
 * request given while it is not UP is sent as soon as it is.
 */
#include "load/channel.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "merchant-pos/wire/httpsig.h"

#define BASE_SIZE 1024 /* of a signature base of ours */

enum state {
    STATE_DOWN,
    STATE_CONNECTING,
    STATE_UP
};

struct fz_channel {
    const struct fz_channel_options *options;
    enum state state;
    struct bufferevent *stream;
    struct event *timer;
    struct event *failure;     /* tells of a connection that failed at once, from the loop */
    struct evbuffer *outgoing; /* the request, until the connection is UP */
    struct evbuffer *incoming; /* the answer, while the caller reads it */
    fz_channel_fn done;        /* NULL: no request is under way */
    void *ctx;
    bool is_sent;
    unsigned connections;
};

static void disconnect(struct fz_channel *channel)
{
    if (channel->stream != NULL) {
        bufferevent_free(channel->stream);
        channel->stream = NULL;
    }
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
    (void)evtimer_del(channel->timer);
    (void)evbuffer_drain(channel->outgoing, evbuffer_get_length(channel->outgoing));
    done(channel->ctx, outcome, answer);
}

static void fail(struct fz_channel *channel)
{
    disconnect(channel);
    finish(channel, channel->is_sent ? FZ_CHANNEL_LOST : FZ_CHANNEL_NOT_SENT, NULL);
}

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd, (void)what;
    fail(ctx);
}

static void send_outgoing(struct fz_channel *channel)
{
    if (channel->done != NULL) {
        channel->is_sent = true;
        (void)bufferevent_write_buffer(channel->stream, channel->outgoing);
    }
}

static void on_event(struct bufferevent *stream, short what, void *ctx)
{
    struct fz_channel *channel = ctx;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        int one = 1;
        (void)setsockopt(bufferevent_getfd(stream), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        channel->state = STATE_UP;
        channel->connections++;
        send_outgoing(channel);
        return;
    }
    fail(channel);
}

/* The answer moves to a buffer of ours: the caller may send again, the connection may end. */
static void on_read(struct bufferevent *stream, void *ctx)
{
    struct fz_channel *channel = ctx;
    struct evbuffer *input = bufferevent_get_input(stream);
    size_t len = evbuffer_get_length(input);
    size_t used = 0;
    struct fz_answer answer;
    const char *bytes = (const char *)evbuffer_pullup(input, -1);
    if (bytes == NULL || len == 0) {
        return;
    }
    enum fz_answer_state state = fz_answer_read(bytes, len, &answer, &used);
    if (state == FZ_ANSWER_PARTIAL) {
        return;
    }
    if (state == FZ_ANSWER_MALFORMED || channel->done == NULL || used != len) {
        disconnect(channel); /* also what nobody asked for */
        finish(channel, FZ_CHANNEL_GARBLED, NULL);
        return;
    }
    (void)evbuffer_drain(channel->incoming, evbuffer_get_length(channel->incoming));
    int rc = evbuffer_add_buffer(channel->incoming, input); /* moves the memory, copies nothing */
    fz_assert(rc == 0);
    if (answer.is_last) {
        disconnect(channel);
    }
    finish(channel, FZ_CHANNEL_ANSWERED, &answer);
}

static fz_rc connect_start(struct fz_channel *channel, struct fz_err *err)
{
    const struct fz_channel_options *options = channel->options;
    char host[sizeof(options->host)]; /* OpenSSL's macro would cast the const away */
    SSL *session = SSL_new(options->tls);
    memcpy(host, options->host, sizeof(host));
    if (session == NULL || SSL_set1_host(session, options->host) != 1 ||
        SSL_set_tlsext_host_name(session, host) != 1) {
        SSL_free(session);
        return fz_fail(err, FZ_NO_MEMORY, "TLS session");
    }
    channel->stream = bufferevent_openssl_socket_new(
        options->base, -1, session, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
    if (channel->stream == NULL) {
        SSL_free(session);
        return fz_fail(err, FZ_NO_MEMORY, "connection");
    }
    channel->state = STATE_CONNECTING;
    bufferevent_openssl_set_allow_dirty_shutdown(channel->stream, 1);
    bufferevent_setcb(channel->stream, on_read, NULL, on_event, channel);
    (void)bufferevent_enable(channel->stream, EV_READ | EV_WRITE);
    if (bufferevent_socket_connect(channel->stream, (const struct sockaddr *)&options->address,
                                   (int)options->address_len) != 0) {
        struct timeval now = {0, 0};
        (void)evtimer_add(channel->failure, &now); /* `done` is never called from within */
    }
    return FZ_OK;
}

/* The whole request, signed, in the buffer of what is to be sent. */
static fz_rc write_request(struct fz_channel *channel,
                           const struct fz_channel_request *request,
                           struct fz_err *err)
{
    char base[BASE_SIZE];
    size_t base_len = 0;
    uint8_t digest[FZ_SHA256_LEN];
    uint8_t signature[FZ_SIGNATURE_LEN];
    struct fz_httpsig_headers headers;
    size_t body_len = request->body == NULL ? 0 : strlen(request->body);
    struct fz_httpsig_request to_sign = {.method = request->method,
                                         .path = request->path,
                                         .key_id = request->key_id,
                                         .created_s = (int64_t)time(NULL)};
    if (request->body != NULL) {
        fz_sha256(request->body, body_len, digest);
        to_sign.body_digest = digest;
    }
    fz_rc rc = fz_httpsig_request_base(&to_sign, base, sizeof(base), &base_len, err);
    if (rc == FZ_OK) {
        rc = fz_key_sign(request->key, base, base_len, signature, err);
    }
    if (rc == FZ_OK) {
        rc = fz_httpsig_request_headers(&to_sign, signature, &headers, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    int len = evbuffer_add_printf(channel->outgoing,
                                  "%s %s HTTP/1.1\r\nHost: %s\r\nSignature-Input: %s\r\n"
                                  "Signature: %s\r\n",
                                  request->method, request->path, channel->options->authority,
                                  headers.signature_input, headers.signature);
    if (len > 0 && request->body != NULL) {
        len = evbuffer_add_printf(channel->outgoing,
                                  "Content-Digest: %s\r\nContent-Type: application/json\r\n"
                                  "Content-Length: %zu\r\n\r\n%s",
                                  headers.content_digest, body_len, request->body);
    } else if (len > 0) {
        len = evbuffer_add_printf(channel->outgoing, "\r\n");
    }
    return len > 0 ? FZ_OK : fz_fail(err, FZ_NO_MEMORY, "request");
}

fz_rc fz_channel_send(struct fz_channel *channel,
                      const struct fz_channel_request *request,
                      fz_channel_fn done,
                      void *ctx,
                      struct fz_err *err)
{
    struct timeval timeout = {.tv_sec = channel->options->timeout_ms / 1000,
                              .tv_usec = channel->options->timeout_ms % 1000 * 1000};
    fz_assert(channel->done == NULL && evbuffer_get_length(channel->outgoing) == 0);
    fz_rc rc = write_request(channel, request, err);
    if (rc == FZ_OK && channel->state == STATE_DOWN) {
        rc = connect_start(channel, err);
    }
    if (rc != FZ_OK) {
        (void)evbuffer_drain(channel->outgoing, evbuffer_get_length(channel->outgoing));
        return rc;
    }
    channel->done = done;
    channel->ctx = ctx;
    channel->is_sent = false;
    (void)evtimer_add(channel->timer, &timeout);
    if (channel->state == STATE_UP) {
        send_outgoing(channel);
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
    channel->outgoing = evbuffer_new();
    channel->incoming = evbuffer_new();
    channel->timer = evtimer_new(options->base, on_time, channel);
    channel->failure = evtimer_new(options->base, on_time, channel);
    if (channel->outgoing == NULL || channel->incoming == NULL || channel->timer == NULL ||
        channel->failure == NULL) {
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
    if (gone->outgoing != NULL) {
        evbuffer_free(gone->outgoing);
    }
    if (gone->incoming != NULL) {
        evbuffer_free(gone->incoming);
    }
    if (gone->timer != NULL) {
        event_free(gone->timer);
    }
    if (gone->failure != NULL) {
        event_free(gone->failure);
    }
    free(gone);
    *channel = NULL;
}

bool fz_channel_is_busy(const struct fz_channel *channel)
{
    return channel->done != NULL;
}

unsigned fz_channel_connections(const struct fz_channel *channel)
{
    return channel->connections;
}
