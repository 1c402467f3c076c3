/*
 * A signature base kept in few bytes, and back: what we sign, what others sign, and what fits
 * nowhere.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "feezero/crypto.h"
#include "ledger/store/order_base.h"
#include "merchant-pos/wire/httpsig.h"

#define KEY "1.AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"
#define BODY "{\"amount\":1480,\"intent_id\":\"019316a5-0000-7000-8000-000000000001\"}"

static const struct fz_id operation = {
    {0x01, 0x93, 0x16, 0xa5, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x2a}};

static struct fz_signed_order order_of(const void *base, size_t len, const char *body)
{
    return (struct fz_signed_order){.key_id = KEY,
                                    .base = base,
                                    .base_len = len,
                                    .body = (const uint8_t *)body,
                                    .body_len = body == NULL ? 0 : strlen(body)};
}

/* Returns the length it was kept in. */
static size_t there_and_back(const char *base, size_t len, const char *body)
{
    uint8_t kept[FZ_ORDER_BASE_MAX];
    uint8_t back[FZ_ORDER_BASE_MAX];
    struct fz_signed_order order = order_of(base, len, body);
    size_t kept_len = fz_order_base_shorten(&order, &operation, kept);
    order.base = kept;
    order.base_len = kept_len;
    cr_expect_leq(kept_len, len);
    cr_expect_eq(fz_order_base_expand(&order, &operation, back), len);
    cr_expect_eq(memcmp(back, base, len), 0, "%.*s", (int)len, (const char *)back);
    return kept_len;
}

static size_t request_base(char base[FZ_ORDER_BASE_MAX], const char *path, const char *body)
{
    uint8_t digest[FZ_SHA256_LEN];
    size_t len = 0;
    struct fz_err err = {.rc = FZ_OK};
    if (body != NULL) {
        fz_sha256(body, strlen(body), digest);
    }
    struct fz_httpsig_request request = {.method = "PUT",
                                         .path = path,
                                         .key_id = KEY,
                                         .created_s = 1764547200,
                                         .body_digest = body == NULL ? NULL : digest};
    cr_assert_eq(fz_httpsig_request_base(&request, base, FZ_ORDER_BASE_MAX, &len, &err), FZ_OK);
    return len;
}

Test(order_base, what_our_clients_sign_takes_thirty_bytes)
{
    char base[FZ_ORDER_BASE_MAX];
    size_t len = request_base(base, "/v1/payments/019316a5-0000-7000-8000-00000000002a", BODY);
    cr_expect_gt(len, 300);
    cr_expect_leq(there_and_back(base, len, BODY), 30);
}

Test(order_base, other_orders_keep_their_meaning)
{
    static const char foreign[] =
        "\"content-digest\": sha-256=:abc=:\n\"@path\": /v1/payments/x\n\"@method\": PUT\n"
        "\"@signature-params\": (\"content-digest\" \"@path\" \"@method\");keyid=\"" KEY
        "\";created=1;nonce=\"\ttab\"";
    char base[FZ_ORDER_BASE_MAX];
    size_t len = request_base(base, "/v1/payments/019316a5-0000-7000-8000-00000000002b", NULL);
    cr_expect_lt(there_and_back(base, len, NULL), len);
    len = request_base(base, "/v1/payments/019316a5-0000-7000-8000-00000000002a", BODY);
    cr_expect_lt(there_and_back(base, len, "another body"), len);
    cr_expect_lt(there_and_back(foreign, sizeof(foreign) - 1, BODY), sizeof(foreign) - 1);
    cr_expect_eq(there_and_back("", 0, BODY), 0);
    cr_expect_eq(there_and_back("x", 1, BODY), 1);
    memset(base, '"', sizeof(base));
    cr_expect_eq(there_and_back(base, sizeof(base), BODY), sizeof(base));
}

Test(order_base, a_base_of_earlier_days_is_read_as_it_is)
{
    char base[FZ_ORDER_BASE_MAX];
    uint8_t back[FZ_ORDER_BASE_MAX];
    size_t len = request_base(base, "/v1/payments/019316a5-0000-7000-8000-00000000002a", BODY);
    struct fz_signed_order order = order_of(base, len, BODY);
    cr_expect_eq(fz_order_base_expand(&order, &operation, back), len);
    cr_expect_eq(memcmp(back, base, len), 0);
}

Test(order_base, damage_does_not_run_over)
{
    uint8_t kept[FZ_ORDER_BASE_MAX];
    uint8_t back[FZ_ORDER_BASE_MAX];
    memset(kept, 6, sizeof(kept));
    struct fz_signed_order order = order_of(kept, sizeof(kept), BODY);
    cr_expect_eq(fz_order_base_expand(&order, &operation, back), 0);
    memset(kept, 1, sizeof(kept));
    order.key_id = NULL;
    cr_expect_eq(fz_order_base_expand(&order, &operation, back), 0, "nothing is left");
    memset(kept, 'x', sizeof(kept));
    cr_expect_eq(fz_order_base_expand(&order, &operation, back), sizeof(kept));
}
