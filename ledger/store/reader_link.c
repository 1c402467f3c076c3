/*
 * Room ledger/store. One connection of the reader: connecting without waiting, preparing all
 * statements in one round trip, one query at a time, and giving up what hangs. Every state it can
 * be in is in reader_internal.h. Calls reader.c with what became of a query.
 */
#include <limits.h>
#include <stdlib.h>

#include "feezero/assert.h"
#include "ledger/store/reader_internal.h"

#define QUERY_TIMEOUT_MS (FZ_STATEMENT_TIMEOUT_MS + 500) /* the server's own time-out comes first */
#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 2000
#define RETRY_SPREAD_MS 17 /* links of one reader do not come all at once */

/*
 * All queries of the reader go by a key, so their plans need no statistics; and a plan made while
 * the tables were small must not scan them when they are large. In the statements themselves,
 * OFFSET 0 says the same of a joined table: look up one row for each row that asks.
 */
#define SETTINGS_SQL                                                                            \
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false),"                        \
    " set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false)," \
    " set_config('enable_mergejoin', 'off', false)"

static const struct fz_statement *const statements[] = {
    &fz_sql_credential,
    &fz_sql_enrol,
    &fz_sql_intent,
    &fz_sql_intent_events,
    &fz_sql_community_events,
    &fz_sql_operation,
    &fz_sql_receipt,
    &fz_sql_balance,
    &fz_sql_history,
    &fz_sql_past,
    &fz_sql_money,
    &fz_sql_community_moves,
    &fz_sql_shop,
    &fz_sql_paycode,
    &fz_sql_held,
    /* read_webhook.c */
    &fz_sql_webhook_add,
    &fz_sql_webhooks,
    &fz_sql_webhook_rotate,
    &fz_sql_webhook_delete,
    &fz_sql_webhook_replay,
    &fz_sql_webhook_deliveries,
};
#define STATEMENTS_LEN (sizeof statements / sizeof statements[0])

const struct fz_statement *fz_reader_statement(unsigned index)
{
    return index < STATEMENTS_LEN ? statements[index] : NULL;
}

const char *fz_reader_settings(void)
{
    return SETTINGS_SQL;
}

/* How far a community has come. */
struct hint {
    int32_t community;
    int64_t event;
    int64_t number; /* of a transfer */
};

static void on_ready(void *ctx, unsigned got);

static void tell_trouble(const struct fz_read_link *link, const struct fz_err *err)
{
    const struct fz_reader_options *options = &link->reader->options;
    if (options->trouble != NULL) {
        options->trouble(options->trouble_ctx, err);
    }
}

static void unwatch(struct fz_read_link *link)
{
    link->reader->options.loop->unwatch(link->reader->options.loop, link->watch);
    link->watch = NULL;
}

void fz_read_link_close(struct fz_read_link *link)
{
    struct fz_read *read = link->read;
    unwatch(link);
    PQfinish(link->conn);
    PQclear(link->result);
    link->conn = NULL;
    link->result = NULL;
    link->read = NULL;
    link->state = FZ_LINK_DOWN;
    link->deadline_ms = 0;
    link->retry_at_ms = 0;
    if (read != NULL) {
        fz_reader_fail(link->reader, read, FZ_UNAVAILABLE);
    }
}

/* The connection failed. Of the attempts that follow only the first is worth a line in a log. */
static void lose(struct fz_read_link *link, const struct fz_err *err)
{
    if (link->attempts <= 1) {
        tell_trouble(link, err);
    }
    fz_read_link_close(link);
    fz_reader_link_lost(link->reader);
}

static void lose_because(struct fz_read_link *link, const PGresult *result, const char *what)
{
    struct fz_err err;
    (void)fz_pg_error(link->conn, result, what, &err);
    lose(link, &err);
}

/* Waits anew for the socket, which libpq may have replaced while it connects. */
static bool watch(struct fz_read_link *link, unsigned want)
{
    struct fz_loop *loop = link->reader->options.loop;
    fz_assert(link->watch == NULL);
    link->watch = loop->watch(loop, PQsocket(link->conn), want, on_ready, link);
    if (link->watch == NULL) {
        struct fz_err err;
        (void)fz_fail(&err, FZ_NO_MEMORY, "no memory for a watch");
        lose(link, &err);
        return false;
    }
    return true;
}

void fz_read_link_open(struct fz_read_link *link)
{
    const struct fz_reader_options *options = &link->reader->options;
    struct fz_pg_options how = {.conninfo = options->conninfo,
                                .role = options->role,
                                .application_name = options->application_name};
    struct fz_err err;
    fz_assert(link->state == FZ_LINK_DOWN && link->conn == NULL);
    link->attempts += link->attempts < UINT_MAX;
    link->state = FZ_LINK_CONNECTING;
    link->deadline_ms = 0;
    if (fz_pg_connect_start(&how, &link->conn, &err) != FZ_OK) {
        lose(link, &err);
        return;
    }
    (void)watch(link, FZ_LOOP_WRITE); /* libpq: until the first poll, as if it had said WRITING */
}

/* Sends what is buffered, and waits for room as long as some is left. */
static void flush(struct fz_read_link *link)
{
    int left = PQflush(link->conn);
    if (left < 0) {
        lose_because(link, NULL, "send");
        return;
    }
    struct fz_loop *loop = link->reader->options.loop;
    loop->change(loop, link->watch, left > 0 ? FZ_LOOP_READ | FZ_LOOP_WRITE : FZ_LOOP_READ);
}

/* A ledger that may forget what it said serves nobody: without a reader no key is known. */
static bool send_preparation(struct fz_read_link *link)
{
    PGconn *conn = link->conn;
    bool sent = PQsetnonblocking(conn, 1) == 0 && PQenterPipelineMode(conn) == 1 &&
                PQsendQueryParams(conn, fz_pg_durable_sql, 0, NULL, NULL, NULL, NULL, 0) == 1 &&
                PQsendQueryParams(conn, SETTINGS_SQL, 0, NULL, NULL, NULL, NULL, 0) == 1;
    for (size_t i = 0; sent && i < STATEMENTS_LEN; i++) {
        sent = PQsendPrepare(conn, statements[i]->name, statements[i]->sql, 0, NULL) == 1;
    }
    if (sent && link->index == 0 && link->reader->options.hint != NULL) {
        sent = PQsendQueryParams(conn, "LISTEN fz_event", 0, NULL, NULL, NULL, NULL, 0) == 1;
    }
    return sent && PQpipelineSync(conn) == 1;
}

static void on_connecting(struct fz_read_link *link)
{
    unwatch(link); /* before the poll: it may close this very descriptor */
    switch (PQconnectPoll(link->conn)) {
    case PGRES_POLLING_READING:
        (void)watch(link, FZ_LOOP_READ);
        return;
    case PGRES_POLLING_OK:
        break;
    case PGRES_POLLING_FAILED:
        lose_because(link, NULL, "connect");
        return;
    case PGRES_POLLING_WRITING:
    case PGRES_POLLING_ACTIVE:
    default:
        (void)watch(link, FZ_LOOP_WRITE);
        return;
    }
    if (!watch(link, FZ_LOOP_READ)) {
        return;
    }
    link->state = FZ_LINK_PREPARING;
    if (!send_preparation(link)) {
        lose_because(link, NULL, "prepare");
        return;
    }
    flush(link);
}

static void on_prepared(struct fz_read_link *link)
{
    if (PQexitPipelineMode(link->conn) != 1) {
        lose_because(link, NULL, "prepare");
        return;
    }
    link->state = FZ_LINK_IDLE;
    link->attempts = 0;
    link->deadline_ms = 0;
    fz_reader_dispatch(link->reader);
}

/* Each statement's answer is a result and a NULL; after the last of them comes the sync. */
static void on_preparing(struct fz_read_link *link)
{
    while (PQisBusy(link->conn) == 0) {
        PGresult *result = PQgetResult(link->conn);
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            on_prepared(link);
            return;
        }
        if (result != NULL && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            lose_because(link, result, "prepare");
            PQclear(result);
            return;
        }
        PQclear(result);
        if (PQstatus(link->conn) == CONNECTION_BAD) {
            lose_because(link, NULL, "prepare");
            return;
        }
    }
}

/* The answer is whole: the link is free before its caller hears, who may ask again at once. */
static void on_answered(struct fz_read_link *link)
{
    struct fz_read *read = link->read;
    PGresult *result = link->result;
    link->read = NULL;
    link->result = NULL;
    link->state = FZ_LINK_IDLE;
    link->deadline_ms = 0;
    fz_rc rc = FZ_OK;
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        struct fz_err err;
        rc = fz_pg_error(link->conn, result, read->call.statement->name, &err);
        tell_trouble(link, &err);
    }
    bool is_lost = PQstatus(link->conn) == CONNECTION_BAD;
    if (is_lost) {
        fz_read_link_close(link);
    }
    fz_reader_finish(link->reader, read, rc, result);
    if (is_lost) {
        fz_reader_link_lost(link->reader);
    }
    fz_reader_dispatch(link->reader);
}

static void on_busy(struct fz_read_link *link)
{
    while (PQisBusy(link->conn) == 0) {
        PGresult *result = PQgetResult(link->conn);
        if (result == NULL) {
            on_answered(link);
            return;
        }
        PQclear(link->result);
        link->result = result;
    }
}

/* A decimal number up to `stop`, from 0; -1: something else. *at moves behind it. */
static long long parse_number(const char **at, char stop)
{
    char *end = NULL;
    long long number = strtoll(*at, &end, 10);
    bool is_number = **at >= '0' && **at <= '9' && *end == stop && number != LLONG_MAX;
    *at = end + 1;
    return is_number ? number : -1;
}

/* "community:event:transfer"; anything else is not from us. */
static bool parse_hint(const char *text, struct hint *hint_out)
{
    const char *at = text;
    long long community = parse_number(&at, ':');
    if (community <= 0 || community > INT32_MAX) {
        return false;
    }
    hint_out->community = (int32_t)community;
    hint_out->event = parse_number(&at, ':');
    hint_out->number = hint_out->event < 0 ? -1 : parse_number(&at, '\0');
    return hint_out->number >= 0;
}

static void take_hints(struct fz_read_link *link)
{
    const struct fz_reader_options *options = &link->reader->options;
    PGnotify *notify = NULL;
    while (link->conn != NULL && (notify = PQnotifies(link->conn)) != NULL) {
        struct hint hint;
        if (options->hint != NULL && parse_hint(notify->extra, &hint)) {
            options->hint(options->hint_ctx, hint.community, hint.event, hint.number);
        }
        PQfreemem(notify);
    }
}

static void on_ready(void *ctx, unsigned got)
{
    struct fz_read_link *link = ctx;
    if (link->state == FZ_LINK_CONNECTING) {
        on_connecting(link);
        return;
    }
    if ((got & FZ_LOOP_READ) != 0 && PQconsumeInput(link->conn) != 1) {
        lose_because(link, NULL, "connection lost");
        return;
    }
    if (link->state == FZ_LINK_PREPARING) {
        on_preparing(link);
    } else if (link->state == FZ_LINK_BUSY) {
        on_busy(link);
    }
    take_hints(link);
    if (link->conn != NULL) {
        flush(link);
    }
}

void fz_read_link_send(struct fz_read_link *link, struct fz_read *read)
{
    fz_assert(link->state == FZ_LINK_IDLE);
    fz_assert(link->read == NULL && link->result == NULL);
    struct fz_err err;
    fz_rc rc = fz_pg_send(link->conn, read->call.statement->name, &read->params, &err);
    if (rc == FZ_NO_MEMORY) {
        fz_reader_fail(link->reader, read, rc);
        return;
    }
    link->state = FZ_LINK_BUSY;
    link->read = read;
    link->deadline_ms = 0;
    if (rc != FZ_OK) {
        lose(link, &err);
        return;
    }
    flush(link);
}

static void give_up(struct fz_read_link *link, const char *what)
{
    struct fz_err err;
    (void)fz_fail(&err, FZ_UNAVAILABLE, "%s: no answer in time", what);
    lose(link, &err);
}

/* The n-th attempt to connect waits twice as long as the one before it. */
static int64_t retry_delay_ms(const struct fz_read_link *link)
{
    int64_t delay_ms = RETRY_MIN_MS;
    for (unsigned i = 1; i < link->attempts && delay_ms < RETRY_MAX_MS; i++) {
        delay_ms *= 2;
    }
    return (delay_ms < RETRY_MAX_MS ? delay_ms : RETRY_MAX_MS) + link->index * RETRY_SPREAD_MS;
}

/* The deadline of the present state, counted from the first tick that sees it. */
static bool is_late(struct fz_read_link *link, int64_t now_ms, int64_t timeout_ms)
{
    if (link->deadline_ms == 0) {
        link->deadline_ms = now_ms + timeout_ms;
    }
    return now_ms >= link->deadline_ms;
}

void fz_read_link_tick(struct fz_read_link *link, int64_t now_ms)
{
    switch (link->state) {
    case FZ_LINK_DOWN:
        if (link->retry_at_ms == 0) {
            link->retry_at_ms = now_ms + retry_delay_ms(link);
        }
        if (now_ms >= link->retry_at_ms) {
            fz_read_link_open(link);
        }
        return;
    case FZ_LINK_CONNECTING:
    case FZ_LINK_PREPARING:
        if (is_late(link, now_ms, FZ_TCP_TIMEOUT_MS)) {
            give_up(link, "connect");
        }
        return;
    case FZ_LINK_IDLE:
        return;
    case FZ_LINK_BUSY:
        if (is_late(link, now_ms, QUERY_TIMEOUT_MS)) {
            give_up(link, link->read->call.statement->name);
        }
        return;
    }
    FZ_UNREACHABLE();
}
