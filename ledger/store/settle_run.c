/*
 * Room ledger/store. Queries of settle_run.h about the run and its bank file; its lines are in
 * settle_line.c.
 */
#include "ledger/store/settle_run.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/store/session_query.h"

#define RUN_COLUMNS                                                                  \
    "SELECT business_date - date '1970-01-01', window_no, from_number, upto_number," \
    " value_date - date '1970-01-01' FROM fz.settlement WHERE community_id = $1"

static fz_rc read_run(struct fz_session *session,
                      const char *sql,
                      struct fz_settlement_row *row_out,
                      struct fz_err *err)
{
    PGresult *result = NULL;
    fz_rc rc = fz_session_row(session, sql, &result, err);
    if (rc == FZ_OK) {
        *row_out = (struct fz_settlement_row){.business_day = fz_pg_int(result, 0, 0),
                                              .window = (int32_t)fz_pg_int(result, 0, 1),
                                              .from_number = fz_pg_int(result, 0, 2),
                                              .upto_number = fz_pg_int(result, 0, 3),
                                              .value_day = fz_pg_int(result, 0, 4)};
    }
    PQclear(result);
    return rc;
}

fz_rc fz_settle_get(struct fz_session *session,
                    int32_t community,
                    int64_t business_day,
                    int32_t window,
                    struct fz_settlement_row *row_out,
                    struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)business_day);
    fz_pg_add_int2(params, (int16_t)window);
    return read_run(session,
                    RUN_COLUMNS " AND business_date = date '1970-01-01' + $2 AND window_no = $3",
                    row_out, err);
}

fz_rc fz_settle_get_last(struct fz_session *session,
                         int32_t community,
                         struct fz_settlement_row *row_out,
                         struct fz_err *err)
{
    fz_pg_add_int4(fz_session_params(session), community);
    return read_run(session, RUN_COLUMNS " ORDER BY business_date DESC, window_no DESC LIMIT 1",
                    row_out, err);
}

fz_rc fz_settle_begin(struct fz_session *session, struct fz_err *err)
{
    fz_rc rc = fz_session_begin(session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    (void)fz_session_params(session);
    rc = fz_session_run(session, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", NULL, err);
    if (rc != FZ_OK) {
        fz_session_rollback(session);
    }
    return rc;
}

/* The key of a run, as the first three parameters. */
static struct fz_pg_params *
run_params(struct fz_session *session, int32_t community, const struct fz_settlement_row *row)
{
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int4(params, (int32_t)row->business_day);
    fz_pg_add_int2(params, (int16_t)row->window);
    return params;
}

fz_rc fz_settle_count_later(struct fz_session *session,
                            int32_t community,
                            int64_t upto_number,
                            int64_t *payments_out,
                            struct fz_err *err)
{
    PGresult *result = NULL;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, upto_number);
    fz_pg_add_int2(params, (int16_t)FZ_KIND_PAYMENT);
    fz_rc rc = fz_session_row(session,
                              "SELECT count(*) FROM fz.transfer"
                              " WHERE community_id = $1 AND number > $2 AND kind = $3",
                              &result, err);
    if (rc == FZ_OK) {
        *payments_out = fz_pg_int(result, 0, 0);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_settle_get_file(struct fz_session *session,
                         int32_t community,
                         const struct fz_settlement_row *row,
                         struct fz_bank_file *file_out,
                         struct fz_err *err)
{
    PGresult *result = NULL;
    *file_out = (struct fz_bank_file){0};
    (void)run_params(session, community, row);
    fz_rc rc = fz_session_row(session,
                              "SELECT lines, total, sha256, content FROM fz.bank_file"
                              " WHERE community_id = $1 AND"
                              " business_date = date '1970-01-01' + $2 AND window_no = $3",
                              &result, err);
    if (rc == FZ_OK) {
        size_t hash_len = 0;
        const uint8_t *hash = fz_pg_bytes(result, 0, 2, &hash_len);
        const uint8_t *content = fz_pg_bytes(result, 0, 3, &file_out->len);
        file_out->lines = fz_pg_int(result, 0, 0);
        file_out->total = fz_pg_int(result, 0, 1);
        file_out->content = malloc(file_out->len + 1);
        if (file_out->content == NULL || content == NULL || hash_len != sizeof file_out->sha256) {
            fz_bank_file_fini(file_out);
            rc = fz_fail(err, FZ_NO_MEMORY, "no memory for the bank file");
        } else {
            memcpy(file_out->sha256, hash, hash_len);
            memcpy(file_out->content, content, file_out->len);
            file_out->content[file_out->len] = '\0';
        }
    }
    PQclear(result);
    return rc;
}

fz_rc fz_settle_put_file(struct fz_session *session,
                         int32_t community,
                         const struct fz_settlement_row *row,
                         const struct fz_bank_file *file,
                         struct fz_err *err)
{
    struct fz_pg_params *params = run_params(session, community, row);
    fz_pg_add_int4(params, (int32_t)file->lines);
    fz_pg_add_int8(params, file->total);
    fz_pg_add_bytea(params, file->sha256, sizeof file->sha256);
    fz_pg_add_bytea(params, file->content, file->len);
    return fz_session_run(session,
                          "INSERT INTO fz.bank_file (community_id, business_date, window_no,"
                          " format, lines, total, sha256, content)"
                          " VALUES ($1, date '1970-01-01' + $2, $3, 'zengin', $4, $5, $6, $7)",
                          NULL, err);
}

void fz_bank_file_fini(struct fz_bank_file *file)
{
    free(file->content);
    *file = (struct fz_bank_file){0};
}
