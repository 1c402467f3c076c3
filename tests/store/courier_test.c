/*
 * What the courier asks of the database: one of several is at work, the outbox becomes deliveries
 * page by page and once, what is due comes in order, and what became of it is what is due next.
 */
#include "ledger/store/courier.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define SHOP 1
#define OTHER_SHOP 4
#define DUE_MAX 100

struct seen {
    unsigned len;
    struct fz_due due[DUE_MAX];
    char urls[DUE_MAX][64];
};

/* A courier sees all towns: these tests go one after the other, though they are processes. */
static void open_alone(struct testbed *bed)
{
    testbed_open(bed, NULL);
    testbed_sql(bed, "SELECT pg_advisory_lock(1)"); /* until the connection ends */
}

static struct fz_session *open_session(struct testbed *bed)
{
    struct fz_session *session = NULL;
    struct fz_err err = {.rc = FZ_OK};
    cr_assert_eq(
        fz_session_create_brisk(bed->conninfo, "fz_switch", "courier_test", &session, &err), FZ_OK,
        "%s", err.msg);
    return session;
}

/* Events `first` to `last` of a shop, as the writer would have left them. */
static void add_events(struct testbed *bed, int community, int64_t shop, int first, int last)
{
    testbed_sql(bed,
                "INSERT INTO fz.event (community_id, event, time_us, shop, amount, transfer,"
                " intent_id, type, state, previous) SELECT %d, n, n, %lld, 5, 0,"
                " gen_random_uuid(), 1, 1, 0 FROM generate_series(%d, %d) n;"
                " UPDATE fz.head SET last_event = %d WHERE community_id = %d",
                community, (long long)shop, first, last, last, community);
}

static void add_webhook(struct testbed *bed, int community, unsigned number, int64_t shop)
{
    char id[FZ_ID_TEXT_LEN + 1];
    struct fz_id webhook = testbed_id(number);
    fz_id_format(&webhook, id);
    cr_assert_str_eq(testbed_text(bed,
                                  "SELECT outcome FROM fz.webhook_add(%d, '%s', %lld,"
                                  " 'https://shop.example/%u', decode(repeat('%02x', 32), 'hex'),"
                                  " 5)",
                                  community, id, (long long)shop, number, number),
                     "new");
}

static void on_due(void *ctx, const struct fz_due *due)
{
    struct seen *seen = ctx;
    cr_assert(seen->len < DUE_MAX);
    seen->due[seen->len] = *due;
    (void)snprintf(seen->urls[seen->len], sizeof seen->urls[0], "%s", due->url);
    seen->len++;
}

static void claim(struct fz_session *session,
                  const struct fz_webhook_key *busy,
                  unsigned busy_len,
                  unsigned webhooks_max,
                  struct seen *seen)
{
    struct fz_err err = {.rc = FZ_OK};
    struct fz_claim wanted = {.busy = busy,
                              .busy_len = busy_len,
                              .webhooks_max = webhooks_max,
                              .on_due = on_due,
                              .ctx = seen};
    seen->len = 0;
    cr_assert_eq(fz_courier_claim(session, &wanted, &err), FZ_OK, "%s", err.msg);
}

static bool record(struct fz_session *session)
{
    struct fz_err err = {.rc = FZ_OK};
    bool more = false;
    cr_assert_eq(fz_courier_record(session, &more, &err), FZ_OK, "%s", err.msg);
    return more;
}

Test(courier, one_is_at_work)
{
    struct testbed bed;
    struct fz_err err = {.rc = FZ_OK};
    bool mine = false;
    open_alone(&bed);
    struct fz_session *first = open_session(&bed);
    struct fz_session *second = open_session(&bed);
    cr_assert_eq(fz_courier_lead(first, &mine, &err), FZ_OK, "%s", err.msg);
    cr_expect(mine);
    cr_assert_eq(fz_courier_lead(second, &mine, &err), FZ_OK, "%s", err.msg);
    cr_expect(!mine, "another is");
    fz_session_destroy(&first);
    for (unsigned i = 0; i < 200 && !mine; i++) { /* its backend ends a moment later */
        cr_assert_eq(fz_courier_lead(second, &mine, &err), FZ_OK, "%s", err.msg);
    }
    cr_expect(mine, "the lock ends with its session");
    fz_session_destroy(&second);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* More than two pages, of two shops and two towns; who was there first gets no event of before. */
Test(courier, records_every_event_once)
{
    struct testbed bed;
    open_alone(&bed);
    testbed_town(&bed, 21);
    testbed_town(&bed, 22);
    struct fz_session *session = open_session(&bed);
    cr_expect(!record(session), "nobody has a webhook");
    add_events(&bed, 21, SHOP, 1, 10);
    add_webhook(&bed, 21, 1, SHOP);
    add_webhook(&bed, 21, 2, OTHER_SHOP);
    add_webhook(&bed, 22, 1, SHOP);
    add_events(&bed, 21, SHOP, 11, 1500);
    add_events(&bed, 21, OTHER_SHOP, 1501, 2500);
    add_webhook(&bed, 21, 3, SHOP); /* from here on */
    add_events(&bed, 21, SHOP, 2501, 2510);
    add_events(&bed, 22, SHOP, 1, 3);
    cr_expect(record(session));
    cr_expect(record(session));
    cr_expect(!record(session), "the last page is not full");
    cr_expect(!record(session));
    static const struct {
        int community;
        unsigned webhook;
        const char *events; /* count, first, last */
    } wanted[] = {
        {21, 1, "1500 11 2510"},
        {21, 2, "1000 1501 2500"},
        {21, 3, "10 2501 2510"},
        {22, 1, "3 1 3"},
    };
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        char id[FZ_ID_TEXT_LEN + 1];
        struct fz_id webhook = testbed_id(wanted[i].webhook);
        fz_id_format(&webhook, id);
        cr_expect_str_eq(testbed_text(&bed,
                                      "SELECT concat_ws(' ', count(*), min(event), max(event))"
                                      " FROM fz.webhook_delivery WHERE community_id = %d AND"
                                      " webhook_id = '%s'",
                                      wanted[i].community, id),
                         wanted[i].events, "town %d, webhook %u", wanted[i].community,
                         wanted[i].webhook);
    }
    fz_session_destroy(&session);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* Nobody wants the events of a town any more: it is not read through for that. */
Test(courier, skips_what_nobody_wants)
{
    struct testbed bed;
    open_alone(&bed);
    testbed_town(&bed, 23);
    struct fz_session *session = open_session(&bed);
    add_webhook(&bed, 23, 1, SHOP);
    testbed_sql(&bed, "UPDATE fz.webhook SET state = 3 WHERE community_id = 23");
    add_events(&bed, 23, SHOP, 1, 5000);
    (void)record(session);
    cr_expect_eq(testbed_int(&bed, "SELECT event FROM fz.webhook_feed WHERE community_id = 23"),
                 5000);
    cr_expect_eq(testbed_int(&bed, "SELECT count(*) FROM fz.webhook_delivery WHERE community_id"
                                   " = 23"),
                 0);
    fz_session_destroy(&session);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* A webhook is added while somebody reads on: it waits, and begins where the reading ended. */
Test(courier, adding_waits_for_the_reading)
{
    struct testbed bed;
    open_alone(&bed);
    testbed_town(&bed, 24);
    add_webhook(&bed, 24, 1, SHOP);
    add_events(&bed, 24, SHOP, 1, 3);
    testbed_sql(&bed, "BEGIN; SELECT fz.webhook_record(24, 1000)");
    PGconn *other = PQconnectdb(bed.conninfo);
    cr_assert_eq(PQstatus(other), CONNECTION_OK);
    PQclear(PQexec(other, "SET lock_timeout = '200ms'"));
    PGresult *result = PQexec(other, "SELECT outcome FROM fz.webhook_add(24, gen_random_uuid(), 1,"
                                     " 'https://shop.example/', decode(repeat('07', 32), 'hex'),"
                                     " 5)");
    cr_expect_str_eq(PQresultErrorField(result, PG_DIAG_SQLSTATE), "55P03", "the row is held");
    PQclear(result);
    PQfinish(other);
    testbed_sql(&bed, "COMMIT");
    add_webhook(&bed, 24, 2, SHOP);
    cr_expect_eq(testbed_int(&bed, "SELECT max(since_event) FROM fz.webhook WHERE community_id"
                                   " = 24"),
                 3);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

static struct fz_attempt_result result_of(const struct fz_due *due, bool delivered)
{
    return (struct fz_attempt_result){.webhook = due->webhook,
                                      .event = due->event.event,
                                      .is_delivered = delivered,
                                      .status = delivered ? 200 : 500,
                                      .fault = "",
                                      .duration_ms = 7,
                                      .retry_ms = 60000,
                                      .pause_ms = 60000};
}

/* Lives in a town of its own, but claims see all towns: the others' webhooks are put to rest. */
Test(courier, what_is_due)
{
    static struct seen seen;
    struct testbed bed;
    struct fz_err err = {.rc = FZ_OK};
    open_alone(&bed);
    testbed_town(&bed, 25);
    struct fz_session *session = open_session(&bed);
    add_webhook(&bed, 25, 1, SHOP);
    add_webhook(&bed, 25, 2, SHOP);
    add_events(&bed, 25, SHOP, 1, 20);
    while (record(session)) {
    }
    testbed_sql(&bed, "BEGIN; UPDATE fz.webhook SET pause_until_us = fz.now_us() + 60000000"
                      " WHERE community_id <> 25; COMMIT");
    claim(session, NULL, 0, 2, &seen);
    cr_assert_eq(seen.len, 2 * FZ_WEBHOOK_LANE_MAX);
    for (unsigned i = 0; i < seen.len; i++) {
        unsigned number =
            fz_id_equal(&seen.due[i].webhook.id, &(struct fz_id[]){testbed_id(1)}[0]) ? 1 : 2;
        char url[64];
        cr_expect_eq(seen.due[i].event.event, i % FZ_WEBHOOK_LANE_MAX + 1, "in order, by webhook");
        (void)snprintf(url, sizeof url, "https://shop.example/%u", number);
        cr_expect_str_eq(seen.urls[i], url);
    }
    struct fz_due first = seen.due[0];
    claim(session, NULL, 0, 1, &seen);
    cr_expect_eq(seen.len, FZ_WEBHOOK_LANE_MAX, "of one webhook");
    claim(session, &first.webhook, 1, 2, &seen);
    cr_expect_eq(seen.len, FZ_WEBHOOK_LANE_MAX, "not of one that is busy");
    cr_expect(!fz_id_equal(&seen.due[0].webhook.id, &first.webhook.id));

    struct fz_due second = seen.due[0];
    struct fz_attempt_result results[] = {result_of(&first, true), result_of(&second, false)};
    cr_assert_eq(fz_courier_finish(session, results, 2, &err), FZ_OK, "%s", err.msg);
    claim(session, NULL, 0, 2, &seen);
    cr_assert_eq(seen.len, FZ_WEBHOOK_LANE_MAX, "the one that failed rests");
    cr_expect(fz_id_equal(&seen.due[0].webhook.id, &first.webhook.id));
    cr_expect_eq(seen.due[0].event.event, 2, "what was delivered is not due");

    testbed_sql(&bed, "UPDATE fz.webhook SET pause_until_us = 0 WHERE community_id = 25");
    claim(session, &first.webhook, 1, 2, &seen);
    cr_expect_eq(seen.due[0].event.event, 2, "the event that failed waits for its own time");
    cr_expect_eq(seen.due[0].failures, 1);
    cr_expect_eq(testbed_int(&bed, "SELECT attempts + status FROM fz.webhook_delivery WHERE"
                                   " community_id = 25 AND event = 1 AND state = 1"),
                 501);
    testbed_sql(&bed, "UPDATE fz.webhook SET state = 2 WHERE community_id = 25");
    claim(session, NULL, 0, 2, &seen);
    cr_expect_eq(seen.len, 0, "nothing of one that is off");
    fz_session_destroy(&session);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
