/*
 * Room ledger/store. Outcomes that were decided, by their id, and receipts of payments.
 */
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/read_columns.h"
#include "ledger/store/reader_query.h"

#define OPERATION_COLUMNS                                                                          \
    "o.op_id, o.command, o.rc, o.state, o.terminal, o.time_us, o.actor, o.shop, o.party, o.payee," \
    " o.amount, o.value, o.number, o.expires_us, o.ref, o.note"
#define OPERATION_COLUMNS_LEN 16

static void read_operation_columns(const PGresult *result, struct fz_result *out)
{
    *out = (struct fz_result){
        .id = fz_pg_uuid(result, 0, 0),
        .type = (enum fz_command_type)fz_pg_int(result, 0, 1),
        .rc = (fz_rc)fz_pg_int(result, 0, 2),
        .state = (int32_t)fz_pg_int(result, 0, 3),
        .terminal = (int32_t)fz_pg_int(result, 0, 4),
        .time_us = fz_pg_int(result, 0, 5),
        .actor = fz_pg_int(result, 0, 6),
        .shop = fz_pg_int(result, 0, 7),
        .party = fz_pg_int(result, 0, 8),
        .payee = fz_pg_int(result, 0, 9),
        .amount = fz_pg_int(result, 0, 10),
        .value = fz_pg_int(result, 0, 11),
        .number = fz_pg_int(result, 0, 12),
        .expires_us = fz_pg_int(result, 0, 13),
        .ref = fz_pg_uuid(result, 0, 14),
    };
    const char *note = fz_pg_text(result, 0, 15);
    (void)snprintf(out->note, sizeof out->note, "%s", note == NULL ? "" : note);
}

/* --- operations ------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_operation = {
    "fz_operation",
    "SELECT " OPERATION_COLUMNS " FROM fz.operation o WHERE o.community_id = $1 AND o.op_id = $2",
};

static void finish_operation(const struct fz_read_call *call,
                             fz_rc rc,
                             const PGresult *result,
                             union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.operation(call->ctx, rc, NULL);
        return;
    }
    struct fz_result operation;
    read_operation_columns(result, &operation);
    call->done.operation(call->ctx, FZ_OK, &operation);
}

void fz_read_operation(struct fz_reader *reader,
                       int32_t community,
                       const struct fz_id *id,
                       fz_operation_done done,
                       void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, id);
    struct fz_read_call call = {.statement = &fz_sql_operation,
                                .finish = finish_operation,
                                .done = {.operation = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}

/* --- receipts --------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_receipt = {
    "fz_receipt",
    "SELECT " OPERATION_COLUMNS ", " FZ_INTENT_COLUMNS ", b.batch, b.hash, c.registration_number"
    " FROM fz.operation o"
    " CROSS JOIN LATERAL (SELECT * FROM fz.intent i"
    "  WHERE i.community_id = $1 AND i.intent_id = coalesce(o.ref, o.op_id) OFFSET 0) i"
    " CROSS JOIN LATERAL (SELECT * FROM fz.batch b"
    "  WHERE b.community_id = $1 AND b.batch = o.batch OFFSET 0) b"
    " JOIN fz.community c ON c.community_id = o.community_id"
    " WHERE o.community_id = $1 AND o.op_id = $2 AND o.command IN ($3, $4) AND o.rc = 0"
    "  AND o.number <> 0",
};

static void read_receipt(const PGresult *result, struct fz_receipt_row *out)
{
    const int after_intent = OPERATION_COLUMNS_LEN + FZ_INTENT_COLUMNS_LEN;
    read_operation_columns(result, &out->payment);
    fz_read_intent_columns(result, OPERATION_COLUMNS_LEN, &out->intent);
    out->batch = fz_pg_int(result, 0, after_intent);
    size_t len = 0;
    const uint8_t *hash = fz_pg_bytes(result, 0, after_intent + 1, &len);
    fz_assert(len == sizeof out->batch_hash);
    memcpy(out->batch_hash, hash, sizeof out->batch_hash);
    const char *number = fz_pg_text(result, 0, after_intent + 2);
    out->registration_number = number == NULL ? "" : number;
}

static void finish_receipt(const struct fz_read_call *call,
                           fz_rc rc,
                           const PGresult *result,
                           union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.receipt(call->ctx, rc, NULL);
        return;
    }
    struct fz_receipt_row receipt;
    read_receipt(result, &receipt);
    call->done.receipt(call->ctx, FZ_OK, &receipt);
}

void fz_read_receipt(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *payment,
                     fz_receipt_done done,
                     void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_uuid(params, payment);
    fz_pg_add_int2(params, FZ_COMMAND_PAY);
    fz_pg_add_int2(params, FZ_COMMAND_INTENT); /* by a code, it is the payment */
    struct fz_read_call call = {.statement = &fz_sql_receipt,
                                .finish = finish_receipt,
                                .done = {.receipt = done},
                                .ctx = ctx};
    fz_read_start(reader, &call);
}
