/*
 * merchant-pos/posix: bar codes as pictures (see bar_draw.h).
 */
#include "merchant-pos/posix/bar_draw.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define DRAWN_LINES 5
#define PNG_HEIGHT 40 /* in narrowest bars */
#define PNG_MARGIN 4

struct bars {
    uint8_t modules[FZ_CODE128_MODULES(FZ_BAR_DIGITS_MAX)];
    long count;
};

static fz_rc encode(const char *digits, struct bars *bars_out, struct fz_err *err)
{
    size_t len = strnlen(digits, FZ_BAR_DIGITS_MAX + 1);

    bars_out->count = 0;
    if (len > FZ_BAR_DIGITS_MAX || !fz_code128_encode(digits, len, bars_out->modules)) {
        return fz_fail(err, FZ_FORMAT, "a bar code takes an even number of digits");
    }
    bars_out->count = (long)FZ_CODE128_MODULES(len);
    return FZ_OK;
}

static bool is_dark(const struct bars *bars, long x)
{
    return x >= 0 && x < bars->count && bars->modules[x] != 0;
}

fz_rc fz_bar_draw(const char *digits, enum fz_qr_style style, FILE *stream, struct fz_err *err)
{
    static const char *const glyphs[] = {" ", "\u2590", "\u258C", "\u2588"};
    struct bars bars;
    unsigned flip = style == FZ_QR_PLAIN_DARK ? 3U : 0U; /* there the glyphs paint the light */
    fz_rc rc = encode(digits, &bars, err);

    if (rc != FZ_OK) {
        return rc;
    }
    for (int line = 0; line < DRAWN_LINES; line++) {
        (void)fputs(style == FZ_QR_COLOR ? FZ_QR_COLOR_ON : "", stream);
        for (long x = -FZ_BAR_QUIET; x < bars.count + FZ_BAR_QUIET; x += 2) {
            unsigned left = is_dark(&bars, x) ? 2U : 0U;
            unsigned right = is_dark(&bars, x + 1) ? 1U : 0U;
            (void)fputs(glyphs[(left | right) ^ flip], stream);
        }
        (void)fputs(style == FZ_QR_COLOR ? FZ_QR_COLOR_OFF "\n" : "\n", stream);
    }
    if (fflush(stream) != 0 || ferror(stream)) {
        return fz_fail(err, FZ_IO, "cannot draw the bar code: %s", strerror(errno));
    }
    return FZ_OK;
}

static bool is_bar(const void *ctx, long x, long y)
{
    return y >= 0 && y < PNG_HEIGHT && is_dark(ctx, x);
}

fz_rc fz_bar_write_png(const char *digits, const char *path, unsigned scale, struct fz_err *err)
{
    struct bars bars;
    fz_rc rc = encode(digits, &bars, err);

    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_png_picture picture = {.left = -FZ_CODE128_QUIET,
                                     .right = bars.count + FZ_CODE128_QUIET,
                                     .top = -PNG_MARGIN,
                                     .bottom = PNG_HEIGHT + PNG_MARGIN,
                                     .scale = scale,
                                     .is_dark = is_bar,
                                     .ctx = &bars};

    return fz_png_write(&picture, path, err);
}
