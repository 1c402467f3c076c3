/*
 * merchant-pos/core: one signed request and the answer to it, sorted into what the switch decided,
 * what it did not, and what nobody knows. Uses the ports; knows nothing of sales or payments.
 */
#ifndef FEEZERO_POS_EXCHANGE_H
#define FEEZERO_POS_EXCHANGE_H

#include "feezero/pos.h"
#include "merchant-pos/core/json.h"

#define FZ_POS_PATH_MAX 96

struct fz_exchange_call {
    const char *method;
    const char *path;
    const char *query; /* with its '?', or NULL */
    const char *body;  /* or NULL */
    uint32_t hold_ms;
};

struct fz_exchange_answer {
    /*
     * FZ_OK: 2xx with a JSON object. A code of errors.def: the switch said so. FZ_UNAVAILABLE with
     * status 0: the request never left. FZ_OUTCOME_UNKNOWN: no answer, or one that is not ours (a
     * proxy's page, a code we do not know, a cut body): the request may have been carried out.
     */
    fz_rc rc;
    int status;
    uint32_t retry_after_s;
    struct fz_json root; /* the body; empty if it is no JSON object. Borrowed from pos->answer */
    size_t body_len;
};

/*
 * Sends and sorts. When only our clock was off (SIGNATURE_STALE), learns the switch's time and
 * sends once more. Fails (FZ_CRYPTO, FZ_LIMIT, ...) only when this machine cannot make the request.
 */
FZ_MUSTUSE fz_rc fz_exchange(struct fz_pos *pos,
                             const struct fz_exchange_call *call,
                             struct fz_exchange_answer *answer_out,
                             struct fz_err *err);

/* Writes "/v1/<collection>/<id><tail>". */
void fz_exchange_path(char path_out[FZ_POS_PATH_MAX],
                      const char *collection,
                      const struct fz_id *id,
                      const char *tail);

/* The switch's time as far as we know it. */
int64_t fz_exchange_now_ms(const struct fz_pos *pos);

#endif
