/*
 * load: the payments of a measuring run and what became of each: what the check of the conservation
 * holds against the ledger.
 */
#ifndef LOAD_ORDERS_H
#define LOAD_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "load/channel.h"
#include "load/record.h"

enum fz_order_outcome {
    FZ_ORDER_NEW,      /* not sent */
    FZ_ORDER_PAID,     /* acknowledged */
    FZ_ORDER_REFUSED,  /* with a reason */
    FZ_ORDER_OVERLOAD, /* the switch had no time, and says that nothing was done */
    FZ_ORDER_CLOSED,   /* by a tombstone, after its outcome had been unknown */
    FZ_ORDER_UNKNOWN   /* sent, and no answer */
};

struct fz_order {
    struct fz_record_payment payment; /* intent zero: person to person */
    int64_t number;                   /* PAID: of its transfer */
    uint32_t shop;                    /* index of the till; person to person: of the receiver */
    uint32_t payer;                   /* index of the resident */
    enum fz_order_outcome outcome;
};

struct fz_orders {
    struct fz_order *all;
    size_t len;
    size_t size;
    struct fz_channel_signature *signatures; /* of the first `signed_len`; NULL: none */
    size_t signed_len;
};

/* Room for so many more. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_orders_reserve(struct fz_orders *orders, size_t more, struct fz_err *err);

/* One more, all zero; its index is orders->len - 1 afterwards. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_orders_add(struct fz_orders *orders, struct fz_err *err);

void fz_orders_fini(struct fz_orders *orders);

#endif
