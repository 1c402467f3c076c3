/*
 * A lane: its events in order, where it ends, and the waits that follow from what came of one.
 */
#include "switch/courier/lane.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t secret[FZ_WEBHOOK_SECRET_LEN] = {1, 2, 3};
static const uint64_t highest[2] = {5000, 1000}; /* dice that give the first ceilings */

static struct fz_due due_of(int64_t event)
{
    return (struct fz_due){.webhook = {.id = {{9}}, .community = 1},
                           .url = "https://shop.example/",
                           .secret = secret,
                           .event = {.event = event}};
}

static void open_with(struct fz_lane *lane, unsigned len)
{
    memset(lane, 0, sizeof(*lane));
    for (unsigned i = 0; i < len; i++) {
        struct fz_due due = due_of(10 + i);
        if (i == 0) {
            fz_lane_open(lane, &due);
        } else {
            cr_assert(fz_lane_add(lane, &due));
        }
    }
}

static const struct fz_attempt_outcome delivered = {
    .is_delivered = true, .status = 204, .fault = ""};
static const struct fz_attempt_outcome silent = {.status = 0, .fault = "timeout"};

Test(lane, goes_through_its_events_in_order)
{
    static struct fz_lane lane;
    struct fz_attempt_result result;
    open_with(&lane, 3);
    for (int64_t event = 10; event < 13; event++) {
        cr_assert(lane.is_open);
        fz_lane_finish(&lane, &delivered, highest, &result);
        cr_expect_eq(result.event, event);
        cr_expect(result.is_delivered && result.status == 204 && result.retry_ms == 0);
    }
    cr_expect(!lane.is_open, "after the last");
    static const uint8_t nothing[FZ_WEBHOOK_SECRET_LEN];
    cr_expect_arr_eq(lane.secret, nothing, sizeof(nothing), "secrets do not stay in memory");
}

Test(lane, ends_with_the_first_that_fails)
{
    static struct fz_lane lane;
    struct fz_attempt_result result;
    open_with(&lane, 3);
    fz_lane_finish(&lane, &delivered, highest, &result);
    fz_lane_finish(&lane, &silent, highest, &result);
    cr_expect(!lane.is_open);
    cr_expect_eq(result.event, 11);
    cr_expect(!result.is_delivered && !result.is_off);
    cr_expect_str_eq(result.fault, "timeout");
    cr_expect_eq(result.retry_ms, FZ_WEBHOOK_RETRY_FIRST_MS, "the event's own first wait");
    cr_expect_eq(result.pause_ms, FZ_WEBHOOK_PAUSE_FIRST_MS, "the receiver was well before");
}

Test(lane, waits_grow_with_what_went_before)
{
    static struct fz_lane lane;
    static const uint64_t dice[2] = {40000, 8000};
    struct fz_attempt_result result;
    memset(&lane, 0, sizeof(lane));
    struct fz_due due = due_of(10);
    due.attempts = 3;
    due.failures = 3;
    fz_lane_open(&lane, &due);
    fz_lane_finish(&lane, &silent, dice, &result);
    cr_expect_eq(result.retry_ms, 40000, "5 s doubled three times");
    cr_expect_eq(result.pause_ms, 8000, "1 s doubled three times");
}

Test(lane, a_receiver_may_ask_for_more_time_but_not_for_ever)
{
    static struct fz_lane lane;
    struct fz_attempt_result result;
    struct fz_attempt_outcome busy = {.status = 429, .fault = "", .wait_ms = 60000};
    open_with(&lane, 1);
    fz_lane_finish(&lane, &busy, highest, &result);
    cr_expect(result.retry_ms == 60000 && result.pause_ms == 60000);
    busy.wait_ms = INT64_MAX;
    open_with(&lane, 1);
    fz_lane_finish(&lane, &busy, highest, &result);
    cr_expect(result.retry_ms == FZ_WEBHOOK_RETRY_MAX_MS);
    cr_expect(result.pause_ms == FZ_WEBHOOK_RETRY_MAX_MS);
}

Test(lane, is_full_at_its_limit)
{
    static struct fz_lane lane;
    struct fz_due due = due_of(99);
    open_with(&lane, FZ_WEBHOOK_LANE_MAX);
    cr_expect(!fz_lane_add(&lane, &due));
}
