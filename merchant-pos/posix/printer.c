/*
 * merchant-pos/posix: sending a sheet (see printer.h).
 */
#include "merchant-pos/posix/printer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 3000 /* for a printer that is busy or out of paper, each time it takes nothing */

fz_rc fz_printer_begin(struct fz_printer *printer,
                       enum fz_paper_kind kind,
                       const struct fz_settings *settings,
                       struct fz_err *err)
{
    *printer = (struct fz_printer){.bytes = NULL};
    FILE *stream = open_memstream(&printer->bytes, &printer->len);

    if (stream == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory to print");
    }
    fz_rc rc = fz_paper_init(&printer->paper, kind,
                             (unsigned)strtoul(settings->printer_columns, NULL, 10), stream, err);

    if (rc != FZ_OK) {
        (void)fclose(stream);
        free(printer->bytes);
    }
    return rc;
}

static fz_rc write_all(int fd, const char *bytes, size_t len, struct fz_err *err)
{
    while (len > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        ssize_t written = write(fd, bytes, len);

        if (written > 0) {
            bytes += written;
            len -= (size_t)written;
        } else if (errno == EINTR) {
            continue;
        } else if (errno != EAGAIN) {
            return fz_fail(err, FZ_IO, "cannot print: %s", strerror(errno));
        } else if (poll(&ready, 1, WAIT_MS) == 0) {
            return fz_fail(err, FZ_IO, "the printer takes nothing");
        }
    }
    return FZ_OK;
}

static fz_rc
send_to(const struct fz_printer *printer, const char *target, bool append, struct fz_err *err)
{
    int flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

    if (strcmp(target, "-") == 0) {
        return fflush(stdout) == 0 ? write_all(STDOUT_FILENO, printer->bytes, printer->len, err)
                                   : fz_fail(err, FZ_IO, "cannot print: %s", strerror(errno));
    }
    int fd = open(target, flags | (append ? O_APPEND : O_TRUNC), 0600);

    if (fd < 0) {
        return fz_fail(err, FZ_IO, "cannot print to %.80s: %s", target, strerror(errno));
    }
    fz_rc rc = write_all(fd, printer->bytes, printer->len, err);

    if (close(fd) != 0 && rc == FZ_OK) {
        rc = fz_fail(err, FZ_IO, "cannot print to %.80s: %s", target, strerror(errno));
    }
    return rc;
}

fz_rc fz_printer_send(struct fz_printer *printer,
                      const char *target,
                      bool append,
                      struct fz_err *err)
{
    fz_rc rc = fz_paper_finish(&printer->paper, err);

    if (fclose(printer->paper.stream) != 0 && rc == FZ_OK) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory to print");
    }
    if (rc == FZ_OK) {
        rc = send_to(printer, target, append, err);
    }
    free(printer->bytes);
    printer->bytes = NULL;
    return rc;
}
