/*
 * Room switch/api. /healthz, /readyz and /metrics: for load balancers and operators, not for
 * clients.
 */
#include <stdlib.h>
#include <string.h>

#include "switch/api/endpoints.h"
#include "switch/api/state.h"
#include "switch/http/metrics.h"

#define PLAIN_TEXT "text/plain; charset=utf-8"
#define METRICS_TEXT "text/plain; version=0.0.4; charset=utf-8"

static void reply_text(struct fz_request *request, int status, const char *text)
{
    fz_request_reply(request, status, PLAIN_TEXT, text, strlen(text));
}

/* The process runs and its loop turns; nothing more is said. */
void fz_api_get_health(struct fz_request *request, void *ctx)
{
    (void)ctx;
    reply_text(request, 200, "ok\n");
}

/* Would a payment go through now? */
void fz_api_get_ready(struct fz_request *request, void *ctx)
{
    const struct fz_api *api = ctx;
    const char *missing = NULL;
    if (fz_server_is_draining(api->server)) {
        missing = "stopping\n";
    } else if (!fz_engine_is_ready(api->engine)) {
        missing = "the ledger cannot be written\n";
    } else if (!fz_reader_is_ready(api->reader)) {
        missing = "the ledger cannot be read\n";
    }
    if (missing == NULL) {
        reply_text(request, 200, "ready\n");
        return;
    }
    fz_request_set_header(request, "Retry-After", "1");
    reply_text(request, 503, missing);
}

void fz_api_get_metrics(struct fz_request *request, void *ctx)
{
    char *text = NULL;
    size_t len = 0;
    struct fz_err err = {.rc = FZ_OK};
    (void)ctx;
    if (fz_metrics_render(&text, &len, &err) != FZ_OK) {
        fz_request_fail_err(request, &err);
        return;
    }
    fz_request_reply(request, 200, METRICS_TEXT, text, len);
    free(text);
}
