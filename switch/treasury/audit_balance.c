/*
 * switch/treasury: every stored balance against the sum of all transfers, and the trial balance.
 */
#include <inttypes.h>
#include <string.h>

#include "switch/treasury/audit.h"

#define CLASSES_MAX 32

/* One class of accounts in the trial balance. */
struct class_total {
    int64_t accounts;
    int64_t debits;
    int64_t credits;
};

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b); /* tampered numbers must not trap */
}

/* The kind of party that may own accounts of a class; '-' for the consortium itself. */
static char owner_of(enum fz_account_class class)
{
    switch (class) {
    case FZ_ACCOUNT_WALLET:
        return 'R';
    case FZ_ACCOUNT_MERCHANT:
    case FZ_ACCOUNT_RECEIVABLE:
        return 'M';
    case FZ_ACCOUNT_RESERVE:
    case FZ_ACCOUNT_IN_TRANSIT:
    case FZ_ACCOUNT_PAYOUT_PENDING:
    case FZ_ACCOUNT_TAX:
    case FZ_ACCOUNT_SUBSCRIPTION:
    case FZ_ACCOUNT_ANY:
        break;
    }
    return '-';
}

/* What a payer paid of late. */
static void check_recent(struct fz_audit *audit,
                         const char *where,
                         const struct fz_recent *expected,
                         const struct fz_audit_recent *found)
{
    uint8_t bytes[2][FZ_RECENT_BYTES_MAX] = {{0}};
    (void)fz_recent_encode(expected, bytes[0]);
    (void)fz_recent_encode(&found->recent, bytes[1]);
    if (!found->is_whole || memcmp(bytes[0], bytes[1], sizeof bytes[0]) != 0) {
        fz_audit_find(audit, "account-recent", where, "its last payments", "other ones");
    }
}

static void check_account(struct fz_audit *audit, const struct fz_audit_account *row)
{
    const struct fz_audit_sum none = {.account = row->account};
    struct fz_audit_sum *sum = fz_audit_sums_find(audit->sums, row->account);
    const struct fz_audit_sum *expected = sum == NULL ? &none : sum;
    const struct fz_class_info *info = fz_class_info(fz_account_number_class(row->account));
    struct fz_text where = fz_text("account %" PRId64, row->account);
    fz_audit_compare(audit, "account-debits", where.text, expected->debits, row->debits_posted);
    fz_audit_compare(audit, "account-credits", where.text, expected->credits, row->credits_posted);
    fz_audit_compare(audit, "account-last", where.text, expected->last_transfer,
                     row->last_transfer);
    fz_audit_heads(audit, "account-heads", where.text, &expected->heads, &row->heads);
    check_recent(audit, where.text, &expected->recent, &row->recent);
    fz_audit_compare(audit, "account-held", where.text, row->waiting, row->held);
    /* No command holds money yet: a hold would be nobody's. */
    fz_audit_compare(audit, "account-pending", where.text, 0, row->debits_pending);
    fz_audit_compare(audit, "account-pending", where.text, 0, row->credits_pending);
    if (info == NULL || row->kind != owner_of(info->class)) {
        fz_audit_find(audit, "account-owner", where.text, "an account of its class and party",
                      fz_text("party kind %c", row->kind).text);
    }
    if (sum != NULL) {
        sum->seen = true;
    }
}

static fz_rc read_accounts(struct fz_audit *audit,
                           struct fz_audit_stream *stream,
                           struct class_total totals[CLASSES_MAX],
                           struct fz_err *err)
{
    struct fz_audit_account row;
    fz_rc rc = fz_audit_next_account(stream, &row, err);
    while (rc == FZ_OK) {
        int class = fz_account_number_class(row.account);
        check_account(audit, &row);
        audit->accounts++;
        if (class >= 0 && class < CLASSES_MAX) {
            totals[class].accounts++;
            totals[class].debits = plus(totals[class].debits, row.debits_posted);
            totals[class].credits = plus(totals[class].credits, row.credits_posted);
        }
        rc = fz_audit_next_account(stream, &row, err);
    }
    return rc == FZ_NOT_FOUND ? FZ_OK : rc;
}

/* Accounts that the journal moves and that have no row. */
static void check_missing(struct fz_audit *audit)
{
    const struct fz_audit_sum *sum;
    for (size_t i = 0; (sum = fz_audit_sums_at(audit->sums, i)) != NULL; i++) {
        if (!sum->seen) {
            fz_audit_find(audit, "account-missing", fz_text("account %" PRId64, sum->account).text,
                          fz_text("balance %" PRId64, fz_audit_sum_balance(sum)).text, "no row");
        }
    }
}

static int64_t balance_of(const struct fz_class_info *info,
                          const struct class_total totals[CLASSES_MAX])
{
    const struct class_total *total = &totals[info->class];
    return info->side == FZ_SIDE_DEBIT ? plus(total->debits, -total->credits)
                                       : plus(total->credits, -total->debits);
}

static void show_class(struct fz_audit *audit,
                       const struct fz_class_info *info,
                       const struct class_total totals[CLASSES_MAX])
{
    const struct class_total *total = &totals[info->class];
    int64_t balance = balance_of(info, totals);
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:I, s:I}", "class", info->name, "accounts",
                  (json_int_t)total->accounts, "debits", (json_int_t)total->debits, "credits",
                  (json_int_t)total->credits, "balance", (json_int_t)balance);
    fz_output_result(&audit->run->output, object,
                     "trial %-14s accounts %6" PRId64 " debits %12" PRId64 " credits %12" PRId64
                     " balance %12" PRId64 " yen",
                     info->name, total->accounts, total->debits, total->credits, balance);
}

/* What is there and where it belongs; both sides of the identity are printed. */
static void show_identity(struct fz_audit *audit, const struct class_total totals[CLASSES_MAX])
{
    int64_t assets = 0;
    int64_t claims = 0;
    const struct fz_class_info *info;
    for (unsigned i = 0; (info = fz_class_at(i)) != NULL; i++) {
        if (info->side == FZ_SIDE_DEBIT) {
            assets = plus(assets, balance_of(info, totals));
        } else {
            claims = plus(claims, balance_of(info, totals));
        }
    }
    fz_output_result(&audit->run->output,
                     json_pack("{s:i, s:I, s:I}", "community", (int)audit->community, "assets",
                               (json_int_t)assets, "claims_and_revenue", (json_int_t)claims),
                     "trial reserve + in transit + receivable %" PRId64
                     " yen = wallets + shops + payouts + tax + subscriptions %" PRId64 " yen",
                     assets, claims);
    fz_audit_compare(audit, "sum-zero", "assets against claims and revenue", assets, claims);
}

fz_rc fz_audit_balances(struct fz_audit *audit, struct fz_err *err)
{
    struct class_total totals[CLASSES_MAX] = {{0}};
    struct fz_audit_stream *stream = NULL;
    int64_t debits = 0;
    int64_t credits = 0;
    const struct fz_class_info *info;
    fz_rc rc = fz_audit_stream_open(audit->run->session, audit->community, FZ_AUDIT_ACCOUNTS,
                                    &stream, err);
    if (rc == FZ_OK) {
        rc = read_accounts(audit, stream, totals, err);
    }
    fz_audit_stream_close(&stream);
    if (rc != FZ_OK) {
        return rc;
    }
    check_missing(audit);
    for (unsigned i = 0; (info = fz_class_at(i)) != NULL; i++) {
        show_class(audit, info, totals);
        debits = plus(debits, totals[info->class].debits);
        credits = plus(credits, totals[info->class].credits);
    }
    fz_audit_compare(audit, "sum-zero", "all debits against all credits", debits, credits);
    show_identity(audit, totals);
    return FZ_OK;
}
