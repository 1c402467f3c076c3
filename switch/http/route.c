/*
 * The router: a walk over all rows, comparing segment by segment. With some twenty rows that costs
 * less than a microsecond; a tree would only be harder to read.
 */
#include "switch/http/route.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"

/* A path cut at its slashes. */
struct segments {
    const char *texts[FZ_ROUTE_SEGMENTS_MAX];
    size_t len;
};

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};

#define METHODS_LEN (sizeof(method_names) / sizeof(method_names[0]))

/* Cuts in place. False for paths no pattern can match: empty or too many segments. */
static bool cut_path(char *path, struct segments *out)
{
    out->len = 0;
    if (path[0] != '/') {
        return false;
    }
    if (path[1] == '\0') {
        return true;
    }
    char *at = path + 1;
    while (at != NULL) {
        char *segment = at;
        at = strchr(at, '/');
        if (at != NULL) {
            *at++ = '\0';
        }
        if (segment[0] == '\0' || out->len == FZ_ROUTE_SEGMENTS_MAX) {
            return false;
        }
        out->texts[out->len++] = segment;
    }
    return true;
}

/* Does the path match? Fills the captures. */
static bool
pattern_matches(const char *pattern, const struct segments *path, struct fz_route_match *match)
{
    match->captures_len = 0;
    const char *at = pattern;
    for (size_t i = 0; i < path->len; i++) {
        if (*at != '/') {
            return false; /* the pattern is shorter */
        }
        at++;
        size_t len = strcspn(at, "/");
        if (at[0] == '{') {
            fz_assert(at[len - 1] == '}');
            fz_assert(match->captures_len < FZ_REQUEST_CAPTURES_MAX);
            match->captures[match->captures_len++] = path->texts[i];
        } else if (strlen(path->texts[i]) != len || memcmp(at, path->texts[i], len) != 0) {
            return false;
        }
        at += len;
    }
    return path->len == 0 ? strcmp(pattern, "/") == 0 : *at == '\0';
}

static bool is_open(const struct fz_route *route)
{
    return route->roles == 0 && (route->flags & FZ_ROUTE_SIGNED) == 0;
}

static bool method_matches(const struct fz_route *route, enum fz_method method)
{
    return route->method == method ||
           (method == FZ_METHOD_HEAD && route->method == FZ_METHOD_GET && is_open(route));
}

static void write_allow(unsigned methods, char allow[64])
{
    size_t len = 0;
    allow[0] = '\0';
    for (size_t i = 0; i < METHODS_LEN; i++) {
        if ((methods & 1U << i) != 0) {
            int n = snprintf(allow + len, 64 - len, "%s%s", len > 0 ? ", " : "", method_names[i]);
            fz_assert(n > 0 && (size_t)n < 64 - len);
            len += (size_t)n;
        }
    }
}

fz_rc fz_route_find(const struct fz_route_table *tables,
                    size_t tables_len,
                    enum fz_method method,
                    char *path_copy,
                    struct fz_route_match *match_out)
{
    struct segments path;
    unsigned methods = 0;
    *match_out = (struct fz_route_match){.route = NULL};
    if (!cut_path(path_copy, &path)) {
        return FZ_NOT_FOUND;
    }
    for (size_t t = 0; t < tables_len; t++) {
        for (size_t i = 0; i < tables[t].routes_len; i++) {
            const struct fz_route *route = &tables[t].routes[i];
            struct fz_route_match match = {.route = route, .ctx = tables[t].ctx};
            if (!pattern_matches(route->pattern, &path, &match)) {
                continue;
            }
            methods |= 1U << route->method;
            if (route->method == FZ_METHOD_GET && is_open(route)) {
                methods |= 1U << FZ_METHOD_HEAD;
            }
            if (method_matches(route, method) &&
                (match_out->route == NULL || match.captures_len < match_out->captures_len)) {
                *match_out = match;
            }
        }
    }
    if (match_out->route != NULL) {
        return FZ_OK;
    }
    if (methods != 0) {
        write_allow(methods, match_out->allow);
        return FZ_METHOD_NOT_ALLOWED;
    }
    return FZ_NOT_FOUND;
}
