/*
 * The ledger's vocabulary: accounts, transfers, commands and their results. Shared by the pure
 * core, the store, the switch and the treasury. The rules are in ledger/core/decide.h.
 *
 * Amounts are yen. Times are microseconds since 1970-01-01 UTC. Nothing here owns memory.
 */
#ifndef FEEZERO_LEDGER_H
#define FEEZERO_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feezero/id.h"
#include "feezero/limits.h"
#include "feezero/rc.h"

/* --- accounts --------------------------------------------------------------------------------- */

enum fz_side {
    FZ_SIDE_DEBIT,
    FZ_SIDE_CREDIT
};

enum fz_account_class {
#define FZ_ACCOUNT_CLASS(name, code, side, floor, ja, en) FZ_ACCOUNT_##name = (code),
#include "feezero/classes.def"
#undef FZ_ACCOUNT_CLASS
    FZ_ACCOUNT_ANY = 0
};

enum fz_account_state {
    FZ_OPEN = 1,
    FZ_FROZEN = 2, /* nothing leaves; a shop takes no payments */
    FZ_CLOSED = 3  /* nothing moves */
};

#define FZ_ACCOUNT_CLASS_UNIT 1000000000LL
#define FZ_PARTY_MAX 99999999LL

/* One row of classes.def; NULL if `code` is in no row. */
struct fz_class_info {
    enum fz_account_class class;
    enum fz_side side;
    bool floor;
    const char *name; /* "WALLET" */
    const char *ja;
    const char *en;
};
const struct fz_class_info *fz_class_info(int code);
const struct fz_class_info *fz_class_at(unsigned index); /* NULL past the end */

/* The account number of `party`'s account of `class`; party 0 is the consortium. */
static inline int64_t fz_account_number(enum fz_account_class class, int64_t party)
{
    return (int64_t) class * FZ_ACCOUNT_CLASS_UNIT + party;
}

static inline int fz_account_number_class(int64_t account)
{
    return (int)(account / FZ_ACCOUNT_CLASS_UNIT);
}

static inline int64_t fz_account_number_party(int64_t account)
{
    return account % FZ_ACCOUNT_CLASS_UNIT;
}

/* --- transfers -------------------------------------------------------------------------------- */

enum fz_kind {
#define FZ_KIND(name, code, debit, credit, correctable, slug, ja) FZ_KIND_##name = (code),
#include "feezero/kinds.def"
#undef FZ_KIND
};

struct fz_kind_info {
    enum fz_kind kind;
    enum fz_account_class debit;
    enum fz_account_class credit;
    bool correctable;
    const char *name; /* "PAYMENT" */
    const char *slug; /* "payment" */
    const char *ja;
};
const struct fz_kind_info *fz_kind_info(int code);     /* NULL if there is none */
const struct fz_kind_info *fz_kind_at(unsigned index); /* NULL past the end */

struct fz_transfer {
    int64_t number; /* 1, 2, 3 ... without gaps within a community */
    int64_t debit;  /* account numbers */
    int64_t credit;
    int64_t amount;
    int64_t time_us; /* strictly increasing */
    int64_t
        debit_previous; /* the account's transfer before this one, 0 if none: the history chain */
    int64_t credit_previous;
    int64_t debit_same; /* the same, of this kind and side alone: the chains per kind */
    int64_t credit_same;
    int64_t corrects; /* number of the transfer a CORRECTION undoes, else 0 */
    struct fz_id operation;
    enum fz_kind kind;
};

/* --- commands --------------------------------------------------------------------------------- */

enum fz_command_type {
#define FZ_COMMAND(name, code, slug, kept) FZ_COMMAND_##name = (code),
#include "feezero/commands.def"
#undef FZ_COMMAND
};

struct fz_command_info {
    enum fz_command_type type;
    const char *name; /* "PAY" */
    const char *slug; /* "payment" */
    bool kept;
};
const struct fz_command_info *fz_command_info(int code); /* NULL if there is none */

enum fz_intent_state {
    FZ_STATE_NONE = 0,
    FZ_STATE_CREATED = 1,   /* waits for a payer; leaves by pay, cancel or expiry */
    FZ_STATE_COMPLETED = 2, /* paid; leaves by void; refunds in parts leave it here */
    FZ_STATE_CANCELED = 3,  /* final */
    FZ_STATE_EXPIRED = 4,   /* final */
    FZ_STATE_VOIDED = 5     /* final */
};

/*
 * In the result of a REFUND alone, where else the intent's state stands: accepted, and booked as
 * soon as the shop has the money. The intent itself stays COMPLETED.
 */
#define FZ_REFUND_HELD 6
const char *fz_intent_state_name(enum fz_intent_state state); /* "CREATED" */

enum fz_payout_state {
    FZ_PAYOUT_NONE = 0,
    FZ_PAYOUT_BOOKED = 1,    /* taken from the shop, not in a file the bank has */
    FZ_PAYOUT_SENT = 2,      /* in a bank file that left */
    FZ_PAYOUT_CONFIRMED = 3, /* final: the bank paid it */
    FZ_PAYOUT_RETURNED = 4   /* final: the bank sent it back, the shop has it again */
};
const char *fz_payout_state_name(enum fz_payout_state state); /* "BOOKED" */

/*
 * What was signed, kept with the operation so that it can be verified years later. All borrowed:
 * must stay valid until the command is complete. base == NULL: nobody signed (tests, simulations).
 */
struct fz_signed_order {
    const char *key_id;
    const uint8_t *base; /* RFC 9421 signature base, <= FZ_ORDER_BASE_MAX bytes */
    size_t base_len;
    const uint8_t *body; /* <= FZ_ORDER_BODY_MAX bytes */
    size_t body_len;
    const uint8_t *signature;          /* 64 bytes, r || s */
    const char *approver_key_id;       /* second person, or NULL */
    const uint8_t *approver_signature; /* 64 bytes over the same base */
};

/*
 * The outcome of a command: what is stored in the operation row and nothing else. An answer is made
 * from it alone, so the same id gives the same bytes for ever.
 */
struct fz_result {
    fz_rc rc;
    enum fz_command_type type;
    struct fz_id id;
    struct fz_id ref;   /* intent or payout it was about, zero if none */
    int64_t actor;      /* party that asked */
    int64_t shop;       /* 0 if none */
    int64_t party;      /* wallet's party: payer, receiver of a top-up; 0 if none */
    int64_t payee;      /* party that received a P2P; 0 if none */
    int64_t amount;     /* asked for; for PAYOUT and COLLECT: what was moved */
    int64_t value;      /* by rc: INSUFFICIENT_FUNDS the available balance (never to a shop about
                              its customer: 0), REFUND_EXCEEDS the refundable rest,
                              SUSPECTED_DUPLICATE the seconds since the earlier payment,
                              LIMIT_EXCEEDED 0 for the limit per payment, else when the day's ends;
                              after a REFUND the total refunded; BILL the tax; LIMITS the daily */
    int64_t number;     /* first transfer, 0 if none was booked */
    int64_t time_us;    /* when it was decided */
    int64_t expires_us; /* INTENT, CODE */
    int32_t terminal;   /* 0 if none */
    int32_t state;      /* enum fz_intent_state or fz_payout_state after it, or FZ_REFUND_HELD */
    char note[144];     /* reference or message, UTF-8, NUL-terminated, <= FZ_NOTE_MAX bytes */
};

struct fz_command {
    enum fz_command_type type;
    struct fz_id id;     /* operation id; CANCEL and EXPIRE have none (zero) */
    struct fz_id ref;    /* CANCEL EXPIRE PAY VOID REFUND: the intent. PAYOUT_*: the payout.
                               REFUND_RELEASE: the REFUND. PAY to a sticker: zero, and the intent
                               it makes has the payment's id */
    struct fz_id sale;   /* REFUND_RELEASE: the intent that the REFUND was about */
    int64_t actor;       /* party that asks; for staff programs the staff member */
    int64_t shop;        /* INTENT CANCEL PAY VOID REFUND* PAYOUT BILL COLLECT. CANCEL by the payer
                               an intent waits for: 0 */
    int64_t party;       /* PAY P2P: payer. TOPUP: receiver. CODE LIMITS: whose.
                               REFUND_RELEASE: receiver */
    int64_t payee;       /* P2P */
    int64_t amount;      /* PAYOUT and COLLECT: at most this much, less if the balance is smaller.
                               CODE: at most this much without asking again. LIMITS: per payment */
    int64_t daily;       /* LIMITS: per business day; 0: none, as for `amount` */
    int64_t tax;         /* BILL: consumption tax, booked beside `amount` (the net) */
    int64_t corrects;    /* CORRECT: number of the transfer */
    int64_t deadline_us; /* 0: none. Not part of the request's identity */
    int32_t terminal;    /* INTENT: 1..999; PAY to a sticker: the sticker's, or 0; else 0 */
    int32_t ttl_s;       /* INTENT: seconds until it expires */
    const char *note;    /* UTF-8, NUL-terminated, <= FZ_NOTE_MAX bytes; NULL is "" */
    const char *qr;      /* INTENT: the code's text, kept as shown; NULL is "" */
    const char *shop_name; /* INTENT, PAY to a sticker: the name shown, kept; NULL is "" */
    bool again; /* PAY, INTENT by code: yes, once more; else SUSPECTED_DUPLICATE may refuse it */
    uint8_t code_hash[FZ_CODE_HASH_LEN]; /* CODE; INTENT by code; else zero */
    struct fz_signed_order order;
    uint8_t fingerprint[32];  /* set by fz_command_seal(): what "the same body" means */
    uint8_t order_digest[32]; /* set by fz_command_seal(): goes into the hash chain */
    struct fz_result result;  /* set when the command is complete */
    bool replayed;            /* the result was decided earlier, by the same id */
};

struct fz_sha256;

/*
 * Computes the fingerprint over the canonical encoding of everything that identifies the request,
 * and the digest of its signed order. Call once, before the command is handed to the engine or the
 * store.
 */
void fz_command_seal(struct fz_sha256 *sha, struct fz_command *command);

/* Whether it names a resident's code: the hash is not all zero. */
bool fz_command_has_code(const struct fz_command *command);

#endif
