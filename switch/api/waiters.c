/*
 * Room switch/api. The waiters: a hash table by intent, and per community how far its events are
 * known.
 */
#include "switch/api/waiters.h"

#include <stdlib.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/limits.h"

#define BUCKETS 1024U /* for at most FZ_HTTP_CONNECTIONS_MAX waiters */

/* A community somebody has waited in; few, so they stay until the end. */
struct fz_town {
    struct fz_town *next;
    struct fz_waiters *waiters;
    struct fz_reader *reader;
    int64_t seen;   /* events up to this one have woken whom they concern; -1: not known */
    int64_t hinted; /* the highest hint so far */
    unsigned waiting;
    int32_t community;
    bool is_reading;
};

struct fz_waiters {
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
    struct fz_town *towns;
    struct fz_waiter *buckets[BUCKETS];
};

fz_rc fz_waiters_create(struct fz_waiters **out, struct fz_err *err)
{
    struct fz_waiters *waiters = calloc(1, sizeof(*waiters));
    *out = NULL;
    if (waiters == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "waiters");
    }
    fz_rc rc = fz_random(waiters->seed, sizeof(waiters->seed), err);
    if (rc != FZ_OK) {
        free(waiters);
        return rc;
    }
    *out = waiters;
    return FZ_OK;
}

void fz_waiters_destroy(struct fz_waiters **waiters)
{
    struct fz_waiters *gone = *waiters;
    if (gone == NULL) {
        return;
    }
    while (gone->towns != NULL) {
        struct fz_town *town = gone->towns;
        fz_assert(town->waiting == 0 && !town->is_reading);
        gone->towns = town->next;
        free(town);
    }
    free(gone);
    *waiters = NULL;
}

static struct fz_town *find_town(const struct fz_waiters *waiters, int32_t community)
{
    struct fz_town *town = waiters->towns;
    while (town != NULL && town->community != community) {
        town = town->next;
    }
    return town;
}

static struct fz_waiter **bucket_of(struct fz_waiters *waiters, const struct fz_id *intent)
{
    return &waiters->buckets[fz_siphash(waiters->seed, intent->bytes, sizeof(intent->bytes)) %
                             BUCKETS];
}

fz_rc fz_waiters_add(struct fz_waiters *waiters, int32_t community, struct fz_waiter *waiter)
{
    struct fz_town *town = find_town(waiters, community);
    if (town == NULL) {
        town = calloc(1, sizeof(*town));
        if (town == NULL) {
            return FZ_NO_MEMORY;
        }
        town->community = community;
        town->waiters = waiters;
        town->seen = -1;
        town->next = waiters->towns;
        waiters->towns = town;
    }
    struct fz_waiter **bucket = bucket_of(waiters, &waiter->intent);
    town->waiting++;
    waiter->town = town;
    waiter->next = *bucket;
    if (waiter->next != NULL) {
        waiter->next->link = &waiter->next;
    }
    waiter->link = bucket;
    *bucket = waiter;
    return FZ_OK;
}

void fz_waiters_remove(struct fz_waiter *waiter)
{
    if (waiter->link == NULL) {
        return;
    }
    *waiter->link = waiter->next;
    if (waiter->next != NULL) {
        waiter->next->link = waiter->link;
    }
    waiter->link = NULL;
    waiter->town->waiting--;
}

static void wake_one(struct fz_waiters *waiters, const struct fz_town *town, const struct fz_id *id)
{
    for (struct fz_waiter *at = *bucket_of(waiters, id); at != NULL; at = at->next) {
        if (at->town == town && fz_id_equal(&at->intent, id)) {
            at->wake(at);
        }
    }
}

/* Everybody of one community. */
static void wake_town(struct fz_waiters *waiters, const struct fz_town *town)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct fz_waiter *at = waiters->buckets[i]; at != NULL; at = at->next) {
            if (at->town == town) {
                at->wake(at);
            }
        }
    }
}

void fz_waiters_wake(struct fz_waiters *waiters,
                     int32_t community,
                     const struct fz_id *intents,
                     unsigned len)
{
    const struct fz_town *town = find_town(waiters, community);
    if (town == NULL || town->waiting == 0) {
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        wake_one(waiters, town, &intents[i]);
    }
}

static void catch_up(struct fz_town *town);

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    struct fz_town *town = ctx;
    town->is_reading = false;
    if (rc != FZ_OK) {
        town->seen = -1; /* what was missed is unknown: everybody looks */
        wake_town(town->waiters, town);
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        wake_one(town->waiters, town, &rows[i].intent);
    }
    if (len > 0) {
        town->seen = rows[len - 1].event;
        catch_up(town);
    }
}

/* Reads on until every hint is accounted for. */
static void catch_up(struct fz_town *town)
{
    if (town->is_reading || town->hinted <= town->seen) {
        return;
    }
    if (town->waiting == 0) {
        town->seen = town->hinted;
    } else if (town->seen < 0) {
        town->seen = town->hinted;
        wake_town(town->waiters, town);
    } else {
        town->is_reading = true;
        fz_read_community_events(town->reader, town->community, town->seen, on_events, town);
    }
}

void fz_waiters_hint(struct fz_waiters *waiters,
                     struct fz_reader *reader,
                     int32_t community,
                     int64_t event)
{
    struct fz_town *town = find_town(waiters, community);
    if (town == NULL) {
        return; /* nobody ever waited there */
    }
    town->reader = reader;
    if (event > town->hinted) {
        town->hinted = event;
    }
    catch_up(town);
}
