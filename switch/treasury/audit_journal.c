/*
 * switch/treasury: the journal from its first batch to its head, in one pass over three streams:
 * numbers without gaps, times that only grow, every history chain and mark, every operation with
 * exactly its transfers, the hash chain recomputed. What one row gets wrong does not hide the
 * next: after a difference the pass goes on with what the database says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/encode.h"
#include "feezero/limits.h"
#include "ledger/core/canonical.h"
#include "ledger/core/decide.h"
#include "switch/treasury/audit.h"

struct journal {
    struct fz_audit *audit;
    struct fz_audit_stream *batches;
    struct fz_audit_stream *transfers;
    struct fz_audit_stream *operations;
    struct fz_audit_windows windows;
    struct fz_audit_marks marks;
    struct fz_progress progress;
    struct fz_transfer transfer; /* the next ones of their streams */
    struct fz_audit_operation operation;
    bool has_transfer;
    bool has_operation;
    int64_t next_number; /* what must come next */
    int64_t next_batch;
    int64_t transfer_time_us; /* of the last ones */
    int64_t operation_time_us;
    int64_t batch_time_us;
    uint8_t hash[FZ_SHA256_LEN];
    /* the transfers of the batch at hand */
    struct fz_transfer *legs;
    bool *claimed;
    size_t legs_len;
};

static fz_rc take_transfer(struct journal *journal, struct fz_err *err)
{
    fz_rc rc = fz_audit_next_transfer(journal->transfers, &journal->transfer, err);
    journal->has_transfer = rc == FZ_OK;
    return rc == FZ_NOT_FOUND ? FZ_OK : rc;
}

static fz_rc take_operation(struct journal *journal, struct fz_err *err)
{
    fz_rc rc = fz_audit_next_operation(journal->operations, &journal->operation, err);
    journal->has_operation = rc == FZ_OK;
    return rc == FZ_NOT_FOUND ? FZ_OK : rc;
}

/* --- one transfer ----------------------------------------------------------------------------- */

static void add_to_window(struct fz_audit_windows *windows,
                          struct fz_audit_sum *merchant,
                          const struct fz_transfer *transfer)
{
    if (merchant->window != windows->window) {
        merchant->window = windows->window;
        merchant->sales = merchant->refunds = merchant->payments = 0;
    }
    if (transfer->kind == FZ_KIND_PAYMENT) {
        merchant->sales += transfer->amount;
        merchant->payments++;
    } else if (transfer->kind == FZ_KIND_VOID || transfer->kind == FZ_KIND_REFUND) {
        merchant->refunds += transfer->amount;
    }
}

/* Adds one side of a transfer to its account and checks the account's history chain. */
static bool add_side(struct journal *journal, bool is_debit)
{
    struct fz_audit *audit = journal->audit;
    const struct fz_transfer *transfer = &journal->transfer;
    int64_t account = is_debit ? transfer->debit : transfer->credit;
    struct fz_audit_sum *sum = fz_audit_sums_take(audit->sums, account);
    if (sum == NULL) {
        return false;
    }
    const struct fz_class_info *info = fz_class_info(fz_account_number_class(account));
    bool is_merchant = info != NULL && info->class == FZ_ACCOUNT_MERCHANT;
    int64_t before = fz_audit_sum_balance(sum);
    struct fz_text where =
        fz_text("transfer %" PRId64 " account %" PRId64, transfer->number, account);
    fz_audit_chain(audit, sum, transfer, is_debit);
    int64_t *side = is_debit ? &sum->debits : &sum->credits;
    *side = (int64_t)((uint64_t)*side + (uint64_t)transfer->amount);
    int64_t after = fz_audit_sum_balance(sum);
    if (info != NULL && info->floor && after < 0 && after < before) {
        fz_audit_find(audit, "below-zero", where.text, "no negative balance",
                      fz_text_number(after).text);
    }
    if (is_merchant) {
        journal->windows.shops_with_coins += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
        add_to_window(&journal->windows, sum, transfer);
    }
    return true;
}

static void check_transfer(struct journal *journal)
{
    struct fz_audit *audit = journal->audit;
    const struct fz_transfer *transfer = &journal->transfer;
    struct fz_text where = fz_text("transfer %" PRId64, transfer->number);
    fz_audit_compare(audit, "number-gap", where.text, journal->next_number, transfer->number);
    if (transfer->time_us <= journal->transfer_time_us) {
        fz_audit_find(audit, "time-order", where.text,
                      fz_text("later than %" PRId64, journal->transfer_time_us).text,
                      fz_text_number(transfer->time_us).text);
    }
    if (!fz_kind_allows(transfer->kind, transfer->debit, transfer->credit) ||
        transfer->amount <= 0) {
        fz_audit_find(audit, "kind", where.text, "a row of the rule table",
                      fz_text("kind %d from account %" PRId64 " to %" PRId64 ", %" PRId64 " yen",
                              (int)transfer->kind, transfer->debit, transfer->credit,
                              transfer->amount)
                          .text);
    }
    journal->next_number = transfer->number + 1;
    journal->transfer_time_us = transfer->time_us;
    audit->transfers++;
}

/* Reads the transfers up to `end` (not included), hashing and keeping them. */
static fz_rc read_transfers(struct journal *journal, int64_t end, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    while (rc == FZ_OK && journal->has_transfer && journal->transfer.number < end) {
        rc = fz_audit_windows_pass(&journal->windows, journal->transfer.number, err);
        if (rc != FZ_OK) {
            break;
        }
        check_transfer(journal);
        if (!add_side(journal, true) || !add_side(journal, false)) {
            return fz_fail(err, FZ_NO_MEMORY, "no memory for the accounts");
        }
        rc = fz_audit_marks_pass(&journal->marks, &journal->transfer, err);
        if (rc != FZ_OK) {
            break;
        }
        fz_chain_transfer(journal->audit->sha, &journal->transfer);
        if (journal->legs_len < FZ_TRANSFERS_MAX) {
            journal->claimed[journal->legs_len] = false;
            journal->legs[journal->legs_len++] = journal->transfer;
        }
        fz_progress_show(&journal->progress, journal->audit->transfers);
        rc = take_transfer(journal, err);
    }
    return rc;
}

/* --- one operation ---------------------------------------------------------------------------- */

/* The place of transfer `number` among those of the batch; legs_len if it is not there. */
static size_t find_leg(const struct journal *journal, int64_t number)
{
    size_t low = 0; /* they come in the order of their numbers */
    size_t high = journal->legs_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (journal->legs[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < journal->legs_len && journal->legs[low].number == number;
    return found ? low : journal->legs_len;
}

static struct fz_text describe(const struct fz_transfer *leg)
{
    const struct fz_kind_info *info = fz_kind_info((int)leg->kind);
    return fz_text("%s of %" PRId64 " yen from %" PRId64 " to %" PRId64,
                   info == NULL ? "?" : info->slug, leg->amount, leg->debit, leg->credit);
}

static bool is_booked(const struct fz_transfer *leg,
                      const struct fz_transfer *expected,
                      const struct fz_id *operation)
{
    bool same_accounts = leg->debit == expected->debit && leg->credit == expected->credit;
    return leg->kind == expected->kind && leg->amount == expected->amount &&
           leg->corrects == expected->corrects && fz_id_equal(&leg->operation, operation) &&
           (same_accounts || expected->kind == FZ_KIND_CORRECTION);
}

/* The operation booked exactly what it must. */
static void check_legs(struct journal *journal, const struct fz_result *result)
{
    struct fz_transfer expected[3] = {{0}};
    unsigned len = fz_audit_legs(result, expected);
    struct fz_text id = fz_text_id(&result->id);
    if (len == 0) {
        fz_audit_compare(journal->audit, "operation-transfer", id.text, 0, result->number);
        return;
    }
    for (unsigned i = 0; i < len; i++) {
        int64_t number = result->number + (int64_t)i;
        size_t at = find_leg(journal, number);
        if (at == journal->legs_len) {
            fz_audit_find(journal->audit, "operation-transfer", id.text,
                          describe(&expected[i]).text,
                          fz_text("no transfer %" PRId64 " in its batch", number).text);
            continue;
        }
        journal->claimed[at] = true;
        if (!is_booked(&journal->legs[at], &expected[i], &result->id)) {
            fz_audit_find(journal->audit, "operation-transfer",
                          fz_text("%s transfer %" PRId64, id.text, number).text,
                          describe(&expected[i]).text, describe(&journal->legs[at]).text);
        }
    }
}

/* Adds the operation to the chain as it was when it was decided, its order included. */
static void hash_operation(struct journal *journal)
{
    struct fz_audit *audit = journal->audit;
    const struct fz_audit_operation *operation = &journal->operation;
    uint8_t digest[FZ_SHA256_LEN] = {0};
    uint8_t fingerprint[FZ_SHA256_LEN] = {0};
    if (operation->fingerprint_len == sizeof fingerprint) {
        memcpy(fingerprint, operation->fingerprint, sizeof fingerprint);
    }
    /* Without a whole signature there is nothing to hash; audit_order.c names it. */
    if (operation->order.signature != NULL && operation->signature_len == FZ_SIGNATURE_LEN) {
        fz_order_digest(audit->order_sha, &operation->order, digest);
    }
    fz_chain_operation(audit->sha, &operation->result, fingerprint, digest);
}

static void check_operation(struct journal *journal, int64_t place)
{
    struct fz_audit *audit = journal->audit;
    const struct fz_audit_operation *operation = &journal->operation;
    struct fz_text id = fz_text_id(&operation->result.id);
    if (fz_command_info((int)operation->result.type) == NULL) {
        fz_audit_find(audit, "operation", id.text, "a command of the table",
                      fz_text_number((int64_t)operation->result.type).text);
    }
    fz_audit_compare(audit, "operation-place", id.text, place, operation->place);
    if (operation->result.time_us <= journal->operation_time_us) {
        fz_audit_find(audit, "time-order", id.text,
                      fz_text("later than %" PRId64, journal->operation_time_us).text,
                      fz_text_number(operation->result.time_us).text);
    }
    journal->operation_time_us = operation->result.time_us;
    audit->operations++;
}

/* Reads the operations up to batch `batch`, hashing and comparing them. */
static fz_rc
read_operations(struct journal *journal, int64_t batch, int64_t *len_out, struct fz_err *err)
{
    fz_rc rc = FZ_OK;
    *len_out = 0;
    while (rc == FZ_OK && journal->has_operation && journal->operation.batch <= batch) {
        check_operation(journal, *len_out);
        hash_operation(journal);
        check_legs(journal, &journal->operation.result);
        rc = fz_audit_order(journal->audit, &journal->operation, err);
        (*len_out)++;
        if (rc == FZ_OK) {
            rc = take_operation(journal, err);
        }
    }
    return rc;
}

/* --- one batch -------------------------------------------------------------------------------- */

static void check_claims(struct journal *journal)
{
    for (size_t i = 0; i < journal->legs_len; i++) {
        if (!journal->claimed[i]) {
            fz_audit_find(journal->audit, "stray-transfer",
                          fz_text("transfer %" PRId64, journal->legs[i].number).text,
                          "an operation that books it", describe(&journal->legs[i]).text);
        }
    }
}

static void
check_batch_end(struct journal *journal, const struct fz_audit_batch *batch, int64_t operations)
{
    struct fz_audit *audit = journal->audit;
    char expected[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    char found[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    uint8_t hash[FZ_SHA256_LEN];
    struct fz_text where = fz_text("batch %" PRId64, batch->batch);
    fz_chain_end(audit->sha, hash);
    fz_audit_compare(audit, "batch-transfers", where.text, (int64_t)journal->legs_len,
                     batch->transfers);
    fz_audit_compare(audit, "batch-operations", where.text, operations, batch->operations);
    if (memcmp(hash, batch->hash, sizeof hash) != 0) {
        fz_hex_encode(hash, sizeof hash, expected);
        fz_hex_encode(batch->hash, sizeof hash, found);
        fz_audit_find(audit, "hash-chain", where.text, expected, found);
    }
    bool late = batch->time_us < journal->operation_time_us ||
                (journal->legs_len > 0 && batch->time_us < journal->transfer_time_us);
    if (late || batch->time_us < journal->batch_time_us) {
        fz_audit_find(audit, "batch-time", where.text, "not before what it decided",
                      fz_text_number(batch->time_us).text);
    }
    check_claims(journal);
    journal->batch_time_us = batch->time_us;
    memcpy(journal->hash, batch->hash, sizeof journal->hash);
}

static fz_rc
read_batch(struct journal *journal, const struct fz_audit_batch *batch, struct fz_err *err)
{
    struct fz_audit *audit = journal->audit;
    int64_t operations = 0;
    struct fz_text where = fz_text("batch %" PRId64, batch->batch);
    fz_audit_compare(audit, "batch-gap", where.text, journal->next_batch, batch->batch);
    fz_audit_compare(audit, "batch-first", where.text, journal->next_number, batch->first_number);
    fz_chain_begin(audit->sha, audit->community, batch->batch, journal->hash);
    journal->legs_len = 0;
    fz_rc rc = read_transfers(journal, batch->first_number + batch->transfers, err);
    if (rc == FZ_OK) {
        rc = read_operations(journal, batch->batch, &operations, err);
    }
    if (rc == FZ_OK) {
        check_batch_end(journal, batch, operations);
        journal->next_batch = batch->batch + 1;
        audit->batches++;
    }
    return rc;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* What stands behind the last batch belongs to none. */
static fz_rc read_rest(struct journal *journal, struct fz_err *err)
{
    int64_t operations = 0;
    fz_chain_begin(journal->audit->sha, journal->audit->community, journal->next_batch,
                   journal->hash);
    journal->legs_len = 0;
    fz_rc rc = read_transfers(journal, INT64_MAX, err);
    int64_t transfers = (int64_t)journal->legs_len;
    if (rc == FZ_OK) {
        rc = read_operations(journal, INT64_MAX, &operations, err);
    }
    if (rc == FZ_OK && (transfers > 0 || operations > 0)) {
        fz_audit_find(
            journal->audit, "batch-gap", "behind the last batch", "nothing",
            fz_text("%" PRId64 " transfers and %" PRId64 " operations", transfers, operations)
                .text);
        check_claims(journal);
    }
    return rc;
}

static void check_head(const struct journal *journal, const struct fz_audit_head *head)
{
    struct fz_audit *audit = journal->audit;
    char expected[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    char found[FZ_HEX_SIZE(FZ_SHA256_LEN)];
    fz_audit_compare(audit, "head", "last number", journal->next_number - 1, head->last_number);
    fz_audit_compare(audit, "head", "last batch", journal->next_batch - 1, head->last_batch);
    fz_audit_compare(audit, "head", "last event", head->event_max, head->last_event);
    fz_audit_compare(audit, "event-gap", "number of events", head->event_max, head->events);
    if (memcmp(journal->hash, head->last_hash, sizeof journal->hash) != 0) {
        fz_hex_encode(journal->hash, sizeof journal->hash, expected);
        fz_hex_encode(head->last_hash, sizeof journal->hash, found);
        fz_audit_find(audit, "head", "last hash", expected, found);
    }
    if (head->last_time_us < journal->batch_time_us) {
        fz_audit_find(audit, "head", "last time",
                      fz_text("not before %" PRId64, journal->batch_time_us).text,
                      fz_text_number(head->last_time_us).text);
    }
}

static fz_rc read_all(struct journal *journal, struct fz_err *err)
{
    struct fz_audit_batch batch;
    fz_rc rc = take_transfer(journal, err);
    if (rc == FZ_OK) {
        rc = take_operation(journal, err);
    }
    while (rc == FZ_OK) {
        rc = fz_audit_next_batch(journal->batches, &batch, err);
        if (rc == FZ_OK) {
            rc = read_batch(journal, &batch, err);
        }
    }
    if (rc == FZ_NOT_FOUND) {
        rc = read_rest(journal, err);
    }
    if (rc == FZ_OK) {
        rc = fz_audit_windows_pass(&journal->windows, INT64_MAX, err);
    }
    return rc == FZ_OK ? fz_audit_marks_pass(&journal->marks, NULL, err) : rc;
}

static fz_rc open_streams(struct journal *journal, struct fz_err *err)
{
    struct fz_session *session = journal->audit->run->session;
    int32_t community = journal->audit->community;
    fz_rc rc = fz_audit_stream_open(session, community, FZ_AUDIT_BATCHES, &journal->batches, err);
    if (rc == FZ_OK) {
        rc = fz_audit_stream_open(session, community, FZ_AUDIT_TRANSFERS, &journal->transfers, err);
    }
    if (rc == FZ_OK) {
        rc = fz_audit_stream_open(session, community, FZ_AUDIT_OPERATIONS, &journal->operations,
                                  err);
    }
    if (rc == FZ_OK) {
        rc = fz_audit_windows_open(&journal->windows, journal->audit, err);
    }
    if (rc == FZ_OK) {
        rc = fz_audit_marks_open(&journal->marks, journal->audit, err);
    }
    return rc;
}

fz_rc fz_audit_journal(struct fz_audit *audit, struct fz_err *err)
{
    struct fz_audit_head head;
    struct journal journal = {.audit = audit, .next_number = 1, .next_batch = 1};
    fz_rc rc = fz_audit_read_head(audit->run->session, audit->community, &head, err);
    if (rc != FZ_OK) {
        return rc;
    }
    journal.legs = calloc(FZ_TRANSFERS_MAX, sizeof *journal.legs);
    journal.claimed = calloc(FZ_TRANSFERS_MAX, sizeof *journal.claimed);
    if (journal.legs == NULL || journal.claimed == NULL) {
        rc = fz_fail(err, FZ_NO_MEMORY, "no memory for the transfers of a batch");
        goto out;
    }
    fz_progress_begin(&journal.progress, &audit->run->output, "transfers", head.last_number);
    rc = open_streams(&journal, err);
    if (rc == FZ_OK) {
        rc = read_all(&journal, err);
    }
    fz_progress_end(&journal.progress);
    if (rc == FZ_OK) {
        check_head(&journal, &head);
        audit->last_batch = journal.next_batch - 1;
        memcpy(audit->last_hash, journal.hash, sizeof audit->last_hash);
    }
out:
    fz_audit_marks_close(&journal.marks);
    fz_audit_windows_close(&journal.windows);
    fz_audit_stream_close(&journal.operations);
    fz_audit_stream_close(&journal.transfers);
    fz_audit_stream_close(&journal.batches);
    free(journal.claimed);
    free(journal.legs);
    return rc;
}
