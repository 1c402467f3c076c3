/*
 * merchant-pos/posix: the till's sales, voids and refunds: calls the client and follows what comes
 * of it until it is certain, or until the clerk leaves it to be settled in the background.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "feezero/limits.h"
#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/posix/printer.h"
#include "merchant-pos/posix/screen.h"
#include "merchant-pos/posix/till.h"

#define RENEWALS_MAX 3 /* new codes for one sale: nobody may be there any more */
#define PAID_SHOWN_MS 15000
#define LISTED_MS (2 * FZ_MACHINE_DAY_MS)

static const struct fz_settings *settings_of(const struct fz_screen *screen)
{
    return &screen->session->machine->home.settings;
}

static void show_failure(struct fz_screen *screen, fz_rc rc)
{
    screen->outcome.operation.state = FZ_POS_REFUSED;
    screen->outcome.rc = rc;
    fz_screen_set(screen, FZ_MODE_RESULT);
}

/* --- the code on the screen ------------------------------------------------------------------- */

static void take_code_off(struct fz_screen *screen)
{
    const char *png = settings_of(screen)->display_png;

    fz_qr_destroy(&screen->qr);
    fz_qr_destroy(&screen->small_qr);
    if (png[0] != '\0') {
        (void)unlink(png); /* the second display has nothing to show any more */
    }
}

static void put_code_on(struct fz_screen *screen)
{
    const char *png = settings_of(screen)->display_png;
    struct fz_err err = {.rc = FZ_OK};

    fz_qr_destroy(&screen->qr);
    fz_qr_destroy(&screen->small_qr);
    fz_rc rc = fz_qr_create(screen->outcome.qr, strlen(screen->outcome.qr), &screen->qr, &err);

    if (rc == FZ_OK) {
        rc = fz_qr_create_small(screen->outcome.qr, strlen(screen->outcome.qr), &screen->small_qr,
                                &err);
    }
    if (rc == FZ_OK && png[0] != '\0') {
        rc = fz_qr_write_png(screen->qr, png, FZ_QR_SCALE_DEFAULT, &err);
    }
    if (rc != FZ_OK) {
        screen->note = FZ_WORD_NOT_PRINTED; /* the terminal still shows what it can */
    }
}

/* --- how a sale ends -------------------------------------------------------------------------- */

void fz_screen_receipt(struct fz_screen *screen, bool is_copy)
{
    struct fz_machine *machine = screen->session->machine;
    struct fz_receipt receipt = {.operation = screen->outcome.operation, .is_copy = is_copy};
    struct fz_printer printer;
    struct fz_err err = {.rc = FZ_OK};

    if (settings_of(screen)->printer[0] == '\0') {
        screen->note = is_copy ? FZ_WORD_NO_PRINTER : screen->note;
        return;
    }
    fz_receipt_complete(machine, &receipt);
    fz_rc rc = fz_printer_begin(&printer, FZ_PAPER_ESCPOS, settings_of(screen), &err);

    if (rc == FZ_OK) {
        fz_receipt_print(machine, &receipt, &printer.paper);
        rc = fz_printer_send(&printer, settings_of(screen)->printer, true, &err);
    }
    screen->note = rc != FZ_OK ? FZ_WORD_NOT_PRINTED : is_copy ? FZ_WORD_PRINTED : screen->note;
}

void fz_screen_paid(struct fz_screen *screen)
{
    fz_screen_set(screen, FZ_MODE_PAID);
    screen->leave_at_ms = fz_machine_now_ms(screen->session->machine) + PAID_SHOWN_MS;
    fz_screen_refresh(screen); /* first seen and heard, then printed */
    fz_sound_play(settings_of(screen)->sound, STDOUT_FILENO);
    if (!screen->is_sticker) {
        fz_screen_receipt(screen, screen->outcome.reprint);
    }
}

static bool can_renew(const struct fz_screen *screen)
{
    return screen->outcome.operation.state == FZ_POS_EXPIRED && screen->code[0] == '\0' &&
           screen->renewals < RENEWALS_MAX;
}

/* A final state. True: the sale begins anew with a fresh code. */
static bool end_sale(struct fz_screen *screen)
{
    const struct fz_pos_outcome *out = &screen->outcome;

    take_code_off(screen);
    if (out->operation.state == FZ_POS_PAID && out->raced) {
        fz_screen_set(screen, FZ_MODE_RACED);
        fz_sound_play(settings_of(screen)->sound, STDOUT_FILENO);
    } else if (out->operation.state == FZ_POS_PAID) {
        fz_screen_paid(screen);
    } else if (out->rc == FZ_SUSPECTED_DUPLICATE && screen->code[0] != '\0') {
        fz_screen_set(screen, FZ_MODE_AGAIN);
    } else if (can_renew(screen)) {
        screen->renewals++;
        screen->note = FZ_WORD_NEW_CODE;
        return true;
    } else {
        fz_screen_set(screen, FZ_MODE_RESULT);
    }
    return false;
}

/* --- following a sale ------------------------------------------------------------------------- */

/* Shows where the sale stands and waits for more. */
static fz_rc wait_on(struct fz_screen *screen, struct fz_err *err)
{
    struct fz_id id = screen->outcome.operation.id;

    if (screen->outcome.operation.state == FZ_POS_SHOWN && screen->mode != FZ_MODE_DOUBT) {
        if (screen->outcome.qr[0] != '\0') {
            put_code_on(screen);
        }
        fz_screen_set(screen, FZ_MODE_SHOWN);
    } else if (screen->outcome.operation.state == FZ_POS_ASKED) {
        fz_screen_set(screen, FZ_MODE_ASKED);
    }
    return fz_pos_sale_wait(screen->pos, &id, &screen->outcome, err);
}

/*
 * The clerk broke off. In doubt that only means to stop looking: the sale is settled later. True:
 * a sale with the customer's own code comes next.
 */
static bool cancel(struct fz_screen *screen)
{
    struct fz_id id = screen->outcome.operation.id;
    struct fz_err err = {.rc = FZ_OK};
    bool by_code_next = screen->wish == FZ_WISH_SELL_BY_CODE;
    bool is_doubt = screen->mode == FZ_MODE_DOUBT;

    screen->wish = FZ_WISH_NONE;
    fz_machine_stop = 0;
    take_code_off(screen);
    if (is_doubt) {
        fz_screen_set(screen, FZ_MODE_HOME);
        return false;
    }
    fz_screen_set(screen, FZ_MODE_BUSY);
    fz_rc rc = fz_pos_sale_cancel(screen->pos, &id, &screen->outcome, &err);

    if (rc == FZ_OUTCOME_UNKNOWN) {
        screen->wish = FZ_WISH_NONE;
        fz_screen_set(screen, FZ_MODE_HOME); /* unsettled: repeated in the background */
    } else if (rc != FZ_OK) {
        show_failure(screen, rc);
    } else if (by_code_next && screen->outcome.operation.state != FZ_POS_PAID) {
        return true;
    } else {
        screen->renewals = RENEWALS_MAX;
        (void)end_sale(screen);
    }
    return false;
}

/* Follows the sale from what the first call said. True: begin anew. */
static bool follow(struct fz_screen *screen, fz_rc rc, struct fz_err *err)
{
    for (;;) {
        if (rc == FZ_OK && fz_pos_is_final(screen->outcome.operation.state)) {
            return end_sale(screen);
        }
        if (rc != FZ_OK && rc != FZ_OUTCOME_UNKNOWN) {
            take_code_off(screen);
            show_failure(screen, rc);
            return false;
        }
        if (fz_screen_is_wanted(screen)) {
            if (screen->wish == FZ_WISH_NONE) {
                return false; /* a signal: the next start takes it up again */
            }
            return cancel(screen);
        }
        rc = wait_on(screen, err);
    }
}

void fz_screen_sell(struct fz_screen *screen)
{
    bool is_anew = true;

    screen->renewals = 0;
    screen->is_sticker = false;
    while (is_anew) {
        struct fz_err err = {.rc = FZ_OK};
        struct fz_pos_sale sale = {.amount = screen->amount,
                                   .code = screen->code[0] == '\0' ? NULL : screen->code,
                                   .again = screen->again};
        fz_screen_set(screen, FZ_MODE_BUSY);
        fz_rc rc = fz_pos_sale_begin(screen->pos, &sale, &screen->outcome, &err);
        is_anew = follow(screen, rc, &err);
    }
    screen->again = false;
    screen->typed[0] = '\0';
}

void fz_screen_take_up(struct fz_screen *screen, const struct fz_pos_operation *open)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_operation op = *open;
    struct fz_pos_sale sale = {.id = op.id,
                               .amount = op.amount,
                               .expires_in_s = op.expires_in_s,
                               .reference = op.reference[0] == '\0' ? NULL : op.reference,
                               .code = op.code[0] == '\0' ? NULL : op.code,
                               .again = op.again};

    screen->amount = op.amount;
    screen->code[0] = '\0';
    screen->renewals = 0;
    fz_screen_set(screen, FZ_MODE_BUSY);
    fz_rc rc = fz_pos_sale_begin(screen->pos, &sale, &screen->outcome, &err);

    if (follow(screen, rc, &err)) {
        fz_screen_sell(screen);
    }
}

/* --- undoing ---------------------------------------------------------------------------------- */

/* Shows what came of it and prints the slip; what is not certain yet is settled later. */
static void end_undo(struct fz_screen *screen, fz_rc rc)
{
    enum fz_pos_state state = screen->outcome.operation.state;

    if (rc != FZ_OK && rc != FZ_OUTCOME_UNKNOWN) {
        show_failure(screen, rc);
        return;
    }
    fz_screen_set(screen, FZ_MODE_RESULT);
    fz_screen_refresh(screen);
    if (state == FZ_POS_VOIDED || state == FZ_POS_REFUNDED || state == FZ_POS_HELD) {
        fz_screen_receipt(screen, false);
    }
}

void fz_screen_void(struct fz_screen *screen)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_id id = screen->sale.operation.intent;

    fz_screen_set(screen, FZ_MODE_BUSY);
    fz_rc rc = fz_pos_void(screen->pos, &id, &screen->outcome, &err);

    end_undo(screen, rc);
}

void fz_screen_refund(struct fz_screen *screen)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_id id = screen->sale.operation.intent;

    fz_screen_set(screen, FZ_MODE_BUSY);
    fz_rc rc = fz_pos_refund(screen->pos, &id, screen->amount, &screen->outcome, &err);

    screen->typed[0] = '\0';
    end_undo(screen, rc);
}

/* --- the list --------------------------------------------------------------------------------- */

static void push_sale(struct fz_screen *screen, const struct fz_pos_operation *op)
{
    unsigned kept =
        screen->sale_count < FZ_SCREEN_SALES_MAX ? screen->sale_count : FZ_SCREEN_SALES_MAX - 1;

    memmove(&screen->sales[1], &screen->sales[0], kept * sizeof screen->sales[0]);
    screen->sales[0] = (struct fz_screen_sale){.operation = *op};
    screen->sale_count = kept + 1;
}

static bool on_operation(const struct fz_pos_operation *op, void *ctx)
{
    struct fz_screen *screen = ctx;

    if (op->kind == FZ_POS_SALE && op->state == FZ_POS_PAID) {
        push_sale(screen, op);
        return true;
    }
    for (unsigned i = 0; i < screen->sale_count; i++) {
        struct fz_screen_sale *sale = &screen->sales[i];
        if (!fz_id_equal(&sale->operation.intent, &op->intent)) {
            continue;
        }
        sale->is_voided = sale->is_voided || op->state == FZ_POS_VOIDED;
        sale->refunded += op->state == FZ_POS_REFUNDED || op->state == FZ_POS_HELD ? op->amount : 0;
    }
    return true;
}

/* Puts a sale where its number belongs, unless it is there. */
static void insert_sale(struct fz_screen *screen, const struct fz_pos_operation *op)
{
    unsigned at = 0;

    for (unsigned i = 0; i < screen->sale_count; i++) {
        if (fz_id_equal(&screen->sales[i].operation.intent, &op->intent)) {
            return;
        }
        at += screen->sales[i].operation.number > op->number ? 1 : 0;
    }
    if (at == FZ_SCREEN_SALES_MAX) {
        return;
    }
    unsigned kept =
        screen->sale_count < FZ_SCREEN_SALES_MAX ? screen->sale_count : FZ_SCREEN_SALES_MAX - 1;

    memmove(&screen->sales[at + 1], &screen->sales[at], (kept - at) * sizeof screen->sales[0]);
    screen->sales[at] = (struct fz_screen_sale){.operation = *op};
    screen->sale_count = kept + 1;
}

static bool read_id(const json_t *item, const char *name, struct fz_id *id_out)
{
    const char *text = json_string_value(json_object_get(item, name));

    return text != NULL && fz_id_parse(text, strlen(text), id_out);
}

static void take_payment(struct fz_screen *screen, const json_t *item)
{
    struct fz_pos_operation op = {.kind = FZ_POS_SALE, .state = FZ_POS_PAID};
    const char *at = json_string_value(json_object_get(item, "at"));
    const char *kind = json_string_value(json_object_get(item, "kind"));

    op.amount = json_integer_value(json_object_get(item, "amount"));
    op.number = json_integer_value(json_object_get(item, "number"));
    if (kind != NULL && strcmp(kind, "payment") == 0 && read_id(item, "intent_id", &op.intent) &&
        read_id(item, "operation_id", &op.payment) && at != NULL &&
        fz_timestamp_parse(at, &op.booked_at_ms)) {
        op.id = op.intent;
        insert_sale(screen, &op);
    }
}

/* What the shop took beside this till: at the sticker, and at its other tills. */
static void take_shop(struct fz_screen *screen)
{
    struct fz_pos_view view;
    struct fz_err err = {.rc = FZ_OK};
    json_error_t error;
    const json_t *item;
    size_t index;

    if (screen->session->machine->trouble.rc != FZ_OK ||
        fz_pos_get(screen->pos, "/v1/history", "?kind=payment&limit=20", &view, &err) != FZ_OK ||
        view.rc != FZ_OK) {
        return; /* then the journal's own must do */
    }
    json_t *answer = json_loadb(view.body, view.body_len, JSON_REJECT_DUPLICATES, &error);

    json_array_foreach(json_object_get(answer, "items"), index, item)
    {
        take_payment(screen, item);
    }
    json_decref(answer);
}

void fz_screen_list(struct fz_screen *screen)
{
    int64_t now_ms = fz_machine_now_ms(screen->session->machine);
    struct fz_pos_span span = {.from_ms = now_ms - LISTED_MS, .to_ms = now_ms + FZ_MACHINE_DAY_MS};
    struct fz_err err = {.rc = FZ_OK};

    screen->sale_count = 0;
    screen->selected = 0;
    fz_rc rc = fz_pos_each(screen->pos, span, on_operation, screen, &err);

    if (rc != FZ_OK) {
        show_failure(screen, rc);
        return;
    }
    take_shop(screen);
    fz_screen_set(screen, FZ_MODE_LIST);
}

void fz_screen_find(struct fz_screen *screen)
{
    struct fz_receipt receipt = {.is_copy = true};
    struct fz_err err = {.rc = FZ_OK};

    fz_screen_list(screen); /* what this till knows of it; and where Esc leads */
    fz_rc rc = fz_till_find_sale(screen->session, &screen->found, &receipt.operation, &err);

    if (rc != FZ_OK || receipt.operation.kind != FZ_POS_SALE ||
        receipt.operation.state != FZ_POS_PAID) {
        show_failure(screen, rc == FZ_OK ? FZ_NOT_PAID : rc);
        return;
    }
    fz_receipt_complete(screen->session->machine, &receipt);
    screen->sale = (struct fz_screen_sale){.operation = receipt.operation,
                                           .refunded = receipt.refunded,
                                           .is_voided = receipt.is_voided};
    fz_screen_set(screen, FZ_MODE_SALE);
}
