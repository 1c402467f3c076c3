/*
 * merchant-pos/posix: the pictures of the till, one function per mode. Whole frames: what did not
 * change is not sent (canvas.c).
 */
#include <stdio.h>
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/posix/screen.h"

#define TEXT_SIZE 256
#define SIDE_COLUMNS 26 /* beside a symbol, for amount and words */
#define BELOW_ROWS 4    /* or under it */
#define QUIET_LEAST 2   /* modules of white; readers manage, the standard says four */
#define SKEW_TOLD_MS 60000
#define CODE_GROUP 4

static int foot_row(const struct fz_screen *screen)
{
    return screen->canvas.rows - 1;
}

static void center(struct fz_screen *screen, int row, enum fz_look look, const char *text)
{
    fz_canvas_center(&screen->canvas, row, 0, screen->canvas.columns, look, text);
}

static const char *word(const struct fz_screen *screen, enum fz_screen_word which)
{
    return fz_screen_word(screen, which);
}

static void format_amount(const struct fz_screen *screen, int64_t amount, char *out)
{
    fz_say_amount(&screen->session->say, amount, out);
}

/* Digits with commas alone, for large letters. */
static void format_digits(const struct fz_screen *screen, int64_t amount, char *out)
{
    format_amount(screen, amount, out);
    out[strspn(out, "0123456789,-")] = '\0';
}

/* An amount five rows high in the middle of `count` columns, and its unit. */
static void draw_amount(
    struct fz_screen *screen, int row, int column, int count, enum fz_look look, int64_t amount)
{
    char text[FZ_SAY_AMOUNT_SIZE];

    format_digits(screen, amount, text);
    int width = fz_canvas_large_width(text);

    if (width + 5 > count) { /* no room for large letters */
        format_amount(screen, amount, text);
        fz_canvas_center(&screen->canvas, row + 2, column, count, look, text);
        return;
    }
    int start = column + (count - width - 4) / 2;

    width = fz_canvas_large(&screen->canvas, row, start, look, text);
    (void)fz_canvas_text(&screen->canvas, row + 4, start + width, look,
                         fz_say_phrase(&screen->session->say, FZ_PHRASE_YEN));
}

/* --- head and foot ---------------------------------------------------------------------------- */

/* Without the sale that is on the screen. */
static unsigned count_unsettled(const struct fz_screen *screen)
{
    bool is_open = screen->mode == FZ_MODE_BUSY || screen->mode == FZ_MODE_SHOWN ||
                   screen->mode == FZ_MODE_ASKED || screen->mode == FZ_MODE_DOUBT;
    const struct fz_pos_operation *op;
    unsigned count = 0;

    for (uint32_t i = 0; (op = fz_pos_unsettled(screen->pos, i)) != NULL; i++) {
        count += is_open && fz_id_equal(&op->id, &screen->outcome.operation.id) ? 0 : 1;
    }
    return count;
}

static void draw_head(struct fz_screen *screen, int64_t now_ms)
{
    const struct fz_settings *settings = &screen->session->machine->home.settings;
    struct fz_canvas *canvas = &screen->canvas;
    char text[TEXT_SIZE], time[FZ_SAY_TIME_SIZE];
    unsigned unsettled = count_unsettled(screen);

    fz_canvas_fill(canvas, 0, 0, canvas->columns, FZ_LOOK_BAR);
    snprintf(text, sizeof text, " %s  %s", settings->name, settings->terminal);
    (void)fz_canvas_text(canvas, 0, 0, FZ_LOOK_BAR, text);
    fz_say_time(&screen->session->say, now_ms, time);
    if (unsettled > 0) {
        snprintf(text, sizeof text, "%s %u  %.16s ", word(screen, FZ_WORD_UNSETTLED), unsettled,
                 time);
    } else {
        snprintf(text, sizeof text, "%.16s ", time);
    }
    int at = canvas->columns - fz_canvas_width(text);

    (void)fz_canvas_text(canvas, 0, at, FZ_LOOK_BAR, text);
    const char *state = word(screen, screen->is_online ? FZ_WORD_ONLINE : FZ_WORD_OFFLINE);

    (void)fz_canvas_text(canvas, 0, at - fz_canvas_width(state) - 2,
                         screen->is_online ? FZ_LOOK_BAR : FZ_LOOK_ALARM, state);
}

static enum fz_screen_word keys_of(enum fz_screen_mode mode)
{
    static const enum fz_screen_word keys[] = {
        [FZ_MODE_HOME] = FZ_WORD_KEYS_HOME,     [FZ_MODE_CODE] = FZ_WORD_KEYS_CODE,
        [FZ_MODE_BUSY] = FZ_WORD_KEYS_CANCEL,   [FZ_MODE_SHOWN] = FZ_WORD_KEYS_SHOWN,
        [FZ_MODE_ASKED] = FZ_WORD_KEYS_CANCEL,  [FZ_MODE_DOUBT] = FZ_WORD_KEYS_DOUBT,
        [FZ_MODE_PAID] = FZ_WORD_KEYS_PAID,     [FZ_MODE_RESULT] = FZ_WORD_KEYS_RESULT,
        [FZ_MODE_RACED] = FZ_WORD_KEYS_RACED,   [FZ_MODE_AGAIN] = FZ_WORD_KEYS_AGAIN,
        [FZ_MODE_LIST] = FZ_WORD_KEYS_LIST,     [FZ_MODE_SALE] = FZ_WORD_KEYS_SALE,
        [FZ_MODE_VOID] = FZ_WORD_KEYS_CONFIRM,  [FZ_MODE_REFUND] = FZ_WORD_KEYS_REFUND,
        [FZ_MODE_REPORT] = FZ_WORD_KEYS_REPORT, [FZ_MODE_Z] = FZ_WORD_KEYS_CONFIRM,
        [FZ_MODE_QUIT] = FZ_WORD_KEYS_CONFIRM,
    };

    return keys[mode];
}

static void draw_foot(struct fz_screen *screen)
{
    struct fz_canvas *canvas = &screen->canvas;
    int row = foot_row(screen);

    fz_canvas_fill(canvas, row, 0, canvas->columns, FZ_LOOK_BAR);
    (void)fz_canvas_text(canvas, row, 1, FZ_LOOK_BAR, word(screen, keys_of(screen->mode)));
    if (screen->note != FZ_WORD_NONE && screen->mode != FZ_MODE_SHOWN) {
        fz_canvas_fill(canvas, row - 1, 0, canvas->columns, FZ_LOOK_DOUBT);
        center(screen, row - 1, FZ_LOOK_DOUBT, word(screen, screen->note));
    }
}

/* --- home and typing -------------------------------------------------------------------------- */

static int64_t number_of(const char *digits)
{
    int64_t number = 0;

    for (; *digits != '\0'; digits++) {
        number = number * 10 + (*digits - '0');
    }
    return number;
}

static void draw_last(struct fz_screen *screen, int row)
{
    char text[TEXT_SIZE], amount[FZ_SAY_AMOUNT_SIZE];

    if (screen->outcome.operation.amount == 0 || screen->outcome.operation.id.bytes[0] == 0) {
        return;
    }
    format_amount(screen, screen->outcome.operation.amount, amount);
    snprintf(text, sizeof text, "%s: %s  %s", word(screen, FZ_WORD_LAST), amount,
             fz_pos_text(&screen->outcome, screen->session->options->language));
    center(screen, row, FZ_LOOK_FAINT, text);
}

static void draw_home(struct fz_screen *screen)
{
    int middle = screen->canvas.rows / 2;
    int64_t skew_ms = fz_pos_clock_skew_ms(screen->pos);
    char text[TEXT_SIZE];

    center(screen, middle - 6, FZ_LOOK_PLAIN, word(screen, FZ_WORD_ENTER_AMOUNT));
    draw_amount(screen, middle - 3, 0, screen->canvas.columns, FZ_LOOK_BOLD,
                number_of(screen->typed));
    if (!screen->is_online) {
        center(screen, middle + 4, FZ_LOOK_ALARM, word(screen, FZ_WORD_OFFLINE_HINT));
    } else if (skew_ms > SKEW_TOLD_MS || skew_ms < -SKEW_TOLD_MS) {
        snprintf(text, sizeof text, "%s %lld", word(screen, FZ_WORD_SKEW),
                 (long long)(-skew_ms / 1000));
        center(screen, middle + 4, FZ_LOOK_DOUBT, text);
    }
    draw_last(screen, middle + 6);
}

static void draw_code_entry(struct fz_screen *screen)
{
    int middle = screen->canvas.rows / 2;
    char text[TEXT_SIZE] = "";
    size_t len = 0;

    draw_amount(screen, middle - 8, 0, screen->canvas.columns, FZ_LOOK_PLAIN, screen->amount);
    center(screen, middle, FZ_LOOK_PLAIN, word(screen, FZ_WORD_ENTER_CODE));
    for (size_t i = 0; screen->typed[i] != '\0'; i++) {
        if (i > 0 && i % CODE_GROUP == 0) {
            text[len++] = ' ';
        }
        text[len++] = screen->typed[i];
    }
    text[len] = '_';
    center(screen, middle + 2, FZ_LOOK_BOLD, text);
}

/* --- a sale ----------------------------------------------------------------------------------- */

static bool is_dark(const void *ctx, long x, long y)
{
    return fz_qr_is_dark(ctx, x, y);
}

/* Which symbol, and where it and the words go. */
struct layout {
    const struct fz_qr *qr;
    int margin;
    enum fz_canvas_grain grain;
    int columns, rows; /* of the symbol */
    int side;          /* first column of the words beside it; 0: they stand below */
};

/* Completes a layout whose symbol, margin and grain are set. False: it does not fit. */
static bool fit(const struct fz_canvas *canvas, struct layout *layout)
{
    int dots = (int)fz_qr_width(layout->qr) + 2 * layout->margin;
    int room = canvas->rows - 2;

    layout->columns = fz_canvas_symbol_columns(layout->grain, dots);
    layout->rows = fz_canvas_symbol_rows(layout->grain, dots);
    bool has_side = layout->columns + 2 + SIDE_COLUMNS <= canvas->columns;

    layout->side = has_side ? layout->columns + 2 : 0;
    return layout->rows <= room && layout->columns <= canvas->columns &&
           (has_side || layout->rows + BELOW_ROWS <= room);
}

/*
 * The largest dots that leave room for the words; then the symbol with less correction; last, less
 * white around it than the standard wants. False: the terminal is too small.
 */
static bool find_layout(const struct fz_screen *screen, struct layout *layout_out)
{
    const struct layout choices[] = {
        {.qr = screen->qr, .margin = FZ_QR_QUIET_MODULES, .grain = FZ_GRAIN_FULL},
        {.qr = screen->qr, .margin = FZ_QR_QUIET_MODULES, .grain = FZ_GRAIN_HALF},
        {.qr = screen->small_qr, .margin = FZ_QR_QUIET_MODULES, .grain = FZ_GRAIN_HALF},
        {.qr = screen->qr, .margin = FZ_QR_QUIET_MODULES, .grain = FZ_GRAIN_SEXTANT},
        {.qr = screen->small_qr, .margin = FZ_QR_QUIET_MODULES, .grain = FZ_GRAIN_SEXTANT},
        {.qr = screen->small_qr, .margin = QUIET_LEAST, .grain = FZ_GRAIN_SEXTANT},
    };

    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        *layout_out = choices[i];
        if (fit(&screen->canvas, layout_out)) {
            return true;
        }
    }
    return false;
}

static int64_t seconds_left(const struct fz_screen *screen, int64_t now_ms)
{
    int64_t left_ms = screen->outcome.operation.expires_at_ms - now_ms;

    return screen->outcome.operation.expires_at_ms == 0 || left_ms < 0 ? 0 : left_ms / 1000;
}

static void draw_side(struct fz_screen *screen, int column, int64_t now_ms)
{
    struct fz_canvas *canvas = &screen->canvas;
    int count = canvas->columns - column;
    int row = canvas->rows / 2 - 6;
    char text[TEXT_SIZE];

    row = row < 1 ? 1 : row;
    draw_amount(screen, row, column, count, FZ_LOOK_BOLD, screen->outcome.operation.amount);
    row = fz_canvas_wrap(canvas, row + 7, column, count, FZ_LOOK_PLAIN,
                         word(screen, FZ_WORD_SCAN_ME));
    snprintf(text, sizeof text, "%s %lld:%02lld", word(screen, FZ_WORD_SECONDS_LEFT),
             (long long)(seconds_left(screen, now_ms) / 60),
             (long long)(seconds_left(screen, now_ms) % 60));
    (void)fz_canvas_text(canvas, row + 1, column, FZ_LOOK_PLAIN, text);
    if (screen->note != FZ_WORD_NONE) {
        (void)fz_canvas_wrap(canvas, row + 3, column, count, FZ_LOOK_BOLD,
                             word(screen, screen->note));
    }
}

static void draw_below(struct fz_screen *screen, int row, int64_t now_ms)
{
    char text[TEXT_SIZE], amount[FZ_SAY_AMOUNT_SIZE];

    format_amount(screen, screen->outcome.operation.amount, amount);
    snprintf(text, sizeof text, "%s   %s %lld:%02lld", amount, word(screen, FZ_WORD_SECONDS_LEFT),
             (long long)(seconds_left(screen, now_ms) / 60),
             (long long)(seconds_left(screen, now_ms) % 60));
    center(screen, row + 1, FZ_LOOK_BOLD, text);
    center(screen, row + 2, FZ_LOOK_PLAIN,
           word(screen, screen->note != FZ_WORD_NONE ? screen->note : FZ_WORD_SCAN_ME));
}

static void draw_shown(struct fz_screen *screen, int64_t now_ms)
{
    struct fz_canvas *canvas = &screen->canvas;
    struct layout layout;

    if (screen->qr == NULL || screen->small_qr == NULL) {
        return;
    }
    if (!find_layout(screen, &layout)) {
        draw_below(screen, canvas->rows / 2 - 1, now_ms);
        center(screen, canvas->rows / 2 - 2, FZ_LOOK_ALARM, word(screen, FZ_WORD_TOO_SMALL));
        return;
    }
    struct fz_canvas_dots dots = {.size = (int)fz_qr_width(layout.qr),
                                  .margin = layout.margin,
                                  .is_dark = is_dark,
                                  .ctx = layout.qr};
    int column = layout.side != 0 ? 0 : (canvas->columns - layout.columns) / 2;

    fz_canvas_symbol(canvas, 1, column, layout.grain, &dots);
    if (layout.side != 0) {
        draw_side(screen, layout.side, now_ms);
    } else {
        draw_below(screen, 1 + layout.rows, now_ms);
    }
}

static void draw_busy(struct fz_screen *screen, enum fz_screen_word text)
{
    int middle = screen->canvas.rows / 2;

    if (screen->amount != 0) {
        draw_amount(screen, middle - 6, 0, screen->canvas.columns, FZ_LOOK_BOLD, screen->amount);
    }
    center(screen, middle + 2, FZ_LOOK_PLAIN, word(screen, text));
}

/* The one picture that must never be taken for "no": everything is yellow. */
static void draw_doubt(struct fz_screen *screen)
{
    struct fz_canvas *canvas = &screen->canvas;
    int middle = canvas->rows / 2;
    const struct fz_err *trouble = &screen->session->machine->trouble;

    fz_canvas_clear(canvas, FZ_LOOK_DOUBT);
    draw_amount(screen, middle - 7, 0, canvas->columns, FZ_LOOK_DOUBT, screen->amount);
    center(screen, middle, FZ_LOOK_DOUBT,
           screen->session->options->language == FZ_POS_JA ? "確認中です" : "CHECKING");
    center(screen, middle + 2, FZ_LOOK_DOUBT, word(screen, FZ_WORD_DO_NOT_CHARGE));
    if (trouble->rc != FZ_OK) {
        center(screen, middle + 5, FZ_LOOK_DOUBT, trouble->msg);
    }
}

static void draw_paid(struct fz_screen *screen)
{
    struct fz_canvas *canvas = &screen->canvas;
    int middle = canvas->rows / 2;
    char text[TEXT_SIZE];

    fz_canvas_clear(canvas, FZ_LOOK_GOOD);
    (void)fz_canvas_large(canvas, middle - 9, (canvas->columns - fz_canvas_large_width("PAID")) / 2,
                          FZ_LOOK_GOOD, "PAID");
    snprintf(text, sizeof text, "%s%s", word(screen, FZ_WORD_PAID_BIG),
             screen->outcome.reprint ? "  (REPRINT)" : "");
    center(screen, middle - 3, FZ_LOOK_GOOD,
           screen->is_sticker ? word(screen, FZ_WORD_STICKER_PAID) : text);
    draw_amount(screen, middle - 1, 0, canvas->columns, FZ_LOOK_GOOD,
                screen->outcome.operation.amount);
    snprintf(text, sizeof text, "No. %lld", (long long)screen->outcome.operation.number);
    center(screen, middle + 6, FZ_LOOK_GOOD, text);
}

static void draw_result(struct fz_screen *screen)
{
    const struct fz_pos_outcome *out = &screen->outcome;
    int middle = screen->canvas.rows / 2;
    bool is_done = out->operation.state == FZ_POS_VOIDED ||
                   out->operation.state == FZ_POS_REFUNDED || out->operation.state == FZ_POS_HELD;
    char text[TEXT_SIZE], amount[FZ_SAY_AMOUNT_SIZE];

    if (out->operation.amount != 0) {
        draw_amount(screen, middle - 7, 0, screen->canvas.columns, FZ_LOOK_BOLD,
                    out->operation.amount);
    }
    center(screen, middle, is_done ? FZ_LOOK_GOOD : FZ_LOOK_DOUBT,
           fz_pos_text(out, screen->session->options->language));
    if (out->refundable != 0) {
        format_amount(screen, out->refundable, amount);
        snprintf(text, sizeof text, "%s: %s", word(screen, FZ_WORD_REFUNDABLE), amount);
        center(screen, middle + 2, FZ_LOOK_PLAIN, text);
    }
    if (out->operation.kind == FZ_POS_VOID && out->operation.state == FZ_POS_REFUSED) {
        center(screen, middle + 3, FZ_LOOK_PLAIN, word(screen, FZ_WORD_TRY_REFUND));
    }
    if (out->operation.state == FZ_POS_HELD && out->operation.eta_ms != 0) {
        fz_say_time(&screen->session->say, out->operation.eta_ms, amount);
        snprintf(text, sizeof text, "%s: %s", word(screen, FZ_WORD_EXPECTED), amount);
        center(screen, middle + 3, FZ_LOOK_PLAIN, text);
    }
}

static void draw_choice(struct fz_screen *screen, const char *question)
{
    int middle = screen->canvas.rows / 2;

    draw_amount(screen, middle - 6, 0, screen->canvas.columns, FZ_LOOK_BOLD,
                screen->outcome.operation.amount);
    center(screen, middle + 2, FZ_LOOK_DOUBT, question);
}

/* --- sales and reports ------------------------------------------------------------------------ */

/* One sale as a line; what became of it behind it. */
static void
format_sale(const struct fz_screen *screen, const struct fz_screen_sale *sale, char *out)
{
    const struct fz_say *say = &screen->session->say;
    char time[FZ_SAY_TIME_SIZE], amount[FZ_SAY_AMOUNT_SIZE], refunded[FZ_SAY_AMOUNT_SIZE];

    fz_say_time(say, sale->operation.booked_at_ms, time);
    fz_say_amount(say, sale->operation.amount, amount);
    fz_say_amount(say, sale->refunded, refunded);
    snprintf(out, TEXT_SIZE, " %.16s %8lld %14s  %s%s%s ", time, (long long)sale->operation.number,
             amount, sale->is_voided ? fz_say_phrase(say, FZ_PHRASE_VOIDS) : "",
             sale->refunded != 0 ? fz_say_phrase(say, FZ_PHRASE_REFUNDS) : "",
             sale->refunded != 0 ? refunded : "");
}

static void draw_list(struct fz_screen *screen)
{
    unsigned room = screen->canvas.rows > 7 ? (unsigned)screen->canvas.rows - 6 : 1;
    unsigned first = screen->selected >= room ? screen->selected - room + 1 : 0;
    char text[TEXT_SIZE];

    (void)fz_canvas_text(&screen->canvas, 2, 2, FZ_LOOK_BOLD, word(screen, FZ_WORD_SALES));
    if (screen->sale_count == 0) {
        center(screen, screen->canvas.rows / 2, FZ_LOOK_PLAIN, word(screen, FZ_WORD_NO_SALES));
    }
    for (unsigned i = 0; i < room && first + i < screen->sale_count; i++) {
        format_sale(screen, &screen->sales[first + i], text);
        (void)fz_canvas_text(&screen->canvas, 4 + (int)i, 2,
                             first + i == screen->selected ? FZ_LOOK_BAR : FZ_LOOK_PLAIN, text);
    }
}

static void draw_sale(struct fz_screen *screen, enum fz_screen_word question)
{
    int middle = screen->canvas.rows / 2;
    char text[TEXT_SIZE];

    (void)fz_canvas_text(&screen->canvas, 2, 2, FZ_LOOK_BOLD, word(screen, FZ_WORD_SALE));
    format_sale(screen, &screen->sale, text);
    (void)fz_canvas_text(&screen->canvas, 4, 2, FZ_LOOK_PLAIN, text);
    if (question != FZ_WORD_NONE) {
        center(screen, middle, FZ_LOOK_DOUBT, word(screen, question));
    }
    if (screen->mode == FZ_MODE_REFUND) {
        draw_amount(screen, middle + 2, 0, screen->canvas.columns, FZ_LOOK_BOLD,
                    number_of(screen->typed));
    }
}

static void draw_report(struct fz_screen *screen)
{
    const char *line = screen->report_text;
    int room = screen->canvas.rows - 3;
    int row = 0;
    unsigned skip = screen->scrolled;

    while (*line != '\0' && row < room) {
        size_t len = strcspn(line, "\n");
        char text[TEXT_SIZE];
        if (skip > 0) {
            skip--;
        } else {
            snprintf(text, sizeof text, "%.*s", (int)(len < TEXT_SIZE ? len : TEXT_SIZE - 1), line);
            (void)fz_canvas_text(&screen->canvas, 1 + row, (screen->canvas.columns - 40) / 2,
                                 FZ_LOOK_PLAIN, text);
            row++;
        }
        line += len + (line[len] == '\n' ? 1 : 0);
    }
}

/* --- all -------------------------------------------------------------------------------------- */

static void draw_mode(struct fz_screen *screen, int64_t now_ms)
{
    switch (screen->mode) {
    case FZ_MODE_HOME:
        draw_home(screen);
        return;
    case FZ_MODE_CODE:
        draw_code_entry(screen);
        return;
    case FZ_MODE_BUSY:
        draw_busy(screen, FZ_WORD_BUSY);
        return;
    case FZ_MODE_SHOWN:
        draw_shown(screen, now_ms);
        return;
    case FZ_MODE_ASKED:
        draw_busy(screen, FZ_WORD_ASKED);
        return;
    case FZ_MODE_DOUBT:
        draw_doubt(screen);
        return;
    case FZ_MODE_PAID:
        draw_paid(screen);
        return;
    case FZ_MODE_RESULT:
        draw_result(screen);
        return;
    case FZ_MODE_RACED:
        draw_choice(screen, fz_pos_text(&screen->outcome, screen->session->options->language));
        return;
    case FZ_MODE_AGAIN:
        draw_choice(screen, word(screen, FZ_WORD_AGAIN));
        return;
    case FZ_MODE_LIST:
        draw_list(screen);
        return;
    case FZ_MODE_SALE:
        draw_sale(screen, FZ_WORD_NONE);
        return;
    case FZ_MODE_VOID:
        draw_sale(screen, FZ_WORD_CONFIRM_VOID);
        return;
    case FZ_MODE_REFUND:
        draw_sale(screen, FZ_WORD_REFUND_AMOUNT);
        return;
    case FZ_MODE_REPORT:
        draw_report(screen);
        return;
    case FZ_MODE_Z:
        center(screen, screen->canvas.rows / 2, FZ_LOOK_DOUBT, word(screen, FZ_WORD_CONFIRM_Z));
        return;
    case FZ_MODE_QUIT:
        center(screen, screen->canvas.rows / 2, FZ_LOOK_DOUBT, word(screen, FZ_WORD_CONFIRM_QUIT));
        return;
    }
}

void fz_screen_draw(struct fz_screen *screen, int64_t now_ms)
{
    fz_canvas_clear(&screen->canvas, FZ_LOOK_PLAIN);
    draw_mode(screen, now_ms);
    draw_head(screen, now_ms);
    draw_foot(screen);
}
