/*
 * switch/treasury: the audit of one community's books, in parts. Every part reads, compares, and
 * names what differs; none trusts what another table says about its own. duty_audit.c calls them.
 */
#ifndef FZ_SWITCH_TREASURY_AUDIT_H
#define FZ_SWITCH_TREASURY_AUDIT_H

#include "ledger/store/audit_check.h"
#include "ledger/store/audit_stream.h"
#include "switch/treasury/run.h"

/* A short text by value: for ids and what was expected and found. */
struct fz_text {
    char text[160];
};

struct fz_text fz_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct fz_text fz_text_number(int64_t number);
struct fz_text fz_text_id(const struct fz_id *id);

/* --- an account's story, recomputed ----------------------------------------------------------- */

struct fz_audit_sum {
    int64_t account;
    int64_t debits;
    int64_t credits;
    int64_t last_transfer;
    struct fz_heads heads;
    struct fz_recent recent;
    int64_t window; /* the settlement window that the next three are about */
    int64_t sales;
    int64_t refunds;
    int64_t payments;
    bool seen; /* its row in the database was compared */
};

struct fz_audit_sums;

FZ_MUSTUSE fz_rc fz_audit_sums_create(struct fz_audit_sums **out, struct fz_err *err);
void fz_audit_sums_destroy(struct fz_audit_sums **sums);

/* The sum of an account, made if it is new; borrowed until the next call. NULL: out of memory. */
struct fz_audit_sum *fz_audit_sums_take(struct fz_audit_sums *sums, int64_t account);
/* NULL if the account was never moved. */
struct fz_audit_sum *fz_audit_sums_find(struct fz_audit_sums *sums, int64_t account);
struct fz_audit_sum *fz_audit_sums_at(struct fz_audit_sums *sums, size_t index); /* NULL past end */

/* The balance on the account's own side. */
int64_t fz_audit_sum_balance(const struct fz_audit_sum *sum);

/* --- the audit -------------------------------------------------------------------------------- */

struct fz_audit {
    struct fz_run *run;
    int32_t community;
    struct fz_audit_sums *sums;
    struct fz_sha256 *sha;       /* of the chain */
    struct fz_sha256 *order_sha; /* of one order, while the chain's is at work */
    int64_t found;               /* differences */
    int64_t found_max;           /* how many are printed */
    /* what was looked at */
    int64_t transfers, operations, batches, accounts, orders, intents, payouts, files, deposits,
        bills, corrections, keys;
    int64_t last_batch;
    uint8_t last_hash[FZ_SHA256_LEN]; /* of the last batch: keep it elsewhere, to see a cut end */
    /* what is not finished, and no difference */
    int64_t open_deposits, open_bills, open_payouts;
};

/* One difference: what kind, where, what it should be, what it is. */
void fz_audit_find(struct fz_audit *audit,
                   const char *class,
                   const char *where,
                   const char *expected,
                   const char *found);

/* The same for two numbers; nothing if they are equal. */
void fz_audit_compare(
    struct fz_audit *audit, const char *class, const char *where, int64_t expected, int64_t found);

/* audit_journal.c: batches, transfers, operations, the hash chain, the head. Fills the sums. */
FZ_MUSTUSE fz_rc fz_audit_journal(struct fz_audit *audit, struct fz_err *err);

/* audit_balance.c: accounts against the sums; the trial balance. */
FZ_MUSTUSE fz_rc fz_audit_balances(struct fz_audit *audit, struct fz_err *err);

/* audit_intent.c */
FZ_MUSTUSE fz_rc fz_audit_intents(struct fz_audit *audit, struct fz_err *err);

/* audit_code.c */
FZ_MUSTUSE fz_rc fz_audit_codes(struct fz_audit *audit, struct fz_err *err);

/* audit_held.c */
FZ_MUSTUSE fz_rc fz_audit_held_refunds(struct fz_audit *audit, struct fz_err *err);

/* audit_payout.c: payouts, and the bank files byte by byte. */
FZ_MUSTUSE fz_rc fz_audit_payouts(struct fz_audit *audit, struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_files(struct fz_audit *audit, struct fz_err *err);

/* audit_office.c: deposits, bills, corrections, keys. */
FZ_MUSTUSE fz_rc fz_audit_deposits(struct fz_audit *audit, struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_bills(struct fz_audit *audit, struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_corrections(struct fz_audit *audit, struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_keys(struct fz_audit *audit, struct fz_err *err);

/* --- parts of the journal's pass -------------------------------------------------------------- */

/* audit_legs.c: the transfers that an operation must have booked; 0 if it books none. */
unsigned fz_audit_legs(const struct fz_result *result, struct fz_transfer legs_out[3]);

/*
 * audit_order.c: the order kept with an operation proves itself with the enrolled key and says what
 * was booked. One that moved money without an order is a difference too.
 */
FZ_MUSTUSE fz_rc fz_audit_order(struct fz_audit *audit,
                                const struct fz_audit_operation *operation,
                                struct fz_err *err);

/* audit_history.c: the account's chains go on with this side of a transfer. */
void fz_audit_chain(struct fz_audit *audit,
                    struct fz_audit_sum *sum,
                    const struct fz_transfer *transfer,
                    bool is_debit);

/* Heads as stored against those recomputed. */
void fz_audit_heads(struct fz_audit *audit,
                    const char *class,
                    const char *where,
                    const struct fz_heads *expected,
                    const struct fz_audit_heads *found);

/* Marks against the journal, while it passes. */
struct fz_audit_marks {
    struct fz_audit *audit;
    struct fz_audit_stream *stream;
    struct fz_audit_mark mark; /* the next one */
    bool has_mark;
};

FZ_MUSTUSE fz_rc fz_audit_marks_open(struct fz_audit_marks *marks,
                                     struct fz_audit *audit,
                                     struct fz_err *err);
void fz_audit_marks_close(struct fz_audit_marks *marks);

/* Compares the marks up to this transfer, which the sums have in them; NULL: those behind all. */
FZ_MUSTUSE fz_rc fz_audit_marks_pass(struct fz_audit_marks *marks,
                                     const struct fz_transfer *transfer,
                                     struct fz_err *err);

/* audit_window.c: settlement lines against the journal, while it passes. */
struct fz_audit_windows {
    struct fz_audit *audit;
    struct fz_audit_stream *stream;
    struct fz_audit_line line; /* the next one */
    bool has_line;
    int64_t window;           /* counts the windows that passed */
    int64_t upto_number;      /* of the last one */
    int64_t shops_with_coins; /* shops whose balance is above zero now */
};

FZ_MUSTUSE fz_rc fz_audit_windows_open(struct fz_audit_windows *windows,
                                       struct fz_audit *audit,
                                       struct fz_err *err);
void fz_audit_windows_close(struct fz_audit_windows *windows);

/* Compares the lines of every window that ends before transfer `number`. */
FZ_MUSTUSE fz_rc fz_audit_windows_pass(struct fz_audit_windows *windows,
                                       int64_t number,
                                       struct fz_err *err);

#endif
