/*
 * Room ledger/store, internal to reader.c and reader_link.c. The reader is a queue of queries and a
 * few links; a link is one connection with the query that is under way on it. Whatever fails is put
 * aside and told to its caller from the loop, so that no caller hears of it while still asking.
 */
#ifndef LEDGER_STORE_READER_INTERNAL_H
#define LEDGER_STORE_READER_INTERNAL_H

#include "ledger/store/reader_query.h"

/* Those that wait, those under way, and second steps beside them. */
#define FZ_READ_POOL_MAX (FZ_READS_WAITING_MAX + 2 * FZ_READERS_MAX)

/* One query from fz_read_start() to its answer. */
struct fz_read {
    struct fz_read *next; /* in the queue, or in the list of free ones */
    struct fz_read_call call;
    struct fz_pg_params params;
    int64_t deadline_ms; /* 0 until the first tick that sees it waiting */
};

/* A failure that is still to be told. */
struct fz_read_failure {
    struct fz_read_call call;
    fz_rc rc;
};

enum fz_read_link_state {
    FZ_LINK_DOWN,       /* no connection; leaves by tick when retry_at_ms has come */
    FZ_LINK_CONNECTING, /* leaves when PQconnectPoll() says so, or by its deadline */
    FZ_LINK_PREPARING,  /* settings and statements are on their way; the same deadline */
    FZ_LINK_IDLE,       /* leaves with a query */
    FZ_LINK_BUSY        /* leaves with its answer; by its deadline the connection is given up */
};

struct fz_read_link {
    struct fz_reader *reader;
    PGconn *conn;
    void *watch;
    struct fz_read *read; /* BUSY only */
    PGresult *result;     /* BUSY: the answer so far */
    int64_t deadline_ms;  /* 0 until the first tick that sees the state */
    int64_t retry_at_ms;  /* DOWN; the same */
    unsigned index;
    unsigned attempts; /* to connect, since it last stood */
    enum fz_read_link_state state;
};

struct fz_reader {
    struct fz_reader_options options;
    struct fz_read_link links[FZ_READERS_MAX];
    struct fz_read *pool; /* FZ_READ_POOL_MAX of them */
    struct fz_read *free;
    struct fz_read *first; /* waiting, oldest first */
    struct fz_read **last;
    unsigned waiting;
    struct fz_pg_params params; /* of the query that is being asked */
    struct fz_read_failure *failures;
    struct fz_read_failure *telling; /* the other array, while its failures are told */
    unsigned failures_len, failures_capacity, telling_capacity;
    int wake_fd; /* always readable: to want it is to be called in the next turn */
    void *wake;
    bool closing;
    union fz_read_page page;
};

/* --- reader_link.c ---------------------------------------------------------------------------- */

/* Starts to connect. */
void fz_read_link_open(struct fz_read_link *link);

/* Ends the connection; the query under way, if any, fails with FZ_UNAVAILABLE. */
void fz_read_link_close(struct fz_read_link *link);

/* Sends a query on an IDLE link. */
void fz_read_link_send(struct fz_read_link *link, struct fz_read *read);

void fz_read_link_tick(struct fz_read_link *link, int64_t now_ms);

/* --- reader.c --------------------------------------------------------------------------------- */

/* Hands waiting queries to idle links. */
void fz_reader_dispatch(struct fz_reader *reader);

/* Puts a failed query aside, to be told later. Takes `read`. */
void fz_reader_fail(struct fz_reader *reader, struct fz_read *read, fz_rc rc);

/* Tells an answer now: from the loop only. Takes `read`, and `result`, which may be NULL. */
void fz_reader_finish(struct fz_reader *reader, struct fz_read *read, fz_rc rc, PGresult *result);

/* A link went down: when it was the last hope, nobody waits any longer. */
void fz_reader_link_lost(struct fz_reader *reader);

#endif
