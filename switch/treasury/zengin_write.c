/*
 * switch/treasury: writing a Zengin file of credit transfers (see zengin.h).
 */
#include <stdlib.h>
#include <string.h>

#include "feezero/amount.h"
#include "switch/treasury/zengin_record.h"

#define FRAME_RECORDS 3U /* header, trailer, end */

/* The file as it grows. */
struct output {
    char *bytes;
    size_t len;
    enum fz_zengin_framing framing;
};

static struct fz_zengin_issue
issue_of(enum fz_zengin_fault fault, enum fz_zengin_field field, size_t item)
{
    return (struct fz_zengin_issue){fault, field, item};
}

static struct fz_zengin_issue put_record(struct output *output,
                                         const struct zengin_record *record,
                                         const void *object,
                                         size_t item)
{
    enum fz_zengin_field field = FZ_ZENGIN_NO_FIELD;
    enum fz_zengin_fault fault = fz_zengin_put(record, object, output->bytes + output->len, &field);

    output->len += FZ_ZENGIN_RECORD_LEN;
    if (output->framing == FZ_ZENGIN_CRLF) {
        output->bytes[output->len++] = '\r';
        output->bytes[output->len++] = '\n';
    }
    return issue_of(fault, field, item);
}

/* An item's record, and its amount added to the totals. */
static struct fz_zengin_issue put_item(struct output *output,
                                       const struct fz_zengin_item *item,
                                       size_t index,
                                       struct zengin_totals *totals)
{
    if (item->edi[0] != '\0' && (item->customer1 != 0 || item->customer2 != 0)) {
        return issue_of(FZ_ZENGIN_VALUE, FZ_ZENGIN_EDI, index);
    }
    struct fz_zengin_issue issue = put_record(output, fz_zengin_data_of_item(item), item, index);
    if (issue.fault != FZ_ZENGIN_OK) {
        return issue;
    }
    if (!fz_amount_add(totals->sum, item->amount, &totals->sum) ||
        totals->sum > FZ_ZENGIN_TOTAL_MAX) {
        return issue_of(FZ_ZENGIN_TOTAL, FZ_ZENGIN_SUM, index);
    }
    totals->count++;
    return issue;
}

static struct fz_zengin_issue put_file(struct output *output, const struct fz_zengin_batch *batch)
{
    struct zengin_totals totals = {0, 0};
    struct fz_zengin_issue issue =
        put_record(output, &fz_zengin_header, &batch->sender, FZ_ZENGIN_NO_ITEM);

    for (size_t i = 0; i < batch->item_count && issue.fault == FZ_ZENGIN_OK; i++) {
        issue = put_item(output, &batch->items[i], i, &totals);
    }
    if (issue.fault == FZ_ZENGIN_OK) {
        issue = put_record(output, &fz_zengin_trailer, &totals, FZ_ZENGIN_NO_ITEM);
    }
    if (issue.fault == FZ_ZENGIN_OK) {
        issue = put_record(output, &fz_zengin_end, NULL, FZ_ZENGIN_NO_ITEM);
    }
    return issue;
}

/* --- equal lines ------------------------------------------------------------------------------ */

/* By where the money goes and how much; 0 = a person must look at these two. */
static int compare_payment(const struct fz_zengin_item *a, const struct fz_zengin_item *b)
{
    int order = memcmp(a->account.bank, b->account.bank, sizeof(a->account.bank));

    if (order == 0) {
        order = memcmp(a->account.branch, b->account.branch, sizeof(a->account.branch));
    }
    if (order == 0) {
        order = (a->account.type > b->account.type) - (a->account.type < b->account.type);
    }
    if (order == 0) {
        order = memcmp(a->account.number, b->account.number, sizeof(a->account.number));
    }
    if (order == 0) {
        order = (a->amount > b->amount) - (a->amount < b->amount);
    }
    return order;
}

/* An item while sorting. */
struct line {
    const struct fz_zengin_item *item;
};

/* For qsort: equal payments in the order of the file. */
static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left;
    const struct line *b = right;
    int order = compare_payment(a->item, b->item);

    return order != 0 ? order : (a->item > b->item) - (a->item < b->item);
}

/* Finds the first item that equals an earlier one; FZ_ZENGIN_NO_ITEM if there is none. */
static fz_rc
find_duplicate(const struct fz_zengin_batch *batch, size_t *index_out, struct fz_err *err)
{
    struct line *lines = calloc(batch->item_count, sizeof(*lines));

    *index_out = FZ_ZENGIN_NO_ITEM;
    if (lines == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory to compare %zu items", batch->item_count);
    }
    for (size_t i = 0; i < batch->item_count; i++) {
        lines[i].item = &batch->items[i];
    }
    qsort(lines, batch->item_count, sizeof(*lines), compare_lines);
    for (size_t i = 1; i < batch->item_count; i++) {
        size_t index = (size_t)(lines[i].item - batch->items);
        if (index < *index_out && compare_payment(lines[i - 1].item, lines[i].item) == 0) {
            *index_out = index;
        }
    }
    free(lines);
    return FZ_OK;
}

static fz_rc check_duplicates(const struct fz_zengin_batch *batch,
                              struct fz_zengin_issue *issue_out,
                              struct fz_err *err)
{
    size_t index = 0;
    fz_rc rc = find_duplicate(batch, &index, err);

    if (rc == FZ_OK && index != FZ_ZENGIN_NO_ITEM) {
        rc = fz_zengin_refuse(issue_of(FZ_ZENGIN_DUPLICATE, FZ_ZENGIN_NO_FIELD, index), issue_out,
                              err);
    }
    return rc;
}

/* --- the file --------------------------------------------------------------------------------- */

fz_rc fz_zengin_write(const struct fz_zengin_batch *batch,
                      enum fz_zengin_framing framing,
                      char **bytes_out,
                      size_t *len_out,
                      struct fz_zengin_issue *issue_out,
                      struct fz_err *err)
{
    struct output output = {NULL, 0, framing};
    fz_rc rc = FZ_OK;

    *bytes_out = NULL;
    *len_out = 0;
    if (batch->item_count == 0 || batch->item_count > FZ_ZENGIN_ITEMS_MAX) {
        enum fz_zengin_fault fault =
            batch->item_count == 0 ? FZ_ZENGIN_NO_ITEMS : FZ_ZENGIN_TOO_MANY;
        return fz_zengin_refuse(issue_of(fault, FZ_ZENGIN_COUNT, FZ_ZENGIN_NO_ITEM), issue_out,
                                err);
    }
    output.bytes = malloc((batch->item_count + FRAME_RECORDS) * (FZ_ZENGIN_RECORD_LEN + 2));
    if (output.bytes == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for a file of %zu items", batch->item_count);
    }
    struct fz_zengin_issue issue = put_file(&output, batch);
    if (issue.fault != FZ_ZENGIN_OK) {
        rc = fz_zengin_refuse(issue, issue_out, err);
    } else if (!batch->duplicates_confirmed) {
        rc = check_duplicates(batch, issue_out, err);
    }
    if (rc != FZ_OK) {
        free(output.bytes);
        return rc;
    }
    *bytes_out = output.bytes;
    *len_out = output.len;
    return FZ_OK;
}
