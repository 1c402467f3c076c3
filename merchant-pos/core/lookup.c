/*
 * merchant-pos/core: looking things up in the journal. It is read from its start each time; a
 * till's month is a few megabytes, and nothing has to be kept in memory.
 */
#include "merchant-pos/core/journal.h"

struct find {
    const struct fz_id *id;
    struct fz_pos_operation *out;
    bool found;
};

static bool find_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    struct find *find = ctx;
    struct fz_pos_operation op;

    (void)at;
    if (fz_journal_decode(frame, &op) && fz_id_equal(&op.id, find->id)) {
        *find->out = op;
        find->found = true;
    }
    return true; /* a later frame counts more */
}

fz_rc fz_pos_find(struct fz_pos *pos,
                  const struct fz_id *id,
                  struct fz_pos_operation *operation_out,
                  struct fz_err *err)
{
    struct find find = {.id = id, .out = operation_out};
    fz_rc rc = fz_journal_catch_up(pos, err);

    if (rc == FZ_OK) {
        rc = fz_journal_walk(pos, find_each, &find, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    return find.found ? FZ_OK : fz_fail(err, FZ_NOT_FOUND, "the journal has no such operation");
}

struct day {
    struct fz_pos_span span;
    fz_pos_operation_fn each;
    void *ctx;
};

static bool day_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    const struct day *day = ctx;
    struct fz_pos_operation op;

    (void)at;
    if (!fz_journal_decode(frame, &op) || !fz_pos_is_final(op.state)) {
        return true;
    }
    int64_t at_ms = op.booked_at_ms != 0 ? op.booked_at_ms : op.prepared_at_ms;

    return at_ms < day->span.from_ms || at_ms >= day->span.to_ms || day->each(&op, day->ctx);
}

fz_rc fz_pos_each(struct fz_pos *pos,
                  struct fz_pos_span day,
                  fz_pos_operation_fn each,
                  void *ctx,
                  struct fz_err *err)
{
    struct day walk = {.span = day, .each = each, .ctx = ctx};
    fz_rc rc = fz_journal_catch_up(pos, err);

    return rc == FZ_OK ? fz_journal_walk(pos, day_each, &walk, err) : rc;
}
