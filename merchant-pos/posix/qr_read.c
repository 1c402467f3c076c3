/*
 * merchant-pos/posix: PNG by libpng, then QR by libzbar.
 */
#include "merchant-pos/posix/qr_read.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

struct picture {
    unsigned width, height;
    unsigned char *grey; /* one byte per pixel; owned */
};

static fz_rc decode_png(FILE *file, const char *path, struct picture *picture, struct fz_err *err)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_color white = {255, 255, 255};
    fz_rc rc = FZ_OK;

    if (!png_image_begin_read_from_stdio(&image, file)) {
        return fz_fail(err, FZ_FORMAT, "%.120s is no PNG: %s", path, image.message);
    }
    image.format = PNG_FORMAT_GRAY;
    if ((uint64_t)image.width * image.height > FZ_QR_PIXELS_MAX) {
        rc = fz_fail(err, FZ_LIMIT, "%.120s is too large a picture", path);
    } else {
        picture->grey = malloc(PNG_IMAGE_SIZE(image));
        picture->width = image.width;
        picture->height = image.height;
        if (picture->grey == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for the picture");
        } else if (!png_image_finish_read(&image, &white, picture->grey, 0, NULL)) {
            rc = fz_fail(err, FZ_FORMAT, "%.120s is a broken PNG: %s", path, image.message);
        }
    }
    png_image_free(&image);
    return rc;
}

/* Takes over a symbol's bytes; a second one must say the same. */
static fz_rc take_symbol(
    const zbar_symbol_t *symbol, char *text_out, size_t size, size_t *len_out, struct fz_err *err)
{
    const char *data = zbar_symbol_get_data(symbol);
    size_t len = zbar_symbol_get_data_length(symbol);

    if (len >= size || memchr(data, '\0', len) != NULL) {
        return fz_fail(err, FZ_LIMIT, "the symbol's content is no payment code");
    }
    if (*len_out > 0 && (len != *len_out || memcmp(text_out, data, len) != 0)) {
        return fz_fail(err, FZ_FORMAT, "the picture holds several codes");
    }
    memcpy(text_out, data, len);
    text_out[len] = '\0';
    *len_out = len;
    return FZ_OK;
}

static fz_rc scan(zbar_image_scanner_t *scanner,
                  zbar_image_t *image,
                  char *text_out,
                  size_t size,
                  size_t *len_out,
                  struct fz_err *err)
{
    fz_rc rc = FZ_OK;

    if (zbar_scan_image(scanner, image) < 0) {
        return fz_fail(err, FZ_FORMAT, "the picture cannot be scanned");
    }
    for (const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
         symbol != NULL && rc == FZ_OK; symbol = zbar_symbol_next(symbol)) {
        if (zbar_symbol_get_type(symbol) == ZBAR_QRCODE) {
            rc = take_symbol(symbol, text_out, size, len_out, err);
        }
    }
    if (rc == FZ_OK && *len_out == 0) {
        rc = fz_fail(err, FZ_FORMAT, "the picture holds no QR code");
    }
    return rc;
}

static fz_rc decode_qr(
    const struct picture *picture, char *text_out, size_t size, size_t *len_out, struct fz_err *err)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    fz_rc rc;

    if (scanner == NULL || image == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory for the scanner");
        goto out;
    }
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1); /* no guessing */
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, picture->width, picture->height);
    zbar_image_set_data(image, picture->grey, (unsigned long)picture->width * picture->height,
                        NULL);
    rc = scan(scanner, image, text_out, size, len_out, err);
out:
    if (image != NULL) {
        zbar_image_destroy(image);
    }
    if (scanner != NULL) {
        zbar_image_scanner_destroy(scanner);
    }
    return rc;
}

fz_rc fz_qr_read_png(
    const char *path, char *text_out, size_t size, size_t *len_out, struct fz_err *err)
{
    struct picture picture = {0};
    FILE *file = fopen(path, "rbe");

    *len_out = 0;
    text_out[0] = '\0';
    if (file == NULL) {
        return fz_fail(err, FZ_IO, "cannot read %.120s: %s", path, strerror(errno));
    }
    fz_rc rc = decode_png(file, path, &picture, err);

    fclose(file);
    if (rc == FZ_OK) {
        rc = decode_qr(&picture, text_out, size, len_out, err);
    }
    free(picture.grey);
    return rc;
}
