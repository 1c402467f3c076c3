/*
 * Room ledger/store. The journal for the auditor: batches, transfers, operations and settlement
 * lines as streams that are read side by side, all of one moment and in constant memory. What the
 * rows should say is not known here (switch/treasury/audit*.c). Blocking queries for `fz`.
 */
#ifndef LEDGER_STORE_AUDIT_STREAM_H
#define LEDGER_STORE_AUDIT_STREAM_H

#include <stddef.h>

#include "feezero/crypto.h"
#include "feezero/ledger.h"
#include "ledger/core/heads.h"
#include "ledger/core/recent.h"
#include "ledger/store/session.h"

/* Opens the snapshot that all streams and checks of one audit read. Ended by rollback. */
FZ_MUSTUSE fz_rc fz_audit_begin(struct fz_session *session, struct fz_err *err);

/* Numbers of the communities. *out is owned by the caller (free), NULL if there is none. */
FZ_MUSTUSE fz_rc fz_audit_communities(struct fz_session *session,
                                      int32_t **out,
                                      size_t *len_out,
                                      struct fz_err *err);

struct fz_audit_head {
    int64_t last_number;
    int64_t last_time_us;
    int64_t last_batch;
    int64_t last_event;
    uint8_t last_hash[FZ_SHA256_LEN];
    int64_t events; /* how many there are, and the highest number */
    int64_t event_max;
};

/* FZ_NOT_FOUND: the community has no head. */
FZ_MUSTUSE fz_rc fz_audit_read_head(struct fz_session *session,
                                    int32_t community,
                                    struct fz_audit_head *head_out,
                                    struct fz_err *err);

enum fz_audit_what {
    FZ_AUDIT_BATCHES,    /* by batch */
    FZ_AUDIT_TRANSFERS,  /* by number */
    FZ_AUDIT_OPERATIONS, /* by batch and place in it */
    FZ_AUDIT_ACCOUNTS,   /* by number */
    FZ_AUDIT_LINES,      /* of settlements, by cut-off and shop */
    FZ_AUDIT_MARKS       /* by number */
};

struct fz_audit_stream;

/* Opens a stream within the snapshot. *out is owned by the caller. */
FZ_MUSTUSE fz_rc fz_audit_stream_open(struct fz_session *session,
                                      int32_t community,
                                      enum fz_audit_what what,
                                      struct fz_audit_stream **out,
                                      struct fz_err *err);
void fz_audit_stream_close(struct fz_audit_stream **stream); /* *stream may be NULL */

struct fz_audit_batch {
    int64_t batch;
    int64_t first_number;
    int64_t transfers;
    int64_t operations;
    int64_t time_us;
    uint8_t hash[FZ_SHA256_LEN];
};

/* A key as it was enrolled. */
struct fz_audit_key {
    const uint8_t *public_key; /* NULL: no such key is enrolled */
    size_t public_key_len;
    int64_t party;
    int32_t role;
    int32_t terminal;
    int64_t revoked_us; /* 0: good */
};

struct fz_audit_operation {
    struct fz_result result;
    int64_t batch;
    int64_t place; /* in the batch */
    const uint8_t *fingerprint;
    size_t fingerprint_len;
    struct fz_signed_order order; /* base NULL: none was kept */
    size_t signature_len;
    size_t approver_signature_len;
    struct fz_audit_key key;
    struct fz_audit_key approver;
};

/* Heads of an account's chains as they are stored. */
struct fz_audit_heads {
    struct fz_heads heads;
    bool is_whole; /* false: other bytes, `heads` is empty */
};

/* A payer's last payments, the same. */
struct fz_audit_recent {
    struct fz_recent recent;
    bool is_whole;
};

struct fz_audit_mark {
    int64_t account;
    int64_t time_us;
    int64_t number;
    int64_t debits_posted;
    int64_t credits_posted;
    struct fz_audit_heads heads;
};

struct fz_audit_account {
    int64_t account;
    int64_t debits_pending;
    int64_t debits_posted;
    int64_t credits_pending;
    int64_t credits_posted;
    int64_t last_transfer;
    struct fz_audit_heads heads;
    struct fz_audit_recent recent;
    char kind; /* of its party: 'R', 'M', 'S', or '-' for none */
    int64_t held;
    int64_t waiting; /* the sum of its refunds that wait */
};

struct fz_audit_line {
    int64_t business_day;
    int32_t window;
    int64_t from_number;
    int64_t upto_number;
    int64_t shop;
    int64_t sales;
    int64_t refunds;
    int64_t payments;
    int64_t balance;
    int64_t due;
};

/*
 * The next row, whose pointers are borrowed until the next call. FZ_NOT_FOUND: there are no more.
 * Each for a stream of its own kind (asserted).
 */
FZ_MUSTUSE fz_rc fz_audit_next_batch(struct fz_audit_stream *stream,
                                     struct fz_audit_batch *row_out,
                                     struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_next_transfer(struct fz_audit_stream *stream,
                                        struct fz_transfer *row_out,
                                        struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_next_operation(struct fz_audit_stream *stream,
                                         struct fz_audit_operation *row_out,
                                         struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_next_account(struct fz_audit_stream *stream,
                                       struct fz_audit_account *row_out,
                                       struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_next_line(struct fz_audit_stream *stream,
                                    struct fz_audit_line *row_out,
                                    struct fz_err *err);
FZ_MUSTUSE fz_rc fz_audit_next_mark(struct fz_audit_stream *stream,
                                    struct fz_audit_mark *row_out,
                                    struct fz_err *err);

#endif
