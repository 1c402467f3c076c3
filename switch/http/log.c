/*
 * The log writer. A line is built on the stack and written with one write(2); lines of one event
 * and level beyond the burst are counted and reported by the next line that is let through.
 */
#include "switch/http/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "feezero/assert.h"

#define RATE_SLOTS 64

/* How often one event was logged in the current window. */
struct rate {
    const char *event; /* compared by address: events are static text */
    enum fz_log_level level;
    int64_t window_start_s;
    unsigned lines;
    unsigned suppressed;
};

static struct {
    const char *program;
    int fd;
    enum fz_log_level level;
    unsigned worker;
    struct rate rates[RATE_SLOTS];
} logger = {.program = "fz", .fd = STDERR_FILENO, .level = FZ_LOG_INFO};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

const char *fz_log_level_name(enum fz_log_level level)
{
    fz_assert((size_t)level < sizeof(level_names) / sizeof(level_names[0]));
    return level_names[level];
}

bool fz_log_level_parse(const char *text, enum fz_log_level *level_out)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *level_out = (enum fz_log_level)i;
            return true;
        }
    }
    return false;
}

fz_rc fz_log_open(const char *program,
                  const char *file,
                  enum fz_log_level level,
                  struct fz_err *err)
{
    int fd = STDERR_FILENO;
    if (file != NULL && file[0] != '\0') {
        fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (fd < 0) {
            return fz_fail(err, FZ_IO, "log file %s: %s", file, strerror(errno));
        }
    }
    if (logger.fd != STDERR_FILENO) {
        (void)close(logger.fd);
    }
    logger.fd = fd;
    logger.program = program;
    logger.level = level;
    return FZ_OK;
}

void fz_log_set_worker(unsigned worker)
{
    logger.worker = worker;
}

bool fz_log_enabled(enum fz_log_level level)
{
    return level <= logger.level;
}

static struct rate *rate_of(const char *event, enum fz_log_level level)
{
    size_t slot = ((uintptr_t)event >> 3) * 31 + (size_t)level;
    struct rate *rate = &logger.rates[slot % RATE_SLOTS];
    if (rate->event != event || rate->level != level) {
        *rate = (struct rate){.event = event, .level = level};
    }
    return rate;
}

/* May this line be written? If so *suppressed_out says how many before it were not. */
static bool rate_allows(const char *event, enum fz_log_level level, unsigned *suppressed_out)
{
    struct rate *rate = rate_of(event, level);
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* the wall clock may be set */
    int64_t now_s = now.tv_sec;
    if (now_s - rate->window_start_s >= FZ_LOG_WINDOW_S) {
        rate->window_start_s = now_s;
        rate->lines = 0;
    }
    if (rate->lines >= FZ_LOG_BURST) {
        rate->suppressed++;
        return false;
    }
    rate->lines++;
    *suppressed_out = rate->suppressed;
    rate->suppressed = 0;
    return true;
}

/* Appends to line[*len]; what does not fit is cut. One byte is kept for the newline. */
__attribute__((format(printf, 3, 0))) static void
append_va(char line[FZ_LOG_LINE_MAX], size_t *len, const char *format, va_list args)
{
    size_t room = FZ_LOG_LINE_MAX - 1 - *len;
    int n = vsnprintf(line + *len, room, format, args);
    if (n > 0) {
        *len += (size_t)n < room ? (size_t)n : room - 1;
    }
}

__attribute__((format(printf, 3, 4))) static void
append(char line[FZ_LOG_LINE_MAX], size_t *len, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append_va(line, len, format, args);
    va_end(args);
}

static void append_head(char line[FZ_LOG_LINE_MAX],
                        size_t *len,
                        const struct timespec *now,
                        enum fz_log_level level)
{
    struct tm tm;
    if (gmtime_r(&now->tv_sec, &tm) == NULL) {
        memset(&tm, 0, sizeof(tm));
    }
    append(line, len, "ts=%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ lvl=%s prog=%s", tm.tm_year + 1900,
           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, now->tv_nsec / 1000000,
           level_names[level], logger.program);
    if (logger.worker != 0) {
        append(line, len, " worker=%u", logger.worker);
    }
    append(line, len, " pid=%ld", (long)getpid());
}

/* A line is a line: whatever came in through the arguments, it cannot start another one. */
static void clean_line(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = '?';
        }
    }
}

void fz_log(
    enum fz_log_level level, const char *event, const char *request_id, const char *format, ...)
{
    int saved_errno = errno;
    char line[FZ_LOG_LINE_MAX];
    size_t len = 0;
    unsigned suppressed = 0;
    struct timespec now;
    if (!fz_log_enabled(level)) {
        return;
    }
    if (!rate_allows(event, level, &suppressed)) {
        return;
    }
    (void)clock_gettime(CLOCK_REALTIME, &now);
    append_head(line, &len, &now, level);
    if (request_id != NULL) {
        append(line, &len, " req=%s", request_id);
    }
    append(line, &len, " ev=%s", event);
    if (suppressed > 0) {
        append(line, &len, " suppressed=%u", suppressed);
    }
    va_list args;
    append(line, &len, " ");
    va_start(args, format);
    append_va(line, &len, format, args);
    va_end(args);
    clean_line(line, len);
    line[len++] = '\n';
    if (write(logger.fd, line, len) < 0) {
        /* Nowhere left to say so; payments go on without a log. */
        errno = 0;
    }
    errno = saved_errno;
}

void fz_log_err(enum fz_log_level level,
                const char *event,
                const char *request_id,
                const struct fz_err *err)
{
    char message[2 * sizeof(err->msg)];
    fz_log(level, event, request_id, "rc=%s at=%s:%d msg=%s", fz_rc_info(err->rc)->name,
           err->file != NULL ? err->file : "?", err->line,
           fz_log_quote(err->msg, message, sizeof(message)));
}

static bool needs_quotes(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at <= 0x20 || *at == '"' || *at == '=' || *at == 0x7f) {
            return true;
        }
    }
    return text[0] == '\0';
}

const char *fz_log_quote(const char *text, char *out, size_t out_size)
{
    fz_assert(out_size >= 8);
    size_t len = 0;
    bool quoted = needs_quotes(text);
    if (quoted) {
        out[len++] = '"';
    }
    for (const char *at = text; *at != '\0' && len + 4 <= out_size; at++) {
        if (*at == '"' || *at == '\\') {
            out[len++] = '\\';
        }
        out[len++] = (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at;
    }
    if (quoted) {
        out[len++] = '"';
    }
    out[len] = '\0';
    return out;
}
