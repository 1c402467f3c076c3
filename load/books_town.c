/*
 * load: the community that `fz-load books` measures against.
 */
#include "load/books_town.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "feezero/ledger.h"
#include "ledger/store/session_query.h"

#define BLOCK 4096U /* intents of one statement */
#define INTENT_TTL_S 3600
#define READER "fz-load books, readings"

/* One block of parties of a kind with an account each; the numbers are already taken. */
static fz_rc add_parties(struct fz_session *session,
                         int32_t community,
                         enum fz_account_class class,
                         const struct fz_books_range *range,
                         struct fz_err *err)
{
    bool is_shop = class == FZ_ACCOUNT_MERCHANT;
    struct fz_pg_params *params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, range->first);
    fz_pg_add_int8(params, (int64_t)range->len);
    fz_pg_add_text(params, is_shop ? "M" : "R");
    fz_rc rc = fz_session_run(session,
                              "INSERT INTO fz.party (community_id, party, kind, name)"
                              " SELECT $1, $2 + i, $4::\"char\", 'Party ' || ($2 + i)"
                              " FROM generate_series(0, $3 - 1) AS i",
                              NULL, err);
    if (rc != FZ_OK) {
        return rc;
    }
    params = fz_session_params(session);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, fz_account_number(class, range->first));
    fz_pg_add_int8(params, (int64_t)range->len);
    return fz_session_run(session,
                          "INSERT INTO fz.account (community_id, account)"
                          " SELECT $1, $2 + i FROM generate_series(0, $3 - 1) AS i",
                          NULL, err);
}

/* Takes party numbers; *range_out->first is the first. */
static fz_rc take_numbers(struct fz_session *session,
                          int32_t community,
                          struct fz_books_range *range_out,
                          struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(session);
    PGresult *result = NULL;
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, (int64_t)range_out->len);
    fz_rc rc = fz_session_row(session,
                              "UPDATE fz.community SET next_party = next_party + $2"
                              " WHERE community_id = $1 RETURNING next_party - $2",
                              &result, err);
    range_out->first = rc == FZ_OK ? fz_pg_int(result, 0, 0) : 0;
    PQclear(result);
    return rc;
}

fz_rc fz_books_town_add(const char *conninfo,
                        int32_t community,
                        uint64_t shops,
                        uint64_t residents,
                        struct fz_books_range *wallets_out,
                        struct fz_err *err)
{
    struct fz_session *session = NULL;
    struct fz_books_range merchants = {.len = shops};
    *wallets_out = (struct fz_books_range){.len = residents};
    fz_rc rc = fz_session_create(conninfo, NULL, READER, &session, err);
    if (rc != FZ_OK) {
        return rc;
    }
    rc = fz_session_begin(session, err);
    if (rc == FZ_OK) {
        rc = take_numbers(session, community, &merchants, err);
    }
    if (rc == FZ_OK) {
        rc = take_numbers(session, community, wallets_out, err);
    }
    if (rc == FZ_OK) {
        rc = add_parties(session, community, FZ_ACCOUNT_MERCHANT, &merchants, err);
    }
    if (rc == FZ_OK) {
        rc = add_parties(session, community, FZ_ACCOUNT_WALLET, wallets_out, err);
    }
    if (rc == FZ_OK) {
        rc = fz_session_commit(session, err);
    }
    fz_session_destroy(&session); /* what is not committed is rolled back */
    return rc;
}

/* The last run of account numbers of a class without a gap. */
static fz_rc find_range(struct fz_books_town *town,
                        enum fz_account_class class,
                        struct fz_books_range *range_out,
                        struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(town->session);
    PGresult *result = NULL;
    fz_pg_add_int4(params, town->community);
    fz_pg_add_int8(params, fz_account_number(class, 0));
    fz_rc rc = fz_session_row(town->session,
                              "SELECT max(account) FILTER (WHERE before IS DISTINCT FROM"
                              " account - 1) - $2, max(account) - $2 FROM ("
                              " SELECT account, lag(account) OVER (ORDER BY account) AS before"
                              " FROM fz.account WHERE community_id = $1"
                              " AND account BETWEEN $2 + 1 AND $2 + 99999999) AS a",
                              &result, err);
    if (rc == FZ_OK && fz_pg_is_null(result, 0, 0)) {
        rc = fz_fail(err, FZ_NOT_FOUND,
                     "community %d has nobody to pay or to be paid: fill it "
                     "with --accounts and --shops",
                     (int)town->community);
    }
    if (rc == FZ_OK) {
        range_out->first = fz_pg_int(result, 0, 0);
        range_out->len = (uint64_t)(fz_pg_int(result, 0, 1) - range_out->first + 1);
    }
    PQclear(result);
    return rc;
}

fz_rc fz_books_town_open(const char *conninfo,
                         int32_t community,
                         struct fz_books_town *town_out,
                         struct fz_err *err)
{
    *town_out = (struct fz_books_town){.community = community};
    fz_rc rc = fz_session_create(conninfo, NULL, READER, &town_out->session, err);
    if (rc == FZ_OK) {
        rc = find_range(town_out, FZ_ACCOUNT_WALLET, &town_out->wallets, err);
    }
    if (rc == FZ_OK) {
        rc = find_range(town_out, FZ_ACCOUNT_MERCHANT, &town_out->shops, err);
    }
    if (rc != FZ_OK) {
        fz_books_town_close(town_out);
    }
    return rc;
}

void fz_books_town_close(struct fz_books_town *town)
{
    fz_session_destroy(&town->session);
}

static fz_rc add_block(struct fz_books_town *town,
                       const struct fz_books_intent *intents,
                       unsigned len,
                       struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(town->session);
    fz_pg_add_int4(params, town->community);
    fz_pg_array_begin(params, FZ_PG_UUID, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_uuid(params, &intents[i].id);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_INT8, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_int8(params, intents[i].shop);
    }
    fz_pg_array_end(params);
    fz_pg_array_begin(params, FZ_PG_INT8, len);
    for (unsigned i = 0; i < len; i++) {
        fz_pg_item_int8(params, intents[i].amount);
    }
    fz_pg_array_end(params);
    fz_pg_add_int8(params, INTENT_TTL_S);
    return fz_session_run(
        town->session,
        "INSERT INTO fz.intent (community_id, intent_id, shop, amount, created_us, expires_us,"
        " terminal, state, reference, shop_name, qr, last_event)"
        " SELECT $1, intent_id, shop, amount, now_us, now_us + $5 * 1000000, 1, 1, '',"
        " 'Shop ' || shop, repeat('0123456789', 19), 0" /* as long as a code's text */
        " FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS i (intent_id, shop, amount),"
        " (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us) AS clock",
        NULL, err);
}

fz_rc fz_books_town_add_intents(struct fz_books_town *town,
                                const struct fz_books_intent *intents,
                                uint64_t len,
                                struct fz_err *err)
{
    fz_rc rc = fz_session_begin(town->session, err);
    for (uint64_t at = 0; at < len && rc == FZ_OK; at += BLOCK) {
        uint64_t some = len - at < BLOCK ? len - at : BLOCK;
        rc = add_block(town, intents + at, (unsigned)some, err);
    }
    if (rc != FZ_OK) {
        fz_session_rollback(town->session);
        return rc;
    }
    return fz_session_commit(town->session, err);
}

fz_rc fz_books_town_read(struct fz_books_town *town,
                         struct fz_books_reading *reading_out,
                         struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_int4(fz_session_params(town->session), town->community);
    fz_rc rc = fz_session_row(town->session,
                              "SELECT (SELECT last_number FROM fz.head WHERE community_id = $1),"
                              " sum(debits_posted)::bigint, sum(credits_posted)::bigint"
                              " FROM fz.account WHERE community_id = $1",
                              &result, err);
    if (rc == FZ_OK) {
        reading_out->last_number = fz_pg_int(result, 0, 0);
        reading_out->debits = fz_pg_int(result, 0, 1);
        reading_out->credits = fz_pg_int(result, 0, 2);
    }
    PQclear(result);
    return rc == FZ_OK ? fz_books_town_wal(town, &reading_out->wal, err) : rc;
}

fz_rc fz_books_town_wal(struct fz_books_town *town, int64_t *bytes_out, struct fz_err *err)
{
    PGresult *result = NULL;
    (void)fz_session_params(town->session);
    fz_rc rc = fz_session_row(town->session,
                              "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint",
                              &result, err);
    *bytes_out = rc == FZ_OK ? fz_pg_int(result, 0, 0) : 0;
    PQclear(result);
    return rc;
}

fz_rc fz_books_town_count(struct fz_books_town *town,
                          int64_t number,
                          int64_t *transfers_out,
                          int64_t *amount_out,
                          struct fz_err *err)
{
    struct fz_pg_params *params = fz_session_params(town->session);
    PGresult *result = NULL;
    fz_pg_add_int4(params, town->community);
    fz_pg_add_int8(params, number);
    fz_rc rc = fz_session_row(town->session,
                              "SELECT count(*), coalesce(sum(amount), 0)::bigint FROM fz.transfer"
                              " WHERE community_id = $1 AND number > $2",
                              &result, err);
    *transfers_out = rc == FZ_OK ? fz_pg_int(result, 0, 0) : 0;
    *amount_out = rc == FZ_OK ? fz_pg_int(result, 0, 1) : 0;
    PQclear(result);
    return rc;
}

fz_rc fz_books_town_backend(struct fz_books_town *town, int64_t *pid_out, struct fz_err *err)
{
    PGresult *result = NULL;
    fz_pg_add_text(fz_session_params(town->session), FZ_BOOKS_WRITER);
    fz_rc rc = fz_session_row(town->session,
                              "SELECT pid FROM pg_stat_activity WHERE application_name = $1"
                              " AND datname = current_database() ORDER BY backend_start DESC"
                              " LIMIT 1",
                              &result, err);
    *pid_out = rc == FZ_OK ? fz_pg_int(result, 0, 0) : 0;
    PQclear(result);
    return rc;
}

int64_t fz_process_cpu_us(int64_t pid)
{
    char path[48];
    char line[1024] = "";
    unsigned long long user = 0;
    unsigned long long system_ticks = 0;
    (void)snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    bool known = fgets(line, sizeof(line), file) != NULL;
    (void)fclose(file);
    const char *after_name = strrchr(line, ')'); /* the name itself may hold anything */
    if (!known || after_name == NULL ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
               &system_ticks) != 2) {
        return 0;
    }
    return (int64_t)((user + system_ticks) * 1000000U / (unsigned long long)sysconf(_SC_CLK_TCK));
}
