/*
 * Test room. The rows of the simulated store and how their columns lie in memory: the one table to
 * mend when the schema gets a column.
 */
#ifndef TESTS_ENGINE_SIM_TABLES_H
#define TESTS_ENGINE_SIM_TABLES_H

#include "tests/core/memory_store.h"
#include "tests/engine/sim.h"

#define SIM_KEPT_COLUMNS 6 /* the signed order */
#define SIM_ROWS_MAX 4096

struct sim_operation {
    struct memory_operation row;
    int32_t batch_seq;
    struct sim_param order[SIM_KEPT_COLUMNS];
};

struct sim_intent {
    struct fz_intent row;
    struct sim_param reference, shop_name, qr;
};

struct sim_batch {
    int64_t batch, first_number, time_us;
    int32_t transfers, operations;
    uint8_t hash[FZ_HASH_LEN];
};

/* One community's rows. */
struct sim_rows {
    unsigned heads_len, accounts_len, intents_len, payouts_len, transfers_len, operations_len;
    unsigned events_len, batches_len, marks_len, codes_len, held_len;
    struct fz_head heads[1];
    struct fz_account accounts[256];
    struct sim_intent intents[SIM_ROWS_MAX];
    struct fz_code codes[SIM_ROWS_MAX];
    struct fz_held held[SIM_ROWS_MAX];
    struct fz_payout payouts[SIM_ROWS_MAX];
    struct fz_corrected transfers[SIM_ROWS_MAX];
    struct sim_operation operations[SIM_ROWS_MAX];
    struct fz_event events[SIM_ROWS_MAX];
    struct sim_batch batches[SIM_ROWS_MAX];
    struct fz_mark marks[SIM_ROWS_MAX];
};

enum sim_type {
    SIM_INT2 = 21, /* the numbers are PostgreSQL's */
    SIM_INT4 = 23,
    SIM_INT8 = 20,
    SIM_TID = 27, /* where the row lies */
    SIM_UUID = 2950,
    SIM_HASH = 17, /* bytea of FZ_HASH_LEN */
    SIM_TEXT = 25, /* kept as sent */
    SIM_BYTEA = 1017,
    SIM_HEADS = 2017,  /* bytea of fz_heads_encode() */
    SIM_RECENT = 3017, /* bytea of fz_recent_encode() */
    SIM_NOTE = 1025    /* text in the result's own buffer */
};

struct sim_column {
    const char *name;
    enum sim_type type;
    size_t offset, size; /* of the field */
    bool null_is_zero;
};

struct sim_table {
    const char *name;
    const struct sim_column *columns;
    unsigned columns_len;
    const char *key; /* primary key, after community_id */
    size_t key_size; /* bytes from there; 0: the column's */
    size_t rows, rows_len, row_size;
    unsigned rows_max;
};

const struct sim_table *sim_table_named(const char *name); /* ends the program if unknown */
const struct sim_column *sim_column_named(const struct sim_table *table, const char *name);

/* Reads a value as it was sent into the row's field; the answer as the server would send it. */
void sim_column_read(const struct sim_column *column, const struct sim_param *value, void *row);
struct sim_param sim_column_write(const struct sim_column *column, const void *row);

/* As fz.row_moved() says it: the row has changed since the change that was sent was read. */
bool sim_row_moved(const struct sim_table *table, const void *sent, const void *kept);
uint32_t sim_column_oid(const struct sim_column *column);

/* The order in the row's columns; its base is written to `base_out`. */
struct fz_signed_order sim_kept_order(const struct sim_operation *row,
                                      uint8_t base_out[FZ_ORDER_BASE_MAX]);

#endif
