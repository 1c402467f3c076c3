/*
 * load: one closed-loop client. A till creates an intent, a resident pays it, and so on. When an
 * answer does not come it does what a wallet must do: the same request again under the same id,
 * then asking by id, then closing the id; and whatever comes of it is recorded.
 */
#ifndef LOAD_BUYER_H
#define LOAD_BUYER_H

#include "feezero/err.h"
#include "load/run.h"

struct fz_buyer;

/* The index chooses its till and its resident. *out is owned by the caller. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_buyer_create(struct fz_run *run,
                                 size_t index,
                                 struct fz_buyer **out,
                                 struct fz_err *err);
void fz_buyer_destroy(struct fz_buyer **buyer);

/* Begins; fz_run_done() is called when it has ended. */
void fz_buyer_start(struct fz_buyer *buyer);

unsigned fz_buyer_connections(const struct fz_buyer *buyer);

#endif
