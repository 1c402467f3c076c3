/*
 * switch/treasury: what the settlement lines say against what the journal says, at the very
 * transfer where each window ends.
 */
#include "switch/treasury/audit.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

static fz_rc take_line(struct fz_audit_windows *windows, struct fz_err *err)
{
    fz_rc rc = fz_audit_next_line(windows->stream, &windows->line, err);
    windows->has_line = rc == FZ_OK;
    return rc == FZ_NOT_FOUND ? FZ_OK : rc;
}

fz_rc fz_audit_windows_open(struct fz_audit_windows *windows,
                            struct fz_audit *audit,
                            struct fz_err *err)
{
    *windows = (struct fz_audit_windows){.audit = audit};
    fz_rc rc = fz_audit_stream_open(audit->run->session, audit->community, FZ_AUDIT_LINES,
                                    &windows->stream, err);
    return rc == FZ_OK ? take_line(windows, err) : rc;
}

void fz_audit_windows_close(struct fz_audit_windows *windows)
{
    fz_audit_stream_close(&windows->stream);
}

static struct fz_text name_of(const struct fz_audit_line *line)
{
    return fz_text("%s window %d", fz_day_format(line->business_day).text, (int)line->window);
}

static void compare_line(struct fz_audit_windows *windows, const struct fz_audit_line *line)
{
    struct fz_audit *audit = windows->audit;
    const struct fz_audit_sum none = {0};
    const struct fz_audit_sum *merchant =
        fz_audit_sums_find(audit->sums, fz_account_number(FZ_ACCOUNT_MERCHANT, line->shop));
    const struct fz_audit_sum *receivable =
        fz_audit_sums_find(audit->sums, fz_account_number(FZ_ACCOUNT_RECEIVABLE, line->shop));
    const struct fz_audit_sum *moved =
        merchant != NULL && merchant->window == windows->window ? merchant : &none;
    struct fz_text where = fz_text("%s %s", name_of(line).text, fz_public_id('M', line->shop).text);
    int64_t balance = merchant == NULL ? 0 : fz_audit_sum_balance(merchant);
    int64_t due = receivable == NULL ? 0 : fz_audit_sum_balance(receivable);
    fz_audit_compare(audit, "settlement-sales", where.text, moved->sales, line->sales);
    fz_audit_compare(audit, "settlement-refunds", where.text, moved->refunds, line->refunds);
    fz_audit_compare(audit, "settlement-payments", where.text, moved->payments, line->payments);
    fz_audit_compare(audit, "settlement-balance", where.text, balance, line->balance);
    fz_audit_compare(audit, "settlement-due", where.text, due, line->due);
}

/* Compares the lines of the settlement that `windows->line` begins. */
static fz_rc compare_window(struct fz_audit_windows *windows, struct fz_err *err)
{
    struct fz_audit *audit = windows->audit;
    const struct fz_audit_line first = windows->line;
    int64_t with_coins = 0;
    fz_rc rc = FZ_OK;
    fz_audit_compare(audit, "settlement-window", name_of(&first).text, windows->upto_number + 1,
                     first.from_number);
    while (rc == FZ_OK && windows->has_line && windows->line.business_day == first.business_day &&
           windows->line.window == first.window) {
        if (windows->line.shop != 0) {
            compare_line(windows, &windows->line);
            with_coins += windows->line.balance > 0 ? 1 : 0;
        }
        rc = take_line(windows, err);
    }
    fz_audit_compare(audit, "settlement-lines", name_of(&first).text, windows->shops_with_coins,
                     with_coins);
    windows->upto_number = first.upto_number;
    windows->window++;
    return rc;
}

fz_rc fz_audit_windows_pass(struct fz_audit_windows *windows, int64_t number, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    while (rc == FZ_OK && windows->has_line && windows->line.upto_number < number) {
        rc = compare_window(windows, err);
    }
    return rc;
}
