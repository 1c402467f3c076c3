/*
 * Test room. The rows of the simulated store, per community, and what statements do to them. A
 * transaction's writes wait until its COMMIT; reads see what is committed, as READ COMMITTED does.
 * At COMMIT everything is compared with the plain model of tests/core.
 */
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/canonical.h"
#include "tests/core/generator.h"
#include "tests/engine/sim_keys.h"
#include "tests/engine/sim_sql.h"

static struct sim_rows books[SIM_COMMUNITIES];
static struct history histories[SIM_COMMUNITIES];
static struct fz_account openings[SIM_COMMUNITIES][256]; /* what each account started with */
static struct memory_store *auditor;                     /* checks the books at the end */

/* One row that a transaction wants inserted or changed. */
struct pending {
    const struct sim_action *action;
    const struct sim_table *table;
    void *row;
    struct pending *next;
};

struct sim_transaction {
    int32_t community; /* 0: not known yet */
    struct pending *first;
    struct pending **last;
};

bool sim_books_has(int32_t community)
{
    return community >= 1 && community <= SIM_COMMUNITIES;
}

static struct sim_rows *rows_of(int32_t community)
{
    fz_assert(sim_books_has(community));
    return &books[community - 1];
}

struct history *sim_history(int32_t community)
{
    fz_assert(sim_books_has(community));
    return &histories[community - 1];
}

static unsigned *rows_len(struct sim_rows *rows, const struct sim_table *table)
{
    return (void *)((uint8_t *)rows + table->rows_len);
}

static void *row_at(struct sim_rows *rows, const struct sim_table *table, unsigned at)
{
    return (uint8_t *)rows + table->rows + at * table->row_size;
}

void sim_books_begin(uint64_t seed)
{
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        struct sim_rows *rows = rows_of(c);
        rows->accounts_len = rows->intents_len = rows->payouts_len = rows->transfers_len = 0;
        rows->codes_len = rows->held_len = 0;
        rows->operations_len = rows->events_len = rows->batches_len = rows->marks_len = 0;
        rows->heads_len = 1;
        rows->heads[0] = (struct fz_head){.community = c, .utc_offset_s = 32400};
        history_begin(sim_history(c), seed * SIM_COMMUNITIES + (uint64_t)c);
        const struct model *model = sim_history(c)->model;
        for (unsigned i = 0; i < model->accounts_len; i++) {
            const struct model_account *account = &model->accounts[i];
            openings[c - 1][i] =
                (struct fz_account){.number = account->number,
                                    .debits_posted = account->debits,
                                    .credits_posted = account->credits,
                                    .hold = account->hold,
                                    .state = (enum fz_account_state)account->state};
            rows->accounts[rows->accounts_len] = openings[c - 1][i];
            rows->accounts[rows->accounts_len].place = i + 1;
            rows->accounts_len++;
        }
    }
}

void sim_books_disturb(int32_t community)
{
    const struct model_account *account = history_disturb(sim_history(community));
    struct sim_rows *rows = rows_of(community);
    for (unsigned i = 0; account != NULL && i < rows->accounts_len; i++) {
        if (rows->accounts[i].number == account->number) {
            rows->accounts[i].state = (enum fz_account_state)account->state;
            rows->accounts[i].hold = account->hold;
            rows->accounts[i].place += 1 << 16; /* a new version of the row */
        }
    }
}

void sim_books_end(void)
{
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        history_end(sim_history(c));
    }
}

/* --- writes ----------------------------------------------------------------------------------- */

static const struct sim_column *key_of(const struct sim_table *table)
{
    return table->key == NULL ? NULL : sim_column_named(table, table->key);
}

static void *
find_row(struct sim_rows *rows, const struct sim_table *table, const void *wanted, size_t *at_out)
{
    const struct sim_column *key = key_of(table);
    size_t size = key == NULL ? 0 : table->key_size != 0 ? table->key_size : key->size;
    for (unsigned i = *rows_len(rows, table); i > 0; i--) {
        uint8_t *row = row_at(rows, table, i - 1);
        if (key == NULL ||
            memcmp(row + key->offset, (const uint8_t *)wanted + key->offset, size) == 0) {
            *at_out = i - 1;
            return row;
        }
    }
    return NULL;
}

/* The column's value for every row: an array's items, or one value for all. */
static void read_item(const struct sim_statement *statement,
                      const struct sim_table *table,
                      const struct sim_item *item,
                      const struct sim_param *param,
                      struct pending *first)
{
    const struct sim_column *column = sim_column_named(table, item->column);
    struct sim_array array = {.len = -1};
    if (item->is_array) {
        array = sim_array_read(statement, param);
        if (array.oid != sim_column_oid(column)) {
            sim_violation("%s: column %s wants type %u and was sent %u", statement->name,
                          column->name, sim_column_oid(column), array.oid);
        }
    }
    int at = 0;
    for (struct pending *row = first; row != NULL; row = row->next, at++) {
        if (item->is_array && at >= array.len) {
            sim_violation("%s: column %s has fewer items", statement->name, column->name);
        }
        sim_column_read(column, item->is_array ? &array.items[at] : param, row->row);
    }
    if (item->is_array && at != array.len) {
        sim_violation("%s: column %s has more items", statement->name, column->name);
    }
}

static int count_rows(const struct sim_statement *statement,
                      const struct sim_action *action,
                      const struct sim_param *params)
{
    for (unsigned i = 0; i < action->len; i++) {
        if (action->items[i].is_array) {
            return sim_array_read(statement, &params[action->items[i].param - 1]).len;
        }
    }
    return 1;
}

/* A second row of the same key, or a change of a row that is not there. */
static const char *check_keys(struct sim_transaction *transaction,
                              const struct sim_statement *statement,
                              const struct pending *first)
{
    size_t at;
    for (const struct pending *new = first; new != NULL; new = new->next) {
        void *row = find_row(rows_of(transaction->community), new->table, new->row, &at);
        bool there = row != NULL;
        if (new->action->verb == SIM_UPDATE && !there) {
            sim_violation("%s: changes a row of fz.%s that is not there", statement->name,
                          new->table->name);
        }
        if (new->action->verb == SIM_INSERT && there) {
            return "23505";
        }
        if (new->action->verb == SIM_UPDATE && sim_row_moved(new->table, new->row, row)) {
            return "40001";
        }
    }
    return NULL;
}

static const char *write_rows(struct sim_transaction *transaction,
                              const struct sim_statement *statement,
                              const struct sim_action *action,
                              const struct sim_param *params)
{
    const struct sim_table *table = sim_table_named(action->table);
    struct pending *first = NULL;
    int len = count_rows(statement, action, params);
    for (int i = 0; i < len; i++) {
        struct pending *pending = sim_keep(sizeof(*pending));
        *pending = (struct pending){action, table, sim_keep(table->row_size), first};
        first = pending;
    }
    for (unsigned i = 0; i < action->len; i++) {
        const struct sim_item *item = &action->items[i];
        if (strcmp(item->column, "community_id") != 0 || table->key == NULL) {
            read_item(statement, table, item, &params[item->param - 1], first);
        }
    }
    const char *sqlstate = check_keys(transaction, statement, first);
    *transaction->last = first;
    while (*transaction->last != NULL) {
        transaction->last = &(*transaction->last)->next;
    }
    return sqlstate;
}

/* --- reads ------------------------------------------------------------------------------------ */

static void select_rows(int32_t community,
                        const struct sim_statement *statement,
                        const struct sim_param *params,
                        struct sim_param **cells_out,
                        int *rows_out)
{
    const struct sim_action *action = &statement->actions[0];
    const struct sim_table *table = sim_table_named(action->table);
    struct sim_array keys[8];
    unsigned wanted[SIM_ROWS_MAX];
    unsigned len = 0;
    for (unsigned i = 0; i < action->keys_len; i++) {
        keys[i] = sim_array_read(statement, &params[action->keys[i] - 1]);
    }
    struct sim_rows *rows = sim_books_has(community) ? rows_of(community) : NULL;
    for (unsigned i = 0; rows != NULL && i < *rows_len(rows, table); i++) {
        if (sim_wants_row(rows, table, row_at(rows, table, i), keys, action->keys_len)) {
            wanted[len++] = i;
        }
    }
    *rows_out = (int)len;
    *cells_out = sim_keep((len * action->len + 1) * sizeof(**cells_out));
    for (unsigned r = 0; r < len; r++) {
        for (unsigned c = 0; c < action->len; c++) {
            const struct sim_column *column = sim_column_named(table, action->items[c].column);
            (*cells_out)[r * action->len + c] =
                sim_column_write(column, row_at(rows, table, wanted[r]));
        }
    }
}

struct sim_transaction *sim_transaction_begin(void)
{
    struct sim_transaction *transaction = sim_keep(sizeof(*transaction));
    transaction->last = &transaction->first;
    return transaction;
}

const char *sim_books_execute(struct sim_transaction *transaction,
                              const struct sim_statement *statement,
                              const struct sim_param *params,
                              struct sim_param **cells_out,
                              int *rows_out)
{
    static const struct sim_column community = {"community_id", SIM_INT4, 0, 4, false};
    int32_t number = 0;
    sim_column_read(&community, &params[0], &number);
    if (transaction->community != 0 && transaction->community != number) {
        sim_violation("%s: a transaction over two communities", statement->name);
    }
    transaction->community = number;
    for (unsigned i = 0; i < statement->len; i++) {
        const struct sim_action *action = &statement->actions[i];
        if (action->verb == SIM_SELECT) {
            select_rows(number, statement, params, cells_out, rows_out);
            continue;
        }
        const char *sqlstate = write_rows(transaction, statement, action, params);
        if (sqlstate != NULL) {
            return sqlstate;
        }
    }
    return NULL;
}

/* --- COMMIT ----------------------------------------------------------------------------------- */

static void apply(struct sim_rows *rows, const struct pending *pending)
{
    const struct sim_table *table = pending->table;
    size_t at;
    uint8_t *row = find_row(rows, table, pending->row, &at);
    if (pending->action->verb == SIM_INSERT) {
        unsigned *len = rows_len(rows, table);
        fz_assert(*len < table->rows_max);
        if (row != NULL) {
            sim_violation("fz.%s: the same key twice in one batch", table->name);
        }
        row = row_at(rows, table, (*len)++);
        memcpy(row, pending->row, table->row_size);
        if (strcmp(table->name, "intent") == 0) {
            ((struct sim_intent *)(void *)row)->row.place = *len;
        } else if (strcmp(table->name, "held_refund") == 0) {
            ((struct fz_held *)(void *)row)->place = *len;
        } else if (strcmp(table->name, "code") == 0) {
            ((struct fz_code *)(void *)row)->place = *len;
        }
        return;
    }
    for (unsigned i = 0; i < pending->action->len; i++) {
        const struct sim_item *item = &pending->action->items[i];
        const struct sim_column *column = sim_column_named(table, item->column);
        const uint8_t *new = (const uint8_t *)pending->row + column->offset;
        if (!item->adds) {
            memcpy(row + column->offset, new, column->size);
            continue;
        }
        int64_t sum;
        int64_t delta;
        memcpy(&sum, row + column->offset, sizeof(sum));
        memcpy(&delta, new, sizeof(delta));
        sum += delta;
        memcpy(row + column->offset, &sum, sizeof(sum));
    }
}

/* Rows were kept newest first, to be found fast; the log is in order of its numbers. */
static int by_key(const void *a, const void *b)
{
    int64_t left;
    int64_t right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return left < right ? -1 : left > right;
}

static int by_batch(const void *a, const void *b)
{
    const struct sim_operation *left = a;
    const struct sim_operation *right = b;
    if (left->row.batch != right->row.batch) {
        return left->row.batch < right->row.batch ? -1 : 1;
    }
    return left->batch_seq < right->batch_seq ? -1 : left->batch_seq > right->batch_seq;
}

static void mark_corrected(struct sim_rows *rows)
{
    for (unsigned i = 0; i < rows->transfers_len; i++) {
        int64_t corrects = rows->transfers[i].transfer.corrects;
        if (corrects != 0) {
            fz_assert(corrects > 0 && corrects <= rows->transfers_len);
            rows->transfers[corrects - 1].done = true;
        }
    }
}

/* What the plain model says to the same commands, in the order they were decided. */
static void ask_model(struct sim_decision *decision)
{
    struct model *model = sim_history(decision->orders[0]->community)->model;
    for (unsigned i = 0; i < decision->len; i++) {
        struct sim_order *order = decision->orders[i];
        order->expected = model_run(model, &order->command, decision->now_us);
        order->booked++;
        if (order->answered && order->rc != FZ_OUTCOME_UNKNOWN) {
            sim_violation("order %u was answered %s, and then it was booked", order->index,
                          fz_rc_info(order->rc)->name);
        }
    }
}

static void compare_new_operations(const struct sim_rows *rows, const struct model *model)
{
    if (rows->operations_len != model->operations_len) {
        sim_violation("%u operations are booked, the model has %u", rows->operations_len,
                      model->operations_len);
    }
    for (unsigned i = 0; i < rows->operations_len; i++) {
        const char *field =
            sim_difference(&rows->operations[i].row.result, &model->operations[i].result);
        if (field != NULL) {
            sim_violation("operation %u is not stored as the model decides it: %s", i + 1, field);
        }
    }
    if (rows->transfers_len != model->transfers_len) {
        sim_violation("%u transfers are booked, the model has %u", rows->transfers_len,
                      model->transfers_len);
    }
}

void sim_books_commit(struct sim_transaction *transaction, struct sim_decision *decision)
{
    if (decision == NULL) {
        sim_violation("COMMIT without a decision");
    }
    int32_t community = decision->orders[0]->community;
    if (transaction->community != community) {
        sim_violation("decided for community %d, written for %d", (int)community,
                      (int)transaction->community);
    }
    struct sim_rows *rows = rows_of(community);
    for (const struct pending *pending = transaction->first; pending != NULL;
         pending = pending->next) {
        apply(rows, pending);
    }
    qsort(rows->transfers, rows->transfers_len, sizeof(rows->transfers[0]), by_key);
    qsort(rows->events, rows->events_len, sizeof(rows->events[0]), by_key);
    qsort(rows->operations, rows->operations_len, sizeof(rows->operations[0]), by_batch);
    mark_corrected(rows);
    ask_model(decision);
    compare_new_operations(rows, sim_history(community)->model);
    if (rows->heads[0].last_number != (int64_t)rows->transfers_len) {
        sim_violation("the head says %lld transfers, there are %u",
                      (long long)rows->heads[0].last_number, rows->transfers_len);
    }
}

/* --- the end of a seed ------------------------------------------------------------------------ */

static void compare_states(const struct sim_rows *rows, const struct model *model)
{
    for (unsigned i = 0; i < model->accounts_len; i++) {
        const struct model_account *want = &model->accounts[i];
        if (rows->accounts[i].debits_posted != want->debits ||
            rows->accounts[i].credits_posted != want->credits ||
            rows->accounts[i].held != want->held) {
            sim_violation("account %lld differs from the model's", (long long)want->number);
        }
    }
    if (rows->intents_len != model->intents_len || rows->payouts_len != model->payouts_len) {
        sim_violation("the model has other intents or payouts");
    }
    if (rows->codes_len != model->codes_len) {
        sim_violation("the model has other codes");
    }
    for (unsigned i = 0; i < model->codes_len; i++) {
        struct fz_code key = {.id = model->codes[i].id};
        size_t at = 0;
        memcpy(key.hash, model->codes[i].hash, sizeof(key.hash));
        (void)find_row((struct sim_rows *)(uintptr_t)rows, sim_table_named("code"), &key, &at);
        const struct fz_code *got = &rows->codes[at];
        if (!fz_id_equal(&got->id, &model->codes[i].id) ||
            !fz_id_equal(&got->intent, &model->codes[i].intent) ||
            got->party != model->codes[i].party || got->amount != model->codes[i].amount) {
            sim_violation("a code differs from the model's");
        }
    }
    for (unsigned i = 0; i < model->intents_len; i++) {
        const struct model_intent *want = &model->intents[i];
        struct fz_intent key = {.id = want->id};
        size_t at = 0;
        (void)find_row((struct sim_rows *)(uintptr_t)rows, sim_table_named("intent"), &key, &at);
        const struct fz_intent *got = &rows->intents[at].row;
        if (!fz_id_equal(&got->id, &want->id) || (int)got->state != want->state ||
            got->refunded != want->refunded || got->payer != want->payer) {
            sim_violation("an intent differs from the model's");
        }
    }
}

/* The auditor's own check, over the rows as they are stored. */
static void audit(const struct sim_rows *rows, int32_t community)
{
    if (auditor == NULL) {
        auditor = memory_store_create();
    }
    memcpy(auditor->accounts, rows->accounts, sizeof(rows->accounts));
    memcpy(auditor->opening, openings[community - 1], sizeof(openings[0]));
    memcpy(auditor->marks, rows->marks, rows->marks_len * sizeof(rows->marks[0]));
    fz_assert(rows->marks_len <= sizeof(auditor->marks) / sizeof(auditor->marks[0]));
    auditor->marks_len = rows->marks_len;
    memcpy(auditor->held, rows->held, rows->held_len * sizeof(rows->held[0]));
    auditor->held_len = rows->held_len;
    auditor->accounts_len = rows->accounts_len;
    auditor->transfers_len = rows->transfers_len;
    auditor->operations_len = rows->operations_len;
    auditor->intents_len = rows->intents_len;
    auditor->events_len = rows->events_len;
    auditor->head = rows->heads[0];
    memcpy(auditor->events, rows->events, rows->events_len * sizeof(rows->events[0]));
    for (unsigned i = 0; i < rows->intents_len; i++) {
        auditor->intents[i] = rows->intents[i].row;
    }
    for (unsigned i = 0; i < rows->transfers_len; i++) {
        auditor->transfers[i] = rows->transfers[i].transfer;
    }
    for (unsigned i = 0; i < rows->operations_len; i++) {
        const struct sim_operation *row = &rows->operations[i];
        auditor->operations[i] = row->row;
        uint8_t base[FZ_ORDER_BASE_MAX];
        struct fz_command command = {.type = FZ_COMMAND_TOMBSTONE,
                                     .order = sim_kept_order(row, base)};
        fz_command_seal(auditor->state->sha, &command);
        memcpy(auditor->operations[i].order_digest, command.order_digest, FZ_HASH_LEN);
    }
    memory_store_check(auditor);
}

void sim_books_check(void)
{
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        const struct sim_rows *rows = rows_of(c);
        compare_states(rows, sim_history(c)->model);
        audit(rows, c);
        static const uint8_t none[FZ_HASH_LEN];
        unsigned len = rows->batches_len;
        const uint8_t *last = len == 0 ? none : rows->batches[len - 1].hash;
        if (rows->heads[0].last_batch != (int64_t)len ||
            memcmp(last, rows->heads[0].last_hash, FZ_HASH_LEN) != 0) {
            sim_violation("the head and the batches differ");
        }
    }
}
