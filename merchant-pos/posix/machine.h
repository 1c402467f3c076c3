/*
 * merchant-pos/posix: the machine around the till client on Linux: folder, key, connection, clock
 * and the keyboard's Ctrl-C, given to the client as its ports. Shared by fz-pos and fz-wallet.
 */
#ifndef FEEZERO_POSIX_MACHINE_H
#define FEEZERO_POSIX_MACHINE_H

#include <signal.h>

#include "feezero/crypto.h"
#include "feezero/pos.h"
#include "merchant-pos/posix/home.h"
#include "merchant-pos/posix/http.h"

#define FZ_MACHINE_DAY_MS INT64_C(86400000)

struct fz_machine {
    struct fz_home home;
    struct fz_key *key;
    struct fz_http *http;
    struct fz_http_pump pump; /* run is NULL: there is none */
    struct fz_err trouble;    /* the latest exchange without an answer; rc is FZ_OK if it had one */
    struct fz_pos pos;
};

/* How often Ctrl-C (or SIGTERM) came: 1 wants to stop waiting, 2 wants out. */
extern volatile sig_atomic_t fz_machine_stop;

/* Installs the handlers for SIGINT and SIGTERM. */
void fz_machine_catch_signals(void);

/*
 * Opens an enrolled folder: settings, key, journal, connection, client. `role` is the role its key
 * must have. `notice` may be NULL. FZ_CONFIG: not enrolled, or another role.
 */
FZ_MUSTUSE fz_rc fz_machine_open(struct fz_machine *machine,
                                 const char *dir,
                                 const char *role,
                                 uint32_t patience_ms,
                                 void (*notice)(void *ctx, const struct fz_pos_outcome *outcome),
                                 struct fz_err *err);

/*
 * Connects a folder whose settings (url, ca, key_id) and key are already in *machine: what
 * enrolling needs. Opens the journal too.
 */
FZ_MUSTUSE fz_rc fz_machine_connect(struct fz_machine *machine,
                                    uint32_t patience_ms,
                                    void (*notice)(void *ctx, const struct fz_pos_outcome *outcome),
                                    struct fz_err *err);

/* Runs `pump` beside every request and while waiting, so that a screen stays alive. */
FZ_MUSTUSE fz_rc fz_machine_set_pump(struct fz_machine *machine,
                                     const struct fz_http_pump *pump,
                                     struct fz_err *err);

/* Closes what is open. */
void fz_machine_close(struct fz_machine *machine);

/* The town's day that contains `at_ms`. */
void fz_machine_day_of(const struct fz_machine *machine,
                       int64_t at_ms,
                       struct fz_pos_span *day_out);

/* Now, by the switch's clock as far as it is known. */
int64_t fz_machine_now_ms(const struct fz_machine *machine);

#endif
