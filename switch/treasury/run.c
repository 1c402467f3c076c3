/*
 * switch/treasury: connections and results of one run.
 */
#include "switch/treasury/run.h"

#include <inttypes.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/calendar.h"
#include "ledger/store/poll_loop.h"
#include "switch/treasury/day.h"

#define APPLICATION_NAME "fz"

fz_rc fz_run_open(struct fz_run *run, const char *role, struct fz_err *err)
{
    fz_assert(run->session == NULL);
    fz_rc rc = fz_session_create(run->conninfo, role, APPLICATION_NAME, &run->session, err);
    /* Who only reads may look at anything. */
    if (rc == FZ_OK && role != NULL && strcmp(role, FZ_TREASURY_ROLE) == 0) {
        rc = fz_session_require_durable(run->session, err);
    }
    return rc;
}

fz_rc fz_run_open_town(struct fz_run *run, const char *role, struct fz_err *err)
{
    fz_rc rc = fz_run_open(run, role, err);
    if (rc == FZ_OK) {
        rc = fz_admin_community_get(run->session, run->community, &run->town, err);
    }
    return rc;
}

fz_rc fz_run_commit(struct fz_run *run,
                    struct fz_command *const *commands,
                    unsigned len,
                    struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    if (run->writer == NULL) {
        rc = fz_sync_writer_create(run->conninfo, FZ_TREASURY_ROLE, APPLICATION_NAME, &run->writer,
                                   err);
    }
    if (rc == FZ_OK) {
        rc = fz_sync_commit(run->writer, run->community, commands, len, err);
    }
    return rc;
}

void fz_run_close(struct fz_run *run)
{
    fz_sync_writer_destroy(&run->writer);
    fz_session_destroy(&run->session);
}

int64_t fz_run_day(const struct fz_run *run, int64_t time_us)
{
    return fz_business_day(time_us, run->town.utc_offset_s);
}

int64_t fz_run_today(const struct fz_run *run)
{
    return fz_run_day(run, fz_now_us());
}

int fz_exit_status(fz_rc rc)
{
    if (rc == FZ_BAD_FIELD) {
        return 2;
    }
    if (rc == FZ_CONFIG) {
        return 78;
    }
    if (rc == FZ_AUDIT || rc == FZ_LIMIT) {
        return 1;
    }
    switch (fz_rc_info(rc)->class) {
    case FZ_CLASS_OK:
        return 0;
    case FZ_CLASS_REJECT:
    case FZ_CLASS_BADREQ:
        return 1;
    case FZ_CLASS_RETRY:
        return 75;
    case FZ_CLASS_FAIL:
        return rc == FZ_IO || rc == FZ_NO_MEMORY ? 75 : 70;
    }
    FZ_UNREACHABLE();
}

fz_rc fz_run_refused(const struct fz_result *result, struct fz_err *err)
{
    const char *text = fz_rc_info(result->rc)->en;
    fz_assert(result->rc != FZ_OK);
    if (result->rc == FZ_INSUFFICIENT_FUNDS) {
        return fz_fail(err, result->rc, "%s: %" PRId64 " yen are there", text, result->value);
    }
    return fz_fail(err, result->rc, "%s", text);
}
