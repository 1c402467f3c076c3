/*
 * load: putting text together.
 */
#include "load/writer.h"

#include <string.h>

static void put(struct fz_writer *writer, const char *bytes, size_t len)
{
    if (writer->overflow || len >= writer->size - writer->len) {
        writer->overflow = true;
        return;
    }
    memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
    writer->bytes[writer->len] = '\0';
}

void fz_writer_text(struct fz_writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

void fz_writer_number(struct fz_writer *writer, int64_t number)
{
    char digits[20]; /* 19 and a sign */
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    put(writer, digits + at, sizeof(digits) - at);
}

void fz_writer_id(struct fz_writer *writer, const struct fz_id *id)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(id, text);
    put(writer, text, FZ_ID_TEXT_LEN);
}
