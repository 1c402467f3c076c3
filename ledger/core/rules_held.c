/*
 * Room ledger/core. Refunds that wait for the shop's money: counted with the intent at once, booked
 * when the shop has it. What waits is the shop's debt to its customers: a payout leaves it there.
 */
#include "feezero/assert.h"
#include "ledger/core/book.h"
#include "ledger/core/intent.h"
#include "ledger/core/rules.h"

bool fz_hold_refund(struct fz_state *state,
                    const struct fz_command *c,
                    struct fz_intent *intent,
                    struct fz_result *result)
{
    struct fz_account *merchant =
        fz_state_account(state, fz_account_number(FZ_ACCOUNT_MERCHANT, intent->shop));
    fz_assert(merchant != NULL);
    if (c->amount > FZ_HELD_MAX_YEN - merchant->held) {
        return false;
    }
    struct fz_held *held = fz_state_add_held(state, &c->id);
    held->intent = intent->id;
    held->shop = intent->shop;
    held->party = intent->payer;
    held->amount = c->amount;
    held->since_us = result->time_us;
    held->is_new = true;
    merchant->held += c->amount;
    merchant->held_changed = true;
    intent->refunded += c->amount;
    result->value = intent->refunded;
    fz_intent_change(intent, FZ_STATE_COMPLETED, result);
    fz_intent_tell(state, intent, FZ_EVENT_REFUND_HELD, result);
    result->state = FZ_REFUND_HELD;
    return true;
}

/* The refund that `c` names, if it waits and is what `c` takes it for. */
static struct fz_held *find_held(struct fz_state *state, const struct fz_command *c)
{
    struct fz_held *held = fz_state_held(state, &c->ref);
    bool agrees = held != NULL && fz_id_is_zero(&held->released_by) && held->shop == c->shop &&
                  held->party == c->party && fz_id_equal(&held->intent, &c->sale);
    return agrees ? held : NULL;
}

fz_rc fz_rule_release(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_held *held = find_held(state, c);
    if (held == NULL) {
        return FZ_NOT_HELD;
    }
    struct fz_intent *intent = fz_state_intent(state, &held->intent);
    struct fz_leg leg = {.kind = FZ_KIND_REFUND,
                         .debit = fz_account_number(FZ_ACCOUNT_MERCHANT, held->shop),
                         .credit = fz_account_number(FZ_ACCOUNT_WALLET, held->party),
                         .amount = held->amount};
    struct fz_account *merchant = fz_state_account(state, leg.debit);
    fz_assert(intent != NULL && merchant != NULL);
    result->amount = held->amount;
    fz_rc rc = fz_book(state, &leg, 1, result);
    if (rc != FZ_OK) {
        return rc;
    }
    merchant->held -= held->amount;
    merchant->held_changed = true;
    held->released_by = c->id;
    held->dirty = !held->is_new;
    result->value = intent->refunded;
    fz_intent_change(intent, FZ_STATE_COMPLETED, result);
    fz_intent_tell(state, intent, FZ_EVENT_REFUNDED, result);
    return FZ_OK;
}
