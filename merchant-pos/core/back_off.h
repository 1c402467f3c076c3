/*
 * merchant-pos/core: how long to wait before trying again, and when to stop trying. 1, 2, 4, 8, 15,
 * 30, then 60 seconds, each up to a fifth shorter or longer so that a town's tills do not come back
 * all at once; never sooner than the switch asked.
 */
#ifndef FEEZERO_POS_BACK_OFF_H
#define FEEZERO_POS_BACK_OFF_H

#include "feezero/pos.h"
#include "merchant-pos/core/exchange.h"

/* All zero to start with: patience begins with the first wait. */
struct fz_back_off {
    unsigned attempt;       /* waits so far */
    uint32_t retry_after_s; /* of the latest answer; 0: not said */
    int64_t give_up_at_ms;  /* 0: never */
};

/*
 * Waits. *go_on_out is false when patience ended (nothing was waited) or the person wants to stop.
 */
FZ_MUSTUSE fz_rc fz_back_off_wait(struct fz_back_off *back_off,
                                  struct fz_pos *pos,
                                  bool *go_on_out,
                                  struct fz_err *err);

/*
 * A call that may be repeated, tried until there is an answer or patience ends: answer_out->rc is
 * then FZ_UNAVAILABLE.
 */
FZ_MUSTUSE fz_rc fz_back_off_call(struct fz_pos *pos,
                                  const struct fz_exchange_call *call,
                                  struct fz_exchange_answer *answer_out,
                                  struct fz_err *err);

/* The same for a plain GET. */
FZ_MUSTUSE fz_rc fz_back_off_get(struct fz_pos *pos,
                                 const char *path,
                                 const char *query,
                                 struct fz_exchange_answer *answer_out,
                                 struct fz_err *err);

#endif
