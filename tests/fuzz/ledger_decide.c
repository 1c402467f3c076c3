/*
 * Fuzzing decide(). The input is a stream of records of eight bytes: commands, ends of batches,
 * steps of the clock, disturbances of accounts. Ids, parties and amounts come from small sets, so
 * that duplicates, conflicts and references meet. The same commands go to three ledgers: in
 * batches, one by one, and to the plain model. All must answer alike, byte for byte, and after
 * every batch the books must be whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "tests/core/memory_store.h"
#include "tests/core/model.h"

#define RECORD_LEN 8
#define COMMANDS_MAX 128
#define ACCOUNTS 15
#define START_US 1796083200000000LL
#define LATEST_US 253402300799000000LL /* the end of the year 9999 */

/* Byte 0 of a record: types 1 to 16 of a command, or what is below. */
enum {
    RECORD_TYPES = 16,
    RECORD_AGAIN = 16,   /* 16..21: an earlier command is sent again, maybe changed */
    RECORD_CLOCK = 22,   /* 22..26: the batch ends, the clock moves */
    RECORD_DISTURB = 27, /* 27..31: the batch ends, an account gets another state and hold */
    RECORD_KINDS = 32
};

struct world {
    struct memory_store *batched;
    struct memory_store *single;
    struct model *model;
    struct fz_command commands[COMMANDS_MAX];
    struct fz_result results[COMMANDS_MAX];
    unsigned len;   /* commands made */
    unsigned begun; /* the first one of the open batch */
    int64_t now_us;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const int64_t account_numbers[ACCOUNTS] = {
    1000000000,  2000000000,  12000000000, 13000000000, 20000000000,
    10000000001, 10000000002, 10000000003, 10000000004, 11000000010,
    11000000011, 11000000012, 3000000010,  3000000011,  3000000012};
static const int64_t parties[16] = {1, 2, 3,  4,  10, 11, 12, 98, 0, FZ_PARTY_MAX,
                                    1, 2, 10, 11, 1,  10};

static int64_t amount_of(uint8_t code)
{
    static const int64_t edges[16] = {
        0,          -1,          1,         2,         999999, 1000000, 1000001,       1480000,
        9999999999, 10000000000, INT64_MAX, INT64_MIN, 499999, 500001,  INT64_MAX - 1, 100};
    if (code < 16) {
        return edges[code];
    }
    return code < 128 ? code : (code - 127) * (int64_t)7919;
}

static struct fz_id id_of(uint8_t code)
{
    struct fz_id id = {{0}};
    if (code < 224) {
        id.bytes[0] = 1;
        id.bytes[6] = 0x70;
        id.bytes[15] = code % 96;
    }
    return id;
}

/* A result has no padding, so that equal results are equal bytes. */
_Static_assert(sizeof(struct fz_result) == 8 + 32 + 9 * 8 + 8 + 144, "no padding");

static void expect_same(const struct fz_result *a, const struct fz_result *b)
{
    fz_assert(memcmp(a, b, sizeof(*a)) == 0);
}

/* --- records ---------------------------------------------------------------------------------- */

static void make_command(struct world *w, const uint8_t record[RECORD_LEN])
{
    static const char *const notes[4] = {NULL, "", "a", "お釣りなし"};
    static const int32_t ttls[8] = {10, 900, 120, 0, -1, 1, INT32_MAX, INT32_MIN};
    static const int64_t far[4] = {0, -1, INT64_MAX, INT64_MIN};
    struct fz_command *c = &w->commands[w->len++];
    *c = (struct fz_command){.type = (enum fz_command_type)(record[0] % RECORD_TYPES + 1)};
    if (c->type == FZ_COMMAND_TOMBSTONE && record[4] % 2 == 0) {
        c->type = FZ_COMMAND_CODE;
    }
    if (c->type == FZ_COMMAND_PAYOUT_SENT && record[4] % 2 == 0) {
        c->type = FZ_COMMAND_REFUND_RELEASE;
    }
    if (c->type == FZ_COMMAND_CODE || (c->type == FZ_COMMAND_INTENT && record[2] % 4 == 1)) {
        c->code_hash[0] = (uint8_t)(1 + record[1] % 8);
    }
    c->again = record[7] % 4 == 3;
    if (fz_command_info((int)c->type)->kept) {
        c->id = id_of(record[1] % 224);
    }
    c->ref =
        c->type == FZ_COMMAND_PAY && record[2] % 8 == 0 ? (struct fz_id){{0}} : id_of(record[2]);
    c->sale = c->type == FZ_COMMAND_REFUND_RELEASE ? id_of(record[5]) : (struct fz_id){{0}};
    c->shop = parties[record[3] & 15];
    c->party = parties[record[3] >> 4];
    c->actor = c->party;
    c->amount = amount_of(record[4]);
    c->tax = amount_of(record[5]);
    c->corrects = record[5] < 252 ? record[5] : far[record[5] - 252];
    c->ttl_s = ttls[record[5] % 8];
    c->payee = parties[record[6] & 15];
    c->terminal = record[6] >> 6;
    c->note = notes[record[6] >> 4 & 3];
    if (record[7] >= 224) { /* most have none: else most commands would come too late */
        c->deadline_us = w->now_us + ((int64_t)record[7] - 240) * 1000;
        c->deadline_us = record[7] == 255 ? INT64_MAX : c->deadline_us;
    }
}

/* The same request, or one that only looks like it. */
static void send_again(struct world *w, const uint8_t record[RECORD_LEN])
{
    struct fz_command *c = &w->commands[w->len];
    if (w->len == 0) {
        return;
    }
    *c = w->commands[record[1] % w->len];
    c->result = (struct fz_result){.rc = FZ_OK};
    c->deadline_us = record[7] == 0 ? 0 : w->now_us + record[7];
    if (record[2] % 4 == 1) {
        c->amount = amount_of(record[4]);
    } else if (record[2] % 4 == 2) {
        c->type = FZ_COMMAND_TOMBSTONE;
        c->id = id_of(record[3] % 224);
    } else if (record[2] % 4 == 3) {
        c->note = record[6] % 2 == 0 ? "a" : NULL;
    }
    w->len++;
}

static void move_clock(struct world *w, const uint8_t record[RECORD_LEN])
{
    static const int64_t steps[] = {0,       1,        -5000000,   1000,        -1,
                                    1000000, 30000000, 3600000000, 43200000000, -86400000000};
    if (record[2] == 255) {
        w->now_us = record[3] < 128 ? record[3] : LATEST_US;
    } else {
        w->now_us += steps[record[1] % (sizeof(steps) / sizeof(steps[0]))];
    }
    w->now_us = w->now_us < 0 ? 0 : w->now_us;
    w->now_us = w->now_us > LATEST_US ? LATEST_US : w->now_us;
}

static void disturb(struct world *w, const uint8_t record[RECORD_LEN])
{
    static const int64_t holds[8] = {0, 0, 0, 1, 1000, 50000, 1000000, FZ_AMOUNT_MAX};
    int64_t number = account_numbers[record[1] % ACCOUNTS];
    struct model_account *account = model_account(w->model, number);
    account->state = record[2] % 4 == 0 ? 1 : record[2] % 4;
    account->hold = holds[record[3] % 8];
    struct fz_account *rows[2] = {memory_store_account(w->batched, number),
                                  memory_store_account(w->single, number)};
    for (unsigned i = 0; i < 2; i++) {
        rows[i]->state = (enum fz_account_state)account->state;
        rows[i]->hold = account->hold;
    }
}

/* --- what must hold --------------------------------------------------------------------------- */

#define SAME(field) fz_assert(x->field == y->field)

static void expect_same_accounts(struct world *w)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        const struct fz_account *x = memory_store_account(w->batched, account_numbers[i]);
        const struct fz_account *y = memory_store_account(w->single, account_numbers[i]);
        const struct model_account *z = model_account(w->model, account_numbers[i]);
        SAME(debits_pending);
        SAME(debits_posted);
        SAME(credits_pending);
        SAME(credits_posted);
        SAME(last_transfer);
        SAME(state);
        SAME(hold);
        SAME(held);
        fz_assert(x->held == z->held);
        fz_assert(x->debits_posted == z->debits && x->credits_posted == z->credits);
    }
}

static void expect_same_rows(const struct memory_store *a, const struct memory_store *b)
{
    fz_assert(a->intents_len == b->intents_len && a->payouts_len == b->payouts_len);
    fz_assert(a->transfers_len == b->transfers_len && a->operations_len == b->operations_len);
    fz_assert(a->events_len == b->events_len);
    fz_assert(a->head.last_time_us == b->head.last_time_us);
    fz_assert(a->head.last_number == b->head.last_number);
    for (unsigned i = 0; i < a->transfers_len; i++) {
        const struct fz_transfer *x = &a->transfers[i];
        const struct fz_transfer *y = &b->transfers[i];
        SAME(number);
        SAME(debit);
        SAME(credit);
        SAME(amount);
        SAME(time_us);
        SAME(kind);
        SAME(corrects);
        fz_assert(fz_id_equal(&x->operation, &y->operation));
    }
    for (unsigned i = 0; i < a->intents_len; i++) {
        const struct fz_intent *x = &a->intents[i];
        const struct fz_intent *y = &b->intents[i];
        SAME(amount);
        SAME(refunded);
        SAME(number);
        SAME(payer);
        SAME(paid_us);
        SAME(state);
        fz_assert(x->refunded >= 0 && x->refunded <= x->amount);
    }
    for (unsigned i = 0; i < a->payouts_len; i++) {
        const struct fz_payout *x = &a->payouts[i];
        const struct fz_payout *y = &b->payouts[i];
        SAME(amount);
        SAME(state);
    }
    for (unsigned i = 0; i < a->events_len; i++) {
        const struct fz_event *x = &a->events[i];
        const struct fz_event *y = &b->events[i];
        SAME(type);
        SAME(state);
        SAME(transfer);
        SAME(time_us);
    }
}

/* Counters only grow. */
static void expect_grown(const struct fz_account *before, struct memory_store *store)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        const struct fz_account *now = &store->accounts[i];
        fz_assert(now->debits_posted >= before[i].debits_posted);
        fz_assert(now->credits_posted >= before[i].credits_posted);
    }
}

static void commit(struct world *w)
{
    struct fz_command *batch[COMMANDS_MAX];
    struct fz_account before[ACCOUNTS];
    unsigned len = w->len - w->begun;
    if (len == 0) {
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        batch[i] = &w->commands[w->begun + i];
    }
    memcpy(before, w->batched->accounts, sizeof(before));
    memory_store_commit(w->batched, batch, len, w->now_us);
    expect_grown(before, w->batched);
    memory_store_check(w->batched);
    for (unsigned i = 0; i < len; i++) {
        struct fz_command alone = *batch[i];
        alone.result = (struct fz_result){.rc = FZ_OK};
        (void)memory_store_run(w->single, &alone, w->now_us);
        expect_same(&alone.result, &batch[i]->result);
        fz_assert(alone.replayed == batch[i]->replayed);
        struct fz_result want = model_run(w->model, batch[i], w->now_us);
        expect_same(&want, &batch[i]->result);
        w->results[w->begun + i] = batch[i]->result;
    }
    expect_same_accounts(w);
    w->begun = w->len;
}

/* Whatever had an id gets the same answer now, and nothing moves. */
static void replay_all(struct world *w)
{
    struct fz_head head = w->batched->head;
    for (unsigned i = 0; i < w->len; i++) {
        struct fz_command again = w->commands[i];
        if (fz_command_info((int)again.type)->kept) {
            again.result = (struct fz_result){.rc = FZ_OK};
            again.deadline_us = 1; /* no part of what was asked */
            (void)memory_store_run(w->batched, &again, LATEST_US);
            expect_same(&again.result, &w->results[i]);
        }
    }
    fz_assert(memcmp(&head, &w->batched->head, sizeof(head)) == 0);
}

/* --- one input -------------------------------------------------------------------------------- */

static struct world *world_create(void)
{
    struct world *w = calloc(1, sizeof(*w));
    fz_assert(w != NULL);
    w->batched = memory_store_create();
    w->single = memory_store_create();
    w->model = model_create();
    w->now_us = START_US;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        memory_store_open(w->batched, account_numbers[i]);
        memory_store_open(w->single, account_numbers[i]);
        model_open(w->model, account_numbers[i]);
    }
    return w;
}

static void world_destroy(struct world *w)
{
    memory_store_destroy(w->batched);
    memory_store_destroy(w->single);
    model_destroy(w->model);
    free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct world *w = world_create();
    for (; len >= RECORD_LEN && w->len < COMMANDS_MAX; len -= RECORD_LEN, bytes += RECORD_LEN) {
        unsigned kind = bytes[0] % RECORD_KINDS;
        if (kind < RECORD_AGAIN) {
            make_command(w, bytes);
        } else if (kind < RECORD_CLOCK) {
            send_again(w, bytes);
        } else {
            commit(w);
            if (kind < RECORD_DISTURB) {
                move_clock(w, bytes);
            } else {
                disturb(w, bytes);
            }
        }
    }
    commit(w);
    expect_same_rows(w->batched, w->single);
    memory_store_check(w->single);
    replay_all(w);
    world_destroy(w);
    return 0;
}
