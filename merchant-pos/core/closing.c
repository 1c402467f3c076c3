/*
 * merchant-pos/core: the till's journal against the switch's history, for one day, an X or a Z.
 */
#include "merchant-pos/core/closing.h"

#include <string.h>

#include "feezero/amount.h"
#include "feezero/assert.h"
#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/back_off.h"
#include "merchant-pos/core/journal.h"
#include "merchant-pos/core/text.h"

static void
sum_up(struct fz_closing *closing, struct fz_pos_sums *sums, enum fz_pos_kind kind, int64_t amount)
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

static bool is_fault(enum fz_pos_difference_kind kind)
{
    return kind != FZ_POS_ELSEWHERE && kind != FZ_POS_STICKER && kind != FZ_POS_LATE;
}

static void report(struct fz_closing *closing,
                   enum fz_pos_difference_kind kind,
                   const struct fz_pos_difference *facts)
{
    struct fz_pos_difference difference = *facts;

    difference.kind = kind;
    closing->totals->differences += is_fault(kind) ? 1 : 0;
    if (closing->each != NULL) {
        closing->each(&difference, closing->ctx);
    }
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

static bool is_in_day(const struct fz_closing *closing, int64_t at_ms)
{
    return at_ms >= closing->day.from_ms && at_ms < closing->day.to_ms;
}

/* Whether a transfer is on this report. The number decides; the day bounds what has no number. */
static bool counts(const struct fz_closing *closing, int64_t number, int64_t at_ms)
{
    return number > closing->after && number <= closing->upto && is_in_day(closing, at_ms);
}

/* --- the switch's side ------------------------------------------------------------------------ */

/*
 * Reads one history item; false if it is malformed. Kinds that no till makes leave *entry_out.kind
 * 0.
 */
static bool read_entry(struct fz_json item, struct fz_closing_entry *entry_out)
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
static bool read_page(struct fz_closing *closing, struct fz_json root)
{
    struct fz_closing_page *page = &closing->page;
    struct fz_json items, item;
    size_t position = 0;

    page->count = 0;
    page->low = page->high;
    if (!fz_json_get(root, "items", &items)) {
        return false;
    }
    while (fz_json_next(items, &position, &item)) {
        struct fz_closing_entry entry;

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
    if (page->count > 0 && (page->entries[page->count - 1].at_ms < closing->day.from_ms ||
                            page->low <= closing->after)) {
        page->next = 0; /* older than what counts */
    }
    if (page->next <= 0 || page->count == 0) {
        page->next = 0;
        page->low = INT64_MIN;
    }
    return true;
}

static fz_rc fetch_page(struct fz_closing *closing, int64_t before, struct fz_err *err)
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
static bool match_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    struct fz_closing *closing = ctx;
    struct fz_closing_page *page = &closing->page;
    struct fz_pos_operation op;

    (void)at;
    if (!fz_journal_decode(frame, &op) || !is_booked(&op)) {
        return true;
    }
    for (size_t i = 0; i < page->count; i++) {
        struct fz_closing_entry *entry = &page->entries[i];

        if (entry->kind == op.kind && fz_id_equal(&entry->key, &op.id)) {
            entry->is_here = true;
            entry->amount_here = op.amount;
            return true;
        }
    }
    if (counts(closing, op.number, op.booked_at_ms) && op.number >= page->low &&
        op.number < page->high) {
        report(closing, FZ_POS_ONLY_HERE,
               &(struct fz_pos_difference){.operation = op.kind, .id = op.id, .here = op.amount});
    }
    return true;
}

enum owner {
    OWNER_OTHER,  /* another till, or the shop itself */
    OWNER_US,     /* a sale of this till */
    OWNER_STICKER /* paid by this till's sticker */
};

/* Whose sale it is, by its intent at the switch. */
static fz_rc find_owner(struct fz_closing *closing,
                        const struct fz_id *intent,
                        enum owner *owner_out,
                        struct fz_err *err)
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
    bool is_ours = strcmp(view.shop, self->shop) == 0 && strcmp(view.terminal, self->terminal) == 0;

    *owner_out = !is_ours ? OWNER_OTHER : view.is_sticker ? OWNER_STICKER : OWNER_US;
    return FZ_OK;
}

/* An entry about a sale that our journal does not know at all. */
static void judge_unknown_sale(struct fz_closing *closing,
                               const struct fz_closing_entry *entry,
                               enum owner owner)
{
    struct fz_pos_totals *totals = closing->totals;
    struct fz_pos_difference facts = {
        .operation = entry->kind, .id = entry->key, .there = entry->amount};

    if (owner == OWNER_US) {
        sum_up(closing, &totals->there, entry->kind, entry->amount);
        report(closing, FZ_POS_ONLY_SWITCH, &facts);
    } else if (owner == OWNER_STICKER && entry->kind != FZ_POS_SALE) {
        report(closing, FZ_POS_ELSEWHERE, &facts);
    } else if (owner == OWNER_STICKER) {
        totals->sticker_count++;
        if (!fz_amount_add(totals->stickers, entry->amount, &totals->stickers)) {
            closing->overflow = true;
        }
        report(closing, FZ_POS_STICKER, &facts);
    }
}

/*
 * An entry that our journal does not have as booked. Its outcome may still be open here; another
 * till may have made it; or it is a difference.
 */
static fz_rc
judge_stranger(struct fz_closing *closing, const struct fz_closing_entry *entry, struct fz_err *err)
{
    struct fz_pos_difference facts = {
        .operation = entry->kind, .id = entry->key, .there = entry->amount};
    enum owner owner = OWNER_OTHER;
    struct fz_pos_operation sale;

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
        fz_rc rc = find_owner(closing, &entry->intent, &owner, err);

        if (rc != FZ_OK) {
            return rc;
        }
    }
    judge_unknown_sale(closing, entry, owner);
    return FZ_OK;
}

static fz_rc compare_page(struct fz_closing *closing, struct fz_err *err)
{
    struct fz_closing_page *page = &closing->page;
    fz_rc rc = fz_journal_walk(closing->pos, match_each, closing, err);

    for (size_t i = 0; i < page->count && rc == FZ_OK; i++) {
        const struct fz_closing_entry *entry = &page->entries[i];

        if (!is_till_kind(entry->kind) || !counts(closing, entry->number, entry->at_ms)) {
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

/* A refund that the switch holds has no number: it counts where it was journaled. */
static void sum_held(struct fz_closing *closing, const struct fz_pos_operation *op, uint64_t at)
{
    struct fz_pos_totals *totals = closing->totals;

    if (op->state == FZ_POS_HELD && at >= closing->journal_from &&
        is_in_day(closing, op->booked_at_ms)) {
        totals->held_count++;
        if (!fz_amount_add(totals->held, op->amount, &totals->held)) {
            closing->overflow = true;
        }
    }
}

static bool sum_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    struct fz_closing *closing = ctx;
    struct fz_pos_operation op;

    if (!fz_journal_decode(frame, &op)) {
        return true;
    }
    sum_held(closing, &op, at);
    if (!is_booked(&op)) {
        return true;
    }
    if (counts(closing, op.number, op.booked_at_ms)) {
        sum_up(closing, &closing->totals->here, op.kind, op.amount);
    } else if (op.number <= closing->after && at >= closing->journal_from) {
        report(closing, FZ_POS_LATE,
               &(struct fz_pos_difference){
                   .operation = op.kind, .id = op.id, .here = op.amount, .there = op.amount});
    }
    return true;
}

static void report_unsettled(struct fz_closing *closing)
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

static bool newest_each(const uint8_t frame[FZ_POS_FRAME_SIZE], uint64_t at, void *ctx)
{
    struct fz_closing *closing = ctx;
    struct fz_pos_operation op;

    (void)at;
    if (fz_journal_decode(frame, &op) && is_booked(&op) && op.number > closing->upto) {
        closing->upto = op.number;
    }
    return true;
}

/*
 * The newest transfer there is when the report is made, here or there: what comes later is on the
 * next one.
 */
static fz_rc fix_upto_here(struct fz_closing *closing, struct fz_err *err)
{
    if (!closing->upto_latest) {
        return FZ_OK;
    }
    closing->upto = closing->after;
    return fz_journal_walk(closing->pos, newest_each, closing, err);
}

static void fix_upto_there(struct fz_closing *closing)
{
    const struct fz_closing_page *page = &closing->page;

    if (closing->upto_latest && page->count > 0 && page->entries[0].number > closing->upto) {
        closing->upto = page->entries[0].number;
    }
    closing->upto_latest = false; /* the first page has told */
}

fz_rc fz_closing_run(struct fz_closing *closing, struct fz_err *err)
{
    int64_t before = 0;
    fz_rc rc = fz_journal_catch_up(closing->pos, err);

    memset(closing->totals, 0, sizeof *closing->totals);
    if (rc == FZ_OK) {
        rc = fix_upto_here(closing, err);
    }
    closing->page.high = INT64_MAX;
    while (rc == FZ_OK) {
        rc = fetch_page(closing, before, err);
        if (rc == FZ_OK) {
            fix_upto_there(closing);
            rc = compare_page(closing, err);
        }
        if (rc != FZ_OK || closing->page.next == 0) {
            break;
        }
        before = closing->page.next;
        closing->page.high = closing->page.low;
    }
    if (rc == FZ_OK) {
        rc = fz_journal_walk(closing->pos, sum_each, closing, err);
    }
    if (rc == FZ_OK && closing->overflow) {
        rc = fz_fail(err, FZ_OVERFLOW, "the day's totals are too large");
    }
    if (rc == FZ_OK) {
        report_unsettled(closing);
    }
    return rc;
}
