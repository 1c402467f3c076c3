/*
 * switch/treasury: refunds that wait, or waited, against the operations that made and released
 * them. That the account's sum is theirs is looked at with the account.
 */
#include "ledger/store/audit_held.h"

#include "switch/treasury/audit.h"

static fz_rc check_held(void *ctx, const struct fz_audit_held *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    struct fz_text id = fz_text_id(&row->held.id);
    (void)err;
    if (!row->present || !row->made) {
        fz_audit_find(audit, "held", id.text, "a held refund and its operation",
                      row->present ? "no refund that waits" : "no row");
        return FZ_OK;
    }
    fz_audit_compare(audit, "held-shop", id.text, row->made_as.shop, row->held.shop);
    fz_audit_compare(audit, "held-party", id.text, row->made_as.party, row->held.party);
    fz_audit_compare(audit, "held-amount", id.text, row->made_as.amount, row->held.amount);
    fz_audit_compare(audit, "held-since", id.text, row->made_as.since_us, row->held.since_us);
    if (!fz_id_equal(&row->made_as.intent, &row->held.intent)) {
        fz_audit_find(audit, "held-sale", id.text, fz_text_id(&row->made_as.intent).text,
                      fz_text_id(&row->held.intent).text);
    }
    if (!fz_id_equal(&row->release, &row->held.released_by)) {
        fz_audit_find(audit, "held-release", id.text, fz_text_id(&row->release).text,
                      fz_text_id(&row->held.released_by).text);
    }
    return FZ_OK;
}

fz_rc fz_audit_held_refunds(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_held(audit->run->session, audit->community, check_held, audit, err);
}
