/*
 * switch/treasury: Japanese names as the bank files want them (JIS X 0201, one byte per
 * character).
 *
 * Folds what people type (hiragana, katakana of either width, small kana, the long mark,
 * full-width letters) to the few characters that a field of a Zengin record allows, and refuses
 * the rest with the place of the fault. Nothing is ever cut or guessed: a wrong name sends money
 * back.
 */
#ifndef FEEZERO_TREASURY_KANA_H
#define FEEZERO_TREASURY_KANA_H

#include <stddef.h>

#include "feezero/rc.h"

/* The character classes of the fields. All have space, 0-9, A-Z and kana with voiced marks. */
enum fz_kana_class {
    FZ_KANA_BANK,  /* names of banks and branches: and - */
    FZ_KANA_PARTY, /* names of senders and recipients: and ( ) - . */
    FZ_KANA_EDI    /* EDI information: and the yen sign, corner brackets, ( ) - / . and wo */
};

enum fz_kana_result {
    FZ_KANA_OK = 0,
    FZ_KANA_UTF8,      /* the text is not UTF-8 */
    FZ_KANA_CHARACTER, /* a character that the class does not have and that folds to none it has */
    FZ_KANA_MARK,      /* a (semi-)voiced mark behind something that cannot take it */
    FZ_KANA_SPACE,     /* a space in front or at the end: the field would shift or not read back */
    FZ_KANA_EMPTY,     /* nothing there */
    FZ_KANA_TOO_LONG   /* does not fit; a voiced kana takes two bytes */
};

/*
 * Folds `text` (`len` bytes of UTF-8) to at most `bytes_max` bytes of the class, and a NUL behind
 * them (bytes_out has bytes_max + 1). On refusal bytes_out is "" and *position_out (may be NULL)
 * the byte offset in `text` of the character at fault.
 */
FZ_MUSTUSE enum fz_kana_result fz_kana_fold(const char *text,
                                            size_t len,
                                            enum fz_kana_class class,
                                            char *bytes_out,
                                            size_t bytes_max,
                                            size_t *position_out);

/* Whether `bytes` are already as fz_kana_fold() leaves them; *position_out as there. */
FZ_MUSTUSE enum fz_kana_result
fz_kana_check(const char *bytes, size_t len, enum fz_kana_class class, size_t *position_out);

/* Bytes that fz_kana_to_utf8() can need for `len` bytes, with its NUL. */
#define FZ_KANA_UTF8_SIZE(len) ((len)*3 + 1)

/*
 * Shows JIS X 0201 bytes as UTF-8 (half-width katakana), one character per byte; CR and LF pass,
 * any other byte that the code does not have becomes U+FFFD. utf8_out has FZ_KANA_UTF8_SIZE(len).
 * Returns the number of bytes written, without the NUL.
 */
size_t fz_kana_to_utf8(const char *bytes, size_t len, char *utf8_out);

/* One line of English; static, never NULL. */
const char *fz_kana_result_text(enum fz_kana_result result);

#endif
