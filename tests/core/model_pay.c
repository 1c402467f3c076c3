/*
 * Test room. The plain model of an intent's life: asked, paid, undone. Written from docs/ledger.md,
 * not from the code.
 */
#include <string.h>

#include "tests/core/model_rules.h"

#define DAY 86400000000LL

static bool is_zero(const struct fz_id *id)
{
    static const struct fz_id zero = {{0}};
    return memcmp(id, &zero, sizeof(zero)) == 0;
}

/* An intent ends without money; nobody's operation did it. */
static void end_unpaid(struct model *m, struct model_intent *i, int state, int64_t now)
{
    struct fz_result nobody = {.time_us = now};
    i->state = state;
    m->last_time = now;
    model_tell(m, i, &nobody, state,
               i->amount); /* 3 canceled, 4 expired: states and events agree */
}

static void expire(struct model *m, struct model_intent *i, int64_t now)
{
    if (i->state == 1 && now >= i->expires) {
        end_unpaid(m, i, 4, now);
    }
}

fz_rc model_run_intent(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->amount < 1 || c->amount > 1000000) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct model_account *shop = model_account(m, MERCHANT(c->shop));
    if (shop == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (shop->state != 1) {
        return FZ_MERCHANT_CLOSED;
    }
    r->expires_us = r->time_us + c->ttl_s * 1000000LL;
    m->intents[m->intents_len++] = (struct model_intent){.id = c->id,
                                                         .shop = c->shop,
                                                         .amount = c->amount,
                                                         .created = r->time_us,
                                                         .expires = r->expires_us,
                                                         .terminal = c->terminal,
                                                         .state = 1};
    r->state = 1;
    model_tell(m, &m->intents[m->intents_len - 1], r, 1, c->amount);
    return FZ_OK;
}

fz_rc model_run_cancel(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_intent *i = model_intent(m, &c->ref);
    if (i == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    if (i->shop != c->shop) {
        return FZ_NOT_YOURS;
    }
    expire(m, i, r->time_us);
    if (i->state == 1) {
        end_unpaid(m, i, 3, r->time_us);
    }
    r->amount = i->amount;
    r->state = i->state;
    return i->state == 2 || i->state == 5 ? FZ_INTENT_PAID : FZ_OK;
}

fz_rc model_run_expire(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_intent *i = model_intent(m, &c->ref);
    if (i == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    expire(m, i, r->time_us);
    r->state = i->state;
    return FZ_OK;
}

/* The payment itself, unless the payer made one like it a moment ago and does not say "again". */
static fz_rc pay_once(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_account *payer = model_account(m, WALLET(c->party));
    struct model_account *shop = model_account(m, MERCHANT(c->shop));
    int64_t since = model_since_like(m, WALLET(c->party), MERCHANT(c->shop), c->amount, r->time_us);
    if (payer != NULL && payer->state == 1 && shop != NULL && shop->state == 1 && since >= 0 &&
        !c->again) {
        r->value = since;
        return FZ_SUSPECTED_DUPLICATE;
    }
    return model_book(m, FZ_KIND_PAYMENT, WALLET(c->party), MERCHANT(c->shop), r, c->amount);
}

/* Without an intent: one comes into being, paid. */
static fz_rc run_pay_sticker(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    fz_rc rc = pay_once(m, c, r);
    if (rc == FZ_OK) {
        m->intents[m->intents_len++] = (struct model_intent){.id = c->id,
                                                             .shop = c->shop,
                                                             .amount = c->amount,
                                                             .created = r->time_us,
                                                             .expires = r->time_us + 1,
                                                             .terminal = c->terminal,
                                                             .state = 2,
                                                             .payer = c->party,
                                                             .paid_at = r->time_us,
                                                             .number = r->number,
                                                             .payment = c->id};
        r->ref = c->id;
        r->state = 2;
        model_tell(m, &m->intents[m->intents_len - 1], r, 2, c->amount);
    }
    return rc;
}

fz_rc model_run_pay(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    static const fz_rc by_state[] = {
        FZ_INTERNAL, FZ_OK, FZ_INTENT_PAID, FZ_INTENT_CANCELED, FZ_INTENT_EXPIRED, FZ_INTENT_PAID};
    if (c->amount < 1 || c->amount > 1000000) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (is_zero(&c->ref)) {
        return run_pay_sticker(m, c, r);
    }
    struct model_intent *i = model_intent(m, &c->ref);
    if (i == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    expire(m, i, r->time_us);
    r->state = i->state;
    if (i->state != 1) {
        return by_state[i->state];
    }
    if (i->shop != c->shop) {
        return FZ_SHOP_MISMATCH;
    }
    if (i->amount != c->amount) {
        return FZ_AMOUNT_MISMATCH;
    }
    fz_rc rc = pay_once(m, c, r);
    if (rc == FZ_OK) {
        i->state = 2;
        i->payer = c->party;
        i->paid_at = r->time_us;
        i->number = r->number;
        i->payment = c->id;
        r->terminal = i->terminal;
        r->state = 2;
        model_tell(m, i, r, 2, i->amount);
    }
    return rc;
}

fz_rc model_run_give_back(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    bool is_void = c->type == FZ_COMMAND_VOID;
    if (!is_void && (c->amount < 1 || c->amount > 1000000)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct model_intent *i = model_intent(m, &c->ref);
    if (i == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    if (i->shop != c->shop) {
        return FZ_NOT_YOURS;
    }
    expire(m, i, r->time_us);
    r->state = i->state;
    r->party = i->payer;
    if (i->state != 2 && i->state != 5) {
        return FZ_NOT_PAID;
    }
    if (i->state == 5) {
        return FZ_ALREADY_VOIDED;
    }
    if (is_void && i->refunded > 0) {
        return FZ_ALREADY_REFUNDED;
    }
    int64_t zone = m->offset_s * 1000000LL;
    int64_t end = ((i->paid_at + zone) / DAY + 1) * DAY - zone + 15 * 60000000LL;
    if (is_void && r->time_us >= end) {
        return FZ_VOID_WINDOW_CLOSED;
    }
    if (is_void) {
        r->amount = i->amount;
    } else if (i->refunded + c->amount > i->amount) {
        r->value = i->amount - i->refunded;
        return FZ_REFUND_EXCEEDS;
    }
    fz_rc rc = model_book(m, is_void ? FZ_KIND_VOID : FZ_KIND_REFUND, MERCHANT(i->shop),
                          WALLET(i->payer), r, r->amount);
    if (rc == FZ_OK && is_void) {
        i->state = 5;
        model_tell(m, i, r, 5, i->amount);
    } else if (rc == FZ_OK) {
        i->refunded += c->amount;
        r->value = i->refunded;
        model_tell(m, i, r, 6, c->amount);
    }
    r->state = i->state;
    return rc;
}
