/*
 * load: one request of a measuring run and the judgement of its answer. Nothing is sent twice here;
 * what is not answered is left for settle.c.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "feezero/limits.h"
#include "load/fields.h"
#include "load/play_internal.h"
#include "load/verdict.h"
#include "load/writer.h"

/* --- what is asked ---------------------------------------------------------------------------- */

struct fz_id fz_play_new_id(struct fz_play *play)
{
    uint8_t random[10];
    struct timespec now;
    struct fz_err err = {.rc = FZ_OK};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (fz_random(random, sizeof(random), &err) != FZ_OK) {
        fz_run_fail(play->run, FZ_CRYPTO, &err);
    }
    return fz_id_v7((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000, random);
}

fz_rc fz_play_draw_order(struct fz_play *play, struct fz_err *err)
{
    const struct fz_scenario *scenario = &play->scenario;
    const struct fz_town *town = &play->run->town;
    fz_rc rc = fz_orders_add(&play->orders, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_order *order = &play->orders.all[play->orders.len - 1];
    uint64_t range = (uint64_t)(scenario->amount_max - scenario->amount_min + 1);
    order->payer = (uint32_t)fz_choice_draw(&play->payers, &play->chance);
    order->payment.id = fz_play_new_id(play);
    order->payment.amount = scenario->amount_min + (int64_t)fz_chance_below(&play->chance, range);
    if (scenario->operation == FZ_SCENARIO_P2P) {
        size_t others = town->residents.len - 1; /* never to oneself */
        order->shop = (uint32_t)((order->payer + 1 + fz_chance_below(&play->chance, others)) %
                                 town->residents.len);
    } else {
        order->shop = (uint32_t)fz_choice_draw(&play->shops, &play->chance);
        order->payment.intent = fz_play_new_id(play);
    }
    return FZ_OK;
}

static void write_path(struct fz_crew_texts *texts, const char *folder, const struct fz_id *id)
{
    struct fz_writer path = {.bytes = texts->path, .size = sizeof(texts->path)};
    fz_writer_text(&path, folder);
    fz_writer_id(&path, id);
}

void fz_play_ask(const struct fz_play *play,
                 const struct fz_order *order,
                 enum fz_run_step step,
                 struct fz_crew_texts *texts,
                 struct fz_channel_request *request)
{
    const struct fz_town *town = &play->run->town;
    const struct fz_town_key *signer = &town->residents.all[order->payer];
    struct fz_writer body = {.bytes = texts->body, .size = sizeof(texts->body)};
    *request =
        (struct fz_channel_request){.method = "PUT", .path = texts->path, .body = texts->body};
    if (step == FZ_RUN_INTENT) {
        signer = &town->tills.all[order->shop];
        write_path(texts, "/v1/intents/", &order->payment.intent);
        fz_writer_text(&body, "{\"amount\":");
        fz_writer_number(&body, order->payment.amount);
        fz_writer_text(&body, ",\"expires_in\":");
        fz_writer_number(&body, FZ_INTENT_TTL_MAX_S);
    } else if (step == FZ_RUN_PAY) {
        write_path(texts, "/v1/payments/", &order->payment.id);
        fz_writer_text(&body, "{\"intent_id\":\"");
        fz_writer_id(&body, &order->payment.intent);
        fz_writer_text(&body, "\",\"shop\":\"");
        fz_writer_text(&body, town->tills.all[order->shop].party);
        /* small amounts, few residents: what looks like a mistake is meant here */
        fz_writer_text(&body, "\",\"again\":true,\"amount\":");
        fz_writer_number(&body, order->payment.amount);
    } else if (step == FZ_RUN_P2P) {
        write_path(texts, "/v1/transfers/", &order->payment.id);
        fz_writer_text(&body, "{\"to\":\"");
        fz_writer_text(&body, town->residents.all[order->shop].party);
        fz_writer_text(&body, "\",\"amount\":");
        fz_writer_number(&body, order->payment.amount);
    } else {
        fz_assert(step == FZ_RUN_EVENTS);
        struct fz_writer path = {.bytes = texts->path, .size = sizeof(texts->path)};
        signer = &town->tills.all[order->shop];
        fz_writer_text(&path, "/v1/intents/");
        fz_writer_id(&path, &order->payment.intent);
        fz_writer_text(&path, "/events");
        request->method = "GET";
        request->body = NULL;
    }
    fz_writer_text(&body, "}");
    request->key = signer->key;
    request->key_id = signer->key_id;
}

/* A read by a resident of chance, or an inquiry by the payer. */
static void
ask_read(struct fz_client *client, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    struct fz_play *play = client->stream->play;
    const struct fz_town_keys *residents = &play->run->town.residents;
    size_t reader = fz_chance_below(&play->chance, residents->len);
    struct fz_writer path = {.bytes = texts->path, .size = sizeof(texts->path)};
    *request = (struct fz_channel_request){.method = "GET", .path = texts->path};
    if (client->step == FZ_RUN_INQUIRY) {
        uint64_t there = play->asked_len < FZ_PLAY_ASKED_MAX ? play->asked_len : FZ_PLAY_ASKED_MAX;
        client->is_known = there > 0;
        client->asked = client->is_known ? client->asked : fz_play_new_id(play);
        if (client->is_known) {
            const struct fz_asked *asked = &play->asked[fz_chance_below(&play->chance, there)];
            client->asked = asked->id;
            reader = asked->payer;
        }
        write_path(texts, "/v1/operations/", &client->asked);
    } else if (client->step == FZ_RUN_HISTORY) {
        fz_writer_text(&path, "/v1/history");
    } else {
        fz_writer_text(&path, "/v1/balance");
    }
    request->key = residents->all[reader].key;
    request->key_id = residents->all[reader].key_id;
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer);

static void send_step(struct fz_client *client, enum fz_run_step step)
{
    struct fz_play *play = client->stream->play;
    struct fz_crew_texts texts;
    struct fz_channel_request request;
    struct fz_err err = {.rc = FZ_OK};
    client->step = step;
    if (step >= FZ_RUN_HISTORY) {
        ask_read(client, &texts, &request);
    } else {
        fz_play_ask(play, &play->orders.all[client->order], step, &texts, &request);
        if (step == FZ_RUN_PAY && client->order < play->orders.signed_len) {
            request.signature = &play->orders.signatures[client->order];
        }
    }
    client->step_us = fz_run_now_us();
    fz_rc rc = fz_channel_send(client->channel, &request, on_done, client, &err);
    if (rc != FZ_OK) {
        fz_run_fail(play->run, rc, &err);
    }
}

/* --- beginning -------------------------------------------------------------------------------- */

/* The next order to pay. False: there is none left. */
static bool find_order(struct fz_play *play, size_t *order_out, struct fz_err *err)
{
    bool is_reused = play->scenario.payers == FZ_CHOICE_SHORT; /* its intents are never paid */
    if (play->scenario.operation == FZ_SCENARIO_PAY && !is_reused) {
        *order_out = play->next;
        play->next += play->next < play->prepared;
        return *order_out < play->prepared;
    }
    fz_rc rc = fz_play_draw_order(play, err);
    if (rc != FZ_OK) {
        fz_run_fail(play->run, rc, err);
        return false;
    }
    *order_out = play->orders.len - 1;
    if (is_reused) {
        struct fz_order *order = &play->orders.all[*order_out];
        const struct fz_order *model = &play->orders.all[play->next++ % play->prepared];
        order->payment.intent = model->payment.intent;
        order->payment.amount = model->payment.amount;
        order->shop = model->shop;
    }
    return true;
}

static enum fz_run_step draw_step(struct fz_play *play)
{
    const struct fz_scenario *scenario = &play->scenario;
    int64_t side = (int64_t)fz_chance_below(&play->chance, 100);
    if (side < scenario->history) {
        return FZ_RUN_HISTORY;
    }
    if (side < scenario->history + scenario->balance) {
        return FZ_RUN_BALANCE;
    }
    if (side < scenario->history + scenario->balance + scenario->inquiry) {
        return FZ_RUN_INQUIRY;
    }
    switch ((enum fz_scenario_operation)scenario->operation) {
    case FZ_SCENARIO_PAY:
        return FZ_RUN_PAY;
    case FZ_SCENARIO_SALE:
        return FZ_RUN_INTENT;
    case FZ_SCENARIO_P2P:
        return FZ_RUN_P2P;
    }
    FZ_UNREACHABLE();
}

bool fz_client_begin(struct fz_client *client, int64_t intended_us)
{
    struct fz_play *play = client->stream->play;
    struct fz_err err = {.rc = FZ_OK};
    enum fz_run_step step = client->stream->is_inquiries ? FZ_RUN_INQUIRY : draw_step(play);
    client->intended_us = intended_us;
    if (step < FZ_RUN_HISTORY && !find_order(play, &client->order, &err)) {
        return false;
    }
    play->run->counts.sales += !client->stream->is_inquiries;
    send_step(client, step);
    return true;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void violate(struct fz_client *client, const struct fz_answer *answer)
{
    static const char *const names[FZ_RUN_STEPS] = {
        "intent", "payment", "events", "sale", "p2p", "refusal", "history", "balance", "inquiry"};
    fz_run_violation(client->stream->play->run, "%s: %d %.*s", names[client->step], answer->status,
                     (int)answer->body_len, answer->body);
}

static void remember_asked(struct fz_play *play, const struct fz_order *order)
{
    play->asked[play->asked_len++ % FZ_PLAY_ASKED_MAX] =
        (struct fz_asked){.id = order->payment.id, .payer = order->payer};
}

static void count_done(struct fz_client *client)
{
    client->stream->counts->done++;
    fz_client_rest(client);
}

/* The first step is timed from the intended start of it all, the others from their sending. */
static int64_t begun_us(const struct fz_client *client)
{
    bool is_first = client->step != FZ_RUN_EVENTS &&
                    (client->step != FZ_RUN_PAY ||
                     client->stream->play->scenario.operation != FZ_SCENARIO_SALE);
    return is_first ? client->intended_us : client->step_us;
}

static void take_paid(struct fz_client *client, const struct fz_answer *answer, int64_t now_us)
{
    struct fz_play *play = client->stream->play;
    struct fz_run *run = play->run;
    struct fz_order *order = &play->orders.all[client->order];
    struct fz_verdict verdict;
    fz_verdict_read(answer, &order->payment, &verdict);
    if (verdict.kind == FZ_VERDICT_PAID && verdict.is_ours) {
        order->outcome = FZ_ORDER_PAID;
        order->number = verdict.number;
        run->counts.payments++;
        run->clock_payments += now_us <= play->deadline_us;
        remember_asked(play, order);
        fz_run_time(run, client->step, now_us - begun_us(client));
        if (play->scenario.operation == FZ_SCENARIO_SALE) {
            send_step(client, FZ_RUN_EVENTS);
            return;
        }
    } else if (verdict.kind == FZ_VERDICT_REFUSED) {
        bool is_expected = play->scenario.payers == FZ_CHOICE_SHORT &&
                           strcmp(verdict.code, "insufficient-funds") == 0;
        order->outcome = FZ_ORDER_REFUSED;
        run->counts.refused++;
        run->counts.expected += is_expected;
        fz_run_time(run, FZ_RUN_REFUSED, now_us - client->intended_us);
        if (!is_expected) {
            violate(client, answer);
        }
    } else {
        order->outcome = FZ_ORDER_UNKNOWN;
        violate(client, answer);
    }
    count_done(client);
}

/* True if the events tell of this payment. */
static bool events_tell(const struct fz_answer *answer, const struct fz_order *order)
{
    static const char *const names[] = {"events"};
    static const char *const of_event[] = {"type", "operation_id", "number"};
    char id[FZ_ID_TEXT_LEN + 1];
    struct fz_field events;
    struct fz_field event;
    struct fz_field fields[3];
    int64_t number = 0;
    fz_id_format(&order->payment.id, id);
    if (answer->status != 200 ||
        !fz_fields_read((struct fz_field){answer->body, answer->body_len}, names, 1, &events)) {
        return false;
    }
    while (fz_fields_next(&events, &event)) {
        if (fz_fields_read(event, of_event, 3, fields) &&
            fz_field_is(fields[0], "intent.completed") && fz_field_is(fields[1], id) &&
            fz_field_number(fields[2], &number) && number == order->number) {
            return true;
        }
    }
    return false;
}

static bool read_tells(const struct fz_client *client, const struct fz_answer *answer)
{
    static const char *const names[] = {"items", "balance", "operation_id", "code"};
    char id[FZ_ID_TEXT_LEN + 1];
    struct fz_field fields[4];
    int64_t number = 0;
    if (!fz_fields_read((struct fz_field){answer->body, answer->body_len}, names, 4, fields)) {
        return false;
    }
    if (client->step == FZ_RUN_INQUIRY && !client->is_known) {
        return answer->status == 404 && fz_field_is(fields[3], "operation-unknown");
    }
    if (client->step == FZ_RUN_INQUIRY) {
        fz_id_format(&client->asked, id);
        return answer->status == 200 && fz_field_is(fields[2], id);
    }
    return answer->status == 200 &&
           (client->step == FZ_RUN_HISTORY ? fields[0].len > 0 && fields[0].at[0] == '['
                                           : fz_field_number(fields[1], &number));
}

static void take_decided(struct fz_client *client, const struct fz_answer *answer, int64_t now_us)
{
    struct fz_play *play = client->stream->play;
    bool is_good = false;
    if (client->step == FZ_RUN_PAY || client->step == FZ_RUN_P2P) {
        take_paid(client, answer, now_us);
        return;
    }
    if (client->step == FZ_RUN_INTENT) {
        is_good = answer->status == 201;
    } else if (client->step == FZ_RUN_EVENTS) {
        is_good = events_tell(answer, &play->orders.all[client->order]);
    } else {
        is_good = read_tells(client, answer);
    }
    if (!is_good) {
        violate(client, answer);
        count_done(client);
        return;
    }
    fz_run_time(play->run, client->step, now_us - begun_us(client));
    if (client->step == FZ_RUN_INTENT) {
        send_step(client, FZ_RUN_PAY);
        return;
    }
    if (client->step == FZ_RUN_EVENTS) {
        fz_run_time(play->run, FZ_RUN_SALE, now_us - client->intended_us);
    }
    count_done(client);
}

/* The payment may have been booked. */
static void note_unknown(struct fz_client *client)
{
    struct fz_play *play = client->stream->play;
    if (client->step == FZ_RUN_PAY || client->step == FZ_RUN_P2P) {
        play->orders.all[client->order].outcome = FZ_ORDER_UNKNOWN;
        play->run->counts.unknown++;
    }
}

/* 500 and 503: nothing is decided, or it is not known whether. */
static void take_error(struct fz_client *client, const struct fz_answer *answer, int64_t now_us)
{
    static const char *const names[] = {"code"};
    struct fz_run_arrivals *counts = client->stream->counts;
    struct fz_play *play = client->stream->play;
    struct fz_field code = {NULL, 0};
    (void)fz_fields_read((struct fz_field){answer->body, answer->body_len}, names, 1, &code);
    if (answer->status != 503 || fz_field_is(code, "outcome-unknown")) {
        note_unknown(client);
    } else if (client->step == FZ_RUN_PAY || client->step == FZ_RUN_P2P) {
        play->orders.all[client->order].outcome = FZ_ORDER_OVERLOAD;
    }
    if (answer->status != 503) {
        play->run->counts.server_500++;
        count_done(client);
        return;
    }
    play->run->counts.server_503++;
    counts->refused_503++;
    counts->refused_503_retry_after += answer->retry_after;
    fz_histogram_add(&counts->time_to_503, now_us - client->step_us);
    fz_client_pause(client);
}

static void on_done(void *ctx, enum fz_channel_outcome outcome, const struct fz_answer *answer)
{
    struct fz_client *client = ctx;
    struct fz_run *run = client->stream->play->run;
    int64_t now_us = fz_run_now_us();
    if (outcome != FZ_CHANNEL_ANSWERED) {
        bool timed_out = fz_channel_timed_out(client->channel);
        run->counts.timeouts += timed_out;
        client->stream->counts->timeouts += timed_out;
        if (outcome == FZ_CHANNEL_NOT_SENT) {
            run->counts.not_sent++;
        } else {
            run->counts.unanswered++;
            note_unknown(client);
        }
        if (outcome == FZ_CHANNEL_GARBLED) {
            fz_run_violation(run, "an answer that is no HTTP, or that nobody asked for");
        }
        fz_client_pause(client);
        return;
    }
    run->counts.requests++;
    run->clock_requests += now_us <= client->stream->play->deadline_us;
    if (answer->status >= 500) {
        take_error(client, answer, now_us);
    } else {
        take_decided(client, answer, now_us);
    }
}
