/*
 * Test room. A store in memory, see the header.
 */
#include "tests/core/memory_store.h"

#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/canonical.h"

struct memory_store *memory_store_create(void)
{
    struct memory_store *store = calloc(1, sizeof(*store));
    fz_assert(store != NULL);
    store->state = calloc(1, sizeof(*store->state));
    fz_assert(store->state != NULL);
    fz_rc rc = fz_sha256_create(&store->state->sha, NULL);
    fz_assert(rc == FZ_OK);
    store->head = (struct fz_head){.community = 1, .utc_offset_s = 32400};
    return store;
}

void memory_store_destroy(struct memory_store *store)
{
    fz_sha256_destroy(&store->state->sha);
    free(store->state);
    free(store);
}

void memory_store_open(struct memory_store *store, int64_t account)
{
    fz_assert(store->accounts_len < 256);
    store->accounts[store->accounts_len++] =
        (struct fz_account){.number = account, .state = FZ_OPEN};
}

void memory_store_start(struct memory_store *store,
                        int64_t account,
                        int64_t debits,
                        int64_t credits)
{
    struct fz_account *row = memory_store_account(store, account);
    fz_assert(row != NULL && store->transfers_len == 0);
    row->debits_posted += debits;
    row->credits_posted += credits;
    store->opening[row - store->accounts].debits_posted = row->debits_posted;
    store->opening[row - store->accounts].credits_posted = row->credits_posted;
}

struct fz_account *memory_store_account(struct memory_store *store, int64_t account)
{
    for (unsigned i = 0; i < store->accounts_len; i++) {
        if (store->accounts[i].number == account) {
            return &store->accounts[i];
        }
    }
    return NULL;
}

struct fz_intent *memory_store_intent(struct memory_store *store, const struct fz_id *id)
{
    for (unsigned i = 0; i < store->intents_len; i++) {
        if (fz_id_equal(&store->intents[i].id, id)) {
            return &store->intents[i];
        }
    }
    return NULL;
}

struct fz_code *memory_store_code(struct memory_store *store, const uint8_t hash[FZ_CODE_HASH_LEN])
{
    for (unsigned i = 0; i < store->codes_len; i++) {
        if (memcmp(store->codes[i].hash, hash, FZ_CODE_HASH_LEN) == 0) {
            return &store->codes[i];
        }
    }
    return NULL;
}

struct fz_held *memory_store_held(struct memory_store *store, const struct fz_id *id)
{
    for (unsigned i = 0; i < store->held_len; i++) {
        if (fz_id_equal(&store->held[i].id, id)) {
            return &store->held[i];
        }
    }
    return NULL;
}

struct fz_payout *memory_store_payout(struct memory_store *store, const struct fz_id *id)
{
    for (unsigned i = 0; i < store->payouts_len; i++) {
        if (fz_id_equal(&store->payouts[i].id, id)) {
            return &store->payouts[i];
        }
    }
    return NULL;
}

static struct memory_operation *find_operation(struct memory_store *store, const struct fz_id *id)
{
    for (unsigned i = 0; i < store->operations_len; i++) {
        if (fz_id_equal(&store->operations[i].result.id, id)) {
            return &store->operations[i];
        }
    }
    return NULL;
}

/* Which accounts a command needs is the store's business; giving all of them is always right. */
static void load_accounts(struct memory_store *store)
{
    for (unsigned i = 0; i < store->accounts_len; i++) {
        struct fz_account *row = fz_state_add_account(store->state, store->accounts[i].number);
        *row = store->accounts[i];
        row->debit_delta = 0;
        row->credit_delta = 0;
        row->held_changed = false;
    }
}

static void load_rows(struct memory_store *store, const struct fz_command *command)
{
    struct fz_state *state = store->state;
    struct fz_intent *intent = memory_store_intent(store, &command->ref);
    struct fz_payout *payout = memory_store_payout(store, &command->ref);
    struct memory_operation *operation = find_operation(store, &command->id);
    if (intent != NULL && fz_state_intent(state, &command->ref) == NULL) {
        *fz_state_add_intent(state, &command->ref) = *intent;
    }
    const struct fz_intent *sale = memory_store_intent(store, &command->sale);
    if (sale != NULL && fz_state_intent(state, &command->sale) == NULL) {
        *fz_state_add_intent(state, &command->sale) = *sale;
    }
    const struct fz_held *held = memory_store_held(store, &command->ref);
    if (command->type == FZ_COMMAND_REFUND_RELEASE && held != NULL &&
        fz_state_held(state, &command->ref) == NULL) {
        *fz_state_add_held(state, &command->ref) = *held;
    }
    struct fz_code *code = memory_store_code(store, command->code_hash);
    if (code != NULL && fz_state_code(state, code->hash) == NULL) {
        *fz_state_add_code(state, code->hash) = *code;
    }
    if (payout != NULL && fz_state_payout(state, &command->ref) == NULL) {
        *fz_state_add_payout(state, &command->ref) = *payout;
    }
    if (operation != NULL && fz_state_operation(state, &command->id) == NULL) {
        struct fz_operation *row = fz_state_add_operation(state, &command->id);
        row->result = operation->result;
        memcpy(row->fingerprint, operation->fingerprint, FZ_HASH_LEN);
    }
    int64_t corrects = command->corrects;
    if (command->type == FZ_COMMAND_CORRECT && corrects > 0 && corrects <= store->transfers_len &&
        fz_state_corrected(state, corrects) == NULL) {
        struct fz_corrected *row = fz_state_add_corrected(state);
        row->transfer = store->transfers[corrects - 1];
        for (unsigned i = 0; i < store->transfers_len; i++) {
            row->done = row->done || store->transfers[i].corrects == corrects;
        }
    }
}

static void save_codes(struct memory_store *store)
{
    const struct fz_state *state = store->state;
    for (unsigned i = 0; i < state->codes_len; i++) {
        struct fz_code *row = memory_store_code(store, state->codes[i].hash);
        fz_assert((row == NULL) == state->codes[i].is_new);
        if (row == NULL) {
            fz_assert(store->codes_len < MEMORY_MAX);
            row = &store->codes[store->codes_len++];
        } else if (!state->codes[i].dirty) {
            fz_assert(memcmp(row, &state->codes[i], sizeof(*row)) == 0);
        }
        *row = state->codes[i];
        row->is_new = false;
        row->dirty = false;
    }
}

static void save_held(struct memory_store *store)
{
    const struct fz_state *state = store->state;
    for (unsigned i = 0; i < state->held_len; i++) {
        struct fz_held *row = memory_store_held(store, &state->held[i].id);
        fz_assert((row == NULL) == state->held[i].is_new);
        if (row == NULL) {
            fz_assert(store->held_len < MEMORY_MAX);
            row = &store->held[store->held_len++];
        } else if (!state->held[i].dirty) {
            fz_assert(memcmp(row, &state->held[i], sizeof(*row)) == 0);
        }
        *row = state->held[i];
        row->is_new = false;
        row->dirty = false;
    }
}

static void save_rows(struct memory_store *store)
{
    struct fz_state *state = store->state;
    save_codes(store);
    save_held(store);
    for (unsigned i = 0; i < state->accounts_len; i++) {
        struct fz_account *row = memory_store_account(store, state->accounts[i].number);
        int64_t debits = row->debits_posted + state->accounts[i].debit_delta;
        int64_t credits = row->credits_posted + state->accounts[i].credit_delta;
        fz_assert(row->held == state->accounts[i].held || state->accounts[i].held_changed);
        *row = state->accounts[i];
        fz_assert(row->debits_posted == debits && row->credits_posted == credits);
        row->debit_delta = 0;
        row->credit_delta = 0;
        row->held_changed = false;
    }
    for (unsigned i = 0; i < state->intents_len; i++) {
        struct fz_intent *row = memory_store_intent(store, &state->intents[i].id);
        fz_assert((row == NULL) == state->intents[i].is_new);
        if (row == NULL) {
            fz_assert(store->intents_len < MEMORY_MAX);
            fz_assert(fz_id_equal(&state->intents[i].source->id, &state->intents[i].id));
            row = &store->intents[store->intents_len++];
        } else if (!state->intents[i].dirty) {
            fz_assert(memcmp(row, &state->intents[i], sizeof(*row)) == 0);
        }
        *row = state->intents[i];
        row->is_new = false;
        row->dirty = false;
        row->source = NULL;
    }
    for (unsigned i = 0; i < state->payouts_len; i++) {
        struct fz_payout *row = memory_store_payout(store, &state->payouts[i].id);
        fz_assert((row == NULL) == state->payouts[i].is_new);
        if (row == NULL) {
            fz_assert(store->payouts_len < MEMORY_MAX);
            row = &store->payouts[store->payouts_len++];
        } else if (!state->payouts[i].dirty) {
            fz_assert(memcmp(row, &state->payouts[i], sizeof(*row)) == 0);
        }
        *row = state->payouts[i];
        row->is_new = false;
        row->dirty = false;
    }
}

static void save_log(struct memory_store *store)
{
    struct fz_state *state = store->state;
    for (unsigned i = 0; i < state->transfers_len; i++) {
        fz_assert(store->transfers_len < MEMORY_MAX);
        store->transfers[store->transfers_len++] = state->transfers[i];
    }
    for (unsigned i = 0; i < state->marks_len; i++) {
        store->marks[store->marks_len++] = state->marks[i];
    }
    for (unsigned i = 0; i < state->events_len; i++) {
        fz_assert(store->events_len < MEMORY_MAX);
        store->events[store->events_len++] = state->events[i];
    }
    for (unsigned i = 0; i < state->decided_len; i++) {
        const struct fz_command *command = state->decided[i];
        fz_assert(find_operation(store, &command->id) == NULL);
        fz_assert(store->operations_len < MEMORY_MAX);
        struct memory_operation *row = &store->operations[store->operations_len++];
        row->result = command->result;
        row->batch = state->head.last_batch;
        memcpy(row->fingerprint, command->fingerprint, FZ_HASH_LEN);
        memcpy(row->order_digest, command->order_digest, FZ_HASH_LEN);
    }
}

void memory_store_commit(struct memory_store *store,
                         struct fz_command *const *commands,
                         unsigned len,
                         int64_t now_us)
{
    fz_state_reset(store->state, &store->head);
    load_accounts(store);
    for (unsigned i = 0; i < len; i++) {
        fz_command_seal(store->state->sha, commands[i]);
        load_rows(store, commands[i]);
    }
    fz_decide(store->state, commands, len, now_us);
    if (!fz_state_has_changes(store->state)) {
        fz_assert(memcmp(&store->head, &store->state->head, sizeof(store->head)) == 0);
        return;
    }
    save_rows(store);
    save_log(store);
    store->head = store->state->head;
}

fz_rc memory_store_run(struct memory_store *store, struct fz_command *command, int64_t now_us)
{
    memory_store_commit(store, &command, 1, now_us);
    return command->result.rc;
}

/* --- the invariants --------------------------------------------------------------------------- */

#define SLOTS 128

/* An account up to some transfer, as the journal alone tells it. */
struct past {
    int64_t debits;
    int64_t credits;
    int64_t last;
    int64_t postings;
    int64_t newest[SLOTS]; /* by kind and side */
    unsigned marks;
    struct fz_recent recent;
};

static void check_heads(const struct fz_heads *heads, const struct past *past)
{
    unsigned used = 0;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        used += past->newest[slot] != 0 ? 1 : 0;
    }
    fz_assert(heads->postings == past->postings && heads->len == used);
    for (unsigned i = 0; i < heads->len; i++) {
        fz_assert(past->newest[heads->words[i] >> 56] == (heads->words[i] & ((1LL << 56) - 1)));
    }
}

static void check_mark(const struct memory_store *store,
                       const struct fz_transfer *transfer,
                       int64_t account,
                       struct past *past)
{
    for (unsigned i = 0; i < store->marks_len; i++) {
        const struct fz_mark *mark = &store->marks[i];
        if (mark->account == account && mark->number == transfer->number) {
            fz_assert(mark->debits_posted == past->debits && mark->time_us == transfer->time_us);
            fz_assert(mark->credits_posted == past->credits);
            check_heads(&mark->heads, past);
            past->marks++;
        }
    }
    fz_assert(past->marks == past->postings / FZ_MARK_EVERY);
}

static void check_posting(const struct memory_store *store,
                          const struct fz_transfer *transfer,
                          int64_t account,
                          struct past *past)
{
    bool is_debit = transfer->debit == account;
    if (!is_debit && transfer->credit != account) {
        return;
    }
    int64_t *newest =
        &past->newest[fz_heads_slot(transfer->kind, is_debit ? FZ_SIDE_DEBIT : FZ_SIDE_CREDIT)];
    fz_assert((is_debit ? transfer->debit_previous : transfer->credit_previous) == past->last);
    fz_assert((is_debit ? transfer->debit_same : transfer->credit_same) == *newest);
    past->debits += is_debit ? transfer->amount : 0;
    past->credits += is_debit ? 0 : transfer->amount;
    if (is_debit && transfer->kind == FZ_KIND_PAYMENT) {
        fz_recent_push(&past->recent, transfer->credit % FZ_ACCOUNT_CLASS_UNIT, transfer->amount,
                       transfer->time_us);
    }
    past->last = transfer->number;
    past->postings++;
    *newest = transfer->number;
    if (past->postings % FZ_MARK_EVERY == 0) {
        check_mark(store, transfer, account, past);
    }
}

/* What waits for a shop's money. */
static int64_t sum_held(const struct memory_store *store, int64_t account)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < store->held_len; i++) {
        bool waits = fz_id_is_zero(&store->held[i].released_by);
        bool is_of = account == fz_account_number(FZ_ACCOUNT_MERCHANT, store->held[i].shop);
        sum += waits && is_of ? store->held[i].amount : 0;
    }
    return sum;
}

static void check_accounts(struct memory_store *store)
{
    int64_t debits = 0;
    int64_t credits = 0;
    unsigned marks = 0;
    for (unsigned i = 0; i < store->accounts_len; i++) {
        const struct fz_account *account = &store->accounts[i];
        const struct fz_account *opening = &store->opening[i];
        struct past past = {.debits = opening->debits_posted, .credits = opening->credits_posted};
        for (unsigned k = 0; k < store->transfers_len; k++) {
            check_posting(store, &store->transfers[k], account->number, &past);
        }
        fz_assert(account->debits_posted == past.debits);
        fz_assert(account->credits_posted == past.credits);
        fz_assert(account->last_transfer == past.last);
        check_heads(&account->heads, &past);
        fz_assert(account->held == sum_held(store, account->number));
        fz_assert(memcmp(&account->recent, &past.recent, sizeof(past.recent)) == 0);
        fz_assert(!fz_class_info(fz_account_number_class(account->number))->floor ||
                  fz_account_balance(account) >= 0);
        debits += past.debits - opening->debits_posted;
        credits += past.credits - opening->credits_posted;
        marks += past.marks;
    }
    fz_assert(debits == credits && marks == store->marks_len);
}

static void check_order(const struct memory_store *store)
{
    for (unsigned i = 0; i < store->transfers_len; i++) {
        const struct fz_transfer *transfer = &store->transfers[i];
        fz_assert(transfer->number == (int64_t)i + 1 && transfer->amount > 0);
        fz_assert(fz_kind_allows(transfer->kind, transfer->debit, transfer->credit));
        fz_assert(i == 0 || transfer->time_us > store->transfers[i - 1].time_us);
    }
    for (unsigned i = 0; i < store->events_len; i++) {
        fz_assert(store->events[i].number == (int64_t)i + 1);
    }
    fz_assert(store->head.last_number == (int64_t)store->transfers_len);
    fz_assert(store->head.last_event == (int64_t)store->events_len);
}

/* Recomputes the chain from the rows alone, as an auditor would. */
static void check_hashes(struct memory_store *store)
{
    struct fz_sha256 *sha = store->state->sha;
    uint8_t hash[FZ_HASH_LEN] = {0};
    unsigned transfer = 0;
    unsigned operation = 0;
    for (int64_t batch = 1; batch <= store->head.last_batch; batch++) {
        unsigned first = operation;
        fz_chain_begin(sha, store->head.community, batch, hash);
        while (operation < store->operations_len && store->operations[operation].batch == batch) {
            operation++;
        }
        fz_assert(operation > first);
        for (bool more = true; more && transfer < store->transfers_len;) {
            more = false;
            for (unsigned i = first; i < operation; i++) {
                more = more || fz_id_equal(&store->operations[i].result.id,
                                           &store->transfers[transfer].operation);
            }
            if (more) {
                fz_chain_transfer(sha, &store->transfers[transfer++]);
            }
        }
        for (unsigned i = first; i < operation; i++) {
            fz_chain_operation(sha, &store->operations[i].result, store->operations[i].fingerprint,
                               store->operations[i].order_digest);
        }
        fz_chain_end(sha, hash);
    }
    fz_assert(transfer == store->transfers_len && operation == store->operations_len);
    fz_assert(memcmp(hash, store->head.last_hash, FZ_HASH_LEN) == 0);
}

/* From each intent's newest event back to its first: every event is met, once. */
static void check_events(const struct memory_store *store)
{
    unsigned met = 0;
    for (unsigned i = 0; i < store->intents_len; i++) {
        const struct fz_intent *intent = &store->intents[i];
        int64_t number = intent->last_event;
        while (number > 0) {
            fz_assert(number <= (int64_t)store->events_len);
            const struct fz_event *event = &store->events[number - 1];
            fz_assert(fz_id_equal(&event->intent, &intent->id));
            fz_assert(event->previous < number);
            number = event->previous;
            met++;
        }
    }
    fz_assert(met == store->events_len);
}

void memory_store_check(struct memory_store *store)
{
    check_accounts(store);
    check_events(store);
    check_order(store);
    check_hashes(store);
}
