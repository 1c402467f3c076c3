/*
 * Room switch/api. GET /v1/balance and /v1/history: the caller's own account.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

static int64_t account_of(const struct fz_caller *caller)
{
    return fz_account_number(fz_caller_is_shop(caller) ? FZ_ACCOUNT_MERCHANT : FZ_ACCOUNT_WALLET,
                             caller->party);
}

static fz_rc of_account(fz_rc rc)
{
    return rc == FZ_NOT_FOUND ? FZ_ACCOUNT_NOT_FOUND : rc;
}

static void on_balance(void *ctx, fz_rc rc, const struct fz_balance_row *balance)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, of_account(rc), NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_view_balance(&out, balance);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_balance(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    (void)ctx;
    if (fz_call_read_query(call, NULL, NULL)) {
        fz_read_balance(call->api->reader, call->caller.community, account_of(&call->caller),
                        on_balance, call);
    }
}

struct history_query {
    int64_t before;
    int64_t limit;
};

static const struct fz_query_field history_fields[] = {
    {"before", 1, INT64_MAX, offsetof(struct history_query, before)},
    {"limit", 1, FZ_PAGE_MAX, offsetof(struct history_query, limit)},
};
static const struct fz_query_table history_table = FZ_QUERY_TABLE(history_fields);

static void on_history(void *ctx, fz_rc rc, const struct fz_history_row *rows, unsigned len)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc == FZ_BAD_QUERY) {
        fz_call_fail_at(call, rc, "before is no transfer of this account", "field", "before");
        return;
    }
    if (rc != FZ_OK) {
        fz_call_fail(call, of_account(rc), NULL, NULL);
        return;
    }
    fz_json_out_init(&out);
    fz_view_history(&out, &call->caller, rows, len, call->page);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_history(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct history_query query = {.limit = FZ_PAGE_DEFAULT};
    (void)ctx;
    if (fz_call_read_query(call, &history_table, &query)) {
        call->page = (unsigned)query.limit;
        struct fz_history_page page = {
            .account = account_of(&call->caller), .before = query.before, .limit = call->page};
        fz_read_history(call->api->reader, call->caller.community, &page, on_history, call);
    }
}
