/*
 * switch/treasury: the command line of `fz`. Options of all duties and of the chosen one, checked
 * against the duty's row before anything is opened.
 */
#ifndef FZ_SWITCH_TREASURY_ARGUMENTS_H
#define FZ_SWITCH_TREASURY_ARGUMENTS_H

#include <stdio.h>

#include "switch/treasury/duty.h"

struct fz_arguments {
    const char *config_file; /* NULL: not given */
    int32_t community;
    bool community_given;
    bool json;
    bool quiet;
    bool help; /* show the help of `duty`, or of all when it is NULL */
    bool version;
    const struct fz_duty *duty;
    struct fz_value values[FZ_OPTIONS_MAX]; /* in the order of duty->options */
};

/* Everything borrows argv. FZ_BAD_FIELD: the message says which argument is wrong. */
FZ_MUSTUSE fz_rc fz_arguments_parse(int argc,
                                    char *const *argv,
                                    struct fz_arguments *arguments_out,
                                    struct fz_err *err);

/* Reads one value as `option` wants it. FZ_BAD_FIELD. */
FZ_MUSTUSE fz_rc fz_option_read(const struct fz_option *option,
                                const char *text,
                                struct fz_value *value_out,
                                struct fz_err *err);

void fz_help_print(const struct fz_duty *duty, FILE *out); /* NULL: the list of all duties */

#endif
