/*
 * Room switch/courier. Lanes.
 */
#include "switch/courier/lane.h"

#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "switch/courier/backoff.h"

bool fz_lane_add(struct fz_lane *lane, const struct fz_due *due)
{
    if (lane->len == FZ_WEBHOOK_LANE_MAX) {
        return false;
    }
    lane->events[lane->len] = due->event;
    lane->attempts[lane->len] = due->attempts;
    lane->len++;
    return true;
}

void fz_lane_open(struct fz_lane *lane, const struct fz_due *due)
{
    fz_assert(!lane->is_open && strlen(due->url) <= FZ_WEBHOOK_URL_MAX);
    lane->webhook = due->webhook;
    (void)snprintf(lane->url, sizeof(lane->url), "%s", due->url);
    memcpy(lane->secret, due->secret, sizeof(lane->secret));
    lane->has_old_secret = due->old_secret != NULL;
    if (lane->has_old_secret) {
        memcpy(lane->old_secret, due->old_secret, sizeof(lane->old_secret));
    }
    lane->failures = due->failures;
    lane->len = 0;
    lane->at = 0;
    lane->is_open = true;
    (void)fz_lane_add(lane, due);
}

/* "v1,..." of the secret, and of the one before it while both are good. */
static fz_rc sign(const struct fz_lane *lane,
                  const struct fz_message *message,
                  char signatures[2 * FZ_MESSAGE_SIGNATURE_SIZE],
                  struct fz_err *err)
{
    fz_rc rc = fz_message_sign(message, lane->secret, sizeof(lane->secret), signatures, err);
    if (rc == FZ_OK && lane->has_old_secret) {
        size_t len = strlen(signatures);
        signatures[len] = ' ';
        rc = fz_message_sign(message, lane->old_secret, sizeof(lane->old_secret),
                             signatures + len + 1, err);
    }
    return rc;
}

fz_rc fz_lane_send(struct fz_lane *lane, int64_t time_s, struct fz_err *err)
{
    char id[FZ_MESSAGE_ID_SIZE];
    char signatures[2 * FZ_MESSAGE_SIGNATURE_SIZE];
    const struct fz_event_row *event = &lane->events[lane->at];
    fz_assert(lane->is_open && lane->at < lane->len);
    fz_json_out_fini(&lane->body);
    fz_json_out_init(&lane->body);
    fz_message_body(&lane->body, lane->webhook.community, event);
    if (lane->body.failed) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a message");
    }
    fz_message_id(lane->webhook.community, event->event, id);
    struct fz_message message = {
        .id = id, .time_s = time_s, .body = lane->body.text, .body_len = lane->body.len};
    struct fz_attempt_request request = {
        .url = lane->url, .signatures = signatures, .message = &message};
    fz_rc rc = sign(lane, &message, signatures, err);
    return rc == FZ_OK ? fz_attempt_start(lane->attempt, &request, err) : rc;
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void fz_lane_finish(struct fz_lane *lane,
                    const struct fz_attempt_outcome *outcome,
                    const uint64_t dice[2],
                    struct fz_attempt_result *result_out)
{
    unsigned at = lane->at;
    fz_assert(lane->is_open && at < lane->len);
    *result_out = (struct fz_attempt_result){.webhook = lane->webhook,
                                             .event = lane->events[at].event,
                                             .is_delivered = outcome->is_delivered,
                                             .is_off = outcome->is_off,
                                             .status = outcome->status,
                                             .fault = outcome->fault,
                                             .duration_ms = outcome->duration_ms};
    if (!outcome->is_delivered) {
        int64_t asked_ms =
            outcome->wait_ms < FZ_WEBHOOK_RETRY_MAX_MS ? outcome->wait_ms : FZ_WEBHOOK_RETRY_MAX_MS;
        result_out->retry_ms =
            longer(fz_backoff_ms(FZ_WEBHOOK_RETRY_FIRST_MS, FZ_WEBHOOK_RETRY_MAX_MS,
                                 lane->attempts[at] + 1, dice[0]),
                   asked_ms);
        result_out->pause_ms =
            longer(fz_backoff_ms(FZ_WEBHOOK_PAUSE_FIRST_MS, FZ_WEBHOOK_PAUSE_MAX_MS,
                                 lane->failures + 1, dice[1]),
                   asked_ms);
    }
    lane->failures = 0;
    lane->at++;
    if (!outcome->is_delivered || lane->at == lane->len) {
        fz_lane_close(lane);
    }
}

void fz_lane_close(struct fz_lane *lane)
{
    lane->is_open = false;
    fz_wipe(lane->secret, sizeof(lane->secret));
    fz_wipe(lane->old_secret, sizeof(lane->old_secret));
}

void fz_lane_fini(struct fz_lane *lane)
{
    fz_attempt_destroy(&lane->attempt);
    fz_json_out_fini(&lane->body);
    fz_lane_close(lane);
}
