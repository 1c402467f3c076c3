/*
 * merchant-pos/posix: the full-screen till: the terminal, the loop, and what goes on while nobody
 * sells: money that comes in by the sticker, and what was left unsettled. Keys and drawing go on
 * beside every call to the client (the machine's pump); the client itself is called from here and
 * screen_money.c alone.
 */
#include "merchant-pos/posix/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "merchant-pos/posix/printer.h"
#include "merchant-pos/posix/till.h"

#define HOLD_S 20    /* of one poll for events */
#define REST_MS 3000 /* after one that failed */
#define SETTLE_EVERY_MS 15000
#define EVENTS_MAX FZ_POS_HISTORY_PAGE
#define POSITION_FILE "events"

static struct fz_screen screen;
static volatile sig_atomic_t is_resized;

/* What moved while nobody looked; handled once the call that told it has ended. */
static struct fz_pos_event events[EVENTS_MAX];
static unsigned event_count;

static const char *const words[][2] = {
#define FZ_SCREEN_WORD(name, ja, en) {ja, en},
#include "merchant-pos/posix/screen_words.def"
#undef FZ_SCREEN_WORD
    {"", ""},
};

const char *fz_screen_word(const struct fz_screen *of, enum fz_screen_word word)
{
    return words[word][of->session->options->language == FZ_POS_JA ? 0 : 1];
}

/* --- the terminal ----------------------------------------------------------------------------- */

static void on_resize(int number)
{
    (void)number;
    is_resized = 1;
}

static void on_hang_up(int number)
{
    (void)number;
    fz_machine_stop = 2; /* nobody is there any more */
}

static void catch_terminal_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_resize;
    sigaction(SIGWINCH, &action, NULL);
    action.sa_handler = on_hang_up;
    sigaction(SIGHUP, &action, NULL);
}

static void put(const char *text)
{
    ssize_t written = write(STDOUT_FILENO, text, strlen(text));

    (void)written; /* a terminal that is gone shows when the next frame is sent */
}

static void take_size(void)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    put("\033[2J");
    fz_canvas_resize(&screen.canvas, size.ws_row, size.ws_col);
    screen.is_dirty = true;
}

/* Another screen, no cursor, no wrapping at its right side; and all of it back. */
static void enter_screen(void)
{
    put("\033[?1049h\033[?25l\033[?7l");
    take_size();
}

static void leave_screen(void)
{
    put("\033[0m\033[?7h\033[?25h\033[?1049l");
}

void fz_screen_refresh(struct fz_screen *of)
{
    int64_t now_ms = fz_machine_now_ms(of->session->machine);

    fz_screen_draw(of, now_ms);
    if (!fz_canvas_send(&of->canvas, STDOUT_FILENO)) {
        fz_machine_stop = 2;
    }
    of->is_dirty = false;
    of->drawn_second = now_ms / 1000;
}

void fz_screen_set(struct fz_screen *of, enum fz_screen_mode mode)
{
    of->mode = mode;
    of->leave_at_ms = 0;
    of->is_dirty = true;
}

bool fz_screen_is_wanted(const struct fz_screen *of)
{
    return of->wish != FZ_WISH_NONE || fz_machine_stop != 0;
}

/* Beside every request and every wait: keys, a new size, the clock. */
static void pump(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &now);
    fz_keys_read(&screen.keys, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, fz_screen_on_key,
                 &screen);
    if (screen.keys.is_gone) {
        fz_machine_stop = 2;
    }
    if (is_resized != 0) {
        is_resized = 0;
        take_size();
    }
    int64_t now_ms = fz_machine_now_ms(screen.session->machine);
    bool is_online = screen.session->machine->trouble.rc == FZ_OK;

    if (is_online != screen.is_online) {
        screen.is_online = is_online;
        screen.is_dirty = true;
    }
    if (screen.mode == FZ_MODE_PAID && screen.leave_at_ms != 0 && now_ms >= screen.leave_at_ms) {
        fz_screen_set(&screen, FZ_MODE_HOME);
    }
    if (screen.is_dirty || now_ms / 1000 != screen.drawn_second) {
        fz_screen_refresh(&screen);
    }
}

/* The client says how it stands while it is busy: doubt must be on the screen at once. */
static void on_notice(void *ctx, const struct fz_pos_outcome *outcome)
{
    bool is_open = screen.mode == FZ_MODE_BUSY || screen.mode == FZ_MODE_SHOWN ||
                   screen.mode == FZ_MODE_ASKED || screen.mode == FZ_MODE_DOUBT;

    (void)ctx;
    screen.is_dirty = true;
    if (!is_open) {
        return; /* settling something in the background */
    }
    if (outcome->rc != FZ_OK && !fz_pos_is_final(outcome->operation.state)) {
        fz_screen_set(&screen, FZ_MODE_DOUBT);
    } else if (screen.mode == FZ_MODE_DOUBT) {
        fz_screen_set(&screen, outcome->operation.state == FZ_POS_ASKED ? FZ_MODE_ASKED
                               : outcome->operation.state == FZ_POS_SHOWN && screen.qr != NULL
                                   ? FZ_MODE_SHOWN
                                   : FZ_MODE_BUSY);
    }
}

/* Waits without a request; keys end it. */
static void rest(uint32_t duration_ms)
{
    (void)screen.pos->ports.pause(screen.pos->ports.ctx, duration_ms);
}

/* --- money that comes in by itself ------------------------------------------------------------ */

static void position_path(char path_out[FZ_HOME_PATH_MAX])
{
    fz_home_path(&screen.session->machine->home, POSITION_FILE, path_out);
}

/* How far the events were seen; -1: this till has not begun. */
static int64_t load_position(void)
{
    char path[FZ_HOME_PATH_MAX], text[32] = "";
    int64_t position = -1;

    position_path(path);
    FILE *file = fopen(path, "re");

    if (file != NULL) {
        if (fgets(text, sizeof text, file) == NULL ||
            !fz_options_number(text, 0, INT64_MAX, &position)) {
            position = -1;
        }
        fclose(file);
    }
    return position;
}

/* Whole or not at all. Lost in a power cut, a payment is shown twice; it is never shown not. */
static void save_position(int64_t position)
{
    char path[FZ_HOME_PATH_MAX], fresh[FZ_HOME_PATH_MAX + 8];

    position_path(path);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return;
    }
    bool is_written = dprintf(fd, "%lld", (long long)position) > 0;

    if (close(fd) == 0 && is_written) {
        (void)rename(fresh, path);
    }
}

static bool keep_event(const struct fz_pos_event *event, void *ctx)
{
    (void)ctx;
    if (event->kind == FZ_POS_EVENT_PAYMENT && event->is_in && !fz_id_is_zero(&event->intent) &&
        event_count < EVENTS_MAX) {
        events[event_count++] = *event;
    }
    return true;
}

/* A payment here that no sale of ours asked for was made at our sticker: tell it. */
static void tell_event(const struct fz_pos_event *event)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_operation known;
    const char *terminal = screen.session->machine->home.settings.terminal;

    if ((event->terminal[0] != '\0' && strcmp(event->terminal, terminal) != 0) ||
        fz_pos_find(screen.pos, &event->intent, &known, &err) != FZ_NOT_FOUND) {
        return;
    }
    if (screen.mode != FZ_MODE_HOME || screen.typed[0] != '\0') {
        screen.note = FZ_WORD_STICKER_PAID; /* the clerk is busy with something else */
        screen.is_dirty = true;
        fz_sound_play(screen.session->machine->home.settings.sound, STDOUT_FILENO);
        return;
    }
    screen.is_sticker = true;
    screen.outcome = (struct fz_pos_outcome){.operation = {.kind = FZ_POS_SALE,
                                                           .state = FZ_POS_PAID,
                                                           .id = event->intent,
                                                           .intent = event->intent,
                                                           .payment = event->operation,
                                                           .amount = event->amount,
                                                           .number = event->seq,
                                                           .booked_at_ms = event->at_ms}};
    fz_screen_paid(&screen);
}

static void watch(void)
{
    static int64_t position = -2; /* not read yet */
    struct fz_err err = {.rc = FZ_OK};
    int64_t before;
    fz_rc rc;

    if (position == -2) {
        position = load_position();
    }
    before = position;
    event_count = 0;
    rc = position < 0 ? fz_pos_events_now(screen.pos, &position, &err)
                      : fz_pos_events(screen.pos, &position, HOLD_S, keep_event, NULL, &err);
    if (fz_screen_is_wanted(&screen) && rc != FZ_OK) {
        return; /* broken off for something better */
    }
    if (rc != FZ_OK) {
        rest(REST_MS);
        return;
    }
    for (unsigned i = 0; i < event_count; i++) {
        tell_event(&events[i]);
    }
    if (position != before) {
        save_position(position);
    }
}

/* --- what was left open ----------------------------------------------------------------------- */

/* A sale that was left in doubt and turned out to be paid; told when the clerk has time for it. */
static struct fz_pos_outcome settled;
static bool has_settled;

static void on_settled(const struct fz_pos_outcome *outcome, void *ctx)
{
    (void)ctx;
    if (outcome->operation.kind == FZ_POS_SALE && outcome->operation.state == FZ_POS_PAID) {
        settled = *outcome;
        has_settled = true;
    }
}

static void tell_settled(void)
{
    has_settled = false;
    screen.outcome = settled;
    screen.is_sticker = false;
    fz_screen_paid(&screen);
}

/* Settles what is open. `keep_open`: the sale on the screen before a restart stays. */
static void settle(bool keep_open)
{
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_resume(screen.pos, keep_open, on_settled, NULL, &err);

    if (rc != FZ_OK && !fz_screen_is_wanted(&screen)) {
        rest(REST_MS);
    }
}

/* A restart: what the journal still has open is settled, or goes back on the screen. */
static void take_up_again(void)
{
    const struct fz_pos_operation *op;

    if (fz_pos_unsettled(screen.pos, 0) == NULL) {
        return;
    }
    screen.note = FZ_WORD_RESUMING;
    fz_screen_set(&screen, FZ_MODE_BUSY);
    fz_screen_refresh(&screen);
    settle(true);
    screen.note = FZ_WORD_NONE;
    fz_screen_set(&screen, FZ_MODE_HOME);
    if (has_settled) {
        tell_settled();
    }
    for (uint32_t i = 0; (op = fz_pos_unsettled(screen.pos, i)) != NULL; i++) {
        if (op->kind == FZ_POS_SALE && (op->state == FZ_POS_SHOWN || op->state == FZ_POS_ASKED) &&
            fz_machine_stop == 0) {
            fz_screen_take_up(&screen, op);
            return;
        }
    }
}

/* --- reports ---------------------------------------------------------------------------------- */

/* The report as the printer would have it, for the screen. */
static fz_rc write_report(struct fz_err *err)
{
    FILE *stream = fmemopen(screen.report_text, sizeof screen.report_text - 1, "w");
    struct fz_paper paper;

    if (stream == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a report");
    }
    memset(screen.report_text, 0, sizeof screen.report_text);
    fz_rc rc = fz_paper_init(&paper, FZ_PAPER_TEXT, 40, stream, err);

    if (rc == FZ_OK) {
        fz_receipt_print_report(screen.session->machine, &screen.report.report,
                                screen.report.is_copy, &paper);
        for (uint32_t i = 0; i < screen.report.kept; i++) {
            fz_receipt_print_difference(&screen.report.lines[i], &paper);
        }
    }
    (void)fclose(
        stream); /* a list longer than the screen can hold is cut; the printer has it all */
    return rc;
}

static void print_report(void)
{
    const char *printer = screen.session->machine->home.settings.printer;
    struct fz_err err = {.rc = FZ_OK};

    if (printer[0] == '\0') {
        screen.note = FZ_WORD_NO_PRINTER;
        return;
    }
    screen.note = fz_till_report_print(screen.session->machine, &screen.report, FZ_PAPER_ESCPOS,
                                       printer, true, &err) == FZ_OK
                      ? FZ_WORD_PRINTED
                      : FZ_WORD_NOT_PRINTED;
}

static void report(enum fz_till_report_kind kind)
{
    struct fz_err err = {.rc = FZ_OK};

    screen.scrolled = 0;
    fz_screen_set(&screen, FZ_MODE_BUSY);
    fz_rc rc = fz_till_report_make(screen.pos, kind, 0, &screen.report, &err);

    if (rc == FZ_OK) {
        rc = write_report(&err);
    }
    if (rc != FZ_OK) {
        screen.outcome = (struct fz_pos_outcome){.operation = {.state = FZ_POS_REFUSED}, .rc = rc};
        fz_screen_set(&screen, FZ_MODE_RESULT);
        return;
    }
    fz_screen_set(&screen, FZ_MODE_REPORT);
    if (kind == FZ_TILL_Z) {
        print_report();
    }
}

/* --- the loop --------------------------------------------------------------------------------- */

static void grant(enum fz_screen_wish wish)
{
    switch (wish) {
    case FZ_WISH_SELL:
    case FZ_WISH_SELL_BY_CODE:
        fz_screen_sell(&screen);
        return;
    case FZ_WISH_LIST:
        fz_screen_list(&screen);
        return;
    case FZ_WISH_FIND:
        fz_screen_find(&screen);
        return;
    case FZ_WISH_VOID:
        fz_screen_void(&screen);
        return;
    case FZ_WISH_REFUND:
        fz_screen_refund(&screen);
        return;
    case FZ_WISH_RECEIPT:
        fz_screen_receipt(&screen, true);
        screen.is_dirty = true;
        return;
    case FZ_WISH_X:
        report(FZ_TILL_X);
        return;
    case FZ_WISH_Z:
        report(FZ_TILL_Z);
        return;
    case FZ_WISH_PRINT_REPORT:
        print_report();
        screen.is_dirty = true;
        return;
    case FZ_WISH_CANCEL:
        fz_screen_set(&screen, FZ_MODE_HOME);
        return;
    case FZ_WISH_QUIT:
    case FZ_WISH_NONE:
        return;
    }
}

/* Nobody wants anything: see to what is open, then to what comes in. */
static void idle(void)
{
    static int64_t settled_ms;
    int64_t now_ms = fz_machine_now_ms(screen.session->machine);

    if (has_settled && screen.mode == FZ_MODE_HOME && screen.typed[0] == '\0') {
        tell_settled();
        return;
    }
    if (fz_pos_unsettled(screen.pos, 0) != NULL &&
        (now_ms - settled_ms > SETTLE_EVERY_MS || now_ms < settled_ms)) {
        settled_ms = now_ms;
        settle(false);
        return;
    }
    watch();
}

static void loop(void)
{
    for (;;) {
        enum fz_screen_wish wish = screen.wish;

        if (wish == FZ_WISH_QUIT || (wish == FZ_WISH_NONE && fz_machine_stop != 0) ||
            screen.keys.is_gone) {
            return;
        }
        screen.wish = FZ_WISH_NONE;
        fz_machine_stop = 0;
        if (wish != FZ_WISH_NONE) {
            grant(wish);
        } else {
            idle();
        }
        pump(NULL);
    }
}

static enum fz_exit body(struct fz_session *session)
{
    struct fz_http_pump beside = {.fd = STDIN_FILENO, .run = pump};
    struct fz_err err = {.rc = FZ_OK};

    screen.session = session;
    screen.pos = &session->machine->pos;
    screen.pos->ports.notice = on_notice;
    screen.note = FZ_WORD_NONE;
    screen.is_online = true;
    fz_rc rc = fz_keys_init(&screen.keys, STDIN_FILENO, &err);

    if (rc == FZ_OK) {
        rc = fz_machine_set_pump(session->machine, &beside, &err);
    }
    if (rc != FZ_OK) {
        fz_keys_fini(&screen.keys);
        return fz_say_failure(&session->say, rc, &err);
    }
    catch_terminal_signals();
    enter_screen();
    take_up_again();
    loop();
    fz_qr_destroy(&screen.qr);
    fz_qr_destroy(&screen.small_qr);
    leave_screen();
    fz_keys_fini(&screen.keys);
    return FZ_EXIT_DONE;
}

enum fz_exit fz_till_screen(const struct fz_options *options)
{
    if (options->json || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        return fz_options_wrong("screen needs a terminal", NULL);
    }
    return fz_session_run(options, FZ_TILL_ROLE, body);
}
