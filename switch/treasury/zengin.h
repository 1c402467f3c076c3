/*
 * switch/treasury: the bank file of credit transfers, Zengin format type 21 (sogo furikomi).
 *
 * From one sender and its items to bytes, and back. Records of 120 bytes in JIS X 0201, header,
 * data, trailer, end; the same input gives the same bytes for ever. Every check that needs no
 * outside knowledge is made here, when writing and when reading; whether a bank exists or a day is
 * a bank day is the caller's to know. Text fields are JIS X 0201 bytes (kana.h makes them),
 * NUL-terminated, unpadded.
 */
#ifndef FEEZERO_TREASURY_ZENGIN_H
#define FEEZERO_TREASURY_ZENGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/err.h"
#include "feezero/rc.h"

#define FZ_ZENGIN_RECORD_LEN 120
#define FZ_ZENGIN_ITEMS_MAX 999999          /* six digits in the trailer */
#define FZ_ZENGIN_TOTAL_MAX 999999999999LL  /* twelve digits in the trailer */
#define FZ_ZENGIN_CUSTOMER_MAX 9999999999LL /* ten digits */

enum fz_zengin_framing {
    FZ_ZENGIN_BARE, /* 120 bytes after 120 bytes */
    FZ_ZENGIN_CRLF  /* CR LF behind every record, the last one too */
};

enum fz_zengin_account_type {
    FZ_ZENGIN_ORDINARY = 1,
    FZ_ZENGIN_CURRENT = 2,
    FZ_ZENGIN_SAVINGS = 4, /* recipients only */
    FZ_ZENGIN_OTHER = 9
};

struct fz_zengin_account {
    char bank[5];         /* four digits */
    char bank_name[16];   /* may be "" */
    char branch[4];       /* three digits */
    char branch_name[16]; /* may be "" */
    enum fz_zengin_account_type type;
    char number[8]; /* seven digits */
};

struct fz_zengin_sender {
    char code[11]; /* ten digits, given by the bank */
    char name[41];
    int year;  /* of the transfer; not in the file: 0 after reading, and then 29 February passes */
    int month; /* 1..12 */
    int day;
    struct fz_zengin_account account;
};

struct fz_zengin_item {
    struct fz_zengin_account account;
    char name[31];
    int64_t amount; /* yen, FZ_AMOUNT_MIN..FZ_AMOUNT_MAX */
    int new_code;   /* 1 first transfer to this account, 2 changed, 0 other */
    int64_t customer1;
    int64_t customer2; /* 0..FZ_ZENGIN_CUSTOMER_MAX; both 0 when there is EDI information */
    char edi[21];      /* EDI information in their place; "" = none */
    int designation;   /* 7 by wire, 8 by document, 0 unsaid */
};

/* What was wrong. Faults from READ_ on come from reading only. */
enum fz_zengin_fault {
    FZ_ZENGIN_OK = 0,
    FZ_ZENGIN_REQUIRED,   /* a field that must have a value is empty */
    FZ_ZENGIN_LENGTH,     /* too many or too few characters */
    FZ_ZENGIN_DIGITS,     /* something else than digits */
    FZ_ZENGIN_CHARACTER,  /* a character that the field's class does not allow */
    FZ_ZENGIN_VALUE,      /* a code that is none of the field's values */
    FZ_ZENGIN_RANGE,      /* an amount or number out of range */
    FZ_ZENGIN_DATE,       /* no such day */
    FZ_ZENGIN_NO_ITEMS,   /* a file without items pays nobody */
    FZ_ZENGIN_TOO_MANY,   /* more than FZ_ZENGIN_ITEMS_MAX items */
    FZ_ZENGIN_TOTAL,      /* the amounts add up to more than FZ_ZENGIN_TOTAL_MAX */
    FZ_ZENGIN_DUPLICATE,  /* same bank, branch, type, number and amount as an earlier item */
    FZ_ZENGIN_READ_SIZE,  /* not a whole number of records, or fewer than four */
    FZ_ZENGIN_READ_FRAME, /* a record is not followed by what the first one is followed by */
    FZ_ZENGIN_READ_ORDER, /* a record of another kind was due here */
    FZ_ZENGIN_READ_COUNT, /* the trailer's count is not the number of items */
    FZ_ZENGIN_READ_SUM    /* the trailer's total is not the sum of the amounts */
};

/* The fields, in the order of the records. */
enum fz_zengin_field {
    FZ_ZENGIN_NO_FIELD,
    FZ_ZENGIN_RECORD_KIND,
    FZ_ZENGIN_FILE_TYPE,
    FZ_ZENGIN_CODE_TYPE,
    FZ_ZENGIN_SENDER_CODE,
    FZ_ZENGIN_SENDER_NAME,
    FZ_ZENGIN_TRANSFER_DAY,
    FZ_ZENGIN_BANK,
    FZ_ZENGIN_BANK_NAME,
    FZ_ZENGIN_BRANCH,
    FZ_ZENGIN_BRANCH_NAME,
    FZ_ZENGIN_CLEARING_HOUSE,
    FZ_ZENGIN_ACCOUNT_TYPE,
    FZ_ZENGIN_ACCOUNT_NUMBER,
    FZ_ZENGIN_RECIPIENT_NAME,
    FZ_ZENGIN_AMOUNT,
    FZ_ZENGIN_NEW_CODE,
    FZ_ZENGIN_CUSTOMER1,
    FZ_ZENGIN_CUSTOMER2,
    FZ_ZENGIN_EDI,
    FZ_ZENGIN_DESIGNATION,
    FZ_ZENGIN_MARKER,
    FZ_ZENGIN_COUNT,
    FZ_ZENGIN_SUM,
    FZ_ZENGIN_FILLER
};

#define FZ_ZENGIN_NO_ITEM SIZE_MAX

/* Where a file or its input is at fault. */
struct fz_zengin_issue {
    enum fz_zengin_fault fault;
    enum fz_zengin_field field; /* FZ_ZENGIN_NO_FIELD when the fault is of a record or the file */
    size_t item;                /* 0-based; FZ_ZENGIN_NO_ITEM for header, trailer, end */
};

struct fz_zengin_batch {
    struct fz_zengin_sender sender;
    const struct fz_zengin_item *items; /* borrowed */
    size_t item_count;
    bool duplicates_confirmed; /* a person looked at the equal lines and wants them both */
};

/*
 * Writes the file. On FZ_OK the caller owns *bytes_out (free) of *len_out bytes. FZ_FORMAT with
 * *issue_out (may be NULL) filled if a check fails, and nothing is allocated; FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_zengin_write(const struct fz_zengin_batch *batch,
                                 enum fz_zengin_framing framing,
                                 char **bytes_out,
                                 size_t *len_out,
                                 struct fz_zengin_issue *issue_out,
                                 struct fz_err *err);

/* A file that was read. */
struct fz_zengin_file {
    enum fz_zengin_framing framing;
    struct fz_zengin_sender sender; /* year 0 */
    struct fz_zengin_item *items;   /* owned */
    size_t item_count;
    int64_t total;
};

/*
 * Reads a file as fz_zengin_write() makes them, and nothing looser: writing what was read gives
 * the same bytes. Equal lines pass (they were confirmed when the file was written). On FZ_OK
 * *file_out is owned until fz_zengin_file_fini(); FZ_FORMAT with *issue_out (may be NULL) filled,
 * FZ_NO_MEMORY.
 */
FZ_MUSTUSE fz_rc fz_zengin_read(const char *bytes,
                                size_t len,
                                struct fz_zengin_file *file_out,
                                struct fz_zengin_issue *issue_out,
                                struct fz_err *err);

/* Frees what fz_zengin_read() allocated; safe on a zeroed struct and twice. */
void fz_zengin_file_fini(struct fz_zengin_file *file);

/* One line of English; static, never NULL. */
const char *fz_zengin_fault_text(enum fz_zengin_fault fault);
const char *fz_zengin_field_text(enum fz_zengin_field field);

#endif
