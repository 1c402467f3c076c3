/*
 * merchant-pos/wire: writing an EMV payload. What was written is read again by fz_emv_parse()
 * before it is handed out: a code that a wallet would refuse never reaches a customer.
 */
#include <string.h>

#include "merchant-pos/wire/base32.h"
#include "merchant-pos/wire/emv_fields.h"
#include "merchant-pos/wire/utf8.h"

#define VALUE_CHARS_MAX 99U
#define VALUE_SIZE (VALUE_CHARS_MAX * 4U)
#define AMOUNT_DIGITS_MAX 13
#define AMOUNT_SIZE 24

/* Bytes collected in a buffer of the caller; the first fault sticks and stops all later writing. */
struct writer {
    char *bytes;
    size_t size;
    size_t len;
    enum fz_emv_result result;
};

static void fail(struct writer *writer, enum fz_emv_result result)
{
    if (writer->result == FZ_EMV_OK) {
        writer->result = result;
    }
}

static void put_bytes(struct writer *writer, const char *bytes, size_t len)
{
    if (writer->result != FZ_EMV_OK) {
        return;
    }
    if (len > writer->size - writer->len) {
        fail(writer, FZ_EMV_BUFFER);
        return;
    }
    memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
}

static void put_two_digits(struct writer *writer, size_t number)
{
    const char digits[2] = {(char)('0' + number / 10), (char)('0' + number % 10)};

    put_bytes(writer, digits, sizeof(digits));
}

/* One object, unless its value is empty. */
static void put_object(struct writer *writer, unsigned id, const char *value, size_t len)
{
    size_t chars = 0;

    if (len == 0) {
        return;
    }
    if (!fz_utf8_count(value, len, &chars)) {
        fail(writer, FZ_EMV_UTF8);
        return;
    }
    if (chars > VALUE_CHARS_MAX) {
        fail(writer, FZ_EMV_TOO_LONG);
        return;
    }
    put_two_digits(writer, id);
    put_two_digits(writer, chars);
    put_bytes(writer, value, len);
}

/* The object of `field`, from the string that the field's row points at. */
static void
put_field(struct writer *writer, const struct fz_emv_code *code, const struct emv_field *field)
{
    const char *value = (const char *)code + field->offset;
    if (field->size == 0) {
        return;
    }
    const char *end = memchr(value, '\0', field->size);
    if (end == NULL) { /* the caller forgot the NUL */
        fail(writer, FZ_EMV_VALUE_LEN);
        return;
    }
    put_object(writer, field->id, value, (size_t)(end - value));
}

static void
put_fields(struct writer *writer, const struct fz_emv_code *code, const struct emv_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        put_field(writer, code, &table->fields[i]);
    }
}

/* Hands the template collected in `inner` to `writer`. */
static void put_template(struct writer *writer, unsigned id, const struct writer *inner)
{
    if (inner->result != FZ_EMV_OK) {
        /* The buffer holds any 99 characters: too small means too many of them. */
        fail(writer, inner->result == FZ_EMV_BUFFER ? FZ_EMV_TOO_LONG : inner->result);
        return;
    }
    put_object(writer, id, inner->bytes, inner->len);
}

static void put_jpqr(struct writer *writer, const struct fz_emv_code *code)
{
    char value[VALUE_SIZE];
    struct writer inner = {value, sizeof(value), 0, FZ_EMV_OK};

    if (code->jpqr_level1[0] == '\0' && code->jpqr_level2[0] == '\0' &&
        code->jpqr_level3[0] == '\0' && code->jpqr_level4[0] == '\0') {
        return;
    }
    put_object(&inner, EMV_SUB_GUID, FZ_EMV_GUID_JPQR, strlen(FZ_EMV_GUID_JPQR));
    put_fields(&inner, code, &fz_emv_jpqr);
    put_template(writer, EMV_JPQR, &inner);
}

static void put_ours(struct writer *writer, const struct fz_emv_code *code)
{
    char value[VALUE_SIZE];
    struct writer inner = {value, sizeof(value), 0, FZ_EMV_OK};
    char intent[FZ_BASE32_CHARS(sizeof(code->intent.bytes)) + 1];

    if (code->intent_unreadable) {
        fail(writer, FZ_EMV_INTENT);
        return;
    }
    put_fields(&inner, code, &fz_emv_ours);
    if (code->has_intent) {
        fz_base32_encode(code->intent.bytes, sizeof(code->intent.bytes), intent);
        put_object(&inner, EMV_SUB_INTENT, intent, sizeof(intent) - 1);
    }
    put_template(writer, EMV_OURS, &inner);
}

static void put_subfields(struct writer *writer,
                          const struct fz_emv_code *code,
                          unsigned id,
                          const struct emv_table *table)
{
    char value[VALUE_SIZE];
    struct writer inner = {value, sizeof(value), 0, FZ_EMV_OK};

    put_fields(&inner, code, table);
    put_template(writer, id, &inner);
}

static void put_initiation(struct writer *writer, enum fz_emv_initiation initiation)
{
    switch (initiation) {
    case FZ_EMV_UNSAID:
        return;
    case FZ_EMV_STATIC:
        put_object(writer, EMV_INITIATION, "11", 2);
        return;
    case FZ_EMV_DYNAMIC:
        put_object(writer, EMV_INITIATION, "12", 2);
        return;
    }
    fail(writer, FZ_EMV_RESERVED);
}

static void put_amount(struct writer *writer, const struct fz_emv_code *code)
{
    char digits[AMOUNT_SIZE];
    size_t at = sizeof(digits);
    int64_t rest = code->amount;

    if (rest == 0) {
        return;
    }
    if (rest < 0) {
        fail(writer, FZ_EMV_NUMBER);
        return;
    }
    if (strncmp(code->currency, FZ_EMV_CURRENCY_JPY, sizeof(code->currency)) != 0) {
        fail(writer, FZ_EMV_CURRENCY);
        return;
    }
    while (rest > 0) {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (sizeof(digits) - at > AMOUNT_DIGITS_MAX) {
        fail(writer, FZ_EMV_VALUE_LEN);
        return;
    }
    put_object(writer, EMV_AMOUNT, digits + at, sizeof(digits) - at);
}

static void put_crc(struct writer *writer)
{
    static const char hex[] = "0123456789ABCDEF";
    char digits[4];

    put_bytes(writer, "6304", 4);
    unsigned crc = fz_emv_crc16(writer->bytes, writer->len);
    for (size_t i = 0; i < sizeof(digits); i++) {
        digits[i] = hex[crc >> (12 - 4 * i) & 0xFU];
    }
    put_bytes(writer, digits, sizeof(digits));
}

static void put_payload(struct writer *writer, const struct fz_emv_code *code)
{
    put_object(writer, EMV_FORMAT, "01", 2);
    put_initiation(writer, code->initiation);
    put_jpqr(writer, code);
    put_ours(writer, code);
    for (size_t i = 0; i < fz_emv_root.count; i++) {
        if (fz_emv_root.fields[i].id == EMV_AMOUNT) {
            put_amount(writer, code);
        } else {
            put_field(writer, code, &fz_emv_root.fields[i]);
        }
    }
    put_subfields(writer, code, EMV_ADDITIONAL, &fz_emv_additional);
    put_subfields(writer, code, EMV_LANGUAGE, &fz_emv_language);
    put_crc(writer);
    put_bytes(writer, "", 1); /* the NUL */
}

enum fz_emv_result
fz_emv_build(const struct fz_emv_code *code, char *text_out, size_t text_size, size_t *len_out)
{
    struct writer writer = {text_out, text_size, 0, FZ_EMV_OK};
    struct fz_emv_code read_back;

    put_payload(&writer, code);
    if (writer.result == FZ_EMV_OK) {
        size_t len = writer.len - 1;
        writer.result = fz_emv_parse(text_out, len, &read_back, NULL);
        if (writer.result == FZ_EMV_OK && len_out != NULL) {
            *len_out = len;
        }
    }
    if (writer.result != FZ_EMV_OK && text_size > 0) {
        text_out[0] = '\0';
    }
    return writer.result;
}
