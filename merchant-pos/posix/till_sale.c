/*
 * merchant-pos/posix: selling. The code goes on the screen only after the client has compared it
 * with the sale; Ctrl-C never just leaves, it cancels and waits until that is certain.
 */
#include <string.h>
#include <unistd.h>

#include "feezero/limits.h"
#include "merchant-pos/posix/qr_draw.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"
#include "merchant-pos/wire/cpm.h"

/* What sale was asked for; one command per process. */
static struct fz_pos_sale asked;
static struct fz_id intent;
static char code_digits[FZ_CODE_DIGITS + 1];
static int64_t reduced;

static fz_rc
draw(const struct fz_session *session, const struct fz_pos_outcome *outcome, struct fz_err *err)
{
    const char *png = session->options->text[FZ_OPTION_PNG];
    bool on_screen = !session->options->json && session->options->text[FZ_OPTION_QUIET] == NULL;
    struct fz_qr *qr = NULL;
    fz_rc rc = fz_qr_create(outcome->qr, strlen(outcome->qr), &qr, err);

    if (rc == FZ_OK && png != NULL) {
        rc = fz_qr_write_png(qr, png, FZ_QR_SCALE_DEFAULT, err);
    }
    if (rc == FZ_OK && on_screen) {
        rc = fz_qr_draw(qr, isatty(STDOUT_FILENO) ? FZ_QR_COLOR : FZ_QR_PLAIN_DARK, stdout, err);
    }
    fz_qr_destroy(&qr);
    return rc;
}

/* The screen while the customer looks for the phone. */
static void say_shown(const struct fz_session *session, const struct fz_pos_outcome *outcome)
{
    const struct fz_say *say = &session->say;
    char text[FZ_SAY_AMOUNT_SIZE];

    if (session->options->json) {
        (void)fz_say_outcome(say, outcome);
        return;
    }
    fz_say_amount(say, outcome->operation.amount, text);
    printf("%s  %s\n", text, session->machine->home.settings.name);
    printf("%s\n", fz_pos_text(outcome, session->options->language));
    if (outcome->operation.expires_at_ms != 0) {
        fz_say_time(say, outcome->operation.expires_at_ms, text);
        fz_say_field(say, FZ_PHRASE_VALID_UNTIL, text);
    }
    char id[FZ_ID_TEXT_LEN + 1];

    fz_id_format(&outcome->operation.id, id);
    fz_say_field(say, FZ_PHRASE_SALE_ID, id);
    fflush(stdout);
}

/* It was paid although the clerk wanted it gone: keep, or void at once. */
static enum fz_exit keep_or_void(struct fz_session *session, const struct fz_pos_outcome *outcome)
{
    const struct fz_say *say = &session->say;
    struct fz_pos_outcome undone;
    struct fz_err err = {.rc = FZ_OK};
    char id[FZ_ID_TEXT_LEN + 1];
    bool can_ask = !session->options->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

    if (can_ask && fz_say_ask(say, FZ_PHRASE_KEEP_OR_VOID)) {
        fz_rc rc = fz_pos_void(&session->machine->pos, &outcome->operation.id, &undone, &err);

        return fz_say_result(say, rc, &undone, &err);
    }
    fz_id_format(&outcome->operation.id, id);
    fprintf(stderr, "%s%s\n", fz_say_phrase(say, FZ_PHRASE_VOID_HINT), id);
    return FZ_EXIT_REFUSED; /* what was asked for, a cancellation, did not happen */
}

/* What a clerk who cancels wants: nobody can pay it any more. */
static bool is_gone(enum fz_pos_state state)
{
    return state == FZ_POS_CANCELED || state == FZ_POS_EXPIRED || state == FZ_POS_TOMBSTONED;
}

static enum fz_exit cancel(struct fz_session *session, const struct fz_id *id)
{
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_sale_cancel(&session->machine->pos, id, &outcome, &err);
    enum fz_exit result = fz_say_result(&session->say, rc, &outcome, &err);

    if (rc != FZ_OK) {
        return result;
    }
    if (outcome.raced) {
        return keep_or_void(session, &outcome);
    }
    return is_gone(outcome.operation.state) ? FZ_EXIT_DONE : result;
}

/* Ctrl-C during a sale: the sale is canceled, and what comes of it is the sale's result. */
static enum fz_exit cancel_interrupted(struct fz_session *session, const struct fz_id *id)
{
    enum fz_exit result;

    fprintf(stderr, "\n%s\n", fz_say_phrase(&session->say, FZ_PHRASE_CANCELING));
    fz_machine_stop = 0;
    result = cancel(session, id);
    return result == FZ_EXIT_DONE ? FZ_EXIT_REFUSED : result; /* the sale was not made */
}

/* The receipt of a sale that was just paid, if one is wanted. */
static enum fz_exit
print_paid(struct fz_session *session, const struct fz_pos_outcome *outcome, enum fz_exit result)
{
    const char *target = session->options->text[FZ_OPTION_ESCPOS];
    struct fz_receipt receipt = {
        .operation = outcome->operation, .is_copy = outcome->reprint, .reduced = reduced};
    struct fz_err err = {.rc = FZ_OK};

    if (target == NULL || outcome->operation.state != FZ_POS_PAID) {
        return result;
    }
    fz_receipt_complete(session->machine, &receipt);
    if (fz_till_print_receipt(session, &receipt, target, false, &err) != FZ_OK) {
        fprintf(stderr, "%s\n", err.msg); /* paid is paid: `receipt` prints it again */
    }
    return result;
}

static enum fz_exit wait_for_money(struct fz_session *session, struct fz_pos_outcome *outcome)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_id id = outcome->operation.id;
    fz_rc rc = fz_pos_sale_wait(&session->machine->pos, &id, outcome, &err);

    if (rc == FZ_OUTCOME_UNKNOWN && fz_machine_stop == 1) {
        return cancel_interrupted(session, &id);
    }
    return print_paid(session, outcome, fz_say_result(&session->say, rc, outcome, &err));
}

/* The customer holds her code out, so nothing is drawn: it is paid, or she is asked. */
static enum fz_exit sell_by_code(struct fz_session *session, struct fz_pos_outcome *outcome)
{
    if (session->options->json || session->options->text[FZ_OPTION_NO_WAIT] != NULL) {
        (void)fz_say_outcome(&session->say, outcome);
    } else {
        printf("%s\n", fz_pos_text(outcome, session->options->language));
        fflush(stdout);
    }
    return session->options->text[FZ_OPTION_NO_WAIT] != NULL ? FZ_EXIT_DONE
                                                             : wait_for_money(session, outcome);
}

/* The code could not be drawn or written: nobody can pay it, so the sale is taken back. */
static enum fz_exit give_up_showing(struct fz_session *session,
                                    const struct fz_pos_outcome *outcome,
                                    const struct fz_err *err)
{
    enum fz_exit result = fz_say_failure(&session->say, err->rc, err);

    (void)cancel(session, &outcome->operation.id);
    return result;
}

static enum fz_exit sell(struct fz_session *session)
{
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};

    fz_say_warnings(&session->say, 0);
    fz_rc rc = fz_pos_sale_begin(&session->machine->pos, &asked, &outcome, &err);

    if (rc == FZ_OUTCOME_UNKNOWN && fz_machine_stop == 1) {
        return cancel_interrupted(session, &outcome.operation.id);
    }
    if (rc == FZ_OK && outcome.operation.state == FZ_POS_ASKED) {
        return sell_by_code(session, &outcome);
    }
    if (rc != FZ_OK || outcome.operation.state != FZ_POS_SHOWN) {
        return print_paid(session, &outcome, fz_say_result(&session->say, rc, &outcome, &err));
    }
    if (draw(session, &outcome, &err) != FZ_OK) {
        return give_up_showing(session, &outcome, &err);
    }
    say_shown(session, &outcome);
    if (session->options->text[FZ_OPTION_NO_WAIT] != NULL) {
        return FZ_EXIT_DONE;
    }
    return wait_for_money(session, &outcome);
}

static bool is_reference(const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < 0x20 || text[i] > 0x7E) {
            return false;
        }
    }
    return len >= 1 && len <= FZ_POS_REFERENCE_MAX;
}

/* What stands beside the amount. FZ_EXIT_DONE: all of it can be used. */
static enum fz_exit read_code(const struct fz_options *options)
{
    const char *code = options->text[FZ_OPTION_CODE];
    const char *reduced_text = options->text[FZ_OPTION_REDUCED];

    asked.again = options->text[FZ_OPTION_AGAIN] != NULL;
    if (asked.again && code == NULL) {
        return fz_options_wrong("--again goes with --code", NULL);
    }
    if (reduced_text != NULL && !fz_options_number(reduced_text, 0, asked.amount, &reduced)) {
        return fz_options_wrong("--reduced is part of the amount", reduced_text);
    }
    if (code != NULL) {
        enum fz_cpm_result result = fz_code_scan(code, strlen(code), code_digits);

        if (result != FZ_CPM_OK) {
            return fz_options_wrong("--code is no code of a customer", fz_cpm_result_text(result));
        }
        asked.code = code_digits;
    }
    return FZ_EXIT_DONE;
}

enum fz_exit fz_till_sale(const struct fz_options *options)
{
    const char *expires = options->text[FZ_OPTION_EXPIRES];
    const char *id = options->text[FZ_OPTION_ID];
    int64_t expires_s = 0;

    asked.reference = options->text[FZ_OPTION_REFERENCE];
    if (!fz_options_number(options->arguments[0], FZ_AMOUNT_MIN, FZ_AMOUNT_MAX, &asked.amount)) {
        return fz_options_wrong("AMOUNT is a number of yen", options->arguments[0]);
    }
    if (asked.reference != NULL && !is_reference(asked.reference)) {
        return fz_options_wrong("--reference is 1 to 25 ASCII characters", asked.reference);
    }
    if (expires != NULL &&
        !fz_options_number(expires, FZ_INTENT_TTL_MIN_S, FZ_INTENT_TTL_MAX_S, &expires_s)) {
        return fz_options_wrong("--expires is 10 to 900 seconds", expires);
    }
    if (id != NULL && !fz_options_id(id, &asked.id)) {
        return fz_options_wrong("--id is a lower-case UUID", id);
    }
    asked.expires_in_s = (uint32_t)expires_s;
    if (read_code(options) != FZ_EXIT_DONE) {
        return FZ_EXIT_USAGE;
    }
    return fz_session_run(options, FZ_TILL_ROLE, sell);
}

static enum fz_exit wait_body(struct fz_session *session)
{
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_sale_wait(&session->machine->pos, &intent, &outcome, &err);

    return fz_say_result(&session->say, rc, &outcome, &err);
}

static enum fz_exit cancel_body(struct fz_session *session)
{
    return cancel(session, &intent);
}

enum fz_exit fz_till_wait(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_TILL_ROLE, wait_body);
}

enum fz_exit fz_till_cancel(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_TILL_ROLE, cancel_body);
}
