/*
 * switch/treasury: `fz bill`: the fixed monthly subscription, the only thing a shop pays. The bill
 * is fixed once for a shop and a month; the run may be repeated or interrupted at will.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ledger/store/admin_operation.h"
#include "ledger/store/admin_party.h"
#include "ledger/store/bill_run.h"
#include "switch/treasury/day.h"
#include "switch/treasury/invoice.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/staff.h"

#define DAY_US 86400000000LL

/* One run. */
struct billing {
    struct fz_run *run;
    const struct fz_staff *staff;
    struct fz_bill_scope scope;
    struct fz_bill_row *rows; /* owned */
    size_t len;
};

/* The shop exists, if one is named. */
static fz_rc check_shop(struct fz_run *run, int64_t shop, struct fz_err *err)
{
    struct fz_party_row party;
    return shop == 0 ? FZ_OK
                     : fz_admin_party_get(run->session, run->community, 'M', shop, &party, err);
}

/* Fixes the bills that are missing. */
static fz_rc fix_bills(const struct billing *billing, struct fz_err *err)
{
    struct fz_run *run = billing->run;
    struct fz_bill_row *rows = NULL;
    size_t len = 0;
    fz_rc rc =
        fz_bill_read_missing(run->session, run->community, &billing->scope, &rows, &len, err);
    for (size_t i = 0; i < len; i++) {
        struct fz_bill_row *row = &rows[i];
        row->tax = fz_invoice_tax(row->net, row->tax_percent);
        row->operation =
            fz_operation_id_bill(run->community, "bill", billing->scope.period, row->shop);
        row->collect =
            fz_operation_id_bill(run->community, "bill-collect", billing->scope.period, row->shop);
        (void)snprintf(row->invoice_no, sizeof row->invoice_no, "%s",
                       fz_invoice_number(billing->scope.period, row->shop).text);
    }
    if (rc == FZ_OK && len > 0) {
        rc = fz_bill_insert(run->session, run->community, billing->scope.period, rows, len, err);
    }
    free(rows);
    return rc;
}

static fz_rc reload(struct billing *billing, struct fz_err *err)
{
    free(billing->rows);
    return fz_bill_read(billing->run->session, billing->run->community, &billing->scope,
                        &billing->rows, &billing->len, err);
}

static json_t *order_body(const struct billing *billing)
{
    json_int_t total = 0;
    for (size_t i = 0; i < billing->len; i++) {
        total += billing->rows[i].net + billing->rows[i].tax;
    }
    return json_pack("{s:I, s:s, s:I, s:I}", "community", (json_int_t)billing->run->community,
                     "period", fz_month_format(billing->scope.period).text, "shops",
                     (json_int_t)billing->len, "total", total);
}

/* The command that a bill still needs: booking it, then collecting it. False if it needs none. */
static bool bill_command(const struct fz_bill_row *row, bool collect, struct fz_command *command)
{
    if (!collect) {
        *command = (struct fz_command){.type = FZ_COMMAND_BILL,
                                       .id = row->operation,
                                       .shop = row->shop,
                                       .amount = row->net,
                                       .tax = row->tax};
        return !row->decided;
    }
    *command = (struct fz_command){.type = FZ_COMMAND_COLLECT,
                                   .id = row->collect,
                                   .shop = row->shop,
                                   .amount = row->net + row->tax};
    return row->decided && row->rc == FZ_OK && !row->collect_decided;
}

static fz_rc
commit(const struct billing *billing, struct fz_command *commands, size_t len, struct fz_err *err)
{
    struct fz_staff_order order;
    struct fz_command **pointers = calloc(len, sizeof(struct fz_command *));
    if (pointers == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu commands", len);
    }
    fz_rc rc = fz_staff_order_make(&order, billing->staff, NULL, "bill", order_body(billing), err);
    if (rc == FZ_OK) {
        for (size_t i = 0; i < len; i++) {
            commands[i].actor = billing->staff->party;
            commands[i].order = order.kept;
            pointers[i] = &commands[i];
        }
        rc = fz_run_commit(billing->run, pointers, (unsigned)len, err);
        if (rc == FZ_OK) {
            rc = fz_staff_check_ids(commands, len, err);
        }
        fz_staff_order_fini(&order);
    }
    free(pointers);
    return rc;
}

static fz_rc book(struct billing *billing, bool collect, struct fz_err *err)
{
    size_t len = 0;
    fz_rc rc = FZ_OK;
    struct fz_command *commands = calloc(billing->len + 1, sizeof *commands);
    if (commands == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu commands", billing->len);
    }
    for (size_t i = 0; i < billing->len; i++) {
        if (bill_command(&billing->rows[i], collect, &commands[len])) {
            len++;
        }
    }
    if (len > 0) {
        rc = commit(billing, commands, len, err);
        if (rc == FZ_OK) {
            rc = reload(billing, err);
        }
    }
    free(commands);
    return rc;
}

static json_t *bill_object(const struct billing *billing, const struct fz_bill_row *row)
{
    json_int_t total = row->net + row->tax;
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s?, s:i}", "bill",
                     fz_month_format(billing->scope.period).text, "shop",
                     fz_public_id('M', row->shop).text, "name", row->name, "size", row->size,
                     "invoice", row->invoice_no, "net", (json_int_t)row->net, "tax_percent",
                     (json_int_t)row->tax_percent, "tax", (json_int_t)row->tax, "total", total,
                     "collected", (json_int_t)row->collected, "refused",
                     row->rc == FZ_OK ? NULL : fz_rc_info(row->rc)->slug, "per_payment_fee", 0);
}

static void show_bill(const struct billing *billing, const struct fz_bill_row *row)
{
    fz_output_result(&billing->run->output, bill_object(billing, row),
                     "bill %s %s %s net %" PRId64 " tax %" PRId64 " (%" PRId64 " %%) total %" PRId64
                     " collected %" PRId64 " open %" PRId64 " yen invoice %s%s%s %s",
                     fz_month_format(billing->scope.period).text, fz_public_id('M', row->shop).text,
                     row->size, row->net, row->tax, row->tax_percent, row->net + row->tax,
                     row->collected, row->net + row->tax - row->collected, row->invoice_no,
                     row->rc == FZ_OK ? "" : " refused ",
                     row->rc == FZ_OK ? "" : fz_rc_info(row->rc)->slug, row->name);
}

static void show(const struct billing *billing)
{
    struct fz_output *output = &billing->run->output;
    for (size_t i = 0; i < billing->len; i++) {
        show_bill(billing, &billing->rows[i]);
    }
    if (billing->len == 0) {
        fz_output_result(output,
                         json_pack("{s:s, s:i}", "bill",
                                   fz_month_format(billing->scope.period).text, "shops", 0),
                         "bill %s: nothing to bill", fz_month_format(billing->scope.period).text);
    }
    fz_output_result(output, json_pack("{s:i}", "per_payment_fee", 0), "per-payment fee: 0 yen");
}

static fz_rc bill(struct billing *billing, struct fz_err *err)
{
    struct fz_run *run = billing->run;
    fz_rc rc = fz_admin_lock(run->session, run->community, err);
    billing->scope.until_us =
        fz_month_next(billing->scope.period) * DAY_US - (int64_t)run->town.utc_offset_s * 1000000;
    if (rc == FZ_OK) {
        rc = fix_bills(billing, err);
    }
    if (rc == FZ_OK) {
        rc = reload(billing, err);
    }
    if (rc == FZ_OK) {
        rc = book(billing, false, err);
    }
    if (rc == FZ_OK) {
        rc = book(billing, true, err);
    }
    if (rc == FZ_OK) {
        show(billing);
    }
    return rc;
}

enum {
    BILL_PERIOD,
    BILL_SHOP,
    BILL_KEY,
    BILL_OPTIONS
};

static const struct fz_option bill_options[BILL_OPTIONS] = {
    [BILL_PERIOD] = {"period", FZ_OPTION_MONTH, true, 0, 0, NULL, "YYYY-MM", "the month"},
    [BILL_SHOP] = {"shop", FZ_OPTION_PARTY, false, 0, 0, "M", "M...", "only this shop"},
    [BILL_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"}};

static fz_rc run_bill(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_staff staff = {0};
    struct billing billing = {
        .run = run,
        .staff = &staff,
        .scope = {.period = values[BILL_PERIOD].number, .shop = values[BILL_SHOP].number}};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK && billing.scope.period > fz_month_next(fz_run_today(run))) {
        rc = fz_fail(err, FZ_BAD_FIELD, "--period: not more than one month ahead");
    }
    if (rc == FZ_OK) {
        rc = check_shop(run, billing.scope.shop, err);
    }
    if (rc == FZ_OK) {
        rc = fz_staff_load(run, values[BILL_KEY].text, &staff, err);
    }
    if (rc == FZ_OK) {
        rc = bill(&billing, err);
    }
    free(billing.rows);
    fz_staff_fini(&staff);
    return rc;
}

const struct fz_duty fz_duty_bill = {
    .name = "bill",
    .summary = "bill the shops' monthly subscription, by size of shop",
    .details =
        "Books the bill with its tax and collects what the shop's balance gives; the rest is\n"
        "collected before its next payouts. A shop and a month are billed once, at the plan\n"
        "of that day. Shops that joined after the month are left out, and so are sizes\n"
        "whose plan is 0 yen.",
    .options = bill_options,
    .options_len = BILL_OPTIONS,
    .run = run_bill};

/* --- the invoice ------------------------------------------------------------------------------ */

static const struct fz_option show_options[] = {
    {"period", FZ_OPTION_MONTH, true, 0, 0, NULL, "YYYY-MM", "the month"},
    {"shop", FZ_OPTION_PARTY, true, 0, 0, "M", "M...", "the shop"}};

static fz_rc run_bill_show(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    char text[FZ_INVOICE_TEXT_MAX];
    struct billing billing = {.run = run,
                              .scope = {.period = values[0].number, .shop = values[1].number}};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = check_shop(run, billing.scope.shop, err);
    }
    if (rc == FZ_OK) {
        rc = reload(&billing, err);
    }
    const struct fz_bill_row *row = billing.rows;
    bool billed = row != NULL && row->decided && row->rc == FZ_OK;
    if (rc == FZ_OK && !billed) {
        rc = fz_fail(err, FZ_NOT_FOUND, "%s was not billed for %s", values[1].text, values[0].text);
    }
    if (rc == FZ_OK && billed) {
        fz_invoice_print(&run->town, billing.scope.period, row, text);
        fz_output_result(&run->output, bill_object(&billing, row), "%s", text);
    }
    free(billing.rows);
    return rc;
}

const struct fz_duty fz_duty_bill_show = {.name = "bill show",
                                          .summary = "print a shop's invoice for a month",
                                          .details = "A qualified invoice if the community has a "
                                                     "registration number.",
                                          .options = show_options,
                                          .options_len = 2,
                                          .run = run_bill_show};
