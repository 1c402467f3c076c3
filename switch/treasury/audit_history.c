/*
 * switch/treasury: what readers find their way by in an account's past: its chains, all together
 * and per kind, the heads of them, and the mark after every 64th transfer. None of it is hashed,
 * because all of it follows from the journal: here it is followed.
 */
#include <inttypes.h>

#include "switch/treasury/audit.h"

#define SLOT_SHIFT 56
#define NUMBER_MASK (INT64_C(0x00ffffffffffffff))

static struct fz_text describe_word(int64_t word)
{
    const struct fz_kind_info *info = fz_kind_info((int)(word >> (SLOT_SHIFT + 1)));
    bool is_credit = (word >> SLOT_SHIFT & 1) != 0;
    return word == 0 ? fz_text("nothing")
                     : fz_text("transfer %" PRId64 " as the newest %s %s", word & NUMBER_MASK,
                               info == NULL ? "?" : info->slug, is_credit ? "credit" : "debit");
}

void fz_audit_heads(struct fz_audit *audit,
                    const char *class,
                    const char *where,
                    const struct fz_heads *expected,
                    const struct fz_audit_heads *found)
{
    if (!found->is_whole) {
        fz_audit_find(audit, class, where, "the heads of its chains", "other bytes");
        return;
    }
    fz_audit_compare(audit, class, where, expected->postings, found->heads.postings);
    for (unsigned i = 0; i < FZ_HEADS_MAX; i++) {
        if (expected->words[i] != found->heads.words[i]) {
            fz_audit_find(audit, class, where, describe_word(expected->words[i]).text,
                          describe_word(found->heads.words[i]).text);
        }
    }
}

void fz_audit_chain(struct fz_audit *audit,
                    struct fz_audit_sum *sum,
                    const struct fz_transfer *transfer,
                    bool is_debit)
{
    enum fz_side side = is_debit ? FZ_SIDE_DEBIT : FZ_SIDE_CREDIT;
    struct fz_text where =
        fz_text("transfer %" PRId64 " account %" PRId64, transfer->number, sum->account);
    fz_audit_compare(audit, "history-chain", where.text, sum->last_transfer,
                     is_debit ? transfer->debit_previous : transfer->credit_previous);
    sum->last_transfer = transfer->number;
    if (is_debit && transfer->kind == FZ_KIND_PAYMENT && transfer->amount > 0 &&
        transfer->amount <= FZ_PAYMENT_MAX && transfer->credit > 0) {
        fz_recent_push(&sum->recent, fz_account_number_party(transfer->credit) % (FZ_PARTY_MAX + 1),
                       transfer->amount, transfer->time_us);
    }
    /* A kind that cannot be here is named elsewhere, and has no chain. */
    if (transfer->number <= 0 ||
        !fz_kind_touches(transfer->kind, fz_account_number_class(sum->account), side)) {
        sum->heads.postings++;
        return;
    }
    fz_audit_compare(audit, "kind-chain", where.text,
                     fz_heads_push(&sum->heads, transfer->kind, side, transfer->number),
                     is_debit ? transfer->debit_same : transfer->credit_same);
}

/* --- marks ------------------------------------------------------------------------------------ */

static fz_rc take_mark(struct fz_audit_marks *marks, struct fz_err *err)
{
    fz_rc rc = fz_audit_next_mark(marks->stream, &marks->mark, err);
    marks->has_mark = rc == FZ_OK;
    return rc == FZ_NOT_FOUND ? FZ_OK : rc;
}

fz_rc fz_audit_marks_open(struct fz_audit_marks *marks, struct fz_audit *audit, struct fz_err *err)
{
    *marks = (struct fz_audit_marks){.audit = audit};
    fz_rc rc = fz_audit_stream_open(audit->run->session, audit->community, FZ_AUDIT_MARKS,
                                    &marks->stream, err);
    return rc == FZ_OK ? take_mark(marks, err) : rc;
}

void fz_audit_marks_close(struct fz_audit_marks *marks)
{
    fz_audit_stream_close(&marks->stream);
}

static struct fz_text place_of(int64_t account, int64_t number)
{
    return fz_text("account %" PRId64 " transfer %" PRId64, account, number);
}

static bool is_due(const struct fz_audit_sum *sum)
{
    return sum != NULL && sum->heads.postings > 0 && sum->heads.postings % FZ_MARK_EVERY == 0;
}

static void compare_mark(struct fz_audit_marks *marks,
                         const struct fz_audit_sum *sum,
                         const struct fz_transfer *transfer)
{
    const struct fz_audit_mark *mark = &marks->mark;
    struct fz_text where = place_of(mark->account, mark->number);
    fz_audit_compare(marks->audit, "mark-time", where.text, transfer->time_us, mark->time_us);
    fz_audit_compare(marks->audit, "mark-debits", where.text, sum->debits, mark->debits_posted);
    fz_audit_compare(marks->audit, "mark-credits", where.text, sum->credits, mark->credits_posted);
    fz_audit_heads(marks->audit, "mark-heads", where.text, &sum->heads, &mark->heads);
}

fz_rc fz_audit_marks_pass(struct fz_audit_marks *marks,
                          const struct fz_transfer *transfer,
                          struct fz_err *err)
{
    const struct fz_audit_sum *sums[2] = {NULL, NULL}; /* those of which a mark is still to come */
    int64_t number = transfer == NULL ? INT64_MAX : transfer->number;
    fz_rc rc = FZ_OK;
    for (unsigned i = 0; i < 2 && transfer != NULL; i++) {
        sums[i] =
            fz_audit_sums_find(marks->audit->sums, i == 0 ? transfer->debit : transfer->credit);
        sums[i] = is_due(sums[i]) ? sums[i] : NULL;
    }
    while (rc == FZ_OK && marks->has_mark && marks->mark.number <= number) {
        bool found = false;
        for (unsigned i = 0; i < 2; i++) {
            if (sums[i] != NULL && sums[i]->account == marks->mark.account &&
                marks->mark.number == number) {
                compare_mark(marks, sums[i], transfer);
                sums[i] = NULL;
                found = true;
            }
        }
        if (!found) {
            fz_audit_find(marks->audit, "mark",
                          place_of(marks->mark.account, marks->mark.number).text, "no mark",
                          "a mark");
        }
        rc = take_mark(marks, err);
    }
    for (unsigned i = 0; i < 2 && rc == FZ_OK; i++) {
        if (sums[i] != NULL) {
            fz_audit_find(marks->audit, "mark", place_of(sums[i]->account, number).text, "a mark",
                          "no mark");
        }
    }
    return rc;
}
