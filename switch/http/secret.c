/*
 * Room switch/http. Reads a secret from its file.
 */
#include "switch/http/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feezero/crypto.h"

static fz_rc
read_bytes(int fd, const char *path, uint8_t *bytes_out, size_t len, struct fz_err *err)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode) || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fz_fail(err, FZ_CONFIG, "%s: must be a file that only its owner may use (0600)",
                       path);
    }
    if ((uintmax_t)status.st_size != len || read(fd, bytes_out, len) != (ssize_t)len) {
        fz_wipe(bytes_out, len);
        return fz_fail(err, FZ_CONFIG, "%s: must have %zu bytes, no more and no less", path, len);
    }
    return FZ_OK;
}

fz_rc fz_secret_load(const char *path, uint8_t *bytes_out, size_t len, struct fz_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fz_fail(err, FZ_CONFIG, "%s: %s", path, strerror(errno));
    }
    fz_rc rc = read_bytes(fd, path, bytes_out, len, err);
    (void)close(fd); /* it was only read */
    return rc;
}
