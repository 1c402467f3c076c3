/*
 * merchant-pos/core: the totals of a calendar day.
 */
#include "merchant-pos/core/closing.h"

fz_rc fz_pos_close_day(struct fz_pos *pos,
                       struct fz_pos_span day,
                       struct fz_pos_totals *totals,
                       fz_pos_difference_fn each,
                       void *ctx,
                       struct fz_err *err)
{
    struct fz_closing closing = {
        .pos = pos, .day = day, .upto = INT64_MAX, .totals = totals, .each = each, .ctx = ctx};

    return fz_closing_run(&closing, err);
}
