/*
 * One request and its answer on evhttp: copies what arrived into an fz_request, refuses what is
 * malformed, finds the route, checks the body against it, and calls the gate or the handler. The
 * other way it is the transport that carries a reply.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/http/request_state.h"
#include "switch/http/server_internal.h"

static const char *status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},           {201, "Created"},
        {202, "Accepted"},     {204, "No Content"},
        {304, "Not Modified"}, {400, "Bad Request"},
        {401, "Unauthorized"}, {402, "Payment Required"},
        {403, "Forbidden"},    {404, "Not Found"},
        {405, "Not Allowed"},  {409, "Conflict"},
        {410, "Gone"},         {413, "Content Too Large"},
        {500, "Server Error"}, {415, "Unsupported Media Type"},
        {503, "Unavailable"},  {422, "Unprocessable Content"},
    };
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (phrases[i].status == status) {
            return phrases[i].phrase;
        }
    }
    return "Status";
}

static void add_header(struct evkeyvalq *headers, const char *name, const char *value)
{
    fz_assert(evhttp_add_header(headers, name, value) == 0);
}

/* fz_transport: hands the reply to evhttp, which may free the connection before it returns. */
static void exchange_send(void *carrier, struct fz_request *request, const struct fz_reply *reply)
{
    struct connection *connection = carrier;
    struct evhttp_request *exchange = connection->exchange;
    fz_assert(connection->magic == CONNECTION_MAGIC);
    fz_assert(connection->request == request);
    connection_watch(connection, false);
    connection->request = NULL;
    connection->exchange = NULL;
    connection->waiting_since_us = connection_clock_us();
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange);
    add_header(headers, "Content-Type", reply->content_type);
    add_header(headers, "X-Request-Id", request->id);
    add_header(headers, "Cache-Control", "no-store");
    for (size_t i = 0; i < reply->fields_len; i++) {
        add_header(headers, reply->fields[i].name, reply->fields[i].value);
    }
    if (connection->close_after || connection->server->draining) {
        add_header(headers, "Connection", "close");
    }
    char length[24];
    (void)snprintf(length, sizeof(length), "%zu", reply->body_len);
    add_header(headers, "Content-Length", length);
    if (request->method != FZ_METHOD_HEAD && reply->body_len > 0) {
        fz_assert(evbuffer_add(evhttp_request_get_output_buffer(exchange), reply->body,
                               reply->body_len) == 0);
    }
    evhttp_send_reply(exchange, reply->status, status_phrase(reply->status), NULL);
    /* Head and body in one piece: one TLS record, one write, one packet, one wakeup. */
    (void)evbuffer_pullup(bufferevent_get_output(connection->buffer), -1);
}

/* fz_transport: the request is answered, whether or not there was anyone left to read it. */
static void exchange_finished(void *owner)
{
    struct fz_server *server = owner;
    fz_assert(server->requests_len > 0);
    server->requests_len--;
}

static const struct fz_transport exchange_transport = {
    .send = exchange_send,
    .watch = connection_watch,
    .finished = exchange_finished,
};

static enum fz_method method_of(enum evhttp_cmd_type command, const char **text_out)
{
    static const struct {
        enum evhttp_cmd_type command;
        enum fz_method method;
        const char *text;
    } methods[] = {
        {EVHTTP_REQ_GET, FZ_METHOD_GET, "GET"},
        {EVHTTP_REQ_HEAD, FZ_METHOD_HEAD, "HEAD"},
        {EVHTTP_REQ_POST, FZ_METHOD_POST, "POST"},
        {EVHTTP_REQ_PUT, FZ_METHOD_PUT, "PUT"},
        {EVHTTP_REQ_DELETE, FZ_METHOD_DELETE, "DELETE"},
        {EVHTTP_REQ_OPTIONS, FZ_METHOD_OTHER, "OPTIONS"},
        {EVHTTP_REQ_TRACE, FZ_METHOD_OTHER, "TRACE"},
        {EVHTTP_REQ_PATCH, FZ_METHOD_OTHER, "PATCH"},
    };
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (methods[i].command == command) {
            *text_out = methods[i].text;
            return methods[i].method;
        }
    }
    FZ_UNREACHABLE(); /* evhttp answers methods it does not know */
}

static bool is_token(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    for (const char *at = text; *at != '\0'; at++) {
        bool letter = (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
        bool digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && strchr(others, *at) == NULL) {
            return false;
        }
    }
    return text[0] != '\0';
}

static bool is_digits(const char *text)
{
    size_t len = strspn(text, "0123456789");
    return len > 0 && len <= 18 && text[len] == '\0';
}

/* Only visible ASCII, and no fragment; evhttp is more generous. */
static bool is_target(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= 0x20 || *at >= 0x7f || *at == '#') {
            return false;
        }
    }
    return text[0] == '/' || strncasecmp(text, "http", 4) == 0;
}

/*
 * The fields that decide where a request ends. What evhttp and a proxy in front of us could read
 * differently is refused, and the connection closed (request smuggling, RFC 9112, 11.2).
 */
struct framing {
    unsigned hosts;
    unsigned lengths;
    unsigned codings;
    bool malformed;
};

static void check_field(const struct evkeyval *field, struct framing *framing)
{
    if (!is_token(field->key)) {
        framing->malformed = true;
    } else if (strcasecmp(field->key, "Host") == 0) {
        framing->hosts++;
    } else if (strcasecmp(field->key, "Content-Length") == 0) {
        framing->lengths++;
        framing->malformed = framing->malformed || !is_digits(field->value);
    } else if (strcasecmp(field->key, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->malformed = framing->malformed || strcasecmp(field->value, "chunked") != 0;
    }
}

/* Copies pointers to the header fields; returns what is wrong with the request, or NULL. */
static const char *read_fields(struct evhttp_request *exchange,
                               struct fz_field fields[FZ_REQUEST_FIELDS_MAX],
                               size_t *len_out)
{
    struct framing framing = {.hosts = 0};
    const struct evkeyval *field = NULL;
    size_t size = 0;
    size_t len = 0;
    TAILQ_FOREACH(field, evhttp_request_get_input_headers(exchange), next)
    {
        if (len == FZ_REQUEST_FIELDS_MAX) {
            *len_out = len;
            return "too many header fields";
        }
        fields[len++] = (struct fz_field){.name = field->key, .value = field->value};
        size += strlen(field->key) + strlen(field->value) + 4; /* ": " and the line's end */
        check_field(field, &framing);
    }
    *len_out = len;
    if (size > FZ_HTTP_HEADERS_MAX) {
        return "the header fields are too large";
    }
    if (framing.malformed || framing.lengths + framing.codings > 1) {
        return "the header fields are malformed or contradict each other";
    }
    return framing.hosts > 1 ? "more than one Host field" : NULL;
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    if (content_type == NULL || strncasecmp(content_type, json, len) != 0) {
        return false;
    }
    return strchr(" \t;", content_type[len]) != NULL; /* NUL counts as found */
}

/* Checks the body against the row; false: the request has been refused. */
static bool check_body(struct fz_request *request)
{
    unsigned body = request->route->flags & (FZ_ROUTE_BODY_REQUIRED | FZ_ROUTE_BODY_OPTIONAL);
    if (request->body_len == 0) {
        if (body == FZ_ROUTE_BODY_REQUIRED) {
            fz_request_fail(request, FZ_BAD_REQUEST, "This request needs a body.", NULL);
            return false;
        }
        return true;
    }
    if (body == FZ_ROUTE_BODY_NONE) {
        fz_request_fail(request, FZ_BAD_REQUEST, "This request has no body.", NULL);
        return false;
    }
    if (!is_json(fz_request_header(request, "content-type"))) {
        fz_request_fail(request, FZ_MEDIA_TYPE, NULL, NULL);
        return false;
    }
    return true;
}

void fz_server_pass(struct fz_request *request)
{
    fz_assert(request->magic == FZ_REQUEST_MAGIC);
    request->route->handler(request, request->state->route_ctx);
}

static void dispatch(struct fz_server *server, struct fz_request *request)
{
    struct fz_route_match match;
    fz_rc rc = fz_route_find(server->tables, server->tables_len, request->method,
                             request->state->segments, &match);
    if (rc == FZ_METHOD_NOT_ALLOWED) {
        fz_request_set_header(request, "Allow", match.allow);
    }
    if (rc == FZ_OK && (match.route->flags & FZ_ROUTE_LOOPBACK) != 0 &&
        !request->peer_is_loopback) {
        rc = FZ_NOT_FOUND;
    }
    if (rc == FZ_OK && request->body_len > FZ_HTTP_BODY_MAX) {
        rc = FZ_BODY_TOO_LARGE;
    }
    if (rc != FZ_OK) {
        fz_request_fail(request, rc, NULL, NULL);
        return;
    }
    request->route = match.route;
    request->state->route_ctx = match.ctx;
    request->captures_len = match.captures_len;
    memcpy(request->captures, match.captures, sizeof(request->captures));
    if (!check_body(request)) {
        return;
    }
    bool gated = match.route->roles != 0 || (match.route->flags & FZ_ROUTE_SIGNED) != 0;
    if (!gated) {
        fz_server_pass(request);
    } else if (server->gate != NULL) {
        line_enter(server, request);
    } else {
        fz_request_fail(request, FZ_SIGNATURE_MISSING, NULL, NULL);
    }
}

/* Turns what evhttp has read into a request of ours. NULL: no memory. */
static struct fz_request *make_request(struct connection *connection,
                                       struct evhttp_request *exchange,
                                       const struct fz_field *fields,
                                       size_t fields_len)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(exchange);
    struct fz_request_parts parts = {
        .target = evhttp_request_get_uri(exchange),
        .fields = fields,
        .fields_len = fields_len,
        .body_len = evbuffer_get_length(body),
    };
    struct fz_request *request = NULL;
    char *peer = NULL;
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(connection->evcon, &peer, &port);
    parts.peer = peer;
    parts.method = method_of(evhttp_request_get_command(exchange), &parts.method_text);
    if (parts.body_len > 0) {
        parts.body = evbuffer_pullup(body, -1);
        if (parts.body == NULL) {
            return NULL;
        }
    }
    if (fz_request_create(&parts, &exchange_transport, connection, connection->server, &request) !=
        FZ_OK) {
        return NULL;
    }
    return request;
}

/*
 * After a HEAD or TRACE evhttp takes what follows for the next request, even if a body was
 * announced.
 */
static bool must_close(struct fz_request *request)
{
    bool is_read = request->method != FZ_METHOD_HEAD && strcmp(request->method_text, "TRACE") != 0;
    return !is_read && (fz_request_header(request, "content-length") != NULL ||
                        fz_request_header(request, "transfer-encoding") != NULL);
}

void exchange_on_request(struct evhttp_request *exchange, void *ctx)
{
    struct fz_server *server = ctx;
    struct fz_field fields[FZ_REQUEST_FIELDS_MAX];
    size_t fields_len = 0;
    struct connection *connection = connection_of(evhttp_request_get_connection(exchange));
    if (evhttp_request_get_command(exchange) == EVHTTP_REQ_CONNECT) {
        evhttp_connection_free(connection->evcon); /* evhttp would keep it open, whatever we say */
        return;
    }
    if (connection->cut) { /* arrived in the very moment: nobody could be told what came of it */
        evhttp_connection_free(connection->evcon);
        return;
    }
    fz_assert(connection->request == NULL);
    fz_assert(connection->closed_event == NULL);
    const char *problem = read_fields(exchange, fields, &fields_len);
    const char *target = evhttp_request_get_uri(exchange);
    if (problem == NULL && (!is_target(target) || strlen(target) > FZ_HTTP_PATH_MAX)) {
        problem = "the request target is malformed or too long";
    }
    connection->close_after = problem != NULL;
    struct fz_request *request = make_request(connection, exchange, fields, fields_len);
    if (request == NULL) {
        evhttp_connection_free(connection->evcon);
        return;
    }
    connection->close_after = connection->close_after || must_close(request);
    connection->request = request;
    connection->exchange = exchange;
    server->requests_len++;
    if (problem != NULL) {
        fz_request_fail(request, FZ_BAD_REQUEST, problem, NULL);
        return;
    }
    dispatch(server, request);
}
