/*
 * merchant-pos/core: the till's day against the switch's. The switch's history comes in pages,
 * newest first, ordered by number; for each page the journal is walked once, and both directions
 * are compared: entries of the page that the journal lacks, and journaled operations whose number
 * falls into the page's range without being in it. So memory stays bounded for a day of any length.
 */
#include <string.h>

#include "feezero/amount.h"
#include "feezero/assert.h"
#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/back_off.h"
#include "merchant-pos/core/journal.h"
#include "merchant-pos/core/text.h"

/* One line of the switch's history that concerns a till. */
struct entry {
    enum fz_pos_kind kind;
    struct fz_id key;    /* what our journal calls it: a sale by its intent, else the operation */
    struct fz_id intent; /* zero: not said */
    int64_t amount;
    int64_t number;
    int64_t at_ms;
    bool is_here;
    int64_t amount_here;
};

struct page {
    struct entry entries[FZ_POS_HISTORY_PAGE];
    size_t count;
    int64_t high; /* the page covers the numbers low <= n < high */
    int64_t low;
    int64_t next; /* 0: the last page */
};

struct closing {
    struct fz_pos *pos;
    struct fz_pos_span day;
    struct fz_pos_totals *totals;
    fz_pos_difference_fn each;
    void *ctx;
    struct page page;
    bool overflow;
};

static void
sum_up(struct closing *closing, struct fz_pos_sums *sums, enum fz_pos_kind kind, int64_t amount)
{
    bool is_sale = kind == FZ_POS_SALE;
    int64_t *sum = is_sale ? &sums->sales : kind == FZ_POS_VOID ? &sums->voids : &sums->refunds;
    uint32_t *count = is_sale               ? &sums->sale_count
                      : kind == FZ_POS_VOID ? &sums->void_count
                                            : &sums->refund_count;

    *count += 1;
    if (!fz_amount_add(*sum, amount, sum) ||
        !(is_sale ? fz_amount_add(sums->net, amount, &sums->net)
                  : fz_amount_sub(sums->net, amount, &sums->net))) {
        closing->overflow = true;
    }
}

static void report(struct closing *closing,
                   enum fz_pos_difference_kind kind,
                   const struct fz_pos_difference *facts)
{
    struct fz_pos_difference difference = *facts;

    difference.kind = kind;
    closing->totals->differences += kind == FZ_POS_ELSEWHERE ? 0 : 1;
    closing->each(&difference, closing->ctx);
}

static bool is_till_kind(enum fz_pos_kind kind)
{
    return kind == FZ_POS_SALE || kind == FZ_POS_VOID || kind == FZ_POS_REFUND;
}

static bool is_booked(const struct fz_pos_operation *op)
{
    return is_till_kind(op->kind) &&
           (op->state == FZ_POS_PAID || op->state == FZ_POS_VOIDED || op->state == FZ_POS_REFUNDED);
}

static bool is_in_day(const struct closing *closing, int64_t at_ms)
{
    return at_ms >= closing->day.from_ms && at_ms < closing->day.to_ms;
}

/* --- the switch's side ------------------------------------------------------------------------ */

/*
 * Reads one history item; false if it is malformed. Kinds that no till makes leave *entry_out.kind
 * 0.
 */
static bool read_entry(struct fz_json item, struct entry *entry_out)
{
    char kind[24];

    memset(entry_out, 0, sizeof *entry_out);
    if (!fz_answer_text(item, "kind", kind, sizeof kind) ||
        !fz_answer_int(item, "number", &entry_out->number) ||
        !fz_answer_int(item, "amount", &entry_out->amount) ||
        !fz_answer_time(item, "at", &entry_out->at_ms)) {
        return false;
    }
    entry_out->kind = strcmp(kind, "payment") == 0  ? FZ_POS_SALE
                      : strcmp(kind, "void") == 0   ? FZ_POS_VOID
                      : strcmp(kind, "refund") == 0 ? FZ_POS_REFUND
                                                    : (enum fz_pos_kind)0;
    if (!is_till_kind(entry_out->kind)) {
        return true;
    }
    if (!fz_answer_id(item, "intent_id", &entry_out->intent)) {
        memset(&entry_out->intent, 0, sizeof entry_out->intent);
        return entry_out->kind != FZ_POS_SALE &&
               fz_answer_id(item, "operation_id", &entry_out->key);
    }
    if (entry_out->kind == FZ_POS_SALE) {
        entry_out->key = entry_out->intent;
        return true;
    }
    return fz_answer_id(item, "operation_id", &entry_out->key);
}

/* Reads a page; false if it is malformed. */
static bool read_page(struct closing *closing, struct fz_json root)
{
    struct page *page = &closing->page;
    struct fz_json items, item;
    size_t position = 0;

    page->count = 0;
    page->low = page->high;
    if (!fz_json_get(root, "items", &items)) {
        return false;
    }
    while (fz_json_next(items, &position, &item)) {
        struct entry entry;

        if (page->count == FZ_POS_HISTORY_PAGE || !read_entry(item, &entry) ||
            entry.number >= page->low) {
            return false; /* more than asked for, or not newest first */
        }
        page->low = entry.number;
        page->entries[page->count++] = entry;
    }
    if (!fz_answer_int(root, "next", &page->next)) {
        page->next = 0; /* null: no more */
    }
    if (page->count > 0 && page->entries[page->count - 1].at_ms < closing->day.from_ms) {
        page->next = 0; /* older than the day */
    }
    if (page->next <= 0 || page->count == 0) {
        page->next = 0;
        page->low = INT64_MIN;
    }
    return true;
}

static fz_rc fetch_page(struct closing *closing, int64_t before, struct fz_err *err)
{
    struct fz_exchange_answer answer;
    struct fz_text query;
    char query_text[64];

    fz_text_init(&query, query_text, sizeof query_text);
    fz_text_add(&query, "?limit=");
    fz_text_add_int(&query, FZ_POS_HISTORY_PAGE);
    if (before > 0) {
        fz_text_add(&query, "&before=");
        fz_text_add_int(&query, before);
    }
    fz_rc rc = fz_back_off_get(closing->pos, "/v1/history", query_text, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        return fz_fail(err, answer.rc, "the switch gave no history");
    }
    return read_page(closing, answer.root)
               ? FZ_OK
               : fz_fail(err, FZ_FORMAT, "the switch's history is malformed");
}

/* --- our side --------------------------------------------------------------------------------- */

/* Finds a journaled operation in the page, or sees that it should be there and is not. */
static bool match_each(const struct fz_pos_operation *op, void *ctx)
{
    struct closing *closing = ctx;
    struct page *page = &closing->page;

    if (!is_booked(op)) {
        return true;
    }
    for (size_t i = 0; i < page->count; i++) {
        struct entry *entry = &page->entries[i];

        if (entry->kind == op->kind && fz_id_equal(&entry->key, &op->id)) {
            entry->is_here = true;
            entry->amount_here = op->amount;
            return true;
        }
    }
    if (is_in_day(closing, op->booked_at_ms) && op->number >= page->low &&
        op->number < page->high) {
        report(
            closing, FZ_POS_ONLY_HERE,
            &(struct fz_pos_difference){.operation = op->kind, .id = op->id, .here = op->amount});
    }
    return true;
}

/* Whether the sale was made on this till, by its intent at the switch. */
static fz_rc
is_our_sale(struct closing *closing, const struct fz_id *intent, bool *ours_out, struct fz_err *err)
{
    const struct fz_pos_identity *self = &closing->pos->self;
    struct fz_exchange_answer answer;
    struct fz_intent_view view;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "intents", intent, "");
    fz_rc rc = fz_back_off_get(closing->pos, path, NULL, &answer, err);

    if (rc != FZ_OK) {
        return rc;
    }
    if (answer.rc != FZ_OK) {
        return fz_fail(err, answer.rc, "the switch does not tell whose sale an entry is");
    }
    if (!fz_answer_intent(answer.root, &view)) {
        return fz_fail(err, FZ_FORMAT, "the switch's intent is malformed");
    }
    *ours_out = strcmp(view.shop, self->shop) == 0 && strcmp(view.terminal, self->terminal) == 0;
    return FZ_OK;
}

/*
 * An entry that our journal does not have as booked. Its outcome may still be open here; another
 * till may have made it; or it is a difference.
 */
static fz_rc judge_stranger(struct closing *closing, const struct entry *entry, struct fz_err *err)
{
    struct fz_pos_difference facts = {
        .operation = entry->kind, .id = entry->key, .there = entry->amount};
    struct fz_pos_operation sale;
    bool ours = false;

    if (fz_journal_open_get(closing->pos, &entry->key) != NULL) {
        sum_up(closing, &closing->totals->there, entry->kind, entry->amount);
        return FZ_OK; /* reported as unsettled */
    }
    if (entry->kind != FZ_POS_SALE && !fz_id_is_zero(&entry->intent)) {
        fz_rc rc = fz_pos_find(closing->pos, &entry->intent, &sale, NULL);

        if (rc == FZ_OK) {
            report(closing, FZ_POS_ELSEWHERE, &facts);
            return FZ_OK;
        }
        if (rc != FZ_NOT_FOUND) {
            return fz_fail(err, rc, "the journal cannot be read");
        }
    }
    if (!fz_id_is_zero(&entry->intent)) {
        fz_rc rc = is_our_sale(closing, &entry->intent, &ours, err);

        if (rc != FZ_OK) {
            return rc;
        }
    }
    if (ours) {
        sum_up(closing, &closing->totals->there, entry->kind, entry->amount);
        report(closing, FZ_POS_ONLY_SWITCH, &facts);
    }
    return FZ_OK;
}

static fz_rc compare_page(struct closing *closing, struct fz_err *err)
{
    struct page *page = &closing->page;
    fz_rc rc = fz_journal_walk(closing->pos, match_each, closing, err);

    for (size_t i = 0; i < page->count && rc == FZ_OK; i++) {
        const struct entry *entry = &page->entries[i];

        if (!is_till_kind(entry->kind) || !is_in_day(closing, entry->at_ms)) {
            continue;
        }
        if (!entry->is_here) {
            rc = judge_stranger(closing, entry, err);
            continue;
        }
        sum_up(closing, &closing->totals->there, entry->kind, entry->amount);
        if (entry->amount != entry->amount_here) {
            report(closing, FZ_POS_AMOUNT,
                   &(struct fz_pos_difference){.operation = entry->kind,
                                               .id = entry->key,
                                               .here = entry->amount_here,
                                               .there = entry->amount});
        }
    }
    return rc;
}

static bool sum_each(const struct fz_pos_operation *op, void *ctx)
{
    struct closing *closing = ctx;

    if (is_booked(op) && is_in_day(closing, op->booked_at_ms)) {
        sum_up(closing, &closing->totals->here, op->kind, op->amount);
    }
    return true;
}

static void report_unsettled(struct closing *closing)
{
    for (uint32_t i = 0; i < closing->pos->open_count; i++) {
        const struct fz_pos_operation *op = &closing->pos->open[i];

        if (is_till_kind(op->kind) && op->prepared_at_ms < closing->day.to_ms) {
            report(closing, FZ_POS_UNSETTLED,
                   &(struct fz_pos_difference){
                       .operation = op->kind, .id = op->id, .here = op->amount});
        }
    }
}

fz_rc fz_pos_close_day(struct fz_pos *pos,
                       struct fz_pos_span day,
                       struct fz_pos_totals *totals,
                       fz_pos_difference_fn each,
                       void *ctx,
                       struct fz_err *err)
{
    struct closing closing = {.pos = pos, .day = day, .totals = totals, .each = each, .ctx = ctx};
    int64_t before = 0;

    memset(totals, 0, sizeof *totals);
    fz_rc rc = fz_pos_each(pos, day, sum_each, &closing, err);

    closing.page.high = INT64_MAX;
    while (rc == FZ_OK) {
        rc = fetch_page(&closing, before, err);
        if (rc == FZ_OK) {
            rc = compare_page(&closing, err);
        }
        if (rc != FZ_OK || closing.page.next == 0) {
            break;
        }
        before = closing.page.next;
        closing.page.high = closing.page.low;
    }
    if (rc == FZ_OK && closing.overflow) {
        rc = fz_fail(err, FZ_OVERFLOW, "the day's totals are too large");
    }
    if (rc == FZ_OK) {
        report_unsettled(&closing);
    }
    return rc;
}
