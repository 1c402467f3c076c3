/*
 * merchant-pos/core: the journal, an append-only file of frames of FZ_POS_FRAME_SIZE bytes. Every
 * frame of an operation holds it whole, in the state it had then; the latest frame of an id counts.
 * A Z report is its lines, one frame each, and then the frame that makes it one. frame.h has the
 * bytes.
 *
 * A frame that cannot be read and has no good one behind it is a torn tail: it was never reported
 * as written, so it is dropped (overwritten by the next). One in the middle is damage: it is
 * skipped and counted, and what it said is asked from the switch again.
 */
#ifndef FEEZERO_POS_JOURNAL_H
#define FEEZERO_POS_JOURNAL_H

#include <stdint.h>

#include "feezero/pos.h"

enum fz_frame_type {
    FZ_FRAME_OPERATION = 0,
    FZ_FRAME_Z_LINE = 1,
    FZ_FRAME_Z = 2
};

/* A Z report; `attempt` ties its lines to it, for a power cut may leave lines of an earlier try. */
struct fz_z {
    struct fz_id attempt;
    struct fz_pos_report report;
};

struct fz_z_line {
    struct fz_id attempt;
    struct fz_pos_difference difference;
};

/* Writes one frame. */
void fz_journal_encode(const struct fz_pos_operation *operation,
                       uint8_t frame_out[FZ_POS_FRAME_SIZE]);

/* Reads one frame; false if any byte of it is not as it was written. */
FZ_MUSTUSE bool fz_journal_decode(const uint8_t frame[FZ_POS_FRAME_SIZE],
                                  struct fz_pos_operation *operation_out);

void fz_z_encode(const struct fz_z *z, uint8_t frame_out[FZ_POS_FRAME_SIZE]);
FZ_MUSTUSE bool fz_z_decode(const uint8_t frame[FZ_POS_FRAME_SIZE], struct fz_z *z_out);
void fz_z_line_encode(const struct fz_z_line *line, uint8_t frame_out[FZ_POS_FRAME_SIZE]);
FZ_MUSTUSE bool fz_z_line_decode(const uint8_t frame[FZ_POS_FRAME_SIZE],
                                 struct fz_z_line *line_out);

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

/*
 * Writes a line of a Z report that is being made. It means nothing until the report is closed.
 */
FZ_MUSTUSE fz_rc fz_journal_add_line(struct fz_pos *pos,
                                     const struct fz_z_line *line,
                                     struct fz_err *err);

/* Closes a Z report. FZ_ID_REUSED: its number is not the next one any more. */
FZ_MUSTUSE fz_rc fz_journal_close_z(struct fz_pos *pos, const struct fz_z *z, struct fz_err *err);

/* A frame, good or damaged, and where it stands; stops the walk by returning false. */
typedef bool (*fz_journal_frame_fn)(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx);

/* Walks all frames, oldest first, until `each` answers false. */
FZ_MUSTUSE fz_rc fz_journal_walk(struct fz_pos *pos,
                                 fz_journal_frame_fn each,
                                 void *ctx,
                                 struct fz_err *err);

/* The open operation with this id, or NULL. Borrowed; moves when another one settles. */
struct fz_pos_operation *fz_journal_open_get(struct fz_pos *pos, const struct fz_id *id);

/* CRC-32 (IEEE 802.3, reflected), continued from `crc`; start with 0. */
uint32_t fz_crc32(uint32_t crc, const uint8_t *bytes, size_t len);

#endif
