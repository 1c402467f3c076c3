/*
 * Code 128: every pair of digits is what a reader that is not ours (zbar) reads from a picture of
 * it, as PNG and as it stands on a terminal.
 */
#include <criterion/criterion.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zbar.h>

#include "merchant-pos/posix/bar_draw.h"
#include "merchant-pos/wire/cpm.h"
#include "tests/support/leak.h"

#define CODE "29123456789012345678"
#define CELL_WIDTH 6
#define CELL_HEIGHT 12

static void expect_read(const uint8_t *pixels, size_t width, size_t height, const char *text)
{
    zbar_image_t *image = zbar_image_create();
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();

    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_CODE128, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)width, (unsigned)height);
    zbar_image_set_data(image, pixels, width * height, NULL);
    cr_assert_eq(zbar_scan_image(scanner, image), 1, "zbar sees no bar code of %s", text);
    cr_expect_str_eq(zbar_symbol_get_data(zbar_image_first_symbol(image)), text);
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
}

static void expect_png_read(const char *digits, unsigned scale)
{
    char path[] = "/tmp/fz-bar-XXXXXX";
    struct fz_err err = {0};
    png_image image = {.version = PNG_IMAGE_VERSION};
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    (void)close(fd);
    cr_assert_eq(fz_bar_write_png(digits, path, scale, &err), FZ_OK, "%s", err.msg);
    cr_assert(png_image_begin_read_from_file(&image, path), "%s", image.message);
    image.format = PNG_FORMAT_GRAY;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    cr_assert(png_image_finish_read(&image, NULL, pixels, 0, NULL), "%s", image.message);
    expect_read(pixels, image.width, image.height, digits);
    free(pixels);
    (void)unlink(path);
}

/* All pairs, twenty digits at a time; the check symbols come along. */
Test(code128, every_pair_is_read)
{
    for (int first = 0; first < 100; first += 10) {
        char digits[21] = "";
        for (int i = 0; i < 10; i++) {
            digits[2 * i] = (char)('0' + (first + i) / 10);
            digits[2 * i + 1] = (char)('0' + (first + i) % 10);
        }
        expect_png_read(digits, 2);
    }
    expect_png_read(CODE, FZ_BAR_SCALE_DEFAULT);
    expect_png_read("00", 3);
    FZ_EXPECT_NO_LEAK();
}

/* ISO/IEC 15417: the check symbol of Code C 12 34 is (105 + 12 + 2 * 34) mod 103 = 82. */
Test(code128, modules_by_hand)
{
    static const char bars[] = "11010011100"    /* start C: 211232 */
                               "10110011100"    /* 12: 112232 */
                               "10001011000"    /* 34: 131123 */
                               "10010011110"    /* 82: 121241 */
                               "1100011101011"; /* stop: 2331112 */
    uint8_t modules[FZ_CODE128_MODULES(4)];
    cr_assert(fz_code128_encode("1234", 4, modules));
    cr_assert_eq(sizeof modules, sizeof bars - 1);
    for (size_t i = 0; i < sizeof modules; i++) {
        cr_expect_eq(modules[i], bars[i] - '0', "module %zu", i);
    }
}

Test(code128, refuses)
{
    uint8_t modules[FZ_CODE128_MODULES(4)];
    cr_expect(!fz_code128_encode("", 0, modules));
    cr_expect(!fz_code128_encode("123", 3, modules));
    cr_expect(!fz_code128_encode("12a4", 4, modules));
    cr_expect_eq(fz_bar_write_png("12 4", "/nowhere", 1, NULL), FZ_FORMAT);
    cr_expect_eq(fz_bar_draw("1", FZ_QR_COLOR, stdout, NULL), FZ_FORMAT);
}

/* Paints the drawing's first line as a screenshot would show it, DRAWN_LINES times as high. */
static void expect_drawing_read(enum fz_qr_style style, uint8_t ink, uint8_t paper)
{
    static const char *const glyphs[] = {" ", "▐", "▌", "█"};
    static uint8_t pixels[100 * CELL_WIDTH * 5 * CELL_HEIGHT];
    char *drawing = NULL;
    size_t len = 0;
    struct fz_err err = {0};
    FILE *stream = open_memstream(&drawing, &len);
    size_t width = 100 * CELL_WIDTH;
    size_t column = 4; /* a little screen beside it */

    cr_assert_eq(fz_bar_draw(CODE, style, stream, &err), FZ_OK, "%s", err.msg);
    cr_assert_eq(fclose(stream), 0);
    memset(pixels, paper, sizeof pixels);
    const char *at = drawing;
    if (style == FZ_QR_COLOR) {
        cr_assert_eq(strncmp(at, FZ_QR_COLOR_ON, strlen(FZ_QR_COLOR_ON)), 0);
        at += strlen(FZ_QR_COLOR_ON);
        ink = 0;
        paper = 255;
    }
    for (; *at != '\n' && *at != '\033'; column++) {
        unsigned halves = 0;
        while (halves < 4 && strncmp(at, glyphs[halves], strlen(glyphs[halves])) != 0) {
            halves++;
        }
        cr_assert_lt(halves, 4u);
        at += strlen(glyphs[halves]);
        for (size_t i = 0; i < CELL_WIDTH; i++) {
            unsigned bit = i < CELL_WIDTH / 2 ? 2 : 1;
            uint8_t color = (halves & bit) != 0 ? ink : paper;
            for (size_t y = 0; y < (size_t)5 * CELL_HEIGHT; y++) {
                pixels[y * width + column * CELL_WIDTH + i] = color;
            }
        }
    }
    cr_expect_eq(column - 4, (size_t)FZ_BAR_COLUMNS(FZ_CODE_DIGITS));
    expect_read(pixels, width, (size_t)5 * CELL_HEIGHT, CODE);
    free(drawing);
}

Test(code128, drawings_are_read)
{
    expect_drawing_read(FZ_QR_COLOR, 255, 0);
    expect_drawing_read(FZ_QR_PLAIN_DARK, 230, 20);
    expect_drawing_read(FZ_QR_PLAIN_LIGHT, 20, 240);
    FZ_EXPECT_NO_LEAK();
}
