/*
 * Room ledger/store. A shop as a wallet shows it before it pays: its names, whether it is open, and
 * what is usual there, found along the chain of its payments (docs/ledger.md).
 */
#include "ledger/core/heads.h"
#include "ledger/store/reader_query.h"

/*
 * $2 the shop, $3 its account, $4 so many payments, $5 the slot of payments (heads.h).
 *
 * head: the newest payment. last: from there back.
 */
#define PAYMENT \
    "SELECT t.amount, t.credit_same FROM fz.transfer t WHERE t.community_id = $1 AND t.number ="

const struct fz_statement fz_sql_shop = {
    "fz_shop",
    "WITH RECURSIVE head AS ("
    " SELECT w.word & 72057594037927935 AS number FROM fz.account a CROSS JOIN LATERAL ("
    "  SELECT ('x' || encode(substr(a.heads, 8 * i + 1, 8), 'hex'))::bit(64)::bigint AS word"
    "  FROM generate_series(1, length(a.heads) / 8 - 1) i) w"
    " WHERE a.community_id = $1 AND a.account = $3 AND w.word >> 56 = $5::bigint"
    "), last AS ("
    " SELECT t.amount, t.credit_same, 1::bigint AS place FROM head h"
    " CROSS JOIN LATERAL (" PAYMENT " h.number OFFSET 0) t WHERE $4::bigint > 0"
    " UNION ALL"
    " SELECT t.amount, t.credit_same, l.place + 1 FROM last l"
    " CROSS JOIN LATERAL (" PAYMENT " l.credit_same OFFSET 0) t WHERE l.place < $4"
    ")"
    " SELECT p.name, m.qr_guid, s.name_latin, s.city_latin, s.postal_code, s.category_code,"
    "  p.state = 1 AND a.state = 1, (SELECT max(amount) FROM last), (SELECT count(*) FROM last)"
    " FROM (SELECT * FROM fz.shop WHERE community_id = $1 AND shop = $2 OFFSET 0) s"
    " CROSS JOIN LATERAL (SELECT * FROM fz.party p"
    "  WHERE p.community_id = $1 AND p.party = s.shop OFFSET 0) p"
    " CROSS JOIN LATERAL (SELECT a.state FROM fz.account a"
    "  WHERE a.community_id = $1 AND a.account = $3 OFFSET 0) a"
    " JOIN fz.community m ON m.community_id = $1",
};

static void finish_shop(const struct fz_read_call *call,
                        fz_rc rc,
                        const PGresult *result,
                        union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.shop(call->ctx, rc, NULL);
        return;
    }
    struct fz_shopfront row = {
        .shop = fz_account_number_party(call->account),
        .name = fz_pg_text(result, 0, 0),
        .qr_guid = fz_pg_text(result, 0, 1),
        .name_latin = fz_pg_text(result, 0, 2),
        .city_latin = fz_pg_text(result, 0, 3),
        .postal_code = fz_pg_text(result, 0, 4),
        .category_code = fz_pg_text(result, 0, 5),
        .is_open = fz_pg_bool(result, 0, 6),
        .largest = fz_pg_int(result, 0, 7),
        .payments = (unsigned)fz_pg_int(result, 0, 8),
    };
    call->done.shop(call->ctx, FZ_OK, &row);
}

void fz_read_shop(struct fz_reader *reader,
                  int32_t community,
                  int64_t shop,
                  unsigned newest,
                  fz_shop_done done,
                  void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    int64_t account = fz_account_number(FZ_ACCOUNT_MERCHANT, shop);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_pg_add_int8(params, account);
    fz_pg_add_int8(params, newest);
    fz_pg_add_int8(params, fz_heads_slot(FZ_KIND_PAYMENT, FZ_SIDE_CREDIT));
    struct fz_read_call call = {.statement = &fz_sql_shop,
                                .finish = finish_shop,
                                .done = {.shop = done},
                                .ctx = ctx,
                                .account = account};
    fz_read_start(reader, &call);
}
