/*
 * The one configuration file, read by `fz-switch` and by `fz`. config.def is the table of keys; the
 * parser, `fz-switch -T`, and docs/man/fz-switch.conf.5 follow it. A key that is not in the table,
 * a key given twice, and a value out of its range are errors that name the line. No libevent here.
 */
#ifndef FZ_SWITCH_HTTP_CONFIG_H
#define FZ_SWITCH_HTTP_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "feezero/err.h"
#include "feezero/rc.h"
#include "switch/http/log.h"

#define FZ_CONFIG_TEXT_MAX 512 /* bytes of a value, with its NUL */
#define FZ_CONFIG_LISTEN_MAX 8 /* addresses of `listen` */

enum fz_config_type {
    FZ_CONFIG_TEXT,   /* any text without control characters; min and max are its length */
    FZ_CONFIG_FILE,   /* the path of a file; relative to the folder of the configuration file */
    FZ_CONFIG_LISTEN, /* HOST:PORT, several separated by spaces; [::1]:8443 for IPv6 */
    FZ_CONFIG_NUMBER, /* decimal, between min and max */
    FZ_CONFIG_LEVEL,  /* error, warn, info, debug */
    FZ_CONFIG_YES_NO  /* yes or no */
};

/* One row of config.def. All text is static. */
struct fz_config_key {
    const char *name;
    enum fz_config_type type;
    const char *preset; /* the default; NULL: `fz-switch` cannot run without the key */
    long min;
    long max;
    bool reloadable; /* SIGHUP takes the new value over; else a restart does */
    const char *doc; /* one or two English sentences */
    size_t offset;   /* of the value in struct fz_config */
};

/* The values in effect. Caller's memory; plain data, may be copied; nothing to free. */
struct fz_config {
    char file[FZ_CONFIG_TEXT_MAX]; /* where it was read from */
    char listen[FZ_CONFIG_TEXT_MAX];
    char tls_certificate[FZ_CONFIG_TEXT_MAX];
    char tls_key[FZ_CONFIG_TEXT_MAX];
    char code_key_file[FZ_CONFIG_TEXT_MAX]; /* "": no codes */
    char database[FZ_CONFIG_TEXT_MAX];      /* libpq's conninfo */
    char log_file[FZ_CONFIG_TEXT_MAX];      /* "": standard error */
    char public_url[FZ_CONFIG_TEXT_MAX];
    long workers;
    long database_readers;
    long stop_timeout_s;
    char webhook_ca[FZ_CONFIG_TEXT_MAX]; /* "": the system's authorities */
    long webhook_timeout_s;
    bool webhook_private;
    enum fz_log_level log_level;
};

/* The row at `index` in the order of the documents, or NULL past the end. */
const struct fz_config_key *fz_config_key_at(size_t index);

/*
 * Reads `file` into *config_out. FZ_CONFIG: cannot be read, or malformed; the message names file,
 * line and key; *config_out is then undefined. A key without a preset that is absent is "": each
 * program checks the ones it needs.
 */
FZ_MUSTUSE fz_rc fz_config_load(const char *file, struct fz_config *config_out, struct fz_err *err);

/* What fz-switch needs beyond fz_config_load(): every key without a preset is there. FZ_CONFIG. */
FZ_MUSTUSE fz_rc fz_config_check_complete(const struct fz_config *config, struct fz_err *err);

/* Writes all keys with their values, in the syntax of the file: reading it again gives the same. */
void fz_config_print(const struct fz_config *config, FILE *out);

/*
 * Takes over the reloadable values of `fresh` into *config. Returns how many keys differ that need
 * a restart, and writes their names, separated by spaces and cut if need be, to `names`.
 */
size_t fz_config_merge(struct fz_config *config,
                       const struct fz_config *fresh,
                       char *names,
                       size_t names_size);

#endif
