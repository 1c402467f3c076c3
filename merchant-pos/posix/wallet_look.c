/*
 * merchant-pos/posix: looking things up: balance, history, receipts, operations. With --json the
 * switch's own answer is printed, on one line.
 */
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/core/exchange.h"
#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/wallet.h"

static struct fz_id wanted;
static int64_t limit = FZ_POS_HISTORY_PAGE;
static int64_t before;

/*
 * One GET. On FZ_EXIT_DONE *answer_out is the parsed body, owned by the caller; else everything has
 * been said.
 */
static enum fz_exit
get(struct fz_session *session, const char *path, const char *query, json_t **answer_out)
{
    const struct fz_say *say = &session->say;
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_view view;
    json_error_t json_error;
    fz_rc rc = fz_pos_get(&session->machine->pos, path, query, &view, &err);

    *answer_out = NULL;
    if (rc != FZ_OK) {
        return fz_say_failure(say, rc, &err);
    }
    if (view.rc != FZ_OK) {
        return fz_say_refusal(say, view.rc, session->machine->trouble.msg);
    }
    *answer_out = json_loadb(view.body, view.body_len, JSON_REJECT_DUPLICATES, &json_error);
    if (*answer_out == NULL) {
        rc = fz_fail(&err, FZ_FORMAT, "the switch's answer is no JSON: %s", json_error.text);
        return fz_say_failure(say, rc, &err);
    }
    return FZ_EXIT_DONE;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void say_amount(const struct fz_say *say, enum fz_phrase label, int64_t amount)
{
    char text[FZ_SAY_AMOUNT_SIZE];

    fz_say_amount(say, amount, text);
    fz_say_field(say, label, text);
}

static void say_number(const struct fz_say *say, enum fz_phrase label, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    fz_say_field(say, label, text);
}

/* A time of the switch in the town's time; as it came if it is none. */
static void local_time(const struct fz_say *say, const char *wire, char out[FZ_TIMESTAMP_LEN + 8])
{
    int64_t ms;

    if (fz_timestamp_parse(wire, &ms)) {
        fz_say_time(say, ms, out);
    } else {
        snprintf(out, FZ_TIMESTAMP_LEN + 8, "%.24s", wire);
    }
}

static enum fz_exit balance(struct fz_session *session)
{
    const struct fz_say *say = &session->say;
    json_t *answer;
    enum fz_exit result = get(session, "/v1/balance", NULL, &answer);

    if (result != FZ_EXIT_DONE) {
        return result;
    }
    if (say->options->json) {
        fz_say_json(answer);
        return result;
    }
    say_amount(say, FZ_PHRASE_BALANCE, number_of(answer, "balance"));
    say_amount(say, FZ_PHRASE_AVAILABLE, number_of(answer, "available"));
    json_decref(answer);
    return result;
}

enum fz_exit fz_wallet_balance(const struct fz_options *options)
{
    return fz_session_run(options, FZ_WALLET_ROLE, balance);
}

static void say_item(const struct fz_say *say, const json_t *item)
{
    const json_t *party = json_object_get(item, "counterparty");
    bool is_out = strcmp(text_of(item, "direction"), "out") == 0;
    char time[FZ_TIMESTAMP_LEN + 8], amount[FZ_SAY_AMOUNT_SIZE];

    if (say->options->json) {
        fz_say_json(json_deep_copy(item));
        return;
    }
    local_time(say, text_of(item, "at"), time);
    fz_say_amount(say, number_of(item, "amount"), amount);
    printf("%6lld  %s  %-8s %s%14s  %s %s\n", (long long)number_of(item, "number"), time,
           text_of(item, "kind"), is_out ? "-" : "+", amount, text_of(party, "id"),
           text_of(party, "name"));
}

/* Prints one page; *next_out is where the next begins, 0 at the end. */
static enum fz_exit history_page(struct fz_session *session, int64_t *left, int64_t *next_out)
{
    char query[64];
    int64_t count = *left < FZ_POS_HISTORY_PAGE ? *left : FZ_POS_HISTORY_PAGE;
    json_t *answer;
    size_t index;
    const json_t *item;

    snprintf(query, sizeof query, "?limit=%lld%s%.0lld", (long long)count,
             *next_out > 0 ? "&before=" : "", (long long)*next_out);
    enum fz_exit result = get(session, "/v1/history", query, &answer);

    if (result != FZ_EXIT_DONE) {
        return result;
    }
    json_array_foreach(json_object_get(answer, "items"), index, item)
    {
        say_item(&session->say, item);
    }
    *left -= count;
    *next_out = number_of(answer, "next");
    json_decref(answer);
    return result;
}

static enum fz_exit history(struct fz_session *session)
{
    enum fz_exit result = FZ_EXIT_DONE;
    int64_t left = limit;
    int64_t next = before;

    do {
        result = history_page(session, &left, &next);
    } while (result == FZ_EXIT_DONE && left > 0 && next > 0);
    return result;
}

enum fz_exit fz_wallet_history(const struct fz_options *options)
{
    const char *limit_text = options->text[FZ_OPTION_LIMIT];
    const char *before_text = options->text[FZ_OPTION_BEFORE];

    if (limit_text != NULL && !fz_options_number(limit_text, 1, 100000, &limit)) {
        return fz_options_wrong("--limit is 1 to 100000", limit_text);
    }
    if (before_text != NULL && !fz_options_number(before_text, 1, INT64_MAX, &before)) {
        return fz_options_wrong("--before is a number of an entry", before_text);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, history);
}

static void say_receipt(const struct fz_say *say, const json_t *answer)
{
    const json_t *shop = json_object_get(answer, "shop");
    char text[256];

    snprintf(text, sizeof text, "%s (%s)", text_of(shop, "name"), text_of(shop, "id"));
    fz_say_field(say, FZ_PHRASE_SHOP, text);
    fz_say_field(say, FZ_PHRASE_REGISTRATION, text_of(shop, "registration_number"));
    fz_say_field(say, FZ_PHRASE_TERMINAL, text_of(answer, "terminal"));
    say_amount(say, FZ_PHRASE_AMOUNT, number_of(answer, "amount"));
    say_amount(say, FZ_PHRASE_FEE, number_of(answer, "fee"));
    say_amount(say, FZ_PHRASE_REFUNDED, number_of(answer, "refunded"));
    fz_say_field(say, FZ_PHRASE_STATE, text_of(answer, "state"));
    say_number(say, FZ_PHRASE_NUMBER, number_of(answer, "number"));
    local_time(say, text_of(answer, "paid_at"), text);
    fz_say_field(say, FZ_PHRASE_TIME, text);
    fz_say_field(say, FZ_PHRASE_REFERENCE, text_of(answer, "reference"));
    fz_say_field(say, FZ_PHRASE_SALE_ID, text_of(answer, "intent_id"));
    fz_say_field(say, FZ_PHRASE_OPERATION_ID, text_of(answer, "operation_id"));
}

static enum fz_exit receipt(struct fz_session *session)
{
    json_t *answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "receipts", &wanted, "");
    enum fz_exit result = get(session, path, NULL, &answer);

    if (result == FZ_EXIT_DONE && session->options->json) {
        fz_say_json(answer);
    } else if (result == FZ_EXIT_DONE) {
        say_receipt(&session->say, answer);
        json_decref(answer);
    }
    return result;
}

enum fz_exit fz_wallet_receipt(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &wanted)) {
        return fz_options_wrong("OPERATION is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, receipt);
}

static void say_operation(const struct fz_say *say, const json_t *answer)
{
    const json_t *result = json_object_get(answer, "result");
    const char *title = text_of(result, say->options->language == FZ_POS_JA ? "title_ja" : "title");

    printf("%s %s\n", text_of(answer, "kind"), text_of(answer, "status"));
    fz_say_field(say, FZ_PHRASE_STATE, title);
    if (number_of(result, "amount") != 0) {
        say_amount(say, FZ_PHRASE_AMOUNT, number_of(result, "amount"));
    }
    if (number_of(result, "number") != 0) {
        say_number(say, FZ_PHRASE_NUMBER, number_of(result, "number"));
    }
    fz_say_field(say, FZ_PHRASE_OPERATION_ID, text_of(answer, "operation_id"));
}

static enum fz_exit operation(struct fz_session *session)
{
    json_t *answer;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "operations", &wanted, "");
    enum fz_exit result = get(session, path, NULL, &answer);

    if (result == FZ_EXIT_DONE && session->options->json) {
        fz_say_json(answer);
    } else if (result == FZ_EXIT_DONE) {
        say_operation(&session->say, answer);
        json_decref(answer);
    }
    return result;
}

enum fz_exit fz_wallet_operation(const struct fz_options *options)
{
    if (!fz_options_id(options->arguments[0], &wanted)) {
        return fz_options_wrong("OPERATION is a lower-case UUID", options->arguments[0]);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, operation);
}
