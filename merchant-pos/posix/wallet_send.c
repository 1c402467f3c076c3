/*
 * merchant-pos/posix: sending money to another resident, and settling what an earlier run left.
 */
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/wallet.h"

static struct fz_pos_transfer asked;

static enum fz_exit send_money(struct fz_session *session)
{
    const struct fz_say *say = &session->say;
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};
    char amount[FZ_SAY_AMOUNT_SIZE];

    fz_say_warnings(say, 0);
    fz_say_amount(say, asked.amount, amount);
    fprintf(stderr, "%s: %s  %s\n", fz_say_phrase(say, FZ_PHRASE_PAYEE), asked.payee, amount);
    if (session->options->text[FZ_OPTION_YES] == NULL &&
        !fz_say_ask(say, FZ_PHRASE_SEND_QUESTION)) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_DECLINED));
        return FZ_EXIT_REFUSED;
    }
    fz_rc rc = fz_pos_transfer(&session->machine->pos, &asked, &outcome, &err);

    return fz_say_result(say, rc, &outcome, &err);
}

/* "R" and eight digits. */
static bool is_resident(const char *text)
{
    int64_t number;

    return strlen(text) == 9 && text[0] == 'R' && fz_options_number(text + 1, 1, 99999999, &number);
}

enum fz_exit fz_wallet_send(const struct fz_options *options)
{
    const char *id = options->text[FZ_OPTION_ID];

    asked.payee = options->arguments[0];
    asked.message = options->text[FZ_OPTION_MESSAGE];
    if (!is_resident(asked.payee)) {
        return fz_options_wrong("RESIDENT is R and eight digits", asked.payee);
    }
    if (!fz_options_number(options->arguments[1], FZ_AMOUNT_MIN, FZ_AMOUNT_MAX, &asked.amount)) {
        return fz_options_wrong("AMOUNT is a number of yen", options->arguments[1]);
    }
    if (asked.message != NULL && strlen(asked.message) > FZ_POS_MESSAGE_MAX) {
        return fz_options_wrong("--message is too long", NULL);
    }
    if (id != NULL && !fz_options_id(id, &asked.id)) {
        return fz_options_wrong("--id is a lower-case UUID", id);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, send_money);
}

static void say_each(const struct fz_pos_outcome *outcome, void *ctx)
{
    const struct fz_say *say = ctx;

    (void)fz_say_outcome(say, outcome);
}

static enum fz_exit resume(struct fz_session *session)
{
    const struct fz_say *say = &session->say;
    struct fz_err err = {.rc = FZ_OK};

    if (fz_pos_unsettled(&session->machine->pos, 0) == NULL && !session->options->json) {
        printf("%s\n", fz_say_phrase(say, FZ_PHRASE_NOTHING_OPEN));
    }
    fz_rc rc = fz_pos_resume(&session->machine->pos, true, say_each, &session->say, &err);

    if (rc == FZ_OUTCOME_UNKNOWN) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_LOST_OUTCOME));
        return FZ_EXIT_LATER;
    }
    return rc == FZ_OK ? FZ_EXIT_DONE : fz_say_failure(say, rc, &err);
}

enum fz_exit fz_wallet_resume(const struct fz_options *options)
{
    return fz_session_run(options, FZ_WALLET_ROLE, resume);
}
