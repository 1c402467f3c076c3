/*
 * Room ledger/store. First round trip of a batch: which rows its commands can touch, asked for in
 * one pipeline under the head's lock, and the answers as the state that decide() works on.
 */
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/commit.h"

#define ACCOUNTS_PER_COMMAND 4

/* The accounts a command names by itself; the others follow from rows it refers to. */
static unsigned accounts_of(const struct fz_command *c, int64_t out[ACCOUNTS_PER_COMMAND])
{
    int64_t merchant = fz_account_number(FZ_ACCOUNT_MERCHANT, c->shop);
    int64_t wallet = fz_account_number(FZ_ACCOUNT_WALLET, c->party);
    int64_t receivable = fz_account_number(FZ_ACCOUNT_RECEIVABLE, c->shop);
    int64_t reserve = fz_account_number(FZ_ACCOUNT_RESERVE, 0);
    int64_t transit = fz_account_number(FZ_ACCOUNT_IN_TRANSIT, 0);
    int64_t pending = fz_account_number(FZ_ACCOUNT_PAYOUT_PENDING, 0);
    out[0] = merchant;
    switch (c->type) {
    case FZ_COMMAND_CANCEL:
    case FZ_COMMAND_EXPIRE:
    case FZ_COMMAND_TOMBSTONE:
    case FZ_COMMAND_CORRECT:
    case FZ_COMMAND_LIMITS:
        return 0;
    case FZ_COMMAND_CODE:
        out[0] = wallet;
        return 1;
    case FZ_COMMAND_INTENT:
    case FZ_COMMAND_VOID:
    case FZ_COMMAND_REFUND:
        return 1;
    case FZ_COMMAND_PAY:
    case FZ_COMMAND_REFUND_RELEASE:
        out[1] = wallet;
        return 2;
    case FZ_COMMAND_P2P:
        out[0] = wallet;
        out[1] = fz_account_number(FZ_ACCOUNT_WALLET, c->payee);
        return 2;
    case FZ_COMMAND_TOPUP:
        out[0] = reserve;
        out[1] = wallet;
        return 2;
    case FZ_COMMAND_PAYOUT:
        out[1] = pending;
        return 2;
    case FZ_COMMAND_PAYOUT_SENT:
    case FZ_COMMAND_PAYOUT_CONFIRM:
    case FZ_COMMAND_PAYOUT_RETURN:
        out[0] = reserve;
        out[1] = transit;
        out[2] = pending;
        return 3;
    case FZ_COMMAND_BILL:
        out[0] = receivable;
        out[1] = fz_account_number(FZ_ACCOUNT_SUBSCRIPTION, 0);
        out[2] = fz_account_number(FZ_ACCOUNT_TAX, 0);
        return 3;
    case FZ_COMMAND_COLLECT:
        out[1] = receivable;
        return 2;
    }
    FZ_UNREACHABLE();
}

static bool refers_to_payout(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_PAYOUT_SENT || c->type == FZ_COMMAND_PAYOUT_CONFIRM ||
           c->type == FZ_COMMAND_PAYOUT_RETURN;
}

static bool releases(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_REFUND_RELEASE;
}

static bool refers_to_intent(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_CANCEL || c->type == FZ_COMMAND_EXPIRE ||
           (c->type == FZ_COMMAND_PAY && !fz_id_is_zero(&c->ref)) || c->type == FZ_COMMAND_VOID ||
           c->type == FZ_COMMAND_REFUND || releases(c);
}

/* Pays back whoever paid: the payer's account is needed, and only the intent knows it. */
static bool refers_to_payer(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_VOID || c->type == FZ_COMMAND_REFUND;
}

static bool is_kept(const struct fz_command *c)
{
    return fz_command_info((int)c->type)->kept;
}

static bool corrects_transfer(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_CORRECT;
}

/* A CODE too: another's may have that hash. */
static bool refers_to_code(const struct fz_command *c)
{
    return c->type == FZ_COMMAND_CODE || (c->type == FZ_COMMAND_INTENT && fz_command_has_code(c));
}

typedef bool (*wants)(const struct fz_command *c);

static unsigned count(const struct fz_commit_batch *batch, wants want)
{
    unsigned len = 0;
    for (unsigned i = 0; i < batch->len; i++) {
        len += want(batch->commands[i]) ? 1 : 0;
    }
    return len;
}

static void add_refs(struct fz_pg_params *params, const struct fz_commit_batch *batch, wants want)
{
    fz_pg_array_begin(params, FZ_PG_UUID, count(batch, want));
    for (unsigned i = 0; i < batch->len; i++) {
        if (want(batch->commands[i])) {
            const struct fz_command *c = batch->commands[i];
            fz_pg_item_uuid(params, want == refers_to_intent && releases(c) ? &c->sale : &c->ref);
        }
    }
    fz_pg_array_end(params);
}

static void add_held(struct fz_pg_params *params, const struct fz_commit_batch *batch)
{
    fz_pg_array_begin(params, FZ_PG_INT8, count(batch, releases));
    for (unsigned i = 0; i < batch->len; i++) {
        if (releases(batch->commands[i])) {
            fz_pg_item_int8(params, batch->commands[i]->shop);
        }
    }
    fz_pg_array_end(params);
    add_refs(params, batch, releases);
}

static void add_ids(struct fz_pg_params *params, const struct fz_commit_batch *batch)
{
    fz_pg_array_begin(params, FZ_PG_UUID, count(batch, is_kept));
    for (unsigned i = 0; i < batch->len; i++) {
        if (is_kept(batch->commands[i])) {
            fz_pg_item_uuid(params, &batch->commands[i]->id);
        }
    }
    fz_pg_array_end(params);
}

static void add_hashes(struct fz_pg_params *params, const struct fz_commit_batch *batch)
{
    fz_pg_array_begin(params, FZ_PG_BYTEA, count(batch, refers_to_code));
    for (unsigned i = 0; i < batch->len; i++) {
        if (refers_to_code(batch->commands[i])) {
            fz_pg_item_bytes(params, batch->commands[i]->code_hash, FZ_CODE_HASH_LEN);
        }
    }
    fz_pg_array_end(params);
}

static void add_corrected(struct fz_pg_params *params, const struct fz_commit_batch *batch)
{
    fz_pg_array_begin(params, FZ_PG_INT8, count(batch, corrects_transfer));
    for (unsigned i = 0; i < batch->len; i++) {
        if (corrects_transfer(batch->commands[i])) {
            fz_pg_item_int8(params, batch->commands[i]->corrects);
        }
    }
    fz_pg_array_end(params);
}

static void add_accounts(struct fz_pg_params *params, const struct fz_commit_batch *batch)
{
    int64_t accounts[ACCOUNTS_PER_COMMAND];
    unsigned len = 0;
    for (unsigned i = 0; i < batch->len; i++) {
        len += accounts_of(batch->commands[i], accounts);
    }
    fz_pg_array_begin(params, FZ_PG_INT8, len);
    for (unsigned i = 0; i < batch->len; i++) {
        len = accounts_of(batch->commands[i], accounts);
        for (unsigned k = 0; k < len; k++) {
            fz_pg_item_int8(params, accounts[k]);
        }
    }
    fz_pg_array_end(params);
}

static void build_lock(struct fz_pg_params *params,
                       const struct fz_commit_batch *batch,
                       enum fz_commit_statement statement)
{
    fz_pg_params_reset(params);
    if (statement == FZ_COMMIT_BEGIN) {
        return;
    }
    fz_pg_add_int4(params, batch->community);
    if (statement == FZ_COMMIT_OPERATIONS) {
        add_ids(params, batch);
    } else if (statement == FZ_COMMIT_INTENTS) {
        add_refs(params, batch, refers_to_intent);
    } else if (statement == FZ_COMMIT_CODES) {
        add_hashes(params, batch);
    } else if (statement == FZ_COMMIT_HELD) {
        add_held(params, batch);
    } else if (statement == FZ_COMMIT_PAYOUTS) {
        add_refs(params, batch, refers_to_payout);
    } else if (statement == FZ_COMMIT_CORRECTED) {
        add_corrected(params, batch);
    } else if (statement == FZ_COMMIT_ACCOUNTS) {
        add_accounts(params, batch);
        add_refs(params, batch, refers_to_payer);
        add_refs(params, batch, refers_to_payout);
        add_corrected(params, batch);
        add_hashes(params, batch);
    }
}

fz_rc fz_commit_send_lock(PGconn *conn,
                          struct fz_pg_params *params,
                          const struct fz_commit_batch *batch,
                          struct fz_commit_sent *sent_out,
                          struct fz_err *err)
{
    const bool needed[FZ_COMMIT_STATEMENTS] = {
        [FZ_COMMIT_BEGIN] = true,
        [FZ_COMMIT_HEAD] = true,
        [FZ_COMMIT_OPERATIONS] = count(batch, is_kept) > 0,
        [FZ_COMMIT_INTENTS] = count(batch, refers_to_intent) > 0,
        [FZ_COMMIT_CODES] = count(batch, refers_to_code) > 0,
        [FZ_COMMIT_HELD] = count(batch, releases) > 0,
        [FZ_COMMIT_PAYOUTS] = count(batch, refers_to_payout) > 0,
        [FZ_COMMIT_CORRECTED] = count(batch, corrects_transfer) > 0,
        [FZ_COMMIT_ACCOUNTS] = true,
    };
    fz_assert(batch->len >= 1 && batch->len <= FZ_BATCH_MAX);
    sent_out->len = 0;
    for (unsigned i = FZ_COMMIT_BEGIN; i <= FZ_COMMIT_ACCOUNTS; i++) {
        if (!needed[i]) {
            continue;
        }
        build_lock(params, batch, (enum fz_commit_statement)i);
        fz_rc rc =
            fz_pg_send(conn, fz_commit_statement_name((enum fz_commit_statement)i), params, err);
        if (rc != FZ_OK) {
            return rc;
        }
        sent_out->statements[sent_out->len++] = (enum fz_commit_statement)i;
    }
    return FZ_OK;
}

static void copy_digest(uint8_t out[FZ_HASH_LEN], const PGresult *result, int row, int column)
{
    size_t len = 0;
    const uint8_t *bytes = fz_pg_bytes(result, row, column, &len);
    fz_assert(bytes != NULL && len == FZ_HASH_LEN);
    memcpy(out, bytes, FZ_HASH_LEN);
}

static fz_rc take_head(struct fz_state *state,
                       const struct fz_commit_batch *batch,
                       const PGresult *result,
                       struct fz_err *err)
{
    struct fz_head head = {.community = batch->community};
    if (PQntuples(result) != 1) {
        return fz_fail(err, FZ_NOT_FOUND, "there is no community %d", (int)batch->community);
    }
    head.last_number = fz_pg_int(result, 0, 0);
    head.last_time_us = fz_pg_int(result, 0, 1);
    head.last_batch = fz_pg_int(result, 0, 2);
    head.last_event = fz_pg_int(result, 0, 3);
    copy_digest(head.last_hash, result, 0, 4);
    head.utc_offset_s = (int32_t)fz_pg_int(result, 0, 5);
    fz_state_reset(state, &head);
    return FZ_OK;
}

static void take_operation(struct fz_state *state, const PGresult *result, int row)
{
    struct fz_id id = fz_pg_uuid(result, row, 0);
    struct fz_operation *operation = fz_state_add_operation(state, &id);
    struct fz_result *stored = &operation->result;
    const char *note = fz_pg_text(result, row, 16);
    stored->type = (enum fz_command_type)fz_pg_int(result, row, 1);
    stored->rc = (fz_rc)fz_pg_int(result, row, 2);
    stored->state = (int32_t)fz_pg_int(result, row, 3);
    stored->terminal = (int32_t)fz_pg_int(result, row, 4);
    stored->time_us = fz_pg_int(result, row, 5);
    stored->actor = fz_pg_int(result, row, 6);
    stored->shop = fz_pg_int(result, row, 7);
    stored->party = fz_pg_int(result, row, 8);
    stored->payee = fz_pg_int(result, row, 9);
    stored->amount = fz_pg_int(result, row, 10);
    stored->value = fz_pg_int(result, row, 11);
    stored->number = fz_pg_int(result, row, 12);
    stored->expires_us = fz_pg_int(result, row, 13);
    copy_digest(operation->fingerprint, result, row, 14);
    stored->ref = fz_pg_uuid(result, row, 15);
    if (note != NULL) {
        size_t len = strlen(note);
        fz_assert(len < sizeof(stored->note));
        memcpy(stored->note, note, len + 1);
    }
}

static int64_t int_or_zero(const PGresult *result, int row, int column)
{
    return fz_pg_is_null(result, row, column) ? 0 : fz_pg_int(result, row, column);
}

static void take_intent(struct fz_state *state, const PGresult *result, int row)
{
    struct fz_id id = fz_pg_uuid(result, row, 0);
    struct fz_intent *intent = fz_state_add_intent(state, &id);
    intent->shop = fz_pg_int(result, row, 1);
    intent->amount = fz_pg_int(result, row, 2);
    intent->refunded = fz_pg_int(result, row, 3);
    intent->created_us = fz_pg_int(result, row, 4);
    intent->expires_us = fz_pg_int(result, row, 5);
    intent->paid_us = int_or_zero(result, row, 6);
    intent->number = int_or_zero(result, row, 7);
    intent->payer = int_or_zero(result, row, 8);
    intent->payment = fz_pg_uuid(result, row, 9);
    intent->terminal = (int32_t)fz_pg_int(result, row, 10);
    intent->state = (enum fz_intent_state)fz_pg_int(result, row, 11);
    intent->last_event = fz_pg_int(result, row, 12);
    intent->place = fz_pg_tid(result, row, 13);
}

static void take_code(struct fz_state *state, const PGresult *result, int row)
{
    uint8_t hash[FZ_CODE_HASH_LEN];
    copy_digest(hash, result, row, 0);
    struct fz_code *code = fz_state_add_code(state, hash);
    code->id = fz_pg_uuid(result, row, 1);
    code->party = fz_pg_int(result, row, 2);
    code->amount = fz_pg_int(result, row, 3);
    code->expires_us = fz_pg_int(result, row, 4);
    code->intent = fz_pg_uuid(result, row, 5);
    code->place = fz_pg_tid(result, row, 6);
}

static void take_held(struct fz_state *state, const PGresult *result, int row)
{
    struct fz_id id = fz_pg_uuid(result, row, 0);
    struct fz_held *held = fz_state_add_held(state, &id);
    held->intent = fz_pg_uuid(result, row, 1);
    held->shop = fz_pg_int(result, row, 2);
    held->party = fz_pg_int(result, row, 3);
    held->amount = fz_pg_int(result, row, 4);
    held->since_us = fz_pg_int(result, row, 5);
    held->released_by = fz_pg_uuid(result, row, 6);
    held->place = fz_pg_tid(result, row, 7);
}

static void take_payout(struct fz_state *state, const PGresult *result, int row)
{
    struct fz_id id = fz_pg_uuid(result, row, 0);
    struct fz_payout *payout = fz_state_add_payout(state, &id);
    payout->shop = fz_pg_int(result, row, 1);
    payout->amount = fz_pg_int(result, row, 2);
    payout->state = (enum fz_payout_state)fz_pg_int(result, row, 3);
}

static void take_corrected(struct fz_state *state, const PGresult *result, int row)
{
    struct fz_corrected *corrected = fz_state_add_corrected(state);
    struct fz_transfer *transfer = &corrected->transfer;
    transfer->number = fz_pg_int(result, row, 0);
    transfer->debit = fz_pg_int(result, row, 1);
    transfer->credit = fz_pg_int(result, row, 2);
    transfer->amount = fz_pg_int(result, row, 3);
    transfer->time_us = fz_pg_int(result, row, 4);
    transfer->operation = fz_pg_uuid(result, row, 5);
    transfer->kind = (enum fz_kind)fz_pg_int(result, row, 6);
    corrected->done = fz_pg_int(result, row, 7) != 0;
}

static void take_account(struct fz_state *state, const PGresult *result, int row)
{
    size_t heads_len = 0;
    size_t recent_len = 0;
    struct fz_account *account = fz_state_add_account(state, fz_pg_int(result, row, 0));
    account->debits_pending = fz_pg_int(result, row, 1);
    account->debits_posted = fz_pg_int(result, row, 2);
    account->credits_pending = fz_pg_int(result, row, 3);
    account->credits_posted = fz_pg_int(result, row, 4);
    account->hold = fz_pg_int(result, row, 5);
    account->last_transfer = fz_pg_int(result, row, 6);
    account->state = (enum fz_account_state)fz_pg_int(result, row, 7);
    const uint8_t *heads = fz_pg_bytes(result, row, 8, &heads_len);
    bool is_whole = fz_heads_decode(&account->heads, heads, heads_len);
    fz_assert(is_whole); /* its CHECK says so too */
    const uint8_t *recent = fz_pg_bytes(result, row, 9, &recent_len);
    is_whole = fz_recent_decode(&account->recent, recent, recent_len);
    fz_assert(is_whole);
    account->held = fz_pg_int(result, row, 10);
    account->place = fz_pg_tid(result, row, 11);
}

fz_rc fz_commit_take(struct fz_state *state,
                     const struct fz_commit_batch *batch,
                     enum fz_commit_statement statement,
                     const PGresult *result,
                     struct fz_err *err)
{
    void (*take)(struct fz_state *, const PGresult *, int) = NULL;
    if (statement == FZ_COMMIT_BEGIN) {
        return FZ_OK;
    }
    if (statement == FZ_COMMIT_HEAD) {
        return take_head(state, batch, result, err);
    }
    if (statement == FZ_COMMIT_OPERATIONS) {
        take = take_operation;
    } else if (statement == FZ_COMMIT_INTENTS) {
        take = take_intent;
    } else if (statement == FZ_COMMIT_CODES) {
        take = take_code;
    } else if (statement == FZ_COMMIT_HELD) {
        take = take_held;
    } else if (statement == FZ_COMMIT_PAYOUTS) {
        take = take_payout;
    } else if (statement == FZ_COMMIT_CORRECTED) {
        take = take_corrected;
    } else {
        fz_assert(statement == FZ_COMMIT_ACCOUNTS);
        take = take_account;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        take(state, result, row);
    }
    return FZ_OK;
}
