/*
 * Fuzzing the reader of bank files: what it accepts must be written again byte for byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "switch/treasury/zengin.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fz_zengin_file file;
    char *again = NULL;
    size_t again_len = 0;

    if (fz_zengin_read((const char *)bytes, len, &file, NULL, NULL) != FZ_OK) {
        return 0;
    }
    struct fz_zengin_batch batch = {file.sender, file.items, file.item_count, true};
    fz_assert(fz_zengin_write(&batch, file.framing, &again, &again_len, NULL, NULL) == FZ_OK);
    fz_assert(again_len == len && memcmp(again, bytes, len) == 0);
    free(again);
    fz_zengin_file_fini(&file);
    return 0;
}
