/*
 * merchant-pos/core, internal: what the calls of a till and of a wallet have in common.
 */
#ifndef FEEZERO_POS_CALL_H
#define FEEZERO_POS_CALL_H

#include "merchant-pos/core/run.h"

/* An empty outcome of a new operation, to be filled in. */
struct fz_pos_operation *fz_call_start(struct fz_pos_outcome *out, enum fz_pos_kind kind);

/* Copies a text that the caller gave; NULL leaves it empty. */
void fz_call_text(char *out, size_t size, const char *from);

/* Journals the operation, under its id or a fresh one, and runs it. */
FZ_MUSTUSE fz_rc fz_call_run(struct fz_run *run, struct fz_err *err);

#endif
