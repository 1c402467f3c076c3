/*
 * Room switch/api. The HTTP API of one worker: its connections to the ledger, its cache of keys,
 * the route table, and the long-polls that wait. What each endpoint does is in the file of its
 * family; docs/openapi.yaml is the contract.
 */
#ifndef SWITCH_API_API_H
#define SWITCH_API_API_H

#include "feezero/err.h"
#include "feezero/rc.h"

struct event_base;
struct fz_api;
struct fz_config;
struct fz_server;

/*
 * Adds routes, gate and drain step to `server` and starts to connect to the database; does not wait
 * for it (until it is there, requests get UNAVAILABLE and /readyz says so). All arguments are
 * borrowed and must outlive the API. Caller owns *out. FZ_NO_MEMORY, FZ_CRYPTO, FZ_CONFIG.
 */
FZ_MUSTUSE fz_rc fz_api_start(const struct fz_config *config,
                              struct event_base *base,
                              struct fz_server *server,
                              struct fz_api **out,
                              struct fz_err *err);

/*
 * Answers every request that is still open, closes the connections and frees everything; *api
 * becomes NULL; NULL is accepted. What was on its way to the ledger is answered OUTCOME_UNKNOWN.
 */
void fz_api_stop(struct fz_api **api);

#endif
