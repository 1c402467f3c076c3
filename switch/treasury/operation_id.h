/*
 * switch/treasury: operation ids of staff programs. An id is made from what is done, so that doing
 * it again is the same operation: version 8 of SHA-256 over `<community>/<what>/<which>`, as in
 * `1/topup/BANK-20261201-0007` or `1/payout/2026-12-01/1/M00000042`.
 */
#ifndef FZ_SWITCH_TREASURY_OPERATION_ID_H
#define FZ_SWITCH_TREASURY_OPERATION_ID_H

#include <stdint.h>

#include "feezero/id.h"

struct fz_id fz_operation_id_topup(int32_t community, const char *deposit);

/* Of a settlement: `what` is "payout" or "collect". */
struct fz_id fz_operation_id_settlement(
    int32_t community, const char *what, int64_t business_day, int32_t window, int64_t shop);

/* A later step of a payout: "payout-sent", "payout-confirm" or "payout-return". */
struct fz_id fz_operation_id_step(int32_t community, const char *what, const struct fz_id *payout);

/* Of a refund that a settlement releases. */
struct fz_id fz_operation_id_release(int32_t community,
                                     int64_t business_day,
                                     int32_t window,
                                     const struct fz_id *refund);

/* Of a month's subscription: "bill" or "bill-collect". */
struct fz_id
fz_operation_id_bill(int32_t community, const char *what, int64_t period, int64_t shop);

#endif
