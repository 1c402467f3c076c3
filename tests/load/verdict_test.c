/*
 * What answers mean: a payment is ours only if every member says so, and nothing is taken for a
 * refusal that does not decide.
 */
#include "load/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/leak.h"

#define ID "01890000-0000-7000-8000-000000000001"
#define INTENT "01890000-0000-7000-8000-000000000002"
#define PAID                                                                                    \
    "{\"amount\":7,\"fee\":0,\"intent_id\":\"" INTENT "\",\"number\":42,\"operation_id\":\"" ID \
    "\",\"state\":\"COMPLETED\"}"

static struct fz_record_payment payment(void)
{
    struct fz_record_payment made = {.amount = 7};
    cr_assert(fz_id_parse(ID, FZ_ID_TEXT_LEN, &made.id));
    cr_assert(fz_id_parse(INTENT, FZ_ID_TEXT_LEN, &made.intent));
    return made;
}

static struct fz_verdict verdict_of(int status, const char *body, bool is_inquiry)
{
    struct fz_answer answer = {.status = status, .body = body, .body_len = strlen(body)};
    struct fz_record_payment ours = payment();
    struct fz_verdict verdict;
    if (is_inquiry) {
        fz_verdict_read_inquiry(&answer, &ours, &verdict);
    } else {
        fz_verdict_read(&answer, &ours, &verdict);
    }
    return verdict;
}

Test(load_verdict, knows_its_payment)
{
    struct fz_verdict verdict = verdict_of(201, PAID, false);
    cr_expect_eq(verdict.kind, FZ_VERDICT_PAID);
    cr_expect(verdict.is_ours);
    cr_expect_eq(verdict.number, 42);
    FZ_EXPECT_NO_LEAK();
}

Test(load_verdict, notices_every_other_payment)
{
    static const struct {
        const char *what;
        const char *body;
    } rows[] = {
        {"amount", "{\"amount\":8,\"fee\":0,\"intent_id\":\"" INTENT "\",\"number\":42,"
                   "\"operation_id\":\"" ID "\",\"state\":\"COMPLETED\"}"},
        {"fee", "{\"amount\":7,\"fee\":1,\"intent_id\":\"" INTENT "\",\"number\":42,"
                "\"operation_id\":\"" ID "\",\"state\":\"COMPLETED\"}"},
        {"intent", "{\"amount\":7,\"fee\":0,\"intent_id\":\"" ID "\",\"number\":42,"
                   "\"operation_id\":\"" ID "\",\"state\":\"COMPLETED\"}"},
        {"operation", "{\"amount\":7,\"fee\":0,\"intent_id\":\"" INTENT "\",\"number\":42,"
                      "\"operation_id\":\"" INTENT "\",\"state\":\"COMPLETED\"}"},
        {"number", "{\"amount\":7,\"fee\":0,\"intent_id\":\"" INTENT "\","
                   "\"operation_id\":\"" ID "\",\"state\":\"COMPLETED\"}"},
        {"state", "{\"amount\":7,\"fee\":0,\"intent_id\":\"" INTENT "\",\"number\":42,"
                  "\"operation_id\":\"" ID "\",\"state\":\"CREATED\"}"},
        {"all", "{}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fz_verdict verdict = verdict_of(201, rows[i].body, false);
        cr_expect_eq(verdict.kind, FZ_VERDICT_PAID, "%s", rows[i].what);
        cr_expect_not(verdict.is_ours, "%s", rows[i].what);
    }
}

Test(load_verdict, tells_refusals_from_what_does_not_decide)
{
    static const struct {
        int status;
        const char *body;
        enum fz_verdict_kind kind;
    } rows[] = {
        {409, "{\"code\":\"intent-paid\"}", FZ_VERDICT_REFUSED},
        {402, "{\"code\":\"insufficient-funds\"}", FZ_VERDICT_REFUSED},
        {409, "{\"code\":\"tombstoned\"}", FZ_VERDICT_TOMBSTONED},
        {401, "{\"code\":\"signature-stale\"}", FZ_VERDICT_NONE},
        {503, "{\"code\":\"outcome-unknown\"}", FZ_VERDICT_NONE},
        {500, "{\"code\":\"internal\"}", FZ_VERDICT_NONE},
        {409, "{}", FZ_VERDICT_NONE},
        {409, "[]", FZ_VERDICT_NONE},
        {201, "not JSON", FZ_VERDICT_NONE},
        {200, PAID, FZ_VERDICT_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_expect_eq(verdict_of(rows[i].status, rows[i].body, false).kind, rows[i].kind, "%d %s",
                     rows[i].status, rows[i].body);
    }
    cr_expect_str_eq(verdict_of(503, "{\"code\":\"outcome-unknown\"}", false).code,
                     "outcome-unknown");
}

Test(load_verdict, reads_inquiries_and_refused_tombstones)
{
    static const char done[] =
        "{\"http_status\":201,\"operation_id\":\"" ID "\",\"status\":\"DONE\",\"result\":" PAID "}";
    static const char late[] =
        "{\"code\":\"id-reused\",\"final_state\":{\"http_status\":201,"
        "\"operation_id\":\"" ID "\",\"status\":\"DONE\",\"result\":" PAID "}}";
    static const char refused[] = "{\"http_status\":409,\"operation_id\":\"" ID
                                  "\",\"status\":\"REJECTED\",\"result\":{\"code\":"
                                  "\"intent-paid\"}}";
    static const char other[] = "{\"http_status\":201,\"operation_id\":\"" INTENT
                                "\",\"status\":\"DONE\",\"result\":" PAID "}";
    cr_expect_eq(verdict_of(200, done, true).kind, FZ_VERDICT_PAID);
    cr_expect(verdict_of(200, done, true).is_ours);
    cr_expect_eq(verdict_of(409, late, true).kind, FZ_VERDICT_PAID);
    cr_expect_eq(verdict_of(409, late, true).number, 42);
    cr_expect_eq(verdict_of(200, refused, true).kind, FZ_VERDICT_REFUSED);
    cr_expect_eq(verdict_of(200, other, true).kind, FZ_VERDICT_NONE);
    cr_expect_eq(verdict_of(200, "{\"status\":\"TOMBSTONED\"}", true).kind, FZ_VERDICT_TOMBSTONED);
    cr_expect_eq(verdict_of(404, "{\"code\":\"operation-unknown\"}", true).kind, FZ_VERDICT_NONE);
    cr_expect_str_eq(verdict_of(404, "{\"code\":\"operation-unknown\"}", true).code,
                     "operation-unknown");
    cr_expect_eq(verdict_of(409, "{\"code\":\"id-reused\"}", true).kind, FZ_VERDICT_NONE);
}
