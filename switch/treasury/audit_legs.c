/*
 * switch/treasury: which transfers an operation must have booked, told once more and independently
 * of decide(): a table of who pays whom, by command.
 */
#include "switch/treasury/audit.h"

static int64_t account(enum fz_account_class class, int64_t party)
{
    return fz_account_number(class, party);
}

static struct fz_transfer leg(enum fz_kind kind, int64_t debit, int64_t credit, int64_t amount)
{
    return (struct fz_transfer){.kind = kind, .debit = debit, .credit = credit, .amount = amount};
}

unsigned fz_audit_legs(const struct fz_result *result, struct fz_transfer legs_out[3])
{
    int64_t wallet = account(FZ_ACCOUNT_WALLET, result->party);
    int64_t payee = account(FZ_ACCOUNT_WALLET, result->payee);
    int64_t merchant = account(FZ_ACCOUNT_MERCHANT, result->shop);
    int64_t receivable = account(FZ_ACCOUNT_RECEIVABLE, result->shop);
    int64_t reserve = account(FZ_ACCOUNT_RESERVE, 0);
    int64_t transit = account(FZ_ACCOUNT_IN_TRANSIT, 0);
    int64_t pending = account(FZ_ACCOUNT_PAYOUT_PENDING, 0);
    int64_t amount = result->amount;
    if (result->rc != FZ_OK) {
        return 0;
    }
    switch (result->type) {
    case FZ_COMMAND_INTENT: /* by code, it may be paid at once */
        legs_out[0] = leg(FZ_KIND_PAYMENT, wallet, merchant, amount);
        return result->state == (int32_t)FZ_STATE_COMPLETED ? 1 : 0;
    case FZ_COMMAND_CANCEL:
    case FZ_COMMAND_EXPIRE:
    case FZ_COMMAND_TOMBSTONE:
    case FZ_COMMAND_CODE:
    case FZ_COMMAND_LIMITS:
        return 0;
    case FZ_COMMAND_PAY:
        legs_out[0] = leg(FZ_KIND_PAYMENT, wallet, merchant, amount);
        return 1;
    case FZ_COMMAND_VOID:
        legs_out[0] = leg(FZ_KIND_VOID, merchant, wallet, amount);
        return 1;
    case FZ_COMMAND_REFUND:
    case FZ_COMMAND_REFUND_RELEASE:
        legs_out[0] = leg(FZ_KIND_REFUND, merchant, wallet, amount);
        return result->state == FZ_REFUND_HELD ? 0 : 1; /* its release books it */
    case FZ_COMMAND_P2P:
        legs_out[0] = leg(FZ_KIND_P2P, wallet, payee, amount);
        return 1;
    case FZ_COMMAND_TOPUP:
        legs_out[0] = leg(FZ_KIND_TOPUP, reserve, wallet, amount);
        return 1;
    case FZ_COMMAND_PAYOUT:
        legs_out[0] = leg(FZ_KIND_PAYOUT, merchant, pending, amount);
        return 1;
    case FZ_COMMAND_PAYOUT_SENT:
        legs_out[0] = leg(FZ_KIND_PAYOUT_SENT, transit, reserve, amount);
        return 1;
    case FZ_COMMAND_PAYOUT_CONFIRM:
        legs_out[0] = leg(FZ_KIND_PAYOUT_CONFIRMED, pending, transit, amount);
        return 1;
    case FZ_COMMAND_PAYOUT_RETURN:
        legs_out[0] = leg(FZ_KIND_PAYOUT_RETURNED, pending, merchant, amount);
        legs_out[1] = leg(FZ_KIND_PAYOUT_RECOVERED, reserve, transit, amount);
        return 2;
    case FZ_COMMAND_BILL:
        legs_out[0] =
            leg(FZ_KIND_SUBSCRIPTION, receivable, account(FZ_ACCOUNT_SUBSCRIPTION, 0), amount);
        legs_out[1] =
            leg(FZ_KIND_SUBSCRIPTION_TAX, receivable, account(FZ_ACCOUNT_TAX, 0), result->value);
        return result->value > 0 ? 2 : 1;
    case FZ_COMMAND_COLLECT:
        legs_out[0] = leg(FZ_KIND_SUBSCRIPTION_COLLECT, merchant, receivable, amount);
        return 1;
    case FZ_COMMAND_CORRECT:
        /* The accounts are those of the transfer it undoes: audit_office.c compares them. */
        legs_out[0] = leg(FZ_KIND_CORRECTION, 0, 0, amount);
        legs_out[0].corrects = result->value;
        return 1;
    }
    return 0; /* a command of no row: the caller names it */
}
