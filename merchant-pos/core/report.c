/*
 * merchant-pos/core: X and Z reports. Both compare all since the last Z report; a Z report is then
 * written to the journal, its lines first, and counts from the moment its last frame is whole.
 */
#include <string.h>

#include "merchant-pos/core/closing.h"
#include "merchant-pos/core/exchange.h"
#include "merchant-pos/core/journal.h"

#define DAY_MS INT64_C(86400000)

struct making {
    struct fz_pos *pos;
    struct fz_pos_report *report;
    fz_pos_difference_fn each;
    void *ctx;
    bool keep; /* a Z report: its lines are journaled */
    struct fz_id attempt;
    fz_rc rc; /* of journaling a line */
    struct fz_err *err;
};

static void take_line(const struct fz_pos_difference *difference, void *ctx)
{
    struct making *making = ctx;
    struct fz_z_line line = {.attempt = making->attempt, .difference = *difference};

    making->report->line_count++;
    if (making->keep && making->rc == FZ_OK && making->report->line_count <= FZ_POS_Z_LINES_MAX) {
        making->rc = fz_journal_add_line(making->pos, &line, making->err);
    }
    if (making->each != NULL) {
        making->each(difference, making->ctx);
    }
}

/*
 * Where the first report begins: a till has no history of its own before its first operation, but
 * its journal may have been lost, so the day before is compared too.
 */
static int64_t first_day_ms(const struct fz_pos *pos)
{
    int64_t now_ms = fz_exchange_now_ms(pos);
    bool has_first = pos->first_at_ms > 0 && pos->first_at_ms < now_ms;

    return (has_first ? pos->first_at_ms : now_ms) - DAY_MS;
}

static fz_rc make(struct making *making, struct fz_err *err)
{
    struct fz_pos *pos = making->pos;
    struct fz_pos_report *report = making->report;
    fz_rc rc = fz_journal_catch_up(pos, err);

    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_closing closing = {
        .pos = pos,
        .day = {.from_ms = pos->z_upto == 0 ? first_day_ms(pos) : INT64_MIN, .to_ms = INT64_MAX},
        .after = pos->z_upto,
        .upto = INT64_MAX,
        .upto_latest = true,
        .journal_from = pos->z_at,
        .totals = &report->totals,
        .each = take_line,
        .ctx = making,
    };

    making->err = err;
    report->after = pos->z_upto;
    report->opened_ms = pos->z_closed_ms;
    rc = fz_closing_run(&closing, err);
    report->upto = closing.upto;
    report->made_ms = fz_exchange_now_ms(pos);
    return rc == FZ_OK ? making->rc : rc;
}

fz_rc fz_pos_x_report(struct fz_pos *pos,
                      struct fz_pos_report *report_out,
                      fz_pos_difference_fn each,
                      void *ctx,
                      struct fz_err *err)
{
    struct making making = {.pos = pos, .report = report_out, .each = each, .ctx = ctx};

    memset(report_out, 0, sizeof *report_out);
    return make(&making, err);
}

fz_rc fz_pos_z_report(struct fz_pos *pos,
                      struct fz_pos_report *report_out,
                      fz_pos_difference_fn each,
                      void *ctx,
                      struct fz_err *err)
{
    struct making making = {
        .pos = pos, .report = report_out, .each = each, .ctx = ctx, .keep = true};
    struct fz_z z;
    fz_rc rc = fz_journal_catch_up(pos, err);
    uint32_t number = pos->z_number + 1;

    memset(report_out, 0, sizeof *report_out);
    if (rc == FZ_OK) {
        rc = fz_pos_new_id(pos, &making.attempt, err);
    }
    if (rc == FZ_OK) {
        rc = make(&making, err);
    }
    if (rc != FZ_OK) {
        return rc;
    }
    z = (struct fz_z){.attempt = making.attempt, .report = *report_out};
    z.report.z_number = number;
    rc = fz_journal_close_z(pos, &z, err);
    if (rc == FZ_OK) {
        report_out->z_number = number;
    }
    return rc;
}

struct search {
    uint32_t number;
    struct fz_z z; /* its number is 0 until it is found */
    fz_pos_difference_fn each;
    void *ctx;
};

static bool find_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    struct search *search = ctx;
    struct fz_z z;

    (void)at;
    if (fz_z_decode(frame, &z) && z.report.z_number == search->number) {
        search->z = z;
        return false;
    }
    return true;
}

static bool line_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    const struct search *search = ctx;
    struct fz_z_line line;

    (void)at;
    if (fz_z_line_decode(frame, &line) && fz_id_equal(&line.attempt, &search->z.attempt)) {
        search->each(&line.difference, search->ctx);
    }
    return true;
}

fz_rc fz_pos_z_reprint(struct fz_pos *pos,
                       uint32_t number,
                       struct fz_pos_report *report_out,
                       fz_pos_difference_fn each,
                       void *ctx,
                       struct fz_err *err)
{
    struct search search = {.each = each, .ctx = ctx};
    fz_rc rc = fz_journal_catch_up(pos, err);

    memset(report_out, 0, sizeof *report_out);
    search.number = number == 0 ? pos->z_number : number;
    if (rc == FZ_OK) {
        rc = fz_journal_walk(pos, find_each, &search, err);
    }
    if (rc == FZ_OK && search.z.report.z_number == 0) {
        return fz_fail(err, FZ_NOT_FOUND, "the journal has no such Z report");
    }
    if (rc == FZ_OK) {
        *report_out = search.z.report;
    }
    if (rc == FZ_OK && each != NULL) {
        rc = fz_journal_walk(pos, line_each, &search, err);
    }
    return rc;
}
