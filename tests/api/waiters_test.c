/*
 * Waking: who waits for an intent wakes when something happened to it, here or on another worker,
 * and nobody else does. The store's reader is replaced by one that answers when the test says so.
 */
#include "switch/api/waiters.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

#define TOWN 1

/* --- the reader ------------------------------------------------------------------------------- */

static struct {
    unsigned reads;
    int32_t community;
    int64_t after;
    fz_events_done done;
    void *ctx;
} asked;

void fz_read_community_events(
    struct fz_reader *reader, int32_t community, int64_t after, fz_events_done done, void *ctx)
{
    (void)reader;
    cr_assert_null(asked.done, "two reads at once");
    asked.reads++;
    asked.community = community;
    asked.after = after;
    asked.done = done;
    asked.ctx = ctx;
}

static struct {
    unsigned reads;
    int64_t after;
    fz_moves_done done;
    void *ctx;
} moved;

void fz_read_community_moves(
    struct fz_reader *reader, int32_t community, int64_t after, fz_moves_done done, void *ctx)
{
    (void)reader;
    cr_assert_eq(community, TOWN);
    cr_assert_null(moved.done, "two reads at once");
    moved.reads++;
    moved.after = after;
    moved.done = done;
    moved.ctx = ctx;
}

static void answer_moves(fz_rc rc, const struct fz_move_row *rows, unsigned len)
{
    fz_moves_done done = moved.done;
    cr_assert_not_null(done);
    moved.done = NULL;
    done(moved.ctx, rc, rows, len);
}

static void answer(fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    fz_events_done done = asked.done;
    cr_assert_not_null(done);
    asked.done = NULL;
    done(asked.ctx, rc, rows, len);
}

/* --- who waits -------------------------------------------------------------------------------- */

struct sleeper {
    struct fz_waiter waiter;
    unsigned woken;
};

static void wake(struct fz_waiter *waiter)
{
    ((struct sleeper *)waiter)->woken++;
}

static struct fz_id id_of(uint8_t number)
{
    return (struct fz_id){.bytes = {number, 1}};
}

static void add(struct fz_waiters *waiters, struct sleeper *sleeper, int32_t town, uint8_t number)
{
    *sleeper = (struct sleeper){.waiter = {.intent = id_of(number), .wake = wake}};
    cr_assert_eq(fz_waiters_add(waiters, town, &sleeper->waiter), FZ_OK);
}

static struct fz_waiters *create(void)
{
    struct fz_waiters *waiters = NULL;
    cr_assert_eq(fz_waiters_create(&waiters, NULL), FZ_OK);
    return waiters;
}

Test(waiters, only_those_of_the_intent_and_town_wake)
{
    struct fz_waiters *waiters = create();
    struct sleeper a, twin, b, elsewhere;
    const struct fz_id ids[] = {id_of(1), id_of(9)};
    add(waiters, &a, TOWN, 1);
    add(waiters, &twin, TOWN, 1);
    add(waiters, &b, TOWN, 2);
    add(waiters, &elsewhere, TOWN + 1, 1);
    fz_waiters_wake(waiters, TOWN, ids, 2);
    cr_expect_eq(a.woken, 1);
    cr_expect_eq(twin.woken, 1);
    cr_expect_eq(b.woken, 0);
    cr_expect_eq(elsewhere.woken, 0);
    fz_waiters_remove(&a.waiter);
    fz_waiters_remove(&a.waiter);
    fz_waiters_wake(waiters, TOWN, ids, 2);
    cr_expect_eq(a.woken, 1, "it no longer waits");
    cr_expect_eq(twin.woken, 2);
    fz_waiters_remove(&twin.waiter);
    fz_waiters_remove(&b.waiter);
    fz_waiters_remove(&elsewhere.waiter);
    fz_waiters_destroy(&waiters);
    FZ_EXPECT_NO_LEAK();
}

Test(waiters, a_first_hint_wakes_the_whole_town)
{
    struct fz_waiters *waiters = create();
    struct sleeper a, elsewhere;
    add(waiters, &a, TOWN, 1);
    add(waiters, &elsewhere, TOWN + 1, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 100, 0);
    cr_expect_eq(asked.reads, 0, "it is not known where to begin");
    cr_expect_eq(a.woken, 1);
    cr_expect_eq(elsewhere.woken, 0);
    fz_waiters_remove(&a.waiter);
    fz_waiters_remove(&elsewhere.waiter);
    fz_waiters_destroy(&waiters);
}

Test(waiters, a_later_hint_reads_once_and_wakes_whom_it_concerns)
{
    struct fz_waiters *waiters = create();
    struct sleeper a, b;
    const struct fz_event_row rows[] = {{.event = 101, .intent = id_of(2)},
                                        {.event = 102, .intent = id_of(7)}};
    const struct fz_event_row more[] = {{.event = 104, .intent = id_of(1)}};
    add(waiters, &a, TOWN, 1);
    add(waiters, &b, TOWN, 2);
    fz_waiters_hint(waiters, NULL, TOWN, 100, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 102, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 103, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 104, 0);
    cr_assert_eq(asked.reads, 1, "hints that come while it reads are taken together");
    cr_expect_eq(asked.after, 100);
    cr_expect_eq(asked.community, TOWN);
    answer(FZ_OK, rows, 2);
    cr_expect_eq(a.woken, 1);
    cr_expect_eq(b.woken, 2);
    cr_assert_eq(asked.reads, 2, "and read on afterwards");
    cr_expect_eq(asked.after, 102);
    answer(FZ_OK, more, 1);
    cr_expect_eq(a.woken, 2);
    fz_waiters_hint(waiters, NULL, TOWN, 103, 0);
    cr_expect_eq(asked.reads, 2, "an old hint says nothing new");
    fz_waiters_remove(&a.waiter);
    fz_waiters_remove(&b.waiter);
    fz_waiters_destroy(&waiters);
}

Test(waiters, where_nobody_waits_nothing_is_read)
{
    struct fz_waiters *waiters = create();
    struct sleeper a;
    fz_waiters_hint(waiters, NULL, TOWN, 5, 0);
    add(waiters, &a, TOWN, 1);
    fz_waiters_remove(&a.waiter);
    fz_waiters_hint(waiters, NULL, TOWN, 6, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 7, 0);
    cr_expect_eq(asked.reads, 0);
    add(waiters, &a, TOWN, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 8, 0);
    cr_assert_eq(asked.reads, 1);
    cr_expect_eq(asked.after, 7, "what was hinted before was nobody's business");
    answer(FZ_OK, NULL, 0);
    fz_waiters_remove(&a.waiter);
    fz_waiters_destroy(&waiters);
}

Test(waiters, when_the_read_fails_all_look_for_themselves)
{
    struct fz_waiters *waiters = create();
    struct sleeper a;
    add(waiters, &a, TOWN, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 100, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 101, 0);
    answer(FZ_UNAVAILABLE, NULL, 0);
    cr_expect_eq(a.woken, 2);
    fz_waiters_hint(waiters, NULL, TOWN, 102, 0);
    cr_expect_eq(asked.reads, 1);
    cr_expect_eq(a.woken, 3, "the place is lost, so the next hint wakes all again");
    fz_waiters_remove(&a.waiter);
    fz_waiters_destroy(&waiters);
}

/* A hint for events that a page does not reach yet, as when 300 events came at once. */
Test(waiters, an_empty_page_ends_the_reading)
{
    struct fz_waiters *waiters = create();
    struct sleeper a;
    add(waiters, &a, TOWN, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 100, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 101, 0);
    answer(FZ_OK, NULL, 0);
    cr_expect_eq(asked.reads, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 102, 0);
    cr_assert_eq(asked.reads, 2);
    cr_expect_eq(asked.after, 100, "nothing is skipped");
    answer(FZ_OK, NULL, 0);
    fz_waiters_remove(&a.waiter);
    fz_waiters_destroy(&waiters);
}

/* --- for money -------------------------------------------------------------------------------- */

static void add_account(struct fz_waiters *waiters, struct sleeper *sleeper, int64_t account)
{
    *sleeper = (struct sleeper){.waiter = {.account = account, .wake = wake}};
    cr_assert_eq(fz_waiters_add(waiters, TOWN, &sleeper->waiter), FZ_OK);
}

Test(waiters, transfers_wake_whose_account_they_moved)
{
    struct fz_waiters *waiters = create();
    struct sleeper payer, shop, other, sale;
    const struct fz_move_row rows[] = {{.number = 101, .debit = 7, .credit = 9},
                                       {.number = 102, .debit = 5, .credit = 8}};
    add_account(waiters, &payer, 5);
    add_account(waiters, &shop, 9);
    add_account(waiters, &other, 6);
    add(waiters, &sale, TOWN, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 100);
    cr_assert(payer.woken == 1 && shop.woken == 1 && other.woken == 1, "where to begin?");
    cr_expect_eq(sale.woken, 0, "no event came");
    fz_waiters_hint(waiters, NULL, TOWN, 0, 102);
    cr_assert_eq(moved.reads, 1);
    cr_expect_eq(moved.after, 100);
    answer_moves(FZ_OK, rows, 2);
    cr_expect(payer.woken == 2 && shop.woken == 2 && other.woken == 1);
    fz_waiters_remove(&payer.waiter);
    fz_waiters_remove(&shop.waiter);
    fz_waiters_remove(&other.waiter);
    fz_waiters_remove(&sale.waiter);
    fz_waiters_destroy(&waiters);
    FZ_EXPECT_NO_LEAK();
}

Test(waiters, transfers_are_read_once_in_a_tick)
{
    struct fz_waiters *waiters = create();
    struct sleeper shop;
    const struct fz_move_row rows[] = {{.number = 101, .debit = 7, .credit = 9}};
    add_account(waiters, &shop, 9);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 100);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 101);
    answer_moves(FZ_OK, rows, 1);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 105);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 106);
    cr_expect_eq(moved.reads, 1, "whatever comes");
    fz_waiters_tick(waiters);
    cr_assert_eq(moved.reads, 2, "and what came then");
    cr_expect_eq(moved.after, 101);
    fz_waiters_tick(waiters);
    cr_expect_eq(moved.reads, 2, "it has not ended");
    answer_moves(FZ_UNAVAILABLE, NULL, 0);
    cr_expect_eq(shop.woken, 3, "what was missed is unknown");
    fz_waiters_remove(&shop.waiter);
    fz_waiters_tick(waiters);
    fz_waiters_hint(waiters, NULL, TOWN, 0, 107);
    cr_expect_eq(moved.reads, 2, "nobody waits");
    fz_waiters_destroy(&waiters);
}

Test(waiters, where_one_waits_for_a_sale_no_transfers_are_read)
{
    struct fz_waiters *waiters = create();
    struct sleeper sale;
    add(waiters, &sale, TOWN, 1);
    for (int64_t number = 1; number < 9; number++) {
        fz_waiters_hint(waiters, NULL, TOWN, 0, number);
        fz_waiters_tick(waiters);
    }
    cr_expect_eq(moved.reads, 0);
    cr_expect_eq(sale.woken, 0);
    fz_waiters_remove(&sale.waiter);
    fz_waiters_destroy(&waiters);
}

/* A till read her code and wants more than she allowed: an event, and no money yet. */
Test(waiters, who_is_asked_wakes_by_the_event)
{
    struct fz_waiters *waiters = create();
    struct sleeper asked_one, other;
    const struct fz_event_row rows[] = {{.event = 101, .intent = id_of(9), .payer = 7}};
    add_account(waiters, &asked_one, 10000000007LL);
    add_account(waiters, &other, 10000000008LL);
    fz_waiters_hint(waiters, NULL, TOWN, 100, 0);
    fz_waiters_hint(waiters, NULL, TOWN, 101, 0);
    answer(FZ_OK, rows, 1);
    cr_expect_eq(asked_one.woken, 2);
    cr_expect_eq(other.woken, 1);
    fz_waiters_remove(&asked_one.waiter);
    fz_waiters_remove(&other.waiter);
    fz_waiters_destroy(&waiters);
    FZ_EXPECT_NO_LEAK();
}

Test(waiters, many_at_once)
{
    enum {
        MANY = 4096
    };
    static struct sleeper sleepers[MANY];
    struct fz_waiters *waiters = create();
    for (int i = 0; i < MANY; i++) {
        add(waiters, &sleepers[i], TOWN, (uint8_t)(i % 200));
    }
    const struct fz_id id = id_of(5);
    fz_waiters_wake(waiters, TOWN, &id, 1);
    for (int i = 0; i < MANY; i++) {
        cr_expect_eq(sleepers[i].woken, i % 200 == 5 ? 1 : 0);
    }
    for (int i = 0; i < MANY; i += 2) {
        fz_waiters_remove(&sleepers[i].waiter);
    }
    for (uint8_t i = 0; i < 200; i++) {
        const struct fz_id each = id_of(i);
        fz_waiters_wake(waiters, TOWN, &each, 1);
    }
    for (int i = 0; i < MANY; i++) {
        cr_expect_eq(sleepers[i].woken, (i % 200 == 5 ? 1 : 0) + (unsigned)(i % 2));
        fz_waiters_remove(&sleepers[i].waiter);
    }
    fz_waiters_destroy(&waiters);
    FZ_EXPECT_NO_LEAK();
}
