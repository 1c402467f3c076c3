/*
 * switch/treasury: `fz key`: enrolling a key of staff, listing and revoking keys of everybody.
 * A code is used by the very statement that POST /v1/enrol uses (ledger/store/reader.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "feezero/crypto.h"
#include "ledger/store/admin_key.h"
#include "ledger/store/poll_loop.h"
#include "ledger/store/reader.h"
#include "switch/treasury/code.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

#define ENROL_WAIT_US 10000000
#define TURN_MS 50

enum {
    NEW_OUT,
    NEW_CODE,
    NEW_LABEL,
    NEW_OPTIONS
};

static const struct fz_option new_options[NEW_OPTIONS] = {
    [NEW_OUT] = {"out", FZ_OPTION_FILE, true, 0, 0, NULL, "FILE",
                 "where the private key goes (mode 0600); one that is there is used again"},
    [NEW_CODE] = {"code", FZ_OPTION_ASCII, true, 1, 64, NULL, "CODE", "from `fz staff add`"},
    [NEW_LABEL] = {"label", FZ_OPTION_TEXT, false, 0, FZ_LABEL_MAX, NULL, "TEXT",
                   "name of the device"}};

/* The key in the file, made if there is none. */
static fz_rc take_key(const char *path, struct fz_key **key_out, struct fz_err *err)
{
    *key_out = NULL;
    if (access(path, F_OK) == 0) {
        fz_rc rc = fz_key_load_private(path, key_out, err);
        return rc == FZ_IO || rc == FZ_FORMAT ? FZ_CONFIG : rc;
    }
    if (errno != ENOENT) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", path, strerror(errno));
    }
    fz_rc rc = fz_key_generate(key_out, err);
    if (rc == FZ_OK) {
        rc = fz_key_save_private(*key_out, path, err);
    }
    if (rc != FZ_OK) {
        fz_key_destroy(key_out);
    }
    return rc == FZ_IO ? FZ_CONFIG : rc;
}

/* What the reader answered. */
struct enrolled {
    bool done;
    fz_rc rc;
    enum fz_role role;
    int64_t party;
    char name[FZ_NAME_MAX + 1];
};

static void on_enrolled(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    struct enrolled *enrolled = ctx;
    enrolled->done = true;
    enrolled->rc = rc;
    if (rc == FZ_OK && !fz_role_from_number(credential->role, &enrolled->role)) {
        enrolled->rc = FZ_DATABASE;
    } else if (rc == FZ_OK) {
        enrolled->party = credential->party;
        (void)snprintf(enrolled->name, sizeof enrolled->name, "%s", credential->party_name);
    }
}

/* Turns the loop until the reader answered or the time is up. */
static fz_rc wait_for_answer(struct fz_poll_loop *loop,
                             struct fz_reader *reader,
                             const struct enrolled *enrolled,
                             struct fz_err *err)
{
    int64_t give_up_us = fz_now_us() + ENROL_WAIT_US;
    while (!enrolled->done) {
        int64_t now_us = fz_now_us();
        if (now_us > give_up_us) {
            return fz_fail(err, FZ_UNAVAILABLE, "the database did not answer in time");
        }
        fz_rc rc = fz_poll_loop_turn(loop, TURN_MS, err);
        if (rc != FZ_OK) {
            return rc;
        }
        fz_reader_tick(reader, now_us / 1000);
    }
    return FZ_OK;
}

static fz_rc enrol(struct fz_run *run,
                   const struct fz_enrolment *enrolment,
                   struct enrolled *enrolled,
                   struct fz_err *err)
{
    struct fz_poll_loop *loop = NULL;
    struct fz_reader *reader = NULL;
    fz_rc rc = fz_poll_loop_create(&loop, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_reader_options options = {.conninfo = run->conninfo,
                                        .role = FZ_TREASURY_ROLE,
                                        .application_name = "fz key new",
                                        .loop = fz_poll_loop_get(loop),
                                        .connections = 1};
    rc = fz_reader_create(&options, &reader, err);
    if (rc == FZ_OK) {
        fz_store_enrol(reader, enrolment, on_enrolled, enrolled);
        rc = wait_for_answer(loop, reader, enrolled, err);
    }
    fz_reader_destroy(&reader);
    fz_poll_loop_destroy(&loop);
    if (rc == FZ_OK && enrolled->rc != FZ_OK) {
        rc = fz_fail(err, enrolled->rc, "%s", fz_rc_info(enrolled->rc)->en);
    }
    return rc;
}

/* Only staff keys are made here: a wallet or a till makes its own. */
static fz_rc check_code(struct fz_run *run, const uint8_t hash[FZ_SHA256_LEN], struct fz_err *err)
{
    struct fz_code_row code;
    fz_rc rc = fz_admin_code_get(run->session, run->community, hash, &code, err);
    if (rc == FZ_OK && code.role != FZ_ROLE_TREASURER && code.role != FZ_ROLE_AUDITOR) {
        rc = fz_fail(err, FZ_ROLE_FORBIDDEN, "the code is for role %s: its own program enrols it",
                     fz_role_text(code.role));
    }
    return rc;
}

static fz_rc run_key_new(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    uint8_t hash[FZ_SHA256_LEN];
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    char key_id[FZ_KEY_ID_MAX + 1];
    struct fz_key *key = NULL;
    struct enrolled enrolled = {0};
    fz_rc rc = fz_code_read(run->community, values[NEW_CODE].text, hash, err);
    if (rc == FZ_OK) {
        rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    }
    if (rc == FZ_OK) {
        rc = check_code(run, hash, err);
    }
    if (rc == FZ_OK) {
        rc = take_key(values[NEW_OUT].text, &key, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    fz_key_thumbprint(key, thumbprint);
    (void)fz_key_id_format(run->community, thumbprint, key_id);
    struct fz_enrolment enrolment = {.community = run->community,
                                     .code_hash = hash,
                                     .key_id = key_id,
                                     .public_key = fz_key_spki(key),
                                     .label =
                                         values[NEW_LABEL].given ? values[NEW_LABEL].text : "fz"};
    rc = enrol(run, &enrolment, &enrolled, err);
    fz_key_destroy(&key);
    if (rc == FZ_OK) {
        struct fz_public_id id = fz_public_id('S', enrolled.party);
        fz_output_result(&run->output,
                         json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", key_id, "id", id.text,
                                   "name", enrolled.name, "role", fz_role_text(enrolled.role),
                                   "file", values[NEW_OUT].text),
                         "key %s %s %s %s", key_id, id.text, fz_role_text(enrolled.role),
                         enrolled.name);
    }
    return rc;
}

const struct fz_duty fz_duty_key_new = {
    .name = "key new",
    .summary = "make and enrol a key of staff",
    .details = "The same code with the same file again gives the same key, so a run that was\n"
               "interrupted is simply repeated.",
    .options = new_options,
    .options_len = NEW_OPTIONS,
    .run = run_key_new};

/* --- listing and revoking --------------------------------------------------------------------- */

static const struct fz_option list_options[] = {
    {"party", FZ_OPTION_PARTY, false, 0, 0, "RMS", "ID", "whose keys; of everybody unless told"}};

static void show_key(void *ctx, const struct fz_key_row_text *row)
{
    struct fz_run *run = ctx;
    struct fz_public_id id = fz_public_id(row->kind, row->party);
    struct fz_day_text enrolled = fz_day_format(fz_run_day(run, row->enrolled_us));
    struct fz_day_text revoked = fz_day_format(fz_run_day(run, row->revoked_us));
    char terminal[8] = "";
    if (row->terminal != 0) {
        (void)snprintf(terminal, sizeof terminal, " T%03d", (int)row->terminal % 1000);
    }
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s?}", "key", row->key_id, "id", id.text,
                  "name", row->party_name, "role", fz_role_text(row->role), "terminal",
                  row->terminal != 0 ? terminal + 1 : NULL, "label", row->label, "enrolled",
                  enrolled.text, "revoked", row->revoked_us != 0 ? revoked.text : NULL);
    fz_output_result(&run->output, object, "key %s %s%s %s since %s%s%s %s%s%s", row->key_id,
                     id.text, terminal, fz_role_text(row->role), enrolled.text,
                     row->revoked_us != 0 ? " revoked " : "",
                     row->revoked_us != 0 ? revoked.text : "", row->party_name,
                     row->label[0] != '\0' ? " on " : "", row->label);
}

static fz_rc list_keys(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK && values[0].given) {
        struct fz_party_row party;
        rc = fz_admin_party_get(run->session, run->community, values[0].kind, values[0].number,
                                &party, err);
    }
    return rc != FZ_OK ? rc
                       : fz_admin_key_each(run->session, run->community, values[0].number, show_key,
                                           run, err);
}

const struct fz_duty fz_duty_key_list = {.name = "key list",
                                         .summary = "list enrolled keys",
                                         .options = list_options,
                                         .options_len = 1,
                                         .run = list_keys};

static const struct fz_option revoke_options[] = {
    {"key-id", FZ_OPTION_ASCII, true, 1, FZ_KEY_ID_MAX, NULL, "ID", "as `fz key list` shows it"}};

static fz_rc revoke_key(struct fz_run *run, const struct fz_value *values, struct fz_err *err)
{
    bool was_revoked = false;
    fz_rc rc = fz_run_open_town(run, FZ_TREASURY_ROLE, err);
    if (rc == FZ_OK) {
        rc = fz_admin_key_revoke(run->session, run->community, values[0].text, &was_revoked, err);
    }
    if (rc == FZ_OK) {
        fz_output_result(&run->output,
                         json_pack("{s:s, s:b}", "key", values[0].text, "was_revoked", was_revoked),
                         "key %s %s", values[0].text,
                         was_revoked ? "was revoked already" : "revoked");
    }
    return rc;
}

const struct fz_duty fz_duty_key_revoke = {
    .name = "key revoke",
    .summary = "refuse a key from now on",
    .details = "Within seconds no switch takes it any more. What it signed stays provable.",
    .options = revoke_options,
    .options_len = 1,
    .run = revoke_key};
