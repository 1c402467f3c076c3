/*
 * The till client: sells, voids, refunds and closes the day against a FeeZero switch, and pays and
 * sends for a wallet. It has no sockets, files, clock, threads or heap: the caller lends one
 * struct fz_pos (about 32 KiB) and a table of ports. Everything it does is journaled before it is
 * sent, so a power cut at any point loses nothing: fz_pos_resume() finds out what happened.
 * An answer that did not come is never taken for a refusal; see merchant-pos/README.md.
 */
#ifndef FEEZERO_POS_H
#define FEEZERO_POS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/encode.h"
#include "feezero/err.h"
#include "feezero/id.h"
#include "feezero/rc.h"

#define FZ_POS_OPEN_MAX 32    /* operations that may wait for their outcome at once */
#define FZ_POS_FRAME_SIZE 512 /* one journal record: one sector, so a cut tears at most the last */
#define FZ_POS_ANSWER_MAX 16384 /* bytes of one answer of the switch */
#define FZ_POS_REQUEST_MAX 1024 /* bytes of one request body */
#define FZ_POS_QR_MAX 512       /* bytes of a payment code's text */
#define FZ_POS_PARTY_MAX 9      /* "M00000042" */
#define FZ_POS_TERMINAL_MAX 4   /* "T001" */
#define FZ_POS_NAME_MAX 96      /* bytes of UTF-8 of a shop's or a person's name, cut if longer */
#define FZ_POS_REFERENCE_MAX 25 /* what the code's reference label can carry */
#define FZ_POS_MESSAGE_MAX 140  /* bytes of UTF-8 */
#define FZ_POS_HISTORY_PAGE 20  /* entries asked for at once: they must fit FZ_POS_ANSWER_MAX */
/*
 * A payment or transfer that the switch decides later than this is refused (FZ_DEADLINE_PASSED):
 * whoever sent it stopped listening by then. `send` should give up sooner. It goes by the switch's
 * clock, so the very first request of all, before any answer told the time, has no deadline.
 */
#define FZ_POS_DEADLINE_MS 20000
#define FZ_POS_CODE_LEN 20 /* digits of a customer's one-time code */
#define FZ_POS_EVENT_TYPE_MAX 31
#define FZ_POS_Z_LINES_MAX 999 /* lines kept with one Z report; the rest is only counted */

enum fz_pos_kind {
    FZ_POS_SALE = 1,
    FZ_POS_VOID = 2,
    FZ_POS_REFUND = 3,
    FZ_POS_PAYMENT = 4,
    FZ_POS_TRANSFER = 5,
    FZ_POS_CODE = 6 /* wallet: a one-time code for a shop to scan */
};

/* Where an operation stands. The numbers are in journals: never reuse one. From PAID on: final. */
enum fz_pos_state {
    FZ_POS_PREPARED = 1,  /* journaled; perhaps sent */
    FZ_POS_UNKNOWN = 2,   /* sent, and no usable answer came: ask, never charge again */
    FZ_POS_SHOWN = 3,     /* the sale is open and its code is on the screen */
    FZ_POS_CANCELING = 4, /* the clerk wants the sale gone; not confirmed yet */
    FZ_POS_ASKED = 5,     /* sale by code, code: the customer is asked on her phone */
    FZ_POS_PENDING = 6,   /* void asked for while offline: taken, and sent by fz_pos_resume() */
    FZ_POS_PAID = 10,
    FZ_POS_CANCELED = 11,
    FZ_POS_EXPIRED = 12,
    FZ_POS_REFUSED = 13,    /* `rc` says why */
    FZ_POS_TOMBSTONED = 14, /* it never happened and never will */
    FZ_POS_VOIDED = 15,
    FZ_POS_REFUNDED = 16,
    FZ_POS_TRANSFERRED = 17,
    FZ_POS_HELD = 18 /* refund: taken, and paid as soon as the shop has the money: `eta_ms` */
};

/* One operation as the journal keeps it. Text is UTF-8 and NUL-terminated. */
struct fz_pos_operation {
    enum fz_pos_kind kind;
    enum fz_pos_state state;
    fz_rc rc;              /* of a refusal */
    uint32_t expires_in_s; /* sale, as asked; 0: the switch's default */
    struct fz_id id;       /* ours, made before anything is sent; of a sale: the intent */
    struct fz_id intent;   /* the sale it is about */
    struct fz_id payment;  /* paid sale: the payment's operation id */
    int64_t amount;
    int64_t number;         /* of the transfer in the ledger; 0: none */
    int64_t prepared_at_ms; /* our clock */
    int64_t booked_at_ms;   /* the switch's clock */
    int64_t expires_at_ms;  /* sale, code: the switch's clock */
    int64_t eta_ms;         /* held refund: when it is due, the switch's clock */
    int64_t limit;          /* code: the most a shop gets without asking; 0: the switch's default */
    bool again;             /* sale by code, payment: though it looks like a repetition */
    char party[FZ_POS_PARTY_MAX + 1]; /* payment: the shop; transfer: the payee */
    char party_name[FZ_POS_NAME_MAX + 1];
    char reference[FZ_POS_REFERENCE_MAX + 1];
    char message[FZ_POS_MESSAGE_MAX + 1];
    char terminal[FZ_POS_TERMINAL_MAX + 1]; /* payment of a sticker: the one it names */
    char code[FZ_POS_CODE_LEN + 1];         /* sale by code, code: the digits */
};

/* How one call ended. */
struct fz_pos_outcome {
    struct fz_pos_operation operation;
    fz_rc rc;     /* FZ_OK; the refusal; or, while the state is not final, what is in the way */
    bool raced;   /* a cancel came too late: it was paid */
    bool reprint; /* found out after a restart, so the slip is a copy */
    bool since_voided;    /* the paid sale has been voided meanwhile */
    int64_t refunded;     /* of the sale in all, as far as the answer said */
    int64_t shortfall;    /* INSUFFICIENT_FUNDS: how much is missing; else 0 */
    int64_t refundable;   /* REFUND_EXCEEDS: how much is left; else 0 */
    int64_t resets_at_ms; /* LIMIT_EXCEEDED: when the day's limit begins anew; 0: per payment */
    int64_t seconds_ago;  /* SUSPECTED_DUPLICATE: since the payment it looks like; else 0 */
    int64_t held;         /* of the sale: refunds that wait for the shop's money */
    char qr[FZ_POS_QR_MAX + 1]; /* SHOWN: the text to draw */
};

#define FZ_POS_DIGEST_LEN 32    /* SHA-256 */
#define FZ_POS_SIGNATURE_LEN 64 /* ECDSA P-256: r and s, big-endian */

/* One signed HTTP request, ready for the wire. */
struct fz_pos_request {
    const char *method;
    const char *path;
    const char *query; /* with its leading '?', or NULL */
    const char *body;  /* JSON, or NULL */
    size_t body_len;
    const char *signature_input; /* the values of three headers; content_digest is "" if no body */
    const char *signature;
    const char *content_digest;
    uint32_t hold_ms; /* how long the switch may hold the answer back, on top of its usual time */
};

struct fz_pos_reply {
    int status;
    uint32_t retry_after_s; /* 0: the header was absent */
    int64_t date_ms;        /* the Date header, since 1970; 0: absent, or not read */
    char *body;             /* room lent by the client */
    size_t body_size;
    size_t body_len;
};

/*
 * What the machine around the client must do. `ctx` is handed back untouched. All but lock and
 * unlock (one program per journal) and notice are required.
 */
struct fz_pos_ports {
    void *ctx;

    /*
     * Sends one request and reads the whole answer. FZ_OK: *reply is filled. FZ_UNAVAILABLE:
     * not one byte of the request left this machine. Anything else: it may have arrived.
     */
    fz_rc (*send)(void *ctx,
                  const struct fz_pos_request *request,
                  struct fz_pos_reply *reply,
                  struct fz_err *err);
    /* SHA-256, and ECDSA P-256 over SHA-256 of `bytes` with this machine's private key. */
    fz_rc (*digest)(void *ctx,
                    const void *bytes,
                    size_t len,
                    uint8_t digest_out[FZ_POS_DIGEST_LEN],
                    struct fz_err *err);
    fz_rc (*sign)(void *ctx,
                  const void *bytes,
                  size_t len,
                  uint8_t signature_out[FZ_POS_SIGNATURE_LEN],
                  struct fz_err *err);
    int64_t (*now_ms)(void *ctx); /* since 1970 */
    /* Waits. False: the person wants to stop waiting. 0 ms only asks. */
    bool (*pause)(void *ctx, uint32_t duration_ms);
    fz_rc (*random)(void *ctx, uint8_t *bytes_out, size_t len, struct fz_err *err);

    /* The journal: reads up to `size` bytes at `offset`; fewer only at the end. */
    fz_rc (*read)(void *ctx,
                  uint64_t offset,
                  uint8_t *bytes_out,
                  size_t size,
                  size_t *len_out,
                  struct fz_err *err);
    /* Writes at `offset` and returns only when the bytes are on stable storage. */
    fz_rc (*write)(
        void *ctx, uint64_t offset, const uint8_t *bytes, size_t len, struct fz_err *err);
    fz_rc (*lock)(void *ctx, struct fz_err *err);
    void (*unlock)(void *ctx);

    /* Tells that something changed while a call is still busy: SHOWN, UNKNOWN, CANCELING. */
    void (*notice)(void *ctx, const struct fz_pos_outcome *outcome);
};

/* Who we are. shop, terminal and guid are what a payment code of ours must say; "" in a wallet. */
struct fz_pos_identity {
    char key_id[FZ_KEY_ID_MAX + 1];
    char shop[FZ_POS_PARTY_MAX + 1];
    char terminal[FZ_POS_TERMINAL_MAX + 1];
    char guid[33]; /* of the community's codes: "jp.example.feezero" */
};

/* The client. Lend it zeroed; its fields are private. */
struct fz_pos {
    struct fz_pos_ports ports;
    struct fz_pos_identity self;
    uint32_t patience_ms;
    uint64_t journal_len;
    uint32_t damaged;
    uint32_t z_number;   /* of the latest Z report; 0: none yet */
    uint64_t z_at;       /* where the journal goes on behind it */
    int64_t z_upto;      /* the last transfer number it covers */
    int64_t z_closed_ms; /* our clock */
    int64_t first_at_ms; /* when the first operation of the journal was prepared; 0: none */
    int64_t clock_skew_ms;
    bool clock_known; /* some answer told the switch's time */
    bool more_open;   /* than the table holds */
    uint32_t open_count;
    struct fz_pos_operation open[FZ_POS_OPEN_MAX];
    char request[FZ_POS_REQUEST_MAX];
    char answer[FZ_POS_ANSWER_MAX];
};

/*
 * Starts the client on its journal. `patience_ms`: how long one call keeps trying to learn an
 * outcome before it returns FZ_OUTCOME_UNKNOWN; 0: until ports->pause says stop.
 * FZ_LIMIT: more than FZ_POS_OPEN_MAX operations are unsettled. FZ_IO: the journal cannot be read.
 */
FZ_MUSTUSE fz_rc fz_pos_open(struct fz_pos *pos,
                             const struct fz_pos_ports *ports,
                             const struct fz_pos_identity *self,
                             uint32_t patience_ms,
                             struct fz_err *err);

/* Records in the middle of the journal that could not be read (a torn tail does not count). */
uint32_t fz_pos_damaged(const struct fz_pos *pos);

/*
 * How far the switch's clock is ahead of ours, as of the latest answer that told (a refusal as
 * SIGNATURE_STALE, or a Date header from two seconds of difference on); negative: behind. Our
 * signatures follow it, so this is for the person who can set the clock.
 */
int64_t fz_pos_clock_skew_ms(const struct fz_pos *pos);

/* The unsettled operations, oldest first; NULL past the end. Borrowed until the next call. */
const struct fz_pos_operation *fz_pos_unsettled(const struct fz_pos *pos, uint32_t index);

/* Makes a time-ordered operation id. */
FZ_MUSTUSE fz_rc fz_pos_new_id(struct fz_pos *pos, struct fz_id *id_out, struct fz_err *err);

/*
 * Every call below returns FZ_OK when the operation has reached the state its comment names or a
 * final one (*out says which), FZ_OUTCOME_UNKNOWN when patience ended first (the journal remembers:
 * resume), and FZ_IO, FZ_LIMIT, FZ_CRYPTO or FZ_FORMAT when this machine failed. *out is always
 * filled. A refusal is an outcome, not an error: state FZ_POS_REFUSED.
 */

struct fz_pos_sale {
    struct fz_id id; /* zero: a fresh one */
    int64_t amount;
    uint32_t expires_in_s; /* 0: the switch's default */
    const char *reference; /* NULL: none */
    const char *code;      /* the customer's code, FZ_POS_CODE_LEN digits; NULL: we show ours */
    bool again;            /* by code: the customer confirmed that it is no repetition */
};

/*
 * Opens a sale. Ends at SHOWN, with the code in out->qr after every part of it was compared.
 * With the customer's code: ends at PAID; or at ASKED, when she has to consent on her phone (go on
 * with fz_pos_sale_wait); or REFUSED: FZ_CODE_UNKNOWN, FZ_CODE_USED, FZ_CODE_EXPIRED,
 * FZ_PAYER_DECLINED, FZ_SUSPECTED_DUPLICATE (out->seconds_ago; ask, then begin anew with `again`).
 */
FZ_MUSTUSE fz_rc fz_pos_sale_begin(struct fz_pos *pos,
                                   const struct fz_pos_sale *sale,
                                   struct fz_pos_outcome *out,
                                   struct fz_err *err);

/*
 * Waits until the sale is final. Any sale of the shop may be waited for. A customer who was asked
 * and said no: CANCELED with rc FZ_PAYER_DECLINED; who did not answer: EXPIRED.
 */
FZ_MUSTUSE fz_rc fz_pos_sale_wait(struct fz_pos *pos,
                                  const struct fz_id *intent,
                                  struct fz_pos_outcome *out,
                                  struct fz_err *err);

/* Cancels the sale, or learns that it was paid first (out->raced): then ask "keep or void?". */
FZ_MUSTUSE fz_rc fz_pos_sale_cancel(struct fz_pos *pos,
                                    const struct fz_id *intent,
                                    struct fz_pos_outcome *out,
                                    struct fz_err *err);

/*
 * Voids a paid sale whole. While the switch cannot be reached it ends at PENDING: journaled, and
 * sent by fz_pos_resume() once, however often the clerk asks for it.
 */
FZ_MUSTUSE fz_rc fz_pos_void(struct fz_pos *pos,
                             const struct fz_id *intent,
                             struct fz_pos_outcome *out,
                             struct fz_err *err);

/*
 * Refunds part of a paid sale. HELD: the shop is short of money; the refund is taken and paid
 * later, expected at operation.eta_ms.
 */
FZ_MUSTUSE fz_rc fz_pos_refund(struct fz_pos *pos,
                               const struct fz_id *intent,
                               int64_t amount,
                               struct fz_pos_outcome *out,
                               struct fz_err *err);

struct fz_pos_payment {
    struct fz_id id;     /* zero: a fresh one; else repeats that operation on purpose */
    struct fz_id intent; /* zero: a shop's sticker, which has no sale yet */
    const char *shop;
    const char *shop_name; /* NULL: unknown */
    const char *terminal;  /* sticker: the terminal it names, or NULL */
    int64_t amount;
    bool again; /* after FZ_SUSPECTED_DUPLICATE, when the person confirmed */
};

/*
 * Wallet: pays a sale, or a sticker; also how a person consents to a sale by her code. After a
 * payment of a sticker operation.intent is the sale the switch made of it.
 */
FZ_MUSTUSE fz_rc fz_pos_pay(struct fz_pos *pos,
                            const struct fz_pos_payment *payment,
                            struct fz_pos_outcome *out,
                            struct fz_err *err);

struct fz_pos_transfer {
    struct fz_id id; /* as in struct fz_pos_payment */
    const char *payee;
    int64_t amount;
    const char *message; /* NULL: none */
};

/* Wallet: sends money to another resident. */
FZ_MUSTUSE fz_rc fz_pos_transfer(struct fz_pos *pos,
                                 const struct fz_pos_transfer *transfer,
                                 struct fz_pos_outcome *out,
                                 struct fz_err *err);

/*
 * Wallet: says no to a sale that asks for consent. Not journaled: unsaid, the sale expires by
 * itself. Ends at CANCELED, or at what the sale has become before.
 */
FZ_MUSTUSE fz_rc fz_pos_decline(struct fz_pos *pos,
                                const struct fz_id *intent,
                                struct fz_pos_outcome *out,
                                struct fz_err *err);

struct fz_pos_code {
    struct fz_id id; /* zero: a fresh one */
    int64_t limit;   /* the most a shop gets without asking; 0: the switch's default */
};

/*
 * Wallet: makes a one-time code. Ends at SHOWN: operation.code has the digits, out->qr what to draw
 * as a QR code, operation.expires_at_ms its end.
 */
FZ_MUSTUSE fz_rc fz_pos_code_make(struct fz_pos *pos,
                                  const struct fz_pos_code *code,
                                  struct fz_pos_outcome *out,
                                  struct fz_err *err);

/*
 * Wallet: waits until something happens to the code. ASKED: a shop wants operation.amount, party
 * and party_name say which, intent is the sale: fz_pos_pay() it or fz_pos_decline() it. PAID: the
 * shop took it. CANCELED, EXPIRED: nothing was paid with it, and nothing will be.
 */
FZ_MUSTUSE fz_rc fz_pos_code_wait(struct fz_pos *pos,
                                  const struct fz_id *code,
                                  struct fz_pos_outcome *out,
                                  struct fz_err *err);

/* What one resumed operation came to. */
typedef void (*fz_pos_outcome_fn)(const struct fz_pos_outcome *outcome, void *ctx);

/*
 * Settles every unsettled operation, oldest first: asks the switch, closes the id of what never
 * arrived, repeats voids, refunds and cancels. A sale that is still open is canceled unless
 * `keep_open`. FZ_OUTCOME_UNKNOWN when some could not be settled yet.
 */
FZ_MUSTUSE fz_rc fz_pos_resume(
    struct fz_pos *pos, bool keep_open, fz_pos_outcome_fn each, void *ctx, struct fz_err *err);

/* The answer in `body` is borrowed until the next call. */
struct fz_pos_view {
    int status;
    fz_rc rc;
    const char *body;
    size_t body_len;
};

/*
 * Reads something from the switch by a signed GET, tried again while nobody answers. view->rc is
 * FZ_OK, the switch's refusal, or FZ_UNAVAILABLE when patience ended. Fails only for reasons of
 * this machine.
 */
FZ_MUSTUSE fz_rc fz_pos_get(struct fz_pos *pos,
                            const char *path,
                            const char *query,
                            struct fz_pos_view *view,
                            struct fz_err *err);

/* --- what happens in the shop ----------------------------------------------------------------- */

enum fz_pos_event_kind {
    FZ_POS_EVENT_OTHER,
    FZ_POS_EVENT_PAYMENT,
    FZ_POS_EVENT_VOID,
    FZ_POS_EVENT_REFUND
};

/* Money that moved on the caller's account: of the whole shop, in a till. */
struct fz_pos_event {
    int64_t seq; /* position: the transfer's number in the ledger */
    enum fz_pos_event_kind kind;
    char type[FZ_POS_EVENT_TYPE_MAX + 1]; /* as the switch calls it: "payment.completed" */
    struct fz_id operation;
    struct fz_id intent; /* zero: none */
    int64_t amount;
    int64_t at_ms; /* the switch's clock */
    bool is_in;
    char terminal[FZ_POS_TERMINAL_MAX + 1]; /* "": none */
    char party[FZ_POS_PARTY_MAX + 1];       /* the other side, where we may know it; else "" */
    char party_name[FZ_POS_NAME_MAX + 1];
};

/* Stops the walk by returning false: that event will come again. */
typedef bool (*fz_pos_event_fn)(const struct fz_pos_event *event, void *ctx);

/*
 * Hands over what happened after *position, oldest first, at most a page, and moves *position
 * behind the last event that was taken. Nothing there: waits up to `hold_s` (30 at most) for the
 * first. Keep *position where a power cut does not take it and no event is lost or comes twice.
 * FZ_UNAVAILABLE when patience ended, else the refusal's code or FZ_FORMAT.
 */
FZ_MUSTUSE fz_rc fz_pos_events(struct fz_pos *pos,
                               int64_t *position,
                               uint32_t hold_s,
                               fz_pos_event_fn each,
                               void *ctx,
                               struct fz_err *err);

/* The position behind everything that has happened so far: where a new till begins. */
FZ_MUSTUSE fz_rc fz_pos_events_now(struct fz_pos *pos, int64_t *position_out, struct fz_err *err);

/* --- the journal and the day ------------------------------------------------------------------ */

/* A day, or any other span: from_ms <= t < to_ms. */
struct fz_pos_span {
    int64_t from_ms;
    int64_t to_ms;
};

/* Stops the walk by returning false. */
typedef bool (*fz_pos_operation_fn)(const struct fz_pos_operation *operation, void *ctx);

/*
 * Walks the final operations of a day: by the switch's time if they were
 * booked, else by ours. Oldest first.
 */
FZ_MUSTUSE fz_rc fz_pos_each(struct fz_pos *pos,
                             struct fz_pos_span day,
                             fz_pos_operation_fn each,
                             void *ctx,
                             struct fz_err *err);

/* Finds the latest record of an operation. FZ_NOT_FOUND if the journal has none. */
FZ_MUSTUSE fz_rc fz_pos_find(struct fz_pos *pos,
                             const struct fz_id *id,
                             struct fz_pos_operation *operation_out,
                             struct fz_err *err);

struct fz_pos_sums {
    uint32_t sale_count, void_count, refund_count;
    int64_t sales, voids, refunds;
    int64_t net; /* sales - voids - refunds */
};

enum fz_pos_difference_kind {
    FZ_POS_ONLY_HERE,   /* our journal says booked, the switch has no such entry */
    FZ_POS_ONLY_SWITCH, /* booked for this till, and our journal does not know it */
    FZ_POS_AMOUNT,      /* both know it with different amounts */
    FZ_POS_UNSETTLED,   /* its outcome is not known: resume first */
    FZ_POS_ELSEWHERE,   /* no fault: another till or the shop voided or refunded a sale of ours */
    FZ_POS_STICKER,     /* no fault: paid by this till's sticker, which needs no till */
    FZ_POS_LATE         /* no fault: was unsettled on an earlier Z report; its outcome came since */
};

struct fz_pos_difference {
    enum fz_pos_difference_kind kind;
    enum fz_pos_kind operation;
    struct fz_id id; /* of a sale: the intent */
    int64_t here;
    int64_t there;
};

/* Told line by line; NULL where only the totals matter. */
typedef void (*fz_pos_difference_fn)(const struct fz_pos_difference *difference, void *ctx);

struct fz_pos_totals {
    struct fz_pos_sums here;  /* from the journal */
    struct fz_pos_sums there; /* from the switch's history, this till's share */
    uint32_t differences;     /* lines that are a fault or wait to be settled */
    uint32_t sticker_count;   /* payments of this till's sticker: in neither sum */
    int64_t stickers;
    uint32_t held_count; /* refunds the switch holds until the shop has the money: in neither sum */
    int64_t held;
};

/*
 * Compares the till's day with the switch's, entry by entry. FZ_OK also when they differ
 * (totals->differences). FZ_OUTCOME_UNKNOWN, or the refusal's code, when the switch gave no
 * history.
 */
FZ_MUSTUSE fz_rc fz_pos_close_day(struct fz_pos *pos,
                                  struct fz_pos_span day,
                                  struct fz_pos_totals *totals,
                                  fz_pos_difference_fn each,
                                  void *ctx,
                                  struct fz_err *err);

/*
 * An X report (z_number 0) or a Z report. It covers the transfers of the ledger with the numbers
 * after < n <= upto, so a payment that races with the closing is on exactly one report.
 */
struct fz_pos_report {
    uint32_t z_number;
    int64_t after;
    int64_t upto;
    int64_t opened_ms; /* when the report before was closed; 0: there is none */
    int64_t made_ms;   /* both as the switch's clock was known then */
    struct fz_pos_totals totals;
    uint32_t line_count; /* what `each` was told, all in all */
};

/*
 * X report: what a Z report would say now. Changes nothing. Results as fz_pos_close_day() has them.
 */
FZ_MUSTUSE fz_rc fz_pos_x_report(struct fz_pos *pos,
                                 struct fz_pos_report *report_out,
                                 fz_pos_difference_fn each,
                                 void *ctx,
                                 struct fz_err *err);

/*
 * Z report: closes the till's business day and begins the next. Numbers have no gaps: a power cut
 * before the report is whole in the journal leaves no trace of it. What is unsettled is listed by
 * id and does not keep the day open. FZ_ID_REUSED: another program closed the day meanwhile.
 */
FZ_MUSTUSE fz_rc fz_pos_z_report(struct fz_pos *pos,
                                 struct fz_pos_report *report_out,
                                 fz_pos_difference_fn each,
                                 void *ctx,
                                 struct fz_err *err);

/*
 * Reads a Z report from the journal to print it again, with its lines (FZ_POS_Z_LINES_MAX at most).
 * `number` 0: the latest. FZ_NOT_FOUND: there is none, or it was damaged.
 */
FZ_MUSTUSE fz_rc fz_pos_z_reprint(struct fz_pos *pos,
                                  uint32_t number,
                                  struct fz_pos_report *report_out,
                                  fz_pos_difference_fn each,
                                  void *ctx,
                                  struct fz_err *err);

/* --- words ------------------------------------------------------------------------------------ */

enum fz_pos_language {
    FZ_POS_JA,
    FZ_POS_EN
};

/* What the clerk or the payer should read; static UTF-8. */
const char *fz_pos_text(const struct fz_pos_outcome *outcome, enum fz_pos_language language);

bool fz_pos_is_final(enum fz_pos_state state);
const char *fz_pos_kind_name(enum fz_pos_kind kind);    /* "sale" */
const char *fz_pos_state_name(enum fz_pos_state state); /* "paid" */

#endif
