/*
 * switch/treasury: `fz payout`: what the bank made of the payouts.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "feezero/limits.h"
#include "ledger/store/admin_operation.h"
#include "ledger/store/settle_payout.h"
#include "switch/treasury/day.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"
#include "switch/treasury/staff.h"

static void
show_payout(struct fz_output *output, const struct fz_payout_row *row, enum fz_payout_state state)
{
    char id[FZ_ID_TEXT_LEN + 1];
    struct fz_public_id shop = fz_public_id('M', row->shop);
    struct fz_day_text day = fz_day_format(row->business_day);
    fz_id_format(&row->payout, id);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:I, s:s, s:s?, s:i, s:s}", "payout", id, "shop", shop.text,
                  "name", row->name, "amount", (json_int_t)row->amount, "state",
                  fz_payout_state_name(state), "settlement", row->window != 0 ? day.text : NULL,
                  "window", (int)row->window, "account", row->account);
    fz_output_result(output, object,
                     "payout %s %s %" PRId64 " yen %s settlement %s window %" PRId32 " %s", id,
                     shop.text, row->amount, fz_payout_state_name(state),
                     row->window != 0 ? day.text : "none", row->window, row->name);
}

/* --- list ------------------------------------------------------------------------------------- */

static const struct fz_option list_options[] = {{"state", FZ_OPTION_CHOICE, false, 0, 0,
                                                 "booked|sent|confirmed|returned", "STATE",
                                                 "only those"}};

static fz_rc list_payouts(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_payout_row *rows = NULL;
    size_t len = 0;
    struct fz_payout_filter filter = {
        .state = values[0].given ? (enum fz_payout_state)(values[0].number + FZ_PAYOUT_BOOKED)
                                 : FZ_PAYOUT_NONE};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_settle_read_payouts(run->session, run->community, &filter, &rows, &len, err);
    }
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        show_payout(&run->output, &rows[i], rows[i].state);
    }
    free(rows);
    return rc;
}

const struct fz_duty fz_duty_payout_list = {.name = "payout list",
                                            .summary = "list payouts and where they are",
                                            .options = list_options,
                                            .options_len = 1,
                                            .run = list_payouts};

/* --- confirm and return ----------------------------------------------------------------------- */

/* One kind of news from the bank. */
struct news {
    enum fz_command_type type;
    enum fz_payout_state becomes;
    const char *name; /* of the order and of the operation ids */
    const char *note; /* NULL: none */
    const struct fz_staff *staff;
};

static json_t *
order_body(const struct fz_run *run, const struct fz_payout_row *row, const struct news *news)
{
    char id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&row->payout, id);
    json_t *body = json_pack("{s:I, s:I, s:s, s:s}", "amount", (json_int_t)row->amount, "community",
                             (json_int_t)run->community, "payout_id", id, "shop",
                             fz_public_id('M', row->shop).text);
    if (body != NULL && news->note != NULL) {
        (void)json_object_set_new(body, "reason", json_string(news->note));
    }
    return body;
}

/*
 * Books the news about one payout. Asked only in the state that allows it, because a refusal would
 * stick to the id; done already is done.
 */
static fz_rc tell(struct fz_run *run,
                  const struct fz_payout_row *row,
                  const struct news *news,
                  struct fz_err *err)
{
    struct fz_command command = {.type = news->type,
                                 .id =
                                     fz_operation_id_step(run->community, news->name, &row->payout),
                                 .ref = row->payout,
                                 .shop = row->shop,
                                 .note = news->note};
    if (row->state == news->becomes) {
        show_payout(&run->output, row, row->state);
        return FZ_OK;
    }
    if (row->state != FZ_PAYOUT_SENT) {
        char id[FZ_ID_TEXT_LEN + 1];
        fz_id_format(&row->payout, id);
        return fz_fail(err, FZ_PAYOUT_STATE, "payout %s is %s", id,
                       fz_payout_state_name(row->state));
    }
    fz_rc rc =
        fz_staff_book(run, news->staff, news->name, order_body(run, row, news), &command, err);
    if (rc == FZ_OK && command.result.rc != FZ_OK) {
        rc = fz_run_refused(&command.result, err);
    }
    if (rc == FZ_OK) {
        show_payout(&run->output, row, news->becomes);
    }
    return rc;
}

static fz_rc tell_all(struct fz_run *run,
                      const struct fz_payout_filter *filter,
                      const struct news *news,
                      struct fz_err *err)
{
    struct fz_payout_row *rows = NULL;
    size_t len = 0;
    fz_rc rc = fz_admin_lock(run->session, run->community, err);
    if (rc == FZ_OK) {
        rc = fz_settle_read_payouts(run->session, run->community, filter, &rows, &len, err);
    }
    if (rc == FZ_OK && len == 0) {
        rc = fz_fail(err, FZ_PAYOUT_NOT_FOUND, "there is no such payout (fz payout list)");
    }
    for (size_t i = 0; i < len && rc == FZ_OK; i++) {
        /* The bank sent some back before: a whole settlement confirms the rest. */
        if (filter->by_day && rows[i].state == FZ_PAYOUT_RETURNED) {
            show_payout(&run->output, &rows[i], rows[i].state);
            continue;
        }
        rc = tell(run, &rows[i], news, err);
    }
    free(rows);
    return rc;
}

static fz_rc open_and_tell(struct fz_run *run,
                           const char *key,
                           const struct fz_payout_filter *filter,
                           struct news *news,
                           struct fz_err *err)
{
    struct fz_staff staff = {0};
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_staff_load(run, key, &staff, err);
    }
    if (rc == FZ_OK) {
        news->staff = &staff;
        rc = tell_all(run, filter, news, err);
        news->staff = NULL;
    }
    fz_staff_fini(&staff);
    return rc;
}

enum {
    CONFIRM_DATE,
    CONFIRM_WINDOW,
    CONFIRM_PAYOUT,
    CONFIRM_KEY,
    CONFIRM_OPTIONS
};

static const struct fz_option confirm_options[CONFIRM_OPTIONS] = {
    [CONFIRM_DATE] = {"date", FZ_OPTION_DATE, false, 0, 0, NULL, "DATE",
                      "all payouts of this business day's settlement"},
    [CONFIRM_WINDOW] = {"window", FZ_OPTION_NUMBER, false, 1, 9, NULL, "N",
                        "its window, 1 unless told"},
    [CONFIRM_PAYOUT] = {"payout", FZ_OPTION_ID, false, 0, 0, NULL, "ID", "or one payout"},
    [CONFIRM_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"}};

static fz_rc run_confirm(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct news news = {.type = FZ_COMMAND_PAYOUT_CONFIRM,
                        .becomes = FZ_PAYOUT_CONFIRMED,
                        .name = "payout-confirm"};
    struct fz_payout_filter filter = {
        .by_day = values[CONFIRM_DATE].given,
        .business_day = values[CONFIRM_DATE].number,
        .window = values[CONFIRM_WINDOW].given ? (int32_t)values[CONFIRM_WINDOW].number : 1,
        .payout = values[CONFIRM_PAYOUT].id};
    if (values[CONFIRM_DATE].given == values[CONFIRM_PAYOUT].given) {
        return fz_fail(err, FZ_BAD_FIELD, "either --date (and --window) or --payout");
    }
    if (values[CONFIRM_WINDOW].given && !values[CONFIRM_DATE].given) {
        return fz_fail(err, FZ_BAD_FIELD, "--window goes with --date");
    }
    return open_and_tell(run, values[CONFIRM_KEY].text, &filter, &news, err);
}

const struct fz_duty fz_duty_payout_confirm = {
    .name = "payout confirm",
    .summary = "the bank paid: a settlement's payouts, or one",
    .details =
        "Those that are confirmed already stay so; those that the bank returned are left out.",
    .options = confirm_options,
    .options_len = CONFIRM_OPTIONS,
    .run = run_confirm};

enum {
    RETURN_PAYOUT,
    RETURN_REASON,
    RETURN_KEY,
    RETURN_OPTIONS
};

static const struct fz_option return_options[RETURN_OPTIONS] = {
    [RETURN_PAYOUT] = {"payout", FZ_OPTION_ID, true, 0, 0, NULL, "ID", "the payout"},
    [RETURN_REASON] = {"reason", FZ_OPTION_TEXT, true, 1, FZ_NOTE_MAX, NULL, "TEXT",
                       "what the bank said; kept in the ledger"},
    [RETURN_KEY] = {"key", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE", "the treasurer's key"}};

static fz_rc run_return(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct news news = {.type = FZ_COMMAND_PAYOUT_RETURN,
                        .becomes = FZ_PAYOUT_RETURNED,
                        .name = "payout-return",
                        .note = values[RETURN_REASON].text};
    struct fz_payout_filter filter = {.payout = values[RETURN_PAYOUT].id};
    return open_and_tell(run, values[RETURN_KEY].text, &filter, &news, err);
}

const struct fz_duty fz_duty_payout_return = {
    .name = "payout return",
    .summary = "the bank sent a payout back: the shop has it again",
    .details = "The money is in the next settlement; mend the shop's bank account before.",
    .options = return_options,
    .options_len = RETURN_OPTIONS,
    .run = run_return};
