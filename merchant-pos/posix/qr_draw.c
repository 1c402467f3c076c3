/*
 * merchant-pos/posix: a payload as a QR symbol (see qr_draw.h).
 */
#include "merchant-pos/posix/qr_draw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <png.h>
#include <qrencode.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "merchant-pos/wire/utf8.h"

#define ECI_UTF8 26
#define LOWEST_VERSION 0 /* libqrencode: the smallest that fits */
#define MODULE_DARK 1U   /* the lowest bit of libqrencode's modules */

/* Black and white of the 256-colour palette: plain "white" is grey on many a terminal. */
#define COLOR_ON "\033[38;5;16;48;5;231m"
#define COLOR_OFF "\033[0m"

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

fz_rc fz_qr_create(const char *text, size_t len, struct fz_qr **qr_out, struct fz_err *err)
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
    input = QRinput_new2(LOWEST_VERSION, QR_ECLEVEL_M);
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
        (void)fputs(style == FZ_QR_COLOR ? COLOR_ON : "", stream);
        for (long x = -FZ_QR_QUIET_MODULES; x < end; x++) {
            bool upper = fz_qr_is_dark(qr, x, y);
            bool lower = fz_qr_is_dark(qr, x, y + 1);
            (void)fputs(glyph(upper == ink, lower == ink), stream);
        }
        (void)fputs(style == FZ_QR_COLOR ? COLOR_OFF "\n" : "\n", stream);
    }
    if (fflush(stream) != 0 || ferror(stream)) {
        return fz_fail(err, FZ_IO, "cannot draw the QR symbol: %s", strerror(errno));
    }
    return FZ_OK;
}

/* --- as PNG ----------------------------------------------------------------------------------- */

struct png_job {
    const struct fz_qr *qr;
    size_t scale;
    FILE *file;
    unsigned char *row; /* one row of pixels, one bit each */
    size_t row_size;
    char message[96];
};

static size_t png_side(const struct png_job *job)
{
    return (job->qr->width + 2 * (size_t)FZ_QR_QUIET_MODULES) * job->scale;
}

static void on_png_error(png_structp png, png_const_charp message)
{
    struct png_job *job = png_get_error_ptr(png);

    (void)snprintf(job->message, sizeof(job->message), "%s", message);
    png_longjmp(png, 1);
}

static void on_png_warning(png_structp png, png_const_charp message)
{
    (void)png; /* libpng's warnings are about input it reads; a writer of ours has none to heed */
    (void)message;
}

/* Fills job->row with the pixels of module row `y`: 1 is white. */
static void fill_row(struct png_job *job, long y)
{
    long end = (long)job->qr->width + FZ_QR_QUIET_MODULES;
    size_t pixel = 0;

    memset(job->row, 0, job->row_size);
    for (long x = -FZ_QR_QUIET_MODULES; x < end; x++) {
        unsigned white = fz_qr_is_dark(job->qr, x, y) ? 0 : 0x80;
        for (size_t i = 0; i < job->scale; i++, pixel++) {
            job->row[pixel / 8] |= (unsigned char)(white >> (pixel % 8));
        }
    }
}

/* Between setjmp and here no local variable changes, so none can be lost by the jump. */
static void put_image(png_structp png, png_infop info, struct png_job *job)
{
    png_uint_32 side = (png_uint_32)png_side(job);
    long end = (long)job->qr->width + FZ_QR_QUIET_MODULES;

    png_init_io(png, job->file);
    png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (long y = -FZ_QR_QUIET_MODULES; y < end; y++) {
        fill_row(job, y);
        for (size_t line = 0; line < job->scale; line++) {
            png_write_row(png, job->row);
        }
    }
    png_write_end(png, info);
}

static fz_rc write_image(struct png_job *job, struct fz_err *err)
{
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, job, on_png_error, on_png_warning);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    fz_rc rc = FZ_OK;

    if (info == NULL) {
        png_destroy_write_struct(&png, NULL);
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a PNG");
    }
    if (setjmp(png_jmpbuf(png)) == 0) {
        put_image(png, info, job);
    } else {
        rc = fz_fail(err, FZ_IO, "cannot write the PNG: %s", job->message);
    }
    png_destroy_write_struct(&png, &info);
    return rc;
}

/* Writes everything to `file` and closes it. */
static fz_rc write_file(struct png_job *job, FILE *file, struct fz_err *err)
{
    fz_rc rc = FZ_OK;

    job->file = file;
    job->row_size = (png_side(job) + 7) / 8;
    job->row = malloc(job->row_size);
    if (job->row == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory for a PNG");
    } else {
        rc = write_image(job, err);
    }
    free(job->row);
    if (rc == FZ_OK && (fflush(file) != 0 || fsync(fileno(file)) != 0)) {
        rc = fz_fail(err, FZ_IO, "cannot write the PNG: %s", strerror(errno));
    }
    if (fclose(file) != 0 && rc == FZ_OK) {
        rc = fz_fail(err, FZ_IO, "cannot write the PNG: %s", strerror(errno));
    }
    return rc;
}

fz_rc fz_qr_write_png(const struct fz_qr *qr, const char *path, unsigned scale, struct fz_err *err)
{
    struct png_job job = {.qr = qr, .scale = scale};
    char temporary[PATH_MAX];
    fz_rc rc = FZ_OK;

    if (scale == 0 || scale > FZ_QR_SCALE_MAX) {
        return fz_fail(err, FZ_LIMIT, "a scale of %u is not 1 to %d", scale, FZ_QR_SCALE_MAX);
    }
    int need = snprintf(temporary, sizeof(temporary), "%s.%ld.part", path, (long)getpid());
    if (need < 0 || (size_t)need >= sizeof(temporary)) {
        return fz_fail(err, FZ_IO, "the path of the PNG is too long");
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (file == NULL) {
        rc = fz_fail(err, FZ_IO, "cannot create %s: %s", temporary, strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(temporary);
        }
        return rc;
    }
    rc = write_file(&job, file, err);
    if (rc == FZ_OK && rename(temporary, path) != 0) {
        rc = fz_fail(err, FZ_IO, "cannot create %s: %s", path, strerror(errno));
    }
    if (rc != FZ_OK) {
        (void)unlink(temporary);
    }
    return rc;
}
