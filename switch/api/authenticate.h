/*
 * Room switch/api, internal. Who asks, and may he? The gate of every signed route.
 */
#ifndef SWITCH_API_AUTHENTICATE_H
#define SWITCH_API_AUTHENTICATE_H

#include "ledger/store/reader.h"
#include "switch/api/call.h"
#include "switch/auth/key_cache.h"
#include "switch/http/request.h"

/*
 * Checks signature, key and role of a request and passes it to its handler, at once or after the
 * key was fetched; or fails it. Routes without roles are passed on as they are: their handler knows
 * where the key is. `ctx` is the struct fz_api. Signature of fz_server_set_gate().
 */
void fz_api_gate(struct fz_request *request, void *ctx);

/*
 * Verifies a request with the key that came in it (enrolment). The codes are those of
 * fz_auth_verify.
 */
FZ_MUSTUSE fz_rc fz_api_verify_with(struct fz_call *call,
                                    const struct fz_key *key,
                                    struct fz_err *err);

/* Answers with what went wrong in an authentication. */
void fz_api_fail_auth(struct fz_call *call, const struct fz_err *err);

/* Remembers what the database said about a key. FZ_FORMAT: its row is unusable. */
FZ_MUSTUSE fz_rc fz_api_keep_credential(struct fz_api *api,
                                        const struct fz_credential *credential,
                                        const struct fz_key_entry **entry_out,
                                        struct fz_err *err);

#endif
