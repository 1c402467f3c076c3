/*
 * merchant-pos/wire: the code a resident shows and a till scans: 20 digits, as a bar code or inside
 * an EMVCo consumer-presented QR payload (CPM v1.1, BER-TLV in base64), built and read.
 *
 * Portable: no allocation, no I/O, no clock, no recursion. What is read comes from a scanner, so
 * every byte is checked; a sound code of another scheme is told apart from a broken one. Used by
 * the till, the wallet and the switch.
 */
#ifndef FEEZERO_WIRE_CPM_H
#define FEEZERO_WIRE_CPM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/encode.h"
#include "feezero/rc.h"

/* --- the digits ------------------------------------------------------------------------------- */

#define FZ_CODE_DIGITS 20
#define FZ_CODE_PREFIX "29"       /* no card number begins so, nor any other scheme's bar code */
#define FZ_CODE_RANDOM_DIGITS 17U /* between the prefix and the check digit */

/* The digit that makes `digits` followed by it right in the sense of Luhn (ISO/IEC 7812-1). */
char fz_luhn_digit(const char *digits, size_t len);

/*
 * Prefix, the FZ_CODE_RANDOM_DIGITS digits at `random` and the check digit, with a NUL. `random`
 * holds decimal digits and nothing else.
 */
void fz_code_complete(const char *random, char digits_out[FZ_CODE_DIGITS + 1]);

/* 20 digits, our prefix, a right check digit? */
FZ_MUSTUSE bool fz_code_is_right(const char *digits, size_t len);

/* --- the payload ------------------------------------------------------------------------------ */

#define FZ_CPM_CHARS_MAX 512 /* of base64: what readers of the QR symbol must manage */
#define FZ_CPM_BYTES_MAX (FZ_CPM_CHARS_MAX / 4 * 3)
#define FZ_CPM_OURS_LEN 31 /* bytes of our own payload */
#define FZ_CPM_OURS_SIZE FZ_BASE64_SIZE(FZ_CPM_OURS_LEN)
#define FZ_CPM_APPLICATIONS_MAX 2

enum fz_cpm_result {
    FZ_CPM_OK = 0,

    /* fz_cpm_parse() */
    FZ_CPM_BASE64,    /* not base64 with its padding, or longer than FZ_CPM_CHARS_MAX */
    FZ_CPM_START,     /* the first object is not 85 with CPV01 or JPQR1 */
    FZ_CPM_TAG,       /* an object's tag is cut off, zero or longer than three bytes */
    FZ_CPM_LEN,       /* an object's length is cut off or of a form EMV does not use */
    FZ_CPM_END,       /* an object is longer than what holds it */
    FZ_CPM_DUPLICATE, /* a tag occurs twice where it may stand once */
    FZ_CPM_STRUCTURE, /* no 61, more than two, a 62 without two, or one behind other objects */
    FZ_CPM_MISSING,   /* an application without 4F, or without 57 and 5A */

    /* fz_cpm_digits(), fz_code_scan() */
    FZ_CPM_NOT_OURS,    /* a code, but of another scheme */
    FZ_CPM_AMBIGUOUS,   /* two applications of ours */
    FZ_CPM_DIGITS,      /* ours, but 5A is not 20 digits */
    FZ_CPM_CHECK_DIGIT, /* ours, but mistyped or misread: the check digit is wrong */
    FZ_CPM_NOT_A_CODE   /* nothing that a wallet shows */
};

/* Bytes of struct fz_cpm_code; len 0: absent. */
struct fz_cpm_value {
    uint16_t at;
    uint16_t len;
};

struct fz_cpm_application {
    struct fz_cpm_value aid;    /* 4F, 5 to 16 bytes */
    struct fz_cpm_value label;  /* 50 */
    struct fz_cpm_value track2; /* 57 */
    struct fz_cpm_value pan;    /* 5A */
};

/* One payload that was read. Tags it does not name were walked over and stand in `bytes`. */
struct fz_cpm_code {
    bool is_jpqr; /* JPQR1 instead of CPV01 */
    uint8_t application_count;
    struct fz_cpm_application applications[FZ_CPM_APPLICATIONS_MAX];
    struct fz_cpm_application common; /* 62; its aid stays empty */
    uint16_t len;
    uint8_t bytes[FZ_CPM_BYTES_MAX];
};

/*
 * Writes the payload for `digits` (20 of them) in base64, with a NUL. FZ_CPM_CHECK_DIGIT or
 * FZ_CPM_DIGITS if fz_code_is_right() would say no; text_out is then "".
 */
FZ_MUSTUSE enum fz_cpm_result fz_cpm_build(const char *digits, char text_out[FZ_CPM_OURS_SIZE]);

/*
 * Reads a payload of any scheme. On FZ_CPM_OK *code_out is filled; otherwise it is all zero and
 * *position_out (may be NULL) is the offset, in the decoded bytes, of the object at fault. An
 * application whose 4F is not 5 to 16 bytes is left out, as EMV wants it.
 */
FZ_MUSTUSE enum fz_cpm_result
fz_cpm_parse(const char *text, size_t len, struct fz_cpm_code *code_out, size_t *position_out);

/* Our digits in a payload that was read. FZ_CPM_NOT_OURS if there is no application of ours. */
FZ_MUSTUSE enum fz_cpm_result fz_cpm_digits(const struct fz_cpm_code *code,
                                            char digits_out[FZ_CODE_DIGITS + 1]);

/*
 * What a scanner or a hand typed: the digits, with blanks or hyphens between them, or the payload
 * of the QR code. On anything but FZ_CPM_OK digits_out is "".
 */
FZ_MUSTUSE enum fz_cpm_result
fz_code_scan(const char *text, size_t len, char digits_out[FZ_CODE_DIGITS + 1]);

/* One line of English for a log or a till's detail view; static, never NULL. */
const char *fz_cpm_result_text(enum fz_cpm_result result);

#endif
