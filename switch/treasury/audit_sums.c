/*
 * switch/treasury: accounts as the audit recomputes them: a table that grows with the number of
 * accounts, never with the number of transfers. Open addressing over an array, keyed with a seed.
 */
#include <stdlib.h>
#include <string.h>

#include "feezero/assert.h"
#include "feezero/crypto.h"
#include "ledger/core/decide.h"
#include "switch/treasury/audit.h"

#define SLOTS_MIN 1024

struct fz_audit_sums {
    struct fz_audit_sum *rows;
    size_t len;
    size_t *slots; /* index + 1 into rows, 0 is free */
    size_t slots_len;
    uint8_t seed[FZ_SIPHASH_SEED_LEN];
};

fz_rc fz_audit_sums_create(struct fz_audit_sums **out, struct fz_err *err)
{
    struct fz_audit_sums *sums = calloc(1, sizeof *sums);
    *out = NULL;
    if (sums == NULL) {
        return fz_fail(err, FZ_NO_MEMORY, "no memory for the accounts");
    }
    sums->slots_len = SLOTS_MIN;
    sums->slots = calloc(sums->slots_len, sizeof *sums->slots);
    sums->rows = calloc(sums->slots_len / 2, sizeof *sums->rows);
    fz_rc rc = sums->slots == NULL || sums->rows == NULL
                   ? fz_fail(err, FZ_NO_MEMORY, "no memory for the accounts")
                   : fz_random(sums->seed, sizeof sums->seed, err);
    if (rc != FZ_OK) {
        fz_audit_sums_destroy(&sums);
    }
    *out = sums;
    return rc;
}

void fz_audit_sums_destroy(struct fz_audit_sums **sums)
{
    if (*sums != NULL) {
        free((*sums)->rows);
        free((*sums)->slots);
        free(*sums);
        *sums = NULL;
    }
}

/* The slot that holds the account, or the free one where it goes. */
static size_t probe(const struct fz_audit_sums *sums, int64_t account)
{
    size_t mask = sums->slots_len - 1;
    size_t slot = (size_t)fz_siphash(sums->seed, &account, sizeof account) & mask;
    while (sums->slots[slot] != 0 && sums->rows[sums->slots[slot] - 1].account != account) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

/* Twice the room; the table is at most half full. */
static bool grow(struct fz_audit_sums *sums)
{
    struct fz_audit_sums grown = *sums;
    fz_assert(sums->rows != NULL);
    grown.slots_len = sums->slots_len * 2;
    grown.slots = calloc(grown.slots_len, sizeof *grown.slots);
    grown.rows = calloc(grown.slots_len / 2, sizeof *grown.rows);
    if (grown.slots == NULL || grown.rows == NULL) {
        free(grown.slots);
        free(grown.rows);
        return false;
    }
    memcpy(grown.rows, sums->rows, sums->len * sizeof *sums->rows);
    for (size_t i = 0; i < grown.len; i++) {
        grown.slots[probe(&grown, grown.rows[i].account)] = i + 1;
    }
    free(sums->slots);
    free(sums->rows);
    *sums = grown;
    return true;
}

struct fz_audit_sum *fz_audit_sums_find(struct fz_audit_sums *sums, int64_t account)
{
    size_t at = sums->slots[probe(sums, account)];
    return at == 0 ? NULL : &sums->rows[at - 1];
}

struct fz_audit_sum *fz_audit_sums_take(struct fz_audit_sums *sums, int64_t account)
{
    struct fz_audit_sum *found = fz_audit_sums_find(sums, account);
    if (found != NULL) {
        return found;
    }
    if (sums->len == sums->slots_len / 2 && !grow(sums)) {
        return NULL;
    }
    fz_assert(sums->rows != NULL && sums->len < sums->slots_len / 2);
    size_t slot = probe(sums, account);
    sums->rows[sums->len] = (struct fz_audit_sum){.account = account};
    sums->slots[slot] = ++sums->len;
    return &sums->rows[sums->len - 1];
}

struct fz_audit_sum *fz_audit_sums_at(struct fz_audit_sums *sums, size_t index)
{
    return index < sums->len ? &sums->rows[index] : NULL;
}

int64_t fz_audit_sum_balance(const struct fz_audit_sum *sum)
{
    const struct fz_class_info *info = fz_class_info(fz_account_number_class(sum->account));
    /* Amounts come from a table that may have been tampered with: no overflow trap here. */
    uint64_t difference = (uint64_t)sum->credits - (uint64_t)sum->debits;
    bool credit = info == NULL || info->side == FZ_SIDE_CREDIT;
    return (int64_t)(credit ? difference : 0 - difference);
}
