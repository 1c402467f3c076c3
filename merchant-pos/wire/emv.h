/*
 * merchant-pos/wire: EMVCo merchant-presented QR payloads (MPM v1.1), built and read.
 *
 * Portable: no allocation, no I/O, no clock, no locale. What is read comes from a camera, so every
 * byte is checked and the first failed check is named. Text is UTF-8; the lengths inside a payload
 * count characters (code points), the CRC covers bytes. Used by the till, the wallet and the
 * switch.
 */
#ifndef FEEZERO_WIRE_EMV_H
#define FEEZERO_WIRE_EMV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/id.h"
#include "feezero/rc.h"

#define FZ_EMV_GUID_DEFAULT "jp.example.feezero"   /* template 27, until a community has its own */
#define FZ_EMV_GUID_JPQR "jp.or.paymentsjapan"     /* template 26: the council's store code */
#define FZ_EMV_CHARS_MAX 512                       /* struct fz_emv_code cannot hold more */
#define FZ_EMV_SIZE_MAX (FZ_EMV_CHARS_MAX * 4 + 1) /* bytes of the largest, with its NUL */
#define FZ_EMV_CURRENCY_JPY "392"

/*
 * Why a payload was refused. fz_emv_parse() checks the groups below from top to bottom, in a group
 * object by object, and reports the first fault; templates come after everything outside them.
 */
enum fz_emv_result {
    FZ_EMV_OK = 0,

    /* the text as a whole */
    FZ_EMV_UTF8,     /* the bytes are not UTF-8 */
    FZ_EMV_SHORT,    /* fewer than 12 characters */
    FZ_EMV_START,    /* does not start with 000201 */
    FZ_EMV_CRC_FORM, /* does not end with 6304 and four upper-case hexadecimal digits */
    FZ_EMV_CRC,      /* the CRC is wrong */

    /* the objects of one level */
    FZ_EMV_OBJECT_ID,    /* an object's id is not two digits */
    FZ_EMV_OBJECT_LEN,   /* an object's length is not two digits, or is 00 */
    FZ_EMV_OBJECT_END,   /* an object is longer than the level it is in */
    FZ_EMV_CRC_NOT_LAST, /* object 63 is not the last one */
    FZ_EMV_DUPLICATE,    /* an id occurs twice in one level */
    FZ_EMV_MISSING,      /* 52, 53, 58, 59, 60, one of 02-51, or 64/00, 64/01 is absent */

    /* the values */
    FZ_EMV_VALUE_LEN,   /* a value is shorter or longer than its field allows */
    FZ_EMV_CHARACTER,   /* a character is outside the field's class */
    FZ_EMV_RESERVED,    /* 01 is neither 11 nor 12, or 55 none of 01, 02, 03 */
    FZ_EMV_NUMBER,      /* 54 or 56 is not digits with at most one point after the first digit */
    FZ_EMV_NUMBER_ZERO, /* 54 or 56 is zero */
    FZ_EMV_AMOUNT_FRACTION, /* 54 or 56 has a fraction of a yen */
    FZ_EMV_PERCENT,         /* 57 is not between 00.01 and 99.99 */
    FZ_EMV_FEE_WITHOUT_TIP, /* 56 without 55=02, or 57 without 55=03 */
    FZ_EMV_TIP_WITHOUT_FEE, /* 55=02 without 56, or 55=03 without 57 */

    /* inside templates */
    FZ_EMV_GUID,         /* a template does not hold a globally unique identifier in 00 */
    FZ_EMV_DATA_REQUEST, /* 62/09 is not made of A, M and E, each at most once */
    FZ_EMV_JPQR_CODE,    /* the council's store code is not 13 + 4 + 6 + 6 digits */

    /* fz_emv_check_payable(), fz_emv_check_jpqr(): a valid code, but not for us */
    FZ_EMV_NOT_OURS,        /* no template 27 with the community's identifier */
    FZ_EMV_CURRENCY,        /* not yen */
    FZ_EMV_COUNTRY,         /* not JP */
    FZ_EMV_SHOP,            /* 27/01 is not M and eight digits */
    FZ_EMV_TERMINAL,        /* 27/02 is not T and three digits */
    FZ_EMV_INTENT,          /* 27/03 is not an id, or stands in a code that is not dynamic */
    FZ_EMV_AMOUNT_RANGE,    /* not FZ_AMOUNT_MIN..FZ_AMOUNT_MAX, or a sale without one */
    FZ_EMV_TIP_UNSUPPORTED, /* asks for a tip or a fee: FeeZero adds nothing */
    FZ_EMV_NOT_JPQR,        /* what JPQR demands on top of EMV is missing */

    /* fz_emv_build() */
    FZ_EMV_TOO_LONG, /* more than 99 characters in a template */
    FZ_EMV_BUFFER    /* the caller's buffer is too small */
};

enum fz_emv_initiation {
    FZ_EMV_UNSAID = 0,  /* object 01 is absent */
    FZ_EMV_STATIC = 11, /* a printed code, used again and again; the payer types the amount */
    FZ_EMV_DYNAMIC = 12 /* one code, one sale */
};

/*
 * One payload. Strings are NUL-terminated; "" means the object is absent. Objects of other payment
 * schemes are checked when read, then dropped: a code that holds them is not rebuilt byte for byte.
 */
struct fz_emv_code {
    enum fz_emv_initiation initiation; /* 01 */

    /* 27: our own template, whatever its guid (fz_emv_check_payable() compares it) */
    char guid[33];          /* 27/00; "" = no template 27 */
    char shop[100];         /* 27/01: M00000042 */
    char terminal[100];     /* 27/02: T001 */
    bool has_intent;        /* 27/03 is there and readable */
    bool intent_unreadable; /* 27/03 is there and not a canonical id: never payable, never built */
    struct fz_id intent;    /* 27/03, as 26 base32 characters */

    /* 26: the council's store code, if the shop has one; all four or none */
    char jpqr_level1[14];
    char jpqr_level2[5];
    char jpqr_level3[7];
    char jpqr_level4[7];

    char mcc[5];          /* 52 */
    char currency[4];     /* 53: "392" */
    int64_t amount;       /* 54 in yen; 0 = absent, or another currency */
    char amount_text[14]; /* 54 as it was written; set by parse, ignored by build */
    char tip[3];          /* 55 */
    char fee_fixed[14];   /* 56 */
    char fee_percent[6];  /* 57 */
    char country[3];      /* 58 */
    char name[26];        /* 59: ASCII */
    char city[16];        /* 60: ASCII */
    char postal[11];      /* 61 */

    /* 62 */
    char bill[26];           /* 01 */
    char mobile[26];         /* 02 */
    char store_label[26];    /* 03 */
    char loyalty[26];        /* 04 */
    char reference[26];      /* 05 */
    char customer[26];       /* 06 */
    char terminal_label[26]; /* 07 */
    char purpose[26];        /* 08 */
    char data_request[4];    /* 09 */

    /* 64: in the shop's language; language and name come together */
    char language[3];     /* 00: "JA" */
    char name_local[101]; /* 01: up to 25 characters of UTF-8 */
    char city_local[61];  /* 02: up to 15 characters of UTF-8 */
};

/*
 * Reads the payload `text` of `len` bytes. On FZ_EMV_OK *code_out is filled; otherwise it is all
 * zero and *position_out (may be NULL) is the byte offset of the object or byte at fault, or `len`
 * when something is absent. A payload that passes is valid EMV; whether we can pay it is
 * fz_emv_check_payable()'s question. Text of any content and length may be given.
 */
FZ_MUSTUSE enum fz_emv_result
fz_emv_parse(const char *text, size_t len, struct fz_emv_code *code_out, size_t *position_out);

/*
 * Whether a payload that was read asks for a payment in this community: template 27 carries
 * `guid`, yen, Japan, a shop and terminal of ours, an amount in range if any, no tip. An intent id
 * must come with 01=12 and an amount; codes without one (printed ones) are payable too.
 */
FZ_MUSTUSE enum fz_emv_result fz_emv_check_payable(const struct fz_emv_code *code,
                                                   const char *guid);

/*
 * Whether a payload that was read satisfies JPQR on top of EMV: JP, 392, a postal code, the name
 * in Japanese without a local city, the council's store code. Answers FZ_EMV_CURRENCY,
 * FZ_EMV_COUNTRY or FZ_EMV_NOT_JPQR if not.
 */
FZ_MUSTUSE enum fz_emv_result fz_emv_check_jpqr(const struct fz_emv_code *code);

/*
 * Writes the payload of `code`, objects in ascending order, CRC last, and a NUL. *len_out (may be
 * NULL) is the number of bytes without the NUL. Everything that fz_emv_parse() would refuse is
 * refused with the same result; on failure text_out is "" (if it has any size). FZ_EMV_SIZE_MAX
 * always suffices.
 */
FZ_MUSTUSE enum fz_emv_result
fz_emv_build(const struct fz_emv_code *code, char *text_out, size_t text_size, size_t *len_out);

/* One line of English for a log or a till's detail view; static, never NULL. */
const char *fz_emv_result_text(enum fz_emv_result result);

/* CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF), as object 63 wants it. */
uint16_t fz_emv_crc16(const void *bytes, size_t len);

#endif
