/*
 * merchant-pos/posix: giving money back, and settling what an earlier run left behind.
 */
#include "feezero/limits.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"

static struct fz_id intent;
static int64_t amount;

static enum fz_exit void_body(struct fz_session *session)
{
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_void(&session->machine->pos, &intent, &outcome, &err);

    return fz_say_result(&session->say, rc, &outcome, &err);
}

static enum fz_exit refund_body(struct fz_session *session)
{
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc = fz_pos_refund(&session->machine->pos, &intent, amount, &outcome, &err);

    return fz_say_result(&session->say, rc, &outcome, &err);
}

enum fz_exit fz_till_void(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_TILL_ROLE, void_body);
}

enum fz_exit fz_till_refund(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &intent)) {
        return fz_options_wrong("INTENT is a lower-case UUID", options->arguments[0]);
    }
    if (!fz_options_number(options->arguments[1], FZ_AMOUNT_MIN, FZ_AMOUNT_MAX, &amount)) {
        return fz_options_wrong("AMOUNT is a number of yen", options->arguments[1]);
    }
    return fz_session_run(options, FZ_TILL_ROLE, refund_body);
}

static void say_each(const struct fz_pos_outcome *outcome, void *ctx)
{
    const struct fz_say *say = ctx;

    (void)fz_say_outcome(say, outcome);
}

static enum fz_exit resume_body(struct fz_session *session)
{
    struct fz_err err = {.rc = FZ_OK};
    bool keep_open = session->options->text[FZ_OPTION_KEEP_OPEN] != NULL;

    if (fz_pos_unsettled(&session->machine->pos, 0) == NULL && !session->options->json) {
        printf("%s\n", fz_say_phrase(&session->say, FZ_PHRASE_NOTHING_OPEN));
    }
    fz_rc rc = fz_pos_resume(&session->machine->pos, keep_open, say_each, &session->say, &err);

    if (rc == FZ_OUTCOME_UNKNOWN) {
        fprintf(stderr, "%s\n", fz_say_phrase(&session->say, FZ_PHRASE_LOST_OUTCOME));
        return FZ_EXIT_LATER;
    }
    return rc == FZ_OK ? FZ_EXIT_DONE : fz_say_failure(&session->say, rc, &err);
}

enum fz_exit fz_till_resume(const struct fz_options *options)
{
    return fz_session_run(options, FZ_TILL_ROLE, resume_body);
}
