/*
 * load: who pays, and whom.
 */
#include "load/books_pick.h"

#include <stdlib.h>

/* Neighbours in rank shall not be neighbours on a page; a prime that divides no length we have. */
#define SCATTER 2654435761U

uint64_t fz_random_next(struct fz_random_source *source)
{
    source->state += 0x9e3779b97f4a7c15U;
    uint64_t mixed = source->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

uint64_t fz_random_below(struct fz_random_source *source, uint64_t bound)
{
    return ((fz_random_next(source) >> 32) * bound) >> 32;
}

fz_rc fz_zipf_create(uint64_t len, struct fz_zipf *out, struct fz_err *err)
{
    *out = (struct fz_zipf){.sums = malloc(len * sizeof(*out->sums)), .len = len};
    if (out->sums == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "the weights of %llu accounts", (unsigned long long)len);
    }
    double sum = 0;
    for (uint64_t i = 0; i < len; i++) {
        sum += 1.0 / (double)(i + 1);
        out->sums[i] = sum;
    }
    return FZ_OK;
}

void fz_zipf_destroy(struct fz_zipf *zipf)
{
    free(zipf->sums);
    *zipf = (struct fz_zipf){.sums = NULL};
}

uint64_t fz_zipf_next(const struct fz_zipf *zipf, struct fz_random_source *source)
{
    double unit = (double)(fz_random_next(source) >> 11) * 0x1p-53;
    double wanted = unit * zipf->sums[zipf->len - 1];
    uint64_t low = 0;
    uint64_t high = zipf->len - 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (zipf->sums[middle] > wanted) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low * SCATTER % zipf->len;
}
