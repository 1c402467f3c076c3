/*
 * Room ledger/store. Communities and what belongs to one as a whole: its bank account and its
 * subscription plans. Blocking queries for `fz` (session.h).
 */
#ifndef LEDGER_STORE_ADMIN_COMMUNITY_H
#define LEDGER_STORE_ADMIN_COMMUNITY_H

#include <stdint.h>

#include "feezero/err.h"
#include "ledger/store/session.h"

#define FZ_NAME_MAX 120 /* bytes of a name of a community, person or shop */

struct fz_community_row {
    int32_t community; /* for adding: 0 takes the next free number */
    int32_t utc_offset_s;
    char name[FZ_NAME_MAX + 1];
    char qr_guid[33];
    char registration_number[15]; /* "" if none */
};

struct fz_plan_row {
    char size[12]; /* "small", "medium", "large", "association" */
    int64_t monthly_net;
    int64_t tax_percent;
};

/* The bank account that holds the reserve. Names are half-width kana in UTF-8. */
struct fz_bank_account_row {
    char requester_code[11];
    char requester_name_kana[121];
    char bank_code[5];
    char bank_name_kana[61];
    char branch_code[4];
    char branch_name_kana[61];
    int64_t account_type;
    char account_number[8];
};

/*
 * Adds a community with its head, the consortium's accounts and `plans`, whole or not at all, and
 * sets row->community. FZ_ID_REUSED: the number is taken. Else as session_query.h.
 */
FZ_MUSTUSE fz_rc fz_admin_community_add(struct fz_session *session,
                                        struct fz_community_row *row,
                                        const struct fz_plan_row *plans,
                                        unsigned plans_len,
                                        struct fz_err *err);

/* FZ_NOT_FOUND: there is none with this number. */
FZ_MUSTUSE fz_rc fz_admin_community_get(struct fz_session *session,
                                        int32_t community,
                                        struct fz_community_row *row_out,
                                        struct fz_err *err);

/* Calls `on_row` for each, by number. */
FZ_MUSTUSE fz_rc fz_admin_community_each(struct fz_session *session,
                                         void (*on_row)(void *ctx,
                                                        const struct fz_community_row *row),
                                         void *ctx,
                                         struct fz_err *err);

FZ_MUSTUSE fz_rc fz_admin_plan_set(struct fz_session *session,
                                   int32_t community,
                                   const struct fz_plan_row *row,
                                   struct fz_err *err);
FZ_MUSTUSE fz_rc fz_admin_plan_each(struct fz_session *session,
                                    int32_t community,
                                    void (*on_row)(void *ctx, const struct fz_plan_row *row),
                                    void *ctx,
                                    struct fz_err *err);

FZ_MUSTUSE fz_rc fz_admin_bank_set(struct fz_session *session,
                                   int32_t community,
                                   const struct fz_bank_account_row *row,
                                   struct fz_err *err);
/* FZ_NOT_FOUND: it was not entered yet. */
FZ_MUSTUSE fz_rc fz_admin_bank_get(struct fz_session *session,
                                   int32_t community,
                                   struct fz_bank_account_row *row_out,
                                   struct fz_err *err);

#endif
