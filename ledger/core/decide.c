/*
 * Room ledger/core. decide(): the order of things. Ids first, then the rule of the command, then
 * the operation row; at the end the hash of all that was booked. The rules themselves are in
 * rules_*.c.
 */
#include "ledger/core/decide.h"

#include <string.h>

#include "feezero/assert.h"
#include "ledger/core/canonical.h"
#include "ledger/core/rules.h"

_Static_assert(sizeof(((struct fz_result *)0)->note) > FZ_NOTE_MAX, "a note fits");

/* What a result says before its rule ran: what was asked. */
static void
begin_result(const struct fz_command *command, int64_t time_us, struct fz_result *result)
{
    *result = (struct fz_result){.rc = FZ_INTERNAL,
                                 .type = command->type,
                                 .id = command->id,
                                 .ref = command->ref,
                                 .actor = command->actor,
                                 .shop = command->shop,
                                 .party = command->party,
                                 .payee = command->payee,
                                 .amount = command->amount,
                                 .time_us = time_us,
                                 .terminal = command->terminal};
    if (command->note != NULL) {
        size_t len = strlen(command->note);
        fz_assert(len <= FZ_NOTE_MAX);
        memcpy(result->note, command->note, len + 1);
    }
}

static fz_rc
run_rule(struct fz_state *state, const struct fz_command *command, struct fz_result *result)
{
    if (command->deadline_us != 0 && result->time_us > command->deadline_us) {
        return FZ_DEADLINE_PASSED;
    }
    switch (command->type) {
    case FZ_COMMAND_INTENT:
        return fz_rule_intent(state, command, result);
    case FZ_COMMAND_CANCEL:
        return fz_rule_cancel(state, command, result);
    case FZ_COMMAND_EXPIRE:
        return fz_rule_expire(state, command, result);
    case FZ_COMMAND_PAY:
        return fz_rule_pay(state, command, result);
    case FZ_COMMAND_VOID:
        return fz_rule_void(state, command, result);
    case FZ_COMMAND_REFUND:
        return fz_rule_refund(state, command, result);
    case FZ_COMMAND_P2P:
        return fz_rule_p2p(state, command, result);
    case FZ_COMMAND_TOMBSTONE:
        return FZ_OK;
    case FZ_COMMAND_TOPUP:
        return fz_rule_topup(state, command, result);
    case FZ_COMMAND_PAYOUT:
        return fz_rule_payout(state, command, result);
    case FZ_COMMAND_PAYOUT_SENT:
    case FZ_COMMAND_PAYOUT_CONFIRM:
    case FZ_COMMAND_PAYOUT_RETURN:
        return fz_rule_payout_step(state, command, result);
    case FZ_COMMAND_BILL:
        return fz_rule_bill(state, command, result);
    case FZ_COMMAND_COLLECT:
        return fz_rule_collect(state, command, result);
    case FZ_COMMAND_CORRECT:
        return fz_rule_correct(state, command, result);
    case FZ_COMMAND_CODE:
        return fz_rule_code(state, command, result);
    case FZ_COMMAND_REFUND_RELEASE:
        return fz_rule_release(state, command, result);
    case FZ_COMMAND_LIMITS:
        return FZ_KIND_NOT_ALLOWED;
    }
    FZ_UNREACHABLE();
}

/*
 * The id was seen before. The same request gets the stored answer; anything else is told why the id
 * cannot serve it, and nothing is recorded: the id belongs to what came first.
 */
static void replay(const struct fz_operation *earlier, struct fz_command *command)
{
    if (earlier->result.type == command->type &&
        memcmp(earlier->fingerprint, command->fingerprint, FZ_HASH_LEN) == 0) {
        command->result = earlier->result;
        command->replayed = true;
        return;
    }
    begin_result(command, earlier->result.time_us, &command->result);
    command->result.rc =
        earlier->result.type == FZ_COMMAND_TOMBSTONE ? FZ_TOMBSTONED : FZ_ID_REUSED;
}

/* From here on the id answers with this result for ever. */
static void record(struct fz_state *state, struct fz_command *command)
{
    struct fz_operation *operation = fz_state_add_operation(state, &command->id);
    memcpy(operation->fingerprint, command->fingerprint, FZ_HASH_LEN);
    operation->result = command->result;
    fz_assert(state->decided_len < FZ_BATCH_MAX);
    state->decided[state->decided_len++] = command;
    if (state->head.last_time_us < command->result.time_us) {
        state->head.last_time_us = command->result.time_us;
    }
}

static void decide_one(struct fz_state *state, struct fz_command *command, int64_t now_us)
{
    const struct fz_command_info *info = fz_command_info((int)command->type);
    fz_assert(info != NULL);
    command->replayed = false;
    if (info->kept) {
        const struct fz_operation *earlier = fz_state_operation(state, &command->id);
        if (earlier != NULL) {
            replay(earlier, command);
            return;
        }
    }
    int64_t last_us = state->head.last_time_us;
    begin_result(command, now_us > last_us ? now_us : last_us + 1, &command->result);
    unsigned booked_before = state->transfers_len;
    command->result.rc = run_rule(state, command, &command->result);
    fz_assert(command->result.rc == FZ_OK || state->transfers_len == booked_before);
    fz_assert((command->result.number != 0) == (state->transfers_len > booked_before));
    if (info->kept) {
        record(state, command);
    }
}

static void seal_batch(struct fz_state *state)
{
    struct fz_head *head = &state->head;
    head->last_batch++;
    fz_chain_begin(state->sha, head->community, head->last_batch, head->last_hash);
    for (unsigned i = 0; i < state->transfers_len; i++) {
        fz_chain_transfer(state->sha, &state->transfers[i]);
    }
    for (unsigned i = 0; i < state->decided_len; i++) {
        const struct fz_command *command = state->decided[i];
        fz_chain_operation(state->sha, &command->result, command->fingerprint,
                           command->order_digest);
    }
    fz_chain_end(state->sha, state->batch_hash);
    memcpy(head->last_hash, state->batch_hash, FZ_HASH_LEN);
}

void fz_decide(struct fz_state *state,
               struct fz_command *const *commands,
               unsigned len,
               int64_t now_us)
{
    fz_assert(len <= FZ_BATCH_MAX);
    fz_assert(state->transfers_len == 0 && state->decided_len == 0 && state->events_len == 0);
    for (unsigned i = 0; i < len; i++) {
        decide_one(state, commands[i], now_us);
    }
    if (state->decided_len > 0) {
        seal_batch(state);
    }
}

bool fz_state_has_changes(const struct fz_state *state)
{
    return state->decided_len > 0 || state->events_len > 0;
}
