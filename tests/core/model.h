/*
 * Test room. The plain model: the ledger's rules once more, as slow and as obvious as possible, one
 * command at a time, with nothing shared with ledger/core but the tables of classes and kinds.
 * What it says is compared with what decide() says.
 */
#ifndef TESTS_CORE_MODEL_H
#define TESTS_CORE_MODEL_H

#include "feezero/ledger.h"

#define MODEL_MAX 4096

struct model_account {
    int64_t number;
    int64_t debits;
    int64_t credits;
    int64_t hold;
    int state; /* 1 open, 2 frozen, 3 closed */
};

struct model_intent {
    struct fz_id id;
    int64_t shop, amount, refunded, expires, paid_at, payer;
    int32_t terminal;
    int state;
};

struct model_payout {
    struct fz_id id;
    int64_t shop, amount;
    int state;
};

struct model_transfer {
    int64_t debit, credit, amount;
    int kind;
    bool corrected;
};

struct model_operation {
    struct fz_command command;
    char note[144];
    struct fz_result result;
};

struct model {
    int64_t last_time;
    unsigned accounts_len, intents_len, payouts_len, transfers_len, operations_len;
    struct model_account accounts[256];
    struct model_intent intents[MODEL_MAX];
    struct model_payout payouts[MODEL_MAX];
    struct model_transfer transfers[MODEL_MAX];
    struct model_operation operations[MODEL_MAX];
};

struct model *model_create(void);
void model_destroy(struct model *model);
void model_open(struct model *model, int64_t account);
struct model_account *model_account(struct model *model, int64_t account);

/* Carries out one command; returns what the ledger must answer. */
struct fz_result model_run(struct model *model, const struct fz_command *command, int64_t now_us);

#endif
