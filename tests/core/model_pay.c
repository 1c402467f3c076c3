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
static void end_unpaid(struct model *m, struct model_intent *i, int state, int event, int64_t now)
{
    struct fz_result nobody = {.time_us = now};
    i->state = state;
    m->last_time = now;
    model_tell(m, i, &nobody, event, i->amount);
}

static void expire(struct model *m, struct model_intent *i, int64_t now)
{
    if (i->state == 1 && now >= i->expires) {
        end_unpaid(m, i, 4, 4, now);
    }
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

/* Asked of one payer, who has not paid. */
static bool waits_for_another(const struct model_intent *i, int64_t party)
{
    return i->state != 2 && i->state != 5 && i->payer > 0 && i->payer != party;
}

fz_rc model_run_code(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_account *wallet = model_account(m, WALLET(c->party));
    if (c->amount < 1 || c->amount > 1000000) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (model_code(m, c->code_hash) != NULL) {
        return FZ_CODE_USED;
    }
    if (wallet == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (wallet->state != 1) {
        return wallet->state == 2 ? FZ_ACCOUNT_FROZEN : FZ_ACCOUNT_CLOSED;
    }
    struct model_code *code = &m->codes[m->codes_len++];
    *code = (struct model_code){
        .id = c->id, .party = c->party, .amount = c->amount, .expires = r->time_us + 300000000};
    memcpy(code->hash, c->code_hash, 32);
    r->expires_us = code->expires;
    return FZ_OK;
}

/* Why a code cannot be used, or FZ_OK. */
static fz_rc
refuse_code(struct model *m, const struct model_code *code, const struct fz_command *c, int64_t now)
{
    const struct model_account *shop = model_account(m, MERCHANT(c->shop));
    if (code == NULL) {
        return FZ_CODE_UNKNOWN;
    }
    if (code->used) {
        return FZ_CODE_USED;
    }
    if (now >= code->expires) {
        return FZ_CODE_EXPIRED;
    }
    if (shop == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (shop->state != 1) {
        return FZ_MERCHANT_CLOSED;
    }
    return model_account(m, WALLET(code->party))->state == 1 ? FZ_OK : FZ_PAYER_DECLINED;
}

static fz_rc run_intent_by_code(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_code *code = model_code(m, c->code_hash);
    fz_rc rc = refuse_code(m, code, c, r->time_us);
    struct fz_command pay = *c;
    bool asks = code != NULL && c->amount > code->amount;
    if (rc == FZ_OK && !asks) {
        pay.party = code->party;
        rc = pay_once(m, &pay, r);
        r->value = rc == FZ_INSUFFICIENT_FUNDS ? 0 : r->value;
    }
    if (rc != FZ_OK) {
        return rc;
    }
    r->expires_us = r->time_us + 30000000;
    r->party = code->party;
    r->state = asks ? 1 : 2;
    struct model_intent *i = &m->intents[m->intents_len++];
    *i = (struct model_intent){.id = c->id,
                               .shop = c->shop,
                               .amount = c->amount,
                               .created = r->time_us,
                               .expires = r->expires_us,
                               .terminal = c->terminal,
                               .payer = code->party,
                               .state = r->state};
    if (!asks) {
        i->paid_at = r->time_us;
        i->number = r->number;
        i->payment = c->id;
    }
    code->used = true;
    code->intent = c->id;
    model_tell(m, i, r, r->state, c->amount);
    return FZ_OK;
}

fz_rc model_run_intent(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    if (c->amount < 1 || c->amount > 1000000) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (fz_command_has_code(c)) {
        return run_intent_by_code(m, c, r);
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
    bool declines = c->shop == 0 && i->payer > 0 && c->actor == i->payer;
    if (i->shop != c->shop && !declines) {
        return FZ_NOT_YOURS;
    }
    expire(m, i, r->time_us);
    if (i->state == 1) {
        end_unpaid(m, i, 3, declines ? 7 : 3, r->time_us);
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
    if (waits_for_another(i, c->party)) {
        return FZ_NOT_YOURS;
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
    if (i->state != 2 && i->state != 5) {
        return FZ_NOT_PAID;
    }
    r->party = i->payer;
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
    struct model_account *shop = model_account(m, MERCHANT(i->shop));
    if (!is_void && rc == FZ_INSUFFICIENT_FUNDS && shop->held + c->amount <= 100000) {
        m->held[m->held_len++] = (struct model_held){.id = c->id,
                                                     .intent = i->id,
                                                     .shop = i->shop,
                                                     .party = i->payer,
                                                     .amount = c->amount,
                                                     .waits = true};
        shop->held += c->amount;
        i->refunded += c->amount;
        r->value = i->refunded;
        model_tell(m, i, r, 8, c->amount);
        r->state = 6;
        return FZ_OK;
    }
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

fz_rc model_run_release(struct model *m, const struct fz_command *c, struct fz_result *r)
{
    struct model_held *held = model_held(m, &c->ref);
    if (held == NULL || !held->waits || held->shop != c->shop || held->party != c->party ||
        memcmp(held->intent.bytes, c->sale.bytes, 16) != 0) {
        return FZ_NOT_HELD;
    }
    struct model_intent *i = model_intent(m, &held->intent);
    r->amount = held->amount;
    fz_rc rc =
        model_book(m, FZ_KIND_REFUND, MERCHANT(held->shop), WALLET(held->party), r, held->amount);
    if (rc == FZ_OK) {
        held->waits = false;
        held->released_by = c->id;
        model_account(m, MERCHANT(held->shop))->held -= held->amount;
        r->value = i->refunded;
        r->state = i->state;
        model_tell(m, i, r, 6, held->amount);
    }
    return rc;
}
