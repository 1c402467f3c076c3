/*
 * switch/treasury: Japanese names as the bank files want them (see kana.h).
 */
#include "switch/treasury/kana.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "merchant-pos/wire/utf8.h"

/* JIS X 0201, the upper half */
#define BYTE_FIRST 0xA1U /* U+FF61, and so on in the same order */
#define BYTE_OPEN 0xA2U
#define BYTE_CLOSE 0xA3U
#define BYTE_WO 0xA6U
#define BYTE_SMALL_FIRST 0xA7U /* small a */
#define BYTE_SMALL_LAST 0xAFU  /* small tu */
#define BYTE_LONG_MARK 0xB0U
#define BYTE_A 0xB1U
#define BYTE_U 0xB3U
#define BYTE_KA 0xB6U
#define BYTE_TO 0xC4U
#define BYTE_HA 0xCAU
#define BYTE_HO 0xCEU
#define BYTE_N 0xDDU
#define BYTE_VOICED 0xDEU
#define BYTE_SEMIVOICED 0xDFU
#define BYTE_YEN 0x5CU

#define HALF_WIDTH_FIRST 0xFF61U
#define HALF_WIDTH_LAST 0xFF9FU
#define KATAKANA_FIRST 0x30A1U
#define KATAKANA_LAST 0x30F6U
#define HIRAGANA_FIRST 0x3041U
#define HIRAGANA_LAST 0x3096U /* the same order as katakana */
#define FULL_ASCII_FIRST 0xFF01U
#define FULL_ASCII_LAST 0xFF5EU
#define FULL_ASCII_SHIFT 0xFEE0U

/*
 * U+30A1 (small a) to U+30F6 (small ke): the byte, and which mark follows it (v voiced, s
 * semi-voiced). Small kana have become large ones; the old wi and we have no byte (space).
 */
static const char katakana_bytes[] = "\xB1\xB1\xB2\xB2\xB3\xB3\xB4\xB4\xB5\xB5"     /* a */
                                     "\xB6\xB6\xB7\xB7\xB8\xB8\xB9\xB9\xBA\xBA"     /* ka ga */
                                     "\xBB\xBB\xBC\xBC\xBD\xBD\xBE\xBE\xBF\xBF"     /* sa za */
                                     "\xC0\xC0\xC1\xC1\xC2\xC2\xC2\xC3\xC3\xC4\xC4" /* ta da */
                                     "\xC5\xC6\xC7\xC8\xC9"                         /* na */
                                     "\xCA\xCA\xCA\xCB\xCB\xCB\xCC\xCC\xCC"         /* ha ba pa */
                                     "\xCD\xCD\xCD\xCE\xCE\xCE"
                                     "\xCF\xD0\xD1\xD2\xD3"     /* ma */
                                     "\xD4\xD4\xD5\xD5\xD6\xD6" /* ya */
                                     "\xD7\xD8\xD9\xDA\xDB"     /* ra */
                                     "\xDC\xDC  \xA6\xDD"       /* wa wi we wo n */
                                     "\xB3\xB6\xB9";            /* vu, small ka, small ke */
static const char katakana_marks[] = "          "
                                     " v v v v v"
                                     " v v v v v"
                                     " v v  v v v"
                                     "     "
                                     " vs vs vs"
                                     " vs vs"
                                     "     "
                                     "      "
                                     "     "
                                     "      "
                                     "v  ";
_Static_assert(sizeof(katakana_bytes) == KATAKANA_LAST - KATAKANA_FIRST + 2, "one per character");
_Static_assert(sizeof(katakana_marks) == sizeof(katakana_bytes), "one per character");

/* Small half-width kana, a to tu, as the large ones. */
static const unsigned char small_bytes[] = {0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xD4, 0xD5, 0xD6, 0xC2};
_Static_assert(sizeof(small_bytes) == BYTE_SMALL_LAST - BYTE_SMALL_FIRST + 1, "one per kana");

/* Characters of one byte in no order. Hyphens are many: people and their phones type them all. */
static const struct {
    uint16_t character;
    uint8_t byte;
} singles[] = {
    {0x3000, ' '},
    {0x2010, '-'},
    {0x2011, '-'},
    {0x2012, '-'},
    {0x2013, '-'},
    {0x2014, '-'},
    {0x2015, '-'},
    {0x2212, '-'},
    {0x30FC, '-'},
    {0x00A5, BYTE_YEN},
    {0xFFE5, BYTE_YEN},
    {0x300C, BYTE_OPEN},
    {0x300D, BYTE_CLOSE},
    {0x3099, BYTE_VOICED},
    {0x309B, BYTE_VOICED},
    {0x309A, BYTE_SEMIVOICED},
    {0x309C, BYTE_SEMIVOICED},
};

/* One or two bytes of the code; len 0 = none. */
struct folded {
    unsigned char bytes[2];
    size_t len;
};

static struct folded fold_byte(unsigned byte)
{
    return (struct folded){{(unsigned char)byte, 0}, 1};
}

static struct folded fold_katakana(uint32_t character)
{
    size_t index = character - KATAKANA_FIRST;
    struct folded folded = fold_byte((unsigned char)katakana_bytes[index]);

    if (katakana_bytes[index] == ' ') {
        folded.len = 0;
    } else if (katakana_marks[index] != ' ') {
        folded.bytes[1] = katakana_marks[index] == 'v' ? BYTE_VOICED : BYTE_SEMIVOICED;
        folded.len = 2;
    }
    return folded;
}

static struct folded fold_half_width(uint32_t character)
{
    unsigned byte = character - HALF_WIDTH_FIRST + BYTE_FIRST;

    if (byte >= BYTE_SMALL_FIRST && byte <= BYTE_SMALL_LAST) {
        return fold_byte(small_bytes[byte - BYTE_SMALL_FIRST]);
    }
    return fold_byte(byte == BYTE_LONG_MARK ? '-' : byte);
}

static struct folded fold_ascii(uint32_t character)
{
    return fold_byte(character >= 'a' && character <= 'z' ? character - 'a' + 'A' : character);
}

/* What stands for a character, whatever the class; the class is asked afterwards. */
static struct folded fold_character(uint32_t character)
{
    if (character < 0x80) {
        return fold_ascii(character);
    }
    if (character >= FULL_ASCII_FIRST && character <= FULL_ASCII_LAST) {
        return fold_ascii(character - FULL_ASCII_SHIFT);
    }
    if (character >= KATAKANA_FIRST && character <= KATAKANA_LAST) {
        return fold_katakana(character);
    }
    if (character >= HIRAGANA_FIRST && character <= HIRAGANA_LAST) {
        return fold_katakana(character - HIRAGANA_FIRST + KATAKANA_FIRST);
    }
    if (character >= HALF_WIDTH_FIRST && character <= HALF_WIDTH_LAST) {
        return fold_half_width(character);
    }
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        if (singles[i].character == character) {
            return fold_byte(singles[i].byte);
        }
    }
    return (struct folded){{0, 0}, 0};
}

static bool is_symbol(enum fz_kana_class class, unsigned char byte)
{
    switch (class) {
    case FZ_KANA_BANK:
        return byte == '-';
    case FZ_KANA_PARTY:
        return byte == '(' || byte == ')' || byte == '-' || byte == '.';
    case FZ_KANA_EDI:
        return byte == BYTE_YEN || byte == BYTE_OPEN || byte == BYTE_CLOSE || byte == '(' ||
               byte == ')' || byte == '-' || byte == '/' || byte == '.' || byte == BYTE_WO;
    }
    return false;
}

static bool takes_voiced_mark(unsigned char byte)
{
    return byte == BYTE_U || (byte >= BYTE_KA && byte <= BYTE_TO) ||
           (byte >= BYTE_HA && byte <= BYTE_HO);
}

/* Whether `byte` may stand behind `before` (0 at the start). */
static enum fz_kana_result
check_byte(enum fz_kana_class class, unsigned char before, unsigned char byte)
{
    if (byte == BYTE_VOICED) {
        return takes_voiced_mark(before) ? FZ_KANA_OK : FZ_KANA_MARK;
    }
    if (byte == BYTE_SEMIVOICED) {
        return before >= BYTE_HA && before <= BYTE_HO ? FZ_KANA_OK : FZ_KANA_MARK;
    }
    if (byte == ' ') {
        return before == 0 ? FZ_KANA_SPACE : FZ_KANA_OK;
    }
    if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
        (byte >= BYTE_A && byte <= BYTE_N) || is_symbol(class, byte)) {
        return FZ_KANA_OK;
    }
    return FZ_KANA_CHARACTER;
}

struct folding {
    enum fz_kana_class class;
    char *bytes;
    size_t bytes_max;
    size_t len;
    unsigned char last;
};

static enum fz_kana_result put_folded(struct folding *folding, struct folded folded)
{
    if (folded.len == 0) {
        return FZ_KANA_CHARACTER;
    }
    for (size_t i = 0; i < folded.len; i++) {
        enum fz_kana_result result = check_byte(folding->class, folding->last, folded.bytes[i]);
        if (result != FZ_KANA_OK) {
            return result;
        }
        if (folding->len == folding->bytes_max) {
            return FZ_KANA_TOO_LONG;
        }
        folding->last = folded.bytes[i];
        folding->bytes[folding->len++] = (char)folding->last;
    }
    return FZ_KANA_OK;
}

enum fz_kana_result fz_kana_fold(const char *text,
                                 size_t len,
                                 enum fz_kana_class class,
                                 char *bytes_out,
                                 size_t bytes_max,
                                 size_t *position_out)
{
    struct folding folding = {class, bytes_out, bytes_max, 0, 0};
    enum fz_kana_result result = len == 0 ? FZ_KANA_EMPTY : FZ_KANA_OK;
    size_t at = 0;
    size_t start = 0;

    while (at < len && result == FZ_KANA_OK) {
        uint32_t character = 0;
        start = at;
        if (!fz_utf8_next(text, len, &at, &character)) {
            result = FZ_KANA_UTF8;
        } else {
            result = put_folded(&folding, fold_character(character));
        }
    }
    if (result == FZ_KANA_OK && folding.last == ' ') {
        result = FZ_KANA_SPACE;
    }
    bytes_out[result == FZ_KANA_OK ? folding.len : 0] = '\0';
    if (result != FZ_KANA_OK && position_out != NULL) {
        *position_out = start;
    }
    return result;
}

enum fz_kana_result
fz_kana_check(const char *bytes, size_t len, enum fz_kana_class class, size_t *position_out)
{
    enum fz_kana_result result = len == 0 ? FZ_KANA_EMPTY : FZ_KANA_OK;
    unsigned char before = 0;
    size_t at = 0;

    while (at < len && result == FZ_KANA_OK) {
        result = check_byte(class, before, (unsigned char)bytes[at]);
        before = (unsigned char)bytes[at];
        at++;
    }
    if (result == FZ_KANA_OK && before == ' ') {
        result = FZ_KANA_SPACE;
    }
    if (result != FZ_KANA_OK && position_out != NULL) {
        *position_out = at > 0 ? at - 1 : 0;
    }
    return result;
}

size_t fz_kana_to_utf8(const char *bytes, size_t len, char *utf8_out)
{
    size_t written = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == BYTE_YEN) {
            memcpy(utf8_out + written, "\xC2\xA5", 2);
            written += 2;
        } else if ((byte >= ' ' && byte <= '}') || byte == '\r' || byte == '\n') {
            utf8_out[written++] = (char)byte;
        } else {
            uint32_t character = byte == '~' ? 0x203E : 0xFFFD;
            if (byte >= BYTE_FIRST && byte <= BYTE_SEMIVOICED) {
                character = byte - BYTE_FIRST + HALF_WIDTH_FIRST;
            }
            utf8_out[written++] = (char)(0xE0U | character >> 12);
            utf8_out[written++] = (char)(0x80U | (character >> 6 & 0x3FU));
            utf8_out[written++] = (char)(0x80U | (character & 0x3FU));
        }
    }
    utf8_out[written] = '\0';
    return written;
}

const char *fz_kana_result_text(enum fz_kana_result result)
{
    switch (result) {
    case FZ_KANA_OK:
        return "valid";
    case FZ_KANA_UTF8:
        return "not UTF-8";
    case FZ_KANA_CHARACTER:
        return "a character that bank files do not allow here";
    case FZ_KANA_MARK:
        return "a voiced mark behind something that cannot take it";
    case FZ_KANA_SPACE:
        return "a space in front or at the end";
    case FZ_KANA_EMPTY:
        return "empty";
    case FZ_KANA_TOO_LONG:
        return "too long";
    }
    return "unknown";
}
