/*
 * Room switch/api. The gate: signature, key, role. The only place that decides who a caller is.
 */
#include "switch/api/authenticate.h"

#include <string.h>

#include "feezero/assert.h"
#include "switch/api/state.h"
#include "switch/api/text.h"
#include "switch/http/log.h"
#include "switch/http/metrics.h"
#include "switch/http/route.h"

/* The HTTP room joins fields of one name as RFC 9421 wants them, so there is at most one. */
static bool
find_header(void *ctx, const char *name, unsigned index, struct fz_httpsig_text *value_out)
{
    const char *value = index == 0 ? fz_request_header(ctx, name) : NULL;
    if (value == NULL) {
        return false;
    }
    *value_out = (struct fz_httpsig_text){.at = value, .len = strlen(value)};
    return true;
}

static struct fz_httpsig_message message_of(struct fz_request *request)
{
    return (struct fz_httpsig_message){
        .method = request->method_text,
        .scheme = "https",
        .authority = request->authority[0] != '\0' ? request->authority : NULL,
        .path = request->path,
        .query = strchr(request->target, '?'),
        .header = find_header,
        .header_ctx = request,
    };
}

void fz_api_fail_auth(struct fz_call *call, const struct fz_err *err)
{
    char now[FZ_TIME_TEXT_SIZE];
    enum fz_rc_class class = fz_rc_info(err->rc)->class;
    fz_metric_add(FZ_METRIC_SIGNATURES_REFUSED, 1);
    if (class != FZ_CLASS_BADREQ) {
        fz_log_err(FZ_LOG_ERROR, "api.auth_failed", call->request->id, err);
        fz_call_fail(call, err->rc, NULL, NULL);
    } else if (err->rc == FZ_SIGNATURE_STALE) {
        fz_time_text(fz_api_wall_us(), now);
        fz_call_fail_at(call, err->rc, err->msg, "server_time", now);
    } else {
        fz_call_fail(call, err->rc, err->msg, NULL);
    }
}

fz_rc fz_api_verify_with(struct fz_call *call, const struct fz_key *key, struct fz_err *err)
{
    struct fz_request *request = call->request;
    struct fz_httpsig_message message = message_of(request);
    struct fz_httpsig_text body = {.at = (const char *)request->body, .len = request->body_len};
    fz_rc rc = fz_auth_verify(&call->auth, &message, body, key, fz_api_wall_us(), err);
    if (rc == FZ_OK) {
        fz_metric_add(FZ_METRIC_SIGNATURES_VERIFIED, 1);
    }
    return rc;
}

fz_rc fz_api_keep_credential(struct fz_api *api,
                             const struct fz_credential *credential,
                             const struct fz_key_entry **entry_out,
                             struct fz_err *err)
{
    int64_t now_us = fz_api_monotonic_us();
    enum fz_role role = FZ_ROLE_RESIDENT;
    if (!fz_role_from_number(credential->role, &role)) {
        return fz_fail(err, FZ_FORMAT, "key %s has the unknown role %d", credential->key_id,
                       (int)credential->role);
    }
    struct fz_key_row row = {
        .key_id = credential->key_id,
        .spki = credential->public_key,
        .spki_len = FZ_SPKI_LEN,
        .facts = {.party = credential->party,
                  .community = credential->community,
                  .terminal = credential->terminal,
                  .role = role,
                  .state = credential->revoked ? FZ_KEY_REVOKED : FZ_KEY_ACTIVE},
    };
    fz_rc rc = fz_key_cache_put(api->keys, &row, now_us, entry_out, err);
    if (rc == FZ_OK && !credential->revoked) {
        fz_profiles_put(api->profiles, credential, now_us);
    }
    return rc;
}

/* Second half: the key is known, or it is known that there is none. */
static void authenticate(struct fz_call *call, const struct fz_key_entry *entry)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_request *request = call->request;
    bool usable = entry != NULL && entry->facts.state == FZ_KEY_ACTIVE;
    if (fz_auth_finish(&call->auth, usable ? entry->key : NULL, &err) != FZ_OK) {
        fz_api_fail_auth(call, &err);
        return;
    }
    fz_assert(usable);
    fz_metric_add(FZ_METRIC_SIGNATURES_VERIFIED, 1);
    call->caller = (struct fz_caller){.party = entry->facts.party,
                                      .community = entry->facts.community,
                                      .terminal = entry->facts.terminal,
                                      .role = entry->facts.role};
    if (!fz_role_in(call->caller.role, request->route->roles)) {
        fz_call_fail(call, FZ_ROLE_FORBIDDEN, NULL, NULL);
        return;
    }
    fz_server_pass(request);
}

static void on_credential(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    struct fz_call *call = ctx;
    const struct fz_key_entry *entry = NULL;
    struct fz_err err = {.rc = FZ_OK};
    if (rc == FZ_OK) {
        rc = fz_api_keep_credential(call->api, credential, &entry, &err);
    }
    if (rc == FZ_OK || rc == FZ_NOT_FOUND) {
        authenticate(call, entry);
    } else if (err.rc != FZ_OK) {
        fz_api_fail_auth(call, &err);
    } else {
        fz_call_fail(call, rc, NULL, NULL);
    }
}

void fz_api_gate(struct fz_request *request, void *ctx)
{
    struct fz_api *api = ctx;
    struct fz_call *call = NULL;
    struct fz_err err = {.rc = FZ_OK};
    if (fz_call_create(api, request, &call) != FZ_OK) {
        fz_request_fail(request, FZ_NO_MEMORY, NULL, NULL);
        return;
    }
    if (request->route->roles == 0) {
        fz_server_pass(request);
        return;
    }
    struct fz_httpsig_message message = message_of(request);
    if (fz_auth_begin(&call->auth, &message, request->body, request->body_len, fz_api_wall_us(),
                      &err) != FZ_OK) {
        fz_api_fail_auth(call, &err);
        return;
    }
    const struct fz_key_entry *entry =
        fz_key_cache_get(api->keys, call->auth.key_id, fz_api_monotonic_us());
    if (entry != NULL) {
        authenticate(call, entry);
    } else {
        fz_read_credential(api->reader, call->auth.community, call->auth.key_id, on_credential,
                           call);
    }
}
