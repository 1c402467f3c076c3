/*
 * Requests and their replies. A request is one block of memory made of copies, so it does not care
 * when the connection it came from is freed. Knows no network: the transport (request_state.h)
 * does.
 */
#include "switch/http/request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/problem.h"
#include "switch/http/request_state.h"
#include "switch/http/route.h"

/* A header value made of several fields. */
struct joined {
    struct joined *next;
    const char *name; /* of the first field */
    char value[];
};

/* The request and what it points to, freed as one. The text follows behind. */
struct block {
    struct fz_request request;
    struct fz_request_state state;
    char text[];
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* A random start per process, then counting: unique enough to find a line in the log. */
static void make_id(char id_out[FZ_REQUEST_ID_LEN + 1])
{
    static uint64_t next;
    static pid_t owner;
    if (owner != getpid()) {
        owner = getpid();
        if (getrandom(&next, sizeof(next), 0) != (ssize_t)sizeof(next)) {
            next = (uint64_t)now_us() << 20;
        }
    }
    (void)snprintf(id_out, FZ_REQUEST_ID_LEN + 1, "%016llx", (unsigned long long)next++);
}

static bool peer_is_loopback(const char *peer)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, peer, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (inet_pton(AF_INET6, peer, &v6) != 1) {
        return false;
    }
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

/* Copies `len` bytes and a NUL to the end of the block's text. */
static char *put_text(char **end, const char *text, size_t len)
{
    char *copy = *end;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *end += len + 1;
    return copy;
}

/* Where the path of a target begins: behind the authority if the target is an absolute URI. */
static const char *target_path(const char *target)
{
    const char *authority = NULL;
    if (strncasecmp(target, "https://", 8) == 0) {
        authority = target + 8;
    } else if (strncasecmp(target, "http://", 7) == 0) {
        authority = target + 7;
    }
    return authority != NULL ? authority + strcspn(authority, "/?") : target;
}

static void set_target(struct block *block, char **end, const char *target)
{
    const char *path = target_path(target);
    size_t path_len = strcspn(path, "?");
    block->request.target = put_text(end, target, strlen(target));
    if (path_len == 0) {
        path_len = 1; /* an absolute URI without a path means "/" (RFC 9110, 4.2.3) */
        block->request.path = put_text(end, "/", 1);
    } else {
        block->request.path = put_text(end, path, path_len);
    }
    block->state.segments = put_text(end, block->request.path, path_len);
    const char *query = strchr(target, '?');
    block->request.query = query != NULL ? put_text(end, query + 1, strlen(query + 1)) : NULL;
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && ((*text)[*len - 1] == ' ' || (*text)[*len - 1] == '\t')) {
        (*len)--;
    }
}

static void set_fields(struct block *block, char **end, const struct fz_request_parts *parts)
{
    for (size_t i = 0; i < parts->fields_len; i++) {
        const char *value = parts->fields[i].value;
        size_t value_len = strlen(value);
        trim(&value, &value_len);
        const char *name = parts->fields[i].name;
        block->state.fields[i].name = put_text(end, name, strlen(name));
        block->state.fields[i].value = put_text(end, value, value_len);
    }
    const char *host = fz_request_header(&block->request, "host");
    block->request.authority = host != NULL ? host : "";
}

/* An upper bound of the text a request needs. */
static size_t text_size(const struct fz_request_parts *parts)
{
    size_t size =
        strlen(parts->method_text) + 1 + 4 * (strlen(parts->target) + 2) + parts->body_len + 1;
    for (size_t i = 0; i < parts->fields_len; i++) {
        size += strlen(parts->fields[i].name) + strlen(parts->fields[i].value) + 2;
    }
    return size;
}

fz_rc fz_request_create(const struct fz_request_parts *parts,
                        const struct fz_transport *transport,
                        void *carrier,
                        void *owner,
                        struct fz_request **request_out)
{
    fz_assert(parts->fields_len <= FZ_REQUEST_FIELDS_MAX);
    size_t fields_size = parts->fields_len * sizeof(struct fz_field);
    size_t text_len = text_size(parts);
    struct block *block = calloc(1, sizeof(*block) + fields_size + text_len);
    if (block == NULL) {
        return FZ_NO_MEMORY;
    }
    struct fz_request *request = &block->request;
    struct fz_request_state *state = &block->state;
    _Static_assert(offsetof(struct block, text) % _Alignof(struct fz_field) == 0, "alignment");
    char *end = block->text + fields_size;
    *request = (struct fz_request){
        .magic = FZ_REQUEST_MAGIC,
        .method = parts->method,
        .peer_is_loopback = peer_is_loopback(parts->peer),
        .body_len = parts->body_len,
        .received_us = now_us(),
        .state = state,
    };
    *state = (struct fz_request_state){
        .transport = transport,
        .carrier = carrier,
        .owner = owner,
        .fields = (struct fz_field *)(void *)block->text,
        .fields_len = parts->fields_len,
    };
    make_id(request->id);
    (void)snprintf(request->peer, sizeof(request->peer), "%s", parts->peer);
    request->method_text = put_text(&end, parts->method_text, strlen(parts->method_text));
    set_target(block, &end, parts->target);
    set_fields(block, &end, parts);
    request->body =
        (const uint8_t *)put_text(&end, parts->body_len > 0 ? parts->body : "", parts->body_len);
    fz_assert(end <= block->text + fields_size + text_len);
    fz_metric_add(FZ_METRIC_REQUESTS_OPEN, 1);
    *request_out = request;
    return FZ_OK;
}

static struct fz_request_state *live_state(const struct fz_request *request)
{
    fz_assert(request->magic == FZ_REQUEST_MAGIC);
    return request->state;
}

/* Joins all fields named `name`, of which there are several. NULL: no memory. */
static struct joined *join_fields(struct fz_request_state *state, const char *name, size_t size)
{
    struct joined *joined = malloc(sizeof(*joined) + size);
    if (joined == NULL) {
        return NULL;
    }
    size_t len = 0;
    joined->name = NULL;
    for (size_t i = 0; i < state->fields_len; i++) {
        if (strcasecmp(state->fields[i].name, name) != 0) {
            continue;
        }
        bool is_first = joined->name == NULL; /* its value may be empty, and counts all the same */
        if (is_first) {
            joined->name = state->fields[i].name;
        }
        int n = snprintf(joined->value + len, size - len, "%s%s", is_first ? "" : ", ",
                         state->fields[i].value);
        fz_assert(n >= 0);
        fz_assert((size_t)n < size - len);
        len += (size_t)n;
    }
    joined->next = state->joined;
    state->joined = joined;
    return joined;
}

const char *fz_request_header(struct fz_request *request, const char *name)
{
    struct fz_request_state *state = live_state(request);
    const char *found = NULL;
    size_t count = 0;
    size_t size = 1;
    for (size_t i = 0; i < state->fields_len; i++) {
        if (strcasecmp(state->fields[i].name, name) == 0) {
            found = state->fields[i].value;
            count++;
            size += strlen(found) + 2;
        }
    }
    if (count <= 1) {
        return found;
    }
    struct joined *joined = state->joined;
    while (joined != NULL && strcasecmp(joined->name, name) != 0) {
        joined = joined->next;
    }
    if (joined == NULL) {
        joined = join_fields(state, name, size);
        fz_assert(joined != NULL); /* a missing field would be a wrong answer about a signature */
    }
    return joined->value;
}

static bool is_header_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

static const char *keep_reply_text(struct fz_request_state *state, const char *text)
{
    size_t size = strlen(text) + 1;
    fz_assert(is_header_text(text));
    fz_assert(size <= sizeof(state->reply_text) - state->reply_text_len);
    char *copy = state->reply_text + state->reply_text_len;
    memcpy(copy, text, size);
    state->reply_text_len += size;
    return copy;
}

void fz_request_set_header(struct fz_request *request, const char *name, const char *value)
{
    struct fz_request_state *state = live_state(request);
    fz_assert(state->reply_fields_len < FZ_REPLY_HEADERS_MAX);
    struct fz_field *field = &state->reply_fields[state->reply_fields_len++];
    field->name = keep_reply_text(state, name);
    field->value = keep_reply_text(state, value);
}

static void count_reply(const struct fz_request *request, int status)
{
    enum fz_metric metric = FZ_METRIC_RESPONSES_2XX;
    if (status >= 500) {
        metric = FZ_METRIC_RESPONSES_5XX;
    } else if (status >= 400) {
        metric = FZ_METRIC_RESPONSES_4XX;
    }
    int64_t us = now_us() - request->received_us;
    fz_metric_add(metric, 1);
    fz_metric_add(FZ_METRIC_REQUESTS_OPEN, -1);
    fz_metric_observe_us(FZ_METRIC_REQUEST_SECONDS, us);
    if (fz_log_enabled(FZ_LOG_DEBUG)) {
        fz_log(FZ_LOG_DEBUG, "http.reply", request->id, "method=%s route=%s status=%d us=%lld",
               request->method_text, request->route != NULL ? request->route->pattern : "none",
               status, (long long)us);
    }
}

/* The end of every request. */
static void finish(struct fz_request *request)
{
    struct fz_request_state *state = request->state;
    const struct fz_transport *transport = state->transport;
    void *owner = state->owner;
    while (state->joined != NULL) {
        struct joined *next = state->joined->next;
        free(state->joined);
        state->joined = next;
    }
    request->magic = 0;
    free(request); /* the first member of its block */
    transport->finished(owner);
}

void fz_request_reply(struct fz_request *request,
                      int status,
                      const char *content_type,
                      const void *body,
                      size_t body_len)
{
    struct fz_request_state *state = live_state(request);
    fz_assert(!state->replied);
    fz_assert(status >= 200 && status <= 599);
    state->replied = true;
    state->gone = NULL;
    count_reply(request, status);
    if (!state->is_gone) {
        struct fz_reply reply = {
            .status = status,
            .content_type = content_type,
            .body = body,
            .body_len = body_len,
            .fields = state->reply_fields,
            .fields_len = state->reply_fields_len,
        };
        state->transport->send(state->carrier, request, &reply);
    }
    finish(request);
}

void fz_request_reply_json_bytes(struct fz_request *request,
                                 int status,
                                 const void *body,
                                 size_t body_len)
{
    fz_request_reply(request, status, "application/json", body, body_len);
}

void fz_request_reply_problem_bytes(struct fz_request *request,
                                    int status,
                                    const void *body,
                                    size_t body_len)
{
    fz_request_reply(request, status, "application/problem+json", body, body_len);
}

/* What a client did wrong, or the ledger refused, is everyday business. */
static enum fz_log_level refusal_level(enum fz_rc_class class)
{
    if (class == FZ_CLASS_FAIL) {
        return FZ_LOG_ERROR;
    }
    return class == FZ_CLASS_RETRY ? FZ_LOG_WARN : FZ_LOG_DEBUG;
}

void fz_request_fail(struct fz_request *request,
                     fz_rc rc,
                     const char *detail,
                     const char *extra_members)
{
    const struct fz_rc_info *info = fz_rc_info(rc);
    char body[FZ_PROBLEM_MAX];
    size_t len = fz_problem_write(body, sizeof(body), rc, detail, extra_members);
    if (info->class == FZ_CLASS_RETRY) {
        char seconds[16];
        (void)snprintf(seconds, sizeof(seconds), "%d", FZ_PROBLEM_RETRY_AFTER_S);
        fz_request_set_header(request, "Retry-After", seconds);
    }
    enum fz_log_level level = refusal_level(info->class);
    if (fz_log_enabled(level)) {
        char quoted[256];
        fz_log(level, "http.refused", request->id, "rc=%s detail=%s", info->name,
               fz_log_quote(detail != NULL ? detail : "", quoted, sizeof(quoted)));
    }
    fz_request_reply_problem_bytes(request, info->http_status, body, len);
}

void fz_request_fail_err(struct fz_request *request, const struct fz_err *err)
{
    fz_assert(err->rc != FZ_OK);
    fz_log_err(FZ_LOG_ERROR, "http.failed", request->id, err);
    fz_request_fail(request, err->rc, NULL, NULL);
}

void fz_request_on_gone(struct fz_request *request,
                        void (*gone)(struct fz_request *request, void *ctx),
                        void *ctx)
{
    struct fz_request_state *state = live_state(request);
    bool watched = state->gone != NULL;
    state->gone = gone;
    state->gone_ctx = ctx;
    if (watched != (gone != NULL) && !state->is_gone && state->transport->watch != NULL) {
        state->transport->watch(state->carrier, gone != NULL);
    }
}

bool fz_request_is_gone(const struct fz_request *request)
{
    return live_state(request)->is_gone;
}

void fz_request_set_gone(struct fz_request *request)
{
    struct fz_request_state *state = live_state(request);
    fz_assert(!state->is_gone);
    state->is_gone = true;
    fz_metric_add(FZ_METRIC_REQUESTS_GONE, 1);
    void (*gone)(struct fz_request *, void *) = state->gone;
    void *ctx = state->gone_ctx;
    state->gone = NULL;
    if (gone != NULL) {
        gone(request, ctx); /* may reply: the request is not touched afterwards */
    }
}
