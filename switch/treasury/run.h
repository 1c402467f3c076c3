/*
 * switch/treasury: one run of `fz`. What a duty works with: the arguments, the output, and the
 * connections, which are opened when the duty asks for them.
 */
#ifndef FZ_SWITCH_TREASURY_RUN_H
#define FZ_SWITCH_TREASURY_RUN_H

#include "feezero/ledger.h"
#include "ledger/store/admin_community.h"
#include "ledger/store/session.h"
#include "switch/treasury/arguments.h"
#include "switch/treasury/output.h"

#define FZ_TREASURY_ROLE "fz_treasury"
#define FZ_AUDIT_ROLE "fz_audit"

struct fz_sync_writer;

struct fz_run {
    const struct fz_arguments *arguments;
    const char *conninfo;
    int32_t community;
    struct fz_output output;
    struct fz_session *session; /* NULL until opened */
    struct fz_sync_writer *writer;
    struct fz_community_row town; /* set by fz_run_open_town() */
};

/* Opens the session in a role of sql/roles.sql, NULL: the login's own. As fz_session_create(). */
FZ_MUSTUSE fz_rc fz_run_open(struct fz_run *run, const char *role, struct fz_err *err);

/* The same, and reads run->town. FZ_NOT_FOUND: there is no such community. */
FZ_MUSTUSE fz_rc fz_run_open_town(struct fz_run *run, const char *role, struct fz_err *err);

/* Books commands; results as fz_sync_commit(). No transaction of the session should be open. */
FZ_MUSTUSE fz_rc fz_run_commit(struct fz_run *run,
                               struct fz_command *const *commands,
                               unsigned len,
                               struct fz_err *err);

/* Closes what was opened. */
void fz_run_close(struct fz_run *run);

/* The community's business day now. */
int64_t fz_run_today(const struct fz_run *run);

/* The business day of a time of the ledger. */
int64_t fz_run_day(const struct fz_run *run, int64_t time_us);

/* The process's exit status for a result. */
int fz_exit_status(fz_rc rc);

/*
 * The refusal of a command as an error: err gets the code and its English text, with what is known
 * beside it. Returns result->rc, which is not FZ_OK.
 */
fz_rc fz_run_refused(const struct fz_result *result, struct fz_err *err);

#endif
