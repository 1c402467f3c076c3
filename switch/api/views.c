/*
 * Room switch/api. Answers to reads. Members stand in alphabetical order.
 */
#include "switch/api/views.h"

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "ledger/core/state.h"
#include "switch/api/text.h"

static void
put_named(struct fz_json_out *out, const char *member, char letter, int64_t party, const char *name)
{
    fz_json_out_object(out, member);
    fz_json_out_party(out, "id", letter, party);
    fz_json_out_text(out, "name", name);
    fz_json_out_end_object(out);
}

static void put_reference(struct fz_json_out *out, const char *reference)
{
    if (reference[0] != '\0') {
        fz_json_out_text(out, "reference", reference);
    }
}

/* A sticker may belong to no till. */
static void put_terminal(struct fz_json_out *out, int32_t terminal)
{
    if (terminal != 0) {
        fz_json_out_terminal(out, "terminal", terminal);
    }
}

bool fz_view_owns_intent(const struct fz_caller *caller, const struct fz_intent_row *intent)
{
    return fz_caller_is_shop(caller) && caller->party == intent->shop;
}

static bool may_see_payment(const struct fz_caller *caller, const struct fz_intent_row *intent)
{
    bool is_payer = caller->role == FZ_ROLE_RESIDENT && caller->party == intent->payer;
    return intent->number != 0 && (is_payer || fz_view_owns_intent(caller, intent));
}

static void put_intent(struct fz_json_out *out,
                       const char *name,
                       const struct fz_caller *caller,
                       const struct fz_intent_row *intent)
{
    bool with_payment = may_see_payment(caller, intent);
    fz_json_out_object(out, name);
    fz_json_out_number(out, "amount", intent->amount);
    if (intent->state == FZ_STATE_CREATED && intent->payer != 0) {
        fz_json_out_text(out, "consent", "waiting");
    }
    fz_json_out_time(out, "created_at", intent->created_us);
    fz_json_out_text(out, "currency", "JPY");
    fz_json_out_time(out, "expires_at", intent->expires_us);
    if (intent->held != 0) {
        fz_json_out_number(out, "held", intent->held);
    }
    fz_json_out_id(out, "intent_id", &intent->id);
    if (with_payment) {
        fz_json_out_number(out, "number", intent->number);
        fz_json_out_id(out, "operation_id", &intent->payment);
        fz_json_out_time(out, "paid_at", intent->paid_us);
    }
    fz_json_out_text(out, "qr", intent->qr);
    put_reference(out, intent->reference);
    fz_json_out_number(out, "refunded", intent->refunded);
    put_named(out, "shop", FZ_LETTER_SHOP, intent->shop, intent->shop_name);
    fz_json_out_text(out, "state", fz_intent_state_name(intent->state));
    put_terminal(out, intent->terminal);
    fz_json_out_end_object(out);
}

void fz_view_intent(struct fz_json_out *out,
                    const struct fz_caller *caller,
                    const struct fz_intent_row *intent)
{
    put_intent(out, NULL, caller, intent);
}

const char *fz_view_code_state_name(enum fz_code_state state)
{
    switch (state) {
    case FZ_CODE_IS_WAITING:
        return "WAITING";
    case FZ_CODE_IS_ASKED:
        return "ASKED";
    case FZ_CODE_IS_USED:
        return "USED";
    case FZ_CODE_IS_EXPIRED:
        return "EXPIRED";
    }
    FZ_UNREACHABLE();
}

void fz_view_code(struct fz_json_out *out,
                  const struct fz_caller *caller,
                  const struct fz_paycode *code,
                  enum fz_code_state state,
                  const struct fz_intent_row *intent)
{
    fz_json_out_object(out, NULL);
    fz_json_out_id(out, "code_id", &code->id);
    fz_json_out_time(out, "expires_at", code->expires_us);
    if (intent != NULL) {
        put_intent(out, "intent", caller, intent);
    }
    fz_json_out_number(out, "max_amount", code->amount);
    fz_json_out_text(out, "state", fz_view_code_state_name(state));
    fz_json_out_end_object(out);
}

void fz_view_event_members(struct fz_json_out *out, const struct fz_event_row *event)
{
    fz_json_out_number(out, "amount", event->amount);
    fz_json_out_time(out, "at", event->time_us);
    fz_json_out_id(out, "intent_id", &event->intent);
    if (event->transfer != 0) {
        fz_json_out_number(out, "number", event->transfer);
    }
    if (!fz_id_is_zero(&event->operation)) {
        fz_json_out_id(out, "operation_id", &event->operation);
    }
    fz_json_out_number(out, "seq", event->event);
    fz_json_out_text(out, "state", fz_intent_state_name(event->state));
    fz_json_out_text(out, "type", fz_event_type_name(event->type));
}

void fz_view_events(struct fz_json_out *out,
                    const struct fz_event_row *rows,
                    unsigned len,
                    int64_t after)
{
    fz_json_out_object(out, NULL);
    fz_json_out_list(out, "events");
    for (unsigned i = 0; i < len; i++) {
        fz_json_out_object(out, NULL);
        fz_view_event_members(out, &rows[i]);
        fz_json_out_end_object(out);
    }
    fz_json_out_end_list(out);
    fz_json_out_number(out, "next", len > 0 ? rows[len - 1].event : after);
    fz_json_out_end_object(out);
}

void fz_view_balance(struct fz_json_out *out, const struct fz_balance_row *balance)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "account", balance->account);
    fz_json_out_number(out, "as_of", balance->as_of);
    fz_json_out_time(out, "at", balance->time_us);
    fz_json_out_number(out, "available", balance->available);
    fz_json_out_number(out, "balance", balance->balance);
    fz_json_out_end_object(out);
}

void fz_view_past_balance(struct fz_json_out *out, const struct fz_past_row *row, int64_t at_us)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "account", row->account);
    fz_json_out_number(out, "as_of", row->as_of);
    fz_json_out_time(out, "at", at_us < row->time_us ? at_us : row->time_us);
    fz_json_out_number(out, "balance", row->balance);
    fz_json_out_end_object(out);
}

static void put_past(struct fz_json_out *out, const char *name, const struct fz_past_row *row)
{
    fz_json_out_object(out, name);
    fz_json_out_number(out, "as_of", row->as_of);
    fz_json_out_number(out, "balance", row->balance);
    fz_json_out_end_object(out);
}

void fz_view_statement(struct fz_json_out *out,
                       const struct fz_past_row *opening,
                       const struct fz_past_row *closing)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "account", closing->account);
    fz_json_out_time(out, "at", closing->time_us);
    put_past(out, "closing", closing);
    fz_json_out_number(out, "in", closing->credits - opening->credits);
    fz_json_out_number(out, "movements", closing->transfers - opening->transfers);
    put_past(out, "opening", opening);
    fz_json_out_number(out, "out", closing->debits - opening->debits);
    fz_json_out_end_object(out);
}

/* The other side, for residents: a shop is not told who its customers are. */
static void put_counterparty(struct fz_json_out *out,
                             const struct fz_caller *caller,
                             const struct fz_history_row *row)
{
    int class = fz_account_number_class(row->counterparty);
    int64_t party = fz_account_number_party(row->counterparty);
    if (caller->role != FZ_ROLE_RESIDENT || party == 0) {
        return;
    }
    if (class == FZ_ACCOUNT_MERCHANT) {
        put_named(out, "counterparty", FZ_LETTER_SHOP, party, row->counterparty_name);
    } else if (class == FZ_ACCOUNT_WALLET) {
        put_named(out, "counterparty", FZ_LETTER_RESIDENT, party, row->counterparty_name);
    }
}

static void put_history_item(struct fz_json_out *out,
                             const struct fz_caller *caller,
                             const struct fz_history_row *row)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", row->amount);
    fz_json_out_time(out, "at", row->time_us);
    put_counterparty(out, caller, row);
    fz_json_out_text(out, "direction", row->credit ? "in" : "out");
    if (!fz_id_is_zero(&row->intent)) {
        fz_json_out_id(out, "intent_id", &row->intent);
    }
    fz_json_out_text(out, "kind", fz_kind_info((int)row->kind)->slug);
    if (row->kind == FZ_KIND_P2P && row->note[0] != '\0') {
        fz_json_out_text(out, "message", row->note);
    }
    fz_json_out_number(out, "number", row->number);
    fz_json_out_id(out, "operation_id", &row->operation);
    fz_json_out_end_object(out);
}

void fz_view_history(struct fz_json_out *out,
                     const struct fz_caller *caller,
                     const struct fz_history_row *rows,
                     unsigned len,
                     unsigned limit)
{
    fz_json_out_object(out, NULL);
    fz_json_out_list(out, "items");
    for (unsigned i = 0; i < len; i++) {
        put_history_item(out, caller, &rows[i]);
    }
    fz_json_out_end_list(out);
    if (len == limit) {
        fz_json_out_number(out, "next", rows[len - 1].number);
    } else {
        fz_json_out_null(out, "next");
    }
    fz_json_out_end_object(out);
}

/* What a kind is called when it happens; of those that touch a wallet or a shop. */
static const char *money_type(enum fz_kind kind, bool credit)
{
    switch (kind) {
    case FZ_KIND_TOPUP:
        return "topup.completed";
    case FZ_KIND_PAYMENT:
        return "payment.completed";
    case FZ_KIND_VOID:
        return "payment.voided";
    case FZ_KIND_REFUND:
        return "payment.refunded";
    case FZ_KIND_P2P:
        return credit ? "transfer.in" : "transfer.out";
    case FZ_KIND_PAYOUT:
        return "payout.booked";
    case FZ_KIND_PAYOUT_RETURNED:
        return "payout.returned";
    case FZ_KIND_SUBSCRIPTION_COLLECT:
        return "subscription.collected";
    case FZ_KIND_CORRECTION:
        return "correction.booked";
    case FZ_KIND_PAYOUT_SENT:
    case FZ_KIND_PAYOUT_CONFIRMED:
    case FZ_KIND_PAYOUT_RECOVERED:
    case FZ_KIND_SUBSCRIPTION:
    case FZ_KIND_SUBSCRIPTION_TAX:
        break;
    }
    FZ_UNREACHABLE();
}

static void
put_money(struct fz_json_out *out, const struct fz_caller *caller, const struct fz_money_row *row)
{
    const struct fz_history_row *move = &row->move;
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", move->amount);
    fz_json_out_time(out, "at", move->time_us);
    put_counterparty(out, caller, move);
    fz_json_out_text(out, "direction", move->credit ? "in" : "out");
    if (!fz_id_is_zero(&move->intent)) {
        fz_json_out_id(out, "intent_id", &move->intent);
    }
    if (move->kind == FZ_KIND_P2P && move->note[0] != '\0') {
        fz_json_out_text(out, "message", move->note);
    }
    fz_json_out_id(out, "operation_id", &move->operation);
    fz_json_out_number(out, "seq", move->number);
    put_terminal(out, row->terminal);
    fz_json_out_text(out, "type", money_type(move->kind, move->credit));
    fz_json_out_end_object(out);
}

void fz_view_money(struct fz_json_out *out,
                   const struct fz_caller *caller,
                   const struct fz_money_row *rows,
                   unsigned len,
                   int64_t after)
{
    fz_json_out_object(out, NULL);
    fz_json_out_list(out, "events");
    for (unsigned i = 0; i < len; i++) {
        put_money(out, caller, &rows[i]);
    }
    fz_json_out_end_list(out);
    fz_json_out_number(out, "next", len > 0 ? rows[len - 1].move.number : after);
    fz_json_out_end_object(out);
}

void fz_view_shop(struct fz_json_out *out, const struct fz_shopfront *shop)
{
    fz_json_out_object(out, NULL);
    fz_json_out_text(out, "category_code", shop->category_code);
    fz_json_out_text(out, "city", shop->city_latin);
    fz_json_out_party(out, "id", FZ_LETTER_SHOP, shop->shop);
    fz_json_out_text(out, "name", shop->name);
    fz_json_out_bool(out, "open", shop->is_open);
    fz_json_out_number(out, "usual_max",
                       shop->payments < FZ_USUAL_PAYMENTS_MIN ? 0 : shop->largest);
    fz_json_out_end_object(out);
}

static void put_receipt_shop(struct fz_json_out *out, const struct fz_receipt_row *receipt)
{
    fz_json_out_object(out, "shop");
    fz_json_out_party(out, "id", FZ_LETTER_SHOP, receipt->intent.shop);
    fz_json_out_text(out, "name", receipt->intent.shop_name);
    if (receipt->registration_number[0] != '\0') {
        fz_json_out_text(out, "registration_number", receipt->registration_number);
    }
    fz_json_out_end_object(out);
}

void fz_view_receipt(struct fz_json_out *out, const struct fz_receipt_row *receipt)
{
    const struct fz_intent_row *intent = &receipt->intent;
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", receipt->payment.amount);
    fz_json_out_number(out, "batch", receipt->batch);
    fz_json_out_hex(out, "batch_hash", receipt->batch_hash, sizeof(receipt->batch_hash));
    fz_json_out_number(out, "fee", 0);
    fz_json_out_id(out, "intent_id", &intent->id);
    fz_json_out_number(out, "number", receipt->payment.number);
    fz_json_out_id(out, "operation_id", &receipt->payment.id);
    fz_json_out_time(out, "paid_at", intent->paid_us);
    put_reference(out, intent->reference);
    fz_json_out_number(out, "refunded", intent->refunded);
    put_receipt_shop(out, receipt);
    fz_json_out_text(out, "state", fz_intent_state_name(intent->state));
    put_terminal(out, intent->terminal);
    fz_json_out_end_object(out);
}

static char letter_of(enum fz_role role)
{
    switch (role) {
    case FZ_ROLE_RESIDENT:
        return FZ_LETTER_RESIDENT;
    case FZ_ROLE_TERMINAL:
    case FZ_ROLE_OWNER:
        return FZ_LETTER_SHOP;
    case FZ_ROLE_TREASURER:
    case FZ_ROLE_AUDITOR:
        return FZ_LETTER_STAFF;
    }
    FZ_UNREACHABLE();
}

void fz_view_enrolment(struct fz_json_out *out, const struct fz_credential *credential)
{
    enum fz_role role = FZ_ROLE_RESIDENT;
    bool known = fz_role_from_number(credential->role, &role);
    fz_assert(known);
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "community", credential->community);
    fz_json_out_text(out, "community_name", credential->community_name);
    fz_json_out_text(out, "key_id", credential->key_id);
    fz_json_out_text(out, "name", credential->party_name);
    fz_json_out_party(out, "party_id", letter_of(role), credential->party);
    fz_json_out_text(out, "qr_guid", credential->qr_guid);
    fz_json_out_text(out, "role", fz_role_text(role));
    fz_json_out_time(out, "server_time", credential->enrolled_us);
    if (credential->terminal != 0) {
        fz_json_out_terminal(out, "terminal", credential->terminal);
    }
    fz_json_out_end_object(out);
}
