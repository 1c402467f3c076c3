/*
 * The batcher's plain properties, one by one, on the simulator's world without faults: what a batch
 * holds, in which order, what a full queue, a draining engine and a database that is away mean. The
 * simulator's own judges (order, bounds, answers) look on.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/engine/sim.h"

#define READY_US (200 * SIM_MS)

static struct sim_order *orders[FZ_QUEUE_MAX + FZ_BATCH_MAX];
static unsigned orders_len;

/* An order of its own: a tombstone books nothing and is always decided. */
static fz_rc submit(int32_t community)
{
    struct fz_command command = {.type = FZ_COMMAND_TOMBSTONE};
    uint32_t number = orders_len + 1;
    memcpy(command.id.bytes, &number, sizeof(number));
    struct sim_order *order = sim_client_order(community, &command);
    order->followed = true; /* its client is content with any answer */
    order->at_us = sim.now_us;
    orders[orders_len++] = order;
    fz_rc rc = sim_worker_submit(sim_worker_any(), order);
    order->answered = rc != FZ_OK;
    order->rc = rc;
    return rc;
}

static void begin(int64_t database_away_us)
{
    sim = (struct sim){.seed = 1, .random = 1, .now_us = 1000 * SIM_SECOND, .calm = true};
    sim.wall_us = 1796083200000000LL;
    orders_len = 0;
    sim_forget();
    sim_conn_begin();
    sim_server_begin();
    sim_server_refuse(database_away_us);
    sim_books_begin(1);
    sim_client_reset();
    sim_worker_begin(1);
    sim_run_until(sim.now_us + READY_US);
}

static void end(void)
{
    sim_run_until(sim.now_us + SIM_SECOND);
    sim_books_check();
    sim_worker_end();
    sim_books_end();
}

static void run_for(int64_t us)
{
    sim_run_until(sim.now_us + us);
}

static void expect_all(fz_rc rc, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        cr_assert(orders[i]->answered, "order %u has no answer", i);
        cr_assert_eq(orders[i]->rc, rc, "order %u: %s", i, fz_rc_info(orders[i]->rc)->name);
        cr_assert_eq(orders[i]->booked, rc == FZ_OK ? 1 : 0, "order %u", i);
    }
}

Test(batcher, a_command_alone_goes_at_once)
{
    begin(0);
    cr_assert_eq(submit(1), FZ_OK);
    cr_expect_eq(sim.totals.batches, 1, "no timer stands between a command and its batch");
    cr_expect_not(orders[0]->answered, "never from within submit");
    run_for(100 * SIM_MS);
    expect_all(FZ_OK, 0, 1);
    end();
}

Test(batcher, what_waits_becomes_the_next_batch)
{
    begin(0);
    for (unsigned i = 0; i < 11; i++) {
        cr_assert_eq(submit(1), FZ_OK);
    }
    cr_expect_eq(sim.totals.batches, 1);
    run_for(100 * SIM_MS);
    cr_expect_eq(orders[0]->batch, 1);
    for (unsigned i = 1; i < 11; i++) {
        cr_expect_eq(orders[i]->batch, 2, "order %u", i);
    }
    expect_all(FZ_OK, 0, 11);
    end();
}

Test(batcher, a_batch_is_bounded_and_in_order)
{
    unsigned len = 2 * FZ_BATCH_MAX + 100;
    begin(0);
    for (unsigned i = 0; i < len; i++) {
        cr_assert_eq(submit(1), FZ_OK);
    }
    run_for(SIM_SECOND);
    expect_all(FZ_OK, 0, len);
    cr_expect_leq(sim.totals.largest_batch, FZ_BATCH_MAX);
    cr_expect_geq(sim.totals.batches, 4, "1, two full ones at most, and the rest");
    for (unsigned i = 1; i < len; i++) {
        cr_expect_leq(orders[i - 1]->batch, orders[i]->batch, "order %u is overtaken", i);
        cr_expect_lt(orders[i - 1]->expected.time_us, orders[i]->expected.time_us);
    }
    end();
}

Test(batcher, a_batch_is_of_one_community_and_the_others_keep_their_places)
{
    static const int32_t communities[] = {1, 2, 1, 2, 2, 1};
    static const uint64_t batches[] = {1, 2, 3, 2, 2, 3};
    begin(0);
    for (unsigned i = 0; i < 6; i++) {
        cr_assert_eq(submit(communities[i]), FZ_OK);
    }
    run_for(100 * SIM_MS);
    for (unsigned i = 0; i < 6; i++) {
        cr_expect_eq(orders[i]->batch, batches[i], "order %u is in batch %llu", i,
                     (unsigned long long)orders[i]->batch);
    }
    expect_all(FZ_OK, 0, 6);
    end();
}

Test(batcher, a_full_queue_refuses_and_what_waits_too_long_is_undone)
{
    begin(60 * SIM_SECOND);
    for (unsigned i = 0; i < FZ_QUEUE_MAX + 1; i++) {
        cr_assert_eq(submit(1), FZ_OK, "order %u: one batch is on its way, the others wait", i);
    }
    unsigned len = orders_len;
    cr_expect_eq(submit(1), FZ_OVERLOADED);
    cr_expect_eq(submit(2), FZ_OVERLOADED, "the bound is the worker's, not a community's");
    run_for(FZ_COMMAND_TIMEOUT_MS * SIM_MS - SIM_SECOND);
    cr_expect_not(orders[len - 1]->answered, "not before its time");
    run_for(SIM_SECOND + 200 * SIM_MS);
    expect_all(FZ_UNAVAILABLE, 0, 1);
    run_for(FZ_COMMAND_TIMEOUT_MS * SIM_MS);
    expect_all(FZ_UNAVAILABLE, 0, len);
    expect_all(FZ_OVERLOADED, len, orders_len);
    end();
}

Test(batcher, goes_on_when_the_database_is_back)
{
    begin(3 * SIM_SECOND);
    for (unsigned i = 0; i < 20; i++) {
        cr_assert_eq(submit(1 + (int32_t)(i % 2)), FZ_OK);
    }
    run_for(6 * SIM_SECOND);
    expect_all(FZ_OK, 0, 20);
    end();
}

Test(batcher, drains_what_it_took_and_takes_no_more)
{
    begin(0);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(submit(1), FZ_OK);
    }
    sim_worker_drain(sim_worker_any());
    cr_expect_eq(submit(1), FZ_STOPPING);
    run_for(100 * SIM_MS); /* the worker is replaced as soon as it has drained */
    expect_all(FZ_OK, 0, 5);
    run_for(SIM_SECOND);
    cr_expect_eq(submit(1), FZ_OK, "another took its place");
    end();
    expect_all(FZ_OK, 6, 7);
}
