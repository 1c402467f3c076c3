/*
 * A hash table with chains through one array of slots, and the clock algorithm over the same array:
 * every get sets a slot's mark; the hand clears marks and takes the first slot without one. A put
 * sets none, so keys that are seen once give way before those that come back. No allocation after
 * creation but the keys themselves, 100 bytes each.
 */
#include "switch/auth/key_cache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"

#define NONE UINT32_MAX
#define CAPACITY_MAX (1u << 24)

struct slot {
    struct fz_key_entry entry; /* entry.key is NULL in a free slot */
    struct fz_key *key;        /* the same key, as its owner sees it */
    uint32_t bucket;
    uint32_t next; /* in the bucket's chain, or in the list of free slots */
    bool used_lately;
};

struct fz_key_cache {
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
    struct slot *slots;
    uint32_t *buckets; /* first slot of each chain */
    uint32_t capacity;
    uint32_t bucket_mask;
    uint32_t first_free;
    uint32_t hand;
    struct fz_key_cache_stats stats;
};

/* All slots free, all chains empty. */
static void reset(struct fz_key_cache *cache)
{
    for (uint32_t i = 0; i < cache->capacity; i++) {
        cache->slots[i].next = i + 1 < cache->capacity ? i + 1 : NONE;
    }
    memset(cache->buckets, 0xff, ((size_t)cache->bucket_mask + 1) * sizeof *cache->buckets);
    cache->first_free = 0;
    cache->hand = 0;
    cache->stats.count = 0;
}

fz_rc fz_key_cache_create(size_t capacity, struct fz_key_cache **out, struct fz_err *err)
{
    fz_assert(capacity >= 1);
    fz_assert(capacity <= CAPACITY_MAX);
    *out = NULL;
    uint32_t buckets = 1;
    while (buckets < capacity) {
        buckets *= 2;
    }
    fz_rc rc = FZ_OK;
    struct fz_key_cache *cache = calloc(1, sizeof *cache);
    if (cache) {
        cache->capacity = (uint32_t)capacity;
        cache->bucket_mask = buckets - 1;
        cache->slots = calloc(capacity, sizeof *cache->slots);
        cache->buckets = calloc(buckets, sizeof *cache->buckets);
    }
    if (!cache || !cache->slots || !cache->buckets) {
        rc = fz_fail(err, FZ_NO_MEMORY, "a cache of %zu keys", capacity);
        goto out;
    }
    reset(cache);
    rc = fz_random(cache->seed, sizeof cache->seed, err);
out:
    if (rc != FZ_OK) {
        fz_key_cache_destroy(&cache);
    }
    *out = cache;
    return rc;
}

void fz_key_cache_destroy(struct fz_key_cache **cache)
{
    if (!*cache) {
        return;
    }
    if ((*cache)->slots && (*cache)->buckets) {
        fz_key_cache_flush(*cache);
    }
    free((*cache)->slots);
    free((*cache)->buckets);
    free(*cache);
    *cache = NULL;
}

static uint32_t bucket_of(const struct fz_key_cache *cache, const char *key_id)
{
    return (uint32_t)fz_siphash(cache->seed, key_id, strlen(key_id)) & cache->bucket_mask;
}

static struct slot *find(struct fz_key_cache *cache, uint32_t bucket, const char *key_id)
{
    for (uint32_t i = cache->buckets[bucket]; i != NONE; i = cache->slots[i].next) {
        cache->stats.steps++;
        if (strcmp(cache->slots[i].entry.key_id, key_id) == 0) {
            return &cache->slots[i];
        }
    }
    return NULL;
}

/* A clock that went back tells nothing about the age of a fact, so it counts as old. */
static bool is_fresh(const struct fz_key_entry *entry, int64_t now_us)
{
    int64_t age_us = now_us - entry->cached_at_us;
    return age_us >= 0 && age_us <= FZ_KEY_CACHE_TTL_S * INT64_C(1000000);
}

const struct fz_key_entry *
fz_key_cache_get(struct fz_key_cache *cache, const char *key_id, int64_t now_us)
{
    struct slot *slot = find(cache, bucket_of(cache, key_id), key_id);
    if (!slot) {
        cache->stats.misses++;
        return NULL;
    }
    slot->used_lately = true;
    if (!is_fresh(&slot->entry, now_us)) {
        cache->stats.stale++;
        return NULL;
    }
    cache->stats.hits++;
    return &slot->entry;
}

/* Takes a slot out of its chain and frees it. */
static void slot_clear(struct fz_key_cache *cache, struct slot *slot)
{
    uint32_t index = (uint32_t)(slot - cache->slots);
    uint32_t *link = &cache->buckets[slot->bucket];
    while (*link != index) {
        fz_assert(*link != NONE);
        link = &cache->slots[*link].next;
    }
    *link = slot->next;
    fz_key_destroy(&slot->key);
    memset(slot, 0, sizeof *slot);
    slot->next = cache->first_free;
    cache->first_free = index;
    cache->stats.count--;
}

/* Frees the first slot that was not used since the hand last passed. All slots are taken. */
static void evict(struct fz_key_cache *cache)
{
    for (;;) {
        struct slot *slot = &cache->slots[cache->hand];
        cache->hand = cache->hand + 1 < cache->capacity ? cache->hand + 1 : 0;
        if (!slot->used_lately) {
            slot_clear(cache, slot);
            cache->stats.evictions++;
            return;
        }
        slot->used_lately = false;
    }
}

/* Puts a key into a free slot. The cache takes the key over. */
static struct slot *insert(struct fz_key_cache *cache, uint32_t bucket, struct fz_key *key)
{
    if (cache->first_free == NONE) {
        evict(cache);
    }
    uint32_t index = cache->first_free;
    struct slot *slot = &cache->slots[index];
    cache->first_free = slot->next;
    slot->key = key;
    slot->entry.key = key;
    slot->bucket = bucket;
    slot->next = cache->buckets[bucket];
    cache->buckets[bucket] = index;
    cache->stats.count++;
    return slot;
}

/* Reads a row's key and checks that the id is its own. *key_out is then the caller's. */
static fz_rc row_key(const struct fz_key_row *row, struct fz_key **key_out, struct fz_err *err)
{
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    int32_t community = 0;
    const char *named = NULL;
    *key_out = NULL;
    if (!fz_key_id_parse(row->key_id, strlen(row->key_id), &community, &named) ||
        community != row->facts.community) {
        return fz_fail(err, FZ_FORMAT, "a key id is malformed or of another community");
    }
    fz_rc rc = fz_key_from_spki(row->spki, row->spki_len, key_out, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_key_thumbprint(*key_out, thumbprint);
    if (memcmp(thumbprint, named, FZ_THUMBPRINT_LEN) != 0) {
        fz_key_destroy(key_out);
        return fz_fail(err, FZ_FORMAT, "a key id is not that of its public key");
    }
    return FZ_OK;
}

fz_rc fz_key_cache_put(struct fz_key_cache *cache,
                       const struct fz_key_row *row,
                       int64_t now_us,
                       const struct fz_key_entry **entry_out,
                       struct fz_err *err)
{
    struct fz_key *key = NULL;
    fz_rc rc = row_key(row, &key, err);
    if (rc != FZ_OK) {
        return rc;
    }
    uint32_t bucket = bucket_of(cache, row->key_id);
    struct slot *slot = find(cache, bucket, row->key_id);
    if (slot) {
        fz_key_destroy(&key); /* the same key: its id is its hash */
    } else {
        slot = insert(cache, bucket, key);
        memcpy(slot->entry.key_id, row->key_id, strlen(row->key_id) + 1);
    }
    slot->entry.facts = row->facts;
    slot->entry.cached_at_us = now_us;
    if (entry_out) {
        *entry_out = &slot->entry;
    }
    return FZ_OK;
}

void fz_key_cache_drop(struct fz_key_cache *cache, const char *key_id)
{
    struct slot *slot = find(cache, bucket_of(cache, key_id), key_id);
    if (slot) {
        slot_clear(cache, slot);
    }
}

void fz_key_cache_flush(struct fz_key_cache *cache)
{
    for (uint32_t i = 0; i < cache->capacity; i++) {
        fz_key_destroy(&cache->slots[i].key);
    }
    memset(cache->slots, 0, cache->capacity * sizeof *cache->slots);
    reset(cache);
}

void fz_key_cache_stats(const struct fz_key_cache *cache, struct fz_key_cache_stats *stats_out)
{
    *stats_out = cache->stats;
}
