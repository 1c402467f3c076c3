/*
 * In place of the store's queries about webhooks, for the fuzz targets of the API: each is answered
 * at once that there is no such thing.
 */
#include "ledger/store/webhook.h"

void fz_store_webhook(struct fz_reader *reader,
                      const struct fz_webhook_new *webhook,
                      fz_webhook_added_done done,
                      void *ctx)
{
    (void)reader, (void)webhook;
    done(ctx, FZ_TOO_MANY_WEBHOOKS, NULL);
}

void fz_read_webhooks(
    struct fz_reader *reader, int32_t community, int64_t shop, fz_webhooks_done done, void *ctx)
{
    (void)reader, (void)community, (void)shop;
    done(ctx, FZ_OK, NULL, 0);
}

void fz_store_webhook_rotation(struct fz_reader *reader,
                               const struct fz_webhook_of *webhook,
                               const uint8_t *secret,
                               int32_t overlap_s,
                               fz_webhook_changed_done done,
                               void *ctx)
{
    (void)reader, (void)webhook, (void)secret, (void)overlap_s;
    done(ctx, FZ_NOT_FOUND, NULL);
}

void fz_store_webhook_end(struct fz_reader *reader,
                          const struct fz_webhook_of *webhook,
                          fz_webhook_changed_done done,
                          void *ctx)
{
    (void)reader, (void)webhook;
    done(ctx, FZ_NOT_FOUND, NULL);
}

void fz_store_webhook_replay(struct fz_reader *reader,
                             const struct fz_webhook_of *webhook,
                             int64_t after,
                             fz_webhook_changed_done done,
                             void *ctx)
{
    (void)reader, (void)webhook, (void)after;
    done(ctx, FZ_NOT_FOUND, NULL);
}

void fz_read_deliveries(struct fz_reader *reader,
                        const struct fz_webhook_of *webhook,
                        int64_t before,
                        unsigned limit,
                        fz_deliveries_done done,
                        void *ctx)
{
    (void)reader, (void)webhook, (void)before, (void)limit;
    done(ctx, FZ_NOT_FOUND, NULL, 0);
}
