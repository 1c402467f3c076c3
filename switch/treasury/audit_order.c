/*
 * switch/treasury: orders. What a person signed must verify with the key that was enrolled for that
 * person, and must say what was booked: whoever holds the database can change rows, but cannot
 * sign.
 */
#include <inttypes.h>
#include <string.h>

#include "feezero/role.h"
#include "switch/auth/order.h"
#include "switch/treasury/audit.h"
#include "switch/treasury/day.h"
#include "switch/treasury/operation_id.h"
#include "switch/treasury/public_id.h"

#define REVOKED_SLACK_US 60000000 /* caches, requests under way, two clocks */

#define TILL (FZ_ROLE_BIT(FZ_ROLE_TERMINAL) | FZ_ROLE_BIT(FZ_ROLE_OWNER))
#define RESIDENT FZ_ROLE_BIT(FZ_ROLE_RESIDENT)
#define TREASURER FZ_ROLE_BIT(FZ_ROLE_TREASURER)

/* Whose key it must be. */
enum who {
    PARTY,
    SHOP,
    ACTOR
};

/* Names the first thing that the order and the operation do not agree about; NULL if they agree. */
typedef const char *(*order_says)(const struct fz_audit_operation *operation,
                                  int32_t community,
                                  const json_t *body);

struct order_rule {
    enum fz_command_type type;
    const char *method;
    const char *path; /* one that ends with '/' goes on with the operation's id */
    unsigned roles;
    enum who who;
    order_says says;
};

/* --- what the body says ----------------------------------------------------------------------- */

static bool says_text(const json_t *body, const char *field, const char *expected)
{
    const char *text = json_string_value(json_object_get(body, field));
    return text != NULL && strcmp(text, expected) == 0;
}

static bool says_number(const json_t *body, const char *field, int64_t expected)
{
    const json_t *value = json_object_get(body, field);
    return json_is_integer(value) && json_integer_value(value) == expected;
}

static bool says_id(const json_t *body, const char *field, const struct fz_id *expected)
{
    return says_text(body, field, fz_text_id(expected).text);
}

static bool says_party(const json_t *body, const char *field, char kind, int64_t party)
{
    return party > 0 && party <= FZ_PARTY_MAX &&
           says_text(body, field, fz_public_id(kind, party).text);
}

static const char *
says_intent(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    (void)community;
    return says_number(body, "amount", operation->result.amount) ? NULL : "amount";
}

static const char *
says_payment(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    (void)community;
    if (!says_number(body, "amount", result->amount)) {
        return "amount";
    }
    if (!says_party(body, "shop", 'M', result->shop)) {
        return "shop";
    }
    bool at_sticker = fz_id_is_zero(&result->ref) || fz_id_equal(&result->ref, &result->id);
    bool agrees = at_sticker ? json_object_get(body, "intent_id") == NULL
                             : says_id(body, "intent_id", &result->ref);
    return agrees ? NULL : "intent_id";
}

static const char *
says_void(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    (void)community;
    return says_id(body, "intent_id", &operation->result.ref) ? NULL : "intent_id";
}

static const char *
says_refund(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    if (!says_number(body, "amount", operation->result.amount)) {
        return "amount";
    }
    return says_void(operation, community, body);
}

static const char *
says_p2p(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    (void)community;
    if (!says_number(body, "amount", operation->result.amount)) {
        return "amount";
    }
    return says_party(body, "to", 'R', operation->result.payee) ? NULL : "to";
}

static const char *
says_topup(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    const char *deposit = json_string_value(json_object_get(body, "deposit"));
    struct fz_id id = {{0}};
    if (deposit != NULL && strlen(deposit) <= 35) {
        id = fz_operation_id_topup(community, deposit);
    }
    if (!fz_id_equal(&id, &result->id)) {
        return "deposit";
    }
    if (!says_number(body, "amount", result->amount)) {
        return "amount";
    }
    return says_party(body, "resident", 'R', result->party) ? NULL : "resident";
}

/* The day or month that a field of the body names; false if it names none. */
static bool read_day(const json_t *body, const char *field, bool month, int64_t *day_out)
{
    const char *text = json_string_value(json_object_get(body, field));
    return text != NULL && (month ? fz_month_parse(text, day_out) : fz_day_parse(text, day_out));
}

/* The settlement that the body names makes the very id of the operation. */
static const char *
says_settlement(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    int64_t day = 0;
    int64_t window = json_integer_value(json_object_get(body, "window"));
    if (!read_day(body, "business_date", false, &day) || window < 1 || window > 9) {
        return "business_date";
    }
    struct fz_id payout = fz_operation_id_settlement(community, "payout", day, (int32_t)window,
                                                     result->shop % (FZ_PARTY_MAX + 1));
    struct fz_id expected = payout;
    if (result->type == FZ_COMMAND_COLLECT) {
        expected = fz_operation_id_settlement(community, "collect", day, (int32_t)window,
                                              result->shop % (FZ_PARTY_MAX + 1));
    } else if (result->type == FZ_COMMAND_REFUND_RELEASE) {
        expected = fz_operation_id_release(community, day, (int32_t)window, &result->ref);
    } else if (result->type == FZ_COMMAND_PAYOUT_SENT) {
        expected = fz_operation_id_step(community, "payout-sent", &payout);
    }
    return fz_id_equal(&expected, &result->id) ? NULL : "business_date and window";
}

static const char *
says_bill(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    const char *what = result->type == FZ_COMMAND_BILL ? "bill" : "bill-collect";
    int64_t period = 0;
    if (!read_day(body, "period", true, &period)) {
        return "period";
    }
    struct fz_id expected =
        fz_operation_id_bill(community, what, period, result->shop % (FZ_PARTY_MAX + 1));
    return fz_id_equal(&expected, &result->id) ? NULL : "period";
}

static const char *
says_payout_step(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    (void)community;
    if (!says_number(body, "amount", result->amount)) {
        return "amount";
    }
    if (!says_party(body, "shop", 'M', result->shop)) {
        return "shop";
    }
    return says_id(body, "payout_id", &result->ref) ? NULL : "payout_id";
}

static const char *
says_correction(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    const struct fz_result *result = &operation->result;
    (void)community;
    if (!says_number(body, "amount", result->amount)) {
        return "amount";
    }
    if (!says_number(body, "transfer", result->value)) {
        return "transfer";
    }
    if (!says_text(body, "reason", result->note)) {
        return "reason";
    }
    return says_id(body, "operation_id", &result->id) ? NULL : "operation_id";
}

static const char *
says_code(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    (void)community;
    bool is_default = json_object_get(body, "max_amount") == NULL &&
                      operation->result.amount == FZ_CODE_AMOUNT_DEFAULT;
    bool agrees = is_default || says_number(body, "max_amount", operation->result.amount);
    return agrees ? NULL : "max_amount";
}

static const char *
says_nothing(const struct fz_audit_operation *operation, int32_t community, const json_t *body)
{
    (void)operation;
    (void)community;
    (void)body;
    return NULL;
}

static const struct order_rule rules[] = {
    {FZ_COMMAND_INTENT, "PUT", "/v1/intents/", TILL, SHOP, says_intent},
    {FZ_COMMAND_PAY, "PUT", "/v1/payments/", RESIDENT, PARTY, says_payment},
    {FZ_COMMAND_VOID, "PUT", "/v1/voids/", TILL, SHOP, says_void},
    {FZ_COMMAND_REFUND, "PUT", "/v1/refunds/", TILL, SHOP, says_refund},
    {FZ_COMMAND_P2P, "PUT", "/v1/transfers/", RESIDENT, PARTY, says_p2p},
    {FZ_COMMAND_CODE, "PUT", "/v1/codes/", RESIDENT, PARTY, says_code},
    {FZ_COMMAND_TOMBSTONE, "PUT", "/v1/tombstones/", FZ_ROLES_ALL, ACTOR, says_nothing},
    {FZ_COMMAND_TOPUP, "POST", "/fz/topup", TREASURER, ACTOR, says_topup},
    {FZ_COMMAND_REFUND_RELEASE, "POST", "/fz/settle", TREASURER, ACTOR, says_settlement},
    {FZ_COMMAND_PAYOUT, "POST", "/fz/settle", TREASURER, ACTOR, says_settlement},
    {FZ_COMMAND_PAYOUT_SENT, "POST", "/fz/settle", TREASURER, ACTOR, says_settlement},
    {FZ_COMMAND_PAYOUT_CONFIRM, "POST", "/fz/payout-confirm", TREASURER, ACTOR, says_payout_step},
    {FZ_COMMAND_PAYOUT_RETURN, "POST", "/fz/payout-return", TREASURER, ACTOR, says_payout_step},
    {FZ_COMMAND_BILL, "POST", "/fz/bill", TREASURER, ACTOR, says_bill},
    {FZ_COMMAND_COLLECT, "POST", "/fz/settle", TREASURER, ACTOR, says_settlement},
    {FZ_COMMAND_COLLECT, "POST", "/fz/bill", TREASURER, ACTOR, says_bill},
    {FZ_COMMAND_CORRECT, "POST", "/fz/correct", TREASURER, ACTOR, says_correction}};

/* --- the signature ---------------------------------------------------------------------------- */

static bool same(struct fz_httpsig_text text, const char *expected)
{
    return text.len == strlen(expected) && memcmp(text.at, expected, text.len) == 0;
}

/*
 * The path that was signed: "@path", or taken out of "@request-target" or "@target-uri", which
 * clients may sign in its place. False: none of them.
 */
static bool signed_path(const struct fz_httpsig_base *base, struct fz_httpsig_text *path_out)
{
    if (fz_httpsig_base_get(base, "@path", path_out)) {
        return true;
    }
    if (fz_httpsig_base_get(base, "@target-uri", path_out)) {
        const char *authority = memmem(path_out->at, path_out->len, "://", 3);
        size_t skip = authority == NULL ? 0 : (size_t)(authority - path_out->at) + 3;
        const char *slash = memchr(path_out->at + skip, '/', path_out->len - skip);
        skip = slash == NULL ? path_out->len : (size_t)(slash - path_out->at);
        path_out->at += skip;
        path_out->len -= skip;
    } else if (!fz_httpsig_base_get(base, "@request-target", path_out)) {
        return false;
    }
    const char *query = memchr(path_out->at, '?', path_out->len);
    path_out->len = query == NULL ? path_out->len : (size_t)(query - path_out->at);
    return true;
}

/* The rule of the operation whose method and path the order has; NULL if there is none. */
static const struct order_rule *find_rule(const struct fz_audit_operation *operation,
                                          const struct fz_httpsig_base *base)
{
    struct fz_httpsig_text method = {0};
    struct fz_httpsig_text path = {0};
    if (!fz_httpsig_base_get(base, "@method", &method) || !signed_path(base, &path)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct order_rule *rule = &rules[i];
        bool with_id = rule->path[strlen(rule->path) - 1] == '/';
        struct fz_text expected =
            fz_text("%s%s", rule->path, with_id ? fz_text_id(&operation->result.id).text : "");
        if (rule->type == operation->result.type && same(method, rule->method) &&
            same(path, expected.text)) {
            return rule;
        }
    }
    return NULL;
}

/* Parses the enrolled key. A key that is missing or no key is a difference, and *key_out NULL. */
static fz_rc take_key(struct fz_audit *audit,
                      const struct fz_id *id,
                      const struct fz_audit_key *row,
                      struct fz_key **key_out,
                      struct fz_err *err)
{
    *key_out = NULL;
    fz_rc rc = row->public_key == NULL
                   ? FZ_FORMAT
                   : fz_key_from_spki(row->public_key, row->public_key_len, key_out, err);
    if (rc == FZ_FORMAT) {
        fz_audit_find(audit, "order-key", fz_text_id(id).text, "an enrolled key",
                      row->public_key == NULL ? "none" : "no P-256 key");
        return FZ_OK;
    }
    return rc;
}

/* The key's owner may give such an order. */
static void check_owner(struct fz_audit *audit,
                        const struct fz_audit_operation *operation,
                        const struct order_rule *rule)
{
    const struct fz_result *result = &operation->result;
    const struct fz_audit_key *key = &operation->key;
    struct fz_text id = fz_text_id(&result->id);
    int64_t party = rule->who == PARTY  ? result->party
                    : rule->who == SHOP ? result->shop
                                        : result->actor;
    enum fz_role role = FZ_ROLE_RESIDENT;
    fz_audit_compare(audit, "order-party", id.text, party, key->party);
    if (!fz_role_from_number(key->role, &role) || !fz_role_in(role, rule->roles)) {
        fz_audit_find(audit, "order-role", id.text, "a role that may do this",
                      fz_text("role %" PRId32, key->role).text);
    }
    if (result->type == FZ_COMMAND_INTENT && role == FZ_ROLE_TERMINAL) {
        fz_audit_compare(audit, "order-terminal", id.text, key->terminal, result->terminal);
    }
    if (key->revoked_us != 0 && result->time_us > key->revoked_us + REVOKED_SLACK_US) {
        fz_audit_find(audit, "order-revoked", id.text, "a key that was good then",
                      fz_text("revoked at %" PRId64, key->revoked_us).text);
    }
}

/* What the signed body says against what was booked. */
static void check_content(struct fz_audit *audit,
                          const struct fz_audit_operation *operation,
                          const struct order_rule *rule)
{
    const struct fz_signed_order *order = &operation->order;
    struct fz_text id = fz_text_id(&operation->result.id);
    if (operation->result.rc != FZ_OK || rule->says == says_nothing) {
        return;
    }
    json_t *body =
        json_loadb((const char *)order->body, order->body_len, JSON_REJECT_DUPLICATES, NULL);
    const char *field = "body";
    if (json_is_object(body)) {
        field = rule->says(operation, audit->community, body);
    }
    if (field != NULL) {
        fz_audit_find(audit, "order-content", id.text, "what was signed",
                      fz_text("another %s was booked", field).text);
    }
    json_decref(body);
}

/* Two people: the second one signed the same bytes. */
static fz_rc check_approver(struct fz_audit *audit,
                            const struct fz_audit_operation *operation,
                            struct fz_err *err)
{
    const struct fz_signed_order *order = &operation->order;
    const struct fz_id *id = &operation->result.id;
    struct fz_key *key = NULL;
    if (order->approver_key_id == NULL) {
        if (operation->result.type == FZ_COMMAND_CORRECT && operation->result.rc == FZ_OK) {
            fz_audit_find(audit, "order-approver", fz_text_id(id).text, "a second signature",
                          "none");
        }
        return FZ_OK;
    }
    if (operation->approver.party == operation->key.party ||
        operation->approver.role != (int32_t)FZ_ROLE_TREASURER) {
        fz_audit_find(audit, "order-approver", fz_text_id(id).text, "another treasurer",
                      fz_text("party %" PRId64 " role %" PRId32, operation->approver.party,
                              operation->approver.role)
                          .text);
    }
    fz_rc rc = take_key(audit, id, &operation->approver, &key, err);
    if (key == NULL) {
        return rc;
    }
    rc = operation->approver_signature_len != FZ_SIGNATURE_LEN
             ? FZ_SIGNATURE_INVALID
             : fz_key_verify(key, order->base, order->base_len, order->approver_signature, err);
    fz_key_destroy(&key);
    if (rc == FZ_SIGNATURE_INVALID) {
        fz_audit_find(audit, "order-approver", fz_text_id(id).text, "a signature that verifies",
                      "one that does not");
        rc = FZ_OK;
    }
    return rc;
}

/* The order proves itself. *base_out is set, and true returned by *proven_out, only if it does. */
static fz_rc check_signature(struct fz_audit *audit,
                             const struct fz_audit_operation *operation,
                             struct fz_httpsig_base *base_out,
                             bool *proven_out,
                             struct fz_err *err)
{
    const struct fz_signed_order *kept = &operation->order;
    struct fz_key *key = NULL;
    struct fz_err reason = {0};
    *proven_out = false;
    fz_rc rc = take_key(audit, &operation->result.id, &operation->key, &key, err);
    if (key == NULL) {
        return rc;
    }
    struct fz_order order = {.base = {(const char *)kept->base, kept->base_len},
                             .body = {(const char *)kept->body, kept->body_len},
                             .key_id = {kept->key_id, strlen(kept->key_id)}};
    memcpy(order.signature, kept->signature, FZ_SIGNATURE_LEN);
    rc = fz_order_verify(&order, key, base_out, &reason);
    fz_key_destroy(&key);
    if (rc == FZ_CRYPTO || rc == FZ_NO_MEMORY) {
        return fz_fail(err, rc, "%s", reason.msg);
    }
    *proven_out = rc == FZ_OK;
    if (rc != FZ_OK) {
        fz_audit_find(audit, "order-signature", fz_text_id(&operation->result.id).text,
                      "an order that proves itself", reason.msg);
    }
    return FZ_OK;
}

/*
 * Whether somebody must have asked for it. A switch releases a refund on hold by itself: whoever
 * asked for the refund has signed that, though it moved nothing then.
 */
static bool needs_order(const struct fz_result *result)
{
    bool is_release = result->type == FZ_COMMAND_REFUND_RELEASE;
    bool is_refund = result->type == FZ_COMMAND_REFUND && result->rc == FZ_OK;
    return (result->number != 0 && !is_release) || is_refund;
}

fz_rc fz_audit_order(struct fz_audit *audit,
                     const struct fz_audit_operation *operation,
                     struct fz_err *err)
{
    const struct fz_signed_order *order = &operation->order;
    struct fz_httpsig_base base;
    bool proven = false;
    bool whole = order->key_id != NULL && order->base != NULL && order->signature != NULL &&
                 operation->signature_len == FZ_SIGNATURE_LEN;
    if (!whole) {
        if (needs_order(&operation->result) || order->base != NULL) {
            fz_audit_find(audit, "order-missing", fz_text_id(&operation->result.id).text,
                          "the order of who moved the money", "none");
        }
        return FZ_OK;
    }
    fz_rc rc = check_signature(audit, operation, &base, &proven, err);
    if (rc != FZ_OK || !proven) {
        return rc;
    }
    audit->orders++;
    const struct order_rule *rule = find_rule(operation, &base);
    if (rule == NULL) {
        fz_audit_find(audit, "order-content", fz_text_id(&operation->result.id).text,
                      "a request for this operation", "a signature over another one");
        return FZ_OK;
    }
    check_owner(audit, operation, rule);
    check_content(audit, operation, rule);
    return check_approver(audit, operation, err);
}
