/*
 * switch/treasury: what the office enters: deposits against top-ups, bills against subscriptions,
 * corrections against what they undo, keys against their ids.
 */
#include <inttypes.h>
#include <string.h>

#include "feezero/role.h"
#include "switch/treasury/audit.h"
#include "switch/treasury/day.h"
#include "switch/treasury/invoice.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"

/* --- deposits --------------------------------------------------------------------------------- */

static fz_rc check_deposit(void *ctx, const struct fz_audit_deposit *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    (void)err;
    audit->deposits++;
    if (!row->present) {
        fz_audit_find(audit, "deposit", fz_text_id(&row->id).text, "the deposit of a top-up",
                      "none");
        return FZ_OK;
    }
    struct fz_text where = fz_text("deposit %s", row->reference);
    struct fz_id id = fz_operation_id_topup(audit->community, row->reference);
    if (!fz_id_equal(&id, &row->id)) {
        fz_audit_find(audit, "deposit-id", where.text, fz_text_id(&id).text,
                      fz_text_id(&row->id).text);
    }
    if (!row->credited) {
        audit->open_deposits++;
        return FZ_OK;
    }
    fz_audit_compare(audit, "deposit-amount", where.text, row->credited_amount, row->amount);
    fz_audit_compare(audit, "deposit-party", where.text, row->credited_party, row->party);
    return FZ_OK;
}

fz_rc fz_audit_deposits(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_deposit(audit->run->session, audit->community, check_deposit, audit, err);
}

/* --- bills ------------------------------------------------------------------------------------ */

static void
check_bill_row(struct fz_audit *audit, const struct fz_audit_bill *row, const char *where)
{
    struct fz_id id = fz_operation_id_bill(audit->community, "bill", row->period, row->shop);
    struct fz_id collect =
        fz_operation_id_bill(audit->community, "bill-collect", row->period, row->shop);
    if (!fz_id_equal(&id, &row->id) || !fz_id_equal(&collect, &row->collect)) {
        fz_audit_find(audit, "bill-id", where, "the ids of this month and shop", "others");
    }
    if (strcmp(row->invoice_no, fz_invoice_number(row->period, row->shop).text) != 0) {
        fz_audit_find(audit, "bill-invoice", where, fz_invoice_number(row->period, row->shop).text,
                      row->invoice_no);
    }
    fz_audit_compare(audit, "bill-tax", where, fz_invoice_tax(row->net, row->tax_percent),
                     row->tax);
}

static fz_rc check_bill(void *ctx, const struct fz_audit_bill *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    (void)err;
    audit->bills++;
    if (!row->present) {
        fz_audit_find(audit, "bill", fz_text_id(&row->id).text, "the bill of a subscription",
                      "none");
        return FZ_OK;
    }
    struct fz_text where = fz_text("bill %s %s", fz_month_format(row->period).text,
                                   fz_public_id('M', row->shop % (FZ_PARTY_MAX + 1)).text);
    check_bill_row(audit, row, where.text);
    if (!row->booked) {
        audit->open_bills++;
        return FZ_OK;
    }
    fz_audit_compare(audit, "bill-shop", where.text, row->booked_shop, row->shop);
    fz_audit_compare(audit, "bill-amount", where.text, row->booked_net, row->net);
    fz_audit_compare(audit, "bill-tax", where.text, row->booked_tax, row->tax);
    if (row->collected) {
        fz_audit_compare(audit, "bill-shop", where.text, row->collected_shop, row->shop);
        if (row->collected_amount > row->net + row->tax) {
            fz_audit_find(audit, "bill-collected", where.text,
                          fz_text("at most %" PRId64, row->net + row->tax).text,
                          fz_text_number(row->collected_amount).text);
        }
    }
    return FZ_OK;
}

fz_rc fz_audit_bills(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_bill(audit->run->session, audit->community, check_bill, audit, err);
}

/* --- corrections ------------------------------------------------------------------------------ */

static fz_rc check_correction(void *ctx, const struct fz_audit_correction *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    const struct fz_transfer *transfer = &row->transfer;
    const struct fz_transfer *original = &row->original;
    const struct fz_kind_info *kind = fz_kind_info((int)original->kind);
    struct fz_text where = fz_text("transfer %" PRId64, transfer->number);
    (void)err;
    audit->corrections++;
    if (kind == NULL || !kind->correctable) {
        fz_audit_find(audit, "correction", where.text, "a transfer that may be corrected",
                      kind == NULL ? "none" : kind->slug);
        return FZ_OK;
    }
    fz_audit_compare(audit, "correction-debit", where.text, original->credit, transfer->debit);
    fz_audit_compare(audit, "correction-credit", where.text, original->debit, transfer->credit);
    fz_audit_compare(audit, "correction-amount", where.text, original->amount, transfer->amount);
    fz_audit_compare(audit, "correction-of", where.text, transfer->corrects, row->operation_value);
    return FZ_OK;
}

fz_rc fz_audit_corrections(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_correction(audit->run->session, audit->community, check_correction, audit,
                                    err);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A role goes with one kind of party. */
static bool may_have(char kind, int32_t number)
{
    enum fz_role role;
    if (!fz_role_from_number(number, &role)) {
        return false;
    }
    switch (role) {
    case FZ_ROLE_RESIDENT:
        return kind == 'R';
    case FZ_ROLE_TERMINAL:
    case FZ_ROLE_OWNER:
        return kind == 'M';
    case FZ_ROLE_TREASURER:
    case FZ_ROLE_AUDITOR:
        return kind == 'S';
    }
    return false;
}

static fz_rc check_key(void *ctx, const struct fz_audit_credential *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    struct fz_key *key = NULL;
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    char key_id[FZ_KEY_ID_MAX + 1];
    audit->keys++;
    if (!may_have(row->kind, row->role)) {
        fz_audit_find(audit, "key-role", row->key_id, "a role of its party",
                      fz_text("role %" PRId32 " of kind %c", row->role, row->kind).text);
    }
    fz_rc rc = fz_key_from_spki(row->public_key, row->public_key_len, &key, err);
    if (rc == FZ_FORMAT) {
        fz_audit_find(audit, "key", row->key_id, "a P-256 key", "something else");
        return FZ_OK;
    }
    if (rc != FZ_OK) {
        return rc;
    }
    fz_key_thumbprint(key, thumbprint);
    (void)fz_key_id_format(audit->community, thumbprint, key_id);
    fz_key_destroy(&key);
    if (strcmp(key_id, row->key_id) != 0) {
        fz_audit_find(audit, "key", row->key_id, "the key of this id", key_id);
    }
    return FZ_OK;
}

fz_rc fz_audit_keys(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_credential(audit->run->session, audit->community, check_key, audit, err);
}
