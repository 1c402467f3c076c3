/*
 * The key cache: facts grow old, keys do not get mixed up, the bound holds, and no pattern of ids
 * makes it slow.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/limits.h"
#include "switch/auth/key_cache.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

#define SECOND INT64_C(1000000)
#define TTL_US (FZ_KEY_CACHE_TTL_S * SECOND)

/* A key as the database would give it back. */
struct stored {
    char key_id[FZ_KEY_ID_MAX + 1];
    uint8_t spki[FZ_SPKI_LEN];
    struct fz_key_row row;
};

static void stored_init(struct stored *stored, int32_t community, int64_t party)
{
    struct fz_key *key = test_key_new();
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    fz_key_thumbprint(key, thumbprint);
    fz_key_id_format(community, thumbprint, stored->key_id);
    memcpy(stored->spki, fz_key_spki(key), FZ_SPKI_LEN);
    fz_key_destroy(&key);
    stored->row = (struct fz_key_row){.key_id = stored->key_id,
                                      .spki = stored->spki,
                                      .spki_len = FZ_SPKI_LEN,
                                      .facts = {.party = party,
                                                .community = community,
                                                .terminal = 3,
                                                .role = FZ_ROLE_TERMINAL,
                                                .state = FZ_KEY_ACTIVE}};
}

static struct fz_key_cache *cache_new(size_t capacity)
{
    struct fz_key_cache *cache = NULL;
    struct fz_err err = {0};
    cr_assert_eq(fz_key_cache_create(capacity, &cache, &err), FZ_OK, "%s", err.msg);
    return cache;
}

static void put(struct fz_key_cache *cache, const struct stored *stored, int64_t now_us)
{
    struct fz_err err = {0};
    const struct fz_key_entry *entry = NULL;
    cr_assert_eq(fz_key_cache_put(cache, &stored->row, now_us, &entry, &err), FZ_OK, "%s", err.msg);
    cr_assert_str_eq(entry->key_id, stored->key_id);
}

static struct fz_key_cache_stats stats_of(const struct fz_key_cache *cache)
{
    struct fz_key_cache_stats stats;
    fz_key_cache_stats(cache, &stats);
    return stats;
}

Test(key_cache, gives_back_what_was_put)
{
    struct fz_key_cache *cache = cache_new(8);
    struct stored a, b;
    stored_init(&a, 7, 42);
    stored_init(&b, 8, 43);
    cr_expect_null(fz_key_cache_get(cache, a.key_id, 0));
    put(cache, &a, 0);
    put(cache, &b, 0);
    const struct fz_key_entry *entry = fz_key_cache_get(cache, a.key_id, 1);
    cr_assert_not_null(entry);
    cr_expect_str_eq(entry->key_id, a.key_id);
    cr_expect_eq(memcmp(fz_key_spki(entry->key), a.spki, FZ_SPKI_LEN), 0);
    cr_expect_eq(entry->facts.party, 42);
    cr_expect_eq(entry->facts.community, 7);
    cr_expect_eq(entry->facts.terminal, 3);
    cr_expect_eq((int)entry->facts.role, FZ_ROLE_TERMINAL);
    cr_expect_eq((int)entry->facts.state, FZ_KEY_ACTIVE);
    cr_expect_null(fz_key_cache_get(cache, "7.nobody", 1));
    struct fz_key_cache_stats stats = stats_of(cache);
    cr_expect(stats.hits == 1 && stats.misses == 2 && stats.count == 2);
    fz_key_cache_destroy(&cache);
    cr_expect_null(cache);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

Test(key_cache, facts_are_believed_for_the_ttl_and_no_longer)
{
    struct fz_key_cache *cache = cache_new(8);
    struct stored a;
    stored_init(&a, 7, 42);
    put(cache, &a, 100 * SECOND);
    cr_expect_not_null(fz_key_cache_get(cache, a.key_id, 100 * SECOND));
    cr_expect_not_null(fz_key_cache_get(cache, a.key_id, 100 * SECOND + TTL_US));
    cr_expect_null(fz_key_cache_get(cache, a.key_id, 100 * SECOND + TTL_US + 1));
    cr_expect_null(fz_key_cache_get(cache, a.key_id, 100 * SECOND - 1), "the clock went back");
    cr_expect_eq(stats_of(cache).stale, 2u);
    a.row.facts.state = FZ_KEY_REVOKED;
    put(cache, &a, 200 * SECOND);
    const struct fz_key_entry *entry = fz_key_cache_get(cache, a.key_id, 200 * SECOND);
    cr_assert_not_null(entry);
    cr_expect_eq((int)entry->facts.state, FZ_KEY_REVOKED);
    cr_expect_eq(stats_of(cache).count, 1u);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

Test(key_cache, drop_and_flush)
{
    struct fz_key_cache *cache = cache_new(4);
    struct stored keys[4];
    for (size_t i = 0; i < 4; i++) {
        stored_init(&keys[i], 7, (int64_t)i);
        put(cache, &keys[i], 0);
    }
    fz_key_cache_drop(cache, keys[1].key_id);
    fz_key_cache_drop(cache, keys[1].key_id);
    fz_key_cache_drop(cache, "7.nobody");
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(fz_key_cache_get(cache, keys[i].key_id, 0) != NULL, i != 1, "%zu", i);
    }
    cr_expect_eq(stats_of(cache).count, 3u);
    put(cache, &keys[1], 0); /* into the slot that became free */
    cr_expect_eq(stats_of(cache).evictions, 0u);
    fz_key_cache_flush(cache);
    cr_expect_eq(stats_of(cache).count, 0u);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_null(fz_key_cache_get(cache, keys[i].key_id, 0));
        put(cache, &keys[i], 0);
    }
    cr_expect_eq(stats_of(cache).count, 4u);
    cr_expect_eq(stats_of(cache).evictions, 0u);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

Test(key_cache, rows_that_cannot_be_are_refused_and_change_nothing)
{
    struct fz_key_cache *cache = cache_new(4);
    struct stored a, b;
    stored_init(&a, 7, 42);
    stored_init(&b, 7, 43);
    put(cache, &a, 0);
    struct fz_key_row wrong = a.row;
    wrong.spki = b.spki;
    cr_expect_eq(fz_key_cache_put(cache, &wrong, 0, NULL, NULL), FZ_FORMAT, "another key");
    wrong = a.row;
    wrong.spki_len--;
    cr_expect_eq(fz_key_cache_put(cache, &wrong, 0, NULL, NULL), FZ_FORMAT, "a cut key");
    wrong = a.row;
    wrong.facts.community = 8;
    cr_expect_eq(fz_key_cache_put(cache, &wrong, 0, NULL, NULL), FZ_FORMAT, "another community");
    wrong = a.row;
    wrong.key_id = "somebody";
    cr_expect_eq(fz_key_cache_put(cache, &wrong, 0, NULL, NULL), FZ_FORMAT, "no key id");
    const struct fz_key_entry *entry = fz_key_cache_get(cache, a.key_id, 0);
    cr_assert_not_null(entry);
    cr_expect_eq(memcmp(fz_key_spki(entry->key), a.spki, FZ_SPKI_LEN), 0);
    cr_expect_eq(stats_of(cache).count, 1u);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

Test(key_cache, the_bound_holds_and_what_is_used_stays)
{
    enum {
        CAPACITY = 16,
        KEYS = 100
    };
    static struct stored keys[KEYS];
    struct fz_key_cache *cache = cache_new(CAPACITY);
    for (size_t i = 0; i < KEYS; i++) {
        stored_init(&keys[i], 7, (int64_t)i);
        put(cache, &keys[i], 0);
        cr_expect_leq(stats_of(cache).count, (size_t)CAPACITY);
        cr_assert_not_null(fz_key_cache_get(cache, keys[0].key_id, 0), "the till, after %zu", i);
    }
    cr_expect_eq(stats_of(cache).count, (size_t)CAPACITY);
    cr_expect_eq(stats_of(cache).evictions, (uint64_t)(KEYS - CAPACITY));
    size_t present = 0;
    for (size_t i = 0; i < KEYS; i++) {
        const struct fz_key_entry *entry = fz_key_cache_get(cache, keys[i].key_id, 0);
        if (entry) {
            present++;
            cr_expect_eq(entry->facts.party, (int64_t)i);
            cr_expect_eq(memcmp(fz_key_spki(entry->key), keys[i].spki, FZ_SPKI_LEN), 0);
        }
    }
    cr_expect_eq(present, (size_t)CAPACITY);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

Test(key_cache, a_cache_of_one)
{
    struct fz_key_cache *cache = cache_new(1);
    struct stored a, b;
    stored_init(&a, 7, 1);
    stored_init(&b, 7, 2);
    put(cache, &a, 0);
    put(cache, &b, 0);
    cr_expect_null(fz_key_cache_get(cache, a.key_id, 0));
    cr_expect_not_null(fz_key_cache_get(cache, b.key_id, 0));
    fz_key_cache_drop(cache, b.key_id);
    cr_expect_eq(stats_of(cache).count, 0u);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

/* Random puts, gets, drops and flushes against a plain array of what must be true. */
Test(key_cache, agrees_with_a_plain_model)
{
    enum {
        KEYS = 48,
        CAPACITY = 20
    };
    static struct stored keys[KEYS];
    int64_t put_at[KEYS]; /* or -1: surely absent */
    struct fz_key_cache *cache = cache_new(CAPACITY);
    int64_t now_us = 0;
    uint64_t state = 42;
    for (size_t i = 0; i < KEYS; i++) {
        stored_init(&keys[i], 7, (int64_t)i);
        put_at[i] = -1;
    }
    for (unsigned step = 0; step < 50000; step++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        size_t which = (size_t)(state >> 33) % KEYS;
        unsigned what = (unsigned)(state >> 20) % 100;
        now_us += (int64_t)(state >> 46);
        if (what < 40) {
            keys[which].row.facts.party = (int64_t)step;
            put(cache, &keys[which], now_us);
            put_at[which] = now_us;
        } else if (what < 98) {
            const struct fz_key_entry *entry = fz_key_cache_get(cache, keys[which].key_id, now_us);
            bool may_be = put_at[which] >= 0 && now_us - put_at[which] <= TTL_US;
            cr_assert(!entry || may_be, "step %u", step);
            cr_assert(!entry || entry->facts.party == keys[which].row.facts.party);
            cr_assert(!entry || memcmp(fz_key_spki(entry->key), keys[which].spki, 91) == 0);
        } else if (what < 99 || step % 10) {
            fz_key_cache_drop(cache, keys[which].key_id);
            put_at[which] = -1;
        } else {
            fz_key_cache_flush(cache);
            memset(put_at, 0xff, sizeof put_at);
        }
        cr_assert_leq(stats_of(cache).count, (size_t)CAPACITY);
    }
    struct fz_key_cache_stats stats = stats_of(cache);
    cr_expect(stats.hits > 1000 && stats.misses > 1000 && stats.stale > 0 && stats.evictions > 1000,
              "%llu %llu %llu %llu", (unsigned long long)stats.hits,
              (unsigned long long)stats.misses, (unsigned long long)stats.stale,
              (unsigned long long)stats.evictions);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}

/*
 * 100,000 ids that differ in one number, as a client could choose them, spread over the buckets
 * like random ones: with 2^17 buckets the longest chain of random ids has about 8.
 */
Test(key_cache, sequential_ids_spread_over_the_buckets)
{
    enum {
        IDS = 100000,
        BUCKETS = 1 << 17
    };
    uint8_t *chains = calloc(BUCKETS, 1);
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
    unsigned longest = 0;
    cr_assert_eq(fz_random(seed, sizeof seed, NULL), FZ_OK);
    for (unsigned i = 0; i < IDS; i++) {
        char id[FZ_KEY_ID_MAX + 1];
        int len = snprintf(id, sizeof id, "7.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%06u", i);
        uint8_t *chain = &chains[fz_siphash(seed, id, (size_t)len) & (BUCKETS - 1)];
        longest = ++*chain > longest ? *chain : longest;
    }
    cr_expect_lt(longest, 16u, "%u ids in one bucket", longest);
    free(chains);
    FZ_EXPECT_NO_LEAK();
}

/* However many there are, a look-up compares only a few. */
Test(key_cache, a_hundred_thousand_keys)
{
    enum {
        KEYS = 100000
    };
    struct fz_key_cache *cache = cache_new(KEYS);
    char(*ids)[FZ_KEY_ID_MAX + 1] = calloc(KEYS, sizeof *ids);
    struct stored first;
    stored_init(&first, 7, 0);
    for (int32_t i = 0; i < KEYS; i++) {
        /* The same key under another community each: a hundred thousand ids without the cost of
         * generating as many keys. */
        struct stored one = first;
        one.row.key_id = one.key_id;
        fz_key_id_format(i + 1, first.key_id + 2, one.key_id);
        one.row.facts.community = i + 1;
        one.row.facts.party = i;
        put(cache, &one, 0);
        memcpy(ids[i], one.key_id, sizeof one.key_id);
    }
    cr_expect_eq(stats_of(cache).count, (size_t)KEYS);
    cr_expect_eq(stats_of(cache).evictions, 0u);
    for (int32_t i = 0; i < KEYS; i++) {
        const struct fz_key_entry *entry = fz_key_cache_get(cache, ids[i], TTL_US);
        cr_assert(entry && entry->facts.party == i, "%d", i);
    }
    cr_expect_eq(stats_of(cache).hits, (uint64_t)KEYS);
    cr_expect_lt(stats_of(cache).steps, (uint64_t)(4 * KEYS)); /* two look-ups each */
    free(ids);
    fz_key_cache_destroy(&cache);
    FZ_EXPECT_NO_LEAK();
}
