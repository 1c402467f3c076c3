/*
 * Room switch/api, internal. Reading an intent as the ledger sees it: for the endpoints that show
 * one.
 */
#ifndef SWITCH_API_INTENTS_H
#define SWITCH_API_INTENTS_H

#include "ledger/store/reader.h"
#include "switch/api/call.h"

/*
 * Reads an intent and calls `found` with it, later; the row is borrowed until `found` returns. An
 * intent that is past its time and still open is expired in the ledger first, so that EXPIRED is
 * always the ledger's word and never a clock's. If there is none, or it cannot be read, the call is
 * failed instead. Uses call->job and call->decided.
 */
void fz_api_find_intent(struct fz_call *call,
                        const struct fz_id *id,
                        void (*found)(struct fz_call *call, const struct fz_intent_row *intent));

#endif
