/*
 * Fuzzing the readers of short texts: ids, hex, base64, base32, key ids, times, days, public ids,
 * addresses, enrolment codes, UTF-8. The first byte chooses the reader. A strict reader's text must
 * be what the writer writes; where two rooms read the same thing, they must agree.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "feezero/encode.h"
#include "feezero/id.h"
#include "merchant-pos/core/timestamp.h"
#include "merchant-pos/wire/base32.h"
#include "merchant-pos/wire/utf8.h"
#include "switch/api/text.h"
#include "switch/http/listen.h"
#include "switch/treasury/code.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

#define TEXT_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool is_text(const char *text, size_t len, const char *written)
{
    return strlen(written) == len && memcmp(text, written, len) == 0;
}

static void read_id(const char *text, size_t len)
{
    struct fz_id id;
    char written[FZ_ID_TEXT_LEN + 1];
    if (fz_id_parse(text, len, &id)) {
        fz_id_format(&id, written);
        fz_assert(is_text(text, len, written));
    }
}

static void read_hex(const char *text, size_t len)
{
    uint8_t bytes[TEXT_MAX];
    char written[FZ_HEX_SIZE(TEXT_MAX)];
    fz_assert(!fz_hex_decode(text, len, bytes, len / 2 + 1));
    if (fz_hex_decode(text, len, bytes, len / 2)) {
        fz_hex_encode(bytes, len / 2, written);
        fz_assert(strlen(written) == len);
        for (size_t i = 0; i < len; i++) {
            fz_assert((text[i] | (text[i] >= 'A' ? 0x20 : 0)) == written[i]);
        }
    }
}

static void read_base64(const char *text, size_t len)
{
    uint8_t bytes[TEXT_MAX];
    char written[FZ_BASE64_SIZE(TEXT_MAX)];
    size_t bytes_len = 0;
    if (fz_base64_decode(text, len, bytes, sizeof bytes, &bytes_len)) {
        fz_assert(fz_base64_encode(bytes, bytes_len, written) == len);
        fz_assert(is_text(text, len, written));
        fz_assert(bytes_len == 0 || !fz_base64_decode(text, len, bytes, bytes_len - 1, &bytes_len));
    }
    if (fz_base64url_decode(text, len, bytes, sizeof bytes, &bytes_len)) {
        fz_assert(fz_base64url_encode(bytes, bytes_len, written) == len);
        fz_assert(is_text(text, len, written));
    }
}

static void read_base32(const char *text, size_t len)
{
    uint8_t bytes[16];
    char normal[27];
    char written[27];
    for (size_t size = 10; size <= 16; size += 6) {
        size_t chars = FZ_BASE32_CHARS(size);
        bool is_normal = fz_base32_normalize(text, len, normal, chars);
        bool is_number = fz_base32_decode(text, len, bytes, size);
        fz_assert(is_normal || !is_number);
        fz_assert(is_number || !is_normal || size == 16); /* ten bytes have no spare bits */
        if (is_normal) {
            fz_assert(fz_base32_normalize(normal, chars, written, chars));
            fz_assert(strcmp(normal, written) == 0);
        }
        if (is_number) {
            fz_base32_encode(bytes, size, written);
            fz_assert(strcmp(normal, written) == 0);
        }
    }
}

static void read_key_id(const char *text, size_t len)
{
    int32_t community = 0;
    const char *thumbprint = NULL;
    char written[FZ_KEY_ID_MAX + 1];
    if (fz_key_id_parse(text, len, &community, &thumbprint)) {
        fz_assert(community > 0 && thumbprint + FZ_THUMBPRINT_LEN == text + len);
        fz_assert(fz_key_id_format(community, thumbprint, written) == len);
        fz_assert(is_text(text, len, written));
    }
}

/* The switch takes every time that RFC 3339 has, the till those that the switch writes. */
static void read_time(const char *text, size_t len)
{
    int64_t us = 0;
    int64_t ms = 0;
    int64_t again = 0;
    char written[FZ_TIME_TEXT_SIZE];
    char till[FZ_TIMESTAMP_LEN + 1];
    bool is_time = fz_time_parse(text, len, &us);
    bool is_till_time = fz_timestamp_parse(text, &ms);
    if (is_time) {
        fz_time_text(us, written);
        fz_assert(fz_time_parse(written, strlen(written), &again));
        fz_assert(again == us - us % 1000);
        fz_assert(fz_timestamp_parse(written, &again) && again == us / 1000);
    }
    if (is_till_time && ms >= 0) {
        fz_assert(is_time && ms == us / 1000);
    }
    if (is_till_time) {
        fz_timestamp_format(ms, till);
        fz_assert(fz_timestamp_parse(till, &again) && again == ms);
    }
}

static void read_day(const char *text, size_t len)
{
    int64_t day = 0;
    if (fz_day_parse(text, &day)) {
        fz_assert(is_text(text, len, fz_day_format(day).text));
        fz_assert(fz_day_is_bank_day(fz_day_next_bank_day(day)));
    }
    if (fz_month_parse(text, &day)) {
        fz_assert(is_text(text, len, fz_month_format(day).text) && fz_month_next(day) > day);
    }
}

static void read_public_id(const char *text, size_t len)
{
    int64_t party = 0;
    int64_t other = 0;
    char kind = '\0';
    char written[FZ_PARTY_TEXT_SIZE];
    bool is_id = fz_public_id_parse(text, len, &kind, &other);
    for (const char *letter = "RMS"; *letter != '\0'; letter++) {
        if (fz_party_parse(*letter, text, len, &party)) {
            fz_party_text(*letter, party, written);
            fz_assert(is_text(text, len, written));
            fz_assert(is_id && kind == *letter && other == party);
        } else {
            fz_assert(!is_id || kind != *letter || other == 0);
        }
    }
    if (fz_terminal_parse(text, len, &party)) {
        fz_terminal_text((int32_t)party, written);
        fz_assert(is_text(text, len, written));
    }
}

static void read_addresses(const char *text, size_t len)
{
    struct fz_listen_address address;
    const char *cursor = text;
    const char *before = text;
    while (fz_listen_next(&cursor, &address)) {
        fz_assert(cursor > before && cursor <= text + len);
        fz_assert(address.host[0] != '\0' && address.port[0] != '\0');
        before = cursor;
    }
}

static void read_code(const char *text, size_t len)
{
    uint8_t hash[32];
    uint8_t again[32];
    char chars[FZ_CODE_CHARS + 1];
    if (fz_code_read(7, text, hash, NULL) == FZ_OK) {
        fz_assert(len >= 2 + FZ_CODE_CHARS && memcmp(text, "7-", 2) == 0);
        fz_assert(fz_base32_normalize(text + 2, len - 2, chars, FZ_CODE_CHARS));
        fz_sha256(chars, FZ_CODE_CHARS, again);
        fz_assert(memcmp(hash, again, sizeof hash) == 0);
    }
}

static void read_utf8(const char *text, size_t len)
{
    size_t at = 0;
    size_t characters = 0;
    size_t count = 0;
    uint32_t character = 0;
    while (at < len) {
        size_t before = at;
        if (!fz_utf8_next(text, len, &at, &character)) {
            fz_assert(at == before && !fz_utf8_count(text, len, &count) && count == at);
            return;
        }
        size_t size = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
        fz_assert(at - before == size && character <= 0x10ffff);
        fz_assert(character < 0xd800 || character > 0xdfff);
        characters++;
    }
    fz_assert(fz_utf8_count(text, len, &count) && count == characters);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static void (*const readers[])(const char *, size_t) = {
        read_id,  read_hex,       read_base64,    read_base32, read_key_id, read_time,
        read_day, read_public_id, read_addresses, read_code,   read_utf8};
    if (len == 0 || len > TEXT_MAX) {
        return 0;
    }
    char *text = malloc(len); /* ends where the text ends, with its NUL */
    fz_assert(text != NULL);
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = '\0';
    readers[bytes[0] % (sizeof readers / sizeof readers[0])](text, strlen(text));
    free(text);
    return 0;
}
