/*
 * Room switch/api, internal. What one worker's API consists of.
 */
#ifndef SWITCH_API_STATE_H
#define SWITCH_API_STATE_H

#include "ledger/store/reader.h"
#include "switch/api/call.h"
#include "switch/api/code_key.h"
#include "switch/api/profiles.h"
#include "switch/api/waiters.h"
#include "switch/auth/key_cache.h"
#include "switch/http/loop_event.h"
#include "switch/http/server.h"

struct fz_config;
struct fz_releases;

struct fz_api {
    const struct fz_config *config; /* the worker's */
    struct event_base *base;
    struct fz_server *server;
    struct fz_loop *loop;
    struct fz_timer *ticker;
    struct fz_engine *engine;
    struct fz_reader *reader;
    struct fz_key_cache *keys;
    struct fz_profiles *profiles;
    struct fz_waiters *waiters;
    struct fz_code_key *code_key; /* NULL: there are no codes */
    struct fz_releases *releases;
    struct fz_call *calls;       /* every call that is open */
    bool is_stopping;            /* nothing new is asked of engine and reader */
    struct fz_engine_stats seen; /* what the metrics have of the engine's counters */
};

int64_t fz_api_wall_us(void);      /* microseconds since 1970 */
int64_t fz_api_monotonic_us(void); /* never goes back */

#endif
