/*
 * merchant-pos/posix: paying a code. Everything the code itself can prove is checked before the
 * switch hears of it, and what the switch says of the sale must agree with the code, before the
 * payer is asked.
 */
#include <jansson.h>
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/core/answer.h"
#include "merchant-pos/core/exchange.h"
#include "merchant-pos/posix/qr_read.h"
#include "merchant-pos/posix/session.h"
#include "merchant-pos/posix/wallet.h"
#include "merchant-pos/wire/emv.h"

static char payload[FZ_EMV_SIZE_MAX];
static size_t payload_len;
static struct fz_id repeated_id; /* zero: a fresh payment */
static const char *given_text;   /* the code as an argument; NULL: an option names it */
static int64_t given_amount;     /* for a code without one; 0: none */

/* A code that must not be paid: why, for the payer and for whoever looks into it. */
static enum fz_exit refuse_code(const struct fz_say *say, enum fz_phrase phrase, const char *detail)
{
    const char *words = fz_say_phrase(say, phrase);

    if (say->options->json) {
        fz_say_json(json_pack("{s:s,s:s,s:s,s:s}", "state", "refused", "code", "bad-code", "text",
                              words, "detail", detail));
    } else {
        printf("%s%s%s%s\n", words, *detail == '\0' ? "" : " (", detail,
               *detail == '\0' ? "" : ")");
    }
    return FZ_EXIT_REFUSED;
}

static fz_rc read_payload(const struct fz_options *options, struct fz_err *err)
{
    const char *text = given_text != NULL ? given_text : options->text[FZ_OPTION_PAYLOAD];

    if (text == NULL) {
        return fz_qr_read_png(options->text[FZ_OPTION_QR_IMAGE], payload, sizeof payload,
                              &payload_len, err);
    }
    payload_len = strlen(text);
    if (payload_len >= sizeof payload) {
        return fz_fail(err, FZ_LIMIT, "the code is too long");
    }
    memcpy(payload, text, payload_len + 1);
    return FZ_OK;
}

/* The sale as the switch knows it. *view is filled when FZ_EXIT_DONE is answered. */
static enum fz_exit
look_up(struct fz_session *session, const struct fz_emv_code *code, struct fz_intent_view *intent)
{
    const struct fz_say *say = &session->say;
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_view view;
    struct fz_json root;
    char path[FZ_POS_PATH_MAX];

    fz_exchange_path(path, "intents", &code->intent, "");
    fz_rc rc = fz_pos_get(&session->machine->pos, path, NULL, &view, &err);

    if (rc != FZ_OK) {
        return fz_say_failure(say, rc, &err);
    }
    if (view.rc != FZ_OK) {
        return fz_say_refusal(say, view.rc, session->machine->trouble.msg);
    }
    if (!fz_json_check(view.body, view.body_len, &root) || !fz_answer_intent(root, intent) ||
        !fz_id_equal(&intent->id, &code->intent)) {
        rc = fz_fail(&err, FZ_FORMAT, "the switch's sale is malformed");
        return fz_say_failure(say, rc, &err);
    }
    if (intent->amount != code->amount || strcmp(intent->shop, code->shop) != 0) {
        return refuse_code(say, FZ_PHRASE_CODE_DIFFERS, "");
    }
    return FZ_EXIT_DONE;
}

/* Why an intent cannot be paid any more; FZ_OK: it can. */
static fz_rc closed_reason(enum fz_intent_state state)
{
    switch (state) {
    case FZ_VIEW_CREATED:
        return FZ_OK;
    case FZ_VIEW_COMPLETED:
    case FZ_VIEW_VOIDED:
        return FZ_INTENT_PAID;
    case FZ_VIEW_CANCELED:
        return FZ_INTENT_CANCELED;
    case FZ_VIEW_EXPIRED:
        return FZ_INTENT_EXPIRED;
    }
    return FZ_INTERNAL;
}

/* The switch tells a payment's id to its payer alone: this wallet has paid the sale before. */
static bool is_paid_by_us(const struct fz_intent_view *intent)
{
    return closed_reason(intent->state) == FZ_INTENT_PAID && !fz_id_is_zero(&intent->payment);
}

/* The same code again: the same receipt again. */
static enum fz_exit show_again(const struct fz_say *say, const struct fz_intent_view *intent)
{
    struct fz_pos_outcome outcome = {.operation = {.kind = FZ_POS_PAYMENT,
                                                   .state = FZ_POS_PAID,
                                                   .id = intent->payment,
                                                   .intent = intent->id,
                                                   .amount = intent->amount,
                                                   .number = intent->number,
                                                   .booked_at_ms = intent->paid_at_ms},
                                     .since_voided = intent->state == FZ_VIEW_VOIDED,
                                     .refunded = intent->refunded};

    memcpy(outcome.operation.party, intent->shop, sizeof intent->shop);
    memcpy(outcome.operation.party_name, intent->shop_name, sizeof intent->shop_name);
    fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_PAID_BEFORE));
    return fz_say_outcome(say, &outcome);
}

static bool confirm(const struct fz_say *say, const struct fz_pos_payment *payment)
{
    char amount[FZ_SAY_AMOUNT_SIZE];

    fz_say_amount(say, payment->amount, amount);
    fprintf(stderr, "%s (%s)  %s\n", payment->shop_name, payment->shop, amount);
    return say->options->text[FZ_OPTION_YES] != NULL || fz_say_ask(say, FZ_PHRASE_PAY_QUESTION);
}

/* "You paid the same here 20 seconds ago": paid again only if the person says so, and as anew. */
static bool confirm_again(const struct fz_say *say, const struct fz_pos_outcome *outcome)
{
    return outcome->operation.state == FZ_POS_REFUSED && outcome->rc == FZ_SUSPECTED_DUPLICATE &&
           !say->options->json && fz_say_ask(say, FZ_PHRASE_AGAIN_QUESTION);
}

static enum fz_exit pay_confirmed(struct fz_session *session, struct fz_pos_payment *payment)
{
    const struct fz_say *say = &session->say;
    struct fz_pos_outcome outcome;
    struct fz_err err = {.rc = FZ_OK};

    payment->id = repeated_id;
    payment->again = say->options->text[FZ_OPTION_AGAIN] != NULL;
    if (!confirm(say, payment)) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_DECLINED));
        return FZ_EXIT_REFUSED;
    }
    fz_rc rc = fz_pos_pay(&session->machine->pos, payment, &outcome, &err);
    enum fz_exit result = fz_say_result(say, rc, &outcome, &err);

    if (rc == FZ_OK && confirm_again(say, &outcome)) {
        payment->id = (struct fz_id){{0}};
        payment->again = true;
        rc = fz_pos_pay(&session->machine->pos, payment, &outcome, &err);
        result = fz_say_result(say, rc, &outcome, &err);
    }
    return result;
}

static enum fz_exit pay_intent(struct fz_session *session, const struct fz_intent_view *intent)
{
    struct fz_pos_payment payment = {.intent = intent->id,
                                     .shop = intent->shop,
                                     .shop_name = intent->shop_name,
                                     .amount = intent->amount};

    return pay_confirmed(session, &payment);
}

/* --- a sticker: the person types the amount --------------------------------------------------- */

/* What the switch says of a shop before money goes there. */
struct shop {
    char name[FZ_POS_NAME_MAX + 1];
    bool is_open;
    int64_t usual_max; /* 0: too few payments to tell */
};

static bool read_shop(const struct fz_pos_view *view, struct shop *shop_out)
{
    json_error_t error;
    json_t *answer = json_loadb(view->body, view->body_len, JSON_REJECT_DUPLICATES, &error);
    const char *name = json_string_value(json_object_get(answer, "name"));
    const json_t *open = json_object_get(answer, "open");
    bool is_whole = name != NULL && json_is_boolean(open);

    *shop_out =
        (struct shop){.is_open = json_is_true(open),
                      .usual_max = json_integer_value(json_object_get(answer, "usual_max"))};
    if (is_whole) {
        snprintf(shop_out->name, sizeof shop_out->name, "%s", name);
    }
    json_decref(answer);
    return is_whole;
}

/* A zero too many is seldom meant: far above what the shop usually takes, ask once more. */
static bool confirm_unusual(const struct fz_say *say, const struct shop *shop)
{
    char usual[FZ_SAY_AMOUNT_SIZE], wanted[FZ_SAY_AMOUNT_SIZE];

    if (shop->usual_max == 0 || given_amount <= shop->usual_max) {
        return true;
    }
    fz_say_amount(say, shop->usual_max, usual);
    fz_say_amount(say, given_amount, wanted);
    fprintf(stderr, "%s %s / %s\n", fz_say_phrase(say, FZ_PHRASE_UNUSUAL), usual, wanted);
    return say->options->text[FZ_OPTION_YES] != NULL || fz_say_ask(say, FZ_PHRASE_UNUSUAL_QUESTION);
}

static enum fz_exit pay_sticker(struct fz_session *session, const struct fz_emv_code *code)
{
    const struct fz_say *say = &session->say;
    struct fz_err err = {.rc = FZ_OK};
    struct fz_pos_view view;
    struct shop shop;
    char path[FZ_POS_PATH_MAX];

    if (given_amount == 0) {
        return refuse_code(say, FZ_PHRASE_NO_AMOUNT, "");
    }
    snprintf(path, sizeof path, "/v1/shops/%.9s", code->shop);
    fz_rc rc = fz_pos_get(&session->machine->pos, path, NULL, &view, &err);

    if (rc != FZ_OK) {
        return fz_say_failure(say, rc, &err);
    }
    if (view.rc != FZ_OK) {
        return fz_say_refusal(say, view.rc, session->machine->trouble.msg);
    }
    if (!read_shop(&view, &shop)) {
        rc = fz_fail(&err, FZ_FORMAT, "the switch's shop is malformed");
        return fz_say_failure(say, rc, &err);
    }
    if (!shop.is_open) {
        return fz_say_refusal(say, FZ_MERCHANT_CLOSED, "");
    }
    if (!confirm_unusual(say, &shop)) {
        fprintf(stderr, "%s\n", fz_say_phrase(say, FZ_PHRASE_DECLINED));
        return FZ_EXIT_REFUSED;
    }
    struct fz_pos_payment payment = {.shop = code->shop,
                                     .shop_name = shop.name,
                                     .terminal = code->terminal,
                                     .amount = given_amount};

    return pay_confirmed(session, &payment);
}

static enum fz_exit pay(struct fz_session *session)
{
    const struct fz_say *say = &session->say;
    struct fz_err err = {.rc = FZ_OK};
    static struct fz_emv_code code;
    struct fz_intent_view intent = {.state = FZ_VIEW_EXPIRED};
    fz_rc rc = read_payload(session->options, &err);

    if (rc == FZ_FORMAT || rc == FZ_LIMIT) {
        return refuse_code(say, FZ_PHRASE_NO_CODE, err.msg);
    }
    if (rc != FZ_OK) {
        return fz_say_failure(say, rc, &err);
    }
    enum fz_emv_result result = fz_emv_parse(payload, payload_len, &code, NULL);

    if (result == FZ_EMV_OK) {
        result = fz_emv_check_payable(&code, session->machine->home.settings.guid);
    }
    if (result != FZ_EMV_OK) {
        return refuse_code(say, FZ_PHRASE_NOT_GENUINE, fz_emv_result_text(result));
    }
    fz_say_warnings(say, 0);
    if (!code.has_intent) {
        return pay_sticker(session, &code);
    }
    if (given_amount != 0 && given_amount != code.amount) {
        return refuse_code(say, FZ_PHRASE_CODE_DIFFERS, "");
    }
    enum fz_exit looked = look_up(session, &code, &intent);

    if (looked != FZ_EXIT_DONE) {
        return looked;
    }
    rc = closed_reason(intent.state);
    if (rc != FZ_OK && fz_id_is_zero(&repeated_id)) {
        return is_paid_by_us(&intent) ? show_again(say, &intent) : fz_say_refusal(say, rc, "");
    }
    return pay_intent(session, &intent);
}

enum fz_exit fz_wallet_pay(const struct fz_options *options)
{
    const char *id = options->text[FZ_OPTION_ID];
    bool has_image = options->text[FZ_OPTION_QR_IMAGE] != NULL;
    bool has_payload = options->text[FZ_OPTION_PAYLOAD] != NULL;

    const char *amount = options->arguments[0];

    if (!has_image && !has_payload) {
        given_text = options->arguments[0];
        amount = options->arguments[1];
    }
    if (has_image + has_payload + (given_text != NULL) != 1 ||
        (given_text == NULL && options->arguments[1] != NULL)) {
        return fz_options_wrong("pay needs CODE, --qr-image FILE or --payload TEXT", NULL);
    }
    if (amount != NULL &&
        !fz_options_number(amount, FZ_AMOUNT_MIN, FZ_PAYMENT_MAX, &given_amount)) {
        return fz_options_wrong("AMOUNT is a number of yen", amount);
    }
    if (id != NULL && !fz_options_id(id, &repeated_id)) {
        return fz_options_wrong("--id is a lower-case UUID", id);
    }
    return fz_session_run(options, FZ_WALLET_ROLE, pay);
}
