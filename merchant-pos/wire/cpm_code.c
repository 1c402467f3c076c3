/*
 * merchant-pos/wire: the 20 digits themselves, what a scanner sends, and the words for every
 * refusal (see cpm.h).
 */
#include <string.h>

#include "merchant-pos/wire/cpm.h"

#define TYPED_MAX (2 * FZ_CODE_DIGITS) /* a blank behind every digit */
#define PREFIX_LEN (sizeof(FZ_CODE_PREFIX) - 1)

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

char fz_luhn_digit(const char *digits, size_t len)
{
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(digits[len - 1 - i] - '0');
        if (i % 2 == 0) { /* the last one stands beside the check digit: doubled */
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        }
        sum += digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

void fz_code_complete(const char *random, char digits_out[FZ_CODE_DIGITS + 1])
{
    memcpy(digits_out, FZ_CODE_PREFIX, PREFIX_LEN);
    memcpy(digits_out + PREFIX_LEN, random, FZ_CODE_RANDOM_DIGITS);
    digits_out[FZ_CODE_DIGITS - 1] = fz_luhn_digit(digits_out, FZ_CODE_DIGITS - 1);
    digits_out[FZ_CODE_DIGITS] = '\0';
}

/* Every character a digit, the number of them right, our prefix: all but the check digit. */
static bool has_our_form(const char *digits, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(digits[i])) {
            return false;
        }
    }
    return len == FZ_CODE_DIGITS && memcmp(digits, FZ_CODE_PREFIX, PREFIX_LEN) == 0;
}

bool fz_code_is_right(const char *digits, size_t len)
{
    return has_our_form(digits, len) &&
           fz_luhn_digit(digits, FZ_CODE_DIGITS - 1) == digits[FZ_CODE_DIGITS - 1];
}

/* Digits that are not ours are a product's bar code, or another wallet's. */
static enum fz_cpm_result scan_digits(const char *text, size_t len, char *digits_out)
{
    char digits[TYPED_MAX];
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i])) {
            digits[count++] = text[i];
        } else if (text[i] != ' ' && text[i] != '-') {
            return FZ_CPM_NOT_A_CODE;
        }
    }
    if (count == 0) {
        return FZ_CPM_NOT_A_CODE;
    }
    if (!has_our_form(digits, count)) {
        return FZ_CPM_NOT_OURS;
    }
    if (!fz_code_is_right(digits, count)) {
        return FZ_CPM_CHECK_DIGIT;
    }
    memcpy(digits_out, digits, FZ_CODE_DIGITS);
    digits_out[FZ_CODE_DIGITS] = '\0';
    return FZ_CPM_OK;
}

enum fz_cpm_result fz_code_scan(const char *text, size_t len, char digits_out[FZ_CODE_DIGITS + 1])
{
    /* What tag 85, length 5 and "CPV" or "JPQ" look like in base64. */
    static const char *const starts[] = {"hQVDUFY", "hQVKUFF"};
    struct fz_cpm_code code;

    digits_out[0] = '\0';
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        size_t start_len = strlen(starts[i]);
        if (len >= start_len && memcmp(text, starts[i], start_len) == 0) {
            enum fz_cpm_result result = fz_cpm_parse(text, len, &code, NULL);
            return result == FZ_CPM_OK ? fz_cpm_digits(&code, digits_out) : result;
        }
    }
    return len <= TYPED_MAX ? scan_digits(text, len, digits_out) : FZ_CPM_NOT_A_CODE;
}

const char *fz_cpm_result_text(enum fz_cpm_result result)
{
    static const char *const texts[] = {
        [FZ_CPM_OK] = "valid",
        [FZ_CPM_BASE64] = "not base64",
        [FZ_CPM_START] = "does not start like a wallet's code",
        [FZ_CPM_TAG] = "an object's tag is malformed",
        [FZ_CPM_LEN] = "an object's length is malformed",
        [FZ_CPM_END] = "an object ends outside what holds it",
        [FZ_CPM_DUPLICATE] = "an object occurs twice",
        [FZ_CPM_STRUCTURE] = "the templates are not as EMV wants them",
        [FZ_CPM_MISSING] = "an application lacks a mandatory object",
        [FZ_CPM_NOT_OURS] = "a code of another scheme",
        [FZ_CPM_AMBIGUOUS] = "two applications of ours",
        [FZ_CPM_DIGITS] = "the code is not 20 digits",
        [FZ_CPM_CHECK_DIGIT] = "the check digit is wrong",
        [FZ_CPM_NOT_A_CODE] = "not a wallet's code",
    };
    size_t index = (size_t)result;

    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "unknown";
}
