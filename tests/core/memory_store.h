/*
 * Test room. A store in memory: gives decide() the rows a batch can touch and applies what decide()
 * wants written, as the SQL of ledger/store does. For property tests, fuzzers and simulations.
 * Linear searches on purpose: short, and nothing to get wrong.
 */
#ifndef TESTS_CORE_MEMORY_STORE_H
#define TESTS_CORE_MEMORY_STORE_H

#include "ledger/core/decide.h"

#ifndef MEMORY_MAX /* the fuzzers' histories are short: they set it lower, to be fast */
#define MEMORY_MAX 4096
#endif

struct memory_operation {
    struct fz_result result;
    uint8_t fingerprint[FZ_HASH_LEN];
    uint8_t order_digest[FZ_HASH_LEN];
    int64_t batch;
};

struct memory_store {
    struct fz_head head;
    unsigned accounts_len, intents_len, payouts_len, transfers_len, marks_len;
    unsigned operations_len, events_len, codes_len, held_len;
    struct fz_account accounts[256];
    struct fz_account opening[256]; /* the volumes each account started with, usually none */
    struct fz_intent intents[MEMORY_MAX];
    struct fz_code codes[MEMORY_MAX];
    struct fz_held held[MEMORY_MAX];
    struct fz_payout payouts[MEMORY_MAX];
    struct fz_transfer transfers[MEMORY_MAX];
    struct fz_mark marks[2 * MEMORY_MAX / FZ_MARK_EVERY];
    struct memory_operation operations[MEMORY_MAX];
    struct fz_event events[MEMORY_MAX];
    struct fz_state *state;
};

/* An empty ledger of community 1 in Japan's time zone. Ends the test if out of memory. */
struct memory_store *memory_store_create(void);
void memory_store_destroy(struct memory_store *store);

void memory_store_open(struct memory_store *store, int64_t account);

/*
 * Adds to the volumes an account starts with, before anything is booked; `memory_store_check`
 * counts from there. Over all accounts debits and credits must stay equal.
 */
void memory_store_start(struct memory_store *store,
                        int64_t account,
                        int64_t debits,
                        int64_t credits);
struct fz_account *memory_store_account(struct memory_store *store, int64_t account);
struct fz_intent *memory_store_intent(struct memory_store *store, const struct fz_id *id);
struct fz_code *memory_store_code(struct memory_store *store, const uint8_t hash[FZ_CODE_HASH_LEN]);
struct fz_held *memory_store_held(struct memory_store *store, const struct fz_id *id);
struct fz_payout *memory_store_payout(struct memory_store *store, const struct fz_id *id);

/* Reads, decides, writes: one batch. Seals the commands. */
void memory_store_commit(struct memory_store *store,
                         struct fz_command *const *commands,
                         unsigned len,
                         int64_t now_us);

/* One command in a batch of its own; returns its result code. */
fz_rc memory_store_run(struct memory_store *store, struct fz_command *command, int64_t now_us);

/*
 * Aborts with a message unless the books are whole: sums, floors, numbers, times, chains, hashes.
 */
void memory_store_check(struct memory_store *store);

#endif
