/*
 * Test room. Who is told of a batch: the waiters of its own worker by the engine's announcement,
 * those of other workers by the writer's hint. Both also of what was found decided: whoever decided
 * it may have lost the answer to its COMMIT, or its life.
 */
#include "ledger/core/state.h"
#include "tests/engine/sim.h"

void sim_told_begin(struct sim_told *told)
{
    told->hinted = -1;
}

void sim_told_decide(struct sim_told *told,
                     const struct fz_state *state,
                     struct fz_command *const *commands,
                     unsigned len)
{
    told->state = state;
    told->found_decided = false;
    for (unsigned i = 0; i < len; i++) {
        told->found_decided = told->found_decided || commands[i]->replayed;
    }
}

void sim_told_hint(struct sim_told *told, const struct fz_state *state)
{
    if (told->state == state) {
        told->hinted = state->head.last_event;
    }
}

void sim_told_end(struct sim_told *told, struct sim_order *const *batch, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        if (batch[i]->event > 0 && batch[i]->event > told->hinted) {
            sim_violation("order %u added event %lld, and the hint says %lld", batch[i]->index,
                          (long long)batch[i]->event, (long long)told->hinted);
        }
        sim.totals.hinted += batch[i]->event > 0;
    }
    if (told->found_decided && told->hinted < 0) {
        sim_violation("what was found decided is not hinted at: its worker may be dead");
    }
}

void sim_told_announce(struct sim_told *told,
                       int32_t community,
                       const struct fz_id *intents,
                       unsigned len)
{
    sim.totals.announced += len;
    if (len == 0 || len > FZ_BATCH_MAX || !sim_books_has(community)) {
        sim_violation("%u events of community %d announced", len, (int)community);
    }
    for (unsigned i = 0; i < len; i++) {
        if (fz_id_is_zero(&intents[i])) {
            sim_violation("an event of no intent announced");
        }
        told->announced[i] = intents[i];
    }
    told->announced_len = len;
}

void sim_told_answer(const struct sim_told *told, const struct fz_command *command)
{
    unsigned i = 0;
    if (command->result.state == 0 || fz_id_is_zero(&command->ref)) {
        return;
    }
    while (i < told->announced_len && !fz_id_equal(&told->announced[i], &command->ref)) {
        i++;
    }
    if (i == told->announced_len) {
        sim_violation("an intent of a batch is not announced");
    }
    sim.totals.found_again += command->replayed;
}
