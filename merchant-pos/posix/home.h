/*
 * merchant-pos/posix: the folder of one till or wallet: config.ini, key.pem and journal. Knows
 * files and nothing of HTTP. Whoever has the folder is the till, so all in it is for its owner
 * alone.
 */
#ifndef FEEZERO_POSIX_HOME_H
#define FEEZERO_POSIX_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_HOME_PATH_MAX 1024

struct fz_settings {
#define FZ_SETTING(name, size, preset, doc) char name[size];
#include "merchant-pos/posix/settings.def"
#undef FZ_SETTING
};

struct fz_home {
    char dir[FZ_HOME_PATH_MAX - 32];
    int journal_fd; /* -1: not opened */
    struct fz_settings settings;
};

/* Uses `dir`; makes it (mode 0700) when `create` says so. FZ_CONFIG: it is not there. */
FZ_MUSTUSE fz_rc fz_home_init(struct fz_home *home,
                              const char *dir,
                              bool create,
                              struct fz_err *err);

/* Closes the journal. */
void fz_home_fini(struct fz_home *home);

/* "<dir>/<name>" */
void fz_home_path(const struct fz_home *home, const char *name, char out[FZ_HOME_PATH_MAX]);

/* Whether enrolling has written config.ini. */
bool fz_home_is_enrolled(const struct fz_home *home);

/* Sets every setting to its preset. */
void fz_home_set_presets(struct fz_home *home);

/* Reads config.ini. FZ_CONFIG: missing, an unknown key, a value too long, a bad url or number. */
FZ_MUSTUSE fz_rc fz_home_load(struct fz_home *home, struct fz_err *err);

/* Writes config.ini durably, whole or not at all. */
FZ_MUSTUSE fz_rc fz_home_save(const struct fz_home *home, struct fz_err *err);

/* utc_offset_minutes in milliseconds. */
int64_t fz_home_utc_offset_ms(const struct fz_home *home);

/* The storage ports of feezero/pos.h, on the file journal. `ctx` is a struct fz_home. */
FZ_MUSTUSE fz_rc fz_home_journal_open(struct fz_home *home, struct fz_err *err);
fz_rc fz_home_journal_read(void *ctx,
                           uint64_t offset,
                           uint8_t *bytes_out,
                           size_t size,
                           size_t *len_out,
                           struct fz_err *err);
fz_rc fz_home_journal_write(
    void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err);
fz_rc fz_home_journal_lock(void *ctx, struct fz_err *err);
void fz_home_journal_unlock(void *ctx);

#endif
