/*
 * Private keys in PEM files. Reading refuses a file that others could have read; writing never
 * replaces a key and leaves either a whole, synced file or none, also across a power cut: the text
 * goes to a temporary file first, which gets its name when it is on the disk.
 */
#include "include/src/crypto_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "feezero/assert.h"

#define PEM_SIZE_MAX 4096
#define PATH_SIZE 1024 /* of a key's file, its temporary ending included */

static fz_rc fail_errno(struct fz_err *err, const char *what, const char *path)
{
    return fz_fail(err, FZ_IO, "%s %s: %s", what, path, strerror(errno));
}

/* --- reading ---------------------------------------------------------------------------------- */

static fz_rc check_mode(int fd, const char *path, struct fz_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return fail_errno(err, "stat", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return fz_fail(err, FZ_CONFIG, "%s is not a file", path);
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fz_fail(err, FZ_CONFIG, "%s holds a private key but has mode %03o; chmod 600 it",
                       path, (unsigned)(st.st_mode & 0777));
    }
    return FZ_OK;
}

static fz_rc
read_all(int fd, const char *path, char text[PEM_SIZE_MAX], size_t *len_out, struct fz_err *err)
{
    size_t len = 0;
    while (len < PEM_SIZE_MAX) {
        ssize_t got = read(fd, text + len, PEM_SIZE_MAX - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(err, "read", path);
        }
        if (got == 0) {
            *len_out = len;
            return FZ_OK;
        }
        len += (size_t)got;
    }
    return fz_fail(err, FZ_FORMAT, "%s is too large for a key", path);
}

/* OpenSSL would ask for a password on the terminal; a daemon has none. */
static int no_password(char *buffer, int size, int writing, void *ctx)
{
    (void)buffer, (void)size, (void)writing, (void)ctx;
    return -1;
}

static fz_rc parse_pem(const char *text, size_t len, struct fz_key **out, struct fz_err *err)
{
    EVP_PKEY *pair = NULL;
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    if (bio) {
        pair = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    }
    BIO_free(bio);
    if (!pair) {
        return fz_crypto_fail(err, FZ_FORMAT, "no private key in PEM");
    }
    return fz_key_from_pair(pair, out, err);
}

fz_rc fz_key_load_private(const char *path, struct fz_key **out, struct fz_err *err)
{
    *out = NULL;
    char text[PEM_SIZE_MAX];
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail_errno(err, "open", path);
    }
    fz_rc rc = check_mode(fd, path, err);
    if (rc == FZ_OK) {
        rc = read_all(fd, path, text, &len, err);
    }
    if (rc == FZ_OK) {
        rc = parse_pem(text, len, out, err);
    }
    fz_wipe(text, sizeof text);
    (void)close(fd); /* nothing was written */
    return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static fz_rc write_all(int fd, const char *path, const char *text, size_t len, struct fz_err *err)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return fail_errno(err, "write", path);
        }
        text += put;
        len -= (size_t)put;
    }
    return FZ_OK;
}

/* Writes and syncs a new file; removes it again if that fails. */
static fz_rc write_new(const char *path, const char *text, size_t len, struct fz_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_errno(err, "create", path);
    }
    fz_rc rc = write_all(fd, path, text, len, err);
    if (rc == FZ_OK && fsync(fd) != 0) {
        rc = fail_errno(err, "sync", path);
    }
    if (close(fd) != 0 && rc == FZ_OK) {
        rc = fail_errno(err, "close", path);
    }
    if (rc != FZ_OK) {
        (void)unlink(path);
    }
    return rc;
}

static fz_rc sync_folder_of(const char *path, struct fz_err *err)
{
    char copy[PATH_SIZE];
    memcpy(copy, path, strlen(path) + 1); /* its length was checked by the caller */
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(err, "open", folder);
    }
    fz_rc rc = FZ_OK;
    if (fsync(fd) != 0) {
        rc = fail_errno(err, "sync", folder);
    }
    (void)close(fd);
    return rc;
}

/* Puts `text` under a name that must be free: whole, synced, or not at all. */
static fz_rc publish(const char *path, const char *text, size_t len, struct fz_err *err)
{
    char temporary[PATH_SIZE];
    uint8_t random[8];
    char suffix[FZ_HEX_SIZE(sizeof random)];
    fz_rc rc = fz_random(random, sizeof random, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_hex_encode(random, sizeof random, suffix);
    int needed = snprintf(temporary, sizeof temporary, "%s.%s.tmp", path, suffix);
    if (needed < 0 || (size_t)needed >= sizeof temporary) {
        return fz_fail(err, FZ_IO, "the path of the key is too long");
    }
    rc = write_new(temporary, text, len, err);
    if (rc != FZ_OK) {
        return rc;
    }
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
        rc = fail_errno(err, "create", path);
        (void)unlink(temporary);
        return rc;
    }
    return sync_folder_of(path, err);
}

fz_rc fz_key_save_private(const struct fz_key *key, const char *path, struct fz_err *err)
{
    fz_assert(key->private_key != NULL);
    fz_rc rc;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio &&
        PEM_write_bio_PKCS8PrivateKey(bio, key->private_key, NULL, NULL, 0, NULL, NULL) == 1) {
        char *text = NULL;
        long len = BIO_get_mem_data(bio, &text);
        fz_assert(len > 0);
        rc = publish(path, text, (size_t)len, err);
        fz_wipe(text, (size_t)len);
    } else {
        rc = fz_crypto_fail(err, FZ_CRYPTO, "write the key as PEM");
    }
    BIO_free(bio);
    return rc;
}
