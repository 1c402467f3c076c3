/*
 * Room ledger/store. Second round trip of a batch: what decide() left in the state, as arrays, one
 * statement per table, and COMMIT.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/commit_write.h"
#include "ledger/store/order_base.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* --- operations ------------------------------------------------------------------------------- */

static const size_t result_int8[] = {
    offsetof(struct fz_result, time_us),   offsetof(struct fz_result, actor),
    offsetof(struct fz_result, shop),      offsetof(struct fz_result, party),
    offsetof(struct fz_result, payee),     offsetof(struct fz_result, amount),
    offsetof(struct fz_result, value),     offsetof(struct fz_result, number),
    offsetof(struct fz_result, expires_us)};

static void add_result_ints(struct fz_pg_params *params, const struct fz_state *state)
{
    for (size_t column = 0; column < LEN(result_int8); column++) {
        fz_pg_array_begin(params, FZ_PG_INT8, state->decided_len);
        for (unsigned i = 0; i < state->decided_len; i++) {
            int64_t value;
            const uint8_t *result = (const uint8_t *)&state->decided[i]->result;
            memcpy(&value, result + result_int8[column], sizeof(value));
            fz_pg_item_int8(params, value);
        }
        fz_pg_array_end(params);
    }
}

static void add_result_codes(struct fz_pg_params *params, const struct fz_state *state)
{
    for (unsigned column = 0; column < 4; column++) {
        fz_pg_array_begin(params, FZ_PG_INT2, state->decided_len);
        for (unsigned i = 0; i < state->decided_len; i++) {
            const struct fz_result *result = &state->decided[i]->result;
            const int values[] = {(int)result->type, (int)result->rc, result->state,
                                  result->terminal};
            fz_pg_item_int2(params, (int16_t)values[column]);
        }
        fz_pg_array_end(params);
    }
    fz_pg_array_begin(params, FZ_PG_INT4, state->decided_len);
    for (unsigned i = 0; i < state->decided_len; i++) {
        fz_pg_item_int4(params, (int32_t)i);
    }
    fz_pg_array_end(params);
}

void fz_commit_item_text(struct fz_pg_params *params, const char *text)
{
    if (text == NULL) {
        fz_pg_item_null(params);
    } else {
        fz_pg_item_bytes(params, text, strlen(text));
    }
}

void fz_commit_item_id(struct fz_pg_params *params, const struct fz_id *id)
{
    if (fz_id_is_zero(id)) {
        fz_pg_item_null(params);
    } else {
        fz_pg_item_uuid(params, id);
    }
}

void fz_commit_item_int8(struct fz_pg_params *params, int64_t value)
{
    if (value == 0) {
        fz_pg_item_null(params);
    } else {
        fz_pg_item_int8(params, value);
    }
}

static void item_bytes(struct fz_pg_params *params, const uint8_t *bytes, size_t len)
{
    if (bytes == NULL) {
        fz_pg_item_null(params);
    } else {
        fz_pg_item_bytes(params, bytes, len);
    }
}

static void item_base(struct fz_pg_params *params, const struct fz_command *command)
{
    uint8_t kept[FZ_ORDER_BASE_MAX];
    bool is_signed = command->order.base != NULL;
    size_t len = is_signed ? fz_order_base_shorten(&command->order, &command->id, kept) : 0;
    item_bytes(params, is_signed ? kept : NULL, len);
}

static void
item_order(struct fz_pg_params *params, const struct fz_command *command, unsigned column)
{
    const struct fz_signed_order *order = &command->order;
    bool is_signed = order->base != NULL;
    switch (column) {
    case 0:
        fz_commit_item_text(params, is_signed ? order->key_id : NULL);
        break;
    case 1:
        item_base(params, command);
        break;
    case 2:
        item_bytes(params, is_signed ? order->body : NULL, order->body_len);
        break;
    case 3:
        item_bytes(params, is_signed ? order->signature : NULL, FZ_SIGNATURE_LEN);
        break;
    case 4:
        fz_commit_item_text(params, is_signed ? order->approver_key_id : NULL);
        break;
    default:
        item_bytes(params, is_signed ? order->approver_signature : NULL, FZ_SIGNATURE_LEN);
        break;
    }
}

static void add_orders(struct fz_pg_params *params, const struct fz_state *state)
{
    static const enum fz_pg_type types[] = {FZ_PG_TEXT,  FZ_PG_BYTEA, FZ_PG_BYTEA,
                                            FZ_PG_BYTEA, FZ_PG_TEXT,  FZ_PG_BYTEA};
    for (unsigned column = 0; column < LEN(types); column++) {
        fz_pg_array_begin(params, types[column], state->decided_len);
        for (unsigned i = 0; i < state->decided_len; i++) {
            item_order(params, state->decided[i], column);
        }
        fz_pg_array_end(params);
    }
}

static void build_operations(struct fz_pg_params *params, const struct fz_state *state)
{
    unsigned len = state->decided_len;
    fz_pg_add_int8(params, state->head.last_batch);
    fz_pg_array_begin(params, FZ_PG_UUID, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_uuid(params, &state->decided[i]->id);
    }
    fz_pg_array_end(params);
    add_result_codes(params, state);
    add_result_ints(params, state);
    fz_pg_array_begin(params, FZ_PG_BYTEA, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_bytes(params, state->decided[i]->fingerprint, FZ_HASH_LEN);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_UUID, len);
    for (unsigned i = 0; i < len; i++) {
        fz_commit_item_id(params, &state->decided[i]->result.ref);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_TEXT, len);
    for (unsigned i = 0; i < len; i++) {
        const char *note = state->decided[i]->result.note;
        fz_commit_item_text(params, note[0] == '\0' ? NULL : note);
    }
    fz_pg_array_end(params);
    add_orders(params, state);
}

/* --- transfers and accounts ------------------------------------------------------------------- */

static const size_t transfer_int8[] = {
    offsetof(struct fz_transfer, number),          offsetof(struct fz_transfer, debit),
    offsetof(struct fz_transfer, credit),          offsetof(struct fz_transfer, amount),
    offsetof(struct fz_transfer, time_us),         offsetof(struct fz_transfer, debit_previous),
    offsetof(struct fz_transfer, credit_previous), offsetof(struct fz_transfer, debit_same),
    offsetof(struct fz_transfer, credit_same)};

static void build_transfers(struct fz_pg_params *params, const struct fz_state *state)
{
    unsigned len = state->transfers_len;
    for (size_t column = 0; column < LEN(transfer_int8); column++) {
        fz_pg_array_begin(params, FZ_PG_INT8, len);
        for (unsigned i = 0; i < len; i++) {
            int64_t value;
            const uint8_t *transfer = (const uint8_t *)&state->transfers[i];
            memcpy(&value, transfer + transfer_int8[column], sizeof(value));
            fz_pg_item_int8(params, value);
        }
        fz_pg_array_end(params);
    }
    fz_pg_array_begin(params, FZ_PG_INT8, len);
    for (unsigned i = 0; i < len; i++) {
        fz_commit_item_int8(params, state->transfers[i].corrects);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_UUID, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_uuid(params, &state->transfers[i].operation);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_INT2, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_int2(params, (int16_t)state->transfers[i].kind);
    }
    fz_pg_array_end(params);
}

static bool was_moved(const struct fz_account *account)
{
    return account->debit_delta != 0 || account->credit_delta != 0 || account->held_changed;
}

static void item_heads(struct fz_pg_params *params, const struct fz_heads *heads)
{
    uint8_t bytes[FZ_HEADS_BYTES_MAX];
    fz_pg_item_bytes(params, bytes, fz_heads_encode(heads, bytes));
}

static void item_recent(struct fz_pg_params *params, const struct fz_recent *recent)
{
    uint8_t bytes[FZ_RECENT_BYTES_MAX];
    fz_pg_item_bytes(params, bytes, fz_recent_encode(recent, bytes));
}

static void build_accounts(struct fz_pg_params *params, const struct fz_state *state)
{
    static const size_t columns[] = {
        offsetof(struct fz_account, number), offsetof(struct fz_account, debit_delta),
        offsetof(struct fz_account, credit_delta), offsetof(struct fz_account, last_transfer),
        offsetof(struct fz_account, held)};
    unsigned len = 0;
    for (unsigned i = 0; i < state->accounts_len; i++) {
        len += was_moved(&state->accounts[i]) ? 1 : 0;
    }
    fz_pg_array_begin(params, FZ_PG_TID, len);
    for (unsigned i = 0; i < state->accounts_len; i++) {
        if (was_moved(&state->accounts[i])) {
            fz_pg_item_tid(params, state->accounts[i].place);
        }
    }
    fz_pg_array_end(params);
    for (size_t column = 0; column < LEN(columns); column++) {
        fz_pg_array_begin(params, FZ_PG_INT8, len);
        for (unsigned i = 0; i < state->accounts_len; i++) {
            int64_t value;
            if (was_moved(&state->accounts[i])) {
                memcpy(&value, (const uint8_t *)&state->accounts[i] + columns[column],
                       sizeof(value));
                fz_pg_item_int8(params, value);
            }
        }
        fz_pg_array_end(params);
    }
    fz_pg_array_begin(params, FZ_PG_BYTEA, len);
    for (unsigned i = 0; i < state->accounts_len; i++) {
        if (was_moved(&state->accounts[i])) {
            item_heads(params, &state->accounts[i].heads);
        }
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_BYTEA, len);
    for (unsigned i = 0; i < state->accounts_len; i++) {
        if (was_moved(&state->accounts[i])) {
            item_recent(params, &state->accounts[i].recent);
        }
    }
    fz_pg_array_end(params);
}

static const size_t mark_int8[] = {
    offsetof(struct fz_mark, account), offsetof(struct fz_mark, time_us),
    offsetof(struct fz_mark, number), offsetof(struct fz_mark, debits_posted),
    offsetof(struct fz_mark, credits_posted)};

static void build_marks(struct fz_pg_params *params, const struct fz_state *state)
{
    for (size_t column = 0; column < LEN(mark_int8); column++) {
        fz_pg_array_begin(params, FZ_PG_INT8, state->marks_len);
        for (unsigned i = 0; i < state->marks_len; i++) {
            int64_t value;
            memcpy(&value, (const uint8_t *)&state->marks[i] + mark_int8[column], sizeof(value));
            fz_pg_item_int8(params, value);
        }
        fz_pg_array_end(params);
    }
    fz_pg_array_begin(params, FZ_PG_BYTEA, state->marks_len);
    for (unsigned i = 0; i < state->marks_len; i++) {
        item_heads(params, &state->marks[i].heads);
    }
    fz_pg_array_end(params);
}

/* --- payouts and events ----------------------------------------------------------------------- */

static unsigned count_payouts(const struct fz_state *state, bool is_new)
{
    unsigned len = 0;
    for (unsigned i = 0; i < state->payouts_len; i++) {
        len += (is_new ? state->payouts[i].is_new : state->payouts[i].dirty) ? 1 : 0;
    }
    return len;
}

static void
item_of_payout(struct fz_pg_params *params, const struct fz_payout *payout, unsigned column)
{
    if (column == 0) {
        fz_pg_item_uuid(params, &payout->id);
    } else if (column == 1) {
        fz_pg_item_int8(params, payout->shop);
    } else if (column == 2) {
        fz_pg_item_int8(params, payout->amount);
    } else {
        fz_pg_item_int2(params, (int16_t)payout->state);
    }
}

static void build_payouts(struct fz_pg_params *params, const struct fz_state *state, bool is_new)
{
    static const enum fz_pg_type types[] = {FZ_PG_UUID, FZ_PG_INT8, FZ_PG_INT8, FZ_PG_INT2};
    unsigned len = count_payouts(state, is_new);
    for (unsigned column = 0; column < LEN(types); column++) {
        if (!is_new && (column == 1 || column == 2)) {
            continue; /* shop and amount never change */
        }
        fz_pg_array_begin(params, types[column], len);
        for (unsigned i = 0; i < state->payouts_len; i++) {
            const struct fz_payout *payout = &state->payouts[i];
            if (is_new ? payout->is_new : payout->dirty) {
                item_of_payout(params, payout, column);
            }
        }
        fz_pg_array_end(params);
    }
}

static const size_t event_int8[] = {
    offsetof(struct fz_event, number),   offsetof(struct fz_event, time_us),
    offsetof(struct fz_event, shop),     offsetof(struct fz_event, amount),
    offsetof(struct fz_event, transfer), offsetof(struct fz_event, previous)};

static void build_events(struct fz_pg_params *params, const struct fz_state *state)
{
    unsigned len = state->events_len;
    for (size_t column = 0; column < LEN(event_int8); column++) {
        fz_pg_array_begin(params, FZ_PG_INT8, len);
        for (unsigned i = 0; i < len; i++) {
            int64_t value;
            memcpy(&value, (const uint8_t *)&state->events[i] + event_int8[column], sizeof(value));
            fz_pg_item_int8(params, value);
        }
        fz_pg_array_end(params);
    }
    for (unsigned column = 0; column < 2; column++) {
        fz_pg_array_begin(params, FZ_PG_UUID, len);
        for (unsigned i = 0; i < len; i++) {
            const struct fz_event *event = &state->events[i];
            fz_commit_item_id(params, column == 0 ? &event->intent : &event->operation);
        }
        fz_pg_array_end(params);
    }
    for (unsigned column = 0; column < 2; column++) {
        fz_pg_array_begin(params, FZ_PG_INT2, len);
        for (unsigned i = 0; i < len; i++) {
            const struct fz_event *event = &state->events[i];
            fz_pg_item_int2(params, (int16_t)(column == 0 ? event->type : event->state));
        }
        fz_pg_array_end(params);
    }
}

/* --- batch, head and the whole ---------------------------------------------------------------- */

static void build_batch(struct fz_pg_params *params, const struct fz_state *state)
{
    const struct fz_head *head = &state->head;
    fz_pg_add_int8(params, head->last_batch);
    fz_pg_add_int8(params, head->last_number - (int64_t)state->transfers_len + 1);
    fz_pg_add_int4(params, (int32_t)state->transfers_len);
    fz_pg_add_int4(params, (int32_t)state->decided_len);
    fz_pg_add_int8(params, head->last_time_us);
    fz_pg_add_bytea(params, state->batch_hash, FZ_HASH_LEN);
}

static void build_head(struct fz_pg_params *params, const struct fz_state *state)
{
    const struct fz_head *head = &state->head;
    fz_pg_add_int8(params, head->last_number);
    fz_pg_add_int8(params, head->last_time_us);
    fz_pg_add_int8(params, head->last_batch);
    fz_pg_add_int8(params, head->last_event);
    fz_pg_add_bytea(params, head->last_hash, FZ_HASH_LEN);
}

static bool is_needed(const struct fz_state *state, enum fz_commit_statement statement)
{
    const bool needed[FZ_COMMIT_STATEMENTS] = {
        [FZ_COMMIT_ADD_OPERATIONS] = state->decided_len > 0,
        [FZ_COMMIT_ADD_TRANSFERS] = state->transfers_len > 0,
        [FZ_COMMIT_SET_ACCOUNTS] = state->transfers_len > 0 || state->held_len > 0,
        [FZ_COMMIT_ADD_MARKS] = state->marks_len > 0,
        [FZ_COMMIT_ADD_INTENTS] = fz_commit_count_intents(state, true) > 0,
        [FZ_COMMIT_SET_INTENTS] = fz_commit_count_intents(state, false) > 0,
        [FZ_COMMIT_ADD_CODES] = fz_commit_count_codes(state, true) > 0,
        [FZ_COMMIT_SET_CODES] = fz_commit_count_codes(state, false) > 0,
        [FZ_COMMIT_ADD_HELD] = fz_commit_count_held(state, true) > 0,
        [FZ_COMMIT_SET_HELD] = fz_commit_count_held(state, false) > 0,
        [FZ_COMMIT_ADD_PAYOUTS] = count_payouts(state, true) > 0,
        [FZ_COMMIT_SET_PAYOUTS] = count_payouts(state, false) > 0,
        [FZ_COMMIT_ADD_EVENTS] = state->events_len > 0,
        [FZ_COMMIT_ADD_BATCH] = state->decided_len > 0,
        [FZ_COMMIT_SET_HEAD] = state->decided_len > 0 || state->events_len > 0,
        [FZ_COMMIT_END] = true,
    };
    return needed[statement];
}

static void
build(struct fz_pg_params *params, const struct fz_state *state, enum fz_commit_statement statement)
{
    fz_pg_params_reset(params);
    if (statement == FZ_COMMIT_END) {
        return;
    }
    fz_pg_add_int4(params, state->head.community);
    if (statement == FZ_COMMIT_ADD_OPERATIONS) {
        build_operations(params, state);
    } else if (statement == FZ_COMMIT_ADD_TRANSFERS) {
        build_transfers(params, state);
    } else if (statement == FZ_COMMIT_SET_ACCOUNTS) {
        build_accounts(params, state);
    } else if (statement == FZ_COMMIT_ADD_MARKS) {
        build_marks(params, state);
    } else if (statement == FZ_COMMIT_ADD_INTENTS || statement == FZ_COMMIT_SET_INTENTS) {
        fz_commit_build_intents(params, state, statement == FZ_COMMIT_ADD_INTENTS);
    } else if (statement == FZ_COMMIT_ADD_CODES || statement == FZ_COMMIT_SET_CODES) {
        fz_commit_build_codes(params, state, statement == FZ_COMMIT_ADD_CODES);
    } else if (statement == FZ_COMMIT_ADD_HELD || statement == FZ_COMMIT_SET_HELD) {
        fz_commit_build_held(params, state, statement == FZ_COMMIT_ADD_HELD);
    } else if (statement == FZ_COMMIT_ADD_PAYOUTS || statement == FZ_COMMIT_SET_PAYOUTS) {
        build_payouts(params, state, statement == FZ_COMMIT_ADD_PAYOUTS);
    } else if (statement == FZ_COMMIT_ADD_EVENTS) {
        build_events(params, state);
    } else if (statement == FZ_COMMIT_ADD_BATCH) {
        build_batch(params, state);
    } else {
        fz_assert(statement == FZ_COMMIT_SET_HEAD);
        build_head(params, state);
    }
}

fz_rc fz_commit_send_write(PGconn *conn,
                           struct fz_pg_params *params,
                           const struct fz_state *state,
                           struct fz_commit_sent *sent_out,
                           struct fz_err *err)
{
    sent_out->len = 0;
    for (unsigned i = FZ_COMMIT_ADD_OPERATIONS; i <= FZ_COMMIT_END; i++) {
        enum fz_commit_statement statement = (enum fz_commit_statement)i;
        if (!is_needed(state, statement)) {
            continue;
        }
        build(params, state, statement);
        fz_rc rc = fz_pg_send(conn, fz_commit_statement_name(statement), params, err);
        if (rc != FZ_OK) {
            return rc;
        }
        sent_out->statements[sent_out->len++] = statement;
    }
    return FZ_OK;
}

fz_rc fz_commit_send_hint(PGconn *conn,
                          struct fz_pg_params *params,
                          const struct fz_state *state,
                          struct fz_err *err)
{
    char hint[64];
    int len = snprintf(hint, sizeof(hint), "%" PRId32 ":%" PRId64 ":%" PRId64,
                       state->head.community, state->head.last_event, state->head.last_number);
    fz_assert(len > 0 && (size_t)len < sizeof(hint));
    fz_pg_params_reset(params);
    fz_pg_add_text(params, hint);
    return fz_pg_send(conn, fz_commit_statement_name(FZ_COMMIT_NOTIFY), params, err);
}
