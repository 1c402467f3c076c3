/*
 * Room switch/api, internal. The bodies of decided answers. They depend on what is stored with the
 * operation and on nothing else - no clock, no current state, no configuration - so the same id
 * gives the same bytes for ever, whoever asks and whenever. A test pins the bytes.
 */
#ifndef SWITCH_API_RENDER_H
#define SWITCH_API_RENDER_H

#include "feezero/ledger.h"
#include "switch/api/json_out.h"

/*
 * What is kept of a new intent beside its operation: as it was shown, never as it would be today.
 * And the digits of a code, which are kept nowhere and follow from its id.
 */
struct fz_shown {
    const char *qr;
    const char *shop_name;
    const char *digits;
};

/* Whether the answer needs more than the operation: a new intent, a new code. */
bool fz_render_needs_shown(const struct fz_result *result);

/*
 * The answer to the request that was decided so: an operation object, an intent object, a
 * code, a tombstone, or a problem. `shown` is for what fz_render_needs_shown() and else NULL.
 * Returns the HTTP status.
 */
int fz_render_result(struct fz_json_out *out,
                     const struct fz_result *result,
                     const struct fz_shown *shown);

/* The answer to an inquiry, with the above under `result`, byte for byte. */
void fz_render_inquiry(struct fz_json_out *out,
                       const char *name,
                       const struct fz_result *result,
                       const struct fz_shown *shown);

/* One operation id cannot serve the request, because of the operation in `final_state`. */
void fz_render_conflict(struct fz_json_out *out,
                        const struct fz_result *refused,
                        const struct fz_result *earlier,
                        const struct fz_shown *shown);

#endif
