/*
 * What a receiver gets: the signature of the specification's own example, secrets that begin the
 * same, and bodies to the byte.
 */
#include "switch/courier/message.h"

#include <criterion/criterion.h>
#include <string.h>

#include "ledger/core/state.h"
#include "tests/support/leak.h"

/* The example of Standard Webhooks: its secret, id, time and body, and the signature. */
#define SECRET "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define TIME_S 1614265330
#define BODY "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static const char *sign(const char *secret, const char *id, int64_t time_s, const char *body)
{
    static char text[FZ_MESSAGE_SIGNATURE_SIZE];
    uint8_t bytes[64];
    size_t len = 0;
    struct fz_err err = {.rc = FZ_OK};
    cr_assert(fz_base64_decode(secret, strlen(secret), bytes, sizeof(bytes), &len));
    struct fz_message message = {
        .id = id, .time_s = time_s, .body = body, .body_len = strlen(body)};
    cr_assert_eq(fz_message_sign(&message, bytes, len, text, &err), FZ_OK, "%s", err.msg);
    return text;
}

Test(message, signature_of_the_specification)
{
    cr_expect_str_eq(sign(SECRET, ID, TIME_S, BODY), SIGNATURE);
    cr_expect_str_neq(sign(SECRET, ID, TIME_S, "{\"test\": 2432232315}"), SIGNATURE, "body");
    cr_expect_str_neq(sign(SECRET, ID, TIME_S + 1, BODY), SIGNATURE, "time");
    cr_expect_str_neq(sign(SECRET, ID "x", TIME_S, BODY), SIGNATURE, "id");
    cr_expect_str_neq(sign("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx", ID, TIME_S, BODY), SIGNATURE);
    FZ_EXPECT_NO_LEAK();
}

static void expect_body(const struct fz_event_row *event, const char *wanted)
{
    struct fz_json_out out;
    fz_json_out_init(&out);
    fz_message_body(&out, 7, event);
    cr_assert(!out.failed);
    cr_expect_str_eq(out.text, wanted);
    fz_json_out_fini(&out);
}

Test(message, bodies)
{
    struct fz_event_row event = {.event = 42,
                                 .time_us = 1796083200123456,
                                 .shop = 12,
                                 .amount = 1480,
                                 .transfer = 99,
                                 .intent = {{1}},
                                 .operation = {{2}},
                                 .type = FZ_EVENT_COMPLETED,
                                 .state = FZ_STATE_COMPLETED};
    expect_body(&event, "{\"data\":{\"amount\":1480,\"at\":\"2026-12-01T00:00:00.123Z\","
                        "\"intent_id\":\"01000000-0000-0000-0000-000000000000\",\"number\":99,"
                        "\"operation_id\":\"02000000-0000-0000-0000-000000000000\",\"seq\":42,"
                        "\"state\":\"COMPLETED\",\"type\":\"intent.completed\",\"community\":7,"
                        "\"shop\":\"M00000012\"},\"timestamp\":\"2026-12-01T00:00:00.123Z\","
                        "\"type\":\"intent.completed\"}");
    event.transfer = 0;
    event.operation = (struct fz_id){{0}};
    event.type = FZ_EVENT_EXPIRED;
    event.state = FZ_STATE_EXPIRED;
    expect_body(&event, "{\"data\":{\"amount\":1480,\"at\":\"2026-12-01T00:00:00.123Z\","
                        "\"intent_id\":\"01000000-0000-0000-0000-000000000000\",\"seq\":42,"
                        "\"state\":\"EXPIRED\",\"type\":\"intent.expired\",\"community\":7,"
                        "\"shop\":\"M00000012\"},\"timestamp\":\"2026-12-01T00:00:00.123Z\","
                        "\"type\":\"intent.expired\"}");
    FZ_EXPECT_NO_LEAK();
}

Test(message, ids)
{
    char id[FZ_MESSAGE_ID_SIZE];
    fz_message_id(7, 42, id);
    cr_expect_str_eq(id, "evt_7_42");
    fz_message_id(INT32_MAX, INT64_MAX, id);
    cr_expect_str_eq(id, "evt_2147483647_9223372036854775807", "the longest fits");
}
