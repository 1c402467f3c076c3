/*
 * Room switch/api. GET /v1/shops/{id}: what a wallet shows before it pays at a sticker, where no
 * till has said the amount: whose it is, whether it is open, and what is usual there, so that the
 * wallet can ask once more when a zero too many was typed.
 */
#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

static void on_shop(void *ctx, fz_rc rc, const struct fz_shopfront *shop)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
        return;
    }
    fz_profiles_put_shop(call->api->profiles, call->caller.community, shop, fz_api_monotonic_us());
    fz_json_out_init(&out);
    fz_view_shop(&out, shop);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_shop(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    int64_t shop = 0;
    (void)ctx;
    if (fz_call_read_shop(call, &shop) && fz_call_read_query(call, NULL, NULL)) {
        fz_read_shop(call->api->reader, call->caller.community, shop, FZ_USUAL_PAYMENTS, on_shop,
                     call);
    }
}
