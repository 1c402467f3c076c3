/*
 * switch/treasury: what a settlement books. Each step asks for what is not decided yet, in the
 * order of the shops, and reads back what came of it. A refusal (a refund emptied the account, the
 * account is frozen) leaves the money with the shop for the next settlement.
 */
#include <stdlib.h>

#include "feezero/limits.h"
#include "ledger/store/settle_held.h"
#include "switch/treasury/day.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/settle.h"

/* Fills the command that a line still needs in this step; false if it needs none. */
typedef bool (*line_command)(const struct fz_settlement *settlement,
                             const struct fz_settlement_line *line,
                             struct fz_command *command);

static json_t *order_body(const struct fz_settlement *settlement)
{
    const struct fz_settlement_row *row = &settlement->row;
    json_int_t total = 0;
    for (size_t i = 0; i < settlement->len; i++) {
        total += settlement->lines[i].balance;
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:s, s:I}", "business_date",
                     fz_day_format(row->business_day).text, "community",
                     (json_int_t)settlement->run->community, "from_number",
                     (json_int_t)row->from_number, "shops", (json_int_t)settlement->len, "total",
                     total, "upto_number", (json_int_t)row->upto_number, "value_date",
                     fz_day_format(row->value_day).text, "window", (json_int_t)row->window);
}

/* Books `len` commands, a batch at a time so that progress can be shown. */
static fz_rc commit(struct fz_settlement *settlement,
                    struct fz_command *commands,
                    size_t len,
                    const char *what,
                    struct fz_err *err)
{
    struct fz_command *batch[FZ_BATCH_MAX];
    struct fz_progress progress;
    fz_rc rc = FZ_OK;
    fz_progress_begin(&progress, &settlement->run->output, what, (int64_t)len);
    for (size_t at = 0; at < len && rc == FZ_OK;) {
        unsigned batch_len = 0;
        while (batch_len < FZ_BATCH_MAX && at < len) {
            batch[batch_len++] = &commands[at++];
        }
        rc = fz_run_commit(settlement->run, batch, batch_len, err);
        fz_progress_show(&progress, (int64_t)at);
    }
    fz_progress_end(&progress);
    return rc;
}

static fz_rc sign_and_commit(struct fz_settlement *settlement,
                             struct fz_command *commands,
                             size_t len,
                             const char *what,
                             struct fz_err *err)
{
    struct fz_staff_order order;
    fz_rc rc =
        fz_staff_order_make(&order, settlement->staff, NULL, "settle", order_body(settlement), err);
    if (rc != FZ_OK) {
        return rc;
    }
    for (size_t i = 0; i < len; i++) {
        commands[i].actor = settlement->staff->party;
        commands[i].order = order.kept;
    }
    rc = commit(settlement, commands, len, what, err);
    if (rc == FZ_OK) {
        rc = fz_staff_check_ids(commands, len, err);
    }
    fz_staff_order_fini(&order);
    return rc;
}

/* Books what the lines still need of one step, then reads them again. */
static fz_rc
book(struct fz_settlement *settlement, line_command needs, const char *what, struct fz_err *err)
{
    struct fz_command *commands = calloc(settlement->len + 1, sizeof *commands);
    size_t len = 0;
    if (commands == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu commands", settlement->len);
    }
    for (size_t i = 0; i < settlement->len; i++) {
        if (needs(settlement, &settlement->lines[i], &commands[len])) {
            len++;
        }
    }
    fz_rc rc = FZ_OK;
    if (len > 0) {
        rc = sign_and_commit(settlement, commands, len, what, err);
        if (rc == FZ_OK) {
            rc = fz_settle_reload(settlement, err);
        }
    }
    free(commands);
    return rc;
}

fz_rc fz_settle_release(struct fz_settlement *settlement, struct fz_err *err)
{
    const struct fz_run *run = settlement->run;
    struct fz_held *held = NULL;
    size_t len = 0;
    fz_rc rc = fz_settle_read_held(run->session, run->community, &held, &len, err);
    if (rc != FZ_OK || len == 0) {
        return rc;
    }
    struct fz_command *commands = calloc(len, sizeof *commands);
    if (commands == NULL) {
        free(held);
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu commands", len);
    }
    for (size_t i = 0; i < len; i++) {
        commands[i] = (struct fz_command){
            .type = FZ_COMMAND_REFUND_RELEASE,
            .id = fz_operation_id_release(run->community, settlement->row.business_day,
                                          settlement->row.window, &held[i].id),
            .ref = held[i].id,
            .sale = held[i].intent,
            .shop = held[i].shop,
            .party = held[i].party};
    }
    rc = sign_and_commit(settlement, commands, len, "held refunds", err);
    free(commands);
    free(held);
    return rc;
}

static bool needs_collect(const struct fz_settlement *settlement,
                          const struct fz_settlement_line *line,
                          struct fz_command *command)
{
    (void)settlement;
    *command = (struct fz_command){.type = FZ_COMMAND_COLLECT,
                                   .id = line->collect,
                                   .shop = line->shop,
                                   .amount = fz_settle_line_due(line)};
    return !line->collect_decided && command->amount > 0;
}

fz_rc fz_settle_collect(struct fz_settlement *settlement, struct fz_err *err)
{
    return book(settlement, needs_collect, "subscriptions", err);
}

static bool needs_payout(const struct fz_settlement *settlement,
                         const struct fz_settlement_line *line,
                         struct fz_command *command)
{
    (void)settlement;
    *command = (struct fz_command){.type = FZ_COMMAND_PAYOUT,
                                   .id = line->payout,
                                   .shop = line->shop,
                                   .amount = fz_settle_line_payable(line)};
    return !line->payout_decided && command->amount > 0;
}

fz_rc fz_settle_payout(struct fz_settlement *settlement, struct fz_err *err)
{
    return book(settlement, needs_payout, "payouts", err);
}

static bool needs_sent(const struct fz_settlement *settlement,
                       const struct fz_settlement_line *line,
                       struct fz_command *command)
{
    *command = (struct fz_command){
        .type = FZ_COMMAND_PAYOUT_SENT,
        .id = fz_operation_id_step(settlement->run->community, "payout-sent", &line->payout),
        .ref = line->payout,
        .shop = line->shop};
    return line->state == FZ_PAYOUT_BOOKED;
}

fz_rc fz_settle_sent(struct fz_settlement *settlement, struct fz_err *err)
{
    return settlement->file.content == NULL
               ? FZ_OK
               : book(settlement, needs_sent, "payouts marked as sent", err);
}
