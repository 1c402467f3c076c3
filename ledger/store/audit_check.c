/*
 * Room ledger/store. Joins of audit_check.h. Numbers in the SQL are those of commands.def,
 * kinds.def and the events' types; the assertions below hold them together.
 */
#include "ledger/store/audit_check.h"

#include "ledger/core/state.h"
#include "ledger/store/session_query.h"

_Static_assert(FZ_COMMAND_INTENT == 1 && FZ_COMMAND_PAY == 4 && FZ_COMMAND_VOID == 5 &&
                   FZ_COMMAND_REFUND == 6,
               "the SQL below knows them");
_Static_assert(FZ_COMMAND_TOPUP == 9 && FZ_COMMAND_PAYOUT == 10 && FZ_COMMAND_PAYOUT_SENT == 11 &&
                   FZ_COMMAND_PAYOUT_CONFIRM == 12 && FZ_COMMAND_PAYOUT_RETURN == 13,
               "the SQL below knows them");
_Static_assert(FZ_COMMAND_BILL == 14 && FZ_KIND_CORRECTION == 14, "the SQL below knows them");
_Static_assert(FZ_EVENT_CREATED == 1 && FZ_EVENT_COMPLETED == 2 && FZ_EVENT_CANCELED == 3 &&
                   FZ_EVENT_EXPIRED == 4 && FZ_EVENT_VOIDED == 5 && FZ_EVENT_REFUNDED == 6 &&
                   FZ_EVENT_DECLINED == 7 && FZ_EVENT_REFUND_HELD == 8,
               "the SQL below knows them");

/* Reads the columns of one row one after the other. */
struct columns {
    const PGresult *rows;
    int row;
    int next;
};

static int64_t next_int(struct columns *columns)
{
    return fz_pg_int(columns->rows, columns->row, columns->next++);
}

static int32_t next_int4(struct columns *columns)
{
    return (int32_t)next_int(columns);
}

static bool next_bool(struct columns *columns)
{
    return fz_pg_bool(columns->rows, columns->row, columns->next++);
}

static struct fz_id next_id(struct columns *columns)
{
    return fz_pg_uuid(columns->rows, columns->row, columns->next++);
}

static const char *next_text(struct columns *columns)
{
    const char *text = fz_pg_text(columns->rows, columns->row, columns->next++);
    return text == NULL ? "" : text;
}

static const uint8_t *next_bytes(struct columns *columns, size_t *len_out)
{
    return fz_pg_bytes(columns->rows, columns->row, columns->next++, len_out);
}

/* Runs a query about one community block by block. */
static fz_rc each(struct fz_session *session,
                  int32_t community,
                  const char *sql,
                  fz_rc (*on_rows)(void *ctx, const PGresult *rows, struct fz_err *err),
                  void *ctx,
                  struct fz_err *err)
{
    fz_pg_add_int4(fz_session_params(session), community);
    return fz_session_each(session, sql, on_rows, ctx, err);
}

/* --- intents ---------------------------------------------------------------------------------- */

/* An intent by code that was paid at once is its own payment: what it is about is itself. */
#define ABOUT "CASE command WHEN 1 THEN op_id ELSE ref END"

static const char intent_sql[] =
    "WITH about AS (SELECT " ABOUT " AS ref, count(*) FILTER (WHERE command IN (1, 4)) AS pays,"
    "  count(*) FILTER (WHERE command = 5) AS voids,"
    "  coalesce(sum(amount) FILTER (WHERE command = 6), 0)::bigint AS refunds,"
    "  min(shop) AS shop_min, max(shop) AS shop_max, min(party) AS payer_min,"
    "  max(party) AS payer_max FROM fz.operation"
    "  WHERE community_id = $1 AND rc = 0 AND (command IN (4, 5, 6) OR command = 1 AND number > 0)"
    "  GROUP BY " ABOUT "),"
    " told AS (SELECT intent_id, count(*) FILTER (WHERE type = 1) AS created,"
    "  count(*) FILTER (WHERE type = 2) AS completed, count(*) FILTER (WHERE type IN (3, 7)) AS "
    "canceled,"
    "  count(*) FILTER (WHERE type = 4) AS expired, count(*) FILTER (WHERE type = 5) AS voided,"
    "  coalesce(sum(amount) FILTER (WHERE type = 8 OR type = 6 AND NOT released), 0)::bigint"
    "  AS refunds,"
    "  coalesce(sum(amount) FILTER (WHERE type = 2), 0)::bigint AS amount,"
    "  (array_agg(state ORDER BY event DESC))[1] AS state, max(event) AS newest,"
    "  count(*) FILTER (WHERE previous <> before) AS unlinked"
    "  FROM (SELECT *, lag(event, 1, 0::bigint) OVER (PARTITION BY intent_id ORDER BY event)"
    "   AS before, CASE type WHEN 6 THEN EXISTS (SELECT FROM fz.held_refund h"
    "    WHERE h.community_id = $1 AND h.shop = v.shop AND h.release_id = v.op_id) END AS released"
    "   FROM fz.event v WHERE community_id = $1) e GROUP BY intent_id),"
    /* by an INTENT, or by a payment at a sticker: expired a moment after, and never told of */
    " made AS (SELECT op_id, shop, amount, time_us, terminal, number, party,"
    "  CASE command WHEN 1 THEN expires_us ELSE time_us + 1 END AS expires_us FROM fz.operation"
    "  WHERE community_id = $1 AND rc = 0 AND (command = 1 OR command = 4 AND ref = op_id)),"
    " kept AS (SELECT * FROM fz.intent WHERE community_id = $1)"
    " SELECT coalesce(i.intent_id, c.op_id, a.ref, t.intent_id), i.intent_id IS NOT NULL, i.shop,"
    "  i.amount, i.refunded, i.created_us, i.expires_us, i.paid_us, i.number, i.payer,"
    "  i.payment_id, i.terminal, i.state, c.op_id IS NOT NULL, c.number, c.party, c.shop, "
    "c.amount, "
    "c.time_us,"
    "  c.expires_us, c.terminal, p.op_id IS NOT NULL, CASE p.command WHEN 1 THEN p.op_id ELSE "
    "p.ref END, p.number, p.amount, p.time_us,"
    "  a.pays, a.voids, a.refunds, a.shop_min, a.shop_max, a.payer_min, a.payer_max,"
    "  t.created, t.completed, t.canceled, t.expired, t.voided, t.refunds, t.amount, t.state,"
    "  i.last_event, t.newest, t.unlinked"
    " FROM kept i FULL JOIN made c ON c.op_id = i.intent_id"
    " FULL JOIN about a ON a.ref = coalesce(i.intent_id, c.op_id)"
    " FULL JOIN told t ON t.intent_id = coalesce(i.intent_id, c.op_id, a.ref)"
    " LEFT JOIN fz.operation p ON p.community_id = $1 AND p.op_id = i.payment_id"
    "  AND p.rc = 0 AND p.command IN (1, 4)";

struct intent_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_intent *row, struct fz_err *err);
    void *ctx;
};

static struct fz_audit_intent read_intent(const PGresult *rows, int at)
{
    struct columns c = {rows, at, 0};
    struct fz_audit_intent row = {.id = next_id(&c)};
    row.present = next_bool(&c);
    row.shop = next_int(&c);
    row.amount = next_int(&c);
    row.refunded = next_int(&c);
    row.created_us = next_int(&c);
    row.expires_us = next_int(&c);
    row.paid_us = next_int(&c);
    row.number = next_int(&c);
    row.payer = next_int(&c);
    row.payment = next_id(&c);
    row.terminal = next_int4(&c);
    row.state = next_int4(&c);
    row.created = next_bool(&c);
    row.created_number = next_int(&c);
    row.created_party = next_int(&c);
    row.created_shop = next_int(&c);
    row.created_amount = next_int(&c);
    row.created_time_us = next_int(&c);
    row.created_expires_us = next_int(&c);
    row.created_terminal = next_int4(&c);
    row.paid = next_bool(&c);
    row.paid_ref = next_id(&c);
    row.paid_number = next_int(&c);
    row.paid_amount = next_int(&c);
    row.paid_time_us = next_int(&c);
    row.pays = next_int(&c);
    row.voids = next_int(&c);
    row.refunds = next_int(&c);
    row.shop_min = next_int(&c);
    row.shop_max = next_int(&c);
    row.payer_min = next_int(&c);
    row.payer_max = next_int(&c);
    row.told_created = next_int(&c);
    row.told_completed = next_int(&c);
    row.told_canceled = next_int(&c);
    row.told_expired = next_int(&c);
    row.told_voided = next_int(&c);
    row.told_refunds = next_int(&c);
    row.told_amount = next_int(&c);
    row.told_state = next_int4(&c);
    row.last_event = next_int(&c);
    row.told_newest = next_int(&c);
    row.told_unlinked = next_int(&c);
    return row;
}

static fz_rc walk_intents(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct intent_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct fz_audit_intent row = read_intent(rows, i);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_intent(struct fz_session *session,
                           int32_t community,
                           fz_rc (*on_row)(void *ctx,
                                           const struct fz_audit_intent *row,
                                           struct fz_err *err),
                           void *ctx,
                           struct fz_err *err)
{
    struct intent_walk walk = {on_row, ctx};
    return each(session, community, intent_sql, walk_intents, &walk, err);
}

/* --- payouts ---------------------------------------------------------------------------------- */

static const char payout_sql[] =
    "WITH steps AS (SELECT ref, count(*) FILTER (WHERE command = 11) AS sent,"
    "  count(*) FILTER (WHERE command = 12) AS confirmed,"
    "  count(*) FILTER (WHERE command = 13) AS returned FROM fz.operation"
    "  WHERE community_id = $1 AND rc = 0 AND command IN (11, 12, 13) GROUP BY ref),"
    " booked AS (SELECT op_id, shop, amount, order_body FROM fz.operation"
    "  WHERE community_id = $1 AND rc = 0 AND command = 10),"
    " kept AS (SELECT * FROM fz.payout WHERE community_id = $1)"
    " SELECT coalesce(y.payout_id, o.op_id, t.ref), y.payout_id IS NOT NULL, y.shop, y.amount,"
    "  y.state, o.op_id IS NOT NULL, o.shop, o.amount, t.sent, t.confirmed, t.returned,"
    "  l.payout_id IS NOT NULL, l.shop, l.balance, l.due, s.business_date - date '1970-01-01',"
    "  s.window_no, s.from_number, s.upto_number, s.value_date - date '1970-01-01',"
    "  f.format IS NOT NULL, o.order_body"
    " FROM kept y FULL JOIN booked o ON o.op_id = y.payout_id"
    " FULL JOIN steps t ON t.ref = coalesce(y.payout_id, o.op_id)"
    " LEFT JOIN fz.settlement_line l ON l.community_id = $1"
    "  AND l.payout_id = coalesce(y.payout_id, o.op_id, t.ref)"
    " LEFT JOIN fz.settlement s ON s.community_id = $1 AND s.business_date = l.business_date"
    "  AND s.window_no = l.window_no"
    " LEFT JOIN fz.bank_file f ON f.community_id = $1 AND f.business_date = l.business_date"
    "  AND f.window_no = l.window_no";

struct payout_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_payout *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_payouts(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct payout_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_audit_payout row = {.id = next_id(&c)};
        row.present = next_bool(&c);
        row.shop = next_int(&c);
        row.amount = next_int(&c);
        row.state = next_int4(&c);
        row.booked = next_bool(&c);
        row.booked_shop = next_int(&c);
        row.booked_amount = next_int(&c);
        row.sent = next_int(&c);
        row.confirmed = next_int(&c);
        row.returned = next_int(&c);
        row.in_line = next_bool(&c);
        row.line_shop = next_int(&c);
        row.line_balance = next_int(&c);
        row.line_due = next_int(&c);
        row.business_day = next_int(&c);
        row.window = next_int4(&c);
        row.from_number = next_int(&c);
        row.upto_number = next_int(&c);
        row.value_day = next_int(&c);
        row.in_file = next_bool(&c);
        row.order_body = next_bytes(&c, &row.order_body_len);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_payout(struct fz_session *session,
                           int32_t community,
                           fz_rc (*on_row)(void *ctx,
                                           const struct fz_audit_payout *row,
                                           struct fz_err *err),
                           void *ctx,
                           struct fz_err *err)
{
    struct payout_walk walk = {on_row, ctx};
    return each(session, community, payout_sql, walk_payouts, &walk, err);
}

/* --- deposits --------------------------------------------------------------------------------- */

struct deposit_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_deposit *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_deposits(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct deposit_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_audit_deposit row = {.id = next_id(&c)};
        row.present = next_bool(&c);
        row.reference = next_text(&c);
        row.amount = next_int(&c);
        row.party = next_int(&c);
        row.credited = next_bool(&c);
        row.credited_amount = next_int(&c);
        row.credited_party = next_int(&c);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_deposit(struct fz_session *session,
                            int32_t community,
                            fz_rc (*on_row)(void *ctx,
                                            const struct fz_audit_deposit *row,
                                            struct fz_err *err),
                            void *ctx,
                            struct fz_err *err)
{
    struct deposit_walk walk = {on_row, ctx};
    return each(session, community,
                "WITH credited AS (SELECT op_id, amount, party FROM fz.operation"
                "  WHERE community_id = $1 AND rc = 0 AND command = 9),"
                " entered AS (SELECT * FROM fz.deposit WHERE community_id = $1)"
                " SELECT coalesce(d.op_id, o.op_id), d.reference IS NOT NULL, d.reference,"
                "  d.amount, d.party, o.op_id IS NOT NULL, o.amount, o.party"
                " FROM entered d FULL JOIN credited o ON o.op_id = d.op_id",
                walk_deposits, &walk, err);
}

/* --- bills ------------------------------------------------------------------------------------ */

static const char bill_sql[] =
    "WITH booked AS (SELECT op_id, shop, amount, value FROM fz.operation"
    "  WHERE community_id = $1 AND rc = 0 AND command = 14),"
    " kept AS (SELECT * FROM fz.bill WHERE community_id = $1)"
    " SELECT coalesce(b.op_id, o.op_id), b.op_id IS NOT NULL, b.collect_id,"
    "  b.period - date '1970-01-01', b.shop, b.net, b.tax_percent, b.tax, b.invoice_no,"
    "  o.op_id IS NOT NULL, o.shop, o.amount, o.value, c.op_id IS NOT NULL, c.shop, c.amount"
    " FROM kept b FULL JOIN booked o ON o.op_id = b.op_id"
    " LEFT JOIN fz.operation c ON c.community_id = $1 AND c.op_id = b.collect_id AND c.rc = 0";

struct bill_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_bill *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_bills(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct bill_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_audit_bill row = {.id = next_id(&c)};
        row.present = next_bool(&c);
        row.collect = next_id(&c);
        row.period = next_int(&c);
        row.shop = next_int(&c);
        row.net = next_int(&c);
        row.tax_percent = next_int(&c);
        row.tax = next_int(&c);
        row.invoice_no = next_text(&c);
        row.booked = next_bool(&c);
        row.booked_shop = next_int(&c);
        row.booked_net = next_int(&c);
        row.booked_tax = next_int(&c);
        row.collected = next_bool(&c);
        row.collected_shop = next_int(&c);
        row.collected_amount = next_int(&c);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_bill(struct fz_session *session,
                         int32_t community,
                         fz_rc (*on_row)(void *ctx,
                                         const struct fz_audit_bill *row,
                                         struct fz_err *err),
                         void *ctx,
                         struct fz_err *err)
{
    struct bill_walk walk = {on_row, ctx};
    return each(session, community, bill_sql, walk_bills, &walk, err);
}

/* --- corrections ------------------------------------------------------------------------------ */

struct correction_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_correction *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_corrections(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct correction_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_audit_correction row = {.transfer = {.kind = FZ_KIND_CORRECTION}};
        row.transfer.number = next_int(&c);
        row.transfer.debit = next_int(&c);
        row.transfer.credit = next_int(&c);
        row.transfer.amount = next_int(&c);
        row.transfer.corrects = next_int(&c);
        row.original.number = row.transfer.corrects;
        row.original.debit = next_int(&c);
        row.original.credit = next_int(&c);
        row.original.amount = next_int(&c);
        row.original.kind = (enum fz_kind)next_int(&c);
        row.operation_value = next_int(&c);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_correction(struct fz_session *session,
                               int32_t community,
                               fz_rc (*on_row)(void *ctx,
                                               const struct fz_audit_correction *row,
                                               struct fz_err *err),
                               void *ctx,
                               struct fz_err *err)
{
    struct correction_walk walk = {on_row, ctx};
    return each(session, community,
                "SELECT c.number, c.debit, c.credit, c.amount, c.corrects, t.debit, t.credit,"
                "  t.amount, t.kind, o.value FROM fz.transfer c"
                " LEFT JOIN fz.transfer t ON t.community_id = $1 AND t.number = c.corrects"
                " LEFT JOIN fz.operation o ON o.community_id = $1 AND o.op_id = c.op_id"
                " WHERE c.community_id = $1 AND c.corrects IS NOT NULL",
                walk_corrections, &walk, err);
}

/* --- bank files ------------------------------------------------------------------------------- */

struct file_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_settlement_row *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_files(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct file_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_settlement_row row = {.business_day = next_int(&c)};
        row.window = next_int4(&c);
        row.from_number = next_int(&c);
        row.upto_number = next_int(&c);
        row.value_day = next_int(&c);
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_file(struct fz_session *session,
                         int32_t community,
                         fz_rc (*on_row)(void *ctx,
                                         const struct fz_settlement_row *row,
                                         struct fz_err *err),
                         void *ctx,
                         struct fz_err *err)
{
    struct file_walk walk = {on_row, ctx};
    return each(session, community,
                "SELECT f.business_date - date '1970-01-01', f.window_no, s.from_number,"
                "  s.upto_number, s.value_date - date '1970-01-01'"
                " FROM fz.bank_file f JOIN fz.settlement s ON s.community_id = f.community_id"
                "  AND s.business_date = f.business_date AND s.window_no = f.window_no"
                " WHERE f.community_id = $1 ORDER BY f.business_date, f.window_no",
                walk_files, &walk, err);
}

/* --- keys ------------------------------------------------------------------------------------- */

struct credential_walk {
    fz_rc (*on_row)(void *ctx, const struct fz_audit_credential *row, struct fz_err *err);
    void *ctx;
};

static fz_rc walk_credentials(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct credential_walk *walk = ctx;
    fz_rc rc = FZ_OK;
    for (int i = 0; i < PQntuples(rows) && rc == FZ_OK; i++) {
        struct columns c = {rows, i, 0};
        struct fz_audit_credential row = {.key_id = next_text(&c)};
        row.public_key = next_bytes(&c, &row.public_key_len);
        row.role = next_int4(&c);
        const char *kind = next_text(&c);
        row.kind = kind[0] == '\0' ? '-' : kind[0];
        rc = walk->on_row(walk->ctx, &row, err);
    }
    return rc;
}

fz_rc fz_audit_each_credential(struct fz_session *session,
                               int32_t community,
                               fz_rc (*on_row)(void *ctx,
                                               const struct fz_audit_credential *row,
                                               struct fz_err *err),
                               void *ctx,
                               struct fz_err *err)
{
    struct credential_walk walk = {on_row, ctx};
    return each(session, community,
                "SELECT c.key_id, c.public_key, c.role, p.kind::text FROM fz.credential c"
                " LEFT JOIN fz.party p ON p.community_id = c.community_id AND p.party = c.party"
                " WHERE c.community_id = $1",
                walk_credentials, &walk, err);
}
