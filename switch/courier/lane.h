/*
 * Room switch/courier. A lane: one webhook with a few of its events that are due, which are sent
 * one after the other in the order of the ledger. It ends with its last event, or with the first
 * that fails; what was not sent waits in the database as before. Lanes know nothing of each other,
 * so a receiver that does not answer holds up nobody but itself.
 */
#ifndef SWITCH_COURIER_LANE_H
#define SWITCH_COURIER_LANE_H

#include "ledger/store/courier.h"
#include "switch/courier/attempt.h"
#include "switch/courier/message.h"

struct fz_lane {
    struct fz_webhook_key webhook;
    struct fz_attempt *attempt; /* kept from one lane to the next in this place */
    struct fz_json_out body;    /* of the message under way */
    char url[FZ_WEBHOOK_URL_MAX + 1];
    uint8_t secret[FZ_WEBHOOK_SECRET_LEN];
    uint8_t old_secret[FZ_WEBHOOK_SECRET_LEN];
    bool has_old_secret;
    int32_t failures; /* in a row, of the webhook */
    struct fz_event_row events[FZ_WEBHOOK_LANE_MAX];
    int32_t attempts[FZ_WEBHOOK_LANE_MAX];
    unsigned len;
    unsigned at;       /* the event under way */
    int64_t opened_ms; /* the caller's, monotonic */
    bool is_open;
};

/* An open lane for this webhook with its first event. */
void fz_lane_open(struct fz_lane *lane, const struct fz_due *due);

/* One more event; false if there is no room for it. */
bool fz_lane_add(struct fz_lane *lane, const struct fz_due *due);

/* Sends the event it is at. */
FZ_MUSTUSE fz_rc fz_lane_send(struct fz_lane *lane, int64_t time_s, struct fz_err *err);

/*
 * What came of the event it is at, with the waits that follow from it. The lane goes on to its next
 * event, or is not open any more.
 */
void fz_lane_finish(struct fz_lane *lane,
                    const struct fz_attempt_outcome *outcome,
                    const uint64_t dice[2],
                    struct fz_attempt_result *result_out);

/* Ends it without a result; keeps what the next lane in its place can use. */
void fz_lane_close(struct fz_lane *lane);

/* Frees all of it. */
void fz_lane_fini(struct fz_lane *lane);

#endif
