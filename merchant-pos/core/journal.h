/*
 * merchant-pos/core: the journal, an append-only file of frames of FZ_POS_FRAME_SIZE bytes. Every
 * frame holds one operation whole, in the state it had then; the latest frame of an id counts.
 *
 *   0  "FZJ1"   4  length of the payload (2)   6  zero (2)   8  CRC-32 of all but itself (4)
 *   12 payload, then zeroes; numbers little-endian
 *
 * A frame that cannot be read and has no good one behind it is a torn tail: it was never reported
 * as written, so it is dropped (overwritten by the next). One in the middle is damage: it is
 * skipped and counted, and what it said is asked from the switch again.
 */
#ifndef FEEZERO_POS_JOURNAL_H
#define FEEZERO_POS_JOURNAL_H

#include <stdint.h>

#include "feezero/pos.h"

/* Writes one frame. */
void fz_journal_encode(const struct fz_pos_operation *operation,
                       uint8_t frame_out[FZ_POS_FRAME_SIZE]);

/* Reads one frame; false if any byte of it is not as it was written. */
FZ_MUSTUSE bool fz_journal_decode(const uint8_t frame[FZ_POS_FRAME_SIZE],
                                  struct fz_pos_operation *operation_out);

/* Reads what was appended since, by us or another program, into the table of open operations. */
FZ_MUSTUSE fz_rc fz_journal_catch_up(struct fz_pos *pos, struct fz_err *err);

/* Forgets the table and reads the whole journal again. */
FZ_MUSTUSE fz_rc fz_journal_reload(struct fz_pos *pos, struct fz_err *err);

/*
 * Begins an operation: durable in the journal and in the table when this returns FZ_OK.
 * FZ_LIMIT: the table is full.
 */
FZ_MUSTUSE fz_rc fz_journal_begin(struct fz_pos *pos,
                                  const struct fz_pos_operation *operation,
                                  struct fz_err *err);

/*
 * Records an operation's new state. Nothing is written when the journal does not hold it as
 * unsettled: another program has settled it, or it is not ours.
 */
FZ_MUSTUSE fz_rc fz_journal_update(struct fz_pos *pos,
                                   const struct fz_pos_operation *operation,
                                   struct fz_err *err);

/* Walks all frames, oldest first, until `each` answers false. */
FZ_MUSTUSE fz_rc fz_journal_walk(struct fz_pos *pos,
                                 fz_pos_operation_fn each,
                                 void *ctx,
                                 struct fz_err *err);

/* The open operation with this id, or NULL. Borrowed; moves when another one settles. */
struct fz_pos_operation *fz_journal_open_get(struct fz_pos *pos, const struct fz_id *id);

/* CRC-32 (IEEE 802.3, reflected), continued from `crc`; start with 0. */
uint32_t fz_crc32(uint32_t crc, const uint8_t *bytes, size_t len);

#endif
