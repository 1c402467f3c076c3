/*
 * switch/treasury: ids from what is done.
 */
#include "switch/treasury/operation_id.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "switch/treasury/day.h"
#include "switch/treasury/public_id.h"

/* All parts are bounded: the longest is a deposit's reference of 35 characters. */
static struct fz_id make(const char *format, ...) __attribute__((format(printf, 1, 2)));

static struct fz_id make(const char *format, ...)
{
    char text[128];
    uint8_t digest[FZ_SHA256_LEN];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fz_assert(len > 0 && (size_t)len < sizeof text);
    fz_sha256(text, (size_t)len, digest);
    return fz_id_v8(digest);
}

struct fz_id fz_operation_id_topup(int32_t community, const char *deposit)
{
    return make("%" PRId32 "/topup/%s", community, deposit);
}

struct fz_id fz_operation_id_settlement(
    int32_t community, const char *what, int64_t business_day, int32_t window, int64_t shop)
{
    return make("%" PRId32 "/%s/%s/%" PRId32 "/%s", community, what,
                fz_day_format(business_day).text, window, fz_public_id('M', shop).text);
}

struct fz_id fz_operation_id_step(int32_t community, const char *what, const struct fz_id *payout)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(payout, text);
    return make("%" PRId32 "/%s/%s", community, what, text);
}

struct fz_id fz_operation_id_release(int32_t community,
                                     int64_t business_day,
                                     int32_t window,
                                     const struct fz_id *refund)
{
    char text[FZ_ID_TEXT_LEN + 1];
    fz_id_format(refund, text);
    return make("%" PRId32 "/refund-release/%s/%" PRId32 "/%s", community,
                fz_day_format(business_day).text, window, text);
}

struct fz_id fz_operation_id_bill(int32_t community, const char *what, int64_t period, int64_t shop)
{
    return make("%" PRId32 "/%s/%s/%s", community, what, fz_month_format(period).text,
                fz_public_id('M', shop).text);
}
