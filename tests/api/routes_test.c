/*
 * Who may do what: every role against every endpoint, cell by cell. The table here was written from
 * docs/api.md, not from routes.c.
 */
#include "switch/api/routes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "feezero/role.h"

#define LEN(table) (sizeof(table) / sizeof((table)[0]))

/* A column per role in the order of role.h: Resident, Terminal, Owner, tReasurer, Auditor. */
static const struct {
    enum fz_method method;
    const char *path;
    const char *roles; /* "RTOSA" with '-' for who may not; "" is open to all */
} cells[] = {
    {FZ_METHOD_POST, "/v1/enrol", ""},
    {FZ_METHOD_PUT, "/v1/intents/x", "-TO--"},
    {FZ_METHOD_GET, "/v1/intents/x", "RTO--"},
    {FZ_METHOD_POST, "/v1/intents/x/cancel", "-TO--"},
    {FZ_METHOD_POST, "/v1/intents/x/decline", "R----"},
    {FZ_METHOD_GET, "/v1/intents/x/events", "-TO--"},
    {FZ_METHOD_PUT, "/v1/codes/x", "R----"},
    {FZ_METHOD_GET, "/v1/codes/x", "R----"},
    {FZ_METHOD_GET, "/v1/shops/x", "R----"},
    {FZ_METHOD_PUT, "/v1/payments/x", "R----"},
    {FZ_METHOD_PUT, "/v1/voids/x", "-TO--"},
    {FZ_METHOD_PUT, "/v1/refunds/x", "-TO--"},
    {FZ_METHOD_PUT, "/v1/transfers/x", "R----"},
    {FZ_METHOD_GET, "/v1/operations/x", "RTOSA"},
    {FZ_METHOD_PUT, "/v1/tombstones/x", "RTOSA"},
    {FZ_METHOD_GET, "/v1/events", "RTO--"},
    {FZ_METHOD_GET, "/v1/balance", "R-O--"},
    {FZ_METHOD_GET, "/v1/history", "RTO--"},
    {FZ_METHOD_GET, "/v1/statement", "R-O--"},
    {FZ_METHOD_GET, "/v1/receipts/x", "RTO--"},
    {FZ_METHOD_GET, "/v1/webhooks", "--O--"},
    {FZ_METHOD_PUT, "/v1/webhooks/x", "--O--"},
    {FZ_METHOD_DELETE, "/v1/webhooks/x", "--O--"},
    {FZ_METHOD_POST, "/v1/webhooks/x/rotate", "--O--"},
    {FZ_METHOD_POST, "/v1/webhooks/x/replay", "--O--"},
    {FZ_METHOD_GET, "/v1/webhooks/x/deliveries", "--O--"},
    {FZ_METHOD_GET, "/healthz", ""},
    {FZ_METHOD_GET, "/readyz", ""},
    {FZ_METHOD_GET, "/metrics", ""},
};

static const enum fz_role roles[] = {FZ_ROLE_RESIDENT, FZ_ROLE_TERMINAL, FZ_ROLE_OWNER,
                                     FZ_ROLE_TREASURER, FZ_ROLE_AUDITOR};

static const struct fz_route *find(enum fz_method method, const char *path)
{
    struct fz_route_table table = {.routes = fz_api_routes, .routes_len = fz_api_routes_len};
    struct fz_route_match match;
    char copy[64];
    (void)snprintf(copy, sizeof(copy), "%s", path);
    cr_assert_eq(fz_route_find(&table, 1, method, copy, &match), FZ_OK, "%s", path);
    return match.route;
}

Test(routes, every_role_at_every_endpoint)
{
    cr_assert_eq(LEN(cells), fz_api_routes_len, "an endpoint is missing in one of the tables");
    for (size_t i = 0; i < LEN(cells); i++) {
        const struct fz_route *route = find(cells[i].method, cells[i].path);
        if (cells[i].roles[0] == '\0') {
            cr_expect_eq(route->roles, 0, "%s is open", cells[i].path);
            continue;
        }
        for (size_t r = 0; r < LEN(roles); r++) {
            cr_expect_eq(fz_role_in(roles[r], route->roles), cells[i].roles[r] != '-', "%s as %s",
                         cells[i].path, fz_role_text(roles[r]));
        }
    }
}

Test(routes, every_role_stands_in_the_table)
{
    unsigned all = 0;
    for (size_t r = 0; r < LEN(roles); r++) {
        all |= FZ_ROLE_BIT(roles[r]);
    }
    cr_expect_eq(all, FZ_ROLES_ALL);
}

Test(routes, what_is_open_without_a_signature_is_harmless)
{
    for (size_t i = 0; i < fz_api_routes_len; i++) {
        const struct fz_route *route = &fz_api_routes[i];
        bool is_api = strncmp(route->pattern, "/v1/", 4) == 0;
        bool is_guarded = route->roles != 0 || (route->flags & FZ_ROUTE_SIGNED) != 0;
        cr_expect_eq(is_guarded, is_api, "%s", route->pattern);
        cr_expect_not_null(route->handler);
    }
}

Test(routes, figures_stay_on_the_machine)
{
    cr_expect(find(FZ_METHOD_GET, "/metrics")->flags & FZ_ROUTE_LOOPBACK);
}

Test(routes, bodies_belong_to_what_changes_something)
{
    for (size_t i = 0; i < fz_api_routes_len; i++) {
        const struct fz_route *route = &fz_api_routes[i];
        bool takes_body = (route->flags & (FZ_ROUTE_BODY_REQUIRED | FZ_ROUTE_BODY_OPTIONAL)) != 0;
        bool may_have = route->method != FZ_METHOD_GET && route->method != FZ_METHOD_DELETE;
        cr_expect_eq(takes_body, may_have, "%s", route->pattern);
    }
}

/* When too many wait: what shows history goes first, then new sales; money that moves goes last. */
Test(routes, what_is_refused_first_in_a_crowd)
{
    static const struct {
        enum fz_method method;
        const char *path;
        unsigned shed;
    } rows[] = {
        {FZ_METHOD_GET, "/v1/history", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_GET, "/v1/balance", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_GET, "/v1/statement", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_GET, "/v1/events", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_GET, "/v1/receipts/x", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_GET, "/v1/shops/x", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_PUT, "/v1/intents/x", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_POST, "/v1/enrol", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_GET, "/v1/webhooks/x/deliveries", FZ_ROUTE_SHED_FIRST},
        {FZ_METHOD_PUT, "/v1/webhooks/x", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_DELETE, "/v1/webhooks/x", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_POST, "/v1/webhooks/x/rotate", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_POST, "/v1/webhooks/x/replay", FZ_ROUTE_SHED_SOON},
        {FZ_METHOD_PUT, "/v1/payments/x", 0},
        {FZ_METHOD_PUT, "/v1/voids/x", 0},
        {FZ_METHOD_PUT, "/v1/refunds/x", 0},
        {FZ_METHOD_PUT, "/v1/transfers/x", 0},
        {FZ_METHOD_PUT, "/v1/tombstones/x", 0},
        {FZ_METHOD_POST, "/v1/intents/x/cancel", 0},
        {FZ_METHOD_GET, "/v1/intents/x", 0},
        {FZ_METHOD_GET, "/v1/intents/x/events", 0},
        {FZ_METHOD_GET, "/v1/operations/x", 0},
    };
    for (size_t i = 0; i < LEN(rows); i++) {
        unsigned shed =
            find(rows[i].method, rows[i].path)->flags & (FZ_ROUTE_SHED_FIRST | FZ_ROUTE_SHED_SOON);
        cr_expect_eq(shed, rows[i].shed, "%s", rows[i].path);
    }
}
