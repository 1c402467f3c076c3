/*
 * Room ledger/store. Streams of audit_stream.h: one cursor each, fetched block by block, so that
 * several can be read side by side on one connection.
 */
#include "ledger/store/audit_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "ledger/store/order_base.h"
#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define FETCH_ROWS 2000

struct fz_audit_stream {
    struct fz_session *session;
    enum fz_audit_what what;
    PGresult *rows;                  /* the block, NULL before the first */
    int at;                          /* next row of it */
    uint8_t base[FZ_ORDER_BASE_MAX]; /* the signature base of the row, expanded */
};

static const char *const queries[] = {
    [FZ_AUDIT_BATCHES] = "DECLARE fz_audit_0 NO SCROLL CURSOR FOR"
                         " SELECT batch, first_number, transfers, operations, time_us, hash"
                         " FROM fz.batch WHERE community_id = $1 ORDER BY batch",
    [FZ_AUDIT_TRANSFERS] = "DECLARE fz_audit_1 NO SCROLL CURSOR FOR"
                           " SELECT number, debit, credit, amount, time_us, debit_previous,"
                           " credit_previous, debit_same, credit_same, corrects, op_id, kind"
                           " FROM fz.transfer WHERE community_id = $1 ORDER BY number",
    [FZ_AUDIT_OPERATIONS] =
        "DECLARE fz_audit_2 NO SCROLL CURSOR FOR"
        " SELECT o.op_id, o.command, o.rc, o.state, o.terminal, o.batch, o.batch_seq, o.time_us,"
        " o.actor, o.shop, o.party, o.payee, o.amount, o.value, o.number, o.expires_us,"
        " o.fingerprint, o.ref, o.note, o.order_key, o.order_base, o.order_body,"
        " o.order_signature, o.approver_key, o.approver_signature,"
        " k.public_key, k.party, k.role, k.terminal,"
        " (extract(epoch FROM k.revoked_at) * 1000000)::bigint,"
        " a.public_key, a.party, a.role, a.terminal,"
        " (extract(epoch FROM a.revoked_at) * 1000000)::bigint"
        " FROM fz.operation o"
        " LEFT JOIN fz.credential k ON k.community_id = o.community_id AND k.key_id = o.order_key"
        " LEFT JOIN fz.credential a"
        "  ON a.community_id = o.community_id AND a.key_id = o.approver_key"
        " WHERE o.community_id = $1 ORDER BY o.batch, o.batch_seq, o.op_id",
    [FZ_AUDIT_ACCOUNTS] = "DECLARE fz_audit_3 NO SCROLL CURSOR FOR"
                          " SELECT a.account, a.debits_pending, a.debits_posted, a.credits_pending,"
                          " a.credits_posted, a.last_transfer, a.heads, a.recent, p.kind::text,"
                          " a.held, (SELECT coalesce(sum(h.amount), 0)::bigint"
                          "  FROM fz.held_refund h WHERE h.community_id = a.community_id"
                          "  AND h.shop = a.account - 11000000000 AND h.release_id IS NULL)"
                          " FROM fz.account a"
                          " LEFT JOIN fz.party p ON p.community_id = a.community_id"
                          "  AND p.party = a.account % 1000000000"
                          " WHERE a.community_id = $1 ORDER BY a.account",
    [FZ_AUDIT_LINES] = "DECLARE fz_audit_4 NO SCROLL CURSOR FOR"
                       " SELECT s.business_date - date '1970-01-01', s.window_no, s.from_number,"
                       " s.upto_number, l.shop, l.sales, l.refunds, l.payments, l.balance, l.due"
                       " FROM fz.settlement s LEFT JOIN fz.settlement_line l"
                       "  ON l.community_id = s.community_id"
                       "  AND l.business_date = s.business_date AND l.window_no = s.window_no"
                       " WHERE s.community_id = $1"
                       " ORDER BY s.business_date, s.window_no, l.shop",
    [FZ_AUDIT_MARKS] = "DECLARE fz_audit_5 NO SCROLL CURSOR FOR"
                       " SELECT account, time_us, number, debits_posted, credits_posted, heads"
                       " FROM fz.account_mark WHERE community_id = $1 ORDER BY number, account"};

fz_rc fz_audit_begin(struct fz_session *session, struct fz_err *err)
{
    /* Cursors are read to their end, and sorting a town's history may take longer than a minute. */
    static const char *const settings[] = {
        "SET LOCAL cursor_tuple_fraction = 1", "SET LOCAL statement_timeout = 0",
        "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL work_mem = '64MB'"};
    fz_rc rc = fz_session_begin_snapshot(session, err);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && rc == FZ_OK; i++) {
        (void)fz_session_params(session);
        rc = fz_session_run(session, settings[i], NULL, err);
    }
    return rc;
}

fz_rc fz_audit_communities(struct fz_session *session,
                           int32_t **out,
                           size_t *len_out,
                           struct fz_err *err)
{
    PGresult *result = NULL;
    *out = NULL;
    *len_out = 0;
    (void)fz_session_params(session);
    fz_rc rc = fz_session_run(
        session, "SELECT community_id FROM fz.community ORDER BY community_id", &result, err);
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    if (rows > 0) {
        *out = calloc((size_t)rows, sizeof **out);
        if (*out == NULL) {
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for %d communities", rows);
            rows = 0;
        }
    }
    for (int i = 0; i < rows; i++) {
        (*out)[i] = (int32_t)fz_pg_int(result, i, 0);
    }
    *len_out = (size_t)rows;
    PQclear(result);
    return rc;
}

/* A hash column; the tables' CHECKs keep it 32 bytes, anything else compares unequal as zeroes. */
static void read_hash(const PGresult *rows, int at, int column, uint8_t hash_out[FZ_SHA256_LEN])
{
    size_t len = 0;
    const uint8_t *bytes = fz_pg_bytes(rows, at, column, &len);
    memset(hash_out, 0, FZ_SHA256_LEN);
    if (bytes != NULL && len == FZ_SHA256_LEN) {
        memcpy(hash_out, bytes, len);
    }
}

fz_rc fz_audit_read_head(struct fz_session *session,
                         int32_t community,
                         struct fz_audit_head *head_out,
                         struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_row(session,
                              "SELECT h.last_number, h.last_time_us, h.last_batch, h.last_event,"
                              " h.last_hash, e.number, e.highest FROM fz.head h,"
                              " (SELECT count(*) AS number, coalesce(max(event), 0) AS highest"
                              "  FROM fz.event WHERE community_id = $1) e"
                              " WHERE h.community_id = $1",
                              &result, err);
    if (rc == FZ_OK) {
        *head_out = (struct fz_audit_head){.last_number = fz_pg_int(result, 0, 0),
                                           .last_time_us = fz_pg_int(result, 0, 1),
                                           .last_batch = fz_pg_int(result, 0, 2),
                                           .last_event = fz_pg_int(result, 0, 3),
                                           .events = fz_pg_int(result, 0, 5),
                                           .event_max = fz_pg_int(result, 0, 6)};
        read_hash(result, 0, 4, head_out->last_hash);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_audit_stream_open(struct fz_session *session,
                           int32_t community,
                           enum fz_audit_what what,
                           struct fz_audit_stream **out,
                           struct fz_err *err)
{
    *out = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_run(session, queries[what], NULL, err);
    if (rc != FZ_OK) {
        return rc;
    }
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a stream");
    }
    **out = (struct fz_audit_stream){.session = session, .what = what};
    return FZ_OK;
}

void fz_audit_stream_close(struct fz_audit_stream **stream)
{
    if (*stream == NULL) {
        return;
    }
    char close[32];
    (void)snprintf(close, sizeof close, "CLOSE fz_audit_%u", (unsigned)(*stream)->what);
    (void)fz_session_params((*stream)->session);
    /* After a failure the transaction is dead and the cursor with it. */
    fz_rc ignored = fz_session_run((*stream)->session, close, NULL, NULL);
    (void)ignored;
    PQclear((*stream)->rows);
    free(*stream);
    *stream = NULL;
}

/* Makes (*stream)->rows row `at` the next one. FZ_NOT_FOUND: there are no more. */
static fz_rc step(struct fz_audit_stream *stream, enum fz_audit_what what, struct fz_err *err)
{
    fz_assert(stream->what == what);
    if (stream->rows != NULL && stream->at + 1 < PQntuples(stream->rows)) {
        stream->at++;
        return FZ_OK;
    }
    if (stream->rows != NULL && PQntuples(stream->rows) < FETCH_ROWS) {
        return FZ_NOT_FOUND;
    }
    char fetch[48];
    (void)snprintf(fetch, sizeof fetch, "FETCH %d FROM fz_audit_%u", FETCH_ROWS, (unsigned)what);
    PQclear(stream->rows);
    stream->rows = NULL;
    stream->at = 0;
    (void)fz_session_params(stream->session);
    fz_rc rc = fz_session_run(stream->session, fetch, &stream->rows, err);
    return rc == FZ_OK && PQntuples(stream->rows) == 0 ? FZ_NOT_FOUND : rc;
}

fz_rc fz_audit_next_batch(struct fz_audit_stream *stream,
                          struct fz_audit_batch *row_out,
                          struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_BATCHES, err);
    if (rc == FZ_OK) {
        const PGresult *rows = stream->rows;
        int at = stream->at;
        *row_out = (struct fz_audit_batch){.batch = fz_pg_int(rows, at, 0),
                                           .first_number = fz_pg_int(rows, at, 1),
                                           .transfers = fz_pg_int(rows, at, 2),
                                           .operations = fz_pg_int(rows, at, 3),
                                           .time_us = fz_pg_int(rows, at, 4)};
        read_hash(rows, at, 5, row_out->hash);
    }
    return rc;
}

fz_rc fz_audit_next_transfer(struct fz_audit_stream *stream,
                             struct fz_transfer *row_out,
                             struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_TRANSFERS, err);
    if (rc == FZ_OK) {
        const PGresult *rows = stream->rows;
        int at = stream->at;
        *row_out = (struct fz_transfer){.number = fz_pg_int(rows, at, 0),
                                        .debit = fz_pg_int(rows, at, 1),
                                        .credit = fz_pg_int(rows, at, 2),
                                        .amount = fz_pg_int(rows, at, 3),
                                        .time_us = fz_pg_int(rows, at, 4),
                                        .debit_previous = fz_pg_int(rows, at, 5),
                                        .credit_previous = fz_pg_int(rows, at, 6),
                                        .debit_same = fz_pg_int(rows, at, 7),
                                        .credit_same = fz_pg_int(rows, at, 8),
                                        .corrects = fz_pg_int(rows, at, 9),
                                        .operation = fz_pg_uuid(rows, at, 10),
                                        .kind = (enum fz_kind)fz_pg_int(rows, at, 11)};
    }
    return rc;
}

static void read_key(const PGresult *rows, int at, int column, struct fz_audit_key *key)
{
    key->public_key = fz_pg_bytes(rows, at, column, &key->public_key_len);
    key->party = fz_pg_int(rows, at, column + 1);
    key->role = (int32_t)fz_pg_int(rows, at, column + 2);
    key->terminal = (int32_t)fz_pg_int(rows, at, column + 3);
    key->revoked_us = fz_pg_int(rows, at, column + 4);
}

static void read_result(const PGresult *rows, int at, struct fz_result *result)
{
    *result = (struct fz_result){.id = fz_pg_uuid(rows, at, 0),
                                 .type = (enum fz_command_type)fz_pg_int(rows, at, 1),
                                 .rc = (fz_rc)fz_pg_int(rows, at, 2),
                                 .state = (int32_t)fz_pg_int(rows, at, 3),
                                 .terminal = (int32_t)fz_pg_int(rows, at, 4),
                                 .time_us = fz_pg_int(rows, at, 7),
                                 .actor = fz_pg_int(rows, at, 8),
                                 .shop = fz_pg_int(rows, at, 9),
                                 .party = fz_pg_int(rows, at, 10),
                                 .payee = fz_pg_int(rows, at, 11),
                                 .amount = fz_pg_int(rows, at, 12),
                                 .value = fz_pg_int(rows, at, 13),
                                 .number = fz_pg_int(rows, at, 14),
                                 .expires_us = fz_pg_int(rows, at, 15),
                                 .ref = fz_pg_uuid(rows, at, 17)};
    fz_pg_copy_text(rows, at, 18, result->note, sizeof result->note);
}

/* What is no shortened base stays as it is: it will not verify, and the audit says so. */
static void read_base(struct fz_audit_stream *stream, struct fz_audit_operation *row)
{
    struct fz_signed_order *order = &row->order;
    size_t len =
        order->base == NULL ? 0 : fz_order_base_expand(order, &row->result.id, stream->base);
    if (len > 0) {
        order->base = stream->base;
        order->base_len = len;
    }
}

fz_rc fz_audit_next_operation(struct fz_audit_stream *stream,
                              struct fz_audit_operation *row_out,
                              struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_OPERATIONS, err);
    if (rc != FZ_OK) {
        return rc;
    }
    const PGresult *rows = stream->rows;
    int at = stream->at;
    struct fz_signed_order *order = &row_out->order;
    *row_out = (struct fz_audit_operation){.batch = fz_pg_int(rows, at, 5),
                                           .place = fz_pg_int(rows, at, 6)};
    read_result(rows, at, &row_out->result);
    row_out->fingerprint = fz_pg_bytes(rows, at, 16, &row_out->fingerprint_len);
    order->key_id = fz_pg_text(rows, at, 19);
    order->base = fz_pg_bytes(rows, at, 20, &order->base_len);
    order->body = fz_pg_bytes(rows, at, 21, &order->body_len);
    read_base(stream, row_out);
    order->signature = fz_pg_bytes(rows, at, 22, &row_out->signature_len);
    order->approver_key_id = fz_pg_text(rows, at, 23);
    order->approver_signature = fz_pg_bytes(rows, at, 24, &row_out->approver_signature_len);
    read_key(rows, at, 25, &row_out->key);
    read_key(rows, at, 30, &row_out->approver);
    return FZ_OK;
}

static struct fz_audit_heads read_heads(const PGresult *rows, int at, int column)
{
    struct fz_audit_heads heads;
    size_t len = 0;
    const uint8_t *bytes = fz_pg_bytes(rows, at, column, &len);
    heads.is_whole = fz_heads_decode(&heads.heads, bytes, len);
    return heads;
}

static struct fz_audit_recent read_recent(const PGresult *rows, int at, int column)
{
    struct fz_audit_recent recent = {.is_whole = false};
    size_t len = 0;
    const uint8_t *bytes = fz_pg_bytes(rows, at, column, &len);
    recent.is_whole = fz_recent_decode(&recent.recent, bytes, len);
    return recent;
}

fz_rc fz_audit_next_account(struct fz_audit_stream *stream,
                            struct fz_audit_account *row_out,
                            struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_ACCOUNTS, err);
    if (rc == FZ_OK) {
        const PGresult *rows = stream->rows;
        int at = stream->at;
        const char *kind = fz_pg_text(rows, at, 8);
        *row_out = (struct fz_audit_account){.account = fz_pg_int(rows, at, 0),
                                             .debits_pending = fz_pg_int(rows, at, 1),
                                             .debits_posted = fz_pg_int(rows, at, 2),
                                             .credits_pending = fz_pg_int(rows, at, 3),
                                             .credits_posted = fz_pg_int(rows, at, 4),
                                             .last_transfer = fz_pg_int(rows, at, 5),
                                             .heads = read_heads(rows, at, 6),
                                             .recent = read_recent(rows, at, 7),
                                             .kind = kind == NULL ? '-' : kind[0],
                                             .held = fz_pg_int(rows, at, 9),
                                             .waiting = fz_pg_int(rows, at, 10)};
    }
    return rc;
}

fz_rc fz_audit_next_line(struct fz_audit_stream *stream,
                         struct fz_audit_line *row_out,
                         struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_LINES, err);
    if (rc == FZ_OK) {
        const PGresult *rows = stream->rows;
        int at = stream->at;
        *row_out = (struct fz_audit_line){.business_day = fz_pg_int(rows, at, 0),
                                          .window = (int32_t)fz_pg_int(rows, at, 1),
                                          .from_number = fz_pg_int(rows, at, 2),
                                          .upto_number = fz_pg_int(rows, at, 3),
                                          .shop = fz_pg_int(rows, at, 4),
                                          .sales = fz_pg_int(rows, at, 5),
                                          .refunds = fz_pg_int(rows, at, 6),
                                          .payments = fz_pg_int(rows, at, 7),
                                          .balance = fz_pg_int(rows, at, 8),
                                          .due = fz_pg_int(rows, at, 9)};
    }
    return rc;
}

fz_rc fz_audit_next_mark(struct fz_audit_stream *stream,
                         struct fz_audit_mark *row_out,
                         struct fz_err *err)
{
    fz_rc rc = step(stream, FZ_AUDIT_MARKS, err);
    if (rc == FZ_OK) {
        const PGresult *rows = stream->rows;
        int at = stream->at;
        *row_out = (struct fz_audit_mark){.account = fz_pg_int(rows, at, 0),
                                          .time_us = fz_pg_int(rows, at, 1),
                                          .number = fz_pg_int(rows, at, 2),
                                          .debits_posted = fz_pg_int(rows, at, 3),
                                          .credits_posted = fz_pg_int(rows, at, 4),
                                          .heads = read_heads(rows, at, 5)};
    }
    return rc;
}
