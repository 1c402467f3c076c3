/*
 * Test room. Books made by dice, see the header.
 */
#include "tests/store/books.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const int64_t books_accounts[BOOKS_ACCOUNTS] = {1000000000LL, 10000000002LL, 10000000003LL,
                                                11000000001LL, 12000000000LL};
const char *const books_names[BOOKS_ACCOUNTS] = {"", "佐藤", "鈴木", "喫茶みなと", ""};

/* Some kinds are common and some are rare, and an account has them on either side or on both. */
static const struct books_movement movements[] = {
    {FZ_KIND_PAYMENT, 1, 3, FZ_COMMAND_PAY}, {FZ_KIND_PAYMENT, 1, 3, FZ_COMMAND_PAY},
    {FZ_KIND_PAYMENT, 2, 3, FZ_COMMAND_PAY}, {FZ_KIND_PAYMENT, 2, 3, FZ_COMMAND_PAY},
    {FZ_KIND_PAYMENT, 1, 3, FZ_COMMAND_PAY}, {FZ_KIND_TOPUP, 0, 1, FZ_COMMAND_TOPUP},
    {FZ_KIND_TOPUP, 0, 2, FZ_COMMAND_TOPUP}, {FZ_KIND_REFUND, 3, 1, FZ_COMMAND_REFUND},
    {FZ_KIND_VOID, 3, 2, FZ_COMMAND_VOID},   {FZ_KIND_P2P, 1, 2, FZ_COMMAND_P2P},
    {FZ_KIND_P2P, 2, 1, FZ_COMMAND_P2P},
};
static const struct books_movement rare[] = {
    {FZ_KIND_PAYOUT, 3, 4, FZ_COMMAND_PAYOUT},
    {FZ_KIND_PAYOUT_RETURNED, 4, 3, FZ_COMMAND_PAYOUT_RETURN},
    {FZ_KIND_VOID, 3, 1, FZ_COMMAND_VOID},
};

unsigned books_seed(void)
{
    const char *given = getenv("FZ_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    (void)printf("FZ_SEED=%u\n", seed);
    (void)fflush(stdout);
    return seed;
}

void books_open(struct books *books, int32_t community, unsigned seed)
{
    *books = (struct books){.community = community};
    books->dice[0] = (unsigned short)seed;
    books->dice[1] = (unsigned short)(seed >> 16);
    books->dice[2] = (unsigned short)community;
    for (int i = 0; i < BOOKS_ACCOUNTS; i++) {
        *(i == 0 ? &books->debits[i] : &books->credits[i]) = BOOKS_OPENING;
    }
}

int books_throw(struct books *books, int bound)
{
    return (int)(nrand48(books->dice) % bound);
}

int64_t books_amount(int number)
{
    return number * 10LL;
}

struct fz_id books_operation(int number)
{
    return testbed_id(10000 + (unsigned)number);
}

struct fz_id books_reference(int number)
{
    return testbed_id(50000 + (unsigned)number);
}

/* A top-up or a person's transfer not undone yet, among the last ones; 0 if there is none. */
static int find_correctable(const struct books *books)
{
    for (int number = books->len; number > 0 && number > books->len - 20; number--) {
        enum fz_kind kind = books->rows[number].kind;
        if (!books->corrected[number] && (kind == FZ_KIND_TOPUP || kind == FZ_KIND_P2P)) {
            return number;
        }
    }
    return 0;
}

/* What comes next; *corrects_out is what it undoes, or 0. */
static struct books_movement draw(struct books *books, int *corrects_out)
{
    *corrects_out = 0;
    if (books_throw(books, 30) == 0) {
        return rare[books_throw(books, (int)(sizeof rare / sizeof rare[0]))];
    }
    int undone = books_throw(books, 25) == 0 ? find_correctable(books) : 0;
    if (undone != 0) {
        const struct books_movement *m = &books->rows[undone];
        books->corrected[undone] = true;
        *corrects_out = undone;
        return (struct books_movement){FZ_KIND_CORRECTION, m->credit, m->debit, FZ_COMMAND_CORRECT};
    }
    return movements[books_throw(books, (int)(sizeof movements / sizeof movements[0]))];
}

static const char *id_text(struct fz_id id)
{
    static char texts[2][FZ_ID_TEXT_LEN + 1];
    static unsigned next;
    char *text = texts[next++ % 2];
    fz_id_format(&id, text);
    return text;
}

static const char *heads_text(const struct fz_heads *heads)
{
    static char text[2 * FZ_HEADS_BYTES_MAX + 1];
    uint8_t bytes[FZ_HEADS_BYTES_MAX];
    size_t len = fz_heads_encode(heads, bytes);
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return text;
}

static void insert_mark(struct books *books, struct testbed *bed, int account)
{
    if (books->heads[account].postings % FZ_MARK_EVERY != 0) {
        return;
    }
    testbed_sql(bed, "INSERT INTO fz.account_mark VALUES (%d, %lld, %lld, %d, %lld, %lld, '\\x%s')",
                books->community, (long long)books_accounts[account],
                (long long)books->times_us[books->len], books->len,
                (long long)books->debits[account], (long long)books->credits[account],
                heads_text(&books->heads[account]));
}

static void book(struct books *books, struct testbed *bed)
{
    int corrects = 0;
    int number = books->len + 1;
    struct books_movement m = draw(books, &corrects);
    cr_assert(number <= BOOKS_MAX);
    char undone[16] = "NULL";
    if (corrects != 0) {
        (void)snprintf(undone, sizeof undone, "%d", corrects);
    }
    books->rows[number] = m;
    books->times_us[number] = books->times_us[books->len] + 1 + books_throw(books, 5);
    int64_t debit_same = fz_heads_push(&books->heads[m.debit], m.kind, FZ_SIDE_DEBIT, number);
    int64_t credit_same = fz_heads_push(&books->heads[m.credit], m.kind, FZ_SIDE_CREDIT, number);
    testbed_sql(bed,
                "INSERT INTO fz.transfer VALUES (%d, %d, %lld, %lld, %lld, %lld, %d, %d, %s, '%s',"
                " %d, %lld, %lld)",
                books->community, number, (long long)books_accounts[m.debit],
                (long long)books_accounts[m.credit], (long long)books_amount(number),
                (long long)books->times_us[number], books->last[m.debit], books->last[m.credit],
                undone, id_text(books_operation(number)), (int)m.kind, (long long)debit_same,
                (long long)credit_same);
    testbed_sql(bed,
                "INSERT INTO fz.operation (community_id, op_id, command, rc, state, terminal,"
                " batch, batch_seq, time_us, actor, shop, party, payee, amount, value, number,"
                " expires_us, fingerprint, ref, note) VALUES (%d, '%s', %d, 0, 0, 0, 1, 0, 0, 0,"
                " 0, 0, 0, 0, 0, 0, 0, '\\x%064d', '%s', 'note %d')",
                books->community, id_text(books_operation(number)), (int)m.command, 0,
                id_text(books_reference(number)), number);
    books->len = number;
    books->last[m.debit] = books->last[m.credit] = number;
    books->debits[m.debit] += books_amount(number);
    books->credits[m.credit] += books_amount(number);
    insert_mark(books, bed, m.debit);
    insert_mark(books, bed, m.credit);
}

void books_grow(struct books *books, struct testbed *bed, int count)
{
    testbed_sql(bed, "BEGIN");
    for (int i = 0; i < count; i++) {
        book(books, bed);
    }
    for (int i = 0; i < BOOKS_ACCOUNTS; i++) {
        testbed_sql(bed,
                    "UPDATE fz.account SET last_transfer = %d, debits_posted = %lld,"
                    " credits_posted = %lld, heads = '\\x%s' WHERE community_id = %d"
                    " AND account = %lld",
                    books->last[i], (long long)books->debits[i], (long long)books->credits[i],
                    books->heads[i].postings == 0 ? "" : heads_text(&books->heads[i]),
                    books->community, (long long)books_accounts[i]);
    }
    testbed_sql(bed,
                "UPDATE fz.head SET last_number = %d, last_time_us = %lld WHERE community_id"
                " = %d",
                books->len, (long long)books->times_us[books->len], books->community);
    testbed_sql(bed, "COMMIT");
}
