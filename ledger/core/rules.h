/*
 * Room ledger/core, internal. One function per command: checks its refusals in the order of
 * errors.def, books its legs, and moves the state of the intent or payout. The result's time is set
 * before; on a refusal the state is as it was, but for an intent that turned out to have expired.
 */
#ifndef LEDGER_CORE_RULES_H
#define LEDGER_CORE_RULES_H

#include "ledger/core/state.h"

/* rules_intent.c */
fz_rc fz_rule_intent(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_cancel(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_expire(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_pay(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_void(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_refund(struct fz_state *state, const struct fz_command *c, struct fz_result *result);

/* rules_held.c */
fz_rc fz_rule_release(struct fz_state *state, const struct fz_command *c, struct fz_result *result);

/* Makes a refund that the shop is short for wait; false if it has too many that do. */
bool fz_hold_refund(struct fz_state *state,
                    const struct fz_command *c,
                    struct fz_intent *intent,
                    struct fz_result *result);

/* rules_code.c */
fz_rc fz_rule_code(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_intent_by_code(struct fz_state *state,
                             const struct fz_command *c,
                             struct fz_result *result);

/* rules_treasury.c */
fz_rc fz_rule_p2p(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_topup(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_payout(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_payout_step(struct fz_state *state,
                          const struct fz_command *c,
                          struct fz_result *result);
fz_rc fz_rule_bill(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_collect(struct fz_state *state, const struct fz_command *c, struct fz_result *result);
fz_rc fz_rule_correct(struct fz_state *state, const struct fz_command *c, struct fz_result *result);

#endif
