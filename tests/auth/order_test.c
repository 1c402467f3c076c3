/*
 * Kept orders: what the command line signs and what arrived over HTTP prove themselves the same
 * way, and every changed byte of what was kept is found.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "switch/auth/order.h"
#include "switch/auth/verify.h"
#include "tests/auth/request.h"
#include "tests/support/leak.h"

#define NOW_US (INT64_C(1796083200) * 1000000 + 123456)
#define PATH "/v1/topups/017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
#define BODY "{\"account\":\"R00000017\",\"amount\":10000}"

/* An order and all the memory it borrows. */
struct kept {
    struct fz_key *key;
    struct fz_order order;
    char key_id[FZ_KEY_ID_MAX + 1];
    char base[FZ_ORDER_BASE_MAX];
    char body[256];
};

static struct fz_order_request request_of(struct kept *kept, const char *body)
{
    char thumbprint[FZ_THUMBPRINT_LEN + 1];
    fz_key_thumbprint(kept->key, thumbprint);
    fz_key_id_format(7, thumbprint, kept->key_id);
    strncpy(kept->body, body, sizeof kept->body - 1);
    return (struct fz_order_request){.key_id = kept->key_id,
                                     .method = "PUT",
                                     .path = PATH,
                                     .body = {kept->body, strlen(body)},
                                     .now_us = NOW_US};
}

static void keep(struct kept *kept, const char *body)
{
    struct fz_err err = {0};
    memset(kept, 0, sizeof *kept);
    kept->key = test_key_new();
    struct fz_order_request request = request_of(kept, body);
    cr_assert_eq(fz_order_sign(kept->key, &request, kept->base, &kept->order, &err), FZ_OK, "%s",
                 err.msg);
}

Test(order, what_was_signed_proves_itself_with_the_public_key)
{
    static const char *const bodies[] = {BODY, ""};
    for (size_t i = 0; i < 2; i++) {
        struct kept kept;
        struct fz_httpsig_base base;
        struct fz_httpsig_text value;
        struct fz_err err = {0};
        keep(&kept, bodies[i]);
        struct fz_key *public_key = test_key_public(kept.key);
        cr_assert_eq(fz_order_verify(&kept.order, public_key, &base, &err), FZ_OK, "%s", err.msg);
        cr_assert(fz_httpsig_base_get(&base, "@method", &value));
        cr_expect_str_eq(test_text(value), "PUT");
        cr_assert(fz_httpsig_base_get(&base, "@path", &value));
        cr_expect_str_eq(test_text(value), PATH);
        cr_expect_eq(fz_httpsig_base_get(&base, "content-digest", &value), i == 0);
        cr_expect_eq(base.signature.created_s, NOW_US / 1000000);
        cr_expect_eq(fz_order_verify(&kept.order, public_key, NULL, NULL), FZ_OK);
        fz_key_destroy(&public_key);
        fz_key_destroy(&kept.key);
    }
    FZ_EXPECT_NO_LEAK();
}

Test(order, a_request_that_came_over_http_is_proved_by_the_same_verifier)
{
    struct test_request request;
    struct test_signed signed_request;
    struct fz_auth auth;
    struct fz_err err = {0};
    struct fz_key *key = test_key_new();
    test_request_init(&request);
    request.body = BODY;
    test_request_sign(&request, key, NOW_US / 1000000, &signed_request);
    cr_assert_eq(fz_auth_begin(&auth, &request.message, BODY, strlen(BODY), NOW_US, &err), FZ_OK);
    cr_assert_eq(fz_auth_finish(&auth, key, &err), FZ_OK, "%s", err.msg);
    struct fz_order order = {.base = {auth.base, auth.base_len},
                             .body = TEXT(BODY),
                             .key_id = {auth.key_id, strlen(auth.key_id)}};
    memcpy(order.signature, auth.signature, sizeof order.signature);
    cr_expect_eq(fz_order_verify(&order, key, NULL, &err), FZ_OK, "%s", err.msg);
    fz_key_destroy(&key);
    FZ_EXPECT_NO_LEAK();
}

Test(order, each_way_to_be_wrong_has_its_code)
{
    struct kept kept;
    struct fz_order order;
    struct fz_key *other = test_key_new();
    keep(&kept, BODY);

    order = kept.order;
    order.base.len--;
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_FORMAT, "cut");
    order = kept.order;
    order.key_id = TEXT("7.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_FORMAT, "another key id");
    order = kept.order;
    order.key_id.len--;
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_FORMAT, "a shorter key id");
    cr_expect_eq(fz_order_verify(&kept.order, other, NULL, NULL), FZ_KEY_UNKNOWN);
    order = kept.order;
    order.body = TEXT(BODY " ");
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_DIGEST_MISMATCH);
    order.body = TEXT("");
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_DIGEST_MISMATCH);
    order = kept.order;
    order.signature[40] ^= 1;
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_SIGNATURE_INVALID);
    cr_expect_eq(fz_order_verify(&kept.order, kept.key, NULL, NULL), FZ_OK);
    fz_key_destroy(&kept.key);

    keep(&kept, "");
    order = kept.order;
    order.body = TEXT("{}");
    cr_expect_eq(fz_order_verify(&order, kept.key, NULL, NULL), FZ_DIGEST_MISMATCH,
                 "a body nobody signed");
    fz_key_destroy(&kept.key);
    fz_key_destroy(&other);
    FZ_EXPECT_NO_LEAK();
}

Test(order, no_changed_byte_of_what_was_kept_goes_unseen)
{
    struct kept kept;
    keep(&kept, BODY);
    struct {
        char *at;
        size_t len;
        const char *what;
    } parts[] = {{kept.base, kept.order.base.len, "base"},
                 {kept.body, strlen(BODY), "body"},
                 {kept.key_id, strlen(kept.key_id), "key id"},
                 {(char *)kept.order.signature, FZ_SIGNATURE_LEN, "signature"}};
    for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
        for (size_t bit = 0; bit < 8 * parts[part].len; bit++) {
            parts[part].at[bit / 8] ^= (char)(1u << bit % 8);
            cr_expect_neq(fz_order_verify(&kept.order, kept.key, NULL, NULL), FZ_OK, "%s bit %zu",
                          parts[part].what, bit);
            parts[part].at[bit / 8] ^= (char)(1u << bit % 8);
        }
    }
    cr_expect_eq(fz_order_verify(&kept.order, kept.key, NULL, NULL), FZ_OK);
    fz_key_destroy(&kept.key);
    FZ_EXPECT_NO_LEAK();
}

Test(order, an_order_that_could_not_be_kept_is_not_signed)
{
    static char large[FZ_ORDER_BODY_MAX + 1], long_path[FZ_ORDER_BASE_MAX + 1];
    struct kept kept = {.key = test_key_new()};
    struct fz_key *other = test_key_new();
    memset(large, ' ', sizeof large);
    memset(long_path, '/', sizeof long_path - 1);
    struct fz_order_request request = request_of(&kept, BODY);
    struct fz_order_request wrong = request;
    wrong.body = (struct fz_httpsig_text){large, sizeof large};
    cr_expect_eq(fz_order_sign(kept.key, &wrong, kept.base, &kept.order, NULL), FZ_LIMIT);
    wrong.body.len--;
    cr_expect_eq(fz_order_sign(kept.key, &wrong, kept.base, &kept.order, NULL), FZ_OK);
    wrong = request;
    wrong.path = long_path;
    cr_expect_eq(fz_order_sign(kept.key, &wrong, kept.base, &kept.order, NULL), FZ_LIMIT);
    wrong.path = "v1";
    cr_expect_eq(fz_order_sign(kept.key, &wrong, kept.base, &kept.order, NULL), FZ_FORMAT);
    cr_expect_eq(fz_order_sign(other, &request, kept.base, &kept.order, NULL), FZ_KEY_UNKNOWN);
    wrong = request;
    wrong.key_id = "treasurer";
    cr_expect_eq(fz_order_sign(kept.key, &wrong, kept.base, &kept.order, NULL), FZ_KEY_UNKNOWN);
    fz_key_destroy(&kept.key);
    fz_key_destroy(&other);
    FZ_EXPECT_NO_LEAK();
}
