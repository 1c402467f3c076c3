/*
 * Room ledger/store. Queries of admin_community.h.
 */
#include "ledger/store/admin_community.h"

#include "feezero/assert.h"
#include "feezero/ledger.h"
#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

static fz_rc
insert_community(struct fz_session *session, struct fz_community_row *row, struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, row->community);
    fz_pg_add_text(params, row->name);
    fz_pg_add_int4(params, row->utc_offset_s);
    fz_pg_add_text(params, row->qr_guid);
    fz_pg_add_text(params, row->registration_number[0] == '\0' ? NULL : row->registration_number);
    PGresult *result = NULL;
    fz_rc rc = fz_session_row(
        session,
        "INSERT INTO fz.community (community_id, name, utc_offset_s, qr_guid, registration_number)"
        " VALUES (CASE WHEN $1 > 0 THEN $1"
        "  ELSE (SELECT coalesce(max(community_id), 0) + 1 FROM fz.community) END, $2, $3, $4, $5)"
        " RETURNING community_id",
        &result, err);
    if (rc == FZ_OK) {
        row->community = (int32_t)fz_pg_int(result, 0, 0);
    } else if (fz_session_failed_with(session, "23505")) {
        rc = fz_fail(err, FZ_ID_REUSED, "community %d is there already", (int)row->community);
    }
    PQclear(result);
    return rc;
}

static fz_rc insert_books(struct fz_session *session, int32_t community, struct fz_err *err)
{
    static const enum fz_account_class classes[] = {FZ_ACCOUNT_RESERVE, FZ_ACCOUNT_IN_TRANSIT,
                                                    FZ_ACCOUNT_PAYOUT_PENDING, FZ_ACCOUNT_TAX,
                                                    FZ_ACCOUNT_SUBSCRIPTION};
    unsigned len = sizeof classes / sizeof classes[0];
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_run(session, "INSERT INTO fz.head (community_id) VALUES ($1)", NULL, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_array_begin(params, FZ_PG_INT8, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_int8(params, fz_account_number(classes[i], 0));
    }
    fz_pg_array_end(params);
    return fz_session_run(session,
                          "INSERT INTO fz.account (community_id, account)"
                          " SELECT $1, unnest($2::bigint[])",
                          NULL, err);
}

fz_rc fz_admin_community_add(struct fz_session *session,
                             struct fz_community_row *row,
                             const struct fz_plan_row *plans,
                             unsigned plans_len,
                             struct fz_err *err)
{
    fz_rc rc = fz_session_begin(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = insert_community(session, row, err);
    if (rc == FZ_OK) {
        rc = insert_books(session, row->community, err);
    }
    for (unsigned i = 0; i < plans_len && rc == FZ_OK; i++) {
        rc = fz_admin_plan_set(session, row->community, &plans[i], err);
    }
    if (rc != FZ_OK) {
        fz_session_rollback(session);
        return rc;
    }
    return fz_session_commit(session, err);
}

static void read_community(const PGresult *result, int at, struct fz_community_row *row)
{
    row->community = (int32_t)fz_pg_int(result, at, 0);
    row->utc_offset_s = (int32_t)fz_pg_int(result, at, 1);
    COPY(result, at, 2, row->name);
    COPY(result, at, 3, row->qr_guid);
    COPY(result, at, 4, row->registration_number);
}

fz_rc fz_admin_community_get(struct fz_session *session,
                             int32_t community,
                             struct fz_community_row *row_out,
                             struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_row(session,
                              "SELECT community_id, utc_offset_s, name, qr_guid,"
                              " registration_number FROM fz.community WHERE community_id = $1",
                              &result, err);
    if (rc == FZ_OK) {
        read_community(result, 0, row_out);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND, "there is no community %d (fz community add)",
                     (int)community);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_community_each(struct fz_session *session,
                              void (*on_row)(void *ctx, const struct fz_community_row *row),
                              void *ctx,
                              struct fz_err *err)
{
    PGresult *result = NULL;
    (void)fz_session_params(session);
    fz_rc rc = fz_session_run(session,
                              "SELECT community_id, utc_offset_s, name, qr_guid,"
                              " registration_number FROM fz.community ORDER BY community_id",
                              &result, err);
    for (int i = 0; rc == FZ_OK && i < PQntuples(result); i++) {
        struct fz_community_row row;
        read_community(result, i, &row);
        on_row(ctx, &row);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_plan_set(struct fz_session *session,
                        int32_t community,
                        const struct fz_plan_row *row,
                        struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, row->size);
    fz_pg_add_int8(params, row->monthly_net);
    fz_pg_add_int2(params, (int16_t)row->tax_percent);
    return fz_session_run(session,
                          "INSERT INTO fz.plan (community_id, size, monthly_net, tax_percent)"
                          " VALUES ($1, $2, $3, $4) ON CONFLICT (community_id, size) DO UPDATE"
                          " SET monthly_net = excluded.monthly_net,"
                          " tax_percent = excluded.tax_percent",
                          NULL, err);
}

fz_rc fz_admin_plan_each(struct fz_session *session,
                         int32_t community,
                         void (*on_row)(void *ctx, const struct fz_plan_row *row),
                         void *ctx,
                         struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc = fz_session_run(session,
                              "SELECT size, monthly_net, tax_percent FROM fz.plan"
                              " WHERE community_id = $1 ORDER BY monthly_net, size",
                              &result, err);
    for (int i = 0; rc == FZ_OK && i < PQntuples(result); i++) {
        struct fz_plan_row row = {.monthly_net = fz_pg_int(result, i, 1),
                                  .tax_percent = fz_pg_int(result, i, 2)};
        COPY(result, i, 0, row.size);
        on_row(ctx, &row);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_bank_set(struct fz_session *session,
                        int32_t community,
                        const struct fz_bank_account_row *row,
                        struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, row->requester_code);
    fz_pg_add_text(params, row->requester_name_kana);
    fz_pg_add_text(params, row->bank_code);
    fz_pg_add_text(params, row->bank_name_kana);
    fz_pg_add_text(params, row->branch_code);
    fz_pg_add_text(params, row->branch_name_kana);
    fz_pg_add_int2(params, (int16_t)row->account_type);
    fz_pg_add_text(params, row->account_number);
    return fz_session_run(
        session,
        "INSERT INTO fz.bank_account (community_id, requester_code, requester_name_kana,"
        " bank_code, bank_name_kana, branch_code, branch_name_kana, account_type, account_number)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (community_id) DO UPDATE SET requester_code = excluded.requester_code,"
        " requester_name_kana = excluded.requester_name_kana, bank_code = excluded.bank_code,"
        " bank_name_kana = excluded.bank_name_kana, branch_code = excluded.branch_code,"
        " branch_name_kana = excluded.branch_name_kana, account_type = excluded.account_type,"
        " account_number = excluded.account_number",
        NULL, err);
}

fz_rc fz_admin_bank_get(struct fz_session *session,
                        int32_t community,
                        struct fz_bank_account_row *row_out,
                        struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(session), community);
    fz_rc rc =
        fz_session_row(session,
                       "SELECT requester_code, requester_name_kana, bank_code, bank_name_kana,"
                       " branch_code, branch_name_kana, account_type, account_number"
                       " FROM fz.bank_account WHERE community_id = $1",
                       &result, err);
    if (rc == FZ_OK) {
        COPY(result, 0, 0, row_out->requester_code);
        COPY(result, 0, 1, row_out->requester_name_kana);
        COPY(result, 0, 2, row_out->bank_code);
        COPY(result, 0, 3, row_out->bank_name_kana);
        COPY(result, 0, 4, row_out->branch_code);
        COPY(result, 0, 5, row_out->branch_name_kana);
        row_out->account_type = fz_pg_int(result, 0, 6);
        COPY(result, 0, 7, row_out->account_number);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_NOT_FOUND,
                     "the consortium's bank account is not entered yet"
                     " (fz bank set)");
    }
    PQclear(result);
    return rc;
}
