/*
 * Test room. The simulator's program: seed after seed, each a town of a few seconds with its own
 * choice of faults. Any broken promise ends it with the seed to replay.
 *
 *   engine_sim                  the default number of seeds
 *   FZ_SEEDS=N engine_sim       as many, from FZ_FIRST=M (1) on
 *   FZ_SEED=N engine_sim        one; FZ_TRACE=1 tells what happens in it
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/engine/sim.h"

#define SEEDS_DEFAULT 700
#define SEEDS_FOR_ALL_FAULTS 200 /* from here on every kind must have happened */
#define WALL_US 1796083200000000LL

/* Per mille, where it may strike: most per statement, the last ones a few times a second. */
static const unsigned chances[SIM_FAULT_COUNT] = {[SIM_CONNECT_REFUSED] = 300,
                                                  [SIM_CONNECT_HANGS] = 200,
                                                  [SIM_CONNECT_MEMORY] = 100,
                                                  [SIM_PREPARE_REFUSED] = 4,
                                                  [SIM_LOST_IDLE] = 300,
                                                  [SIM_LOST_LOCKING] = 60,
                                                  [SIM_LOST_UNCOMMITTED] = 60,
                                                  [SIM_LOST_COMMITTED] = 300,
                                                  [SIM_LATE_COMMIT] = 300,
                                                  [SIM_HALF_SENT] = 200,
                                                  [SIM_SERIALIZATION] = 60,
                                                  [SIM_LOCK_TIMEOUT] = 60,
                                                  [SIM_STATEMENT_TIMEOUT] = 40,
                                                  [SIM_DISK_FULL] = 60,
                                                  [SIM_CONSTRAINT] = 30,
                                                  [SIM_TERMINATED] = 50,
                                                  [SIM_IDLE_TX] = 0,
                                                  [SIM_ROLLBACK_TAG] = 100,
                                                  [SIM_PANIC] = 200,
                                                  [SIM_SLOW_COMMIT] = 200,
                                                  [SIM_SLOW_ANSWER] = 60,
                                                  [SIM_PARTIAL_FLUSH] = 200,
                                                  [SIM_SEND_MEMORY] = 20,
                                                  [SIM_READ_MEMORY] = 40,
                                                  [SIM_RESULT_MEMORY] = 30,
                                                  [SIM_RESTART] = 200,
                                                  [SIM_KILL] = 200,
                                                  [SIM_STALL] = 200,
                                                  [SIM_DRAIN] = 100,
                                                  [SIM_WALL_JUMP] = 300,
                                                  [SIM_BURST] = 15,
                                                  [SIM_NO_COMMUNITY] = 100};

static const char *const names[] = {
#define X(name, text) text,
    SIM_FAULTS(X)
#undef X
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 10);
}

/* Few kinds at a time: each gets to the depth where it hurts. One seed in eight has none. */
static void choose_faults(void)
{
    unsigned of = 2 + sim_below(12);
    bool peace = sim_below(8) == 0;
    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++) {
        bool chosen = sim_below(of) == 0;
        unsigned chance = chances[i] == 0 ? 0 : 1 + sim_below(chances[i]);
        sim.chance[i] = chosen && !peace ? chance : 0;
    }
}

static void play(uint64_t seed)
{
    struct sim_totals totals = sim.totals;
    bool tracing = sim.tracing;
    sim = (struct sim){.seed = seed, .random = seed, .totals = totals, .tracing = tracing};
    sim.now_us = 1000 * SIM_SECOND;
    sim.wall_us = WALL_US;
    choose_faults();
    sim_forget();
    sim_conn_begin();
    sim_server_begin();
    sim_books_begin(seed);
    sim_worker_begin(1 + sim_below(SIM_WORKERS_MAX));
    sim_client_begin();
    sim_run_until(sim.now_us + sim_between(2 * SIM_SECOND, 30 * SIM_SECOND));
    sim.calm = true;
    for (unsigned s = 0; s < 90 && !sim_client_is_answered(); s++) {
        sim_run_until(sim.now_us + SIM_SECOND);
    }
    if (!sim_client_is_answered()) {
        sim_violation("somebody waits for ever");
    }
    sim_run_until(sim.now_us + 15 * SIM_SECOND); /* what was late has arrived */
    sim_client_resolve();
    sim_books_check();
    sim_worker_end();
    if (sim_results_alive() != 0) {
        sim_violation("%u results were never freed", sim_results_alive());
    }
    sim_books_end();
    sim.totals.seeds++;
}

static void on_abort(int signal)
{
    char text[96];
    int len = snprintf(text, sizeof(text), "engine_sim: an assertion failed in seed %llu\n",
                       (unsigned long long)sim.seed);
    ssize_t written = write(STDERR_FILENO, text, (size_t)len);
    (void)written;
    (void)signal;
}

static void report(void)
{
    const struct sim_totals *t = &sim.totals;
    const struct {
        const char *what;
        uint64_t count;
    } lines[] = {{"seeds", t->seeds},
                 {"operations", t->operations},
                 {"batches", t->batches},
                 {"largest batch", t->largest_batch},
                 {"answered: decided", t->decided},
                 {"  of these refused by a rule", t->refused},
                 {"  of these decided earlier", t->replays},
                 {"answered: unavailable", t->unavailable},
                 {"answered: database", t->failed},
                 {"answered: outcome unknown", t->unknown},
                 {"overloaded or stopping", t->rejected},
                 {"never answered, worker killed", t->orphaned},
                 {"open at the end, resolved: booked", t->resolved_booked},
                 {"open at the end, resolved: not booked", t->resolved_not_booked},
                 {"waits for the head", t->waits_for_head},
                 {"events announced", t->announced},
                 {"  of these found decided earlier", t->found_again},
                 {"in batches whose events were hinted at", t->hinted}};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        printf("%10llu %s\n", (unsigned long long)lines[i].count, lines[i].what);
    }
    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++) {
        printf("%10llu fault: %s\n", (unsigned long long)t->faults[i], names[i]);
    }
}

static int check_reach(void)
{
    int missing = 0;
    const struct sim_totals *t = &sim.totals;
    for (unsigned i = 0; i < SIM_FAULT_COUNT; i++) {
        if (t->faults[i] == 0) {
            fprintf(stderr, "engine_sim: it never happened: %s\n", names[i]);
            missing++;
        }
    }
    if (t->resolved_booked == 0 || t->resolved_not_booked == 0 || t->waits_for_head == 0 ||
        t->largest_batch < FZ_BATCH_MAX / 4 || t->found_again == 0) {
        fprintf(stderr, "engine_sim: the histories do not reach far enough\n");
        missing++;
    }
    return missing;
}

int main(void)
{
    uint64_t only = setting("FZ_SEED", 0);
    uint64_t seeds = setting("FZ_SEEDS", SEEDS_DEFAULT);
    sim.tracing = setting("FZ_TRACE", 0) != 0;
    signal(SIGABRT, on_abort);
    setvbuf(stdout, NULL, _IOLBF, 0);
    uint64_t first = setting("FZ_FIRST", 1);
    for (uint64_t i = 0; only == 0 && i < seeds; i++) {
        play(first + i);
    }
    if (only != 0) {
        play(only);
    }
    report();
    return only == 0 && seeds >= SEEDS_FOR_ALL_FAULTS && check_reach() > 0 ? 1 : 0;
}
