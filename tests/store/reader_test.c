/*
 * Every query of the reader against rows made by hand.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "feezero/limits.h"
#include "feezero/role.h"
#include "ledger/core/state.h"
#include "tests/store/testbed.h"
#include "tests/support/leak.h"

#define WALLET 10000000002LL
#define WALLET_3 10000000003LL
#define MERCHANT 11000000001LL
#define TIME_US 1764547200123456LL /* 2025-12-01T00:00:00.123456Z */

static const char *id_text(unsigned number)
{
    static char texts[4][FZ_ID_TEXT_LEN + 1];
    static unsigned next;
    char *text = texts[next++ % 4];
    struct fz_id id = testbed_id(number);
    fz_id_format(&id, text);
    return text;
}

/* What the last answer was. Strings are compared by the callback, before they go. */
struct answer {
    unsigned calls;
    fz_rc rc;
    unsigned len;
    union {
        struct fz_credential credential;
        struct fz_intent_row intent;
        struct fz_result operation;
        struct fz_receipt_row receipt;
        struct fz_balance_row balance;
        struct fz_event_row events[FZ_PAGE_MAX];
        struct fz_history_row history[FZ_PAGE_MAX];
    } row;
    uint8_t public_key[91];
    char texts[10][160];
};

static void note(struct answer *answer, fz_rc rc, const void *row, size_t size)
{
    answer->calls++;
    answer->rc = rc;
    cr_assert((rc == FZ_OK) == (row != NULL));
    if (row != NULL) {
        memcpy(&answer->row, row, size);
    }
}

static void note_texts(struct answer *answer, const char *const *texts, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        cr_assert(texts[i] != NULL, "text %u", i);
        (void)snprintf(answer->texts[i], sizeof answer->texts[i], "%s", texts[i]);
    }
}

/* --- balances --------------------------------------------------------------------------------- */

static void on_balance(void *ctx, fz_rc rc, const struct fz_balance_row *row)
{
    note(ctx, rc, row, sizeof *row);
}

Test(reader, balance)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 1);
    testbed_start_reader(&bed, 2, true);
    testbed_sql(&bed,
                "UPDATE fz.account SET debits_pending = 5, debits_posted = 100,"
                " credits_pending = 7, credits_posted = 1000, hold = 50, last_transfer = 9,"
                " state = 2 WHERE community_id = 1 AND account = %lld;"
                "UPDATE fz.head SET last_time_us = %lld WHERE community_id = 1",
                WALLET, TIME_US);
    fz_read_balance(bed.reader, 1, WALLET, on_balance, &answer);
    cr_assert(answer.calls == 0, "answered before the call returned");
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    cr_expect(answer.row.balance.account == WALLET);
    cr_expect(answer.row.balance.balance == 900);
    cr_expect(answer.row.balance.available == 845);
    cr_expect(answer.row.balance.as_of == 9);
    cr_expect(answer.row.balance.time_us == TIME_US);
    cr_expect(answer.row.balance.state == FZ_FROZEN);

    fz_read_balance(bed.reader, 1, 1000000000LL, on_balance, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_expect(answer.rc == FZ_OK && answer.row.balance.balance == 0);
    fz_read_balance(bed.reader, 1, 10000000099LL, on_balance, &answer);
    testbed_wait(&bed, &answer.calls, 3);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    fz_read_balance(bed.reader, 99, WALLET, on_balance, &answer);
    testbed_wait(&bed, &answer.calls, 4);
    cr_expect(answer.rc == FZ_NOT_FOUND, "another town's account");
    cr_expect(bed.troubles == 0, "%s", bed.trouble);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- intents and events ----------------------------------------------------------------------- */

static void on_intent(void *ctx, fz_rc rc, const struct fz_intent_row *row)
{
    note(ctx, rc, row, sizeof *row);
    if (row != NULL) {
        note_texts(ctx, (const char *[]){row->reference, row->shop_name, row->qr}, 3);
    }
}

static void insert_intents(struct testbed *bed, int32_t community)
{
    testbed_sql(bed,
                "INSERT INTO fz.intent (community_id, intent_id, shop, amount, created_us,"
                " expires_us, terminal, state, reference, shop_name, qr, last_event)"
                " VALUES (%d, '%s', 1, 1480, %lld, %lld, 1, 1, 'A-1', '喫茶みなと', '000201', 0)",
                community, id_text(1), TIME_US, TIME_US + 120000000);
    testbed_sql(bed,
                "INSERT INTO fz.intent VALUES (%d, '%s', 1, 2000, 480, %lld, %lld, %lld, 17, 2,"
                " '%s', 1, 2, 0, '', '喫茶みなと', '000202')",
                community, id_text(2), TIME_US, TIME_US + 120000000, TIME_US + 5, id_text(3));
}

Test(reader, intent)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 2);
    testbed_start_reader(&bed, 1, true);
    insert_intents(&bed, 2);

    struct fz_id id = testbed_id(1);
    fz_read_intent(bed.reader, 2, &id, on_intent, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    const struct fz_intent_row *row = &answer.row.intent;
    cr_expect(fz_id_equal(&row->id, &id));
    cr_expect(row->shop == 1 && row->amount == 1480 && row->refunded == 0);
    cr_expect(row->created_us == TIME_US && row->expires_us == TIME_US + 120000000);
    cr_expect(row->paid_us == 0 && row->number == 0 && row->payer == 0);
    cr_expect(fz_id_is_zero(&row->payment));
    cr_expect(row->terminal == 1 && row->state == FZ_STATE_CREATED);
    cr_expect_str_eq(answer.texts[0], "A-1");
    cr_expect_str_eq(answer.texts[1], "喫茶みなと");
    cr_expect_str_eq(answer.texts[2], "000201");

    id = testbed_id(2);
    struct fz_id payment = testbed_id(3);
    fz_read_intent(bed.reader, 2, &id, on_intent, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_assert(answer.rc == FZ_OK);
    cr_expect(row->amount == 2000 && row->refunded == 480);
    cr_expect(row->paid_us == TIME_US + 5 && row->number == 17 && row->payer == 2);
    cr_expect(fz_id_equal(&row->payment, &payment));
    cr_expect(row->state == FZ_STATE_COMPLETED);

    fz_read_intent(bed.reader, 2, &payment, on_intent, &answer);
    testbed_wait(&bed, &answer.calls, 3);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

static void on_events(void *ctx, fz_rc rc, const struct fz_event_row *rows, unsigned len)
{
    struct answer *answer = ctx;
    note(answer, rc, rows, len * sizeof *rows);
    answer->len = len;
}

/* 500 events; every fifth is of intent 1, the others of intents of their own. */
static void insert_events(struct testbed *bed, int32_t community)
{
    testbed_sql(bed,
                "INSERT INTO fz.event SELECT %d, n, %lld + n, 1, n * 10, n * 2,"
                " CASE WHEN n %% 5 = 0 THEN '%s'::uuid ELSE gen_random_uuid() END,"
                " CASE WHEN n %% 2 = 0 THEN '%s'::uuid END, 1 + n %% 6, 1 + n %% 5,"
                " CASE WHEN n %% 5 = 0 THEN n - 5 ELSE 0 END"
                " FROM generate_series(1, 500) n",
                community, TIME_US, id_text(1), id_text(9));
    testbed_sql(bed,
                "INSERT INTO fz.intent (community_id, intent_id, shop, amount, created_us,"
                " expires_us, terminal, state, reference, shop_name, qr, last_event)"
                " VALUES (%d, '%s', 1, 5, 1, 2, 1, 1, '', '', '', 500)",
                community, id_text(1));
}

Test(reader, events_of_a_community)
{
    struct testbed bed;
    static struct answer answer;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 3);
    testbed_start_reader(&bed, 1, true);
    insert_events(&bed, 3);
    fz_read_community_events(bed.reader, 3, 10, on_events, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK && answer.len == FZ_PAGE_MAX);
    for (unsigned i = 0; i < answer.len; i++) {
        cr_assert(answer.row.events[i].event == 11 + (int)i);
    }
    const struct fz_event_row *row = &answer.row.events[0];
    cr_expect(row->time_us == TIME_US + 11 && row->shop == 1 && row->amount == 110);
    cr_expect(row->transfer == 22 && row->type == 6);
    cr_expect(row->state == FZ_STATE_COMPLETED && fz_id_is_zero(&row->operation));
    struct fz_id operation = testbed_id(9);
    cr_expect(fz_id_equal(&answer.row.events[1].operation, &operation));

    fz_read_community_events(bed.reader, 3, 500, on_events, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_expect(answer.rc == FZ_OK && answer.len == 0);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader, events_of_an_intent)
{
    struct testbed bed;
    static struct answer answer;
    testbed_open(&bed, NULL);
    testbed_town(&bed, 4);
    testbed_start_reader(&bed, 1, true);
    insert_events(&bed, 4);
    struct fz_id id = testbed_id(1);
    fz_read_intent_events(bed.reader, 4, &id, 10, on_events, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    cr_assert(answer.len == 98, "%u", answer.len);
    for (unsigned i = 0; i < answer.len; i++) {
        cr_assert(answer.row.events[i].event == 15 + 5 * (int)i);
        cr_assert(fz_id_equal(&answer.row.events[i].intent, &id));
    }
    fz_read_intent_events(bed.reader, 4, &id, 500, on_events, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_expect(answer.rc == FZ_OK && answer.len == 0);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- operations and receipts ------------------------------------------------------------------ */

static void on_operation(void *ctx, fz_rc rc, const struct fz_result *row)
{
    note(ctx, rc, row, sizeof *row);
}

static void insert_operation(
    struct testbed *bed, int32_t community, unsigned id, enum fz_command_type command, fz_rc rc)
{
    testbed_sql(bed,
                "INSERT INTO fz.operation (community_id, op_id, command, rc, state, terminal,"
                " batch, batch_seq, time_us, actor, shop, party, payee, amount, value, number,"
                " expires_us, fingerprint, ref, note) VALUES (%d, '%s', %d, %d, 2, 1, 5, 0, %lld,"
                " 11, 12, 13, 14, 15, 16, 17, 18, '\\x%064d', '%s', 'ありがとう')",
                community, id_text(id), (int)command, (int)rc, TIME_US, 0, id_text(2));
}

static void expect_operation(const struct fz_result *row, unsigned id, fz_rc rc)
{
    struct fz_id op_id = testbed_id(id);
    struct fz_id ref = testbed_id(2);
    cr_expect(fz_id_equal(&row->id, &op_id) && fz_id_equal(&row->ref, &ref));
    cr_expect(row->type == FZ_COMMAND_PAY && row->rc == rc);
    cr_expect(row->state == 2 && row->terminal == 1 && row->time_us == TIME_US);
    cr_expect(row->actor == 11 && row->shop == 12 && row->party == 13 && row->payee == 14);
    cr_expect(row->amount == 15 && row->value == 16 && row->number == 17);
    cr_expect(row->expires_us == 18);
    cr_expect_str_eq(row->note, "ありがとう");
}

Test(reader, operation)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 5);
    testbed_start_reader(&bed, 1, true);
    insert_operation(&bed, 5, 3, FZ_COMMAND_PAY, FZ_INSUFFICIENT_FUNDS);
    struct fz_id id = testbed_id(3);
    fz_read_operation(bed.reader, 5, &id, on_operation, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK, "the query succeeds, whatever was decided");
    expect_operation(&answer.row.operation, 3, FZ_INSUFFICIENT_FUNDS);

    testbed_sql(&bed, "UPDATE fz.operation SET note = NULL, ref = NULL WHERE community_id = 5");
    fz_read_operation(bed.reader, 5, &id, on_operation, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_expect(fz_id_is_zero(&answer.row.operation.ref));
    cr_expect_str_eq(answer.row.operation.note, "");

    id = testbed_id(4);
    fz_read_operation(bed.reader, 5, &id, on_operation, &answer);
    testbed_wait(&bed, &answer.calls, 3);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

static void on_receipt(void *ctx, fz_rc rc, const struct fz_receipt_row *row)
{
    note(ctx, rc, row, sizeof *row);
    if (row != NULL) {
        note_texts(ctx,
                   (const char *[]){row->registration_number, row->intent.shop_name,
                                    row->intent.reference, row->intent.qr},
                   4);
    }
}

Test(reader, receipt)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 6);
    testbed_start_reader(&bed, 1, true);
    insert_intents(&bed, 6);
    insert_operation(&bed, 6, 3, FZ_COMMAND_PAY, FZ_OK);
    insert_operation(&bed, 6, 4, FZ_COMMAND_PAY, FZ_INSUFFICIENT_FUNDS);
    insert_operation(&bed, 6, 5, FZ_COMMAND_REFUND, FZ_OK);
    testbed_sql(&bed,
                "INSERT INTO fz.batch VALUES (6, 5, 17, 1, 3, %lld, decode(repeat('ab', 32),"
                " 'hex'))",
                TIME_US);
    struct fz_id id = testbed_id(3);
    fz_read_receipt(bed.reader, 6, &id, on_receipt, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    expect_operation(&answer.row.receipt.payment, 3, FZ_OK);
    cr_expect(answer.row.receipt.intent.refunded == 480);
    cr_expect(answer.row.receipt.intent.state == FZ_STATE_COMPLETED);
    cr_expect(answer.row.receipt.batch == 5);
    cr_expect(answer.row.receipt.batch_hash[0] == 0xab &&
              answer.row.receipt.batch_hash[31] == 0xab);
    cr_expect_str_eq(answer.texts[0], "T1234567890123");
    cr_expect_str_eq(answer.texts[1], "喫茶みなと");
    cr_expect_str_eq(answer.texts[2], "");
    cr_expect_str_eq(answer.texts[3], "");

    for (unsigned other = 4; other <= 6; other++) {
        id = testbed_id(other);
        fz_read_receipt(bed.reader, 6, &id, on_receipt, &answer);
        testbed_wait(&bed, &answer.calls, other - 2);
        cr_expect(answer.rc == FZ_NOT_FOUND, "refused, refund, unknown: %u", other);
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

/* --- credentials ------------------------------------------------------------------------------ */

static void on_credential(void *ctx, fz_rc rc, const struct fz_credential *row)
{
    struct answer *answer = ctx;
    note(ctx, rc, row, sizeof *row);
    if (row != NULL) {
        memcpy(answer->public_key, row->public_key, sizeof answer->public_key);
        note_texts(ctx,
                   (const char *[]){row->key_id, row->party_name, row->community_name, row->qr_guid,
                                    row->registration_number, row->name_latin, row->city_latin,
                                    row->postal_code, row->category_code},
                   9);
    }
}

static void insert_credential(
    struct testbed *bed, int32_t community, const char *key_id, int party, const char *role)
{
    testbed_sql(bed,
                "INSERT INTO fz.credential (community_id, key_id, public_key, party, role,"
                " terminal, label, enrolled_at) VALUES (%d, '%s', decode(repeat('cd', 91), 'hex'),"
                " %d, %s, '', '2025-12-01 00:00:00.123456Z')",
                community, key_id, party, role);
}

Test(reader, credential_of_a_terminal)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 7);
    testbed_start_reader(&bed, 1, true);
    insert_credential(&bed, 7, "7.till", 1, "2, 1");
    fz_read_credential(bed.reader, 7, "7.till", on_credential, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    const struct fz_credential *row = &answer.row.credential;
    cr_expect(row->community == 7 && row->party == 1 && row->role == FZ_ROLE_TERMINAL);
    cr_expect(row->terminal == 1 && !row->revoked && row->enrolled_us == TIME_US);
    cr_expect(answer.public_key[0] == 0xcd && answer.public_key[90] == 0xcd);
    static const char *const expected[] = {
        "7.till", "喫茶みなと", "みなと町", "jp.example.feezero", "T1234567890123", "KISSA MINATO",
        "MINATO", "1000001",    "5814"};
    for (unsigned i = 0; i < 9; i++) {
        cr_expect_str_eq(answer.texts[i], expected[i]);
    }
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}

Test(reader, credential_of_a_resident)
{
    struct testbed bed;
    struct answer answer = {0};
    testbed_open(&bed, NULL);
    testbed_town(&bed, 8);
    testbed_start_reader(&bed, 1, true);
    testbed_sql(&bed, "UPDATE fz.community SET registration_number = NULL WHERE community_id = 8");
    insert_credential(&bed, 8, "8.phone", 2, "1, NULL");
    fz_read_credential(bed.reader, 8, "8.phone", on_credential, &answer);
    testbed_wait(&bed, &answer.calls, 1);
    cr_assert(answer.rc == FZ_OK);
    cr_expect(answer.row.credential.role == FZ_ROLE_RESIDENT);
    cr_expect(answer.row.credential.terminal == 0 && !answer.row.credential.revoked);
    for (unsigned i = 4; i < 9; i++) {
        cr_expect_str_eq(answer.texts[i], "", "no shop, no number: %u", i);
    }
    testbed_sql(&bed, "UPDATE fz.credential SET revoked_at = now() WHERE community_id = 8");
    fz_read_credential(bed.reader, 8, "8.phone", on_credential, &answer);
    testbed_wait(&bed, &answer.calls, 2);
    cr_expect(answer.rc == FZ_OK && answer.row.credential.revoked);

    testbed_sql(&bed, "UPDATE fz.credential SET revoked_at = NULL WHERE community_id = 8;"
                      "UPDATE fz.party SET state = 3 WHERE community_id = 8 AND party = 2");
    fz_read_credential(bed.reader, 8, "8.phone", on_credential, &answer);
    testbed_wait(&bed, &answer.calls, 3);
    cr_expect(answer.rc == FZ_OK && answer.row.credential.revoked, "who left has no good key");

    fz_read_credential(bed.reader, 8, "8.nobody", on_credential, &answer);
    testbed_wait(&bed, &answer.calls, 4);
    cr_expect(answer.rc == FZ_NOT_FOUND);
    testbed_close(&bed);
    FZ_EXPECT_NO_LEAK();
}
