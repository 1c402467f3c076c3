/*
 * Room ledger/store. A shop's webhooks as its owner sees them: queries of the reader, with its
 * rules (reader.h). What the courier asks is in courier.h.
 */
#ifndef LEDGER_STORE_WEBHOOK_H
#define LEDGER_STORE_WEBHOOK_H

#include "ledger/store/reader.h"

enum fz_webhook_state {
    FZ_WEBHOOK_ACTIVE = 1,
    FZ_WEBHOOK_OFF = 2, /* its receiver answered 410: nothing is sent until a replay is asked for */
    FZ_WEBHOOK_DELETED = 3
};

/* --- a new one -------------------------------------------------------------------------------- */

struct fz_webhook_new {
    struct fz_id id;
    int64_t shop;
    const char *url;       /* at most FZ_WEBHOOK_URL_MAX bytes */
    const uint8_t *secret; /* FZ_WEBHOOK_SECRET_LEN bytes */
    int32_t community;
};

struct fz_webhook_added {
    bool is_new; /* else it was there, and has the secret it had */
    int64_t created_us;
    enum fz_webhook_state state;
};

/* FZ_ID_REUSED: the id is another webhook's. FZ_TOO_MANY_WEBHOOKS: FZ_WEBHOOKS_MAX are there. */
typedef void (*fz_webhook_added_done)(void *ctx, fz_rc rc, const struct fz_webhook_added *added);

void fz_store_webhook(struct fz_reader *reader,
                      const struct fz_webhook_new *webhook,
                      fz_webhook_added_done done,
                      void *ctx);

/* --- all of a shop ---------------------------------------------------------------------------- */

struct fz_webhook_row {
    struct fz_id id;
    const char *url;
    int64_t created_us;
    int64_t old_until_us;   /* when the secret before the last rotation ends; 0: there is none */
    int64_t waiting;        /* events, counted up to 1,000 */
    int64_t pause_until_us; /* after failures: nothing is sent before; 0: it is well */
    int32_t failures;       /* in a row */
    enum fz_webhook_state state;
};

typedef void (*fz_webhooks_done)(void *ctx,
                                 fz_rc rc,
                                 const struct fz_webhook_row *rows,
                                 unsigned len);

/* In the order in which they were made. */
void fz_read_webhooks(
    struct fz_reader *reader, int32_t community, int64_t shop, fz_webhooks_done done, void *ctx);

/* --- changes ---------------------------------------------------------------------------------- */

struct fz_webhook_changed {
    int64_t old_until_us; /* rotate */
    int64_t replayed;     /* replay: how many events are sent again */
    int64_t last_event;   /* replay: the last of them, or what was asked for */
};

/* FZ_NOT_FOUND: the shop has no such webhook. */
typedef void (*fz_webhook_changed_done)(void *ctx,
                                        fz_rc rc,
                                        const struct fz_webhook_changed *changed);

/* Which webhook of which shop. */
struct fz_webhook_of {
    struct fz_id id;
    int64_t shop;
    int32_t community;
};

/* A new secret; the old one signs too for `overlap_s` (0: not any more). */
void fz_store_webhook_rotation(struct fz_reader *reader,
                               const struct fz_webhook_of *webhook,
                               const uint8_t *secret,
                               int32_t overlap_s,
                               fz_webhook_changed_done done,
                               void *ctx);

/* Ends it; doing so again is done again. Its secrets are overwritten. */
void fz_store_webhook_end(struct fz_reader *reader,
                          const struct fz_webhook_of *webhook,
                          fz_webhook_changed_done done,
                          void *ctx);

/* Sends again what was recorded after event `after`, at most FZ_WEBHOOK_REPLAY_MAX. */
void fz_store_webhook_replay(struct fz_reader *reader,
                             const struct fz_webhook_of *webhook,
                             int64_t after,
                             fz_webhook_changed_done done,
                             void *ctx);

/* --- what became of each event ---------------------------------------------------------------- */

enum fz_delivery_state {
    FZ_DELIVERY_WAITING = 1,
    FZ_DELIVERY_DELIVERED = 2,
    FZ_DELIVERY_GIVEN_UP = 3
};

struct fz_delivery_row {
    struct fz_id intent;
    int64_t event;
    int64_t time_us; /* of the event */
    int64_t recorded_us;
    int64_t next_us; /* while it waits */
    int64_t last_us; /* 0 before the first attempt, as are status and duration */
    int64_t duration_ms;
    int32_t attempts;
    int32_t status;    /* 0 if there was no answer */
    const char *fault; /* "" if there was one */
    int32_t type;      /* of the event */
    enum fz_delivery_state state;
};

typedef void (*fz_deliveries_done)(void *ctx,
                                   fz_rc rc,
                                   const struct fz_delivery_row *rows,
                                   unsigned len);

/* Newest first, before event `before` (0: all), at most FZ_PAGE_MAX. FZ_NOT_FOUND. */
void fz_read_deliveries(struct fz_reader *reader,
                        const struct fz_webhook_of *webhook,
                        int64_t before,
                        unsigned limit,
                        fz_deliveries_done done,
                        void *ctx);

#endif
