/*
 * Room ledger/store. Queries of admin_key.h.
 */
#include "ledger/store/admin_key.h"

#include <string.h>

#include "feezero/limits.h"
#include "ledger/store/session_copy.h"
#include "ledger/store/session_query.h"

#define COPY(result, row, column, array) \
    fz_pg_copy_text((result), (row), (column), (array), sizeof(array))

fz_rc fz_admin_code_add(struct fz_session *session,
                        int32_t community,
                        struct fz_code_row *row,
                        struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_bytea(params, row->code_hash, sizeof row->code_hash);
    fz_pg_add_int8(params, row->party);
    fz_pg_add_int2(params, (int16_t)row->role);
    if (row->terminal != 0) {
        fz_pg_add_int2(params, (int16_t)row->terminal);
    } else {
        fz_pg_add_null(params);
    }
    fz_pg_add_int4(params, FZ_ENROL_CODE_DAYS);
    fz_rc rc = fz_session_row(
        session,
        "INSERT INTO fz.enrolment (community_id, code_hash, party, role, terminal, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6))"
        " RETURNING (extract(epoch FROM expires_at) * 1000000)::bigint",
        &result, err);
    if (rc == FZ_OK) {
        row->expires_us = fz_pg_int(result, 0, 0);
    }
    PQclear(result);
    return rc;
}

/* A stored role; a number in no row of the table means a newer program wrote it. */
static fz_rc read_role(int64_t number, enum fz_role *role_out, struct fz_err *err)
{
    if (!fz_role_from_number((int)number, role_out)) {
        return fz_fail(err, FZ_DATABASE, "role %d is unknown to this program", (int)number);
    }
    return FZ_OK;
}

fz_rc fz_admin_code_get(struct fz_session *session,
                        int32_t community,
                        const uint8_t code_hash[FZ_SHA256_LEN],
                        struct fz_code_row *row_out,
                        struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_bytea(params, code_hash, FZ_SHA256_LEN);
    fz_rc rc = fz_session_row(session,
                              "SELECT party, role, terminal,"
                              " (extract(epoch FROM expires_at) * 1000000)::bigint"
                              " FROM fz.enrolment WHERE community_id = $1 AND code_hash = $2",
                              &result, err);
    if (rc == FZ_OK) {
        memcpy(row_out->code_hash, code_hash, FZ_SHA256_LEN);
        row_out->party = fz_pg_int(result, 0, 0);
        row_out->terminal = (int32_t)fz_pg_int(result, 0, 2);
        row_out->expires_us = fz_pg_int(result, 0, 3);
        rc = read_role(fz_pg_int(result, 0, 1), &row_out->role, err);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_ENROLMENT_CODE, "there is no such enrolment code");
    }
    PQclear(result);
    return rc;
}

#define KEY_COLUMNS                                                                        \
    " c.key_id, c.public_key, c.party, p.kind::text, p.name, c.role, c.terminal, c.label," \
    " (extract(epoch FROM c.enrolled_at) * 1000000)::bigint,"                              \
    " coalesce((extract(epoch FROM c.revoked_at) * 1000000)::bigint, 0)"                   \
    " FROM fz.credential c"                                                                \
    " JOIN fz.party p ON p.community_id = c.community_id AND p.party = c.party"

static fz_rc
read_key(const PGresult *result, int at, struct fz_key_row_text *row, struct fz_err *err)
{
    size_t len = 0;
    const uint8_t *key = fz_pg_bytes(result, at, 1, &len);
    const char *kind = fz_pg_text(result, at, 3);
    COPY(result, at, 0, row->key_id);
    memset(row->public_key, 0, sizeof row->public_key);
    if (key != NULL && len == sizeof row->public_key) {
        memcpy(row->public_key, key, len);
    }
    row->party = fz_pg_int(result, at, 2);
    row->kind = kind == NULL ? '?' : kind[0];
    COPY(result, at, 4, row->party_name);
    row->terminal = (int32_t)fz_pg_int(result, at, 6);
    COPY(result, at, 7, row->label);
    row->enrolled_us = fz_pg_int(result, at, 8);
    row->revoked_us = fz_pg_int(result, at, 9);
    return read_role(fz_pg_int(result, at, 5), &row->role, err);
}

fz_rc fz_admin_key_get(struct fz_session *session,
                       int32_t community,
                       const char *key_id,
                       struct fz_key_row_text *row_out,
                       struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, key_id);
    fz_rc rc = fz_session_row(
        session, "SELECT" KEY_COLUMNS " WHERE c.community_id = $1 AND c.key_id = $2", &result, err);
    if (rc == FZ_OK) {
        rc = read_key(result, 0, row_out, err);
    } else if (rc == FZ_NOT_FOUND) {
        rc = fz_fail(err, FZ_KEY_UNKNOWN, "key %s is not enrolled", key_id);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_key_each(struct fz_session *session,
                        int32_t community,
                        int64_t party,
                        void (*on_row)(void *ctx, const struct fz_key_row_text *row),
                        void *ctx,
                        struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, party);
    fz_rc rc = fz_session_run(session,
                              "SELECT" KEY_COLUMNS
                              " WHERE c.community_id = $1 AND ($2 = 0 OR c.party = $2)"
                              " ORDER BY c.party, c.enrolled_at, c.key_id",
                              &result, err);
    for (int i = 0; rc == FZ_OK && i < PQntuples(result); i++) {
        struct fz_key_row_text row;
        rc = read_key(result, i, &row, err);
        if (rc == FZ_OK) {
            on_row(ctx, &row);
        }
    }
    PQclear(result);
    return rc;
}

fz_rc fz_admin_key_revoke(struct fz_session *session,
                          int32_t community,
                          const char *key_id,
                          bool *was_revoked_out,
                          struct fz_err *err)
{
    struct fz_key_row_text row = {.revoked_us = 0};
    fz_rc rc = fz_admin_key_get(session, community, key_id, &row, err);
    if (rc != FZ_OK) {
        return rc;
    }
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, key_id);
    rc = fz_session_run(session,
                        "UPDATE fz.credential SET revoked_at = now()"
                        " WHERE community_id = $1 AND key_id = $2 AND revoked_at IS NULL",
                        NULL, err);
    *was_revoked_out = row.revoked_us != 0;
    return rc;
}
