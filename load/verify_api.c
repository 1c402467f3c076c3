/*
 * load: the conservation, seen through the API: every participant's history since the run began is
 * read to its end, and holds each acknowledged payment once, on both sides, and nothing else; and
 * every payer's balance moved by what was acknowledged.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "load/fields.h"
#include "load/play_internal.h"
#include "load/writer.h"

#define PAGE "200" /* FZ_PAGE_MAX */

/* On which sides a payment was found. */
struct seen {
    bool out;
    bool in;
};

struct reading {
    struct fz_play *play;
    size_t *by_id; /* indices of the orders, sorted by id */
    struct seen *seen;
    int64_t *before; /* where each participant's next page begins; 0: at the end */
};

enum {
    ITEM_OPERATION,
    ITEM_NUMBER,
    ITEM_AMOUNT,
    ITEM_DIRECTION,
    ITEM_KIND,
    ITEM_FIELDS
};

static const char *const item_names[ITEM_FIELDS] = {"operation_id", "number", "amount", "direction",
                                                    "kind"};

/* Residents first, then tills. */
static const struct fz_town_key *participant(const struct fz_play *play, size_t job)
{
    const struct fz_town *town = &play->run->town;
    return job < town->residents.len ? &town->residents.all[job]
                                     : &town->tills.all[job - town->residents.len];
}

static void
ask(void *ctx, size_t job, struct fz_crew_texts *texts, struct fz_channel_request *request)
{
    const struct reading *reading = ctx;
    const struct fz_town_key *reader = participant(reading->play, job);
    struct fz_writer path = {.bytes = texts->path, .size = sizeof(texts->path)};
    struct fz_writer query = {.bytes = texts->query, .size = sizeof(texts->query)};
    fz_writer_text(&path, "/v1/history");
    fz_writer_text(&query, "?limit=" PAGE);
    if (reading->before[job] > 0) {
        fz_writer_text(&query, "&before=");
        fz_writer_number(&query, reading->before[job]);
    }
    request->query = texts->query;
    request->key = reader->key;
    request->key_id = reader->key_id;
}

/* The order with this id; NULL: it is none of this run. */
static struct fz_order *find_order(const struct reading *reading, struct fz_field id, size_t *at)
{
    struct fz_id wanted;
    size_t low = 0;
    size_t high = reading->play->orders.len;
    if (id.len != FZ_ID_TEXT_LEN + 2 || !fz_id_parse(id.at + 1, FZ_ID_TEXT_LEN, &wanted)) {
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct fz_order *order = &reading->play->orders.all[reading->by_id[middle]];
        int compared = fz_id_compare(&order->payment.id, &wanted);
        if (compared == 0) {
            *at = reading->by_id[middle];
            return order;
        }
        if (compared < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* One payment that somebody's history tells of. */
static void take_item(struct reading *reading, size_t job, const struct fz_field *item)
{
    struct fz_play *play = reading->play;
    struct fz_run_conservation *found = &play->run->conservation;
    const struct fz_town_key *reader = participant(play, job);
    size_t at = 0;
    int64_t amount = 0;
    int64_t number = 0;
    bool is_out = fz_field_is(item[ITEM_DIRECTION], "out");
    const struct fz_order *order = find_order(reading, item[ITEM_OPERATION], &at);
    if (order == NULL || order->outcome != FZ_ORDER_PAID) {
        fz_play_complain(play, found->unsent, "booked for %s and not acknowledged: %.*s",
                         reader->party, (int)item[ITEM_OPERATION].len, item[ITEM_OPERATION].at);
        found->unsent++;
        return;
    }
    bool is_p2p = fz_id_is_zero(&order->payment.intent);
    const struct fz_town *town = &play->run->town;
    const struct fz_town_keys *receivers = is_p2p ? &town->residents : &town->tills;
    const char *party =
        is_out ? town->residents.all[order->payer].party : receivers->all[order->shop].party;
    bool *is_seen = is_out ? &reading->seen[at].out : &reading->seen[at].in;
    bool is_right = fz_field_number(item[ITEM_AMOUNT], &amount) &&
                    amount == order->payment.amount &&
                    fz_field_number(item[ITEM_NUMBER], &number) && number == order->number &&
                    strcmp(party, reader->party) == 0 && !*is_seen;
    *is_seen = true;
    if (!is_right) {
        fz_play_complain(play, found->wrong,
                         "%s has payment %.*s with %" PRId64 " yen as number %" PRId64
                         ", acknowledged were %" PRId64 " yen from or to %s as %" PRId64,
                         reader->party, (int)item[ITEM_OPERATION].len, item[ITEM_OPERATION].at,
                         amount, number, order->payment.amount, party, order->number);
        found->wrong++;
    }
}

/* One page. Ends at what was there before the run. */
static enum fz_crew_next
take(void *ctx, size_t job, const struct fz_answer *answer, struct fz_err *err)
{
    static const char *const names[] = {"items", "next"};
    struct reading *reading = ctx;
    struct fz_field page[2];
    struct fz_field item;
    struct fz_field fields[ITEM_FIELDS];
    int64_t number = INT64_MAX;
    if (answer->status != 200 ||
        !fz_fields_read((struct fz_field){answer->body, answer->body_len}, names, 2, page) ||
        page[0].len == 0) {
        (void)fz_fail(err, FZ_FORMAT, "history: %d %.*s", answer->status,
                      answer->body_len < 200 ? (int)answer->body_len : 200, answer->body);
        return FZ_CREW_FAILED;
    }
    while (fz_fields_next(&page[0], &item)) {
        if (!fz_fields_read(item, item_names, ITEM_FIELDS, fields) ||
            !fz_field_number(fields[ITEM_NUMBER], &number)) {
            (void)fz_fail(err, FZ_FORMAT, "history: an item %.*s", (int)item.len, item.at);
            return FZ_CREW_FAILED;
        }
        if (number <= reading->play->last_number) {
            return FZ_CREW_DONE;
        }
        if (fz_field_is(fields[ITEM_KIND], "payment") || fz_field_is(fields[ITEM_KIND], "p2p")) {
            take_item(reading, job, fields);
        }
    }
    return fz_field_number(page[1], &reading->before[job]) ? FZ_CREW_MORE : FZ_CREW_DONE;
}

static void check_seen(const struct reading *reading)
{
    struct fz_play *play = reading->play;
    struct fz_run_conservation *found = &play->run->conservation;
    for (size_t i = 0; i < play->orders.len; i++) {
        const struct fz_order *order = &play->orders.all[i];
        if (order->outcome == FZ_ORDER_PAID && (!reading->seen[i].out || !reading->seen[i].in)) {
            char id[FZ_ID_TEXT_LEN + 1];
            fz_id_format(&order->payment.id, id);
            fz_play_complain(play, found->lost, "acknowledged and not in the history of %s: %s",
                             reading->seen[i].out ? "the receiver" : "the payer", id);
            found->lost++;
        }
    }
}

/* Every resident's balance against what was acknowledged. A resident has one key here. */
static fz_rc check_balances(struct fz_play *play, struct fz_err *err)
{
    struct fz_run_conservation *found = &play->run->conservation;
    const struct fz_town_keys *residents = &play->run->town.residents;
    int64_t *moved = calloc(residents->len, sizeof(moved[0]));
    int64_t *after = calloc(residents->len, sizeof(after[0]));
    int64_t last_number = play->last_number; /* that of before the run stays what it is */
    fz_rc rc = FZ_OK;
    if (moved == NULL || after == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "balances");
        goto out;
    }
    rc = fz_play_read_balances(play, after, err);
    play->last_number = last_number;
    for (size_t i = 0; i < play->orders.len && rc == FZ_OK; i++) {
        const struct fz_order *order = &play->orders.all[i];
        if (order->outcome == FZ_ORDER_PAID) {
            moved[order->payer] -= order->payment.amount;
            if (fz_id_is_zero(&order->payment.intent)) {
                moved[order->shop] += order->payment.amount;
            }
        }
    }
    for (size_t i = 0; i < residents->len && rc == FZ_OK; i++) {
        if (after[i] - play->balances[i] != moved[i]) {
            fz_play_complain(play, found->balances,
                             "%s had %" PRId64 " yen and has %" PRId64
                             ", and acknowledged was a difference of %" PRId64,
                             residents->all[i].party, play->balances[i], after[i], moved[i]);
            found->balances++;
        }
    }
out:
    free(moved);
    free(after);
    return rc;
}

static int compare_ids(const void *a, const void *b, void *ctx)
{
    const struct fz_order *orders = ctx;
    const size_t *left = a;
    const size_t *right = b;
    return fz_id_compare(&orders[*left].payment.id, &orders[*right].payment.id);
}

fz_rc fz_play_verify_api(struct fz_play *play, struct fz_err *err)
{
    const struct fz_town *town = &play->run->town;
    struct fz_orders *orders = &play->orders;
    struct reading reading = {.play = play};
    struct fz_crew_work work = {.name = "reading histories",
                                .jobs = town->residents.len + town->tills.len,
                                .ctx = &reading,
                                .ask = ask,
                                .take = take};
    reading.by_id = calloc(orders->len + 1, sizeof(reading.by_id[0]));
    reading.seen = calloc(orders->len + 1, sizeof(reading.seen[0]));
    reading.before = calloc(work.jobs, sizeof(reading.before[0]));
    fz_rc rc = FZ_OK;
    if (reading.by_id == NULL || reading.seen == NULL || reading.before == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "check");
        goto out;
    }
    for (size_t i = 0; i < orders->len; i++) {
        reading.by_id[i] = i;
    }
    if (orders->len > 0) {
        qsort_r(reading.by_id, orders->len, sizeof(reading.by_id[0]), compare_ids, orders->all);
    }
    rc = fz_crew_run(play->run, play->channels, play->channels_len, &work, err);
    if (rc == FZ_OK) {
        check_seen(&reading);
        rc = check_balances(play, err);
    }
    if (rc == FZ_OK) {
        play->run->conservation.checked = "api";
    }
out:
    free(reading.by_id);
    free(reading.seen);
    free(reading.before);
    return rc;
}
