/*
 * Room ledger/store, internal. Columns that two queries of the reader have in common, beside the
 * functions that turn them into a row: the order of the one is the order of the other.
 */
#ifndef LEDGER_STORE_READ_COLUMNS_H
#define LEDGER_STORE_READ_COLUMNS_H

#include "ledger/store/reader_query.h"

/* Of fz.intent i; the qr, which is long, is not among them. */
#define FZ_INTENT_COLUMNS                                                                         \
    "i.intent_id, i.shop, i.amount, i.refunded, i.created_us, i.expires_us, i.paid_us, i.number," \
    " i.payer, i.payment_id, i.terminal, i.state, i.reference, i.shop_name"
#define FZ_INTENT_COLUMNS_LEN 14

/* Reads them from row 0, beginning at `column`; `qr` is "". Strings are borrowed from `result`. */
void fz_read_intent_columns(const PGresult *result, int column, struct fz_intent_row *out);

/* One transfer as its account sees it, in this order of columns. */
enum {
    FZ_HISTORY_FOUND, /* not of the row: whether the query knows the place it begins at */
    FZ_HISTORY_NUMBER,
    FZ_HISTORY_TIME,
    FZ_HISTORY_AMOUNT,
    FZ_HISTORY_DEBIT,
    FZ_HISTORY_CREDIT,
    FZ_HISTORY_OPERATION,
    FZ_HISTORY_KIND,
    FZ_HISTORY_COMMAND,
    FZ_HISTORY_REF,
    FZ_HISTORY_NOTE,
    FZ_HISTORY_NAME,
    FZ_HISTORY_COLUMNS_LEN
};

/* Reads them. Strings are borrowed from `result`. */
void fz_read_history_columns(const PGresult *result,
                             int row,
                             int64_t account,
                             struct fz_history_row *out);

/* Of fz.event e. */
#define FZ_EVENT_COLUMNS \
    "e.event, e.time_us, e.shop, e.amount, e.transfer, e.intent_id, e.op_id, e.type, e.state"
#define FZ_EVENT_COLUMNS_LEN 9

/* Reads them, beginning at `column`. */
void fz_read_event_columns(const PGresult *result, int row, int column, struct fz_event_row *out);

#endif
