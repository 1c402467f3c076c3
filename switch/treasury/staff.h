/*
 * switch/treasury: the people who move money. A member of staff signs each order with an enrolled
 * key, in the form that requests over HTTP have (switch/auth/order.h), so that the ledger keeps it
 * and `fz audit` can show who asked for what.
 */
#ifndef FZ_SWITCH_TREASURY_STAFF_H
#define FZ_SWITCH_TREASURY_STAFF_H

#include <jansson.h>

#include "feezero/ledger.h"
#include "switch/auth/order.h"
#include "switch/treasury/run.h"

/* A treasurer with the private key at hand. */
struct fz_staff {
    struct fz_key *key; /* owned */
    char key_id[FZ_KEY_ID_MAX + 1];
    int64_t party;
};

/*
 * Loads the key file and looks the key up (run->session is open). FZ_CONFIG: the file cannot be
 * used. FZ_KEY_UNKNOWN: not enrolled in this community, or revoked. FZ_ROLE_FORBIDDEN: no
 * treasurer's. On anything but FZ_OK nothing is to be freed.
 */
FZ_MUSTUSE fz_rc fz_staff_load(struct fz_run *run,
                               const char *path,
                               struct fz_staff *staff_out,
                               struct fz_err *err);
void fz_staff_fini(struct fz_staff *staff); /* a zeroed one too */

/* An order, signed. `kept` points into the rest, so the struct stays where it is. */
struct fz_staff_order {
    char *body; /* owned */
    char base[FZ_ORDER_BASE_MAX];
    struct fz_order order;
    uint8_t approver_signature[FZ_SIGNATURE_LEN];
    struct fz_signed_order kept;
};

/*
 * Signs `POST /fz/<name>` with `body` (taken), written canonically. `approver` (may be NULL) signs
 * the same. Both stay needed as long as the order is used. FZ_NO_MEMORY, FZ_LIMIT, FZ_CRYPTO;
 * then nothing is to be freed.
 */
FZ_MUSTUSE fz_rc fz_staff_order_make(struct fz_staff_order *order,
                                     const struct fz_staff *staff,
                                     const struct fz_staff *approver,
                                     const char *name,
                                     json_t *body,
                                     struct fz_err *err);
void fz_staff_order_fini(struct fz_staff_order *order); /* a zeroed one too */

/*
 * Nobody else makes the ids of staff operations, so one that stands for something else ends a run:
 * FZ_ID_REUSED, FZ_TOMBSTONED. Other refusals are the business of whoever asked.
 */
FZ_MUSTUSE fz_rc fz_staff_check_ids(const struct fz_command *commands,
                                    size_t len,
                                    struct fz_err *err);

/*
 * Signs and books one command; its result is set on FZ_OK, which does not mean that it was not
 * refused. Sets the command's actor and, for the time of the call, its order. Results as
 * fz_staff_order_make() and fz_run_commit().
 */
FZ_MUSTUSE fz_rc fz_staff_book(struct fz_run *run,
                               const struct fz_staff *staff,
                               const char *name,
                               json_t *body,
                               struct fz_command *command,
                               struct fz_err *err);

#endif
