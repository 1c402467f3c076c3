/*
 * load: the command line of fz-load, one table for reading it and for its help.
 */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "feezero/err.h"
#include "load/run.h"

struct fz_load_options {
    struct fz_run_options run;
    const char *codes_file; /* set for `fz-load enrol` and for nothing else */
    bool help;
};

/* Everything borrows argv. FZ_BAD_FIELD: the message says what is wrong. */
FZ_MUSTUSE fz_rc fz_load_options_parse(int argc,
                                       char *const *argv,
                                       struct fz_load_options *options_out,
                                       struct fz_err *err);

void fz_load_options_help(FILE *out);

#endif
