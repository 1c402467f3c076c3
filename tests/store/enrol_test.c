/*
 * One-time codes: what is refused, what may be said again, and that of all who come at the same
 * moment exactly one gets in.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "feezero/role.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define RACERS 20
#define LANES 10 /* connections: so many are in the database at once */

struct answer {
    unsigned calls;
    fz_rc rc;
    struct fz_credential credential;
    char party_name[64];
};

static void on_enrolled(void *ctx, fz_rc rc, const struct fz_credential *credential)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->rc = rc;
    if (credential != NULL) {
        answer->credential = *credential;
        (void)snprintf(answer->party_name, sizeof answer->party_name, "%s", credential->party_name);
    }
}

/* A code of 32 equal bytes. */
static void insert_code(struct testbed *bed, int32_t community, int code, const char *rest)
{
    testbed_sql(bed,
                "INSERT INTO fz.enrolment (community_id, code_hash, party, role, terminal,"
                " expires_at) VALUES (%d, decode(repeat('%02x', 32), 'hex'), %s)",
                community, (unsigned)code, rest);
}

/* Starts to enrol key number `key` with code number `code`. */
static void start(struct testbed *bed, int32_t community, int code, int key, struct answer *answer)
{
    uint8_t hash[32];
    uint8_t spki[91];
    char key_id[32];
    memset(hash, code, sizeof hash);
    memset(spki, key, sizeof spki);
    (void)snprintf(key_id, sizeof key_id, "%d.key-%d", community, key);
    struct fz_enrolment enrolment = {.community = community,
                                     .code_hash = hash,
                                     .key_id = key_id,
                                     .public_key = spki,
                                     .label = "phone"};
    fz_store_enrol(bed->reader, &enrolment, on_enrolled, answer);
}

static fz_rc enrol(struct testbed *bed, int32_t community, int code, int key, struct answer *answer)
{
    answer->calls = 0;
    start(bed, community, code, key, answer);
    cr_assert(answer->calls == 0, "answered before the call returned");
    testbed_wait(bed, &answer->calls, 1);
    return answer->rc;
}

static int64_t credentials(struct testbed *bed, int32_t community)
{
    return testbed_int(bed, "SELECT count(*) FROM fz.credential WHERE community_id = %d",
                       community);
}

Test(enrol, binds_a_key_once)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 1);
    testbed_start_reader(&bed, 1, true);
    insert_code(&bed, 1, 1, "1, 2, 1, now() + interval '1 day'");
    cr_assert(enrol(&bed, 1, 1, 7, &answer) == FZ_OK);
    cr_expect(answer.credential.party == 1 && answer.credential.role == FZ_ROLE_TERMINAL);
    cr_expect(answer.credential.terminal == 1 && !answer.credential.revoked);
    cr_expect_str_eq(answer.party_name, "喫茶みなと");
    int64_t enrolled_us = answer.credential.enrolled_us;
    cr_expect(enrolled_us > 0);

    cr_assert(enrol(&bed, 1, 1, 7, &answer) == FZ_OK, "the same again");
    cr_expect(answer.credential.enrolled_us == enrolled_us, "with the same answer");
    testbed_sql(&bed,
                "UPDATE fz.enrolment SET expires_at = now() - interval '1 s' WHERE community_id"
                " = 1");
    cr_expect(enrol(&bed, 1, 1, 7, &answer) == FZ_OK, "also after the code's end");
    cr_expect(enrol(&bed, 1, 1, 8, &answer) == FZ_ENROLMENT_CODE, "used for another key");
    cr_expect(credentials(&bed, 1) == 1);
    cr_expect_str_eq(testbed_text(&bed, "SELECT label FROM fz.credential WHERE community_id = 1"),
                     "phone");
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(enrol, refuses_what_is_not_good)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 2);
    testbed_start_reader(&bed, 1, true);
    insert_code(&bed, 2, 1, "2, 1, NULL, now() - interval '1 s'");
    insert_code(&bed, 2, 2, "3, 1, NULL, now() + interval '1 day'");
    testbed_sql(&bed, "UPDATE fz.party SET state = 3 WHERE community_id = 2 AND party = 3");
    cr_expect(enrol(&bed, 2, 1, 7, &answer) == FZ_ENROLMENT_CODE, "expired");
    cr_expect(enrol(&bed, 2, 2, 7, &answer) == FZ_ENROLMENT_CODE, "of somebody who left");
    cr_expect(enrol(&bed, 2, 9, 7, &answer) == FZ_ENROLMENT_CODE, "unknown");
    cr_expect(enrol(&bed, 99, 2, 7, &answer) == FZ_ENROLMENT_CODE, "another town's");
    cr_expect(credentials(&bed, 2) == 0);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(enrol, keeps_a_key_with_one_party_and_role)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 3);
    testbed_start_reader(&bed, 1, true);
    insert_code(&bed, 3, 1, "2, 1, NULL, now() + interval '1 day'");
    insert_code(&bed, 3, 2, "3, 1, NULL, now() + interval '1 day'");
    insert_code(&bed, 3, 3, "2, 5, NULL, now() + interval '1 day'");
    insert_code(&bed, 3, 4, "2, 1, NULL, now() + interval '1 day'");
    insert_code(&bed, 3, 5, "2, 1, NULL, now() + interval '1 day'");
    cr_assert(enrol(&bed, 3, 1, 7, &answer) == FZ_OK);
    cr_expect(enrol(&bed, 3, 2, 7, &answer) == FZ_ENROLMENT_CODE, "another party's key");
    cr_expect(enrol(&bed, 3, 3, 7, &answer) == FZ_ENROLMENT_CODE, "another role's key");
    cr_expect(enrol(&bed, 3, 4, 7, &answer) == FZ_OK, "a second code for the same is no harm");
    testbed_sql(&bed, "UPDATE fz.credential SET revoked_at = now() WHERE community_id = 3");
    cr_expect(enrol(&bed, 3, 5, 7, &answer) == FZ_ENROLMENT_CODE, "a revoked key");
    cr_expect(credentials(&bed, 3) == 1);
    cr_expect_str_eq(
        testbed_text(&bed,
                     "SELECT string_agg(to_hex(get_byte(code_hash, 0)), ' ' ORDER BY code_hash)"
                     " FROM fz.enrolment WHERE community_id = 3 AND key_id IS NULL"),
        "2 3 5", "a refused code stays unused");
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* How many of the reader's connections wait for a lock, seen anew within the same transaction. */
static int64_t blocked(struct testbed *bed)
{
    testbed_sql(bed, "SELECT pg_stat_clear_snapshot()");
    return testbed_int(bed,
                       "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s'"
                       " AND wait_event_type = 'Lock'",
                       bed->name);
}

static void wait_for_blocked(struct testbed *bed, int64_t expected)
{
    int64_t until_ms = 0;
    while (blocked(bed) < expected) {
        testbed_turn(bed, &until_ms);
    }
}

static void count(const struct answer *answers, unsigned len, unsigned *won, unsigned *refused)
{
    *won = 0;
    *refused = 0;
    for (unsigned i = 0; i < len; i++) {
        cr_expect(answers[i].calls == 1, "racer %u: %u answers", i, answers[i].calls);
        *won += answers[i].rc == FZ_OK;
        *refused += answers[i].rc == FZ_ENROLMENT_CODE;
    }
}

static unsigned answered(const struct answer *answers, unsigned len)
{
    unsigned calls = 0;
    for (unsigned i = 0; i < len; i++) {
        calls += answers[i].calls;
    }
    return calls;
}

Test(enrol, one_code_and_twenty_keys)
{
    struct testbed bed;
    struct answer answers[RACERS] = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 4);
    testbed_start_reader(&bed, LANES, true);
    insert_code(&bed, 4, 1, "2, 1, NULL, now() + interval '1 day'");
    testbed_sql(&bed,
                "BEGIN; SELECT FROM fz.enrolment WHERE community_id = 4 FOR UPDATE"); /* at once */
    for (int i = 0; i < RACERS; i++) {
        start(&bed, 4, 1, 10 + i, &answers[i]);
    }
    wait_for_blocked(&bed, LANES);
    testbed_sql(&bed, "COMMIT");
    int64_t until_ms = 0;
    while (answered(answers, RACERS) < RACERS) {
        testbed_turn(&bed, &until_ms);
    }
    unsigned won = 0;
    unsigned refused = 0;
    count(answers, RACERS, &won, &refused);
    cr_expect(won == 1 && refused == RACERS - 1, "%u won, %u were refused", won, refused);
    cr_expect(credentials(&bed, 4) == 1);
    cr_expect(testbed_int(&bed, "SELECT count(*) FROM fz.enrolment e JOIN fz.credential c"
                                " USING (community_id, key_id) WHERE community_id = 4") == 1);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(enrol, one_key_and_two_codes)
{
    struct testbed bed;
    struct answer answers[2] = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 5);
    testbed_start_reader(&bed, 2, true);
    insert_code(&bed, 5, 1, "2, 1, NULL, now() + interval '1 day'");
    insert_code(&bed, 5, 2, "3, 1, NULL, now() + interval '1 day'");
    testbed_sql(&bed, "BEGIN; SELECT FROM fz.enrolment WHERE community_id = 5 FOR UPDATE");
    start(&bed, 5, 1, 7, &answers[0]);
    start(&bed, 5, 2, 7, &answers[1]);
    wait_for_blocked(&bed, 2);
    testbed_sql(&bed, "COMMIT");
    int64_t until_ms = 0;
    while (answered(answers, 2) < 2) {
        testbed_turn(&bed, &until_ms);
    }
    unsigned won = 0;
    unsigned refused = 0;
    count(answers, 2, &won, &refused);
    cr_expect(won == 1 && refused == 1, "%u won, %u were refused", won, refused);
    cr_expect(testbed_int(&bed, "SELECT count(*) FROM fz.enrolment e JOIN fz.credential c"
                                " USING (community_id, key_id, party) WHERE community_id = 5") == 1,
              "the code that won is the one of the key's party");
    cr_expect(testbed_int(&bed,
                          "SELECT count(*) FROM fz.enrolment WHERE community_id = 5 AND key_id"
                          " IS NULL") == 1);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(enrol, the_same_request_twice_at_once)
{
    struct testbed bed;
    struct answer answers[2] = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 6);
    testbed_start_reader(&bed, 2, true);
    insert_code(&bed, 6, 1, "2, 1, NULL, now() + interval '1 day'");
    testbed_sql(&bed, "BEGIN; SELECT FROM fz.enrolment WHERE community_id = 6 FOR UPDATE");
    start(&bed, 6, 1, 7, &answers[0]);
    start(&bed, 6, 1, 7, &answers[1]);
    wait_for_blocked(&bed, 2);
    testbed_sql(&bed, "COMMIT");
    int64_t until_ms = 0;
    while (answered(answers, 2) < 2) {
        testbed_turn(&bed, &until_ms);
    }
    cr_expect(answers[0].rc == FZ_OK && answers[1].rc == FZ_OK);
    cr_expect(answers[0].credential.enrolled_us == answers[1].credential.enrolled_us);
    cr_expect(credentials(&bed, 6) == 1);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
