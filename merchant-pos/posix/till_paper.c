/*
 * merchant-pos/posix: what the till prints from the command line: receipts and the shop's sticker.
 */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "feezero/limits.h"
#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/exchange.h"
#include "merchant-pos/posix/printer.h"
#include "merchant-pos/posix/receipt.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"
#include "merchant-pos/wire/emv.h"
#include "merchant-pos/wire/utf8.h"

#define STICKER_DOTS_MAX 8 /* per module; fewer where the paper is narrow */
#define COLUMN_DOTS 12
#define STICKER_SCALE 12 /* pixels: 65 modules are 66 mm at 300 dots per inch */

static struct fz_id intent;
static int64_t reduced;

fz_rc fz_till_print_receipt(const struct fz_session *session,
                            const struct fz_receipt *receipt,
                            const char *target,
                            bool append,
                            struct fz_err *err)
{
    struct fz_printer printer;
    bool is_text = session->options->text[FZ_OPTION_TEXT] != NULL;
    fz_rc rc = fz_printer_begin(&printer, is_text ? FZ_PAPER_TEXT : FZ_PAPER_ESCPOS,
                                &session->machine->home.settings, err);

    if (rc != FZ_OK) {
        return rc;
    }
    fz_receipt_print(session->machine, receipt, &printer.paper);
    return fz_printer_send(&printer, target, append, err);
}

/* A sale that this till's journal does not know: another till's, or one made at the sticker. */
static fz_rc ask_switch(struct fz_session *session,
                        const struct fz_id *id,
                        struct fz_pos_operation *op,
                        struct fz_err *err)
{
    struct fz_pos_view view;
    struct fz_intent_view found = {.state = FZ_VIEW_EXPIRED};
    struct fz_json root;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "intents", id, "");
    fz_rc rc = fz_pos_get(&session->machine->pos, path, NULL, &view, err);

    if (rc != FZ_OK || view.rc != FZ_OK) {
        return rc != FZ_OK ? rc : view.rc;
    }
    if (!fz_json_check(view.body, view.body_len, &root) || !fz_answer_intent(root, &found)) {
        return fz_fail(err, FZ_FORMAT, "the switch's sale is malformed");
    }
    *op = (struct fz_pos_operation){.kind = FZ_POS_SALE,
                                    .state = FZ_POS_PAID,
                                    .id = *id,
                                    .intent = *id,
                                    .payment = found.payment,
                                    .amount = found.amount,
                                    .number = found.number,
                                    .booked_at_ms = found.paid_at_ms};
    return fz_id_is_zero(&found.payment) ? FZ_NOT_PAID : FZ_OK;
}

fz_rc fz_till_find_sale(struct fz_session *session,
                        const struct fz_id *id,
                        struct fz_pos_operation *op,
                        struct fz_err *err)
{
    fz_rc rc = fz_pos_find(&session->machine->pos, id, op, err);

    return rc == FZ_NOT_FOUND ? ask_switch(session, id, op, err) : rc;
}

static bool has_receipt(const struct fz_pos_operation *op)
{
    return op->state == FZ_POS_PAID || op->state == FZ_POS_VOIDED || op->state == FZ_POS_REFUNDED ||
           op->state == FZ_POS_HELD;
}

static enum fz_exit receipt_body(struct fz_session *session)
{
    const char *target = session->options->text[FZ_OPTION_ESCPOS];
    struct fz_receipt receipt = {.is_copy = true, .reduced = reduced};
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_till_find_sale(session, &intent, &receipt.operation, &err);

    if (rc == FZ_OK && !has_receipt(&receipt.operation)) {
        rc = FZ_NOT_PAID;
    }
    if (rc != FZ_OK && fz_rc_info(rc)->class != FZ_CLASS_FAIL) {
        return fz_say_refusal(&session->say, rc, "");
    }
    if (rc == FZ_OK && reduced > receipt.operation.amount) {
        return fz_options_wrong("--reduced is part of the amount", NULL);
    }
    if (rc == FZ_OK) {
        fz_receipt_complete(session->machine, &receipt);
        rc = fz_till_print_receipt(session, &receipt, target == NULL ? "-" : target, false, &err);
    }
    return rc == FZ_OK ? FZ_EXIT_DONE : fz_say_failure(&session->say, rc, &err);
}

enum fz_exit fz_till_receipt(const struct fz_options *options)
{
    const char *reduced_text = options->text[FZ_OPTION_REDUCED];
    bool is_text = options->text[FZ_OPTION_TEXT] != NULL;

    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    if (reduced_text != NULL && !fz_options_number(reduced_text, 0, FZ_AMOUNT_MAX, &reduced)) {
        return fz_options_wrong("--reduced is a number of yen", reduced_text);
    }
    if (is_text == (options->text[FZ_OPTION_ESCPOS] != NULL)) {
        return fz_options_wrong("receipt needs --escpos FILE (- is stdout) or --text", NULL);
    }
    return fz_session_run(options, FZ_TILL_ROLE, receipt_body);
}

/* --- the sticker ------------------------------------------------------------------------------ */

/* Copies at most `chars` characters of UTF-8. */
static void copy_chars(const char *text, size_t chars, char *out, size_t size)
{
    size_t len = strnlen(text, size - 1);
    size_t at = 0;
    uint32_t character;

    while (chars > 0 && at < len && fz_utf8_next(text, len, &at, &character)) {
        chars--;
    }
    memcpy(out, text, at);
    out[at] = '\0';
}

/* The code without an amount: whoever scans it types what is on the shop's till. */
static enum fz_emv_result build_sticker(const struct fz_session *session, char *text_out)
{
    const struct fz_settings *settings = &session->machine->home.settings;
    const char *name = session->options->text[FZ_OPTION_NAME];
    const char *city = session->options->text[FZ_OPTION_CITY];
    static struct fz_emv_code code;

    code = (struct fz_emv_code){.initiation = FZ_EMV_STATIC,
                                .mcc = "0000",
                                .currency = FZ_EMV_CURRENCY_JPY,
                                .country = "JP",
                                .language = "JA"};
    copy_chars(settings->guid, sizeof code.guid, code.guid, sizeof code.guid);
    copy_chars(settings->party, sizeof code.shop, code.shop, sizeof code.shop);
    copy_chars(settings->terminal, sizeof code.terminal, code.terminal, sizeof code.terminal);
    copy_chars(name == NULL ? settings->party : name, 26, code.name, sizeof code.name);
    copy_chars(city == NULL ? "JAPAN" : city, 16, code.city, sizeof code.city);
    copy_chars(settings->name, 25, code.name_local, sizeof code.name_local);
    enum fz_emv_result result = fz_emv_build(&code, text_out, FZ_EMV_SIZE_MAX, NULL);

    return result == FZ_EMV_OK ? fz_emv_check_payable(&code, settings->guid) : result;
}

static fz_rc print_sticker(const struct fz_session *session,
                           const struct fz_qr *qr,
                           const char *target,
                           struct fz_err *err)
{
    const struct fz_settings *settings = &session->machine->home.settings;
    struct fz_printer printer;
    fz_rc rc = fz_printer_begin(&printer, FZ_PAPER_ESCPOS, settings, err);

    if (rc != FZ_OK) {
        return rc;
    }
    size_t modules = fz_qr_width(qr) + 2 * (size_t)FZ_QR_QUIET_MODULES;
    unsigned dots = (unsigned)(printer.paper.columns * COLUMN_DOTS / modules);

    dots = dots < 1 ? 1 : dots > STICKER_DOTS_MAX ? STICKER_DOTS_MAX : dots;
    fz_paper_line(&printer.paper, FZ_PAPER_CENTER | FZ_PAPER_LARGE, settings->name);
    fz_paper_line(&printer.paper, FZ_PAPER_CENTER | FZ_PAPER_BOLD, settings->community_name);
    fz_paper_symbol(&printer.paper, qr, dots);
    fz_paper_line(&printer.paper, FZ_PAPER_CENTER, "読み取って金額を入力し、");
    fz_paper_line(&printer.paper, FZ_PAPER_CENTER, "支払い後の画面をお見せください");
    fz_paper_pair(&printer.paper, FZ_PAPER_PLAIN, settings->party, settings->terminal);
    return fz_printer_send(&printer, target, false, err);
}

static fz_rc put_out_sticker(const struct fz_session *session, const char *text, struct fz_err *err)
{
    const char *png = session->options->text[FZ_OPTION_PNG];
    const char *escpos = session->options->text[FZ_OPTION_ESCPOS];
    struct fz_qr *qr = NULL;
    fz_rc rc = fz_qr_create(text, strlen(text), &qr, err);

    if (rc == FZ_OK && png != NULL) {
        rc = fz_qr_write_png(qr, png, STICKER_SCALE, err);
    }
    if (rc == FZ_OK && escpos != NULL) {
        rc = print_sticker(session, qr, escpos, err);
    }
    if (rc == FZ_OK && session->options->json) {
        fz_say_json(json_pack("{s:s,s:s}", "state", "sticker", "qr", text));
    } else if (rc == FZ_OK && png == NULL && escpos == NULL) {
        rc = fz_qr_draw(qr, isatty(STDOUT_FILENO) ? FZ_QR_COLOR : FZ_QR_PLAIN_DARK, stdout, err);
        printf("%s\n", text);
    }
    fz_qr_destroy(&qr);
    return rc;
}

static enum fz_exit sticker_body(struct fz_session *session)
{
    static char text[FZ_EMV_SIZE_MAX];
    struct fz_err err = {.rc = FZ_OK};
    enum fz_emv_result result = build_sticker(session, text);

    if (result != FZ_EMV_OK) {
        return fz_options_wrong("--name and --city are 1 to 25 and 15 ASCII characters",
                                fz_emv_result_text(result));
    }
    fz_rc rc = put_out_sticker(session, text, &err);

    return rc == FZ_OK ? FZ_EXIT_DONE : fz_say_failure(&session->say, rc, &err);
}

enum fz_exit fz_till_sticker(const struct fz_options *options)
{
    return fz_session_run(options, FZ_TILL_ROLE, sticker_body);
}
