/*
 * Room ledger/store. Keys: whom one belongs to and what it may do, and how one comes into being by
 * a one-time code (sql/functions.sql has the rule).
 */
#include <stdio.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "ledger/store/reader_query.h"

/* --- credentials ------------------------------------------------------------------------------ */

/* Who left the community has no good key any more, whatever was done about the key itself. */
const struct fz_statement fz_sql_credential = {
    "fz_credential",
    "SELECT c.key_id, c.public_key, c.community_id, c.terminal, c.role,"
    " c.revoked_at IS NOT NULL OR p.state <> 1, c.party,"
    " (extract(epoch FROM c.enrolled_at) * 1000000)::bigint, p.name, m.name, m.qr_guid,"
    " m.registration_number, s.name_latin, s.city_latin, s.postal_code, s.category_code"
    " FROM (SELECT * FROM fz.credential WHERE community_id = $1 AND key_id = $2 OFFSET 0) c"
    " JOIN fz.community m ON m.community_id = $1"
    " CROSS JOIN LATERAL (SELECT * FROM fz.party p"
    "  WHERE p.community_id = $1 AND p.party = c.party OFFSET 0) p"
    " LEFT JOIN LATERAL (SELECT * FROM fz.shop s"
    "  WHERE s.community_id = $1 AND s.shop = c.party OFFSET 0) s ON true",
};

static const char *text_or_empty(const PGresult *result, int column)
{
    const char *text = fz_pg_text(result, 0, column);
    return text == NULL ? "" : text;
}

static void finish_credential(const struct fz_read_call *call,
                              fz_rc rc,
                              const PGresult *result,
                              union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.credential(call->ctx, rc, NULL);
        return;
    }
    size_t key_len = 0;
    struct fz_credential credential = {
        .key_id = fz_pg_text(result, 0, 0),
        .public_key = fz_pg_bytes(result, 0, 1, &key_len),
        .community = (int32_t)fz_pg_int(result, 0, 2),
        .terminal = (int32_t)fz_pg_int(result, 0, 3),
        .role = (int32_t)fz_pg_int(result, 0, 4),
        .revoked = fz_pg_bool(result, 0, 5),
        .party = fz_pg_int(result, 0, 6),
        .enrolled_us = fz_pg_int(result, 0, 7),
        .party_name = fz_pg_text(result, 0, 8),
        .community_name = fz_pg_text(result, 0, 9),
        .qr_guid = fz_pg_text(result, 0, 10),
        .registration_number = text_or_empty(result, 11),
        .name_latin = text_or_empty(result, 12),
        .city_latin = text_or_empty(result, 13),
        .postal_code = text_or_empty(result, 14),
        .category_code = text_or_empty(result, 15),
    };
    fz_assert(key_len == FZ_SPKI_LEN);
    call->done.credential(call->ctx, FZ_OK, &credential);
}

static void start_credential(struct fz_reader *reader,
                             int32_t community,
                             const char *key_id,
                             struct fz_read_call *call)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_text(params, key_id);
    call->statement = &fz_sql_credential;
    call->finish = finish_credential;
    fz_read_start(reader, call);
}

void fz_read_credential(struct fz_reader *reader,
                        int32_t community,
                        const char *key_id,
                        fz_credential_done done,
                        void *ctx)
{
    struct fz_read_call call = {.done = {.credential = done}, .ctx = ctx};
    start_credential(reader, community, key_id, &call);
}

/* --- enrolment -------------------------------------------------------------------------------- */

const struct fz_statement fz_sql_enrol = {
    "fz_enrol",
    "SELECT fz.enrol($1, $2, $3, $4, $5)",
};

/* The key is bound; what the caller wants to hear is what it is bound to. */
static void finish_enrol(const struct fz_read_call *call,
                         fz_rc rc,
                         const PGresult *result,
                         union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && !fz_pg_bool(result, 0, 0)) {
        rc = FZ_ENROLMENT_CODE;
    }
    if (rc != FZ_OK) {
        call->done.credential(call->ctx, rc, NULL);
        return;
    }
    struct fz_read_call next = {.done = call->done, .ctx = call->ctx, .follows = true};
    start_credential(call->reader, call->community, call->key_id, &next);
}

void fz_store_enrol(struct fz_reader *reader,
                    const struct fz_enrolment *enrolment,
                    fz_credential_done done,
                    void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, enrolment->community);
    fz_pg_add_bytea(params, enrolment->code_hash, FZ_SHA256_LEN);
    fz_pg_add_text(params, enrolment->key_id);
    fz_pg_add_bytea(params, enrolment->public_key, FZ_SPKI_LEN);
    fz_pg_add_text(params, enrolment->label);
    struct fz_read_call call = {.statement = &fz_sql_enrol,
                                .finish = finish_enrol,
                                .done = {.credential = done},
                                .ctx = ctx,
                                .community = enrolment->community};
    int len = snprintf(call.key_id, sizeof call.key_id, "%s", enrolment->key_id);
    fz_assert(len > 0 && (size_t)len < sizeof call.key_id);
    fz_read_start(reader, &call);
}
