/*
 * load: what the parts of a measuring run share. play.c has the order of the stages, prepare.c what
 * is before the clock, clock.c who begins what when, step.c what is asked and what the answers
 * mean, settle.c and verify_*.c what comes after.
 */
#ifndef LOAD_PLAY_INTERNAL_H
#define LOAD_PLAY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/crew.h"
#include "load/orders.h"
#include "load/pace.h"
#include "load/play.h"
#include "load/scenario.h"

struct event;
struct fz_play;
struct fz_stream;
struct fz_play_database; /* verify_database.c */

#define FZ_PLAY_ASKED_MAX 1024 /* payments that inquiries ask about */

/* One connection, and what is under way on it. */
struct fz_client {
    struct fz_stream *stream;
    struct fz_channel *channel;
    struct event *timer; /* the pause after a 503 in a closed loop */
    enum fz_run_step step;
    size_t order;        /* of a payment */
    int64_t intended_us; /* start of the operation */
    int64_t step_us;     /* the step was sent */
    bool is_known;       /* INQUIRY: the switch has to know the id */
    struct fz_id asked;  /* INQUIRY */
};

/* Clients that do the same kind of thing, and when. */
struct fz_stream {
    struct fz_play *play;
    struct fz_run_arrivals *counts;
    bool is_inquiries;
    struct fz_pace pace; /* open loop; else per_second is 0 */
    struct fz_backlog backlog;
    struct fz_client *clients;
    struct fz_client **idle;
    size_t len;
    size_t idle_len;
};

/* A payment that was acknowledged, to be asked about. */
struct fz_asked {
    struct fz_id id;
    uint32_t payer;
};

struct fz_play {
    struct fz_run *run;
    struct fz_scenario scenario;
    struct fz_choice shops;
    struct fz_choice payers;
    uint64_t chance;
    struct fz_orders orders;
    size_t prepared;     /* the first so many orders have their intents */
    size_t next;         /* of these */
    int64_t *balances;   /* of the residents, before anything was paid */
    int64_t last_number; /* of the ledger, then */
    struct fz_stream main;
    struct fz_stream inquiries;
    struct fz_channel **channels; /* of all clients, and some more for before and after */
    size_t channels_len;
    struct fz_asked asked[FZ_PLAY_ASKED_MAX];
    uint64_t asked_len;  /* ever */
    int64_t deadline_us; /* nothing begins from here on; INT64_MAX: no limit */
    int timer_fd;        /* the next arrival */
    int64_t timer_us;    /* when it goes off; INT64_MAX: it is not set */
    struct event *timer;
    struct fz_play_database *database; /* NULL: conservation is not checked in a database */
};

/* --- prepare.c -------------------------------------------------------------------------------- */

/* Reads the residents' balances into play->balances. */
FZ_MUSTUSE fz_rc fz_play_read_balances(struct fz_play *play, int64_t *balances, struct fz_err *err);

/* Intents and signatures, as many as the run will need. */
FZ_MUSTUSE fz_rc fz_play_prepare(struct fz_play *play, struct fz_err *err);

/* Opens the clients' connections. */
FZ_MUSTUSE fz_rc fz_play_connect(struct fz_play *play, struct fz_err *err);

/* --- clock.c ---------------------------------------------------------------------------------- */

/* From the first start to the last answer. */
FZ_MUSTUSE fz_rc fz_play_clock(struct fz_play *play, struct fz_err *err);

/* The client has nothing under way any more. */
void fz_client_rest(struct fz_client *client);

/* The same, but the client of a closed loop pauses first. */
void fz_client_pause(struct fz_client *client);

/* --- step.c ----------------------------------------------------------------------------------- */

/* A fresh operation id. */
struct fz_id fz_play_new_id(struct fz_play *play);

/* Adds an order whose parties and amount are drawn. FZ_NO_MEMORY. */
FZ_MUSTUSE fz_rc fz_play_draw_order(struct fz_play *play, struct fz_err *err);

/* Writes the request of a step of an order. */
void fz_play_ask(const struct fz_play *play,
                 const struct fz_order *order,
                 enum fz_run_step step,
                 struct fz_crew_texts *texts,
                 struct fz_channel_request *request);

/* The stream's next operation. False: none can begin any more, for want of an intent. */
bool fz_client_begin(struct fz_client *client, int64_t intended_us);

/* --- settle.c --------------------------------------------------------------------------------- */

/* Finds out what became of the orders whose outcome is unknown. */
FZ_MUSTUSE fz_rc fz_play_settle(struct fz_play *play, struct fz_err *err);

/* --- verify_api.c, verify_database.c ---------------------------------------------------------- */

FZ_MUSTUSE fz_rc fz_play_verify_api(struct fz_play *play, struct fz_err *err);

/* Opens the database and keeps what is there before the run. FZ_IO. */
FZ_MUSTUSE fz_rc fz_play_database_open(struct fz_play *play, struct fz_err *err);
FZ_MUSTUSE fz_rc fz_play_verify_database(struct fz_play *play, struct fz_err *err);
void fz_play_database_close(struct fz_play_database **database);

/* Says what is wrong; only the first few of each kind. */
void fz_play_complain(const struct fz_play *play, uint64_t nth, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
