/*
 * Room switch/api, internal. The bodies of answers that show how things stand now. Unlike a decided
 * answer (render.h) they change with time, and with who asks: a shop is not told who paid, and
 * others than shop and payer not even how.
 */
#ifndef SWITCH_API_VIEWS_H
#define SWITCH_API_VIEWS_H

#include "ledger/store/reader.h"
#include "switch/api/call.h"

/* True if the intent is of the caller's shop. */
bool fz_view_owns_intent(const struct fz_caller *caller, const struct fz_intent_row *intent);

/* What became of a code. */
enum fz_code_state {
    FZ_CODE_IS_WAITING = 1, /* for a till */
    FZ_CODE_IS_ASKED = 2,   /* for its owner's consent */
    FZ_CODE_IS_USED = 3,
    FZ_CODE_IS_EXPIRED = 4
};
const char *fz_view_code_state_name(enum fz_code_state state); /* "WAITING" */

/* `intent`: what it was used for, or NULL. */
void fz_view_code(struct fz_json_out *out,
                  const struct fz_caller *caller,
                  const struct fz_paycode *code,
                  enum fz_code_state state,
                  const struct fz_intent_row *intent);

void fz_view_intent(struct fz_json_out *out,
                    const struct fz_caller *caller,
                    const struct fz_intent_row *intent);

/* The members of an event, without the braces around them: also what a webhook gets. */
void fz_view_event_members(struct fz_json_out *out, const struct fz_event_row *event);

/* `after`: what the client has already, which is the cursor again if there is nothing new. */
void fz_view_events(struct fz_json_out *out,
                    const struct fz_event_row *rows,
                    unsigned len,
                    int64_t after);

/* What moved the caller's account. `after`: as above. */
void fz_view_money(struct fz_json_out *out,
                   const struct fz_caller *caller,
                   const struct fz_money_row *rows,
                   unsigned len,
                   int64_t after);

/* What a payer is shown of a shop. `usual_max` is 0 where too little is known. */
void fz_view_shop(struct fz_json_out *out, const struct fz_shopfront *shop);

void fz_view_balance(struct fz_json_out *out, const struct fz_balance_row *balance);

/* As it was at `at_us`, or at the ledger's last decision if that is earlier. */
void fz_view_past_balance(struct fz_json_out *out, const struct fz_past_row *row, int64_t at_us);

void fz_view_statement(struct fz_json_out *out,
                       const struct fz_past_row *opening,
                       const struct fz_past_row *closing);

/* A full page has a cursor to the next one, which may turn out to be empty. */
void fz_view_history(struct fz_json_out *out,
                     const struct fz_caller *caller,
                     const struct fz_history_row *rows,
                     unsigned len,
                     unsigned limit);

void fz_view_receipt(struct fz_json_out *out, const struct fz_receipt_row *receipt);

void fz_view_enrolment(struct fz_json_out *out, const struct fz_credential *credential);

#endif
