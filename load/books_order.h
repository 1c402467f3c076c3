/*
 * load: commands as the switch would hand them over: what a person signed is kept with each, so it
 * has the length and the parts it has there. Only the signature's bytes are made up: verifying one
 * is not what `fz-load books` measures.
 */
#ifndef LOAD_BOOKS_ORDER_H
#define LOAD_BOOKS_ORDER_H

#include "load/books_drive.h"
#include "load/books_pick.h"
#include "load/books_town.h"

/* The signature base of a payment, made once; only the id in its path differs. */
struct fz_order_form {
    char base[FZ_SLOT_BASE_MAX];
    size_t base_len;
    size_t id_at;     /* where the operation's id stands */
    size_t digest_at; /* the same of the body's digest */
    char key_id[64];
    uint8_t signature[FZ_SIGNATURE_LEN];
};

/* `path` is "/v1/payments/" or "/v1/transfers/". */
FZ_MUSTUSE fz_rc fz_order_form_make(int32_t community,
                                    const char *path,
                                    struct fz_order_form *form_out,
                                    struct fz_err *err);

/* A new time-ordered id. */
struct fz_id fz_books_id(struct fz_random_source *random);

/* Make the whole command, order included. */
void fz_books_make_payment(struct fz_slot *slot,
                           const struct fz_order_form *form,
                           const struct fz_id *id,
                           const struct fz_books_intent *intent,
                           int64_t payer);
void fz_books_make_transfer(struct fz_slot *slot,
                            const struct fz_order_form *form,
                            const struct fz_id *id,
                            int64_t payer,
                            int64_t payee,
                            int64_t amount);
void fz_books_make_topup(struct fz_slot *slot, const struct fz_id *id, int64_t to, int64_t amount);

#endif
