/*
 * switch/treasury: a name in kana as it is typed, kept and sent. Typed in any width; kept as
 * half-width katakana in UTF-8; sent as JIS X 0201. Checked when it is entered, so that no bank
 * file can fail because of it.
 */
#ifndef FZ_SWITCH_TREASURY_KANA_FIELD_H
#define FZ_SWITCH_TREASURY_KANA_FIELD_H

#include "switch/treasury/duty.h"
#include "switch/treasury/kana.h"

#define FZ_KANA_FIELD_MAX 40 /* bytes of the longest field of a bank file */

struct fz_kana_field {
    const struct fz_option *option; /* for messages */
    enum fz_kana_class class;
    size_t bytes_max; /* of the bank file's field */
    char *out;        /* half-width UTF-8 */
    size_t out_size;  /* at least FZ_KANA_UTF8_SIZE(bytes_max) */
};

/* Folds and checks what was typed. FZ_BAD_FIELD: what is wrong, and where. */
FZ_MUSTUSE fz_rc fz_kana_field_read(const struct fz_kana_field *field,
                                    const char *text,
                                    struct fz_err *err);

#endif
