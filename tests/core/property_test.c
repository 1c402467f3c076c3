/*
 * Property test of decide(): random histories of every kind of command, with duplicates, changed
 * bodies, tombstones, deadlines, clocks that jump, frozen and closed accounts and held amounts, in
 * batches of random size. Every result equals the plain model's, field by field, and after every
 * batch the books are whole.
 *
 * FZ_SEED=N replays one history, FZ_OPERATIONS=N sets how many commands are run (default 120000).
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/memory_store.h"
#include "tests/core/model.h"
#include "tests/support/leak.h"

#define HISTORY_LEN 600
#define RESIDENTS 4
#define SHOPS 3
#define FIRST_SHOP 10
#define START_US 1796083200000000LL

struct history {
    uint64_t random;
    int64_t now_us;
    struct memory_store *store;
    struct model *model;
    struct fz_command past[HISTORY_LEN];
    unsigned past_len;
};

/* splitmix64: the same numbers for the same seed everywhere */
static uint64_t next(struct history *h)
{
    uint64_t z = (h->random += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static unsigned below(struct history *h, unsigned bound)
{
    return (unsigned)(next(h) % bound);
}

static bool one_in(struct history *h, unsigned n)
{
    return below(h, n) == 0;
}

static struct fz_id new_id(struct history *h)
{
    struct fz_id id;
    uint64_t words[2] = {next(h), next(h)};
    memcpy(id.bytes, words, sizeof(id.bytes));
    return id;
}

static int64_t any_amount(struct history *h)
{
    static const int64_t edges[] = {0,          -1,          1,         2,
                                    999999,     1000000,     1000001,   1480000,
                                    9999999999, 10000000000, INT64_MAX, INT64_MIN};
    if (one_in(h, 12)) {
        return edges[below(h, sizeof(edges) / sizeof(edges[0]))];
    }
    return 1 + (int64_t)below(h, one_in(h, 3) ? 400000 : 3000);
}

static int64_t any_resident(struct history *h)
{
    return one_in(h, 40) ? 99 : 1 + below(h, RESIDENTS);
}

static int64_t any_shop(struct history *h)
{
    return one_in(h, 40) ? 98 : FIRST_SHOP + below(h, SHOPS);
}

/* Something an earlier command was about, so that states meet. */
static struct fz_id any_past(struct history *h, enum fz_command_type type, struct fz_command *found)
{
    for (unsigned tries = 0; tries < 40 && h->past_len > 0; tries++) {
        unsigned back = one_in(h, 3) ? h->past_len : (h->past_len < 25 ? h->past_len : 25);
        const struct fz_command *past = &h->past[h->past_len - 1 - below(h, back)];
        if (past->type == type) {
            *found = *past;
            return past->id;
        }
    }
    return new_id(h);
}

static void fill_command(struct history *h, struct fz_command *c)
{
    static const enum fz_command_type types[] = {FZ_COMMAND_INTENT,
                                                 FZ_COMMAND_INTENT,
                                                 FZ_COMMAND_INTENT,
                                                 FZ_COMMAND_PAY,
                                                 FZ_COMMAND_PAY,
                                                 FZ_COMMAND_PAY,
                                                 FZ_COMMAND_PAY,
                                                 FZ_COMMAND_CANCEL,
                                                 FZ_COMMAND_EXPIRE,
                                                 FZ_COMMAND_VOID,
                                                 FZ_COMMAND_REFUND,
                                                 FZ_COMMAND_REFUND,
                                                 FZ_COMMAND_P2P,
                                                 FZ_COMMAND_TOMBSTONE,
                                                 FZ_COMMAND_TOPUP,
                                                 FZ_COMMAND_TOPUP,
                                                 FZ_COMMAND_PAYOUT,
                                                 FZ_COMMAND_PAYOUT_SENT,
                                                 FZ_COMMAND_PAYOUT_CONFIRM,
                                                 FZ_COMMAND_PAYOUT_RETURN,
                                                 FZ_COMMAND_BILL,
                                                 FZ_COMMAND_COLLECT,
                                                 FZ_COMMAND_CORRECT};
    static const char *const notes[] = {NULL, "", "a", "お釣りなし"};
    struct fz_command past = {0};
    c->type = types[below(h, sizeof(types) / sizeof(types[0]))];
    c->id = new_id(h);
    c->party = any_resident(h);
    c->shop = any_shop(h);
    c->payee = any_resident(h);
    c->actor = c->party;
    c->amount = any_amount(h);
    c->tax = one_in(h, 20) ? c->amount + 1 : c->amount / 10;
    c->terminal = (int32_t)below(h, 3);
    c->ttl_s = 10 + (int32_t)below(h, 200);
    c->corrects = one_in(h, 20) ? 100000 : 1 + (int64_t)below(h, h->store->transfers_len + 1);
    c->note = notes[below(h, 4)];
    if (c->type == FZ_COMMAND_PAYOUT_SENT || c->type == FZ_COMMAND_PAYOUT_CONFIRM ||
        c->type == FZ_COMMAND_PAYOUT_RETURN) {
        c->ref = any_past(h, FZ_COMMAND_PAYOUT, &past);
    } else {
        c->ref = any_past(h, FZ_COMMAND_INTENT, &past);
        if (past.type == FZ_COMMAND_INTENT && !one_in(h, 10)) {
            c->shop = past.shop;
            c->amount = c->type == FZ_COMMAND_PAY && !one_in(h, 10) ? past.amount : c->amount;
        }
    }
    if (one_in(h, 30)) {
        c->deadline_us = h->now_us + (int64_t)below(h, 2000000) - 1000000;
    }
}

static void next_command(struct history *h, struct fz_command *c)
{
    *c = (struct fz_command){0};
    if (h->past_len > 0 && one_in(h, 8)) {
        *c = h->past[below(h, h->past_len)]; /* sent again */
        if (one_in(h, 3)) {
            c->amount++; /* with another body */
        } else if (one_in(h, 4)) {
            c->type = FZ_COMMAND_TOMBSTONE;
        }
        c->deadline_us = 0;
        return;
    }
    fill_command(h, c);
}

/* What staff does to accounts between batches. */
static void disturb(struct history *h)
{
    struct model_account *account = &h->model->accounts[below(h, h->model->accounts_len)];
    struct fz_account *row = memory_store_account(h->store, account->number);
    account->state = one_in(h, 3) ? 1 + (int)below(h, 3) : 1;
    account->hold = one_in(h, 3) ? (int64_t)below(h, 50000) : 0;
    row->state = (enum fz_account_state)account->state;
    row->hold = account->hold;
}

static void advance(struct history *h)
{
    static const int64_t steps[] = {0,       1,        -5000000,   1000,
                                    1000000, 30000000, 3600000000, 43200000000};
    h->now_us += steps[below(h, sizeof(steps) / sizeof(steps[0]))];
}

#define EXPECT_FIELD(field)                                                                      \
    cr_assert(got->field == want->field,                                                         \
              "seed %" PRIu64 " command %u (%s): " #field " is %lld, the model says %lld", seed, \
              at, fz_command_info((int)want->type)->name, (long long)got->field,                 \
              (long long)want->field)

static void
expect_equal(uint64_t seed, unsigned at, const struct fz_result *got, const struct fz_result *want)
{
    EXPECT_FIELD(rc);
    EXPECT_FIELD(type);
    EXPECT_FIELD(actor);
    EXPECT_FIELD(shop);
    EXPECT_FIELD(party);
    EXPECT_FIELD(payee);
    EXPECT_FIELD(amount);
    EXPECT_FIELD(number);
    EXPECT_FIELD(time_us);
    EXPECT_FIELD(expires_us);
    EXPECT_FIELD(terminal);
    EXPECT_FIELD(state);
    EXPECT_FIELD(value);
    cr_assert(memcmp(&got->id, &want->id, 16) == 0 && memcmp(&got->ref, &want->ref, 16) == 0,
              "seed %" PRIu64 " command %u: ids differ", seed, at);
    cr_assert_str_eq(got->note, want->note, "seed %" PRIu64 " command %u: note", seed, at);
}

static void expect_balances(uint64_t seed, unsigned at, struct history *h)
{
    for (unsigned i = 0; i < h->model->accounts_len; i++) {
        const struct model_account *want = &h->model->accounts[i];
        const struct fz_account *got = memory_store_account(h->store, want->number);
        cr_assert(got->debits_posted == want->debits && got->credits_posted == want->credits,
                  "seed %" PRIu64 " command %u: account %" PRId64, seed, at, want->number);
    }
}

static void open_accounts(struct history *h)
{
    static const int64_t system[] = {1000000000, 2000000000, 12000000000, 13000000000, 20000000000};
    for (unsigned i = 0; i < 5; i++) {
        memory_store_open(h->store, system[i]);
        model_open(h->model, system[i]);
    }
    for (int64_t i = 1; i <= RESIDENTS; i++) {
        memory_store_open(h->store, fz_account_number(FZ_ACCOUNT_WALLET, i));
        model_open(h->model, fz_account_number(FZ_ACCOUNT_WALLET, i));
    }
    for (int64_t i = FIRST_SHOP; i < FIRST_SHOP + SHOPS; i++) {
        memory_store_open(h->store, fz_account_number(FZ_ACCOUNT_MERCHANT, i));
        model_open(h->model, fz_account_number(FZ_ACCOUNT_MERCHANT, i));
        memory_store_open(h->store, fz_account_number(FZ_ACCOUNT_RECEIVABLE, i));
        model_open(h->model, fz_account_number(FZ_ACCOUNT_RECEIVABLE, i));
    }
}

/* Counts how often each code was seen, so that a test that no longer reaches a rule turns red. */
static unsigned seen[512];

static void run_history(uint64_t seed)
{
    static struct history h;
    static struct fz_command commands[32];
    struct fz_command *pointers[32];
    memset(&h, 0, sizeof(h));
    h.random = seed;
    h.now_us = START_US;
    h.store = memory_store_create();
    h.model = model_create();
    open_accounts(&h);
    for (unsigned done = 0; done < HISTORY_LEN;) {
        unsigned len = 1 + below(&h, one_in(&h, 3) ? 32 : 3);
        len = len < HISTORY_LEN - done ? len : HISTORY_LEN - done;
        for (unsigned i = 0; i < len; i++) {
            next_command(&h, &commands[i]);
            pointers[i] = &commands[i];
            h.past[h.past_len++] = commands[i];
        }
        memory_store_commit(h.store, pointers, len, h.now_us);
        for (unsigned i = 0; i < len; i++) {
            struct fz_result want = model_run(h.model, &commands[i], h.now_us);
            expect_equal(seed, done + i, &commands[i].result, &want);
            seen[commands[i].result.rc]++;
        }
        done += len;
        expect_balances(seed, done, &h);
        advance(&h);
        if (one_in(&h, 4)) {
            disturb(&h);
        }
    }
    memory_store_check(h.store);
    memory_store_destroy(h.store);
    model_destroy(h.model);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

Test(property, decide_equals_the_plain_model)
{
    uint64_t seed = setting("FZ_SEED", 0);
    uint64_t operations = setting("FZ_OPERATIONS", 120000);
    if (seed != 0) {
        run_history(seed);
        FZ_EXPECT_NO_LEAK();
        return;
    }
    for (uint64_t i = 0; i * HISTORY_LEN < operations; i++) {
        run_history(i + 1);
    }
    for (unsigned i = 0; fz_rc_at(i) != NULL; i++) {
        const struct fz_rc_info *info = fz_rc_at(i);
        if (info->class == FZ_CLASS_REJECT && info->rc != FZ_OVERFLOW) {
            cr_expect(seen[info->rc] > 0, "no history reached %s", info->name);
        }
    }
    FZ_EXPECT_NO_LEAK();
}
