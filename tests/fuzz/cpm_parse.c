/*
 * Fuzzing the reader of what a scanner sends. The input is read three times: as typed text, as
 * base64, and as the bytes inside (a fuzzer seldom guesses base64). What is found in it lies inside
 * it, and digits that pass are built and read again.
 */
#include <stdint.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/encode.h"
#include "merchant-pos/wire/cpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void expect_inside(const struct fz_cpm_code *code, struct fz_cpm_value value)
{
    fz_assert(value.at <= code->len && value.len <= code->len - value.at);
}

static void expect_same_again(const char *digits)
{
    char text[FZ_CPM_OURS_SIZE];
    char again[FZ_CODE_DIGITS + 1];

    fz_assert(fz_code_is_right(digits, FZ_CODE_DIGITS));
    fz_assert(fz_cpm_build(digits, text) == FZ_CPM_OK);
    fz_assert(fz_code_scan(text, strlen(text), again) == FZ_CPM_OK);
    fz_assert(strcmp(again, digits) == 0);
}

static void read_payload(const char *text, size_t len)
{
    struct fz_cpm_code code;
    char digits[FZ_CODE_DIGITS + 1];

    if (fz_cpm_parse(text, len, &code, NULL) != FZ_CPM_OK) {
        return;
    }
    fz_assert(code.application_count <= FZ_CPM_APPLICATIONS_MAX);
    for (unsigned i = 0; i < code.application_count; i++) {
        expect_inside(&code, code.applications[i].aid);
        expect_inside(&code, code.applications[i].label);
        expect_inside(&code, code.applications[i].track2);
        expect_inside(&code, code.applications[i].pan);
    }
    expect_inside(&code, code.common.pan);
    if (fz_cpm_digits(&code, digits) == FZ_CPM_OK) {
        expect_same_again(digits);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char text[FZ_BASE64_SIZE(FZ_CPM_BYTES_MAX)];
    char digits[FZ_CODE_DIGITS + 1];

    if (fz_code_scan((const char *)bytes, len, digits) == FZ_CPM_OK) {
        expect_same_again(digits);
    }
    read_payload((const char *)bytes, len);
    if (len <= FZ_CPM_BYTES_MAX) {
        read_payload(text, fz_base64_encode(bytes, len, text));
    }
    return 0;
}
