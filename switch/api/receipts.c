/*
 * Room switch/api. GET /v1/receipts/{id}: the receipt of a payment, for who paid and who was paid.
 */
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

static bool is_visible(const struct fz_caller *caller, const struct fz_receipt_row *receipt)
{
    return caller->party ==
           (fz_caller_is_shop(caller) ? receipt->payment.shop : receipt->payment.party);
}

static void on_receipt(void *ctx, fz_rc rc, const struct fz_receipt_row *receipt)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, rc, NULL, NULL);
    } else if (!is_visible(&call->caller, receipt)) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
    } else {
        fz_json_out_init(&out);
        fz_view_receipt(&out, receipt);
        fz_call_reply(call, 200, &out);
    }
}

void fz_api_get_receipt(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct fz_id id;
    (void)ctx;
    if (fz_call_read_id(call, &id) && fz_call_read_query(call, NULL, NULL)) {
        fz_read_receipt(call->api->reader, call->caller.community, &id, on_receipt, call);
    }
}
