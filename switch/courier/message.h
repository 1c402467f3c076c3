/*
 * Room switch/courier. What a receiver gets, by Standard Webhooks: the body of an event, its id,
 * and the signature over both. Nothing in here waits or looks at a clock.
 */
#ifndef SWITCH_COURIER_MESSAGE_H
#define SWITCH_COURIER_MESSAGE_H

#include "feezero/crypto.h"
#include "feezero/limits.h"
#include "ledger/store/reader.h"
#include "switch/api/json_out.h"

#define FZ_MESSAGE_ID_SIZE 40
#define FZ_MESSAGE_SIGNATURE_SIZE (3 + FZ_BASE64_SIZE(FZ_HMAC_LEN)) /* "v1," and its NUL */

/*
 * "evt_1_42": the same at every attempt and every replay, and for every webhook of the shop; what a
 * receiver knows a repetition by.
 */
void fz_message_id(int32_t community, int64_t event, char text_out[FZ_MESSAGE_ID_SIZE]);

/* Writes {"data":{...},"timestamp":"...","type":"intent.completed"}: the same bytes each time. */
void fz_message_body(struct fz_json_out *out, int32_t community, const struct fz_event_row *event);

/* What is signed: one message, at one time. Borrowed. */
struct fz_message {
    const char *id;
    int64_t time_s; /* since 1970, of the attempt */
    const char *body;
    size_t body_len;
};

/* One of the signatures of the header `webhook-signature`. FZ_NO_MEMORY, FZ_CRYPTO. */
FZ_MUSTUSE fz_rc fz_message_sign(const struct fz_message *message,
                                 const uint8_t *secret,
                                 size_t secret_len,
                                 char text_out[FZ_MESSAGE_SIGNATURE_SIZE],
                                 struct fz_err *err);

#endif
