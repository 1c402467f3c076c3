/*
 * The long-poll, step by step: what it does when it is woken while it looks, when its time or the
 * sale's is up, when its client goes. Store, engine, timer and clock are the test's.
 */
#include "switch/api/poll.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "switch/api/endpoints.h"
#include "switch/api/intents.h"
#include "switch/api/state.h"
#include "tests/support/leak.h"

#define NOW_US 1796083200000000

/* --- the surroundings ------------------------------------------------------------------------- */

struct fz_timer {
    void (*fired)(void *ctx);
    void *ctx;
};

static int64_t clock_us = NOW_US; /* wall and monotonic alike */
static int64_t wait_s;
static bool draining, gone;
static int timer_ms = -1; /* -1: not running */
static struct fz_timer *timer;
static struct {
    fz_events_done done;
    void *ctx;
    int64_t after;
} asked;
static struct {
    fz_moves_done done;
    void *ctx;
} moved;
static struct {
    fz_money_done done;
    void *ctx;
    struct fz_money_page page;
} money;
static void (*on_gone)(struct fz_request *request, void *ctx);
static void *on_gone_ctx;
static struct fz_call *submitted;
static char answer[1024];
static fz_rc failure;

static struct fz_request request;
static struct fz_api api;
static struct fz_intent_row intent = {
    .id = {.bytes = {1}}, .shop = 42, .state = FZ_STATE_CREATED, .expires_us = NOW_US + 120000000};

int64_t fz_api_wall_us(void)
{
    return clock_us;
}

int64_t fz_api_monotonic_us(void)
{
    return clock_us;
}

bool fz_server_is_draining(const struct fz_server *server)
{
    (void)server;
    return draining;
}

bool fz_request_is_gone(const struct fz_request *asking)
{
    (void)asking;
    return gone;
}

void fz_request_on_gone(struct fz_request *waiting,
                        void (*callback)(struct fz_request *request, void *ctx),
                        void *ctx)
{
    (void)waiting;
    cr_assert_null(on_gone, "asked twice");
    on_gone = callback;
    on_gone_ctx = ctx;
}

fz_rc fz_timer_create(struct event_base *base,
                      void (*fired)(void *ctx),
                      void *ctx,
                      struct fz_timer **timer_out,
                      struct fz_err *err)
{
    (void)base, (void)err;
    timer = malloc(sizeof(*timer));
    cr_assert_not_null(timer);
    *timer = (struct fz_timer){.fired = fired, .ctx = ctx};
    *timer_out = timer;
    return FZ_OK;
}

void fz_timer_start(struct fz_timer *started, int delay_ms)
{
    cr_assert_eq(started, timer);
    timer_ms = delay_ms;
}

void fz_timer_stop(struct fz_timer *stopped)
{
    cr_assert_eq(stopped, timer);
    timer_ms = -1;
}

void fz_timer_destroy(struct fz_timer **destroyed)
{
    free(*destroyed);
    *destroyed = NULL;
    timer = NULL;
    timer_ms = -1;
}

void fz_read_intent_events(struct fz_reader *reader,
                           int32_t community,
                           const struct fz_id *id,
                           int64_t after,
                           fz_events_done done,
                           void *ctx)
{
    (void)reader, (void)community, (void)id;
    cr_assert_null(asked.done, "it looks twice at once");
    asked.done = done;
    asked.ctx = ctx;
    asked.after = after;
}

void fz_read_community_events(
    struct fz_reader *reader, int32_t community, int64_t after, fz_events_done done, void *ctx)
{
    (void)reader, (void)community, (void)after, (void)done, (void)ctx;
    cr_assert_fail("hints are not this test's business");
}

void fz_read_community_moves(
    struct fz_reader *reader, int32_t community, int64_t after, fz_moves_done done, void *ctx)
{
    (void)reader, (void)community;
    cr_assert_eq(after, 100);
    moved.done = done;
    moved.ctx = ctx;
}

void fz_read_money(struct fz_reader *reader,
                   int32_t community,
                   const struct fz_money_page *page,
                   fz_money_done done,
                   void *ctx)
{
    (void)reader, (void)community;
    cr_assert_null(money.done, "it looks twice at once");
    money.done = done;
    money.ctx = ctx;
    money.page = *page;
}

struct fz_call *fz_call_of(const struct fz_request *of)
{
    return of->api;
}

bool fz_caller_is_shop(const struct fz_caller *caller)
{
    return caller->role == FZ_ROLE_TERMINAL;
}

int64_t fz_caller_account(const struct fz_caller *caller)
{
    return fz_account_number(FZ_ACCOUNT_MERCHANT, caller->party);
}

bool fz_call_read_id(struct fz_call *call, struct fz_id *id_out)
{
    (void)call;
    *id_out = intent.id;
    return true;
}

bool fz_call_read_query(struct fz_call *call, const struct fz_query_table *table, void *values)
{
    (void)call;
    for (size_t i = 0; i < table->len; i++) {
        const struct fz_query_field *field = &table->fields[i];
        if (strcmp(field->name, "after") == 0) {
            memcpy((char *)values + field->offset, &(int64_t){7}, sizeof(int64_t));
        } else if (strcmp(field->name, "wait") == 0) {
            memcpy((char *)values + field->offset, &wait_s, sizeof(int64_t));
        }
    }
    return true;
}

static void end(struct fz_call *call)
{
    cr_assert(answer[0] == '\0' && failure == FZ_OK, "answered twice");
    fz_poll_destroy(&call->poll);
}

void fz_call_reply(struct fz_call *call, int status, struct fz_json_out *out)
{
    end(call);
    cr_expect_eq(status, 200);
    (void)snprintf(answer, sizeof(answer), "%s", out->text);
    fz_json_out_fini(out);
}

void fz_call_fail(struct fz_call *call, fz_rc rc, const char *detail, const char *extra_members)
{
    (void)detail, (void)extra_members;
    end(call);
    failure = rc;
}

void fz_call_fail_at(
    struct fz_call *call, fz_rc rc, const char *detail, const char *member, const char *text)
{
    cr_expect_str_eq(member, "field");
    cr_expect_str_eq(text, "after");
    fz_call_fail(call, rc, detail, NULL);
}

void fz_call_submit(struct fz_call *call, void (*decided)(struct fz_call *call))
{
    call->decided = decided;
    submitted = call;
}

void fz_api_find_intent(struct fz_call *call,
                        const struct fz_id *id,
                        void (*found)(struct fz_call *call, const struct fz_intent_row *intent))
{
    (void)id;
    found(call, &intent);
}

/* --- the moves -------------------------------------------------------------------------------- */

static void begin_with(int64_t seconds, void (*handler)(struct fz_request *request, void *ctx))
{
    static struct fz_call call;
    wait_s = seconds;
    call = (struct fz_call){.api = &api,
                            .request = &request,
                            .caller = {.party = 42, .community = 1, .role = FZ_ROLE_TERMINAL}};
    request.api = &call;
    cr_assert_eq(fz_waiters_create(&api.waiters, NULL), FZ_OK);
    handler(&request, &api);
}

static void begin(int64_t seconds)
{
    begin_with(seconds, fz_api_get_intent_events);
}

static void finish(void)
{
    fz_waiters_destroy(&api.waiters); /* asserts that nobody waits any more */
    cr_expect_null(timer);
    FZ_EXPECT_NO_LEAK();
}

static void find(fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    fz_events_done done = asked.done;
    cr_assert_not_null(done, "it does not look");
    asked.done = NULL;
    done(asked.ctx, rc, rows, len);
}

static void find_nothing(void)
{
    find(FZ_OK, NULL, 0);
}

static void find_one(void)
{
    const struct fz_event_row row = {.event = 9, .amount = 5, .type = 2, .state = FZ_STATE_CREATED};
    find(FZ_OK, &row, 1);
}

static void wake(void)
{
    fz_waiters_wake(api.waiters, 1, &intent.id, 1);
}

static void fire(int64_t after_s)
{
    cr_assert_geq(timer_ms, 0, "no timer runs");
    clock_us += after_s * 1000000;
    timer_ms = -1;
    timer->fired(timer->ctx);
}

static void expect_nothing_new(void)
{
    cr_expect_str_eq(answer, "{\"events\":[],\"next\":7}");
}

/* Ends a poll that waits, and the test with it. */
static void finish_waiting(void)
{
    struct fz_call *call = request.api;
    fz_poll_end_wait(call->poll);
    expect_nothing_new();
    finish();
}

static void expect_the_event(void)
{
    cr_expect(strstr(answer, "\"next\":9}") != NULL, "%s", answer);
}

Test(events, what_is_there_is_answered_at_once)
{
    begin(30);
    cr_expect_eq(asked.after, 7);
    find_one();
    expect_the_event();
    finish();
}

Test(events, who_does_not_wait_is_answered_at_once)
{
    begin(0);
    find_nothing();
    expect_nothing_new();
    finish();
}

Test(events, a_wake_makes_it_look_again)
{
    begin(30);
    find_nothing();
    cr_expect_eq(timer_ms, 30000);
    wake();
    cr_expect_eq(timer_ms, -1, "the timer rests while it looks");
    find_one();
    expect_the_event();
    finish();
}

Test(events, a_wake_while_it_looks_is_not_lost)
{
    begin(30);
    wake();
    find_nothing();
    cr_expect_eq(timer_ms, -1, "it looks again instead of waiting");
    find_one();
    expect_the_event();
    finish();
}

Test(events, a_wake_for_nothing_makes_it_wait_on)
{
    begin(30);
    find_nothing();
    clock_us += 10 * 1000000;
    wake();
    find_nothing();
    cr_expect_eq(timer_ms, 20000, "for the rest of its time");
    fire(20);
    find_nothing();
    expect_nothing_new();
    finish();
}

Test(events, it_looks_once_more_when_its_time_is_up)
{
    begin(5);
    find_nothing();
    fire(5);
    find_one();
    expect_the_event();
    finish();
}

Test(events, a_sale_whose_time_is_up_is_expired_in_the_ledger)
{
    intent.expires_us = NOW_US + 3000000;
    begin(30);
    find_nothing();
    cr_expect_eq(timer_ms, 3000, "the sale's end comes first");
    fire(3);
    cr_assert_not_null(submitted);
    cr_expect_eq(submitted->job.command.type, FZ_COMMAND_EXPIRE);
    cr_expect(fz_id_equal(&submitted->job.command.ref, &intent.id));
    wake(); /* by the batch that expired it, before it is told itself */
    cr_expect_null(asked.done);
    submitted->decided(submitted);
    find_one();
    expect_the_event();
    finish();
}

Test(events, it_asks_for_the_expiry_once)
{
    intent.expires_us = NOW_US + 3000000;
    begin(30);
    find_nothing();
    fire(3);
    submitted->decided(submitted);
    find_nothing(); /* the ledger saw it otherwise */
    cr_expect_eq(timer_ms, 27000);
    finish_waiting();
}

Test(events, a_sale_that_is_over_has_no_end_to_wait_for)
{
    intent.state = FZ_STATE_COMPLETED;
    intent.expires_us = NOW_US - 1;
    begin(30);
    find_nothing();
    cr_expect_eq(timer_ms, 30000);
    finish_waiting();
}

Test(events, who_hangs_up_while_it_waits_is_forgotten)
{
    begin(30);
    find_nothing();
    gone = true;
    on_gone(&request, on_gone_ctx);
    expect_nothing_new();
    finish();
}

Test(events, who_hangs_up_while_it_looks_is_forgotten_then)
{
    begin(30);
    find_nothing();
    wake();
    gone = true;
    on_gone(&request, on_gone_ctx);
    cr_expect_str_eq(answer, "");
    find_nothing();
    expect_nothing_new();
    finish();
}

Test(events, a_stop_ends_the_wait)
{
    begin(30);
    find_nothing();
    finish_waiting();
}

Test(events, in_a_stop_nobody_begins_to_wait)
{
    begin(30);
    struct fz_call *call = request.api;
    fz_poll_end_wait(call->poll);
    cr_expect_str_eq(answer, "", "it is busy");
    draining = true;
    find_nothing();
    expect_nothing_new();
    finish();
}

Test(events, a_wake_after_the_stop_asks_nothing_of_the_reader)
{
    begin(30);
    find_nothing();
    api.is_stopping = true;
    wake();
    cr_expect_null(asked.done);
    finish_waiting();
}

Test(events, a_reader_that_fails_ends_it)
{
    begin(30);
    find(FZ_UNAVAILABLE, NULL, 0);
    cr_expect_eq(failure, FZ_UNAVAILABLE);
    finish();
}

Test(events, the_sale_of_another_shop_is_not_watched)
{
    intent.shop = 43;
    begin(30);
    cr_expect_eq(failure, FZ_NOT_YOURS);
    cr_expect_null(asked.done);
    finish();
}

/* --- of an account ---------------------------------------------------------------------------- */

static void begin_money(int64_t seconds)
{
    begin_with(seconds, fz_api_get_events);
    cr_assert_eq(money.page.account, 11000000042LL);
    cr_assert_eq(money.page.after, 7);
    cr_assert_eq(money.page.limit, FZ_PAGE_DEFAULT);
}

static void find_money(fz_rc rc, const struct fz_money_row *rows, unsigned len)
{
    fz_money_done done = money.done;
    cr_assert_not_null(done, "it does not look");
    money.done = NULL;
    done(money.ctx, rc, rows, len);
}

static const struct fz_money_row paid = {.move = {.number = 102,
                                                  .amount = 480,
                                                  .kind = FZ_KIND_PAYMENT,
                                                  .credit = true,
                                                  .counterparty = 10000000005LL,
                                                  .counterparty_name = "secret",
                                                  .note = "",
                                                  .operation = {.bytes = {2}},
                                                  .intent = {.bytes = {1}},
                                                  .time_us = NOW_US},
                                         .terminal = 3};

Test(events, what_moved_the_account_is_answered_at_once)
{
    begin_money(30);
    find_money(FZ_OK, &paid, 1);
    cr_expect_str_eq(answer, "{\"events\":[{\"amount\":480,\"at\":\"2026-12-01T00:00:00.000Z\","
                             "\"direction\":\"in\","
                             "\"intent_id\":\"01000000-0000-0000-0000-000000000000\","
                             "\"operation_id\":\"02000000-0000-0000-0000-000000000000\","
                             "\"seq\":102,\"terminal\":\"T003\","
                             "\"type\":\"payment.completed\"}],\"next\":102}");
    finish();
}

/* Hints of a journal that grew: the first wakes everybody, a later one whom it concerns. */
Test(events, who_waits_for_money_wakes_when_it_moves)
{
    const struct fz_move_row moves[] = {{.number = 101, .debit = 1, .credit = 11000000043LL},
                                        {.number = 102, .debit = 2, .credit = 11000000042LL}};
    begin_money(30);
    find_money(FZ_OK, NULL, 0);
    fz_waiters_hint(api.waiters, NULL, 1, 0, 100);
    find_money(FZ_OK, NULL, 0);
    fz_waiters_hint(api.waiters, NULL, 1, 0, 102);
    cr_assert_not_null(moved.done);
    moved.done(moved.ctx, FZ_OK, moves, 1);
    cr_expect_null(money.done, "that was another shop's");
    moved.done(moved.ctx, FZ_OK, &moves[1], 1);
    find_money(FZ_OK, &paid, 1);
    cr_expect(strstr(answer, "\"next\":102}") != NULL, "%s", answer);
    finish();
}

Test(events, nothing_moved_while_it_waited)
{
    begin_money(5);
    find_money(FZ_OK, NULL, 0);
    cr_expect_eq(timer_ms, 5000);
    fire(5);
    find_money(FZ_OK, NULL, 0);
    expect_nothing_new();
    finish();
}

Test(events, a_cursor_that_is_no_transfer)
{
    begin_money(30);
    find_money(FZ_BAD_QUERY, NULL, 0);
    cr_expect_eq(failure, FZ_BAD_QUERY);
    finish();
}

Test(events, an_account_that_is_gone)
{
    begin_money(30);
    find_money(FZ_NOT_FOUND, NULL, 0);
    cr_expect_eq(failure, FZ_ACCOUNT_NOT_FOUND);
    finish();
}

Test(events, a_stop_ends_the_wait_for_money)
{
    begin_money(30);
    find_money(FZ_OK, NULL, 0);
    struct fz_call *call = request.api;
    fz_poll_end_wait(call->poll);
    expect_nothing_new();
    finish();
}
