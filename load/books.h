/*
 * load: `fz-load books`, the ledger alone: batches through the store's writer, as the switch hands
 * them over, without HTTP, TLS and signatures to verify. What one command costs is all there: the
 * seal over a signed order of the usual length, the decision, the rows, the commit.
 */
#ifndef LOAD_BOOKS_H
#define LOAD_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/err.h"
#include "load/books_drive.h"
#include "load/books_pick.h"
#include "load/books_town.h"

struct fz_books_options {
    const char *database;
    const char *pick_name;
    const char *command_name;
    uint64_t community;
    uint64_t batch;    /* commands of one commit */
    uint64_t seconds;  /* hand over nothing after this; 0: no limit */
    uint64_t payments; /* hand over no more than these; 0: no limit but the prepared intents */
    uint64_t accounts; /* not 0: make so many wallets first */
    uint64_t shops;    /* not 0: make so many shops first */
    uint64_t seed;     /* of who pays whom */
    bool json;
    bool help;
    enum fz_pick pick;
    bool is_p2p;
};

/* What a run measured, and whether the books agree with it. */
struct fz_books_report {
    struct fz_drive_figures drive;
    int64_t own_cpu_us;     /* of this process, while it drove */
    int64_t backend_cpu_us; /* of the PostgreSQL process that served the writer */
    int64_t wal_bytes;
    int64_t transfers; /* found in the journal */
    int64_t transfers_amount;
    struct fz_books_reading before;
    struct fz_books_reading after;
};

/* Reads the arguments after "books". FZ_BAD_FIELD: says which. */
FZ_MUSTUSE fz_rc fz_books_options_parse(int argc,
                                        char *const *argv,
                                        struct fz_books_options *options_out,
                                        struct fz_err *err);
void fz_books_options_help(void);

/* Adds the wallets and shops that the options ask for, and gives every wallet money. */
FZ_MUSTUSE fz_rc fz_books_fill(const struct fz_books_options *options, struct fz_err *err);

FZ_MUSTUSE fz_rc fz_books_run(const struct fz_books_options *options,
                              struct fz_books_town *town,
                              struct fz_books_report *report_out,
                              struct fz_err *err);

/* What does not agree, or NULL. */
const char *fz_books_judge(const struct fz_books_report *report);

/* The program: an exit code as fz-load's. */
int fz_books_main(int argc, char *const *argv);

#endif
