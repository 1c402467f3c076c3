/*
 * Room ledger/core, internal. Booking of legs: one leg is one transfer; the legs of a command are
 * booked together or not at all. Called by the rules (rules_*.c) and by nobody else.
 */
#ifndef LEDGER_CORE_BOOK_H
#define LEDGER_CORE_BOOK_H

#include "ledger/core/state.h"

struct fz_leg {
    enum fz_kind kind;
    int64_t debit;
    int64_t credit;
    int64_t amount;
    int64_t corrects; /* CORRECTION only, else 0 */
    bool is_guarded;  /* PAYMENT: not if it looks like one that was just made */
};

/*
 * Books all legs for `result->id` at `result->time_us`, or none. Sets result->number to the first
 * transfer. Refusals, in this order for each leg: ACCOUNT_NOT_FOUND, MERCHANT_CLOSED (payee of a
 * PAYMENT), ACCOUNT_CLOSED, ACCOUNT_FROZEN (payer), KIND_NOT_ALLOWED, SUSPECTED_DUPLICATE
 * (result->value: for so many seconds), INSUFFICIENT_FUNDS (result->value is what was available),
 * BALANCE_LIMIT, OVERFLOW.
 */
FZ_MUSTUSE fz_rc fz_book(struct fz_state *state,
                         const struct fz_leg *legs,
                         unsigned legs_len,
                         struct fz_result *result);

#endif
