/*
 * merchant-pos/posix: keys (see keys.h).
 */
#include "merchant-pos/posix/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 256
#define CONTROL_C 3
#define BACKSPACE 8
#define ESCAPE 27
#define DELETE 127

fz_rc fz_keys_init(struct fz_keys *keys, int fd, struct fz_err *err)
{
    struct termios raw;

    *keys = (struct fz_keys){.fd = fd};
    if (tcgetattr(fd, &keys->before) != 0) {
        return fz_fail(err, FZ_CONFIG, "the screen needs a terminal");
    }
    raw = keys->before;
    raw.c_iflag &= (tcflag_t) ~(ICRNL | INLCR | IXON | BRKINT);
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSAFLUSH, &raw) != 0) {
        return fz_fail(err, FZ_CONFIG, "cannot use the terminal: %s", strerror(errno));
    }
    keys->is_raw = true;
    return FZ_OK;
}

void fz_keys_fini(struct fz_keys *keys)
{
    if (keys->is_raw) {
        (void)tcsetattr(keys->fd, TCSAFLUSH, &keys->before);
        keys->is_raw = false;
    }
}

static void tell(enum fz_key_kind kind, char character, fz_key_fn each, void *ctx)
{
    struct fz_key key = {kind, character};

    each(&key, ctx);
}

/* What was typed was typed by a person. */
static void tell_burst(struct fz_keys *keys, fz_key_fn each, void *ctx)
{
    size_t len = keys->burst_len;

    keys->burst_len = 0;
    for (size_t i = 0; i < len; i++) {
        tell(FZ_KEY_CHARACTER, keys->burst[i], each, ctx);
    }
}

static void on_enter(struct fz_keys *keys, fz_key_fn each, void *ctx)
{
    if (keys->burst_len >= FZ_KEYS_SCAN_MIN) {
        memcpy(keys->scan, keys->burst, keys->burst_len);
        keys->scan[keys->burst_len] = '\0';
        keys->burst_len = 0;
        tell(FZ_KEY_SCAN, 0, each, ctx);
        return;
    }
    tell_burst(keys, each, ctx);
    tell(FZ_KEY_ENTER, 0, each, ctx);
}

/* Reads a key that begins with Escape; returns the bytes it took. */
static size_t on_escape(const char *bytes, size_t len, fz_key_fn each, void *ctx)
{
    if (len < 3 || (bytes[1] != '[' && bytes[1] != 'O')) {
        tell(FZ_KEY_ESCAPE, 0, each, ctx);
        return 1;
    }
    size_t end = 2;

    while (end < len && (bytes[end] < '@' || bytes[end] > '~')) {
        end++;
    }
    if (end < len && bytes[end] == 'A') {
        tell(FZ_KEY_UP, 0, each, ctx);
    } else if (end < len && bytes[end] == 'B') {
        tell(FZ_KEY_DOWN, 0, each, ctx);
    } else if (end < len && bytes[end] == 'M' && bytes[1] == 'O') {
        tell(FZ_KEY_ENTER, 0, each, ctx); /* of a number pad */
    }
    return end < len ? end + 1 : len;
}

static size_t
on_bytes(struct fz_keys *keys, const char *bytes, size_t len, fz_key_fn each, void *ctx)
{
    char byte = bytes[0];

    if (byte > ' ' && byte < DELETE) {
        if (keys->burst_len == sizeof keys->burst) {
            keys->burst_len = 0; /* longer than any code: noise */
        }
        keys->burst[keys->burst_len++] = byte;
        return 1;
    }
    if (byte == '\r' || byte == '\n') {
        on_enter(keys, each, ctx);
        return 1;
    }
    tell_burst(keys, each, ctx);
    if (byte == ESCAPE) {
        return on_escape(bytes, len, each, ctx);
    }
    if (byte == CONTROL_C) {
        tell(FZ_KEY_ESCAPE, 0, each, ctx);
    } else if (byte == BACKSPACE || byte == DELETE) {
        tell(FZ_KEY_BACK, 0, each, ctx);
    }
    return 1;
}

void fz_keys_read(struct fz_keys *keys, int64_t now_ms, fz_key_fn each, void *ctx)
{
    char bytes[CHUNK];
    struct pollfd ready = {.fd = keys->fd, .events = POLLIN};

    bool is_waiting = poll(&ready, 1, 0) > 0;

    /* If something waits, it may have waited since long: we were busy, not the person slow. */
    if (!is_waiting && keys->burst_len > 0 && now_ms - keys->last_ms > FZ_KEYS_BURST_GAP_MS) {
        tell_burst(keys, each, ctx);
    }
    for (; is_waiting; is_waiting = poll(&ready, 1, 0) > 0) {
        ssize_t len = (ready.revents & POLLIN) != 0 ? read(keys->fd, bytes, sizeof bytes) : 0;
        if (len <= 0) {
            keys->is_gone = len == 0 || (errno != EINTR && errno != EAGAIN);
            return;
        }
        keys->last_ms = now_ms;
        for (size_t at = 0; at < (size_t)len;) {
            at += on_bytes(keys, bytes + at, (size_t)len - at, each, ctx);
        }
    }
}
