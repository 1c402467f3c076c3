/*
 * Room ledger/store. What the courier of webhooks asks of the database, over a blocking session of
 * its own: who is the one courier at work, the outbox turned into deliveries, what is due, and what
 * became of it. All times are the database's; whoever calls gives delays.
 */
#ifndef LEDGER_STORE_COURIER_H
#define LEDGER_STORE_COURIER_H

#include "feezero/limits.h"
#include "ledger/store/reader.h"
#include "ledger/store/session.h"

/*
 * Of all couriers on this database one is at work: *mine_out says whether it is this session, which
 * then remains it for as long as it lives.
 */
FZ_MUSTUSE fz_rc fz_courier_lead(struct fz_session *session, bool *mine_out, struct fz_err *err);

/*
 * Turns new events of all communities into deliveries, at most FZ_WEBHOOK_RECORD_MAX of each.
 * *more_out: there are more.
 */
FZ_MUSTUSE fz_rc fz_courier_record(struct fz_session *session, bool *more_out, struct fz_err *err);

/* Which webhook. */
struct fz_webhook_key {
    struct fz_id id;
    int32_t community;
};

/* One event that is due. Pointers are borrowed until `on_due` returns. */
struct fz_due {
    struct fz_webhook_key webhook;
    const char *url;
    const uint8_t *secret;     /* FZ_WEBHOOK_SECRET_LEN bytes */
    const uint8_t *old_secret; /* the same; NULL if there is none that signs */
    int32_t failures;          /* attempts in a row that failed, of the webhook */
    int32_t attempts;          /* of this event */
    struct fz_event_row event;
};

/* What somebody can take on. */
struct fz_claim {
    const struct fz_webhook_key *busy; /* none of these */
    unsigned busy_len;
    unsigned webhooks_max;
    void (*on_due)(void *ctx, const struct fz_due *due);
    void *ctx;
};

/*
 * Calls `on_due` for what is due: of each webhook its first events in order, at most
 * FZ_WEBHOOK_LANE_MAX.
 */
FZ_MUSTUSE fz_rc fz_courier_claim(struct fz_session *session,
                                  const struct fz_claim *claim,
                                  struct fz_err *err);

/* What came of one attempt. */
struct fz_attempt_result {
    struct fz_webhook_key webhook;
    int64_t event;
    bool is_delivered;
    bool is_off;       /* the receiver wants no more: 410 */
    int32_t status;    /* HTTP, 0 if there was no answer */
    const char *fault; /* static word, "" if there was an answer */
    int64_t duration_ms;
    int64_t retry_ms; /* not delivered: when the event is due again */
    int64_t pause_ms; /* not delivered: when its webhook is */
};

/* Writes them down, in order, in one transaction. Of one webhook the last counts. */
FZ_MUSTUSE fz_rc fz_courier_finish(struct fz_session *session,
                                   const struct fz_attempt_result *results,
                                   unsigned len,
                                   struct fz_err *err);

/*
 * Gives up what was tried for FZ_WEBHOOK_TRY_S, forgets what is older than FZ_WEBHOOK_LOG_S or
 * whose webhook is gone; at most some thousands of each. *waiting_out is what still waits, counted
 * up to 100,000.
 */
FZ_MUSTUSE fz_rc fz_courier_clean(struct fz_session *session,
                                  int64_t *given_up_out,
                                  int64_t *waiting_out,
                                  struct fz_err *err);

#endif
