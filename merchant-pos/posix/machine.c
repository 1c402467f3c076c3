/*
 * merchant-pos/posix: the ports of the till client on Linux.
 */
#include "merchant-pos/posix/machine.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#define PAUSE_SLICE_MS 100 /* how late Ctrl-C may be noticed while waiting */

volatile sig_atomic_t fz_machine_stop;

static void on_signal(int number)
{
    (void)number;
    if (fz_machine_stop < 2) {
        fz_machine_stop = fz_machine_stop + 1;
    }
}

void fz_machine_catch_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL); /* a reader that is gone shows as a write error */
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static fz_rc port_send(void *ctx,
                       const struct fz_pos_request *request,
                       struct fz_pos_reply *reply,
                       struct fz_err *err)
{
    struct fz_machine *machine = ctx;
    struct fz_err local = {.rc = FZ_OK};
    fz_rc rc = fz_http_send(machine->http, request, reply, &local);

    machine->trouble = local;
    if (fz_machine_stop != 0) {
        machine->trouble = (struct fz_err){.rc = FZ_OK}; /* the person broke it off: no trouble */
    }
    if (rc != FZ_OK && err != NULL) {
        *err = local;
    }
    return rc;
}

static fz_rc port_digest(void *ctx,
                         const void *bytes,
                         size_t len,
                         uint8_t digest_out[FZ_POS_DIGEST_LEN],
                         struct fz_err *err)
{
    (void)ctx, (void)err;
    fz_sha256(bytes, len, digest_out);
    return FZ_OK;
}

static fz_rc port_sign(void *ctx,
                       const void *bytes,
                       size_t len,
                       uint8_t signature_out[FZ_POS_SIGNATURE_LEN],
                       struct fz_err *err)
{
    const struct fz_machine *machine = ctx;

    return fz_key_sign(machine->key, bytes, len, signature_out, err);
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return clock_ms(CLOCK_REALTIME);
}

static bool port_pause(void *ctx, uint32_t duration_ms)
{
    const struct fz_machine *machine = ctx;
    int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + duration_ms;
    struct pollfd keyboard = {.fd = machine->pump.run == NULL ? -1 : machine->pump.fd,
                              .events = POLLIN};

    while (fz_machine_stop == 0) {
        int64_t left_ms = end_ms - clock_ms(CLOCK_MONOTONIC);

        if (left_ms <= 0) {
            return true;
        }
        (void)poll(&keyboard, 1, (int)(left_ms < PAUSE_SLICE_MS ? left_ms : PAUSE_SLICE_MS));
        if (machine->pump.run != NULL) {
            machine->pump.run(machine->pump.ctx);
        }
    }
    return false;
}

static fz_rc port_random(void *ctx, uint8_t *bytes_out, size_t len, struct fz_err *err)
{
    (void)ctx;
    return fz_random(bytes_out, len, err);
}

static fz_rc port_read(void *ctx,
                       uint64_t offset,
                       uint8_t *bytes_out,
                       size_t size,
                       size_t *len_out,
                       struct fz_err *err)
{
    struct fz_machine *machine = ctx;

    return fz_home_journal_read(&machine->home, offset, bytes_out, size, len_out, err);
}

static fz_rc
port_write(void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err)
{
    struct fz_machine *machine = ctx;

    return fz_home_journal_write(&machine->home, offset, bytes, len, err);
}

static fz_rc port_lock(void *ctx, struct fz_err *err)
{
    struct fz_machine *machine = ctx;

    return fz_home_journal_lock(&machine->home, err);
}

static void port_unlock(void *ctx)
{
    struct fz_machine *machine = ctx;

    fz_home_journal_unlock(&machine->home);
}

/* Copies a setting that was checked to fit. */
static void copy(char *out, size_t size, const char *from)
{
    size_t len = strnlen(from, size - 1);

    memcpy(out, from, len);
    out[len] = '\0';
}

fz_rc fz_machine_connect(struct fz_machine *machine,
                         uint32_t patience_ms,
                         void (*notice)(void *ctx, const struct fz_pos_outcome *outcome),
                         struct fz_err *err)
{
    const struct fz_settings *settings = &machine->home.settings;
    struct fz_pos_ports ports = {.ctx = machine,
                                 .send = port_send,
                                 .digest = port_digest,
                                 .sign = port_sign,
                                 .now_ms = port_now,
                                 .pause = port_pause,
                                 .random = port_random,
                                 .read = port_read,
                                 .write = port_write,
                                 .lock = port_lock,
                                 .unlock = port_unlock,
                                 .notice = notice};
    struct fz_pos_identity self = {.shop = ""};

    copy(self.key_id, sizeof self.key_id, settings->key_id);
    copy(self.shop, sizeof self.shop, settings->terminal[0] == '\0' ? "" : settings->party);
    copy(self.terminal, sizeof self.terminal, settings->terminal);
    copy(self.guid, sizeof self.guid, settings->guid);
    fz_rc rc = fz_home_journal_open(&machine->home, err);

    if (rc == FZ_OK) {
        rc = fz_http_create(settings->url, settings->ca, &fz_machine_stop, &machine->http, err);
    }
    if (rc == FZ_OK) {
        rc = fz_pos_open(&machine->pos, &ports, &self, patience_ms, err);
    }
    return rc;
}

fz_rc fz_machine_open(struct fz_machine *machine,
                      const char *dir,
                      const char *role,
                      uint32_t patience_ms,
                      void (*notice)(void *ctx, const struct fz_pos_outcome *outcome),
                      struct fz_err *err)
{
    char path[FZ_HOME_PATH_MAX];
    fz_rc rc;

    machine->key = NULL;
    machine->http = NULL;
    machine->pump.run = NULL;
    machine->trouble.rc = FZ_OK;
    rc = fz_home_init(&machine->home, dir, false, err);
    if (rc == FZ_OK) {
        rc = fz_home_load(&machine->home, err);
    }
    if (rc == FZ_OK && strcmp(machine->home.settings.role, role) != 0) {
        rc = fz_fail(err, FZ_CONFIG, "%s is enrolled as %s, not as %s", dir,
                     machine->home.settings.role, role);
    }
    if (rc == FZ_OK) {
        rc = fz_crypto_init(err);
    }
    if (rc == FZ_OK) {
        fz_home_path(&machine->home, "key.pem", path);
        rc = fz_key_load_private(path, &machine->key, err);
    }
    return rc == FZ_OK ? fz_machine_connect(machine, patience_ms, notice, err) : rc;
}

fz_rc fz_machine_set_pump(struct fz_machine *machine,
                          const struct fz_http_pump *pump,
                          struct fz_err *err)
{
    machine->pump = *pump;
    return fz_http_set_pump(machine->http, pump, err);
}

void fz_machine_close(struct fz_machine *machine)
{
    fz_http_destroy(&machine->http);
    fz_key_destroy(&machine->key);
    fz_home_fini(&machine->home);
}

int64_t fz_machine_now_ms(const struct fz_machine *machine)
{
    return clock_ms(CLOCK_REALTIME) + machine->pos.clock_skew_ms;
}

void fz_machine_day_of(const struct fz_machine *machine, int64_t at_ms, struct fz_pos_span *day_out)
{
    int64_t local_ms = at_ms + fz_home_utc_offset_ms(&machine->home);
    int64_t day = local_ms / FZ_MACHINE_DAY_MS - (local_ms % FZ_MACHINE_DAY_MS < 0 ? 1 : 0);

    day_out->from_ms = day * FZ_MACHINE_DAY_MS - fz_home_utc_offset_ms(&machine->home);
    day_out->to_ms = day_out->from_ms + FZ_MACHINE_DAY_MS;
}
