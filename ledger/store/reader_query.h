/*
 * Room ledger/store, internal. What a query family (read_*.c) and the reader have to do with each
 * other. A family states its SQL once, fills the parameters, starts the query, and in `finish`
 * turns the binary result into the row its caller's `done` wants:
 *
 *     struct fz_pg_params *params = fz_read_params(reader);
 *     fz_pg_add_int4(params, community);
 *     struct fz_read_call call = {.statement = &fz_sql_balance, .finish = finish_balance, ...};
 *     fz_read_start(reader, &call);
 */
#ifndef LEDGER_STORE_READER_QUERY_H
#define LEDGER_STORE_READER_QUERY_H

#include "feezero/encode.h"
#include "feezero/limits.h"
#include "ledger/store/pg.h"
#include "ledger/store/reader.h"
#include "ledger/store/webhook.h"

/* Prepared once per connection; the reader's list of all of them is in reader_link.c. */
struct fz_statement {
    const char *name;
    const char *sql;
};

extern const struct fz_statement fz_sql_credential;       /* read_credential.c */
extern const struct fz_statement fz_sql_enrol;            /* read_credential.c */
extern const struct fz_statement fz_sql_intent;           /* read_intent.c */
extern const struct fz_statement fz_sql_intent_events;    /* read_intent.c */
extern const struct fz_statement fz_sql_community_events; /* read_intent.c */
extern const struct fz_statement fz_sql_operation;        /* read_operation.c */
extern const struct fz_statement fz_sql_receipt;          /* read_operation.c */
extern const struct fz_statement fz_sql_balance;          /* read_account.c */
extern const struct fz_statement fz_sql_history;          /* read_history.c */
extern const struct fz_statement fz_sql_past;             /* read_history.c */
extern const struct fz_statement fz_sql_money;            /* read_moves.c */
extern const struct fz_statement fz_sql_community_moves;  /* read_moves.c */
extern const struct fz_statement fz_sql_shop;             /* read_shop.c */
extern const struct fz_statement fz_sql_paycode;          /* read_paycode.c */
extern const struct fz_statement fz_sql_held;             /* read_held.c */

extern const struct fz_statement fz_sql_webhook_add;        /* read_webhook.c */
extern const struct fz_statement fz_sql_webhooks;           /* read_webhook.c */
extern const struct fz_statement fz_sql_webhook_rotate;     /* read_webhook.c */
extern const struct fz_statement fz_sql_webhook_delete;     /* read_webhook.c */
extern const struct fz_statement fz_sql_webhook_replay;     /* read_webhook.c */
extern const struct fz_statement fz_sql_webhook_deliveries; /* read_webhook.c */

/* All of them, one after the other; NULL past the end. And what their sessions set before. */
const struct fz_statement *fz_reader_statement(unsigned index);
const char *fz_reader_settings(void);

/* Whom the answer goes to; which one is known by the call's `finish`. */
union fz_read_done {
    fz_credential_done credential;
    fz_intent_done intent;
    fz_events_done events;
    fz_operation_done operation;
    fz_receipt_done receipt;
    fz_balance_done balance;
    fz_history_done history;
    fz_past_done past;
    fz_money_done money;
    fz_moves_done moves;
    fz_shop_done shop;
    fz_paycode_done paycode;
    fz_held_done held;
    fz_webhook_added_done webhook_added;
    fz_webhooks_done webhooks;
    fz_webhook_changed_done webhook_changed;
    fz_deliveries_done deliveries;
};

/* Room for a page of rows, the reader's: a stack has better things to hold. */
union fz_read_page {
    struct fz_event_row events[FZ_PAGE_MAX];
    struct fz_history_row history[FZ_PAGE_MAX];
    struct fz_money_row money[FZ_PAGE_MAX];
    struct fz_held_row held[FZ_HELD_PAGE];
    struct fz_move_row moves[FZ_MOVES_MAX];
    struct fz_delivery_row deliveries[FZ_PAGE_MAX];
    struct fz_webhook_row webhooks[FZ_WEBHOOKS_MAX];
};

struct fz_read_call {
    const struct fz_statement *statement;
    /*
     * Called once, never from within fz_read_start(). `result` is NULL unless rc is FZ_OK; it is
     * borrowed, and freed after.
     */
    void (*finish)(const struct fz_read_call *call,
                   fz_rc rc,
                   const PGresult *result,
                   union fz_read_page *page);
    union fz_read_done done;
    void *ctx;
    struct fz_reader *reader;
    int64_t account;                /* balance, history, past: whose */
    int32_t community;              /* enrolment: what is read next */
    char key_id[FZ_KEY_ID_MAX + 1]; /* enrolment: the same */
    bool follows; /* the second step of a query: goes first, and finds room when others do not */
};

/* The next query's parameters, empty; borrowed until fz_read_start(). */
struct fz_pg_params *fz_read_params(struct fz_reader *reader);

/* Queues a copy of `call` with the parameters. Sets call->reader itself. */
void fz_read_start(struct fz_reader *reader, const struct fz_read_call *call);

#endif
