/*
 * load: the schedule. Even gaps are computed from the count, so that they do not drift.
 */
#include "load/pace.h"

#include <math.h>
#include <stdlib.h>

#include "load/chance.h"

static int64_t offset_us(const struct fz_pace *pace)
{
    if (pace->is_exponential) {
        return (int64_t)pace->gaps_us;
    }
    uint64_t whole_s = pace->taken / pace->per_second;
    uint64_t rest = pace->taken % pace->per_second;
    return (int64_t)(whole_s * 1000000 + rest * 1000000 / pace->per_second);
}

int64_t fz_pace_next_us(const struct fz_pace *pace)
{
    if (pace->per_second == 0) {
        return INT64_MAX;
    }
    int64_t next_us = pace->start_us + offset_us(pace);
    return next_us < pace->end_us ? next_us : INT64_MAX;
}

void fz_pace_take(struct fz_pace *pace)
{
    pace->taken++;
    if (pace->is_exponential) {
        pace->gaps_us += -log1p(-fz_chance_unit(&pace->chance)) * 1e6 / (double)pace->per_second;
    }
}

uint64_t fz_pace_count(uint64_t per_second, int64_t us)
{
    return (per_second * (uint64_t)us + 999999) / 1000000;
}

fz_rc fz_backlog_init(struct fz_backlog *backlog, size_t size, struct fz_err *err)
{
    *backlog = (struct fz_backlog){.size = size};
    backlog->starts_us = calloc(size, sizeof(backlog->starts_us[0]));
    return backlog->starts_us == NULL ? fz_fail(err, FZ_NO_MEMORY, "backlog") : FZ_OK;
}

void fz_backlog_fini(struct fz_backlog *backlog)
{
    free(backlog->starts_us);
    *backlog = (struct fz_backlog){.starts_us = NULL};
}

bool fz_backlog_push(struct fz_backlog *backlog, int64_t start_us)
{
    if (backlog->len == backlog->size) {
        return false;
    }
    backlog->starts_us[(backlog->first + backlog->len) % backlog->size] = start_us;
    backlog->len++;
    return true;
}

bool fz_backlog_pop(struct fz_backlog *backlog, int64_t *start_us_out)
{
    if (backlog->len == 0) {
        return false;
    }
    *start_us_out = backlog->starts_us[backlog->first];
    backlog->first = (backlog->first + 1) % backlog->size;
    backlog->len--;
    return true;
}
