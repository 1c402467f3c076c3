/*
 * Test room. Columns of the simulated store, see the header.
 */
#include "tests/engine/sim_tables.h"

#include <endian.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/order_base.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define AT(row, field) offsetof(struct row, field), sizeof(((struct row *)0)->field)

static const struct sim_column head_columns[] = {
    {"last_number", SIM_INT8, AT(fz_head, last_number), false},
    {"last_time_us", SIM_INT8, AT(fz_head, last_time_us), false},
    {"last_batch", SIM_INT8, AT(fz_head, last_batch), false},
    {"last_event", SIM_INT8, AT(fz_head, last_event), false},
    {"last_hash", SIM_HASH, AT(fz_head, last_hash), false},
    {"utc_offset_s", SIM_INT4, AT(fz_head, utc_offset_s), false}, /* joined from fz.community */
    {"community_id", SIM_INT4, AT(fz_head, community), false}};

static const struct sim_column account_columns[] = {
    {"account", SIM_INT8, AT(fz_account, number), false},
    {"debits_pending", SIM_INT8, AT(fz_account, debits_pending), false},
    {"debits_posted", SIM_INT8, AT(fz_account, debits_posted), false},
    {"credits_pending", SIM_INT8, AT(fz_account, credits_pending), false},
    {"credits_posted", SIM_INT8, AT(fz_account, credits_posted), false},
    {"hold", SIM_INT8, AT(fz_account, hold), false},
    {"last_transfer", SIM_INT8, AT(fz_account, last_transfer), false},
    {"state", SIM_INT2, AT(fz_account, state), false},
    {"heads", SIM_HEADS, AT(fz_account, heads), false},
    {"recent", SIM_RECENT, AT(fz_account, recent), false},
    {"held", SIM_INT8, AT(fz_account, held), false},
    {"place", SIM_TID, AT(fz_account, place), false}};

static const struct sim_column intent_columns[] = {
    {"intent_id", SIM_UUID, AT(sim_intent, row.id), false},
    {"shop", SIM_INT8, AT(sim_intent, row.shop), false},
    {"amount", SIM_INT8, AT(sim_intent, row.amount), false},
    {"refunded", SIM_INT8, AT(sim_intent, row.refunded), false},
    {"created_us", SIM_INT8, AT(sim_intent, row.created_us), false},
    {"expires_us", SIM_INT8, AT(sim_intent, row.expires_us), false},
    {"paid_us", SIM_INT8, AT(sim_intent, row.paid_us), true},
    {"number", SIM_INT8, AT(sim_intent, row.number), true},
    {"payer", SIM_INT8, AT(sim_intent, row.payer), true},
    {"last_event", SIM_INT8, AT(sim_intent, row.last_event), false},
    {"payment_id", SIM_UUID, AT(sim_intent, row.payment), true},
    {"terminal", SIM_INT2, AT(sim_intent, row.terminal), false},
    {"state", SIM_INT2, AT(sim_intent, row.state), false},
    {"reference", SIM_TEXT, AT(sim_intent, reference), false},
    {"shop_name", SIM_TEXT, AT(sim_intent, shop_name), false},
    {"qr", SIM_TEXT, AT(sim_intent, qr), false},
    {"place", SIM_TID, AT(sim_intent, row.place), false}};

static const struct sim_column code_columns[] = {
    {"code_id", SIM_UUID, AT(fz_code, id), false},
    {"hash", SIM_HASH, AT(fz_code, hash), false},
    {"party", SIM_INT8, AT(fz_code, party), false},
    {"amount", SIM_INT8, AT(fz_code, amount), false},
    {"expires_us", SIM_INT8, AT(fz_code, expires_us), false},
    {"intent_id", SIM_UUID, AT(fz_code, intent), true},
    {"place", SIM_TID, AT(fz_code, place), false}};

static const struct sim_column held_columns[] = {
    {"refund_id", SIM_UUID, AT(fz_held, id), false},
    {"intent_id", SIM_UUID, AT(fz_held, intent), false},
    {"shop", SIM_INT8, AT(fz_held, shop), false},
    {"party", SIM_INT8, AT(fz_held, party), false},
    {"amount", SIM_INT8, AT(fz_held, amount), false},
    {"since_us", SIM_INT8, AT(fz_held, since_us), false},
    {"release_id", SIM_UUID, AT(fz_held, released_by), true},
    {"place", SIM_TID, AT(fz_held, place), false}};

static const struct sim_column payout_columns[] = {
    {"payout_id", SIM_UUID, AT(fz_payout, id), false},
    {"shop", SIM_INT8, AT(fz_payout, shop), false},
    {"amount", SIM_INT8, AT(fz_payout, amount), false},
    {"state", SIM_INT2, AT(fz_payout, state), false}};

static const struct sim_column transfer_columns[] = {
    {"number", SIM_INT8, AT(fz_corrected, transfer.number), false},
    {"debit", SIM_INT8, AT(fz_corrected, transfer.debit), false},
    {"credit", SIM_INT8, AT(fz_corrected, transfer.credit), false},
    {"amount", SIM_INT8, AT(fz_corrected, transfer.amount), false},
    {"time_us", SIM_INT8, AT(fz_corrected, transfer.time_us), false},
    {"debit_previous", SIM_INT8, AT(fz_corrected, transfer.debit_previous), false},
    {"credit_previous", SIM_INT8, AT(fz_corrected, transfer.credit_previous), false},
    {"debit_same", SIM_INT8, AT(fz_corrected, transfer.debit_same), false},
    {"credit_same", SIM_INT8, AT(fz_corrected, transfer.credit_same), false},
    {"corrects", SIM_INT8, AT(fz_corrected, transfer.corrects), true},
    {"op_id", SIM_UUID, AT(fz_corrected, transfer.operation), false},
    {"kind", SIM_INT2, AT(fz_corrected, transfer.kind), false},
    {"done", SIM_INT4, AT(fz_corrected, done), false}}; /* EXISTS, not a column */

static const struct sim_column operation_columns[] = {
    {"op_id", SIM_UUID, AT(sim_operation, row.result.id), false},
    {"command", SIM_INT2, AT(sim_operation, row.result.type), false},
    {"rc", SIM_INT2, AT(sim_operation, row.result.rc), false},
    {"state", SIM_INT2, AT(sim_operation, row.result.state), false},
    {"terminal", SIM_INT2, AT(sim_operation, row.result.terminal), false},
    {"batch", SIM_INT8, AT(sim_operation, row.batch), false},
    {"batch_seq", SIM_INT4, AT(sim_operation, batch_seq), false},
    {"time_us", SIM_INT8, AT(sim_operation, row.result.time_us), false},
    {"actor", SIM_INT8, AT(sim_operation, row.result.actor), false},
    {"shop", SIM_INT8, AT(sim_operation, row.result.shop), false},
    {"party", SIM_INT8, AT(sim_operation, row.result.party), false},
    {"payee", SIM_INT8, AT(sim_operation, row.result.payee), false},
    {"amount", SIM_INT8, AT(sim_operation, row.result.amount), false},
    {"value", SIM_INT8, AT(sim_operation, row.result.value), false},
    {"number", SIM_INT8, AT(sim_operation, row.result.number), false},
    {"expires_us", SIM_INT8, AT(sim_operation, row.result.expires_us), false},
    {"fingerprint", SIM_HASH, AT(sim_operation, row.fingerprint), false},
    {"ref", SIM_UUID, AT(sim_operation, row.result.ref), true},
    {"note", SIM_NOTE, AT(sim_operation, row.result.note), true},
    {"order_key", SIM_TEXT, AT(sim_operation, order[0]), true},
    {"order_base", SIM_BYTEA, AT(sim_operation, order[1]), true},
    {"order_body", SIM_BYTEA, AT(sim_operation, order[2]), true},
    {"order_signature", SIM_BYTEA, AT(sim_operation, order[3]), true},
    {"approver_key", SIM_TEXT, AT(sim_operation, order[4]), true},
    {"approver_signature", SIM_BYTEA, AT(sim_operation, order[5]), true}};

static const struct sim_column event_columns[] = {
    {"event", SIM_INT8, AT(fz_event, number), false},
    {"time_us", SIM_INT8, AT(fz_event, time_us), false},
    {"shop", SIM_INT8, AT(fz_event, shop), false},
    {"amount", SIM_INT8, AT(fz_event, amount), false},
    {"transfer", SIM_INT8, AT(fz_event, transfer), false},
    {"previous", SIM_INT8, AT(fz_event, previous), false},
    {"intent_id", SIM_UUID, AT(fz_event, intent), false},
    {"op_id", SIM_UUID, AT(fz_event, operation), true},
    {"type", SIM_INT2, AT(fz_event, type), false},
    {"state", SIM_INT2, AT(fz_event, state), false}};

static const struct sim_column batch_columns[] = {
    {"batch", SIM_INT8, AT(sim_batch, batch), false},
    {"first_number", SIM_INT8, AT(sim_batch, first_number), false},
    {"transfers", SIM_INT4, AT(sim_batch, transfers), false},
    {"operations", SIM_INT4, AT(sim_batch, operations), false},
    {"time_us", SIM_INT8, AT(sim_batch, time_us), false},
    {"hash", SIM_HASH, AT(sim_batch, hash), false}};

static const struct sim_column mark_columns[] = {
    {"account", SIM_INT8, AT(fz_mark, account), false},
    {"time_us", SIM_INT8, AT(fz_mark, time_us), false},
    {"number", SIM_INT8, AT(fz_mark, number), false},
    {"debits_posted", SIM_INT8, AT(fz_mark, debits_posted), false},
    {"credits_posted", SIM_INT8, AT(fz_mark, credits_posted), false},
    {"heads", SIM_HEADS, AT(fz_mark, heads), false}};

#define TABLE(name, columns, key, key_size, rows)                                           \
    {                                                                                       \
        name, columns, LEN(columns), key, key_size, offsetof(struct sim_rows, rows),        \
            offsetof(struct sim_rows, rows##_len), sizeof(((struct sim_rows *)0)->rows[0]), \
            LEN(((struct sim_rows *)0)->rows)                                               \
    }

static const struct sim_table tables[] = {
    TABLE("head", head_columns, NULL, 0, heads),
    TABLE("account", account_columns, "account", 0, accounts),
    TABLE("intent", intent_columns, "intent_id", 0, intents),
    TABLE("code", code_columns, "hash", 0, codes),
    TABLE("held_refund", held_columns, "refund_id", 0, held),
    TABLE("payout", payout_columns, "payout_id", 0, payouts),
    TABLE("transfer", transfer_columns, "number", 0, transfers),
    TABLE("operation", operation_columns, "op_id", 0, operations),
    TABLE("event", event_columns, "event", 0, events),
    TABLE("batch", batch_columns, "batch", 0, batches),
    TABLE("account_mark", mark_columns, "account", 16, marks)};
_Static_assert(offsetof(struct fz_mark, time_us) == offsetof(struct fz_mark, account) + 8,
               "the key of a mark is in one piece");

const struct sim_table *sim_table_named(const char *name)
{
    for (size_t i = 0; i < LEN(tables); i++) {
        if (strcmp(tables[i].name, name) == 0) {
            return &tables[i];
        }
    }
    sim_violation("no table fz.%s in tests/engine/sim_tables.c", name);
}

const struct sim_column *sim_column_named(const struct sim_table *table, const char *name)
{
    for (unsigned i = 0; i < table->columns_len; i++) {
        if (strcmp(table->columns[i].name, name) == 0) {
            return &table->columns[i];
        }
    }
    sim_violation("no column fz.%s.%s in tests/engine/sim_tables.c", table->name, name);
}

uint32_t sim_column_oid(const struct sim_column *column)
{
    switch (column->type) {
    case SIM_BYTEA:
    case SIM_HEADS:
    case SIM_RECENT:
        return 17;
    case SIM_NOTE:
        return 25;
    case SIM_INT2:
    case SIM_INT4:
    case SIM_INT8:
    case SIM_TID:
    case SIM_UUID:
    case SIM_HASH:
    case SIM_TEXT:
        break;
    }
    return column->type;
}

static size_t width(enum sim_type type)
{
    return type == SIM_INT2 ? 2 : type == SIM_INT4 ? 4 : type == SIM_TID ? 6 : 8;
}

static int64_t read_int(const struct sim_column *column, const struct sim_param *value)
{
    uint64_t wide = 0;
    if ((size_t)value->len != width(column->type)) {
        sim_violation("column %s of %zu bytes was sent as %d", column->name, width(column->type),
                      value->len);
    }
    for (int i = 0; i < value->len; i++) {
        wide = wide << 8 | value->bytes[i];
    }
    unsigned unused = 64 - 8 * (unsigned)value->len;
    return (int64_t)(wide << unused) >> unused;
}

static void store_int(void *field, size_t size, int64_t number)
{
    if (size == 8) {
        memcpy(field, &number, 8);
    } else if (size == 4) {
        int32_t narrow = (int32_t)number;
        memcpy(field, &narrow, 4);
    } else {
        fz_assert(size == 1);
        *(bool *)field = number != 0;
    }
}

static int64_t load_int(const void *field, size_t size)
{
    int64_t number = 0;
    int32_t narrow = 0;
    if (size == 8) {
        memcpy(&number, field, 8);
    } else if (size == 4) {
        memcpy(&narrow, field, 4);
        number = narrow;
    } else {
        number = *(const bool *)field ? 1 : 0;
    }
    return number;
}

static struct sim_param kept(const void *bytes, size_t len)
{
    uint8_t *copy = sim_keep(len + 1); /* libpq ends every value with a zero */
    memcpy(copy, bytes, len);
    return (struct sim_param){(int)len, copy};
}

static void check_len(const struct sim_column *column, const struct sim_param *value, int len)
{
    if (value->len != len) {
        sim_violation("column %s of %d bytes was sent as %d", column->name, len, value->len);
    }
}

void sim_column_read(const struct sim_column *column, const struct sim_param *value, void *row)
{
    uint8_t *field = (uint8_t *)row + column->offset;
    if (value->len < 0 && !column->null_is_zero) {
        sim_violation("column %s was sent as NULL", column->name);
    }
    memset(field, 0, column->size);
    if (column->type == SIM_TEXT || column->type == SIM_BYTEA) {
        struct sim_param copy = value->len < 0 ? *value : kept(value->bytes, (size_t)value->len);
        memcpy(field, &copy, sizeof(copy));
    } else if (value->len < 0) {
        return;
    } else if (column->type == SIM_UUID || column->type == SIM_HASH) {
        check_len(column, value, column->type == SIM_UUID ? 16 : FZ_HASH_LEN);
        memcpy(field, value->bytes, (size_t)value->len);
    } else if (column->type == SIM_HEADS) {
        struct fz_heads heads;
        if (!fz_heads_decode(&heads, value->bytes, (size_t)value->len)) {
            sim_violation("heads of %d bytes that are none", value->len);
        }
        memcpy(field, &heads, sizeof(heads));
    } else if (column->type == SIM_RECENT) {
        struct fz_recent recent;
        if (!fz_recent_decode(&recent, value->bytes, (size_t)value->len)) {
            sim_violation("recent payments of %d bytes that are none", value->len);
        }
        memcpy(field, &recent, sizeof(recent));
    } else if (column->type == SIM_NOTE) {
        if (value->len > FZ_NOTE_MAX) {
            sim_violation("a note of %d bytes", value->len);
        }
        memcpy(field, value->bytes, (size_t)value->len);
    } else {
        store_int(field, column->size, read_int(column, value));
    }
}

struct sim_param sim_column_write(const struct sim_column *column, const void *row)
{
    const uint8_t *field = (const uint8_t *)row + column->offset;
    const struct sim_param null = {-1, NULL};
    if (column->type == SIM_TEXT || column->type == SIM_BYTEA) {
        struct sim_param value;
        memcpy(&value, field, sizeof(value));
        return value;
    }
    if (column->type == SIM_UUID || column->type == SIM_HASH) {
        bool zero = column->null_is_zero && fz_id_is_zero((const struct fz_id *)field);
        return zero ? null : kept(field, column->type == SIM_UUID ? 16 : FZ_HASH_LEN);
    }
    if (column->type == SIM_NOTE) {
        size_t len = strlen((const char *)field);
        return len == 0 ? null : kept(field, len);
    }
    if (column->type == SIM_HEADS) {
        uint8_t bytes[FZ_HEADS_BYTES_MAX];
        return kept(bytes, fz_heads_encode((const struct fz_heads *)(const void *)field, bytes));
    }
    if (column->type == SIM_RECENT) {
        uint8_t bytes[FZ_RECENT_BYTES_MAX];
        return kept(bytes, fz_recent_encode((const struct fz_recent *)(const void *)field, bytes));
    }
    int64_t number = load_int(field, column->size);
    if (number == 0 && column->null_is_zero) {
        return null;
    }
    uint64_t wire = htobe64((uint64_t)number << (64 - 8 * width(column->type)));
    return kept(&wire, width(column->type));
}

bool sim_row_moved(const struct sim_table *table, const void *sent, const void *kept)
{
    for (unsigned i = 0; i < table->columns_len; i++) {
        const struct sim_column *column = &table->columns[i];
        if (column->type == SIM_TID) {
            return load_int((const uint8_t *)sent + column->offset, column->size) !=
                   load_int((const uint8_t *)kept + column->offset, column->size);
        }
    }
    return false;
}

struct fz_signed_order sim_kept_order(const struct sim_operation *row,
                                      uint8_t base_out[FZ_ORDER_BASE_MAX])
{
    bool is_signed = row->order[0].len >= 0;
    if (!is_signed) {
        return (struct fz_signed_order){.base = NULL};
    }
    struct fz_signed_order order = {.key_id = (const char *)row->order[0].bytes,
                                    .base = row->order[1].bytes,
                                    .base_len = (size_t)row->order[1].len,
                                    .body = row->order[2].bytes,
                                    .body_len = (size_t)row->order[2].len,
                                    .signature = row->order[3].bytes};
    order.base_len = fz_order_base_expand(&order, &row->row.result.id, base_out);
    order.base = base_out;
    return order;
}
