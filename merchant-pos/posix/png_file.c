/*
 * merchant-pos/posix: a picture as a PNG file (see png_file.h).
 */
#include "merchant-pos/posix/png_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct png_job {
    const struct fz_png_picture *picture;
    FILE *file;
    unsigned char *row; /* one row of pixels, one bit each */
    size_t row_size;
    char message[96];
};

static size_t width_of(const struct fz_png_picture *picture)
{
    return (size_t)(picture->right - picture->left) * picture->scale;
}

static size_t height_of(const struct fz_png_picture *picture)
{
    return (size_t)(picture->bottom - picture->top) * picture->scale;
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

/* Fills job->row with the pixels of row `y` of squares: 1 is white. */
static void fill_row(struct png_job *job, long y)
{
    const struct fz_png_picture *picture = job->picture;
    size_t pixel = 0;

    memset(job->row, 0, job->row_size);
    for (long x = picture->left; x < picture->right; x++) {
        unsigned white = picture->is_dark(picture->ctx, x, y) ? 0 : 0x80;
        for (size_t i = 0; i < picture->scale; i++, pixel++) {
            job->row[pixel / 8] |= (unsigned char)(white >> (pixel % 8));
        }
    }
}

/* Between setjmp and here no local variable changes, so none can be lost by the jump. */
static void put_image(png_structp png, png_infop info, struct png_job *job)
{
    const struct fz_png_picture *picture = job->picture;

    png_init_io(png, job->file);
    /* zlib's defaults take 256 KiB for a picture of a few thousand bytes. */
    png_set_compression_window_bits(png, 10);
    png_set_compression_mem_level(png, 4);
    png_set_IHDR(png, info, (png_uint_32)width_of(picture), (png_uint_32)height_of(picture), 1,
                 PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (long y = picture->top; y < picture->bottom; y++) {
        fill_row(job, y);
        for (size_t line = 0; line < picture->scale; line++) {
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
    job->row_size = (width_of(job->picture) + 7) / 8;
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

fz_rc fz_png_write(const struct fz_png_picture *picture, const char *path, struct fz_err *err)
{
    struct png_job job = {.picture = picture};
    char temporary[PATH_MAX];
    fz_rc rc = FZ_OK;

    if (picture->scale == 0 || picture->scale > FZ_PNG_SCALE_MAX) {
        return fz_fail(err, FZ_LIMIT, "a scale of %u is not 1 to %d", picture->scale,
                       FZ_PNG_SCALE_MAX);
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
