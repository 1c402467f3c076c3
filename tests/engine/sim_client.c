/*
 * Test room. The clients: they send random commands, send again what got no answer, close ids by
 * tombstones, and judge every answer. What is judged is written in docs/architecture.md and in the
 * comments of engine.h and writer.h.
 */
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "tests/core/generator.h"
#include "tests/engine/sim.h"

#define ORDERS_MAX 16384
#define SENDS_MAX 5
#define UNKNOWN_COMMUNITY 77
#define QUIET_US (50 * SIM_MS) /* a tick, and a little */

static struct {
    struct sim_order *orders[ORDERS_MAX];
    unsigned len, answered, left;
    uint64_t refusals; /* injected failures that may be answered FZ_DATABASE, when the seed began */
    bool resolving;
} client;

/* --- what is equal ---------------------------------------------------------------------------- */

const char *sim_difference(const struct fz_result *got, const struct fz_result *want)
{
#define SAME(field)                  \
    if (got->field != want->field) { \
        return #field;               \
    }
    SAME(rc)
    SAME(type)
    SAME(actor)
    SAME(shop)
    SAME(party)
    SAME(payee)
    SAME(amount)
    SAME(value)
    SAME(number)
    SAME(time_us)
    SAME(expires_us)
    SAME(terminal)
    SAME(state)
#undef SAME
    if (!fz_id_equal(&got->id, &want->id) || !fz_id_equal(&got->ref, &want->ref)) {
        return "ids";
    }
    return strcmp(got->note, want->note) == 0 ? NULL : "note";
}

/* --- sending ---------------------------------------------------------------------------------- */

struct sim_order *sim_client_order(int32_t community, const struct fz_command *command)
{
    fz_assert(client.len < ORDERS_MAX);
    struct sim_order *order = sim_keep(sizeof(*order));
    order->index = client.len;
    order->community = community;
    order->command = *command;
    client.orders[client.len++] = order;
    return order;
}

static void follow_up(struct sim_order *order);

static void submit(void *ctx)
{
    struct sim_order *order = ctx;
    struct sim_worker *worker = sim_worker_any();
    if (sim_worker_stalled(worker)) { /* it waits in the socket until somebody reads */
        sim_at(100 * SIM_MS, submit, order);
        return;
    }
    order->at_us = sim.now_us;
    order->sends++;
    sim.totals.operations++;
    sim_trace("order %u: %s community %d", order->index,
              fz_command_info((int)order->command.type)->name, (int)order->community);
    fz_rc rc = sim_worker_submit(worker, order);
    if (rc != FZ_OK) {
        order->answered = true;
        order->rc = rc;
        client.answered++;
        sim.totals.rejected++;
        follow_up(order);
    }
}

/* A signed order, for the columns that keep it; not part of what the model knows. */
static void sign(struct fz_command *command)
{
    static const uint8_t base[] = "\"@method\": PUT";
    static const uint8_t body[] = "{}";
    static const uint8_t signature[FZ_SIGNATURE_LEN] = {1, 2, 3};
    command->order = (struct fz_signed_order){.key_id = "1.key",
                                              .base = base,
                                              .base_len = sizeof(base) - 1,
                                              .body = body,
                                              .body_len = sizeof(body) - 1,
                                              .signature = signature};
}

static void send_batch(int32_t community)
{
    struct fz_command commands[HISTORY_BATCH_MAX];
    struct history *history = sim_history(community);
    int64_t spread = sim_below(3) == 0 ? 1 : sim_between(1, 20 * SIM_MS);
    history->now_us = sim.now_us + sim.wall_us;
    unsigned len = history_batch(history, commands);
    for (unsigned i = 0; i < len; i++) {
        struct sim_order *order = sim_client_order(community, &commands[i]);
        if (order->command.type == FZ_COMMAND_INTENT) {
            order->command.shop_name = "青空パン";
            order->command.qr = "000201";
        }
        if (sim_below(2) == 0) {
            sign(&order->command);
        }
        sim_at(sim_between(0, spread), submit, order);
    }
}

static void send_more(void *ctx)
{
    if (client.left == 0) {
        return;
    }
    client.left--;
    send_batch(1 + (int32_t)(sim_below(3) == 0));
    int64_t pause = sim_below(4) == 0 ? sim_between(1, 2 * SIM_SECOND) : sim_between(1, 5000);
    sim_at(pause, send_more, ctx);
}

/* --- what goes wrong around the database ------------------------------------------------------ */

/* More than the queue holds, all of them the same: the model stays small. */
static void burst(void)
{
    struct fz_command command = {.type = FZ_COMMAND_TOMBSTONE};
    command.id.bytes[0] = (uint8_t)sim_below(256);
    for (unsigned i = 0; i < FZ_QUEUE_MAX + FZ_BATCH_MAX + 200; i++) {
        struct sim_order *order = sim_client_order(1, &command);
        order->followed = i > 0; /* one of them is enough to know */
        submit(order);
    }
}

static void disturb_worker(void)
{
    struct sim_worker *worker = sim_worker_any();
    if (sim_worker_stalled(worker)) {
        return;
    }
    if (sim_strikes(SIM_KILL)) {
        sim_worker_kill(worker);
    } else if (sim_strikes(SIM_STALL)) {
        sim_worker_stall(worker, sim_between(10 * SIM_MS, 9 * SIM_SECOND));
    } else if (sim_strikes(SIM_DRAIN)) {
        sim_worker_drain(worker);
    } else if (sim.chance[SIM_LOST_IDLE] > 0 && sim_worker_lose_idle(worker)) {
        sim_count(SIM_LOST_IDLE);
    }
}

static void trouble(void *ctx)
{
    if (sim.calm) {
        return;
    }
    disturb_worker();
    if (sim_strikes(SIM_RESTART)) {
        sim_server_restart();
    }
    if (sim_strikes(SIM_WALL_JUMP)) {
        sim.wall_us += sim_between(-90000 * SIM_SECOND, 90000 * SIM_SECOND);
    }
    if (sim_strikes(SIM_BURST) && client.len < 2000) {
        burst();
    }
    if (sim_strikes(SIM_NO_COMMUNITY)) {
        struct fz_command command = {.type = FZ_COMMAND_TOMBSTONE};
        submit(sim_client_order(UNKNOWN_COMMUNITY, &command));
    }
    for (int32_t c = 1; c <= SIM_COMMUNITIES; c++) {
        if (sim_backend_lock_is_free(c)) {
            sim_books_disturb(c);
        }
    }
    sim_at(sim_between(20 * SIM_MS, 800 * SIM_MS), trouble, ctx);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* What a client does that does not know: the same again, or a tombstone and then the same. */
static void follow_up(struct sim_order *order)
{
    if (order->followed || order->sends >= SENDS_MAX || client.resolving ||
        order->community == UNKNOWN_COMMUNITY || client.len > ORDERS_MAX / 2 || sim_below(4) == 0) {
        return;
    }
    order->followed = true;
    int64_t pause = sim_between(10 * SIM_MS, 3 * SIM_SECOND);
    if (sim_below(4) == 0) {
        struct fz_command close = {.type = FZ_COMMAND_TOMBSTONE, .id = order->command.id};
        sim_at(pause, submit, sim_client_order(order->community, &close));
        pause += sim_between(0, SIM_SECOND);
    }
    struct sim_order *again = sim_client_order(order->community, &order->command);
    again->sends = order->sends;
    sim_at(pause, submit, again);
}

void sim_client_orphaned(struct sim_order *order)
{
    order->orphaned = true;
    sim.totals.orphaned++;
    follow_up(order);
}

static void judge_done(const struct sim_order *order, const struct fz_command *command)
{
    if (order->booked == 0) {
        sim_violation("order %u is acknowledged and not durable", order->index);
    }
    const char *field = sim_difference(&command->result, &order->expected);
    if (field != NULL) {
        sim_violation("order %u (%s) is answered wrongly: %s", order->index,
                      fz_command_info((int)order->command.type)->name, field);
    }
    sim.totals.decided++;
    sim.totals.refused += command->result.rc != FZ_OK;
    sim.totals.replays += command->replayed;
}

static uint64_t injected_refusals(void)
{
    static const enum sim_fault kinds[] = {
        SIM_CONSTRAINT,  SIM_PREPARE_REFUSED, SIM_ROLLBACK_TAG,   SIM_SEND_MEMORY,
        SIM_READ_MEMORY, SIM_RESULT_MEMORY,   SIM_CONNECT_MEMORY, SIM_PANIC};
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        sum += sim.totals.faults[kinds[i]];
    }
    return sum;
}

static void judge_not_done(const struct sim_order *order, fz_rc rc)
{
    bool may_be = rc == FZ_UNAVAILABLE || rc == FZ_OUTCOME_UNKNOWN ||
                  (rc == FZ_NOT_FOUND && order->community == UNKNOWN_COMMUNITY) ||
                  (rc == FZ_DATABASE && injected_refusals() > client.refusals);
    if (!may_be) {
        sim_violation("order %u: nothing explains %s", order->index, fz_rc_info(rc)->name);
    }
    if (rc == FZ_OUTCOME_UNKNOWN) {
        sim.totals.unknown++;
        if (!order->commit_sent) {
            sim_violation("order %u: unknown, and no COMMIT was ever sent", order->index);
        }
        return;
    }
    if (order->booked > 0) {
        sim_violation("order %u is booked, and %s says that nothing was done", order->index,
                      fz_rc_info(rc)->name);
    }
    sim.totals.unavailable += rc == FZ_UNAVAILABLE;
    sim.totals.failed += rc == FZ_DATABASE;
}

/* It waits at most its time in the queue, and then as long as its batch may take. */
static void judge_late_answer(const struct sim_order *order)
{
    int64_t most = (order->in_batch ? 2 : 1) * FZ_COMMAND_TIMEOUT_MS * SIM_MS + 4 * QUIET_US;
    if (sim.chance[SIM_STALL] == 0 && sim.now_us - order->at_us > most) {
        sim_violation("order %u waited %lld ms", order->index,
                      (long long)((sim.now_us - order->at_us) / SIM_MS));
    }
}

void sim_client_answered(struct sim_order *order, fz_rc rc, const struct fz_command *command)
{
    sim_trace("order %u: %s", order->index, fz_rc_info(rc)->name);
    if (order->answered) {
        sim_violation("order %u is answered twice", order->index);
    }
    order->answered = true;
    order->rc = rc;
    client.answered++;
    judge_late_answer(order);
    if (rc == FZ_OK) {
        judge_done(order, command);
    } else {
        judge_not_done(order, rc);
        follow_up(order);
    }
}

bool sim_client_is_answered(void)
{
    for (unsigned i = 0; i < client.len; i++) {
        if (!client.orders[i]->answered && !client.orders[i]->orphaned) {
            return false;
        }
    }
    return client.left == 0;
}

static bool is_known(const struct sim_order *order)
{
    return order->answered && order->rc == FZ_OK;
}

/* With all quiet, the same request again is the question what became of it. */
void sim_client_resolve(void)
{
    unsigned len = client.len;
    client.resolving = true;
    for (unsigned i = 0; i < len; i++) {
        struct sim_order *order = client.orders[i];
        if (is_known(order) || order->followed || order->community == UNKNOWN_COMMUNITY ||
            client.len > ORDERS_MAX - 10) {
            continue;
        }
        bool was_booked = order->booked > 0;
        bool was_open = order->orphaned || order->rc == FZ_OUTCOME_UNKNOWN;
        struct sim_order *again = sim_client_order(order->community, &order->command);
        submit(again);
        while (!again->answered) {
            if (!sim_step()) {
                sim_violation("order %u: nothing happens any more", again->index);
            }
        }
        if (again->rc != FZ_OK) {
            sim_violation("order %u: all is well, and its answer is %s", again->index,
                          fz_rc_info(again->rc)->name);
        }
        sim.totals.resolved_booked += was_open && was_booked;
        sim.totals.resolved_not_booked += was_open && !was_booked;
    }
}

void sim_client_reset(void)
{
    memset(&client, 0, sizeof(client));
    client.refusals = injected_refusals();
}

void sim_client_begin(void)
{
    sim_client_reset();
    client.left = 3 + sim_below(20);
    sim_at(sim_between(0, 20 * SIM_MS), send_more, NULL);
    sim_at(sim_between(20 * SIM_MS, 500 * SIM_MS), trouble, NULL);
}
