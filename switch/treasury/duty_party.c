/*
 * switch/treasury: residents, staff, owners and terminals, and their enrolment codes: `fz
 * resident`, `fz staff`, `fz owner`, `fz terminal`, `fz code`. Shops are in duty_shop.c.
 */
#include <inttypes.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/admin_party.h"
#include "switch/treasury/code.h"
#include "switch/treasury/public_id.h"

/* Ends the transaction in which somebody was entered and a code was issued; then shows the code. */
static fz_rc commit_and_show(struct fz_run *run, const struct fz_code_for *whom, struct fz_err *err)
{
    char text[FZ_CODE_TEXT_SIZE];
    int64_t expires_us = 0;
    fz_rc rc = fz_code_issue(run, whom, text, &expires_us, err);
    if (rc != FZ_OK) {
        fz_session_rollback(run->session);
        return rc;
    }
    rc = fz_session_commit(run->session, err);
    if (rc == FZ_OK) {
        fz_code_show(run, whom, text, expires_us);
    }
    return rc;
}

/* Enters a resident or a member of staff. */
static fz_rc add_party(struct fz_run *run, struct fz_code_for *whom, struct fz_err *err)
{
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_session_begin(run->session, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    rc =
        fz_admin_party_add(run->session, run->community, whom->kind, whom->name, &whom->party, err);
    if (rc != FZ_OK) {
        fz_session_rollback(run->session);
        return rc;
    }
    return commit_and_show(run, whom, err);
}

/* --- residents -------------------------------------------------------------------------------- */

static const struct fz_option name_option[] = {
    {"name", FZ_OPTION_TEXT, true, 1, FZ_NAME_MAX, NULL, "NAME", "name shown to others"}};

static fz_rc add_resident(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_code_for whom = {
        .what = "resident", .kind = 'R', .role = FZ_ROLE_RESIDENT, .name = values[0].text};
    return add_party(run, &whom, err);
}

static void show_resident(void *ctx, const struct fz_party_row *row)
{
    struct fz_public_id id = fz_public_id(row->kind, row->party);
    fz_output_result(ctx,
                     json_pack("{s:s, s:s, s:I, s:b}", "id", id.text, "name", row->name, "balance",
                               (json_int_t)row->balance, "left", row->left),
                     "resident %s balance %" PRId64 " yen%s %s", id.text, row->balance,
                     row->left ? " left" : "", row->name);
}

static fz_rc list_residents(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    (void)values;
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    return rc != FZ_OK ? rc
                       : fz_admin_party_each(run->session, run->community, 'R', show_resident,
                                             &run->output, err);
}

const struct fz_duty fz_duty_resident_add = {.name = "resident add",
                                             .summary = "enter a resident, with a wallet",
                                             .details = "Prints the id and a one-time code that "
                                                        "binds the resident's phone.",
                                             .options = name_option,
                                             .options_len = 1,
                                             .run = add_resident};

const struct fz_duty fz_duty_resident_list = {
    .name = "resident list", .summary = "list the residents", .run = list_residents};

/* --- staff ------------------------------------------------------------------------------------ */

enum {
    STAFF_NAME,
    STAFF_ROLE,
    STAFF_OPTIONS
};

static const struct fz_option staff_options[STAFF_OPTIONS] = {
    [STAFF_NAME] = {"name", FZ_OPTION_TEXT, true, 1, FZ_NAME_MAX, NULL, "NAME", "name"},
    [STAFF_ROLE] = {"role", FZ_OPTION_CHOICE, true, 0, 0, "treasurer|auditor", "ROLE",
                    "what the key may do"}};

static fz_rc add_staff(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_code_for whom = {.what = "staff", .kind = 'S', .name = values[STAFF_NAME].text};
    const char *role = values[STAFF_ROLE].text;
    fz_assert(fz_role_parse(role, strlen(role), &whom.role));
    return add_party(run, &whom, err);
}

const struct fz_duty fz_duty_staff_add = {.name = "staff add",
                                          .summary = "enter a member of staff",
                                          .details =
                                              "Prints the id and a one-time code for `fz key new`.",
                                          .options = staff_options,
                                          .options_len = STAFF_OPTIONS,
                                          .run = add_staff};

/* --- more keys for those who are there -------------------------------------------------------- */

/* Opens the town and finds the party; whom->name then borrows `party`. */
static fz_rc find_party(struct fz_run *run,
                        struct fz_code_for *whom,
                        struct fz_party_row *party,
                        struct fz_err *err)
{
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_admin_party_get(run->session, run->community, whom->kind, whom->party, party, err);
    }
    whom->name = party->name;
    return rc;
}

enum {
    TERMINAL_SHOP,
    TERMINAL_LABEL,
    TERMINAL_OPTIONS
};

static const struct fz_option terminal_options[TERMINAL_OPTIONS] = {
    [TERMINAL_SHOP] = {"shop", FZ_OPTION_PARTY, true, 0, 0, "M", "M...", "the shop"},
    [TERMINAL_LABEL] = {"label", FZ_OPTION_TEXT, false, 0, FZ_LABEL_MAX, NULL, "TEXT",
                        "where it stands"}};

static fz_rc add_terminal(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_party_row party = {0};
    struct fz_code_for whom = {.what = "terminal",
                               .kind = 'M',
                               .party = values[TERMINAL_SHOP].number,
                               .role = FZ_ROLE_TERMINAL};
    const char *label = values[TERMINAL_LABEL].given ? values[TERMINAL_LABEL].text : "";
    fz_rc rc = find_party(run, &whom, &party, err);
    if (rc == FZ_OK) {
        rc = fz_session_begin(run->session, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    rc =
        fz_admin_terminal_add(run->session, run->community, whom.party, label, &whom.terminal, err);
    if (rc != FZ_OK) {
        fz_session_rollback(run->session);
        return rc;
    }
    return commit_and_show(run, &whom, err);
}

const struct fz_duty fz_duty_terminal_add = {
    .name = "terminal add",
    .summary = "add a till to a shop",
    .details = "Prints the terminal and a one-time code that binds it.",
    .options = terminal_options,
    .options_len = TERMINAL_OPTIONS,
    .run = add_terminal};

/* Issues one more code for a party that is there. */
static fz_rc issue_code(struct fz_run *run, struct fz_code_for whom, struct fz_err *err)
{
    struct fz_party_row party = {0};
    fz_rc rc = find_party(run, &whom, &party, err);
    if (rc == FZ_OK && whom.terminal != 0) {
        rc = fz_admin_terminal_check(run->session, run->community, whom.party, whom.terminal, err);
    }
    if (rc == FZ_OK) {
        rc = fz_session_begin(run->session, err);
    }
    return rc == FZ_OK ? commit_and_show(run, &whom, err) : rc;
}

static const struct fz_option owner_options[] = {
    {"shop", FZ_OPTION_PARTY, true, 0, 0, "M", "M...", "the shop"}};

static fz_rc add_owner(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_code_for whom = {
        .what = "owner", .kind = 'M', .party = values[0].number, .role = FZ_ROLE_OWNER};
    return issue_code(run, whom, err);
}

const struct fz_duty fz_duty_owner_add = {.name = "owner add",
                                          .summary =
                                              "give a shop's owner a key of the owner's role",
                                          .details = "Prints a one-time code.",
                                          .options = owner_options,
                                          .options_len = 1,
                                          .run = add_owner};

enum {
    CODE_PARTY,
    CODE_ROLE,
    CODE_TERMINAL,
    CODE_OPTIONS
};

static const struct fz_option code_options[CODE_OPTIONS] = {
    [CODE_PARTY] = {"party", FZ_OPTION_PARTY, true, 0, 0, "RMS", "ID", "whom it is for"},
    [CODE_ROLE] = {"role", FZ_OPTION_CHOICE, false, 0, 0,
                   "resident|owner|terminal|treasurer|auditor", "ROLE",
                   "needed for staff; else it follows from the party"},
    [CODE_TERMINAL] = {"terminal", FZ_OPTION_NUMBER, false, 1, 999, NULL, "N",
                       "a till of the shop, for its new device"}};

/* The role that follows from the party, or the one asked for if the party can have it. */
static fz_rc choose_role(const struct fz_value *values, enum fz_role *role_out, struct fz_err *err)
{
    char kind = values[CODE_PARTY].kind;
    bool is_terminal = values[CODE_TERMINAL].given;
    enum fz_role role = kind == 'R'   ? FZ_ROLE_RESIDENT
                        : is_terminal ? FZ_ROLE_TERMINAL
                                      : FZ_ROLE_OWNER;
    if (is_terminal && kind != 'M') {
        return fz_fail(err, FZ_BAD_FIELD, "--terminal: only shops have terminals");
    }
    if (kind == 'S' && !values[CODE_ROLE].given) {
        return fz_fail(err, FZ_BAD_FIELD, "--role: treasurer or auditor, for staff");
    }
    if (!values[CODE_ROLE].given) {
        *role_out = role;
        return FZ_OK;
    }
    const char *asked = values[CODE_ROLE].text;
    fz_assert(fz_role_parse(asked, strlen(asked), role_out));
    bool is_staff = *role_out == FZ_ROLE_TREASURER || *role_out == FZ_ROLE_AUDITOR;
    if (kind == 'S' ? !is_staff : *role_out != role) {
        return fz_fail(err, FZ_BAD_FIELD, "--role: %s is no role of %s%s", asked,
                       values[CODE_PARTY].text,
                       *role_out == FZ_ROLE_TERMINAL ? " without --terminal" : "");
    }
    return FZ_OK;
}

static fz_rc run_code(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    struct fz_code_for whom = {.what = "code",
                               .kind = values[CODE_PARTY].kind,
                               .party = values[CODE_PARTY].number,
                               .terminal = (int32_t)values[CODE_TERMINAL].number};
    fz_rc rc = choose_role(values, &whom.role, err);
    return rc == FZ_OK ? issue_code(run, whom, err) : rc;
}

const struct fz_duty fz_duty_code = {.name = "code",
                                     .summary = "issue a new one-time code for somebody",
                                     .details = "For a new phone, a replaced till, a second key. "
                                                "Keys that are lost are revoked with\n"
                                                "`fz key revoke`.",
                                     .options = code_options,
                                     .options_len = CODE_OPTIONS,
                                     .run = run_code};
