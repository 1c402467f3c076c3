/*
 * Room ledger/store. What an account holds: the wallet's and the shop's view. What
 * moved it is in read_history.c.
 */
#include "ledger/core/decide.h"
#include "ledger/store/reader_query.h"

const struct fz_statement fz_sql_balance = {
    "fz_balance",
    "SELECT a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted, a.hold,"
    " a.last_transfer, a.state, h.last_time_us"
    " FROM fz.account a JOIN fz.head h ON h.community_id = a.community_id"
    " WHERE a.community_id = $1 AND a.account = $2",
};

static void finish_balance(const struct fz_read_call *call,
                           fz_rc rc,
                           const PGresult *result,
                           union fz_read_page *page)
{
    (void)page;
    if (rc == FZ_OK && PQntuples(result) == 0) {
        rc = FZ_NOT_FOUND;
    }
    if (rc != FZ_OK) {
        call->done.balance(call->ctx, rc, NULL);
        return;
    }
    struct fz_account account = {
        .number = call->account,
        .debits_pending = fz_pg_int(result, 0, 0),
        .debits_posted = fz_pg_int(result, 0, 1),
        .credits_pending = fz_pg_int(result, 0, 2),
        .credits_posted = fz_pg_int(result, 0, 3),
        .hold = fz_pg_int(result, 0, 4),
        .last_transfer = fz_pg_int(result, 0, 5),
        .state = (enum fz_account_state)fz_pg_int(result, 0, 6),
    };
    struct fz_balance_row row = {
        .account = account.number,
        .balance = fz_account_balance(&account),
        .available = fz_account_available(&account),
        .as_of = account.last_transfer,
        .time_us = fz_pg_int(result, 0, 7),
        .state = account.state,
    };
    call->done.balance(call->ctx, FZ_OK, &row);
}

void fz_read_balance(
    struct fz_reader *reader, int32_t community, int64_t account, fz_balance_done done, void *ctx)
{
    struct fz_pg_params *params = fz_read_params(reader);
    fz_pg_add_int4(params, community);
    fz_pg_add_int8(params, account);
    struct fz_read_call call = {.statement = &fz_sql_balance,
                                .finish = finish_balance,
                                .done = {.balance = done},
                                .ctx = ctx,
                                .account = account};
    fz_read_start(reader, &call);
}
