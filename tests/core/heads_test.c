/*
 * The heads of an account's chains: their bytes, their bound, and a mark between the legs of one
 * operation.
 */
#include "ledger/core/heads.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "feezero/crypto.h"
#include "ledger/core/book.h"
#include "ledger/core/decide.h"

Test(heads, there_is_room_for_every_class)
{
    const struct fz_class_info *class;
    const struct fz_kind_info *kind;
    unsigned most = 0;
    for (unsigned c = 0; (class = fz_class_at(c)) != NULL; c++) {
        unsigned slots = 0;
        for (unsigned k = 0; (kind = fz_kind_at(k)) != NULL; k++) {
            cr_assert(fz_heads_slot(kind->kind, FZ_SIDE_CREDIT) < 128, "a slot is seven bits");
            slots += fz_kind_touches(kind->kind, (int)class->class, FZ_SIDE_DEBIT);
            slots += fz_kind_touches(kind->kind, (int)class->class, FZ_SIDE_CREDIT);
        }
        cr_expect(slots >= 1 && slots <= FZ_HEADS_MAX, "%s has %u", class->name, slots);
        most = slots > most ? slots : most;
    }
    cr_expect_eq(most, 8, "a wallet");
}

/* The kinds an account can have are those that fz_kind_allows() lets it have. */
Test(heads, a_kind_touches_what_it_may_move)
{
    const struct fz_class_info *a;
    const struct fz_class_info *b;
    const struct fz_kind_info *kind;
    for (unsigned k = 0; (kind = fz_kind_at(k)) != NULL; k++) {
        for (unsigned i = 0; (a = fz_class_at(i)) != NULL; i++) {
            bool debited = false;
            bool credited = false;
            for (unsigned j = 0; (b = fz_class_at(j)) != NULL; j++) {
                int64_t one = fz_account_number(a->class, 1);
                int64_t other = fz_account_number(b->class, 2);
                debited = debited || fz_kind_allows(kind->kind, one, other);
                credited = credited || fz_kind_allows(kind->kind, other, one);
            }
            cr_expect_eq(fz_kind_touches(kind->kind, (int)a->class, FZ_SIDE_DEBIT), debited,
                         "%s debits %s", kind->slug, a->name);
            cr_expect_eq(fz_kind_touches(kind->kind, (int)a->class, FZ_SIDE_CREDIT), credited,
                         "%s credits %s", kind->slug, a->name);
        }
    }
    cr_expect(!fz_kind_touches((enum fz_kind)99, FZ_ACCOUNT_WALLET, FZ_SIDE_DEBIT));
}

Test(heads, push_gives_the_one_before)
{
    struct fz_heads heads = {0};
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_PAYMENT, FZ_SIDE_DEBIT, 3), 0);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_DEBIT, 4), 0);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_CREDIT, 9), 0, "the other side");
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_PAYMENT, FZ_SIDE_DEBIT, 72057594037927935), 3);
    cr_expect_eq(fz_heads_push(&heads, FZ_KIND_PAYMENT, FZ_SIDE_DEBIT, 5), 72057594037927935);
    cr_expect(heads.postings == 5 && heads.len == 3);
}

Test(heads, bytes_are_as_documented)
{
    static const uint8_t expected[] = {0,  0, 0, 0, 0, 0, 0, 3,  /* postings */
                                       4,  0, 0, 0, 0, 0, 1, 2,  /* payment, debit: 258 */
                                       11, 0, 0, 0, 0, 0, 0, 7}; /* p2p, credit: 7 */
    struct fz_heads heads = {0};
    struct fz_heads read;
    uint8_t bytes[FZ_HEADS_BYTES_MAX + 8] = {0};
    cr_expect_eq(fz_heads_encode(&heads, bytes), 0, "never moved");
    cr_expect(fz_heads_decode(&read, bytes, 0) && read.postings == 0 && read.len == 0);
    (void)fz_heads_push(&heads, FZ_KIND_PAYMENT, FZ_SIDE_DEBIT, 1);
    (void)fz_heads_push(&heads, FZ_KIND_P2P, FZ_SIDE_CREDIT, 7);
    (void)fz_heads_push(&heads, FZ_KIND_PAYMENT, FZ_SIDE_DEBIT, 258);
    cr_assert_eq(fz_heads_encode(&heads, bytes), sizeof expected);
    cr_expect_arr_eq(bytes, expected, sizeof expected);
    cr_assert(fz_heads_decode(&read, bytes, sizeof expected));
    cr_expect(read.postings == 3 && read.len == 2);
    cr_expect_arr_eq(read.words, heads.words, sizeof read.words);
    for (size_t len = 1; len <= sizeof bytes; len++) {
        bool is_whole = len >= 16 && len % 8 == 0 && len <= FZ_HEADS_BYTES_MAX;
        cr_expect_eq(fz_heads_decode(&read, bytes, len), is_whole, "%zu bytes", len);
    }
}

/* The first of two legs on one account is its 64th transfer: the mark is from between the two. */
Test(heads, a_mark_knows_nothing_of_the_next_leg)
{
    int64_t receivable = fz_account_number(FZ_ACCOUNT_RECEIVABLE, 1);
    struct fz_state *state = calloc(1, sizeof *state);
    cr_assert(state != NULL);
    struct fz_head head = {.community = 1};
    fz_state_reset(state, &head);
    struct fz_account *account = fz_state_add_account(state, receivable);
    account->heads = (struct fz_heads){.postings = FZ_MARK_EVERY - 1};
    account->debits_posted = 1000;
    (void)fz_state_add_account(state, fz_account_number(FZ_ACCOUNT_SUBSCRIPTION, 0));
    (void)fz_state_add_account(state, fz_account_number(FZ_ACCOUNT_TAX, 0));
    const struct fz_leg legs[] = {{.kind = FZ_KIND_SUBSCRIPTION,
                                   .debit = receivable,
                                   .credit = fz_account_number(FZ_ACCOUNT_SUBSCRIPTION, 0),
                                   .amount = 500},
                                  {.kind = FZ_KIND_SUBSCRIPTION_TAX,
                                   .debit = receivable,
                                   .credit = fz_account_number(FZ_ACCOUNT_TAX, 0),
                                   .amount = 50}};
    struct fz_result result = {.time_us = 7};
    cr_assert_eq(fz_book(state, legs, 2, &result), FZ_OK);
    cr_assert_eq(state->marks_len, 1);
    const struct fz_mark *mark = &state->marks[0];
    cr_expect(mark->account == receivable && mark->number == 1 && mark->time_us == 7);
    cr_expect(mark->debits_posted == 1500 && mark->credits_posted == 0);
    cr_expect(mark->heads.postings == FZ_MARK_EVERY && mark->heads.len == 1);
    cr_expect(account->debits_posted == 1550 && account->heads.len == 2);
    free(state);
}
