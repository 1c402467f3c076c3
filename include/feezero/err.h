/*
 * struct fz_err: where and why something failed, for a log or an operator. Filled by the function
 * that saw the failure, carried up unchanged, never sent to a client.
 */
#ifndef FEEZERO_ERR_H
#define FEEZERO_ERR_H

#include "feezero/rc.h"

struct fz_err {
    fz_rc rc;
    int line;
    const char *file; /* static */
    char msg[240];    /* UTF-8, NUL-terminated, cut if longer */
};

/*
 * Records a failure and returns its code, so that one can write `return fz_fail(err, FZ_IO, ...)`.
 * `err` may be NULL: then only the code is returned.
 */
#define fz_fail(err, rc, ...) fz_err_set((err), (rc), __FILE__, __LINE__, __VA_ARGS__)

fz_rc fz_err_set(struct fz_err *err, fz_rc rc, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
