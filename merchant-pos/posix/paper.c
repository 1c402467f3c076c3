/*
 * merchant-pos/posix: paper (see paper.h). The ESC/POS commands are those that every printer with
 * a Japanese font understands (Epson TM and compatible).
 */
#include "merchant-pos/posix/paper.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "merchant-pos/wire/utf8.h"

#define FEED_LINES 3
#define QR_TEXT_MAX 700
#define LINE_BYTES_MAX (FZ_PAPER_COLUMNS_MAX * 4 + 1)
#define NOT_IN_FONT "\x81\xAC" /* Shift_JIS for a geta mark: a character was there */

static void put(struct fz_paper *paper, const void *bytes, size_t len)
{
    (void)fwrite(bytes, 1, len, paper->stream); /* a failure stays in the stream: see finish */
}
#define PUT(paper, literal) put((paper), (literal), sizeof(literal) - 1)

static void put_bytes3(struct fz_paper *paper, char first, char second, unsigned value)
{
    char command[3] = {first, second, (char)value};

    put(paper, command, sizeof command);
}

fz_rc fz_paper_init(struct fz_paper *paper,
                    enum fz_paper_kind kind,
                    unsigned columns,
                    FILE *stream,
                    struct fz_err *err)
{
    *paper = (struct fz_paper){
        .kind = kind, .stream = stream, .columns = columns, .to_printer = (iconv_t)-1};
    if (kind == FZ_PAPER_TEXT) {
        return FZ_OK;
    }
    paper->to_printer = iconv_open("CP932", "UTF-8");
    if (paper->to_printer == (iconv_t)-1) {
        return fz_fail(err, FZ_CONFIG, "cannot write Shift_JIS: %s", strerror(errno));
    }
    PUT(paper, "\x1B@");     /* initialize */
    PUT(paper, "\x1BR\x08"); /* international characters: Japan */
    PUT(paper, "\x1Bt\x01"); /* code page: katakana */
    PUT(paper, "\x1C"
               "C\x01"); /* kanji are coded as Shift_JIS */
    PUT(paper, "\x1C&"); /* kanji mode on */
    return FZ_OK;
}

fz_rc fz_paper_finish(struct fz_paper *paper, struct fz_err *err)
{
    if (paper->kind == FZ_PAPER_ESCPOS) {
        put_bytes3(paper, 0x1B, 'd', FEED_LINES);
        PUT(paper, "\x1DVB\x00"); /* feed to the cutter, cut */
        (void)iconv_close(paper->to_printer);
    }
    if (fflush(paper->stream) != 0 || ferror(paper->stream)) {
        return fz_fail(err, FZ_IO, "cannot print: %s", strerror(errno));
    }
    return FZ_OK;
}

/* --- characters ------------------------------------------------------------------------------- */

static bool is_narrow(uint32_t character)
{
    return character < 0x80 || (character >= 0xFF61 && character <= 0xFF9F);
}

/* Controls would be commands; overrides would make a name read as another. */
static bool is_printable(uint32_t character)
{
    return character >= 0x20 && !(character >= 0x7F && character <= 0x9F) &&
           !(character >= 0x200B && character <= 0x200F) &&
           !(character >= 0x202A && character <= 0x202E) &&
           !(character >= 0x2066 && character <= 0x2069) && character != 0xFEFF;
}

/* The next character that is printed, or 0 at the end. */
static uint32_t next(const char *text, size_t len, size_t *at)
{
    uint32_t character = 0;

    while (*at < len) {
        if (!fz_utf8_next(text, len, at, &character)) {
            (*at)++;
            character = '?';
        }
        if (is_printable(character)) {
            return character;
        }
    }
    return 0;
}

unsigned fz_paper_width(const char *text)
{
    size_t len = strlen(text);
    size_t at = 0;
    unsigned width = 0;
    uint32_t character;

    while ((character = next(text, len, &at)) != 0) {
        width += is_narrow(character) ? 1 : 2;
    }
    return width;
}

/* Unicode has two of some characters where Shift_JIS has one: take the one iconv knows. */
static const char *twin_of(uint32_t character)
{
    switch (character) {
    case 0x00A5:
        return "\uFFE5"; /* yen */
    case 0x2014:
        return "\u2015"; /* dash */
    case 0x2016:
        return "\u2225"; /* parallel */
    case 0x2212:
        return "\uFF0D"; /* minus */
    case 0x301C:
        return "\uFF5E"; /* wave */
    default:
        return NULL;
    }
}

/* One character in the printer's code. */
static void put_character(struct fz_paper *paper, const char *text, size_t len, uint32_t character)
{
    const char *twin = twin_of(character);
    char in[8], out[8];
    char *from = in, *to = out;
    size_t in_left = twin == NULL ? len : strlen(twin);
    size_t out_left = sizeof out;

    memcpy(in, twin == NULL ? text : twin, in_left);
    if (iconv(paper->to_printer, &from, &in_left, &to, &out_left) == (size_t)-1) {
        (void)iconv(paper->to_printer, NULL, NULL, NULL, NULL);
        PUT(paper, NOT_IN_FONT);
        return;
    }
    put(paper, out, (size_t)(to - out));
}

/* Writes characters until `columns` are full; returns the bytes taken. */
static size_t put_some(struct fz_paper *paper, const char *text, unsigned columns)
{
    size_t len = strlen(text);
    size_t at = 0;
    unsigned used = 0;

    for (;;) {
        size_t behind = at;
        uint32_t character = next(text, len, &behind);
        if (character == 0) {
            return len;
        }
        unsigned width = is_narrow(character) ? 1 : 2;
        if (used + width > columns) {
            return at;
        }
        used += width;
        size_t start = behind; /* back to where this character begins, behind what was skipped */
        do {
            start--;
        } while (start > at && ((unsigned char)text[start] & 0xC0U) == 0x80U);
        if (character < 0x80) {
            char ascii = (char)character;
            put(paper, &ascii, 1);
        } else if (paper->kind == FZ_PAPER_TEXT) {
            put(paper, text + start, behind - start);
        } else {
            put_character(paper, text + start, behind - start, character);
        }
        at = behind;
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static void put_spaces(struct fz_paper *paper, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        PUT(paper, " ");
    }
}

/* Tells the printer what differs from before. */
static void set_style(struct fz_paper *paper, unsigned style)
{
    unsigned changed = style ^ paper->style;

    paper->style = style;
    if (paper->kind == FZ_PAPER_TEXT) {
        return;
    }
    if ((changed & FZ_PAPER_CENTER) != 0) {
        put_bytes3(paper, 0x1B, 'a', (style & FZ_PAPER_CENTER) != 0 ? 1 : 0);
    }
    if ((changed & FZ_PAPER_BOLD) != 0) {
        put_bytes3(paper, 0x1B, 'E', (style & FZ_PAPER_BOLD) != 0 ? 1 : 0);
    }
    if ((changed & FZ_PAPER_LARGE) != 0) {
        put_bytes3(paper, 0x1D, '!', (style & FZ_PAPER_LARGE) != 0 ? 0x11 : 0);
        put_bytes3(paper, 0x1C, 'W', (style & FZ_PAPER_LARGE) != 0 ? 1 : 0); /* kanji */
    }
    if ((changed & FZ_PAPER_INVERSE) != 0) {
        put_bytes3(paper, 0x1D, 'B', (style & FZ_PAPER_INVERSE) != 0 ? 1 : 0);
    }
}

static unsigned columns_of(const struct fz_paper *paper, unsigned style)
{
    return (style & FZ_PAPER_LARGE) != 0 && paper->kind == FZ_PAPER_ESCPOS ? paper->columns / 2
                                                                           : paper->columns;
}

void fz_paper_line(struct fz_paper *paper, unsigned style, const char *text)
{
    unsigned columns = columns_of(paper, style);

    set_style(paper, style);
    do {
        unsigned width = fz_paper_width(text);
        if (paper->kind == FZ_PAPER_TEXT && (style & FZ_PAPER_CENTER) != 0 && width < columns) {
            put_spaces(paper, (columns - width) / 2);
        }
        size_t taken = put_some(paper, text, columns);
        PUT(paper, "\n");
        text += taken;
    } while (*text != '\0');
    set_style(paper, FZ_PAPER_PLAIN);
}

void fz_paper_pair(struct fz_paper *paper, unsigned style, const char *label, const char *value)
{
    unsigned columns = columns_of(paper, style);
    unsigned left = fz_paper_width(label);
    unsigned right = fz_paper_width(value);

    if (left + 1 + right > columns) {
        fz_paper_line(paper, style, label);
        left = 0;
        label = "";
        if (right > columns) {
            fz_paper_line(paper, style, value);
            return;
        }
    }
    set_style(paper, style);
    (void)put_some(paper, label, columns);
    put_spaces(paper, columns - left - right);
    (void)put_some(paper, value, columns);
    PUT(paper, "\n");
    set_style(paper, FZ_PAPER_PLAIN);
}

void fz_paper_rule(struct fz_paper *paper)
{
    char line[FZ_PAPER_COLUMNS_MAX + 1];

    memset(line, '-', paper->columns);
    line[paper->columns] = '\0';
    fz_paper_line(paper, FZ_PAPER_PLAIN, line);
}

/* --- symbols ---------------------------------------------------------------------------------- */

/* GS ( k for QR symbols: its parameters behind the length. */
static void put_qr_command(struct fz_paper *paper, unsigned function, const char *data, size_t len)
{
    size_t total = len + 2; /* with cn and fn */
    char head[] = {0x1D, '(', 'k', (char)(total & 0xFFU), (char)(total >> 8), '1', (char)function};

    put(paper, head, sizeof head);
    put(paper, data, len);
}

void fz_paper_qr(struct fz_paper *paper, const char *text, unsigned dots_per_module)
{
    char stored[QR_TEXT_MAX + 1] = {'0'};
    size_t len = strnlen(text, QR_TEXT_MAX);
    char size = (char)dots_per_module;

    if (paper->kind == FZ_PAPER_TEXT) {
        return;
    }
    memcpy(stored + 1, text, len);
    set_style(paper, FZ_PAPER_CENTER);
    put_qr_command(paper, 65, "2\0", 2); /* model 2 */
    put_qr_command(paper, 67, &size, 1); /* dots per module */
    put_qr_command(paper, 69, "1", 1);   /* error correction M */
    put_qr_command(paper, 80, stored, len + 1);
    put_qr_command(paper, 81, "0", 1); /* print what was stored */
    set_style(paper, FZ_PAPER_PLAIN);
}

/* Bit image, GS v 0: `width` bytes a row, 1 is black. */
static void put_rows(struct fz_paper *paper, const struct fz_qr *qr, unsigned scale)
{
    long quiet = FZ_QR_QUIET_MODULES;
    long end = (long)fz_qr_width(qr) + quiet;
    long dots = (end + quiet) * (long)scale;

    for (long y = 0; y < dots; y++) {
        uint8_t byte = 0;
        for (long x = 0; x < (dots + 7) / 8 * 8; x++) {
            bool dark = fz_qr_is_dark(qr, x / (long)scale - quiet, y / (long)scale - quiet);
            byte = (uint8_t)((unsigned)byte << 1 | (dark ? 1U : 0U));
            if (x % 8 == 7) {
                put(paper, &byte, 1);
                byte = 0;
            }
        }
    }
}

void fz_paper_symbol(struct fz_paper *paper, const struct fz_qr *qr, unsigned dots_per_module)
{
    size_t dots = (fz_qr_width(qr) + 2 * (size_t)FZ_QR_QUIET_MODULES) * dots_per_module;
    size_t width = (dots + 7) / 8;
    uint8_t head[] = {0x1D,
                      'v',
                      '0',
                      0, /* neither wider nor higher */
                      (uint8_t)(width & 0xFFU),
                      (uint8_t)(width >> 8),
                      (uint8_t)(dots & 0xFFU),
                      (uint8_t)(dots >> 8)};

    if (paper->kind == FZ_PAPER_TEXT) {
        struct fz_err err = {.rc = FZ_OK};
        if (fz_qr_draw(qr, FZ_QR_PLAIN_LIGHT, paper->stream, &err) != FZ_OK) {
            return; /* the stream remembers: fz_paper_finish() tells */
        }
        return;
    }
    set_style(paper, FZ_PAPER_CENTER);
    put(paper, head, sizeof head);
    put_rows(paper, qr, dots_per_module);
    set_style(paper, FZ_PAPER_PLAIN);
}
