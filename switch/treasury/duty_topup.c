/*
 * switch/treasury: `fz topup`: coins for yen that arrived in the bank account. The bank's reference
 * is the identity: a deposit is credited once, however often it is entered.
 */
#include <inttypes.h>
#include <string.h>

#include "feezero/limits.h"
#include "ledger/store/admin_deposit.h"
#include "ledger/store/admin_operation.h"
#include "ledger/store/admin_party.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/staff.h"

enum {
    TOPUP_RESIDENT,
    TOPUP_AMOUNT,
    TOPUP_DEPOSIT,
    TOPUP_KEY,
    TOPUP_OPTIONS
};

static const struct fz_option topup_options[TOPUP_OPTIONS] = {
    [TOPUP_RESIDENT] = {"resident", FZ_OPTION_PARTY, true, 0, 0, "R", "R...", "whose wallet"},
    [TOPUP_AMOUNT] = {"amount", FZ_OPTION_NUMBER, true, FZ_AMOUNT_MIN, FZ_AMOUNT_MAX, NULL, "YEN",
                      "yen that arrived"},
    [TOPUP_DEPOSIT] = {"deposit", FZ_OPTION_ASCII, true, 1, 35, NULL, "REF",
                       "the bank's reference of the deposit, without spaces"},
    [TOPUP_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"}};

static json_t *
order_body(const struct fz_run *run, const struct fz_deposit_row *deposit, const char *resident)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&deposit->operation, id);
    return json_pack("{s:I, s:I, s:s, s:s, s:s}", "amount", (json_int_t)deposit->amount,
                     "community", (json_int_t)run->community, "deposit", deposit->reference,
                     "operation_id", id, "resident", resident);
}

/* Finds the outcome of the deposit or books it. */
static fz_rc credit(struct fz_run *run,
                    const struct fz_staff *staff,
                    const struct fz_deposit_row *deposit,
                    struct fz_result *result_out,
                    bool *already_out,
                    struct fz_err *err)
{
    fz_rc rc = fz_admin_deposit_enter(run->session, run->community, deposit, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = fz_admin_operation_get(run->session, run->community, &deposit->operation, result_out, err);
    *already_out = rc == FZ_OK && result_out->type == FZ_COMMAND_TOPUP;
    if (rc != FZ_OPERATION_UNKNOWN && (rc != FZ_OK || *already_out)) {
        return rc;
    }
    struct fz_command command = {.type = FZ_COMMAND_TOPUP,
                                 .id = deposit->operation,
                                 .party = deposit->party,
                                 .amount = deposit->amount};
    struct fz_public_id resident = fz_public_id('R', deposit->party);
    rc = fz_staff_book(run, staff, "topup", order_body(run, deposit, resident.text), &command, err);
    *result_out = command.result;
    return rc == FZ_OK ? fz_staff_check_ids(&command, 1, err) : rc;
}

static fz_rc show(struct fz_run *run,
                  const struct fz_deposit_row *deposit,
                  const struct fz_result *result,
                  bool already,
                  struct fz_err *err)
{
    struct fz_public_id resident = fz_public_id('R', deposit->party);
    if (result->rc != FZ_OK) {
        return fz_fail(err, result->rc,
                       "%s; deposit %s stays uncredited: pay it back, or enter it under another"
                       " reference when the cause is gone",
                       fz_rc_info(result->rc)->en, deposit->reference);
    }
    fz_output_result(&run->output,
                     json_pack("{s:s, s:I, s:s, s:I, s:b}", "resident", resident.text, "amount",
                               (json_int_t)deposit->amount, "deposit", deposit->reference,
                               "transfer", (json_int_t)result->number, "already", already),
                     "topup %s %" PRId64 " yen deposit %s transfer %" PRId64 " %s", resident.text,
                     deposit->amount, deposit->reference, result->number,
                     already ? "already credited" : "credited");
    return FZ_OK;
}

static fz_rc run_topup(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_staff staff = {0};
    struct fz_party_row party;
    struct fz_result result = {.rc = FZ_INTERNAL};
    bool already = false;
    struct fz_deposit_row deposit = {.reference = values[TOPUP_DEPOSIT].text,
                                     .amount = values[TOPUP_AMOUNT].number,
                                     .party = values[TOPUP_RESIDENT].number};
    if (strchr(deposit.reference, ' ') != NULL) {
        return fz_fail(err, FZ_BAD_FIELD, "--deposit: no spaces, please");
    }
    deposit.operation = fz_operation_id_topup(run->community, deposit.reference);
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_staff_load(run, values[TOPUP_KEY].text, &staff, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_party_get(run->session, run->community, 'R', deposit.party, &party, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_lock(run->session, run->community, err);
    }
    if (rc == FZ_OK) {
        rc = credit(run, &staff, &deposit, &result, &already, err);
    }
    if (rc == FZ_OK) {
        rc = show(run, &deposit, &result, already, err);
    }
    fz_staff_fini(&staff);
    return rc;
}

const struct fz_duty fz_duty_topup = {
    .name = "topup",
    .summary = "credit a bank deposit to a resident's wallet",
    .details = "The same deposit again moves nothing and says so; the same reference for another\n"
               "amount or resident is refused. A refusal (wallet full, account closed) stays with\n"
               "the reference.",
    .options = topup_options,
    .options_len = TOPUP_OPTIONS,
    .run = run_topup};
