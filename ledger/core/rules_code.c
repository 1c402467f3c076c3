/*
 * Room ledger/core. The code a resident shows, and the shop's intent that names it: paid at once up
 * to the code's amount, above it when she consents. The shop learns nothing of her balance and
 * nothing of her account's state but that it cannot be.
 */
#include "feezero/assert.h"
#include "ledger/core/book.h"
#include "ledger/core/intent.h"
#include "ledger/core/rules.h"

fz_rc fz_rule_code(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (c->amount < FZ_AMOUNT_MIN || c->amount > FZ_PAYMENT_MAX) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (fz_state_code(state, c->code_hash) != NULL) {
        return FZ_CODE_USED;
    }
    const struct fz_account *wallet =
        fz_state_account(state, fz_account_number(FZ_ACCOUNT_WALLET, c->party));
    if (wallet == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (wallet->state == FZ_CLOSED) {
        return FZ_ACCOUNT_CLOSED;
    }
    if (wallet->state == FZ_FROZEN) {
        return FZ_ACCOUNT_FROZEN;
    }
    struct fz_code *code = fz_state_add_code(state, c->code_hash);
    code->id = c->id;
    code->party = c->party;
    code->amount = c->amount;
    code->expires_us = result->time_us + FZ_CODE_TTL_S * 1000000LL;
    code->is_new = true;
    result->expires_us = code->expires_us;
    return FZ_OK;
}

static fz_rc check_code(const struct fz_code *code, int64_t time_us)
{
    if (code == NULL) {
        return FZ_CODE_UNKNOWN;
    }
    if (!fz_id_is_zero(&code->intent)) {
        return FZ_CODE_USED;
    }
    return time_us < code->expires_us ? FZ_OK : FZ_CODE_EXPIRED;
}

static fz_rc check_accounts(struct fz_state *state, const struct fz_leg *leg)
{
    const struct fz_account *merchant = fz_state_account(state, leg->credit);
    const struct fz_account *payer = fz_state_account(state, leg->debit);
    if (merchant == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    if (merchant->state != FZ_OPEN) {
        return FZ_MERCHANT_CLOSED;
    }
    fz_assert(payer != NULL); /* it was there when the code was made */
    return payer->state == FZ_OPEN ? FZ_OK : FZ_PAYER_DECLINED;
}

/* Books it if it may be booked without asking her; what is told to the shop. */
static fz_rc pay_at_once(struct fz_state *state, const struct fz_leg *leg, struct fz_result *result)
{
    fz_rc rc = fz_book(state, leg, 1, result);
    if (rc == FZ_INSUFFICIENT_FUNDS) {
        result->value = 0;
    }
    return rc;
}

fz_rc fz_rule_intent_by_code(struct fz_state *state,
                             const struct fz_command *c,
                             struct fz_result *result)
{
    struct fz_code *code = fz_state_code(state, c->code_hash);
    fz_rc rc = check_code(code, result->time_us);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_leg leg = {.kind = FZ_KIND_PAYMENT,
                         .debit = fz_account_number(FZ_ACCOUNT_WALLET, code->party),
                         .credit = fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop),
                         .amount = c->amount,
                         .is_guarded = !c->again};
    bool at_once = c->amount <= code->amount;
    rc = check_accounts(state, &leg);
    if (rc == FZ_OK && at_once) {
        rc = pay_at_once(state, &leg, result);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_intent *intent = fz_intent_add(state, c, result->time_us);
    intent->expires_us = result->time_us + FZ_CONSENT_S * 1000000LL;
    intent->payer = code->party;
    result->expires_us = intent->expires_us;
    result->party = code->party;
    code->intent = c->id;
    code->dirty = !code->is_new;
    if (at_once) {
        fz_intent_complete(state, intent, code->party, result);
    } else {
        fz_intent_change(intent, FZ_STATE_CREATED, result);
        fz_intent_tell(state, intent, FZ_EVENT_CREATED, result);
    }
    return FZ_OK;
}
