/*
 * merchant-pos/core: the words for an outcome, and the names of kinds and states.
 */
#include "feezero/assert.h"
#include "feezero/pos.h"

enum word {
#define FZ_WORD(name, ja, en) WORD_##name,
#include "merchant-pos/core/words.def"
#undef FZ_WORD
};

static const char *const words[][2] = {
#define FZ_WORD(name, ja, en) {ja, en},
#include "merchant-pos/core/words.def"
#undef FZ_WORD
};

bool fz_pos_is_final(enum fz_pos_state state)
{
    return state >= FZ_POS_PAID;
}

static bool is_wallet(enum fz_pos_kind kind)
{
    return kind == FZ_POS_PAYMENT || kind == FZ_POS_TRANSFER || kind == FZ_POS_CODE;
}

static enum word word_open(const struct fz_pos_outcome *outcome)
{
    const struct fz_pos_operation *op = &outcome->operation;

    if (op->state == FZ_POS_CANCELING) {
        return WORD_CANCELING;
    }
    if (op->state == FZ_POS_PENDING) {
        return WORD_PENDING;
    }
    if (op->state == FZ_POS_ASKED && outcome->rc == FZ_OK) {
        return is_wallet(op->kind) ? WORD_ASKED_WALLET : WORD_ASKED;
    }
    if (op->state == FZ_POS_SHOWN && outcome->rc == FZ_OK) {
        return is_wallet(op->kind) ? WORD_SHOW_CODE : WORD_WAITING;
    }
    return is_wallet(op->kind) ? WORD_CHECKING_WALLET : WORD_CHECKING;
}

static enum word word_paid(const struct fz_pos_outcome *outcome)
{
    return outcome->since_voided ? WORD_PAID_VOIDED
           : outcome->raced      ? WORD_PAID_RACED
           : outcome->reprint && !is_wallet(outcome->operation.kind)
               ? WORD_PAID_REPRINT /* a second slip; a wallet prints none */
               : WORD_PAID;
}

static enum word word_canceled(const struct fz_pos_outcome *outcome)
{
    bool declined = outcome->rc == FZ_PAYER_DECLINED;

    if (is_wallet(outcome->operation.kind)) {
        return declined ? WORD_DECLINED_WALLET : WORD_CANCELED_WALLET;
    }
    return declined ? WORD_DECLINED : outcome->rc == FZ_OK ? WORD_CANCELED : WORD_CANCELED_CODE;
}

static enum word word_expired(const struct fz_pos_operation *op)
{
    return is_wallet(op->kind)   ? WORD_EXPIRED_WALLET
           : op->code[0] != '\0' ? WORD_NO_CONSENT
                                 : WORD_EXPIRED;
}

static enum word word_never(enum fz_pos_kind kind)
{
    switch (kind) {
    case FZ_POS_SALE:
        return WORD_NOT_TAKEN;
    case FZ_POS_VOID:
    case FZ_POS_REFUND:
        return WORD_NOT_DONE;
    case FZ_POS_PAYMENT:
        return WORD_NOT_CHARGED;
    case FZ_POS_TRANSFER:
        return WORD_NOT_SENT;
    case FZ_POS_CODE:
        return WORD_NO_CODE;
    }
    FZ_UNREACHABLE();
}

static enum word word_of(const struct fz_pos_outcome *outcome)
{
    switch (outcome->operation.state) {
    case FZ_POS_PREPARED:
    case FZ_POS_UNKNOWN:
    case FZ_POS_SHOWN:
    case FZ_POS_CANCELING:
    case FZ_POS_ASKED:
    case FZ_POS_PENDING:
        return word_open(outcome);
    case FZ_POS_PAID:
        return word_paid(outcome);
    case FZ_POS_CANCELED:
        return word_canceled(outcome);
    case FZ_POS_EXPIRED:
        return word_expired(&outcome->operation);
    case FZ_POS_REFUSED: /* only the new sale has a word of its own, see fz_pos_text() */
        return WORD_NEW_SALE;
    case FZ_POS_TOMBSTONED:
        return word_never(outcome->operation.kind);
    case FZ_POS_VOIDED:
        return WORD_VOIDED;
    case FZ_POS_REFUNDED:
        return WORD_REFUNDED;
    case FZ_POS_TRANSFERRED:
        return WORD_SENT;
    case FZ_POS_HELD:
        return WORD_HELD;
    }
    FZ_UNREACHABLE();
}

const char *fz_pos_text(const struct fz_pos_outcome *outcome, enum fz_pos_language language)
{
    const struct fz_pos_operation *op = &outcome->operation;
    bool is_new_sale = op->kind == FZ_POS_SALE && outcome->rc == FZ_ID_REUSED;
    bool is_refused = op->state == FZ_POS_REFUSED && !is_new_sale;
    bool is_waiting_to_send = op->state == FZ_POS_PREPARED && outcome->rc != FZ_OK &&
                              outcome->rc != FZ_OUTCOME_UNKNOWN; /* nothing can have happened */

    if (is_refused || is_waiting_to_send) {
        const struct fz_rc_info *info = fz_rc_info(outcome->rc);

        return language == FZ_POS_JA ? info->ja : info->en;
    }
    return words[word_of(outcome)][language == FZ_POS_JA ? 0 : 1];
}

const char *fz_pos_kind_name(enum fz_pos_kind kind)
{
    switch (kind) {
    case FZ_POS_SALE:
        return "sale";
    case FZ_POS_VOID:
        return "void";
    case FZ_POS_REFUND:
        return "refund";
    case FZ_POS_PAYMENT:
        return "payment";
    case FZ_POS_TRANSFER:
        return "transfer";
    case FZ_POS_CODE:
        return "code";
    }
    FZ_UNREACHABLE();
}

const char *fz_pos_state_name(enum fz_pos_state state)
{
    switch (state) {
    case FZ_POS_PREPARED:
        return "prepared";
    case FZ_POS_UNKNOWN:
        return "unknown";
    case FZ_POS_SHOWN:
        return "shown";
    case FZ_POS_CANCELING:
        return "canceling";
    case FZ_POS_ASKED:
        return "asked";
    case FZ_POS_PENDING:
        return "pending";
    case FZ_POS_PAID:
        return "paid";
    case FZ_POS_CANCELED:
        return "canceled";
    case FZ_POS_EXPIRED:
        return "expired";
    case FZ_POS_REFUSED:
        return "refused";
    case FZ_POS_TOMBSTONED:
        return "tombstoned";
    case FZ_POS_VOIDED:
        return "voided";
    case FZ_POS_REFUNDED:
        return "refunded";
    case FZ_POS_TRANSFERRED:
        return "transferred";
    case FZ_POS_HELD:
        return "held";
    }
    FZ_UNREACHABLE();
}
