/*
 * load: what the switch said, in files, so that somebody else can hold the ledger against it.
 *
 *   acknowledged: OPERATION INTENT AMOUNT NUMBER    one line per payment known to be booked
 *   unknown:      unknown OPERATION INTENT AMOUNT   it was not told paid or refused
 *                 resolved OPERATION paid|refused|tombstoned|undone
 *
 * Every line is written before the next request is sent.
 */
#ifndef LOAD_RECORD_H
#define LOAD_RECORD_H

#include <stdint.h>

#include "feezero/err.h"
#include "feezero/id.h"

struct fz_record {
    int acknowledged_fd; /* -1: not wanted */
    int unknown_fd;      /* -1: not wanted */
};

struct fz_record_payment {
    struct fz_id id;
    struct fz_id intent; /* zero: a transfer from person to person, which has none */
    int64_t amount;
};

/* Opens the files for appending. Either path may be NULL. FZ_IO. */
FZ_MUSTUSE fz_rc fz_record_open(struct fz_record *record,
                                const char *acknowledged,
                                const char *unknown,
                                struct fz_err *err);
void fz_record_close(struct fz_record *record);

/* All three: FZ_IO. */
FZ_MUSTUSE fz_rc fz_record_acknowledged(struct fz_record *record,
                                        const struct fz_record_payment *payment,
                                        int64_t number,
                                        struct fz_err *err);
FZ_MUSTUSE fz_rc fz_record_unknown(struct fz_record *record,
                                   const struct fz_record_payment *payment,
                                   struct fz_err *err);
FZ_MUSTUSE fz_rc fz_record_resolved(struct fz_record *record,
                                    const struct fz_id *id,
                                    const char *how,
                                    struct fz_err *err);

#endif
