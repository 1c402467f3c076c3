/*
 * switch/treasury: payouts against operations, settlement lines and signed orders; and the bank
 * files, read back byte by byte, against the payouts they carry.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "switch/treasury/audit.h"
#include "switch/treasury/day.h"
#include "switch/treasury/kana.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/settle.h"
#include "switch/treasury/zengin.h"

/* --- payouts ---------------------------------------------------------------------------------- */

/* The state that the steps leave a payout in. */
static int32_t state_of(const struct fz_audit_payout *row)
{
    if (row->returned > 0) {
        return (int32_t)FZ_PAYOUT_RETURNED;
    }
    if (row->confirmed > 0) {
        return (int32_t)FZ_PAYOUT_CONFIRMED;
    }
    return (int32_t)(row->sent > 0 ? FZ_PAYOUT_SENT : FZ_PAYOUT_BOOKED);
}

/* The run that was signed for is the run that was fixed. */
static void check_signed_run(struct fz_audit *audit, const struct fz_audit_payout *row)
{
    struct fz_text id = fz_text_id(&row->id);
    json_t *body = row->order_body == NULL
                       ? NULL
                       : json_loadb((const char *)row->order_body, row->order_body_len, 0, NULL);
    const char *value_date = json_string_value(json_object_get(body, "value_date"));
    fz_audit_compare(audit, "settlement-signed", fz_text("%s from_number", id.text).text,
                     json_integer_value(json_object_get(body, "from_number")), row->from_number);
    fz_audit_compare(audit, "settlement-signed", fz_text("%s upto_number", id.text).text,
                     json_integer_value(json_object_get(body, "upto_number")), row->upto_number);
    if (value_date == NULL || strcmp(value_date, fz_day_format(row->value_day).text) != 0) {
        fz_audit_find(audit, "settlement-signed", fz_text("%s value_date", id.text).text,
                      value_date == NULL ? "a date" : value_date,
                      fz_day_format(row->value_day).text);
    }
    json_decref(body);
}

static void check_line(struct fz_audit *audit, const struct fz_audit_payout *row)
{
    struct fz_text id = fz_text_id(&row->id);
    const struct fz_settlement_line line = {.balance = row->line_balance, .due = row->line_due};
    if (!row->in_line) {
        fz_audit_find(audit, "payout-line", id.text, "a settlement line", "none");
        return;
    }
    fz_audit_compare(audit, "payout-line", id.text, row->line_shop, row->shop);
    if (row->amount > fz_settle_line_payable(&line)) {
        fz_audit_find(audit, "payout-amount", id.text,
                      fz_text("at most %" PRId64, fz_settle_line_payable(&line)).text,
                      fz_text_number(row->amount).text);
    }
    if (!row->in_file && row->state != (int32_t)FZ_PAYOUT_BOOKED) {
        fz_audit_find(audit, "payout-file", id.text, "a bank file", "none");
    }
    check_signed_run(audit, row);
}

static fz_rc check_payout(void *ctx, const struct fz_audit_payout *row, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    struct fz_text id = fz_text_id(&row->id);
    (void)err;
    audit->payouts++;
    if (!row->present || !row->booked) {
        fz_audit_find(audit, "payout", id.text, "a payout and its booking",
                      row->present ? "no operation that booked it" : "no payout");
        return FZ_OK;
    }
    fz_audit_compare(audit, "payout-shop", id.text, row->booked_shop, row->shop);
    fz_audit_compare(audit, "payout-amount", id.text, row->booked_amount, row->amount);
    fz_audit_compare(audit, "payout-state", id.text, state_of(row), row->state);
    if (row->sent > 1 || row->confirmed + row->returned > row->sent) {
        fz_audit_find(audit, "payout-steps", id.text, "sent once, then confirmed or returned once",
                      fz_text("%" PRId64 " sent, %" PRId64 " confirmed, %" PRId64 " returned",
                              row->sent, row->confirmed, row->returned)
                          .text);
    }
    check_line(audit, row);
    audit->open_payouts += row->state == (int32_t)FZ_PAYOUT_BOOKED ? 1 : 0;
    return FZ_OK;
}

fz_rc fz_audit_payouts(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_payout(audit->run->session, audit->community, check_payout, audit, err);
}

/* --- bank files ------------------------------------------------------------------------------- */

static struct fz_text name_of(const struct fz_settlement_row *run)
{
    return fz_text("%s window %" PRId32, fz_day_format(run->business_day).text, run->window);
}

/* Makes the file once more from the lines, with the sender that the kept one names. */
static fz_rc rebuild(const struct fz_zengin_file *kept,
                     const struct fz_settlement_row *run,
                     const struct fz_settlement_line *lines,
                     size_t len,
                     struct fz_bank_file *file_out,
                     struct fz_err *err)
{
    const struct fz_zengin_sender *sender = &kept->sender;
    struct fz_bank_account_row account = {.account_type = (int64_t)sender->account.type};
    (void)snprintf(account.requester_code, sizeof account.requester_code, "%s", sender->code);
    (void)snprintf(account.bank_code, sizeof account.bank_code, "%s", sender->account.bank);
    (void)snprintf(account.branch_code, sizeof account.branch_code, "%s", sender->account.branch);
    (void)snprintf(account.account_number, sizeof account.account_number, "%s",
                   sender->account.number);
    (void)fz_kana_to_utf8(sender->name, strlen(sender->name), account.requester_name_kana);
    (void)fz_kana_to_utf8(sender->account.bank_name, strlen(sender->account.bank_name),
                          account.bank_name_kana);
    (void)fz_kana_to_utf8(sender->account.branch_name, strlen(sender->account.branch_name),
                          account.branch_name_kana);
    return fz_settle_build_file(&account, run->value_day, lines, len, file_out, err);
}

/* The items of the file against the payouts, one by one. */
static void check_items(struct fz_audit *audit,
                        const struct fz_text *name,
                        const struct fz_zengin_file *kept,
                        const struct fz_settlement_line *lines,
                        size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        const struct fz_settlement_line *line = &lines[i];
        struct fz_text where = fz_text("%s %s", name->text, fz_public_id('M', line->shop).text);
        if (line->paid == 0) {
            continue;
        }
        if (at == kept->item_count) {
            fz_audit_find(audit, "bank-file-line", where.text,
                          fz_text("%" PRId64 " yen", line->paid).text, "no line");
            continue;
        }
        const struct fz_zengin_item *item = &kept->items[at++];
        fz_audit_compare(audit, "bank-file-shop", where.text, line->shop, item->customer1);
        fz_audit_compare(audit, "bank-file-amount", where.text, line->paid, item->amount);
        struct fz_text expected =
            fz_text("%s-%s %" PRId64 " %s", line->bank.bank_code, line->bank.branch_code,
                    line->bank.account_type, line->bank.account_number);
        struct fz_text found = fz_text("%s-%s %d %s", item->account.bank, item->account.branch,
                                       (int)item->account.type, item->account.number);
        if (strcmp(expected.text, found.text) != 0) {
            fz_audit_find(audit, "bank-file-account", where.text, expected.text, found.text);
        }
    }
    fz_audit_compare(audit, "bank-file-lines", name->text, (int64_t)at, (int64_t)kept->item_count);
}

/* Where two files first differ. */
static struct fz_text first_difference(const struct fz_bank_file *a, const struct fz_bank_file *b)
{
    size_t at = 0;
    while (at < a->len && at < b->len && a->content[at] == b->content[at]) {
        at++;
    }
    return fz_text("a difference at byte %zu (%zu bytes, not %zu)", at, b->len, a->len);
}

/* Reads the bytes as the bank does, and compares with what was paid. */
static fz_rc check_content(struct fz_audit *audit,
                           const struct fz_settlement_row *run,
                           const struct fz_bank_file *file,
                           const struct fz_settlement_line *lines,
                           size_t len,
                           struct fz_err *err)
{
    struct fz_zengin_file kept = {0};
    struct fz_zengin_issue issue;
    struct fz_bank_file again = {0};
    struct fz_text name = name_of(run);
    fz_rc rc = fz_zengin_read(file->content, file->len, &kept, &issue, err);
    if (rc == FZ_FORMAT) {
        fz_audit_find(audit, "bank-file", name.text, "a Zengin file",
                      fz_zengin_fault_text(issue.fault));
        return FZ_OK;
    }
    if (rc != FZ_OK) {
        return rc;
    }
    fz_audit_compare(audit, "bank-file-total", name.text, kept.total, file->total);
    check_items(audit, &name, &kept, lines, len);
    rc = rebuild(&kept, run, lines, len, &again, err);
    if (rc == FZ_FORMAT) {
        fz_audit_find(audit, "bank-file", name.text, "lines the bank can take", err->msg);
        rc = FZ_OK;
    } else if (rc == FZ_OK &&
               (again.len != file->len || memcmp(again.content, file->content, file->len) != 0)) {
        fz_audit_find(audit, "bank-file", name.text, "the bytes that follow from the lines",
                      first_difference(&again, file).text);
    }
    fz_bank_file_fini(&again);
    fz_zengin_file_fini(&kept);
    return rc;
}

static fz_rc check_file(void *ctx, const struct fz_settlement_row *run, struct fz_err *err)
{
    struct fz_audit *audit = ctx;
    struct fz_session *session = audit->run->session;
    struct fz_bank_file file = {0};
    struct fz_settlement_line *lines = NULL;
    uint8_t sha256[FZ_SHA256_LEN];
    size_t len = 0;
    int64_t paid = 0;
    fz_rc rc = fz_settle_get_file(session, audit->community, run, &file, err);
    if (rc == FZ_OK) {
        rc = fz_settle_read_lines(session, audit->community, run, &lines, &len, err);
    }
    if (rc != FZ_OK) {
        goto out;
    }
    audit->files++;
    for (size_t i = 0; i < len; i++) {
        paid += lines[i].paid;
    }
    fz_sha256(file.content, file.len, sha256);
    if (memcmp(sha256, file.sha256, sizeof sha256) != 0) {
        fz_audit_find(audit, "bank-file-sha256", name_of(run).text, "the digest of its bytes",
                      "another one");
    }
    fz_audit_compare(audit, "bank-file-total", name_of(run).text, paid, file.total);
    rc = check_content(audit, run, &file, lines, len, err);
out:
    free(lines);
    fz_bank_file_fini(&file);
    return rc;
}

fz_rc fz_audit_files(struct fz_audit *audit, struct fz_err *err)
{
    return fz_audit_each_file(audit->run->session, audit->community, check_file, audit, err);
}
