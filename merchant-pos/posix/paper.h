/*
 * merchant-pos/posix: what comes out of a printer: lines of Japanese text, QR symbols, pictures, as
 * ESC/POS bytes or as plain text. Knows nothing of money. Whatever text it is given, nothing but
 * what is written here reaches the printer as a command.
 */
#ifndef FEEZERO_POSIX_PAPER_H
#define FEEZERO_POSIX_PAPER_H

#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>

#include "feezero/err.h"
#include "feezero/rc.h"
#include "merchant-pos/posix/qr_draw.h"

#define FZ_PAPER_COLUMNS_MIN 24 /* 32: paper of 58 mm; 48: of 80 mm */
#define FZ_PAPER_COLUMNS_MAX 64

enum fz_paper_kind {
    FZ_PAPER_TEXT,  /* UTF-8 */
    FZ_PAPER_ESCPOS /* Epson's commands; text as Shift_JIS in kanji mode */
};

/* How a line looks; may be added up. */
enum fz_paper_style {
    FZ_PAPER_PLAIN = 0,
    FZ_PAPER_CENTER = 1,
    FZ_PAPER_BOLD = 2,
    FZ_PAPER_LARGE = 4,  /* twice as wide and high */
    FZ_PAPER_INVERSE = 8 /* white on black */
};

struct fz_paper {
    enum fz_paper_kind kind;
    FILE *stream; /* borrowed */
    unsigned columns;
    unsigned style; /* as the printer has it */
    iconv_t to_printer;
};

/*
 * Begins a sheet on `stream`, which the caller keeps. FZ_CONFIG: this machine cannot write
 * Shift_JIS.
 */
FZ_MUSTUSE fz_rc fz_paper_init(struct fz_paper *paper,
                               enum fz_paper_kind kind,
                               unsigned columns,
                               FILE *stream,
                               struct fz_err *err);

/* Ends the sheet: feeds and cuts. FZ_IO: the stream did not take everything. */
FZ_MUSTUSE fz_rc fz_paper_finish(struct fz_paper *paper, struct fz_err *err);

/* A line, cut into several where it is too long. */
void fz_paper_line(struct fz_paper *paper, unsigned style, const char *text);

/* A label on the left and a value on the right; on two lines if they do not fit on one. */
void fz_paper_pair(struct fz_paper *paper, unsigned style, const char *label, const char *value);

/* A line across. */
void fz_paper_rule(struct fz_paper *paper);

/* A QR symbol of ASCII text, made by the printer itself; plain text shows nothing. */
void fz_paper_qr(struct fz_paper *paper, const char *text, unsigned dots_per_module);

/* Our own symbol as a picture: for payloads in UTF-8, which printers do not announce. */
void fz_paper_symbol(struct fz_paper *paper, const struct fz_qr *qr, unsigned dots_per_module);

/* Columns a text takes: characters that a Japanese printer has in its kanji font take two. */
unsigned fz_paper_width(const char *text);

#endif
