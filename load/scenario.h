/*
 * load: what a measuring run does, as an ini file says it (README.md lists the keys).
 */
#ifndef LOAD_SCENARIO_H
#define LOAD_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "feezero/err.h"
#include "load/chance.h"

enum fz_scenario_operation {
    FZ_SCENARIO_PAY,  /* a resident's payment of an intent made ahead */
    FZ_SCENARIO_SALE, /* intent, payment, events */
    FZ_SCENARIO_P2P
};

struct fz_scenario {
    char name[64];
    int64_t operation; /* enum fz_scenario_operation */
    int64_t shops;     /* enum fz_choice_kind */
    int64_t payers;    /* enum fz_choice_kind */
    int64_t zipf_exponent_hundredths;
    int64_t amount_min;
    int64_t amount_max;
    int64_t history; /* percent of all operations */
    int64_t balance;
    int64_t inquiry;
    int64_t is_exponential; /* arrivals */
    int64_t presign;
};

/*
 * Reads a file, or the one of that name among those that come with the program. FZ_CONFIG: it
 * cannot be read, or says what it may not; the message names file and line.
 */
FZ_MUSTUSE fz_rc fz_scenario_load(const char *name_or_file,
                                  struct fz_scenario *scenario_out,
                                  struct fz_err *err);

#endif
