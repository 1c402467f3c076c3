/*
 * The tables and the arithmetic under decide(): classes, kinds, canonical bytes, civil dates.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/encode.h"
#include "ledger/core/calendar.h"
#include "ledger/core/canonical.h"
#include "ledger/core/decide.h"
#include "ledger/core/heads.h"
#include "tests/support/leak.h"

/* Promise 1: nothing that takes from a wallet or a shop's sales can end as revenue. */
Test(tables, no_kind_leads_from_a_payment_to_revenue)
{
    for (unsigned from = 0; fz_class_at(from) != NULL; from++) {
        int debit_class = (int)fz_class_at(from)->class;
        if (debit_class != FZ_ACCOUNT_WALLET && debit_class != FZ_ACCOUNT_MERCHANT) {
            continue;
        }
        for (unsigned to = 0; fz_class_at(to) != NULL; to++) {
            int credit_class = (int)fz_class_at(to)->class;
            bool is_revenue = credit_class >= 20 && credit_class < 30;
            for (unsigned kind = 0; fz_kind_at(kind) != NULL; kind++) {
                int64_t debit = fz_account_number((enum fz_account_class)debit_class, 7);
                int64_t credit = fz_account_number((enum fz_account_class)credit_class, 8);
                cr_expect(!is_revenue || !fz_kind_allows(fz_kind_at(kind)->kind, debit, credit),
                          "%s moves money from %s to %s", fz_kind_at(kind)->name,
                          fz_class_at(from)->name, fz_class_at(to)->name);
            }
        }
    }
}

Test(tables, each_kind_allows_exactly_its_pair)
{
    for (unsigned kind = 0; fz_kind_at(kind) != NULL; kind++) {
        unsigned pairs = 0;
        for (unsigned from = 0; fz_class_at(from) != NULL; from++) {
            for (unsigned to = 0; fz_class_at(to) != NULL; to++) {
                pairs += fz_kind_allows(fz_kind_at(kind)->kind,
                                        fz_account_number(fz_class_at(from)->class, 1),
                                        fz_account_number(fz_class_at(to)->class, 2))
                             ? 1
                             : 0;
            }
        }
        unsigned want = fz_kind_at(kind)->kind == FZ_KIND_CORRECTION ? 5 : 1;
        cr_expect_eq(pairs, want, "%s: %u pairs", fz_kind_at(kind)->name, pairs);
    }
}

static unsigned slot_of_account(struct fz_state *state, uint64_t seed, int64_t number)
{
    struct fz_head head = {.community = 1};
    state->seed = seed;
    fz_state_reset(state, &head);
    cr_assert_not_null(fz_state_add_account(state, number));
    for (unsigned slot = 0; slot < FZ_INDEX_SLOTS; slot++) {
        if (state->account_index.slots[slot] != 0) {
            return slot;
        }
    }
    return FZ_INDEX_SLOTS;
}

/* Ids are chosen by clients: where they go must not be for them to know. */
Test(tables, the_places_of_an_index_depend_on_its_seed)
{
    struct fz_state *state = calloc(1, sizeof(*state));
    unsigned same = 0;
    cr_assert_not_null(state);
    for (int64_t number = 1; number <= 100; number++) {
        same += slot_of_account(state, 1, number) == slot_of_account(state, 2, number) ? 1 : 0;
    }
    cr_expect_leq(same, 3, "%u of 100 accounts have the same place under two seeds", same);
    free(state);
    FZ_EXPECT_NO_LEAK();
}

Test(tables, rows_are_found_by_code_and_unknown_codes_are_not)
{
    cr_expect(!fz_kind_allows((enum fz_kind)99, 1000000000, 10000000001));
    cr_expect(!fz_kind_allows((enum fz_kind)0, 0, 0));
    cr_expect_str_eq(fz_kind_info(2)->slug, "payment");
    cr_expect_str_eq(fz_class_info(10)->name, "WALLET");
    cr_expect_str_eq(fz_command_info(4)->slug, "payment");
    cr_expect_null(fz_kind_info(0));
    cr_expect_null(fz_kind_info(15));
    cr_expect_null(fz_class_info(0));
    cr_expect_null(fz_class_info(99));
    cr_expect_null(fz_command_info(0));
    cr_expect_null(fz_command_info(20));
}

/*
 * The encoding is for ever: these digests may never change for version 1. They were computed from
 * the layout in docs/ledger.md by another program.
 */
Test(tables, canonical_bytes_are_pinned)
{
    struct fz_sha256 *sha = NULL;
    uint8_t hash[32] = {0};
    char text[65];
    cr_assert_eq(fz_sha256_create(&sha, NULL), FZ_OK);
    struct fz_transfer transfer = {.number = 1,
                                   .debit = 10000000001,
                                   .credit = 11000000002,
                                   .amount = 1480,
                                   .time_us = 1796083200000000,
                                   .kind = FZ_KIND_PAYMENT};
    struct fz_command command = {
        .type = FZ_COMMAND_PAY, .actor = 1, .party = 1, .shop = 2, .amount = 1480};
    memset(transfer.operation.bytes, 0x11, 16);
    command.id = transfer.operation;
    memset(command.ref.bytes, 0x22, 16);
    fz_command_seal(sha, &command);
    fz_hex_encode(command.fingerprint, 32, text);
    cr_expect_str_eq(text, "9ee9f2d085b99c6fd87d210135f9680238b37dca6272f846f2b779ca27e36455");
    command.result = (struct fz_result){.type = FZ_COMMAND_PAY,
                                        .id = command.id,
                                        .ref = command.ref,
                                        .actor = 1,
                                        .party = 1,
                                        .shop = 2,
                                        .amount = 1480,
                                        .number = 1,
                                        .state = FZ_STATE_COMPLETED,
                                        .time_us = 1796083200000000,
                                        .note = "x"};
    fz_chain_begin(sha, 1, 1, hash);
    fz_chain_transfer(sha, &transfer);
    fz_chain_operation(sha, &command.result, command.fingerprint, command.order_digest);
    fz_chain_end(sha, hash);
    fz_hex_encode(hash, 32, text);
    cr_expect_str_eq(text, "fc40fc218c57a30b7d041fa040a8d2f22524eeec211cd53b02211c249e0d3236");
    fz_sha256_destroy(&sha);
    FZ_EXPECT_NO_LEAK();
}

/* Computed from the layout in docs/ledger.md by another program. */
Test(tables, the_digest_of_an_order_is_pinned)
{
    struct fz_sha256 *sha = NULL;
    uint8_t signatures[128];
    uint8_t digest[32];
    uint8_t zero[32] = {0};
    char text[65];
    cr_assert_eq(fz_sha256_create(&sha, NULL), FZ_OK);
    for (unsigned i = 0; i < 128; i++) {
        signatures[i] = (uint8_t)i;
    }
    struct fz_signed_order order = {.key_id = "1.key",
                                    .base = (const uint8_t *)"\"@method\": PUT",
                                    .base_len = 14,
                                    .body = (const uint8_t *)"{\"amount\":5}",
                                    .body_len = 12,
                                    .signature = signatures,
                                    .approver_key_id = "1.second",
                                    .approver_signature = signatures + 64};
    fz_order_digest(sha, &order, digest);
    fz_hex_encode(digest, 32, text);
    cr_expect_str_eq(text, "7282b8701b7122685f77463949f29f58a2c43cbece771e490819e873fae8b741");
    order.body_len = 0;
    order.approver_key_id = NULL;
    order.approver_signature = NULL;
    fz_order_digest(sha, &order, digest);
    fz_hex_encode(digest, 32, text);
    cr_expect_str_eq(text, "07323053a5c2f8dd9d58e6f9756915ffd951f8263755329d1402c9dcf1a815ac");
    struct fz_command command = {.type = FZ_COMMAND_PAY, .order = order};
    fz_command_seal(sha, &command);
    cr_expect_arr_eq(command.order_digest, digest, 32);
    order.base = NULL;
    fz_order_digest(sha, &order, digest);
    cr_expect_arr_eq(digest, zero, 32, "nobody signed");
    fz_sha256_destroy(&sha);
    FZ_EXPECT_NO_LEAK();
}

Test(tables, a_fingerprint_tells_apart_what_identifies_a_request)
{
    struct fz_sha256 *sha = NULL;
    struct fz_command base = {
        .type = FZ_COMMAND_P2P, .actor = 1, .party = 1, .payee = 2, .amount = 5, .note = "n"};
    cr_assert_eq(fz_sha256_create(&sha, NULL), FZ_OK);
    fz_command_seal(sha, &base);
    struct fz_command other[16];
    for (unsigned i = 0; i < 16; i++) {
        other[i] = base;
    }
    other[0].type = FZ_COMMAND_TOMBSTONE;
    other[1].actor = 2;
    other[2].party = 2;
    other[3].payee = 3;
    other[4].amount = 6;
    other[5].note = "m";
    other[6].note = NULL;
    other[7].ref.bytes[15] = 1;
    other[8].tax = 1;
    other[9].terminal = 1;
    other[10].ttl_s = 1;
    other[11].corrects = 1;
    other[12].daily = 1;
    other[13].again = true;
    other[14].code_hash[31] = 1;
    other[15].sale.bytes[15] = 1;
    for (unsigned i = 0; i < 16; i++) {
        fz_command_seal(sha, &other[i]);
        cr_expect_neq(memcmp(base.fingerprint, other[i].fingerprint, 32), 0, "field %u", i);
    }
    struct fz_command later = base;
    later.deadline_us = 99;
    fz_command_seal(sha, &later);
    cr_expect_eq(memcmp(base.fingerprint, later.fingerprint, 32), 0, "a deadline is no identity");
    fz_sha256_destroy(&sha);
    FZ_EXPECT_NO_LEAK();
}

Test(tables, dates_agree_with_the_calendar)
{
    struct fz_date date = fz_date_from_day(0);
    cr_expect(date.year == 1970 && date.month == 1 && date.day == 1);
    cr_expect_eq(fz_weekday(0), 4);
    date = fz_date_from_day(20788);
    cr_expect(date.year == 2026 && date.month == 12 && date.day == 1, "%d-%d-%d", date.year,
              date.month, date.day);
    for (int64_t day = -800000; day < 800000; day += 13) {
        date = fz_date_from_day(day);
        cr_assert_eq(fz_date_to_day(date), day);
        cr_assert(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
    }
    struct fz_date before = {2024, 2, 28};
    date = fz_date_from_day(fz_date_to_day(before) + 1);
    cr_expect(date.month == 2 && date.day == 29);
    before = (struct fz_date){2100, 2, 28};
    date = fz_date_from_day(fz_date_to_day(before) + 1);
    cr_expect(date.month == 3 && date.day == 1);
}

Test(tables, a_business_day_starts_at_local_midnight)
{
    int64_t midnight_us = 20788 * 86400000000LL - 32400000000LL; /* 2026-12-01 00:00 in Japan */
    cr_expect_eq(fz_business_day(midnight_us, 32400), 20788);
    cr_expect_eq(fz_business_day(midnight_us - 1, 32400), 20787);
    cr_expect_eq(fz_business_day(-1, 0), -1);
}

/* The bytes are stored: they may never change. */
Test(tables, heads_are_stored_as_numbers_of_eight_bytes)
{
    struct fz_heads heads = {0};
    struct fz_heads back = {.postings = 7, .len = 1};
    uint8_t bytes[FZ_HEADS_BYTES_MAX + 8];
    char text[2 * 24 + 1];
    memset(bytes, 0xaa, sizeof(bytes));
    cr_expect_eq(fz_heads_encode(&heads, bytes), 0);
    cr_expect(fz_heads_decode(&back, bytes, 0) && back.postings == 0 && back.len == 0);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_DEBIT, 258), 0);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_CREDIT, 259), 0);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_DEBIT, 300), 258);
    cr_expect_eq(fz_heads_encode(&heads, bytes), 24);
    cr_expect_eq(bytes[24], 0xaa, "nothing is written behind the end");
    fz_hex_encode(bytes, 24, text);
    char want[2 * 24 + 1];
    snprintf(want, sizeof(want), "0000000000000003%02x0000000000012c%02x00000000000103",
             (unsigned)fz_heads_slot(FZ_KIND_P2P, FZ_SIDE_DEBIT),
             (unsigned)fz_heads_slot(FZ_KIND_P2P, FZ_SIDE_CREDIT));
    cr_expect_str_eq(text, want);
    cr_expect(fz_heads_decode(&back, bytes, 24));
    cr_expect_eq(memcmp(&back, &heads, sizeof(heads)), 0);
    cr_expect_eq(fz_heads_push(&back, FZ_KIND_P2P, FZ_SIDE_CREDIT, 301), 259);
    struct fz_heads once = {0};
    cr_expect_eq(fz_heads_push(&once, FZ_KIND_TOPUP, FZ_SIDE_CREDIT, 1), 0);
    cr_expect_eq(fz_heads_encode(&once, bytes), 16);
    cr_expect(fz_heads_decode(&back, bytes, 16) && back.postings == 1 && back.len == 1);
    cr_expect(!fz_heads_decode(&back, bytes, 8) && !fz_heads_decode(&back, bytes, 20));
    cr_expect(fz_heads_decode(&back, bytes, FZ_HEADS_BYTES_MAX) && back.len == FZ_HEADS_MAX);
    cr_expect(!fz_heads_decode(&back, bytes, FZ_HEADS_BYTES_MAX + 8));
}

/* These too. */
Test(tables, recent_payments_are_stored_as_numbers_of_four_bytes)
{
    struct fz_recent recent = {.len = 0};
    struct fz_recent back = {.len = 3};
    uint8_t bytes[FZ_RECENT_BYTES_MAX + FZ_RECENT_ENTRY_BYTES];
    char text[2 * 24 + 1];
    memset(bytes, 0xaa, sizeof(bytes));
    cr_expect_eq(fz_recent_encode(&recent, bytes), 0);
    cr_expect(fz_recent_decode(&back, NULL, 0) && back.len == 0);
    fz_recent_push(&recent, 0x01020304, 1000000, 1796083200999999);
    fz_recent_push(&recent, 7, 1, 1796083259999999);
    cr_expect_eq(fz_recent_encode(&recent, bytes), 24);
    cr_expect_eq(bytes[24], 0xaa, "nothing is written behind the end");
    fz_hex_encode(bytes, 24, text);
    cr_expect_str_eq(text, "6b0e0e0001020304000f4240"
                           "6b0e0e3b0000000700000001");
    cr_expect(fz_recent_decode(&back, bytes, 24));
    cr_expect_eq(memcmp(&back, &recent, sizeof(recent)), 0);
    cr_expect_eq(fz_recent_since(&back, 7, 1, 1796083260000000), 1);
    cr_expect_eq(fz_recent_since(&back, 0x01020304, 1000000, 1796083259999999), 59);
    cr_expect_eq(fz_recent_since(&back, 0x01020304, 1000000, 1796083260000000), -1);
    fz_recent_push(&back, 7, 2, 1796083260000000);
    cr_expect_eq(back.len, 2, "the first one is out of the window");
    cr_expect(!fz_recent_decode(&back, bytes, 11) && !fz_recent_decode(&back, bytes, 25));
    cr_expect(fz_recent_decode(&back, bytes, FZ_RECENT_BYTES_MAX) && back.len == FZ_RECENT_MAX);
    cr_expect(!fz_recent_decode(&back, bytes, FZ_RECENT_BYTES_MAX + FZ_RECENT_ENTRY_BYTES));
}

/* Kind, class it debits, class it credits; corrections mirror the correctable ones. */
Test(tables, a_kind_touches_its_classes_and_no_other)
{
    static const int pairs[][3] = {{1, 1, 10},  {2, 10, 11}, {3, 11, 10}, {4, 11, 10}, {5, 10, 10},
                                   {6, 11, 12}, {7, 2, 1},   {8, 12, 2},  {9, 12, 11}, {10, 1, 2},
                                   {11, 3, 20}, {12, 3, 13}, {13, 11, 3}, {14, 10, 1}, {14, 10, 10},
                                   {14, 20, 3}, {14, 13, 3}, {14, 3, 11}};
    for (int kind = 0; kind <= 15; kind++) {
        for (int class = 0; class <= 21; class ++) {
            bool debits = false;
            bool credits = false;
            for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                debits = debits || (pairs[i][0] == kind && pairs[i][1] == class);
                credits = credits || (pairs[i][0] == kind && pairs[i][2] == class);
            }
            cr_expect_eq(fz_kind_touches((enum fz_kind)kind, class, FZ_SIDE_DEBIT), debits,
                         "kind %d, class %d", kind, class);
            cr_expect_eq(fz_kind_touches((enum fz_kind)kind, class, FZ_SIDE_CREDIT), credits,
                         "kind %d, class %d", kind, class);
        }
    }
}

/* Every field of a transfer has its place; computed by another program. */
Test(tables, a_transfer_in_the_chain_is_pinned)
{
    struct fz_sha256 *sha = NULL;
    uint8_t hash[32];
    uint8_t signature[64];
    char text[65];
    cr_assert_eq(fz_sha256_create(&sha, NULL), FZ_OK);
    struct fz_transfer transfer = {.number = 21,
                                   .debit = 22,
                                   .credit = 23,
                                   .amount = 24,
                                   .time_us = 25,
                                   .debit_previous = 26,
                                   .credit_previous = 27,
                                   .corrects = 28,
                                   .kind = FZ_KIND_CORRECTION};
    memset(transfer.operation.bytes, 3, 16);
    memset(hash, 1, 32);
    fz_chain_begin(sha, 5, 6, hash);
    fz_chain_transfer(sha, &transfer);
    fz_chain_end(sha, hash);
    fz_hex_encode(hash, 32, text);
    cr_expect_str_eq(text, "c11b8eba00dc0cc64371721a1ad4106562474ad0ead688843dedbbb587f1063a");
    for (unsigned i = 0; i < 64; i++) {
        signature[i] = (uint8_t)i;
    }
    struct fz_signed_order order = {.key_id = "k",
                                    .base = (const uint8_t *)"b",
                                    .base_len = 1,
                                    .body = (const uint8_t *)"x",
                                    .body_len = 1,
                                    .signature = signature};
    fz_order_digest(sha, &order, hash);
    fz_hex_encode(hash, 32, text);
    cr_expect_str_eq(text, "14eaa1281531ecbd035478c70637e2c5d48d901f7d328fde678a5cbc70a1ead2");
    fz_sha256_destroy(&sha);
    FZ_EXPECT_NO_LEAK();
}

Test(tables, weekdays_and_events_have_their_names)
{
    cr_expect_eq(fz_weekday(20788), 2, "2026-12-01 is a Tuesday");
    for (int day = 0; day < 7; day++) {
        cr_expect_eq(fz_weekday(3 + day), day);
        cr_expect_eq(fz_weekday(3 + day - 70), day, "before 1970 too");
    }
    cr_expect_str_eq(fz_event_type_name(FZ_EVENT_CREATED), "intent.created");
    cr_expect_str_eq(fz_event_type_name(FZ_EVENT_REFUNDED), "intent.refunded");
    cr_expect_str_eq(fz_event_type_name(0), "intent.unknown");
    cr_expect_str_eq(fz_event_type_name(FZ_EVENT_REFUND_HELD), "intent.refund_held");
    cr_expect_str_eq(fz_event_type_name(9), "intent.unknown");
    cr_expect_str_eq(fz_event_type_name(-1), "intent.unknown");
}
