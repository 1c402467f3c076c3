/*
 * merchant-pos/wire: the objects of an EMV payload as data, one table per level. Reading
 * (emv_parse.c) and writing (emv_build.c) walk the same rows, so that they cannot disagree.
 */
#ifndef FEEZERO_WIRE_EMV_FIELDS_H
#define FEEZERO_WIRE_EMV_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "merchant-pos/wire/emv.h"

enum emv_id {
    EMV_FORMAT = 0,
    EMV_INITIATION = 1,
    EMV_ACCOUNT_FIRST = 2,   /* merchant account information: plain values first ... */
    EMV_TEMPLATE_FIRST = 26, /* ... then templates */
    EMV_JPQR = 26,
    EMV_OURS = 27,
    EMV_ACCOUNT_LAST = 51,
    EMV_MCC = 52,
    EMV_CURRENCY = 53,
    EMV_AMOUNT = 54,
    EMV_TIP = 55,
    EMV_FEE_FIXED = 56,
    EMV_FEE_PERCENT = 57,
    EMV_COUNTRY = 58,
    EMV_NAME = 59,
    EMV_CITY = 60,
    EMV_POSTAL = 61,
    EMV_ADDITIONAL = 62,
    EMV_CRC = 63,
    EMV_LANGUAGE = 64,
    EMV_UNRESERVED_FIRST = 80, /* templates of anyone */
    EMV_ID_LIMIT = 100,

    /* inside templates */
    EMV_SUB_GUID = 0,
    EMV_SUB_INTENT = 3,       /* of 27 */
    EMV_SUB_DATA_REQUEST = 9, /* of 62 */
    EMV_SUB_SYSTEM_FIRST = 50 /* of 62: templates of payment systems, to the end */
};

enum emv_class {
    EMV_DIGITS,
    EMV_LETTERS,
    EMV_ASCII, /* "ans": printable ASCII */
    EMV_TEXT   /* "S": any character that is not a control */
};

/* One object. Lengths count characters. */
struct emv_field {
    uint8_t id;
    uint8_t class;
    uint8_t min;
    uint8_t max;
    uint16_t offset; /* into struct fz_emv_code */
    uint16_t size;   /* of the string there; 0 = checked, not kept */
};

struct emv_table {
    const struct emv_field *fields; /* ascending ids */
    size_t count;
};

extern const struct emv_table fz_emv_root;
extern const struct emv_table fz_emv_ours;       /* 27 */
extern const struct emv_table fz_emv_jpqr;       /* 26, if it is the council's */
extern const struct emv_table fz_emv_additional; /* 62 */
extern const struct emv_table fz_emv_language;   /* 64 */
extern const struct emv_table fz_emv_foreign;    /* any other template with an identifier */

/* The row of `id`, or NULL. */
const struct emv_field *fz_emv_field(const struct emv_table *table, unsigned id);

#endif
