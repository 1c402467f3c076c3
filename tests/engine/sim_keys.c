/*
 * Test room. Keys that were sent, see the header.
 */
#include "tests/engine/sim_keys.h"

#include <string.h>

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

struct sim_array sim_array_read(const struct sim_statement *statement,
                                const struct sim_param *param)
{
    struct sim_array array = {.len = 0};
    if (param->len < 12) {
        sim_violation("%s: an array of %d bytes", statement->name, param->len);
    }
    array.oid = word_at(param->bytes + 8);
    if (word_at(param->bytes) == 0) {
        return array;
    }
    array.len = (int)word_at(param->bytes + 12);
    array.items = sim_keep((size_t)array.len * sizeof(*array.items));
    const uint8_t *at = param->bytes + 20;
    for (int i = 0; i < array.len; i++) {
        int len = (int)word_at(at);
        array.items[i] = (struct sim_param){len, at + 4};
        at += 4 + (len > 0 ? len : 0);
    }
    if (at != param->bytes + param->len) {
        sim_violation("%s: an array of another length than it says", statement->name);
    }
    return array;
}

static bool holds_uuid(const struct sim_array *array, const struct fz_id *id)
{
    for (int i = 0; i < array->len; i++) {
        if (memcmp(array->items[i].bytes, id->bytes, 16) == 0) {
            return true;
        }
    }
    return false;
}

static bool holds_int(const struct sim_array *array, int64_t number)
{
    static const struct sim_column any = {"key", SIM_INT8, 0, 8, false};
    for (int i = 0; i < array->len; i++) {
        int64_t item = 0;
        sim_column_read(&any, &array->items[i], &item);
        if (item == number) {
            return true;
        }
    }
    return false;
}

static bool holds_hash(const struct sim_array *array, const uint8_t hash[FZ_CODE_HASH_LEN])
{
    for (int i = 0; i < array->len; i++) {
        if (array->items[i].len == FZ_CODE_HASH_LEN &&
            memcmp(array->items[i].bytes, hash, FZ_CODE_HASH_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Accounts named by number, by an intent's payer, by a payout's shop, by a transfer's two sides, by
 * a code's party.
 */
static bool
wants_account(struct sim_rows *rows, const struct sim_array *keys, unsigned len, int64_t number)
{
    bool wanted = len > 0 && holds_int(&keys[0], number);
    for (unsigned i = 0; !wanted && len > 1 && i < rows->intents_len; i++) {
        const struct fz_intent *intent = &rows->intents[i].row;
        wanted = intent->payer != 0 && number == 10000000000 + intent->payer &&
                 holds_uuid(&keys[1], &intent->id);
    }
    for (unsigned i = 0; !wanted && len > 2 && i < rows->payouts_len; i++) {
        wanted = number == 11000000000 + rows->payouts[i].shop &&
                 holds_uuid(&keys[2], &rows->payouts[i].id);
    }
    for (unsigned i = 0; !wanted && len > 3 && i < rows->transfers_len; i++) {
        const struct fz_transfer *transfer = &rows->transfers[i].transfer;
        wanted = (transfer->debit == number || transfer->credit == number) &&
                 holds_int(&keys[3], transfer->number);
    }
    for (unsigned i = 0; !wanted && len > 4 && i < rows->codes_len; i++) {
        wanted = number == 10000000000 + rows->codes[i].party &&
                 holds_hash(&keys[4], rows->codes[i].hash);
    }
    return wanted;
}

bool sim_wants_row(struct sim_rows *rows,
                   const struct sim_table *table,
                   const void *row,
                   const struct sim_array *keys,
                   unsigned keys_len)
{
    const struct sim_column *key = table->key == NULL ? NULL : sim_column_named(table, table->key);
    if (key == NULL) {
        return true;
    }
    const uint8_t *field = (const uint8_t *)row + key->offset;
    if (strcmp(table->name, "code") == 0) {
        return holds_hash(&keys[0], ((const struct fz_code *)row)->hash);
    }
    if (strcmp(table->name, "held_refund") == 0) {
        return keys_len == 2 && holds_uuid(&keys[1], &((const struct fz_held *)row)->id);
    }
    if (key->type == SIM_UUID) {
        return holds_uuid(&keys[0], (const struct fz_id *)field);
    }
    int64_t number;
    memcpy(&number, field, sizeof(number));
    return strcmp(table->name, "account") == 0 ? wants_account(rows, keys, keys_len, number)
                                               : holds_int(&keys[0], number);
}
