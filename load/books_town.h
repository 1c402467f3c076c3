/*
 * load: the community that `fz-load books` measures against, and what it reads there before and
 * after: sums, numbers, the log's position, processor time.
 */
#ifndef LOAD_BOOKS_TOWN_H
#define LOAD_BOOKS_TOWN_H

#include <stdint.h>

#include "feezero/err.h"
#include "feezero/id.h"
#include "ledger/store/session.h"

#define FZ_BOOKS_WRITER "fz-load books" /* application name of the writer's connection */

/* Party numbers without a gap: what fz_books_town_add() made. */
struct fz_books_range {
    int64_t first;
    uint64_t len;
};

struct fz_books_town {
    struct fz_session *session;
    int32_t community;
    struct fz_books_range wallets;
    struct fz_books_range shops;
};

struct fz_books_intent {
    struct fz_id id;
    int64_t shop;
    int64_t amount;
};

/* A moment in the life of the books. */
struct fz_books_reading {
    int64_t last_number;
    int64_t debits; /* sum over all accounts */
    int64_t credits;
    int64_t wal; /* bytes of log written since the cluster was made */
};

/*
 * Adds shops and residents with their accounts, all empty; *wallets_out is the residents' range.
 * The fast way: no names worth the word, no keys.
 */
FZ_MUSTUSE fz_rc fz_books_town_add(const char *conninfo,
                                   int32_t community,
                                   uint64_t shops,
                                   uint64_t residents,
                                   struct fz_books_range *wallets_out,
                                   struct fz_err *err);

/* FZ_NOT_FOUND: the community has no wallets or no shops. */
FZ_MUSTUSE fz_rc fz_books_town_open(const char *conninfo,
                                    int32_t community,
                                    struct fz_books_town *town_out,
                                    struct fz_err *err);
void fz_books_town_close(struct fz_books_town *town);

/*
 * Puts intents there that wait to be paid, as their rows would be, in blocks. It is the part of a
 * sale that is not measured here, so it is done the fast way: without operations and events.
 */
FZ_MUSTUSE fz_rc fz_books_town_add_intents(struct fz_books_town *town,
                                           const struct fz_books_intent *intents,
                                           uint64_t len,
                                           struct fz_err *err);

FZ_MUSTUSE fz_rc fz_books_town_read(struct fz_books_town *town,
                                    struct fz_books_reading *reading_out,
                                    struct fz_err *err);

/* Bytes of log written since the cluster was made. */
FZ_MUSTUSE fz_rc fz_books_town_wal(struct fz_books_town *town,
                                   int64_t *bytes_out,
                                   struct fz_err *err);

/* How many transfers there are after `number`, and the sum of their amounts. */
FZ_MUSTUSE fz_rc fz_books_town_count(struct fz_books_town *town,
                                     int64_t number,
                                     int64_t *transfers_out,
                                     int64_t *amount_out,
                                     struct fz_err *err);

/* The process that serves the writer. FZ_NOT_FOUND. */
FZ_MUSTUSE fz_rc fz_books_town_backend(struct fz_books_town *town,
                                       int64_t *pid_out,
                                       struct fz_err *err);

/* Processor time a process has used, in microseconds; 0 if it cannot be told. */
int64_t fz_process_cpu_us(int64_t pid);

#endif
