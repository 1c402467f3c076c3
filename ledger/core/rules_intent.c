/*
 * Room ledger/core. The life of an intent: create, cancel, expire, pay, void, refund. Whoever comes
 * first in the order of the ledger wins; the loser is told the state the winner left.
 */
#include "feezero/assert.h"
#include "ledger/core/book.h"
#include "ledger/core/calendar.h"
#include "ledger/core/rules.h"

static bool in_range(int64_t amount, int64_t max)
{
    return amount >= FZ_AMOUNT_MIN && amount <= max;
}

static void add_event(struct fz_state *state,
                      struct fz_intent *intent,
                      enum fz_event_type type,
                      const struct fz_result *result)
{
    fz_assert(state->events_len < FZ_BATCH_MAX);
    struct fz_event *event = &state->events[state->events_len++];
    *event = (struct fz_event){.number = ++state->head.last_event,
                               .time_us = result->time_us,
                               .shop = intent->shop,
                               .amount = result->amount,
                               .transfer = result->number,
                               .previous = intent->last_event,
                               .intent = intent->id,
                               .operation = result->id,
                               .type = (int32_t)type,
                               .state = (int32_t)intent->state};
    intent->last_event = event->number;
}

static void change(struct fz_intent *intent, enum fz_intent_state to, struct fz_result *result)
{
    intent->state = to;
    intent->dirty = !intent->is_new;
    result->state = (int32_t)to;
}

/* Ends an intent without money: canceled or expired. Takes the ledger's time. */
static void end_unpaid(struct fz_state *state,
                       struct fz_intent *intent,
                       enum fz_intent_state to,
                       const struct fz_result *result)
{
    struct fz_result ended = {.amount = intent->amount, .time_us = result->time_us};
    change(intent, to, &ended);
    add_event(state, intent, to == FZ_STATE_CANCELED ? FZ_EVENT_CANCELED : FZ_EVENT_EXPIRED,
              &ended);
    state->head.last_time_us = result->time_us;
}

/* Expiry needs no clock of its own: it happens when the ledger next looks at the intent. */
static void
expire_if_due(struct fz_state *state, struct fz_intent *intent, const struct fz_result *result)
{
    if (intent->state == FZ_STATE_CREATED && result->time_us >= intent->expires_us) {
        end_unpaid(state, intent, FZ_STATE_EXPIRED, result);
    }
}

/* An intent with the command's own id, as the command says. It expires a moment after `time_us`. */
static struct fz_intent *
add_intent(struct fz_state *state, const struct fz_command *c, int64_t time_us)
{
    struct fz_intent *intent = fz_state_add_intent(state, &c->id);
    intent->shop = c->shop;
    intent->terminal = c->terminal;
    intent->amount = c->amount;
    intent->created_us = time_us;
    intent->expires_us = time_us + 1;
    intent->is_new = true;
    intent->source = c;
    return intent;
}

fz_rc fz_rule_intent(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_PAYMENT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct fz_account *merchant =
        fz_state_account(state, fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop));
    if (merchant == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (merchant->state != FZ_OPEN) {
        return FZ_MERCHANT_CLOSED;
    }
    struct fz_intent *intent = add_intent(state, c, result->time_us);
    intent->expires_us = result->time_us + (int64_t)c->ttl_s * 1000000;
    result->expires_us = intent->expires_us;
    change(intent, FZ_STATE_CREATED, result);
    add_event(state, intent, FZ_EVENT_CREATED, result);
    return FZ_OK;
}

fz_rc fz_rule_cancel(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_intent *intent = fz_state_intent(state, &c->ref);
    if (intent == NULL) {
        return FZ_INTENT_NOT_FOUND;
    }
    if (intent->shop != c->shop) {
        return FZ_NOT_YOURS;
    }
    expire_if_due(state, intent, result);
    if (intent->state == FZ_STATE_CREATED) {
        end_unpaid(state, intent, FZ_STATE_CANCELED, result);
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
    expire_if_due(state, intent, result);
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

static void
complete(struct fz_state *state, struct fz_intent *intent, int64_t payer, struct fz_result *result)
{
    intent->paid_us = result->time_us;
    intent->number = result->number;
    intent->payer = payer;
    intent->payment = result->id;
    result->terminal = intent->terminal;
    change(intent, FZ_STATE_COMPLETED, result);
    add_event(state, intent, FZ_EVENT_COMPLETED, result);
}

/* At a sticker nobody asked: the payment makes the intent that it pays, and it has its id. */
static fz_rc
pay_sticker(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    fz_rc rc = book_payment(state, c, result);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_intent *intent = add_intent(state, c, result->time_us);
    result->ref = c->id;
    complete(state, intent, c->party, result);
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
    expire_if_due(state, intent, result);
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
    complete(state, intent, c->party, result);
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
    expire_if_due(state, intent, result);
    result->state = (int32_t)intent->state;
    result->party = intent->payer;
    *intent_out = intent;
    if (intent->number == 0) {
        return FZ_NOT_PAID;
    }
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
    change(intent, FZ_STATE_VOIDED, result);
    add_event(state, intent, FZ_EVENT_VOIDED, result);
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
    if (rc != FZ_OK) {
        return rc;
    }
    intent->refunded += c->amount;
    result->value = intent->refunded;
    change(intent, FZ_STATE_COMPLETED, result);
    add_event(state, intent, FZ_EVENT_REFUNDED, result);
    return FZ_OK;
}
