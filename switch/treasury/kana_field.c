/*
 * switch/treasury: kana from the command line.
 */
#include "switch/treasury/kana_field.h"

#include <string.h>

#include "feezero/assert.h"

fz_rc fz_kana_field_read(const struct fz_kana_field *field, const char *text, struct fz_err *err)
{
    char bytes[FZ_KANA_FIELD_MAX + 1];
    size_t position = 0;
    fz_assert(field->bytes_max <= FZ_KANA_FIELD_MAX);
    fz_assert(field->out_size >= FZ_KANA_UTF8_SIZE(field->bytes_max));
    enum fz_kana_result result =
        fz_kana_fold(text, strlen(text), field->class, bytes, field->bytes_max, &position);
    if (result != FZ_KANA_OK) {
        return fz_fail(err, FZ_BAD_FIELD, "--%s: %s (byte %zu)", field->option->name,
                       fz_kana_result_text(result), position);
    }
    (void)fz_kana_to_utf8(bytes, strlen(bytes), field->out);
    return FZ_OK;
}
