/*
 * The keys seen lately, parsed: key id -> key and what it may do. Bounded, allocated once, with a
 * seeded hash because clients choose the ids; the least used entry gives way (clock algorithm).
 *
 * What a key may do is believed for FZ_KEY_CACHE_TTL_S and then asked again, so that a revoked key
 * is refused everywhere soon. Keys that do not exist are not remembered, or a key could be refused
 * just after its enrolment.
 */
#ifndef FEEZERO_AUTH_KEY_CACHE_H
#define FEEZERO_AUTH_KEY_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/role.h"

/* As stored with the key; the numbers stay for ever. */
enum fz_key_state {
    FZ_KEY_ACTIVE = 1,
    FZ_KEY_REVOKED = 2
};

/* What the database says about a key. */
struct fz_key_facts {
    int64_t party; /* the resident, the shop (also for its tills), the member of staff */
    int32_t community;
    int32_t terminal; /* 1 to 999 for a till, else 0 */
    enum fz_role role;
    enum fz_key_state state;
};

/* A cached key. Borrowed: valid until the next put, drop, flush or destroy. */
struct fz_key_entry {
    char key_id[FZ_KEY_ID_MAX + 1];
    struct fz_key_facts facts;
    const struct fz_key *key;
    int64_t cached_at_us;
};

/* Counters since creation, for the metrics. */
struct fz_key_cache_stats {
    uint64_t hits, misses, stale, evictions;
    uint64_t steps; /* entries compared while looking: a few per look-up, or the hash is bad */
    size_t count;   /* entries now */
};

struct fz_key_cache;

/* Room for `capacity` keys (>= 1). *out is owned by the caller. FZ_NO_MEMORY, FZ_CRYPTO. */
FZ_MUSTUSE fz_rc fz_key_cache_create(size_t capacity,
                                     struct fz_key_cache **out,
                                     struct fz_err *err);
void fz_key_cache_destroy(struct fz_key_cache **cache);

/*
 * The entry, or NULL if it is absent or its facts are older than the TTL: ask the database and put.
 * It is the caller who looks at facts.state.
 */
const struct fz_key_entry *
fz_key_cache_get(struct fz_key_cache *cache, const char *key_id, int64_t now_us);

/* What the database said about a key. */
struct fz_key_row {
    const char *key_id;
    const uint8_t *spki;
    size_t spki_len;
    struct fz_key_facts facts;
};

/*
 * Stores a row, in place of what was there under its id. *entry_out (may be NULL) is borrowed.
 * FZ_FORMAT: the SPKI is not a P-256 key or the key id is not its own; nothing was changed.
 */
FZ_MUSTUSE fz_rc fz_key_cache_put(struct fz_key_cache *cache,
                                  const struct fz_key_row *row,
                                  int64_t now_us,
                                  const struct fz_key_entry **entry_out,
                                  struct fz_err *err);

void fz_key_cache_drop(struct fz_key_cache *cache, const char *key_id); /* one, if it is there */
void fz_key_cache_flush(struct fz_key_cache *cache);                    /* all */

void fz_key_cache_stats(const struct fz_key_cache *cache, struct fz_key_cache_stats *stats_out);

#endif
