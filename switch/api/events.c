/*
 * Room switch/api. GET /v1/intents/{id}/events: what happened to an intent after event N;
 * GET /v1/events: what moved the caller's account after transfer N. Now, or as soon as something
 * does.
 */
#include <stddef.h>

#include "feezero/limits.h"
#include "switch/api/endpoints.h"
#include "switch/api/intents.h"
#include "switch/api/poll.h"
#include "switch/api/state.h"
#include "switch/api/views.h"

struct events_query {
    int64_t after;
    int64_t wait;
    int64_t limit;
};

/* --- of an intent ----------------------------------------------------------------------------- */

static const struct fz_query_field intent_fields[] = {
    {"after", 0, INT64_MAX, offsetof(struct events_query, after), NULL},
    {"wait", 0, FZ_LONGPOLL_MAX_S, offsetof(struct events_query, wait), NULL},
};
static const struct fz_query_table intent_table = FZ_QUERY_TABLE(intent_fields);

static void reply_events(struct fz_poll *poll, const struct fz_event_row *rows, unsigned len)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_events(&out, rows, len, poll->after);
    fz_call_reply(poll->call, 200, &out);
}

static void no_events(struct fz_poll *poll)
{
    reply_events(poll, NULL, 0);
}

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    struct fz_poll *poll = ctx;
    if (rc != FZ_OK) {
        fz_call_fail(poll->call, rc, NULL, NULL);
    } else if (fz_poll_is_over(poll, len > 0)) {
        reply_events(poll, rows, len);
    }
}

static void look_for_events(struct fz_poll *poll)
{
    struct fz_call *call = poll->call;
    fz_read_intent_events(call->api->reader, call->caller.community, &poll->waiter.intent,
                          poll->after, on_events, poll);
}

static void begin(struct fz_call *call, const struct fz_intent_row *intent)
{
    struct fz_poll *poll = call->poll;
    if (!fz_view_owns_intent(&call->caller, intent)) {
        fz_call_fail(call, FZ_NOT_YOURS, NULL, NULL);
        return;
    }
    poll->expires_us = intent->state == FZ_STATE_CREATED ? intent->expires_us : 0;
    poll->expires = intent->id;
    poll->waiter.intent = intent->id;
    fz_poll_start(poll);
}

void fz_api_get_intent_events(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct events_query query = {.after = 0};
    struct fz_id id;
    (void)ctx;
    if (!fz_call_read_id(call, &id) || !fz_call_read_query(call, &intent_table, &query)) {
        return;
    }
    struct fz_poll *poll = fz_poll_create(call, query.wait);
    if (poll != NULL) {
        poll->after = query.after;
        poll->look = look_for_events;
        poll->give_up = no_events;
        fz_api_find_intent(call, &id, begin);
    }
}

/* --- of an account ---------------------------------------------------------------------------- */

static const struct fz_query_field money_fields[] = {
    {"after", 0, INT64_MAX, offsetof(struct events_query, after), NULL},
    {"limit", 1, FZ_PAGE_MAX, offsetof(struct events_query, limit), NULL},
    {"wait", 0, FZ_LONGPOLL_MAX_S, offsetof(struct events_query, wait), NULL},
};
static const struct fz_query_table money_table = FZ_QUERY_TABLE(money_fields);

static void reply_money(struct fz_poll *poll, const struct fz_money_row *rows, unsigned len)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_view_money(&out, &poll->call->caller, rows, len, poll->after);
    fz_call_reply(poll->call, 200, &out);
}

static void no_money(struct fz_poll *poll)
{
    reply_money(poll, NULL, 0);
}

static void on_money(void *ctx, fz_rc rc, const struct fz_money_row *rows, unsigned len)
{
    struct fz_poll *poll = ctx;
    if (rc == FZ_BAD_QUERY) {
        fz_call_fail_at(poll->call, rc, "after is no transfer of this ledger", "field", "after");
    } else if (rc != FZ_OK) {
        fz_call_fail(poll->call, rc == FZ_NOT_FOUND ? FZ_ACCOUNT_NOT_FOUND : rc, NULL, NULL);
    } else if (fz_poll_is_over(poll, len > 0)) {
        reply_money(poll, rows, len);
    }
}

static void look_for_money(struct fz_poll *poll)
{
    struct fz_call *call = poll->call;
    struct fz_money_page page = {
        .account = poll->waiter.account, .after = poll->after, .limit = poll->limit};
    fz_read_money(call->api->reader, call->caller.community, &page, on_money, poll);
}

void fz_api_get_events(struct fz_request *request, void *ctx)
{
    struct fz_call *call = fz_call_of(request);
    struct events_query query = {.limit = FZ_PAGE_DEFAULT};
    (void)ctx;
    if (!fz_call_read_query(call, &money_table, &query)) {
        return;
    }
    struct fz_poll *poll = fz_poll_create(call, query.wait);
    if (poll != NULL) {
        poll->after = query.after;
        poll->limit = (unsigned)query.limit;
        poll->look = look_for_money;
        poll->give_up = no_money;
        poll->waiter.account = fz_caller_account(&call->caller);
        fz_poll_start(poll);
    }
}
