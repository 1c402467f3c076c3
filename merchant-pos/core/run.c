/*
 * merchant-pos/core: the loop of a run, its back-off and its ends.
 */
#include "merchant-pos/core/run.h"

#include <string.h>

#include "merchant-pos/core/journal.h"

#define HOPS_MAX 8 /* steps in a row; more means the switch contradicts itself */

void fz_run_init(struct fz_run *run,
                 struct fz_pos *pos,
                 enum fz_run_goal goal,
                 enum fz_run_step step,
                 struct fz_pos_outcome *out)
{
    *run = (struct fz_run){.pos = pos, .out = out, .goal = goal, .step = step};
    out->rc = FZ_OK;
}

void fz_run_refresh(struct fz_run *run)
{
    run->hops = 0;
    run->back_off = (struct fz_back_off){.attempt = 0};
}

static void tell(struct fz_run *run)
{
    if (run->pos->ports.notice != NULL) {
        run->pos->ports.notice(run->pos->ports.ctx, run->out);
    }
}

fz_rc fz_run_move(struct fz_run *run, enum fz_pos_state state, struct fz_err *err)
{
    if (run->out->operation.state == state && run->out->rc == FZ_OK) {
        return FZ_OK;
    }
    bool is_new = run->out->operation.state != state;

    run->out->operation.state = state;
    run->out->rc = FZ_OK;
    fz_rc rc = is_new ? fz_journal_update(run->pos, &run->out->operation, err) : FZ_OK;

    tell(run);
    return rc;
}

fz_rc fz_run_finish(struct fz_run *run,
                    enum fz_pos_state state,
                    fz_rc reason,
                    enum fz_run_turn *turn,
                    struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;

    out->raced = run->goal == FZ_GOAL_CANCEL && state == FZ_POS_PAID;
    out->operation.state = state;
    out->operation.rc = reason;
    out->rc = reason;
    *turn = FZ_TURN_STOP;
    return fz_journal_update(run->pos, &out->operation, err);
}

/* As far as the journal knows, not one byte has left. */
static bool is_unsent(enum fz_pos_state state)
{
    return state == FZ_POS_PREPARED || state == FZ_POS_PENDING;
}

fz_rc fz_run_doubt(struct fz_run *run,
                   const struct fz_exchange_answer *answer,
                   enum fz_run_turn *turn,
                   struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;
    fz_rc reason = answer->rc == FZ_OK ? FZ_OUTCOME_UNKNOWN : answer->rc;
    bool is_news = out->rc != reason;
    fz_rc rc = FZ_OK;

    *turn = FZ_TURN_PAUSE;
    run->back_off.retry_after_s = answer->retry_after_s;
    out->rc = reason;
    if (run->uncertain && is_unsent(out->operation.state)) {
        out->operation.state = FZ_POS_UNKNOWN;
        rc = fz_journal_update(run->pos, &out->operation, err);
    }
    if (is_news) {
        tell(run);
    }
    return rc;
}

/*
 * Patience ended. Where no request can have arrived, that is a final answer too: nothing happened
 * and nothing will. Only a void is kept, to be sent when the switch is back: the customer was
 * promised her money.
 */
static fz_rc run_give_up(struct fz_run *run, struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;
    enum fz_run_turn turn;
    fz_rc reason;

    if (run->uncertain || run->step != FZ_STEP_SEND || !is_unsent(out->operation.state)) {
        out->rc = out->rc == FZ_OK ? FZ_OUTCOME_UNKNOWN : out->rc;
        return FZ_OUTCOME_UNKNOWN;
    }
    if (out->operation.kind != FZ_POS_VOID) {
        return fz_run_finish(run, FZ_POS_REFUSED, out->rc == FZ_OK ? FZ_UNAVAILABLE : out->rc,
                             &turn, err);
    }
    reason = out->rc;
    fz_rc rc = fz_run_move(run, FZ_POS_PENDING, err); /* a void is wanted still: keep it */

    out->rc = reason;
    return rc;
}

fz_rc fz_run(struct fz_run *run, struct fz_err *err)
{
    static const fz_step_fn steps[] = {
        [FZ_STEP_SEND] = fz_step_send,   [FZ_STEP_ASK] = fz_step_ask,
        [FZ_STEP_CLOSE] = fz_step_close, [FZ_STEP_CANCEL] = fz_step_cancel,
        [FZ_STEP_WAIT] = fz_step_wait,   [FZ_STEP_WATCH] = fz_step_watch,
    };

    for (;;) {
        enum fz_run_turn turn = FZ_TURN_PAUSE;
        bool go_on = true;
        fz_rc rc = steps[run->step](run, &turn, err);

        if (rc != FZ_OK || turn == FZ_TURN_STOP) {
            return rc;
        }
        if (turn == FZ_TURN_NEXT && ++run->hops < HOPS_MAX) {
            continue;
        }
        run->hops = 0;
        rc = fz_back_off_wait(&run->back_off, run->pos, &go_on, err);
        if (rc != FZ_OK) {
            return rc;
        }
        if (!go_on) {
            return run_give_up(run, err);
        }
    }
}
