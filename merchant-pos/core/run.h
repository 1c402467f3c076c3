/*
 * merchant-pos/core: one operation on its way to a final state. A run does one step after another
 * (send, ask, close, cancel, wait); between steps it backs off, and it stops when an outcome is in
 * the journal or patience ends. An answer that did not come moves it to UNKNOWN, never to a
 * refusal.
 *
 *   send   PUT the operation under its id           step_send.c
 *   ask    GET what became of it                    step_ask.c
 *   close  PUT a tombstone: it shall never arrive   step_ask.c
 *   cancel POST the cancellation of a sale          step_sale.c
 *   wait   GET the events of a sale, held open      step_sale.c
 *   watch  GET the state of a code, held open       step_code.c
 */
#ifndef FEEZERO_POS_RUN_H
#define FEEZERO_POS_RUN_H

#include "feezero/pos.h"
#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/back_off.h"
#include "merchant-pos/core/exchange.h"

enum fz_run_step {
    FZ_STEP_SEND,
    FZ_STEP_ASK,
    FZ_STEP_CLOSE,
    FZ_STEP_CANCEL,
    FZ_STEP_WAIT,
    FZ_STEP_WATCH
};

/* What to do with a sale or a code that is open; other operations know only SETTLE. */
enum fz_run_goal {
    FZ_GOAL_SHOW,   /* get it on the screen; sending it again is fine */
    FZ_GOAL_WAIT,   /* until it is paid, canceled or expired; a code: until a shop asks, too */
    FZ_GOAL_SETTLE, /* an open sale stays open */
    FZ_GOAL_CANCEL
};

enum fz_run_turn {
    FZ_TURN_NEXT,  /* go on at once */
    FZ_TURN_PAUSE, /* back off first */
    FZ_TURN_STOP   /* the outcome is known */
};

struct fz_run {
    struct fz_pos *pos;
    struct fz_pos_outcome *out; /* out->operation is what we work on */
    enum fz_run_goal goal;
    enum fz_run_step step;
    bool foreign;   /* not in our journal: another till's sale, never closed by us */
    bool uncertain; /* some request of it may have arrived without our hearing of it */
    struct fz_back_off back_off;
    unsigned hops; /* steps without a pause */
    int64_t events_after;
    fz_rc cancel_reason; /* why we cancel by ourselves; FZ_OK: the clerk asked */
};

/* Prepares a run over *out, whose operation is filled in. */
void fz_run_init(struct fz_run *run,
                 struct fz_pos *pos,
                 enum fz_run_goal goal,
                 enum fz_run_step step,
                 struct fz_pos_outcome *out);

/* Runs to an outcome. Results as the public calls have them. */
FZ_MUSTUSE fz_rc fz_run(struct fz_run *run, struct fz_err *err);

/* --- for the steps ---------------------------------------------------------------------------- */

typedef fz_rc (*fz_step_fn)(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);

fz_rc fz_step_send(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);
fz_rc fz_step_ask(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);
fz_rc fz_step_close(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);
fz_rc fz_step_cancel(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);
fz_rc fz_step_wait(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);
fz_rc fz_step_watch(struct fz_run *run, enum fz_run_turn *turn, struct fz_err *err);

/* Journals a final state and stops the run. */
FZ_MUSTUSE fz_rc fz_run_finish(struct fz_run *run,
                               enum fz_pos_state state,
                               fz_rc reason,
                               enum fz_run_turn *turn,
                               struct fz_err *err);

/* Journals a state on the way and tells the clerk. */
FZ_MUSTUSE fz_rc fz_run_move(struct fz_run *run, enum fz_pos_state state, struct fz_err *err);

/* The switch is there: patience and back-off start anew. */
void fz_run_refresh(struct fz_run *run);

/* No usable answer: remembers why, goes to UNKNOWN if the state does not say more, backs off. */
FZ_MUSTUSE fz_rc fz_run_doubt(struct fz_run *run,
                              const struct fz_exchange_answer *answer,
                              enum fz_run_turn *turn,
                              struct fz_err *err);

/* Takes over what the switch says of an intent. step_sale.c */
FZ_MUSTUSE fz_rc fz_run_adopt_intent(struct fz_run *run,
                                     const struct fz_exchange_answer *answer,
                                     enum fz_run_turn *turn,
                                     struct fz_err *err);

/* Takes over what the switch says of a code: when it was made, or how it stands. step_code.c */
FZ_MUSTUSE fz_rc fz_run_adopt_new_code(struct fz_run *run,
                                       const struct fz_exchange_answer *answer,
                                       enum fz_run_turn *turn,
                                       struct fz_err *err);
FZ_MUSTUSE fz_rc fz_run_adopt_code(struct fz_run *run,
                                   const struct fz_exchange_answer *answer,
                                   enum fz_run_turn *turn,
                                   struct fz_err *err);

/* Takes over a booked void, refund, payment or transfer. step_send.c */
FZ_MUSTUSE fz_rc fz_run_adopt_operation(struct fz_run *run,
                                        struct fz_json object,
                                        const struct fz_exchange_answer *answer,
                                        enum fz_run_turn *turn,
                                        struct fz_err *err);

/* Takes over a refusal with what it tells besides its code. step_send.c */
FZ_MUSTUSE fz_rc fz_run_adopt_refusal(struct fz_run *run,
                                      fz_rc reason,
                                      struct fz_json problem,
                                      enum fz_run_turn *turn,
                                      struct fz_err *err);

#endif
