/*
 * Room ledger/store. Enrolment codes and keys, as the operator sees them. A code is kept as its
 * SHA-256 only. Using one is the switch's and `fz key new`'s (fz_store_enrol() in reader.h), so
 * that there is one rule for it. Blocking queries for `fz` (session.h).
 */
#ifndef LEDGER_STORE_ADMIN_KEY_H
#define LEDGER_STORE_ADMIN_KEY_H

#include <stdint.h>

#include "feezero/crypto.h"
#include "feezero/role.h"
#include "ledger/store/admin_party.h"
#include "ledger/store/session.h"

struct fz_code_row {
    uint8_t code_hash[FZ_SHA256_LEN];
    int64_t party;
    enum fz_role role;
    int32_t terminal; /* 0 if none */
    int64_t expires_us;
};

/* Issues a code that dies after FZ_ENROL_CODE_DAYS; sets row->expires_us. In the caller's
 * transaction, or one of its own. */
FZ_MUSTUSE fz_rc fz_admin_code_add(struct fz_session *session,
                                   int32_t community,
                                   struct fz_code_row *row,
                                   struct fz_err *err);

/* What a code is for, used or not. FZ_ENROLMENT_CODE: there is no such code. */
FZ_MUSTUSE fz_rc fz_admin_code_get(struct fz_session *session,
                                   int32_t community,
                                   const uint8_t code_hash[FZ_SHA256_LEN],
                                   struct fz_code_row *row_out,
                                   struct fz_err *err);

struct fz_key_row_text {
    char key_id[FZ_KEY_ID_MAX + 1];
    uint8_t public_key[FZ_SPKI_LEN];
    int64_t party;
    char kind; /* of the party */
    char party_name[FZ_NAME_MAX + 1];
    enum fz_role role;
    int32_t terminal;
    char label[FZ_LABEL_MAX + 1];
    int64_t enrolled_us;
    int64_t revoked_us; /* 0: it is good */
};

/* FZ_KEY_UNKNOWN: no such key is enrolled. Revoked ones are found. */
FZ_MUSTUSE fz_rc fz_admin_key_get(struct fz_session *session,
                                  int32_t community,
                                  const char *key_id,
                                  struct fz_key_row_text *row_out,
                                  struct fz_err *err);

/* Calls `on_row` for each key of `party` (0: of everybody), by party and time of enrolment. */
FZ_MUSTUSE fz_rc fz_admin_key_each(struct fz_session *session,
                                   int32_t community,
                                   int64_t party,
                                   void (*on_row)(void *ctx, const struct fz_key_row_text *row),
                                   void *ctx,
                                   struct fz_err *err);

/* Revokes a key from now on. *was_revoked_out: it had been already. FZ_KEY_UNKNOWN. */
FZ_MUSTUSE fz_rc fz_admin_key_revoke(struct fz_session *session,
                                     int32_t community,
                                     const char *key_id,
                                     bool *was_revoked_out,
                                     struct fz_err *err);

#endif
