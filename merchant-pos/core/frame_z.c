/*
 * merchant-pos/core: the journal frames of a Z report: one for each of its lines, and the one that
 * closes it. Only the closing frame makes it a report; lines without it are left over from a power
 * cut and mean nothing.
 */
#include <string.h>

#include "merchant-pos/core/frame.h"

static void sums_fields(struct fz_frame_walk *walk, struct fz_pos_sums *sums)
{
    sums->sale_count = (uint32_t)fz_frame_number(walk, sums->sale_count, 4);
    sums->void_count = (uint32_t)fz_frame_number(walk, sums->void_count, 4);
    sums->refund_count = (uint32_t)fz_frame_number(walk, sums->refund_count, 4);
    fz_frame_number64(walk, &sums->sales);
    fz_frame_number64(walk, &sums->voids);
    fz_frame_number64(walk, &sums->refunds);
    fz_frame_number64(walk, &sums->net);
}

static void totals_fields(struct fz_frame_walk *walk, struct fz_pos_totals *totals)
{
    sums_fields(walk, &totals->here);
    sums_fields(walk, &totals->there);
    totals->differences = (uint32_t)fz_frame_number(walk, totals->differences, 4);
    totals->sticker_count = (uint32_t)fz_frame_number(walk, totals->sticker_count, 4);
    fz_frame_number64(walk, &totals->stickers);
    totals->held_count = (uint32_t)fz_frame_number(walk, totals->held_count, 4);
    fz_frame_number64(walk, &totals->held);
}

static void z_fields(struct fz_frame_walk *walk, struct fz_z *z)
{
    struct fz_pos_report *report = &z->report;

    fz_frame_bytes(walk, z->attempt.bytes, sizeof z->attempt.bytes);
    report->z_number = (uint32_t)fz_frame_number(walk, report->z_number, 4);
    fz_frame_number64(walk, &report->after);
    fz_frame_number64(walk, &report->upto);
    fz_frame_number64(walk, &report->opened_ms);
    fz_frame_number64(walk, &report->made_ms);
    report->line_count = (uint32_t)fz_frame_number(walk, report->line_count, 4);
    totals_fields(walk, &report->totals);
}

static void line_fields(struct fz_frame_walk *walk, struct fz_z_line *line)
{
    struct fz_pos_difference *difference = &line->difference;

    fz_frame_bytes(walk, line->attempt.bytes, sizeof line->attempt.bytes);
    difference->kind = (enum fz_pos_difference_kind)fz_frame_number(walk, difference->kind, 1);
    difference->operation = (enum fz_pos_kind)fz_frame_number(walk, difference->operation, 1);
    fz_frame_bytes(walk, difference->id.bytes, sizeof difference->id.bytes);
    fz_frame_number64(walk, &difference->here);
    fz_frame_number64(walk, &difference->there);
}

void fz_z_encode(const struct fz_z *z, uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    struct fz_z copy = *z;
    struct fz_frame_walk walk = fz_frame_begin(frame_out);

    z_fields(&walk, &copy);
    fz_frame_seal(&walk, FZ_FRAME_Z, frame_out);
}

bool fz_z_decode(const uint8_t frame[FZ_POS_FRAME_SIZE], struct fz_z *z_out)
{
    struct fz_frame_walk walk;

    memset(z_out, 0, sizeof *z_out);
    if (!fz_frame_open(frame, FZ_FRAME_Z, &walk)) {
        return false;
    }
    z_fields(&walk, z_out);
    return walk.at == walk.len && z_out->report.z_number > 0;
}

void fz_z_line_encode(const struct fz_z_line *line, uint8_t frame_out[FZ_POS_FRAME_SIZE])
{
    struct fz_z_line copy = *line;
    struct fz_frame_walk walk = fz_frame_begin(frame_out);

    line_fields(&walk, &copy);
    fz_frame_seal(&walk, FZ_FRAME_Z_LINE, frame_out);
}

bool fz_z_line_decode(const uint8_t frame[FZ_POS_FRAME_SIZE], struct fz_z_line *line_out)
{
    struct fz_frame_walk walk;

    memset(line_out, 0, sizeof *line_out);
    if (!fz_frame_open(frame, FZ_FRAME_Z_LINE, &walk)) {
        return false;
    }
    line_fields(&walk, line_out);
    return walk.at == walk.len && line_out->difference.kind <= FZ_POS_LATE;
}
