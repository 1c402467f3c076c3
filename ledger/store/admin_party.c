/*
 * Room ledger/store. Queries of admin_party.h.
 */
#include "ledger/store/admin_party.h"

#include "feezero/assert.h"
#include "feezero/ledger.h"
#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

/* The kind column is "char": one byte. */
static void add_kind(struct fz_pg_params *params, char kind)
{
    char text[2] = {kind, '\0'};
    fz_pg_add_text(params, text);
}

static fz_rc
take_number(struct fz_session *session, int32_t community, int64_t *party_out, struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_row(session,
                              "UPDATE fz.community SET next_party = next_party + 1"
                              " WHERE community_id = $1 RETURNING next_party - 1",
                              &result, err);
    if (rc == FZ_OK) {
        *party_out = fz_pg_int(result, 0, 0);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND, "there is no community %d", (int)community);
    }
    PQclear(result);
    return rc;
}

static fz_rc add_account(struct fz_session *session,
                         int32_t community,
                         enum fz_account_class class,
                         int64_t party,
                         struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, fz_account_number(class, party));
    return fz_session_run(session, "INSERT INTO fz.account (community_id, account) VALUES ($1, $2)",
                          NULL, err);
}

fz_rc fz_admin_party_add(struct fz_session *session,
                         int32_t community,
                         char kind,
                         const char *name,
                         int64_t *party_out,
                         struct fz_err *err)
{
    fz_rc rc = take_number(session, community, party_out, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, *party_out);
    add_kind(params, kind);
    fz_pg_add_text(params, name);
    rc = fz_session_run(session,
                        "INSERT INTO fz.party (community_id, party, kind, name)"
                        " VALUES ($1, $2, $3::\"char\", $4)",
                        NULL, err);
    if (rc == FZ_OK && kind == 'R') {
        rc = add_account(session, community, FZ_ACCOUNT_WALLET, *party_out, err);
    }
    return rc;
}

static fz_rc insert_shop(struct fz_session *session,
                         int32_t community,
                         const struct fz_shop_row *row,
                         struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, row->shop);
    fz_pg_add_text(params, row->name_latin);
    fz_pg_add_text(params, row->city_latin);
    fz_pg_add_text(params, row->postal_code);
    fz_pg_add_text(params, row->category_code);
    fz_pg_add_text(params, row->size);
    fz_pg_add_text(params, row->bank.bank_code);
    fz_pg_add_text(params, row->bank.bank_name_kana);
    fz_pg_add_text(params, row->bank.branch_code);
    fz_pg_add_text(params, row->bank.branch_name_kana);
    fz_pg_add_int2(params, (int16_t)row->bank.account_type);
    fz_pg_add_text(params, row->bank.account_number);
    fz_pg_add_text(params, row->bank.holder_kana);
    return fz_session_run(
        session,
        "INSERT INTO fz.shop (community_id, shop, name_latin, city_latin, postal_code,"
        " category_code, size, bank_code, bank_name_kana, branch_code, branch_name_kana,"
        " account_type, account_number, account_holder_kana)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        NULL, err);
}

fz_rc fz_admin_shop_add(struct fz_session *session,
                        int32_t community,
                        struct fz_shop_row *row,
                        struct fz_err *err)
{
    fz_rc rc = fz_admin_party_add(session, community, 'M', row->name, &row->shop, err);
    if (rc == FZ_OK) {
        rc = insert_shop(session, community, row, err);
    }
    if (rc == FZ_OK) {
        rc = add_account(session, community, FZ_ACCOUNT_MERCHANT, row->shop, err);
    }
    if (rc == FZ_OK) {
        rc = add_account(session, community, FZ_ACCOUNT_RECEIVABLE, row->shop, err);
    }
    return rc;
}

fz_rc fz_admin_shop_set_bank(struct fz_session *session,
                             int32_t community,
                             int64_t shop,
                             const struct fz_shop_bank *bank,
                             struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_pg_add_text(params, bank->bank_code);
    fz_pg_add_text(params, bank->bank_name_kana);
    fz_pg_add_text(params, bank->branch_code);
    fz_pg_add_text(params, bank->branch_name_kana);
    fz_pg_add_int2(params, (int16_t)bank->account_type);
    fz_pg_add_text(params, bank->account_number);
    fz_pg_add_text(params, bank->holder_kana);
    fz_rc rc = fz_session_row(session,
                              "UPDATE fz.shop SET bank_code = $3, bank_name_kana = $4,"
                              " branch_code = $5, branch_name_kana = $6, account_type = $7,"
                              " account_number = $8, account_holder_kana = $9"
                              " WHERE community_id = $1 AND shop = $2 RETURNING shop",
                              &result, err);
    if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND, "there is no M%08lld", (long long)shop);
    }
    PQclear(result);
    return rc;
}

/* So that two that add at once get two numbers. */
static fz_rc
lock_shop(struct fz_session *session, int32_t community, int64_t shop, struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_rc rc = fz_session_row(
        session, "SELECT shop FROM fz.shop WHERE community_id = $1 AND shop = $2 FOR UPDATE",
        &result, err);
    PQclear(result);
    return rc;
}

fz_rc fz_admin_terminal_add(struct fz_session *session,
                            int32_t community,
                            int64_t shop,
                            const char *label,
                            int32_t *terminal_out,
                            struct fz_err *err)
{
    PGresult *result = NULL;
    fz_rc rc = lock_shop(session, community, shop, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_pg_add_text(params, label);
    rc = fz_session_row(session,
                        "INSERT INTO fz.terminal (community_id, shop, terminal, label)"
                        " SELECT $1, $2, coalesce(max(terminal), 0) + 1, $3 FROM fz.terminal"
                        " WHERE community_id = $1 AND shop = $2 RETURNING terminal",
                        &result, err);
    if (rc == FZ_OK) {
        *terminal_out = (int32_t)fz_pg_int(result, 0, 0);
    } else if (fz_session_failed_with(session, "23514")) {
        rc = fz_fail(err, FZ_LIMIT, "a shop has at most 999 terminals");
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_terminal_check(struct fz_session *session,
                              int32_t community,
                              int64_t shop,
                              int32_t terminal,
                              struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, shop);
    fz_pg_add_int2(params, (int16_t)terminal);
    fz_rc rc = fz_session_row(session,
                              "SELECT 1 FROM fz.terminal"
                              " WHERE community_id = $1 AND shop = $2 AND terminal = $3",
                              &result, err);
    if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND, "the shop has no terminal T%03d", (int)terminal);
    }
    PQclear(result);
    return rc;
}

#define PARTY_COLUMNS                                                                              \
    " p.party, p.kind::text, p.state = 3, p.name, coalesce(a.credits_posted - a.debits_posted, 0)" \
    " FROM fz.party p LEFT JOIN fz.account a ON a.community_id = p.community_id"                   \
    " AND a.account = p.party + CASE p.kind WHEN 'R' THEN 10000000000 ELSE 11000000000 END"

_Static_assert(FZ_ACCOUNT_WALLET == 10 && FZ_ACCOUNT_MERCHANT == 11, "PARTY_COLUMNS knows them");
_Static_assert(FZ_ACCOUNT_CLASS_UNIT == 1000000000, "PARTY_COLUMNS knows it");

static void read_party(const PGresult *result, int at, struct fz_party_row *row)
{
    const char *kind = fz_pg_text(result, at, 1);
    row->party = fz_pg_int(result, at, 0);
    row->kind = kind == NULL ? '?' : kind[0];
    row->left = fz_pg_bool(result, at, 2);
    COPY(result, at, 3, row->name);
    row->balance = fz_pg_int(result, at, 4);
}

fz_rc fz_admin_party_get(struct fz_session *session,
                         int32_t community,
                         char kind,
                         int64_t party,
                         struct fz_party_row *row_out,
                         struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, party);
    add_kind(params, kind);
    fz_rc rc = fz_session_row(session,
                              "SELECT" PARTY_COLUMNS " WHERE p.community_id = $1 AND p.party = $2"
                              " AND p.kind = $3::\"char\"",
                              &result, err);
    if (rc == FZ_OK) {
        read_party(result, 0, row_out);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND, "there is no %c%08lld", kind, (long long)party);
    }
    PQclear(result);
    return rc;
}

struct party_walk {
    void (*on_row)(void *ctx, const struct fz_party_row *row);
    void *ctx;
};

static fz_rc walk_parties(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct party_walk *walk = ctx;
    (void)err;
    for (int i = 0; i < PQntuples(rows); i++) {
        struct fz_party_row row;
        read_party(rows, i, &row);
        walk->on_row(walk->ctx, &row);
    }
    return FZ_OK;
}

fz_rc fz_admin_party_each(struct fz_session *session,
                          int32_t community,
                          char kind,
                          void (*on_row)(void *ctx, const struct fz_party_row *row),
                          void *ctx,
                          struct fz_err *err)
{
    struct party_walk walk = {on_row, ctx};
    fz_rc rc = fz_session_begin_snapshot(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    add_kind(params, kind);
    rc = fz_session_each(session,
                         "SELECT" PARTY_COLUMNS
                         " WHERE p.community_id = $1 AND p.kind = $2::\"char\" ORDER BY p.party",
                         walk_parties, &walk, err);
    fz_session_rollback(session);
    return rc;
}

struct shop_walk {
    void (*on_row)(void *ctx, const struct fz_shop_row *row);
    void *ctx;
};

static fz_rc walk_shops(void *ctx, const PGresult *rows, struct fz_err *err)
{
    const struct shop_walk *walk = ctx;
    (void)err;
    for (int i = 0; i < PQntuples(rows); i++) {
        struct fz_shop_row row = {.shop = fz_pg_int(rows, i, 0),
                                  .left = fz_pg_bool(rows, i, 1),
                                  .bank = {.account_type = fz_pg_int(rows, i, 12)},
                                  .balance = fz_pg_int(rows, i, 15),
                                  .due = fz_pg_int(rows, i, 16),
                                  .terminals = fz_pg_int(rows, i, 17)};
        COPY(rows, i, 2, row.name);
        COPY(rows, i, 3, row.name_latin);
        COPY(rows, i, 4, row.city_latin);
        COPY(rows, i, 5, row.postal_code);
        COPY(rows, i, 6, row.category_code);
        COPY(rows, i, 7, row.size);
        COPY(rows, i, 8, row.bank.bank_code);
        COPY(rows, i, 9, row.bank.bank_name_kana);
        COPY(rows, i, 10, row.bank.branch_code);
        COPY(rows, i, 11, row.bank.branch_name_kana);
        COPY(rows, i, 13, row.bank.account_number);
        COPY(rows, i, 14, row.bank.holder_kana);
        walk->on_row(walk->ctx, &row);
    }
    return FZ_OK;
}

fz_rc fz_admin_shop_each(struct fz_session *session,
                         int32_t community,
                         void (*on_row)(void *ctx, const struct fz_shop_row *row),
                         void *ctx,
                         struct fz_err *err)
{
    struct shop_walk walk = {on_row, ctx};
    fz_rc rc = fz_session_begin_snapshot(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    fz_pg_add_int4(fz_session_params(session), community);
    rc = fz_session_each(
        session,
        "SELECT s.shop, p.state = 3, p.name, s.name_latin, s.city_latin, s.postal_code,"
        " s.category_code, s.size, s.bank_code, s.bank_name_kana, s.branch_code,"
        " s.branch_name_kana, s.account_type, s.account_number, s.account_holder_kana,"
        " m.credits_posted - m.debits_posted, r.debits_posted - r.credits_posted,"
        " (SELECT count(*) FROM fz.terminal t WHERE t.community_id = s.community_id"
        "  AND t.shop = s.shop)"
        " FROM fz.shop s"
        " JOIN fz.party p ON p.community_id = s.community_id AND p.party = s.shop"
        " JOIN fz.account m ON m.community_id = s.community_id"
        "  AND m.account = s.shop + 11000000000"
        " JOIN fz.account r ON r.community_id = s.community_id"
        "  AND r.account = s.shop + 3000000000"
        " WHERE s.community_id = $1 ORDER BY s.shop",
        walk_shops, &walk, err);
    fz_session_rollback(session);
    return rc;
}
