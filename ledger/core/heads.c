/*
 * Room ledger/core. Chains per kind and side: see the header. A plain array searched from its
 * start, because an account has a handful of them.
 */
#include "ledger/core/heads.h"

#include "feezero/assert.h"

#define SLOT_SHIFT 56
#define NUMBER_MASK ((1LL << SLOT_SHIFT) - 1)

bool fz_kind_touches(enum fz_kind kind, int account_class, enum fz_side side)
{
    const struct fz_kind_info *info = fz_kind_info((int)kind);
    bool is_debit = side == FZ_SIDE_DEBIT;
    if (info == NULL) {
        return false;
    }
    if (kind != FZ_KIND_CORRECTION) {
        return (int)(is_debit ? info->debit : info->credit) == account_class;
    }
    for (unsigned i = 0; (info = fz_kind_at(i)) != NULL; i++) {
        /* a correction is a mirror: it debits what was credited */
        if (info->correctable && (int)(is_debit ? info->credit : info->debit) == account_class) {
            return true;
        }
    }
    return false;
}

int64_t fz_heads_push(struct fz_heads *heads, enum fz_kind kind, enum fz_side side, int64_t number)
{
    int64_t slot = fz_heads_slot(kind, side);
    fz_assert(number > 0 && number <= NUMBER_MASK);
    heads->postings++;
    for (unsigned i = 0; i < heads->len; i++) {
        if (heads->words[i] >> SLOT_SHIFT == slot) {
            int64_t before = heads->words[i] & NUMBER_MASK;
            heads->words[i] = slot << SLOT_SHIFT | number;
            return before;
        }
    }
    fz_assert(heads->len < FZ_HEADS_MAX);
    heads->words[heads->len++] = slot << SLOT_SHIFT | number;
    return 0;
}

static void put_word(uint8_t *out, int64_t word)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)((uint64_t)word >> (56 - 8 * i));
    }
}

static int64_t get_word(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++) {
        word = word << 8 | bytes[i];
    }
    return (int64_t)word;
}

size_t fz_heads_encode(const struct fz_heads *heads, uint8_t out[FZ_HEADS_BYTES_MAX])
{
    fz_assert(heads->len <= FZ_HEADS_MAX);
    if (heads->postings == 0) {
        return 0;
    }
    put_word(out, heads->postings);
    for (unsigned i = 0; i < heads->len; i++) {
        put_word(out + 8 * (1 + (size_t)i), heads->words[i]);
    }
    return 8 * (1 + (size_t)heads->len);
}

bool fz_heads_decode(struct fz_heads *heads_out, const uint8_t *bytes, size_t len)
{
    *heads_out = (struct fz_heads){0};
    if (len == 0) {
        return true;
    }
    if (len % 8 != 0 || len < 16 || len > FZ_HEADS_BYTES_MAX) {
        return false;
    }
    heads_out->postings = get_word(bytes);
    heads_out->len = (unsigned)(len / 8 - 1);
    for (unsigned i = 0; i < heads_out->len; i++) {
        heads_out->words[i] = get_word(bytes + 8 * (1 + (size_t)i));
    }
    return true;
}
