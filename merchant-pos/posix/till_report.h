/*
 * merchant-pos/posix: an X or Z report with its lines, made once and then shown and printed.
 */
#ifndef FEEZERO_POSIX_TILL_REPORT_H
#define FEEZERO_POSIX_TILL_REPORT_H

#include "merchant-pos/posix/machine.h"
#include "merchant-pos/posix/paper.h"

enum fz_till_report_kind {
    FZ_TILL_X,
    FZ_TILL_Z,
    FZ_TILL_Z_AGAIN /* one that was made before */
};

/* Too large for a stack. */
struct fz_till_report {
    struct fz_pos_report report;
    bool is_copy;
    uint32_t kept;
    struct fz_pos_difference lines[FZ_POS_Z_LINES_MAX];
};

/* Results as the calls of feezero/pos.h have them. `number`: of FZ_TILL_Z_AGAIN, 0 the latest. */
FZ_MUSTUSE fz_rc fz_till_report_make(struct fz_pos *pos,
                                     enum fz_till_report_kind kind,
                                     uint32_t number,
                                     struct fz_till_report *report,
                                     struct fz_err *err);

/* Sends it where fz_printer_send() does. */
FZ_MUSTUSE fz_rc fz_till_report_print(const struct fz_machine *machine,
                                      const struct fz_till_report *report,
                                      enum fz_paper_kind kind,
                                      const char *target,
                                      bool append,
                                      struct fz_err *err);

#endif
