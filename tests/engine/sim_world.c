/*
 * Test room. Chance, time and memory of the simulator. Events run in order of their time, those of
 * the same time in the order they were made: nothing depends on an address or on the real clock.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "feezero/assert.h"
#include "tests/engine/sim.h"

struct sim sim;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

/* --- chance ----------------------------------------------------------------------------------- */

/* splitmix64: the same numbers for the same seed everywhere */
uint64_t sim_random(void)
{
    uint64_t z = (sim.random += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

unsigned sim_below(unsigned bound)
{
    return (unsigned)(sim_random() % bound);
}

int64_t sim_between(int64_t low, int64_t high)
{
    return low + (int64_t)(sim_random() % (uint64_t)(high - low + 1));
}

static const char *const fault_texts[] = {
#define X(name, text) text,
    SIM_FAULTS(X)
#undef X
};

void sim_count(enum sim_fault fault)
{
    sim.totals.faults[fault]++;
    sim_trace("FAULT %s", fault_texts[fault]);
}

bool sim_strikes(enum sim_fault fault)
{
    if (sim.calm || sim.chance[fault] == 0 || sim_below(1000) >= sim.chance[fault]) {
        return false;
    }
    sim_count(fault);
    return true;
}

/* --- memory that lives as long as a seed ------------------------------------------------------ */

#define SLAB_SIZE (1U << 20)

static struct {
    uint8_t *slabs[256];
    unsigned len, at;
    size_t used;
} memory;

/* The slabs stay: the next seed uses them again, zeroed piece by piece. */
void *sim_keep(size_t size)
{
    size = (size + 15) & ~(size_t)15;
    fz_assert(size <= SLAB_SIZE);
    if (memory.len == 0 || memory.used + size > SLAB_SIZE) {
        memory.at += memory.len == 0 ? 0 : 1;
        memory.used = 0;
        if (memory.at == memory.len) {
            fz_assert(memory.len < sizeof memory.slabs / sizeof memory.slabs[0]);
            memory.slabs[memory.len] = malloc(SLAB_SIZE);
            fz_assert(memory.slabs[memory.len] != NULL);
            memory.len++;
        }
    }
    void *piece = memory.slabs[memory.at] + memory.used;
    memory.used += size;
    memset(piece, 0, size);
    return piece;
}

/* --- events ----------------------------------------------------------------------------------- */

#define EVENTS_MAX 65536

struct event {
    int64_t at_us;
    uint64_t turn; /* of two at the same time the older comes first */
    void (*run)(void *ctx);
    void *ctx;
};

static struct {
    struct event heap[EVENTS_MAX];
    unsigned len;
    uint64_t turn;
} events;

static bool earlier(const struct event *a, const struct event *b)
{
    return a->at_us < b->at_us || (a->at_us == b->at_us && a->turn < b->turn);
}

static void swap(unsigned a, unsigned b)
{
    struct event kept = events.heap[a];
    events.heap[a] = events.heap[b];
    events.heap[b] = kept;
}

void sim_at(int64_t delay_us, void (*run)(void *ctx), void *ctx)
{
    fz_assert(delay_us >= 0 && events.len < EVENTS_MAX);
    unsigned at = events.len++;
    events.heap[at] = (struct event){sim.now_us + delay_us, events.turn++, run, ctx};
    while (at > 0 && earlier(&events.heap[at], &events.heap[(at - 1) / 2])) {
        swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

bool sim_step(void)
{
    if (events.len == 0) {
        return false;
    }
    struct event next = events.heap[0];
    events.heap[0] = events.heap[--events.len];
    for (unsigned at = 0;;) {
        unsigned least = at;
        for (unsigned child = 2 * at + 1; child <= 2 * at + 2 && child < events.len; child++) {
            least = earlier(&events.heap[child], &events.heap[least]) ? child : least;
        }
        if (least == at) {
            break;
        }
        swap(at, least);
        at = least;
    }
    fz_assert(next.at_us >= sim.now_us);
    sim.now_us = next.at_us;
    next.run(next.ctx);
    return true;
}

void sim_run_until(int64_t us)
{
    while (events.len > 0 && events.heap[0].at_us <= us) {
        (void)sim_step();
    }
    sim.now_us = us > sim.now_us ? us : sim.now_us;
}

void sim_forget(void)
{
    events.len = 0;
    memory.at = 0;
    memory.used = 0;
}

/* --- what the code under test sees of the clock ----------------------------------------------- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t us = clock == CLOCK_REALTIME ? sim.now_us + sim.wall_us : sim.now_us;
    now->tv_sec = us / SIM_SECOND;
    now->tv_nsec = us % SIM_SECOND * 1000;
    return 0;
}

/* --- words ------------------------------------------------------------------------------------ */

__attribute__((format(printf, 2, 0))) static void
say(FILE *out, const char *format, va_list arguments)
{
    fprintf(out, "%llu %6lld.%03lld ms ", (unsigned long long)sim.seed,
            (long long)(sim.now_us / SIM_MS), (long long)(sim.now_us % SIM_MS));
    vfprintf(out, format, arguments);
    fputc('\n', out);
}

void sim_trace(const char *format, ...)
{
    va_list arguments;
    if (!sim.tracing) {
        return;
    }
    va_start(arguments, format);
    say(stdout, format, arguments);
    va_end(arguments);
}

void sim_violation(const char *format, ...)
{
    va_list arguments;
    fflush(stdout);
    fprintf(stderr, "engine_sim: VIOLATION in seed ");
    va_start(arguments, format);
    say(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "engine_sim: replay with FZ_SEED=%llu FZ_TRACE=1\n",
            (unsigned long long)sim.seed);
    _Exit(1); /* what is half done cannot be taken apart */
}
