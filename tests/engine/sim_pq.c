/*
 * Test room. The libpq that engine_sim is linked with: the functions the writer uses, over
 * simulated connections. What the real one does was read from its sources, versions 15: an answer
 * is followed by a NULL in pipeline mode; data that arrived is handed out before the end of the
 * connection is noticed; a failed write is noticed when reading; PQfinish() of a good connection
 * still sends what is buffered.
 */
#include <string.h>

#include "feezero/assert.h"
#include "tests/engine/sim_sql.h"

#define CONNS_MAX 16384
#define FIRST_FD 100
#define STATEMENTS_MAX 64

struct queued {
    struct sim_answer answer;
    struct queued *next;
};

struct pg_conn {
    int fd;
    ConnStatusType status;
    bool polled, connect_ready, finished;
    bool cut; /* nothing passes any more, either way */
    bool end_arrived;
    bool null_next; /* between two answers */
    struct sim_backend *backend;
    struct sim_message *out; /* the send buffer */
    struct sim_message **out_last;
    int64_t blocked_until;
    int64_t sent_until, answered_until; /* the network keeps order, each way */
    struct queued *arrived, **arrived_last;
    unsigned outstanding; /* answers still to be handed out */
    unsigned prepared_len;
    struct sim_statement *prepared[STATEMENTS_MAX];
};

static struct {
    PGconn *by_fd[CONNS_MAX];
    int len;
    struct sim_statement *read[STATEMENTS_MAX]; /* for the program's life */
    unsigned read_len;
} pq;

void sim_conn_begin(void)
{
    memset(pq.by_fd, 0, (size_t)pq.len * sizeof(pq.by_fd[0]));
    pq.len = 0;
}

static PGconn *conn_of(int fd)
{
    return fd < FIRST_FD || fd >= FIRST_FD + pq.len ? NULL : pq.by_fd[fd - FIRST_FD];
}

static int new_fd(PGconn *conn)
{
    fz_assert(pq.len < CONNS_MAX);
    pq.by_fd[pq.len] = conn;
    return FIRST_FD + pq.len++;
}

static int64_t latency(void)
{
    return sim_strikes(SIM_SLOW_ANSWER) ? sim_between(20 * SIM_MS, 4 * SIM_SECOND)
                                        : sim_between(20, 300);
}

static void wake(PGconn *conn)
{
    sim_worker_wake(conn->fd);
}

/* --- connecting ------------------------------------------------------------------------------- */

static void connect_answer(void *ctx)
{
    PGconn *conn = ctx;
    conn->connect_ready = true;
    wake(conn);
}

PGconn *PQconnectStartParams(const char *const *keywords, const char *const *values, int expand)
{
    (void)keywords;
    (void)values;
    (void)expand;
    if (sim_strikes(SIM_CONNECT_MEMORY)) {
        return NULL;
    }
    PGconn *conn = sim_keep(sizeof(*conn));
    conn->fd = new_fd(conn);
    conn->status = sim.burying ? CONNECTION_BAD : CONNECTION_STARTED;
    conn->out_last = &conn->out;
    conn->arrived_last = &conn->arrived;
    if (!sim.burying && !sim_strikes(SIM_CONNECT_HANGS)) {
        sim_at(latency(), connect_answer, conn);
    }
    return conn;
}

PostgresPollingStatusType PQconnectPoll(PGconn *conn)
{
    if (!conn->polled) {
        conn->polled = true;
        if (sim_below(4) == 0) { /* it tries the next address: another descriptor */
            pq.by_fd[conn->fd - FIRST_FD] = NULL;
            conn->fd = new_fd(conn);
        }
        return PGRES_POLLING_READING;
    }
    if (!conn->connect_ready) {
        return PGRES_POLLING_READING;
    }
    conn->connect_ready = false;
    conn->backend = sim_backend_start(conn);
    conn->status = conn->backend == NULL ? CONNECTION_BAD : CONNECTION_OK;
    return conn->backend == NULL ? PGRES_POLLING_FAILED : PGRES_POLLING_OK;
}

ConnStatusType PQstatus(const PGconn *conn)
{
    return conn == NULL ? CONNECTION_BAD : conn->status;
}

int PQsocket(const PGconn *conn)
{
    return conn->end_arrived && conn->status == CONNECTION_BAD ? -1 : conn->fd;
}

char *PQerrorMessage(const PGconn *conn)
{
    static char good[] = "out of memory\n";
    static char bad[] = "server closed the connection unexpectedly\n";
    return PQstatus(conn) == CONNECTION_OK ? good : bad;
}

PQnoticeReceiver PQsetNoticeReceiver(PGconn *conn, PQnoticeReceiver receiver, void *ctx)
{
    (void)conn;
    (void)receiver;
    (void)ctx;
    return NULL;
}

int PQsetnonblocking(PGconn *conn, int on)
{
    (void)conn;
    return on == 1 ? 0 : -1;
}

int PQenterPipelineMode(PGconn *conn)
{
    return conn->status == CONNECTION_OK;
}

/* --- the network ------------------------------------------------------------------------------ */

struct delivery {
    PGconn *conn;
    struct sim_message *first; /* NULL: the client's end of the connection */
};

static void deliver(void *ctx)
{
    const struct delivery *delivery = ctx;
    struct sim_backend *backend = delivery->conn->backend;
    if (delivery->first == NULL) {
        sim_backend_hang_up(backend);
        return;
    }
    struct sim_message *next = delivery->first;
    while (next != NULL && !delivery->conn->cut) {
        struct sim_message *message = next;
        next = message->next;
        sim_backend_receive(backend, message);
    }
}

static void transmit(PGconn *conn, struct sim_message *first)
{
    struct delivery *delivery = sim_keep(sizeof(*delivery));
    int64_t at = sim.now_us + latency();
    *delivery = (struct delivery){conn, first};
    conn->sent_until = at > conn->sent_until ? at : conn->sent_until;
    sim_at(conn->sent_until - sim.now_us, deliver, delivery);
}

struct arrival {
    PGconn *conn;
    struct queued *queued; /* NULL: the server's end of the connection */
};

static void arrive(void *ctx)
{
    const struct arrival *arrival = ctx;
    PGconn *conn = arrival->conn;
    if (conn->finished || (conn->cut && arrival->queued != NULL)) {
        return;
    }
    if (arrival->queued == NULL) {
        conn->end_arrived = true;
    } else {
        *conn->arrived_last = arrival->queued;
        conn->arrived_last = &arrival->queued->next;
    }
    wake(conn);
}

static void answer_at(PGconn *conn, struct queued *queued, int64_t delay_us)
{
    struct arrival *arrival = sim_keep(sizeof(*arrival));
    int64_t at = sim.now_us + delay_us;
    *arrival = (struct arrival){conn, queued};
    conn->answered_until = at > conn->answered_until ? at : conn->answered_until;
    sim_at(conn->answered_until - sim.now_us, arrive, arrival);
}

void sim_conn_answer(PGconn *conn, const struct sim_answer *answer)
{
    struct queued *queued = sim_keep(sizeof(*queued));
    queued->answer = *answer;
    answer_at(conn, queued, latency());
}

void sim_conn_drop(PGconn *conn)
{
    answer_at(conn, NULL, latency());
}

/* The client notices at once, or never; the server some time later, if at all before it writes. */
void sim_conn_cut(PGconn *conn)
{
    conn->cut = true;
    if (sim_below(2) == 0) {
        answer_at(conn, NULL, latency());
    }
    struct delivery *end = sim_keep(sizeof(*end));
    *end = (struct delivery){conn, NULL};
    sim_at(sim_between(1 * SIM_MS, 10 * SIM_SECOND), deliver, end);
}

unsigned sim_conn_ready(int fd)
{
    const PGconn *conn = conn_of(fd);
    unsigned ready = 0;
    if (conn == NULL || conn->finished) {
        return 0;
    }
    if (conn->connect_ready || conn->arrived != NULL || conn->end_arrived) {
        ready |= FZ_LOOP_READ;
    }
    if (sim.now_us >= conn->blocked_until) {
        ready |= FZ_LOOP_WRITE;
    }
    return ready;
}

static void close_socket(PGconn *conn)
{
    conn->finished = true;
    if (conn->backend != NULL && !conn->cut) {
        transmit(conn, NULL);
    }
}

void sim_conn_of_worker_died(int fd, bool delivers)
{
    PGconn *conn = conn_of(fd);
    if (conn == NULL || conn->finished) {
        return;
    }
    if (!delivers && conn->backend != NULL && !conn->cut) {
        sim_conn_cut(conn);
    }
    close_socket(conn);
}

void sim_conn_of_worker_lost(int fd)
{
    PGconn *conn = conn_of(fd);
    if (conn != NULL && !conn->finished && conn->backend != NULL) {
        conn->cut = true;
        answer_at(conn, NULL, 0);
        sim_backend_hang_up(conn->backend);
    }
}

void PQfinish(PGconn *conn)
{
    if (conn == NULL || conn->finished) {
        return;
    }
    if (conn->status == CONNECTION_OK && conn->out != NULL && !conn->cut) {
        transmit(conn, conn->out);
    }
    close_socket(conn);
}

/* --- sending ---------------------------------------------------------------------------------- */

static struct sim_statement *read_statement(const char *name, const char *sql)
{
    for (unsigned i = 0; i < pq.read_len; i++) {
        if (strcmp(pq.read[i]->name, name) == 0) {
            return pq.read[i];
        }
    }
    fz_assert(pq.read_len < STATEMENTS_MAX);
    return pq.read[pq.read_len++] = sim_sql_read(name, sql);
}

static int append(PGconn *conn, struct sim_message message)
{
    if (conn->status != CONNECTION_OK || sim_strikes(SIM_SEND_MEMORY)) {
        return 0;
    }
    struct sim_message *kept = sim_keep(sizeof(*kept));
    *kept = message;
    *conn->out_last = kept;
    conn->out_last = &kept->next;
    conn->outstanding++;
    return 1;
}

int PQsendPrepare(PGconn *conn, const char *name, const char *sql, int params, const Oid *types)
{
    (void)params;
    (void)types;
    fz_assert(conn->prepared_len < STATEMENTS_MAX);
    struct sim_statement *statement = read_statement(name, sql);
    conn->prepared[conn->prepared_len++] = statement;
    return append(conn, (struct sim_message){.kind = SIM_PREPARE, .statement = statement});
}

static struct sim_statement *prepared(const PGconn *conn, const char *name)
{
    for (unsigned i = 0; i < conn->prepared_len; i++) {
        if (strcmp(conn->prepared[i]->name, name) == 0) {
            return conn->prepared[i];
        }
    }
    sim_violation("statement %s was never prepared on this connection", name);
}

static struct sim_decision *take_decision(void)
{
    struct sim_decision *decision = sim.decided;
    sim.decided = NULL;
    for (unsigned i = 0; decision != NULL && i < decision->len; i++) {
        decision->orders[i]->commit_sent = true;
    }
    return decision;
}

int PQsendQueryPrepared(PGconn *conn,
                        const char *name,
                        int len,
                        const char *const *values,
                        const int *lengths,
                        const int *formats,
                        int result_format)
{
    struct sim_message message = {.kind = SIM_EXECUTE, .statement = prepared(conn, name)};
    fz_assert(result_format == 1);
    message.params = sim_keep((size_t)(len + 1) * sizeof(*message.params));
    for (int i = 0; i < len; i++) {
        if (values[i] == NULL) {
            message.params[i].len = -1;
            continue;
        }
        fz_assert(formats[i] == 1);
        uint8_t *copy = sim_keep((size_t)lengths[i] + 1);
        memcpy(copy, values[i], (size_t)lengths[i]);
        message.params[i] = (struct sim_param){lengths[i], copy};
    }
    if (message.statement->is_commit) {
        message.decision = take_decision();
    }
    return append(conn, message);
}

int PQpipelineSync(PGconn *conn)
{
    return append(conn, (struct sim_message){.kind = SIM_SYNC});
}

static void unblocked(void *ctx)
{
    wake(ctx);
}

/* Cuts the send buffer behind its first `keep` messages; returns those. */
static struct sim_message *take_some(PGconn *conn, unsigned keep)
{
    struct sim_message *first = conn->out;
    struct sim_message **at = &conn->out;
    for (unsigned i = 0; i < keep && *at != NULL; i++) {
        at = &(*at)->next;
    }
    struct sim_message *rest = *at;
    *at = NULL;
    first = at == &conn->out ? NULL : first;
    conn->out = rest;
    conn->out_last = &conn->out;
    while (*conn->out_last != NULL) {
        conn->out_last = &(*conn->out_last)->next;
    }
    return first;
}

static bool holds_commit(const struct sim_message *message, unsigned *before_out)
{
    for (*before_out = 0; message != NULL; message = message->next, (*before_out)++) {
        if (message->statement != NULL && message->statement->is_commit) {
            return message->kind == SIM_EXECUTE;
        }
    }
    return false;
}

int PQflush(PGconn *conn)
{
    unsigned before;
    if (conn->status != CONNECTION_OK) {
        return -1;
    }
    if (conn->cut || conn->end_arrived) {
        (void)take_some(conn, UINT32_MAX);
        return 0; /* a failed write is noticed when reading */
    }
    if (sim.now_us < conn->blocked_until) {
        return conn->out != NULL;
    }
    if (holds_commit(conn->out, &before) && sim_strikes(SIM_HALF_SENT)) {
        struct sim_message *some = take_some(conn, before);
        struct sim_message *next;
        for (; some != NULL; some = next) { /* they were there already */
            next = some->next;
            sim_backend_receive(conn->backend, some);
        }
        (void)take_some(conn, UINT32_MAX);
        sim_conn_cut(conn);
        return 0;
    }
    bool partial = conn->out != NULL && sim_strikes(SIM_PARTIAL_FLUSH);
    struct sim_message *some = take_some(conn, partial ? sim_below(8) : UINT32_MAX);
    if (some != NULL) {
        transmit(conn, some);
    }
    if (conn->out != NULL) {
        conn->blocked_until = sim.now_us + sim_between(100, 3 * SIM_SECOND);
        sim_at(conn->blocked_until - sim.now_us, unblocked, conn);
    }
    return conn->out != NULL;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* What ends the connection while nobody waits for an answer is a notice. */
static void skip_notices(PGconn *conn)
{
    while (conn->arrived != NULL && conn->outstanding == 0) {
        conn->arrived = conn->arrived->next;
    }
    if (conn->arrived == NULL) {
        conn->arrived_last = &conn->arrived;
    }
}

int PQconsumeInput(PGconn *conn)
{
    if (conn->status != CONNECTION_OK || sim_strikes(SIM_READ_MEMORY)) {
        return 0;
    }
    skip_notices(conn);
    if (conn->arrived == NULL && conn->end_arrived) {
        conn->status = CONNECTION_BAD;
        return 0;
    }
    return 1;
}

int PQisBusy(PGconn *conn)
{
    return !conn->null_next && conn->arrived == NULL && conn->outstanding > 0;
}

PGresult *PQgetResult(PGconn *conn)
{
    if (conn->null_next) {
        conn->null_next = false;
        return NULL;
    }
    if (conn->outstanding == 0) {
        return NULL;
    }
    if (conn->arrived == NULL) {
        sim_violation("PQgetResult would wait for the server");
    }
    struct sim_answer answer = conn->arrived->answer;
    conn->arrived = conn->arrived->next;
    skip_notices(conn);
    if (conn->arrived == NULL) {
        conn->arrived_last = &conn->arrived;
    }
    conn->outstanding--;
    conn->null_next = answer.status != PGRES_PIPELINE_SYNC;
    if (conn->null_next && sim_strikes(SIM_RESULT_MEMORY)) {
        answer = (struct sim_answer){.status = PGRES_FATAL_ERROR};
    }
    return sim_result_create(&answer);
}
