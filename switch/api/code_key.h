/*
 * Room switch/api, internal. The digits of the one-time codes that residents show, and the hash by
 * which the ledger knows them: both follow from a secret key, so that neither who reads the
 * database nor who knows a code's id can show a code. One thread.
 */
#ifndef SWITCH_API_CODE_KEY_H
#define SWITCH_API_CODE_KEY_H

#include "feezero/err.h"
#include "feezero/id.h"
#include "feezero/limits.h"
#include "merchant-pos/wire/cpm.h"

struct fz_code_key;

/* Caller owns *out. FZ_NO_MEMORY, FZ_CRYPTO. */
FZ_MUSTUSE fz_rc fz_code_key_create(const uint8_t key[FZ_CODE_KEY_LEN],
                                    struct fz_code_key **out,
                                    struct fz_err *err);

/* The same from its file. "": *out is NULL, there are no codes. FZ_CONFIG. */
FZ_MUSTUSE fz_rc fz_code_key_load(const char *path, struct fz_code_key **out, struct fz_err *err);
void fz_code_key_destroy(struct fz_code_key **key); /* NULL is accepted */

/* The digits of the code with this id: always the same, and known to nobody else. */
void fz_code_digits(struct fz_code_key *key,
                    int32_t community,
                    const struct fz_id *id,
                    char digits_out[FZ_CODE_DIGITS + 1]);

/* What is stored of digits. */
void fz_code_hash(struct fz_code_key *key,
                  const char digits[FZ_CODE_DIGITS + 1],
                  uint8_t hash_out[FZ_CODE_HASH_LEN]);

#endif
