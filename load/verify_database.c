/*
 * load: the conservation, seen in the database. What was acknowledged goes into a temporary table
 * by COPY; each check is one statement that gives the offenders. The session is opened before the
 * run, because it keeps the balances of then.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "load/play_internal.h"
#include "load/writer.h"

#define ACCOUNT_WALLET INT64_C(10000000000)
#define ACCOUNT_MERCHANT INT64_C(11000000000)

struct fz_play_database {
    PGconn *connection;
    int64_t community;
    int64_t last_number; /* before the run */
};

/* $1 community; $2, where there is one: the accounts that take part. */
static const char sql_tables[] =
    "CREATE TEMP TABLE load_before (account bigint PRIMARY KEY, debits bigint, credits bigint);"
    "CREATE TEMP TABLE load_told (op_id uuid, intent_id uuid, payer bigint, receiver bigint,"
    " amount bigint, number bigint, kind smallint, outcome smallint)";
static const char sql_before[] =
    "INSERT INTO load_before SELECT account, debits_posted, credits_posted FROM fz.account"
    " WHERE community_id = $1 AND account = ANY ($2::bigint[])";
static const char sql_last_number[] = "SELECT last_number FROM fz.head WHERE community_id = $1";
static const char sql_copy[] = "COPY load_told FROM STDIN";
static const char sql_told_ready[] = "CREATE INDEX ON load_told (op_id); ANALYZE load_told";

/*
 * The checks. Each gives some offenders as text, and with each the number of all of them. $1 is the
 * community, $2 the last number before the run. Outcomes are those of enum fz_order_outcome: 1 is
 * PAID.
 */
static const char sql_lost[] =
    "SELECT t.op_id::text, count(*) OVER () FROM load_told t"
    " WHERE t.outcome = 1 AND NOT EXISTS (SELECT FROM fz.transfer x"
    "   WHERE x.community_id = $1 AND x.number > $2 AND x.op_id = t.op_id)"
    " LIMIT 5";
static const char sql_wrong[] =
    "SELECT format('%s: %s yen from %s to %s as number %s',"
    "   x.op_id, x.amount, x.debit, x.credit, x.number), count(*) OVER ()"
    " FROM load_told t"
    " JOIN fz.transfer x ON x.community_id = $1 AND x.number > $2 AND x.op_id = t.op_id"
    " LEFT JOIN fz.operation o ON o.community_id = $1 AND o.op_id = t.op_id"
    " LEFT JOIN fz.intent i ON i.community_id = $1 AND i.intent_id = t.intent_id"
    " WHERE t.outcome = 1 AND ("
    "   (x.number, x.debit, x.credit, x.amount, x.kind)"
    "     IS DISTINCT FROM (t.number, t.payer, t.receiver, t.amount, t.kind)"
    "   OR (o.rc, o.ref, o.number)"
    "     IS DISTINCT FROM (0::smallint, t.intent_id, t.number)"
    "   OR t.kind = 2 AND (i.state, i.payment_id, i.number)"
    "     IS DISTINCT FROM (2::smallint, t.op_id, t.number))"
    " LIMIT 5";
static const char sql_unsent[] =
    "SELECT format('%s: %s yen from %s to %s as number %s',"
    "   x.op_id, x.amount, x.debit, x.credit, x.number), count(*) OVER ()"
    " FROM fz.transfer x JOIN load_before b ON b.account = x.debit"
    " WHERE x.community_id = $1 AND x.number > $2 AND NOT EXISTS (SELECT FROM load_told t"
    "   WHERE t.op_id = x.op_id AND t.outcome = 1)"
    " LIMIT 5";
static const char sql_balances[] =
    "WITH told AS (SELECT account, sum(debit) AS debit, sum(credit) AS credit FROM ("
    "   SELECT payer AS account, amount AS debit, 0 AS credit FROM load_told"
    "     WHERE outcome = 1"
    "   UNION ALL SELECT receiver, 0, amount FROM load_told WHERE outcome = 1) AS legs"
    "   GROUP BY account)"
    " SELECT format('%s: debits %s, credits %s, acknowledged %s and %s', b.account,"
    "   a.debits_posted - b.debits, a.credits_posted - b.credits,"
    "   coalesce(t.debit, 0), coalesce(t.credit, 0)), count(*) OVER ()"
    " FROM load_before b"
    " JOIN fz.account a ON a.community_id = $1 AND a.account = b.account"
    " LEFT JOIN told t ON t.account = b.account"
    " WHERE $2::bigint >= 0 AND (a.debits_posted - b.debits, a.credits_posted - b.credits)"
    "   IS DISTINCT FROM (coalesce(t.debit, 0), coalesce(t.credit, 0))"
    " LIMIT 5";
static const char sql_sums[] =
    "SELECT format('posted %s and %s, pending %s and %s', dp, cp, dq, cq), 1"
    " FROM (SELECT sum(debits_posted) AS dp, sum(credits_posted) AS cp,"
    "   sum(debits_pending) AS dq, sum(credits_pending) AS cq"
    "   FROM fz.account WHERE community_id = $1 AND $2::bigint >= 0) AS s"
    " WHERE dp <> cp OR dq <> cq";
static const char sql_gaps[] =
    "SELECT format('%s of %s', count(x.number), max(h.last_number) - $2), 1"
    " FROM fz.head h LEFT JOIN fz.transfer x ON x.community_id = $1 AND x.number > $2"
    " WHERE h.community_id = $1"
    " HAVING count(x.number) <> max(h.last_number) - $2"
    "   OR coalesce(max(x.number), $2) <> max(h.last_number)";

static const struct check {
    const char *sql;
    const char *what;
    size_t counter; /* in struct fz_run_conservation */
} checks[] = {
#define CHECK(counter, what)                                               \
    {                                                                      \
        sql_##counter, what, offsetof(struct fz_run_conservation, counter) \
    }
    CHECK(lost, "acknowledged and not booked"),
    CHECK(wrong, "booked otherwise than acknowledged, or twice"),
    CHECK(unsent, "booked and not acknowledged"),
    CHECK(balances, "an account moved by another sum than was acknowledged"),
    CHECK(sums, "debits and credits of all accounts differ"),
#undef CHECK
    {sql_gaps, "numbers are missing: transfers", offsetof(struct fz_run_conservation, sums)},
};

static fz_rc fail(const struct fz_play_database *database, const char *what, struct fz_err *err)
{
    return fz_fail(err, FZ_IO, "%s: %s", what, PQerrorMessage(database->connection));
}

static fz_rc
run_script(const struct fz_play_database *database, const char *sql, struct fz_err *err)
{
    PGresult *result = PQexec(database->connection, sql);
    bool is_done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return is_done ? FZ_OK : fail(database, "preparing the check", err);
}

/* Every account of a key of the town as a literal of PostgreSQL's, to be freed; NULL: no memory. */
static char *list_accounts(const struct fz_town *town)
{
    size_t size = (town->residents.len + town->tills.len) * 21 + 3;
    char *text = malloc(size);
    struct fz_writer writer = {.bytes = text, .size = size};
    if (text == NULL) {
        return NULL;
    }
    fz_writer_text(&writer, "{");
    for (size_t i = 0; i < town->residents.len; i++) {
        fz_writer_number(&writer,
                         ACCOUNT_WALLET + strtoll(town->residents.all[i].party + 1, NULL, 10));
        fz_writer_text(&writer, ",");
    }
    for (size_t i = 0; i < town->tills.len; i++) {
        fz_writer_text(&writer, i > 0 ? "," : "");
        fz_writer_number(&writer,
                         ACCOUNT_MERCHANT + strtoll(town->tills.all[i].party + 1, NULL, 10));
    }
    fz_writer_text(&writer, "}");
    return text;
}

static fz_rc
keep_before(struct fz_play_database *database, const struct fz_town *town, struct fz_err *err)
{
    char community[24];
    struct fz_writer writer = {.bytes = community, .size = sizeof(community)};
    char *accounts = list_accounts(town);
    fz_writer_number(&writer, database->community);
    const char *values[] = {community, accounts};
    if (accounts == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "accounts");
    }
    PGresult *kept = PQexecParams(database->connection, sql_before, 2, NULL, values, NULL, NULL, 0);
    PGresult *last =
        PQexecParams(database->connection, sql_last_number, 1, NULL, values, NULL, NULL, 0);
    fz_rc rc = FZ_OK;
    if (PQresultStatus(kept) != PGRES_COMMAND_OK || PQresultStatus(last) != PGRES_TUPLES_OK) {
        rc = fail(database, "the balances before the run", err);
    } else if (PQntuples(last) != 1) {
        rc = fz_fail(err, FZ_CONFIG, "--database: community %s is not there", community);
    } else {
        database->last_number = strtoll(PQgetvalue(last, 0, 0), NULL, 10);
    }
    PQclear(kept);
    PQclear(last);
    free(accounts);
    return rc;
}

fz_rc fz_play_database_open(struct fz_play *play, struct fz_err *err)
{
    const struct fz_town *town = &play->run->town;
    struct fz_play_database *database = calloc(1, sizeof(*database));
    play->database = database;
    if (database == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "database");
    }
    database->community = strtoll(town->residents.all[0].key_id, NULL, 10);
    database->connection = PQconnectdb(play->run->options.database);
    if (PQstatus(database->connection) != CONNECTION_OK) {
        return fail(database, "--database", err);
    }
    fz_rc rc = run_script(database, sql_tables, err);
    return rc == FZ_OK ? keep_before(database, town, err) : rc;
}

/* One line of COPY's text form. */
static void
write_told(const struct fz_town *town, const struct fz_order *order, struct fz_writer *line)
{
    bool is_p2p = fz_id_is_zero(&order->payment.intent);
    const char *payer = town->residents.all[order->payer].party;
    const char *receiver =
        is_p2p ? town->residents.all[order->shop].party : town->tills.all[order->shop].party;
    fz_writer_id(line, &order->payment.id);
    fz_writer_text(line, "\t");
    if (is_p2p) {
        fz_writer_text(line, "\\N");
    } else {
        fz_writer_id(line, &order->payment.intent);
    }
    int64_t numbers[] = {ACCOUNT_WALLET + strtoll(payer + 1, NULL, 10),
                         (is_p2p ? ACCOUNT_WALLET : ACCOUNT_MERCHANT) +
                             strtoll(receiver + 1, NULL, 10),
                         order->payment.amount,
                         order->number,
                         is_p2p ? 5 : 2, /* kinds.def */
                         order->outcome};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        fz_writer_text(line, "\t");
        fz_writer_number(line, numbers[i]);
    }
    fz_writer_text(line, "\n");
}

static fz_rc copy_told(const struct fz_play *play, struct fz_err *err)
{
    const struct fz_play_database *database = play->database;
    PGresult *result = PQexec(database->connection, sql_copy);
    bool is_good = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    for (size_t i = 0; i < play->orders.len && is_good; i++) {
        char text[256];
        struct fz_writer line = {.bytes = text, .size = sizeof(text)};
        if (play->orders.all[i].outcome != FZ_ORDER_NEW) {
            write_told(&play->run->town, &play->orders.all[i], &line);
            is_good = PQputCopyData(database->connection, text, (int)line.len) == 1;
        }
    }
    is_good = is_good && PQputCopyEnd(database->connection, NULL) == 1;
    while ((result = PQgetResult(database->connection)) != NULL) {
        is_good = is_good && PQresultStatus(result) == PGRES_COMMAND_OK;
        PQclear(result);
    }
    return is_good ? run_script(database, sql_told_ready, err)
                   : fail(database, "what was acknowledged", err);
}

static fz_rc run_check(struct fz_play *play, const struct check *check, struct fz_err *err)
{
    const struct fz_play_database *database = play->database;
    char community[24];
    char last_number[24];
    struct fz_writer first = {.bytes = community, .size = sizeof(community)};
    struct fz_writer second = {.bytes = last_number, .size = sizeof(last_number)};
    const char *values[] = {community, last_number};
    uint64_t count = 0;
    uint64_t all = 0;
    fz_writer_number(&first, database->community);
    fz_writer_number(&second, database->last_number);
    PGresult *result =
        PQexecParams(database->connection, check->sql, 2, NULL, values, NULL, NULL, 0);
    bool is_good = PQresultStatus(result) == PGRES_TUPLES_OK;
    for (int i = 0; is_good && i < PQntuples(result); i++) {
        fz_play_complain(play, (uint64_t)i, "%s: %s", check->what, PQgetvalue(result, i, 0));
        count = strtoull(PQgetvalue(result, i, 1), NULL, 10);
    }
    PQclear(result);
    char *counter = (char *)&play->run->conservation + check->counter;
    memcpy(&all, counter, sizeof(all));
    all += count;
    memcpy(counter, &all, sizeof(all));
    return is_good ? FZ_OK : fail(database, check->what, err);
}

fz_rc fz_play_verify_database(struct fz_play *play, struct fz_err *err)
{
    fz_rc rc = copy_told(play, err);
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && rc == FZ_OK; i++) {
        rc = run_check(play, &checks[i], err);
    }
    if (rc == FZ_OK) {
        play->run->conservation.checked = "database";
    }
    return rc;
}

void fz_play_database_close(struct fz_play_database **database)
{
    if (*database != NULL) {
        PQfinish((*database)->connection);
        free(*database);
        *database = NULL;
    }
}
