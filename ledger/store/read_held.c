/*
 * Room ledger/store. Refunds on hold, page by page, with what their shops have by now. Released
 * ones stay in the table and are passed over: a look reads a page, however many there are.
 */
#include "feezero/assert.h"
#include "ledger/core/decide.h"
#include "ledger/store/reader_query.h"

const struct fz_statement fz_sql_held = {
    "fz_held",
    "SELECT h.community_id, h.shop, h.refund_id, h.intent_id, h.party, h.amount,"
    " a.debits_pending, a.debits_posted, a.credits_posted, a.hold, a.last_transfer,"
    " h.release_id IS NULL"
    " FROM (SELECT * FROM fz.held_refund"
    "  WHERE (community_id, shop, refund_id) > ($1::integer, $2::bigint, $3::uuid)"
    "  ORDER BY community_id, shop, refund_id LIMIT $4) h"
    " LEFT JOIN LATERAL (SELECT * FROM fz.account"
    "  WHERE h.release_id IS NULL AND community_id = h.community_id"
    "   AND account = 11000000000 + h.shop OFFSET 0) a ON true"
    " ORDER BY h.community_id, h.shop, h.refund_id",
};
_Static_assert(FZ_ACCOUNT_MERCHANT == 11 && FZ_ACCOUNT_CLASS_UNIT == 1000000000,
               "the statement knows a shop's account");

static void read_row(const PGresult *result, int row, struct fz_held_row *out)
{
    int64_t shop = fz_pg_int(result, row, 1);
    struct fz_account account = {.number = fz_account_number(FZ_ACCOUNT_MERCHANT, shop),
                                 .debits_pending = fz_pg_int(result, row, 6),
                                 .debits_posted = fz_pg_int(result, row, 7),
                                 .credits_posted = fz_pg_int(result, row, 8),
                                 .hold = fz_pg_int(result, row, 9)};
    *out = (struct fz_held_row){.place = {.community = (int32_t)fz_pg_int(result, row, 0),
                                          .shop = shop,
                                          .refund = fz_pg_uuid(result, row, 2)},
                                .intent = fz_pg_uuid(result, row, 3),
                                .party = fz_pg_int(result, row, 4),
                                .amount = fz_pg_int(result, row, 5),
                                .available = fz_account_available(&account),
                                .as_of = fz_pg_int(result, row, 10),
                                .is_waiting = fz_pg_bool(result, row, 11)};
}

static void finish_held(const struct fz_read_call *call,
                        fz_rc rc,
                        const PGresult *result,
                        union fz_read_page *page)
{
    int rows = rc == FZ_OK ? PQntuples(result) : 0;
    fz_assert(rows <= FZ_HELD_PAGE);
    for (int row = 0; row < rows; row++) {
        read_row(result, row, &page->held[row]);
    }
    call->done.held(call->ctx, rc, rc == FZ_OK ? page->held : NULL, (unsigned)rows);
}

void fz_read_held(struct fz_reader *reader,
                  const struct fz_held_place *after,
                  fz_held_done done,
                  void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, after->community);
    fz_pg_add_int8(params, after->shop);
    fz_pg_add_uuid(params, &after->refund);
    fz_pg_add_int8(params, FZ_HELD_PAGE);
    struct fz_read_call call = {
        .statement = &fz_sql_held, .finish = finish_held, .done = {.held = done}, .ctx = ctx};
    fz_read_start(reader, &call);
}
