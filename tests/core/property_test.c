/*
 * Property test of decide(): random histories of every kind of command, with duplicates, other
 * bodies, tombstones, frozen and closed accounts, held and pending amounts, accounts near the end
 * of their range. Each history runs three times: in batches of random size, in batches of one, and
 * in the plain model. Results are equal field by field, the rows are equal, the answer is the one
 * docs/ledger.md puts first, and the books are whole.
 *
 * FZ_SEED=N replays one history. FZ_OPERATIONS=N sets how many commands are run (default 160000),
 * FZ_FIRST_SEED=N where the seeds begin (default 1).
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/core/generator.h"
#include "tests/core/memory_store.h"
#include "tests/core/precedence.h"
#include "tests/core/refusals.h"
#include "tests/support/leak.h"

static struct precedence precedence;

/* How often each command gave each answer: a test that no longer reaches a rule turns red. */
static unsigned seen[PRECEDENCE_COMMANDS][REFUSALS_MAX];

/* One history and the two stores that carry it out. */
struct run {
    struct history history;
    struct memory_store *batches;
    struct memory_store *singles;
};

#define FAIL(run, format, ...)                                                        \
    cr_assert(false, "FZ_SEED=%" PRIu64 ", command %u: " format, (run)->history.seed, \
              (run)->history.past_len, __VA_ARGS__)

static struct memory_store *create_store(const struct model *model, uint64_t index_seed)
{
    struct memory_store *store = memory_store_create();
    store->state->seed = index_seed;
    store->head.utc_offset_s = (int32_t)model->offset_s;
    for (unsigned i = 0; i < model->accounts_len; i++) {
        const struct model_account *account = &model->accounts[i];
        memory_store_open(store, account->number);
        memory_store_start(store, account->number, account->debits, account->credits);
    }
    return store;
}

static void disturb_row(struct memory_store *store, const struct model_account *account)
{
    struct fz_account *row = memory_store_account(store, account->number);
    row->state = (enum fz_account_state)account->state;
    row->hold = account->hold;
    row->debits_pending = account->debits_pending;
    row->credits_pending = account->credits_pending;
}

static void expect_balances(const struct run *run, struct memory_store *store)
{
    const struct model *model = run->history.model;
    for (unsigned i = 0; i < model->accounts_len; i++) {
        const struct model_account *want = &model->accounts[i];
        const struct fz_account *got = memory_store_account(store, want->number);
        if (got->debits_posted != want->debits || got->credits_posted != want->credits) {
            FAIL(run, "account %" PRId64 " differs", want->number);
        }
    }
}

/* The documented order over the refusals that stand: its first is the answer. */
static void expect_first_refusal(const struct run *run,
                                 const struct refusals *refusals,
                                 const struct fz_result *result)
{
    int command = (int)result->type;
    const fz_rc *order = precedence.order[command];
    unsigned len = precedence.len[command];
    unsigned first = 0;
    while (first < len && !refusals->has[order[first]]) {
        first++;
    }
    fz_rc want = first < len ? order[first] : FZ_OK;
    if (result->rc != want) {
        FAIL(run, "%s: the answer is %s, docs/ledger.md says %s", fz_command_info(command)->name,
             fz_rc_info(result->rc)->slug, fz_rc_info(want)->slug);
    }
    for (unsigned i = first + 1; i < len; i++) {
        if (precedence.excludes[command][first][i] && refusals->has[order[i]]) {
            FAIL(run, "%s: %s stands beside %s", fz_command_info(command)->name,
                 fz_rc_info(order[i])->slug, fz_rc_info(want)->slug);
        }
    }
}

static void expect_same_intents(const struct run *run, struct memory_store *store)
{
    const struct model *model = run->history.model;
    cr_assert_eq(store->intents_len, model->intents_len);
    for (unsigned i = 0; i < model->intents_len; i++) {
        const struct model_intent *want = &model->intents[i];
        const struct fz_intent *got = &store->intents[i];
        if (!fz_id_equal(&got->id, &want->id) || got->shop != want->shop ||
            got->amount != want->amount || got->refunded != want->refunded ||
            got->created_us != want->created || got->expires_us != want->expires ||
            got->paid_us != want->paid_at || got->number != want->number ||
            got->payer != want->payer || !fz_id_equal(&got->payment, &want->payment) ||
            got->terminal != want->terminal || (int)got->state != want->state) {
            FAIL(run, "intent %u differs", i);
        }
    }
    cr_assert_eq(store->codes_len, model->codes_len);
    for (unsigned i = 0; i < model->codes_len; i++) {
        const struct model_code *want = &model->codes[i];
        const struct fz_code *got = &store->codes[i];
        if (!fz_id_equal(&got->id, &want->id) || !fz_id_equal(&got->intent, &want->intent) ||
            got->party != want->party || got->amount != want->amount ||
            got->expires_us != want->expires || memcmp(got->hash, want->hash, 32) != 0) {
            FAIL(run, "code %u differs", i);
        }
    }
    cr_assert_eq(store->held_len, model->held_len);
    for (unsigned i = 0; i < model->held_len; i++) {
        const struct model_held *want = &model->held[i];
        const struct fz_held *got = &store->held[i];
        if (!fz_id_equal(&got->id, &want->id) || !fz_id_equal(&got->intent, &want->intent) ||
            !fz_id_equal(&got->released_by, &want->released_by) || got->shop != want->shop ||
            got->party != want->party || got->amount != want->amount) {
            FAIL(run, "held refund %u differs", i);
        }
    }
    cr_assert_eq(store->payouts_len, model->payouts_len);
    for (unsigned i = 0; i < model->payouts_len; i++) {
        const struct model_payout *want = &model->payouts[i];
        const struct fz_payout *got = &store->payouts[i];
        if (!fz_id_equal(&got->id, &want->id) || got->shop != want->shop ||
            got->amount != want->amount || (int)got->state != want->state) {
            FAIL(run, "payout %u differs", i);
        }
    }
}

static void expect_same_journal(const struct run *run, struct memory_store *store)
{
    const struct model *model = run->history.model;
    cr_assert_eq(store->transfers_len, model->transfers_len);
    for (unsigned i = 0; i < model->transfers_len; i++) {
        const struct model_transfer *want = &model->transfers[i];
        const struct fz_transfer *got = &store->transfers[i];
        if (got->debit != want->debit || got->credit != want->credit ||
            got->amount != want->amount || (int)got->kind != want->kind ||
            got->time_us != want->time || got->corrects != want->corrects ||
            !fz_id_equal(&got->operation, &want->operation)) {
            FAIL(run, "transfer %u differs", i + 1);
        }
    }
    cr_assert_eq(store->events_len, model->events_len);
    for (unsigned i = 0; i < model->events_len; i++) {
        const struct model_event *want = &model->events[i];
        const struct fz_event *got = &store->events[i];
        if (got->time_us != want->time || got->shop != want->shop || got->amount != want->amount ||
            got->transfer != want->transfer || got->type != want->type ||
            got->state != want->state || !fz_id_equal(&got->intent, &want->intent) ||
            !fz_id_equal(&got->operation, &want->operation)) {
            FAIL(run, "event %u differs", i + 1);
        }
    }
    cr_assert_eq(store->operations_len, model->operations_len);
    for (unsigned i = 0; i < model->operations_len; i++) {
        expect_same_result(&run->history, i, &store->operations[i].result,
                           &model->operations[i].result);
    }
}

#define SAME_ROWS(run, rows, len)                                                     \
    do {                                                                              \
        cr_assert_eq((run)->batches->len, (run)->singles->len);                       \
        if (memcmp((run)->batches->rows, (run)->singles->rows,                        \
                   (run)->batches->len * sizeof((run)->batches->rows[0])) != 0) {     \
            FAIL(run, "%s differ between batches of many and batches of one", #rows); \
        }                                                                             \
    } while (0)

/* Only the grouping of operations into batches may differ, and with it the chain of hashes. */
static void expect_same_stores(const struct run *run)
{
    const struct memory_store *a = run->batches;
    const struct memory_store *b = run->singles;
    SAME_ROWS(run, accounts, accounts_len);
    SAME_ROWS(run, intents, intents_len);
    SAME_ROWS(run, codes, codes_len);
    SAME_ROWS(run, held, held_len);
    SAME_ROWS(run, payouts, payouts_len);
    SAME_ROWS(run, transfers, transfers_len);
    SAME_ROWS(run, events, events_len);
    cr_assert_eq(a->operations_len, b->operations_len);
    for (unsigned i = 0; i < a->operations_len; i++) {
        expect_same_result(&run->history, i, &a->operations[i].result, &b->operations[i].result);
        cr_assert_arr_eq(a->operations[i].fingerprint, b->operations[i].fingerprint, FZ_HASH_LEN);
        cr_assert_arr_eq(a->operations[i].order_digest, b->operations[i].order_digest, FZ_HASH_LEN);
    }
    cr_assert_eq(a->head.last_number, b->head.last_number);
    cr_assert_eq(a->head.last_event, b->head.last_event);
    cr_assert_eq(a->head.last_time_us, b->head.last_time_us);
    cr_assert_eq(a->head.last_time_us, run->history.model->last_time);
}

/* One batch, three ways. */
static void run_batch(struct run *run, struct fz_command *commands, unsigned len)
{
    static struct fz_command *pointers[HISTORY_BATCH_MAX];
    struct history *h = &run->history;
    for (unsigned i = 0; i < len; i++) {
        struct fz_command single = commands[i];
        struct refusals refusals;
        bool is_new = refusals_of(h->model, &commands[i], h->now_us, &refusals);
        struct fz_result want = model_run(h->model, &commands[i], h->now_us);
        memory_store_run(run->singles, &single, h->now_us);
        expect_same_result(h, h->past_len - len + i, &single.result, &want);
        cr_assert_eq(single.replayed, !is_new, "FZ_SEED=%" PRIu64, h->seed);
        if (is_new) {
            expect_first_refusal(run, &refusals, &want);
        }
        seen[want.type][want.rc]++;
        pointers[i] = &commands[i];
    }
    memory_store_commit(run->batches, pointers, len, h->now_us);
    for (unsigned i = 0; i < len; i++) {
        struct fz_command single = commands[i];
        if (fz_command_info((int)single.type)->kept) {
            memory_store_run(run->singles, &single, h->now_us); /* again: the stored answer */
            expect_same_result(h, h->past_len - len + i, &commands[i].result, &single.result);
        }
    }
}

static void run_history(uint64_t seed)
{
    static struct run run;
    static struct fz_command commands[HISTORY_BATCH_MAX];
    unsigned len;
    history_begin_wild(&run.history, seed);
    run.batches = create_store(run.history.model, seed);
    run.singles = create_store(run.history.model, ~seed);
    while ((len = history_batch(&run.history, commands)) > 0) {
        run_batch(&run, commands, len);
        expect_balances(&run, run.batches);
        expect_balances(&run, run.singles);
        history_advance(&run.history);
        const struct model_account *account = history_disturb(&run.history);
        if (account != NULL) {
            disturb_row(run.batches, account);
            disturb_row(run.singles, account);
        }
    }
    expect_same_intents(&run, run.batches);
    expect_same_journal(&run, run.batches);
    expect_same_stores(&run);
    memory_store_check(run.batches);
    memory_store_check(run.singles);
    memory_store_destroy(run.batches);
    memory_store_destroy(run.singles);
    history_end(&run.history);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* Every answer docs/ledger.md lists for a command was given, and no other. */
static void expect_every_answer(void)
{
    for (int command = 1; command < PRECEDENCE_COMMANDS; command++) {
        const char *name = fz_command_info(command)->slug;
        cr_expect(seen[command][FZ_OK] > 0, "no history did %s", name);
        for (unsigned i = 0; fz_rc_at(i) != NULL; i++) {
            fz_rc rc = fz_rc_at(i)->rc;
            if (rc == FZ_OK || rc >= REFUSALS_MAX) {
                continue;
            }
            bool listed = precedence_place(&precedence, command, rc) >= 0;
            cr_expect(listed || seen[command][rc] == 0, "%s: %s is not in docs/ledger.md", name,
                      fz_rc_at(i)->slug);
            cr_expect(!listed || seen[command][rc] > 0, "%s: no history reached %s", name,
                      fz_rc_at(i)->slug);
        }
    }
}

Test(property, decide_equals_the_plain_model)
{
    uint64_t seed = setting("FZ_SEED", 0);
    uint64_t first = setting("FZ_FIRST_SEED", 1);
    uint64_t operations = setting("FZ_OPERATIONS", 160000);
    precedence_read(&precedence);
    if (seed != 0) {
        run_history(seed);
        FZ_EXPECT_NO_LEAK();
        return;
    }
    uint64_t histories = (operations + HISTORY_LEN - 1) / HISTORY_LEN;
    printf("%" PRIu64 " operations, seeds %" PRIu64 " to %" PRIu64 "; FZ_SEED=N replays one\n",
           histories * HISTORY_LEN, first, first + histories - 1);
    fflush(stdout);
    for (uint64_t i = 0; i < histories; i++) {
        run_history(first + i);
    }
    if (operations >= 160000) {
        expect_every_answer();
    }
    FZ_EXPECT_NO_LEAK();
}
