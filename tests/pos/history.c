/*
 * tests/pos: the paper switch with a history.
 */
#include "tests/pos/history.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "merchant-pos/core/journal.h"

struct paper paper;
const struct item *history;
size_t history_len;
size_t pages_asked;
size_t intents_asked;

struct fz_pos_difference found[16];
size_t found_count;

static void id_text(uint8_t byte, char out[FZ_ID_TEXT_LEN + 1])
{
    struct fz_id id;

    memset(id.bytes, byte, sizeof id.bytes);
    fz_id_format(&id, out);
}

static void add_item(char *out, size_t size, size_t *len, const struct item *item)
{
    char operation[FZ_ID_TEXT_LEN + 1], intent[FZ_ID_TEXT_LEN + 1];

    id_text(item->operation, operation);
    id_text(item->intent, intent);
    *len += (size_t)snprintf(
        out + *len, size - *len,
        "%s{\"number\":%lld,\"operation_id\":\"%s\",\"kind\":\"%s\",\"direction\":\"in\","
        "\"amount\":%lld,\"balance\":0,\"intent_id\":\"%s\","
        "\"at\":\"2026-12-%02dT%02d:00:00.000Z\"}",
        out[*len - 1] == '[' ? "" : ",", (long long)item->number, operation, item->kind,
        (long long)item->amount, intent, item->at_ms < 0 ? 0 : 1 + (int)(item->at_ms / DAY_MS),
        (int)(item->at_ms / 3600000 % 24));
}

static void answer_history(const char *query, char *out, size_t size)
{
    long long before = INT64_MAX;
    size_t len, count = 0, i;

    pages_asked++;
    cr_assert_eq(strncmp(query, "?limit=20", 9), 0);
    if (strstr(query, "&before=") != NULL) {
        cr_assert_eq(sscanf(strstr(query, "&before="), "&before=%lld", &before), 1);
    }
    len = (size_t)snprintf(out, size, "{\"items\":[");
    for (i = 0; i < history_len && count < 20; i++) {
        if (history[i].number < before) {
            add_item(out, size, &len, &history[i]);
            count++;
        }
    }
    if (i < history_len) {
        snprintf(out + len, size - len, "],\"next\":%lld}", (long long)history[i - 1].number);
    } else {
        snprintf(out + len, size - len, "],\"next\":null}");
    }
}

static void answer_intent(const char *path, char *out, size_t size)
{
    char intent[FZ_ID_TEXT_LEN + 1];

    intents_asked++;
    for (size_t i = 0; i < history_len; i++) {
        id_text(history[i].intent, intent);
        if (strstr(path, intent) != NULL) {
            bool is_sticker = history[i].terminal[0] == '*';

            snprintf(out, size,
                     "{\"intent_id\":\"%s\",\"state\":\"COMPLETED\",\"amount\":1,\"refunded\":0,"
                     "\"shop\":{\"id\":\"M00000042\",\"name\":\"店\"},\"terminal\":\"%s\","
                     "\"qr\":\"\",\"expires_at\":\"%s\",\"number\":1,\"paid_at\":\"" PAID_AT "\"}",
                     intent, history[i].terminal + is_sticker,
                     is_sticker ? PAID_AT : "2026-12-01T00:02:05.250Z");
            return;
        }
    }
    cr_assert_fail("no such intent: %s", path);
}

static fz_rc history_send(void *ctx,
                          const struct fz_pos_request *request,
                          struct fz_pos_reply *reply,
                          struct fz_err *err)
{
    (void)ctx, (void)err;
    cr_assert_str_eq(request->method, "GET");
    if (strcmp(request->path, "/v1/history") == 0) {
        answer_history(request->query, reply->body, reply->body_size);
    } else {
        answer_intent(request->path, reply->body, reply->body_size);
    }
    reply->status = 200;
    reply->body_len = strlen(reply->body);
    return FZ_OK;
}

void open_day(const struct item *items, size_t count)
{
    paper_open(&paper, 1000);
    paper.pos.ports.send = history_send;
    paper.ports.send = history_send;
    history = items;
    history_len = count;
    pages_asked = 0;
    intents_asked = 0;
    found_count = 0;
}

/* Journals an operation of ours as it would be after it was booked, or in another state. */
void journal(enum fz_pos_kind kind, enum fz_pos_state state, const struct item *item)
{
    struct fz_pos_operation op = {.kind = kind,
                                  .state = state,
                                  .amount = item->amount,
                                  .number = item->number,
                                  .prepared_at_ms = PAPER_START_MS + item->at_ms,
                                  .booked_at_ms = PAPER_START_MS + item->at_ms};

    memset(op.id.bytes, kind == FZ_POS_SALE ? item->intent : item->operation, sizeof op.id.bytes);
    memset(op.intent.bytes, item->intent, sizeof op.intent.bytes);
    if (state < FZ_POS_PAID) {
        op.booked_at_ms = 0;
        op.number = 0;
    }
    fz_journal_encode(&op, paper.journal + paper.journal_len);
    paper.journal_len += FZ_POS_FRAME_SIZE;
}

void take_difference(const struct fz_pos_difference *difference, void *ctx)
{
    (void)ctx;
    cr_assert_lt(found_count, 16);
    found[found_count++] = *difference;
}

void reopen_day(void)
{
    paper_reboot(&paper);
    found_count = 0;
}
