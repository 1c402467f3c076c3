/*
 * The endpoints of switch/api with nothing behind them: a request goes through the real handler,
 * and what the handler asks of engine or reader is noted instead of done. For fuzz targets.
 */
#ifndef TESTS_FUZZ_API_WORLD_H
#define TESTS_FUZZ_API_WORLD_H

#include <jansson.h>

#include "feezero/ledger.h"
#include "feezero/limits.h"
#include "feezero/role.h"
#include "switch/http/request_state.h"

#define API_SHOP 42 /* the party of tills and owners */
#define API_RESIDENT 7
#define API_TERMINAL 3

enum api_asked {
    API_NOTHING,
    API_COMMAND,
    API_ENROLMENT,
    API_INTENT,
    API_EVENTS,
    API_OPERATION,
    API_RECEIPT,
    API_BALANCE,
    API_HISTORY,
    API_PAST,
    API_MONEY,
    API_SHOP_ROW,
    API_PAYCODE
};

/* One request and all that came of it. */
struct api_outcome {
    enum api_asked asked;      /* the last thing that was asked for */
    struct fz_command command; /* of API_COMMAND; `note` points to the copy below */
    char note[256];
    int64_t after;  /* of API_EVENTS */
    int64_t before; /* of API_HISTORY */
    unsigned limit;
    int status;         /* of the answer */
    json_t *body;       /* owned: the answer as JSON; NULL if it is none */
    const char *detail; /* inside body, of a problem */
    const fz_rc *code;  /* of a problem, NULL otherwise */
    fz_rc code_value;
};

/*
 * Sends a request as a caller of `role`: who signed it is taken as known. What the handler asks of
 * the ledger is answered UNAVAILABLE. Asserts that there is exactly one answer, and that a refusal
 * is a problem with a code of errors.def, its status and texts.
 */
void api_send(enum fz_role role,
              const char *method,
              const char *target,
              const void *body,
              size_t body_len,
              struct api_outcome *outcome);
void api_outcome_fini(struct api_outcome *outcome);

/* The `field` of a problem; "" if it has none. */
const char *api_field(const struct api_outcome *outcome);

#endif
