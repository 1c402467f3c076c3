/*
 * Room ledger/core. What moves money without an intent: person to person, top-ups, payouts and
 * their states, subscriptions, corrections.
 */
#include "feezero/amount.h"
#include "feezero/assert.h"
#include "ledger/core/book.h"
#include "ledger/core/decide.h"
#include "ledger/core/rules.h"

static bool in_range(int64_t amount, int64_t max)
{
    return amount >= FZ_AMOUNT_MIN && amount <= max;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

fz_rc fz_rule_p2p(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_PAYMENT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    if (c->party == c->payee) {
        return FZ_SAME_ACCOUNT;
    }
    struct fz_leg leg = {.kind = FZ_KIND_P2P,
                         .debit = fz_account_number(FZ_ACCOUNT_WALLET, c->party),
                         .credit = fz_account_number(FZ_ACCOUNT_WALLET, c->payee),
                         .amount = c->amount};
    return fz_book(state, &leg, 1, result);
}

fz_rc fz_rule_topup(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_AMOUNT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct fz_leg leg = {.kind = FZ_KIND_TOPUP,
                         .debit = fz_account_number(FZ_ACCOUNT_RESERVE, 0),
                         .credit = fz_account_number(FZ_ACCOUNT_WALLET, c->party),
                         .amount = c->amount};
    return fz_book(state, &leg, 1, result);
}

/*
 * At most the amount asked for, at most what is there now: a refund after the cut-off makes a
 * payout smaller and never fails it. With nothing there, the refusal is INSUFFICIENT_FUNDS.
 */
fz_rc fz_rule_payout(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_AMOUNT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct fz_leg leg = {.kind = FZ_KIND_PAYOUT,
                         .debit = fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop),
                         .credit = fz_account_number(FZ_ACCOUNT_PAYOUT_PENDING, 0),
                         .amount = c->amount};
    const struct fz_account *merchant = fz_state_account(state, leg.debit);
    if (merchant != NULL && fz_account_payable(merchant) > 0) {
        leg.amount = smaller(c->amount, fz_account_payable(merchant));
    }
    fz_rc rc = fz_book(state, &leg, 1, result);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_payout *payout = fz_state_add_payout(state, &c->id);
    payout->shop = c->shop;
    payout->amount = leg.amount;
    payout->state = FZ_PAYOUT_BOOKED;
    payout->is_new = true;
    result->amount = leg.amount;
    result->state = (int32_t)FZ_PAYOUT_BOOKED;
    return FZ_OK;
}

static struct fz_leg leg_of(enum fz_kind kind, int64_t debit, int64_t credit, int64_t amount)
{
    return (struct fz_leg){.kind = kind, .debit = debit, .credit = credit, .amount = amount};
}

/* The legs and states of one step of a payout; returns the number of legs. */
static unsigned payout_step(const struct fz_command *c,
                            const struct fz_payout *payout,
                            struct fz_leg legs[2],
                            enum fz_payout_state *from_out,
                            enum fz_payout_state *to_out)
{
    int64_t pending = fz_account_number(FZ_ACCOUNT_PAYOUT_PENDING, 0);
    int64_t transit = fz_account_number(FZ_ACCOUNT_IN_TRANSIT, 0);
    int64_t reserve = fz_account_number(FZ_ACCOUNT_RESERVE, 0);
    int64_t merchant = fz_account_number(FZ_ACCOUNT_MERCHANT, payout->shop);
    *from_out = FZ_PAYOUT_SENT;
    if (c->type == FZ_COMMAND_PAYOUT_SENT) {
        *from_out = FZ_PAYOUT_BOOKED;
        *to_out = FZ_PAYOUT_SENT;
        legs[0] = leg_of(FZ_KIND_PAYOUT_SENT, transit, reserve, payout->amount);
        return 1;
    }
    if (c->type == FZ_COMMAND_PAYOUT_CONFIRM) {
        *to_out = FZ_PAYOUT_CONFIRMED;
        legs[0] = leg_of(FZ_KIND_PAYOUT_CONFIRMED, pending, transit, payout->amount);
        return 1;
    }
    fz_assert(c->type == FZ_COMMAND_PAYOUT_RETURN);
    *to_out = FZ_PAYOUT_RETURNED;
    legs[0] = leg_of(FZ_KIND_PAYOUT_RETURNED, pending, merchant, payout->amount);
    legs[1] = leg_of(FZ_KIND_PAYOUT_RECOVERED, reserve, transit, payout->amount);
    return 2;
}

fz_rc fz_rule_payout_step(struct fz_state *state,
                          const struct fz_command *c,
                          struct fz_result *result)
{
    struct fz_leg legs[2] = {{0}};
    enum fz_payout_state from = FZ_PAYOUT_NONE;
    enum fz_payout_state to = FZ_PAYOUT_NONE;
    struct fz_payout *payout = fz_state_payout(state, &c->ref);
    if (payout == NULL) {
        return FZ_PAYOUT_NOT_FOUND;
    }
    unsigned legs_len = payout_step(c, payout, legs, &from, &to);
    result->shop = payout->shop;
    result->amount = payout->amount;
    result->state = (int32_t)payout->state;
    if (payout->state != from) {
        return FZ_PAYOUT_STATE;
    }
    fz_rc rc = fz_book(state, legs, legs_len, result);
    if (rc != FZ_OK) {
        return rc;
    }
    payout->state = to;
    payout->dirty = !payout->is_new;
    result->state = (int32_t)to;
    return FZ_OK;
}

fz_rc fz_rule_bill(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_AMOUNT_MAX) || c->tax < 0 || c->tax > c->amount) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    int64_t receivable = fz_account_number(FZ_ACCOUNT_RECEIVABLE, c->shop);
    int64_t revenue = fz_account_number(FZ_ACCOUNT_SUBSCRIPTION, 0);
    int64_t tax = fz_account_number(FZ_ACCOUNT_TAX, 0);
    struct fz_leg legs[2] = {leg_of(FZ_KIND_SUBSCRIPTION, receivable, revenue, c->amount),
                             leg_of(FZ_KIND_SUBSCRIPTION_TAX, receivable, tax, c->tax)};
    fz_rc rc = fz_book(state, legs, c->tax > 0 ? 2 : 1, result);
    if (rc == FZ_OK) {
        result->value = c->tax;
    }
    return rc;
}

/* At most the amount asked for, at most what the shop has, at most what it owes. */
fz_rc fz_rule_collect(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    if (!in_range(c->amount, FZ_AMOUNT_MAX)) {
        return FZ_AMOUNT_OUT_OF_RANGE;
    }
    struct fz_leg leg = {.kind = FZ_KIND_SUBSCRIPTION_COLLECT,
                         .debit = fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop),
                         .credit = fz_account_number(FZ_ACCOUNT_RECEIVABLE, c->shop),
                         .amount = c->amount};
    const struct fz_account *merchant = fz_state_account(state, leg.debit);
    const struct fz_account *receivable = fz_state_account(state, leg.credit);
    if (merchant != NULL && receivable != NULL) {
        int64_t most = smaller(fz_account_available(merchant), fz_account_available(receivable));
        leg.amount = most > 0 ? smaller(c->amount, most) : c->amount;
    }
    fz_rc rc = fz_book(state, &leg, 1, result);
    if (rc == FZ_OK) {
        result->amount = leg.amount;
    }
    return rc;
}

/* The transfer may have been booked earlier in this very batch: then no row of it was read. */
static struct fz_corrected *find_corrected(struct fz_state *state, int64_t number)
{
    struct fz_corrected *corrected = fz_state_corrected(state, number);
    for (unsigned i = 0; corrected == NULL && i < state->transfers_len; i++) {
        if (state->transfers[i].number == number) {
            corrected = fz_state_add_corrected(state);
            corrected->transfer = state->transfers[i];
        }
    }
    return corrected;
}

fz_rc fz_rule_correct(struct fz_state *state, const struct fz_command *c, struct fz_result *result)
{
    struct fz_corrected *corrected = find_corrected(state, c->corrects);
    if (corrected == NULL) {
        return FZ_TRANSFER_NOT_FOUND;
    }
    const struct fz_transfer *original = &corrected->transfer;
    const struct fz_kind_info *info = fz_kind_info((int)original->kind);
    fz_assert(info != NULL);
    result->amount = original->amount;
    if (corrected->done) {
        return FZ_ALREADY_CORRECTED;
    }
    if (!info->correctable) {
        return FZ_KIND_NOT_ALLOWED;
    }
    struct fz_leg leg = {.kind = FZ_KIND_CORRECTION,
                         .debit = original->credit,
                         .credit = original->debit,
                         .amount = original->amount,
                         .corrects = original->number};
    fz_rc rc = fz_book(state, &leg, 1, result);
    if (rc == FZ_OK) {
        corrected->done = true;
        result->value = original->number;
    }
    return rc;
}
