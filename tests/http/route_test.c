/*
 * The router, table by table.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "switch/http/route.h"

static void first(struct fz_request *request, void *ctx)
{
    (void)request, (void)ctx;
}

static const struct fz_route routes[] = {
    {FZ_METHOD_GET, "/", 0, 0, first},
    {FZ_METHOD_GET, "/healthz", 0, 0, first},
    {FZ_METHOD_PUT, "/v1/intents/{id}", 1, FZ_ROUTE_BODY_REQUIRED, first},
    {FZ_METHOD_GET, "/v1/intents/{id}", 3, 0, first},
    {FZ_METHOD_POST, "/v1/intents/{id}/cancel", 1, FZ_ROUTE_BODY_OPTIONAL, first},
    {FZ_METHOD_GET, "/v1/intents/latest", 1, 0, first},
    {FZ_METHOD_GET, "/v1/{shop}/things/{id}", 1, 0, first},
    {FZ_METHOD_GET, "/v1/enrol", 0, FZ_ROUTE_SIGNED, first},
};

static int first_ctx;
static int second_ctx;

static const struct fz_route more[] = {
    {FZ_METHOD_DELETE, "/v1/intents/{id}", 1, 0, first},
};

static const struct fz_route_table tables[] = {
    {routes, sizeof(routes) / sizeof(routes[0]), &first_ctx},
    {more, sizeof(more) / sizeof(more[0]), &second_ctx},
};

struct row {
    enum fz_method method;
    const char *path;
    fz_rc rc;
    const char *pattern; /* of the row that was found, or the Allow field */
    const char *captures[2];
};

static const struct row rows[] = {
    {FZ_METHOD_GET, "/", FZ_OK, "/", {NULL}},
    {FZ_METHOD_GET, "/healthz", FZ_OK, "/healthz", {NULL}},
    {FZ_METHOD_HEAD, "/healthz", FZ_OK, "/healthz", {NULL}},
    {FZ_METHOD_HEAD, "/v1/intents/7", FZ_METHOD_NOT_ALLOWED, "GET, PUT, DELETE", {NULL}},
    {FZ_METHOD_HEAD, "/v1/enrol", FZ_METHOD_NOT_ALLOWED, "GET", {NULL}},
    {FZ_METHOD_GET, "/v1/intents/7", FZ_OK, "/v1/intents/{id}", {"7"}},
    {FZ_METHOD_PUT, "/v1/intents/7", FZ_OK, "/v1/intents/{id}", {"7"}},
    {FZ_METHOD_PUT, "/v1/intents/latest", FZ_OK, "/v1/intents/{id}", {"latest"}},
    {FZ_METHOD_GET, "/v1/intents/latest", FZ_OK, "/v1/intents/latest", {NULL}},
    {FZ_METHOD_DELETE, "/v1/intents/7", FZ_OK, "/v1/intents/{id}", {"7"}},
    {FZ_METHOD_POST, "/v1/intents/%41/cancel", FZ_OK, "/v1/intents/{id}/cancel", {"%41"}},
    {FZ_METHOD_GET, "/v1/M1/things/T1", FZ_OK, "/v1/{shop}/things/{id}", {"M1", "T1"}},
    {FZ_METHOD_OTHER, "/healthz", FZ_METHOD_NOT_ALLOWED, "GET, HEAD", {NULL}},
    {FZ_METHOD_POST, "/v1/intents/7", FZ_METHOD_NOT_ALLOWED, "GET, PUT, DELETE", {NULL}},
    {FZ_METHOD_GET, "/v1/intents/7/cancel", FZ_METHOD_NOT_ALLOWED, "POST", {NULL}},
    {FZ_METHOD_GET, "", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "*", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "healthz", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/Healthz", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/healthz/", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/healthzz", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/health", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "//", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "//healthz", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/v1/intents", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/v1/intents/", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/v1/intents//cancel", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/a/b/c/d/e/f/g/h", FZ_NOT_FOUND, NULL, {NULL}},
    {FZ_METHOD_GET, "/a/b/c/d/e/f/g/h/i", FZ_NOT_FOUND, NULL, {NULL}},
};

Test(route, finds_rows)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        char path[64];
        struct fz_route_match match;
        (void)strncpy(path, row->path, sizeof(path) - 1);
        path[sizeof(path) - 1] = '\0';
        cr_expect_eq(fz_route_find(tables, 2, row->method, path, &match), row->rc, "%s", row->path);
        if (row->rc == FZ_OK) {
            cr_assert(match.route != NULL, "%s", row->path);
            cr_expect_str_eq(match.route->pattern, row->pattern, "%s", row->path);
            cr_expect_eq(match.ctx, match.route == &more[0] ? &second_ctx : &first_ctx);
            for (unsigned c = 0; c < 2; c++) {
                cr_expect_eq(c < match.captures_len, row->captures[c] != NULL, "%s", row->path);
                if (c < match.captures_len && row->captures[c] != NULL) {
                    cr_expect_str_eq(match.captures[c], row->captures[c]);
                }
            }
        } else if (row->rc == FZ_METHOD_NOT_ALLOWED) {
            cr_expect_str_eq(match.allow, row->pattern, "%s", row->path);
        }
    }
}
