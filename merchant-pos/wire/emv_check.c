/*
 * merchant-pos/wire: is a valid payload one for us? And the words for every refusal.
 */
#include <string.h>

#include "feezero/limits.h"
#include "merchant-pos/wire/emv.h"

#define SHOP_DIGITS 8U
#define TERMINAL_DIGITS 3U

/* `letter`, then exactly `digits` digits that are not all zero. */
static bool is_public_id(const char *text, char letter, size_t digits)
{
    bool has_value = false;

    if (text[0] != letter || strlen(text) != digits + 1) {
        return false;
    }
    for (size_t i = 1; i <= digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        has_value = has_value || text[i] != '0';
    }
    return has_value;
}

enum fz_emv_result fz_emv_check_payable(const struct fz_emv_code *code, const char *guid)
{
    if (code->guid[0] == '\0' || strcmp(code->guid, guid) != 0) {
        return FZ_EMV_NOT_OURS;
    }
    if (strcmp(code->currency, FZ_EMV_CURRENCY_JPY) != 0) {
        return FZ_EMV_CURRENCY;
    }
    if (strcmp(code->country, "JP") != 0) {
        return FZ_EMV_COUNTRY;
    }
    if (!is_public_id(code->shop, 'M', SHOP_DIGITS)) {
        return FZ_EMV_SHOP;
    }
    if (!is_public_id(code->terminal, 'T', TERMINAL_DIGITS)) {
        return FZ_EMV_TERMINAL;
    }
    if (code->intent_unreadable || (code->has_intent && code->initiation != FZ_EMV_DYNAMIC)) {
        return FZ_EMV_INTENT;
    }
    if (code->amount == 0 ? code->has_intent
                          : code->amount < FZ_AMOUNT_MIN || code->amount > FZ_AMOUNT_MAX) {
        return FZ_EMV_AMOUNT_RANGE;
    }
    if (code->tip[0] != '\0') {
        return FZ_EMV_TIP_UNSUPPORTED;
    }
    return FZ_EMV_OK;
}

enum fz_emv_result fz_emv_check_jpqr(const struct fz_emv_code *code)
{
    if (strcmp(code->currency, FZ_EMV_CURRENCY_JPY) != 0) {
        return FZ_EMV_CURRENCY;
    }
    if (strcmp(code->country, "JP") != 0) {
        return FZ_EMV_COUNTRY;
    }
    if (code->postal[0] == '\0' || strcmp(code->language, "JA") != 0 ||
        code->city_local[0] != '\0' || code->jpqr_level1[0] == '\0') {
        return FZ_EMV_NOT_JPQR;
    }
    return FZ_EMV_OK;
}

const char *fz_emv_result_text(enum fz_emv_result result)
{
    static const char *const texts[] = {
        [FZ_EMV_OK] = "valid",
        [FZ_EMV_UTF8] = "not UTF-8",
        [FZ_EMV_SHORT] = "too short to be a payment code",
        [FZ_EMV_START] = "does not start like a payment code",
        [FZ_EMV_CRC_FORM] = "does not end with a checksum",
        [FZ_EMV_CRC] = "the checksum is wrong",
        [FZ_EMV_OBJECT_ID] = "an object's id is not two digits",
        [FZ_EMV_OBJECT_LEN] = "an object's length is not 01 to 99",
        [FZ_EMV_OBJECT_END] = "an object ends outside the level that holds it",
        [FZ_EMV_CRC_NOT_LAST] = "the checksum is not the last object",
        [FZ_EMV_DUPLICATE] = "an object occurs twice",
        [FZ_EMV_MISSING] = "a mandatory object is missing",
        [FZ_EMV_VALUE_LEN] = "a value has the wrong length",
        [FZ_EMV_CHARACTER] = "a character is not allowed in its field",
        [FZ_EMV_RESERVED] = "a value is reserved for future use",
        [FZ_EMV_NUMBER] = "an amount is not a number",
        [FZ_EMV_NUMBER_ZERO] = "an amount is zero",
        [FZ_EMV_AMOUNT_FRACTION] = "an amount has a fraction of a yen",
        [FZ_EMV_PERCENT] = "the fee is not between 0.01 and 99.99 percent",
        [FZ_EMV_FEE_WITHOUT_TIP] = "a fee is given that the tip indicator does not announce",
        [FZ_EMV_TIP_WITHOUT_FEE] = "the tip indicator announces a fee that is not given",
        [FZ_EMV_GUID] = "a template has no identifier",
        [FZ_EMV_DATA_REQUEST] = "the request for the payer's data is malformed",
        [FZ_EMV_JPQR_CODE] = "the JPQR store code is malformed",
        [FZ_EMV_NOT_OURS] = "not a code of this community",
        [FZ_EMV_CURRENCY] = "the currency is not yen",
        [FZ_EMV_COUNTRY] = "the country is not Japan",
        [FZ_EMV_SHOP] = "the shop's id is malformed",
        [FZ_EMV_TERMINAL] = "the terminal's id is malformed",
        [FZ_EMV_INTENT] = "the sale's id is malformed or out of place",
        [FZ_EMV_AMOUNT_RANGE] = "the amount is missing or out of range",
        [FZ_EMV_TIP_UNSUPPORTED] = "the code asks for a tip or a fee",
        [FZ_EMV_NOT_JPQR] = "not a JPQR code",
        [FZ_EMV_TOO_LONG] = "too long for a payment code",
        [FZ_EMV_BUFFER] = "the buffer is too small",
    };
    size_t index = (size_t)result;

    if (index >= sizeof(texts) / sizeof(texts[0]) || texts[index] == NULL) {
        return "unknown";
    }
    return texts[index];
}
