/*
 * merchant-pos/core: reading of intents, operations and inquiries.
 */
#include "merchant-pos/core/answer.h"

#include <string.h>

#include "merchant-pos/core/text.h"
#include "merchant-pos/core/timestamp.h"

#define WORD_MAX 40

bool fz_answer_text(struct fz_json object, const char *name, char *out, size_t size)
{
    struct fz_json value;

    return fz_json_get(object, name, &value) && fz_json_string(value, out, size, NULL);
}

bool fz_answer_id(struct fz_json object, const char *name, struct fz_id *id_out)
{
    char text[FZ_ID_TEXT_LEN + 1];

    return fz_answer_text(object, name, text, sizeof text) &&
           fz_id_parse(text, strlen(text), id_out);
}

bool fz_answer_int(struct fz_json object, const char *name, int64_t *number_out)
{
    struct fz_json value;

    return fz_json_get(object, name, &value) && fz_json_int(value, number_out);
}

bool fz_answer_time(struct fz_json object, const char *name, int64_t *ms_out)
{
    char text[FZ_TIMESTAMP_LEN + 8];

    return fz_answer_text(object, name, text, sizeof text) && fz_timestamp_parse(text, ms_out);
}

/* A member that may be absent or null; present, it must be a number. */
static bool optional_int(struct fz_json object, const char *name, int64_t *number_out)
{
    struct fz_json value;

    *number_out = 0;
    if (!fz_json_get(object, name, &value) || value.at[0] == 'n') {
        return true;
    }
    return fz_json_int(value, number_out);
}

static bool optional_time(struct fz_json object, const char *name, int64_t *ms_out)
{
    struct fz_json value;

    *ms_out = 0;
    if (!fz_json_get(object, name, &value) || value.at[0] == 'n') {
        return true;
    }
    return fz_answer_time(object, name, ms_out);
}

/* A name for people: cut to our room, "" if absent. */
static void read_name(struct fz_json object, char out[FZ_POS_NAME_MAX + 1])
{
    char name[FZ_POS_NAME_MAX * 4];

    out[0] = '\0';
    if (fz_answer_text(object, "name", name, sizeof name)) {
        fz_text_copy(out, FZ_POS_NAME_MAX + 1, name, strlen(name));
    }
}

/* Finds the member `state` in a list of words. */
static bool
read_state(struct fz_json object, const char *const words[], size_t count, size_t *index_out)
{
    char word[WORD_MAX];

    if (!fz_answer_text(object, "state", word, sizeof word)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

static bool read_intent_state(struct fz_json object, enum fz_intent_state *state_out)
{
    static const char *const words[] = {
        [FZ_VIEW_CREATED] = "CREATED",   [FZ_VIEW_COMPLETED] = "COMPLETED",
        [FZ_VIEW_CANCELED] = "CANCELED", [FZ_VIEW_EXPIRED] = "EXPIRED",
        [FZ_VIEW_VOIDED] = "VOIDED",
    };
    size_t index = 0;
    bool known = read_state(object, words, sizeof words / sizeof words[0], &index);

    *state_out = (enum fz_intent_state)index;
    return known;
}

bool fz_answer_intent(struct fz_json object, struct fz_intent_view *view_out)
{
    struct fz_json shop, qr;

    memset(view_out, 0, sizeof *view_out);
    if (!fz_answer_id(object, "intent_id", &view_out->id) ||
        !read_intent_state(object, &view_out->state) ||
        !fz_answer_int(object, "amount", &view_out->amount) || view_out->amount <= 0 ||
        !fz_json_get(object, "shop", &shop) ||
        !fz_answer_text(shop, "id", view_out->shop, sizeof view_out->shop)) {
        return false;
    }
    read_name(shop, view_out->shop_name);
    if (!fz_answer_text(object, "terminal", view_out->terminal, sizeof view_out->terminal)) {
        view_out->terminal[0] = '\0'; /* opened by the shop itself */
    }
    if (!optional_int(object, "refunded", &view_out->refunded) ||
        !optional_int(object, "held", &view_out->held) ||
        !optional_int(object, "number", &view_out->number) ||
        !optional_time(object, "paid_at", &view_out->paid_at_ms) ||
        !optional_time(object, "expires_at", &view_out->expires_at_ms)) {
        return false;
    }
    if (!fz_answer_id(object, "operation_id", &view_out->payment)) {
        memset(&view_out->payment, 0, sizeof view_out->payment);
    }
    /* No code to show, and never open: a sale by the payer's code was open for a while. */
    view_out->is_sticker = fz_json_get(object, "qr", &qr) && qr.len == 2 &&
                           view_out->expires_at_ms != 0 &&
                           view_out->expires_at_ms - view_out->paid_at_ms <= 1;
    return true;
}

bool fz_answer_operation(struct fz_json object, struct fz_operation_view *view_out)
{
    struct fz_json party;
    char status[WORD_MAX];

    memset(view_out, 0, sizeof *view_out);
    view_out->is_held =
        fz_answer_text(object, "status", status, sizeof status) && strcmp(status, "HELD") == 0;
    if (!fz_answer_id(object, "operation_id", &view_out->id) ||
        !fz_answer_int(object, "amount", &view_out->amount) || view_out->amount <= 0 ||
        !optional_int(object, "number", &view_out->number) ||
        (view_out->number <= 0 && !view_out->is_held) ||
        !fz_answer_time(object, "at", &view_out->at_ms) ||
        !optional_time(object, "eta", &view_out->eta_ms) ||
        !optional_int(object, "refunded", &view_out->refunded)) {
        return false;
    }
    if (!fz_answer_id(object, "intent_id", &view_out->intent)) {
        memset(&view_out->intent, 0, sizeof view_out->intent);
    }
    if (fz_json_get(object, "to", &party) || fz_json_get(object, "shop", &party)) {
        read_name(party, view_out->party_name);
    }
    return true;
}

bool fz_answer_code(struct fz_json object, struct fz_code_view *view_out)
{
    static const char *const words[] = {
        [FZ_VIEW_CODE_WAITING] = "WAITING",
        [FZ_VIEW_CODE_ASKED] = "ASKED",
        [FZ_VIEW_CODE_USED] = "USED",
        [FZ_VIEW_CODE_EXPIRED] = "EXPIRED",
    };
    struct fz_json intent;
    size_t index = 0;

    memset(view_out, 0, sizeof *view_out);
    if (!fz_answer_id(object, "code_id", &view_out->id) ||
        !read_state(object, words, sizeof words / sizeof words[0], &index)) {
        return false;
    }
    view_out->state = (enum fz_code_state)index;
    view_out->has_intent =
        fz_json_get(object, "intent", &intent) && fz_answer_intent(intent, &view_out->intent);
    return view_out->has_intent || view_out->state == FZ_VIEW_CODE_WAITING ||
           view_out->state == FZ_VIEW_CODE_EXPIRED;
}

static fz_rc refusal_code(struct fz_json problem)
{
    char slug[WORD_MAX];
    const struct fz_rc_info *info = NULL;

    if (fz_answer_text(problem, "code", slug, sizeof slug)) {
        info = fz_rc_by_slug(slug);
    }
    return info == NULL || info->rc == FZ_OK ? FZ_BAD_REQUEST : info->rc;
}

bool fz_answer_inquiry(struct fz_json object, struct fz_inquiry_view *view_out)
{
    char word[WORD_MAX];

    memset(view_out, 0, sizeof *view_out);
    if (!fz_answer_id(object, "operation_id", &view_out->id) ||
        !fz_answer_text(object, "status", word, sizeof word)) {
        return false;
    }
    bool has_result = fz_json_get(object, "result", &view_out->result);

    if (strcmp(word, "TOMBSTONED") == 0) {
        view_out->status = FZ_INQUIRY_TOMBSTONED;
        return true;
    }
    if (strcmp(word, "REJECTED") == 0 && has_result) {
        view_out->status = FZ_INQUIRY_REJECTED;
        view_out->rc = refusal_code(view_out->result);
        return true;
    }
    view_out->status = FZ_INQUIRY_DONE;
    return (strcmp(word, "DONE") == 0 || strcmp(word, "HELD") == 0) && has_result;
}
