/*
 * switch/treasury: `fz settle`: the shops' money of a window into today's bank file.
 */
#include <inttypes.h>

#include "feezero/encode.h"
#include "ledger/store/admin_operation.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/settle.h"

enum {
    SETTLE_DATE,
    SETTLE_WINDOW,
    SETTLE_OUT,
    SETTLE_VALUE_DATE,
    SETTLE_KEY,
    SETTLE_STOP_AFTER,
    SETTLE_OPTIONS
};

static const struct fz_option settle_options[SETTLE_OPTIONS] = {
    [SETTLE_DATE] = {"date", FZ_OPTION_DATE, false, 0, 0, NULL, "DATE",
                     "business day, today unless told"},
    [SETTLE_WINDOW] = {"window", FZ_OPTION_NUMBER, false, 1, 9, NULL, "N",
                       "window of the day, 1 unless told"},
    [SETTLE_OUT] = {"out", FZ_OPTION_FILE, false, 0, 0, NULL, "DIR",
                    "folder for the bank file, the current one unless told"},
    [SETTLE_VALUE_DATE] = {"value-date", FZ_OPTION_DATE, false, 0, 0, NULL, "DATE",
                           "day the bank pays; the first bank day from --date unless told"},
    [SETTLE_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"},
    [SETTLE_STOP_AFTER] = {"stop-after", FZ_OPTION_CHOICE, false, 0, 0,
                           "cutoff|release|collect|payout|file|write|sent", "STEP",
                           "stop there, to be finished by another run"}};

/* The steps behind the cut-off, in the order of the words of --stop-after. */
static fz_rc (*const steps[])(struct fz_settlement *settlement, struct fz_err *err) = {
    fz_settle_release, fz_settle_collect, fz_settle_payout,
    fz_settle_file,    fz_settle_write,   fz_settle_sent};

#define STEPS_LEN ((int64_t)(sizeof steps / sizeof steps[0]))

/* Takes the steps; *stopped_out: it stopped early, as it was told. */
static fz_rc
take_steps(struct fz_settlement *settlement, const struct fz_value *stop_after, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    for (int64_t step = 0; step <= STEPS_LEN && rc == FZ_OK; step++) {
        if (step > 0) {
            rc = steps[step - 1](settlement, err);
        }
        if (rc == FZ_OK && stop_after->given && stop_after->number == step) {
            rc = fz_fail(err, FZ_STOPPING, "stopped after %s; run it again to finish",
                         stop_after->text);
        }
    }
    return rc;
}

static void show_line(struct fz_output *output, const struct fz_settlement_line *line)
{
    struct fz_public_id shop = fz_public_id('M', line->shop);
    bool refused = line->payout_decided && line->payout_rc != FZ_OK;
    const char *reason = refused ? fz_rc_info(line->payout_rc)->slug : NULL;
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s?}", "shop", shop.text, "name",
                  line->name, "payments", (json_int_t)line->payments, "sales",
                  (json_int_t)line->sales, "refunds", (json_int_t)line->refunds, "collected",
                  (json_int_t)line->collected, "payout", (json_int_t)line->paid, "refused", reason);
    fz_output_result(output, object,
                     "shop %s payments %" PRId64 " sales %" PRId64 " refunds %" PRId64
                     " subscription %" PRId64 " payout %" PRId64 " yen%s%s%s %s",
                     shop.text, line->payments, line->sales, line->refunds, line->collected,
                     line->paid, refused ? " (" : "", refused ? reason : "", refused ? ")" : "",
                     line->name);
}

static void show_file(struct fz_output *output, const struct fz_settlement *settlement)
{
    const struct fz_bank_file *file = &settlement->file;
    char sha256[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    if (file->content == NULL) {
        fz_output_result(output, json_pack("{s:n}", "file"), "file none: nothing to pay");
        return;
    }
    fz_hex_encode(file->sha256, sizeof file->sha256, sha256);
    json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:s}", "file", settlement->file_name, "folder",
                               settlement->folder, "payouts", (json_int_t)file->lines, "total",
                               (json_int_t)file->total, "sha256", sha256);
    fz_output_result(output, object,
                     "file %s/%s payouts %" PRId64 " total %" PRId64 " yen sha256 %s",
                     settlement->folder, settlement->file_name, file->lines, file->total, sha256);
}

static void show(const struct fz_settlement *settlement)
{
    struct fz_output *output = &settlement->run->output;
    const struct fz_settlement_row *row = &settlement->row;
    struct fz_day_text day = fz_day_format(row->business_day);
    struct fz_day_text value_day = fz_day_format(row->value_day);
    if (settlement->len == 0) {
        fz_output_result(output,
                         json_pack("{s:s, s:i, s:I}", "settlement", day.text, "window",
                                   (int)row->window, "shops", (json_int_t)0),
                         "settlement %s window %" PRId32 ": nothing to pay", day.text, row->window);
        return;
    }
    json_t *object = json_pack("{s:s, s:i, s:I, s:I, s:s, s:I}", "settlement", day.text, "window",
                               (int)row->window, "from_transfer", (json_int_t)row->from_number,
                               "upto_transfer", (json_int_t)row->upto_number, "value_date",
                               value_day.text, "shops", (json_int_t)settlement->len);
    fz_output_result(output, object,
                     "settlement %s window %" PRId32 " transfers %" PRId64 " to %" PRId64
                     " value date %s",
                     day.text, row->window, row->from_number, row->upto_number, value_day.text);
    for (size_t i = 0; i < settlement->len; i++) {
        show_line(output, &settlement->lines[i]);
    }
    show_file(output, settlement);
    fz_output_result(output, json_pack("{s:i}", "per_payment_fee", 0), "per-payment fee: 0 yen");
}

/* A second run of the day does not take in later sales: better to say so. */
static fz_rc hint_later(const struct fz_settlement *settlement, struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    int64_t payments = 0;
    if (!settlement->was_fixed) {
        return FZ_OK;
    }
    fz_rc rc = fz_settle_count_later(run->session, run->community, settlement->row.upto_number,
                                     &payments, err);
    if (rc == FZ_OK && payments > 0) {
        fz_output_note(&run->output,
                       "%" PRId64 " payments after this cut-off wait for the next settlement"
                       " (today: --window %" PRId32 ")",
                       payments, settlement->row.window + 1);
    }
    return rc;
}

static fz_rc
settle(struct fz_settlement *settlement, const struct fz_value *values, struct fz_err *err)
{
    struct fz_run *run = settlement->run;
    struct fz_settlement_request request = {
        .business_day = values[SETTLE_DATE].given ? values[SETTLE_DATE].number : fz_run_today(run),
        .window = values[SETTLE_WINDOW].given ? (int32_t)values[SETTLE_WINDOW].number : 1,
        .value_day_given = values[SETTLE_VALUE_DATE].given,
        .value_day = values[SETTLE_VALUE_DATE].number};
    struct fz_bank_account_row bank;
    fz_rc rc = fz_admin_bank_get(run->session, run->community, &bank, err);
    if (rc == FZ_OK) {
        rc = fz_admin_lock(run->session, run->community, err);
    }
    if (rc == FZ_OK) {
        rc = fz_settle_cutoff(settlement, &request, err);
    }
    if (rc == FZ_OK && settlement->len > 0) {
        rc = take_steps(settlement, &values[SETTLE_STOP_AFTER], err);
    }
    if (rc == FZ_OK) {
        show(settlement);
        rc = hint_later(settlement, err);
    }
    return rc;
}

static fz_rc run_settle(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_staff staff = {0};
    struct fz_settlement settlement = {.run = run,
                                       .staff = &staff,
                                       .folder = values[SETTLE_OUT].given ? values[SETTLE_OUT].text
                                                                          : "."};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_staff_load(run, values[SETTLE_KEY].text, &staff, err);
    }
    if (rc == FZ_OK) {
        rc = settle(&settlement, values, err);
    }
    fz_settlement_fini(&settlement);
    fz_staff_fini(&staff);
    return rc;
}

const struct fz_duty fz_duty_settle = {
    .name = "settle",
    .summary = "pay the shops: cut-off, dues, payouts, bank file",
    .details = "The cut-off is fixed once; the same day and window again gives the same rows and\n"
               "the same file, byte for byte, and finishes a run that was interrupted. Refunds\n"
               "that waited for a shop's money, and open subscriptions, are taken out of its\n"
               "balance first. The file is called furikomi-YYYYMMDD-N.txt: Zengin credit\n"
               "transfers, 120 bytes and CR LF a record.",
    .options = settle_options,
    .options_len = SETTLE_OPTIONS,
    .run = run_settle};
