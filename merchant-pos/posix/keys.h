/*
 * merchant-pos/posix: a terminal in raw mode and its keys. A bar-code scanner types like a person,
 * only faster: what comes in one burst and ends with Enter is a scan, whatever was typed before.
 */
#ifndef FEEZERO_POSIX_KEYS_H
#define FEEZERO_POSIX_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_KEYS_SCAN_MAX 600
#define FZ_KEYS_SCAN_MIN 16 /* nobody types so many characters in a burst */
#define FZ_KEYS_BURST_GAP_MS 50

enum fz_key_kind {
    FZ_KEY_CHARACTER,
    FZ_KEY_ENTER,
    FZ_KEY_BACK,
    FZ_KEY_ESCAPE, /* also Ctrl-C */
    FZ_KEY_UP,
    FZ_KEY_DOWN,
    FZ_KEY_SCAN /* the text is in fz_keys.scan */
};

struct fz_key {
    enum fz_key_kind kind;
    char character;
};

/* Told once per key. */
typedef void (*fz_key_fn)(const struct fz_key *key, void *ctx);

struct fz_keys {
    int fd;
    bool is_raw;
    bool is_gone; /* the terminal has hung up */
    struct termios before;
    int64_t last_ms;
    size_t burst_len; /* typed, and not told yet: it may become a scan */
    char burst[FZ_KEYS_SCAN_MAX];
    char scan[FZ_KEYS_SCAN_MAX + 1];
};

/* Puts the terminal into raw mode. FZ_CONFIG: it is none. */
FZ_MUSTUSE fz_rc fz_keys_init(struct fz_keys *keys, int fd, struct fz_err *err);

/* Restores it; may be called twice. */
void fz_keys_fini(struct fz_keys *keys);

/* Reads what is there without waiting, and tells `each`. `now_ms` is a clock that only goes on. */
void fz_keys_read(struct fz_keys *keys, int64_t now_ms, fz_key_fn each, void *ctx);

#endif
