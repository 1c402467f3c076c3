/*
 * load: turns enrolment codes into a folder of keys (town.h), one request after the other.
 */
#ifndef LOAD_ENROL_H
#define LOAD_ENROL_H

#include "feezero/err.h"

struct fz_enrol_options {
    const char *url;
    const char *ca_file;    /* NULL: what the system trusts */
    const char *keys_dir;   /* must exist */
    const char *codes_file; /* one code per line */
};

/* *count_out: how many keys were enrolled. FZ_ENROLMENT_CODE: the switch refused one. */
FZ_MUSTUSE fz_rc fz_enrol(const struct fz_enrol_options *options,
                          unsigned *count_out,
                          struct fz_err *err);

#endif
