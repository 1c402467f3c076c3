/*
 * Room ledger/core. The part of the books one batch can touch: the rows that were read under the
 * community's lock, indexed by key, plus what decide() wants written. Plain arrays of fixed
 * capacity (limits.h), no malloc; the caller provides the memory (about 3 MB) and reuses it batch
 * after batch.
 */
#ifndef LEDGER_CORE_STATE_H
#define LEDGER_CORE_STATE_H

#include "feezero/crypto.h"
#include "feezero/ledger.h"
#include "feezero/limits.h"
#include "ledger/core/heads.h"
#include "ledger/core/recent.h"

#define FZ_HASH_LEN 32

/* The community's head row: whoever holds it writes next. */
struct fz_head {
    int32_t community;
    int32_t utc_offset_s; /* the community's time zone, for business days */
    int64_t last_number;  /* last transfer */
    int64_t last_time_us; /* last decision */
    int64_t last_batch;
    int64_t last_event;
    uint8_t last_hash[FZ_HASH_LEN]; /* of the last batch, zero before the first */
};

struct fz_account {
    int64_t number;
    int64_t debits_pending; /* holds; booked amounts are in *_posted. All four only grow, but for */
    int64_t debits_posted;  /* the release of a hold */
    int64_t credits_pending;
    int64_t credits_posted;
    int64_t held; /* refunds that wait for a shop's money, in all */
    int64_t hold; /* amount that may not leave (amount-level freeze), CREDIT side accounts */
    int64_t last_transfer; /* head of the account's history chain */
    int64_t debit_delta;   /* what this batch added, to be written */
    int64_t credit_delta;
    enum fz_account_state state;
    struct fz_heads heads;   /* of the chains per kind */
    struct fz_recent recent; /* payments, of a wallet */
    bool held_changed;       /* to be written, whether it moved or not */
    int64_t place;           /* the store's: where the row lies */
};

/* An account as it was right after one of its transfers: every FZ_MARK_EVERY of them, kept. */
struct fz_mark {
    int64_t account;
    int64_t time_us; /* of the transfer */
    int64_t number;
    int64_t debits_posted;
    int64_t credits_posted;
    struct fz_heads heads;
};

struct fz_intent {
    struct fz_id id;
    int64_t shop;
    int64_t amount;
    int64_t refunded;
    int64_t created_us;
    int64_t expires_us;
    int64_t paid_us;
    int64_t number;       /* the payment's transfer, 0 while unpaid */
    int64_t payer;        /* party; 0 while unpaid, unless it waits for one payer's consent */
    int64_t last_event;   /* head of the chain of its events */
    struct fz_id payment; /* operation */
    int32_t terminal;
    enum fz_intent_state state;
    bool is_new;                     /* to be inserted */
    bool dirty;                      /* to be updated (not set on new ones) */
    const struct fz_command *source; /* new ones: where note, qr and shop_name are */
    int64_t place;                   /* the store's, of others: where the row lies */
};

/* What a resident shows to pay; the ledger knows its keyed hash alone. */
struct fz_code {
    uint8_t hash[FZ_CODE_HASH_LEN];
    struct fz_id id; /* operation that made it */
    int64_t party;
    int64_t amount; /* up to it nobody asks her again */
    int64_t expires_us;
    struct fz_id intent; /* that used it; zero until then */
    bool is_new;
    bool dirty;
    int64_t place; /* the store's, of others: where the row lies */
};

/* A refund that waits for the shop's money. */
struct fz_held {
    struct fz_id id; /* the REFUND */
    struct fz_id intent;
    struct fz_id released_by; /* zero while it waits */
    int64_t shop;
    int64_t party; /* who gets it */
    int64_t amount;
    int64_t since_us;
    bool is_new;
    bool dirty;
    int64_t place; /* the store's, of others: where the row lies */
};

struct fz_payout {
    struct fz_id id;
    int64_t shop;
    int64_t amount;
    enum fz_payout_state state;
    bool is_new;
    bool dirty;
};

/* A transfer that a CORRECT refers to. */
struct fz_corrected {
    struct fz_transfer transfer;
    bool done; /* a correction of it is booked */
};

/* An operation decided earlier, as found by id. */
struct fz_operation {
    uint8_t fingerprint[FZ_HASH_LEN];
    struct fz_result result;
};

/* One line of the outbox: what a till that waits wants to hear. */
struct fz_event {
    int64_t number;
    int64_t time_us;
    int64_t shop;
    int64_t amount;
    int64_t transfer; /* number, 0 if none */
    int64_t previous; /* the intent's event before it, 0 for its first */
    struct fz_id intent;
    struct fz_id operation;
    int32_t type;  /* enum fz_event_type */
    int32_t state; /* enum fz_intent_state after it */
};

enum fz_event_type {
    FZ_EVENT_CREATED = 1,
    FZ_EVENT_COMPLETED = 2,
    FZ_EVENT_CANCELED = 3,
    FZ_EVENT_EXPIRED = 4,
    FZ_EVENT_VOIDED = 5,
    FZ_EVENT_REFUNDED = 6,
    FZ_EVENT_DECLINED = 7,   /* by the payer who was asked */
    FZ_EVENT_REFUND_HELD = 8 /* the money comes with an intent.refunded of its own */
};
const char *fz_event_type_name(int type); /* "intent.created" */

#define FZ_INDEX_SLOTS 8192 /* power of two, at least twice the largest array below */

/* Open addressing over one of the arrays: slot holds index + 1, 0 is free. */
struct fz_index {
    uint16_t slots[FZ_INDEX_SLOTS];
};

struct fz_state {
    struct fz_head head;
    uint64_t seed; /* of the index's hash: ids are chosen by clients. Results do not depend on it */
    struct fz_sha256 *sha; /* borrowed */

    unsigned accounts_len, intents_len, codes_len, held_len, payouts_len, corrected_len;
    unsigned operations_len;
    unsigned transfers_len, marks_len, events_len, decided_len;
    struct fz_account accounts[FZ_ACCOUNTS_MAX];
    struct fz_intent intents[FZ_BATCH_MAX];
    struct fz_code codes[FZ_BATCH_MAX];
    struct fz_held held[FZ_BATCH_MAX];
    struct fz_payout payouts[FZ_BATCH_MAX];
    struct fz_corrected corrected[FZ_BATCH_MAX];
    struct fz_operation operations[2 * FZ_BATCH_MAX]; /* found, then decided in this batch */
    struct fz_index account_index, intent_index, payout_index, operation_index;

    /* what this batch books, in order */
    struct fz_transfer transfers[FZ_TRANSFERS_MAX];
    struct fz_mark marks[FZ_MARKS_MAX];
    struct fz_event events[FZ_BATCH_MAX];
    struct fz_command *decided[FZ_BATCH_MAX]; /* whose operation row is to be written */
    uint8_t batch_hash[FZ_HASH_LEN];
};

/* Empties the state for the next batch of the head's community; seed and sha stay. */
void fz_state_reset(struct fz_state *state, const struct fz_head *head);

/*
 * Add what was read. The row must not be there yet (asserted), and there is room for everything one
 * batch can touch (asserted): the store bounds its reads by the commands.
 */
struct fz_account *fz_state_add_account(struct fz_state *state, int64_t number);
struct fz_intent *fz_state_add_intent(struct fz_state *state, const struct fz_id *id);
struct fz_code *fz_state_add_code(struct fz_state *state, const uint8_t hash[FZ_CODE_HASH_LEN]);
struct fz_held *fz_state_add_held(struct fz_state *state, const struct fz_id *id);
struct fz_payout *fz_state_add_payout(struct fz_state *state, const struct fz_id *id);
struct fz_corrected *fz_state_add_corrected(struct fz_state *state);
struct fz_operation *fz_state_add_operation(struct fz_state *state, const struct fz_id *id);

/* NULL if it was not read (it does not exist). Borrowed, valid until the next reset. */
struct fz_account *fz_state_account(struct fz_state *state, int64_t number);
struct fz_intent *fz_state_intent(struct fz_state *state, const struct fz_id *id);
struct fz_code *fz_state_code(struct fz_state *state, const uint8_t hash[FZ_CODE_HASH_LEN]);
struct fz_held *fz_state_held(struct fz_state *state, const struct fz_id *id);
struct fz_payout *fz_state_payout(struct fz_state *state, const struct fz_id *id);
struct fz_corrected *fz_state_corrected(struct fz_state *state, int64_t number);
struct fz_operation *fz_state_operation(struct fz_state *state, const struct fz_id *id);

#endif
