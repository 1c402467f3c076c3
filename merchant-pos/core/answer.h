/*
 * merchant-pos/core: the objects of the API as the client understands them. Reading is strict about
 * what decides something (ids, states, amounts) and indifferent to members it does not know.
 */
#ifndef FEEZERO_POS_ANSWER_H
#define FEEZERO_POS_ANSWER_H

#include "feezero/pos.h"
#include "merchant-pos/core/json.h"

enum fz_intent_state {
    FZ_VIEW_CREATED,
    FZ_VIEW_COMPLETED,
    FZ_VIEW_CANCELED,
    FZ_VIEW_EXPIRED,
    FZ_VIEW_VOIDED
};

struct fz_intent_view {
    struct fz_id id;
    enum fz_intent_state state;
    int64_t amount;
    int64_t refunded;
    int64_t number;        /* 0: not paid */
    int64_t paid_at_ms;    /* 0: not paid */
    int64_t expires_at_ms; /* 0: not said */
    int64_t held;          /* refunds that wait for the shop's money */
    struct fz_id payment;  /* zero: not told to us */
    bool is_sticker;       /* made by a static payment: there was never a code to show */
    char shop[FZ_POS_PARTY_MAX + 1];
    char shop_name[FZ_POS_NAME_MAX + 1];
    char terminal[FZ_POS_TERMINAL_MAX + 1];
};

/* Reads an intent object. False if anything that decides is missing or odd. */
FZ_MUSTUSE bool fz_answer_intent(struct fz_json object, struct fz_intent_view *view_out);

struct fz_operation_view {
    struct fz_id id;
    int64_t amount;
    int64_t number;
    int64_t at_ms;
    int64_t refunded;
    bool is_held;                         /* a refund that waits; it has no number yet */
    int64_t eta_ms;                       /* held: when it is due; 0: not said */
    struct fz_id intent;                  /* zero: not said */
    char party_name[FZ_POS_NAME_MAX + 1]; /* of `shop` or `to`; "" if absent */
};

/* Reads an operation object. */
FZ_MUSTUSE bool fz_answer_operation(struct fz_json object, struct fz_operation_view *view_out);

enum fz_code_state {
    FZ_VIEW_CODE_WAITING,
    FZ_VIEW_CODE_ASKED,
    FZ_VIEW_CODE_USED,
    FZ_VIEW_CODE_EXPIRED
};

/* What GET /v1/codes/{id} tells. */
struct fz_code_view {
    struct fz_id id;
    enum fz_code_state state;
    bool has_intent;
    struct fz_intent_view intent;
};

FZ_MUSTUSE bool fz_answer_code(struct fz_json object, struct fz_code_view *view_out);

enum fz_inquiry_status {
    FZ_INQUIRY_DONE,
    FZ_INQUIRY_REJECTED,
    FZ_INQUIRY_TOMBSTONED
};

struct fz_inquiry_view {
    struct fz_id id;
    enum fz_inquiry_status status;
    fz_rc rc;              /* REJECTED: why; FZ_BAD_REQUEST for a code we do not know */
    struct fz_json result; /* the body the original got */
};

/* Reads what GET /v1/operations/{id} answers, or the final_state of a refused tombstone. */
FZ_MUSTUSE bool fz_answer_inquiry(struct fz_json object, struct fz_inquiry_view *view_out);

/* Members by name; false if absent or of another form. */
FZ_MUSTUSE bool fz_answer_id(struct fz_json object, const char *name, struct fz_id *id_out);
FZ_MUSTUSE bool fz_answer_int(struct fz_json object, const char *name, int64_t *number_out);
FZ_MUSTUSE bool fz_answer_time(struct fz_json object, const char *name, int64_t *ms_out);
FZ_MUSTUSE bool fz_answer_text(struct fz_json object, const char *name, char *out, size_t size);

#endif
