/*
 * The log: one logfmt line per event, one write(2) per line, so lines of several processes never
 * mix. `ts=2026-12-01T00:00:00.123Z lvl=info prog=fz-switch worker=1 pid=42 req=... ev=commit.batch
 * n=64 us=1830`. No names of people, QR contents, keys or balances belong in it. Lines of one event
 * that come too fast are counted instead of written. Before fz_log_open() lines go to stderr.
 */
#ifndef FZ_SWITCH_HTTP_LOG_H
#define FZ_SWITCH_HTTP_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "feezero/err.h"
#include "feezero/rc.h"

enum fz_log_level {
    FZ_LOG_ERROR, /* page someone */
    FZ_LOG_WARN,  /* look at it tomorrow */
    FZ_LOG_INFO,  /* a change of state */
    FZ_LOG_DEBUG  /* each request */
};

#define FZ_LOG_LINE_MAX 1024 /* longer lines are cut */
#define FZ_LOG_BURST 20      /* lines of one event and level per window */
#define FZ_LOG_WINDOW_S 10   /* then the next line says suppressed=N */

/*
 * `program` is static text. `file` "" or NULL: stderr; else it is opened for appending, mode 0640.
 * FZ_IO if it cannot be; logging then goes on where it went before. Called again it reopens, which
 * is what log rotation needs.
 */
FZ_MUSTUSE fz_rc fz_log_open(const char *program,
                             const char *file,
                             enum fz_log_level level,
                             struct fz_err *err);

/* The number in `worker=`; 0, the default, leaves it out. */
void fz_log_set_worker(unsigned worker);

/* Is a line of this level written at all? To skip costly arguments. */
bool fz_log_enabled(enum fz_log_level level);

/*
 * Writes one line. `event` is static text, "room.what"; `request_id` may be NULL; `format` makes
 * further key=value pairs (texts of unknown content through fz_log_quote). errno is kept. Never
 * fails: a log that cannot be written is no reason to stop paying.
 */
void fz_log(enum fz_log_level level,
            const char *event,
            const char *request_id,
            const char *format,
            ...) __attribute__((format(printf, 4, 5)));

/* Logs a failure with its code, place and message. */
void fz_log_err(enum fz_log_level level,
                const char *event,
                const char *request_id,
                const struct fz_err *err);

/*
 * Makes a logfmt value of any text: in quotes if it has to be, control characters replaced, cut to
 * the buffer. Returns `out`.
 */
const char *fz_log_quote(const char *text, char *out, size_t out_size);

/* "info" and so on; the reverse is false if there is no such level. */
const char *fz_log_level_name(enum fz_log_level level);
FZ_MUSTUSE bool fz_log_level_parse(const char *text, enum fz_log_level *level_out);

#endif
