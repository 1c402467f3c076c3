/*
 * Room switch/api. The waiters: a hash table by intent or account, and per community how far its
 * events and transfers are known.
 */
#include "switch/api/waiters.h"

#include <stdlib.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/limits.h"

#define BUCKETS 1024U /* for at most FZ_HTTP_CONNECTIONS_MAX waiters */

/* One of the two sequences that are followed. */
struct track {
    int64_t seen;   /* up to this one they have woken whom they concern; -1: not known */
    int64_t hinted; /* the highest hint so far, 0 if there was none */
    bool is_reading;
};

/* A community somebody has waited in; few, so they stay until the end. */
struct fz_town {
    struct fz_town *next;
    struct fz_waiters *waiters;
    struct fz_reader *reader;
    struct track events;
    struct track moves;
    uint64_t moves_tick; /* when transfers were read last */
    unsigned waiting;
    unsigned waiting_for_money; /* of these */
    int32_t community;
};

struct fz_waiters {
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
    struct fz_town *towns;
    uint64_t tick; /* from 1 */
    struct fz_waiter *buckets[BUCKETS];
};

fz_rc fz_waiters_create(struct fz_waiters **out, struct fz_err *err)
{
    struct fz_waiters *waiters = calloc(1, sizeof(*waiters));
    *out = NULL;
    if (waiters == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "waiters");
    }
    waiters->tick = 1;
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
        fz_assert(town->waiting == 0 && !town->events.is_reading && !town->moves.is_reading);
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

static struct fz_waiter **bucket_at(struct fz_waiters *waiters, const void *key, size_t len)
{
    return &waiters->buckets[fz_siphash(waiters->seed, key, len) % BUCKETS];
}

static struct fz_waiter **bucket_of(struct fz_waiters *waiters, const struct fz_waiter *waiter)
{
    return waiter->account != 0
               ? bucket_at(waiters, &waiter->account, sizeof(waiter->account))
               : bucket_at(waiters, waiter->intent.bytes, sizeof(waiter->intent.bytes));
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
        town->events.seen = -1;
        town->moves.seen = -1;
        town->next = waiters->towns;
        waiters->towns = town;
    }
    struct fz_waiter **bucket = bucket_of(waiters, waiter);
    town->waiting++;
    town->waiting_for_money += waiter->account != 0;
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
    waiter->town->waiting_for_money -= waiter->account != 0;
}

static void
wake_intent(struct fz_waiters *waiters, const struct fz_town *town, const struct fz_id *id)
{
    struct fz_waiter *at = *bucket_at(waiters, id->bytes, sizeof(id->bytes));
    for (; at != NULL; at = at->next) {
        if (at->town == town && at->account == 0 && fz_id_equal(&at->intent, id)) {
            at->wake(at);
        }
    }
}

static void wake_account(struct fz_waiters *waiters, const struct fz_town *town, int64_t account)
{
    struct fz_waiter *at = *bucket_at(waiters, &account, sizeof(account));
    for (; at != NULL; at = at->next) {
        if (at->town == town && at->account == account) {
            at->wake(at);
        }
    }
}

/* Everybody of one community who waits for an account; or everybody. */
static void wake_town(struct fz_waiters *waiters, const struct fz_town *town, bool only_accounts)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct fz_waiter *at = waiters->buckets[i]; at != NULL; at = at->next) {
            if (at->town == town && (at->account != 0 || !only_accounts)) {
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
        wake_intent(waiters, town, &intents[i]);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

/* Whether there is anything that nobody was woken for. */
static bool is_behind(const struct track *track)
{
    return !track->is_reading && track->hinted > 0 && track->hinted > track->seen;
}

static void catch_up_events(struct fz_town *town);

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    struct fz_town *town = ctx;
    town->events.is_reading = false;
    if (rc != FZ_OK) {
        town->events.seen = -1; /* what was missed is unknown: everybody looks */
        wake_town(town->waiters, town, false);
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        wake_intent(town->waiters, town, &rows[i].intent);
        if (rows[i].payer != 0) { /* she is asked */
            wake_account(town->waiters, town, fz_account_number(FZ_ACCOUNT_WALLET, rows[i].payer));
        }
    }
    if (len > 0) {
        town->events.seen = rows[len - 1].event;
        catch_up_events(town);
    }
}

/* Reads on until every hint is accounted for. */
static void catch_up_events(struct fz_town *town)
{
    struct track *events = &town->events;
    if (!is_behind(events)) {
        return;
    }
    if (town->waiting == 0) {
        events->seen = events->hinted;
    } else if (events->seen < 0) {
        events->seen = events->hinted;
        wake_town(town->waiters, town, false);
    } else {
        events->is_reading = true;
        fz_read_community_events(town->reader, town->community, events->seen, on_events, town);
    }
}

/* --- transfers -------------------------------------------------------------------------------- */

static void on_moves(void *ctx, fz_rc rc, const struct fz_move_row *rows, unsigned len)
{
    struct fz_town *town = ctx;
    town->moves.is_reading = false;
    if (rc != FZ_OK) {
        town->moves.seen = -1;
        wake_town(town->waiters, town, true);
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        wake_account(town->waiters, town, rows[i].debit);
        wake_account(town->waiters, town, rows[i].credit);
    }
    if (len > 0) {
        town->moves.seen = rows[len - 1].number;
    }
}

/* Once in a tick; what is left then, and what comes meanwhile, is for the next. */
static void catch_up_moves(struct fz_town *town)
{
    struct track *moves = &town->moves;
    if (!is_behind(moves)) {
        return;
    }
    if (town->waiting_for_money == 0) {
        moves->seen = moves->hinted;
    } else if (moves->seen < 0) {
        moves->seen = moves->hinted;
        wake_town(town->waiters, town, true);
    } else if (town->moves_tick != town->waiters->tick) {
        town->moves_tick = town->waiters->tick;
        moves->is_reading = true;
        fz_read_community_moves(town->reader, town->community, moves->seen, on_moves, town);
    }
}

void fz_waiters_hint(struct fz_waiters *waiters,
                     struct fz_reader *reader,
                     int32_t community,
                     int64_t event,
                     int64_t number)
{
    struct fz_town *town = find_town(waiters, community);
    if (town == NULL) {
        return; /* nobody ever waited there */
    }
    town->reader = reader;
    if (event > town->events.hinted) {
        town->events.hinted = event;
    }
    if (number > town->moves.hinted) {
        town->moves.hinted = number;
    }
    catch_up_events(town);
    catch_up_moves(town);
}

void fz_waiters_tick(struct fz_waiters *waiters)
{
    waiters->tick++;
    for (struct fz_town *town = waiters->towns; town != NULL; town = town->next) {
        catch_up_moves(town);
    }
}
