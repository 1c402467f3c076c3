/*
 * merchant-pos/posix: the journal as a file. One write per record and a sync before it returns; the
 * lock is held only while a record is written, so that two programs can share a till's folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merchant-pos/posix/home.h"

/* Makes the file's name durable too. */
static int sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);

    if (fd >= 0) {
        close(fd);
    }
    return result;
}

fz_rc fz_home_journal_open(struct fz_home *home, struct fz_err *err)
{
    char path[FZ_HOME_PATH_MAX];

    fz_home_path(home, "journal", path);
    home->journal_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (home->journal_fd < 0 || sync_folder(home->dir) != 0) {
        return fz_fail(err, FZ_IO, "cannot open %s: %s", path, strerror(errno));
    }
    return FZ_OK;
}

fz_rc fz_home_journal_read(void *ctx,
                           uint64_t offset,
                           uint8_t *bytes_out,
                           size_t size,
                           size_t *len_out,
                           struct fz_err *err)
{
    const struct fz_home *home = ctx;
    size_t len = 0;

    while (len < size) {
        ssize_t got = pread(home->journal_fd, bytes_out + len, size - len, (off_t)(offset + len));

        if (got == 0) {
            break;
        }
        if (got > 0) {
            len += (size_t)got;
        } else if (errno != EINTR) {
            return fz_fail(err, FZ_IO, "cannot read the journal: %s", strerror(errno));
        }
    }
    *len_out = len;
    return FZ_OK;
}

fz_rc fz_home_journal_write(
    void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err)
{
    const struct fz_home *home = ctx;

    while (len > 0) {
        ssize_t put = pwrite(home->journal_fd, bytes, len, (off_t)offset);

        if (put > 0) {
            bytes += put;
            offset += (uint64_t)put;
            len -= (size_t)put;
        } else if (put < 0 && errno != EINTR) {
            return fz_fail(err, FZ_IO, "cannot write the journal: %s", strerror(errno));
        }
    }
    if (fdatasync(home->journal_fd) != 0) {
        return fz_fail(err, FZ_IO, "cannot sync the journal: %s", strerror(errno));
    }
    return FZ_OK;
}

fz_rc fz_home_journal_lock(void *ctx, struct fz_err *err)
{
    const struct fz_home *home = ctx;

    while (flock(home->journal_fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            return fz_fail(err, FZ_IO, "cannot lock the journal: %s", strerror(errno));
        }
    }
    return FZ_OK;
}

void fz_home_journal_unlock(void *ctx)
{
    const struct fz_home *home = ctx;

    (void)flock(home->journal_fd, LOCK_UN); /* fails only for a descriptor that is none */
}
