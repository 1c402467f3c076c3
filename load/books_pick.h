/*
 * load: who pays, and whom. A choice is a place in a list of accounts, from a generator that is
 * started with a seed, so that a run can be repeated.
 */
#ifndef LOAD_BOOKS_PICK_H
#define LOAD_BOOKS_PICK_H

#include <stdint.h>

#include "feezero/err.h"

enum fz_pick {
    FZ_PICK_UNIFORM, /* everybody alike */
    FZ_PICK_HOT,     /* any payer, one shop */
    FZ_PICK_ZIPF     /* the k-th of either side as often as 1/k */
};

/* SplitMix64: fast, and good enough for a benchmark. */
struct fz_random_source {
    uint64_t state;
};
uint64_t fz_random_next(struct fz_random_source *source);
uint64_t fz_random_below(struct fz_random_source *source, uint64_t bound); /* 1..2^32 */

/* Chooses among `len` places with weights 1, 1/2, 1/3 ..., scattered over the list. */
struct fz_zipf {
    double *sums; /* of the weights, rising */
    uint64_t len;
};
FZ_MUSTUSE fz_rc fz_zipf_create(uint64_t len, struct fz_zipf *out, struct fz_err *err);
void fz_zipf_destroy(struct fz_zipf *zipf);
uint64_t fz_zipf_next(const struct fz_zipf *zipf, struct fz_random_source *source);

#endif
