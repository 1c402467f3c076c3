/*
 * Room switch/api. Decided answers. Members stand in alphabetical order.
 */
#include "switch/api/render.h"

#include <string.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/cpm.h"
#include "switch/api/text.h"
#include "switch/http/problem.h"

#define STATUS_CREATED 201
#define STATUS_ACCEPTED 202

bool fz_render_needs_shown(const struct fz_result *result)
{
    return result->rc == FZ_OK &&
           (result->type == FZ_COMMAND_INTENT || result->type == FZ_COMMAND_CODE);
}

static bool is_held(const struct fz_result *result)
{
    return result->rc == FZ_OK && result->type == FZ_COMMAND_REFUND &&
           result->state == FZ_REFUND_HELD;
}

static void put_party(struct fz_json_out *out, const char *name, char letter, int64_t party)
{
    fz_json_out_object(out, name);
    fz_json_out_party(out, "id", letter, party);
    fz_json_out_end_object(out);
}

static bool is_payout(enum fz_command_type type)
{
    return type == FZ_COMMAND_PAYOUT || type == FZ_COMMAND_PAYOUT_SENT ||
           type == FZ_COMMAND_PAYOUT_CONFIRM || type == FZ_COMMAND_PAYOUT_RETURN;
}

static void put_state(struct fz_json_out *out, const struct fz_result *result)
{
    if (result->state == 0) {
        return;
    }
    enum fz_intent_state intent =
        is_held(result) ? FZ_STATE_COMPLETED : (enum fz_intent_state)result->state;
    fz_json_out_text(out, "state",
                     is_payout(result->type)
                         ? fz_payout_state_name((enum fz_payout_state)result->state)
                         : fz_intent_state_name(intent));
}

static bool is_about_intent(enum fz_command_type type)
{
    return type == FZ_COMMAND_PAY || type == FZ_COMMAND_VOID || type == FZ_COMMAND_REFUND;
}

static void put_operation(struct fz_json_out *out, const struct fz_result *result)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", result->amount);
    fz_json_out_time(out, "at", result->time_us);
    if (is_held(result)) {
        fz_json_out_time(out, "eta", result->time_us + FZ_HELD_ETA_S * 1000000LL);
    }
    fz_json_out_number(out, "fee", 0);
    if (is_about_intent(result->type)) {
        fz_json_out_id(out, "intent_id", &result->ref);
    }
    fz_json_out_text(out, "kind", fz_command_info((int)result->type)->slug);
    if (result->number != 0) {
        fz_json_out_number(out, "number", result->number);
    }
    fz_json_out_id(out, "operation_id", &result->id);
    if (result->type == FZ_COMMAND_REFUND) {
        fz_json_out_number(out, "refunded", result->value);
    }
    if (result->shop != 0) {
        put_party(out, "shop", FZ_LETTER_SHOP, result->shop);
    }
    put_state(out, result);
    if (is_held(result)) {
        fz_json_out_text(out, "status", "HELD");
    }
    if (result->payee != 0) {
        put_party(out, "to", FZ_LETTER_RESIDENT, result->payee);
    }
    fz_json_out_end_object(out);
}

/*
 * The intent as it was created; how it went on is another question. By a payer's code it is paid
 * from the beginning, or waits for that payer.
 */
static void put_new_intent(struct fz_json_out *out,
                           const struct fz_result *result,
                           const struct fz_shown *shown)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", result->amount);
    if (result->party != 0 && result->state == FZ_STATE_CREATED) {
        fz_json_out_text(out, "consent", "waiting");
    }
    fz_json_out_time(out, "created_at", result->time_us);
    fz_json_out_text(out, "currency", "JPY");
    fz_json_out_time(out, "expires_at", result->expires_us);
    fz_json_out_id(out, "intent_id", &result->id);
    if (result->number != 0) {
        fz_json_out_number(out, "number", result->number);
        fz_json_out_id(out, "operation_id", &result->id);
        fz_json_out_time(out, "paid_at", result->time_us);
    }
    fz_json_out_text(out, "qr", shown->qr);
    if (result->note[0] != '\0') {
        fz_json_out_text(out, "reference", result->note);
    }
    fz_json_out_number(out, "refunded", 0);
    fz_json_out_object(out, "shop");
    fz_json_out_party(out, "id", FZ_LETTER_SHOP, result->shop);
    fz_json_out_text(out, "name", shown->shop_name);
    fz_json_out_end_object(out);
    put_state(out, result);
    fz_json_out_terminal(out, "terminal", result->terminal);
    fz_json_out_end_object(out);
}

static void
put_new_code(struct fz_json_out *out, const struct fz_result *result, const struct fz_shown *shown)
{
    char qr[FZ_CPM_OURS_SIZE];
    enum fz_cpm_result built = fz_cpm_build(shown->digits, qr);
    fz_assert(built == FZ_CPM_OK);
    fz_json_out_object(out, NULL);
    fz_json_out_text(out, "code", shown->digits);
    fz_json_out_id(out, "code_id", &result->id);
    fz_json_out_time(out, "expires_at", result->expires_us);
    fz_json_out_number(out, "max_amount", result->amount);
    fz_json_out_text(out, "qr", qr);
    fz_json_out_end_object(out);
}

/* What is not there is not limited. */
static void put_limits(struct fz_json_out *out, const struct fz_result *result)
{
    fz_json_out_object(out, NULL);
    fz_json_out_time(out, "at", result->time_us);
    fz_json_out_id(out, "operation_id", &result->id);
    if (result->value != 0) {
        fz_json_out_number(out, "per_day", result->value);
    }
    if (result->amount != 0) {
        fz_json_out_number(out, "per_payment", result->amount);
    }
    fz_json_out_end_object(out);
}

static void put_tombstone(struct fz_json_out *out, const struct fz_result *result)
{
    fz_json_out_object(out, NULL);
    fz_json_out_time(out, "at", result->time_us);
    fz_json_out_id(out, "operation_id", &result->id);
    fz_json_out_text(out, "status", "TOMBSTONED");
    fz_json_out_end_object(out);
}

/* The facts that belong to a refusal, as one object. */
static void put_refusal_facts(struct fz_json_out *out, const struct fz_result *result)
{
    /* of a customer's money a shop learns nothing */
    bool is_short = result->rc == FZ_INSUFFICIENT_FUNDS && result->type != FZ_COMMAND_INTENT;
    bool is_of_day = result->rc == FZ_LIMIT_EXCEEDED && result->value != 0;
    fz_json_out_object(out, NULL);
    if (is_short) {
        fz_json_out_number(out, "balance", result->value);
    }
    if (result->rc == FZ_LIMIT_EXCEEDED) {
        fz_json_out_text(out, "limit", is_of_day ? "per_day" : "per_payment");
    }
    if (!fz_id_is_zero(&result->id)) {
        fz_json_out_id(out, "operation_id", &result->id);
    }
    if (result->rc == FZ_REFUND_EXCEEDS) {
        fz_json_out_number(out, "refundable", result->value);
    }
    if (is_of_day) {
        fz_json_out_time(out, "resets_at", result->value);
    }
    if (result->rc == FZ_SUSPECTED_DUPLICATE) {
        fz_json_out_number(out, "seconds_ago", result->value);
    }
    if (is_short) {
        fz_json_out_number(out, "shortfall", result->amount - result->value);
    }
    put_state(out, result);
    fz_json_out_end_object(out);
}

/* Takes the braces off an object, which leaves its members. */
static const char *members_of(struct fz_json_out *object)
{
    fz_assert(object->len >= 2);
    object->text[object->len - 1] = '\0';
    return object->text + 1;
}

static void put_refusal(struct fz_json_out *out, const struct fz_result *result)
{
    struct fz_json_out facts;
    char problem[FZ_PROBLEM_MAX];
    fz_json_out_init(&facts);
    put_refusal_facts(&facts, result);
    if (facts.failed) {
        out->failed = true;
    } else {
        size_t len =
            fz_problem_write(problem, sizeof(problem), result->rc, NULL, members_of(&facts));
        fz_json_out_raw(out, NULL, problem, len);
    }
    fz_json_out_fini(&facts);
}

int fz_render_result(struct fz_json_out *out,
                     const struct fz_result *result,
                     const struct fz_shown *shown)
{
    if (result->rc != FZ_OK) {
        put_refusal(out, result);
        return fz_rc_info(result->rc)->http_status;
    }
    fz_assert(fz_render_needs_shown(result) == (shown != NULL));
    if (result->type == FZ_COMMAND_INTENT) {
        put_new_intent(out, result, shown);
    } else if (result->type == FZ_COMMAND_CODE) {
        put_new_code(out, result, shown);
    } else if (result->type == FZ_COMMAND_LIMITS) {
        put_limits(out, result);
    } else if (result->type == FZ_COMMAND_TOMBSTONE) {
        put_tombstone(out, result);
    } else {
        put_operation(out, result);
    }
    return is_held(result) ? STATUS_ACCEPTED : STATUS_CREATED;
}

static const char *status_word(const struct fz_result *result)
{
    if (result->rc != FZ_OK) {
        return "REJECTED";
    }
    if (is_held(result)) {
        return "HELD";
    }
    return result->type == FZ_COMMAND_TOMBSTONE ? "TOMBSTONED" : "DONE";
}

void fz_render_inquiry(struct fz_json_out *out,
                       const char *name,
                       const struct fz_result *result,
                       const struct fz_shown *shown)
{
    struct fz_json_out answer;
    fz_json_out_init(&answer);
    int http_status = fz_render_result(&answer, result, shown);
    if (answer.failed) {
        out->failed = true;
    } else {
        fz_json_out_object(out, name);
        fz_json_out_number(out, "http_status", http_status);
        fz_json_out_text(out, "kind", fz_command_info((int)result->type)->slug);
        fz_json_out_id(out, "operation_id", &result->id);
        fz_json_out_raw(out, "result", answer.text, answer.len);
        fz_json_out_text(out, "status", status_word(result));
        fz_json_out_end_object(out);
    }
    fz_json_out_fini(&answer);
}

void fz_render_conflict(struct fz_json_out *out,
                        const struct fz_result *refused,
                        const struct fz_result *earlier,
                        const struct fz_shown *shown)
{
    struct fz_json_out problem;
    fz_json_out_init(&problem);
    put_refusal(&problem, refused);
    if (problem.failed) {
        out->failed = true;
    } else {
        /* the members of the problem, then one more */
        fz_json_out_raw(out, NULL, problem.text, problem.len - 1);
        fz_render_inquiry(out, "final_state", earlier, shown);
        fz_json_out_end_object(out);
    }
    fz_json_out_fini(&problem);
}
