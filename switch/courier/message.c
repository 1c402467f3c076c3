/*
 * Room switch/courier. Bodies and signatures.
 */
#include "switch/courier/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ledger/core/state.h"
#include "switch/api/text.h"
#include "switch/api/views.h"

void fz_message_id(int32_t community, int64_t event, char text_out[FZ_MESSAGE_ID_SIZE])
{
    (void)snprintf(text_out, FZ_MESSAGE_ID_SIZE, "evt_%" PRId32 "_%" PRId64, community, event);
}

void fz_message_body(struct fz_json_out *out, int32_t community, const struct fz_event_row *event)
{
    fz_json_out_object(out, NULL);
    fz_json_out_object(out, "data");
    fz_view_event_members(out, event);
    fz_json_out_number(out, "community", community);
    fz_json_out_party(out, "shop", FZ_LETTER_SHOP, event->shop);
    fz_json_out_end_object(out);
    fz_json_out_time(out, "timestamp", event->time_us);
    fz_json_out_text(out, "type", fz_event_type_name(event->type));
    fz_json_out_end_object(out);
}

fz_rc fz_message_sign(const struct fz_message *message,
                      const uint8_t *secret,
                      size_t secret_len,
                      char text_out[FZ_MESSAGE_SIGNATURE_SIZE],
                      struct fz_err *err)
{
    struct fz_hmac *hmac = NULL;
    char time_text[24];
    uint8_t mac[FZ_HMAC_LEN];
    fz_rc rc = fz_hmac_create(secret, secret_len, &hmac, err);
    if (rc != FZ_OK) {
        return rc;
    }
    int time_len = snprintf(time_text, sizeof(time_text), ".%" PRId64 ".", message->time_s);
    fz_hmac_update(hmac, message->id, strlen(message->id));
    fz_hmac_update(hmac, time_text, (size_t)time_len);
    fz_hmac_update(hmac, message->body, message->body_len);
    fz_hmac_final(hmac, mac);
    fz_hmac_destroy(&hmac);
    memcpy(text_out, "v1,", 3);
    (void)fz_base64_encode(mac, sizeof(mac), text_out + 3);
    return FZ_OK;
}
