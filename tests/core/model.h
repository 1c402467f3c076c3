/*
 * Test room. The plain model: the ledger's rules once more, as slow and as obvious as possible, one
 * command at a time, with nothing shared with ledger/core but the tables of classes and kinds.
 * What it says is compared with what decide() says.
 */
#ifndef TESTS_CORE_MODEL_H
#define TESTS_CORE_MODEL_H

#include "feezero/ledger.h"

#ifndef MODEL_MAX /* the fuzzers set it lower */
#define MODEL_MAX 4096
#endif

struct model_account {
    int64_t number;
    int64_t debits;
    int64_t credits;
    int64_t debits_pending;
    int64_t credits_pending;
    int64_t hold;
    int64_t held; /* of a shop: refunds that wait */
    int state;    /* 1 open, 2 frozen, 3 closed */
};

struct model_intent {
    struct fz_id id;
    int64_t shop, amount, refunded, created, expires, paid_at, payer, number;
    struct fz_id payment;
    int32_t terminal;
    int state; /* 1 created, 2 completed, 3 canceled, 4 expired, 5 voided */
};

struct model_code {
    uint8_t hash[32];
    struct fz_id id, intent;
    int64_t party, amount, expires;
    bool used;
};

struct model_held {
    struct fz_id id, intent, released_by;
    int64_t shop, party, amount;
    bool waits;
};

struct model_payout {
    struct fz_id id;
    int64_t shop, amount;
    int state; /* 1 booked, 2 sent, 3 confirmed, 4 returned */
};

struct model_transfer {
    int64_t debit, credit, amount;
    int kind;
    bool corrected;
    int64_t time, corrects;
    struct fz_id operation;
};

struct model_event {
    struct fz_id intent, operation;
    int64_t time, shop, amount, transfer;
    int type, state;
};

struct model_operation {
    struct fz_command command;
    char note[144];
    struct fz_result result;
};

struct model {
    int64_t last_time;
    int64_t offset_s; /* time zone */
    unsigned codes_len, held_len;
    unsigned accounts_len, intents_len, payouts_len, transfers_len, operations_len, events_len;
    struct model_account accounts[256];
    struct model_intent intents[MODEL_MAX];
    struct model_code codes[MODEL_MAX];
    struct model_held held[MODEL_MAX];
    struct model_payout payouts[MODEL_MAX];
    struct model_transfer transfers[MODEL_MAX];
    struct model_operation operations[MODEL_MAX];
    struct model_event events[MODEL_MAX];
};

struct model *model_create(void);
void model_destroy(struct model *model);
void model_open(struct model *model, int64_t account);
struct model_account *model_account(struct model *model, int64_t account);
struct model_intent *model_intent(struct model *model, const struct fz_id *id);
struct model_code *model_code(struct model *model, const uint8_t hash[32]);
struct model_held *model_held(struct model *model, const struct fz_id *id);
int64_t model_payable(const struct model_account *account); /* by a payout */
struct model_payout *model_payout(struct model *model, const struct fz_id *id);

/* What can be taken from an account: liabilities by debits, assets by credits. */
int64_t
model_since_like(const struct model *model, int64_t from, int64_t to, int64_t amount, int64_t now);
int64_t model_available(const struct model_account *account);

/* The operation decided under that id, NULL if none was. */
struct model_operation *model_operation(struct model *model, const struct fz_id *id);

/* True if `command` is what `operation` was, but for the deadline. */
bool model_same_request(const struct model_operation *operation, const struct fz_command *command);

/* The time the ledger would give a decision taken at `now_us`. */
int64_t model_time(const struct model *model, int64_t now_us);

/* Carries out one command; returns what the ledger must answer. */
struct fz_result model_run(struct model *model, const struct fz_command *command, int64_t now_us);

#endif
