/*
 * load: the list of payments.
 */
#include "load/orders.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 1024

fz_rc fz_orders_reserve(struct fz_orders *orders, size_t more, struct fz_err *err)
{
    size_t size = orders->size == 0 ? FIRST_SIZE : orders->size;
    while (size < orders->len + more) {
        size *= 2;
    }
    if (size == orders->size) {
        return FZ_OK;
    }
    struct fz_order *all = reallocarray(orders->all, size, sizeof(*all));
    if (all == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "%zu payments", size);
    }
    orders->all = all;
    orders->size = size;
    return FZ_OK;
}

fz_rc fz_orders_add(struct fz_orders *orders, struct fz_err *err)
{
    fz_rc rc = fz_orders_reserve(orders, 1, err);
    if (rc == FZ_OK) {
        memset(&orders->all[orders->len++], 0, sizeof(orders->all[0]));
    }
    return rc;
}

void fz_orders_fini(struct fz_orders *orders)
{
    free(orders->all);
    free(orders->signatures);
    memset(orders, 0, sizeof(*orders));
}
