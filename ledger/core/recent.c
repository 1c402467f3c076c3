/*
 * Room ledger/core. A payer's last few payments: see the header. An array of four, walked.
 */
#include "ledger/core/recent.h"

#include "feezero/assert.h"

static uint32_t seconds_of(int64_t time_us)
{
    return (uint32_t)(time_us / 1000000);
}

static bool is_within(const struct fz_recent_entry *entry, uint32_t now_s)
{
    return now_s - entry->time_s < FZ_DUPLICATE_WINDOW_S;
}

int64_t
fz_recent_since(const struct fz_recent *recent, int64_t shop, int64_t amount, int64_t time_us)
{
    uint32_t now_s = seconds_of(time_us);
    for (uint32_t i = recent->len; i > 0; i--) {
        const struct fz_recent_entry *entry = &recent->entries[i - 1];
        if (is_within(entry, now_s) && entry->shop == shop && entry->amount == amount) {
            return (int64_t)(now_s - entry->time_s);
        }
    }
    return -1;
}

void fz_recent_push(struct fz_recent *recent, int64_t shop, int64_t amount, int64_t time_us)
{
    uint32_t now_s = seconds_of(time_us);
    uint32_t first = recent->len == FZ_RECENT_MAX ? 1 : 0;
    struct fz_recent kept = {.len = 0};
    fz_assert(shop >= 0 && shop <= FZ_PARTY_MAX && amount > 0 && amount <= FZ_PAYMENT_MAX);
    for (uint32_t i = first; i < recent->len; i++) {
        if (is_within(&recent->entries[i], now_s)) {
            kept.entries[kept.len++] = recent->entries[i];
        }
    }
    kept.entries[kept.len++] = (struct fz_recent_entry){now_s, (uint32_t)shop, (uint32_t)amount};
    *recent = kept;
}

static void put_word(uint8_t *out, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(word >> (24 - 8 * i));
    }
}

static uint32_t get_word(const uint8_t *bytes)
{
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; i++) {
        word = word << 8 | bytes[i];
    }
    return word;
}

size_t fz_recent_encode(const struct fz_recent *recent, uint8_t out[FZ_RECENT_BYTES_MAX])
{
    fz_assert(recent->len <= FZ_RECENT_MAX);
    for (uint32_t i = 0; i < recent->len; i++) {
        uint8_t *entry = out + (size_t)i * FZ_RECENT_ENTRY_BYTES;
        put_word(entry, recent->entries[i].time_s);
        put_word(entry + 4, recent->entries[i].shop);
        put_word(entry + 8, recent->entries[i].amount);
    }
    return (size_t)recent->len * FZ_RECENT_ENTRY_BYTES;
}

bool fz_recent_decode(struct fz_recent *recent_out, const uint8_t *bytes, size_t len)
{
    *recent_out = (struct fz_recent){.len = 0};
    if (len % FZ_RECENT_ENTRY_BYTES != 0 || len > FZ_RECENT_BYTES_MAX) {
        return false;
    }
    recent_out->len = (uint32_t)(len / FZ_RECENT_ENTRY_BYTES);
    for (uint32_t i = 0; i < recent_out->len; i++) {
        const uint8_t *entry = bytes + (size_t)i * FZ_RECENT_ENTRY_BYTES;
        recent_out->entries[i] =
            (struct fz_recent_entry){get_word(entry), get_word(entry + 4), get_word(entry + 8)};
    }
    return true;
}
