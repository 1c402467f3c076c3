/*
 * A bound on those that wait, and refusals paid for by requests served.
 */
#include "switch/http/overload.h"

#include "feezero/assert.h"
#include "feezero/limits.h"

#define CREDIT_OF_ONE 100U

bool fz_overload_refuses(struct fz_overload *overload, unsigned room)
{
    bool is_full = room > 0 && overload->waiting >= room;
    if (is_full && overload->credit >= CREDIT_OF_ONE) {
        overload->credit -= CREDIT_OF_ONE;
        overload->refused++;
        return true;
    }
    overload->waiting++;
    return false;
}

void fz_overload_serves(struct fz_overload *overload)
{
    fz_assert(overload->waiting > 0);
    overload->waiting--;
    if (overload->credit < FZ_SHED_CREDIT_MAX * CREDIT_OF_ONE) {
        overload->credit += FZ_SHED_PERCENT;
    }
}
