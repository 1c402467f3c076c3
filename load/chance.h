/*
 * load: chance that can be repeated from a seed, and whom it falls on. Ids do not come from here.
 */
#ifndef LOAD_CHANCE_H
#define LOAD_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"

/* SplitMix64; the state is the seed at first. */
uint64_t fz_chance_next(uint64_t *state);
uint64_t fz_chance_below(uint64_t *state, uint64_t sides); /* 0 to sides - 1 */
double fz_chance_unit(uint64_t *state);                    /* 0 to below 1 */

enum fz_choice_kind {
    FZ_CHOICE_UNIFORM,
    FZ_CHOICE_ZIPF, /* the k-th of them with a share of 1 / k^exponent */
    FZ_CHOICE_HOT,  /* always the first */
    FZ_CHOICE_SHORT /* always the first, who has not enough */
};

struct fz_choice {
    enum fz_choice_kind kind;
    size_t len;
    double *up_to; /* ZIPF: the share of all up to this one */
};

/* FZ_NO_MEMORY. `len` is at least 1. */
FZ_MUSTUSE fz_rc fz_choice_init(struct fz_choice *choice,
                                enum fz_choice_kind kind,
                                size_t len,
                                double exponent,
                                struct fz_err *err);
void fz_choice_fini(struct fz_choice *choice);

/* 0 to len - 1. */
size_t fz_choice_draw(const struct fz_choice *choice, uint64_t *state);

#endif
