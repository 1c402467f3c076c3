/*
 * merchant-pos/posix: what a key means in each mode of the till. Keys come while the client is
 * busy, so nothing here calls it: a key edits what is typed, changes the mode, or leaves a wish.
 */
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/posix/receipt.h"
#include "merchant-pos/posix/screen.h"

#define SCROLL_LINES 5

static void set_wish(struct fz_screen *screen, enum fz_screen_wish wish)
{
    screen->wish = wish;
    if (fz_machine_stop < 2) {
        fz_machine_stop = fz_machine_stop + 1; /* the call that is busy should end */
    }
}

/* Sets the mode a wish will need, at once, so that the clerk sees the key was taken. */
static void ask_for(struct fz_screen *screen, enum fz_screen_wish wish)
{
    fz_screen_set(screen, FZ_MODE_BUSY);
    set_wish(screen, wish);
}

static void go_home(struct fz_screen *screen)
{
    screen->typed[0] = '\0';
    fz_screen_set(screen, FZ_MODE_HOME);
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

/* Edits the digits. False: the key is none of them. */
static bool edit(struct fz_screen *screen, const struct fz_key *key, size_t max)
{
    size_t len = strlen(screen->typed);

    if (key->kind == FZ_KEY_BACK) {
        screen->typed[len > 0 ? len - 1 : 0] = '\0';
        return true;
    }
    if (key->kind != FZ_KEY_CHARACTER || !is_digit(key->character)) {
        return false;
    }
    if (len < max && !(len == 0 && key->character == '0' && max == FZ_SCREEN_DIGITS_MAX)) {
        screen->typed[len] = key->character;
        screen->typed[len + 1] = '\0';
    }
    return true;
}

static int64_t typed_amount(const struct fz_screen *screen)
{
    return strtoll(screen->typed, NULL, 10); /* at most seven digits */
}

static bool is_amount(int64_t amount)
{
    return amount >= FZ_AMOUNT_MIN && amount <= FZ_PAYMENT_MAX;
}

/* --- codes that come in by the scanner -------------------------------------------------------- */

/* A receipt's QR code names its sale. */
static bool take_receipt(struct fz_screen *screen, const char *text)
{
    size_t prefix = strlen(FZ_RECEIPT_CODE);

    if (strncmp(text, FZ_RECEIPT_CODE, prefix) != 0) {
        return false;
    }
    if (!fz_id_parse(text + prefix, strlen(text + prefix), &screen->found)) {
        screen->note = FZ_WORD_CODE_WRONG;
        return true;
    }
    ask_for(screen, FZ_WISH_FIND);
    return true;
}

/* Takes a customer's code; what is wrong with it becomes the note. */
static bool take_code(struct fz_screen *screen, const char *text)
{
    enum fz_cpm_result result = fz_code_scan(text, strlen(text), screen->code);

    if (result == FZ_CPM_OK) {
        return true;
    }
    screen->note = result == FZ_CPM_NOT_OURS ? FZ_WORD_CODE_NOT_OURS : FZ_WORD_CODE_WRONG;
    return false;
}

/*
 * The scanner was faster than we were: the amount's last digits came in the same burst. Takes them
 * off the front.
 */
static const char *split_burst(struct fz_screen *screen, const char *text)
{
    size_t len = strlen(text);
    size_t typed = strlen(screen->typed);

    if (len <= FZ_CODE_DIGITS || strspn(text, "0123456789") != len ||
        typed + len - FZ_CODE_DIGITS > FZ_SCREEN_DIGITS_MAX) {
        return text;
    }
    memcpy(screen->typed + typed, text, len - FZ_CODE_DIGITS);
    screen->typed[typed + len - FZ_CODE_DIGITS] = '\0';
    return text + (len - FZ_CODE_DIGITS);
}

static void on_scan_at_home(struct fz_screen *screen)
{
    const char *text = screen->keys.scan;

    if (take_receipt(screen, text)) {
        return;
    }
    text = split_burst(screen, text);
    if (!is_amount(typed_amount(screen))) {
        screen->note = FZ_WORD_CODE_NEEDS_AMOUNT;
    } else if (take_code(screen, text)) {
        screen->amount = typed_amount(screen);
        ask_for(screen, FZ_WISH_SELL_BY_CODE);
    }
}

/* --- the modes -------------------------------------------------------------------------------- */

static void home_command(struct fz_screen *screen, char character)
{
    switch (character) {
    case '*':
        screen->amount = typed_amount(screen);
        if (!is_amount(screen->amount)) {
            screen->note = FZ_WORD_CODE_NEEDS_AMOUNT;
            return;
        }
        screen->typed[0] = '\0';
        fz_screen_set(screen, FZ_MODE_CODE);
        return;
    case '/':
        ask_for(screen, FZ_WISH_LIST);
        return;
    case '-':
        ask_for(screen, FZ_WISH_X);
        return;
    case '+':
        fz_screen_set(screen, FZ_MODE_Z);
        return;
    case 'q':
        fz_screen_set(screen, FZ_MODE_QUIT);
        return;
    default:
        return;
    }
}

static void on_home(struct fz_screen *screen, const struct fz_key *key)
{
    if (key->kind == FZ_KEY_SCAN) {
        on_scan_at_home(screen);
    } else if (key->kind == FZ_KEY_ESCAPE) {
        screen->typed[0] = '\0';
    } else if (key->kind == FZ_KEY_ENTER && is_amount(typed_amount(screen))) {
        screen->amount = typed_amount(screen);
        screen->code[0] = '\0';
        ask_for(screen, FZ_WISH_SELL);
    } else if (!edit(screen, key, FZ_SCREEN_DIGITS_MAX) && key->kind == FZ_KEY_CHARACTER) {
        home_command(screen, key->character);
    }
}

static void on_code(struct fz_screen *screen, const struct fz_key *key)
{
    if (key->kind == FZ_KEY_ESCAPE) {
        go_home(screen);
    } else if (key->kind == FZ_KEY_SCAN || key->kind == FZ_KEY_ENTER) {
        if (take_code(screen, key->kind == FZ_KEY_SCAN ? screen->keys.scan : screen->typed)) {
            ask_for(screen, FZ_WISH_SELL_BY_CODE);
        }
    } else {
        (void)edit(screen, key, FZ_SCREEN_TYPED_MAX);
    }
}

/* A code is on the screen, the customer is asked, or nothing is certain. */
static void on_open(struct fz_screen *screen, const struct fz_key *key)
{
    if (key->kind == FZ_KEY_ESCAPE) {
        set_wish(screen, FZ_WISH_CANCEL);
    } else if (key->kind == FZ_KEY_SCAN && screen->mode == FZ_MODE_SHOWN &&
               take_code(screen, screen->keys.scan)) {
        set_wish(screen, FZ_WISH_SELL_BY_CODE);
    }
}

/* PAID and RESULT: any next step of a sale leaves them. */
static void on_result(struct fz_screen *screen, const struct fz_key *key)
{
    bool is_command = key->kind == FZ_KEY_CHARACTER;

    if (is_command && key->character == 'p' && screen->mode == FZ_MODE_PAID) {
        set_wish(screen, FZ_WISH_RECEIPT);
        return;
    }
    go_home(screen);
    if (is_command || key->kind == FZ_KEY_SCAN) {
        on_home(screen, key);
    }
}

static void on_list(struct fz_screen *screen, const struct fz_key *key)
{
    bool up = key->kind == FZ_KEY_UP || (key->kind == FZ_KEY_CHARACTER && key->character == '8');
    bool down =
        key->kind == FZ_KEY_DOWN || (key->kind == FZ_KEY_CHARACTER && key->character == '2');

    if (key->kind == FZ_KEY_ESCAPE) {
        go_home(screen);
    } else if (key->kind == FZ_KEY_SCAN) {
        (void)take_receipt(screen, screen->keys.scan);
    } else if (up && screen->selected > 0) {
        screen->selected--;
    } else if (down && screen->selected + 1 < screen->sale_count) {
        screen->selected++;
    } else if (key->kind == FZ_KEY_ENTER && screen->selected < screen->sale_count) {
        screen->sale = screen->sales[screen->selected];
        fz_screen_set(screen, FZ_MODE_SALE);
    }
}

static void on_sale(struct fz_screen *screen, const struct fz_key *key)
{
    char character = key->kind == FZ_KEY_CHARACTER ? key->character : '\0';

    if (key->kind == FZ_KEY_ESCAPE) {
        fz_screen_set(screen, FZ_MODE_LIST);
    } else if (character == '1') {
        fz_screen_set(screen, FZ_MODE_VOID);
    } else if (character == '2') {
        screen->typed[0] = '\0';
        fz_screen_set(screen, FZ_MODE_REFUND);
    } else if (character == '3') {
        screen->outcome = (struct fz_pos_outcome){.operation = screen->sale.operation};
        set_wish(screen, FZ_WISH_RECEIPT);
    }
}

static void on_refund(struct fz_screen *screen, const struct fz_key *key)
{
    const struct fz_screen_sale *sale = &screen->sale;
    int64_t amount = typed_amount(screen);

    if (key->kind == FZ_KEY_ESCAPE) {
        fz_screen_set(screen, FZ_MODE_SALE);
    } else if (key->kind == FZ_KEY_ENTER && is_amount(amount)) {
        if (amount > sale->operation.amount - sale->refunded) {
            screen->note = FZ_WORD_REFUNDABLE;
            return;
        }
        screen->amount = amount;
        ask_for(screen, FZ_WISH_REFUND);
    } else {
        (void)edit(screen, key, FZ_SCREEN_DIGITS_MAX);
    }
}

static void on_report(struct fz_screen *screen, const struct fz_key *key)
{
    char character = key->kind == FZ_KEY_CHARACTER ? key->character : '\0';

    if (key->kind == FZ_KEY_ESCAPE || key->kind == FZ_KEY_ENTER) {
        go_home(screen);
    } else if (key->kind == FZ_KEY_DOWN || character == '2') {
        screen->scrolled += SCROLL_LINES;
    } else if (key->kind == FZ_KEY_UP || character == '8') {
        screen->scrolled -= screen->scrolled < SCROLL_LINES ? screen->scrolled : SCROLL_LINES;
    } else if (character == 'p') {
        set_wish(screen, FZ_WISH_PRINT_REPORT);
    }
}

/* A question that Enter answers with yes. */
static void on_question(struct fz_screen *screen,
                        const struct fz_key *key,
                        enum fz_screen_wish yes,
                        enum fz_screen_mode no)
{
    if (key->kind == FZ_KEY_ENTER) {
        ask_for(screen, yes);
    } else if (key->kind == FZ_KEY_ESCAPE) {
        fz_screen_set(screen, no);
    }
}

/* Where Enter keeps what is, and 1 does something about it. */
static void on_choice(struct fz_screen *screen, const struct fz_key *key)
{
    bool is_one = key->kind == FZ_KEY_CHARACTER && key->character == '1';

    if (screen->mode == FZ_MODE_RACED && is_one) {
        screen->sale = (struct fz_screen_sale){.operation = screen->outcome.operation};
        ask_for(screen, FZ_WISH_VOID);
    } else if (screen->mode == FZ_MODE_RACED && key->kind == FZ_KEY_ENTER) {
        fz_screen_set(screen, FZ_MODE_PAID);
    } else if (screen->mode == FZ_MODE_AGAIN && is_one) {
        screen->again = true;
        ask_for(screen, FZ_WISH_SELL_BY_CODE);
    } else if (screen->mode == FZ_MODE_AGAIN && key->kind == FZ_KEY_ESCAPE) {
        go_home(screen);
    }
}

void fz_screen_on_key(const struct fz_key *key, void *ctx)
{
    struct fz_screen *screen = ctx;

    screen->is_dirty = true;
    if (screen->wish != FZ_WISH_NONE && key->kind != FZ_KEY_ESCAPE) {
        return; /* one thing after another */
    }
    screen->note = FZ_WORD_NONE;
    switch (screen->mode) {
    case FZ_MODE_HOME:
        on_home(screen, key);
        return;
    case FZ_MODE_CODE:
        on_code(screen, key);
        return;
    case FZ_MODE_BUSY:
    case FZ_MODE_SHOWN:
    case FZ_MODE_ASKED:
    case FZ_MODE_DOUBT:
        on_open(screen, key);
        return;
    case FZ_MODE_PAID:
    case FZ_MODE_RESULT:
        on_result(screen, key);
        return;
    case FZ_MODE_RACED:
    case FZ_MODE_AGAIN:
        on_choice(screen, key);
        return;
    case FZ_MODE_LIST:
        on_list(screen, key);
        return;
    case FZ_MODE_SALE:
        on_sale(screen, key);
        return;
    case FZ_MODE_VOID:
        on_question(screen, key, FZ_WISH_VOID, FZ_MODE_SALE);
        return;
    case FZ_MODE_REFUND:
        on_refund(screen, key);
        return;
    case FZ_MODE_REPORT:
        on_report(screen, key);
        return;
    case FZ_MODE_Z:
        on_question(screen, key, FZ_WISH_Z, FZ_MODE_HOME);
        return;
    case FZ_MODE_QUIT:
        on_question(screen, key, FZ_WISH_QUIT, FZ_MODE_HOME);
        return;
    }
}
