/*
 * merchant-pos/wire: reading an EMV payload. The text first (UTF-8, frame, CRC), then the objects
 * of the outer level, their values, what depends on one another, and the templates last. The input
 * comes from a camera: nothing in it is believed, and no object is read outside the level that
 * holds it.
 */
#include <string.h>

#include "merchant-pos/wire/emv_reader.h"

#define PERCENT_MAX 99

static enum fz_emv_result check_mandatory(struct emv_reader *reader, const struct emv_level *root)
{
    static const uint8_t mandatory[] = {EMV_MCC, EMV_CURRENCY, EMV_COUNTRY, EMV_NAME, EMV_CITY};

    for (size_t i = 0; i < sizeof(mandatory); i++) {
        if (root->values[mandatory[i]].len == 0) {
            return fz_emv_fail(reader, FZ_EMV_MISSING, reader->len);
        }
    }
    for (unsigned id = EMV_ACCOUNT_FIRST; id <= EMV_ACCOUNT_LAST; id++) {
        if (root->values[id].len != 0) {
            return FZ_EMV_OK;
        }
    }
    return fz_emv_fail(reader, FZ_EMV_MISSING, reader->len);
}

static enum fz_emv_result read_root_values(struct emv_reader *reader, const struct emv_level *root)
{
    static const struct emv_field account = {0, EMV_ASCII, 1, 99, 0, 0};

    for (unsigned id = EMV_ACCOUNT_FIRST; id <= EMV_ACCOUNT_LAST; id++) {
        if (root->values[id].len != 0) {
            enum fz_emv_result result = fz_emv_read_value(reader, root->values[id], &account);
            if (result != FZ_EMV_OK) {
                return result;
            }
        }
    }
    return fz_emv_read_values(reader, root, &fz_emv_root, EMV_TEXT);
}

/* 01 and 55: the few values they may have. */
static enum fz_emv_result read_choices(struct emv_reader *reader, const struct emv_level *root)
{
    struct emv_span initiation = root->values[EMV_INITIATION];
    struct emv_span tip = root->values[EMV_TIP];

    if (initiation.len == 0) {
        reader->code->initiation = FZ_EMV_UNSAID;
    } else if (fz_emv_span_is(reader, initiation, "11")) {
        reader->code->initiation = FZ_EMV_STATIC;
    } else if (fz_emv_span_is(reader, initiation, "12")) {
        reader->code->initiation = FZ_EMV_DYNAMIC;
    } else {
        return fz_emv_fail(reader, FZ_EMV_RESERVED, initiation.at);
    }
    if (tip.len != 0 && !fz_emv_span_is(reader, tip, "01") && !fz_emv_span_is(reader, tip, "02") &&
        !fz_emv_span_is(reader, tip, "03")) {
        return fz_emv_fail(reader, FZ_EMV_RESERVED, tip.at);
    }
    return FZ_EMV_OK;
}

/* A number as it stands in 54, 56 and 57; at most 13 characters, so nothing can overflow. */
struct number {
    int64_t whole;
    unsigned hundredths; /* the first two digits behind the point */
    bool is_finer;       /* a digit other than zero behind those */
};

/* Digits, then perhaps a point, then perhaps digits. */
static bool
read_number(const struct emv_reader *reader, struct emv_span value, struct number *number_out)
{
    const char *text = reader->text + value.at;
    struct number number = {0, 0, false};
    size_t i = 0;

    while (i < value.len && fz_emv_is_digit(text[i])) {
        number.whole = number.whole * 10 + (text[i] - '0');
        i++;
    }
    if (i == 0) {
        return false;
    }
    if (i < value.len && text[i] == '.') {
        i++;
        for (unsigned place = 0; i < value.len && fz_emv_is_digit(text[i]); place++, i++) {
            unsigned digit = (unsigned)(text[i] - '0');
            if (place < 2) {
                number.hundredths += place == 0 ? digit * 10 : digit;
            } else if (digit != 0) {
                number.is_finer = true;
            }
        }
    }
    *number_out = number;
    return i == value.len;
}

/* 54 or 56: an amount of the payload's currency. *yen_out is set only if that is yen. */
static enum fz_emv_result
read_money(struct emv_reader *reader, struct emv_span value, int64_t *yen_out)
{
    struct number number;

    if (value.len == 0) {
        return FZ_EMV_OK;
    }
    if (!read_number(reader, value, &number)) {
        return fz_emv_fail(reader, FZ_EMV_NUMBER, value.at);
    }
    bool has_fraction = number.hundredths != 0 || number.is_finer;
    if (number.whole == 0 && !has_fraction) {
        return fz_emv_fail(reader, FZ_EMV_NUMBER_ZERO, value.at);
    }
    if (strcmp(reader->code->currency, FZ_EMV_CURRENCY_JPY) != 0) {
        return FZ_EMV_OK;
    }
    if (has_fraction) {
        return fz_emv_fail(reader, FZ_EMV_AMOUNT_FRACTION, value.at);
    }
    *yen_out = number.whole;
    return FZ_EMV_OK;
}

static enum fz_emv_result check_percent(struct emv_reader *reader, struct emv_span value)
{
    struct number number;

    if (value.len == 0) {
        return FZ_EMV_OK;
    }
    if (!read_number(reader, value, &number) || number.is_finer || number.whole > PERCENT_MAX ||
        (number.whole == 0 && number.hundredths == 0)) {
        return fz_emv_fail(reader, FZ_EMV_PERCENT, value.at);
    }
    return FZ_EMV_OK;
}

static enum fz_emv_result read_numbers(struct emv_reader *reader, const struct emv_level *root)
{
    int64_t fee = 0;
    enum fz_emv_result result = read_money(reader, root->values[EMV_AMOUNT], &reader->code->amount);

    if (result == FZ_EMV_OK) {
        result = read_money(reader, root->values[EMV_FEE_FIXED], &fee);
    }
    if (result == FZ_EMV_OK) {
        result = check_percent(reader, root->values[EMV_FEE_PERCENT]);
    }
    return result;
}

/* 55 says which of 56 and 57 must be there; the other, or both without it, must not. */
static enum fz_emv_result check_tip(struct emv_reader *reader, const struct emv_level *root)
{
    struct emv_span tip = root->values[EMV_TIP];
    struct emv_span fixed = root->values[EMV_FEE_FIXED];
    struct emv_span percent = root->values[EMV_FEE_PERCENT];
    bool wants_fixed = fz_emv_span_is(reader, tip, "02");
    bool wants_percent = fz_emv_span_is(reader, tip, "03");

    if (fixed.len != 0 && !wants_fixed) {
        return fz_emv_fail(reader, FZ_EMV_FEE_WITHOUT_TIP, fixed.at);
    }
    if (percent.len != 0 && !wants_percent) {
        return fz_emv_fail(reader, FZ_EMV_FEE_WITHOUT_TIP, percent.at);
    }
    if ((wants_fixed && fixed.len == 0) || (wants_percent && percent.len == 0)) {
        return fz_emv_fail(reader, FZ_EMV_TIP_WITHOUT_FEE, tip.at);
    }
    return FZ_EMV_OK;
}

static enum fz_emv_result read_root(struct emv_reader *reader, struct emv_level *root)
{
    struct emv_span all = {0, reader->len};
    enum fz_emv_result result = fz_emv_walk(reader, all, root);

    if (result != FZ_EMV_OK) {
        return result;
    }
    if (root->last_id != EMV_CRC) {
        return fz_emv_fail(reader, FZ_EMV_CRC_NOT_LAST, reader->len - EMV_CRC_OBJECT_LEN);
    }
    if (root->has_duplicate) {
        return fz_emv_fail(reader, FZ_EMV_DUPLICATE, root->duplicate_at);
    }
    result = check_mandatory(reader, root);
    if (result == FZ_EMV_OK) {
        result = read_root_values(reader, root);
    }
    if (result == FZ_EMV_OK) {
        result = read_choices(reader, root);
    }
    if (result == FZ_EMV_OK) {
        result = read_numbers(reader, root);
    }
    if (result == FZ_EMV_OK) {
        result = check_tip(reader, root);
    }
    return result;
}

enum fz_emv_result
fz_emv_parse(const char *text, size_t len, struct fz_emv_code *code_out, size_t *position_out)
{
    struct emv_reader reader = {text, len, code_out, 0};
    struct emv_level root;
    enum fz_emv_result result;

    memset(code_out, 0, sizeof(*code_out));
    result = fz_emv_read_frame(&reader);
    if (result == FZ_EMV_OK) {
        result = read_root(&reader, &root);
    }
    if (result == FZ_EMV_OK) {
        result = fz_emv_read_templates(&reader, &root);
    }
    if (result != FZ_EMV_OK) {
        memset(code_out, 0, sizeof(*code_out));
        if (position_out != NULL) {
            *position_out = reader.position;
        }
    }
    return result;
}
