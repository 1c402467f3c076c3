/*
 * Room ledger/core. decide(): all business rules of the ledger, as one pure function over the rows
 * that were read under the community's lock. No I/O, clock, malloc or globals: the same state,
 * commands and time give the same result, in the daemon, in a batch program, in a test and in a
 * replay.
 */
#ifndef LEDGER_CORE_DECIDE_H
#define LEDGER_CORE_DECIDE_H

#include "ledger/core/state.h"

/*
 * Decides `commands` in their order and fills each one's `result` and `replayed`. What is to be
 * written is left in `state`: transfers, deltas of accounts, new and changed intents and payouts,
 * events, decided operations, the head's next values and the hash of the batch. A refused command
 * leaves nothing but its operation row and spoils nothing for its neighbours.
 *
 * now_us  microseconds since 1970; each decision gets a time later than the one before, so a clock
 *         that stands still or goes back does no harm.
 *
 * An operation's refusals are checked in the order docs/ledger.md lists for its command; the first
 * that applies is the answer. It is the order of errors.def, but a correction asks whether the
 * transfer may be corrected before it looks at the accounts, and a second leg comes after the
 * first.
 */
void fz_decide(struct fz_state *state,
               struct fz_command *const *commands,
               unsigned len,
               int64_t now_us);

/* True if decide() changed anything that must be written. */
bool fz_state_has_changes(const struct fz_state *state);

/*
 * What the holder of a CREDIT side account can spend: credits_posted - debits_posted -
 * debits_pending - hold, never below zero. For DEBIT side accounts debits_posted - credits_posted -
 * credits_pending.
 */
int64_t fz_account_available(const struct fz_account *account);

/* What a payout may take: what is available, less the refunds that wait for it; never below 0. */
int64_t fz_account_payable(const struct fz_account *account);

/* Posted balance, positive on the account's own side. */
int64_t fz_account_balance(const struct fz_account *account);

/* True if the rule table lets `kind` move money from account `debit` to account `credit`. */
bool fz_kind_allows(enum fz_kind kind, int64_t debit, int64_t credit);

#endif
