/*
 * merchant-pos/core, internal: comparing the till's journal with the switch's history. The history
 * comes in pages, newest first, ordered by number; for each page the journal is walked once, and
 * both directions are compared: entries of the page that the journal lacks, and journaled
 * operations whose number falls into the page's range without being in it. So memory stays bounded
 * for a day of any length.
 */
#ifndef FEEZERO_POS_CLOSING_H
#define FEEZERO_POS_CLOSING_H

#include "feezero/pos.h"

/* One line of the switch's history that concerns a till. */
struct fz_closing_entry {
    enum fz_pos_kind kind;
    struct fz_id key;    /* what our journal calls it: a sale by its intent, else the operation */
    struct fz_id intent; /* zero: not said */
    int64_t amount;
    int64_t number;
    int64_t at_ms;
    bool is_here;
    int64_t amount_here;
};

struct fz_closing_page {
    struct fz_closing_entry entries[FZ_POS_HISTORY_PAGE];
    size_t count;
    int64_t high; /* the page covers the numbers low <= n < high */
    int64_t low;
    int64_t next; /* 0: the last page */
};

struct fz_closing {
    struct fz_pos *pos;
    struct fz_pos_span day;
    int64_t after; /* what counts: after < number <= upto, and within the day */
    int64_t upto;
    bool upto_latest;      /* set `upto` to the newest transfer there is */
    uint64_t journal_from; /* records from here on are new since the report before */
    struct fz_pos_totals *totals;
    fz_pos_difference_fn each;
    void *ctx;
    struct fz_closing_page page;
    bool overflow;
};

/* Fills *totals and tells the differences. Results as fz_pos_close_day() has them. */
FZ_MUSTUSE fz_rc fz_closing_run(struct fz_closing *closing, struct fz_err *err);

#endif
