/*
 * Room ledger/core. Booking of legs: the checks every transfer passes whatever its command, and the
 * arithmetic of balances. The only code that changes an account.
 */
#include "ledger/core/book.h"

#include "feezero/amount.h"
#include "feezero/assert.h"
#include "ledger/core/decide.h"

static const struct fz_class_info *class_of(const struct fz_account *account)
{
    const struct fz_class_info *info = fz_class_info(fz_account_number_class(account->number));
    fz_assert(info != NULL);
    return info;
}

int64_t fz_account_balance(const struct fz_account *account)
{
    int64_t difference = account->credits_posted - account->debits_posted;
    return class_of(account)->side == FZ_SIDE_CREDIT ? difference : -difference;
}

int64_t fz_account_available(const struct fz_account *account)
{
    int64_t pending = class_of(account)->side == FZ_SIDE_CREDIT ? account->debits_pending
                                                                : account->credits_pending;
    int64_t available = fz_account_balance(account) - pending - account->hold;
    return available > 0 ? available : 0;
}

int64_t fz_account_payable(const struct fz_account *account)
{
    int64_t available = fz_account_available(account);
    return available > account->held ? available - account->held : 0;
}

bool fz_kind_allows(enum fz_kind kind, int64_t debit, int64_t credit)
{
    const struct fz_kind_info *info = fz_kind_info((int)kind);
    int debit_class = fz_account_number_class(debit);
    int credit_class = fz_account_number_class(credit);
    if (info == NULL) {
        return false;
    }
    if (kind != FZ_KIND_CORRECTION) {
        return debit_class == (int)info->debit && credit_class == (int)info->credit;
    }
    for (unsigned i = 0; (info = fz_kind_at(i)) != NULL; i++) {
        if (info->correctable && debit_class == (int)info->credit &&
            credit_class == (int)info->debit) {
            return true;
        }
    }
    return false;
}

static fz_rc check_states(const struct fz_leg *leg,
                          const struct fz_account *debit,
                          const struct fz_account *credit)
{
    if (leg->kind == FZ_KIND_PAYMENT && credit->state != FZ_OPEN) {
        return FZ_MERCHANT_CLOSED;
    }
    if (debit->state == FZ_CLOSED || credit->state == FZ_CLOSED) {
        return FZ_ACCOUNT_CLOSED;
    }
    return debit->state == FZ_FROZEN ? FZ_ACCOUNT_FROZEN : FZ_OK;
}

static bool is_repeated(const struct fz_leg *leg,
                        const struct fz_account *debit,
                        int64_t time_us,
                        int64_t *seconds_out)
{
    int64_t since =
        fz_recent_since(&debit->recent, fz_account_number_party(leg->credit), leg->amount, time_us);
    if (!leg->is_guarded || since < 0) {
        return false;
    }
    *seconds_out = since;
    return true;
}

/* Only what was the holder's before may take a wallet over its limit: money that comes back. */
static bool is_limited(enum fz_kind kind)
{
    return kind == FZ_KIND_TOPUP || kind == FZ_KIND_P2P;
}

static fz_rc check_funds(const struct fz_leg *leg,
                         const struct fz_account *debit,
                         const struct fz_account *credit,
                         int64_t *available_out)
{
    const struct fz_class_info *debit_class = class_of(debit);
    const struct fz_class_info *credit_class = class_of(credit);
    int64_t available =
        leg->kind == FZ_KIND_PAYOUT ? fz_account_payable(debit) : fz_account_available(debit);
    if (debit_class->floor && debit_class->side == FZ_SIDE_CREDIT && available < leg->amount) {
        *available_out = available;
        return FZ_INSUFFICIENT_FUNDS;
    }
    if (credit_class->floor && credit_class->side == FZ_SIDE_DEBIT &&
        fz_account_available(credit) < leg->amount) {
        *available_out = fz_account_available(credit);
        return FZ_INSUFFICIENT_FUNDS;
    }
    if (credit_class->class == FZ_ACCOUNT_WALLET && is_limited(leg->kind) &&
        leg->amount > FZ_WALLET_MAX - fz_account_balance(credit)) {
        return FZ_BALANCE_LIMIT;
    }
    return FZ_OK;
}

static fz_rc check_leg(struct fz_state *state, const struct fz_leg *leg, struct fz_result *result)
{
    const struct fz_account *debit = fz_state_account(state, leg->debit);
    const struct fz_account *credit = fz_state_account(state, leg->credit);
    int64_t sum;
    if (debit == NULL || credit == NULL) {
        return FZ_ACCOUNT_NOT_FOUND;
    }
    fz_rc rc = check_states(leg, debit, credit);
    if (rc != FZ_OK) {
        return rc;
    }
    if (debit == credit || !fz_kind_allows(leg->kind, leg->debit, leg->credit)) {
        return FZ_KIND_NOT_ALLOWED;
    }
    if (is_repeated(leg, debit, result->time_us, &result->value)) {
        return FZ_SUSPECTED_DUPLICATE;
    }
    rc = check_funds(leg, debit, credit, &result->value);
    if (rc != FZ_OK) {
        return rc;
    }
    if (!fz_amount_add(debit->debits_posted, leg->amount, &sum) ||
        !fz_amount_add(credit->credits_posted, leg->amount, &sum)) {
        return FZ_OVERFLOW;
    }
    return FZ_OK;
}

/* Moves the amount; a negative one takes an earlier leg back. Checked by check_leg() before. */
static void move(struct fz_state *state, const struct fz_leg *leg, int64_t amount)
{
    struct fz_account *debit = fz_state_account(state, leg->debit);
    struct fz_account *credit = fz_state_account(state, leg->credit);
    fz_assert(debit != NULL && credit != NULL);
    debit->debits_posted += amount;
    debit->debit_delta += amount;
    credit->credits_posted += amount;
    credit->credit_delta += amount;
}

/*
 * Keeps what the account was after its newest transfer, legs[0]. The legs behind it are moved
 * already (all are, before the first is written), but were not yet at that moment.
 */
static void keep_mark(struct fz_state *state,
                      const struct fz_account *account,
                      const struct fz_leg *legs,
                      unsigned legs_len)
{
    fz_assert(state->marks_len < FZ_MARKS_MAX);
    struct fz_mark *mark = &state->marks[state->marks_len++];
    *mark = (struct fz_mark){.account = account->number,
                             .time_us = state->head.last_time_us,
                             .number = account->last_transfer,
                             .debits_posted = account->debits_posted,
                             .credits_posted = account->credits_posted,
                             .heads = account->heads};
    for (unsigned i = 1; i < legs_len; i++) {
        mark->debits_posted -= legs[i].debit == account->number ? legs[i].amount : 0;
        mark->credits_posted -= legs[i].credit == account->number ? legs[i].amount : 0;
    }
}

/* Appends the first of the legs that are not written yet. */
static void append(struct fz_state *state,
                   const struct fz_leg *legs,
                   unsigned legs_len,
                   struct fz_result *result)
{
    const struct fz_leg *leg = &legs[0];
    struct fz_account *debit = fz_state_account(state, leg->debit);
    struct fz_account *credit = fz_state_account(state, leg->credit);
    fz_assert(debit != NULL && credit != NULL);
    fz_assert(state->transfers_len < FZ_TRANSFERS_MAX);
    struct fz_transfer *transfer = &state->transfers[state->transfers_len++];
    state->head.last_number++;
    state->head.last_time_us = result->number == 0 ? result->time_us : state->head.last_time_us + 1;
    *transfer = (struct fz_transfer){.number = state->head.last_number,
                                     .debit = leg->debit,
                                     .credit = leg->credit,
                                     .amount = leg->amount,
                                     .time_us = state->head.last_time_us,
                                     .debit_previous = debit->last_transfer,
                                     .credit_previous = credit->last_transfer,
                                     .corrects = leg->corrects,
                                     .operation = result->id,
                                     .kind = leg->kind};
    transfer->debit_same = fz_heads_push(&debit->heads, leg->kind, FZ_SIDE_DEBIT, transfer->number);
    transfer->credit_same =
        fz_heads_push(&credit->heads, leg->kind, FZ_SIDE_CREDIT, transfer->number);
    if (leg->kind == FZ_KIND_PAYMENT) {
        fz_recent_push(&debit->recent, fz_account_number_party(leg->credit), leg->amount,
                       transfer->time_us);
    }
    debit->last_transfer = transfer->number;
    credit->last_transfer = transfer->number;
    if (debit->heads.postings % FZ_MARK_EVERY == 0) {
        keep_mark(state, debit, legs, legs_len);
    }
    if (credit->heads.postings % FZ_MARK_EVERY == 0) {
        keep_mark(state, credit, legs, legs_len);
    }
    if (result->number == 0) {
        result->number = transfer->number;
    }
}

fz_rc fz_book(struct fz_state *state,
              const struct fz_leg *legs,
              unsigned legs_len,
              struct fz_result *result)
{
    fz_assert(legs_len >= 1 && legs_len <= FZ_COMMAND_LEGS_MAX);
    fz_assert(result->number == 0 && result->time_us > state->head.last_time_us);
    for (unsigned i = 0; i < legs_len; i++) {
        fz_assert(legs[i].amount > 0);
        fz_rc rc = check_leg(state, &legs[i], result);
        if (rc != FZ_OK) {
            while (i > 0) {
                i--;
                move(state, &legs[i], -legs[i].amount);
            }
            return rc;
        }
        move(state, &legs[i], legs[i].amount);
    }
    for (unsigned i = 0; i < legs_len; i++) {
        append(state, &legs[i], legs_len - i, result);
    }
    return FZ_OK;
}
