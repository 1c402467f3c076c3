/*
 * Test room. What the simulated server understands of a statement: the SQL of a batch comes in four
 * shapes, and names and order of columns are read from its text, so that a column more, or in
 * another place, needs no change here.
 */
#ifndef TESTS_ENGINE_SIM_SQL_H
#define TESTS_ENGINE_SIM_SQL_H

#include "tests/engine/sim.h"

#define SIM_COLUMNS_MAX 40
#define SIM_ACTIONS_MAX 12
#define SIM_NAME_MAX 32

enum sim_verb {
    SIM_SELECT,
    SIM_INSERT,
    SIM_UPDATE
};

/* One column and where its value comes from. */
struct sim_item {
    char column[SIM_NAME_MAX];
    int param;     /* $n, from 1 */
    bool is_array; /* one value per row; else the same for all rows */
    bool adds;     /* UPDATE: the value is added to what is there */
    bool is_key;   /* UPDATE: the row is found by it */
};

/* What one statement does to one table; a statement with data-modifying CTEs has several. */
struct sim_action {
    enum sim_verb verb;
    char table[SIM_NAME_MAX];
    unsigned len;
    struct sim_item items[SIM_COLUMNS_MAX];
    unsigned keys_len;
    int keys[8]; /* SELECT: the parameters that name rows, in order of the text */
};

struct sim_statement {
    char name[SIM_NAME_MAX];
    const char *sql;
    bool is_begin, is_commit, is_notify, locks_head;
    unsigned len;
    struct sim_action actions[SIM_ACTIONS_MAX];
};

/* Understands a statement or ends the program, saying which one and where it stopped. */
struct sim_statement *sim_sql_read(const char *name, const char *sql);

#endif
