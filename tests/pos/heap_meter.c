/*
 * tests/pos: counts the heap of a program it is preloaded into (LD_PRELOAD), by the library that
 * asked for it, as it was when the part that is ours to answer for was largest. TLS is counted
 * apart: what libssl and libcrypto ask for. At the end, a line for each library goes to the file
 * that FZ_HEAP_FILE names: "ours|tls BYTES_NOW_AT_THE_PEAK LIBRARY", and before them the peaks.
 */
/* These functions take the place of the C library's, so they must be seen from outside. */
#pragma GCC visibility push(default)

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS_MAX (1U << 16)
#define OWNERS_MAX 64
#define EARLY_SIZE 65536

struct block {
    uintptr_t at; /* 0: free; 1: was used */
    size_t size;
    unsigned owner;
};

struct owner {
    const char *name;
    bool is_tls;
    size_t now;
    size_t at_peak;
};

static struct block blocks[BLOCKS_MAX];
static struct owner owners[OWNERS_MAX];
static unsigned owner_count;
static size_t ours, all, ours_peak, all_peak;
static char early[EARLY_SIZE]; /* what dlsym() itself asks for */
static size_t early_len;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_memalign)(size_t, size_t);
static void (*real_free)(void *);

static void die(const char *why)
{
    fprintf(stderr, "heap_meter: %s\n", why);
    abort();
}

static void *find(const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (symbol == NULL) {
        die(name);
    }
    return symbol;
}

static void look_up(void)
{
    static bool is_looking;

    if (real_free != NULL || is_looking) {
        return;
    }
    is_looking = true;
    void *symbols[] = {find("malloc"), find("calloc"), find("realloc"), find("memalign"),
                       find("free")};

    memcpy(&real_malloc, &symbols[0], sizeof symbols[0]);
    memcpy(&real_calloc, &symbols[1], sizeof symbols[1]);
    memcpy(&real_realloc, &symbols[2], sizeof symbols[2]);
    memcpy(&real_memalign, &symbols[3], sizeof symbols[3]);
    memcpy(&real_free, &symbols[4], sizeof symbols[4]);
}

static void *early_take(size_t size)
{
    size_t at = (early_len + 15) & ~(size_t)15;

    if (at + size > sizeof early) {
        die("too much before the start");
    }
    early_len = at + size;
    return early + at;
}

static bool is_early(const void *at)
{
    return (const char *)at >= early && (const char *)at < early + sizeof early;
}

static unsigned owner_of(const void *caller)
{
    Dl_info info = {.dli_fname = "?"};
    unsigned i = 0;

    if (dladdr(caller, &info) == 0) {
        info.dli_fname = "?";
    }
    while (i < owner_count && owners[i].name != info.dli_fname) {
        i++;
    }
    if (i == owner_count) {
        if (owner_count == OWNERS_MAX) {
            die("too many libraries");
        }
        owners[i].name = info.dli_fname;
        owners[i].is_tls = strstr(info.dli_fname, "/libssl.so") != NULL ||
                           strstr(info.dli_fname, "/libcrypto.so") != NULL;
        owner_count++;
    }
    return i;
}

static struct block *block_of(const void *at, bool make)
{
    unsigned slot = (unsigned)(((uintptr_t)at >> 4) * 2654435761U) % BLOCKS_MAX;
    struct block *free_one = NULL;

    for (unsigned i = 0; i < BLOCKS_MAX; i++) {
        struct block *block = &blocks[(slot + i) % BLOCKS_MAX];

        if (block->at == (uintptr_t)at) {
            return block;
        }
        if (block->at <= 1 && free_one == NULL) {
            free_one = block;
        }
        if (block->at == 0) {
            break;
        }
    }
    if (make && free_one == NULL) {
        die("too many blocks");
    }
    return make ? free_one : NULL;
}

static void count_in(void *at, size_t size, const void *caller)
{
    if (at == NULL) {
        return;
    }
    struct block *block = block_of(at, true);

    *block = (struct block){.at = (uintptr_t)at, .size = size, .owner = owner_of(caller)};
    struct owner *owner = &owners[block->owner];

    owner->now += size;
    all += size;
    all_peak = all > all_peak ? all : all_peak;
    ours += owner->is_tls ? 0 : size;
    if (ours > ours_peak) {
        ours_peak = ours;
        for (unsigned i = 0; i < owner_count; i++) {
            owners[i].at_peak = owners[i].now;
        }
    }
}

static void count_out(const void *at)
{
    struct block *block = at == NULL ? NULL : block_of(at, false);

    if (block == NULL) {
        return; /* from before we looked */
    }
    struct owner *owner = &owners[block->owner];

    owner->now -= block->size;
    all -= block->size;
    ours -= owner->is_tls ? 0 : block->size;
    block->at = 1;
}

void *malloc(size_t size)
{
    look_up();
    if (real_malloc == NULL) {
        return early_take(size);
    }
    void *at = real_malloc(size);

    count_in(at, size, __builtin_return_address(0));
    return at;
}

void *calloc(size_t count, size_t size)
{
    look_up();
    if (real_calloc == NULL) {
        return early_take(count * size);
    }
    void *at = real_calloc(count, size);

    count_in(at, count * size, __builtin_return_address(0));
    return at;
}

void *realloc(void *old, size_t size)
{
    look_up();
    if (old == NULL || is_early(old)) {
        return malloc(size);
    }
    void *at = real_realloc(old, size);

    if (at != NULL) {
        count_out(old);
        count_in(at, size, __builtin_return_address(0));
    }
    return at;
}

void *memalign(size_t alignment, size_t size)
{
    look_up();
    void *at = real_memalign(alignment, size);

    count_in(at, size, __builtin_return_address(0));
    return at;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    look_up();
    void *at = real_memalign(alignment, size);

    count_in(at, size, __builtin_return_address(0));
    return at;
}

int posix_memalign(void **at_out, size_t alignment, size_t size)
{
    look_up();
    *at_out = real_memalign(alignment, size);
    count_in(*at_out, size, __builtin_return_address(0));
    return *at_out == NULL ? ENOMEM : 0;
}

void free(void *at)
{
    look_up();
    if (at == NULL || is_early(at)) {
        return;
    }
    count_out(at);
    real_free(at);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FZ_HEAP_FILE");
    size_t told_ours = ours_peak, told_all = all_peak;
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (file == NULL) {
        return;
    }
    fprintf(file, "peak-ours %zu\npeak-all %zu\n", told_ours, told_all);
    for (unsigned i = 0; i < owner_count; i++) {
        if (owners[i].at_peak > 0) {
            fprintf(file, "%s %zu %s\n", owners[i].is_tls ? "tls" : "ours", owners[i].at_peak,
                    owners[i].name);
        }
    }
    fclose(file);
}
