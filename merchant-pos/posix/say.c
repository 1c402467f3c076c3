/*
 * merchant-pos/posix: printing.
 */
#include "merchant-pos/posix/say.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "merchant-pos/core/timestamp.h"

static const char *const phrases[][2] = {
#define FZ_PHRASE(name, ja, en) {ja, en},
#include "merchant-pos/posix/phrases.def"
#undef FZ_PHRASE
};

/* Read across a shop's counter. */
static const char *const paid_banner[] = {
    "  ██████   █████  ██ ██████  ", "  ██   ██ ██   ██ ██ ██   ██ ",
    "  ██████  ███████ ██ ██   ██ ", "  ██      ██   ██ ██ ██   ██ ",
    "  ██      ██   ██ ██ ██████  ",
};

const char *fz_say_phrase(const struct fz_say *say, enum fz_phrase phrase)
{
    return phrases[phrase][say->options->language == FZ_POS_JA ? 0 : 1];
}

void fz_say_amount(const struct fz_say *say, int64_t amount, char out[FZ_SAY_AMOUNT_SIZE])
{
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%lld", (long long)amount);
    size_t len = 0;

    for (int i = 0; i < count; i++) {
        bool group = i > 0 && digits[i - 1] != '-' && (count - i) % 3 == 0;

        if (group) {
            out[len++] = ',';
        }
        out[len++] = digits[i];
    }
    snprintf(out + len, FZ_SAY_AMOUNT_SIZE - len, "%s", fz_say_phrase(say, FZ_PHRASE_YEN));
}

void fz_say_time(const struct fz_say *say, int64_t ms, char out[FZ_SAY_TIME_SIZE])
{
    char text[FZ_TIMESTAMP_LEN + 1];

    fz_timestamp_format(ms + fz_home_utc_offset_ms(&say->machine->home), text);
    text[10] = ' ';
    text[19] = '\0';
    memcpy(out, text, FZ_SAY_TIME_SIZE);
}

void fz_say_field(const struct fz_say *say, enum fz_phrase label, const char *value)
{
    if (value[0] != '\0') {
        printf("  %s: %s\n", fz_say_phrase(say, label), value);
    }
}

static void say_amount_field(const struct fz_say *say, enum fz_phrase label, int64_t amount)
{
    char text[FZ_SAY_AMOUNT_SIZE];

    if (amount != 0) {
        fz_say_amount(say, amount, text);
        fz_say_field(say, label, text);
    }
}

static void say_slip(const struct fz_say *say, const struct fz_pos_outcome *outcome)
{
    const struct fz_pos_operation *op = &outcome->operation;
    bool is_sale = op->kind == FZ_POS_SALE;
    char id[FZ_ID_TEXT_LEN + 1];
    char text[FZ_POS_NAME_MAX + FZ_POS_PARTY_MAX + FZ_POS_TERMINAL_MAX + 8];

    say_amount_field(say, FZ_PHRASE_AMOUNT, op->amount);
    if (op->party[0] != '\0') {
        snprintf(text, sizeof text, "%s (%s)", op->party_name, op->party);
        fz_say_field(say, op->kind == FZ_POS_TRANSFER ? FZ_PHRASE_PAYEE : FZ_PHRASE_SHOP,
                     op->party_name[0] == '\0' ? op->party : text);
    }
    if (is_sale) {
        fz_say_field(say, FZ_PHRASE_TERMINAL, say->machine->home.settings.terminal);
    }
    fz_say_field(say, FZ_PHRASE_REFERENCE, op->reference);
    fz_say_field(say, FZ_PHRASE_MESSAGE, op->message);
    if (op->number > 0) {
        snprintf(text, sizeof text, "%lld", (long long)op->number);
        fz_say_field(say, FZ_PHRASE_NUMBER, text);
    }
    if (op->booked_at_ms != 0) {
        fz_say_time(say, op->booked_at_ms, text);
        fz_say_field(say, FZ_PHRASE_TIME, text);
    }
    say_amount_field(say, FZ_PHRASE_REFUNDED, outcome->refunded);
    say_amount_field(say, FZ_PHRASE_SHORTFALL, outcome->shortfall);
    say_amount_field(say, FZ_PHRASE_REFUNDABLE, outcome->refundable);
    say_amount_field(say, FZ_PHRASE_HELD, outcome->held);
    if (op->state == FZ_POS_HELD && op->eta_ms != 0) {
        fz_say_time(say, op->eta_ms, text);
        fz_say_field(say, FZ_PHRASE_EXPECTED, text);
    }
    if (outcome->seconds_ago != 0) {
        snprintf(text, sizeof text, "%lld", (long long)outcome->seconds_ago);
        fz_say_field(say, FZ_PHRASE_SECONDS_AGO, text);
    }
    if (!fz_id_is_zero(&op->intent)) {
        fz_id_format(&op->intent, id);
        fz_say_field(say, FZ_PHRASE_SALE_ID, id);
    }
    if (!is_sale || !fz_id_is_zero(&op->payment)) {
        fz_id_format(is_sale ? &op->payment : &op->id, id);
        fz_say_field(say, FZ_PHRASE_OPERATION_ID, id);
    }
}

static json_t *id_json(const struct fz_id *id)
{
    char text[FZ_ID_TEXT_LEN + 1];

    fz_id_format(id, text);
    return json_string(text);
}

static json_t *time_json(int64_t ms)
{
    char text[FZ_TIMESTAMP_LEN + 1];

    fz_timestamp_format(ms, text);
    return json_string(text);
}

/* Adds a member and hands its value over; NULL values (no memory) leave the object without it. */
static void add(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

json_t *fz_say_operation_json(const struct fz_pos_operation *op)
{
    json_t *object = json_object();

    if (object == NULL) {
        return NULL;
    }
    add(object, "kind", json_string(fz_pos_kind_name(op->kind)));
    add(object, "state", json_string(fz_pos_state_name(op->state)));
    add(object, "code", json_string(fz_rc_info(op->rc)->slug));
    add(object, "id", id_json(&op->id));
    if (!fz_id_is_zero(&op->intent)) {
        add(object, "intent_id", id_json(&op->intent));
    }
    if (!fz_id_is_zero(&op->payment)) {
        add(object, "payment_id", id_json(&op->payment));
    }
    add(object, "amount", json_integer(op->amount));
    if (op->number > 0) {
        add(object, "number", json_integer(op->number));
    }
    if (op->booked_at_ms != 0) {
        add(object, "at", time_json(op->booked_at_ms));
    }
    if (op->party[0] != '\0') {
        add(object, "party", json_string(op->party));
        add(object, "party_name", json_string(op->party_name));
    }
    if (op->reference[0] != '\0') {
        add(object, "reference", json_string(op->reference));
    }
    if (op->message[0] != '\0') {
        add(object, "message", json_string(op->message));
    }
    if (op->kind == FZ_POS_CODE && op->code[0] != '\0') {
        add(object, "customer_code", json_string(op->code)); /* hers; a till keeps it to itself */
        add(object, "max_amount", json_integer(op->limit));
    }
    if (op->state == FZ_POS_HELD && op->eta_ms != 0) {
        add(object, "eta", time_json(op->eta_ms));
    }
    return object;
}

static json_t *outcome_json(const struct fz_say *say, const struct fz_pos_outcome *outcome)
{
    json_t *object = fz_say_operation_json(&outcome->operation);

    if (object == NULL) {
        return NULL;
    }
    add(object, "code", json_string(fz_rc_info(outcome->rc)->slug));
    add(object, "text", json_string(fz_pos_text(outcome, say->options->language)));
    if (outcome->operation.expires_at_ms != 0) {
        add(object, "expires_at", time_json(outcome->operation.expires_at_ms));
    }
    if (outcome->qr[0] != '\0') {
        add(object, "qr", json_string(outcome->qr));
    }
    if (outcome->raced) {
        add(object, "raced", json_true());
    }
    if (outcome->reprint) {
        add(object, "reprint", json_true());
    }
    if (outcome->since_voided) {
        add(object, "since_voided", json_true());
    }
    if (outcome->refunded != 0) {
        add(object, "refunded", json_integer(outcome->refunded));
    }
    if (outcome->shortfall != 0) {
        add(object, "shortfall", json_integer(outcome->shortfall));
    }
    if (outcome->refundable != 0) {
        add(object, "refundable", json_integer(outcome->refundable));
    }
    if (outcome->held != 0) {
        add(object, "held", json_integer(outcome->held));
    }
    if (outcome->seconds_ago != 0) {
        add(object, "seconds_ago", json_integer(outcome->seconds_ago));
    }
    return object;
}

void fz_say_json(json_t *object)
{
    if (object == NULL || json_dumpf(object, stdout, JSON_COMPACT) != 0 ||
        fputc('\n', stdout) == EOF || fflush(stdout) != 0) {
        fprintf(stderr, "cannot print the result\n");
    }
    json_decref(object);
}

static enum fz_exit exit_of(const struct fz_pos_outcome *outcome)
{
    switch (outcome->operation.state) {
    case FZ_POS_PAID:
    case FZ_POS_VOIDED:
    case FZ_POS_REFUNDED:
    case FZ_POS_TRANSFERRED:
    case FZ_POS_HELD:
        return FZ_EXIT_DONE;
    case FZ_POS_SHOWN:
    case FZ_POS_ASKED:
        return outcome->rc == FZ_OK ? FZ_EXIT_DONE : FZ_EXIT_LATER;
    case FZ_POS_CANCELED:
    case FZ_POS_EXPIRED:
    case FZ_POS_TOMBSTONED:
        return FZ_EXIT_REFUSED;
    case FZ_POS_REFUSED:
        return fz_options_exit_of(outcome->rc);
    case FZ_POS_PREPARED:
    case FZ_POS_UNKNOWN:
    case FZ_POS_CANCELING:
    case FZ_POS_PENDING:
        break;
    }
    return FZ_EXIT_LATER;
}

enum fz_exit fz_say_outcome(const struct fz_say *say, const struct fz_pos_outcome *outcome)
{
    bool is_final = fz_pos_is_final(outcome->operation.state);

    if (say->options->json) {
        fz_say_json(outcome_json(say, outcome));
        return exit_of(outcome);
    }
    if (outcome->operation.state == FZ_POS_PAID) {
        for (size_t i = 0; i < sizeof paid_banner / sizeof paid_banner[0]; i++) {
            printf("%s\n", paid_banner[i]);
        }
    }
    printf("%s\n", fz_pos_text(outcome, say->options->language));
    if (outcome->rc != FZ_OK && !is_final) {
        const struct fz_rc_info *info = fz_rc_info(outcome->rc);

        printf("  (%s)\n", say->options->language == FZ_POS_JA ? info->ja : info->en);
    }
    say_slip(say, outcome);
    fflush(stdout);
    return exit_of(outcome);
}

enum fz_exit fz_say_failure(const struct fz_say *say, fz_rc rc, const struct fz_err *err)
{
    const struct fz_rc_info *info = fz_rc_info(rc);
    const char *words = say->options->language == FZ_POS_JA ? info->ja : info->en;
    const char *detail = err != NULL && err->rc != FZ_OK ? err->msg : "";

    if (say->options->json) {
        fz_say_json(json_pack("{s:s,s:s,s:s,s:s}", "state", "failed", "code", info->slug, "text",
                              words, "detail", detail));
    }
    fprintf(stderr, "%s%s%s%s\n", words, detail[0] == '\0' ? "" : " (", detail,
            detail[0] == '\0' ? "" : ")");
    return fz_options_exit_of(rc);
}

enum fz_exit fz_say_refusal(const struct fz_say *say, fz_rc rc, const char *detail)
{
    const struct fz_rc_info *info = fz_rc_info(rc);
    const char *words = say->options->language == FZ_POS_JA ? info->ja : info->en;

    if (say->options->json) {
        fz_say_json(json_pack("{s:s,s:s,s:s,s:s}", "state", "refused", "code", info->slug, "text",
                              words, "detail", detail));
    } else {
        printf("%s%s%s\n", words, detail[0] == '\0' ? "" : ": ", detail);
    }
    return fz_options_exit_of(rc);
}

enum fz_exit fz_say_result(const struct fz_say *say,
                           fz_rc rc,
                           const struct fz_pos_outcome *outcome,
                           const struct fz_err *err)
{
    const struct fz_err *trouble = &say->machine->trouble;

    if (rc != FZ_OK && rc != FZ_OUTCOME_UNKNOWN) {
        if (fz_pos_is_final(outcome->operation.state)) {
            (void)fz_say_outcome(say, outcome); /* known, though it could not be journaled */
        }
        return fz_say_failure(say, rc, err);
    }
    enum fz_exit result = fz_say_outcome(say, outcome);

    if (result == FZ_EXIT_LATER && trouble->rc != FZ_OK) {
        fprintf(stderr, "%s\n", trouble->msg);
    }
    if (rc == FZ_OUTCOME_UNKNOWN) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_LOST_OUTCOME));
        result = FZ_EXIT_LATER;
    }
    return result;
}

/* Money whose whereabouts are not certain; a code that waits for a shop is none. */
static bool has_unsettled(const struct fz_pos *pos, uint32_t from)
{
    const struct fz_pos_operation *op;

    for (; (op = fz_pos_unsettled(pos, from)) != NULL; from++) {
        if (op->kind != FZ_POS_CODE) {
            return true;
        }
    }
    return false;
}

void fz_say_warnings(const struct fz_say *say, uint32_t expected_open)
{
    if (has_unsettled(&say->machine->pos, expected_open)) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_OPEN_WARNING));
    }
    if (fz_pos_damaged(&say->machine->pos) > 0) {
        fprintf(stderr, "%s (%u)\n", fz_say_phrase(say, FZ_PHRASE_DAMAGE_WARNING),
                (unsigned)fz_pos_damaged(&say->machine->pos));
    }
}

static bool read_yes(void)
{
    char line[16];

    return fgets(line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y') &&
           (line[1] == '\n' || line[1] == '\0');
}

bool fz_say_ask_within(const struct fz_say *say,
                       enum fz_phrase question,
                       int64_t wait_ms,
                       bool *late_out)
{
    struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
    int limit_ms = wait_ms <= 0 ? -1 : wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;

    *late_out = false;
    fputs(fz_say_phrase(say, question), stderr);
    fflush(stderr);
    if (poll(&keyboard, 1, limit_ms) == 0) {
        fprintf(stderr, "\n%s\n", fz_say_phrase(say, FZ_PHRASE_TIME_IS_UP));
        *late_out = true;
        return false;
    }
    return read_yes();
}

bool fz_say_ask(const struct fz_say *say, enum fz_phrase question)
{
    fputs(fz_say_phrase(say, question), stderr);
    fflush(stderr);
    return read_yes();
}
