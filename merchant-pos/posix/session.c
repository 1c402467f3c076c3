/*
 * merchant-pos/posix: the frame of every command.
 */
#include "merchant-pos/posix/session.h"

#include <stdio.h>

/* One command per process; the client is too large for a stack. */
static struct fz_machine machine;
static struct fz_session session;
static fz_rc told; /* the trouble that was told last */

static void on_notice(void *ctx, const struct fz_pos_outcome *outcome)
{
    const char *detail = machine.trouble.rc == FZ_OK ? "" : machine.trouble.msg;

    (void)ctx;
    if (outcome->rc == told || fz_machine_stop != 0) {
        return;
    }
    told = outcome->rc;
    if (outcome->rc == FZ_OK) {
        fprintf(stderr, "%s\n", fz_say_phrase(&session.say, FZ_PHRASE_CONNECTED_AGAIN));
        return;
    }
    fprintf(stderr, "%s%s%s%s\n", fz_pos_text(outcome, session.options->language),
            *detail == '\0' ? "" : " (", detail, *detail == '\0' ? "" : ")");
}

enum fz_exit fz_session_run(const struct fz_options *options,
                            const char *role,
                            enum fz_exit (*body)(struct fz_session *session))
{
    struct fz_err err = {.rc = FZ_OK};
    enum fz_exit result;

    session = (struct fz_session){
        .options = options, .machine = &machine, .say = {.options = options, .machine = &machine}};
    fz_machine_catch_signals();
    fz_rc rc = fz_machine_open(&machine, options->text[FZ_OPTION_DIR], role,
                               options->patience_s * 1000, on_notice, &err);

    if (rc == FZ_OK) {
        result = body(&session);
    } else {
        result = fz_say_failure(&session.say, rc, &err);
    }
    fz_machine_close(&machine);
    return result;
}
