/*
 * switch/treasury: the records of a Zengin file as data, one row per field, and the two functions
 * that walk them: putting a struct into 120 bytes and taking it out again. Writing
 * (zengin_write.c) and reading (zengin_read.c) share every row, so that they cannot disagree.
 */
#ifndef FEEZERO_TREASURY_ZENGIN_RECORD_H
#define FEEZERO_TREASURY_ZENGIN_RECORD_H

#include "switch/treasury/zengin.h"

/* The trailer's struct; the end record has none. */
struct zengin_totals {
    int64_t count;
    int64_t sum;
};

struct zengin_column;

struct zengin_record {
    char kind; /* the first byte: '1' header, '2' data, '8' trailer, '9' end */
    const struct zengin_column *columns;
    size_t count;
};

extern const struct zengin_record fz_zengin_header;         /* struct fz_zengin_sender */
extern const struct zengin_record fz_zengin_data_customers; /* struct fz_zengin_item */
extern const struct zengin_record fz_zengin_data_edi;       /* struct fz_zengin_item */
extern const struct zengin_record fz_zengin_trailer;        /* struct zengin_totals */
extern const struct zengin_record fz_zengin_end;            /* nothing: NULL */

/* The data record that fits an item, or that stands in these bytes. */
const struct zengin_record *fz_zengin_data_of_item(const struct fz_zengin_item *item);
const struct zengin_record *fz_zengin_data_of_bytes(const char *bytes);

/*
 * Writes `object` as the FZ_ZENGIN_RECORD_LEN bytes of `record`, checking every field. On a fault
 * *field_out says which.
 */
enum fz_zengin_fault fz_zengin_put(const struct zengin_record *record,
                                   const void *object,
                                   char *bytes_out,
                                   enum fz_zengin_field *field_out);

/* The way back: every byte is checked, and putting the object again gives the same bytes. */
enum fz_zengin_fault fz_zengin_take(const struct zengin_record *record,
                                    const char *bytes,
                                    void *object_out,
                                    enum fz_zengin_field *field_out);

/* Fills *issue (may be NULL) and *err (may be NULL); returns FZ_FORMAT. */
fz_rc fz_zengin_refuse(struct fz_zengin_issue found,
                       struct fz_zengin_issue *issue,
                       struct fz_err *err);

#endif
