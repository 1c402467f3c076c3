/*
 * Room ledger/store. Tables that tell the same story twice, joined for the auditor: every row of
 * one side comes with what stands for it on the other, also when one of them is missing. What they
 * should say is not known here. Read within fz_audit_begin(); pointers in a row are borrowed until
 * the callback returns, and a callback that returns anything but FZ_OK ends the walk with it.
 */
#ifndef LEDGER_STORE_AUDIT_CHECK_H
#define LEDGER_STORE_AUDIT_CHECK_H

#include <stddef.h>

#include "feezero/crypto.h"
#include "feezero/ledger.h"
#include "ledger/store/session.h"
#include "ledger/store/settle_run.h"

/* An intent, the operations about it that were not refused, and its events. */
struct fz_audit_intent {
    struct fz_id id;
    bool present; /* the intent's own row, up to `state` */
    int64_t shop;
    int64_t amount;
    int64_t refunded;
    int64_t created_us;
    int64_t expires_us;
    int64_t paid_us;
    int64_t number;
    int64_t payer;
    struct fz_id payment;
    int32_t terminal;
    int32_t state;
    bool created;           /* its creation, by INTENT or PAY */
    int64_t created_number; /* not 0: it was paid in the same operation */
    int64_t created_party;  /* the payer it was paid by, or asks for consent; else 0 */
    int64_t created_shop;
    int64_t created_amount;
    int64_t created_time_us;
    int64_t created_expires_us;
    int32_t created_terminal;
    bool paid; /* the payment that the row names */
    struct fz_id paid_ref;
    int64_t paid_number;
    int64_t paid_amount;
    int64_t paid_time_us;
    int64_t pays; /* payments, voids and refunds about it: how many, of whom */
    int64_t voids;
    int64_t refunds; /* yen */
    int64_t shop_min;
    int64_t shop_max;
    int64_t payer_min;
    int64_t payer_max;
    int64_t told_created; /* events by type */
    int64_t told_completed;
    int64_t told_canceled;
    int64_t told_expired;
    int64_t told_voided;
    int64_t told_refunds; /* yen */
    int64_t told_amount;  /* yen of the completion */
    int32_t told_state;   /* of the last one */
    int64_t last_event;   /* the chain of the events: its head, what it should be, wrong links */
    int64_t told_newest;
    int64_t told_unlinked;
};

FZ_MUSTUSE fz_rc fz_audit_each_intent(struct fz_session *session,
                                      int32_t community,
                                      fz_rc (*on_row)(void *ctx,
                                                      const struct fz_audit_intent *row,
                                                      struct fz_err *err),
                                      void *ctx,
                                      struct fz_err *err);

/* A payout, its operations, its settlement line and file. */
struct fz_audit_payout {
    struct fz_id id;
    bool present; /* the payout's own row, up to `state` */
    int64_t shop;
    int64_t amount;
    int32_t state;
    bool booked; /* its operation */
    int64_t booked_shop;
    int64_t booked_amount;
    int64_t sent; /* later steps: how many of each */
    int64_t confirmed;
    int64_t returned;
    bool in_line; /* its settlement line */
    int64_t line_shop;
    int64_t line_balance;
    int64_t line_due;
    int64_t business_day;
    int32_t window;
    int64_t from_number;
    int64_t upto_number;
    int64_t value_day;
    bool in_file;              /* the settlement has a bank file */
    const uint8_t *order_body; /* of the operation, NULL if there is none */
    size_t order_body_len;
};

FZ_MUSTUSE fz_rc fz_audit_each_payout(struct fz_session *session,
                                      int32_t community,
                                      fz_rc (*on_row)(void *ctx,
                                                      const struct fz_audit_payout *row,
                                                      struct fz_err *err),
                                      void *ctx,
                                      struct fz_err *err);

/* A deposit and the top-up that credited it. */
struct fz_audit_deposit {
    struct fz_id id; /* of the top-up */
    bool present;
    const char *reference; /* "" if not present */
    int64_t amount;
    int64_t party;
    bool credited;
    int64_t credited_amount;
    int64_t credited_party;
};

FZ_MUSTUSE fz_rc fz_audit_each_deposit(struct fz_session *session,
                                       int32_t community,
                                       fz_rc (*on_row)(void *ctx,
                                                       const struct fz_audit_deposit *row,
                                                       struct fz_err *err),
                                       void *ctx,
                                       struct fz_err *err);

/* A bill, the operation that booked it and the one that collected it. */
struct fz_audit_bill {
    struct fz_id id;
    bool present; /* the bill's own row, up to `invoice_no` */
    struct fz_id collect;
    int64_t period;
    int64_t shop;
    int64_t net;
    int64_t tax_percent;
    int64_t tax;
    const char *invoice_no;
    bool booked;
    int64_t booked_shop;
    int64_t booked_net;
    int64_t booked_tax;
    bool collected;
    int64_t collected_shop;
    int64_t collected_amount;
};

FZ_MUSTUSE fz_rc fz_audit_each_bill(struct fz_session *session,
                                    int32_t community,
                                    fz_rc (*on_row)(void *ctx,
                                                    const struct fz_audit_bill *row,
                                                    struct fz_err *err),
                                    void *ctx,
                                    struct fz_err *err);

/* A correction with the transfer it undoes (kind 0: there is none). */
struct fz_audit_correction {
    struct fz_transfer transfer;
    struct fz_transfer original;
    int64_t operation_value; /* what its operation says it corrects */
};

FZ_MUSTUSE fz_rc fz_audit_each_correction(struct fz_session *session,
                                          int32_t community,
                                          fz_rc (*on_row)(void *ctx,
                                                          const struct fz_audit_correction *row,
                                                          struct fz_err *err),
                                          void *ctx,
                                          struct fz_err *err);

/* Every settlement that has a bank file (fz_settle_get_file() gets it). */
FZ_MUSTUSE fz_rc fz_audit_each_file(struct fz_session *session,
                                    int32_t community,
                                    fz_rc (*on_row)(void *ctx,
                                                    const struct fz_settlement_row *row,
                                                    struct fz_err *err),
                                    void *ctx,
                                    struct fz_err *err);

/* An enrolled key. */
struct fz_audit_credential {
    const char *key_id;
    const uint8_t *public_key;
    size_t public_key_len;
    int32_t role;
    char kind; /* of its party, '-' if there is none */
};

FZ_MUSTUSE fz_rc fz_audit_each_credential(struct fz_session *session,
                                          int32_t community,
                                          fz_rc (*on_row)(void *ctx,
                                                          const struct fz_audit_credential *row,
                                                          struct fz_err *err),
                                          void *ctx,
                                          struct fz_err *err);

#endif
