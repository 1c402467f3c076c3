/*
 * Test room. When each refusal applies, see the header. Written from docs/ledger.md.
 */
#include "tests/core/refusals.h"

#include <string.h>

#define DAY 86400000000LL

struct money_leg {
    int kind;
    int64_t from, to, amount;
};

/* A leg before it is booked: the accounts as they are, NULL where there is none. */
static bool stand_against_leg(const struct money_leg *leg,
                              const struct model_account *from,
                              const struct model_account *to,
                              bool has[REFUSALS_MAX])
{
    bool wallet_limit = leg->kind == FZ_KIND_TOPUP || leg->kind == FZ_KIND_P2P;
    int64_t from_class = leg->from / 1000000000;
    int64_t to_class = leg->to / 1000000000;
    bool short_from = from != NULL && from_class >= 10 && from_class <= 12;
    bool short_to = to != NULL && to_class <= 3;
    struct {
        fz_rc rc;
        bool applies;
    } conditions[] = {
        {FZ_ACCOUNT_NOT_FOUND, from == NULL || to == NULL},
        {FZ_MERCHANT_CLOSED, leg->kind == FZ_KIND_PAYMENT && to != NULL && to->state != 1},
        {FZ_ACCOUNT_CLOSED, (from != NULL && from->state == 3) || (to != NULL && to->state == 3)},
        {FZ_ACCOUNT_FROZEN, from != NULL && from->state == 2},
        {FZ_INSUFFICIENT_FUNDS, (short_from && model_available(from) < leg->amount) ||
                                    (short_to && model_available(to) < leg->amount)},
        {FZ_BALANCE_LIMIT,
         wallet_limit && to != NULL && leg->amount > 1000000 - (to->credits - to->debits)},
        {FZ_OVERFLOW,
         leg->amount > 0 && ((from != NULL && from->debits > INT64_MAX - leg->amount) ||
                             (to != NULL && to->credits > INT64_MAX - leg->amount))}};
    bool any = false;
    for (unsigned i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        has[conditions[i].rc] = has[conditions[i].rc] || conditions[i].applies;
        any = any || conditions[i].applies;
    }
    return any;
}

static void book(const struct money_leg *leg, struct model_account *from, struct model_account *to)
{
    from->debits += leg->amount;
    to->credits += leg->amount;
}

/* The legs in their order, on a copy of the accounts; stops at the first that is refused. */
static void
stand_against(struct model *m, const struct money_leg *legs, unsigned len, struct refusals *out)
{
    struct model_account before[256];
    memcpy(before, m->accounts, sizeof(before));
    for (unsigned i = 0; i < len; i++) {
        struct model_account *from = model_account(m, legs[i].from);
        struct model_account *to = model_account(m, legs[i].to);
        if (stand_against_leg(&legs[i], from, to, out->has)) {
            break;
        }
        if (from != NULL && to != NULL && i + 1 < len) {
            book(&legs[i], from, to);
        }
    }
    memcpy(m->accounts, before, sizeof(before));
}

static int64_t wallet(int64_t party)
{
    return 10000000000LL + party;
}

static int64_t merchant(int64_t party)
{
    return 11000000000LL + party;
}

static int64_t receivable(int64_t party)
{
    return 3000000000LL + party;
}

#define RESERVE 1000000000LL
#define TRANSIT 2000000000LL
#define PENDING 12000000000LL
#define TAX_OWED 13000000000LL
#define REVENUE 20000000000LL

/* The intent's state at this moment: an expired one may still be written as created. */
static int state_at(const struct model_intent *i, int64_t time)
{
    return i->state == 1 && time >= i->expires ? 4 : i->state;
}

static void of_code(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_account *payer = model_account(m, wallet(c->party));
    out->has[FZ_CODE_USED] = model_code(m, c->code_hash) != NULL;
    out->has[FZ_ACCOUNT_NOT_FOUND] = payer == NULL;
    out->has[FZ_ACCOUNT_CLOSED] = payer != NULL && payer->state == 3;
    out->has[FZ_ACCOUNT_FROZEN] = payer != NULL && payer->state == 2;
}

static void
of_intent_by_code(struct model *m, const struct fz_command *c, int64_t time, struct refusals *out)
{
    const struct model_code *code = model_code(m, c->code_hash);
    const struct model_account *shop = model_account(m, merchant(c->shop));
    const struct model_account *payer = code == NULL ? NULL : model_account(m, wallet(code->party));
    out->has[FZ_ACCOUNT_NOT_FOUND] = shop == NULL;
    out->has[FZ_MERCHANT_CLOSED] = shop != NULL && shop->state != 1;
    out->has[FZ_CODE_UNKNOWN] = code == NULL;
    if (code == NULL || payer == NULL) {
        return;
    }
    out->has[FZ_CODE_USED] = code->used;
    out->has[FZ_CODE_EXPIRED] = time >= code->expires;
    out->has[FZ_PAYER_DECLINED] = payer->state != 1;
    if (c->amount > code->amount) {
        return; /* she is asked first */
    }
    out->has[FZ_SUSPECTED_DUPLICATE] =
        !c->again && model_since_like(m, payer->number, merchant(c->shop), c->amount, time) >= 0;
    out->has[FZ_INSUFFICIENT_FUNDS] = model_available(payer) < c->amount;
    out->has[FZ_OVERFLOW] =
        c->amount > 0 && (payer->debits > INT64_MAX - c->amount ||
                          (shop != NULL && shop->credits > INT64_MAX - c->amount));
}

static void
of_intent(struct model *m, const struct fz_command *c, int64_t time, struct refusals *out)
{
    if (fz_command_has_code(c)) {
        of_intent_by_code(m, c, time, out);
        return;
    }
    const struct model_account *shop = model_account(m, merchant(c->shop));
    out->has[FZ_ACCOUNT_NOT_FOUND] = shop == NULL;
    out->has[FZ_MERCHANT_CLOSED] = shop != NULL && shop->state != 1;
}

static void of_pay(struct model *m, const struct fz_command *c, int64_t time, struct refusals *out)
{
    const struct model_intent *i = model_intent(m, &c->ref);
    int state = i == NULL ? 0 : state_at(i, time);
    struct money_leg leg = {FZ_KIND_PAYMENT, wallet(c->party), merchant(c->shop), c->amount};
    static const struct fz_id sticker = {{0}};
    out->has[FZ_INTENT_NOT_FOUND] = i == NULL && memcmp(&c->ref, &sticker, 16) != 0;
    out->has[FZ_NOT_YOURS] = i != NULL && i->number == 0 && i->payer > 0 && i->payer != c->party;
    out->has[FZ_INTENT_PAID] = state == 2 || state == 5;
    out->has[FZ_INTENT_CANCELED] = state == 3;
    out->has[FZ_INTENT_EXPIRED] = state == 4;
    out->has[FZ_SHOP_MISMATCH] = i != NULL && i->shop != c->shop;
    out->has[FZ_AMOUNT_MISMATCH] = i != NULL && i->amount != c->amount;
    out->has[FZ_SUSPECTED_DUPLICATE] =
        !c->again && model_since_like(m, leg.from, leg.to, c->amount, time) >= 0;
    stand_against(m, &leg, 1, out);
}

static void of_cancel_or_expire(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_intent *i = model_intent(m, &c->ref);
    bool cancel = c->type == FZ_COMMAND_CANCEL;
    out->has[FZ_INTENT_NOT_FOUND] = i == NULL;
    bool declines = i != NULL && c->shop == 0 && i->payer > 0 && i->payer == c->actor;
    out->has[FZ_NOT_YOURS] = cancel && i != NULL && i->shop != c->shop && !declines;
    out->has[FZ_INTENT_PAID] = cancel && i != NULL && (i->state == 2 || i->state == 5);
}

static int64_t day_of(const struct model *m, int64_t time)
{
    return (time + m->offset_s * 1000000) / DAY;
}

static void
of_give_back(struct model *m, const struct fz_command *c, int64_t time, struct refusals *out)
{
    const struct model_intent *i = model_intent(m, &c->ref);
    bool is_void = c->type == FZ_COMMAND_VOID;
    out->has[FZ_INTENT_NOT_FOUND] = i == NULL;
    if (i == NULL) {
        return;
    }
    out->has[FZ_NOT_YOURS] = i->shop != c->shop;
    out->has[FZ_NOT_PAID] = i->number == 0;
    if (i->number == 0) {
        return;
    }
    struct money_leg leg = {is_void ? FZ_KIND_VOID : FZ_KIND_REFUND, merchant(i->shop),
                            wallet(i->payer), is_void ? i->amount : c->amount};
    out->has[FZ_ALREADY_VOIDED] = i->state == 5;
    out->has[FZ_ALREADY_REFUNDED] = is_void && i->refunded > 0;
    out->has[FZ_VOID_WINDOW_CLOSED] =
        is_void && day_of(m, i->paid_at) < day_of(m, time - 900000000); /* 15 minutes of grace */
    out->has[FZ_REFUND_EXCEEDS] = !is_void && c->amount > i->amount - i->refunded;
    stand_against(m, &leg, 1, out);
    const struct model_account *shop = model_account(m, leg.from);
    if (!is_void && out->has[FZ_INSUFFICIENT_FUNDS] && c->amount <= 100000 - shop->held) {
        out->has[FZ_INSUFFICIENT_FUNDS] = out->has[FZ_OVERFLOW] = false; /* it will wait */
    }
}

static void of_release(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_held *held = model_held(m, &c->ref);
    out->has[FZ_NOT_HELD] = held == NULL || !held->waits || held->shop != c->shop ||
                            held->party != c->party ||
                            memcmp(&held->intent, &c->sale, sizeof(c->sale)) != 0;
    if (!out->has[FZ_NOT_HELD]) {
        struct money_leg leg = {FZ_KIND_REFUND, merchant(held->shop), wallet(held->party),
                                held->amount};
        stand_against(m, &leg, 1, out);
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void of_payout(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_account *shop = model_account(m, merchant(c->shop));
    struct money_leg leg = {FZ_KIND_PAYOUT, merchant(c->shop), PENDING, c->amount};
    if (shop != NULL && model_payable(shop) > 0) {
        leg.amount = least(c->amount, model_payable(shop));
    }
    stand_against(m, &leg, 1, out);
    out->has[FZ_INSUFFICIENT_FUNDS] = shop != NULL && model_payable(shop) < leg.amount;
}

static void of_payout_step(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_payout *p = model_payout(m, &c->ref);
    out->has[FZ_PAYOUT_NOT_FOUND] = p == NULL;
    if (p == NULL) {
        return;
    }
    struct money_leg sent = {FZ_KIND_PAYOUT_SENT, TRANSIT, RESERVE, p->amount};
    struct money_leg confirmed = {FZ_KIND_PAYOUT_CONFIRMED, PENDING, TRANSIT, p->amount};
    struct money_leg returned[2] = {
        {FZ_KIND_PAYOUT_RETURNED, PENDING, merchant(p->shop), p->amount},
        {FZ_KIND_PAYOUT_RECOVERED, RESERVE, TRANSIT, p->amount}};
    if (c->type == FZ_COMMAND_PAYOUT_SENT) {
        out->has[FZ_PAYOUT_STATE] = p->state != 1;
        stand_against(m, &sent, 1, out);
        return;
    }
    out->has[FZ_PAYOUT_STATE] = p->state != 2;
    if (c->type == FZ_COMMAND_PAYOUT_CONFIRM) {
        stand_against(m, &confirmed, 1, out);
    } else {
        stand_against(m, returned, 2, out);
    }
}

static void of_bill(struct model *m, const struct fz_command *c, struct refusals *out)
{
    struct money_leg legs[2] = {{FZ_KIND_SUBSCRIPTION, receivable(c->shop), REVENUE, c->amount},
                                {FZ_KIND_SUBSCRIPTION_TAX, receivable(c->shop), TAX_OWED, c->tax}};
    stand_against(m, legs, c->tax > 0 && !out->has[FZ_AMOUNT_OUT_OF_RANGE] ? 2 : 1, out);
}

static void of_collect(struct model *m, const struct fz_command *c, struct refusals *out)
{
    const struct model_account *shop = model_account(m, merchant(c->shop));
    const struct model_account *due = model_account(m, receivable(c->shop));
    struct money_leg leg = {FZ_KIND_SUBSCRIPTION_COLLECT, merchant(c->shop), receivable(c->shop),
                            c->amount};
    if (shop != NULL && due != NULL && model_available(shop) > 0 && model_available(due) > 0) {
        leg.amount = least(c->amount, least(model_available(shop), model_available(due)));
    }
    stand_against(m, &leg, 1, out);
}

static void of_correct(struct model *m, const struct fz_command *c, struct refusals *out)
{
    bool found = c->corrects >= 1 && c->corrects <= m->transfers_len;
    out->has[FZ_TRANSFER_NOT_FOUND] = !found;
    if (!found) {
        return;
    }
    const struct model_transfer *t = &m->transfers[c->corrects - 1];
    struct money_leg leg = {FZ_KIND_CORRECTION, t->credit, t->debit, t->amount};
    out->has[FZ_ALREADY_CORRECTED] = t->corrected;
    out->has[FZ_KIND_NOT_ALLOWED] =
        t->kind != FZ_KIND_TOPUP && t->kind != FZ_KIND_P2P && t->kind != FZ_KIND_SUBSCRIPTION &&
        t->kind != FZ_KIND_SUBSCRIPTION_TAX && t->kind != FZ_KIND_SUBSCRIPTION_COLLECT;
    stand_against(m, &leg, 1, out);
}

/* What the request alone shows, whatever the books say. */
static void of_request(const struct fz_command *c, int64_t time, struct refusals *out)
{
    static const int64_t most[] = {
        [FZ_COMMAND_INTENT] = 1000000,    [FZ_COMMAND_PAY] = 1000000,
        [FZ_COMMAND_CODE] = 1000000,      [FZ_COMMAND_LIMITS] = 0,
        [FZ_COMMAND_REFUND] = 1000000,    [FZ_COMMAND_P2P] = 1000000,
        [FZ_COMMAND_TOPUP] = 9999999999,  [FZ_COMMAND_PAYOUT] = 9999999999,
        [FZ_COMMAND_BILL] = 9999999999,   [FZ_COMMAND_COLLECT] = 9999999999,
        [FZ_COMMAND_CORRECT] = INT64_MAX, /* and it has no amount */
    };
    out->has[FZ_DEADLINE_PASSED] = c->deadline_us != 0 && time > c->deadline_us;
    if (most[c->type] > 0 && c->type != FZ_COMMAND_CORRECT) {
        out->has[FZ_AMOUNT_OUT_OF_RANGE] = c->amount < 1 || c->amount > most[c->type];
    }
    if (c->type == FZ_COMMAND_BILL && (c->tax < 0 || c->tax > c->amount)) {
        out->has[FZ_AMOUNT_OUT_OF_RANGE] = true;
    }
    out->has[FZ_SAME_ACCOUNT] = c->type == FZ_COMMAND_P2P && c->party == c->payee;
}

static void
of_books(struct model *m, const struct fz_command *c, int64_t time, struct refusals *out)
{
    struct money_leg p2p = {FZ_KIND_P2P, wallet(c->party), wallet(c->payee), c->amount};
    struct money_leg topup = {FZ_KIND_TOPUP, RESERVE, wallet(c->party), c->amount};
    switch (c->type) {
    case FZ_COMMAND_INTENT:
        of_intent(m, c, time, out);
        return;
    case FZ_COMMAND_CANCEL:
    case FZ_COMMAND_EXPIRE:
        of_cancel_or_expire(m, c, out);
        return;
    case FZ_COMMAND_PAY:
        of_pay(m, c, time, out);
        return;
    case FZ_COMMAND_VOID:
    case FZ_COMMAND_REFUND:
        of_give_back(m, c, time, out);
        return;
    case FZ_COMMAND_P2P:
        stand_against(m, &p2p, 1, out);
        return;
    case FZ_COMMAND_TOMBSTONE:
        return;
    case FZ_COMMAND_TOPUP:
        stand_against(m, &topup, 1, out);
        return;
    case FZ_COMMAND_PAYOUT:
        of_payout(m, c, out);
        return;
    case FZ_COMMAND_PAYOUT_SENT:
    case FZ_COMMAND_PAYOUT_CONFIRM:
    case FZ_COMMAND_PAYOUT_RETURN:
        of_payout_step(m, c, out);
        return;
    case FZ_COMMAND_BILL:
        of_bill(m, c, out);
        return;
    case FZ_COMMAND_COLLECT:
        of_collect(m, c, out);
        return;
    case FZ_COMMAND_CORRECT:
        of_correct(m, c, out);
        return;
    case FZ_COMMAND_CODE:
        of_code(m, c, out);
        return;
    case FZ_COMMAND_REFUND_RELEASE:
        of_release(m, c, out);
        return;
    case FZ_COMMAND_LIMITS:
        out->has[FZ_KIND_NOT_ALLOWED] = true;
        return;
    }
}

bool refusals_of(struct model *m, const struct fz_command *c, int64_t now_us, struct refusals *out)
{
    bool kept = c->type != FZ_COMMAND_CANCEL && c->type != FZ_COMMAND_EXPIRE;
    const struct model_operation *old = kept ? model_operation(m, &c->id) : NULL;
    int64_t time = model_time(m, now_us);
    *out = (struct refusals){0};
    if (old != NULL && model_same_request(old, c)) {
        return false;
    }
    out->has[FZ_TOMBSTONED] = old != NULL && old->command.type == FZ_COMMAND_TOMBSTONE;
    out->has[FZ_ID_REUSED] = old != NULL && old->command.type != FZ_COMMAND_TOMBSTONE;
    of_request(c, time, out);
    of_books(m, c, time, out);
    return true;
}
