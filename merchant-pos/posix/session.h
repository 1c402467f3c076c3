/*
 * merchant-pos/posix: one command's life: opens the folder, runs the command, closes. While it
 * runs, trouble with the connection is told on stderr.
 */
#ifndef FEEZERO_POSIX_SESSION_H
#define FEEZERO_POSIX_SESSION_H

#include "merchant-pos/posix/say.h"

struct fz_session {
    const struct fz_options *options;
    struct fz_machine *machine;
    struct fz_say say;
};

/* Runs `body` on an enrolled folder whose key has `role`. Answers the exit code. */
enum fz_exit fz_session_run(const struct fz_options *options,
                            const char *role,
                            enum fz_exit (*body)(struct fz_session *session));

/*
 * Enrols: makes key.pem (or takes the one an earlier try left), sends the one-time code, writes
 * config.ini. `role` is what the code must be for. A lost answer is no harm: run it again.
 */
enum fz_exit fz_session_enrol(const struct fz_options *options, const char *role);

#endif
