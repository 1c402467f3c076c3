/*
 * Room ledger/store. Second round trip of a batch: its intents, codes and held refunds, as
 * arrays.
 */
#include "ledger/store/commit_write.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* --- intents ---------------------------------------------------------------------------------- */

typedef void (*intent_item)(struct fz_pg_params *params, const struct fz_intent *intent);

static void item_id(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_uuid(params, &intent->id);
}

static void item_place(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_tid(params, intent->place);
}

static void item_shop(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->shop);
}

static void item_amount(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->amount);
}

static void item_refunded(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->refunded);
}

static void item_created(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->created_us);
}

static void item_expires(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->expires_us);
}

static void item_paid(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_int8(params, intent->paid_us);
}

static void item_number(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_int8(params, intent->number);
}

static void item_payer(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_int8(params, intent->payer);
}

static void item_last_event(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int8(params, intent->last_event);
}

static void item_payment(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_id(params, &intent->payment);
}

static void item_terminal(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int2(params, (int16_t)intent->terminal);
}

static void item_state(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_pg_item_int2(params, (int16_t)intent->state);
}

static void item_reference(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_text(params, intent->source->note == NULL ? "" : intent->source->note);
}

static void item_shop_name(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_text(params, intent->source->shop_name == NULL ? "" : intent->source->shop_name);
}

static void item_qr(struct fz_pg_params *params, const struct fz_intent *intent)
{
    fz_commit_item_text(params, intent->source->qr == NULL ? "" : intent->source->qr);
}

struct intent_column {
    enum fz_pg_type type;
    intent_item item;
};

static const struct intent_column new_intent[] = {
    {FZ_PG_UUID, item_id},         {FZ_PG_INT8, item_shop},      {FZ_PG_INT8, item_amount},
    {FZ_PG_INT8, item_refunded},   {FZ_PG_INT8, item_created},   {FZ_PG_INT8, item_expires},
    {FZ_PG_INT8, item_paid},       {FZ_PG_INT8, item_number},    {FZ_PG_INT8, item_payer},
    {FZ_PG_INT8, item_last_event}, {FZ_PG_UUID, item_payment},   {FZ_PG_INT2, item_terminal},
    {FZ_PG_INT2, item_state},      {FZ_PG_TEXT, item_reference}, {FZ_PG_TEXT, item_shop_name},
    {FZ_PG_TEXT, item_qr}};

static const struct intent_column changed_intent[] = {
    {FZ_PG_TID, item_place},       {FZ_PG_UUID, item_id},      {FZ_PG_INT8, item_refunded},
    {FZ_PG_INT8, item_paid},       {FZ_PG_INT8, item_number},  {FZ_PG_INT8, item_payer},
    {FZ_PG_INT8, item_last_event}, {FZ_PG_UUID, item_payment}, {FZ_PG_INT2, item_state}};

unsigned fz_commit_count_intents(const struct fz_state *state, bool is_new)
{
    unsigned len = 0;
    for (unsigned i = 0; i < state->intents_len; i++) {
        len += (is_new ? state->intents[i].is_new : state->intents[i].dirty) ? 1 : 0;
    }
    return len;
}

void fz_commit_build_intents(struct fz_pg_params *params, const struct fz_state *state, bool is_new)
{
    const struct intent_column *columns = is_new ? new_intent : changed_intent;
    size_t columns_len = is_new ? LEN(new_intent) : LEN(changed_intent);
    unsigned len = fz_commit_count_intents(state, is_new);
    for (size_t column = 0; column < columns_len; column++) {
        fz_pg_array_begin(params, columns[column].type, len);
        for (unsigned i = 0; i < state->intents_len; i++) {
            const struct fz_intent *intent = &state->intents[i];
            if (is_new ? intent->is_new : intent->dirty) {
                columns[column].item(params, intent);
            }
        }
        fz_pg_array_end(params);
    }
}

/* --- codes ------------------------------------------------------------------------------------ */

unsigned fz_commit_count_codes(const struct fz_state *state, bool is_new)
{
    unsigned len = 0;
    for (unsigned i = 0; i < state->codes_len; i++) {
        len += (is_new ? state->codes[i].is_new : state->codes[i].dirty) ? 1 : 0;
    }
    return len;
}

enum code_column {
    CODE_PLACE,
    CODE_ID,
    CODE_HASH,
    CODE_PARTY,
    CODE_AMOUNT,
    CODE_EXPIRES,
    CODE_INTENT
};

static void
item_of_code(struct fz_pg_params *params, const struct fz_code *code, enum code_column column)
{
    if (column == CODE_PLACE) {
        fz_pg_item_tid(params, code->place);
    } else if (column == CODE_ID) {
        fz_pg_item_uuid(params, &code->id);
    } else if (column == CODE_HASH) {
        fz_pg_item_bytes(params, code->hash, sizeof(code->hash));
    } else if (column == CODE_PARTY) {
        fz_pg_item_int8(params, code->party);
    } else if (column == CODE_AMOUNT) {
        fz_pg_item_int8(params, code->amount);
    } else if (column == CODE_EXPIRES) {
        fz_pg_item_int8(params, code->expires_us);
    } else {
        fz_commit_item_id(params, &code->intent);
    }
}

void fz_commit_build_codes(struct fz_pg_params *params, const struct fz_state *state, bool is_new)
{
    static const enum fz_pg_type types[] = {FZ_PG_TID,  FZ_PG_UUID, FZ_PG_BYTEA, FZ_PG_INT8,
                                            FZ_PG_INT8, FZ_PG_INT8, FZ_PG_UUID};
    static const enum code_column new_code[] = {CODE_ID,     CODE_HASH,    CODE_PARTY,
                                                CODE_AMOUNT, CODE_EXPIRES, CODE_INTENT};
    static const enum code_column used_code[] = {CODE_PLACE, CODE_HASH, CODE_INTENT};
    const enum code_column *columns = is_new ? new_code : used_code;
    size_t columns_len = is_new ? LEN(new_code) : LEN(used_code);
    unsigned len = fz_commit_count_codes(state, is_new);
    for (size_t column = 0; column < columns_len; column++) {
        fz_pg_array_begin(params, types[columns[column]], len);
        for (unsigned i = 0; i < state->codes_len; i++) {
            const struct fz_code *code = &state->codes[i];
            if (is_new ? code->is_new : code->dirty) {
                item_of_code(params, code, columns[column]);
            }
        }
        fz_pg_array_end(params);
    }
}

/* --- held refunds ----------------------------------------------------------------------------- */

unsigned fz_commit_count_held(const struct fz_state *state, bool is_new)
{
    unsigned len = 0;
    for (unsigned i = 0; i < state->held_len; i++) {
        len += (is_new ? state->held[i].is_new : state->held[i].dirty) ? 1 : 0;
    }
    return len;
}

enum held_column {
    HELD_PLACE,
    HELD_ID,
    HELD_INTENT,
    HELD_SHOP,
    HELD_PARTY,
    HELD_AMOUNT,
    HELD_SINCE,
    HELD_RELEASE
};

static void
item_of_held(struct fz_pg_params *params, const struct fz_held *held, enum held_column column)
{
    if (column == HELD_PLACE) {
        fz_pg_item_tid(params, held->place);
    } else if (column == HELD_ID) {
        fz_pg_item_uuid(params, &held->id);
    } else if (column == HELD_INTENT) {
        fz_pg_item_uuid(params, &held->intent);
    } else if (column == HELD_SHOP) {
        fz_pg_item_int8(params, held->shop);
    } else if (column == HELD_PARTY) {
        fz_pg_item_int8(params, held->party);
    } else if (column == HELD_AMOUNT) {
        fz_pg_item_int8(params, held->amount);
    } else if (column == HELD_SINCE) {
        fz_pg_item_int8(params, held->since_us);
    } else {
        fz_commit_item_id(params, &held->released_by);
    }
}

void fz_commit_build_held(struct fz_pg_params *params, const struct fz_state *state, bool is_new)
{
    static const enum fz_pg_type types[] = {FZ_PG_TID,  FZ_PG_UUID, FZ_PG_UUID, FZ_PG_INT8,
                                            FZ_PG_INT8, FZ_PG_INT8, FZ_PG_INT8, FZ_PG_UUID};
    static const enum held_column new_held[] = {HELD_ID,     HELD_INTENT, HELD_SHOP,   HELD_PARTY,
                                                HELD_AMOUNT, HELD_SINCE,  HELD_RELEASE};
    static const enum held_column released[] = {HELD_PLACE, HELD_ID, HELD_RELEASE};
    const enum held_column *columns = is_new ? new_held : released;
    size_t columns_len = is_new ? LEN(new_held) : LEN(released);
    unsigned len = fz_commit_count_held(state, is_new);
    for (size_t column = 0; column < columns_len; column++) {
        fz_pg_array_begin(params, types[columns[column]], len);
        for (unsigned i = 0; i < state->held_len; i++) {
            const struct fz_held *held = &state->held[i];
            if (is_new ? held->is_new : held->dirty) {
                item_of_held(params, held, columns[column]);
            }
        }
        fz_pg_array_end(params);
    }
}
