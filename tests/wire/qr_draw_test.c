/*
 * QR symbols: what is drawn, as PNG and on every kind of terminal, is what a reader that is not
 * ours (zbar) reads from a picture of it. The terminal's picture is painted here, glyph by glyph,
 * the way a screenshot would show it.
 */
#include "merchant-pos/posix/qr_draw.h"

#include <criterion/criterion.h>
#include <png.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zbar.h>

#include "tests/support/leak.h"
#include "tests/wire/emv_vectors.h"

#define BLACK 0
#define WHITE 255
#define CELL_WIDTH 6 /* pixels of a character */
#define CELL_HEIGHT 12
#define MARGIN 40 /* of screen around the drawing */

struct picture {
    size_t width;
    size_t height;
    uint8_t *pixels;
};

static struct fz_qr *symbol_of(const char *text)
{
    struct fz_qr *qr = NULL;
    struct fz_err err = {0};
    cr_assert_eq(fz_qr_create(text, strlen(text), &qr, &err), FZ_OK, "%s", err.msg);
    cr_assert_not_null(qr);
    return qr;
}

/* Expects exactly one symbol in the picture, with this text. */
static void expect_read(const struct picture *picture, const char *text)
{
    zbar_image_t *image = zbar_image_create();
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();

    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)picture->width, (unsigned)picture->height);
    zbar_image_set_data(image, picture->pixels, picture->width * picture->height, NULL);
    cr_assert_eq(zbar_scan_image(scanner, image), 1, "zbar sees no symbol of %s", text);
    const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
    cr_expect_str_eq(zbar_symbol_get_data(symbol), text);
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
}

/* --- PNG -------------------------------------------------------------------------------------- */

static void read_png(const char *path, struct picture *picture)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    cr_assert(png_image_begin_read_from_file(&image, path), "%s", image.message);
    image.format = PNG_FORMAT_GRAY;
    picture->width = image.width;
    picture->height = image.height;
    picture->pixels = malloc(PNG_IMAGE_SIZE(image));
    cr_assert_not_null(picture->pixels);
    cr_assert(png_image_finish_read(&image, NULL, picture->pixels, 0, NULL), "%s", image.message);
}

/* A folder of the test's own, gone with clean_up(). */
struct place {
    char folder[64];
    char file[80];
};

static void make_place(struct place *place)
{
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/fz-qr-XXXXXX");
    cr_assert_not_null(mkdtemp(place->folder));
    (void)snprintf(place->file, sizeof place->file, "%s/code.png", place->folder);
}

static void clean_up(const struct place *place)
{
    (void)unlink(place->file);
    cr_expect_eq(rmdir(place->folder), 0, "something was left behind in %s", place->folder);
}

static void expect_png_read(const char *text, unsigned scale)
{
    struct fz_qr *qr = symbol_of(text);
    struct fz_err err = {0};
    struct picture picture;
    struct place place;

    make_place(&place);
    cr_assert_eq(fz_qr_write_png(qr, place.file, scale, &err), FZ_OK, "%s", err.msg);
    read_png(place.file, &picture);
    cr_expect_eq(picture.width, (fz_qr_width(qr) + 8) * scale);
    cr_expect_eq(picture.height, picture.width);
    for (size_t i = 0; i < picture.width * 4 * scale; i++) {
        cr_assert_eq(picture.pixels[i], WHITE, "the quiet zone above is not white");
        cr_assert_eq(picture.pixels[picture.width * picture.height - 1 - i], WHITE,
                     "the quiet zone below is not white");
    }
    expect_read(&picture, text);
    free(picture.pixels);
    fz_qr_destroy(&qr);
    clean_up(&place);
}

Test(qr_draw, a_png_reads_as_its_text)
{
    expect_png_read(V6, FZ_QR_SCALE_DEFAULT);
    expect_png_read(V7, 3);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, a_png_of_japanese_reads_as_its_text)
{
    expect_png_read(V5, FZ_QR_SCALE_DEFAULT);
    expect_png_read("フィーゼロ喫茶", 5);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, a_png_replaces_the_one_before_or_leaves_it)
{
    struct fz_qr *first = symbol_of("first");
    struct fz_qr *second = symbol_of("second");
    struct picture picture;
    struct place place;
    char nowhere[128];

    make_place(&place);
    cr_assert_eq(fz_qr_write_png(first, place.file, 4, NULL), FZ_OK);
    cr_assert_eq(fz_qr_write_png(second, place.file, 4, NULL), FZ_OK);
    (void)snprintf(nowhere, sizeof nowhere, "%s/nowhere/code.png", place.folder);
    cr_expect_eq(fz_qr_write_png(first, nowhere, 4, NULL), FZ_IO);
    (void)snprintf(nowhere, sizeof nowhere, "%s/taken", place.folder);
    cr_assert_eq(mkdir(nowhere, 0700), 0);
    cr_expect_eq(fz_qr_write_png(first, nowhere, 4, NULL), FZ_IO); /* is a folder */
    cr_assert_eq(rmdir(nowhere), 0);
    cr_expect_eq(fz_qr_write_png(first, place.file, 0, NULL), FZ_LIMIT);
    cr_expect_eq(fz_qr_write_png(first, place.file, FZ_QR_SCALE_MAX + 1, NULL), FZ_LIMIT);
    read_png(place.file, &picture);
    expect_read(&picture, "second");
    free(picture.pixels);
    fz_qr_destroy(&first);
    fz_qr_destroy(&second);
    clean_up(&place);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, a_failed_write_is_told)
{
    struct fz_qr *qr = symbol_of(V6);
    struct fz_err err = {0};
    char text[FILENAME_MAX];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_expect_eq(fz_qr_write_png(qr, text, 4, &err), FZ_IO);
    cr_expect_eq(err.rc, FZ_IO);
    /* A stream may notice while it is written to, or only when its buffer is emptied. */
    static char buffer[1 << 16];
    for (int buffered = 0; buffered < 2; buffered++) {
        FILE *full = fopen("/dev/full", "w");
        cr_assert_not_null(full);
        cr_assert_eq(setvbuf(full, buffer, buffered ? _IOFBF : _IONBF, sizeof buffer), 0);
        cr_expect_eq(fz_qr_draw(qr, FZ_QR_COLOR, full, &err), FZ_IO);
        (void)fclose(full);
    }
    fz_qr_destroy(&qr);
    FZ_EXPECT_NO_LEAK();
}

/* --- terminal --------------------------------------------------------------------------------- */

/* Paints one cell; `ink` and `paper` are the colours in force. */
static void
paint_cell(struct picture *screen, size_t column, size_t line, int halves, const uint8_t colors[2])
{
    for (size_t y = 0; y < CELL_HEIGHT; y++) {
        bool is_ink = (halves & (y < CELL_HEIGHT / 2 ? 2 : 1)) != 0;
        uint8_t *row = screen->pixels + (MARGIN + line * CELL_HEIGHT + y) * screen->width;
        memset(row + MARGIN + column * CELL_WIDTH, colors[is_ink], CELL_WIDTH);
    }
}

static bool starts_with(const char **text, const char *prefix)
{
    size_t len = strlen(prefix);
    bool starts = strncmp(*text, prefix, len) == 0;
    *text += starts ? len : 0;
    return starts;
}

/* The screen of a terminal with `ink` on `paper` that was given `text`. */
static void paint(struct picture *screen, const char *text, uint8_t ink, uint8_t paper)
{
    static const char *const glyphs[] = {" ", "▄", "▀", "█"}; /* index: upper 2, lower 1 */
    uint8_t colors[2] = {paper, ink};
    size_t column = 0;
    size_t line = 0;

    memset(screen->pixels, paper, screen->width * screen->height);
    while (*text != '\0') {
        if (starts_with(&text, "\n")) {
            line++;
            column = 0;
        } else if (starts_with(&text, "\033[38;5;16;48;5;231m")) {
            colors[0] = WHITE;
            colors[1] = BLACK;
        } else if (starts_with(&text, "\033[0m")) {
            colors[0] = paper;
            colors[1] = ink;
        } else {
            int halves = 0;
            while (halves < 4 && !starts_with(&text, glyphs[halves])) {
                halves++;
            }
            cr_assert_lt(halves, 4, "an unexpected byte %02x", (unsigned char)*text);
            cr_assert_lt(MARGIN + (column + 1) * CELL_WIDTH, screen->width);
            cr_assert_lt(MARGIN + (line + 1) * CELL_HEIGHT, screen->height);
            paint_cell(screen, column, line, halves, colors);
            column++;
        }
    }
}

static void
expect_drawing_read(const char *text, enum fz_qr_style style, uint8_t ink, uint8_t paper)
{
    struct fz_qr *qr = symbol_of(text);
    char *drawing = NULL;
    size_t drawing_len = 0;
    struct fz_err err = {0};
    FILE *stream = open_memstream(&drawing, &drawing_len);
    size_t side = fz_qr_width(qr) + 8;
    struct picture screen = {side * CELL_WIDTH + 2 * MARGIN + 1,
                             (side + 1) / 2 * CELL_HEIGHT + 2 * MARGIN + 1, NULL};

    cr_assert_not_null(stream);
    cr_assert_eq(fz_qr_draw(qr, style, stream, &err), FZ_OK, "%s", err.msg);
    cr_assert_eq(fclose(stream), 0);
    screen.pixels = malloc(screen.width * screen.height);
    cr_assert_not_null(screen.pixels);
    paint(&screen, drawing, ink, paper);
    expect_read(&screen, text);
    free(screen.pixels);
    free(drawing);
    fz_qr_destroy(&qr);
}

Test(qr_draw, in_colours_on_any_screen)
{
    expect_drawing_read(V6, FZ_QR_COLOR, WHITE, BLACK);
    expect_drawing_read(V6, FZ_QR_COLOR, BLACK, WHITE);
    expect_drawing_read(V5, FZ_QR_COLOR, 180, 40);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, without_colours_on_a_dark_screen)
{
    expect_drawing_read(V6, FZ_QR_PLAIN_DARK, 220, 20);
    expect_drawing_read(V5, FZ_QR_PLAIN_DARK, WHITE, BLACK);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, without_colours_on_a_light_screen)
{
    expect_drawing_read(V6, FZ_QR_PLAIN_LIGHT, 30, 240);
    expect_drawing_read(V5, FZ_QR_PLAIN_LIGHT, BLACK, WHITE);
    FZ_EXPECT_NO_LEAK();
}

/* --- the symbol ------------------------------------------------------------------------------- */

static size_t width_of(const char *text)
{
    struct fz_qr *qr = symbol_of(text);
    size_t width = fz_qr_width(qr);
    fz_qr_destroy(&qr);
    return width;
}

Test(qr_draw, the_symbol_is_bytes_with_eci_where_needed_at_level_m)
{
    /* Version 10 at level M holds 216 bytes: a header of 20 bits and 213 bytes of text, no more. */
    char text[256];
    cr_expect_eq(width_of(V5), 57u);
    cr_expect_eq(width_of(V6), 57u);
    memset(text, 'A', sizeof text);
    text[213] = '\0';
    cr_expect_eq(width_of(text), 57u, "not level M, or letters not as bytes");
    memset(text, '1', 213);
    cr_expect_eq(width_of(text), 57u, "digits not as bytes");
    memset(text, '1', 214);
    text[214] = '\0';
    cr_expect_eq(width_of(text), 61u, "not level M");
    for (size_t i = 0; i < 71; i++) {
        memcpy(text + 3 * i, "店", 3);
    }
    text[213] = '\0';
    cr_expect_eq(width_of(text), 61u, "213 bytes of Japanese without an ECI header");
    text[210] = '\0';
    cr_expect_eq(width_of(text), 57u, "kanji not as bytes");
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, what_is_outside_the_symbol_is_light)
{
    struct fz_qr *qr = symbol_of("x");
    long width = (long)fz_qr_width(qr);
    cr_expect_eq(width, 21);
    cr_expect(fz_qr_is_dark(qr, 0, 0)); /* the corner of a finder pattern */
    cr_expect(fz_qr_is_dark(qr, width - 1, 0));
    cr_expect(fz_qr_is_dark(qr, 0, width - 1));
    cr_expect_not(fz_qr_is_dark(qr, -1, 0));
    cr_expect_not(fz_qr_is_dark(qr, 0, -1));
    cr_expect_not(fz_qr_is_dark(qr, width, 0));
    cr_expect_not(fz_qr_is_dark(qr, 0, width));
    fz_qr_destroy(&qr);
    cr_expect_null(qr);
    fz_qr_destroy(&qr);
    fz_qr_destroy(NULL);
    FZ_EXPECT_NO_LEAK();
}

Test(qr_draw, refuses_what_is_no_text_or_too_much)
{
    struct fz_qr *qr = NULL;
    struct fz_err err = {0};
    static char text[2332];
    memset(text, 'a', sizeof text);
    cr_expect_eq(fz_qr_create("", 0, &qr, &err), FZ_FORMAT);
    cr_expect_eq(fz_qr_create("\x83\x65", 2, &qr, &err), FZ_FORMAT);
    cr_expect_eq(fz_qr_create(text, sizeof text, &qr, &err), FZ_LIMIT);
    cr_expect_null(qr);
    cr_assert_eq(fz_qr_create(text, sizeof text - 1, &qr, &err), FZ_OK, "%s", err.msg);
    cr_expect_eq(fz_qr_width(qr), 177u);
    fz_qr_destroy(&qr);
    FZ_EXPECT_NO_LEAK();
}
