/*
 * Room ledger/store, internal to commit_write*.c: the parts of the second round trip.
 */
#ifndef LEDGER_STORE_COMMIT_WRITE_H
#define LEDGER_STORE_COMMIT_WRITE_H

#include "ledger/store/commit.h"

/* One item of an array, NULL where there is none: no text, the zero id, 0. */
void fz_commit_item_text(struct fz_pg_params *params, const char *text);
void fz_commit_item_id(struct fz_pg_params *params, const struct fz_id *id);
void fz_commit_item_int8(struct fz_pg_params *params, int64_t value);

/* Rows to insert (`is_new`) or to update: how many, and their arrays. */
unsigned fz_commit_count_intents(const struct fz_state *state, bool is_new);
void fz_commit_build_intents(struct fz_pg_params *params,
                             const struct fz_state *state,
                             bool is_new);
unsigned fz_commit_count_codes(const struct fz_state *state, bool is_new);
unsigned fz_commit_count_held(const struct fz_state *state, bool is_new);
void fz_commit_build_held(struct fz_pg_params *params, const struct fz_state *state, bool is_new);
void fz_commit_build_codes(struct fz_pg_params *params, const struct fz_state *state, bool is_new);

#endif
