/*
 * load: drives the store's writer as the switch's engine does: one batch under way, the next one
 * made ready meanwhile. Where the commands come from is the caller's business.
 */
#ifndef LOAD_BOOKS_DRIVE_H
#define LOAD_BOOKS_DRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/err.h"
#include "feezero/ledger.h"
#include "load/histogram.h"

#define FZ_SLOT_BASE_MAX 512
#define FZ_SLOT_BODY_MAX 160

/* A command with the memory that its order borrows. */
struct fz_slot {
    struct fz_command command;
    char base[FZ_SLOT_BASE_MAX];
    char body[FZ_SLOT_BODY_MAX];
    uint8_t signature[FZ_SIGNATURE_LEN];
};

struct fz_drive_options {
    const char *conninfo; /* borrowed */
    int32_t community;
    unsigned batch;                                /* commands of one commit */
    unsigned seconds;                              /* hand over nothing after this; 0: no limit */
    bool (*next)(void *ctx, struct fz_slot *slot); /* makes a command; false: there are no more */
    void *ctx;
};

/* What a drive measured. */
struct fz_drive_figures {
    uint64_t booked;  /* acknowledged */
    uint64_t refused; /* for business reasons */
    uint64_t batches;
    int64_t amount;              /* sum of what was booked */
    int64_t elapsed_us;          /* from the first batch handed over to the last one durable */
    fz_rc refusal;               /* the last reason */
    struct fz_histogram latency; /* of a batch, handed over to durable */
};

struct fz_drive;

/* Connects, and waits until the writer is ready. FZ_UNAVAILABLE: it did not get so far. */
FZ_MUSTUSE fz_rc fz_drive_create(const struct fz_drive_options *options,
                                 struct fz_drive **out,
                                 struct fz_err *err);
void fz_drive_destroy(struct fz_drive **drive);

/* Runs until the time is up or there are no more commands. Anything but FZ_OK: a batch failed. */
FZ_MUSTUSE fz_rc fz_drive_run(struct fz_drive *drive,
                              struct fz_drive_figures *figures_out,
                              struct fz_err *err);

#endif
