/*
 * The endpoints with nothing behind them, see the header. Stands in for switch/engine,
 * ledger/store's reader, the server, and the clock.
 */
#include "tests/fuzz/api_world.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "switch/api/routes.h"
#include "switch/api/state.h"
#include "switch/http/config.h"
#include "switch/http/log.h"
#include "switch/http/route.h"

#define NOW_US 1796083200000000LL

static struct fz_api *api;
static struct api_outcome *current;
static unsigned replies;

/* What was asked and is still to be answered. */
static struct fz_job *job_asked;
static void (*answer_asked)(void);
static void *ctx_asked;
static union {
    fz_credential_done credential;
    fz_intent_done intent;
    fz_events_done events;
    fz_operation_done operation;
    fz_receipt_done receipt;
    fz_balance_done balance;
    fz_history_done history;
    fz_past_done past;
    fz_money_done money;
    fz_shop_done shop;
    fz_paycode_done paycode;
} done_asked;
static struct fz_id intent_asked;

static void ask(enum api_asked asked, void *ctx, void (*answer)(void))
{
    fz_assert(answer_asked == NULL && job_asked == NULL);
    current->asked = asked;
    ctx_asked = ctx;
    answer_asked = answer;
}

/* --- the clock, the server -------------------------------------------------------------------- */

int64_t fz_api_wall_us(void)
{
    return NOW_US;
}

int64_t fz_api_monotonic_us(void)
{
    return NOW_US;
}

bool fz_server_is_draining(const struct fz_server *server)
{
    (void)server;
    return false;
}

void fz_server_pass(struct fz_request *request)
{
    (void)request;
    FZ_UNREACHABLE(); /* the gate is not part of this */
}

/* --- the engine ------------------------------------------------------------------------------- */

fz_rc fz_engine_submit(struct fz_engine *engine, struct fz_job *job)
{
    (void)engine;
    fz_assert(answer_asked == NULL && job_asked == NULL);
    current->asked = API_COMMAND;
    current->command = job->command;
    if (job->command.note != NULL) {
        size_t len = strlen(job->command.note);
        fz_assert(len < sizeof(current->note));
        memcpy(current->note, job->command.note, len + 1);
        current->command.note = current->note;
    }
    job_asked = job;
    return FZ_OK;
}

bool fz_engine_is_ready(const struct fz_engine *engine)
{
    (void)engine;
    return true;
}

bool fz_reader_is_ready(const struct fz_reader *reader)
{
    (void)reader;
    return true;
}

/* --- the reader ------------------------------------------------------------------------------- */

static void answer_credential(void)
{
    done_asked.credential(ctx_asked, FZ_UNAVAILABLE, NULL);
}

void fz_read_credential(struct fz_reader *reader,
                        int32_t community,
                        const char *key_id,
                        fz_credential_done done,
                        void *ctx)
{
    (void)reader;
    (void)community;
    (void)key_id;
    done_asked.credential = done;
    ask(API_ENROLMENT, ctx, answer_credential);
}

void fz_store_enrol(struct fz_reader *reader,
                    const struct fz_enrolment *enrolment,
                    fz_credential_done done,
                    void *ctx)
{
    (void)reader;
    fz_assert(enrolment->label != NULL);
    done_asked.credential = done;
    ask(API_ENROLMENT, ctx, answer_credential);
}

/* An intent of our shop that is paid: so that its events are asked for. */
static void answer_intent(void)
{
    struct fz_intent_row row = {.id = intent_asked,
                                .shop = API_SHOP,
                                .amount = 100,
                                .created_us = NOW_US,
                                .expires_us = NOW_US,
                                .paid_us = NOW_US,
                                .number = 1,
                                .payer = API_RESIDENT,
                                .terminal = API_TERMINAL,
                                .state = FZ_STATE_COMPLETED,
                                .reference = "",
                                .shop_name = "店",
                                .qr = ""};
    done_asked.intent(ctx_asked, FZ_OK, &row);
}

void fz_read_intent(struct fz_reader *reader,
                    int32_t community,
                    const struct fz_id *id,
                    fz_intent_done done,
                    void *ctx)
{
    (void)reader;
    (void)community;
    done_asked.intent = done;
    intent_asked = *id;
    ask(API_INTENT, ctx, answer_intent);
}

static void answer_events(void)
{
    done_asked.events(ctx_asked, FZ_UNAVAILABLE, NULL, 0);
}

void fz_read_intent_events(struct fz_reader *reader,
                           int32_t community,
                           const struct fz_id *intent,
                           int64_t after,
                           fz_events_done done,
                           void *ctx)
{
    (void)reader;
    (void)community;
    (void)intent;
    done_asked.events = done;
    ask(API_EVENTS, ctx, answer_events);
    current->after = after;
}

void fz_read_community_events(
    struct fz_reader *reader, int32_t community, int64_t after, fz_events_done done, void *ctx)
{
    (void)reader;
    (void)community;
    (void)after;
    (void)done;
    (void)ctx;
    FZ_UNREACHABLE(); /* no hints come */
}

void fz_read_community_moves(
    struct fz_reader *reader, int32_t community, int64_t after, fz_moves_done done, void *ctx)
{
    (void)reader;
    (void)community;
    (void)after;
    (void)done;
    (void)ctx;
    FZ_UNREACHABLE(); /* no hints come */
}

static void answer_money(void)
{
    done_asked.money(ctx_asked, FZ_UNAVAILABLE, NULL, 0);
}

void fz_read_money(struct fz_reader *reader,
                   int32_t community,
                   const struct fz_money_page *page,
                   fz_money_done done,
                   void *ctx)
{
    (void)reader;
    (void)community;
    done_asked.money = done;
    ask(API_MONEY, ctx, answer_money);
    current->after = page->after;
    current->limit = page->limit;
}

static void answer_shop(void)
{
    done_asked.shop(ctx_asked, FZ_NOT_FOUND, NULL);
}

void fz_read_shop(struct fz_reader *reader,
                  int32_t community,
                  int64_t shop,
                  unsigned newest,
                  fz_shop_done done,
                  void *ctx)
{
    (void)reader;
    (void)community;
    (void)shop;
    (void)newest;
    done_asked.shop = done;
    ask(API_SHOP_ROW, ctx, answer_shop);
}

static void answer_paycode(void)
{
    done_asked.paycode(ctx_asked, FZ_UNAVAILABLE, NULL);
}

void fz_read_paycode(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *id,
                     const uint8_t hash[FZ_CODE_HASH_LEN],
                     fz_paycode_done done,
                     void *ctx)
{
    (void)reader;
    (void)community;
    (void)id;
    (void)hash;
    done_asked.paycode = done;
    ask(API_PAYCODE, ctx, answer_paycode);
}

static void answer_operation(void)
{
    done_asked.operation(ctx_asked, FZ_UNAVAILABLE, NULL);
}

void fz_read_operation(struct fz_reader *reader,
                       int32_t community,
                       const struct fz_id *id,
                       fz_operation_done done,
                       void *ctx)
{
    (void)reader;
    (void)community;
    (void)id;
    done_asked.operation = done;
    ask(API_OPERATION, ctx, answer_operation);
}

static void answer_receipt(void)
{
    done_asked.receipt(ctx_asked, FZ_UNAVAILABLE, NULL);
}

void fz_read_receipt(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *payment,
                     fz_receipt_done done,
                     void *ctx)
{
    (void)reader;
    (void)community;
    (void)payment;
    done_asked.receipt = done;
    ask(API_RECEIPT, ctx, answer_receipt);
}

static void answer_balance(void)
{
    done_asked.balance(ctx_asked, FZ_UNAVAILABLE, NULL);
}

void fz_read_balance(
    struct fz_reader *reader, int32_t community, int64_t account, fz_balance_done done, void *ctx)
{
    (void)reader;
    (void)community;
    (void)account;
    done_asked.balance = done;
    ask(API_BALANCE, ctx, answer_balance);
}

static void answer_history(void)
{
    done_asked.history(ctx_asked, FZ_UNAVAILABLE, NULL, 0);
}

void fz_read_history(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_history_page *page,
                     fz_history_done done,
                     void *ctx)
{
    (void)reader;
    (void)community;
    done_asked.history = done;
    ask(API_HISTORY, ctx, answer_history);
    current->before = page->before;
    current->limit = page->limit;
}

static void answer_past(void)
{
    done_asked.past(ctx_asked, FZ_UNAVAILABLE, NULL, 0);
}

void fz_read_past(struct fz_reader *reader,
                  int32_t community,
                  const struct fz_past_query *query,
                  fz_past_done done,
                  void *ctx)
{
    (void)reader;
    (void)community;
    (void)query;
    done_asked.past = done;
    ask(API_PAST, ctx, answer_past);
}

/* --- a request -------------------------------------------------------------------------------- */

/* What a shop's QR code needs, so that creating an intent does not have to ask for it. */
static void know_shop(void)
{
    struct fz_credential credential = {.key_id = "",
                                       .community = 1,
                                       .terminal = API_TERMINAL,
                                       .role = FZ_ROLE_TERMINAL,
                                       .party = API_SHOP,
                                       .party_name = "まちの喫茶店",
                                       .community_name = "町",
                                       .qr_guid = "jp.example.feezero",
                                       .registration_number = "",
                                       .name_latin = "MACHI CAFE",
                                       .city_latin = "MACHI",
                                       .postal_code = "1000001",
                                       .category_code = "5812"};
    fz_profiles_put(api->profiles, &credential, NOW_US);
}

static void start(void)
{
    fz_assert(fz_log_open("fuzz", "", FZ_LOG_ERROR, NULL) == FZ_OK);
    static const struct fz_config config = {.public_url = "https://localhost:8443"};
    api = calloc(1, sizeof(*api));
    fz_assert(api != NULL);
    api->config = &config;
    api->base = event_base_new();
    fz_assert(api->base != NULL);
    fz_assert(fz_profiles_create(&api->profiles, NULL) == FZ_OK);
    fz_assert(fz_waiters_create(&api->waiters, NULL) == FZ_OK);
    fz_assert(fz_code_key_create((const uint8_t[FZ_CODE_KEY_LEN]){1}, &api->code_key, NULL) ==
              FZ_OK);
    know_shop();
}

static void expect_problem(struct api_outcome *outcome)
{
    const char *slug = json_string_value(json_object_get(outcome->body, "code"));
    const struct fz_rc_info *info = slug != NULL ? fz_rc_by_slug(slug) : NULL;
    fz_assert(info != NULL && info->http_status == outcome->status);
    fz_assert(json_integer_value(json_object_get(outcome->body, "status")) == outcome->status);
    fz_assert(json_boolean_value(json_object_get(outcome->body, "retryable")) == info->retryable);
    outcome->detail = json_string_value(json_object_get(outcome->body, "detail"));
    fz_assert(outcome->detail != NULL && outcome->detail[0] != '\0');
    fz_assert(json_string_length(json_object_get(outcome->body, "title")) > 0);
    fz_assert(json_string_length(json_object_get(outcome->body, "title_ja")) > 0);
    outcome->code_value = info->rc;
    outcome->code = &outcome->code_value;
}

static void on_send(void *carrier, struct fz_request *request, const struct fz_reply *reply)
{
    (void)carrier;
    (void)request;
    replies++;
    current->status = reply->status;
    current->body = json_loadb(reply->body, reply->body_len, JSON_REJECT_DUPLICATES, NULL);
    fz_assert(json_is_object(current->body));
    if (reply->status >= 400) {
        fz_assert(strcmp(reply->content_type, "application/problem+json") == 0);
        expect_problem(current);
    }
}

static void on_finished(void *owner)
{
    (void)owner;
}

static const struct fz_transport transport = {.send = on_send, .finished = on_finished};

static enum fz_method method_of(const char *text)
{
    return strcmp(text, "GET") == 0    ? FZ_METHOD_GET
           : strcmp(text, "POST") == 0 ? FZ_METHOD_POST
                                       : FZ_METHOD_PUT;
}

static struct fz_caller caller_of(enum fz_role role)
{
    bool is_resident = role == FZ_ROLE_RESIDENT;
    return (struct fz_caller){.party = is_resident ? API_RESIDENT : API_SHOP,
                              .community = 1,
                              .terminal = role == FZ_ROLE_TERMINAL ? API_TERMINAL : 0,
                              .role = role};
}

static void handle(struct fz_request *request, enum fz_role role)
{
    const struct fz_route_table table = {fz_api_routes, fz_api_routes_len, api};
    struct fz_route_match match;
    struct fz_call *call = NULL;
    fz_assert(fz_route_find(&table, 1, request->method, request->state->segments, &match) == FZ_OK);
    request->route = match.route;
    request->captures_len = match.captures_len;
    memcpy(request->captures, match.captures, sizeof(request->captures));
    fz_assert(fz_call_create(api, request, &call) == FZ_OK);
    call->caller = caller_of(role);
    match.route->handler(request, api);
    while (answer_asked != NULL || job_asked != NULL) {
        struct fz_job *job = job_asked;
        void (*answer)(void) = answer_asked;
        job_asked = NULL;
        answer_asked = NULL;
        if (job != NULL) {
            job->done(job, FZ_UNAVAILABLE);
        } else {
            answer();
        }
    }
}

void api_send(enum fz_role role,
              const char *method,
              const char *target,
              const void *body,
              size_t body_len,
              struct api_outcome *outcome)
{
    static const struct fz_field fields[] = {{"Host", "town.example"},
                                             {"Content-Type", "application/json"}};
    struct fz_request_parts parts = {.method = method_of(method),
                                     .method_text = method,
                                     .target = target,
                                     .peer = "192.0.2.7",
                                     .fields = fields,
                                     .fields_len = 2,
                                     .body = body,
                                     .body_len = body_len};
    struct fz_request *request = NULL;
    if (api == NULL) {
        start();
    }
    *outcome = (struct api_outcome){.asked = API_NOTHING};
    current = outcome;
    replies = 0;
    fz_assert(fz_request_create(&parts, &transport, NULL, NULL, &request) == FZ_OK);
    handle(request, role);
    fz_assert(replies == 1 && api->calls == NULL);
}

void api_outcome_fini(struct api_outcome *outcome)
{
    json_decref(outcome->body);
    outcome->body = NULL;
}

const char *api_field(const struct api_outcome *outcome)
{
    const char *field = json_string_value(json_object_get(outcome->body, "field"));
    return field != NULL ? field : "";
}
