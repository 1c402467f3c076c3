/*
 * merchant-pos/posix: a payload as a QR symbol (see qr_draw.h).
 */
#include "merchant-pos/posix/qr_draw.h"

#include <errno.h>
#include <limits.h>
#include <qrencode.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "merchant-pos/posix/png_file.h"
#include "merchant-pos/wire/utf8.h"

#define ECI_UTF8 26
#define LOWEST_VERSION 0 /* libqrencode: the smallest that fits */
#define MODULE_DARK 1U   /* the lowest bit of libqrencode's modules */

struct fz_qr {
    size_t width;
    unsigned char modules[]; /* width x width, as libqrencode gives them */
};

/* --- the symbol ------------------------------------------------------------------------------- */

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/* Byte mode and nothing else; an ECI header in front where the bytes are more than ASCII. */
static bool fill_input(QRinput *input, const char *text, size_t len)
{
    if (!is_ascii(text, len) && QRinput_appendECIheader(input, ECI_UTF8) != 0) {
        return false;
    }
    return QRinput_append(input, QR_MODE_8, (int)len, (const unsigned char *)text) == 0;
}

/* errno after a failed call of libqrencode: ERANGE is the only one that is the text's fault. */
static fz_rc qrencode_failed(struct fz_err *err, const char *what)
{
    if (errno == ERANGE) {
        return fz_fail(err, FZ_LIMIT, "the text is too long for a QR symbol");
    }
    return fz_fail(err, errno == ENOMEM ? FZ_NO_MEMORY : FZ_INTERNAL, "%s: %s", what,
                   strerror(errno));
}

static fz_rc copy_symbol(const QRcode *code, struct fz_qr **qr_out, struct fz_err *err)
{
    size_t width = (size_t)code->width;
    struct fz_qr *qr = malloc(sizeof(*qr) + width * width);

    if (qr == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a QR symbol");
    }
    qr->width = width;
    memcpy(qr->modules, code->data, width * width);
    *qr_out = qr;
    return FZ_OK;
}

static fz_rc
create(const char *text, size_t len, QRecLevel level, struct fz_qr **qr_out, struct fz_err *err)
{
    QRinput *input = NULL;
    QRcode *code = NULL;
    size_t chars = 0;
    fz_rc rc = FZ_OK;

    *qr_out = NULL;
    if (len == 0 || !fz_utf8_count(text, len, &chars)) {
        return fz_fail(err, FZ_FORMAT, "the text of a QR symbol is empty or not UTF-8");
    }
    if (len > INT_MAX) {
        return fz_fail(err, FZ_LIMIT, "the text is too long for a QR symbol");
    }
    input = QRinput_new2(LOWEST_VERSION, level);
    if (input == NULL || !fill_input(input, text, len)) {
        rc = qrencode_failed(err, "QRinput");
        goto out;
    }
    code = QRcode_encodeInput(input);
    if (code == NULL) {
        rc = qrencode_failed(err, "QRcode_encodeInput");
        goto out;
    }
    rc = copy_symbol(code, qr_out, err);
out:
    QRcode_free(code);
    QRinput_free(input);
    return rc;
}

fz_rc fz_qr_create(const char *text, size_t len, struct fz_qr **qr_out, struct fz_err *err)
{
    return create(text, len, QR_ECLEVEL_M, qr_out, err);
}

fz_rc fz_qr_create_small(const char *text, size_t len, struct fz_qr **qr_out, struct fz_err *err)
{
    return create(text, len, QR_ECLEVEL_L, qr_out, err);
}

void fz_qr_destroy(struct fz_qr **qr)
{
    if (qr != NULL) {
        free(*qr);
        *qr = NULL;
    }
}

size_t fz_qr_width(const struct fz_qr *qr)
{
    return qr->width;
}

bool fz_qr_is_dark(const struct fz_qr *qr, long x, long y)
{
    long width = (long)qr->width;

    if (x < 0 || y < 0 || x >= width || y >= width) {
        return false;
    }
    return (qr->modules[y * width + x] & MODULE_DARK) != 0;
}

/* --- on the terminal -------------------------------------------------------------------------- */

static const char *glyph(bool upper_ink, bool lower_ink)
{
    if (upper_ink) {
        return lower_ink ? "\u2588" : "\u2580";
    }
    return lower_ink ? "\u2584" : " ";
}

fz_rc fz_qr_draw(const struct fz_qr *qr, enum fz_qr_style style, FILE *stream, struct fz_err *err)
{
    bool ink = style != FZ_QR_PLAIN_DARK; /* which modules the glyphs paint: the dark ones? */
    long end = (long)qr->width + FZ_QR_QUIET_MODULES;

    for (long y = -FZ_QR_QUIET_MODULES; y < end; y += 2) {
        (void)fputs(style == FZ_QR_COLOR ? FZ_QR_COLOR_ON : "", stream);
        for (long x = -FZ_QR_QUIET_MODULES; x < end; x++) {
            bool upper = fz_qr_is_dark(qr, x, y);
            bool lower = fz_qr_is_dark(qr, x, y + 1);
            (void)fputs(glyph(upper == ink, lower == ink), stream);
        }
        (void)fputs(style == FZ_QR_COLOR ? FZ_QR_COLOR_OFF "\n" : "\n", stream);
    }
    if (fflush(stream) != 0 || ferror(stream)) {
        return fz_fail(err, FZ_IO, "cannot draw the QR symbol: %s", strerror(errno));
    }
    return FZ_OK;
}

/* --- as PNG ----------------------------------------------------------------------------------- */

static bool is_dark(const void *ctx, long x, long y)
{
    return fz_qr_is_dark(ctx, x, y);
}

fz_rc fz_qr_write_png(const struct fz_qr *qr, const char *path, unsigned scale, struct fz_err *err)
{
    long end = (long)qr->width + FZ_QR_QUIET_MODULES;
    struct fz_png_picture picture = {.left = -FZ_QR_QUIET_MODULES,
                                     .right = end,
                                     .top = -FZ_QR_QUIET_MODULES,
                                     .bottom = end,
                                     .scale = scale,
                                     .is_dark = is_dark,
                                     .ctx = qr};

    return fz_png_write(&picture, path, err);
}
