/*
 * load: chance. The Zipf sampler looks its share up in a table made once, by bisection.
 */
#include "load/chance.h"

#include <math.h>
#include <stdlib.h>

#include "feezero/assert.h"

uint64_t fz_chance_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15U;
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

uint64_t fz_chance_below(uint64_t *state, uint64_t sides)
{
    return fz_chance_next(state) % sides;
}

double fz_chance_unit(uint64_t *state)
{
    return (double)(fz_chance_next(state) >> 11) / 9007199254740992.0; /* 2^53 */
}

fz_rc fz_choice_init(struct fz_choice *choice,
                     enum fz_choice_kind kind,
                     size_t len,
                     double exponent,
                     struct fz_err *err)
{
    double sum = 0;
    fz_assert(len > 0);
    *choice = (struct fz_choice){.kind = kind, .len = len};
    if (kind != FZ_CHOICE_ZIPF) {
        return FZ_OK;
    }
    choice->up_to = calloc(len, sizeof(choice->up_to[0]));
    if (choice->up_to == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "shares");
    }
    for (size_t i = 0; i < len; i++) {
        sum += 1 / pow((double)(i + 1), exponent);
        choice->up_to[i] = sum;
    }
    for (size_t i = 0; i < len; i++) {
        choice->up_to[i] /= sum;
    }
    return FZ_OK;
}

void fz_choice_fini(struct fz_choice *choice)
{
    free(choice->up_to);
    choice->up_to = NULL;
}

static size_t find_share(const struct fz_choice *choice, double share)
{
    size_t low = 0;
    size_t high = choice->len - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (choice->up_to[middle] > share) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

size_t fz_choice_draw(const struct fz_choice *choice, uint64_t *state)
{
    switch (choice->kind) {
    case FZ_CHOICE_UNIFORM:
        return (size_t)fz_chance_below(state, choice->len);
    case FZ_CHOICE_ZIPF:
        return find_share(choice, fz_chance_unit(state));
    case FZ_CHOICE_HOT:
    case FZ_CHOICE_SHORT:
        return 0;
    }
    FZ_UNREACHABLE();
}
