/*
 * switch/treasury: the cut-off of a settlement. What a shop sold up to a transfer number is in this
 * run, what comes later in the next; no clock decides it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "switch/treasury/day.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/settle.h"

#define VALUE_DAYS_MAX 31 /* the file has no year: a far day would be read as a near one */

int64_t fz_settle_line_due(const struct fz_settlement_line *line)
{
    return line->due < line->balance ? line->due : line->balance;
}

int64_t fz_settle_line_payable(const struct fz_settlement_line *line)
{
    int64_t payable = line->balance - fz_settle_line_due(line);
    return payable < FZ_AMOUNT_MAX ? payable : FZ_AMOUNT_MAX;
}

void fz_settlement_fini(struct fz_settlement *settlement)
{
    free(settlement->lines);
    settlement->lines = NULL;
    settlement->len = 0;
    fz_bank_file_fini(&settlement->file);
}

fz_rc fz_settle_reload(struct fz_settlement *settlement, struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    free(settlement->lines);
    return fz_settle_read_lines(run->session, run->community, &settlement->row, &settlement->lines,
                                &settlement->len, err);
}

/* Nothing of the line is left to be done. */
static bool is_finished(const struct fz_settlement_line *line)
{
    bool collected = fz_settle_line_due(line) == 0 || line->collect_decided;
    bool paid = fz_settle_line_payable(line) == 0 || line->payout_decided;
    return collected && paid && line->state != FZ_PAYOUT_BOOKED;
}

/* An earlier run must be finished: two half-done ones would pay from one balance. */
static fz_rc
check_finished(struct fz_run *run, const struct fz_settlement_row *last, struct fz_err *err)
{
    struct fz_settlement_line *lines = NULL;
    size_t len = 0;
    fz_rc rc = fz_settle_read_lines(run->session, run->community, last, &lines, &len, err);
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        if (!is_finished(&lines[i])) {
            rc = fz_fail(err, FZ_PAYOUT_STATE,
                         "the settlement of %s is not finished: run it first (--date %s --window"
                         " %" PRId32 ")",
                         fz_day_format(last->business_day).text,
                         fz_day_format(last->business_day).text, last->window);
        }
    }
    free(lines);
    return rc;
}

/* Whether a new run may follow the last one; *from_out is where it begins. */
static fz_rc check_place(struct fz_run *run,
                         const struct fz_settlement_request *request,
                         int64_t *from_out,
                         struct fz_err *err)
{
    struct fz_settlement_row last = {0};
    int32_t window_due = 1;
    fz_rc rc = fz_settle_get_last(run->session, run->community, &last, err);
    if (rc != FZ_OK && rc != FZ_NOT_FOUND) {
        return rc;
    }
    bool is_first = rc == FZ_NOT_FOUND;
    if (!is_first && last.business_day > request->business_day) {
        return fz_fail(err, FZ_PAYOUT_STATE, "%s is settled already, an earlier day cannot follow",
                       fz_day_format(last.business_day).text);
    }
    if (!is_first && last.business_day == request->business_day) {
        window_due = last.window + 1;
    }
    if (request->window != window_due) {
        return fz_fail(err, FZ_PAYOUT_STATE, "the next window of %s is %" PRId32,
                       fz_day_format(request->business_day).text, window_due);
    }
    *from_out = last.upto_number + 1;
    return is_first ? FZ_OK : check_finished(run, &last, err);
}

static fz_rc check_days(struct fz_run *run,
                        const struct fz_settlement_request *request,
                        int64_t *value_day_out,
                        struct fz_err *err)
{
    int64_t day = request->business_day;
    if (day > fz_run_today(run)) {
        return fz_fail(err, FZ_BAD_FIELD, "--date: %s is not over yet, nor begun",
                       fz_day_format(day).text);
    }
    *value_day_out = request->value_day_given ? request->value_day : fz_day_next_bank_day(day);
    if (*value_day_out < day || *value_day_out > day + VALUE_DAYS_MAX) {
        return fz_fail(err, FZ_BAD_FIELD, "--value-date: must be from %s to %s",
                       fz_day_format(day).text, fz_day_format(day + VALUE_DAYS_MAX).text);
    }
    if (!fz_day_is_bank_day(*value_day_out)) {
        return fz_fail(err, FZ_BAD_FIELD, "--value-date: %s is no bank day",
                       fz_day_format(*value_day_out).text);
    }
    return FZ_OK;
}

static void name_operations(struct fz_settlement *settlement)
{
    int32_t community = settlement->run->community;
    const struct fz_settlement_row *row = &settlement->row;
    for (size_t i = 0; i < settlement->len; i++) {
        struct fz_settlement_line *line = &settlement->lines[i];
        line->payout = fz_operation_id_settlement(community, "payout", row->business_day,
                                                  row->window, line->shop);
        line->collect = fz_operation_id_settlement(community, "collect", row->business_day,
                                                   row->window, line->shop);
    }
}

/* Reads the cut-off and writes it, in the transaction that is open. */
static fz_rc fix_in_transaction(struct fz_settlement *settlement, struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    struct fz_settlement_row *row = &settlement->row;
    fz_rc rc = fz_settle_read_cutoff(run->session, run->community, row, &settlement->lines,
                                     &settlement->len, err);
    if (rc != FZ_OK || settlement->len == 0) {
        return rc;
    }
    name_operations(settlement);
    return fz_settle_insert(run->session, run->community, row, settlement->lines, settlement->len,
                            err);
}

static fz_rc fix(struct fz_settlement *settlement, struct fz_err *err)
{
    struct fz_session *session = settlement->run->session;
    fz_rc rc = fz_settle_begin(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = fix_in_transaction(settlement, err);
    if (rc != FZ_OK || settlement->len == 0) {
        fz_session_rollback(session);
        return rc;
    }
    return fz_session_commit(session, err);
}

fz_rc fz_settle_cutoff(struct fz_settlement *settlement,
                       const struct fz_settlement_request *request,
                       struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    struct fz_settlement_row *row = &settlement->row;
    fz_rc rc = fz_settle_get(run->session, run->community, request->business_day, request->window,
                             row, err);
    settlement->was_fixed = rc == FZ_OK;
    if (rc == FZ_OK && request->value_day_given && request->value_day != row->value_day) {
        return fz_fail(err, FZ_ID_REUSED, "this settlement is fixed with value date %s",
                       fz_day_format(row->value_day).text);
    }
    if (rc == FZ_NOT_FOUND) {
        *row = (struct fz_settlement_row){.business_day = request->business_day,
                                          .window = request->window};
        rc = check_days(run, request, &row->value_day, err);
        if (rc == FZ_OK) {
            rc = check_place(run, request, &row->from_number, err);
        }
        if (rc == FZ_OK) {
            rc = fix(settlement, err);
        }
    }
    if (rc == FZ_OK && (settlement->was_fixed || settlement->len > 0)) {
        rc = fz_settle_reload(settlement, err);
    }
    return rc;
}
