/*
 * Test room. Which rows a statement of a batch asks for: the arrays of keys it was sent, and what
 * follows from them.
 */
#ifndef TESTS_ENGINE_SIM_KEYS_H
#define TESTS_ENGINE_SIM_KEYS_H

#include "tests/engine/sim_sql.h"
#include "tests/engine/sim_tables.h"

struct sim_array {
    uint32_t oid;
    int len;
    struct sim_param *items;
};

struct sim_array sim_array_read(const struct sim_statement *statement,
                                const struct sim_param *param);

bool sim_wants_row(struct sim_rows *rows,
                   const struct sim_table *table,
                   const void *row,
                   const struct sim_array *keys,
                   unsigned keys_len);

#endif
