/*
 * Test room. Random histories: every kind of command, with duplicates, changed bodies, tombstones,
 * deadlines, clocks that jump. The same seed gives the same history, whoever carries it out.
 */
#ifndef TESTS_CORE_GENERATOR_H
#define TESTS_CORE_GENERATOR_H

#include "tests/core/model.h"

#define HISTORY_LEN 600
#define HISTORY_BATCH_MAX 512

struct history {
    uint64_t seed;
    uint64_t random;
    int64_t now_us;
    bool wild, few;
    struct model *model; /* carries out the same commands, to know what to refer to */
    struct fz_command past[HISTORY_LEN];
    unsigned past_len;
};

/* Starts a history over: model, accounts of four residents and three shops, the clock. */
void history_begin(struct history *history, uint64_t seed);

/*
 * The same, with what a real database is not put through: accounts near the end of 63 bits, a
 * consortium account that is missing, pending amounts, other time zones, batches up to the largest.
 */
void history_begin_wild(struct history *history, uint64_t seed);
void history_end(struct history *history);

/* Makes the next batch; returns its length, 0 when the history is over. */
unsigned history_batch(struct history *history, struct fz_command commands[HISTORY_BATCH_MAX]);

/* Lets the clock go on, stand still or go back. */
void history_advance(struct history *history);

/*
 * Picks an account and gives it another state and hold, in the model (in a wild history pending
 * amounts too); NULL: not this time.
 */
struct model_account *history_disturb(struct history *history);

/* Ends the test, naming seed and command, unless the two results are equal in every field. */
void expect_same_result(const struct history *history,
                        unsigned at,
                        const struct fz_result *got,
                        const struct fz_result *want);

#endif
