/*
 * merchant-pos/core, internal to the journal: how a frame is laid out, and the walk that reads and
 * writes its fields in the same order, so that the two directions cannot drift apart.
 *
 *   0  "FZJ1"   4  length of the payload (2)   6  type (1)   7  zero (1)
 *   8  CRC-32 of all but itself (4)   12 payload, then zeroes; numbers little-endian
 *
 * A payload may only grow at its end: an older frame is read with its missing fields zero.
 */
#ifndef FEEZERO_POS_FRAME_H
#define FEEZERO_POS_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "merchant-pos/core/journal.h"

/* Either direction: `out` is set when writing, `in` when reading. */
struct fz_frame_walk {
    uint8_t *out;
    const uint8_t *in;
    size_t at;
    size_t len; /* of the payload; when reading */
};

/* Starts a frame's payload. */
struct fz_frame_walk fz_frame_begin(uint8_t frame_out[FZ_POS_FRAME_SIZE]);

/* Head and checksum, when the payload is written. */
void fz_frame_seal(const struct fz_frame_walk *walk,
                   enum fz_frame_type type,
                   uint8_t frame_out[FZ_POS_FRAME_SIZE]);

/* Checks head and checksum and starts reading the payload of a frame of that type. */
FZ_MUSTUSE bool fz_frame_open(const uint8_t frame[FZ_POS_FRAME_SIZE],
                              enum fz_frame_type type,
                              struct fz_frame_walk *walk_out);

/* When reading: the frame was written before the fields that follow existed. */
bool fz_frame_is_at_end(const struct fz_frame_walk *walk);

/* One field each; numbers are answered as they stand in the frame afterwards. */
uint64_t fz_frame_number(struct fz_frame_walk *walk, uint64_t value, size_t size);
void fz_frame_number64(struct fz_frame_walk *walk, int64_t *value);
void fz_frame_bytes(struct fz_frame_walk *walk, void *field, size_t size);

/* A string field always takes its whole room; its last byte is a NUL. */
void fz_frame_text(struct fz_frame_walk *walk, char *field, size_t size);

#endif
