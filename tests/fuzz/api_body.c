/*
 * Fuzzing the JSON bodies of the API. The first byte chooses the endpoint and the caller, the rest
 * is the body. It goes through the endpoint's own table. What is accepted is read a second time
 * here, by name, and must be within the documented limits; what is refused has a code, and a
 * refusal of a field names one that is in the body or is missing there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/wire/cpm.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/api/text.h"
#include "tests/fuzz/api_world.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define BODY_MAX 4096
#define NAMES_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct kind {
    enum fz_role role;
    const char *method;
    const char *target;
    enum fz_command_type type; /* 0: an enrolment */
    const char *names[NAMES_MAX];
};

static const struct kind kinds[] = {
    {FZ_ROLE_TERMINAL,
     "PUT",
     "/v1/intents/" ID,
     FZ_COMMAND_INTENT,
     {"amount", "expires_in", "reference", "terminal", "code", "again"}},
    {FZ_ROLE_OWNER,
     "PUT",
     "/v1/intents/" ID,
     FZ_COMMAND_INTENT,
     {"amount", "expires_in", "reference", "terminal", "code", "again"}},
    {FZ_ROLE_TERMINAL, "POST", "/v1/intents/" ID "/cancel", FZ_COMMAND_CANCEL, {NULL}},
    {FZ_ROLE_RESIDENT,
     "PUT",
     "/v1/payments/" ID,
     FZ_COMMAND_PAY,
     {"intent_id", "shop", "amount", "terminal", "again", "deadline"}},
    {FZ_ROLE_TERMINAL, "PUT", "/v1/voids/" ID, FZ_COMMAND_VOID, {"intent_id", "deadline"}},
    {FZ_ROLE_OWNER,
     "PUT",
     "/v1/refunds/" ID,
     FZ_COMMAND_REFUND,
     {"intent_id", "amount", "deadline"}},
    {FZ_ROLE_RESIDENT,
     "PUT",
     "/v1/transfers/" ID,
     FZ_COMMAND_P2P,
     {"to", "amount", "message", "deadline"}},
    {FZ_ROLE_RESIDENT, "PUT", "/v1/tombstones/" ID, FZ_COMMAND_TOMBSTONE, {"reason"}},
    {FZ_ROLE_RESIDENT, "POST", "/v1/enrol", 0, {"code", "public_key", "label"}},
};

static bool is_named(const struct kind *kind, const char *name)
{
    for (unsigned i = 0; i < NAMES_MAX && kind->names[i] != NULL; i++) {
        if (strcmp(kind->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* --- what is accepted ------------------------------------------------------------------------- */

static int64_t integer_of(json_t *root, const char *name, int64_t absent)
{
    const json_t *value = json_object_get(root, name);
    fz_assert(value == NULL || json_is_integer(value));
    return value != NULL ? (int64_t)json_integer_value(value) : absent;
}

static const char *string_of(json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    fz_assert(value == NULL || json_is_string(value));
    return value != NULL ? json_string_value(value) : NULL;
}

static void expect_note(json_t *root, const char *name, const char *note, size_t len_max)
{
    const char *text = string_of(root, name);
    size_t at = 0;
    uint32_t character = 0;
    fz_assert((text == NULL) == (note == NULL));
    if (text == NULL) {
        return;
    }
    size_t len = strlen(text);
    fz_assert(len == json_string_length(json_object_get(root, name)));
    fz_assert(strcmp(text, note) == 0 && len >= 1 && len <= len_max);
    while (at < len) {
        fz_assert(fz_utf8_next(text, len, &at, &character));
        fz_assert(character >= 0x20 && (character < 0x7f || character >= 0xa0));
        fz_assert(character < 0x7f || len_max != 25); /* references are ASCII */
    }
}

static void expect_id(json_t *root, const char *name, const struct fz_id *id)
{
    char text[FZ_ID_TEXT_LEN + 1];
    const char *given = string_of(root, name);
    fz_id_format(id, text);
    fz_assert(!fz_id_is_zero(id) && given != NULL && strcmp(given, text) == 0);
}

static void expect_party(json_t *root, const char *name, char letter, int64_t party)
{
    char text[FZ_PARTY_TEXT_SIZE];
    const char *given = string_of(root, name);
    fz_assert(party >= 1 && party <= FZ_PARTY_MAX);
    fz_party_text(letter, party, text);
    fz_assert(given != NULL && strcmp(given, text) == 0);
}

static void expect_amount(json_t *root, const struct fz_command *c)
{
    fz_assert(c->amount == integer_of(root, "amount", 0));
    fz_assert(c->amount >= FZ_AMOUNT_MIN && c->amount <= FZ_AMOUNT_MAX);
}

static void expect_deadline(json_t *root, const struct fz_command *c)
{
    int64_t us = 0;
    const char *text = string_of(root, "deadline");
    fz_assert((text == NULL) == (c->deadline_us == 0) && c->deadline_us >= 0);
    if (text != NULL) {
        fz_assert(fz_time_parse(text, strlen(text), &us));
        fz_assert(us == c->deadline_us || (us == 0 && c->deadline_us == 1));
    }
}

static void expect_intent(json_t *root, const struct kind *kind, const struct fz_command *c)
{
    char text[FZ_TERMINAL_TEXT_SIZE];
    const char *terminal = string_of(root, "terminal");
    static const uint8_t none[FZ_CODE_HASH_LEN];
    const char *code = string_of(root, "code");
    fz_assert(code == NULL || fz_code_is_right(code, strlen(code)));
    fz_assert((code == NULL) == (memcmp(c->code_hash, none, sizeof(none)) == 0));
    fz_assert(c->again == json_is_true(json_object_get(root, "again")));
    expect_amount(root, c);
    expect_note(root, "reference", c->note, 25);
    fz_assert(c->ttl_s == integer_of(root, "expires_in", FZ_INTENT_TTL_DEFAULT_S));
    fz_assert(c->ttl_s >= FZ_INTENT_TTL_MIN_S && c->ttl_s <= FZ_INTENT_TTL_MAX_S);
    fz_assert(c->shop == API_SHOP && c->qr != NULL);
    fz_assert((terminal == NULL) == (kind->role == FZ_ROLE_TERMINAL));
    fz_terminal_text(c->terminal, text);
    fz_assert(terminal == NULL ? c->terminal == API_TERMINAL : strcmp(terminal, text) == 0);
}

/* What a till asks for, or with no intent a sticker's sale. */
static void expect_payment(json_t *root, const struct fz_command *c)
{
    char text[FZ_TERMINAL_TEXT_SIZE];
    const char *terminal = string_of(root, "terminal");
    if (string_of(root, "intent_id") != NULL) {
        expect_id(root, "intent_id", &c->ref);
        fz_assert(terminal == NULL);
    } else {
        fz_assert(fz_id_is_zero(&c->ref) && c->shop_name != NULL);
    }
    fz_terminal_text(c->terminal == 0 ? 1 : c->terminal, text);
    fz_assert((terminal == NULL) == (c->terminal == 0));
    fz_assert(terminal == NULL || strcmp(terminal, text) == 0);
    fz_assert(c->again == json_is_true(json_object_get(root, "again")));
    expect_party(root, "shop", 'M', c->shop);
    expect_amount(root, c);
    expect_deadline(root, c);
    fz_assert(c->party == API_RESIDENT);
}

static void expect_return(json_t *root, const struct kind *kind, const struct fz_command *c)
{
    expect_id(root, "intent_id", &c->ref);
    expect_deadline(root, c);
    fz_assert(c->shop == API_SHOP && c->party == 0);
    if (kind->type == FZ_COMMAND_REFUND) {
        expect_amount(root, c);
    } else {
        fz_assert(c->amount == 0);
    }
}

static void expect_command(json_t *root, const struct kind *kind, const struct fz_command *c)
{
    fz_assert(c->type == kind->type);
    if (kind->type == FZ_COMMAND_INTENT) {
        expect_intent(root, kind, c);
    } else if (kind->type == FZ_COMMAND_VOID || kind->type == FZ_COMMAND_REFUND) {
        expect_return(root, kind, c);
    } else if (kind->type == FZ_COMMAND_PAY) {
        expect_payment(root, c);
    } else if (kind->type == FZ_COMMAND_P2P) {
        expect_party(root, "to", 'R', c->payee);
        expect_amount(root, c);
        expect_note(root, "message", c->note, FZ_NOTE_MAX);
        expect_deadline(root, c);
        fz_assert(c->party == API_RESIDENT);
    } else if (kind->type == FZ_COMMAND_TOMBSTONE) {
        expect_note(root, "reason", c->note, FZ_NOTE_MAX);
    }
}

static void
expect_accepted(const struct kind *kind, json_t *root, size_t len, const struct fz_command *c)
{
    const char *name = NULL;
    json_t *value = NULL;
    fz_assert(json_is_object(root) || len == 0);
    json_object_foreach(root, name, value)
    {
        fz_assert(is_named(kind, name) && !json_is_null(value));
    }
    fz_assert(len <= FZ_ORDER_BODY_MAX || kind->type == FZ_COMMAND_CANCEL);
    expect_command(root, kind, c);
}

/* --- what is refused -------------------------------------------------------------------------- */

/* As a refusal writes it: cut to 63 bytes. */
static bool is_member(json_t *root, const char *field)
{
    const char *name = NULL;
    json_t *value = NULL;
    size_t len = strlen(field);
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, field) == 0 || (len >= 60 && strncmp(name, field, 60) == 0)) {
            return true;
        }
    }
    return false;
}

static void
expect_refused(const struct kind *kind, json_t *root, size_t len, const struct api_outcome *outcome)
{
    bool is_order = kind->type != FZ_COMMAND_CANCEL && kind->type != 0;
    fz_assert(outcome->code != NULL);
    fz_assert((*outcome->code == FZ_BODY_TOO_LARGE) == (is_order && len > FZ_ORDER_BODY_MAX));
    const char *field = api_field(outcome);
    switch ((int)*outcome->code) {
    case FZ_BAD_JSON:
        fz_assert(!json_is_object(root) && len > 0);
        break;
    case FZ_BAD_FIELD:
        fz_assert(json_is_object(root) || len == 0);
        fz_assert(is_named(kind, field) || is_member(root, field));
        break;
    case FZ_BODY_TOO_LARGE:
        break;
    case FZ_SIGNATURE_MISSING: /* an enrolment that was read: its signature would come next */
        fz_assert(kind->type == 0 && json_object_size(root) >= 2);
        break;
    default:
        FZ_UNREACHABLE();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct api_outcome outcome;
    if (len == 0 || len > BODY_MAX) {
        return 0;
    }
    const struct kind *kind = &kinds[bytes[0] % (sizeof(kinds) / sizeof(kinds[0]))];
    const char *body = (const char *)bytes + 1;
    json_t *root = json_loadb(body, len - 1, JSON_REJECT_DUPLICATES, NULL);
    api_send(kind->role, kind->method, kind->target, body, len - 1, &outcome);
    if (outcome.asked == API_COMMAND) {
        fz_assert(*outcome.code == FZ_UNAVAILABLE);
        expect_accepted(kind, root, len - 1, &outcome.command);
    } else {
        fz_assert(outcome.asked == API_NOTHING);
        expect_refused(kind, root, len - 1, &outcome);
    }
    api_outcome_fini(&outcome);
    json_decref(root);
    return 0;
}
