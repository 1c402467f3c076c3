/*
 * Room switch/api. Decided answers. Members stand in alphabetical order.
 */
#include "switch/api/render.h"

#include <string.h>

#include "feezero/assert.h"
#include "switch/api/text.h"
#include "switch/http/problem.h"

#define STATUS_CREATED 201

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
    fz_json_out_text(out, "state",
                     is_payout(result->type)
                         ? fz_payout_state_name((enum fz_payout_state)result->state)
                         : fz_intent_state_name((enum fz_intent_state)result->state));
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
    if (result->payee != 0) {
        put_party(out, "to", FZ_LETTER_RESIDENT, result->payee);
    }
    fz_json_out_end_object(out);
}

/* The intent as it was created; how it went on is another question. */
static void put_new_intent(struct fz_json_out *out,
                           const struct fz_result *result,
                           const struct fz_shown *shown)
{
    fz_json_out_object(out, NULL);
    fz_json_out_number(out, "amount", result->amount);
    fz_json_out_time(out, "created_at", result->time_us);
    fz_json_out_text(out, "currency", "JPY");
    fz_json_out_time(out, "expires_at", result->expires_us);
    fz_json_out_id(out, "intent_id", &result->id);
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
    fz_json_out_object(out, NULL);
    if (result->rc == FZ_INSUFFICIENT_FUNDS) {
        fz_json_out_number(out, "balance", result->value);
    }
    if (!fz_id_is_zero(&result->id)) {
        fz_json_out_id(out, "operation_id", &result->id);
    }
    if (result->rc == FZ_REFUND_EXCEEDS) {
        fz_json_out_number(out, "refundable", result->value);
    }
    if (result->rc == FZ_INSUFFICIENT_FUNDS) {
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
    if (result->type == FZ_COMMAND_INTENT) {
        fz_assert(shown != NULL);
        put_new_intent(out, result, shown);
    } else if (result->type == FZ_COMMAND_TOMBSTONE) {
        put_tombstone(out, result);
    } else {
        put_operation(out, result);
    }
    return STATUS_CREATED;
}

static const char *status_word(const struct fz_result *result)
{
    if (result->rc != FZ_OK) {
        return "REJECTED";
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
