/*
 * A town's books made by dice, in the database and in an array: what the tests of an account's past
 * compare. The array is the plain answer; the database gets the same transfers with their chains,
 * heads and marks, as the writer would have left them.
 */
#ifndef TESTS_STORE_BOOKS_H
#define TESTS_STORE_BOOKS_H

#include "ledger/core/heads.h"
#include "tests/store/testbed.h"

#define BOOKS_MAX 4000
#define BOOKS_ACCOUNTS 5
#define BOOKS_OPENING 1000000000LL /* what each has before its first transfer, on its own side */

extern const int64_t books_accounts[BOOKS_ACCOUNTS];
extern const char *const books_names[BOOKS_ACCOUNTS]; /* of their parties */

struct books_movement {
    enum fz_kind kind;
    int debit; /* index into books_accounts */
    int credit;
    enum fz_command_type command;
};

struct books {
    int32_t community;
    int len;
    struct books_movement rows[BOOKS_MAX + 1]; /* by number; [0] is not used */
    int64_t times_us[BOOKS_MAX + 1];
    bool corrected[BOOKS_MAX + 1];
    unsigned short dice[3];
    /* the accounts as they are */
    int last[BOOKS_ACCOUNTS];
    int64_t debits[BOOKS_ACCOUNTS];
    int64_t credits[BOOKS_ACCOUNTS];
    struct fz_heads heads[BOOKS_ACCOUNTS];
};

/* No transfers yet; the town is there (testbed_town). Same seed, same books. */
void books_open(struct books *books, int32_t community, unsigned seed);

/* Books so many transfers more. */
void books_grow(struct books *books, struct testbed *bed, int count);

/* 0 <= result < bound. */
int books_throw(struct books *books, int bound);

int64_t books_amount(int number);
struct fz_id books_operation(int number);
struct fz_id books_reference(int number);

/* The seed of this run: FZ_SEED, or one of its own; printed. */
unsigned books_seed(void);

#endif
