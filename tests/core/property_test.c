/*
 * Property test of decide(): random histories, with frozen and closed accounts and held amounts, in
 * batches of random size. Every result equals the plain model's, field by field, and after every
 * history the books are whole.
 *
 * FZ_SEED=N replays one history, FZ_OPERATIONS=N sets how many commands are run (default 120000).
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/core/generator.h"
#include "tests/core/memory_store.h"
#include "tests/support/leak.h"

static void open_accounts(struct memory_store *store, const struct model *model)
{
    for (unsigned i = 0; i < model->accounts_len; i++) {
        memory_store_open(store, model->accounts[i].number);
    }
}

static void expect_balances(const struct history *h, struct memory_store *store)
{
    for (unsigned i = 0; i < h->model->accounts_len; i++) {
        const struct model_account *want = &h->model->accounts[i];
        const struct fz_account *got = memory_store_account(store, want->number);
        cr_assert(got->debits_posted == want->debits && got->credits_posted == want->credits,
                  "seed %llu command %u: account %lld", (unsigned long long)h->seed, h->past_len,
                  (long long)want->number);
    }
}

static void disturb(struct history *h, struct memory_store *store)
{
    const struct model_account *account = history_disturb(h);
    if (account != NULL) {
        struct fz_account *row = memory_store_account(store, account->number);
        row->state = (enum fz_account_state)account->state;
        row->hold = account->hold;
    }
}

/* Counts how often each code was seen, so that a test that no longer reaches a rule turns red. */
static unsigned seen[512];

static void run_history(uint64_t seed)
{
    static struct history h;
    static struct fz_command commands[HISTORY_BATCH_MAX];
    struct fz_command *pointers[HISTORY_BATCH_MAX];
    struct memory_store *store = memory_store_create();
    unsigned len;
    history_begin(&h, seed);
    open_accounts(store, h.model);
    while ((len = history_batch(&h, commands)) > 0) {
        for (unsigned i = 0; i < len; i++) {
            pointers[i] = &commands[i];
        }
        memory_store_commit(store, pointers, len, h.now_us);
        for (unsigned i = 0; i < len; i++) {
            struct fz_result want = model_run(h.model, &commands[i], h.now_us);
            expect_same_result(&h, h.past_len - len + i, &commands[i].result, &want);
            seen[commands[i].result.rc]++;
        }
        expect_balances(&h, store);
        history_advance(&h);
        disturb(&h, store);
    }
    memory_store_check(store);
    memory_store_destroy(store);
    history_end(&h);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

Test(property, decide_equals_the_plain_model)
{
    uint64_t seed = setting("FZ_SEED", 0);
    uint64_t operations = setting("FZ_OPERATIONS", 120000);
    if (seed != 0) {
        run_history(seed);
        FZ_EXPECT_NO_LEAK();
        return;
    }
    for (uint64_t i = 0; i * HISTORY_LEN < operations; i++) {
        run_history(i + 1);
    }
    for (unsigned i = 0; fz_rc_at(i) != NULL; i++) {
        const struct fz_rc_info *info = fz_rc_at(i);
        if (info->class == FZ_CLASS_REJECT && info->rc != FZ_OVERFLOW) {
            cr_expect(seen[info->rc] > 0, "no history reached %s", info->name);
        }
    }
    FZ_EXPECT_NO_LEAK();
}
