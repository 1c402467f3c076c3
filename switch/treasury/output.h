/*
 * switch/treasury: what `fz` says. Results go to standard output, one line each, as text or
 * (--json) as one JSON object; notes and progress go to standard error and are left out with
 * --quiet.
 */
#ifndef FZ_SWITCH_TREASURY_OUTPUT_H
#define FZ_SWITCH_TREASURY_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "feezero/err.h"
#include "feezero/rc.h"

struct fz_output {
    FILE *results; /* borrowed */
    FILE *notes;   /* borrowed */
    bool json;
    bool quiet;
    bool failed; /* a result could not be written */
};

void fz_output_init(struct fz_output *output, bool json, bool quiet);

/*
 * One result: `object` (taken; NULL counts as a failure) or the text, whose line break is added
 * here. Text of people's own making must hold no control characters (the database's CHECKs and the
 * option readers see to it).
 */
void fz_output_result(struct fz_output *output, json_t *object, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line for the person at the terminal. */
void fz_output_note(struct fz_output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* FZ_IO: some result did not reach standard output. Call once at the end. */
FZ_MUSTUSE fz_rc fz_output_finish(struct fz_output *output, struct fz_err *err);

/* --- progress of long runs -------------------------------------------------------------------- */

/* Shown when standard error is a terminal, at most ten times a second, and wiped at the end. */
struct fz_progress {
    struct fz_output *output;
    const char *what; /* static: "transfers" */
    int64_t total;    /* 0: not known */
    int64_t shown_us; /* when it was last drawn, 0: never */
    bool enabled;
};

void fz_progress_begin(struct fz_progress *progress,
                       struct fz_output *output,
                       const char *what,
                       int64_t total);
void fz_progress_show(struct fz_progress *progress, int64_t done);
void fz_progress_end(struct fz_progress *progress);

#endif
