/*
 * merchant-pos/posix: X and Z reports: the till's business day by the ledger's numbers.
 */
#include "merchant-pos/posix/till_report.h"
#include "merchant-pos/posix/printer.h"
#include "merchant-pos/posix/receipt.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/till.h"

static int64_t reprinted; /* number of the Z report to print again; 0: the latest */

static void keep_line(const struct fz_pos_difference *difference, void *ctx)
{
    struct fz_till_report *report = ctx;

    if (report->kept < FZ_POS_Z_LINES_MAX) {
        report->lines[report->kept++] = *difference;
    }
}

fz_rc fz_till_report_make(struct fz_pos *pos,
                          enum fz_till_report_kind kind,
                          uint32_t number,
                          struct fz_till_report *report,
                          struct fz_err *err)
{
    report->kept = 0;
    report->is_copy = kind == FZ_TILL_Z_AGAIN;
    switch (kind) {
    case FZ_TILL_X:
        return fz_pos_x_report(pos, &report->report, keep_line, report, err);
    case FZ_TILL_Z:
        return fz_pos_z_report(pos, &report->report, keep_line, report, err);
    case FZ_TILL_Z_AGAIN:
        return fz_pos_z_reprint(pos, number, &report->report, keep_line, report, err);
    }
    return fz_fail(err, FZ_INTERNAL, "no such report");
}

fz_rc fz_till_report_print(const struct fz_machine *machine,
                           const struct fz_till_report *report,
                           enum fz_paper_kind kind,
                           const char *target,
                           bool append,
                           struct fz_err *err)
{
    struct fz_printer printer;
    fz_rc rc = fz_printer_begin(&printer, kind, &machine->home.settings, err);

    if (rc != FZ_OK) {
        return rc;
    }
    fz_receipt_print_report(machine, &report->report, report->is_copy, &printer.paper);
    for (uint32_t i = 0; i < report->kept; i++) {
        fz_receipt_print_difference(&report->lines[i], &printer.paper);
    }
    return fz_printer_send(&printer, target, append, err);
}

static void say_json(const struct fz_say *say, const struct fz_till_report *report)
{
    const struct fz_pos_report *made = &report->report;
    const struct fz_pos_totals *totals = &made->totals;

    for (uint32_t i = 0; i < report->kept; i++) {
        fz_till_say_difference(say, &report->lines[i]);
    }
    fz_say_json(json_pack(
        "{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "ok", totals->differences == 0, "z_number",
        (json_int_t)made->z_number, "after", (json_int_t)made->after, "upto",
        (json_int_t)made->upto, "differences", (json_int_t)totals->differences, "sticker_count",
        (json_int_t)totals->sticker_count, "stickers", (json_int_t)totals->stickers, "held_count",
        (json_int_t)totals->held_count, "held", (json_int_t)totals->held, "till",
        fz_till_sums_json(&totals->here), "switch", fz_till_sums_json(&totals->there)));
}

static enum fz_exit run(struct fz_session *session, enum fz_till_report_kind kind)
{
    static struct fz_till_report report;
    const char *target = session->options->text[FZ_OPTION_ESCPOS];
    struct fz_err err = {.rc = FZ_OK};
    fz_rc rc =
        fz_till_report_make(&session->machine->pos, kind, (uint32_t)reprinted, &report, &err);

    if (rc == FZ_OK && target != NULL) {
        rc = fz_till_report_print(session->machine, &report, FZ_PAPER_ESCPOS, target, false, &err);
    }
    if (rc != FZ_OK) {
        return fz_say_failure(&session->say, rc, &err);
    }
    if (session->options->json) {
        say_json(&session->say, &report);
    } else if (target == NULL) {
        rc = fz_till_report_print(session->machine, &report, FZ_PAPER_TEXT, "-", false, &err);
    }
    if (rc != FZ_OK) {
        return fz_say_failure(&session->say, rc, &err);
    }
    return report.report.totals.differences == 0 ? FZ_EXIT_DONE : FZ_EXIT_REFUSED;
}

static enum fz_exit x_body(struct fz_session *session)
{
    return run(session, FZ_TILL_X);
}

static enum fz_exit z_body(struct fz_session *session)
{
    return run(session,
               session->options->text[FZ_OPTION_REPRINT] == NULL ? FZ_TILL_Z : FZ_TILL_Z_AGAIN);
}

enum fz_exit fz_till_x(const struct fz_options *options)
{
    return fz_session_run(options, FZ_TILL_ROLE, x_body);
}

enum fz_exit fz_till_z(const struct fz_options *options)
{
    const char *reprint = options->text[FZ_OPTION_REPRINT];

    if (reprint != NULL && !fz_options_number(reprint, 0, UINT32_MAX, &reprinted)) {
        return fz_options_wrong("--reprint is the number of a Z report, 0 for the latest", reprint);
    }
    return fz_session_run(options, FZ_TILL_ROLE, z_body);
}
