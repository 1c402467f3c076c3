/*
 * switch/treasury: `fz shop add` and `fz shop list`.
 */
#include <inttypes.h>
#include <string.h>

#include "ledger/store/admin_party.h"
#include "switch/treasury/code.h"
#include "switch/treasury/kana_field.h"
#include "switch/treasury/public_id.h"

/* The bank account comes first, so that both duties have it at the same places. */
enum {
    SHOP_BANK,
    SHOP_BANK_NAME,
    SHOP_BRANCH,
    SHOP_BRANCH_NAME,
    SHOP_TYPE,
    SHOP_ACCOUNT,
    SHOP_HOLDER,
    BANK_OPTIONS,
    SHOP_NAME = BANK_OPTIONS,
    SHOP_NAME_LATIN,
    SHOP_CITY_LATIN,
    SHOP_POSTAL,
    SHOP_MCC,
    SHOP_SIZE,
    SHOP_OPTIONS,
    BANK_SHOP = BANK_OPTIONS,
    CHANGE_OPTIONS
};

#define DIGITS(name, digits, value, help)                          \
    {                                                              \
        name, FZ_OPTION_DIGITS, true, 0, digits, NULL, value, help \
    }
#define KANA(name, bytes_max, help)                                  \
    {                                                                \
        name, FZ_OPTION_TEXT, true, 1, bytes_max, NULL, "KANA", help \
    }

/* The options of a bank account, as both duties have them. */
#define BANK_ROWS                                                                          \
    [SHOP_BANK] = DIGITS("bank", 4, "CODE", "bank, 4 digits"),                             \
    [SHOP_BANK_NAME] = KANA("bank-name", 60, "name of the bank, kana"),                    \
    [SHOP_BRANCH] = DIGITS("branch", 3, "CODE", "branch, 3 digits"),                       \
    [SHOP_BRANCH_NAME] = KANA("branch-name", 60, "name of the branch, kana"),              \
    [SHOP_TYPE] =                                                                          \
        {"type", FZ_OPTION_CHOICE, true,   0,                                              \
         0,      "1|2|4|9",        "TYPE", "ordinary, current, savings or other account"}, \
    [SHOP_ACCOUNT] = DIGITS("account", 7, "NUMBER", "account number, 7 digits"),           \
    [SHOP_HOLDER] = KANA("holder", 120, "its holder, kana, 30 bytes in the bank's code")

static const struct fz_option shop_options[SHOP_OPTIONS] = {
    BANK_ROWS,
    [SHOP_NAME] = {"name", FZ_OPTION_TEXT, true, 1, FZ_NAME_MAX, NULL, "NAME",
                   "name shown to payers"},
    [SHOP_NAME_LATIN] = {"name-latin", FZ_OPTION_ASCII, true, 1, 25, NULL, "NAME",
                         "name in ASCII, for the QR code"},
    [SHOP_CITY_LATIN] = {"city-latin", FZ_OPTION_ASCII, true, 1, 15, NULL, "CITY",
                         "city in ASCII, for the QR code"},
    [SHOP_POSTAL] = {"postal", FZ_OPTION_DIGITS, true, 0, 7, NULL, "CODE", "postal code, 7 digits"},
    [SHOP_MCC] = {"mcc", FZ_OPTION_DIGITS, true, 0, 4, NULL, "CODE",
                  "merchant category code (ISO 18245), 4 digits"},
    [SHOP_SIZE] = {"size", FZ_OPTION_CHOICE, true, 0, 0, "small|medium|large|association", "SIZE",
                   "decides the subscription"}};

static const struct fz_option change_options[CHANGE_OPTIONS] = {
    BANK_ROWS, [BANK_SHOP] = {"shop", FZ_OPTION_PARTY, true, 0, 0, "M", "M...", "the shop"}};

static fz_rc read_bank(const struct fz_value *values, struct fz_shop_bank *bank, struct fz_err *err)
{
    const struct fz_kana_field fields[] = {{&shop_options[SHOP_BANK_NAME], FZ_KANA_BANK, 15,
                                            bank->bank_name_kana, sizeof bank->bank_name_kana},
                                           {&shop_options[SHOP_BRANCH_NAME], FZ_KANA_BANK, 15,
                                            bank->branch_name_kana, sizeof bank->branch_name_kana},
                                           {&shop_options[SHOP_HOLDER], FZ_KANA_PARTY, 30,
                                            bank->holder_kana, sizeof bank->holder_kana}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const struct fz_value *value = &values[fields[i].option - shop_options];
        fz_rc rc = fz_kana_field_read(&fields[i], value->text, err);
        if (rc != FZ_OK) {
            return rc;
        }
    }
    (void)snprintf(bank->bank_code, sizeof bank->bank_code, "%s", values[SHOP_BANK].text);
    (void)snprintf(bank->branch_code, sizeof bank->branch_code, "%s", values[SHOP_BRANCH].text);
    (void)snprintf(bank->account_number, sizeof bank->account_number, "%s",
                   values[SHOP_ACCOUNT].text);
    bank->account_type = values[SHOP_TYPE].text[0] - '0';
    return FZ_OK;
}

static void read_shop(const struct fz_value *values, struct fz_shop_row *row)
{
    (void)snprintf(row->name, sizeof row->name, "%s", values[SHOP_NAME].text);
    (void)snprintf(row->name_latin, sizeof row->name_latin, "%s", values[SHOP_NAME_LATIN].text);
    (void)snprintf(row->city_latin, sizeof row->city_latin, "%s", values[SHOP_CITY_LATIN].text);
    (void)snprintf(row->postal_code, sizeof row->postal_code, "%s", values[SHOP_POSTAL].text);
    (void)snprintf(row->category_code, sizeof row->category_code, "%s", values[SHOP_MCC].text);
    (void)snprintf(row->size, sizeof row->size, "%s", values[SHOP_SIZE].text);
}

/* Enters the shop and issues its owner's code, in one transaction. */
static fz_rc enter_shop(struct fz_run *run, struct fz_shop_row *row, struct fz_err *err)
{
    char text[FZ_CODE_TEXT_SIZE];
    int64_t expires_us = 0;
    struct fz_code_for whom = {
        .what = "shop", .kind = 'M', .role = FZ_ROLE_OWNER, .name = row->name};
    fz_rc rc = fz_session_begin(run->session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = fz_admin_shop_add(run->session, run->community, row, err);
    whom.party = row->shop;
    if (rc == FZ_OK) {
        rc = fz_code_issue(run, &whom, text, &expires_us, err);
    }
    if (rc != FZ_OK) {
        fz_session_rollback(run->session);
        return rc;
    }
    rc = fz_session_commit(run->session, err);
    if (rc == FZ_OK) {
        fz_code_show(run, &whom, text, expires_us);
    }
    return rc;
}

static fz_rc add_shop(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_shop_row row = {0};
    read_shop(values, &row);
    fz_rc rc = read_bank(values, &row.bank, err);
    if (rc == FZ_OK) {
        rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    }
    return rc == FZ_OK ? enter_shop(run, &row, err) : rc;
}

static json_t *shop_object(const struct fz_shop_row *row)
{
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s,"
        " s:s}",
        "id", fz_public_id('M', row->shop).text, "name", row->name, "size", row->size, "balance",
        (json_int_t)row->balance, "due", (json_int_t)row->due, "terminals",
        (json_int_t)row->terminals, "left", row->left, "name_latin", row->name_latin, "city_latin",
        row->city_latin, "postal", row->postal_code, "mcc", row->category_code, "bank",
        row->bank.bank_code, "bank_name", row->bank.bank_name_kana, "branch", row->bank.branch_code,
        "branch_name", row->bank.branch_name_kana, "type", (json_int_t)row->bank.account_type,
        "account", row->bank.account_number, "holder", row->bank.holder_kana);
}

static void show_shop(void *ctx, const struct fz_shop_row *row)
{
    fz_output_result(ctx, shop_object(row),
                     "shop %s size %s balance %" PRId64 " yen due %" PRId64
                     " yen terminals %" PRId64 " bank %s-%s %" PRId64 " %s%s %s",
                     fz_public_id('M', row->shop).text, row->size, row->balance, row->due,
                     row->terminals, row->bank.bank_code, row->bank.branch_code,
                     row->bank.account_type, row->bank.account_number, row->left ? " left" : "",
                     row->name);
}

static fz_rc list_shops(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    (void)values;
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    return rc != FZ_OK
               ? rc
               : fz_admin_shop_each(run->session, run->community, show_shop, &run->output, err);
}

static fz_rc change_bank(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_shop_bank bank = {0};
    const struct fz_value *shop = &values[BANK_SHOP];
    fz_rc rc = read_bank(values, &bank, err);
    if (rc == FZ_OK) {
        rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    }
    if (rc == FZ_OK) {
        rc = fz_admin_shop_set_bank(run->session, run->community, shop->number, &bank, err);
    }
    if (rc == FZ_OK) {
        fz_output_result(
            &run->output,
            json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "shop", shop->text, "bank", bank.bank_code,
                      "branch", bank.branch_code, "type", (json_int_t)bank.account_type, "account",
                      bank.account_number, "holder", bank.holder_kana),
            "shop %s bank %s-%s %" PRId64 " %s %s", shop->text, bank.bank_code, bank.branch_code,
            bank.account_type, bank.account_number, bank.holder_kana);
    }
    return rc;
}

const struct fz_duty fz_duty_shop_bank = {
    .name = "shop bank",
    .summary = "change the bank account a shop is paid to",
    .details = "Holds for settlements whose cut-off is not fixed yet.",
    .options = change_options,
    .options_len = CHANGE_OPTIONS,
    .run = change_bank};

const struct fz_duty fz_duty_shop_add = {
    .name = "shop add",
    .summary = "enter a shop, with its accounts and the bank account it is paid to",
    .details = "Prints the id and a one-time code for the owner's key; tills are added with\n"
               "`fz terminal add`. Kana may be typed in any width.",
    .options = shop_options,
    .options_len = SHOP_OPTIONS,
    .run = add_shop};

const struct fz_duty fz_duty_shop_list = {
    .name = "shop list", .summary = "list the shops with balance and dues", .run = list_shops};
