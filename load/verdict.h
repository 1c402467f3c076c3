/*
 * load: what an answer's JSON says about a payment.
 */
#ifndef LOAD_VERDICT_H
#define LOAD_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "load/answer.h"
#include "load/record.h"

/* What became of an operation, as far as an answer tells. */
enum fz_verdict_kind {
    FZ_VERDICT_NONE, /* the answer says nothing about it */
    FZ_VERDICT_PAID,
    FZ_VERDICT_REFUSED,
    FZ_VERDICT_TOMBSTONED
};

struct fz_verdict {
    enum fz_verdict_kind kind;
    bool is_ours;   /* PAID: it is this very payment, with a fee of 0 */
    int64_t number; /* PAID: of its transfer */
    char code[40];  /* of a problem: REFUSED, or NONE */
};

/* Reads the answer to the payment itself. */
void fz_verdict_read(const struct fz_answer *answer,
                     const struct fz_record_payment *payment,
                     struct fz_verdict *verdict_out);

/*
 * Reads the answer to an inquiry by its id, or a refused tombstone's, which holds the same as its
 * `final_state`.
 */
void fz_verdict_read_inquiry(const struct fz_answer *answer,
                             const struct fz_record_payment *payment,
                             struct fz_verdict *verdict_out);

#endif
