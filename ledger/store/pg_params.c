/*
 * Room ledger/store. Parameters of a statement in PostgreSQL's binary format, all in one buffer
 * that grows and is kept: after the first batches nothing is allocated any more. Used by every
 * query.
 */
#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/pg.h"

#define CAPACITY_MIN 1024U

void fz_pg_params_init(struct fz_pg_params *params)
{
    *params = (struct fz_pg_params){.buffer = NULL};
}

void fz_pg_params_fini(struct fz_pg_params *params)
{
    free(params->buffer);
    fz_pg_params_init(params);
}

void fz_pg_params_reset(struct fz_pg_params *params)
{
    params->count = 0;
    params->len = 0;
    params->array_open = false;
    params->array_missing = 0;
    params->failed = false;
}

/* Room for `len` bytes at the end, counted as used; NULL once memory ran out. */
static uint8_t *append(struct fz_pg_params *params, size_t len)
{
    if (params->failed || len > INT_MAX || params->len > INT_MAX - len) {
        params->failed = true;
        return NULL;
    }
    size_t wanted = params->len + len;
    if (wanted > params->capacity || params->buffer == NULL) {
        size_t capacity = params->capacity == 0 ? CAPACITY_MIN : params->capacity;
        while (capacity < wanted) {
            capacity *= 2;
        }
        uint8_t *buffer = realloc(params->buffer, capacity);
        if (buffer == NULL) {
            params->failed = true;
            return NULL;
        }
        params->buffer = buffer;
        params->capacity = capacity;
    }
    uint8_t *at = params->buffer + params->len;
    params->len = wanted;
    return at;
}

static void append_bytes(struct fz_pg_params *params, const void *bytes, size_t len)
{
    uint8_t *at = append(params, len);
    if (at != NULL && len > 0) {
        memcpy(at, bytes, len);
    }
}

static void append_int2(struct fz_pg_params *params, int16_t value)
{
    uint16_t wire = htobe16((uint16_t)value);
    append_bytes(params, &wire, sizeof wire);
}

static void append_int4(struct fz_pg_params *params, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    append_bytes(params, &wire, sizeof wire);
}

static void append_int8(struct fz_pg_params *params, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    append_bytes(params, &wire, sizeof wire);
}

/* Opens the next parameter; what is appended until end_param() is its value. */
static void begin_param(struct fz_pg_params *params, Oid type)
{
    fz_assert(params->count < FZ_PG_PARAMS_MAX);
    fz_assert(!params->array_open);
    params->types[params->count] = type;
    params->offsets[params->count] = params->len;
}

static void end_param(struct fz_pg_params *params)
{
    params->lengths[params->count] = (int)(params->len - params->offsets[params->count]);
    params->count++;
}

static void add_null(struct fz_pg_params *params, Oid type)
{
    begin_param(params, type);
    params->lengths[params->count] = -1;
    params->count++;
}

void fz_pg_add_int2(struct fz_pg_params *params, int16_t value)
{
    begin_param(params, FZ_PG_INT2);
    append_int2(params, value);
    end_param(params);
}

void fz_pg_add_int4(struct fz_pg_params *params, int32_t value)
{
    begin_param(params, FZ_PG_INT4);
    append_int4(params, value);
    end_param(params);
}

void fz_pg_add_int8(struct fz_pg_params *params, int64_t value)
{
    begin_param(params, FZ_PG_INT8);
    append_int8(params, value);
    end_param(params);
}

void fz_pg_add_uuid(struct fz_pg_params *params, const struct fz_id *id)
{
    begin_param(params, FZ_PG_UUID);
    append_bytes(params, id->bytes, sizeof id->bytes);
    end_param(params);
}

void fz_pg_add_bytea(struct fz_pg_params *params, const void *bytes, size_t len)
{
    if (bytes == NULL) {
        add_null(params, FZ_PG_BYTEA);
        return;
    }
    begin_param(params, FZ_PG_BYTEA);
    append_bytes(params, bytes, len);
    end_param(params);
}

void fz_pg_add_text(struct fz_pg_params *params, const char *text)
{
    if (text == NULL) {
        add_null(params, FZ_PG_TEXT);
        return;
    }
    begin_param(params, FZ_PG_TEXT);
    append_bytes(params, text, strlen(text));
    end_param(params);
}

void fz_pg_add_null(struct fz_pg_params *params)
{
    add_null(params, 0);
}

/* The array type of an element type, from PostgreSQL's catalogue. */
static Oid array_type(enum fz_pg_type type)
{
    switch (type) {
    case FZ_PG_BYTEA:
        return 1001;
    case FZ_PG_INT8:
        return 1016;
    case FZ_PG_INT2:
        return 1005;
    case FZ_PG_INT4:
        return 1007;
    case FZ_PG_TEXT:
        return 1009;
    case FZ_PG_UUID:
        return 2951;
    case FZ_PG_TID:
        return 1010;
    }
    FZ_UNREACHABLE();
}

void fz_pg_array_begin(struct fz_pg_params *params, enum fz_pg_type type, unsigned len)
{
    fz_assert(len <= INT32_MAX);
    begin_param(params, array_type(type));
    params->array_open = true;
    params->array_missing = len;
    append_int4(params, len > 0 ? 1 : 0); /* dimensions: an empty array has none */
    append_int4(params, 0);               /* flags: the server looks for NULLs itself */
    append_int4(params, (int32_t)type);
    if (len > 0) {
        append_int4(params, (int32_t)len);
        append_int4(params, 1); /* lower bound */
    }
}

/* Every item is a length and that many bytes; -1 is NULL. */
static void begin_item(struct fz_pg_params *params, int32_t len)
{
    fz_assert(params->array_open);
    fz_assert(params->array_missing > 0);
    params->array_missing--;
    append_int4(params, len);
}

void fz_pg_item_int2(struct fz_pg_params *params, int16_t value)
{
    begin_item(params, sizeof value);
    append_int2(params, value);
}

void fz_pg_item_int4(struct fz_pg_params *params, int32_t value)
{
    begin_item(params, sizeof value);
    append_int4(params, value);
}

void fz_pg_item_int8(struct fz_pg_params *params, int64_t value)
{
    begin_item(params, sizeof value);
    append_int8(params, value);
}

void fz_pg_item_uuid(struct fz_pg_params *params, const struct fz_id *id)
{
    begin_item(params, sizeof id->bytes);
    append_bytes(params, id->bytes, sizeof id->bytes);
}

void fz_pg_item_tid(struct fz_pg_params *params, int64_t place)
{
    fz_assert(place > 0 && place >> 48 == 0);
    begin_item(params, sizeof(uint32_t) + sizeof(uint16_t));
    append_int4(params, (int32_t)(uint32_t)(place >> 16));
    append_int2(params, (int16_t)(uint16_t)(place & 0xffff));
}

void fz_pg_item_bytes(struct fz_pg_params *params, const void *bytes, size_t len)
{
    fz_assert(len <= INT32_MAX);
    begin_item(params, (int32_t)len);
    append_bytes(params, bytes, len);
}

void fz_pg_item_null(struct fz_pg_params *params)
{
    begin_item(params, -1);
}

void fz_pg_array_end(struct fz_pg_params *params)
{
    fz_assert(params->array_open);
    fz_assert(params->array_missing == 0);
    params->array_open = false;
    end_param(params);
}
