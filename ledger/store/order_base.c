/*
 * Room ledger/store. Phrases of a signature base for control bytes, and back.
 */
#include "ledger/store/order_base.h"

#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/encode.h"

enum {
    KEY_ID = 1,
    OPERATION,
    DIGEST,
    REQUEST_LINE,
    QUERY,
    PARAMETERS,
    KEY,
    ALGORITHM,
    PHRASES
};

struct phrase {
    const char *at;
    size_t len;
};

/* The phrases of one order; the texts they need are in here too. */
struct phrases {
    struct phrase all[PHRASES]; /* [0] is not used */
    char operation[FZ_ID_TEXT_LEN + 1];
    char digest[FZ_BASE64_SIZE(FZ_SHA256_LEN)];
};

static struct phrase text(const char *at)
{
    return (struct phrase){.at = at, .len = at == NULL ? 0 : strlen(at)};
}

static void make_phrases(struct phrases *phrases,
                         const struct fz_signed_order *order,
                         const struct fz_id *operation)
{
    uint8_t digest[FZ_SHA256_LEN];
    fz_id_format(operation, phrases->operation);
    fz_sha256(order->body, order->body_len, digest);
    fz_base64_encode(digest, sizeof(digest), phrases->digest);
    phrases->all[0] = (struct phrase){.at = NULL};
    phrases->all[KEY_ID] = text(order->key_id);
    phrases->all[OPERATION] = text(phrases->operation);
    phrases->all[DIGEST] = text(phrases->digest);
    phrases->all[REQUEST_LINE] = text("\"@method\": PUT\n\"@path\": /v1/");
    phrases->all[QUERY] = text("\n\"@query\": ?\n\"content-digest\": sha-256=:");
    phrases->all[PARAMETERS] =
        text(":\n\"@signature-params\": (\"@method\" \"@path\" \"@query\" \"content-digest\")"
             ";created=");
    phrases->all[KEY] = text(";keyid=\"");
    phrases->all[ALGORITHM] = text("\";alg=\"ecdsa-p256-sha256\"");
}

/* The phrase that stands at the beginning of `rest`, 0 if none does. */
static uint8_t find(const struct phrases *phrases, const uint8_t *rest, size_t len)
{
    for (unsigned i = 1; i < PHRASES; i++) {
        const struct phrase *phrase = &phrases->all[i];
        if (phrase->len > 0 && phrase->len <= len && rest[0] == (uint8_t)phrase->at[0] &&
            memcmp(rest, phrase->at, phrase->len) == 0) {
            return (uint8_t)i;
        }
    }
    return 0;
}

size_t fz_order_base_shorten(const struct fz_signed_order *order,
                             const struct fz_id *operation,
                             uint8_t kept_out[FZ_ORDER_BASE_MAX])
{
    struct phrases phrases;
    size_t len = 0;
    make_phrases(&phrases, order, operation);
    fz_assert(order->base_len <= FZ_ORDER_BASE_MAX);
    for (size_t at = 0; at < order->base_len; len++) {
        uint8_t found = find(&phrases, order->base + at, order->base_len - at);
        fz_assert(order->base[at] == 0 || order->base[at] >= PHRASES);
        kept_out[len] = found > 0 ? found : order->base[at];
        at += found > 0 ? phrases.all[found].len : 1;
    }
    return len;
}

size_t fz_order_base_expand(const struct fz_signed_order *order,
                            const struct fz_id *operation,
                            uint8_t base_out[FZ_ORDER_BASE_MAX])
{
    struct phrases phrases;
    size_t len = 0;
    make_phrases(&phrases, order, operation);
    for (size_t i = 0; i < order->base_len; i++) {
        uint8_t byte = order->base[i];
        bool is_phrase = byte > 0 && byte < PHRASES;
        const void *from = is_phrase ? (const void *)phrases.all[byte].at : &order->base[i];
        size_t add = is_phrase ? phrases.all[byte].len : 1;
        if (add > FZ_ORDER_BASE_MAX - len) {
            return 0;
        }
        if (add > 0) {
            memcpy(base_out + len, from, add);
        }
        len += add;
    }
    return len;
}
