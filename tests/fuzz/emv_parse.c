/*
 * Fuzzing the reader of QR payloads. A fuzzer cannot guess a checksum, so the input is read twice:
 * as it is, and with a right checksum behind it. What passes is built and read again with the same
 * fields; only objects of other schemes are not kept.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "tests/wire/emv_seal.h"

#define INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Does the struct hold a whole code? One of other schemes, or with a broken id, is not kept. */
static bool is_ours(const struct fz_emv_code *code)
{
    return (code->guid[0] != '\0' || code->jpqr_level1[0] != '\0') && !code->intent_unreadable;
}

/*
 * Field by field: a struct of the reader starts all zero, so equal codes are equal bytes, but for
 * how the amount was spelled.
 */
static void expect_same_fields(const struct fz_emv_code *code, const struct fz_emv_code *again)
{
    struct fz_emv_code a = *code;
    struct fz_emv_code b = *again;
    memset(a.amount_text, 0, sizeof a.amount_text);
    memset(b.amount_text, 0, sizeof b.amount_text);
    fz_assert(memcmp(&a, &b, sizeof a) == 0);
}

static void read_payload(const char *text, size_t len)
{
    struct fz_emv_code code;
    struct fz_emv_code again;
    char first[FZ_EMV_SIZE_MAX];
    char second[FZ_EMV_SIZE_MAX];
    size_t first_len = 0;

    if (fz_emv_parse(text, len, &code, NULL) != FZ_EMV_OK) {
        return;
    }
    if (!is_ours(&code)) {
        fz_assert(fz_emv_check_payable(&code, FZ_EMV_GUID_DEFAULT) != FZ_EMV_OK);
        fz_assert(fz_emv_build(&code, first, sizeof first, &first_len) != FZ_EMV_OK);
        return;
    }
    fz_assert(fz_emv_build(&code, first, sizeof first, &first_len) == FZ_EMV_OK);
    fz_assert(fz_emv_parse(first, first_len, &again, NULL) == FZ_EMV_OK);
    expect_same_fields(&code, &again);
    fz_assert(fz_emv_build(&again, second, sizeof second, NULL) == FZ_EMV_OK);
    fz_assert(strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char text[INPUT_MAX + 9];

    if (len > INPUT_MAX) {
        return 0;
    }
    read_payload((const char *)bytes, len);
    read_payload(text, emv_seal((const char *)bytes, len, text));
    return 0;
}
