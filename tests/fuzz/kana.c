/*
 * Fuzzing names in kana, as people type them and as banks send them: what was folded passes the
 * check of its class, and shown and folded again it is the same. The first byte chooses class and
 * length.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/treasury/kana.h"

#define TEXT_MAX 512
#define FIELD_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void read_bank_bytes(const char *bytes, size_t len)
{
    char shown[FZ_KANA_UTF8_SIZE(TEXT_MAX)];
    size_t count = 0;
    size_t shown_len = fz_kana_to_utf8(bytes, len, shown);
    fz_assert(shown_len == strlen(shown) || memchr(bytes, '\0', len) != NULL);
    fz_assert(fz_utf8_count(shown, shown_len, &count) && count == len);
}

/* Only what a field of the class may hold, and marks only behind kana that take them. */
static void expect_bytes(const char *text, enum fz_kana_class class)
{
    static const char *const symbols[] = {"-", "()-.", "\\\xa2\xa3()-/.\xa6"};
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; bytes[i] != '\0'; i++) {
        unsigned char before = i > 0 ? bytes[i - 1] : ' ';
        bool is_ha = before >= 0xca && before <= 0xce;
        if (bytes[i] == 0xde) {
            fz_assert(is_ha || before == 0xb3 || (before >= 0xb6 && before <= 0xc4));
        } else if (bytes[i] == 0xdf) {
            fz_assert(is_ha);
        } else {
            bool is_kana = bytes[i] >= 0xb1 && bytes[i] <= 0xdd;
            bool is_ascii = bytes[i] < 0x80 &&
                            strchr(" 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes[i]) != NULL;
            fz_assert(is_kana || is_ascii || strchr(symbols[class], text[i]) != NULL);
        }
    }
    fz_assert(bytes[0] != ' ' && bytes[strlen(text) - 1] != ' ');
}

static void read_name(const char *text, size_t len, enum fz_kana_class class, size_t bytes_max)
{
    char folded[FIELD_MAX + 1];
    char again[FIELD_MAX + 1];
    char shown[FZ_KANA_UTF8_SIZE(FIELD_MAX)];
    size_t position = 0;
    enum fz_kana_result result = fz_kana_fold(text, len, class, folded, bytes_max, &position);
    fz_assert(fz_kana_result_text(result)[0] != '\0');
    if (result != FZ_KANA_OK) {
        fz_assert(position <= len && folded[0] == '\0');
        return;
    }
    size_t folded_len = strlen(folded);
    fz_assert(folded_len > 0 && folded_len <= bytes_max);
    expect_bytes(folded, class);
    fz_assert(fz_kana_check(folded, folded_len, class, NULL) == FZ_KANA_OK);
    size_t shown_len = fz_kana_to_utf8(folded, folded_len, shown);
    fz_assert(fz_kana_fold(shown, shown_len, class, again, bytes_max, NULL) == FZ_KANA_OK);
    fz_assert(strcmp(folded, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > TEXT_MAX) {
        return 0;
    }
    const char *text = (const char *)bytes + 1;
    enum fz_kana_class class = (enum fz_kana_class)(bytes[0] % 3);
    read_bank_bytes(text, len - 1);
    read_name(text, len - 1, class, (bytes[0] / 3U) % (FIELD_MAX + 1));
    if (fz_kana_check(text, len - 1, class, NULL) == FZ_KANA_OK) {
        char shown[FZ_KANA_UTF8_SIZE(TEXT_MAX)];
        char folded[TEXT_MAX + 1];
        size_t shown_len = fz_kana_to_utf8(text, len - 1, shown);
        fz_assert(fz_kana_fold(shown, shown_len, class, folded, TEXT_MAX, NULL) == FZ_KANA_OK);
        fz_assert(strlen(folded) == len - 1 && memcmp(folded, text, len - 1) == 0);
    }
    return 0;
}
