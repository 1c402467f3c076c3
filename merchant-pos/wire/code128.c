/*
 * merchant-pos/wire: Code 128 (see code128.h).
 */
#include "merchant-pos/wire/code128.h"

#include <string.h>

#define START_C 105U
#define STOP 106U
#define CHECK_MODULUS 103U

/* Widths of bars and spaces by turns, the first a bar; the stop symbol has one bar more. */
static const char widths[][8] = {
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312",  "132212",
    "221213", "221312", "231212", "112232", "122132", "122231", "113222", "123122",  "123221",
    "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122",  "321221",
    "312212", "322112", "322211", "212123", "212321", "232121", "111323", "131123",  "131321",
    "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",  "132131",
    "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311",  "213131",
    "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411",  "431111",
    "111224", "111422", "121124", "121421", "141122", "141221", "112214", "112412",  "122114",
    "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",  "111242",
    "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211",  "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113",  "411311",
    "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
};

/* Appends one symbol; returns where the next begins. */
static uint8_t *put(uint8_t *modules, unsigned symbol)
{
    uint8_t dark = 1;

    for (const char *width = widths[symbol]; *width != '\0'; width++) {
        size_t count = (size_t)(*width - '0');
        memset(modules, dark, count);
        modules += count;
        dark ^= 1U;
    }
    return modules;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

bool fz_code128_encode(const char *digits, size_t len, uint8_t *modules_out)
{
    unsigned check = START_C;

    if (len == 0 || len % 2 != 0) {
        return false;
    }
    modules_out = put(modules_out, START_C);
    for (size_t i = 0; i < len; i += 2) {
        if (!is_digit(digits[i]) || !is_digit(digits[i + 1])) {
            return false;
        }
        unsigned symbol = (unsigned)(digits[i] - '0') * 10U + (unsigned)(digits[i + 1] - '0');
        check = (check + symbol * (unsigned)(i / 2 + 1)) % CHECK_MODULUS;
        modules_out = put(modules_out, symbol);
    }
    modules_out = put(modules_out, check);
    (void)put(modules_out, STOP);
    return true;
}
