/*
 * load: what the two halves of a buyer share: buyer.c decides what to do next and sends it,
 * outcome.c takes the answer, or its absence.
 */
#ifndef LOAD_BUYER_INTERNAL_H
#define LOAD_BUYER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/buyer.h"

struct event;

#define FZ_KEPT_MAX 8         /* payments that may be replayed */
#define FZ_KEPT_BODY_SIZE 768 /* of an operation's answer, which has some 350 bytes */

enum fz_step {
    FZ_STEP_CREATE,  /* a till's intent */
    FZ_STEP_PAY,     /* a resident's payment */
    FZ_STEP_INQUIRE, /* what became of it? */
    FZ_STEP_CLOSE,   /* its id, by a tombstone */
    FZ_STEP_REPLAY   /* a payment of the past, once more */
};

struct fz_sale {
    struct fz_record_payment payment;
    const struct fz_town_key *till;
};

struct fz_kept {
    struct fz_sale sale;
    int64_t number;
    size_t body_len; /* 0: its answer was never seen, only its number */
    char body[FZ_KEPT_BODY_SIZE];
};

struct fz_buyer {
    struct fz_run *run;
    struct fz_channel *channel;
    struct event *timer;
    const struct fz_town_key *till;
    const struct fz_town_key *resident;
    uint64_t random;
    enum fz_step step;
    bool is_beginning; /* the timer begins something new, instead of doing the step again */
    struct fz_sale sale;
    bool is_open;    /* its intent waits for a payer: a rival may try */
    bool is_rival;   /* the intent is another buyer's */
    bool is_unknown; /* a request for the payment was sent and not answered */
    unsigned attempts;
    int64_t begun_us; /* the sale */
    int64_t step_us;  /* the step, for the first time */
    struct fz_kept kept[FZ_KEPT_MAX];
    uint64_t kept_count; /* ever; the last FZ_KEPT_MAX are there */
    const struct fz_kept *replayed;
};

/* A number below `sides`, from the run's seed. */
uint64_t fz_buyer_roll(struct fz_buyer *buyer, uint64_t sides);

/* A fresh operation id. */
struct fz_id fz_buyer_new_id(struct fz_buyer *buyer);

/* Goes on to a step and sends its request. */
void fz_buyer_enter(struct fz_buyer *buyer, enum fz_step step);

/* Sends the step's request again after a pause. */
void fz_buyer_again_after_ms(struct fz_buyer *buyer, uint64_t ms);

/* Begins the next sale or replay, or ends, after a pause for thought. */
void fz_buyer_next(struct fz_buyer *buyer);

/* outcome.c: what every request ends with; a fz_channel_fn. */
void fz_buyer_on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer);

#endif
