/*
 * Room ledger/store. The SQL of a batch. Every statement is set-based: arrays in, one execution,
 * whatever the size of the batch. Rows are found by primary key alone, one search for each item of
 * an array, and it is said so that the planner has no other way: with `= ANY (array)`, or a plain
 * join, it may read the whole community, and while a town is young it does.
 */
#include "feezero/assert.h"
#include "ledger/store/commit.h"

/* The rows of these keys, up to EACH. OFFSET 0 keeps the search inside. */
#define FOR_UUIDS \
    " FROM (SELECT DISTINCT unnest($2::uuid[]) AS id) AS k CROSS JOIN LATERAL (SELECT *"
#define FOR_NUMBERS \
    " FROM (SELECT DISTINCT unnest($2::bigint[]) AS id) AS k CROSS JOIN LATERAL (SELECT *"
#define FOR_HASHES \
    " FROM (SELECT DISTINCT unnest($2::bytea[]) AS id) AS k CROSS JOIN LATERAL (SELECT *"
#define EACH " OFFSET 0) AS o"

/*
 * Rows that the first round trip read are updated where they lie (ctid), without a second search.
 * They stay there while the head is held, since whoever writes holds it; a row that somebody
 * changed past the rules has moved, is missed, counted, and the batch is decided again.
 */
#define EXPECT_ALL \
    " SELECT CASE WHEN count(*) <> cardinality($2::tid[]) THEN fz.row_moved() END FROM done"

/* Equality without an index: the row is known by its place, this makes sure that it is the one. */
#define SAME " IS NOT DISTINCT FROM "

struct statement {
    const char *name;
    const char *sql;
};

static const struct statement statements[FZ_COMMIT_STATEMENTS] = {
    [FZ_COMMIT_BEGIN] = {"fz_begin", "BEGIN"},
    [FZ_COMMIT_HEAD] = {"fz_head",
                        "SELECT h.last_number, h.last_time_us, h.last_batch, h.last_event,"
                        " h.last_hash, c.utc_offset_s"
                        " FROM fz.head h JOIN fz.community c USING (community_id)"
                        " WHERE h.community_id = $1 FOR UPDATE OF h"},
    [FZ_COMMIT_OPERATIONS] =
        {"fz_operations",
         "SELECT op_id, command, rc, state, terminal, time_us, actor, shop, party, payee, amount,"
         " value, number, expires_us, fingerprint, ref, note" FOR_UUIDS
         " FROM fz.operation WHERE community_id = $1 AND op_id = k.id" EACH},
    [FZ_COMMIT_INTENTS] =
        {"fz_intents",
         "SELECT intent_id, shop, amount, refunded, created_us, expires_us, paid_us, number, payer,"
         " payment_id, terminal, state, last_event, place" FOR_UUIDS
         ", ctid AS place FROM fz.intent WHERE community_id = $1 AND intent_id = k.id" EACH},
    [FZ_COMMIT_CODES] =
        {"fz_codes", "SELECT hash, code_id, party, amount, expires_us, intent_id, place" FOR_HASHES
                     ", ctid AS place FROM fz.code WHERE community_id = $1 AND hash = k.id" EACH},
    [FZ_COMMIT_HELD] =
        {"fz_held",
         "SELECT refund_id, intent_id, o.shop, party, amount, since_us, release_id, place"
         " FROM (SELECT DISTINCT * FROM unnest($2::bigint[], $3::uuid[]) AS k (shop, id)) AS k"
         " CROSS JOIN LATERAL (SELECT *, ctid AS place FROM fz.held_refund"
         "  WHERE community_id = $1 AND shop = k.shop AND refund_id = k.id" EACH},
    [FZ_COMMIT_PAYOUTS] = {"fz_payouts",
                           "SELECT payout_id, shop, amount, state" FOR_UUIDS
                           " FROM fz.payout WHERE community_id = $1 AND payout_id = k.id" EACH},
    [FZ_COMMIT_CORRECTED] =
        {"fz_corrected",
         "SELECT number, debit, credit, amount, time_us, op_id, kind, done" FOR_NUMBERS
         ", (EXISTS (SELECT FROM fz.transfer c"
         "  WHERE c.community_id = $1 AND c.corrects = k.id))::int AS done"
         " FROM fz.transfer WHERE community_id = $1 AND number = k.id" EACH},
    /* accounts named by the commands, and those that the rows they refer to name */
    [FZ_COMMIT_ACCOUNTS] =
        {"fz_accounts",
         "SELECT account, debits_pending, debits_posted, credits_pending, credits_posted, hold,"
         " last_transfer, state, heads, recent, held, place FROM (SELECT unnest($2::bigint[]) AS id"
         " UNION SELECT 10000000000 + o.payer FROM unnest($3::uuid[]) AS k (id)"
         "  CROSS JOIN LATERAL (SELECT payer FROM fz.intent"
         "   WHERE community_id = $1 AND intent_id = k.id" EACH
         " UNION SELECT 11000000000 + o.shop FROM unnest($4::uuid[]) AS k (id)"
         "  CROSS JOIN LATERAL (SELECT shop FROM fz.payout"
         "   WHERE community_id = $1 AND payout_id = k.id" EACH
         " UNION SELECT unnest(ARRAY[o.debit, o.credit]) FROM unnest($5::bigint[]) AS k (id)"
         "  CROSS JOIN LATERAL (SELECT debit, credit FROM fz.transfer"
         "   WHERE community_id = $1 AND number = k.id" EACH
         " UNION SELECT 10000000000 + o.party FROM unnest($6::bytea[]) AS k (id)"
         "  CROSS JOIN LATERAL (SELECT party FROM fz.code"
         "   WHERE community_id = $1 AND hash = k.id" EACH
         ") AS k CROSS JOIN LATERAL (SELECT *, ctid AS place FROM fz.account"
         " WHERE community_id = $1 AND account = k.id" EACH},
    [FZ_COMMIT_ADD_OPERATIONS] =
        {"fz_add_operations",
         "INSERT INTO fz.operation (community_id, batch, op_id, command, rc, state, terminal,"
         " batch_seq, time_us, actor, shop, party, payee, amount, value, number, expires_us,"
         " fingerprint, ref, note, order_key, order_base, order_body, order_signature,"
         " approver_key, approver_signature)"
         " SELECT $1, $2, * FROM unnest($3::uuid[], $4::smallint[], $5::smallint[],"
         " $6::smallint[], $7::smallint[], $8::int[], $9::bigint[], $10::bigint[], $11::bigint[],"
         " $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],"
         " $17::bigint[], $18::bytea[], $19::uuid[], $20::text[], $21::text[], $22::bytea[],"
         " $23::bytea[], $24::bytea[], $25::text[], $26::bytea[])"},
    [FZ_COMMIT_ADD_TRANSFERS] =
        {"fz_add_transfers",
         "INSERT INTO fz.transfer (community_id, number, debit, credit, amount, time_us,"
         " debit_previous, credit_previous, debit_same, credit_same, corrects, op_id, kind)"
         " SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
         " $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],"
         " $12::uuid[], $13::smallint[])"},
    [FZ_COMMIT_SET_ACCOUNTS] =
        {"fz_set_accounts",
         "WITH done AS (UPDATE fz.account a SET debits_posted = a.debits_posted + d.debit,"
         " credits_posted = a.credits_posted + d.credit, last_transfer = d.last, heads = d.heads,"
         " recent = d.recent, held = d.held FROM unnest($2::tid[], $3::bigint[], $4::bigint[],"
         " $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[])"
         " AS d (place, account, debit, credit, last, held, heads, recent)"
         " WHERE a.ctid = d.place AND a.community_id" SAME "$1 AND a.account" SAME "d.account"
         " RETURNING 1)" EXPECT_ALL},
    [FZ_COMMIT_ADD_MARKS] =
        {"fz_add_marks",
         "INSERT INTO fz.account_mark (community_id, account, time_us, number, debits_posted,"
         " credits_posted, heads) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[],"
         " $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[])"},
    [FZ_COMMIT_ADD_INTENTS] =
        {"fz_add_intents",
         "INSERT INTO fz.intent (community_id, intent_id, shop, amount, refunded, created_us,"
         " expires_us, paid_us, number, payer, last_event, payment_id, terminal, state, reference,"
         " shop_name, qr) SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::bigint[],"
         " $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],"
         " $11::bigint[], $12::uuid[], $13::smallint[], $14::smallint[], $15::text[], $16::text[],"
         " $17::text[])"},
    [FZ_COMMIT_SET_INTENTS] =
        {"fz_set_intents",
         "WITH done AS (UPDATE fz.intent i SET refunded = d.refunded, paid_us = d.paid_us,"
         " number = d.number, payer = d.payer, last_event = d.last_event,"
         " payment_id = d.payment_id, state = d.state"
         " FROM unnest($2::tid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[],"
         " $7::bigint[], $8::bigint[], $9::uuid[], $10::smallint[])"
         " AS d (place, intent_id, refunded, paid_us, number, payer, last_event, payment_id, state)"
         " WHERE i.ctid = d.place AND i.community_id" SAME "$1 AND i.intent_id" SAME "d.intent_id"
         " RETURNING 1)" EXPECT_ALL},
    [FZ_COMMIT_ADD_CODES] =
        {"fz_add_codes",
         "INSERT INTO fz.code (community_id, code_id, hash, party, amount, expires_us, intent_id)"
         " SELECT $1, * FROM unnest($2::uuid[], $3::bytea[], $4::bigint[], $5::bigint[],"
         " $6::bigint[], $7::uuid[])"},
    [FZ_COMMIT_SET_CODES] =
        {"fz_set_codes",
         "WITH done AS (UPDATE fz.code c SET intent_id = d.used_by"
         " FROM unnest($2::tid[], $3::bytea[], $4::uuid[]) AS d (place, hash, used_by)"
         " WHERE c.ctid = d.place AND c.community_id" SAME "$1 AND c.hash" SAME "d.hash"
         " RETURNING 1)" EXPECT_ALL},
    [FZ_COMMIT_ADD_HELD] =
        {"fz_add_held",
         "INSERT INTO fz.held_refund (community_id, refund_id, intent_id, shop, party, amount,"
         " since_us, release_id) SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::bigint[],"
         " $5::bigint[], $6::bigint[], $7::bigint[], $8::uuid[])"},
    [FZ_COMMIT_SET_HELD] =
        {"fz_set_held",
         "WITH done AS (UPDATE fz.held_refund h SET release_id = d.released_by"
         " FROM unnest($2::tid[], $3::uuid[], $4::uuid[]) AS d (place, refund_id, released_by)"
         " WHERE h.ctid = d.place AND h.community_id" SAME "$1 AND h.refund_id" SAME "d.refund_id"
         " RETURNING 1)" EXPECT_ALL},
    [FZ_COMMIT_ADD_PAYOUTS] =
        {"fz_add_payouts",
         "INSERT INTO fz.payout (community_id, payout_id, shop, amount, state)"
         " SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[])"},
    [FZ_COMMIT_SET_PAYOUTS] = {"fz_set_payouts",
                               "UPDATE fz.payout p SET state = d.state"
                               " FROM unnest($2::uuid[], $3::smallint[]) AS d (payout_id, state)"
                               " CROSS JOIN LATERAL (SELECT ctid AS place FROM fz.payout"
                               "  WHERE community_id = $1 AND payout_id = d.payout_id" EACH
                               " WHERE p.ctid = o.place"},
    [FZ_COMMIT_ADD_EVENTS] =
        {"fz_add_events",
         "INSERT INTO fz.event (community_id, event, time_us, shop, amount, transfer, previous,"
         " intent_id, op_id, type, state) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[],"
         " $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::uuid[], $9::uuid[],"
         " $10::smallint[], $11::smallint[])"},
    [FZ_COMMIT_ADD_BATCH] =
        {"fz_add_batch",
         "INSERT INTO fz.batch (community_id, batch, first_number, transfers, operations, time_us,"
         " hash) VALUES ($1, $2, $3, $4, $5, $6, $7)"},
    [FZ_COMMIT_SET_HEAD] =
        {"fz_set_head", "UPDATE fz.head SET last_number = $2, last_time_us = $3, last_batch = $4,"
                        " last_event = $5, last_hash = $6 WHERE community_id = $1"},
    [FZ_COMMIT_END] = {"fz_commit", "COMMIT"},
    [FZ_COMMIT_NOTIFY] = {"fz_notify", "SELECT pg_notify('fz_event', $1)"},
};

const char *fz_commit_statement_name(enum fz_commit_statement statement)
{
    fz_assert(statement < FZ_COMMIT_STATEMENTS);
    return statements[statement].name;
}

const char *fz_commit_statement_sql(enum fz_commit_statement statement)
{
    fz_assert(statement < FZ_COMMIT_STATEMENTS);
    return statements[statement].sql;
}
