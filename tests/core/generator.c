/*
 * Test room. Random histories, see the header.
 */
#include "tests/core/generator.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#define RESIDENTS 4
#define SHOPS 3
#define FIRST_SHOP 10
#define START_US 1796083200000000LL

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

/* In some histories the same few meet again and again. */
static int64_t any_resident(struct history *h)
{
    return one_in(h, 40) ? 99 : 1 + below(h, h->few && !one_in(h, 8) ? 2 : RESIDENTS);
}

static int64_t any_shop(struct history *h)
{
    return one_in(h, 40) ? 98 : FIRST_SHOP + below(h, h->few && !one_in(h, 8) ? 1 : SHOPS);
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

/* Commands that undo or go on find something to do, mostly. */
static bool refer_to_state(struct history *h, struct fz_command *c)
{
    const struct model *m = h->model;
    bool step = c->type == FZ_COMMAND_PAYOUT_SENT || c->type == FZ_COMMAND_PAYOUT_CONFIRM ||
                c->type == FZ_COMMAND_PAYOUT_RETURN;
    bool back = c->type == FZ_COMMAND_VOID || c->type == FZ_COMMAND_REFUND;
    for (unsigned tries = 0; tries < 8 && step && m->payouts_len > 0; tries++) {
        const struct model_payout *payout = &m->payouts[below(h, m->payouts_len)];
        if (payout->state == (c->type == FZ_COMMAND_PAYOUT_SENT ? 1 : 2)) {
            c->ref = payout->id;
            return true;
        }
    }
    for (unsigned tries = 0; tries < 8 && back && m->intents_len > 0; tries++) {
        const struct model_intent *intent = &m->intents[below(h, m->intents_len)];
        if (intent->state == 2) {
            c->ref = intent->id;
            c->shop = intent->shop;
            c->amount = one_in(h, 2) ? intent->amount : c->amount;
            return true;
        }
    }
    return false;
}

/* The intent or payout it is about: one of late, one of long ago, or none. */
static void fill_reference(struct history *h, struct fz_command *c)
{
    struct fz_command past = {0};
    if (!one_in(h, 3) && refer_to_state(h, c)) {
        return;
    }
    if (c->type == FZ_COMMAND_PAYOUT_SENT || c->type == FZ_COMMAND_PAYOUT_CONFIRM ||
        c->type == FZ_COMMAND_PAYOUT_RETURN) {
        c->ref = any_past(h, FZ_COMMAND_PAYOUT, &past);
        return;
    }
    c->ref = any_past(h, FZ_COMMAND_INTENT, &past);
    if (past.type == FZ_COMMAND_INTENT && !one_in(h, 10)) {
        c->shop = past.shop;
        c->amount = c->type == FZ_COMMAND_PAY && !one_in(h, 10) ? past.amount : c->amount;
    }
}

/* A transfer to correct: any, but mostly one that can be. */
static int64_t any_transfer(struct history *h)
{
    const struct model *m = h->model;
    if (one_in(h, 20)) {
        return (int64_t)below(h, 3) * 50000;
    }
    for (unsigned tries = 0; tries < 8 && m->transfers_len > 0 && !one_in(h, 4); tries++) {
        unsigned at = below(h, m->transfers_len);
        const struct model_transfer *t = &m->transfers[at];
        bool by_worn = t->debit % FZ_ACCOUNT_CLASS_UNIT == 1; /* see wear() */
        if (t->kind == FZ_KIND_P2P && !t->corrected && (by_worn || tries > 3)) {
            return at + 1;
        }
    }
    return 1 + (int64_t)below(h, m->transfers_len + 1);
}

/* A refund that waits, or waited; now and then another sale's. */
static void fill_release(struct history *h, struct fz_command *c)
{
    const struct model *m = h->model;
    for (unsigned tries = 0; tries < 8 && m->held_len > 0; tries++) {
        const struct model_held *held = &m->held[below(h, m->held_len)];
        c->ref = held->id;
        c->sale = held->intent;
        c->shop = one_in(h, 20) ? c->shop : held->shop;
        c->party = one_in(h, 20) ? c->party : held->party;
        if (held->waits) {
            break;
        }
    }
    if (one_in(h, 20)) {
        c->sale.bytes[0] ^= 1;
    }
}

/* What that payer bought last, once more. */
static void sell_like_before(struct history *h, struct fz_command *c, int64_t payer)
{
    const struct model *m = h->model;
    for (unsigned i = m->transfers_len; i > 0; i--) {
        const struct model_transfer *t = &m->transfers[i - 1];
        if (t->kind == FZ_KIND_PAYMENT && t->debit % FZ_ACCOUNT_CLASS_UNIT == payer) {
            c->shop = t->credit % FZ_ACCOUNT_CLASS_UNIT;
            c->amount = t->amount;
            return;
        }
    }
}

/* A code of its own, mostly; a shop's intent names one of late, mostly one that is still good. */
static void fill_code(struct history *h, struct fz_command *c)
{
    const struct model *m = h->model;
    memcpy(c->code_hash, c->id.bytes, sizeof(c->id.bytes));
    c->code_hash[31] = 1;
    if (m->codes_len == 0 || (c->type == FZ_COMMAND_CODE && !one_in(h, 20)) || one_in(h, 20)) {
        return;
    }
    const struct model_code *code = &m->codes[below(h, m->codes_len)];
    for (unsigned tries = 0; tries < 8 && (code->used || code->expires <= h->now_us); tries++) {
        code = &m->codes[m->codes_len - 1 - below(h, m->codes_len < 8 ? m->codes_len : 8)];
    }
    memcpy(c->code_hash, code->hash, sizeof(c->code_hash));
    if (c->type == FZ_COMMAND_INTENT && one_in(h, 3)) {
        sell_like_before(h, c, code->party);
    } else if (c->type == FZ_COMMAND_INTENT && one_in(h, 2) && code->amount < 1000000) {
        c->amount = code->amount + (one_in(h, 2) ? 1 : 0);
    }
}

/* The payer who is asked says yes or no. */
static void consent(struct history *h, struct fz_command *c)
{
    const struct model *m = h->model;
    for (unsigned back = 1; back <= 20 && back <= m->intents_len; back++) {
        const struct model_intent *i = &m->intents[m->intents_len - back];
        if (i->state == 1 && i->payer != 0) {
            c->ref = i->id;
            c->actor = i->payer;
            c->party = c->type == FZ_COMMAND_PAY ? i->payer : c->party;
            c->shop = c->type == FZ_COMMAND_PAY ? i->shop : 0;
            c->amount = i->amount;
            return;
        }
    }
}

/* At a sticker, what was paid there lately. */
static void pay_like_before(struct history *h, struct fz_command *c)
{
    struct fz_command past = {0};
    (void)any_past(h, FZ_COMMAND_PAY, &past);
    if (past.type == FZ_COMMAND_PAY) {
        c->ref = (struct fz_id){{0}};
        c->party = past.party;
        c->shop = past.shop;
        c->amount = past.amount;
    }
}

static void fill_command(struct history *h, struct fz_command *c)
{
    static const enum fz_command_type types[] = {
        FZ_COMMAND_INTENT,        FZ_COMMAND_INTENT,      FZ_COMMAND_INTENT,
        FZ_COMMAND_PAY,           FZ_COMMAND_PAY,         FZ_COMMAND_PAY,
        FZ_COMMAND_PAY,           FZ_COMMAND_CANCEL,      FZ_COMMAND_EXPIRE,
        FZ_COMMAND_VOID,          FZ_COMMAND_VOID,        FZ_COMMAND_VOID,
        FZ_COMMAND_REFUND,        FZ_COMMAND_REFUND,      FZ_COMMAND_P2P,
        FZ_COMMAND_TOMBSTONE,     FZ_COMMAND_TOPUP,       FZ_COMMAND_TOPUP,
        FZ_COMMAND_PAYOUT,        FZ_COMMAND_PAYOUT_SENT, FZ_COMMAND_PAYOUT_CONFIRM,
        FZ_COMMAND_PAYOUT_RETURN, FZ_COMMAND_BILL,        FZ_COMMAND_COLLECT,
        FZ_COMMAND_CORRECT,       FZ_COMMAND_CODE,        FZ_COMMAND_CODE,
        FZ_COMMAND_REFUND_RELEASE};
    static const char *const notes[] = {NULL, "", "a", "お釣りなし"};
    c->type = types[below(h, sizeof(types) / sizeof(types[0]))];
    c->id = new_id(h);
    c->party = any_resident(h);
    c->shop = any_shop(h);
    c->payee = any_resident(h);
    c->actor = c->party;
    c->amount = any_amount(h);
    c->tax = one_in(h, 20) && c->amount < INT64_MAX ? c->amount + 1 : c->amount / 10;
    c->terminal = (int32_t)below(h, 3);
    c->ttl_s = 10 + (int32_t)below(h, 200);
    c->corrects = any_transfer(h);
    c->note = notes[below(h, 4)];
    fill_reference(h, c);
    if (c->type == FZ_COMMAND_PAY && one_in(h, 6)) {
        c->ref = (struct fz_id){{0}}; /* at a sticker */
    }
    if ((c->type == FZ_COMMAND_PAY || c->type == FZ_COMMAND_CANCEL) && one_in(h, 4)) {
        consent(h, c);
    }
    if (c->type == FZ_COMMAND_REFUND_RELEASE) {
        fill_release(h, c);
    }
    if (c->type == FZ_COMMAND_CODE || (c->type == FZ_COMMAND_INTENT && one_in(h, 3))) {
        fill_code(h, c);
    }
    c->again = (c->type == FZ_COMMAND_PAY || c->type == FZ_COMMAND_INTENT) && one_in(h, 2);
    if (c->type == FZ_COMMAND_PAY && one_in(h, 6)) {
        pay_like_before(h, c);
    }
    if (one_in(h, 30)) {
        c->deadline_us = h->now_us + (int64_t)below(h, 2000000) - 1000000;
    }
}

/* Sent again: as it was, with another body, as a tombstone, or its id for something else. */
static void send_again(struct history *h, struct fz_command *c)
{
    *c = h->past[below(h, h->past_len)];
    struct fz_id id = c->id;
    switch (below(h, 7)) {
    case 3:
        c->again = !c->again;
        break;
    case 0:
        c->amount /= 2; /* another body, unless it was 0 */
        break;
    case 1:
        c->type = FZ_COMMAND_TOMBSTONE;
        break;
    case 2:
        *c = (struct fz_command){0};
        fill_command(h, c);
        c->id = id;
        return;
    default:
        break;
    }
    c->deadline_us = one_in(h, 4) ? h->now_us - 1000000 : 0;
}

static void next_command(struct history *h, struct fz_command *c)
{
    *c = (struct fz_command){0};
    if (h->past_len > 0 && one_in(h, 8)) {
        send_again(h, c);
    } else {
        fill_command(h, c);
        if (one_in(h, 30)) { /* too late: its id is closed */
            struct fz_command closed;
            c->id = any_past(h, FZ_COMMAND_TOMBSTONE, &closed);
        }
    }
}

static void open_accounts(struct history *h)
{
    static const int64_t consortium[] = {1000000000, 2000000000, 12000000000, 13000000000,
                                         20000000000};
    unsigned missing = h->wild && one_in(h, 8) ? below(h, 5) : 5;
    for (unsigned i = 0; i < 5; i++) {
        if (i != missing) {
            model_open(h->model, consortium[i]);
        }
    }
    for (int64_t i = 1; i <= RESIDENTS; i++) {
        model_open(h->model, fz_account_number(FZ_ACCOUNT_WALLET, i));
    }
    for (int64_t i = FIRST_SHOP; i < FIRST_SHOP + SHOPS; i++) {
        model_open(h->model, fz_account_number(FZ_ACCOUNT_MERCHANT, i));
        model_open(h->model, fz_account_number(FZ_ACCOUNT_RECEIVABLE, i));
    }
}

/* Volumes so large that only a little more fits; the balance stays 0. */
static void wear(struct history *h, struct model_account *account)
{
    static const unsigned most[] = {1000, 10000, 100000, 1000000};
    account->debits = INT64_MAX - 1 - (int64_t)below(h, most[below(h, 4)]);
    account->credits = account->debits;
}

void history_begin_wild(struct history *h, uint64_t seed)
{
    static const int32_t offsets_s[] = {32400, 0, -18000, 49500};
    memset(h, 0, sizeof(*h));
    h->seed = seed;
    h->random = seed;
    h->wild = true;
    h->now_us = START_US;
    h->model = model_create();
    h->model->offset_s = offsets_s[below(h, 4)];
    open_accounts(h);
    h->few = one_in(h, 2);
    unsigned worn = below(h, 16); /* of the consortium's accounts, or of those who meet most */
    if (worn < 5) {
        wear(h, &h->model->accounts[worn]);
    } else if (worn < 10) {
        wear(h, model_account(h->model, fz_account_number(FZ_ACCOUNT_WALLET, 1)));
    } else if (worn < 14) {
        wear(h, model_account(h->model, fz_account_number(FZ_ACCOUNT_MERCHANT, FIRST_SHOP)));
        wear(h, model_account(h->model, fz_account_number(FZ_ACCOUNT_RECEIVABLE, FIRST_SHOP)));
    }
}

void history_begin(struct history *h, uint64_t seed)
{
    memset(h, 0, sizeof(*h));
    h->seed = seed;
    h->random = seed;
    h->now_us = START_US;
    h->model = model_create();
    open_accounts(h);
}

void history_end(struct history *h)
{
    model_destroy(h->model);
    h->model = NULL;
}

unsigned history_batch(struct history *h, struct fz_command commands[HISTORY_BATCH_MAX])
{
    unsigned left = HISTORY_LEN - h->past_len;
    unsigned most = h->wild && one_in(h, 30) ? HISTORY_BATCH_MAX : 32;
    unsigned len = 1 + below(h, one_in(h, 3) ? most : 3);
    len = len < left ? len : left;
    for (unsigned i = 0; i < len; i++) {
        next_command(h, &commands[i]);
        h->past[h->past_len++] = commands[i];
    }
    return len;
}

void history_advance(struct history *h)
{
    static const int64_t steps[] = {0,       1,        -5000000,   1000,
                                    1000000, 30000000, 3600000000, 43200000000};
    h->now_us += steps[below(h, sizeof(steps) / sizeof(steps[0]))];
}

struct model_account *history_disturb(struct history *h)
{
    if (!one_in(h, 4)) {
        return NULL;
    }
    struct model_account *account = &h->model->accounts[below(h, h->model->accounts_len)];
    account->state = one_in(h, 3) ? 1 + (int)below(h, 3) : 1;
    account->hold = one_in(h, 3) ? (int64_t)below(h, one_in(h, 4) ? 5000000 : 50000) : 0;
    if (h->wild) {
        account->debits_pending = one_in(h, 3) ? (int64_t)below(h, 50000) : 0;
        account->credits_pending = one_in(h, 3) ? (int64_t)below(h, 50000) : 0;
    }
    return account;
}

#define EXPECT_FIELD(field)                                                                \
    cr_assert(got->field == want->field,                                                   \
              "seed %" PRIu64 " command %u (%s): " #field " is %lld, the model says %lld", \
              h->seed, at, fz_command_info((int)want->type)->name, (long long)got->field,  \
              (long long)want->field)

void expect_same_result(const struct history *h,
                        unsigned at,
                        const struct fz_result *got,
                        const struct fz_result *want)
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
              "seed %" PRIu64 " command %u: ids differ", h->seed, at);
    cr_assert_str_eq(got->note, want->note, "seed %" PRIu64 " command %u: note", h->seed, at);
}
