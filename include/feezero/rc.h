/*
 * Result codes: one enum for the ledger, the switch, the till and the documents.
 * The rows live in errors.def; nothing else in the project invents a code.
 */
#ifndef FEEZERO_RC_H
#define FEEZERO_RC_H

#include <stdbool.h>

/* What fz_rc_class() answers; errors.def explains each. */
enum fz_rc_class {
    FZ_CLASS_OK,
    FZ_CLASS_REJECT,
    FZ_CLASS_BADREQ,
    FZ_CLASS_RETRY,
    FZ_CLASS_FAIL
};

typedef enum fz_rc {
#define FZ_ERROR(name, number, class, http, retryable, slug, ja, en) FZ_##name = (number),
#include "feezero/errors.def"
#undef FZ_ERROR
} fz_rc;

/* A result that must not be ignored. */
#define FZ_MUSTUSE __attribute__((warn_unused_result))

/* One row of errors.def. All text is static UTF-8. */
struct fz_rc_info {
    fz_rc rc;
    enum fz_rc_class class;
    int http_status;
    bool retryable;
    const char *name; /* "INSUFFICIENT_FUNDS" */
    const char *slug; /* "insufficient-funds" */
    const char *ja;
    const char *en;
};

/*
 * The row of `rc`; a number that is in no row (a corrupt stored value) yields the row of
 * INTERNAL.
 */
const struct fz_rc_info *fz_rc_info(fz_rc rc);

/* The row at `index`, or NULL past the end: for walking the whole table. */
const struct fz_rc_info *fz_rc_at(unsigned index);

/* Finds the row of a slug as it came over the wire; NULL if there is none. */
const struct fz_rc_info *fz_rc_by_slug(const char *slug);

#endif
