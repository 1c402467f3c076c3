/*
 * Names for bank files: what people type, what the file gets, and what is refused and where.
 */
#include "switch/treasury/kana.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "tests/support/leak.h"

/* Folds and shows the result as UTF-8, so that rows can be read. */
static enum fz_kana_result
fold(const char *text, enum fz_kana_class class, size_t max, char *shown_out, size_t *position_out)
{
    char bytes[256];
    memset(bytes, '#', sizeof bytes);
    enum fz_kana_result result = fz_kana_fold(text, strlen(text), class, bytes, max, position_out);
    cr_assert_lt(strlen(bytes), max + 1);
    cr_assert_eq(bytes[max + 1], '#', "wrote past its room");
    (void)fz_kana_to_utf8(bytes, strlen(bytes), shown_out);
    if (result == FZ_KANA_OK) {
        cr_expect_eq(fz_kana_check(bytes, strlen(bytes), class, NULL), FZ_KANA_OK, "%s", text);
    } else {
        cr_expect_str_empty(bytes);
    }
    return result;
}

Test(kana, folds_what_people_type)
{
    /* clang-format off */
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        {"ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"},
        {"やまだ たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"},
        {"ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ"},
        {"ヤマダ-タロウ", "ﾔﾏﾀﾞ-ﾀﾛｳ"},
        {"ﾔﾏﾀﾞｰﾀﾛｳ", "ﾔﾏﾀﾞ-ﾀﾛｳ"},
        {"カ）アイヅショウテン", "ｶ)ｱｲﾂﾞｼﾖｳﾃﾝ"},
        {"ｶ)ｱｲﾂﾞｼｮｳﾃﾝ", "ｶ)ｱｲﾂﾞｼﾖｳﾃﾝ"},
        {"アイヅ（カ", "ｱｲﾂﾞ(ｶ"},
        {"フィーゼロ", "ﾌｲ-ｾﾞﾛ"},
        {"ＦｅｅＺｅｒｏ．２０２６", "FEEZERO.2026"},
        {"feezero 1-2", "FEEZERO 1-2"},
        {"ァィゥェォャュョッヮヵヶ", "ｱｲｳｴｵﾔﾕﾖﾂﾜｶｹ"},
        {"ぁぃぅぇぉゃゅょっゎゕゖ", "ｱｲｳｴｵﾔﾕﾖﾂﾜｶｹ"},
        {"ｧｨｩｪｫｬｭｮｯ", "ｱｲｳｴｵﾔﾕﾖﾂ"},
        {"アイウエオカキクケコ", "ｱｲｳｴｵｶｷｸｹｺ"},
        {"ガギグゲゴザジズゼゾ", "ｶﾞｷﾞｸﾞｹﾞｺﾞｻﾞｼﾞｽﾞｾﾞｿﾞ"},
        {"サシスセソタチツテト", "ｻｼｽｾｿﾀﾁﾂﾃﾄ"},
        {"ダヂヅデドバビブベボ", "ﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞ"},
        {"ナニヌネノハヒフヘホ", "ﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎ"},
        {"パピプペポマミムメモ", "ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟﾏﾐﾑﾒﾓ"},
        {"ヤユヨラリルレロワン", "ﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"},
        {"ヴゔｳﾞウ゛", "ｳﾞｳﾞｳﾞｳﾞ"},
        {"か\u3099は\u309a", "ｶﾞﾊﾟ"},
        {"ハ゜ﾊﾟ", "ﾊﾟﾊﾟ"},
        {"ア‐ア‑ア–ア—ア―ア−ア－ア", "ｱ-ｱ-ｱ-ｱ-ｱ-ｱ-ｱ-ｱ"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char shown[FZ_KANA_UTF8_SIZE(256)];
        size_t position = 0;
        cr_expect_eq(fold(rows[i].text, FZ_KANA_PARTY, 40, shown, &position), FZ_KANA_OK,
                     "%s at %zu", rows[i].text, position);
        cr_expect_str_eq(shown, rows[i].shown);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(kana, the_bytes_are_jis_x_0201)
{
    char bytes[16];
    cr_assert_eq(fz_kana_fold("ヤマダ", strlen("ヤマダ"), FZ_KANA_PARTY, bytes, 15, NULL),
                 FZ_KANA_OK);
    cr_expect_str_eq(bytes, "\xD4\xCF\xC0\xDE");
}

Test(kana, refuses_and_says_where)
{
    /* clang-format off */
    static const struct {
        const char *text;
        enum fz_kana_class class;
        enum fz_kana_result result;
        const char *where; /* the fault is at this text */
    } rows[] = {
        {"", FZ_KANA_PARTY, FZ_KANA_EMPTY, ""},
        {"山田", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "山"},
        {"ヤマダ太郎", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "太"},
        {"㈱アイヅ", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "㈱"},
        {"アイヅ・ショップ", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "・"},
        {"ヲ", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "ヲ"},
        {"アヰ", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "ヰ"},
        {"アゑ", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "ゑ"},
        {"A&B", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "&B"},
        {"A,B", FZ_KANA_PARTY, FZ_KANA_CHARACTER, ",B"},
        {"A/B", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "/B"},
        {"A\tB", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "\tB"},
        {"A\nB", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "\nB"},
        {"A\u00e9", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "\u00e9"},
        {"「ア」", FZ_KANA_PARTY, FZ_KANA_CHARACTER, "「"},
        {"ア゛", FZ_KANA_PARTY, FZ_KANA_MARK, "゛"},
        {"ガ゛", FZ_KANA_PARTY, FZ_KANA_MARK, "゛"},
        {"カ゜", FZ_KANA_PARTY, FZ_KANA_MARK, "゜"},
        {"ナﾞ", FZ_KANA_PARTY, FZ_KANA_MARK, "ﾞ"},
        {"ﾞ", FZ_KANA_PARTY, FZ_KANA_MARK, "ﾞ"},
        {"カ ゛", FZ_KANA_PARTY, FZ_KANA_MARK, "゛"},
        {"ワ゛", FZ_KANA_PARTY, FZ_KANA_MARK, "゛"},
        {" ヤマダ", FZ_KANA_PARTY, FZ_KANA_SPACE, " "},
        {"　", FZ_KANA_PARTY, FZ_KANA_SPACE, "　"},
        {"ヤマダ　", FZ_KANA_PARTY, FZ_KANA_SPACE, "　"},
        {"ア\xE3\x81", FZ_KANA_PARTY, FZ_KANA_UTF8, "\xE3\x81"},
        {"\xD4\xCF\xC0", FZ_KANA_PARTY, FZ_KANA_UTF8, "\xD4"},
        {"(カ", FZ_KANA_BANK, FZ_KANA_CHARACTER, "(カ"},
        {"ア.", FZ_KANA_BANK, FZ_KANA_CHARACTER, "."},
        {"ア,", FZ_KANA_EDI, FZ_KANA_CHARACTER, ","},
        {"ア、", FZ_KANA_EDI, FZ_KANA_CHARACTER, "、"},
        {"ｱ･", FZ_KANA_EDI, FZ_KANA_CHARACTER, "･"},
        {"ｱ｡", FZ_KANA_EDI, FZ_KANA_CHARACTER, "｡"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char shown[FZ_KANA_UTF8_SIZE(256)];
        size_t position = SIZE_MAX;
        enum fz_kana_result result = fold(rows[i].text, rows[i].class, 40, shown, &position);
        cr_expect_eq(result, rows[i].result, "row %zu %s: %s", i, rows[i].text,
                     fz_kana_result_text(result));
        size_t expected = (size_t)(strstr(rows[i].text, rows[i].where) - rows[i].text);
        cr_expect_eq(position, expected, "row %zu %s: at %zu", i, rows[i].text, position);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(kana, each_class_has_its_symbols)
{
    static const char symbols[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    static const char *const allowed[] = {"-", "()-.", "\\()-/."};
    for (int class = FZ_KANA_BANK; class <= FZ_KANA_EDI; class ++) {
        for (const char *symbol = symbols; *symbol != '\0'; symbol++) {
            bool is_allowed = strchr(allowed[class], *symbol) != NULL;
            cr_expect_eq(fz_kana_check(symbol, 1, (enum fz_kana_class) class, NULL),
                         is_allowed ? FZ_KANA_OK : FZ_KANA_CHARACTER, "class %d, %c", class,
                         *symbol);
        }
    }
    char shown[64];
    cr_expect_eq(fold("￥「ヲ」／¥", FZ_KANA_EDI, 20, shown, NULL), FZ_KANA_OK);
    cr_expect_str_eq(shown, "¥｢ｦ｣/¥");
    cr_expect_eq(fold("テスト－ギンコウ１", FZ_KANA_BANK, 15, shown, NULL), FZ_KANA_OK);
    cr_expect_str_eq(shown, "ﾃｽﾄ-ｷﾞﾝｺｳ1");
}

Test(kana, checks_every_byte_of_the_code)
{
    for (unsigned value = 0; value < 256; value++) {
        const char text[3] = {'A', (char)value, 'A'};
        bool is_allowed = value == ' ' || (value >= '0' && value <= '9') ||
                          (value >= 'A' && value <= 'Z') || value == '(' || value == ')' ||
                          value == '-' || value == '.' || (value >= 0xB1 && value <= 0xDD);
        bool is_mark = value == 0xDE || value == 0xDF;
        size_t position = 0;
        enum fz_kana_result expected = is_mark      ? FZ_KANA_MARK
                                       : is_allowed ? FZ_KANA_OK
                                                    : FZ_KANA_CHARACTER;
        cr_expect_eq(fz_kana_check(text, 3, FZ_KANA_PARTY, &position), expected, "%02x", value);
        if (expected != FZ_KANA_OK) {
            cr_expect_eq(position, 1u);
        }
    }
}

Test(kana, the_long_mark_is_no_character_of_a_file)
{
    /* The same name with the mark (B0) and with the hyphen that stands for it. */
    static const char with_mark[] = "\xD4\xCF\xC0\xDE\xB0\xC0\xDB\xB3";
    static const char with_hyphen[] = "\xD4\xCF\xC0\xDE-\xC0\xDB\xB3";
    size_t position = 0;
    cr_expect_eq(fz_kana_check(with_mark, strlen(with_mark), FZ_KANA_PARTY, &position),
                 FZ_KANA_CHARACTER);
    cr_expect_eq(position, 4u);
    cr_expect_eq(fz_kana_check(with_hyphen, strlen(with_hyphen), FZ_KANA_PARTY, NULL), FZ_KANA_OK);
    cr_expect_eq(fz_kana_check(" A", 2, FZ_KANA_PARTY, &position), FZ_KANA_SPACE);
    cr_expect_eq(position, 0u);
    cr_expect_eq(fz_kana_check("A ", 2, FZ_KANA_PARTY, &position), FZ_KANA_SPACE);
    cr_expect_eq(position, 1u);
    cr_expect_eq(fz_kana_check("", 0, FZ_KANA_PARTY, &position), FZ_KANA_EMPTY);
}

Test(kana, voiced_marks_only_where_the_language_has_them)
{
    static const char voiced[] = "ｳｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ";
    static const char semivoiced[] = "ﾊﾋﾌﾍﾎ";
    for (unsigned byte = 0xB1; byte <= 0xDD; byte++) {
        const char with_voiced[2] = {(char)byte, (char)0xDE};
        const char with_semivoiced[2] = {(char)byte, (char)0xDF};
        char shown[FZ_KANA_UTF8_SIZE(1)];
        (void)fz_kana_to_utf8(with_voiced, 1, shown);
        cr_expect_eq(fz_kana_check(with_voiced, 2, FZ_KANA_PARTY, NULL),
                     strstr(voiced, shown) != NULL ? FZ_KANA_OK : FZ_KANA_MARK, "%s", shown);
        cr_expect_eq(fz_kana_check(with_semivoiced, 2, FZ_KANA_PARTY, NULL),
                     strstr(semivoiced, shown) != NULL ? FZ_KANA_OK : FZ_KANA_MARK, "%s", shown);
    }
}

Test(kana, too_long_is_refused_and_never_cut)
{
    char shown[64];
    size_t position = 0;
    cr_expect_eq(fold("アイウ", FZ_KANA_PARTY, 3, shown, &position), FZ_KANA_OK);
    cr_expect_eq(fold("アイウエ", FZ_KANA_PARTY, 3, shown, &position), FZ_KANA_TOO_LONG);
    cr_expect_eq(position, strlen("アイウ"));
    /* The kana would fit, its mark would not. */
    cr_expect_eq(fold("アイガ", FZ_KANA_PARTY, 3, shown, &position), FZ_KANA_TOO_LONG);
    cr_expect_eq(position, strlen("アイ"));
    cr_expect_eq(fold("アガ", FZ_KANA_PARTY, 3, shown, &position), FZ_KANA_OK);
    cr_expect_str_eq(shown, "ｱｶﾞ");
    cr_expect_eq(fold("ア", FZ_KANA_PARTY, 0, shown, &position), FZ_KANA_TOO_LONG);
}

Test(kana, shows_every_byte)
{
    for (unsigned value = 0; value < 256; value++) {
        const char byte = (char)value;
        char shown[FZ_KANA_UTF8_SIZE(1)];
        size_t len = fz_kana_to_utf8(&byte, 1, shown);
        cr_expect_eq(strlen(shown), value == 0 ? 3u : len);
        if (value >= 0xA1 && value <= 0xDF) {
            cr_expect_eq((unsigned char)shown[0], 0xEF, "%02x", value);
            cr_expect_eq((unsigned char)shown[1], value <= 0xBF ? 0xBD : 0xBE, "%02x", value);
            cr_expect_eq(len, 3u);
        } else if (value == '\\') {
            cr_expect_str_eq(shown, "¥");
        } else if (value == '~') {
            cr_expect_str_eq(shown, "‾");
        } else if ((value >= ' ' && value < 0x7F) || value == '\r' || value == '\n') {
            cr_expect_eq(shown[0], byte);
            cr_expect_eq(len, 1u);
        } else {
            cr_expect_str_eq(shown, "\uFFFD", "%02x", value);
        }
    }
    char shown[64];
    (void)fz_kana_to_utf8("\xA1\xB1\xC0\xDD\xDF\r\n", 7, shown);
    cr_expect_str_eq(shown, "｡ｱﾀﾝﾟ\r\n");
}

Test(kana, what_is_shown_folds_back)
{
    for (unsigned value = 0xB1; value <= 0xDD; value++) {
        const char byte = (char)value;
        char shown[FZ_KANA_UTF8_SIZE(1)];
        char back[2];
        size_t len = fz_kana_to_utf8(&byte, 1, shown);
        cr_assert_eq(fz_kana_fold(shown, len, FZ_KANA_PARTY, back, 1, NULL), FZ_KANA_OK);
        cr_expect_eq(back[0], byte, "%s", shown);
    }
}

Test(kana, every_result_has_its_own_words)
{
    for (int a = FZ_KANA_OK; a <= FZ_KANA_TOO_LONG; a++) {
        cr_expect_str_neq(fz_kana_result_text((enum fz_kana_result)a), "unknown");
        for (int b = a + 1; b <= FZ_KANA_TOO_LONG; b++) {
            cr_expect_str_neq(fz_kana_result_text((enum fz_kana_result)a),
                              fz_kana_result_text((enum fz_kana_result)b));
        }
    }
}
