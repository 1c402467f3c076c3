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

/*
 * Brings the table in step with one frame. It can only be full here when frames that settled
 * operations were damaged; then the rest waits until resuming has made room.
 */
static void table_apply(struct fz_pos *pos, const struct fz_pos_operation *op)
{
    struct fz_pos_operation *entry = fz_journal_open_get(pos, &op->id);

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
 * Reads the next frame. *end_out: there is none, not even a torn one; *whole_out: it could be read.
 */
static fz_rc next_frame(struct reader *reader,
                        struct fz_pos_operation *op,
                        bool *end_out,
                        bool *whole_out,
                        struct fz_err *err)
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

    *end_out = left == 0;
    *whole_out = left >= FZ_POS_FRAME_SIZE && fz_journal_decode(reader->bytes + reader->taken, op);
    reader->taken += left < FZ_POS_FRAME_SIZE ? left : FZ_POS_FRAME_SIZE;
    reader->at += FZ_POS_FRAME_SIZE;
    return FZ_OK;
}

fz_rc fz_journal_catch_up(struct fz_pos *pos, struct fz_err *err)
{
    struct reader reader = {.pos = pos, .at = pos->journal_len};
    struct fz_pos_operation op;
    uint32_t bad_count = 0;

    for (;;) {
        bool end, whole;
        fz_rc rc = next_frame(&reader, &op, &end, &whole, err);

        if (rc != FZ_OK || end) {
            return rc;
        }
        if (!whole) {
            bad_count++; /* torn, unless a good one follows */
            continue;
        }
        table_apply(pos, &op);
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
static fz_rc
journal_append(struct fz_pos *pos, const struct fz_pos_operation *op, struct fz_err *err)
{
    uint8_t frame[FZ_POS_FRAME_SIZE];

    fz_journal_encode(op, frame);
    fz_rc rc = pos->ports.write(pos->ports.ctx, pos->journal_len, frame, sizeof frame, err);

    if (rc != FZ_OK) {
        return rc;
    }
    pos->journal_len += sizeof frame;
    table_apply(pos, op);
    return FZ_OK;
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

fz_rc fz_journal_walk(struct fz_pos *pos, fz_pos_operation_fn each, void *ctx, struct fz_err *err)
{
    struct reader reader = {.pos = pos};
    struct fz_pos_operation op;

    while (reader.at < pos->journal_len) {
        bool end, whole;
        fz_rc rc = next_frame(&reader, &op, &end, &whole, err);

        if (rc != FZ_OK) {
            return rc;
        }
        if (end || (whole && !each(&op, ctx))) {
            break;
        }
    }
    return FZ_OK;
}
