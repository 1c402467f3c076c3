/*
 * Room switch/api. GET /v1/balance, /v1/history and /v1/statement: the caller's own account, now
 * and at any time before. Times are shown in milliseconds, so what is asked for is cut to them:
 * what was booked in a millisecond is in it, or not, as a whole.
 */
#include <stddef.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "ledger/core/heads.h"
#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/api/text.h"
#include "switch/api/views.h"

static fz_rc of_account(fz_rc rc)
{
    return rc == FZ_NOT_FOUND ? FZ_ACCOUNT_NOT_FOUND : rc;
}

/* --- query parameters ------------------------------------------------------------------------- */

#define ABSENT (-1)
#define MILLISECOND_US 1000

static bool read_time(const char *text, size_t len, int64_t *time_us_out)
{
    if (!fz_time_parse(text, len, time_us_out)) {
        return false;
    }
    *time_us_out -= *time_us_out % MILLISECOND_US;
    return true;
}

static bool read_direction(const char *text, size_t len, int64_t *side_out)
{
    (void)len;
    *side_out = strcmp(text, "in") == 0 ? FZ_HISTORY_CREDITS : FZ_HISTORY_DEBITS;
    return *side_out == FZ_HISTORY_CREDITS || strcmp(text, "out") == 0;
}

/* The kind with this name, NULL if there is none. */
static const struct fz_kind_info *find_kind(const char *name, size_t len)
{
    const struct fz_kind_info *info;
    for (unsigned i = 0; (info = fz_kind_at(i)) != NULL; i++) {
        if (strlen(info->slug) == len && memcmp(info->slug, name, len) == 0) {
            return info;
        }
    }
    return NULL;
}

/* "payment,refund" as a set of fz_kind_bit(). */
static bool read_kinds(const char *text, size_t len, int64_t *kinds_out)
{
    uint64_t kinds = 0;
    const char *end = text + len;
    while (text <= end) {
        size_t word = strcspn(text, ",");
        const struct fz_kind_info *info = find_kind(text, word);
        if (info == NULL || (kinds & fz_kind_bit(info->kind)) != 0) {
            return false;
        }
        kinds |= fz_kind_bit(info->kind);
        text += word + 1;
    }
    *kinds_out = (int64_t)kinds;
    return true;
}

/* --- balance ---------------------------------------------------------------------------------- */

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

struct balance_query {
    int64_t at_us;
};

static const struct fz_query_field balance_fields[] = {
    {"at", 0, INT64_MAX, offsetof(struct balance_query, at_us), read_time},
};
static const struct fz_query_table balance_table = FZ_QUERY_TABLE(balance_fields);

static void on_past_balance(void *ctx, fz_rc rc, const struct fz_past_row *rows, unsigned len)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, of_account(rc), NULL, NULL);
        return;
    }
    (void)len;
    fz_json_out_init(&out);
    fz_view_past_balance(&out, &rows[0], call->at_us);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_balance(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct balance_query query = {.at_us = ABSENT};
    (void)ctx;
    if (!fz_call_read_query(call, &balance_table, &query)) {
        return;
    }
    if (query.at_us == ABSENT) {
        fz_read_balance(call->api->reader, call->caller.community, fz_caller_account(&call->caller),
                        on_balance, call);
        return;
    }
    struct fz_past_query past = {.account = fz_caller_account(&call->caller),
                                 .moments_us = {query.at_us + MILLISECOND_US},
                                 .len = 1};
    call->at_us = query.at_us;
    fz_read_past(call->api->reader, call->caller.community, &past, on_past_balance, call);
}

/* --- history ---------------------------------------------------------------------------------- */

struct history_query {
    int64_t before;
    int64_t limit;
    int64_t kinds;
    int64_t side; /* enum fz_history_side */
    int64_t from_us;
    int64_t to_us;
};

static const struct fz_query_field history_fields[] = {
    {"before", 1, INT64_MAX, offsetof(struct history_query, before), NULL},
    {"direction", 0, INT64_MAX, offsetof(struct history_query, side), read_direction},
    {"from", 0, INT64_MAX, offsetof(struct history_query, from_us), read_time},
    {"kind", 0, INT64_MAX, offsetof(struct history_query, kinds), read_kinds},
    {"limit", 1, FZ_PAGE_MAX, offsetof(struct history_query, limit), NULL},
    {"to", 0, INT64_MAX, offsetof(struct history_query, to_us), read_time},
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

/* Whether all kinds of a set can be in an account of this class. */
static bool can_have(int64_t account, uint64_t kinds)
{
    int class = fz_account_number_class(account);
    const struct fz_kind_info *info;
    for (unsigned i = 0; (info = fz_kind_at(i)) != NULL; i++) {
        if ((kinds & fz_kind_bit(info->kind)) != 0 &&
            !fz_kind_touches(info->kind, class, FZ_SIDE_DEBIT) &&
            !fz_kind_touches(info->kind, class, FZ_SIDE_CREDIT)) {
            return false;
        }
    }
    return true;
}

static bool check_times(struct fz_call *call, int64_t from_us, int64_t to_us)
{
    if (to_us != ABSENT && to_us < from_us) {
        fz_call_fail_at(call, FZ_BAD_QUERY, "to is before from", "field", "to");
        return false;
    }
    return true;
}

void fz_api_get_history(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct history_query query = {.limit = FZ_PAGE_DEFAULT, .to_us = ABSENT};
    (void)ctx;
    if (!fz_call_read_query(call, &history_table, &query) ||
        !check_times(call, query.from_us, query.to_us)) {
        return;
    }
    int64_t account = fz_caller_account(&call->caller);
    if (!can_have(account, (uint64_t)query.kinds)) {
        fz_call_fail_at(call, FZ_BAD_QUERY, "this account has no movements of that kind", "field",
                        "kind");
        return;
    }
    call->page = (unsigned)query.limit;
    struct fz_history_page page = {.account = account,
                                   .before = query.before,
                                   .from_us = query.from_us,
                                   .kinds = (uint64_t)query.kinds,
                                   .side = (enum fz_history_side)query.side,
                                   .limit = call->page};
    if (query.to_us != ABSENT) {
        page.until_us = query.to_us > 0 ? query.to_us : 1; /* nothing is that old */
    }
    fz_read_history(call->api->reader, call->caller.community, &page, on_history, call);
}

/* --- statement -------------------------------------------------------------------------------- */

struct statement_query {
    int64_t from_us;
    int64_t to_us;
};

static const struct fz_query_field statement_fields[] = {
    {"from", 0, INT64_MAX, offsetof(struct statement_query, from_us), read_time},
    {"to", 0, INT64_MAX, offsetof(struct statement_query, to_us), read_time},
};
static const struct fz_query_table statement_table = FZ_QUERY_TABLE(statement_fields);

static void on_statement(void *ctx, fz_rc rc, const struct fz_past_row *rows, unsigned len)
{
    struct fz_call *call = ctx;
    struct fz_json_out out;
    if (rc != FZ_OK) {
        fz_call_fail(call, of_account(rc), NULL, NULL);
        return;
    }
    fz_assert(len == 2);
    fz_json_out_init(&out);
    fz_view_statement(&out, &rows[0], &rows[1]);
    fz_call_reply(call, 200, &out);
}

void fz_api_get_statement(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct statement_query query = {.to_us = ABSENT};
    (void)ctx;
    if (fz_call_read_query(call, &statement_table, &query) &&
        check_times(call, query.from_us, query.to_us)) {
        struct fz_past_query past = {
            .account = fz_caller_account(&call->caller),
            .moments_us = {query.from_us, query.to_us == ABSENT ? INT64_MAX : query.to_us},
            .len = 2};
        fz_read_past(call->api->reader, call->caller.community, &past, on_statement, call);
    }
}
