/*
 * merchant-pos/posix: the wallet shows its code: makes a one-time code, draws it as digits, QR and
 * bar code, and asks the person when a shop wants more than she allowed without asking.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "feezero/limits.h"
#include "merchant-pos/posix/bar_draw.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/wallet.h"
#include "merchant-pos/wire/cpm.h"

#define GROUP 4 /* digits between two blanks */

static struct fz_pos_code asked;
static struct fz_id intent;

/* "2912 3456 7890 1234 5678" */
static void group_digits(const char *digits, char out[2 * FZ_CODE_DIGITS])
{
    size_t len = 0;

    for (size_t i = 0; digits[i] != '\0' && i < FZ_CODE_DIGITS; i++) {
        if (i > 0 && i % GROUP == 0) {
            out[len++] = ' ';
        }
        out[len++] = digits[i];
    }
    out[len] = '\0';
}

/* A bar code that the terminal would fold is no bar code. */
static bool has_room_for_bars(void)
{
    struct winsize size = {0};

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
           size.ws_col >= FZ_BAR_COLUMNS(FZ_CODE_DIGITS);
}

static fz_rc
draw(const struct fz_session *session, const struct fz_pos_outcome *out, struct fz_err *err)
{
    const char *png = session->options->text[FZ_OPTION_PNG];
    enum fz_qr_style style = isatty(STDOUT_FILENO) ? FZ_QR_COLOR : FZ_QR_PLAIN_DARK;
    struct fz_qr *qr = NULL;
    fz_rc rc = fz_qr_create(out->qr, strlen(out->qr), &qr, err);

    if (rc == FZ_OK && png != NULL) {
        rc = fz_qr_write_png(qr, png, FZ_QR_SCALE_DEFAULT, err);
    }
    if (rc == FZ_OK && !session->options->json) {
        rc = fz_qr_draw(qr, style, stdout, err);
    }
    if (rc == FZ_OK && !session->options->json && has_room_for_bars()) {
        rc = fz_bar_draw(out->operation.code, style, stdout, err);
    }
    fz_qr_destroy(&qr);
    return rc;
}

static void say_shown(const struct fz_session *session, const struct fz_pos_outcome *out)
{
    const struct fz_say *say = &session->say;
    char text[FZ_SAY_AMOUNT_SIZE];

    if (session->options->json) {
        (void)fz_say_outcome(say, out);
        return;
    }
    group_digits(out->operation.code, text);
    fz_say_field(say, FZ_PHRASE_CODE, text);
    fz_say_amount(say, out->operation.limit == 0 ? FZ_CODE_AMOUNT_DEFAULT : out->operation.limit,
                  text);
    fz_say_field(say, FZ_PHRASE_CODE_LIMIT, text);
    fz_say_time(say, out->operation.expires_at_ms, text);
    fz_say_field(say, FZ_PHRASE_VALID_UNTIL, text);
    printf("%s\n", fz_pos_text(out, session->options->language));
    fflush(stdout);
}

/* A shop wants more than was allowed: yes, no, or nothing before the time is up. */
static enum fz_exit answer(struct fz_session *session, const struct fz_pos_outcome *wanted)
{
    const struct fz_say *say = &session->say;
    const struct fz_pos_operation *op = &wanted->operation;
    int64_t left_ms = op->expires_at_ms == 0
                          ? FZ_CONSENT_S * INT64_C(1000)
                          : op->expires_at_ms - fz_machine_now_ms(session->machine);
    struct fz_pos_payment payment = {
        .intent = op->intent, .shop = op->party, .shop_name = op->party_name, .amount = op->amount};
    struct fz_id id = op->id;
    struct fz_pos_outcome out;
    struct fz_err err = {.rc = FZ_OK};
    bool is_late = false;

    (void)fz_say_outcome(say, wanted);
    if (left_ms < 1 || left_ms > FZ_CONSENT_S * INT64_C(1000)) {
        left_ms =
            FZ_CONSENT_S * INT64_C(1000); /* the code's end, or a wrong clock: not the sale's */
    }
    bool is_yes = say->options->text[FZ_OPTION_YES] != NULL ||
                  fz_say_ask_within(say, FZ_PHRASE_PAY_QUESTION, left_ms, &is_late);
    fz_rc rc = is_yes    ? fz_pos_pay(&session->machine->pos, &payment, &out, &err)
               : is_late ? fz_pos_code_wait(&session->machine->pos, &id, &out, &err)
                         : fz_pos_decline(&session->machine->pos, &payment.intent, &out, &err);
    enum fz_exit result = fz_say_result(say, rc, &out, &err);

    if (!is_late && rc == FZ_OK &&
        fz_pos_code_wait(&session->machine->pos, &id, &out, &err) != FZ_OK) { /* it is done too */
        fz_say_warnings(say, 0);
    }
    return result;
}

static enum fz_exit show(struct fz_session *session)
{
    struct fz_pos_outcome out;
    struct fz_err err = {.rc = FZ_OK};

    fz_say_warnings(&session->say, 0);
    fz_rc rc = fz_pos_code_make(&session->machine->pos, &asked, &out, &err);

    if (rc == FZ_OK && out.operation.state == FZ_POS_ASKED) {
        return answer(session, &out); /* an older code, taken up again */
    }
    if (rc != FZ_OK || out.operation.state != FZ_POS_SHOWN) {
        return fz_say_result(&session->say, rc, &out, &err);
    }
    rc = draw(session, &out, &err);
    if (rc != FZ_OK) {
        return fz_say_failure(&session->say, rc, &err);
    }
    say_shown(session, &out);
    if (session->options->text[FZ_OPTION_NO_WAIT] != NULL) {
        return FZ_EXIT_DONE;
    }
    struct fz_id id = out.operation.id;

    rc = fz_pos_code_wait(&session->machine->pos, &id, &out, &err);
    return rc == FZ_OK && out.operation.state == FZ_POS_ASKED
               ? answer(session, &out)
               : fz_say_result(&session->say, rc, &out, &err);
}

enum fz_exit fz_wallet_code(const struct fz_options *options)
{
    const char *max = options->text[FZ_OPTION_MAX];
    const char *id = options->text[FZ_OPTION_ID];

    if (max != NULL && !fz_options_number(max, FZ_AMOUNT_MIN, FZ_PAYMENT_MAX, &asked.limit)) {
        return fz_options_wrong("--max is a number of yen", max);
    }
    if (id != NULL && !fz_options_id(id, &asked.id)) {
        return fz_options_wrong("--id is a lower-case UUID", id);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, show);
}

static enum fz_exit decline_body(struct fz_session *session)
{
    struct fz_pos_outcome out;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_decline(&session->machine->pos, &intent, &out, &err);
    enum fz_exit result = fz_say_result(&session->say, rc, &out, &err);

    return rc == FZ_OK && out.operation.state == FZ_POS_CANCELED ? FZ_EXIT_DONE : result;
}

enum fz_exit fz_wallet_decline(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, decline_body);
}
