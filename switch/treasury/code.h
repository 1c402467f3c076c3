/*
 * switch/treasury: one-time enrolment codes, `<community>-XXXX-XXXX-XXXX-XXXX` in Crockford base32
 * (80 random bits). Only the SHA-256 of the sixteen characters is stored.
 */
#ifndef FZ_SWITCH_TREASURY_CODE_H
#define FZ_SWITCH_TREASURY_CODE_H

#include "feezero/role.h"
#include "switch/treasury/run.h"

#define FZ_CODE_CHARS 16
#define FZ_CODE_TEXT_SIZE 40 /* with its NUL, and room to spare */

/* Whom a code is for, and how the result line calls it. */
struct fz_code_for {
    const char *what; /* "resident", "shop", "terminal" ... first word of the line */
    char kind;
    int64_t party;
    enum fz_role role;
    int32_t terminal; /* 0 if none */
    const char *name; /* shown with it */
};

/*
 * Issues a code and prints it with the id of its party. In the caller's transaction, which must be
 * committed before anybody is shown the line: so `fz_code_issue` makes it and `fz_code_show` shows.
 */
FZ_MUSTUSE fz_rc fz_code_issue(struct fz_run *run,
                               const struct fz_code_for *whom,
                               char text_out[FZ_CODE_TEXT_SIZE],
                               int64_t *expires_us_out,
                               struct fz_err *err);
void fz_code_show(struct fz_run *run,
                  const struct fz_code_for *whom,
                  const char *text,
                  int64_t expires_us);

/* Reads a code as people type it, and checks that it is for `community`. FZ_ENROLMENT_CODE. */
FZ_MUSTUSE fz_rc fz_code_read(int32_t community,
                              const char *text,
                              uint8_t hash_out[32],
                              struct fz_err *err);

#endif
