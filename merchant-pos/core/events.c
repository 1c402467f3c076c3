/*
 * merchant-pos/core: what happens on the account, in the ledger's order and resumable by position.
 */
#include <string.h>

#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/back_off.h"
#include "merchant-pos/core/text.h"

#define HOLD_MAX_S 30

static enum fz_pos_event_kind kind_of(const char *type)
{
    return strcmp(type, "payment.completed") == 0  ? FZ_POS_EVENT_PAYMENT
           : strcmp(type, "payment.voided") == 0   ? FZ_POS_EVENT_VOID
           : strcmp(type, "payment.refunded") == 0 ? FZ_POS_EVENT_REFUND
                                                   : FZ_POS_EVENT_OTHER;
}

/* The other side, where the switch tells: never the payer to a shop. */
static void read_party(struct fz_json object, struct fz_pos_event *event)
{
    struct fz_json party;
    char name[FZ_POS_NAME_MAX * 4];

    if (!fz_json_get(object, "counterparty", &party)) {
        return;
    }
    if (!fz_answer_text(party, "id", event->party, sizeof event->party)) {
        event->party[0] = '\0';
    }
    if (fz_answer_text(party, "name", name, sizeof name)) {
        fz_text_copy(event->party_name, sizeof event->party_name, name, strlen(name));
    }
}

static bool read_event(struct fz_json object, struct fz_pos_event *event)
{
    char direction[8];

    memset(event, 0, sizeof *event);
    if (!fz_answer_int(object, "seq", &event->seq) || event->seq <= 0 ||
        !fz_answer_text(object, "type", event->type, sizeof event->type) ||
        !fz_answer_id(object, "operation_id", &event->operation) ||
        !fz_answer_int(object, "amount", &event->amount) ||
        !fz_answer_time(object, "at", &event->at_ms) ||
        !fz_answer_text(object, "direction", direction, sizeof direction)) {
        return false;
    }
    event->kind = kind_of(event->type);
    event->is_in = strcmp(direction, "in") == 0;
    if (!fz_answer_id(object, "intent_id", &event->intent)) {
        memset(&event->intent, 0, sizeof event->intent);
    }
    if (!fz_answer_text(object, "terminal", event->terminal, sizeof event->terminal)) {
        event->terminal[0] = '\0';
    }
    read_party(object, event);
    return true;
}

/* Hands the events over one by one; what was not taken stays ahead of *position. */
static fz_rc hand_over(
    struct fz_json root, int64_t *position, fz_pos_event_fn each, void *ctx, struct fz_err *err)
{
    struct fz_json events, object;
    size_t at = 0;

    if (!fz_json_get(root, "events", &events)) {
        return fz_fail(err, FZ_FORMAT, "the switch's events are malformed");
    }
    while (fz_json_next(events, &at, &object)) {
        struct fz_pos_event event;

        if (!read_event(object, &event) || event.seq <= *position) {
            return fz_fail(err, FZ_FORMAT, "the switch's events are malformed or out of order");
        }
        if (!each(&event, ctx)) {
            return FZ_OK;
        }
        *position = event.seq;
    }
    return FZ_OK;
}

fz_rc fz_pos_events(struct fz_pos *pos,
                    int64_t *position,
                    uint32_t hold_s,
                    fz_pos_event_fn each,
                    void *ctx,
                    struct fz_err *err)
{
    struct fz_exchange_answer answer;
    struct fz_text query;
    char query_text[96];
    uint32_t held_s = hold_s < HOLD_MAX_S ? hold_s : HOLD_MAX_S;

    fz_text_init(&query, query_text, sizeof query_text);
    fz_text_add(&query, "?after=");
    fz_text_add_int(&query, *position);
    fz_text_add(&query, "&limit=");
    fz_text_add_int(&query, FZ_POS_HISTORY_PAGE);
    fz_text_add(&query, "&wait=");
    fz_text_add_int(&query, held_s);
    struct fz_exchange_call call = {
        .method = "GET", .path = "/v1/events", .query = query_text, .hold_ms = held_s * 1000};
    fz_rc rc = fz_back_off_call(pos, &call, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        return fz_fail(err, answer.rc, "the switch gave no events");
    }
    return hand_over(answer.root, position, each, ctx, err);
}

fz_rc fz_pos_events_now(struct fz_pos *pos, int64_t *position_out, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    struct fz_json items, item;
    size_t at = 0;
    fz_rc rc = fz_back_off_get(pos, "/v1/history", "?limit=1", &answer, err);

    *position_out = 0;
    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        return fz_fail(err, answer.rc, "the switch gave no history");
    }
    if (!fz_json_get(answer.root, "items", &items)) {
        return fz_fail(err, FZ_FORMAT, "the switch's history is malformed");
    }
    if (fz_json_next(items, &at, &item) && !fz_answer_int(item, "number", position_out)) {
        return fz_fail(err, FZ_FORMAT, "the switch's history is malformed");
    }
    return FZ_OK;
}
