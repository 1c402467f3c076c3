/*
 * switch/treasury: `fz community`, `fz plan` and `fz bank`: what belongs to a town as a whole.
 */
#include <inttypes.h>
#include <string.h>

#include "switch/treasury/kana_field.h"
#include "switch/treasury/run.h"

#define UTC_OFFSET_JAPAN_S 32400
#define QR_GUID_DEFAULT "jp.example.feezero"

/* --- community -------------------------------------------------------------------------------- */

static void show_community(void *ctx, const struct fz_community_row *row)
{
    struct fz_output *output = ctx;
    bool registered = row->registration_number[0] != '\0';
    json_t *object = json_pack("{s:i, s:s, s:s, s:s?, s:i}", "community", (int)row->community,
                               "name", row->name, "qr_guid", row->qr_guid, "registration_number",
                               registered ? row->registration_number : NULL, "utc_offset_s",
                               (int)row->utc_offset_s);
    fz_output_result(output, object, "community %" PRId32 " qr %s registration %s %s",
                     row->community, row->qr_guid, registered ? row->registration_number : "none",
                     row->name);
}

enum {
    ADD_NAME,
    ADD_REGISTRATION,
    ADD_QR_GUID,
    ADD_OPTIONS
};

static const struct fz_option add_options[ADD_OPTIONS] = {
    [ADD_NAME] = {"name", FZ_OPTION_TEXT, true, 1, FZ_NAME_MAX, NULL, "NAME",
                  "name shown to people; the issuer on invoices"},
    [ADD_REGISTRATION] = {"registration", FZ_OPTION_ASCII, false, 14, 14, NULL, "T...",
                          "qualified-invoice number of the consortium: T and 13 digits"},
    [ADD_QR_GUID] = {"qr-guid", FZ_OPTION_ASCII, false, 3, 32, NULL, "GUID",
                     "identifier in its QR codes, a reversed domain name"}};

static fz_rc
read_community(const struct fz_value *values, struct fz_community_row *row, struct fz_err *err)
{
    const char *guid = values[ADD_QR_GUID].given ? values[ADD_QR_GUID].text : QR_GUID_DEFAULT;
    const char *number = values[ADD_REGISTRATION].given ? values[ADD_REGISTRATION].text : "";
    if (number[0] != '\0' && (number[0] != 'T' || strspn(number + 1, "0123456789") != 13)) {
        return fz_fail(err, FZ_BAD_FIELD, "--registration: must be T and 13 digits");
    }
    if (strspn(guid, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(guid)) {
        return fz_fail(err, FZ_BAD_FIELD,
                       "--qr-guid: only lower-case letters, digits, dots and hyphens");
    }
    row->utc_offset_s = UTC_OFFSET_JAPAN_S;
    (void)snprintf(row->name, sizeof row->name, "%s", values[ADD_NAME].text);
    (void)snprintf(row->qr_guid, sizeof row->qr_guid, "%s", guid);
    (void)snprintf(row->registration_number, sizeof row->registration_number, "%s", number);
    return FZ_OK;
}

static fz_rc add_community(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    /* What the smallest towns start with; `fz plan set` changes it. */
    static const struct fz_plan_row plans[] = {
        {"small", 1000, 10}, {"medium", 3000, 10}, {"large", 10000, 10}, {"association", 0, 10}};
    struct fz_community_row row = {.community =
                                       run->arguments->community_given ? run->community : 0};
    fz_rc rc = read_community(values, &row, err);
    if (rc == FZ_OK) {
        rc = fz_run_open(run, FZ_TREASURY_ROLE, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_community_add(run->session, &row, plans, sizeof plans / sizeof plans[0], err);
    }
    if (rc == FZ_OK) {
        show_community(&run->output, &row);
    }
    return rc;
}

static fz_rc list_communities(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    (void)values;
    fz_rc rc = fz_run_open(run, FZ_TREASURY_ROLE, err);
    return rc != FZ_OK ? rc
                       : fz_admin_community_each(run->session, show_community, &run->output, err);
}

const struct fz_duty fz_duty_community_add = {
    .name = "community add",
    .summary = "add a town with its own currency",
    .details = "Takes the next free number unless --community gives one. Its plans start at 1,000\n"
               "(small), 3,000 (medium), 10,000 (large) and 0 yen (association) a month, tax 10 %.",
    .options = add_options,
    .options_len = ADD_OPTIONS,
    .run = add_community};

const struct fz_duty fz_duty_community_list = {
    .name = "community list", .summary = "list the towns", .run = list_communities};

/* --- plans ------------------------------------------------------------------------------------ */

enum {
    PLAN_SIZE,
    PLAN_NET,
    PLAN_TAX,
    PLAN_OPTIONS
};

static const struct fz_option plan_options[PLAN_OPTIONS] = {
    [PLAN_SIZE] = {"size", FZ_OPTION_CHOICE, true, 0, 0, "small|medium|large|association", "SIZE",
                   "size of shop"},
    [PLAN_NET] = {"net", FZ_OPTION_NUMBER, true, 0, 100000000, NULL, "YEN",
                  "yen a month before tax; 0: such shops are not billed"},
    [PLAN_TAX] = {"tax", FZ_OPTION_NUMBER, false, 0, 50, NULL, "PERCENT",
                  "consumption tax, 10 unless told"}};

static void show_plan(void *ctx, const struct fz_plan_row *row)
{
    fz_output_result(ctx,
                     json_pack("{s:s, s:I, s:I}", "plan", row->size, "monthly_net",
                               (json_int_t)row->monthly_net, "tax_percent",
                               (json_int_t)row->tax_percent),
                     "plan %s %" PRId64 " yen a month, tax %" PRId64 " %%", row->size,
                     row->monthly_net, row->tax_percent);
}

static fz_rc set_plan(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_plan_row row = {.monthly_net = values[PLAN_NET].number,
                              .tax_percent = values[PLAN_TAX].given ? values[PLAN_TAX].number : 10};
    (void)snprintf(row.size, sizeof row.size, "%s", values[PLAN_SIZE].text);
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_admin_plan_set(run->session, run->community, &row, err);
    }
    if (rc == FZ_OK) {
        show_plan(&run->output, &row);
    }
    return rc;
}

static fz_rc list_plans(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    (void)values;
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    return rc != FZ_OK
               ? rc
               : fz_admin_plan_each(run->session, run->community, show_plan, &run->output, err);
}

const struct fz_duty fz_duty_plan_set = {.name = "plan set",
                                         .summary = "set the subscription of a size of shop",
                                         .details = "Holds for bills that are not made yet.",
                                         .options = plan_options,
                                         .options_len = PLAN_OPTIONS,
                                         .run = set_plan};

const struct fz_duty fz_duty_plan_list = {
    .name = "plan list", .summary = "list the subscriptions", .run = list_plans};

/* --- the consortium's bank account ------------------------------------------------------------ */

enum {
    BANK_REQUESTER,
    BANK_NAME,
    BANK_BANK,
    BANK_BANK_NAME,
    BANK_BRANCH,
    BANK_BRANCH_NAME,
    BANK_TYPE,
    BANK_ACCOUNT,
    BANK_OPTIONS
};

static const struct fz_option bank_options[BANK_OPTIONS] = {
    [BANK_REQUESTER] = {"requester", FZ_OPTION_DIGITS, true, 0, 10, NULL, "CODE",
                        "number the bank gave the consortium for transfer files, 10 digits"},
    [BANK_NAME] = {"name", FZ_OPTION_TEXT, true, 1, 120, NULL, "KANA",
                   "name of the account's holder, kana"},
    [BANK_BANK] = {"bank", FZ_OPTION_DIGITS, true, 0, 4, NULL, "CODE", "bank, 4 digits"},
    [BANK_BANK_NAME] = {"bank-name", FZ_OPTION_TEXT, true, 1, 60, NULL, "KANA",
                        "name of the bank, kana"},
    [BANK_BRANCH] = {"branch", FZ_OPTION_DIGITS, true, 0, 3, NULL, "CODE", "branch, 3 digits"},
    [BANK_BRANCH_NAME] = {"branch-name", FZ_OPTION_TEXT, true, 1, 60, NULL, "KANA",
                          "name of the branch, kana"},
    [BANK_TYPE] = {"type", FZ_OPTION_CHOICE, true, 0, 0, "1|2|9", "TYPE",
                   "ordinary, current or other account"},
    [BANK_ACCOUNT] = {"account", FZ_OPTION_DIGITS, true, 0, 7, NULL, "NUMBER",
                      "account number, 7 digits"}};

static void show_bank(struct fz_output *output, const struct fz_bank_account_row *row)
{
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "requester",
                               row->requester_code, "name", row->requester_name_kana, "bank",
                               row->bank_code, "bank_name", row->bank_name_kana, "branch",
                               row->branch_code, "branch_name", row->branch_name_kana, "type",
                               (json_int_t)row->account_type, "account", row->account_number);
    fz_output_result(output, object,
                     "bank %s %s branch %s %s type %" PRId64 " account %s holder %s requester %s",
                     row->bank_code, row->bank_name_kana, row->branch_code, row->branch_name_kana,
                     row->account_type, row->account_number, row->requester_name_kana,
                     row->requester_code);
}

static fz_rc
read_bank(const struct fz_value *values, struct fz_bank_account_row *row, struct fz_err *err)
{
    const struct fz_kana_field fields[] = {{&bank_options[BANK_NAME], FZ_KANA_PARTY, 40,
                                            row->requester_name_kana,
                                            sizeof row->requester_name_kana},
                                           {&bank_options[BANK_BANK_NAME], FZ_KANA_BANK, 15,
                                            row->bank_name_kana, sizeof row->bank_name_kana},
                                           {&bank_options[BANK_BRANCH_NAME], FZ_KANA_BANK, 15,
                                            row->branch_name_kana, sizeof row->branch_name_kana}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct fz_value *value = &values[fields[i].option - bank_options];
        fz_rc rc = fz_kana_field_read(&fields[i], value->text, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    (void)snprintf(row->requester_code, sizeof row->requester_code, "%s",
                   values[BANK_REQUESTER].text);
    (void)snprintf(row->bank_code, sizeof row->bank_code, "%s", values[BANK_BANK].text);
    (void)snprintf(row->branch_code, sizeof row->branch_code, "%s", values[BANK_BRANCH].text);
    (void)snprintf(row->account_number, sizeof row->account_number, "%s",
                   values[BANK_ACCOUNT].text);
    row->account_type = values[BANK_TYPE].text[0] - '0';
    return FZ_OK;
}

static fz_rc set_bank(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_bank_account_row row = {0};
    fz_rc rc = read_bank(values, &row, err);
    if (rc == FZ_OK) {
        rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_bank_set(run->session, run->community, &row, err);
    }
    if (rc == FZ_OK) {
        show_bank(&run->output, &row);
    }
    return rc;
}

static fz_rc run_bank_show(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_bank_account_row row;
    (void)values;
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_admin_bank_get(run->session, run->community, &row, err);
    }
    if (rc == FZ_OK) {
        show_bank(&run->output, &row);
    }
    return rc;
}

const struct fz_duty fz_duty_bank_set = {
    .name = "bank set",
    .summary = "enter the bank account that holds the reserve and pays the shops",
    .details = "Stands in the header of every bank file. Kana may be typed in any width; what the\n"
               "bank cannot take is refused here.",
    .options = bank_options,
    .options_len = BANK_OPTIONS,
    .run = set_bank};

const struct fz_duty fz_duty_bank_show = {
    .name = "bank show", .summary = "show that bank account", .run = run_bank_show};
