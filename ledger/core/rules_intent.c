/*
 * Room ledger/core. The life of an intent: create, cancel, expire, pay, void, refund. Whoever comes
 * first in the order of the ledger wins; the loser is told the state the winner left.
 */
#include "feezero/assert.h"
#include "ledger/core/book.h"
#include "ledger/core/calendar.h"
#include "ledger/core/intent.h"
#include "ledger/core/rules.h"

static bool in_range(int64_t amount, int64_t max)
{
    return amount >= FZ_AMOUNT_MIN && amount <= max;
}

fz_rc fz_rule_intent(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_PAYMENT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (fz_command_has_code(c)) {
        return fz_rule_intent_by_code(state, c, result);
    }
    struct fz_account *merchant =
        fz_state_account(state, fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop));
    if (merchant == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (merchant->state != FZ_OPEN) {
        return FZ_MERCHANT_CLOSED;
    }
    struct fz_intent *intent = fz_intent_add(state, c, result->time_us);
    intent->expires_us = result->time_us + (int64_t)c->ttl_s * 1000000;
    result->expires_us = intent->expires_us;
    fz_intent_change(intent, FZ_STATE_CREATED, result);
    fz_intent_tell(state, intent, FZ_EVENT_CREATED, result);
    return FZ_OK;
}

fz_rc fz_rule_cancel(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_intent *intent = fz_state_intent(state, &c->ref);
    if (intent == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    bool by_payer = c->shop == 0 && intent->payer != 0 && intent->payer == c->actor;
    if (!by_payer && intent->shop != c->shop) {
        return FZ_NOT_YOURS;
    }
    fz_intent_expire(state, intent, result);
    if (intent->state == FZ_STATE_CREATED) {
        fz_intent_end(state, intent, FZ_STATE_CANCELED,
                      by_payer ? FZ_EVENT_DECLINED : FZ_EVENT_CANCELED, result);
    }
    result->amount = intent->amount;
    result->state = (int32_t)intent->state;
    return intent->number != 0 ? FZ_INTENT_PAID : FZ_OK;
}

fz_rc fz_rule_expire(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_intent *intent = fz_state_intent(state, &c->ref);
    if (intent == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    fz_intent_expire(state, intent, result);
    result->state = (int32_t)intent->state;
    return FZ_OK;
}

/* The refusal that stands for a state in which an intent can no longer be paid. */
static fz_rc unpayable(enum fz_intent_state state)
{
    switch (state) {
    case FZ_STATE_CREATED:
        return FZ_OK;
    case FZ_STATE_COMPLETED:
    case FZ_STATE_VOIDED:
        return FZ_INTENT_PAID;
    case FZ_STATE_CANCELED:
        return FZ_INTENT_CANCELED;
    case FZ_STATE_EXPIRED:
        return FZ_INTENT_EXPIRED;
    case FZ_STATE_NONE:
        break;
    }
    FZ_UNREACHABLE();
}

static fz_rc
book_payment(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_leg leg = {.kind = FZ_KIND_PAYMENT,
                         .debit = fz_account_number(FZ_ACCOUNT_WALLET, c->party),
                         .credit = fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop),
                         .amount = c->amount,
                         .is_guarded = !c->again};
    return fz_book(state, &leg, 1, result);
}

/* At a sticker nobody asked: the payment makes the intent that it pays, and it has its id. */
static fz_rc
pay_sticker(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    fz_rc rc = book_payment(state, c, result);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_intent *intent = fz_intent_add(state, c, result->time_us);
    result->ref = c->id;
    fz_intent_complete(state, intent, c->party, result);
    return FZ_OK;
}

fz_rc fz_rule_pay(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_PAYMENT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (fz_id_is_zero(&c->ref)) {
        return pay_sticker(state, c, result);
    }
    struct fz_intent *intent = fz_state_intent(state, &c->ref);
    if (intent == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    if (intent->number == 0 && intent->payer != 0 && intent->payer != c->party) {
        return FZ_NOT_YOURS; /* it waits for another one's consent */
    }
    fz_intent_expire(state, intent, result);
    result->state = (int32_t)intent->state;
    fz_rc rc = unpayable(intent->state);
    if (rc != FZ_OK) {
        return rc;
    }
    if (intent->shop != c->shop) {
        return FZ_SHOP_MISMATCH;
    }
    if (intent->amount != c->amount) {
        return FZ_AMOUNT_MISMATCH;
    }
    rc = book_payment(state, c, result);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_intent_complete(state, intent, c->party, result);
    return FZ_OK;
}

/* What void and refund have in common: the shop's own, paid and not voided. */
static fz_rc find_paid(struct fz_state *state,
                       const struct fz_command *c,
                       struct fz_result *result,
                       struct fz_intent **intent_out)
{
    struct fz_intent *intent = fz_state_intent(state, &c->ref);
    if (intent == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    if (intent->shop != c->shop) {
        return FZ_NOT_YOURS;
    }
    fz_intent_expire(state, intent, result);
    result->state = (int32_t)intent->state;
    *intent_out = intent;
    if (intent->number == 0) {
        return FZ_NOT_PAID;
    }
    result->party = intent->payer;
    return intent->state == FZ_STATE_VOIDED ? FZ_ALREADY_VOIDED : FZ_OK;
}

/* Books money back from the shop to the payer. */
static fz_rc give_back(struct fz_state *state,
                       const struct fz_intent *intent,
                       enum fz_kind kind,
                       struct fz_result *result)
{
    struct fz_leg leg = {.kind = kind,
                         .debit = fz_account_number(FZ_ACCOUNT_MERCHANT, intent->shop),
                         .credit = fz_account_number(FZ_ACCOUNT_WALLET, intent->payer),
                         .amount = result->amount};
    return fz_book(state, &leg, 1, result);
}

fz_rc fz_rule_void(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_intent *intent = NULL;
    fz_rc rc = find_paid(state, c, result, &intent);
    if (rc != FZ_OK) {
        return rc;
    }
    if (intent->refunded > 0) {
        return FZ_ALREADY_REFUNDED;
    }
    int64_t graced_us = result->time_us - FZ_VOID_GRACE_S * 1000000LL;
    if (fz_business_day(graced_us, state->head.utc_offset_s) >
        fz_business_day(intent->paid_us, state->head.utc_offset_s)) {
        return FZ_VOID_WINDOW_CLOSED;
    }
    result->amount = intent->amount;
    rc = give_back(state, intent, FZ_KIND_VOID, result);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_intent_change(intent, FZ_STATE_VOIDED, result);
    fz_intent_tell(state, intent, FZ_EVENT_VOIDED, result);
    return FZ_OK;
}

fz_rc fz_rule_refund(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_intent *intent = NULL;
    if (!in_range(c->amount, FZ_PAYMENT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    fz_rc rc = find_paid(state, c, result, &intent);
    if (rc != FZ_OK) {
        return rc;
    }
    if (c->amount > intent->amount - intent->refunded) {
        result->value = intent->amount - intent->refunded;
        return FZ_REFUND_EXCEEDS;
    }
    rc = give_back(state, intent, FZ_KIND_REFUND, result);
    if (rc == FZ_INSUFFICIENT_FUNDS && fz_hold_refund(state, c, intent, result)) {
        return FZ_OK;
    }
    if (rc != FZ_OK) {
        return rc;
    }
    intent->refunded += c->amount;
    result->value = intent->refunded;
    fz_intent_change(intent, FZ_STATE_COMPLETED, result);
    fz_intent_tell(state, intent, FZ_EVENT_REFUNDED, result);
    return FZ_OK;
}
