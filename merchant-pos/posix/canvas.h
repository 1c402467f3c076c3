/*
 * merchant-pos/posix: a terminal's screen as a grid of cells: drawn into, then sent as far as it
 * changed. Plain ECMA-48, as every terminal of this century understands it; no terminal database.
 */
#ifndef FEEZERO_POSIX_CANVAS_H
#define FEEZERO_POSIX_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FZ_CANVAS_ROWS_MAX 80 /* of a larger terminal the upper left part is used */
#define FZ_CANVAS_COLUMNS_MAX 200

enum fz_look {
    FZ_LOOK_PLAIN,
    FZ_LOOK_BOLD,
    FZ_LOOK_FAINT,
    FZ_LOOK_BAR,   /* head and foot */
    FZ_LOOK_PAPER, /* black on white: QR symbols */
    FZ_LOOK_GOOD,  /* black on green: money has come */
    FZ_LOOK_DOUBT, /* black on yellow: checking */
    FZ_LOOK_ALARM  /* white on red */
};

struct fz_cell {
    uint32_t character; /* 0: the right half of a wide one */
    uint8_t look;
};

/* Too large for a stack. Lend it zeroed. */
struct fz_canvas {
    int rows;
    int columns;
    struct fz_cell cells[FZ_CANVAS_ROWS_MAX][FZ_CANVAS_COLUMNS_MAX];
    uint64_t
        sent[FZ_CANVAS_ROWS_MAX]; /* a hash of each row as the terminal has it; 0: not at all */
};

/* Takes a size; everything is sent anew. */
void fz_canvas_resize(struct fz_canvas *canvas, int rows, int columns);

/* Blanks everything with a look. */
void fz_canvas_clear(struct fz_canvas *canvas, enum fz_look look);

/* Blanks a row from `column` on, for `count` cells. */
void fz_canvas_fill(struct fz_canvas *canvas, int row, int column, int count, enum fz_look look);

/*
 * Writes UTF-8 text; what does not fit is cut off, controls become blanks. Returns the column
 * behind it.
 */
int fz_canvas_text(
    struct fz_canvas *canvas, int row, int column, enum fz_look look, const char *text);

/* The same in the middle of `count` columns from `column` on. */
void fz_canvas_center(
    struct fz_canvas *canvas, int row, int column, int count, enum fz_look look, const char *text);

/* Text wrapped into `count` columns; returns the row behind it. */
int fz_canvas_wrap(
    struct fz_canvas *canvas, int row, int column, int count, enum fz_look look, const char *text);

/* Digits, comma and a few letters five rows high; others are left out. Returns its columns. */
int fz_canvas_large(
    struct fz_canvas *canvas, int row, int column, enum fz_look look, const char *text);
int fz_canvas_large_width(const char *text);

/* How many dots of a symbol one cell holds. */
enum fz_canvas_grain {
    FZ_GRAIN_FULL,   /* two cells for one dot */
    FZ_GRAIN_HALF,   /* half blocks: one beside one, two above one another */
    FZ_GRAIN_SEXTANT /* two beside one another, three above one another (Unicode 13) */
};

/* A symbol: is_dark() answers for dots of the margin too. */
struct fz_canvas_dots {
    int size;
    int margin;
    bool (*is_dark)(const void *ctx, long x, long y);
    const void *ctx;
};

/* Cells that `dots` take. */
int fz_canvas_symbol_columns(enum fz_canvas_grain grain, int dots);
int fz_canvas_symbol_rows(enum fz_canvas_grain grain, int dots);

/* Draws a square of dots -margin <= x, y < size + margin, black on white. */
void fz_canvas_symbol(struct fz_canvas *canvas,
                      int row,
                      int column,
                      enum fz_canvas_grain grain,
                      const struct fz_canvas_dots *dots);

/* Sends the rows that changed to a terminal; false if it is gone. */
bool fz_canvas_send(struct fz_canvas *canvas, int fd);

/* Columns of UTF-8 text on a terminal. */
int fz_canvas_width(const char *text);

#endif
