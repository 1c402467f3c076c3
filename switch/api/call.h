/*
 * Room switch/api, internal. One authenticated request from the gate to its answer, and what the
 * families of endpoints share: reading path, query and body, sending a command to the ledger,
 * answering. Every call ends in exactly one of fz_call_reply(), fz_call_fail() and their kin, which
 * free it; a `false` from a fz_call_read_*() means that this has happened already.
 */
#ifndef SWITCH_API_CALL_H
#define SWITCH_API_CALL_H

#include <jansson.h>

#include "feezero/ledger.h"
#include "feezero/limits.h"
#include "feezero/role.h"
#include "ledger/store/reader.h"
#include "merchant-pos/wire/cpm.h"
#include "switch/api/body.h"
#include "switch/api/json_out.h"
#include "switch/api/query.h"
#include "switch/auth/verify.h"
#include "switch/engine/engine.h"
#include "switch/http/request.h"

struct fz_api;
struct fz_poll;

/* Who asks: what the key of the request may do. */
struct fz_caller {
    int64_t party; /* the resident; the shop, also for its tills; the member of staff */
    int32_t community;
    int32_t terminal; /* 1..999 for a till, else 0 */
    enum fz_role role;
};

struct fz_call {
    struct fz_call *next; /* all calls of the API, for its end */
    struct fz_call *previous;
    struct fz_api *api;
    struct fz_request *request;
    struct fz_auth auth;
    struct fz_caller caller;               /* set once the signature is verified */
    json_t *body;                          /* what texts of the command point into; NULL if none */
    char *qr;                              /* of a new intent; NULL if none */
    char shop_name[121];                   /* of a new intent */
    char digits[FZ_CODE_DIGITS + 1];       /* of a code */
    struct fz_paycode code;                /* that was asked for */
    void (*decided)(struct fz_call *call); /* runs when the command is decided */
    struct fz_poll *poll;                  /* of a long-poll; NULL if none */
    void (*found)(struct fz_call *call, const struct fz_intent_row *intent); /* see intents.h */
    struct fz_job job;
    struct fz_result earlier;                      /* an operation that was asked for */
    int64_t at_us;                                 /* the time a balance was asked for */
    unsigned page;                                 /* rows of a page that was asked for */
    const char *webhook_url;                       /* of a new webhook, in `body` */
    uint8_t webhook_secret[FZ_WEBHOOK_SECRET_LEN]; /* of a webhook, until it is told */
    uint8_t code_hash[FZ_SHA256_LEN];              /* of an enrolment */
    uint8_t public_key[FZ_SPKI_LEN];
};

/* A table of query parameters. */
struct fz_query_table {
    const struct fz_query_field *fields;
    size_t len;
};
#define FZ_QUERY_TABLE(rows)                     \
    {                                            \
        (rows), sizeof(rows) / sizeof((rows)[0]) \
    }

/* Makes the call of a request. FZ_NO_MEMORY: the request is still the caller's to answer. */
FZ_MUSTUSE fz_rc fz_call_create(struct fz_api *api,
                                struct fz_request *request,
                                struct fz_call **out);

/* The call that the gate made for this request. */
struct fz_call *fz_call_of(const struct fz_request *request);

bool fz_caller_is_shop(const struct fz_caller *caller);    /* a till or the owner */
int64_t fz_caller_account(const struct fz_caller *caller); /* a shop's, or a resident's wallet */

/* --- reading: false when the call was failed ------------------------------------------------- */

/* The first capture of the path as an id. */
FZ_MUSTUSE bool fz_call_read_id(struct fz_call *call, struct fz_id *id_out);

/* The first capture as the public id of a shop; a malformed one is of no shop: NOT_FOUND. */
FZ_MUSTUSE bool fz_call_read_shop(struct fz_call *call, int64_t *shop_out);

/* The query; `table` NULL: there must be none. */
FZ_MUSTUSE bool
fz_call_read_query(struct fz_call *call, const struct fz_query_table *table, void *values);

/* The body; call->body owns its texts. */
FZ_MUSTUSE bool
fz_call_read_body(struct fz_call *call, const struct fz_body_table *table, void *values);

/*
 * What every order has: the id in the path goes to call->job.command.id, no query, a body that is
 * short enough to be kept.
 */
FZ_MUSTUSE bool
fz_call_read_order(struct fz_call *call, const struct fz_body_table *table, void *values);

/* --- the ledger ------------------------------------------------------------------------------ */

/*
 * Hands call->job.command to the engine; its actor and its signed order are set here. `decided`
 * runs later, when command.result is durable; if it was not decided the call has been failed
 * instead.
 */
void fz_call_submit(struct fz_call *call, void (*decided)(struct fz_call *call));

/* --- answering: the call is gone afterwards -------------------------------------------------- */

/* Takes the text of `out` over. If memory ran out while it was written, NO_MEMORY is answered. */
void fz_call_reply(struct fz_call *call, int status, struct fz_json_out *out);

/*
 * As fz_request_fail(). A code that only programs know (FZ_NOT_FOUND of a community that is gone)
 * is the caller's to translate.
 */
void fz_call_fail(struct fz_call *call, fz_rc rc, const char *detail, const char *extra_members);

/* With one member naming the text at fault: {"field":"amount"}. */
void fz_call_fail_at(
    struct fz_call *call, fz_rc rc, const char *detail, const char *member, const char *text);

/* Answers with the decided result in call->job.command.result. */
void fz_call_reply_result(struct fz_call *call);

#endif
