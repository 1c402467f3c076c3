/*
 * switch/treasury: `fz correct`: undoes one transfer by its exact mirror. Two people sign, a reason
 * is kept; nothing is ever changed or deleted.
 */
#include <inttypes.h>
#include <string.h>

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "ledger/store/admin_operation.h"
#include "switch/treasury/day.h"
#include "switch/treasury/staff.h"

enum {
    CORRECT_TRANSFER,
    CORRECT_REASON,
    CORRECT_KEY,
    CORRECT_APPROVER,
    CORRECT_OPTIONS
};

static const struct fz_option correct_options[CORRECT_OPTIONS] = {
    [CORRECT_TRANSFER] = {"transfer", FZ_OPTION_NUMBER, true, 1, INT64_MAX, NULL, "N",
                          "number of the transfer to undo"},
    [CORRECT_REASON] = {"reason", FZ_OPTION_TEXT, true, 1, FZ_NOTE_MAX, NULL, "TEXT",
                        "why; kept in the ledger"},
    [CORRECT_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"},
    [CORRECT_APPROVER] = {"approver-key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE",
                          "the key of a second treasurer"}};

/* The two who sign. */
struct pair {
    struct fz_staff asks;
    struct fz_staff approves;
};

static fz_rc
load_pair(struct fz_run *run, const struct fz_value *values, struct pair *pair, struct fz_err *err)
{
    fz_rc rc = fz_staff_load(run, values[CORRECT_KEY].text, &pair->asks, err);
    if (rc == FZ_OK) {
        rc = fz_staff_load(run, values[CORRECT_APPROVER].text, &pair->approves, err);
    }
    if (rc == FZ_OK && pair->asks.party == pair->approves.party) {
        rc = fz_fail(err, FZ_ROLE_FORBIDDEN, "a correction takes two people, not two keys of one");
    }
    return rc;
}

static json_t *order_body(const struct fz_run *run,
                          const struct fz_transfer *original,
                          const struct fz_id *operation,
                          const char *reason)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(operation, id);
    return json_pack("{s:I, s:I, s:s, s:s, s:I}", "amount", (json_int_t)original->amount,
                     "community", (json_int_t)run->community, "operation_id", id, "reason", reason,
                     "transfer", (json_int_t)original->number);
}

/*
 * The id is random: that a transfer is corrected only once is the ledger's rule, and a refusal
 * (nothing left in the wallet) must not stick to a later attempt.
 */
static fz_rc make_id(struct fz_id *id_out, struct fz_err *err)
{
    uint8_t random[10];
    fz_rc rc = fz_random(random, sizeof random, err);
    if (rc == FZ_OK) {
        *id_out = fz_id_v7((uint64_t)(fz_now_us() / 1000), random);
    }
    return rc;
}

static fz_rc book(struct fz_run *run,
                  const struct pair *pair,
                  const struct fz_transfer *original,
                  const char *reason,
                  struct fz_result *result_out,
                  struct fz_err *err)
{
    struct fz_staff_order order;
    struct fz_command command = {.type = FZ_COMMAND_CORRECT,
                                 .actor = pair->asks.party,
                                 .corrects = original->number,
                                 .note = reason};
    struct fz_command *commands[] = {&command};
    fz_rc rc = make_id(&command.id, err);
    if (rc == FZ_OK) {
        rc = fz_staff_order_make(&order, &pair->asks, &pair->approves, "correct",
                                 order_body(run, original, &command.id, reason), err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    command.order = order.kept;
    rc = fz_run_commit(run, commands, 1, err);
    *result_out = command.result;
    fz_staff_order_fini(&order);
    return rc;
}

static void
show(struct fz_run *run, const struct fz_transfer *original, int64_t correction, bool already)
{
    fz_output_result(&run->output,
                     json_pack("{s:I, s:I, s:I, s:b}", "transfer", (json_int_t)original->number,
                               "amount", (json_int_t)original->amount, "correction",
                               (json_int_t)correction, "already", already),
                     "correct transfer %" PRId64 " %" PRId64 " yen %s by transfer %" PRId64,
                     original->number, original->amount,
                     already ? "was corrected already" : "corrected", correction);
}

static fz_rc correct(struct fz_run *run,
                     const struct pair *pair,
                     const struct fz_value *values,
                     struct fz_err *err)
{
    struct fz_transfer original;
    struct fz_result result = {.rc = FZ_INTERNAL};
    int64_t corrected_by = 0;
    fz_rc rc = fz_admin_transfer_get(run->session, run->community, values[CORRECT_TRANSFER].number,
                                     &original, &corrected_by, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (corrected_by != 0) {
        show(run, &original, corrected_by, true);
        return FZ_OK;
    }
    rc = book(run, pair, &original, values[CORRECT_REASON].text, &result, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (result.rc != FZ_OK) {
        return fz_run_refused(&result, err);
    }
    show(run, &original, result.number, false);
    return FZ_OK;
}

static fz_rc run_correct(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct pair pair = {{0}, {0}};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = load_pair(run, values, &pair, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_lock(run->session, run->community, err);
    }
    if (rc == FZ_OK) {
        rc = correct(run, &pair, values, err);
    }
    fz_staff_fini(&pair.asks);
    fz_staff_fini(&pair.approves);
    return rc;
}

const struct fz_duty fz_duty_correct = {
    .name = "correct",
    .summary = "undo a transfer by its mirror, signed by two treasurers",
    .details = "For top-ups, person-to-person transfers, subscriptions and their collection.\n"
               "Payments are refunded by the shop instead.",
    .options = correct_options,
    .options_len = CORRECT_OPTIONS,
    .run = run_correct};
