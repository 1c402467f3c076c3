/*
 * switch/treasury: intents against the operations about them and the events that were told.
 */
#include <inttypes.h>

#include "switch/treasury/audit.h"

/* The state that the operations and events leave an intent in. */
static int32_t state_of(const struct fz_audit_intent *row)
{
    if (row->voids > 0) {
        return (int32_t)FZ_STATE_VOIDED;
    }
    if (row->pays > 0) {
        return (int32_t)FZ_STATE_COMPLETED;
    }
    /* Cancel and expiry have no operation of their own: the event is their record. */
    if (row->told_canceled > 0) {
        return (int32_t)FZ_STATE_CANCELED;
    }
    return (int32_t)(row->told_expired > 0 ? FZ_STATE_EXPIRED : FZ_STATE_CREATED);
}

static void check_creation(struct fz_audit *audit, const struct fz_audit_intent *row)
{
    struct fz_text id = fz_text_id(&row->id);
    fz_audit_compare(audit, "intent-shop", id.text, row->created_shop, row->shop);
    fz_audit_compare(audit, "intent-amount", id.text, row->created_amount, row->amount);
    fz_audit_compare(audit, "intent-created", id.text, row->created_time_us, row->created_us);
    fz_audit_compare(audit, "intent-expires", id.text, row->created_expires_us, row->expires_us);
    fz_audit_compare(audit, "intent-terminal", id.text, row->created_terminal, row->terminal);
}

static void check_payment(struct fz_audit *audit, const struct fz_audit_intent *row)
{
    struct fz_text id = fz_text_id(&row->id);
    fz_audit_compare(audit, "intent-state", id.text, state_of(row), row->state);
    fz_audit_compare(audit, "intent-refunded", id.text, row->refunds, row->refunded);
    fz_audit_compare(audit, "intent-payments", id.text, row->number != 0 ? 1 : 0, row->pays);
    fz_audit_compare(audit, "intent-voids", id.text, row->state == (int32_t)FZ_STATE_VOIDED ? 1 : 0,
                     row->voids);
    if (row->pays + row->voids > 0 || row->refunds > 0) {
        fz_audit_compare(audit, "intent-shop", id.text, row->shop, row->shop_min);
        fz_audit_compare(audit, "intent-shop", id.text, row->shop, row->shop_max);
        fz_audit_compare(audit, "intent-payer", id.text, row->payer, row->payer_min);
        fz_audit_compare(audit, "intent-payer", id.text, row->payer, row->payer_max);
    }
    if (row->number == 0) {
        fz_audit_compare(audit, "intent-payer", id.text, row->created_party, row->payer);
    }
    if (row->number != 0 && (!row->paid || !fz_id_equal(&row->paid_ref, &row->id))) {
        fz_audit_find(audit, "intent-payment", id.text, "a payment of this intent",
                      row->paid ? fz_text_id(&row->paid_ref).text : "none");
    } else if (row->number != 0) {
        fz_audit_compare(audit, "intent-number", id.text, row->paid_number, row->number);
        fz_audit_compare(audit, "intent-amount", id.text, row->paid_amount, row->amount);
        fz_audit_compare(audit, "intent-paid", id.text, row->paid_time_us, row->paid_us);
    }
}

/* What a till was told is what happened. */
static void check_events(struct fz_audit *audit, const struct fz_audit_intent *row)
{
    struct fz_text id = fz_text_id(&row->id);
    bool was_paid = row->number != 0;
    fz_audit_compare(audit, "event-created", id.text, row->created_number == 0 ? 1 : 0,
                     row->told_created);
    fz_audit_compare(audit, "event-completed", id.text, was_paid ? 1 : 0, row->told_completed);
    fz_audit_compare(audit, "event-canceled", id.text,
                     row->state == (int32_t)FZ_STATE_CANCELED ? 1 : 0, row->told_canceled);
    fz_audit_compare(audit, "event-expired", id.text,
                     row->state == (int32_t)FZ_STATE_EXPIRED ? 1 : 0, row->told_expired);
    fz_audit_compare(audit, "event-voided", id.text, row->state == (int32_t)FZ_STATE_VOIDED ? 1 : 0,
                     row->told_voided);
    fz_audit_compare(audit, "event-refunds", id.text, row->refunded, row->told_refunds);
    fz_audit_compare(audit, "event-amount", id.text, was_paid ? row->amount : 0, row->told_amount);
    fz_audit_compare(audit, "event-state", id.text, row->state, row->told_state);
    fz_audit_compare(audit, "event-last", id.text, row->told_newest, row->last_event);
    fz_audit_compare(audit, "event-chain", id.text, 0, row->told_unlinked);
}

static fz_rc check_intent(void *ctx, const struct fz_audit_intent *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    (void)err;
    audit->intents++;
    if (!row->present || !row->created) {
        fz_audit_find(audit, "intent", fz_text_id(&row->id).text, "an intent and its creation",
                      row->present ? "no operation that created it" : "no intent");
        return FZ_OK;
    }
    check_creation(audit, row);
    check_payment(audit, row);
    check_events(audit, row);
    return FZ_OK;
}

fz_rc fz_audit_intents(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_intent(audit->run->session, audit->community, check_intent, audit, err);
}
