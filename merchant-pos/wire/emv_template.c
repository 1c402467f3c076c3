/*
 * merchant-pos/wire: the templates of an EMV payload: merchant accounts (ours, the council's,
 * anyone else's), additional data, language, and the unreserved ones.
 */
#include <string.h>

#include "merchant-pos/wire/base32.h"
#include "merchant-pos/wire/emv_reader.h"

#define INTENT_CHARS FZ_BASE32_CHARS(sizeof(struct fz_id))

/* Any template with an identifier in 00, whoever's it is. */
static enum fz_emv_result read_identified(struct emv_reader *reader,
                                          struct emv_span span,
                                          struct emv_level *level,
                                          const struct emv_table *table,
                                          enum emv_class other)
{
    enum fz_emv_result result = fz_emv_read_level(reader, span, level, table, other);

    if (result == FZ_EMV_OK && level->values[EMV_SUB_GUID].len == 0) {
        return fz_emv_fail(reader, FZ_EMV_GUID, span.at);
    }
    return result;
}

/* 27/03. Another scheme's 27 may hold anything there: what is unreadable is only noted. */
static void read_intent(struct emv_reader *reader, struct emv_span value)
{
    const char *text = reader->text + value.at;
    struct fz_emv_code *code = reader->code;
    char canonical[INTENT_CHARS + 1];

    if (value.len == 0) {
        return;
    }
    if (fz_base32_decode(text, value.len, code->intent.bytes, sizeof(code->intent.bytes))) {
        fz_base32_encode(code->intent.bytes, sizeof(code->intent.bytes), canonical);
        code->has_intent = fz_emv_span_is(reader, value, canonical);
    }
    if (!code->has_intent) {
        memset(&code->intent, 0, sizeof(code->intent));
        code->intent_unreadable = true;
    }
}

static enum fz_emv_result
read_jpqr(struct emv_reader *reader, struct emv_span span, struct emv_level *level)
{
    enum fz_emv_result result = read_identified(reader, span, level, &fz_emv_foreign, EMV_ASCII);

    if (result != FZ_EMV_OK ||
        !fz_emv_span_is(reader, level->values[EMV_SUB_GUID], FZ_EMV_GUID_JPQR)) {
        return result;
    }
    for (size_t i = 0; i < fz_emv_jpqr.count; i++) {
        if (level->values[fz_emv_jpqr.fields[i].id].len == 0) {
            return fz_emv_fail(reader, FZ_EMV_JPQR_CODE, span.at);
        }
    }
    result = fz_emv_read_values(reader, level, &fz_emv_jpqr, EMV_ASCII);
    return result == FZ_EMV_OK ? result : FZ_EMV_JPQR_CODE;
}

static enum fz_emv_result read_account(struct emv_reader *reader, unsigned id, struct emv_span span)
{
    struct emv_level level;

    if (id == EMV_JPQR) {
        return read_jpqr(reader, span, &level);
    }
    if (id != EMV_OURS) {
        return read_identified(reader, span, &level, &fz_emv_foreign, EMV_ASCII);
    }
    enum fz_emv_result result = read_identified(reader, span, &level, &fz_emv_ours, EMV_ASCII);
    if (result == FZ_EMV_OK) {
        read_intent(reader, level.values[EMV_SUB_INTENT]);
    }
    return result;
}

/* 62/09: which of the payer's data the shop would like; each letter at most once. */
static enum fz_emv_result check_data_request(struct emv_reader *reader, struct emv_span value)
{
    const char *text = reader->text + value.at;

    for (size_t i = 0; i < value.len; i++) {
        if (strchr("AME", text[i]) == NULL || memchr(text, text[i], i) != NULL) {
            return fz_emv_fail(reader, FZ_EMV_DATA_REQUEST, value.at + i);
        }
    }
    return FZ_EMV_OK;
}

static enum fz_emv_result read_additional(struct emv_reader *reader, struct emv_span span)
{
    struct emv_level level;
    enum fz_emv_result result =
        fz_emv_read_level(reader, span, &level, &fz_emv_additional, EMV_TEXT);

    if (result == FZ_EMV_OK) {
        result = check_data_request(reader, level.values[EMV_SUB_DATA_REQUEST]);
    }
    for (unsigned id = EMV_SUB_SYSTEM_FIRST; id < EMV_ID_LIMIT && result == FZ_EMV_OK; id++) {
        if (level.values[id].len != 0) {
            struct emv_level inner;
            result = read_identified(reader, level.values[id], &inner, &fz_emv_foreign, EMV_TEXT);
        }
    }
    return result;
}

static enum fz_emv_result read_language(struct emv_reader *reader, struct emv_span span)
{
    struct emv_level level;
    enum fz_emv_result result = fz_emv_read_level(reader, span, &level, &fz_emv_language, EMV_TEXT);

    if (result == FZ_EMV_OK && (level.values[0].len == 0 || level.values[1].len == 0)) {
        return fz_emv_fail(reader, FZ_EMV_MISSING, span.at);
    }
    return result;
}

static enum fz_emv_result read_unreserved(struct emv_reader *reader, struct emv_span span)
{
    struct emv_level level;

    return read_identified(reader, span, &level, &fz_emv_foreign, EMV_TEXT);
}

enum fz_emv_result fz_emv_read_templates(struct emv_reader *reader, const struct emv_level *root)
{
    enum fz_emv_result result = FZ_EMV_OK;

    for (unsigned id = EMV_TEMPLATE_FIRST; id < EMV_ID_LIMIT && result == FZ_EMV_OK; id++) {
        struct emv_span span = root->values[id];
        if (span.len == 0) {
            continue;
        }
        if (id <= EMV_ACCOUNT_LAST) {
            result = read_account(reader, id, span);
        } else if (id == EMV_ADDITIONAL) {
            result = read_additional(reader, span);
        } else if (id == EMV_LANGUAGE) {
            result = read_language(reader, span);
        } else if (id >= EMV_UNRESERVED_FIRST) {
            result = read_unreserved(reader, span);
        }
    }
    return result;
}
