/*
 * Room switch/courier. One attempt to hand one message to one receiver: an HTTP request by libcurl,
 * run by the caller's multi handle, and what its outcome means. Refuses addresses that are not
 * public at the moment of connecting, follows no redirect, reads no more of an answer than it must.
 */
#ifndef SWITCH_COURIER_ATTEMPT_H
#define SWITCH_COURIER_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"
#include "switch/courier/message.h"

struct fz_attempt;

/* What holds for all attempts. Texts are borrowed. */
struct fz_attempt_rules {
    bool may_be_private; /* private addresses, and http:// */
    long timeout_ms;     /* of all of it */
    const char *ca_file; /* "": the system's authorities */
};

/* The body is borrowed while the attempt is under way, all else during the call. */
struct fz_attempt_request {
    const char *url;
    const char *signatures;           /* webhook-signature */
    const struct fz_message *message; /* its id and its time are headers, too */
};

struct fz_attempt_outcome {
    bool is_delivered; /* 2xx */
    bool is_off;       /* 410: the receiver wants no more */
    int32_t status;    /* HTTP; 0 if there was no answer */
    const char *fault; /* why there was none: a static word; "" if there was one */
    int64_t duration_ms;
    int64_t wait_ms; /* what the receiver asks for (Retry-After); 0: nothing */
};

/* `multi` is a CURLM *; borrowed. Caller owns *out. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_attempt_create(void *multi,
                                   const struct fz_attempt_rules *rules,
                                   struct fz_attempt **out,
                                   struct fz_err *err);

/* Ends what is under way; *attempt becomes NULL; NULL is accepted. */
void fz_attempt_destroy(struct fz_attempt **attempt);

/* Starts; none may be under way. Over a connection that is still open, if there is one. */
FZ_MUSTUSE fz_rc fz_attempt_start(struct fz_attempt *attempt,
                                  const struct fz_attempt_request *request,
                                  struct fz_err *err);

/*
 * The attempt of a libcurl handle (CURL *) that the multi handle reported to be done, with its
 * CURLcode `code`. It can be started again.
 */
struct fz_attempt *fz_attempt_finish(void *easy, int code, struct fz_attempt_outcome *outcome_out);

/* The `owner` of an attempt is whatever the caller wants it to lead to. */
void fz_attempt_set_owner(struct fz_attempt *attempt, void *owner);
void *fz_attempt_owner(const struct fz_attempt *attempt);

#endif
