/*
 * Room ledger/core. The rows of one batch and their indexes: open addressing with linear probing
 * over a table at most half full. The hash is keyed with the state's seed, because ids are chosen
 * by clients and must not be able to pile up in one place.
 */
#include "ledger/core/state.h"

#include <string.h>

#include "feezero/assert.h"

_Static_assert(FZ_INDEX_SLOTS >= 2 * FZ_ACCOUNTS_MAX, "an index is at most half full");
_Static_assert((FZ_INDEX_SLOTS & (FZ_INDEX_SLOTS - 1)) == 0, "a power of two");

static unsigned slot_of(const struct fz_state *state, const void *key, size_t len)
{
    uint8_t seed[FZ_SIPHASH_SEED_LEN] = {0};
    memcpy(seed, &state->seed, sizeof(state->seed));
    return (unsigned)(fz_siphash(seed, key, len) & (FZ_INDEX_SLOTS - 1));
}

/* Says whether the row at `at` of an array has this key. */
typedef bool (*row_matches)(const struct fz_state *state, unsigned at, const void *key);

/* The slot that holds the key, or the free one where it would go. */
static unsigned probe(const struct fz_state *state,
                      const struct fz_index *index,
                      const void *key,
                      size_t len,
                      row_matches matches)
{
    unsigned slot = slot_of(state, key, len);
    while (index->slots[slot] != 0 && !matches(state, index->slots[slot] - 1U, key)) {
        slot = (slot + 1) & (FZ_INDEX_SLOTS - 1);
    }
    return slot;
}

static bool account_matches(const struct fz_state *state, unsigned at, const void *key)
{
    return state->accounts[at].number == *(const int64_t *)key;
}

static bool intent_matches(const struct fz_state *state, unsigned at, const void *key)
{
    return fz_id_equal(&state->intents[at].id, key);
}

static bool payout_matches(const struct fz_state *state, unsigned at, const void *key)
{
    return fz_id_equal(&state->payouts[at].id, key);
}

static bool operation_matches(const struct fz_state *state, unsigned at, const void *key)
{
    return fz_id_equal(&state->operations[at].result.id, key);
}

void fz_state_reset(struct fz_state *state, const struct fz_head *head)
{
    state->head = *head;
    state->accounts_len = 0;
    state->intents_len = 0;
    state->codes_len = 0;
    state->held_len = 0;
    state->payouts_len = 0;
    state->corrected_len = 0;
    state->operations_len = 0;
    state->transfers_len = 0;
    state->marks_len = 0;
    state->events_len = 0;
    state->decided_len = 0;
    memset(&state->account_index, 0, sizeof(state->account_index));
    memset(&state->intent_index, 0, sizeof(state->intent_index));
    memset(&state->payout_index, 0, sizeof(state->payout_index));
    memset(&state->operation_index, 0, sizeof(state->operation_index));
}

struct fz_account *fz_state_add_account(struct fz_state *state, int64_t number)
{
    unsigned slot = probe(state, &state->account_index, &number, sizeof(number), account_matches);
    fz_assert(state->account_index.slots[slot] == 0);
    fz_assert(state->accounts_len < FZ_ACCOUNTS_MAX);
    struct fz_account *account = &state->accounts[state->accounts_len++];
    state->account_index.slots[slot] = (uint16_t)state->accounts_len;
    *account = (struct fz_account){.number = number, .state = FZ_OPEN};
    return account;
}

struct fz_intent *fz_state_add_intent(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->intent_index, id, sizeof(*id), intent_matches);
    fz_assert(state->intent_index.slots[slot] == 0);
    fz_assert(state->intents_len < FZ_BATCH_MAX);
    struct fz_intent *intent = &state->intents[state->intents_len++];
    state->intent_index.slots[slot] = (uint16_t)state->intents_len;
    *intent = (struct fz_intent){.id = *id};
    return intent;
}

struct fz_payout *fz_state_add_payout(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->payout_index, id, sizeof(*id), payout_matches);
    fz_assert(state->payout_index.slots[slot] == 0);
    fz_assert(state->payouts_len < FZ_BATCH_MAX);
    struct fz_payout *payout = &state->payouts[state->payouts_len++];
    state->payout_index.slots[slot] = (uint16_t)state->payouts_len;
    *payout = (struct fz_payout){.id = *id};
    return payout;
}

struct fz_code *fz_state_add_code(struct fz_state *state, const uint8_t hash[FZ_CODE_HASH_LEN])
{
    fz_assert(state->codes_len < FZ_BATCH_MAX);
    struct fz_code *code = &state->codes[state->codes_len++];
    *code = (struct fz_code){.place = 0};
    memcpy(code->hash, hash, sizeof(code->hash));
    return code;
}

struct fz_held *fz_state_add_held(struct fz_state *state, const struct fz_id *id)
{
    fz_assert(state->held_len < FZ_BATCH_MAX);
    struct fz_held *held = &state->held[state->held_len++];
    *held = (struct fz_held){.id = *id};
    return held;
}

struct fz_corrected *fz_state_add_corrected(struct fz_state *state)
{
    fz_assert(state->corrected_len < FZ_BATCH_MAX);
    struct fz_corrected *corrected = &state->corrected[state->corrected_len++];
    *corrected = (struct fz_corrected){0};
    return corrected;
}

struct fz_operation *fz_state_add_operation(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->operation_index, id, sizeof(*id), operation_matches);
    fz_assert(state->operation_index.slots[slot] == 0);
    fz_assert(state->operations_len < 2 * FZ_BATCH_MAX);
    struct fz_operation *operation = &state->operations[state->operations_len++];
    state->operation_index.slots[slot] = (uint16_t)state->operations_len;
    *operation = (struct fz_operation){.result = {.id = *id}};
    return operation;
}

struct fz_account *fz_state_account(struct fz_state *state, int64_t number)
{
    unsigned slot = probe(state, &state->account_index, &number, sizeof(number), account_matches);
    unsigned at = state->account_index.slots[slot];
    return at == 0 ? NULL : &state->accounts[at - 1];
}

struct fz_intent *fz_state_intent(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->intent_index, id, sizeof(*id), intent_matches);
    unsigned at = state->intent_index.slots[slot];
    return at == 0 ? NULL : &state->intents[at - 1];
}

struct fz_payout *fz_state_payout(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->payout_index, id, sizeof(*id), payout_matches);
    unsigned at = state->payout_index.slots[slot];
    return at == 0 ? NULL : &state->payouts[at - 1];
}

/* Few commands of a batch are about codes: a walk is enough. */
struct fz_code *fz_state_code(struct fz_state *state, const uint8_t hash[FZ_CODE_HASH_LEN])
{
    for (unsigned i = 0; i < state->codes_len; i++) {
        if (memcmp(state->codes[i].hash, hash, sizeof(state->codes[i].hash)) == 0) {
            return &state->codes[i];
        }
    }
    return NULL;
}

struct fz_held *fz_state_held(struct fz_state *state, const struct fz_id *id)
{
    for (unsigned i = 0; i < state->held_len; i++) {
        if (fz_id_equal(&state->held[i].id, id)) {
            return &state->held[i];
        }
    }
    return NULL;
}

/* Corrections are rare and made by hand: a walk is enough. */
struct fz_corrected *fz_state_corrected(struct fz_state *state, int64_t number)
{
    for (unsigned i = 0; i < state->corrected_len; i++) {
        if (state->corrected[i].transfer.number == number) {
            return &state->corrected[i];
        }
    }
    return NULL;
}

struct fz_operation *fz_state_operation(struct fz_state *state, const struct fz_id *id)
{
    unsigned slot = probe(state, &state->operation_index, id, sizeof(*id), operation_matches);
    unsigned at = state->operation_index.slots[slot];
    return at == 0 ? NULL : &state->operations[at - 1];
}

const char *fz_event_type_name(int type)
{
    static const char *const names[] = {"intent.unknown",  "intent.created",  "intent.completed",
                                        "intent.canceled", "intent.expired",  "intent.voided",
                                        "intent.refunded", "intent.declined", "intent.refund_held"};
    return type >= FZ_EVENT_CREATED && type <= FZ_EVENT_REFUND_HELD ? names[type] : names[0];
}
