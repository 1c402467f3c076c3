/*
 * merchant-pos/posix: the grid (see canvas.h).
 */
#include "merchant-pos/posix/canvas.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "merchant-pos/wire/utf8.h"

#define OUT_SIZE 4096
#define OUT_SPARE 64     /* more than one cell takes */
#define SEND_WAIT_MS 500 /* for a terminal that takes nothing */
#define HASH_START UINT64_C(14695981039346656037)
#define HASH_STEP UINT64_C(1099511628211)

static const char *const look_codes[] = {
    [FZ_LOOK_PLAIN] = "\033[0m",
    [FZ_LOOK_BOLD] = "\033[0;1m",
    [FZ_LOOK_FAINT] = "\033[0;2m",
    [FZ_LOOK_BAR] = "\033[0;7m",
    [FZ_LOOK_PAPER] = "\033[0;38;5;16;48;5;231m",
    [FZ_LOOK_GOOD] = "\033[0;1;38;5;16;48;5;46m",
    [FZ_LOOK_DOUBT] = "\033[0;1;38;5;16;48;5;220m",
    [FZ_LOOK_ALARM] = "\033[0;1;38;5;231;48;5;160m",
};

/* --- widths ----------------------------------------------------------------------------------- */

struct range {
    uint32_t first;
    uint32_t last;
};

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last) {
            return true;
        }
    }
    return false;
}
#define IS_IN(ranges, character) is_in((ranges), sizeof(ranges) / sizeof((ranges)[0]), (character))

static int width_of(uint32_t character)
{
    static const struct range none[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x202A, 0x202E},
                                        {0x2060, 0x206F}, {0x3099, 0x309A}, {0xFE00, 0xFE0F},
                                        {0xFEFF, 0xFEFF}};
    static const struct range wide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF},
                                        {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},  {0xA000, 0xA4CF},
                                        {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},  {0xFE30, 0xFE6F},
                                        {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                                        {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

    return IS_IN(none, character) ? 0 : IS_IN(wide, character) ? 2 : 1;
}

/* The next character as it is shown; false at the end. Controls and broken bytes become blanks. */
static bool next(const char *text, size_t len, size_t *at, uint32_t *character_out)
{
    if (*at >= len) {
        return false;
    }
    if (!fz_utf8_next(text, len, at, character_out)) {
        (*at)++;
        *character_out = ' ';
    }
    if (*character_out < 0x20 || (*character_out >= 0x7F && *character_out <= 0x9F)) {
        *character_out = ' ';
    }
    return true;
}

int fz_canvas_width(const char *text)
{
    size_t len = strlen(text);
    size_t at = 0;
    uint32_t character;
    int width = 0;

    while (next(text, len, &at, &character)) {
        width += width_of(character);
    }
    return width;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void
put(struct fz_canvas *canvas, int row, int column, uint32_t character, enum fz_look look)
{
    if (row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns) {
        canvas->cells[row][column] = (struct fz_cell){character, (uint8_t)look};
    }
}

void fz_canvas_resize(struct fz_canvas *canvas, int rows, int columns)
{
    canvas->rows = rows < 1 ? 1 : rows > FZ_CANVAS_ROWS_MAX ? FZ_CANVAS_ROWS_MAX : rows;
    canvas->columns = columns < 1                       ? 1
                      : columns > FZ_CANVAS_COLUMNS_MAX ? FZ_CANVAS_COLUMNS_MAX
                                                        : columns;
    memset(canvas->sent, 0, sizeof canvas->sent);
    fz_canvas_clear(canvas, FZ_LOOK_PLAIN);
}

void fz_canvas_fill(struct fz_canvas *canvas, int row, int column, int count, enum fz_look look)
{
    for (int i = 0; i < count; i++) {
        put(canvas, row, column + i, ' ', look);
    }
}

void fz_canvas_clear(struct fz_canvas *canvas, enum fz_look look)
{
    for (int row = 0; row < canvas->rows; row++) {
        fz_canvas_fill(canvas, row, 0, canvas->columns, look);
    }
}

int fz_canvas_text(
    struct fz_canvas *canvas, int row, int column, enum fz_look look, const char *text)
{
    size_t len = strlen(text);
    size_t at = 0;
    uint32_t character;

    while (next(text, len, &at, &character)) {
        int width = width_of(character);
        if (column + width > canvas->columns) {
            break;
        }
        if (width > 0) {
            put(canvas, row, column, character, look);
        }
        if (width == 2) {
            put(canvas, row, column + 1, 0, look);
        }
        column += width;
    }
    return column;
}

void fz_canvas_center(
    struct fz_canvas *canvas, int row, int column, int count, enum fz_look look, const char *text)
{
    int width = fz_canvas_width(text);

    (void)fz_canvas_text(canvas, row, column + (width < count ? (count - width) / 2 : 0), look,
                         text);
}

int fz_canvas_wrap(
    struct fz_canvas *canvas, int row, int column, int count, enum fz_look look, const char *text)
{
    size_t len = strlen(text);
    size_t at = 0;
    int used = 0;
    uint32_t character;

    while (next(text, len, &at, &character)) {
        int width = width_of(character);
        size_t word = strcspn(text + at, " "); /* a Western word is not torn */
        if (used + width > count ||
            (character == ' ' && used + 1 + (int)word > count && (int)word < count)) {
            row++;
            used = 0;
            if (character == ' ') {
                continue;
            }
        }
        if (width > 0) {
            put(canvas, row, column + used, character, look);
        }
        if (width == 2) {
            put(canvas, row, column + used + 1, 0, look);
        }
        used += width;
    }
    return row + 1;
}

/* --- large letters ---------------------------------------------------------------------------- */

#define LARGE_ROWS 5

struct large {
    char character;
    char rows[LARGE_ROWS][6];
};

static const struct large larges[] = {
    {'0', {"###", "# #", "# #", "# #", "###"}},
    {'1', {" # ", "## ", " # ", " # ", "###"}},
    {'2', {"###", "  #", "###", "#  ", "###"}},
    {'3', {"###", "  #", "###", "  #", "###"}},
    {'4', {"# #", "# #", "###", "  #", "  #"}},
    {'5', {"###", "#  ", "###", "  #", "###"}},
    {'6', {"###", "#  ", "###", "# #", "###"}},
    {'7', {"###", "  #", "  #", "  #", "  #"}},
    {'8', {"###", "# #", "###", "# #", "###"}},
    {'9', {"###", "# #", "###", "  #", "###"}},
    {',', {" ", " ", " ", "#", "#"}},
    {'-', {"   ", "   ", "###", "   ", "   "}},
    {'P', {"### ", "#  #", "### ", "#   ", "#   "}},
    {'A', {" ## ", "#  #", "####", "#  #", "#  #"}},
    {'I', {"###", " # ", " # ", " # ", "###"}},
    {'D', {"### ", "#  #", "#  #", "#  #", "### "}},
    {'Y', {"# #", "# #", "###", " # ", "###"}}, /* yen */
};

static const struct large *find_large(char character)
{
    for (size_t i = 0; i < sizeof larges / sizeof larges[0]; i++) {
        if (larges[i].character == character) {
            return &larges[i];
        }
    }
    return NULL;
}

int fz_canvas_large_width(const char *text)
{
    int width = 0;

    for (; *text != '\0'; text++) {
        const struct large *large = find_large(*text);
        width += large == NULL ? 0 : (int)strlen(large->rows[0]) * 2 + 2;
    }
    return width > 0 ? width - 2 : 0;
}

int fz_canvas_large(
    struct fz_canvas *canvas, int row, int column, enum fz_look look, const char *text)
{
    int start = column;

    for (; *text != '\0'; text++) {
        const struct large *large = find_large(*text);
        if (large == NULL) {
            continue;
        }
        int width = (int)strlen(large->rows[0]);
        for (int y = 0; y < LARGE_ROWS; y++) {
            for (int x = 0; x < width * 2; x++) {
                put(canvas, row + y, column + x, large->rows[y][x / 2] == '#' ? 0x2588 : ' ', look);
            }
        }
        column += width * 2 + 2;
    }
    return column - start;
}

/* --- symbols ---------------------------------------------------------------------------------- */

int fz_canvas_symbol_columns(enum fz_canvas_grain grain, int dots)
{
    return grain == FZ_GRAIN_FULL ? dots * 2 : grain == FZ_GRAIN_HALF ? dots : (dots + 1) / 2;
}

int fz_canvas_symbol_rows(enum fz_canvas_grain grain, int dots)
{
    return grain == FZ_GRAIN_FULL ? dots : grain == FZ_GRAIN_HALF ? (dots + 1) / 2 : (dots + 2) / 3;
}

/* The block that shows these dots; bit 0 is the upper left one, then its neighbour, then down. */
static uint32_t block_of(enum fz_canvas_grain grain, unsigned bits)
{
    static const uint32_t halves[] = {' ', 0x2580, 0x2584, 0x2588};

    if (grain == FZ_GRAIN_FULL) {
        return bits != 0 ? 0x2588 : ' ';
    }
    if (grain == FZ_GRAIN_HALF) {
        return halves[bits];
    }
    switch (bits) {
    case 0:
        return ' ';
    case 21:
        return 0x258C; /* these three were there before the sextants */
    case 42:
        return 0x2590;
    case 63:
        return 0x2588;
    default:
        return 0x1FB00U + bits - 1U - (bits > 21 ? 1U : 0U) - (bits > 42 ? 1U : 0U);
    }
}

void fz_canvas_symbol(struct fz_canvas *canvas,
                      int row,
                      int column,
                      enum fz_canvas_grain grain,
                      const struct fz_canvas_dots *dots)
{
    int total = dots->size + 2 * dots->margin;
    int across = grain == FZ_GRAIN_SEXTANT ? 2 : 1;
    int down = grain == FZ_GRAIN_FULL ? 1 : grain == FZ_GRAIN_HALF ? 2 : 3;
    int copies = grain == FZ_GRAIN_FULL ? 2 : 1;

    for (int y = 0; y < fz_canvas_symbol_rows(grain, total); y++) {
        for (int x = 0; x < fz_canvas_symbol_columns(grain, total); x++) {
            unsigned bits = 0;
            for (int i = 0; i < across * down; i++) {
                long dot_x = (long)(x / copies) * across + i % across - dots->margin;
                long dot_y = (long)y * down + i / across - dots->margin;
                bits |= dots->is_dark(dots->ctx, dot_x, dot_y) ? 1U << i : 0U;
            }
            put(canvas, row + y, column + x, block_of(grain, bits), FZ_LOOK_PAPER);
        }
    }
}

/* --- sending ---------------------------------------------------------------------------------- */

struct out {
    int fd;
    bool is_gone;
    size_t len;
    char bytes[OUT_SIZE];
};

static void flush_out(struct out *out)
{
    size_t at = 0;

    while (at < out->len && !out->is_gone) {
        ssize_t written = write(out->fd, out->bytes + at, out->len - at);
        struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
        if (written > 0) {
            at += (size_t)written;
        } else if (errno == EAGAIN) {
            out->is_gone = poll(&ready, 1, SEND_WAIT_MS) == 0;
        } else {
            out->is_gone = errno != EINTR;
        }
    }
    out->len = 0;
}

static void add(struct out *out, const char *text)
{
    size_t len = strlen(text);

    if (out->len + len + OUT_SPARE > OUT_SIZE) {
        flush_out(out);
    }
    memcpy(out->bytes + out->len, text, len);
    out->len += len;
}

static void add_character(struct out *out, uint32_t character)
{
    char text[5] = "";

    if (character < 0x80) {
        text[0] = (char)character;
    } else if (character < 0x800) {
        text[0] = (char)(0xC0U | character >> 6);
        text[1] = (char)(0x80U | (character & 0x3FU));
    } else if (character < 0x10000) {
        text[0] = (char)(0xE0U | character >> 12);
        text[1] = (char)(0x80U | (character >> 6 & 0x3FU));
        text[2] = (char)(0x80U | (character & 0x3FU));
    } else {
        text[0] = (char)(0xF0U | character >> 18);
        text[1] = (char)(0x80U | (character >> 12 & 0x3FU));
        text[2] = (char)(0x80U | (character >> 6 & 0x3FU));
        text[3] = (char)(0x80U | (character & 0x3FU));
    }
    add(out, text);
}

static uint64_t hash_row(const struct fz_canvas *canvas, int row)
{
    uint64_t hash = HASH_START;

    for (int column = 0; column < canvas->columns; column++) {
        const struct fz_cell *cell = &canvas->cells[row][column];
        hash = (hash ^ cell->character ^ (uint64_t)cell->look << 32) * HASH_STEP;
    }
    return hash | 1U;
}

static void send_row(struct out *out, const struct fz_canvas *canvas, int row)
{
    char text[24];
    int look = -1;

    (void)snprintf(text, sizeof text, "\033[%d;1H", row + 1);
    add(out, text);
    for (int column = 0; column < canvas->columns; column++) {
        const struct fz_cell *cell = &canvas->cells[row][column];
        if (cell->look != look) {
            look = cell->look;
            add(out, look_codes[look]);
        }
        if (cell->character != 0) {
            add_character(out, cell->character);
        }
    }
    add(out, look_codes[FZ_LOOK_PLAIN]);
}

bool fz_canvas_send(struct fz_canvas *canvas, int fd)
{
    static struct out out;

    out.fd = fd;
    out.is_gone = false;
    out.len = 0;
    for (int row = 0; row < canvas->rows && !out.is_gone; row++) {
        uint64_t hash = hash_row(canvas, row);
        if (hash != canvas->sent[row]) {
            send_row(&out, canvas, row);
            canvas->sent[row] = hash;
        }
    }
    flush_out(&out);
    return !out.is_gone;
}
