/*
 * merchant-pos/posix: enrolling a till or a wallet. The key is on disk before the code is sent, so
 * whatever happens to the answer, the same key and code can be sent again and get the same answer.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "merchant-pos/core/exchange.h"
#include "merchant-pos/core/text.h"
#include "merchant-pos/posix/session.h"

static struct fz_machine machine;

/* The community's number in front of an enrolment code. */
static bool read_community(const char *code, int32_t *community_out)
{
    char digits[11];
    size_t len = strcspn(code, "-");
    int64_t number;

    if (code[len] != '-' || len >= sizeof digits) {
        return false;
    }
    memcpy(digits, code, len);
    digits[len] = '\0';
    if (!fz_options_number(digits, 1, INT32_MAX, &number)) {
        return false;
    }
    *community_out = (int32_t)number;
    return true;
}

static fz_rc take_key(struct fz_err *err)
{
    char path[FZ_HOME_PATH_MAX];

    fz_home_path(&machine.home, "key.pem", path);
    if (access(path, F_OK) == 0) {
        return fz_key_load_private(path, &machine.key, err);
    }
    fz_rc rc = fz_key_generate(&machine.key, err);

    return rc == FZ_OK ? fz_key_save_private(machine.key, path, err) : rc;
}

static fz_rc set(char *field, size_t size, const char *value, const char *what, struct fz_err *err)
{
    if (strlen(value) >= size) {
        return fz_fail(err, FZ_CONFIG, "%s is too long", what);
    }
    memcpy(field, value, strlen(value) + 1);
    return FZ_OK;
}

/* What config.ini needs before anything was asked: where the switch is and who we say we are. */
static fz_rc prepare(const struct fz_options *options, int32_t community, struct fz_err *err)
{
    struct fz_settings *settings = &machine.home.settings;
    const char *ca = options->text[FZ_OPTION_CA];
    char real_ca[PATH_MAX] = "";
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    fz_rc rc;

    if (ca != NULL && realpath(ca, real_ca) == NULL) {
        return fz_fail(err, FZ_CONFIG, "cannot read the CA file %.180s", ca);
    }
    rc = set(settings->url, sizeof settings->url, options->text[FZ_OPTION_URL], "--url", err);
    if (rc == FZ_OK) {
        rc = set(settings->ca, sizeof settings->ca, real_ca, "--ca", err);
    }
    size_t url_len = strlen(settings->url);

    if (url_len > 0 && settings->url[url_len - 1] == '/') {
        settings->url[url_len - 1] = '\0';
    }
    fz_key_thumbprint(machine.key, thumbprint);
    fz_key_id_format(community, thumbprint, settings->key_id);
    return rc;
}

static void build_body(const struct fz_options *options, char *body, size_t size)
{
    char public_key[FZ_BASE64_SIZE(FZ_SPKI_LEN)];
    struct fz_text text;

    fz_base64_encode(fz_key_spki(machine.key), FZ_SPKI_LEN, public_key);
    fz_text_init(&text, body, size);
    fz_text_add(&text, "{\"code\":");
    fz_text_add_json(&text, options->text[FZ_OPTION_CODE]);
    fz_text_add(&text, ",\"public_key\":");
    fz_text_add_json(&text, public_key);
    if (options->text[FZ_OPTION_LABEL] != NULL) {
        fz_text_add(&text, ",\"label\":");
        fz_text_add_json(&text, options->text[FZ_OPTION_LABEL]);
    }
    fz_text_add(&text, "}");
    if (text.overflow) {
        body[0] = '\0';
    }
}

/* Copies a string member into a setting; false if it is not there or does not fit. */
static bool take_text(const json_t *answer, const char *name, char *out, size_t size)
{
    const char *value = json_string_value(json_object_get(answer, name));

    if (value == NULL || strlen(value) >= size) {
        return false;
    }
    memcpy(out, value, strlen(value) + 1);
    return true;
}

static void take_name(const json_t *answer, const char *name, char *out, size_t size)
{
    const char *value = json_string_value(json_object_get(answer, name));

    fz_text_copy(out, size, value == NULL ? "" : value, value == NULL ? 0 : strlen(value));
}

static fz_rc take_answer(const json_t *answer, const char *role, struct fz_err *err)
{
    struct fz_settings *settings = &machine.home.settings;
    char key_id[sizeof settings->key_id];
    bool is_till = strcmp(role, "terminal") == 0;

    if (!take_text(answer, "key_id", key_id, sizeof key_id) ||
        strcmp(key_id, settings->key_id) != 0 ||
        !take_text(answer, "role", settings->role, sizeof settings->role) ||
        !take_text(answer, "party_id", settings->party, sizeof settings->party)) {
        return fz_fail(err, FZ_FORMAT, "the switch's answer to the enrolment is malformed");
    }
    if (strcmp(settings->role, role) != 0) {
        return fz_fail(
            err, FZ_CONFIG,
            "this code enrols a key as %s; use it with the right program, and a new code "
            "and an empty folder here",
            settings->role);
    }
    if (is_till && !take_text(answer, "terminal", settings->terminal, sizeof settings->terminal)) {
        return fz_fail(err, FZ_FORMAT, "the switch did not say which till this is");
    }
    if (json_object_get(answer, "qr_guid") != NULL &&
        !take_text(answer, "qr_guid", settings->guid, sizeof settings->guid)) {
        return fz_fail(err, FZ_FORMAT, "the switch's identifier for payment codes is malformed");
    }
    take_name(answer, "name", settings->name, sizeof settings->name);
    take_name(answer, "community_name", settings->community_name, sizeof settings->community_name);
    fz_text_copy(settings->community, sizeof settings->community, key_id, strcspn(key_id, "."));
    return FZ_OK;
}

/* Sends the code; on FZ_OK the settings hold what the switch said. *refused_out: it said no. */
static fz_rc send_code(const struct fz_options *options,
                       const char *role,
                       fz_rc *refused_out,
                       struct fz_err *err)
{
    char body[FZ_POS_REQUEST_MAX];
    struct fz_exchange_call call = {.method = "POST", .path = "/v1/enrol", .body = body};
    struct fz_exchange_answer answer;
    json_error_t json_error;

    *refused_out = FZ_OK;
    build_body(options, body, sizeof body);
    if (body[0] == '\0') {
        return fz_fail(err, FZ_CONFIG, "--code or --label is too long");
    }
    fz_rc rc = fz_exchange(&machine.pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        bool is_refusal =
            answer.status != 0 && answer.rc != FZ_OUTCOME_UNKNOWN; /* else: none came */

        *refused_out = is_refusal ? answer.rc : FZ_OK;
        return is_refusal ? FZ_OK : fz_fail(err, answer.rc, "%s", machine.trouble.msg);
    }
    json_t *object =
        json_loadb(answer.root.at, answer.root.len, JSON_REJECT_DUPLICATES, &json_error);

    if (object == NULL) {
        return fz_fail(err, FZ_FORMAT, "the switch's answer is no JSON: %s", json_error.text);
    }
    rc = take_answer(object, role, err);
    json_decref(object);
    return rc == FZ_OK ? fz_home_save(&machine.home, err) : rc;
}

static enum fz_exit say_enrolled(const struct fz_say *say)
{
    const struct fz_settings *settings = &machine.home.settings;

    if (say->options->json) {
        fz_say_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "state", "enrolled", "key_id",
                              settings->key_id, "role", settings->role, "party", settings->party,
                              "name", settings->name, "terminal", settings->terminal));
        return FZ_EXIT_DONE;
    }
    printf("%s: %s (%s%s%s)\n", fz_say_phrase(say, FZ_PHRASE_ENROLLED), settings->name,
           settings->party, settings->terminal[0] == '\0' ? "" : " ", settings->terminal);
    return FZ_EXIT_DONE;
}

static fz_rc enrol(const struct fz_options *options,
                   int32_t community,
                   const char *role,
                   fz_rc *refused_out,
                   struct fz_err *err)
{
    const char *dir = options->text[FZ_OPTION_DIR];
    fz_rc rc = fz_home_init(&machine.home, dir, true, err);

    *refused_out = FZ_OK;
    if (rc == FZ_OK && fz_home_is_enrolled(&machine.home)) {
        rc = fz_fail(err, FZ_CONFIG, "%s is enrolled already", dir);
    }
    if (rc == FZ_OK) {
        rc = fz_crypto_init(err);
    }
    if (rc == FZ_OK) {
        fz_home_set_presets(&machine.home);
        rc = take_key(err);
    }
    if (rc == FZ_OK) {
        rc = prepare(options, community, err);
    }
    if (rc == FZ_OK) {
        rc = fz_machine_connect(&machine, options->patience_s * 1000, NULL, err);
    }
    return rc == FZ_OK ? send_code(options, role, refused_out, err) : rc;
}

enum fz_exit fz_session_enrol(const struct fz_options *options, const char *role)
{
    struct fz_say say = {.options = options, .machine = &machine};
    struct fz_err err = {.rc = FZ_OK};
    int32_t community;
    fz_rc refused;
    enum fz_exit result;

    if (options->text[FZ_OPTION_URL] == NULL || options->text[FZ_OPTION_CODE] == NULL) {
        return fz_options_wrong("enrol needs --url and --code", NULL);
    }
    if (!read_community(options->text[FZ_OPTION_CODE], &community)) {
        return fz_options_wrong("--code is COMMUNITY-XXXX-XXXX-XXXX-XXXX",
                                options->text[FZ_OPTION_CODE]);
    }
    fz_machine_catch_signals();
    machine.home.journal_fd = -1;
    fz_rc rc = enrol(options, community, role, &refused, &err);

    if (rc != FZ_OK) {
        result = fz_say_failure(&say, rc, &err);
    } else if (refused != FZ_OK) {
        result = fz_say_refusal(&say, refused, "");
    } else {
        result = say_enrolled(&say);
    }
    fz_machine_close(&machine);
    return result;
}
