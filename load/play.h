/*
 * load: a measuring run. It prepares (balances, intents, signatures, connections), runs a scenario
 * against the clock, finds out what is unknown, and checks that the money was conserved.
 */
#ifndef LOAD_PLAY_H
#define LOAD_PLAY_H

#include "feezero/err.h"
#include "load/run.h"

/* FZ_OK: it went to its end, whatever was counted and found. */
FZ_MUSTUSE fz_rc fz_play(struct fz_run *run, struct fz_err *err);

#endif
