/*
 * What happens on the account, by position: nothing is left out and nothing comes twice, whatever
 * is lost on the way and wherever the till stops.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/pos/scripted.h"

#define EVENT(seq, type, more)                                  \
    "{\"seq\":" #seq ",\"type\":\"" type "\",\"operation_id\":" \
    "\"0193a000-0000-7000-8000-00000000abcd\",\"amount\":480,\"at\":\"" PAID_AT "\"" more "}"
#define IN ",\"direction\":\"in\""
#define OUT ",\"direction\":\"out\""
#define SALE ",\"intent_id\":\"0193a000-0000-7000-8000-00000000dcba\",\"terminal\":\"T002\""
#define PAGE(events) "{\"events\":[" events "],\"next\":0}"

static struct paper paper;
static struct fz_pos_event seen[8];
static size_t seen_count;
static size_t take_max;

static bool take(const struct fz_pos_event *event, void *ctx)
{
    (void)ctx;
    if (seen_count == take_max) {
        return false;
    }
    seen[seen_count++] = *event;
    return true;
}

static fz_rc look(int64_t *position, uint32_t hold_s)
{
    seen_count = 0;
    fz_rc rc = fz_pos_events(&paper.pos, position, hold_s, take, NULL, NULL);

    paper_finish(&paper);
    return rc;
}

static void begin(void)
{
    paper_open(&paper, 2500);
    take_max = 8;
}

Test(events, are_handed_over_in_order_and_the_position_follows)
{
    int64_t position = 11;

    begin();
    PAPER_PLAY(
        &paper,
        {"GET events", ANSWERED, 200,
         PAGE(EVENT(12, "payment.completed", IN SALE) "," EVENT(
             15, "payment.refunded",
             OUT SALE) "," EVENT(16, "payment.voided",
                                 OUT SALE) "," EVENT(20, "payout.booked",
                                                     OUT) "," EVENT(21, "transfer.in",
                                                                    IN
                                                                    ",\"counterparty\":{\"id\":"
                                                                    "\"R00000002\","
                                                                    "\"name\":\"山田 "
                                                                    "花子\"},\"message\":\"x\"")),
         0});
    cr_assert_eq(look(&position, 60), FZ_OK);
    cr_expect_str_eq(paper.last_query, "?after=11&limit=20&wait=30");
    cr_expect_eq(position, 21);
    cr_assert_eq(seen_count, 5);
    cr_expect_eq(seen[0].kind, FZ_POS_EVENT_PAYMENT);
    cr_expect(seen[0].is_in);
    cr_expect_eq(seen[0].amount, 480);
    cr_expect_eq(seen[0].at_ms, PAPER_START_MS + 5250);
    cr_expect_str_eq(seen[0].terminal, "T002");
    cr_expect_eq(seen[0].intent.bytes[15], 0xba);
    cr_expect_eq(seen[1].kind, FZ_POS_EVENT_REFUND);
    cr_expect_not(seen[1].is_in);
    cr_expect_eq(seen[2].kind, FZ_POS_EVENT_VOID);
    cr_expect_eq(seen[3].kind, FZ_POS_EVENT_OTHER);
    cr_expect_str_eq(seen[3].type, "payout.booked");
    cr_expect(fz_id_is_zero(&seen[3].intent));
    cr_expect_str_eq(seen[4].party, "R00000002");
    cr_expect_str_eq(seen[4].party_name, "山田 花子");
}

Test(events, what_was_not_taken_comes_again)
{
    int64_t position = 0;

    begin();
    take_max = 1;
    PAPER_PLAY(&paper,
               {"GET events", ANSWERED, 200,
                PAGE(EVENT(12, "payment.completed", IN) "," EVENT(13, "payment.completed", IN)),
                0});
    cr_assert_eq(look(&position, 0), FZ_OK);
    cr_expect_eq(position, 12);
    take_max = 8;
    PAPER_PLAY(&paper, {"GET events", LOST, 0, NULL, 0},
               {"GET events", ANSWERED, 200, PAGE(EVENT(13, "payment.completed", IN)), 0});
    cr_assert_eq(look(&position, 0), FZ_OK);
    cr_expect_str_eq(paper.last_query, "?after=12&limit=20&wait=0");
    cr_expect_eq(position, 13);
}

Test(events, an_empty_page_moves_nothing)
{
    int64_t position = 13;

    begin();
    PAPER_PLAY(&paper, {"GET events", ANSWERED, 200, PAGE(""), 0});
    cr_assert_eq(look(&position, 5), FZ_OK);
    cr_expect_eq(position, 13);
    cr_expect_eq(seen_count, 0);
}

Test(events, disorder_stops_before_it_is_believed)
{
    static const char *const bodies[] = {
        PAGE(EVENT(14, "payment.completed", IN) "," EVENT(13, "payment.completed", IN)),
        PAGE(EVENT(14, "payment.completed", IN) "," EVENT(14, "payment.completed", IN)),
        PAGE(EVENT(14, "payment.completed", IN) "," EVENT(15, "payment.completed", "")),
        PAGE(EVENT(14, "payment.completed", IN) ",{}"),
    };

    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        int64_t position = 0;

        begin();
        PAPER_PLAY(&paper, {"GET events", ANSWERED, 200, bodies[i], 0});
        cr_expect_eq(look(&position, 0), FZ_FORMAT, "row %zu", i);
        cr_expect_eq(position, 14, "the good one before it was taken");
    }
}

Test(events, no_answer_and_a_refusal)
{
    int64_t position = 5;

    begin();
    PAPER_PLAY(&paper, {"GET events", LOST, 0, NULL, 0}, {"GET events", UNREACHABLE, 0, NULL, 0});
    cr_expect_eq(look(&position, 0), FZ_UNAVAILABLE);
    PAPER_PLAY(&paper, {"GET events", ANSWERED, 401, PROBLEM("key-unknown"), 0});
    cr_expect_eq(look(&position, 0), FZ_KEY_UNKNOWN);
    cr_expect_eq(position, 5);
}

Test(events, a_new_till_begins_behind_what_was)
{
    int64_t position = 1;

    begin();
    PAPER_PLAY(&paper, {"GET history", ANSWERED, 200,
                        "{\"items\":[{\"number\":41,\"amount\":1}],\"next\":41}", 0});
    cr_assert_eq(fz_pos_events_now(&paper.pos, &position, NULL), FZ_OK);
    cr_expect_eq(position, 41);
    cr_expect_str_eq(paper.last_query, "?limit=1");
    PAPER_PLAY(&paper, {"GET history", ANSWERED, 200, "{\"items\":[],\"next\":null}", 0});
    cr_assert_eq(fz_pos_events_now(&paper.pos, &position, NULL), FZ_OK);
    cr_expect_eq(position, 0, "a shop in which nothing has happened yet");
    PAPER_PLAY(&paper, {"GET history", ANSWERED, 200, "{}", 0});
    cr_expect_eq(fz_pos_events_now(&paper.pos, &position, NULL), FZ_FORMAT);
    paper_finish(&paper);
}
