/*
 * Fuzzing the reader of QR payloads. A fuzzer cannot guess a checksum, so the input is read twice:
 * as it is, and with a right checksum behind it. What passes must survive being written and read
 * again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "tests/wire/emv_seal.h"

#define INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void read_payload(const char *text, size_t len)
{
    struct fz_emv_code code;
    struct fz_emv_code again;
    char first[FZ_EMV_SIZE_MAX];
    char second[FZ_EMV_SIZE_MAX];
    size_t first_len = 0;

    if (fz_emv_parse(text, len, &code, NULL) != FZ_EMV_OK ||
        fz_emv_build(&code, first, sizeof first, &first_len) != FZ_EMV_OK) {
        return;
    }
    fz_assert(fz_emv_parse(first, first_len, &again, NULL) == FZ_EMV_OK);
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
