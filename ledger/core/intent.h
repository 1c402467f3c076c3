/*
 * Room ledger/core, internal. What the rules do to an intent, and the events that tell of it: at
 * most one for each command.
 */
#ifndef LEDGER_CORE_INTENT_H
#define LEDGER_CORE_INTENT_H

#include "ledger/core/state.h"

/* An intent with the command's own id, as the command says. It expires a moment after `time_us`. */
struct fz_intent *
fz_intent_add(struct fz_state *state, const struct fz_command *c, int64_t time_us);

void fz_intent_change(struct fz_intent *intent, enum fz_intent_state to, struct fz_result *result);

/* Adds an event with the result's amount, transfer and operation. */
void fz_intent_tell(struct fz_state *state,
                    struct fz_intent *intent,
                    enum fz_event_type type,
                    const struct fz_result *result);

/* The payment was booked: the rest of what it changes. */
void fz_intent_complete(struct fz_state *state,
                        struct fz_intent *intent,
                        int64_t payer,
                        struct fz_result *result);

/* Ends it without money and tells of it as `type`. Takes the ledger's time. */
void fz_intent_end(struct fz_state *state,
                   struct fz_intent *intent,
                   enum fz_intent_state to,
                   enum fz_event_type type,
                   const struct fz_result *result);

/* Expiry needs no clock of its own: it happens when the ledger next looks at the intent. */
void fz_intent_expire(struct fz_state *state,
                      struct fz_intent *intent,
                      const struct fz_result *result);

#endif
