/*
 * load: commands as the switch would hand them over.
 */
#include "load/books_order.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "merchant-pos/wire/httpsig.h"

static int64_t wall_us(void)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_REALTIME, &now);
    fz_assert(rc == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct fz_id fz_books_id(struct fz_random_source *random)
{
    uint8_t bytes[10];
    uint64_t first = fz_random_next(random);
    uint64_t second = fz_random_next(random);
    memcpy(bytes, &first, sizeof(first));
    memcpy(bytes + sizeof(first), &second, sizeof(bytes) - sizeof(first));
    return fz_id_v7((uint64_t)(wall_us() / 1000), bytes);
}

fz_rc fz_order_form_make(int32_t community,
                         const char *path,
                         struct fz_order_form *form_out,
                         struct fz_err *err)
{
    static const struct fz_id zero;
    char id[FZ_ID_TEXT_LEN + 1];
    char whole[96];
    uint8_t digest[FZ_SHA256_LEN];
    *form_out = (struct fz_order_form){.base_len = 0};
    fz_id_format(&zero, id);
    (void)snprintf(whole, sizeof(whole), "%s%s", path, id);
    (void)snprintf(form_out->key_id, sizeof(form_out->key_id), "%" PRId32 ".%.43s", community,
                   "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
    fz_sha256(whole, strlen(whole), digest);
    memcpy(form_out->signature, digest, sizeof(digest));
    memcpy(form_out->signature + sizeof(digest), digest, sizeof(digest));
    struct fz_httpsig_request request = {.method = "PUT",
                                         .path = whole,
                                         .key_id = form_out->key_id,
                                         .created_s = wall_us() / 1000000,
                                         .body_digest = digest};
    fz_rc rc = fz_httpsig_request_base(&request, form_out->base, sizeof(form_out->base),
                                       &form_out->base_len, err);
    if (rc != FZ_OK) {
        return rc;
    }
    const char *found = memmem(form_out->base, form_out->base_len, id, FZ_ID_TEXT_LEN);
    fz_assert(found != NULL);
    form_out->id_at = (size_t)(found - form_out->base);
    char text[FZ_BASE64_SIZE(FZ_SHA256_LEN)];
    size_t text_len = fz_base64_encode(digest, sizeof(digest), text);
    found = memmem(form_out->base, form_out->base_len, text, text_len);
    fz_assert(found != NULL);
    form_out->digest_at = (size_t)(found - form_out->base);
    return FZ_OK;
}

static void attach_order(struct fz_slot *slot, const struct fz_order_form *form, size_t body_len)
{
    char id[FZ_ID_TEXT_LEN + 1];
    char text[FZ_BASE64_SIZE(FZ_SHA256_LEN)];
    uint8_t digest[FZ_SHA256_LEN];
    fz_assert(body_len > 0 && body_len < sizeof(slot->body));
    fz_id_format(&slot->command.id, id);
    memcpy(slot->base, form->base, form->base_len);
    memcpy(slot->base + form->id_at, id, FZ_ID_TEXT_LEN);
    fz_sha256(slot->body, body_len, digest);
    size_t text_len = fz_base64_encode(digest, sizeof(digest), text);
    memcpy(slot->base + form->digest_at, text, text_len);
    memcpy(slot->signature, form->signature, sizeof(slot->signature));
    memcpy(slot->signature, slot->command.id.bytes, sizeof(slot->command.id.bytes));
    slot->command.order = (struct fz_signed_order){.key_id = form->key_id,
                                                   .base = (const uint8_t *)slot->base,
                                                   .base_len = form->base_len,
                                                   .body = (const uint8_t *)slot->body,
                                                   .body_len = body_len,
                                                   .signature = slot->signature};
}

void fz_books_make_payment(struct fz_slot *slot,
                           const struct fz_order_form *form,
                           const struct fz_id *id,
                           const struct fz_books_intent *intent,
                           int64_t payer)
{
    char intent_id[FZ_ID_TEXT_LEN + 1];
    fz_id_format(&intent->id, intent_id);
    slot->command = (struct fz_command){.type = FZ_COMMAND_PAY,
                                        .id = *id,
                                        .ref = intent->id,
                                        .actor = payer,
                                        .shop = intent->shop,
                                        .party = payer,
                                        .amount = intent->amount,
                                        .again = true}; /* few residents pay all day */
    int len = snprintf(slot->body, sizeof(slot->body),
                       "{\"intent_id\":\"%s\",\"shop\":\"M%08" PRId64 "\",\"amount\":%" PRId64 "}",
                       intent_id, intent->shop, intent->amount);
    attach_order(slot, form, (size_t)len);
}

void fz_books_make_transfer(struct fz_slot *slot,
                            const struct fz_order_form *form,
                            const struct fz_id *id,
                            int64_t payer,
                            int64_t payee,
                            int64_t amount)
{
    slot->command = (struct fz_command){.type = FZ_COMMAND_P2P,
                                        .id = *id,
                                        .actor = payer,
                                        .party = payer,
                                        .payee = payee,
                                        .amount = amount};
    int len = snprintf(slot->body, sizeof(slot->body),
                       "{\"to\":\"R%08" PRId64 "\",\"amount\":%" PRId64 "}", payee, amount);
    attach_order(slot, form, (size_t)len);
}

void fz_books_make_topup(struct fz_slot *slot, const struct fz_id *id, int64_t to, int64_t amount)
{
    slot->command = (struct fz_command){
        .type = FZ_COMMAND_TOPUP, .id = *id, .actor = 1, .party = to, .amount = amount};
}
