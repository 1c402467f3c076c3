/*
 * The file that is fixed byte for byte: two payouts of the town's consortium, made up as a user
 * would, from kana text.
 */
#ifndef FEEZERO_TESTS_ZENGIN_SAMPLE_H
#define FEEZERO_TESTS_ZENGIN_SAMPLE_H

#include <criterion/criterion.h>
#include <string.h>

#include "switch/treasury/kana.h"
#include "switch/treasury/zengin.h"

/* Folds `text` into a string member of a bank or party field. */
#define SAMPLE_FOLD(member, text, class)                                                          \
    cr_assert_eq(fz_kana_fold((text), strlen(text), (class), (member), sizeof(member) - 1, NULL), \
                 FZ_KANA_OK)

static inline struct fz_zengin_sender sample_sender(void)
{
    struct fz_zengin_sender sender = {
        .code = "9900000001",
        .year = 2026,
        .month = 12,
        .day = 1,
        .account = {.bank = "9999",
                    .branch = "998",
                    .type = FZ_ZENGIN_ORDINARY,
                    .number = "9000001"},
    };
    SAMPLE_FOLD(sender.name, "フィーゼロ", FZ_KANA_PARTY);
    SAMPLE_FOLD(sender.account.bank_name, "テストギンコウ", FZ_KANA_BANK);
    SAMPLE_FOLD(sender.account.branch_name, "ホンテン", FZ_KANA_BANK);
    return sender;
}

static inline struct fz_zengin_item sample_item(
    const char *number, const char *name, int64_t amount, int64_t customer1, int64_t customer2)
{
    struct fz_zengin_item item = {
        .account = {.bank = "9999", .branch = "999", .type = FZ_ZENGIN_ORDINARY},
        .amount = amount,
        .customer1 = customer1,
        .customer2 = customer2,
        .designation = 7,
    };
    memcpy(item.account.number, number, sizeof item.account.number);
    SAMPLE_FOLD(item.name, name, FZ_KANA_PARTY);
    SAMPLE_FOLD(item.account.bank_name, "テストギンコウ", FZ_KANA_BANK);
    SAMPLE_FOLD(item.account.branch_name, "アイヅ", FZ_KANA_BANK);
    return item;
}

struct sample {
    struct fz_zengin_item items[2];
    struct fz_zengin_batch batch;
};

static inline void make_sample(struct sample *sample)
{
    sample->items[0] = sample_item("9876543", "ヤマダ タロウ", 54878, 1001, 1);
    sample->items[1] = sample_item("9876544", "カ）アイヅショウテン", 110137, 1002, 2);
    sample->batch = (struct fz_zengin_batch){sample_sender(), sample->items, 2, false};
}

#endif
