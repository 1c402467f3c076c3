/*
 * switch/treasury: reading a Zengin file of credit transfers back (see zengin.h). For the audit:
 * only what fz_zengin_write() makes is accepted, to the last byte.
 */
#include <stdlib.h>
#include <string.h>

#include "switch/treasury/zengin_record.h"

#define RECORDS_MIN 4U   /* header, one item, trailer, end */
#define FRAME_RECORDS 3U /* all of them but the items */
#define SEPARATOR_LEN 2U

struct input {
    const char *bytes;
    size_t len;
    size_t stride; /* from one record to the next */
    size_t records;
};

static struct fz_zengin_issue
issue_of(enum fz_zengin_fault fault, enum fz_zengin_field field, size_t item)
{
    return (struct fz_zengin_issue){fault, field, item};
}

static const char *record_at(const struct input *input, size_t index)
{
    return input->bytes + index * input->stride;
}

/* Whose item a record is; FZ_ZENGIN_NO_ITEM for header, trailer and end. */
static size_t item_at(const struct input *input, size_t index)
{
    return index == 0 || index + 2 >= input->records ? FZ_ZENGIN_NO_ITEM : index - 1;
}

/* Finds the framing: what stands behind the first record must stand behind all. */
static struct fz_zengin_issue split(struct input *input, enum fz_zengin_framing *framing_out)
{
    bool has_separators =
        input->len > FZ_ZENGIN_RECORD_LEN && input->bytes[FZ_ZENGIN_RECORD_LEN] == '\r';

    *framing_out = has_separators ? FZ_ZENGIN_CRLF : FZ_ZENGIN_BARE;
    input->stride = FZ_ZENGIN_RECORD_LEN + (has_separators ? SEPARATOR_LEN : 0);
    input->records = input->len / input->stride;
    if (input->len % input->stride != 0 || input->records < RECORDS_MIN ||
        input->records - FRAME_RECORDS > FZ_ZENGIN_ITEMS_MAX) {
        return issue_of(FZ_ZENGIN_READ_SIZE, FZ_ZENGIN_NO_FIELD, FZ_ZENGIN_NO_ITEM);
    }
    for (size_t i = 0; has_separators && i < input->records; i++) {
        const char *separator = record_at(input, i) + FZ_ZENGIN_RECORD_LEN;
        if (memcmp(separator, "\r\n", SEPARATOR_LEN) != 0) {
            return issue_of(FZ_ZENGIN_READ_FRAME, FZ_ZENGIN_NO_FIELD, item_at(input, i));
        }
    }
    return issue_of(FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, FZ_ZENGIN_NO_ITEM);
}

static struct fz_zengin_issue take_record(const struct input *input,
                                          size_t index,
                                          const struct zengin_record *record,
                                          void *object_out)
{
    enum fz_zengin_field field = FZ_ZENGIN_NO_FIELD;
    enum fz_zengin_fault fault =
        fz_zengin_take(record, record_at(input, index), object_out, &field);

    return issue_of(fault, field, item_at(input, index));
}

static struct fz_zengin_issue take_items(const struct input *input, struct fz_zengin_file *file)
{
    struct fz_zengin_issue issue = {FZ_ZENGIN_OK, FZ_ZENGIN_NO_FIELD, FZ_ZENGIN_NO_ITEM};

    for (size_t i = 0; i < file->item_count && issue.fault == FZ_ZENGIN_OK; i++) {
        struct fz_zengin_item *item = &file->items[i];
        issue = take_record(input, i + 1, fz_zengin_data_of_bytes(record_at(input, i + 1)), item);
        file->total += item->amount; /* a million amounts of ten digits: far from the end */
    }
    return issue;
}

static struct fz_zengin_issue take_totals(const struct input *input,
                                          const struct fz_zengin_file *file)
{
    struct zengin_totals totals = {0, 0};
    struct fz_zengin_issue issue =
        take_record(input, input->records - 2, &fz_zengin_trailer, &totals);

    if (issue.fault != FZ_ZENGIN_OK) {
        return issue;
    }
    if ((size_t)totals.count != file->item_count) {
        return issue_of(FZ_ZENGIN_READ_COUNT, FZ_ZENGIN_COUNT, FZ_ZENGIN_NO_ITEM);
    }
    if (totals.sum != file->total) {
        return issue_of(FZ_ZENGIN_READ_SUM, FZ_ZENGIN_SUM, FZ_ZENGIN_NO_ITEM);
    }
    return issue;
}

static struct fz_zengin_issue take_file(const struct input *input, struct fz_zengin_file *file)
{
    struct fz_zengin_issue issue = take_record(input, 0, &fz_zengin_header, &file->sender);

    if (issue.fault == FZ_ZENGIN_OK) {
        issue = take_items(input, file);
    }
    if (issue.fault == FZ_ZENGIN_OK) {
        issue = take_totals(input, file);
    }
    if (issue.fault == FZ_ZENGIN_OK) {
        issue = take_record(input, input->records - 1, &fz_zengin_end, NULL);
    }
    return issue;
}

fz_rc fz_zengin_read(const char *bytes,
                     size_t len,
                     struct fz_zengin_file *file_out,
                     struct fz_zengin_issue *issue_out,
                     struct fz_err *err)
{
    struct input input = {bytes, len, 0, 0};

    memset(file_out, 0, sizeof(*file_out));
    struct fz_zengin_issue issue = split(&input, &file_out->framing);
    if (issue.fault != FZ_ZENGIN_OK) {
        return fz_zengin_refuse(issue, issue_out, err);
    }
    file_out->item_count = input.records - FRAME_RECORDS;
    file_out->items = calloc(file_out->item_count, sizeof(*file_out->items));
    if (file_out->items == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for %zu items", file_out->item_count);
    }
    issue = take_file(&input, file_out);
    if (issue.fault != FZ_ZENGIN_OK) {
        fz_zengin_file_fini(file_out);
        return fz_zengin_refuse(issue, issue_out, err);
    }
    return FZ_OK;
}

void fz_zengin_file_fini(struct fz_zengin_file *file)
{
    free(file->items);
    memset(file, 0, sizeof(*file));
}
