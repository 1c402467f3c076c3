/*
 * Fuzzing what the server makes of a request line and headers: the parts of the target, headers of
 * one name joined, and the route. Each is worked out a second time here, in the plainest way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/api/routes.h"
#include "switch/http/route.h"
#include "tests/fuzz/http_text.h"

#define INPUT_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int replies;
static int status_sent;

static void on_send(void *carrier, struct fz_request *request, const struct fz_reply *reply)
{
    (void)carrier;
    (void)request;
    replies++;
    status_sent = reply->status;
    fz_assert(reply->fields_len <= FZ_REPLY_HEADERS_MAX);
}

static void on_finished(void *owner)
{
    (void)owner;
}

static const struct fz_transport transport = {.send = on_send, .finished = on_finished};

static enum fz_method method_of(const char *text)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    for (unsigned i = 0; i < 5; i++) {
        if (strcmp(text, names[i]) == 0) {
            return (enum fz_method)i;
        }
    }
    return FZ_METHOD_OTHER;
}

/* --- the target ------------------------------------------------------------------------------- */

static bool starts_with(const char *text, const char *start)
{
    return strncasecmp(text, start, strlen(start)) == 0;
}

static void expect_target(const struct fz_request *request, const char *target)
{
    const char *rest = target;
    if (target[0] != '/') {
        rest = strstr(target, "//") + 2;
        rest += strcspn(rest, "/?");
    }
    fz_assert(strcmp(request->target, target) == 0);
    size_t path_len = strlen(request->path);
    if (rest[0] == '/') {
        fz_assert(strncmp(rest, request->path, path_len) == 0);
        rest += path_len;
    } else {
        fz_assert(strcmp(request->path, "/") == 0);
    }
    fz_assert(rest[0] == '\0' || rest[0] == '?');
    fz_assert((rest[0] == '?') == (request->query != NULL));
    fz_assert(request->query == NULL || strcmp(request->query, rest + 1) == 0);
}

/* --- headers ---------------------------------------------------------------------------------- */

static void
expect_header(struct fz_request *request, const struct http_text *text, const char *name)
{
    char joined[2 * INPUT_MAX + 4 * FZ_REQUEST_FIELDS_MAX] = "";
    size_t len = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text->fields_len; i++) {
        if (strcasecmp(text->fields[i].name, name) == 0) {
            size_t value_len = strlen(text->fields[i].value);
            memcpy(joined + len, ", ", count > 0 ? 2 : 0);
            len += count > 0 ? 2 : 0;
            memcpy(joined + len, text->fields[i].value, value_len + 1);
            len += value_len;
            count++;
        }
    }
    const char *value = fz_request_header(request, name);
    fz_assert((value != NULL) == (count > 0));
    fz_assert(value == NULL || strcmp(value, joined) == 0);
    fz_assert(fz_request_header(request, name) == value);
}

/* --- the route -------------------------------------------------------------------------------- */

/* Segment by segment; a brace stands for one that is not empty. */
static bool matches(const char *pattern, const char *path)
{
    while (pattern[0] == '/' && path[0] == '/') {
        size_t pattern_len = strcspn(pattern + 1, "/");
        size_t path_len = strcspn(path + 1, "/");
        bool is_free = pattern[1] == '{' && path_len > 0;
        if (!is_free && (pattern_len != path_len || memcmp(pattern + 1, path + 1, path_len) != 0)) {
            return false;
        }
        pattern += 1 + pattern_len;
        path += 1 + path_len;
    }
    return pattern[0] == '\0' && path[0] == '\0';
}

static void expect_route(const struct fz_request *request)
{
    const struct fz_route_table table = {fz_api_routes, fz_api_routes_len, NULL};
    struct fz_route_match match;
    bool has_path = false;
    const struct fz_route *want = NULL;
    fz_rc rc = fz_route_find(&table, 1, request->method, request->state->segments, &match);
    for (size_t i = 0; i < fz_api_routes_len; i++) {
        const struct fz_route *route = &fz_api_routes[i];
        if (matches(route->pattern, request->path)) {
            bool is_open = route->roles == 0 && (route->flags & FZ_ROUTE_SIGNED) == 0;
            has_path = true;
            if (route->method == request->method ||
                (request->method == FZ_METHOD_HEAD && route->method == FZ_METHOD_GET && is_open)) {
                want = route;
            }
        }
    }
    fz_assert(match.route == want);
    if (want != NULL) {
        fz_assert(rc == FZ_OK && match.captures_len <= 1);
        fz_assert(match.captures_len == 0 || match.captures[0][0] != '\0');
    } else {
        fz_assert(rc == (has_path ? FZ_METHOD_NOT_ALLOWED : FZ_NOT_FOUND));
        fz_assert(!has_path || match.allow[0] != '\0');
    }
}

static void read_request(const struct http_text *text)
{
    struct fz_request_parts parts = {
        .method = method_of(text->method),
        .method_text = text->method,
        .target = text->target,
        .peer = "192.0.2.7",
        .fields = text->fields,
        .fields_len = text->fields_len,
        .body = text->body,
        .body_len = text->body_len,
    };
    struct fz_request *request = NULL;
    fz_assert(fz_request_create(&parts, &transport, NULL, NULL, &request) == FZ_OK);
    expect_target(request, text->target);
    for (size_t i = 0; i < text->fields_len; i++) {
        expect_header(request, text, text->fields[i].name);
    }
    expect_header(request, text, "x-absent-here");
    fz_assert(request->body_len == text->body_len && request->body[request->body_len] == 0);
    fz_assert(memcmp(request->body, text->body, text->body_len) == 0);
    expect_route(request);
    replies = 0;
    fz_request_fail(request, FZ_BAD_FIELD, text->target, NULL);
    fz_assert(replies == 1 && status_sent == fz_rc_info(FZ_BAD_FIELD)->http_status);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct http_text text;
    if (len > INPUT_MAX) {
        return 0;
    }
    if (http_text_read(&text, bytes, len) &&
        (text.target[0] == '/' || starts_with(text.target, "https://") ||
         starts_with(text.target, "http://"))) {
        read_request(&text);
    }
    http_text_fini(&text);
    return 0;
}
