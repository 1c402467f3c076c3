/*
 * Room ledger/store. The reader: a few connections for everything that only looks, and for
 * enrolment, which is not part of the books. Asynchronous on the caller's loop; statements are
 * prepared once per connection. Answers are what is committed at that moment; nothing is cached
 * here.
 *
 * Every query calls `done` exactly once, later, from the loop or from fz_reader_tick(): with FZ_OK
 * and the row, FZ_NOT_FOUND, FZ_UNAVAILABLE (not connected, lost, timed out), FZ_OVERLOADED (too
 * many wait, FZ_READS_WAITING_MAX), or FZ_DATABASE. Pointers in a row are borrowed until `done`
 * returns.
 */
#ifndef LEDGER_STORE_READER_H
#define LEDGER_STORE_READER_H

#include "feezero/err.h"
#include "feezero/ledger.h"
#include "ledger/store/loop.h"

#define FZ_READS_WAITING_MAX 1024
#define FZ_READERS_MAX 16

struct fz_reader;

struct fz_reader_options {
    const char *conninfo; /* borrowed for the reader's life */
    const char *role;
    const char *application_name;
    struct fz_loop *loop;
    unsigned connections; /* 1..FZ_READERS_MAX */
    /*
     * Called for each hint that a community's outbox grew up to `event` and its journal up to
     * transfer `number`, also by this process; may be NULL. Hints can be lost.
     */
    void (*hint)(void *ctx, int32_t community, int64_t event, int64_t number);
    void *hint_ctx;
    /* Hears why a connection or a query failed, for the log; may be NULL. */
    void (*trouble)(void *ctx, const struct fz_err *err);
    void *trouble_ctx;
};

/*
 * Creates it and starts connecting; `options` is copied. *out is owned by the caller. FZ_NO_MEMORY,
 * FZ_IO. A database that cannot be reached is not an error here: queries then end with
 * FZ_UNAVAILABLE.
 */
FZ_MUSTUSE fz_rc fz_reader_create(const struct fz_reader_options *options,
                                  struct fz_reader **out,
                                  struct fz_err *err);

/*
 * Queries under way end with FZ_UNAVAILABLE before it returns; no other may be started by then. Not
 * from within `done`. Sets *reader to NULL; *reader may be NULL.
 */
void fz_reader_destroy(struct fz_reader **reader);

/*
 * Lets time-outs and pauses between attempts pass: call about every 50 ms, with a monotonic clock
 * in milliseconds.
 */
void fz_reader_tick(struct fz_reader *reader, int64_t now_ms);

bool fz_reader_is_ready(const struct fz_reader *reader); /* at least one connection stands */

/* --- keys (read_credential.c) ----------------------------------------------------------------- */

struct fz_credential {
    const char *key_id;
    const uint8_t *public_key; /* 91 bytes SPKI */
    int32_t community;
    int32_t terminal; /* 0 if none */
    int32_t role;     /* feezero/role.h */
    bool revoked;
    int64_t party;
    int64_t enrolled_us;
    const char *party_name;
    const char *community_name;
    const char *qr_guid;
    const char *registration_number; /* "" if none */
    /* of the shop, "" if the party is none */
    const char *name_latin;
    const char *city_latin;
    const char *postal_code;
    const char *category_code;
};

typedef void (*fz_credential_done)(void *ctx, fz_rc rc, const struct fz_credential *credential);

/* The credential of a key id. Revoked ones are found too; so are those of who left, as revoked. */
void fz_read_credential(struct fz_reader *reader,
                        int32_t community,
                        const char *key_id,
                        fz_credential_done done,
                        void *ctx);

struct fz_enrolment {
    int32_t community;
    const uint8_t *code_hash; /* 32 bytes */
    const char *key_id;
    const uint8_t *public_key; /* 91 bytes */
    const char *label;
};

/*
 * Uses a one-time code for a key, in one transaction. The same code with the same key again gives
 * the same credential. FZ_ENROLMENT_CODE: the code is unknown, expired, or used for another key;
 * the key was revoked, or is another party's, role's or terminal's; the party left.
 */
void fz_store_enrol(struct fz_reader *reader,
                    const struct fz_enrolment *enrolment,
                    fz_credential_done done,
                    void *ctx);

/* --- intents and their events (read_intent.c) ------------------------------------------------- */

struct fz_intent_row {
    struct fz_id id;
    int64_t shop;
    int64_t amount;
    int64_t refunded;
    int64_t held; /* of these, what waits for the shop's money; in an intent's own view alone */
    int64_t created_us;
    int64_t expires_us;
    int64_t paid_us; /* 0 while unpaid, as are number and payment */
    int64_t number;
    int64_t payer; /* 0 while unpaid, unless it waits for one payer's consent */
    struct fz_id payment;
    int32_t terminal;
    enum fz_intent_state state;
    const char *reference;
    const char *shop_name;
    const char *qr;
};

typedef void (*fz_intent_done)(void *ctx, fz_rc rc, const struct fz_intent_row *intent);
void fz_read_intent(struct fz_reader *reader,
                    int32_t community,
                    const struct fz_id *id,
                    fz_intent_done done,
                    void *ctx);

struct fz_event_row {
    int64_t event;
    int64_t time_us;
    int64_t shop;
    int64_t amount;
    int64_t transfer; /* 0 if none */
    struct fz_id intent;
    struct fz_id operation; /* zero if none */
    int32_t type;           /* enum fz_event_type of ledger/core/state.h */
    enum fz_intent_state state;
    int64_t payer; /* of an intent that was created; 0: none yet. In a community's events alone */
};

typedef void (*fz_events_done)(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len);

/* Events of one intent after number `after`, oldest first, at most FZ_PAGE_MAX; maybe none. */
void fz_read_intent_events(struct fz_reader *reader,
                           int32_t community,
                           const struct fz_id *intent,
                           int64_t after,
                           fz_events_done done,
                           void *ctx);

/*
 * Events of a community after event number `after`, oldest first, at most FZ_PAGE_MAX: what a hint
 * from another worker is followed up with.
 */
void fz_read_community_events(
    struct fz_reader *reader, int32_t community, int64_t after, fz_events_done done, void *ctx);

/* --- operations and receipts (read_operation.c) ----------------------------------------------- */

typedef void (*fz_operation_done)(void *ctx, fz_rc rc, const struct fz_result *result);

/* The stored outcome of an operation id. */
void fz_read_operation(struct fz_reader *reader,
                       int32_t community,
                       const struct fz_id *id,
                       fz_operation_done done,
                       void *ctx);

struct fz_receipt_row {
    struct fz_result payment;    /* a successful PAY, or INTENT by a code */
    struct fz_intent_row intent; /* qr is "" */
    int64_t batch;
    uint8_t batch_hash[32];
    const char *registration_number; /* the community's; "" if none */
};

typedef void (*fz_receipt_done)(void *ctx, fz_rc rc, const struct fz_receipt_row *receipt);

/* FZ_NOT_FOUND: no such operation, or not a payment that was booked. */
void fz_read_receipt(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *payment,
                     fz_receipt_done done,
                     void *ctx);

/* --- balances (read_account.c) ---------------------------------------------------------------- */

struct fz_balance_row {
    int64_t account;
    int64_t balance;   /* posted, on the account's own side */
    int64_t available; /* what can be spent */
    int64_t as_of;     /* the account's last transfer, 0 if it never had one */
    int64_t time_us;   /* of the community's last decision; read in the same snapshot */
    enum fz_account_state state;
};

typedef void (*fz_balance_done)(void *ctx, fz_rc rc, const struct fz_balance_row *balance);
void fz_read_balance(
    struct fz_reader *reader, int32_t community, int64_t account, fz_balance_done done, void *ctx);

/* --- an account's past (read_history.c) ------------------------------------------------------- */

struct fz_history_row {
    int64_t number;
    int64_t time_us;
    int64_t amount;
    int64_t counterparty; /* account number of the other side */
    struct fz_id operation;
    struct fz_id intent; /* zero if the operation was about none */
    enum fz_kind kind;
    bool credit;                   /* true: money in, for CREDIT side accounts */
    const char *counterparty_name; /* "" for the consortium's own accounts */
    const char *note;
};

typedef void (*fz_history_done)(void *ctx,
                                fz_rc rc,
                                const struct fz_history_row *rows,
                                unsigned len);

enum fz_history_side {
    FZ_HISTORY_BOTH,
    FZ_HISTORY_DEBITS,
    FZ_HISTORY_CREDITS
};

static inline uint64_t fz_kind_bit(enum fz_kind kind)
{
    return UINT64_C(1) << (unsigned)kind;
}

/* What is zero does not narrow the page. */
struct fz_history_page {
    int64_t account;
    int64_t before;   /* a transfer of the account: the page holds older ones */
    int64_t from_us;  /* booked then or later */
    int64_t until_us; /* booked before */
    uint64_t kinds;   /* fz_kind_bit() of some */
    enum fz_history_side side;
    unsigned limit; /* 1..FZ_PAGE_MAX */
};

/*
 * Transfers of an account, newest first. Whatever it is narrowed to: one look-up for each row of
 * the page, and at most 64 before the first. FZ_NOT_FOUND: no such account. FZ_BAD_QUERY: `before`
 * is no transfer of it.
 */
void fz_read_history(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_history_page *page,
                     fz_history_done done,
                     void *ctx);

#define FZ_PAST_MAX 2

struct fz_past_query {
    int64_t account;
    int64_t moments_us[FZ_PAST_MAX];
    unsigned len;
};

/* An account as it was before a moment. */
struct fz_past_row {
    int64_t account;
    int64_t as_of;   /* its last transfer before the moment, 0 if there was none */
    int64_t balance; /* on the account's own side */
    int64_t debits;  /* sums and number of all transfers before the moment */
    int64_t credits;
    int64_t transfers;
    int64_t time_us; /* of the community's last decision; read in the same snapshot */
};

typedef void (*fz_past_done)(void *ctx, fz_rc rc, const struct fz_past_row *rows, unsigned len);

/* One row for each moment, in their order. At most 64 look-ups each. FZ_NOT_FOUND: no account. */
void fz_read_past(struct fz_reader *reader,
                  int32_t community,
                  const struct fz_past_query *query,
                  fz_past_done done,
                  void *ctx);

/* --- what moves accounts, as it comes (read_moves.c) ------------------------------------------ */

struct fz_money_row {
    struct fz_history_row move;
    int32_t terminal; /* of the till the sale was at; 0: none, or it was about no sale */
};

typedef void (*fz_money_done)(void *ctx, fz_rc rc, const struct fz_money_row *rows, unsigned len);

struct fz_money_page {
    int64_t account;
    int64_t after;  /* 0 or any transfer of the community: the page holds newer ones */
    unsigned limit; /* 1..FZ_PAGE_MAX */
};

/*
 * Transfers of an account, oldest first; maybe none. One look-up for each row of the page and at
 * most 128 more. FZ_NOT_FOUND: no such account. FZ_BAD_QUERY: `after` is no transfer.
 */
void fz_read_money(struct fz_reader *reader,
                   int32_t community,
                   const struct fz_money_page *page,
                   fz_money_done done,
                   void *ctx);

#define FZ_MOVES_MAX 1024

/* Whose money a transfer moved. */
struct fz_move_row {
    int64_t number;
    int64_t debit; /* account numbers */
    int64_t credit;
};

typedef void (*fz_moves_done)(void *ctx, fz_rc rc, const struct fz_move_row *rows, unsigned len);

/*
 * Transfers of a community after number `after`, oldest first, at most FZ_MOVES_MAX: what a hint
 * from another worker is followed up with where somebody waits for an account.
 */
void fz_read_community_moves(
    struct fz_reader *reader, int32_t community, int64_t after, fz_moves_done done, void *ctx);

/* --- shops (read_shop.c) ---------------------------------------------------------------------- */

/* What is shown to who is about to pay there. */
struct fz_shopfront {
    int64_t shop;
    const char *name;
    const char *qr_guid; /* the community's */
    const char *name_latin;
    const char *city_latin;
    const char *postal_code;
    const char *category_code;
    int64_t largest;   /* of its newest payments, 0 if there are none */
    unsigned payments; /* how many these are: at most as many as were asked for */
    bool is_open;      /* takes payments */
};

typedef void (*fz_shop_done)(void *ctx, fz_rc rc, const struct fz_shopfront *row);

/* A shop and the largest of its newest payments, so many; one look-up for each. FZ_NOT_FOUND. */
void fz_read_shop(struct fz_reader *reader,
                  int32_t community,
                  int64_t shop,
                  unsigned newest,
                  fz_shop_done done,
                  void *ctx);

/* --- codes that residents show (read_paycode.c) ----------------------------------------------- */

struct fz_paycode {
    struct fz_id id;
    int64_t party;
    int64_t amount; /* up to which its owner is not asked again */
    int64_t expires_us;
    struct fz_id intent; /* it was used for; zero: it was not */
};

typedef void (*fz_paycode_done)(void *ctx, fz_rc rc, const struct fz_paycode *row);

/* FZ_NOT_FOUND: there is none of that id, or it has another hash. */
void fz_read_paycode(struct fz_reader *reader,
                     int32_t community,
                     const struct fz_id *id,
                     const uint8_t hash[FZ_CODE_HASH_LEN],
                     fz_paycode_done done,
                     void *ctx);

/* --- refunds on hold (read_held.c) ------------------------------------------------------------ */

#define FZ_HELD_PAGE 256

/* Where a page begins: behind this refund. All zero: at the very first. */
struct fz_held_place {
    int32_t community;
    int64_t shop;
    struct fz_id refund;
};

struct fz_held_row {
    struct fz_held_place place;
    struct fz_id intent;
    int64_t party; /* who gets it */
    int64_t amount;
    int64_t available; /* what the shop can dispose of */
    int64_t as_of;     /* its last transfer */
    bool is_waiting;   /* else it was released, and `available` and `as_of` are 0 */
};

typedef void (*fz_held_done)(void *ctx, fz_rc rc, const struct fz_held_row *rows, unsigned len);

/* The next FZ_HELD_PAGE refunds that ever were on hold, of all communities; fewer at the end. */
void fz_read_held(struct fz_reader *reader,
                  const struct fz_held_place *after,
                  fz_held_done done,
                  void *ctx);

#endif
