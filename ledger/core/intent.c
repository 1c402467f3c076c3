/*
 * Room ledger/core. What the rules do to an intent: see the header.
 */
#include "ledger/core/intent.h"

#include "feezero/assert.h"

void fz_intent_tell(struct fz_state *state,
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

void fz_intent_change(struct fz_intent *intent, enum fz_intent_state to, struct fz_result *result)
{
    intent->state = to;
    intent->dirty = !intent->is_new;
    result->state = (int32_t)to;
}

void fz_intent_end(struct fz_state *state,
                   struct fz_intent *intent,
                   enum fz_intent_state to,
                   enum fz_event_type type,
                   const struct fz_result *result)
{
    struct fz_result ended = {.amount = intent->amount, .time_us = result->time_us};
    fz_intent_change(intent, to, &ended);
    fz_intent_tell(state, intent, type, &ended);
    state->head.last_time_us = result->time_us;
}

void fz_intent_expire(struct fz_state *state,
                      struct fz_intent *intent,
                      const struct fz_result *result)
{
    if (intent->state == FZ_STATE_CREATED && result->time_us >= intent->expires_us) {
        fz_intent_end(state, intent, FZ_STATE_EXPIRED, FZ_EVENT_EXPIRED, result);
    }
}

struct fz_intent *fz_intent_add(struct fz_state *state, const struct fz_command *c, int64_t time_us)
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

void fz_intent_complete(struct fz_state *state,
                        struct fz_intent *intent,
                        int64_t payer,
                        struct fz_result *result)
{
    intent->paid_us = result->time_us;
    intent->number = result->number;
    intent->payer = payer;
    intent->payment = result->id;
    result->terminal = intent->terminal;
    fz_intent_change(intent, FZ_STATE_COMPLETED, result);
    fz_intent_tell(state, intent, FZ_EVENT_COMPLETED, result);
}
