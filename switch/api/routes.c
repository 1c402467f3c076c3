/*
 * Room switch/api. The route table.
 */
#include "switch/api/routes.h"

#include "feezero/role.h"
#include "switch/api/endpoints.h"

#define OPEN 0U
#define RESIDENT FZ_ROLE_BIT(FZ_ROLE_RESIDENT)
#define OWNER FZ_ROLE_BIT(FZ_ROLE_OWNER)
#define SHOP (FZ_ROLE_BIT(FZ_ROLE_TERMINAL) | OWNER)
#define EITHER (SHOP | RESIDENT)
#define HOLDER (OWNER | RESIDENT)
#define ANY FZ_ROLES_ALL

#define NO_BODY FZ_ROUTE_BODY_NONE
#define BODY FZ_ROUTE_BODY_REQUIRED
#define MAYBE_BODY FZ_ROUTE_BODY_OPTIONAL
#define SIGNED_BODY (FZ_ROUTE_BODY_REQUIRED | FZ_ROUTE_SIGNED | FZ_ROUTE_SHED_SOON)
/* refused in this order when too many wait: these reads, what begins something, the rest */
#define READ (FZ_ROUTE_BODY_NONE | FZ_ROUTE_SHED_FIRST)
#define NEW_BODY (FZ_ROUTE_BODY_REQUIRED | FZ_ROUTE_SHED_SOON)
#define NEW_MAYBE (FZ_ROUTE_BODY_OPTIONAL | FZ_ROUTE_SHED_SOON)
#define NEW_NONE (FZ_ROUTE_BODY_NONE | FZ_ROUTE_SHED_SOON)
#define LOCAL (FZ_ROUTE_BODY_NONE | FZ_ROUTE_LOOPBACK)

/* clang-format off */
const struct fz_route fz_api_routes[] = {
    {FZ_METHOD_POST, "/v1/enrol",               OPEN,     SIGNED_BODY, fz_api_enrol},

    {FZ_METHOD_PUT,  "/v1/intents/{id}",        SHOP,     NEW_BODY,    fz_api_put_intent},
    {FZ_METHOD_GET,  "/v1/intents/{id}",        EITHER,   NO_BODY,     fz_api_get_intent},
    {FZ_METHOD_POST, "/v1/intents/{id}/cancel", SHOP,     MAYBE_BODY,  fz_api_cancel_intent},
    {FZ_METHOD_POST, "/v1/intents/{id}/decline", RESIDENT, MAYBE_BODY, fz_api_decline_intent},
    {FZ_METHOD_GET,  "/v1/intents/{id}/events", SHOP,     NO_BODY,     fz_api_get_intent_events},

    {FZ_METHOD_PUT,  "/v1/codes/{id}",          RESIDENT, NEW_BODY,    fz_api_put_code},
    {FZ_METHOD_GET,  "/v1/codes/{id}",          RESIDENT, NO_BODY,     fz_api_get_code},
    {FZ_METHOD_GET,  "/v1/shops/{shop}",        RESIDENT, READ,        fz_api_get_shop},
    {FZ_METHOD_PUT,  "/v1/payments/{id}",       RESIDENT, BODY,        fz_api_put_payment},
    {FZ_METHOD_PUT,  "/v1/voids/{id}",          SHOP,     BODY,        fz_api_put_void},
    {FZ_METHOD_PUT,  "/v1/refunds/{id}",        SHOP,     BODY,        fz_api_put_refund},
    {FZ_METHOD_PUT,  "/v1/transfers/{id}",      RESIDENT, BODY,        fz_api_put_transfer},

    {FZ_METHOD_GET,  "/v1/operations/{id}",     ANY,      NO_BODY,     fz_api_get_operation},
    {FZ_METHOD_PUT,  "/v1/tombstones/{id}",     ANY,      MAYBE_BODY,  fz_api_put_tombstone},

    {FZ_METHOD_GET,  "/v1/events",              EITHER,   READ,        fz_api_get_events},
    {FZ_METHOD_GET,  "/v1/balance",             HOLDER,   READ,        fz_api_get_balance},
    {FZ_METHOD_GET,  "/v1/history",             EITHER,   READ,        fz_api_get_history},
    {FZ_METHOD_GET,  "/v1/statement",           HOLDER,   READ,        fz_api_get_statement},
    {FZ_METHOD_GET,  "/v1/receipts/{id}",       EITHER,   READ,        fz_api_get_receipt},

    {FZ_METHOD_GET,  "/v1/webhooks",            OWNER,    READ,        fz_api_get_webhooks},
    {FZ_METHOD_PUT,  "/v1/webhooks/{id}",       OWNER,    NEW_BODY,    fz_api_put_webhook},
    {FZ_METHOD_DELETE, "/v1/webhooks/{id}",     OWNER,    NEW_NONE,    fz_api_delete_webhook},
    {FZ_METHOD_POST, "/v1/webhooks/{id}/rotate", OWNER,   NEW_MAYBE,   fz_api_rotate_webhook},
    {FZ_METHOD_POST, "/v1/webhooks/{id}/replay", OWNER,   NEW_BODY,    fz_api_replay_webhook},
    {FZ_METHOD_GET,  "/v1/webhooks/{id}/deliveries", OWNER, READ,      fz_api_get_deliveries},

    {FZ_METHOD_GET,  "/healthz",                OPEN,     NO_BODY,     fz_api_get_health},
    {FZ_METHOD_GET,  "/readyz",                 OPEN,     NO_BODY,     fz_api_get_ready},
    {FZ_METHOD_GET,  "/metrics",                OPEN,     LOCAL,       fz_api_get_metrics},
};
/* clang-format on */

const size_t fz_api_routes_len = sizeof(fz_api_routes) / sizeof(fz_api_routes[0]);
