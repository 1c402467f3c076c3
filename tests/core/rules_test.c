/*
 * The rules of the ledger, one line per event: who does what, and the answer. A scenario is a
 * table; an accountant can read it. Residents are 1 and 2, shops 10 and 11; times are seconds from
 * noon.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/core/book.h"
#include "tests/core/memory_store.h"
#include "tests/support/leak.h"

#define NOON_US 1796094000000000LL /* 2026-12-01 12:00 in Japan */

struct line {
    int at_s; /* when */
    enum fz_command_type type;
    int id;      /* operation id */
    int ref;     /* intent or payout */
    int64_t who; /* resident or shop that asks */
    int64_t amount;
    int64_t other; /* payee, shop paid, tax, transfer corrected */
    fz_rc want;
    int64_t want_value;
};

static struct fz_id id_of(int number)
{
    struct fz_id id = {{0}};
    id.bytes[0] = number == 0 ? 0 : 1;
    id.bytes[15] = (uint8_t)number;
    return id;
}

static struct memory_store *town(void)
{
    static const int64_t accounts[] = {1000000000,  2000000000,  12000000000, 13000000000,
                                       20000000000, 10000000001, 10000000002, 11000000010,
                                       11000000011, 3000000010,  3000000011};
    struct memory_store *store = memory_store_create();
    for (unsigned i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        memory_store_open(store, accounts[i]);
    }
    return store;
}

static struct fz_command command_of(const struct line *line)
{
    struct fz_command c = {.type = line->type,
                           .id = id_of(line->id),
                           .ref = id_of(line->ref),
                           .actor = line->who,
                           .amount = line->amount};
    bool by_shop = line->who >= 10;
    c.shop = by_shop ? line->who : 0;
    c.party = by_shop ? 0 : line->who;
    if (line->type == FZ_COMMAND_PAY) {
        c.shop = line->other;
    } else if (line->type == FZ_COMMAND_P2P) {
        c.payee = line->other;
    } else if (line->type == FZ_COMMAND_BILL) {
        c.tax = line->other;
    } else if (line->type == FZ_COMMAND_CORRECT) {
        c.corrects = line->other;
        c.party = 0;
    } else if (line->type == FZ_COMMAND_INTENT) {
        c.ttl_s = 120;
        c.terminal = 1;
    }
    return c;
}

static void play(struct memory_store *store, const struct line *lines, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        struct fz_command c = command_of(&lines[i]);
        fz_rc got = memory_store_run(store, &c, NOON_US + lines[i].at_s * 1000000LL);
        cr_expect_eq(got, lines[i].want, "line %u: %s, wanted %s", i, fz_rc_info(got)->name,
                     fz_rc_info(lines[i].want)->name);
        if (lines[i].want_value != 0) {
            cr_expect_eq(c.result.value, lines[i].want_value, "line %u: value %lld", i,
                         (long long)c.result.value);
        }
    }
    memory_store_check(store);
}

#define PLAY(store, lines) play((store), (lines), sizeof(lines) / sizeof((lines)[0]))

static void expect_balance(struct memory_store *store, int64_t account, int64_t want)
{
    int64_t got = fz_account_balance(memory_store_account(store, account));
    cr_expect_eq(got, want, "account %lld has %lld", (long long)account, (long long)got);
}

static void end_town(struct memory_store *store)
{
    memory_store_destroy(store);
    FZ_EXPECT_NO_LEAK();
}

Test(rules, a_payment_from_top_up_to_bank)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 10000, 0, FZ_OK, 0},
        {1, FZ_COMMAND_INTENT, 2, 0, 10, 1480, 0, FZ_OK, 0},
        {2, FZ_COMMAND_PAY, 3, 2, 1, 1480, 10, FZ_OK, 0},
        {3, FZ_COMMAND_PAY, 3, 2, 1, 1480, 10, FZ_OK, 0}, /* sent again: the same answer */
        {4, FZ_COMMAND_INTENT, 4, 0, 10, 20000, 0, FZ_OK, 0},
        {5, FZ_COMMAND_PAY, 5, 4, 1, 20000, 10, FZ_INSUFFICIENT_FUNDS, 8520},
        {6, FZ_COMMAND_CANCEL, 0, 4, 10, 0, 0, FZ_OK, 0},
        {7, FZ_COMMAND_REFUND, 6, 2, 10, 480, 0, FZ_OK, 480},
        {8, FZ_COMMAND_PAYOUT, 7, 0, 10, 5000, 0, FZ_OK, 0}, /* at most what is there */
        {9, FZ_COMMAND_PAYOUT_SENT, 8, 7, 99, 0, 0, FZ_OK, 0},
        {10, FZ_COMMAND_PAYOUT_CONFIRM, 9, 7, 99, 0, 0, FZ_OK, 0},
        {11, FZ_COMMAND_BILL, 11, 0, 10, 3000, 300, FZ_OK, 300},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    expect_balance(store, 10000000001, 9000);
    expect_balance(store, 11000000010, 0);
    expect_balance(store, 1000000000, 9000);
    expect_balance(store, 2000000000, 0);
    expect_balance(store, 12000000000, 0);
    expect_balance(store, 3000000010, 3300);
    expect_balance(store, 20000000000, 3000);
    expect_balance(store, 13000000000, 300);
    end_town(store);
}

Test(rules, an_id_decides_once)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 1000, 0, FZ_OK, 0},
        {1, FZ_COMMAND_P2P, 2, 0, 1, 5000, 2, FZ_INSUFFICIENT_FUNDS, 1000},
        {2, FZ_COMMAND_TOPUP, 3, 0, 1, 9000, 0, FZ_OK, 0},
        {3, FZ_COMMAND_P2P, 2, 0, 1, 5000, 2, FZ_INSUFFICIENT_FUNDS, 1000}, /* sticks */
        {4, FZ_COMMAND_P2P, 2, 0, 1, 4000, 2, FZ_ID_REUSED, 0},
        {5, FZ_COMMAND_TOMBSTONE, 2, 0, 1, 0, 0, FZ_ID_REUSED, 0},
        {6, FZ_COMMAND_TOMBSTONE, 4, 0, 1, 0, 0, FZ_OK, 0},
        {7, FZ_COMMAND_TOMBSTONE, 4, 0, 1, 0, 0, FZ_OK, 0},
        {8, FZ_COMMAND_P2P, 4, 0, 1, 100, 2, FZ_TOMBSTONED, 0}, /* the late original */
        {9, FZ_COMMAND_P2P, 5, 0, 1, 5000, 2, FZ_OK, 0},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    expect_balance(store, 10000000002, 5000);
    end_town(store);
}

Test(rules, pay_refuses_in_the_documented_order)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 1000, 0, FZ_OK, 0},
        {0, FZ_COMMAND_INTENT, 2, 0, 10, 500, 0, FZ_OK, 0},
        {1, FZ_COMMAND_PAY, 3, 99, 1, 0, 11, FZ_AMOUNT_OUT_OF_RANGE, 0},
        {1, FZ_COMMAND_PAY, 4, 99, 1, 1, 11, FZ_INTENT_NOT_FOUND, 0},
        {1, FZ_COMMAND_PAY, 5, 2, 1, 499, 11, FZ_SHOP_MISMATCH, 0},
        {1, FZ_COMMAND_PAY, 6, 2, 1, 499, 10, FZ_AMOUNT_MISMATCH, 0},
        {1, FZ_COMMAND_PAY, 7, 2, 3, 500, 10, FZ_ACCOUNT_NOT_FOUND, 0},
        {1, FZ_COMMAND_PAY, 8, 2, 2, 500, 10, FZ_INSUFFICIENT_FUNDS, 0},
        {1, FZ_COMMAND_PAY, 9, 2, 1, 500, 10, FZ_OK, 0},
        {1, FZ_COMMAND_PAY, 10, 2, 2, 499, 11, FZ_INTENT_PAID, 0},
        {2, FZ_COMMAND_CANCEL, 0, 2, 10, 0, 0, FZ_INTENT_PAID, 0},
        {2, FZ_COMMAND_INTENT, 12, 0, 10, 500, 0, FZ_OK, 0},
        {3, FZ_COMMAND_CANCEL, 0, 12, 11, 0, 0, FZ_NOT_YOURS, 0},
        {3, FZ_COMMAND_CANCEL, 0, 12, 10, 0, 0, FZ_OK, 0},
        {3, FZ_COMMAND_CANCEL, 0, 12, 10, 0, 0, FZ_OK, 0},
        {4, FZ_COMMAND_PAY, 13, 12, 1, 500, 10, FZ_INTENT_CANCELED, 0},
        {5, FZ_COMMAND_INTENT, 14, 0, 10, 500, 0, FZ_OK, 0},
        {124, FZ_COMMAND_EXPIRE, 0, 14, 10, 0, 0, FZ_OK, 0}, /* too early: nothing happens */
        {125, FZ_COMMAND_PAY, 15, 14, 1, 500, 10, FZ_INTENT_EXPIRED, 0},
        {126, FZ_COMMAND_CANCEL, 0, 14, 10, 0, 0, FZ_OK, 0},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    struct fz_id id = id_of(14);
    cr_expect_eq(memory_store_intent(store, &id)->state, FZ_STATE_EXPIRED);
    end_town(store);
}

Test(rules, void_and_refund)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 5000, 0, FZ_OK, 0},
        {0, FZ_COMMAND_INTENT, 2, 0, 10, 1000, 0, FZ_OK, 0},
        {1, FZ_COMMAND_VOID, 3, 2, 10, 0, 0, FZ_NOT_PAID, 0},
        {1, FZ_COMMAND_REFUND, 4, 2, 10, 1, 0, FZ_NOT_PAID, 0},
        {1, FZ_COMMAND_PAY, 5, 2, 1, 1000, 10, FZ_OK, 0},
        {2, FZ_COMMAND_VOID, 6, 2, 11, 0, 0, FZ_NOT_YOURS, 0},
        {2, FZ_COMMAND_REFUND, 7, 2, 10, 1001, 0, FZ_REFUND_EXCEEDS, 1000},
        {2, FZ_COMMAND_REFUND, 8, 2, 10, 400, 0, FZ_OK, 400},
        {2, FZ_COMMAND_REFUND, 9, 2, 10, 601, 0, FZ_REFUND_EXCEEDS, 600},
        {2, FZ_COMMAND_VOID, 10, 2, 10, 0, 0, FZ_ALREADY_REFUNDED, 0},
        {2, FZ_COMMAND_REFUND, 11, 2, 10, 600, 0, FZ_OK, 1000},
        {3, FZ_COMMAND_INTENT, 12, 0, 10, 700, 0, FZ_OK, 0},
        {3, FZ_COMMAND_PAY, 13, 12, 1, 700, 10, FZ_OK, 0},
        {4, FZ_COMMAND_VOID, 14, 12, 10, 0, 0, FZ_OK, 0},
        {4, FZ_COMMAND_VOID, 15, 12, 10, 0, 0, FZ_ALREADY_VOIDED, 0},
        {4, FZ_COMMAND_REFUND, 16, 12, 10, 1, 0, FZ_ALREADY_VOIDED, 0},
        {4, FZ_COMMAND_PAY, 17, 12, 1, 700, 10, FZ_INTENT_PAID, 0},
        {70, FZ_COMMAND_INTENT, 18, 0, 10, 700, 0, FZ_OK, 0},
        {70, FZ_COMMAND_PAY, 19, 18, 1, 700, 10, FZ_OK, 0},
        {43199, FZ_COMMAND_PAYOUT, 20, 0, 10, 100, 0, FZ_OK, 0},
        {44100, FZ_COMMAND_VOID, 21, 18, 10, 0, 0, FZ_VOID_WINDOW_CLOSED, 0}, /* 0:15 */
        {44101, FZ_COMMAND_REFUND, 22, 18, 10, 700, 0, FZ_OK, 700},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    expect_balance(store, 10000000001, 4300);
    end_town(store);
}

Test(rules, payouts_walk_their_states_once)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 5000, 0, FZ_OK, 0},
        {0, FZ_COMMAND_INTENT, 2, 0, 10, 1000, 0, FZ_OK, 0},
        {0, FZ_COMMAND_PAY, 3, 2, 1, 1000, 10, FZ_OK, 0},
        {1, FZ_COMMAND_PAYOUT, 4, 0, 11, 1000, 0, FZ_INSUFFICIENT_FUNDS, 0},
        {1, FZ_COMMAND_PAYOUT, 5, 0, 10, 1000, 0, FZ_OK, 0},
        {1, FZ_COMMAND_PAYOUT_CONFIRM, 6, 5, 99, 0, 0, FZ_PAYOUT_STATE, 0},
        {1, FZ_COMMAND_PAYOUT_SENT, 7, 88, 99, 0, 0, FZ_PAYOUT_NOT_FOUND, 0},
        {1, FZ_COMMAND_PAYOUT_SENT, 8, 5, 99, 0, 0, FZ_OK, 0},
        {1, FZ_COMMAND_PAYOUT_SENT, 9, 5, 99, 0, 0, FZ_PAYOUT_STATE, 0},
        {1, FZ_COMMAND_PAYOUT_RETURN, 10, 5, 99, 0, 0, FZ_OK, 0},
        {1, FZ_COMMAND_PAYOUT_CONFIRM, 11, 5, 99, 0, 0, FZ_PAYOUT_STATE, 0},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    expect_balance(store, 11000000010, 1000);
    expect_balance(store, 1000000000, 5000);
    expect_balance(store, 2000000000, 0);
    end_town(store);
}

Test(rules, subscriptions_and_corrections)
{
    static const struct line story[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 5000, 0, FZ_OK, 0},     /* transfer 1 */
        {0, FZ_COMMAND_BILL, 2, 0, 10, 1000, 100, FZ_OK, 100}, /* transfers 2, 3 */
        {0, FZ_COMMAND_BILL, 3, 0, 10, 1000, 1001, FZ_AMOUNT_OUT_OF_RANGE, 0},
        {0, FZ_COMMAND_COLLECT, 4, 0, 10, 1100, 0, FZ_INSUFFICIENT_FUNDS, 0},
        {0, FZ_COMMAND_INTENT, 5, 0, 10, 400, 0, FZ_OK, 0},
        {0, FZ_COMMAND_PAY, 6, 5, 1, 400, 10, FZ_OK, 0},      /* transfer 4 */
        {0, FZ_COMMAND_COLLECT, 7, 0, 10, 1100, 0, FZ_OK, 0}, /* transfer 5: 400 */
        {0, FZ_COMMAND_CORRECT, 8, 0, 50, 0, 99, FZ_TRANSFER_NOT_FOUND, 0},
        {0, FZ_COMMAND_CORRECT, 9, 0, 50, 0, 4, FZ_KIND_NOT_ALLOWED, 0},
        {0, FZ_COMMAND_CORRECT, 10, 0, 50, 0, 1, FZ_INSUFFICIENT_FUNDS, 4600},
        {0, FZ_COMMAND_CORRECT, 11, 0, 50, 0, 5, FZ_OK, 5},
        {0, FZ_COMMAND_CORRECT, 12, 0, 50, 0, 5, FZ_ALREADY_CORRECTED, 0},
    };
    struct memory_store *store = town();
    PLAY(store, story);
    expect_balance(store, 11000000010, 400);
    expect_balance(store, 3000000010, 1100);
    end_town(store);
}

Test(rules, states_of_accounts)
{
    static const struct line before[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 5000, 0, FZ_OK, 0},
        {0, FZ_COMMAND_INTENT, 2, 0, 10, 100, 0, FZ_OK, 0},
    };
    static const struct line frozen[] = {
        {1, FZ_COMMAND_PAY, 3, 2, 1, 100, 10, FZ_ACCOUNT_FROZEN, 0},
        {1, FZ_COMMAND_TOPUP, 4, 0, 1, 1, 0, FZ_OK, 0}, /* what comes in comes in */
    };
    static const struct line closed[] = {
        {2, FZ_COMMAND_PAY, 5, 2, 1, 100, 10, FZ_ACCOUNT_CLOSED, 0},
        {2, FZ_COMMAND_TOPUP, 6, 0, 1, 1, 0, FZ_ACCOUNT_CLOSED, 0},
    };
    static const struct line shop_closed[] = {
        {3, FZ_COMMAND_PAY, 7, 2, 1, 100, 10, FZ_MERCHANT_CLOSED, 0},
        {3, FZ_COMMAND_INTENT, 8, 0, 10, 100, 0, FZ_MERCHANT_CLOSED, 0},
    };
    static const struct line held[] = {
        {4, FZ_COMMAND_PAY, 9, 2, 1, 100, 10, FZ_INSUFFICIENT_FUNDS, 99},
        {4, FZ_COMMAND_TOPUP, 11, 0, 2, 1000001, 0, FZ_BALANCE_LIMIT, 0},
        {4, FZ_COMMAND_P2P, 12, 0, 2, 5, 2, FZ_SAME_ACCOUNT, 0},
    };
    struct memory_store *store = town();
    struct fz_account *wallet = memory_store_account(store, 10000000001);
    struct fz_account *shop = memory_store_account(store, 11000000010);
    PLAY(store, before);
    wallet->state = FZ_FROZEN;
    PLAY(store, frozen);
    wallet->state = FZ_CLOSED;
    PLAY(store, closed);
    shop->state = FZ_FROZEN;
    PLAY(store, shop_closed);
    wallet->state = FZ_OPEN;
    shop->state = FZ_OPEN;
    wallet->hold = 4902;
    PLAY(store, held);
    end_town(store);
}

Test(rules, a_deadline_that_passed_sticks)
{
    struct memory_store *store = town();
    struct line line = {0, FZ_COMMAND_TOPUP, 1, 0, 1, 10, 0, FZ_OK, 0};
    struct fz_command c = command_of(&line);
    c.deadline_us = NOON_US - 1;
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_DEADLINE_PASSED);
    c.deadline_us = 0;
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_DEADLINE_PASSED);
    cr_expect(c.replayed);
    end_town(store);
}

Test(rules, a_refused_command_spoils_nothing_for_its_neighbours)
{
    static const struct line lines[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 100, 0, FZ_OK, 0},
        {0, FZ_COMMAND_P2P, 2, 0, 1, 101, 2, FZ_INSUFFICIENT_FUNDS, 100},
        {0, FZ_COMMAND_P2P, 3, 0, 1, 60, 2, FZ_OK, 0},
        {0, FZ_COMMAND_P2P, 4, 0, 1, 60, 2, FZ_INSUFFICIENT_FUNDS, 40},
        {0, FZ_COMMAND_P2P, 3, 0, 1, 60, 2, FZ_OK, 0},
        {0, FZ_COMMAND_P2P, 5, 0, 1, 40, 2, FZ_OK, 0},
    };
    enum {
        LEN = sizeof(lines) / sizeof(lines[0])
    };
    struct memory_store *store = town();
    struct fz_command commands[LEN];
    struct fz_command *pointers[LEN];
    for (unsigned i = 0; i < LEN; i++) {
        commands[i] = command_of(&lines[i]);
        pointers[i] = &commands[i];
    }
    memory_store_commit(store, pointers, LEN, NOON_US);
    for (unsigned i = 0; i < LEN; i++) {
        cr_expect_eq(commands[i].result.rc, lines[i].want, "line %u", i);
    }
    cr_expect(commands[4].replayed && commands[4].result.number == commands[2].result.number);
    expect_balance(store, 10000000002, 100);
    memory_store_check(store);
    end_town(store);
}

Test(rules, what_was_decided_before_needs_no_write)
{
    struct memory_store *store = town();
    struct line topup = {0, FZ_COMMAND_TOPUP, 1, 0, 1, 10, 0, FZ_OK, 0};
    struct line intent = {0, FZ_COMMAND_INTENT, 2, 0, 10, 10, 0, FZ_OK, 0};
    struct line expire = {0, FZ_COMMAND_EXPIRE, 0, 2, 10, 0, 0, FZ_OK, 0};
    struct fz_command c = command_of(&topup);
    c.replayed = true; /* left over from somewhere: decide() says what is so */
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_OK);
    cr_expect(!c.replayed && fz_state_has_changes(store->state));
    c = command_of(&topup);
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_OK);
    cr_expect(c.replayed && !fz_state_has_changes(store->state));
    c = command_of(&intent);
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_OK);
    c = command_of(&expire);
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_OK);
    cr_expect(!fz_state_has_changes(store->state), "too early: nothing happened");
    c = command_of(&expire);
    cr_expect_eq(memory_store_run(store, &c, NOON_US + 121000000), FZ_OK);
    cr_expect(fz_state_has_changes(store->state), "an event without an operation is written too");
    end_town(store);
}

/* One leg by itself, over the rows of the last batch. */
static fz_rc book_leg(struct memory_store *store, enum fz_kind kind, int64_t debit, int64_t credit)
{
    struct fz_leg leg = {.kind = kind, .debit = debit, .credit = credit, .amount = 1};
    struct fz_result result = {.time_us = store->state->head.last_time_us + 1};
    return fz_book(store->state, &leg, 1, &result);
}

/* No command asks for it today; the rule stands in the way of the one that will, by mistake. */
Test(rules, a_leg_between_the_wrong_accounts_is_refused)
{
    struct memory_store *store = town();
    struct line line = {0, FZ_COMMAND_TOPUP, 1, 0, 1, 10, 0, FZ_OK, 0};
    struct fz_command c = command_of(&line);
    int64_t wallet = 10000000001;
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_OK);
    cr_expect_eq(book_leg(store, FZ_KIND_P2P, wallet, wallet), FZ_KIND_NOT_ALLOWED);
    cr_expect_eq(book_leg(store, FZ_KIND_PAYMENT, wallet, 20000000000), FZ_KIND_NOT_ALLOWED);
    cr_expect_eq(book_leg(store, FZ_KIND_REFUND, wallet, 11000000010), FZ_KIND_NOT_ALLOWED);
    struct fz_account *row = fz_state_account(store->state, wallet);
    row->state = FZ_FROZEN;
    cr_expect_eq(book_leg(store, FZ_KIND_REFUND, wallet, 11000000010), FZ_ACCOUNT_FROZEN);
    row->state = FZ_OPEN;
    cr_expect_eq(row->debits_posted, 0);
    cr_expect_eq(book_leg(store, FZ_KIND_PAYMENT, wallet, 11000000010), FZ_OK);
    cr_expect_eq(row->debits_posted, 1);
    end_town(store);
}

Test(rules, there_is_no_transfer_zero)
{
    struct memory_store *store = town();
    struct line line = {0, FZ_COMMAND_CORRECT, 1, 0, 50, 0, 0, FZ_OK, 0};
    struct fz_command c = command_of(&line);
    cr_expect_eq(memory_store_run(store, &c, NOON_US), FZ_TRANSFER_NOT_FOUND);
    end_town(store);
}

/*
 * A mark on the first of two legs must not know of the second, one on the second not of what lies
 * behind it in memory. `first` shifts which of them the marks fall on.
 */
static void expect_marks(unsigned first)
{
    enum {
        ROUNDS = 100
    };
    int64_t booked[2 * ROUNDS + 3] = {0}; /* up to each transfer */
    struct memory_store *store = town();
    fz_state_reset(store->state, &store->head);
    struct fz_account *reserve = fz_state_add_account(store->state, 1000000000);
    struct fz_account *wallet = fz_state_add_account(store->state, 10000000001);
    struct fz_leg legs[4] = {{FZ_KIND_TOPUP, reserve->number, wallet->number, 3, 0, false},
                             {FZ_KIND_TOPUP, reserve->number, wallet->number, 5, 0, false},
                             {FZ_KIND_TOPUP, reserve->number, wallet->number, 700, 0, false},
                             {FZ_KIND_TOPUP, reserve->number, wallet->number, 9000, 0, false}};
    unsigned transfers = 0;
    for (unsigned i = 0; i <= ROUNDS; i++) {
        struct fz_result result = {.time_us = store->state->head.last_time_us + 1};
        unsigned legs_len = i == 0 ? first : 2;
        cr_assert_eq(fz_book(store->state, legs, legs_len, &result), FZ_OK);
        for (unsigned leg = 0; leg < legs_len; leg++, transfers++) {
            booked[transfers + 1] = booked[transfers] + legs[leg].amount;
        }
    }
    cr_expect_eq(store->state->marks_len, 2 * (transfers / FZ_MARK_EVERY));
    unsigned wallet_marks = 0;
    for (unsigned i = 0; i < store->state->marks_len; i++) {
        const struct fz_mark *mark = &store->state->marks[i];
        bool is_wallet = mark->account == wallet->number;
        wallet_marks += is_wallet;
        cr_expect_eq(mark->number % FZ_MARK_EVERY, 0);
        cr_expect_eq(mark->debits_posted, is_wallet ? 0 : booked[mark->number], "mark %u", i);
        cr_expect_eq(mark->credits_posted, is_wallet ? booked[mark->number] : 0, "mark %u", i);
    }
    cr_expect_eq(2 * wallet_marks, store->state->marks_len, "each side has its own");
    end_town(store);
}

Test(rules, a_mark_is_the_account_as_it_was)
{
    expect_marks(1);
    expect_marks(2);
}

/* A slot of an earlier batch is used again: nothing of what stood there may stay. */
Test(rules, a_new_row_is_empty)
{
    struct memory_store *store = town();
    struct fz_state *state = store->state;
    fz_state_reset(state, &store->head);
    memset(state->operations, 0xa5, sizeof(state->operations[0]));
    memset(state->corrected, 0xa5, sizeof(state->corrected[0]));
    const struct fz_id id = {{1}};
    const struct fz_operation *operation = fz_state_add_operation(state, &id);
    const struct fz_corrected *corrected = fz_state_add_corrected(state);
    cr_expect(fz_id_equal(&operation->result.id, &id) && operation->fingerprint[0] == 0);
    cr_expect(operation->result.amount == 0 && operation->result.number == 0);
    cr_expect(operation->result.note[0] == '\0');
    cr_expect(corrected->transfer.number == 0 && corrected->transfer.time_us == 0);
    cr_expect(!corrected->done);
    end_town(store);
}

Test(rules, a_reset_state_knows_nothing_of_the_batch_before)
{
    static const struct line lines[] = {
        {0, FZ_COMMAND_TOPUP, 1, 0, 1, 100, 0, FZ_OK, 0},
        {0, FZ_COMMAND_INTENT, 2, 0, 10, 50, 0, FZ_OK, 0},
        {0, FZ_COMMAND_PAY, 3, 2, 1, 50, 10, FZ_OK, 0},
        {0, FZ_COMMAND_PAYOUT, 4, 0, 10, 5, 0, FZ_OK, 0},
        {0, FZ_COMMAND_CORRECT, 5, 0, 50, 0, 1, FZ_INSUFFICIENT_FUNDS, 0},
    };
    enum {
        LEN = sizeof(lines) / sizeof(lines[0])
    };
    struct memory_store *store = town();
    struct fz_state *state = store->state;
    struct fz_command commands[LEN];
    struct fz_command *pointers[LEN];
    for (unsigned i = 0; i < LEN; i++) {
        commands[i] = command_of(&lines[i]);
        pointers[i] = &commands[i];
    }
    memory_store_commit(store, pointers, LEN, NOON_US);
    cr_assert(state->corrected_len == 1 && state->operations_len == LEN && state->intents_len == 1);
    cr_assert(state->transfers_len == 3 && state->payouts_len == 1 && state->events_len == 2);
    fz_state_reset(state, &store->head);
    cr_expect(state->accounts_len == 0 && state->intents_len == 0 && state->payouts_len == 0);
    cr_expect(state->corrected_len == 0 && state->operations_len == 0);
    cr_expect(state->transfers_len == 0 && state->events_len == 0 && state->decided_len == 0);
    cr_expect_null(fz_state_account(state, 10000000001));
    cr_expect_null(fz_state_intent(state, &commands[1].id));
    cr_expect_null(fz_state_payout(state, &commands[3].id));
    cr_expect_null(fz_state_operation(state, &commands[0].id));
    cr_expect_null(fz_state_corrected(state, 1));
    end_town(store);
}
