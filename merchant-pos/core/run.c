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
    fz_run_refresh(run);
}

void fz_run_refresh(struct fz_run *run)
{
    const struct fz_pos *pos = run->pos;

    run->attempt = 0;
    run->hops = 0;
    run->give_up_at_ms =
        pos->patience_ms == 0 ? 0 : pos->ports.now_ms(pos->ports.ctx) + pos->patience_ms;
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
    run->retry_after_s = answer->retry_after_s;
    out->rc = reason;
    if (run->uncertain && out->operation.state == FZ_POS_PREPARED) {
        out->operation.state = FZ_POS_UNKNOWN;
        rc = fz_journal_update(run->pos, &out->operation, err);
    }
    if (is_news) {
        tell(run);
    }
    return rc;
}

/* 1, 2, 4, 8, 15, 30, then 60 seconds, each up to a fifth shorter or longer. */
static fz_rc back_off_ms(struct fz_run *run, uint32_t *ms_out, struct fz_err *err)
{
    static const uint32_t steps_s[] = {1, 2, 4, 8, 15, 30, 60};
    unsigned last = sizeof steps_s / sizeof steps_s[0] - 1;
    uint32_t base_ms = steps_s[run->attempt < last ? run->attempt : last] * 1000;
    uint8_t dice[2];
    fz_rc rc = run->pos->ports.random(run->pos->ports.ctx, dice, sizeof dice, err);

    if (rc != FZ_OK) {
        return rc;
    }
    uint32_t share = (uint32_t)dice[0] << 8 | dice[1];

    *ms_out = base_ms - base_ms / 5 + (uint32_t)((uint64_t)(base_ms / 5 * 2) * share / 65535);
    if (run->retry_after_s > 0 && *ms_out < run->retry_after_s * UINT64_C(1000)) {
        *ms_out = run->retry_after_s > 3600 ? 3600000 : run->retry_after_s * 1000;
    }
    return FZ_OK;
}

/* False: the person, or patience, says that this is enough for now. */
static fz_rc run_pause(struct fz_run *run, bool *go_on_out, struct fz_err *err)
{
    const struct fz_pos_ports *ports = &run->pos->ports;
    uint32_t ms;
    fz_rc rc = back_off_ms(run, &ms, err);

    if (rc != FZ_OK) {
        return rc;
    }
    run->attempt++;
    run->hops = 0;
    run->retry_after_s = 0;
    *go_on_out = run->give_up_at_ms == 0 || ports->now_ms(ports->ctx) + ms <= run->give_up_at_ms;
    if (*go_on_out) {
        *go_on_out = ports->pause(ports->ctx, ms);
    }
    return FZ_OK;
}

/*
 * Patience ended. Where no request can have arrived, that is a final answer too: nothing happened
 * and nothing will.
 */
static fz_rc run_give_up(struct fz_run *run, struct fz_err *err)
{
    struct fz_pos_outcome *out = run->out;
    enum fz_run_turn turn;

    if (!run->uncertain && run->step == FZ_STEP_SEND && out->operation.state == FZ_POS_PREPARED) {
        return fz_run_finish(run, FZ_POS_REFUSED, out->rc == FZ_OK ? FZ_UNAVAILABLE : out->rc,
                             &turn, err);
    }
    if (out->rc == FZ_OK) {
        out->rc = FZ_OUTCOME_UNKNOWN;
    }
    return FZ_OUTCOME_UNKNOWN;
}

fz_rc fz_run(struct fz_run *run, struct fz_err *err)
{
    static const fz_step_fn steps[] = {
        [FZ_STEP_SEND] = fz_step_send,   [FZ_STEP_ASK] = fz_step_ask,
        [FZ_STEP_CLOSE] = fz_step_close, [FZ_STEP_CANCEL] = fz_step_cancel,
        [FZ_STEP_WAIT] = fz_step_wait,
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
        rc = run_pause(run, &go_on, err);
        if (rc != FZ_OK) {
            return rc;
        }
        if (!go_on) {
            return run_give_up(run, err);
        }
    }
}
