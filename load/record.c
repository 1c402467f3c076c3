/*
 * load: the two files. One write(2) per line on a descriptor opened with O_APPEND, so a line is
 * there whole or not at all, whatever becomes of this process.
 */
#include "load/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 160

static fz_rc open_one(const char *path, int *fd_out, struct fz_err *err)
{
    *fd_out = -1;
    if (path == NULL) {
        return FZ_OK;
    }
    *fd_out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return *fd_out >= 0 ? FZ_OK : fz_fail(err, FZ_IO, "%s: %s", path, strerror(errno));
}

fz_rc fz_record_open(struct fz_record *record,
                     const char *acknowledged,
                     const char *unknown,
                     struct fz_err *err)
{
    record->unknown_fd = -1;
    fz_rc rc = open_one(acknowledged, &record->acknowledged_fd, err);
    return rc == FZ_OK ? open_one(unknown, &record->unknown_fd, err) : rc;
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void fz_record_close(struct fz_record *record)
{
    close_one(&record->acknowledged_fd);
    close_one(&record->unknown_fd);
}

static fz_rc put_line(int fd, const char *line, int len, struct fz_err *err)
{
    if (fd >= 0 && write(fd, line, (size_t)len) != len) {
        return fz_fail(err, FZ_IO, "a line of the record: %s", strerror(errno));
    }
    return FZ_OK;
}

fz_rc fz_record_acknowledged(struct fz_record *record,
                             const struct fz_record_payment *payment,
                             int64_t number,
                             struct fz_err *err)
{
    char line[LINE_SIZE];
    char id[FZ_ID_TEXT_LEN + 1];
    char intent[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&payment->id, id);
    fz_id_format(&payment->intent, intent);
    int len = snprintf(line, sizeof(line), "%s %s %" PRId64 " %" PRId64 "\n", id, intent,
                       payment->amount, number);
    return put_line(record->acknowledged_fd, line, len, err);
}

fz_rc fz_record_unknown(struct fz_record *record,
                        const struct fz_record_payment *payment,
                        struct fz_err *err)
{
    char line[LINE_SIZE];
    char id[FZ_ID_TEXT_LEN + 1];
    char intent[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&payment->id, id);
    fz_id_format(&payment->intent, intent);
    int len =
        snprintf(line, sizeof(line), "unknown %s %s %" PRId64 "\n", id, intent, payment->amount);
    return put_line(record->unknown_fd, line, len, err);
}

fz_rc fz_record_resolved(struct fz_record *record,
                         const struct fz_id *id,
                         const char *how,
                         struct fz_err *err)
{
    char line[LINE_SIZE];
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(id, text);
    int len = snprintf(line, sizeof(line), "resolved %s %s\n", text, how);
    return put_line(record->unknown_fd, line, len, err);
}
