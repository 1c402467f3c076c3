/*
 * merchant-pos/core: the journal as a file, and the table of operations that are not settled. The
 * only writer of the table; every change of it is on stable storage first.
 */
#include "merchant-pos/core/journal.h"

#include <string.h>

#include "feezero/assert.h"

struct fz_pos_operation *fz_journal_open_get(struct fz_pos *pos, const struct fz_id *id)
{
    for (uint32_t i = 0; i < pos->open_count; i++) {
        if (fz_id_equal(&pos->open[i].id, id)) {
            return &pos->open[i];
        }
    }
    return NULL;
}

static void table_remove(struct fz_pos *pos, struct fz_pos_operation *entry)
{
    size_t behind = (size_t)(pos->open + pos->open_count - entry) - 1;

    memmove(entry, entry + 1, behind * sizeof *entry);
    pos->open_count--;
}

static void z_apply(struct fz_pos *pos, const struct fz_z *z, uint64_t behind)
{
    pos->z_number = z->report.z_number;
    pos->z_at = behind;
    pos->z_upto = z->report.upto;
    pos->z_closed_ms = z->report.made_ms;
}

/*
 * Brings the table in step with one operation. It can only be full here when frames that settled
 * operations were damaged; then the rest waits until resuming has made room.
 */
static void table_apply(struct fz_pos *pos, const struct fz_pos_operation *op)
{
    struct fz_pos_operation *entry = fz_journal_open_get(pos, &op->id);

    if (pos->first_at_ms == 0) {
        pos->first_at_ms = op->prepared_at_ms;
    }
    if (entry != NULL && fz_pos_is_final(op->state)) {
        table_remove(pos, entry);
    } else if (entry != NULL) {
        *entry = *op;
    } else if (!fz_pos_is_final(op->state)) {
        if (pos->open_count < FZ_POS_OPEN_MAX) {
            pos->open[pos->open_count++] = *op;
        } else {
            pos->more_open = true;
        }
    }
}

/* Frames read at once, so that a year's journal does not take a call for each. */
#define CHUNK_FRAMES 8

struct reader {
    struct fz_pos *pos;
    uint64_t at;  /* where the next frame begins */
    size_t have;  /* bytes in `bytes` */
    size_t taken; /* of them, behind us */
    uint8_t bytes[CHUNK_FRAMES * FZ_POS_FRAME_SIZE];
};

/*
 * Reads the next frame, or what there is of it. *frame_out is NULL at the end, where there is not
 * even a torn one; *len_out is less than a frame if it is torn.
 */
static fz_rc
next_frame(struct reader *reader, const uint8_t **frame_out, size_t *len_out, struct fz_err *err)
{
    const struct fz_pos_ports *ports = &reader->pos->ports;

    if (reader->taken == reader->have) {
        fz_rc rc = ports->read(ports->ctx, reader->at, reader->bytes, sizeof reader->bytes,
                               &reader->have, err);

        if (rc != FZ_OK) {
            return rc;
        }
        reader->taken = 0;
    }
    size_t left = reader->have - reader->taken;

    *frame_out = left == 0 ? NULL : reader->bytes + reader->taken;
    *len_out = left < FZ_POS_FRAME_SIZE ? left : FZ_POS_FRAME_SIZE;
    reader->taken += *len_out;
    reader->at += FZ_POS_FRAME_SIZE;
    return FZ_OK;
}

/* Takes in one frame that ends before `behind`; false if it cannot be read. */
static bool apply_frame(struct fz_pos *pos, const uint8_t *frame, size_t len, uint64_t behind)
{
    struct fz_pos_operation op;
    struct fz_z_line line;
    struct fz_z z;

    if (len < FZ_POS_FRAME_SIZE) {
        return false;
    }
    if (fz_journal_decode(frame, &op)) {
        table_apply(pos, &op);
        return true;
    }
    if (fz_z_decode(frame, &z)) {
        z_apply(pos, &z, behind);
        return true;
    }
    return fz_z_line_decode(frame, &line);
}

fz_rc fz_journal_catch_up(struct fz_pos *pos, struct fz_err *err)
{
    struct reader reader = {.pos = pos, .at = pos->journal_len};
    const uint8_t *frame;
    size_t len;
    uint32_t bad_count = 0;

    for (;;) {
        fz_rc rc = next_frame(&reader, &frame, &len, err);

        if (rc != FZ_OK || frame == NULL) {
            return rc;
        }
        if (!apply_frame(pos, frame, len, reader.at)) {
            bad_count++; /* torn, unless a good one follows */
            continue;
        }
        pos->damaged += bad_count;
        bad_count = 0;
        pos->journal_len = reader.at;
    }
}

fz_rc fz_journal_reload(struct fz_pos *pos, struct fz_err *err)
{
    pos->journal_len = 0;
    pos->damaged = 0;
    pos->open_count = 0;
    pos->more_open = false;
    pos->first_at_ms = 0;
    pos->z_number = 0;
    pos->z_at = 0;
    pos->z_upto = 0;
    pos->z_closed_ms = 0;
    return fz_journal_catch_up(pos, err);
}

static fz_rc journal_lock(struct fz_pos *pos, struct fz_err *err)
{
    fz_rc rc = pos->ports.lock == NULL ? FZ_OK : pos->ports.lock(pos->ports.ctx, err);

    if (rc != FZ_OK) {
        return rc;
    }
    rc = fz_journal_catch_up(pos, err);
    if (rc != FZ_OK && pos->ports.unlock != NULL) {
        pos->ports.unlock(pos->ports.ctx);
    }
    return rc;
}

static void journal_unlock(struct fz_pos *pos)
{
    if (pos->ports.unlock != NULL) {
        pos->ports.unlock(pos->ports.ctx);
    }
}

/* Writes one frame behind the last good one, then the table follows. */
static fz_rc append_frame(struct fz_pos *pos, const uint8_t *frame, struct fz_err *err)
{
    fz_rc rc = pos->ports.write(pos->ports.ctx, pos->journal_len, frame, FZ_POS_FRAME_SIZE, err);

    if (rc != FZ_OK) {
        return rc;
    }
    pos->journal_len += FZ_POS_FRAME_SIZE;
    fz_assert(apply_frame(pos, frame, FZ_POS_FRAME_SIZE, pos->journal_len));
    return FZ_OK;
}

static fz_rc
journal_append(struct fz_pos *pos, const struct fz_pos_operation *op, struct fz_err *err)
{
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_journal_encode(op, frame);
    return append_frame(pos, frame, err);
}

fz_rc fz_journal_begin(struct fz_pos *pos,
                       const struct fz_pos_operation *operation,
                       struct fz_err *err)
{
    fz_rc rc = journal_lock(pos, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (pos->open_count == FZ_POS_OPEN_MAX) {
        rc = fz_fail(err, FZ_LIMIT, "%d operations are unsettled: resume first", FZ_POS_OPEN_MAX);
    } else {
        rc = journal_append(pos, operation, err);
    }
    journal_unlock(pos);
    return rc;
}

fz_rc fz_journal_update(struct fz_pos *pos,
                        const struct fz_pos_operation *operation,
                        struct fz_err *err)
{
    struct fz_pos_operation latest = *operation; /* it may stand in the table, which moves */
    fz_rc rc = journal_lock(pos, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (fz_journal_open_get(pos, &latest.id) != NULL) {
        rc = journal_append(pos, &latest, err);
    }
    journal_unlock(pos);
    return rc;
}

fz_rc fz_journal_add_line(struct fz_pos *pos, const struct fz_z_line *line, struct fz_err *err)
{
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_z_line_encode(line, frame);
    fz_rc rc = journal_lock(pos, err);

    if (rc == FZ_OK) {
        rc = append_frame(pos, frame, err);
        journal_unlock(pos);
    }
    return rc;
}

fz_rc fz_journal_close_z(struct fz_pos *pos, const struct fz_z *z, struct fz_err *err)
{
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_z_encode(z, frame);
    fz_rc rc = journal_lock(pos, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (z->report.z_number == pos->z_number + 1) {
        rc = append_frame(pos, frame, err);
    } else {
        rc = fz_fail(err, FZ_ID_REUSED, "Z report %lu was made meanwhile",
                     (unsigned long)pos->z_number);
    }
    journal_unlock(pos);
    return rc;
}

fz_rc fz_journal_walk(struct fz_pos *pos, fz_journal_frame_fn each, void *ctx, struct fz_err *err)
{
    struct reader reader = {.pos = pos};
    const uint8_t *frame;
    size_t len;

    while (reader.at < pos->journal_len) {
        fz_rc rc = next_frame(&reader, &frame, &len, err);

        if (rc != FZ_OK) {
            return rc;
        }
        if (frame == NULL || len < FZ_POS_FRAME_SIZE ||
            !each(frame, reader.at - FZ_POS_FRAME_SIZE, ctx)) {
            break;
        }
    }
    return FZ_OK;
}
