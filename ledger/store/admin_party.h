/*
 * Room ledger/store. Residents, shops with their terminals, and staff: entering them together with
 * their accounts, and listing them. Blocking queries for `fz` (session.h).
 */
#ifndef LEDGER_STORE_ADMIN_PARTY_H
#define LEDGER_STORE_ADMIN_PARTY_H

#include <stdint.h>

#include "feezero/err.h"
#include "ledger/store/admin_community.h"
#include "ledger/store/session.h"

#define FZ_LABEL_MAX 60 /* bytes of a label of a terminal or a key */

struct fz_party_row {
    int64_t party;
    char kind; /* 'R', 'M' or 'S' */
    bool left; /* no longer takes part */
    char name[FZ_NAME_MAX + 1];
    int64_t balance; /* of the wallet or the shop's account; 0 for staff */
};

/* Names are half-width kana in UTF-8, folded and checked before. */
struct fz_shop_bank {
    char bank_code[5];
    char bank_name_kana[61];
    char branch_code[4];
    char branch_name_kana[61];
    int64_t account_type;
    char account_number[8];
    char holder_kana[121];
};

struct fz_shop_row {
    int64_t shop;
    bool left;
    char name[FZ_NAME_MAX + 1];
    char name_latin[26];
    char city_latin[16];
    char postal_code[8];
    char category_code[5];
    char size[12];
    struct fz_shop_bank bank;
    int64_t balance;   /* for lists; ignored when adding */
    int64_t due;       /* subscription billed and not collected; the same */
    int64_t terminals; /* the same */
};

/*
 * Adds a party with its accounts (R: wallet. M, by fz_admin_shop_add(): merchant and receivable),
 * whole or not at all, in the caller's transaction. FZ_NOT_FOUND: no such community.
 */
FZ_MUSTUSE fz_rc fz_admin_party_add(struct fz_session *session,
                                    int32_t community,
                                    char kind,
                                    const char *name,
                                    int64_t *party_out,
                                    struct fz_err *err);
/* Sets row->shop. */
FZ_MUSTUSE fz_rc fz_admin_shop_add(struct fz_session *session,
                                   int32_t community,
                                   struct fz_shop_row *row,
                                   struct fz_err *err);

/* Changes the bank account that later settlements pay to. FZ_NOT_FOUND: no such shop. */
FZ_MUSTUSE fz_rc fz_admin_shop_set_bank(struct fz_session *session,
                                        int32_t community,
                                        int64_t shop,
                                        const struct fz_shop_bank *bank,
                                        struct fz_err *err);

/* Adds the shop's next terminal, in the caller's transaction. FZ_LIMIT: it has 999. */
FZ_MUSTUSE fz_rc fz_admin_terminal_add(struct fz_session *session,
                                       int32_t community,
                                       int64_t shop,
                                       const char *label,
                                       int32_t *terminal_out,
                                       struct fz_err *err);

/* FZ_NOT_FOUND: there is no such terminal. */
FZ_MUSTUSE fz_rc fz_admin_terminal_check(struct fz_session *session,
                                         int32_t community,
                                         int64_t shop,
                                         int32_t terminal,
                                         struct fz_err *err);

/* FZ_NOT_FOUND: no party of this kind has this number. */
FZ_MUSTUSE fz_rc fz_admin_party_get(struct fz_session *session,
                                    int32_t community,
                                    char kind,
                                    int64_t party,
                                    struct fz_party_row *row_out,
                                    struct fz_err *err);

/* Both call `on_row` by number, in constant memory; they open a snapshot of their own. */
FZ_MUSTUSE fz_rc fz_admin_party_each(struct fz_session *session,
                                     int32_t community,
                                     char kind,
                                     void (*on_row)(void *ctx, const struct fz_party_row *row),
                                     void *ctx,
                                     struct fz_err *err);
FZ_MUSTUSE fz_rc fz_admin_shop_each(struct fz_session *session,
                                    int32_t community,
                                    void (*on_row)(void *ctx, const struct fz_shop_row *row),
                                    void *ctx,
                                    struct fz_err *err);

#endif
